"""`straitwatch bench map`: thousands of moving vessels redrawn in a browser without a GPU.

The simulator's ships go through the real pipeline, hub and WebSocket to a headless Chromium that shows all of them.
Measured in the page, from a frame's arrival to the end of its drawing, once a second of the night.
"""

import asyncio
import math
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from aiohttp import web

from alerts.sinks.contract import Sink
from alerts.store import Store
from monitor import assembly, config
from monitor.bench.measure import Figure
from monitor.bench.pipeline import thickened
from monitor.config import Config
from monitor.feeds.player import Player
from monitor.machine import Machine, machine
from monitor.running import listening
from monitor.sim import feed, story
from monitor.web.server import create_app

TIMES_USUAL = 42  # traffic, so that a little more than 5,000 vessels are known when the page opens
WARM_UP_S = 200.0  # ships at anchor report every three minutes
N_FRAMES = 20
GOAL_MS = 500.0
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--no-first-run", "--disable-quic"),
)
VIEWS = {"all of them on one screen": "51.0,1.4,9.4", "the same, zoomed in": "51.05,1.5,11.5"}
# from the arrival of a frame to the end of the drawing that it caused
WATCH_FRAMES = """() => {
  const w = window.straitwatch, frame = w.link.told.frame;
  w.frameMs = [];
  w.link.told.frame = (buffer) => {
    const began = performance.now();
    frame(buffer);
    w.map.once("postrender", () => w.frameMs.push(performance.now() - began));
  };
}"""


@dataclass(frozen=True, slots=True)
class Seen:
    """One view's frames."""

    n_vessels: int
    n_drawn: int
    frame_ms: list[float]


def run(files: list[Path], rounds: int, progress: Callable[[str], None]) -> list[Figure]:
    """All figures; one without a value where there is no browser. files, rounds : not used."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    try:
        playwright = import_module("playwright.async_api")
    except ImportError:
        playwright = None
    if browser is None or playwright is None:
        return [Figure("vessels", math.nan, "", note="needs Chromium and the Python package playwright")]
    return asyncio.run(measured(playwright, browser, progress))


async def measured(playwright: Any, browser: str, progress: Callable[[str], None]) -> list[Figure]:
    """Let the night go on and look at it."""
    settings = config.parse(config.shipped_text())
    progress(f"a night with {TIMES_USUAL} times the usual traffic")
    player = Player(feed.chunks(thickened(story.load("quiet-hour"), TIMES_USUAL)))
    t_unix_s = player.open() + WARM_UP_S
    figures = []
    with tempfile.TemporaryDirectory(prefix="straitwatch-") as folder:
        store = Store(Path(folder) / "bench.sqlite")
        sinks: list[Sink] = []
        made = machine(settings, store, sinks, is_exercise=True, time_zones={})
        made.hub.publish(made.step(player.take(t_unix_s), [], t_unix_s))
        runner, url = await served(made, settings)
        async with playwright.async_playwright() as driver:
            chromium = await driver.chromium.launch(executable_path=browser, args=list(ARGUMENTS))
            for name, place in VIEWS.items():
                progress(name)
                seen, t_unix_s = await watched(chromium, f"{url}/#@{place}", made, player, t_unix_s)
                figures += figures_of(name, seen)
            await chromium.close()
        await runner.cleanup()
        store.close()
    return figures


async def served(made: Machine, settings: Config) -> tuple[web.AppRunner, str]:
    """The map on a free port of this machine."""
    app = create_app(
        made.hub,
        submit=made.store.submit,
        drawn=None,
        land=assembly.land_geojson(settings),
        title="bench",
        is_exercise=True,
    )
    door = listening("127.0.0.1", 0)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    await web.SockSite(runner, door).start()
    return runner, f"http://127.0.0.1:{door.getsockname()[1]}"


async def watched(chromium: Any, url: str, made: Machine, player: Player, t_unix_s: float) -> tuple[Seen, float]:
    """Open a page, let `N_FRAMES` seconds pass, each drawn before the next."""
    context = await chromium.new_context(viewport={"width": 1920, "height": 1080})
    page = await context.new_page()
    await page.goto(url)
    await page.wait_for_function("() => window.straitwatch && window.straitwatch.vessels.nDrawn > 0")
    await page.evaluate(WATCH_FRAMES)
    for n in range(1, N_FRAMES + 1):
        t_unix_s += 1.0
        made.hub.publish(made.step(player.take(t_unix_s), [], t_unix_s))
        await page.wait_for_function(f"() => window.straitwatch.frameMs.length >= {n}")
    frame_ms, n_drawn = await page.evaluate("() => [window.straitwatch.frameMs, window.straitwatch.vessels.nDrawn]")
    await context.close()
    return Seen(len(made.hub.shown), n_drawn, frame_ms[:N_FRAMES]), t_unix_s


def figures_of(name: str, seen: Seen) -> list[Figure]:
    """Median and worst of one view."""
    worst_ms = max(seen.frame_ms)
    return [
        Figure(f"{name}: drawn", seen.n_drawn, "vessels", note=f"of {seen.n_vessels:,}"),
        Figure(f"{name}: a redraw", float(np.median(seen.frame_ms)), "ms"),
        Figure(f"{name}: the slowest of {N_FRAMES}", worst_ms, "ms", f"<= {GOAL_MS:g}", worst_ms <= GOAL_MS),
    ]
