"""A monitor with its map in this process, driven by hand: the tests say when time passes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from aiohttp import web

from alerts.sinks.contract import Sink
from alerts.store import Store
from monitor import assembly, config
from monitor.feeds.player import Player
from monitor.machine import Machine, machine
from monitor.running import listening, watch_of
from monitor.service import Worker
from monitor.sim import feed, story
from monitor.sim.radars import asterix_source
from monitor.web.acknowledge import Links
from monitor.web.server import create_app

FEED = "simulator"
GRAFANA = "https://grafana.example/ops"


@dataclass(slots=True)
class Watch:
    """A simulated night on a map at `url`."""

    made: Machine
    player: Player
    writer: Worker
    t_start_unix_s: float
    url: str
    t_s: float = 0.0

    async def play_to(self, t_s: float) -> None:
        """Let the night go on to t_s seconds after its start, a second a step, as the live pipeline does."""
        while self.t_s < t_s:
            await self.jump_to(min(self.t_s + 1.0, t_s))

    async def jump_to(self, t_s: float) -> None:
        """The same in one step, as a warm-up does."""
        self.t_s = t_s
        now_unix_s = self.t_start_unix_s + t_s
        self.made.read_commands()
        output = self.made.step(self.player.take(now_unix_s), self.made.commands(), now_unix_s)
        self.made.tell(output, self.writer)
        await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def watch(
    told: str, folder: Path, *, is_radar_known: bool = False, sinks: Sequence[Sink] = (), **changes: object
) -> AsyncIterator[Watch]:
    """Open the map of a story. is_radar_known : its radars stand in the configuration, else refused

    changes : of the shipped configuration's parts
    """
    tale = story.load(told)
    sites = tale.sites(FEED) if is_radar_known else ()
    settings = replace(config.parse(config.shipped_text()), radars=sites, **changes)  # type: ignore[arg-type]
    player = Player(feed.chunks(tale, source=FEED))
    t_start = player.open()
    with contextlib.closing(Store(folder / "watch.sqlite")) as store:
        made = machine(
            settings,
            store,
            list(sinks),
            is_exercise=True,
            time_zones={},
            drawn_path=folder / "drawn.geojson",
            formats={asterix_source(FEED): "asterix"},
        )
        assert made.drawn
        made.drawn.changed = partial(watch_of(made).look, is_asked=True)
        app = create_app(
            made.hub,
            submit=store.submit,
            drawn=made.drawn,
            land=assembly.land_geojson(settings),
            title="test",
            is_exercise=True,
            grafana_url=GRAFANA,
            links=Links(made.notifier.key, store, made.config.notices.time_zone),
        )
        async with served(app) as url:
            writer = Worker("store", made.write, 1000, on_end=lambda: None)
            try:
                yield Watch(made, player, writer, t_start, url)
            finally:
                await asyncio.to_thread(writer.stop)


@contextlib.asynccontextmanager
async def served(app: web.Application) -> AsyncIterator[str]:
    """Serve an application on a free port of this machine."""
    door = listening("127.0.0.1", 0)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await web.SockSite(runner, door).start()
        yield f"http://127.0.0.1:{door.getsockname()[1]}"
    finally:
        await runner.cleanup()
        door.close()
