"""`straitwatch bench fences`: memberships and crossings, beside the best that shapely does with the same data.

Points and legs of 200 to 2,000 m, uniform over the Strait, against the shipped chart and against star polygons of 40
to 60 vertices. Peers, each the fastest found in shapely for its kind of question:

    points   sorted by longitude, a window by bounding box, prepared `intersects_xy`, fence by fence
    points   STRtree of the fences, query(points, "intersects"): what everybody writes first
    legs     STRtree of all edges, query(legs, "intersects"): which edges are met, not where

Ours gives for each leg where, in which direction and what it means. All answers are compared with one another.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import process_time

import numpy as np
import shapely

from decoders.table import Column
from geofences import fenceset, geojson
from geofences.crossing import match_legs
from geofences.fenceset import FenceSet, Shape
from geofences.inside import match_positions
from monitor import assembly, config
from monitor.bench.measure import Figure, Timing, cpu_seconds, interleaved

WEST_DEG, EAST_DEG, SOUTH_DEG, NORTH_DEG = -0.3, 2.8, 50.1, 51.7
MEAN_RADIUS_DEG = 0.032  # two thirds of a fence to a point with 1,000 of them
N_POINTS = {"chart": 400_000, "1,000": 400_000, "10,000": 100_000}
N_TREE = 20_000  # rows for the slow ones; rates are compared
GOALS_POINTS = {"chart": (4.0, 200.0), "1,000": (1.7, 5.0), "10,000": (2.5, 8.0)}
GOALS_LEGS = {"chart": 5.0, "1,000": 3.0, "10,000": 3.0}
GOALS_BUILD_MS = {"chart": 100.0, "1,000": 150.0, "10,000": 2000.0}
GOALS_MIB = {"chart": 10.0, "1,000": 25.0, "10,000": 150.0}
TICKS = {2_000: 1.0, 50_000: 15.0}  # tracks and milliseconds
BATCHES = (1, 10, 100, 10_000, 100_000)
BATCH = 1_000  # positions and legs: what a service sees in a turn of a busy sea
GOALS_BATCH_MS = {"chart": 1.0, "10,000": 15.0}
GOAL_BATCH_SHARE = 0.25  # of shapely's time


@dataclass(frozen=True, slots=True)
class Load:
    """One set of fences with points and legs; longitudes before latitudes, as shapely has them."""

    shapes: list[Shape]
    fences: FenceSet
    areas: list[shapely.Geometry]
    x: Column
    y: Column
    x2: Column
    y2: Column


def run(files: list[Path], rounds: int, progress: Callable[[str], None]) -> list[Figure]:
    """All figures. files : not used."""
    figures = []
    chart = geojson.load(assembly.chart_paths(config.parse(config.shipped_text())))
    sets = {"chart": None, "1,000": 1_000, "10,000": 10_000}
    for name, n in sets.items():
        progress(f"{name}: making the fences")
        load = load_of(shapes_of(chart) if n is None else stars(n), N_POINTS[name])
        works, n_rows = works_of(load)
        timings = interleaved(works, rounds, lambda word, name=name: progress(f"{name}: {word}"))  # type: ignore[misc]
        figures += figures_of(name, load, timings, n_rows)
        figures += [built(name, load), memory(name, load), agreement(name, load)]
        if name in GOALS_BATCH_MS:
            figures += batch(name, load)
        if n is None:
            figures += small(load)
    return figures


def shapes_of(fences: FenceSet) -> list[Shape]:
    """The chart's areas as shapes; lines are left out, since a tree of areas has none."""
    found = []
    for row in range(len(fences)):
        geometry = fences.geometry[row]
        if geometry is not None and not fences.is_line[row]:
            polygons = geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]
            rings = tuple(np.array(ring, float)[:, :2] for polygon in polygons for ring in polygon)
            found.append(Shape(fences.fence_id[row], "", fences.kind[row], rings, geometry=geometry))
    return found


def stars(n: int) -> list[Shape]:
    """Star polygons all over the Strait."""
    rng = np.random.default_rng(n)
    found = []
    for k in range(n):
        n_vertices = int(rng.integers(40, 61))
        angle = np.sort(rng.uniform(0.0, 2.0 * np.pi, n_vertices))
        radius = MEAN_RADIUS_DEG * rng.uniform(0.6, 1.4) * rng.uniform(0.6, 1.4, n_vertices)
        centre = rng.uniform(WEST_DEG, EAST_DEG), rng.uniform(SOUTH_DEG, NORTH_DEG)
        ring = np.column_stack([centre[0] + radius * np.cos(angle), centre[1] + 0.7 * radius * np.sin(angle)])
        found.append(Shape(f"star {k}", "", "watch_area", (ring,)))
    return found


def load_of(shapes: list[Shape], n: int) -> Load:
    """Fences with n points, each the start of a leg."""
    rng = np.random.default_rng(7)
    x, y = rng.uniform(WEST_DEG, EAST_DEG, n), rng.uniform(SOUTH_DEG, NORTH_DEG, n)
    length_deg, course = rng.uniform(200.0, 2000.0, n) / 111_200.0, rng.uniform(0.0, 2.0 * np.pi, n)
    areas = [shapely.geometry.shape(s.geometry) if s.geometry else shapely.Polygon(s.paths[0]) for s in shapes]
    x2, y2 = x + length_deg * np.sin(course) / np.cos(np.radians(y)), y + length_deg * np.cos(course)
    return Load(shapes, fenceset.build(shapes), areas, x, y, x2, y2)


def works_of(load: Load) -> tuple[dict[str, Callable[[], float]], dict[str, int]]:
    """What is timed, and how many rows each takes."""
    n = len(load.x)
    few = min(N_TREE, n)
    tree = shapely.STRtree(load.areas)
    edge_tree = edge_tree_of(load)
    points = shapely.points(load.x[:few], load.y[:few])
    legs = legs_of(load, n)
    edge_tree.query(legs[:1], "intersects")  # builds it: a tree is built at its first question
    tree.query(points[:1], "intersects")
    works: dict[str, Callable[[], float]] = {
        "points": lambda: cpu_seconds(lambda: match_positions(load.fences, load.y, load.x)),
        "points, prepared": partial(prepared, load),
        "points, tree": lambda: cpu_seconds(lambda: tree.query(points, "intersects")),
        "legs": lambda: cpu_seconds(lambda: match_legs(load.fences, load.y, load.x, load.y2, load.x2)),
        "legs, tree of edges": lambda: cpu_seconds(lambda: edge_tree.query(legs, "intersects")),
    }
    return works, {name: few if name == "points, tree" else n for name in works}


def edge_tree_of(load: Load) -> shapely.STRtree:
    """A tree of all fences' edges."""
    edges = load.fences.edges
    return shapely.STRtree(shapely.linestrings(np.stack([[edges.xa, edges.xb], [edges.ya, edges.yb]]).T))


def legs_of(load: Load, n: int) -> Column:
    """Legs as shapely has them."""
    ends = np.stack([[load.x[:n], load.x2[:n]], [load.y[:n], load.y2[:n]]])
    found: Column = shapely.linestrings(ends.T)
    return found


def prepared(load: Load) -> float:
    """CPU seconds of shapely's best: points sorted once, a window by box for each fence, prepared tests in it."""
    areas = [shapely.from_wkb(shapely.to_wkb(area)) for area in load.areas]  # not prepared by an earlier round
    began = process_time()
    pairs_prepared(load, areas)
    return process_time() - began


def pairs_prepared(load: Load, areas: list[shapely.Geometry]) -> tuple[Column, Column]:
    """(row, fence) of that."""
    order = np.argsort(load.x, kind="stable")
    x, y = load.x[order], load.y[order]
    shapely.prepare(areas)
    rows, fences = [], []
    for k, (west, south, east, north) in enumerate(shapely.bounds(areas).tolist()):
        begin, end = np.searchsorted(x, (west, east))
        at = begin + np.flatnonzero((y[begin:end] >= south) & (y[begin:end] <= north))
        inside = at[shapely.intersects_xy(areas[k], x[at], y[at])]
        rows.append(order[inside])
        fences.append(np.full(len(inside), k))
    return np.concatenate(rows), np.concatenate(fences)


def figures_of(name: str, load: Load, timings: dict[str, Timing], n_rows: dict[str, int]) -> list[Figure]:
    """Rates, and ratios to each peer, round by round."""

    def ratio(ours: str, theirs: str, goal: float) -> Figure:
        pairs = zip(timings[ours].cpu_s, timings[theirs].cpu_s, strict=True)
        scale = n_rows[ours] / n_rows[theirs]
        times = float(np.median([b * scale / a for a, b in pairs]))
        return Figure(
            f"{name}: {ours}, times shapely ({theirs.split(', ')[1]})", times, "x", f">= {goal:g}", times >= goal
        )

    found = [
        Figure(
            f"{name}: {ours}",
            n_rows[ours] / timings[ours].median_s / 1e6,
            "M/s/core",
            note=f"{len(load.fences)} fences",
        )
        for ours in ("points", "legs")
    ]
    best, tree = GOALS_POINTS[name]
    return [
        found[0],
        ratio("points", "points, prepared", best),
        ratio("points", "points, tree", tree),
        found[1],
        ratio("legs", "legs, tree of edges", GOALS_LEGS[name]),
    ]


def built(name: str, load: Load) -> Figure:
    """Milliseconds to index the fences."""
    ms = 1e3 * min(cpu_seconds(lambda: fenceset.build(load.shapes)) for _ in range(3))
    return Figure(f"{name}: build", ms, "ms", f"<= {GOALS_BUILD_MS[name]:g}", ms <= GOALS_BUILD_MS[name])


def memory(name: str, load: Load) -> Figure:
    """What the index holds."""
    mib = load.fences.grid.n_bytes / 2**20
    return Figure(f"{name}: index", mib, "MiB", f"<= {GOALS_MIB[name]:g}", mib <= GOALS_MIB[name])


def agreement(name: str, load: Load) -> Figure:
    """Pairs of a point and a fence that only one side has: none, but where a point lies on an edge."""
    row, fence = match_positions(load.fences, load.y, load.x)
    mine = np.sort(row * len(load.fences) + fence)
    their_row, their_fence = pairs_prepared(load, load.areas)
    differing = np.setxor1d(mine, their_row * len(load.fences) + their_fence)
    return Figure(
        f"{name}: points answered differently", len(differing), "pairs", "0", len(differing) == 0, f"of {len(mine):,}"
    )


def batch(name: str, load: Load) -> list[Figure]:
    """Points and legs of 1,000 tracks, and what shapely's best for so few takes: trees, and prepared tests in boxes."""
    areas = np.array(load.areas)
    tree, edge_tree = shapely.STRtree(load.areas), edge_tree_of(load)
    x, y = load.x[:BATCH], load.y[:BATCH]
    shapely.prepare(areas)

    def theirs() -> None:
        row, fence = tree.query(shapely.points(x, y))
        shapely.intersects_xy(areas[fence], x[row], y[row])
        edge_tree.query(legs_of(load, BATCH), "intersects")

    theirs()  # a tree is built at its first question
    ms, goal_ms = call_ms(load, BATCH), GOALS_BATCH_MS[name]
    share = ms / median_ms(theirs)
    title = f"{name}: points and legs, a batch of {BATCH:,}"
    return [
        Figure(title, ms, "ms", f"<= {goal_ms:g}", ms <= goal_ms),
        Figure(f"{title}, part of shapely's", share, "x", f"<= {GOAL_BATCH_SHARE:g}", share <= GOAL_BATCH_SHARE),
    ]


def small(load: Load) -> list[Figure]:
    """Ticks and small batches: a call's fixed cost, and how it grows."""
    found = []
    for n, goal_ms in TICKS.items():
        ms = call_ms(load, n)
        found.append(Figure(f"chart: points and legs of {n:,} tracks", ms, "ms", f"<= {goal_ms:g}", ms <= goal_ms))
    return found + [Figure(f"chart: points and legs, a batch of {n:,}", call_ms(load, n), "ms") for n in BATCHES]


def call_ms(load: Load, n: int) -> float:
    """Median milliseconds of CPU for memberships and crossings of n tracks that moved."""
    y, x, y2, x2 = load.y[:n], load.x[:n], load.y2[:n], load.x2[:n]

    def both() -> None:
        match_positions(load.fences, y, x)
        match_legs(load.fences, y, x, y2, x2)

    return median_ms(both)


def median_ms(work: Callable[[], object]) -> float:
    """Median milliseconds of CPU of a call."""
    return 1e3 * float(np.median([cpu_seconds(work) for _ in range(15)]))
