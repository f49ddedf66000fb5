"""A recording or a simulated night played on the map: `demo`, `replay --speed N`, and `run` with such a feed."""

import asyncio
import contextlib
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import Progress

from alerts.desk import desk_to_bytes
from alerts.sinks.jsonl import JsonlSink
from alerts.store import Store
from monitor.config import Config
from monitor.feeds import played
from monitor.feeds.chunk import Chunk
from monitor.feeds.played import RecordingFeed, SimulatorFeed
from monitor.feeds.player import PlayClock, Player
from monitor.machine import Machine, ToStore, machine
from monitor.outgoing import open_sinks
from monitor.radar.sites import RadarSite
from monitor.running import listening, serve
from monitor.sim import feed as simulator
from monitor.sim import story
from monitor.sim.radars import asterix_source

HOST = "127.0.0.1"  # what is played is shown on this machine only
WARM_UP_STEP_S = 60.0


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
    radars: tuple[RadarSite, ...] | None = None  # None: those of the configuration
    formats: Mapping[str, str] = field(default_factory=dict)  # of sources that are no lines


def show_of(feed: RecordingFeed | SimulatorFeed, *, port: int, title: str) -> Show:
    """What a played feed shows. Raises ValueError for a story or recording that cannot be played."""
    if isinstance(feed, RecordingFeed):
        names = played.source_names([Path(f) for f in feed.files])
        zones = dict.fromkeys(names, feed.leading_time_zone)
        return Show(feed.chunks(), feed.speed, zones, title, port, 0.0, formats=played.formats_of(names))
    told = story.load(feed.story)
    chunks = simulator.chunks(told, feed.seed, feed.name)
    sites, formats = told.sites(feed.name), {asterix_source(feed.name): "asterix"}
    title = f"{title}: simulated night"
    return Show(chunks, feed.speed, {}, title, port, told.warm_up_s, radars=sites, formats=formats)


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
    if show.radars is not None:
        config = replace(config, radars=show.radars)
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
        sinks = open_sinks(config.sinks, is_exercise=True)
        if show.alerts:
            sinks.append(JsonlSink(show.alerts))
        drawn_path = Path(folder) / "drawn.geojson"
        made = machine(
            config,
            store,
            sinks,
            is_exercise=True,
            time_zones=show.time_zones,
            drawn_path=drawn_path,
            formats=show.formats,
        )
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
            made.write(ToStore(output, desk_to_bytes(made.state.desk), now_unix_s, []))
            progress.update(task, completed=done_s)
