"""`straitwatch bench fences --png FILE`: what a position and a leg cost, against the number of fences and of rows.

Beside shapely's best for each: of points the better one of two ways at every batch size (a tree by box and prepared
tests, which suits few, and a window by box for each fence, which suits many); of legs a tree of all edges. Trees and
shapely's own geometries are made before the clock runs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from decoders.table import Column
from geofences import geojson
from geofences.crossing import match_legs
from geofences.inside import match_positions
from monitor import assembly, config
from monitor.bench.fences import Load, legs_of, load_of, pairs_prepared, shapes_of, stars
from monitor.bench.measure import cpu_seconds

N_FENCES = (30, 60, 300, 1_000, 3_000, 10_000)  # the first two of the chart's, the others stars
BATCHES = (100, 1_000, 10_000, 100_000, 1_000_000)
BATCH_FENCES = 1_000
ROWS_AT_ONCE = {30: 200_000, 60: 200_000, 300: 200_000, 1_000: 200_000, 3_000: 100_000, 10_000: 50_000}
ENOUGH_S = 0.3  # of measuring one point of a curve
MOST_TIMES = 7
OURS, THEIRS = "straitwatch", "shapely, its best"


@dataclass(frozen=True, slots=True)
class Panel:
    """One drawing: microseconds a row against something."""

    title: str
    axis: str
    at: tuple[int, ...]
    us: dict[str, list[float]]  # by whose cost it is


class Missing(ImportError):
    """What draws is not installed."""


def canvas() -> Any:
    """matplotlib's figure, which draws without a screen. Raises Missing."""
    try:
        return import_module("matplotlib.figure").Figure
    except ImportError as error:
        raise Missing("--png needs matplotlib: pip install 'straitwatch[plot]'") from error


def measure(progress: Callable[[str], None]) -> list[Panel]:
    """All four curves; some minutes."""
    chart = shapes_of(geojson.load(assembly.chart_paths(config.parse(config.shipped_text()))))
    chart.sort(key=lambda shape: sum(len(path) for path in shape.paths))  # the first 30 are the small ones
    by_fences: list[dict[str, float]] = []
    for n in N_FENCES:
        progress(f"{n:,} fences")
        by_fences.append(costs(load_of(chart[:n] if n <= 60 else stars(n), ROWS_AT_ONCE[n])))
    by_batch = []
    for n in BATCHES:
        progress(f"batches of {n:,}")
        by_batch.append(costs(load_of(stars(BATCH_FENCES), n)))
    panels = []
    for what in ("position", "leg"):
        for axis, at, found in (
            ("fences", N_FENCES, by_fences),
            (f"rows in a call, {BATCH_FENCES:,} fences", BATCHES, by_batch),
        ):
            us = {who: [cost[f"{what} {who}"] for cost in found] for who in (OURS, THEIRS)}
            panels.append(Panel(f"a {what}", axis, at, us))
    return panels


def costs(load: Load) -> dict[str, float]:
    """Microseconds a row of each kind of question, ours and shapely's."""
    edges = load.fences.edges
    edge_tree = shapely.STRtree(shapely.linestrings(np.stack([[edges.xa, edges.xb], [edges.ya, edges.yb]]).T))
    tree, legs, points = shapely.STRtree(load.areas), legs_of(load, len(load.x)), shapely.points(load.x, load.y)
    edge_tree.query(legs[:1], "intersects")
    shapely.prepare(load.areas)
    areas = np.array(load.areas, object)

    def boxed() -> Column:
        row, fence = tree.query(points)
        order = np.argsort(fence, kind="stable")
        row, fence = row[order], fence[order]
        held: Column = shapely.intersects_xy(areas[fence], load.x[row], load.y[row])
        return held

    def us(work: Callable[[], object]) -> float:
        return 1e6 * least_s(work) / len(load.x)

    return {
        f"position {OURS}": us(lambda: match_positions(load.fences, load.y, load.x)),
        f"position {THEIRS}": min(us(boxed), us(lambda: pairs_prepared(load, load.areas))),
        f"leg {OURS}": us(lambda: match_legs(load.fences, load.y, load.x, load.y2, load.x2)),
        f"leg {THEIRS}": us(lambda: edge_tree.query(legs, "intersects")),
    }


def least_s(work: Callable[[], object]) -> float:
    """CPU seconds of the quickest of some runs."""
    found: list[float] = []
    while len(found) < MOST_TIMES and (not found or sum(found) < ENOUGH_S):
        found.append(cpu_seconds(work))
    return min(found)


def draw(panels: list[Panel], path: Path, caption: str) -> None:
    """Write the picture. Raises Missing, OSError."""
    figure = canvas()(figsize=(11.0, 8.0), layout="constrained")
    for axes, panel in zip(figure.subplots(2, 2, sharey=True).flat, panels, strict=True):
        for who, us in panel.us.items():
            axes.plot(panel.at, us, marker="o", label=who, linestyle="-" if who == OURS else "--")
            axes.annotate(
                f"{us[-1]:.2g}", (panel.at[-1], us[-1]), xytext=(0, 7), textcoords="offset points", ha="center"
            )
        axes.set_xscale("log")
        axes.set_yscale("log")
        axes.set_xlabel(panel.axis)
        axes.set_ylabel(f"microseconds {panel.title}")
        axes.margins(y=0.1)
        axes.grid(visible=True, which="major", alpha=0.3)
        axes.legend()
    figure.suptitle(f"What {panels[0].title} and {panels[-1].title} cost, one core\n{caption}", fontsize=11)
    figure.savefig(path, dpi=110, format="png")
