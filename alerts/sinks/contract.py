"""What a sink is: it takes items in order and says what became of each.

A sink never decides to forget: it answers with indices, and the outbox moves accordingly. What is kept comes again;
what is refused would be refused for ever, and goes into quarantine with the words of whoever refused it. A sink must
take a repeat as the same thing, since after a crash the last batch comes again.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from alerts.items import Item, Kind
from alerts.notices.notice import Notice


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of a batch, by index. Each index stands in exactly one of the three."""

    accepted: tuple[int, ...]
    refused: Mapping[int, str] = field(default_factory=dict)  # never to be taken, and why
    kept: tuple[int, ...] = ()  # could not be taken now
    reason: str = ""  # of what is kept, in the words of the other side
    retry_after_s: float = 0.0  # the other side asked to be left alone so long
    needs_repair: bool = False  # what is kept waits for somebody to mend something: a password, a name, a right
    is_open: bool = False  # it takes others although something is kept: what is new may come at once
    receipts: Mapping[int, str] = field(default_factory=dict)  # of notices taken: what the audit says of that


def all_accepted(batch: Sequence[Item]) -> WriteResult:
    return WriteResult(tuple(range(len(batch))))


def all_kept(
    batch: Sequence[Item], reason: str, *, retry_after_s: float = 0.0, needs_repair: bool = False
) -> WriteResult:
    return WriteResult((), {}, tuple(range(len(batch))), reason, retry_after_s, needs_repair)


class Sink(Protocol):
    """Where items go."""

    @property
    def name(self) -> str: ...

    @property
    def kinds(self) -> Collection[Kind]: ...

    @property
    def batch(self) -> int:
        """How many items it wants at a time."""
        ...

    async def write(self, batch: Sequence[Item]) -> WriteResult: ...

    async def close(self) -> None: ...


@runtime_checkable
class Repeating(Protocol):
    """A sink whose other side forgets what is not said again."""

    def remember(self, standing: Sequence[Notice]) -> None:
        """What held when the last run stopped."""
        ...

    async def say_again(self) -> None:
        """Once; called every REPEAT_S while the sinks run."""
        ...


REPEAT_S = 60.0  # Alertmanager forgets after five minutes
