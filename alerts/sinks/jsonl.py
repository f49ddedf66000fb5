"""Alerts as JSON lines, one a transition: `--alerts OUT.jsonl` and the service's alerts file.

A line has no id of its own; (alert_id, t_unix_s, event) names it. After a crash the file may end in a torn line and
may hold lines that the outbox does not yet count as delivered: the torn line is cut off, the others are recognised and
not written again. So the file holds each transition once, whatever was killed when.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from alerts import plain
from alerts.alert import Transition
from alerts.items import Item, Kind
from alerts.sinks.contract import WriteResult, all_accepted, all_kept

Key = tuple[str, float, str]


def line(step: Transition) -> bytes:
    """One transition as a line; what is missing is null."""
    return msgspec.json.encode(plain.transition(step)) + b"\n"


class JsonlWriter:
    """A new file, written as it comes: what a replay uses. Not for a file that must survive a crash."""

    def __init__(self, path: Path) -> None:
        """Raises OSError when the file cannot be made."""
        self._file = path.open("wb")

    def write(self, steps: Sequence[Transition]) -> None:
        self._file.writelines(map(line, steps))

    def close(self) -> None:
        self._file.close()


class JsonlSink:
    """A file that is continued over restarts and fed from the outbox."""

    kinds = frozenset({Kind.TRANSITION})
    batch = 500  # a night's worth in one go, and no more than a megabyte

    def __init__(self, path: Path) -> None:
        """Open or make the file, cut off a torn last line, and learn what is in it. Raises OSError."""
        self.name = f"jsonl:{path.resolve()}"
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)  # a buffer would write what failed a second time
        self._written = _mend(self._file.fileno(), path)

    async def write(self, batch: Sequence[Item]) -> WriteResult:
        """Append what is not in the file yet; when it returns with `accepted`, the lines are on the disk."""
        return await asyncio.to_thread(self._write, batch)

    def _write(self, batch: Sequence[Item]) -> WriteResult:
        lines = []
        for item in batch:
            step = item.body
            assert isinstance(step, Transition)
            key = (step.alert_id, step.t_unix_s, step.event.value)
            if self._written[key] > 0:
                self._written[key] -= 1
            else:
                lines.append(line(step))
        size = os.fstat(self._file.fileno()).st_size
        try:
            self._append(b"".join(lines))
            os.fsync(self._file.fileno())
        except OSError as error:
            os.truncate(self._file.fileno(), size)
            return all_kept(batch, str(error))
        return all_accepted(batch)

    def _append(self, data: bytes) -> None:
        """All of it: the system may take a part at a time."""
        while data:
            data = data[self._file.write(data) or 0 :]

    async def close(self) -> None:
        self._file.close()


def _mend(fileno: int, path: Path) -> "Counter[Key]":
    """Cut a torn last line off; what the whole lines say they are."""
    written: Counter[Key] = Counter()
    whole = 0
    with path.open("rb") as file:
        for text in file:
            if not text.endswith(b"\n"):
                break
            whole += len(text)
            row = msgspec.json.decode(text)
            written[(row["alert_id"], row["t_unix_s"], row["event"])] += 1
    os.truncate(fileno, whole)
    return written
