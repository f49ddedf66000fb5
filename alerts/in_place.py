"""A file put in place at once: whoever reads finds the old one or the new one, whole."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO


def put_in_place(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Have `write` fill a file beside, and move it over `path` when it is on the disk. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(path.name + ".new")
    with beside.open("wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
