"""Progress of long work: a bar on a terminal, nothing when the output is piped."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)


class Bar:
    """A byte counter that can be told how far the reading has come."""

    def __init__(self, progress: Progress | None, task: int) -> None:
        self._progress = progress
        self._task = TaskID(task)

    def at(self, n_bytes: int, note: str = "") -> None:
        """Move the bar to this many bytes."""
        if self._progress is not None:
            self._progress.update(self._task, completed=n_bytes, note=note)


@contextmanager
def byte_bar(title: str, paths: list[Path]) -> Iterator[Bar]:
    """A bar over the files' size on disk, on standard error."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Bar(None, 0)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    total = sum(path.stat().st_size for path in paths)
    with Progress(*columns, console=console, transient=True) as progress:
        yield Bar(progress, progress.add_task(title, total=total, note=""))
