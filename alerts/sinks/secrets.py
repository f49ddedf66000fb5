"""Passwords and tokens: from the environment or from a file, never from the configuration itself."""

import os
from pathlib import Path


def secret(env: str, file: str) -> str:
    """What the variable or the file holds; "" where neither is named. Raises ValueError when it cannot be had."""
    if env and file:
        raise ValueError(f"the secret is named twice, by the variable {env} and the file {file}: give one")
    if env:
        if env not in os.environ:
            raise ValueError(f"the environment has no variable {env}, which should hold the secret")
        return os.environ[env]
    if file:
        try:
            return Path(file).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ValueError(f"the secret cannot be read: {error}") from error
    return ""
