"""Fences for tests: random ones of several sorts, and the short ways to build and ask them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from geofences.crossing import Crossings, match_legs
from geofences.events import Event
from geofences.fenceset import FenceSet, Shape, build
from geofences.inside import match_positions
from tests.oracles.fences_oracle import Told

DATA = Path(__file__).resolve().parents[2] / "geofences" / "data"
# of the grid: half, whole and a quarter of the lattice's step, none of it, all in one cell, and its own choice
CELLS_DEG = (0.0625, 0.125, 0.03125, 0.0371, 0.02, 50.0, None)
STEP_DEG = 0.125  # of the lattice; exact in binary, as are all its sums here


def paths_of(geometry: BaseGeometry) -> tuple[np.ndarray, ...]:
    """All rings or lines of a shapely geometry, (V, 2) each."""
    parts = shapely.get_parts(geometry)
    if geometry.geom_type.endswith("LineString"):
        return tuple(shapely.get_coordinates(part) for part in parts)
    return tuple(shapely.get_coordinates(ring) for part in parts for ring in shapely.get_rings(part))


def fence(*paths: Any, fence_id: str = "a", is_line: bool = False) -> Shape:
    """A fence of rings or lines."""
    return Shape(fence_id, fence_id, "watch_area", tuple(np.array(path, np.float64) for path in paths), is_line)


def square(x: float, y: float, size: float) -> list[tuple[float, float]]:
    """A closed ring."""
    return [(x, y), (x + size, y), (x + size, y + size), (x, y + size), (x, y)]


def fences_of(*geometries: BaseGeometry, cell_deg: float | None = None) -> FenceSet:
    """A set of them in order, named by number."""
    shapes = [
        fence(*paths_of(one), fence_id=str(i), is_line=one.geom_type.endswith("LineString"))
        for i, one in enumerate(geometries)
    ]
    return build(shapes, cell_deg)


def member(fences: FenceSet, x: Any, y: Any) -> np.ndarray:
    """(N, F) bool of `match_positions`."""
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    row, which = match_positions(fences, y, x)
    found = np.zeros((len(x), len(fences)), bool)
    found[row, which] = True
    assert found.sum() == len(row), "no pair twice"
    assert np.array_equal(np.lexsort((which, row)), np.arange(len(row))), "sorted by row, fence"
    return found


def legs(fences: FenceSet, rows: Any) -> Crossings:
    """`match_legs` of rows of lon, lat, lon, lat."""
    x1, y1, x2, y2 = np.array(rows, np.float64).reshape(-1, 4).T
    return match_legs(fences, y1, x1, y2, x2)


def told(found: Crossings, row: int, which: int) -> list[Told]:
    """The events of one leg and fence, as the oracle writes them."""
    at = np.flatnonzero((found.row == row) & (found.fence == which))
    return [
        Told(Event(found.event[i]).name, float(found.fraction[i]), float(found.exit_fraction[i]), int(found.side[i]))
        for i in at
    ]


def same(found: list[Told], wanted: list[Told], tolerance: float = 1e-9) -> bool:
    """Whether two tellings agree: the events in order, their places within the tolerance."""
    if [(one.event, one.side) for one in found] != [(one.event, one.side) for one in wanted]:
        return False
    places = [(one.fraction, one.exit_fraction) for one in (*found, *wanted)]
    a, b = np.array(places).reshape(2, -1, 2)
    return bool(np.allclose(a, b, rtol=0, atol=tolerance, equal_nan=True))


def lattice_points(n: int = 4) -> tuple[np.ndarray, np.ndarray]:
    """The crossings, edge middles and square middles of the lattice, and one step of sea around."""
    steps = np.arange(-2, 2 * n + 3) * (STEP_DEG / 2)
    x, y = np.meshgrid(steps, steps)
    return x.ravel(), y.ravel()


@st.composite
def lattice_areas(draw: st.DrawFn, n: int = 4) -> BaseGeometry:
    """Any union of half squares of an n x n lattice: holes, several parts, corners that touch, level edges; sheared."""
    chosen = draw(st.lists(st.booleans(), min_size=2 * n * n, max_size=2 * n * n).filter(any))
    falling = draw(st.lists(st.booleans(), min_size=n * n, max_size=n * n))
    halves = []
    for i in np.flatnonzero(chosen).tolist():
        x, y = (i // 2) % n, (i // 2) // n
        a, b, c, d = (x, y), (x + 1, y), (x + 1, y + 1), (x, y + 1)
        pair = ((a, b, d), (b, c, d)) if falling[i // 2] else ((a, b, c), (a, c, d))
        halves.append(shapely.Polygon(pair[i % 2]))
    area = shapely.union_all(halves, grid_size=1.0)
    area = shapely.simplify(area, 0.0)  # half of them keep vertices on straight edges
    shear = np.array(draw(st.sampled_from([((1, 0), (0, 1)), ((1, 1), (0, 1)), ((1, 0), (1, 1)), ((2, 1), (-1, 1))])))
    return shapely.transform(area, lambda points: points @ shear * STEP_DEG)


@st.composite
def stars(draw: st.DrawFn) -> BaseGeometry:
    """A star polygon of 5 to 60 vertices somewhere in the Channel, perhaps with a hole, in full floating point."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    n = draw(st.integers(5, 60))
    angle = np.sort(rng.uniform(0, 2 * np.pi, n))
    radius = rng.uniform(0.3, 1.0, n) * draw(st.sampled_from([0.003, 0.05, 0.4]))
    centre = rng.uniform((0.0, 50.2), (2.5, 51.6))
    ring = centre + np.c_[radius * np.cos(angle), radius * np.sin(angle)]
    hole = centre + 0.3 * (ring - centre)
    star = shapely.Polygon(ring, [hole] if draw(st.booleans()) else [])
    return star if star.is_valid else shapely.Polygon(ring).convex_hull


def read(name: str) -> dict[str, Any]:
    """A shipped chart file."""
    return dict(json.loads((DATA / name).read_text(encoding="utf-8")))
