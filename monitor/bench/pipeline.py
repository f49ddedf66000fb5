"""`straitwatch bench pipeline`: bytes to alerts with all rules on, beside the prepared-geometry Python baseline.

Two loads: usual traffic in the Strait, where ticks are many and small, and the same waters with `DENSE` times the
ships, where ticks are full. The baseline keeps no incident, store or rule: it decodes,
remembers tracks and asks shapely about every point and leg (peers, "the baseline of record").
"""

import math
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import msgspec
import numpy as np
import shapely

from monitor import assembly, config, pipeline
from monitor.bench import corpus
from monitor.bench.baseline import Baseline
from monitor.bench.measure import Figure, Timing, interleaved
from monitor.config import Config
from monitor.feeds.chunk import Chunk
from monitor.sim import feed, story
from monitor.sim.story import Ferries, Fleet, Lane, Patrol, Story

DENSE = 12
SPAN_S = 600.0
NIGHT_S = 12 * 3600.0
SCALED = f"scaled from {SPAN_S / 60:.0f} min"
BLOCK = 1 << 20
GOAL_PER_S, GOAL_RATIO, GOAL_NIGHT_S = 150_000.0, 10.0, 60.0


def run(files: list[Path], rounds: int, progress: Callable[[str], None]) -> list[Figure]:
    """All figures of the benchmark. files : recordings to use instead of the simulated loads."""
    settings = config.parse(config.shipped_text())
    progress("making the loads")
    usual = story.load("quiet-hour")
    loads = {"usual": load_of(usual), "dense": load_of(thickened(usual, DENSE))}
    if files:
        data, _ = corpus.recorded(files)
        loads = {"recorded": data}
    shapes = fence_shapes(settings)
    works: dict[str, Callable[[], float]] = {}
    for name, data in loads.items():
        works[f"straitwatch, {name}"] = partial(ours, settings, data)
        works[f"Python baseline, {name}"] = partial(theirs, shapes, corpus.sentences_only(data))
    timings = interleaved(works, rounds, progress)
    figures = []
    for name, data in loads.items():
        figures += figures_of(
            name, data.count(b"!"), timings[f"straitwatch, {name}"], timings[f"Python baseline, {name}"]
        )
    if "usual" in loads:
        night_s = timings["straitwatch, usual"].median_s * NIGHT_S / SPAN_S
        figures.append(
            Figure(
                "a usual night of 12 h",
                night_s,
                "s of CPU",
                f"<= {GOAL_NIGHT_S:g}",
                night_s <= GOAL_NIGHT_S,
                note=SCALED,
            )
        )
    return figures


def load_of(told: Story) -> bytes:
    """The first `SPAN_S` seconds of a story as wire bytes."""
    return b"".join(chunk.data for chunk in feed.chunks(msgspec.structs.replace(told, duration_s=SPAN_S)))


def thickened(told: Story, times: int) -> Story:
    """The same story with so many times the ships."""
    fleet: list[Fleet] = []
    for part in told.fleet:
        if isinstance(part, Lane):
            fleet.append(msgspec.structs.replace(part, ships_per_h=part.ships_per_h * times))
        elif isinstance(part, Ferries | Patrol):
            fleet.append(part)
        else:
            fleet.append(msgspec.structs.replace(part, n=part.n * times))
    return msgspec.structs.replace(told, fleet=fleet)


def fence_shapes(settings: Config) -> list[shapely.Geometry]:
    """The chart as shapely has it."""
    return [shapely.geometry.shape(geometry) for geometry in assembly.chart(settings).geometry if geometry]


def ours(settings: Config, data: bytes) -> float:
    """CPU seconds from bytes to alerts."""
    state = assembly.state(settings, is_exercise=True, time_zones={})
    start = time.process_time()
    for begin in range(0, len(data), BLOCK):
        pipeline.step(state, [Chunk("bench", math.nan, data[begin : begin + BLOCK])], [], None)
    pipeline.finish(state)
    return time.process_time() - start


def theirs(shapes: list[shapely.Geometry], data: bytes) -> float:
    """CPU seconds of the baseline over the same sentences."""
    lines = data.splitlines()
    baseline = Baseline(shapes)
    start = time.process_time()
    for line in lines:
        baseline.line(line)
    return time.process_time() - start


def figures_of(name: str, n_sentences: int, mine: Timing, baseline: Timing) -> list[Figure]:
    """Rates and the ratio of one load."""
    rate = n_sentences / mine.median_s
    ratio = float(np.median([b / a for a, b in zip(mine.cpu_s, baseline.cpu_s, strict=True)]))
    is_dense = name == "dense"
    return [
        Figure(f"{name}: sentences", n_sentences, ""),
        Figure(
            f"{name}: straitwatch",
            rate,
            "sentences/s/core",
            f">= {GOAL_PER_S:g}" if is_dense else "",
            rate >= GOAL_PER_S if is_dense else None,
        ),
        Figure(f"{name}: Python baseline", n_sentences / baseline.median_s, "sentences/s/core"),
        Figure(
            f"{name}: times the baseline",
            ratio,
            "x",
            f">= {GOAL_RATIO:g}" if is_dense else "",
            ratio >= GOAL_RATIO if is_dense else None,
        ),
    ]
