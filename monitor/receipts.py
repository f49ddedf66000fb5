"""How far each numbered stream has been stored: what the core may acknowledge, and what it remembers over a restart.

    step takes chunks ──took──> waiting ──a tick has judged their rows──> due ──commit with the alarms──> stored, told

A chunk's rows are judged by the first tick at or after it was taken; once what that tick raised is on the disk, nothing
of the chunk can be lost any more. The positions go into the same transaction, as the store's cursor, so a restarted
core takes each batch exactly once. Of each stream only the newest receipt is kept: storing it stores all before it.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from monitor.feeds.chunk import Chunk, Receipt

Positions = dict[str, tuple[str, int]]  # stream -> boot and number of the batch stored last


@dataclass(slots=True)
class Receipts:
    """`took` and `due` belong to the pipeline's thread, `cursor` and `told` to the writer's."""

    positions: Positions = field(default_factory=dict)
    _waiting: deque[tuple[float, Receipt]] = field(default_factory=deque)  # when taken, event time
    _due: dict[str, Receipt] = field(default_factory=dict)

    def took(self, chunks: Iterable[Chunk], now_unix_s: float) -> None:
        """A step has taken these chunks."""
        self._waiting.extend((now_unix_s, chunk.receipt) for chunk in chunks if chunk.receipt is not None)

    def judged(self, tick_unix_s: float) -> bool:
        """Time has come to this tick, run or passed over for want of rows; whether anything waits to be stored."""
        while self._waiting and self._waiting[0][0] <= tick_unix_s:
            _, receipt = self._waiting.popleft()
            self._due[receipt.stream] = receipt
        return bool(self._due)

    def due(self) -> tuple[Receipt, ...]:
        """What is to be stored with the next commit; handed out once."""
        found = tuple(self._due.values())
        self._due = {}
        return found

    def cursor(self, receipts: Iterable[Receipt]) -> bytes:
        """The positions with these, as the store keeps them."""
        for receipt in receipts:
            self.positions[receipt.stream] = (receipt.boot, receipt.seq)
        return to_bytes(self.positions)


def to_bytes(positions: Mapping[str, tuple[str, int]]) -> bytes:
    """As the store keeps them."""
    return msgspec.msgpack.encode(dict(sorted(positions.items())))


def from_bytes(cursor: bytes) -> Positions:
    """As the last run left them. Raises ValueError for bytes that are none."""
    if not cursor:
        return {}
    try:
        return msgspec.msgpack.decode(cursor, type=Positions)
    except msgspec.DecodeError as error:
        raise ValueError(f"the store's positions of the gateways' streams cannot be read: {error}") from error
