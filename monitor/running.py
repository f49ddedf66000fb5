"""A monitor that runs until somebody stops it: the parts of `service` put together for `run`, `demo` and `replay`.

played (demo, replay --speed N)       live (run)
Player, virtual clock                 feeds, Intake, wall clock, recorder
store in a temporary folder           store from the configuration; its desk goes on where it stopped
"""

import asyncio
import contextlib
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import structlog
from aiohttp import web
from rich.console import Console
from rich.progress import Progress

from alerts.desk import Desk, desk_from_bytes, desk_to_bytes, new_desk
from alerts.incident import Command
from alerts.sinks.contract import Sink, pump
from alerts.sinks.jsonl import JsonlSink
from alerts.store import Store
from monitor import assembly, pipeline, tracks
from monitor.config import Config, RecorderSettings
from monitor.feeds import played
from monitor.feeds.chunk import Chunk
from monitor.feeds.live import Intake
from monitor.feeds.played import RecordingFeed, SimulatorFeed
from monitor.feeds.player import PlayClock, Player
from monitor.feeds.record import Recorder
from monitor.output import Output
from monitor.pipeline import State
from monitor.service import PipelineThread, Worker, has_alarms, split, wall_clock
from monitor.sim import feed as simulator
from monitor.sim import story
from monitor.web.hub import Hub
from monitor.web.server import create_app

LOG = structlog.get_logger("run")
STORE_QUEUE = 1000  # outputs with alarms that may wait for the disk: minutes of a storm
HOST = "127.0.0.1"  # what is played is shown on this machine only
WARM_UP_STEP_S = 60.0
STEP_BYTES = 8 << 20  # of live bytes in one step: a flood is worked off without holding up the picture
RECORD_QUEUE = 2000  # chunks that may wait for the recorder


@dataclass(frozen=True, slots=True)
class Show:
    """What is played on the map."""

    chunks: Iterator[Chunk]
    speed: float
    time_zones: dict[str, str]
    title: str
    port: int
    warm_up_s: float  # of event time, run at once before the page opens
    alerts: Path | None = None


def show_of(feed: RecordingFeed | SimulatorFeed, *, port: int, title: str) -> Show:
    """What a played feed shows. Raises ValueError for a story or recording that cannot be played."""
    if isinstance(feed, RecordingFeed):
        names = played.source_names([Path(f) for f in feed.files])
        zones = dict.fromkeys(names, feed.leading_time_zone)
        return Show(feed.chunks(), feed.speed, zones, title, port, 0.0)
    told = story.load(feed.story)
    chunks = simulator.chunks(told, feed.seed, feed.name)
    return Show(chunks, feed.speed, {}, f"{title}: simulated night", port, told.warm_up_s)


@dataclass(slots=True)
class Machine:
    """The pipeline with its store and hub: what both kinds of running share."""

    state: State
    store: Store
    hub: Hub
    sinks: list[Sink]
    config: Config
    waiting: dict[str, None] = field(default_factory=dict)  # commands handed to the pipeline, not stored yet
    n_steps: int = 0

    def step(self, chunks: list[Chunk], commands: list[Command], now_unix_s: float) -> Output:
        output = pipeline.step(self.state, chunks, commands, now_unix_s)
        self.n_steps += 1
        return output

    def finish(self) -> Output:
        return pipeline.finish(self.state)

    def commands(self) -> list[Command]:
        """Commands that no step has applied yet."""
        fresh = [c for c in self.store.pending_commands() if c.command_id not in self.waiting]
        self.waiting.update(dict.fromkeys(c.command_id for c in fresh))
        return fresh

    def tell(self, output: Output, writer: Worker) -> None:
        """The picture at once; alarms by way of the disk."""
        picture, alarms = split(output)
        self.hub.publish(picture)
        if has_alarms(output) or (self.waiting and output.picture is not None):
            applied = list(self.waiting) if output.picture is not None and not self.state.commands else []
            writer.put((alarms, desk_to_bytes(self.state.desk), self._now(), applied))

    def _now(self) -> float:
        return (self.state.next_tick - 1) * self.state.settings.tick_s

    def write(self, item: object) -> None:
        """Writer thread: store, then tell."""
        assert isinstance(item, tuple)
        alarms, desk, now_unix_s, applied = item
        self.store.commit(
            alarms.transitions, alarms.incidents, alarms.audit, desk=desk, t_unix_s=now_unix_s, applied=applied
        )
        for command_id in applied:
            self.waiting.pop(command_id, None)
        self.hub.publish(alarms)
        self.deliver()

    def deliver(self) -> None:
        """Give every sink what waits for it."""
        for sink in self.sinks:
            pump(self.store, sink)


def restored_desk(store: Store, config: Config) -> Desk:
    """The desk as the last run left it, or a new one that never gives a number twice."""
    past = store.restore()
    if past.desk is not None:
        try:
            return desk_from_bytes(past.desk, config.rules, config.incidents, store.incident)
        except ValueError as error:
            LOG.error("the saved desk cannot be used: open alerts will be raised anew", reason=str(error))
    return new_desk(config.rules, config.incidents, last_number_by_day=past.last_number_by_day)


def machine(
    config: Config,
    store: Store,
    sinks: list[Sink],
    *,
    is_exercise: bool,
    time_zones: dict[str, str],
    is_live: bool = False,
) -> Machine:
    """Put pipeline, store and hub together."""
    desk = restored_desk(store, config)
    state = assembly.state(config, is_exercise=is_exercise, time_zones=time_zones, at=desk, is_live=is_live)
    made: list[Machine] = []
    hub = Hub(
        trail=lambda target_id: tracks.trail(made[0].state.tracks, target_id),
        details=lambda target_id: tracks.details(made[0].state.tracks, target_id),
    )
    hub.keep(store.incidents(with_closed=True))
    made.append(Machine(state, store, hub, sinks, config))
    return made[0]


@dataclass(slots=True)
class PlayedSource:
    """A player as the pipeline thread's source."""

    player: Player
    is_over: bool = False

    def take(self, now_unix_s: float) -> tuple[list[Chunk], float]:
        chunks = self.player.take(now_unix_s)
        self.is_over = self.player.is_over
        # time ends with the recording: what comes after it is not silence
        return chunks, self.player.t_last_unix_s if self.is_over else now_unix_s


def run_show(show: Show, config: Config) -> int:
    """Play until the end and beyond: the map stays until somebody stops it. Returns an exit code."""
    player = Player(show.chunks)
    t_start = player.open()
    if t_start != t_start:
        sys.stderr.write("straitwatch: there is nothing to play\n")
        return 1
    with (
        listening(HOST, show.port) as door,
        tempfile.TemporaryDirectory(prefix="straitwatch-") as folder,
        contextlib.closing(Store(Path(folder) / "show.sqlite")) as store,
    ):
        sinks: list[Sink] = [JsonlSink(show.alerts)] if show.alerts else []
        made = machine(config, store, sinks, is_exercise=True, time_zones=show.time_zones)
        warm_up(made, player, t_start, show.warm_up_s)
        clock = PlayClock(time.monotonic(), t_start + show.warm_up_s, show.speed)
        return asyncio.run(
            serve(
                made,
                source=PlayedSource(player),
                clock=lambda: clock.now(time.monotonic()),
                door=door,
                title=show.title,
                stays_after_end=True,
            )
        )


def warm_up(made: Machine, player: Player, t_start_unix_s: float, warm_up_s: float) -> None:
    """Give the monitor a past, as fast as it goes, with its progress told."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("playing what was before the map opens", total=warm_up_s)
        for done_s in np.arange(WARM_UP_STEP_S, warm_up_s + WARM_UP_STEP_S, WARM_UP_STEP_S).tolist():
            now_unix_s = t_start_unix_s + min(done_s, warm_up_s)
            output = made.step(player.take(now_unix_s), [], now_unix_s)
            made.write((output, desk_to_bytes(made.state.desk), now_unix_s, []))
            made.hub.publish(output)
            progress.update(task, completed=done_s)


def run_live(config: Config) -> int:
    """The service: configured feeds, store, recorder, map. Returns an exit code."""
    Path(config.store.file).parent.mkdir(parents=True, exist_ok=True)
    with contextlib.closing(Store(config.store.file)) as store:
        sinks: list[Sink] = [JsonlSink(Path(config.store.alerts_file))] if config.store.alerts_file else []
        made = machine(config, store, sinks, is_exercise=False, time_zones=config.feed_time_zones, is_live=True)
        with listening(config.web.host, config.web.port) if config.web.is_on else contextlib.nullcontext() as door:
            return asyncio.run(serve_live(made, config, door))


def listening(host: str, port: int) -> socket.socket:
    """The map's door, opened before any work is done. Raises OSError that says what is in the way."""
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise OSError(f"the map cannot be served at {host}:{port}: {error.strerror}; choose another port") from error


async def serve_live(made: Machine, config: Config, door: socket.socket | None) -> int:
    """Feeds beside the pipeline; a feed that fails for a reason of ours ends the process."""
    intake = Intake(int(config.intake.limit_mb * 1e6))
    source = LiveSource(intake)
    recorder = RecorderThread(config.recorder) if config.recorder.is_on else None
    tasks = [asyncio.create_task(feed.run(intake), name=feed.name) for feed in config.feeds]  # type: ignore[union-attr]
    serving = asyncio.create_task(
        serve(
            made,
            source=source,
            clock=wall_clock,
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
    for task in done:
        if task is not serving and not task.cancelled() and task.exception():
            LOG.error("a feed failed", feed=task.get_name(), reason=str(task.exception()))
            return 1
    return serving.result() if serving in done else 1


@dataclass(slots=True)
class LiveSource:
    """The intake as the pipeline thread's source."""

    intake: Intake
    is_over: bool = False

    def take(self, now_unix_s: float) -> tuple[list[Chunk], float]:
        return self.intake.take(STEP_BYTES), now_unix_s


class RecorderThread:
    """The recorder behind a bounded queue: it can be late or broken, the pipeline never waits for it."""

    def __init__(self, settings: RecorderSettings) -> None:
        self._recorder = Recorder(
            Path(settings.folder),
            settings.rotate_s,
            int(settings.rotate_mb * 1e6),
            settings.keep_days,
            settings.compression,
        )
        self._worker = Worker("recorder", self._write, RECORD_QUEUE, idle=self._recorder.flush)

    def _write(self, item: object) -> None:
        assert isinstance(item, Chunk)
        self._recorder.write(item)

    def offer(self, chunks: list[Chunk]) -> None:
        for chunk in chunks:
            self._worker.offer(chunk)

    def close(self) -> None:
        self._worker.stop()
        self._recorder.close()


async def serve(
    made: Machine,
    *,
    source: PlayedSource | LiveSource,
    clock: Callable[[], float],
    door: socket.socket | None,
    title: str,
    stays_after_end: bool,
    on_chunks: Callable[[list[Chunk]], None] = lambda chunks: None,
) -> int:
    """Run pipeline, writer and map until a signal, an error or, if so wanted, the source's end; an exit code."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)

    def stop_soon() -> None:
        loop.call_soon_threadsafe(stop.set)

    writer = Worker("store", made.write, STORE_QUEUE, on_end=stop_soon)
    thread = PipelineThread(
        made,
        source,
        clock,
        made.commands,
        on_chunks,
        lambda output: made.tell(output, writer),
        lock=made.hub.lock,
    )

    def on_end() -> None:
        if thread.error or not stays_after_end:
            stop_soon()
        else:
            made.hub.end()

    thread.on_end = on_end
    runner = await open_web(made, door, title) if door is not None else None
    thread.start()
    try:
        await stop.wait()
    finally:
        await asyncio.to_thread(thread.stop)
        await asyncio.to_thread(writer.stop)
        if runner is not None:
            await runner.cleanup()
    return 1 if thread.error or writer.error else 0


async def open_web(made: Machine, door: socket.socket, title: str) -> web.AppRunner:
    """Serve the map."""
    app = create_app(
        made.hub,
        submit=made.store.submit,
        chart=assembly.chart_geojson(made.config),
        land=assembly.land_geojson(made.config),
        title=title,
        is_exercise=made.state.is_exercise,
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.SockSite(runner, door).start()
    host, port = door.getsockname()[:2]
    sys.stderr.write(f"The map is at http://{host}:{port} (Ctrl-C ends)\n")
    return runner
