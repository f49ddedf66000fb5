"""The service: configured feeds beside the pipeline, a recorder, and a picture that outlives the process."""

import asyncio
import contextlib
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import structlog

from alerts.incident import AuditEntry
from alerts.sinks.jsonl import JsonlSink
from alerts.store import Store
from monitor import snapshot
from monitor.clock import LEAST_S, ClockMoved, LiveClock
from monitor.config import Config, RecorderSettings, StoreSettings
from monitor.feeds.chunk import Chunk
from monitor.feeds.live import Intake
from monitor.feeds.record import Recorder
from monitor.feeds.self_test import SOURCE, SelfTest
from monitor.keeper import Keeper
from monitor.machine import Machine, machine
from monitor.outgoing import open_sinks
from monitor.receipts import Receipts
from monitor.running import listening, serve
from monitor.service import Worker, wall_clock
from monitor.watchdog import Health, Heartbeat, WatchdogSettings

LOG = structlog.get_logger("run")
STEP_BYTES = 8 << 20  # of live bytes in one step: a flood is worked off without holding up the picture
RECORD_QUEUE = 2000  # chunks that may wait for the recorder


def run_live(config: Config, clock: LiveClock | None = None) -> int:
    """The service: configured feeds, store, recorder, map. Begins again whenever the clock moved; an exit code."""
    clock = clock or LiveClock()
    Path(config.store.file).parent.mkdir(parents=True, exist_ok=True)
    move: ClockMoved | None = None
    while True:
        try:
            return one_life(config, clock, move)
        except ClockMoved as again:
            move = again


def one_life(config: Config, clock: LiveClock, move: ClockMoved | None) -> int:
    """From the store and the kept picture on. move : of the clock, why the life before ended. Raises ClockMoved."""
    with contextlib.closing(Store(config.store.file)) as store:
        sinks = open_sinks(config.sinks, is_exercise=False)
        if config.store.alerts_file:
            sinks.append(JsonlSink(Path(config.store.alerts_file)))
        drawn_path = Path(config.chart.drawn_file) if config.chart.drawn_file else None
        made = machine(
            config,
            store,
            sinks,
            is_exercise=False,
            time_zones=config.feed_time_zones,
            is_live=True,
            drawn_path=drawn_path,
            formats=config.feed_formats,
            moved_s=move.by_s if move else ahead_s(store, clock.wall()),
        )
        if move:
            store.record(AuditEntry(clock.wall(), "system", "clock moved", "", str(move)))
        if config.store.picture_file:
            go_on(made, config.store, clock.wall(), moved_s=move.by_s if move else 0.0)
        with listening(config.web.host, config.web.port) if config.web.is_on else contextlib.nullcontext() as door:
            return asyncio.run(serve_live(made, config, clock, door))


def ahead_s(store: Store, now_unix_s: float) -> float:
    """By how much the clock must have been set back while no monitor ran: nobody stored what is yet to come."""
    ahead = store.restore().t_unix_s - now_unix_s
    if not ahead > LEAST_S:
        return 0.0
    LOG.error("the store is ahead of the clock; its alerts go on as of now", by_s=round(ahead, 1))
    return -ahead


def go_on(made: Machine, settings: StoreSettings, now_unix_s: float, *, moved_s: float = 0.0) -> None:
    """Go on from the picture that the last life left, if there is one of use, and with gateways from where it stood.

    Without one gateways are asked for all that they still have. moved_s : by how much the clock was set since
    """
    made.keeper, made.receipts = Keeper(settings), Receipts()
    try:
        arrays = snapshot.moved(snapshot.read(Path(settings.picture_file)), moved_s)
        made.receipts = Receipts(snapshot.positions_of(arrays))
        snapshot.restore(made.state, arrays, now_unix_s, max_age_s=settings.picture_max_age_s)
    except FileNotFoundError:
        return
    except snapshot.Unusable as error:
        LOG.warning("the kept picture cannot be used: the map begins empty", reason=str(error))
    else:
        age_s = now_unix_s - float(arrays["t_unix_s"])
        LOG.info("goes on from the kept picture", n_vessels=len(made.state.tracks), age_s=round(age_s, 1))


async def serve_live(made: Machine, config: Config, clock: LiveClock, door: socket.socket | None) -> int:
    """Feeds beside the pipeline; a feed that fails for a reason of ours ends the process. Raises ClockMoved."""
    intake = Intake(int(config.intake.limit_mb * 1e6), positions=dict(made.receipts.positions))
    source = LiveSource(intake)
    recorder = RecorderThread(config.recorder, config.feed_formats) if config.recorder.is_on else None
    tasks = [asyncio.create_task(feed.run(intake), name=feed.name) for feed in config.feeds]  # type: ignore[union-attr]
    tasks += watchdog_tasks(made, config.watchdog, intake)
    serving = asyncio.create_task(
        serve(
            made,
            source=source,
            clock=clock,
            door=door,
            title=config.web.title,
            stays_after_end=False,
            on_chunks=recorder.offer if recorder else lambda chunks: None,
        )
    )
    done, _ = await asyncio.wait([serving, *tasks], return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if serving not in done:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)
    if recorder:
        recorder.close()
    if made.keeper:
        made.keep_last()
    for task in done:
        if task is not serving and not task.cancelled() and task.exception():
            LOG.error("a feed failed", feed=task.get_name(), reason=str(task.exception()))
            return 1
    return serving.result() if serving in done else 1


def watchdog_tasks(made: Machine, settings: WatchdogSettings, intake: Intake) -> list["asyncio.Task[None]"]:
    """Test messages of our own, and the heartbeat that depends on them."""
    tasks = []
    if settings.self_test_every_s:
        made.t_tested_unix_s = wall_clock()  # the first ones are on their way
        made.outgoing.expect_tests(wall_clock())
        test = SelfTest(settings.self_test_every_s)
        tasks.append(asyncio.create_task(test.run(intake), name=test.name))
    heartbeat = Heartbeat(
        settings,
        lambda: Health(made.hub.is_watching, made.hub.store_fault, wall_clock() - made.t_tested_unix_s),
    )
    tasks.append(asyncio.create_task(heartbeat.run(), name="heartbeat"))
    return tasks


@dataclass(slots=True)
class LiveSource:
    """The intake as the pipeline thread's source."""

    intake: Intake
    is_over: bool = False

    def take(self, now_unix_s: float) -> tuple[list[Chunk], float]:
        return self.intake.take(STEP_BYTES), now_unix_s


class RecorderThread:
    """The recorder behind a bounded queue: it can be late or broken, the pipeline never waits for it."""

    def __init__(self, settings: RecorderSettings, formats: Mapping[str, str]) -> None:
        self._recorder = Recorder(
            Path(settings.folder),
            settings.rotate_s,
            int(settings.rotate_mb * 1e6),
            settings.keep_days,
            settings.compression,
            formats,
        )
        self._worker = Worker("recorder", self._write, RECORD_QUEUE, idle=self._recorder.flush)

    def _write(self, item: object) -> None:
        assert isinstance(item, Chunk)
        self._recorder.write(item)

    def offer(self, chunks: list[Chunk]) -> None:
        for chunk in chunks:
            if chunk.source != SOURCE:  # our own test messages are nobody's recording
                self._worker.offer(chunk)

    def close(self) -> None:
        self._worker.stop()
        self._recorder.close()
