"""The running monitor: feeds in, the pipeline in a thread of its own, store, recorder and web beside it.

    event loop (main thread)        pipeline thread                 writer thread
    feeds ──> Intake ───────take──> step() ──picture──> Hub
    web   <── Hub                     │ └──transitions──> queue ──> store (on disk) ──> Hub, JSONL
      └──command──> store ──reader────┘
                     recorder thread <── queue ── chunks as they came

Nothing beside the pipeline can delay a tick: every queue is bounded or counted, and what was raised is on disk before
anybody is told. While the disk is full or stands still the map goes on, tells what is raised all the same and says
that it is not stored. If the pipeline or the writer fails for good the process ends, loudly, so that its supervisor
starts it again: a monitor that looks alive and does not watch is the worst of all states.
"""

import dataclasses
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import structlog

from alerts.incident import Command
from monitor.clock import ClockMoved
from monitor.feeds.chunk import Chunk
from monitor.output import Output

LOG = structlog.get_logger("service")

TURN_S = 0.05  # the pipeline gathers bytes this long: the decoder's fixed cost of about 0.5 ms is then 1 % of a core
TAKE_BYTES = 8 << 20  # at most this much in one step, so that a burst cannot hold back the ticks for long
STOP_WAIT_S = 30.0


class Pipeline(Protocol):
    """What the service drives: a step and an end."""

    def step(self, chunks: list[Chunk], commands: list[Command], now_unix_s: float) -> Output: ...

    def finish(self) -> Output: ...


class Source(Protocol):
    """Where the pipeline thread takes its bytes from: live feeds or a player."""

    is_over: bool

    def take(self, now_unix_s: float) -> tuple[list[Chunk], float]:
        """What has come until now, and the time until which the picture is whole with it."""
        ...


@dataclass(slots=True)
class PipelineThread:
    """Runs steps until told to stop or until the source is over; keeps the first error for the main thread."""

    pipeline: Pipeline
    source: Source
    clock: Callable[[], float]
    commands: Callable[[], list[Command]]
    on_chunks: Callable[[list[Chunk]], None]
    on_output: Callable[[Output], None]
    turn_s: float = TURN_S
    lock: threading.Lock = field(default_factory=threading.Lock)
    stopping: threading.Event = field(default_factory=threading.Event)
    error: BaseException | None = None
    on_end: Callable[[], None] = lambda: None
    _thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="pipeline", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            while not self.stopping.is_set() and not self.source.is_over:
                self.turn()
                self.stopping.wait(self.turn_s)
            with self.lock:
                output = self.pipeline.finish()
            self.on_output(output)
        except ClockMoved as moved:
            self.error = moved
            LOG.error("begins again", reason=str(moved))
        except BaseException as error:
            self.error = error
            LOG.exception("pipeline failed")
        finally:
            self.on_end()

    def turn(self) -> None:
        """One step: take, record, compute, tell."""
        chunks, now_unix_s = self.source.take(self.clock())
        self.on_chunks(chunks)
        with self.lock:
            output = self.pipeline.step(chunks, self.commands(), now_unix_s)
        self.on_output(output)

    def stop(self) -> None:
        """Finish the current step, flush what the decoders hold, end."""
        self.stopping.set()
        if self._thread is not None:
            self._thread.join(STOP_WAIT_S)


@dataclass(slots=True)
class Worker:
    """A thread behind a bounded queue: `put` blocks when it is full, `offer` drops and counts."""

    name: str
    work: Callable[[object], None]
    limit: int
    idle: Callable[[], None] = lambda: None  # called when nothing has come for `idle_s`
    idle_s: float = 1.0
    n_dropped: int = 0
    error: BaseException | None = None
    on_end: Callable[[], None] = lambda: None
    _queue: "queue.Queue[object]" = field(init=False)
    _thread: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._queue = queue.Queue(self.limit)
        self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
        self._thread.start()

    def put(self, item: object) -> None:
        self._queue.put(item)

    def offer(self, item: object) -> None:
        try:
            self._queue.put_nowait(item)
        except queue.Full:
            self.n_dropped += 1

    def _run(self) -> None:
        try:
            while True:
                try:
                    item = self._queue.get(timeout=self.idle_s)
                except queue.Empty:
                    self.idle()
                    continue
                if item is None:
                    return
                self.work(item)
        except BaseException as error:
            self.error = error
            LOG.exception("worker failed", worker=self.name)
        finally:
            self.on_end()

    def stop(self) -> None:
        """Work off what waits, then end."""
        while self._thread.is_alive():  # it may end by itself while its queue is full
            try:
                self._queue.put(None, timeout=0.5)
            except queue.Full:
                continue
            self._thread.join(STOP_WAIT_S)
            return


def split(output: Output) -> tuple[Output, Output]:
    """The picture, which is told at once, and the alarms, which are told when they are on disk."""
    picture = dataclasses.replace(output, transitions=(), incidents=(), audit=())
    alarms = dataclasses.replace(output, picture=None)
    return picture, alarms


def has_alarms(output: Output) -> bool:
    """Whether there is anything to store."""
    return bool(output.transitions or output.incidents or output.audit)


def wall_clock() -> float:
    """Seconds since 1970, UTC."""
    return time.time()
