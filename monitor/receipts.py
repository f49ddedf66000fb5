"""How far each numbered stream has come: what the core may acknowledge, and what it remembers over a restart.

    step takes chunks ──took──> waiting ──a tick has judged their rows──> due ──commit with the alarms──> stored
                                                                      └──> newest ──kept picture──> safe, told

A chunk's rows are judged by the first tick at or after it was taken. Once what that tick raised is on the disk no alert
of the chunk can be lost any more; its position goes into the same transaction, as the store's cursor. What it said of
vessels is safe once a picture of that tick or a later one is on the disk too (keeper.py), and only then the gateway
hears of it; where no picture is kept the store is enough. Of each stream only the newest receipt is kept: it stands for
all before it.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import msgspec

from monitor.feeds.chunk import Chunk, Receipt

Positions = dict[str, tuple[str, int]]  # stream -> boot and number of the batch stored last


@dataclass(slots=True)
class Receipts:
    """`stored` belongs to the writer's thread, all else to the pipeline's."""

    positions: Positions = field(default_factory=dict)  # as stored
    newest: dict[str, Receipt] = field(default_factory=dict)  # of each stream, judged by a tick
    _began: Positions = field(default_factory=dict)
    _waiting: deque[tuple[float, Receipt]] = field(default_factory=deque)  # when taken, event time
    _due: dict[str, Receipt] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._began = dict(self.positions)

    def took(self, chunks: Iterable[Chunk], now_unix_s: float) -> None:
        """A step has taken these chunks."""
        self._waiting.extend((now_unix_s, chunk.receipt) for chunk in chunks if chunk.receipt is not None)

    def judged(self, tick_unix_s: float) -> bool:
        """Time has come to this tick, run or passed over for want of rows; whether anything waits to be stored."""
        while self._waiting and self._waiting[0][0] <= tick_unix_s:
            _, receipt = self._waiting.popleft()
            self._due[receipt.stream] = self.newest[receipt.stream] = receipt
        return bool(self._due)

    def due(self) -> tuple[Receipt, ...]:
        """What is to be stored with the next commit; handed out once."""
        found = tuple(self._due.values())
        self._due = {}
        return found

    def cursor(self, receipts: Iterable[Receipt]) -> bytes:
        """The positions with these, as the store keeps them."""
        return to_bytes(_moved(self.positions, receipts))

    def stored(self, receipts: Iterable[Receipt]) -> None:
        """These are in the store."""
        self.positions = _moved(self.positions, receipts)

    def judged_cursor(self) -> bytes:
        """How far the picture of the last tick has come."""
        return to_bytes(_moved(self._began, self.newest.values()))


def _moved(positions: Positions, receipts: Iterable[Receipt]) -> Positions:
    return positions | {receipt.stream: (receipt.boot, receipt.seq) for receipt in receipts}


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
