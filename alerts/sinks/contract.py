"""What a sink is: it takes stored transitions in order and says what became of each.

A sink never decides to forget: it answers with indices, and `pump` moves the outbox accordingly. What is kept comes
again; what is rejected would be rejected for ever, is passed over and counted by the caller. A sink must take a
repeat as the same thing, since after a crash the last batch comes again.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from alerts.store import Store, StoredTransition

BATCH = 500  # transitions at a time: a night's worth in one go, and no more than a megabyte


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of a batch, by index. Each index stands in exactly one of the three."""

    accepted: tuple[int, ...]
    rejected: tuple[int, ...]  # cannot ever be taken
    kept: tuple[int, ...]  # could not be taken now
    reason: str = ""  # of the last rejection or of what kept it


class Sink(Protocol):
    """Where alerts go."""

    @property
    def name(self) -> str: ...

    def write(self, batch: Sequence[StoredTransition]) -> WriteResult: ...


def pump(store: Store, sink: Sink) -> tuple[int, int, str]:
    """Give a sink all that waits for it, in order, until it keeps something back.

    Returns how many it accepted, how many it rejected, and the last reason. Raises StoreError.
    """
    n_accepted = n_rejected = 0
    reason = ""
    while batch := store.undelivered(sink.name, BATCH):
        result = sink.write(batch)
        done = min(result.kept, default=len(batch))
        n_accepted += sum(i < done for i in result.accepted)
        n_rejected += sum(i < done for i in result.rejected)
        reason = result.reason or reason
        if done:
            store.delivered(sink.name, batch[done - 1].seq)
        if result.kept:
            break
    return n_accepted, n_rejected, reason
