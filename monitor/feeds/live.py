"""What all live feeds share: where their bytes go, how they say how they are, how they come back.

    socket, serial line ──bytes──> Intake.put ──(bounded)──> pipeline thread

`Intake` is the only door: it stamps the arrival time, once, and bounds what may wait. A feed whose protocol can hold
its sender back (TCP, serial) waits for room, so nothing is lost; a datagram that finds no room is counted and shown.
"""

import asyncio
import threading
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from monitor.feeds.chunk import Chunk, Receipt

LOG = structlog.get_logger("feeds")
READ_BYTES = 1 << 16


class Feed(Protocol):
    """A source of bytes: runs until it is cancelled."""

    @property
    def name(self) -> str: ...

    async def run(self, intake: "Intake") -> None: ...


@dataclass(slots=True)
class FeedStatus:
    """How one feed is, for people: the pipeline judges receivers by what they send, not by this."""

    state: str = "starting"  # connected, waiting, listening, failed
    detail: str = ""
    n_bytes: int = 0
    n_dropped_bytes: int = 0
    n_connects: int = 0


@dataclass(slots=True)
class Intake:
    """Chunks that wait for the pipeline, in order of arrival."""

    limit_bytes: int
    clock: Callable[[], float] = time.time
    status: dict[str, FeedStatus] = field(default_factory=dict)
    positions: dict[str, tuple[str, int]] = field(default_factory=dict)  # stream -> boot and number stored last
    _chunks: deque[Chunk] = field(default_factory=deque)
    _n_bytes: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _room: asyncio.Event = field(default_factory=asyncio.Event)
    _loop: asyncio.AbstractEventLoop | None = None

    def of(self, source: str) -> FeedStatus:
        """The status of one feed."""
        return self.status.setdefault(source, FeedStatus())

    def report(self, source: str, state: str, detail: str = "") -> None:
        """Note a feed's state; the log has one line for each change."""
        status = self.of(source)
        if (status.state, status.detail) != (state, detail):
            status.state, status.detail = state, detail
            LOG.info("feed", source=source, state=state, detail=detail)

    async def put(
        self, source: str, data: bytes, receipt: Receipt | None = None, *, site: str = "", n_missing: int = 0
    ) -> None:
        """Hand bytes over; waits while the intake is full, which holds a TCP sender back."""
        self._loop = asyncio.get_running_loop()
        chunk = Chunk(source, self.clock(), data, receipt, site, n_missing)
        while self._n_bytes >= self.limit_bytes:
            self._room.clear()
            await self._room.wait()
        self._append(chunk)

    def put_nowait(self, source: str, data: bytes) -> None:
        """Hand over a datagram; without room it is dropped and counted."""
        if self._n_bytes >= self.limit_bytes:
            self.of(source).n_dropped_bytes += len(data)
        else:
            self._append(Chunk(source, self.clock(), data))

    def _append(self, chunk: Chunk) -> None:
        self.of(chunk.source).n_bytes += len(chunk.data)
        with self._lock:
            self._n_bytes += len(chunk.data)
            self._chunks.append(chunk)

    def take(self, limit_bytes: int) -> list[Chunk]:
        """Up to about `limit_bytes` of what waits; called from the pipeline thread."""
        taken: list[Chunk] = []
        n_bytes = 0
        with self._lock:
            while self._chunks and n_bytes < limit_bytes:
                chunk = self._chunks.popleft()
                n_bytes += len(chunk.data)
                taken.append(chunk)
            self._n_bytes -= n_bytes
        if taken and self._loop is not None and not self._room.is_set():
            self._loop.call_soon_threadsafe(self._room.set)
        return taken


async def kept_up(
    feed: Feed, intake: Intake, connect: Callable[[], Awaitable[None]], *, first_s: float, longest_s: float
) -> None:
    """Call `connect` for ever: after each end or error wait, doubling from `first_s` up to `longest_s`.

    A connection that delivered bytes starts the waiting anew. Raises only CancelledError.
    """
    wait_s = first_s
    while True:
        n_before = intake.of(feed.name).n_bytes
        try:
            await connect()
            reason = "the other side closed the connection"
        except (OSError, asyncio.IncompleteReadError) as error:
            reason = str(error) or type(error).__name__
        if intake.of(feed.name).n_bytes > n_before:
            wait_s = first_s
        intake.report(feed.name, "waiting", f"{reason}; next try in at most {longest_s:g} s")
        await asyncio.sleep(wait_s)
        wait_s = min(wait_s * 2, longest_s)
