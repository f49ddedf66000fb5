"""Which side of an edge is inside, and which edges a leg may meet: what crossings rest on, asked by itself."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from geofences import geojson, near
from geofences.fenceset import FenceSet, build
from geofences.near import near as edges_near
from geofences.sides import PLACES
from tests.geofences.shapes import CELLS_DEG, DATA, STEP_DEG, fence, fences_of, lattice_areas, stars

CELL = st.sampled_from(CELLS_DEG)


def left_of_edges(fences: FenceSet, area: BaseGeometry, away_deg: float) -> np.ndarray:
    """What shapely says of a point just left of each edge, where no other ring of a lattice touches it."""
    e = fences.edges
    dx, dy = e.xb - e.xa, e.yb - e.ya
    length = np.hypot(dx, dy)
    x, y = e.xa + 0.381966 * dx, e.ya + 0.381966 * dy
    return np.asarray(shapely.contains_xy(area, x - away_deg * dy / length, y + away_deg * dx / length))


@settings(deadline=None, max_examples=60)
@given(lattice_areas(), CELL, st.integers(0, 2**32 - 1))
def test_each_edge_knows_its_inside(area: BaseGeometry, cell_deg: float | None, seed: int) -> None:
    rng = np.random.default_rng(seed)
    rings = [shapely.get_coordinates(ring) for part in shapely.get_parts(area) for ring in shapely.get_rings(part)]
    turned = fence(*(ring[::-1] if rng.random() < 0.5 else ring for ring in rings))
    for fences in (fences_of(area, cell_deg=cell_deg), build([turned], cell_deg)):
        assert np.array_equal(fences.is_left_inside, left_of_edges(fences, area, STEP_DEG / 2**12))


@settings(deadline=None, max_examples=30)
@given(stars())
def test_of_any_shape(area: BaseGeometry) -> None:
    fences = fences_of(area, shapely.LineString([(1, 50), (2, 51)]))
    of_line = fences.edges.is_line
    found, wanted = fences.is_left_inside, left_of_edges(fences, area, 1e-9)
    assert np.array_equal(found[~of_line], wanted[~of_line])
    assert not found[of_line].any()


@pytest.mark.parametrize("part", PLACES)
def test_a_hole_that_touches_where_it_is_asked_does_not_matter(part: float) -> None:
    """On the longest edge, at one of the places that are asked: the two other places decide."""
    tip = (part * 8.0, 0.0)
    hole = [tip, (tip[0] + 0.5, 1.0), (tip[0] - 0.5, 1.0), tip]
    area = shapely.Polygon([(0, 0), (8, 0), (8, 3), (0, 3)], [hole])
    fences = fences_of(area)
    assert np.array_equal(fences.is_left_inside, left_of_edges(fences, area, 1e-3))


def test_at_the_antimeridian_the_plane_is_asked() -> None:
    west, east = shapely.box(170, 0, 180, 5), shapely.box(-180, 0, -170, 5)
    rings = [shapely.get_coordinates(box) for box in (west, east)]
    fences = build([fence(*rings)])
    assert np.array_equal(fences.is_left_inside, left_of_edges(fences, shapely.union(west, east), 1e-3))


def pairs(fences: FenceSet, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return edges_near(fences.grid, *np.ascontiguousarray(rows.T))


@pytest.mark.parametrize("scale_deg", [1e-6, 1e-3, 0.05, 3.0])
def test_no_edge_that_a_leg_meets_is_left_out(scale_deg: float) -> None:
    """Short legs and long ones, ending on edges, on vertices and just beside them; beside what shapely meets."""
    rng = np.random.default_rng(round(1e9 * scale_deg))
    fences = geojson.load([DATA / "channel.geojson"])
    e = fences.edges
    n = 3_000 if scale_deg < 0.01 else 100
    edge, part = rng.integers(len(e), size=n), rng.choice([0.0, 0.3, 1.0], n)
    at = np.c_[e.xa[edge] + part * (e.xb - e.xa)[edge], e.ya[edge] + part * (e.yb - e.ya)[edge]]
    away = scale_deg * rng.normal(size=(n, 2))
    rows = np.r_[np.c_[at, at + away], np.c_[at - away, at + away]]
    leg, found = pairs(fences, rows)
    tree = shapely.STRtree(shapely.linestrings(np.stack([[e.xa, e.xb], [e.ya, e.yb]]).T))
    met = tree.query(shapely.linestrings(rows.reshape(-1, 2, 2)), "intersects")
    assert np.isin(met[0] * len(e) + met[1], leg * len(e) + found).all()
    assert len(leg) < 1.5 * met.shape[1] + 2 * len(rows), "and few others are let through"


def test_pairs_come_sorted_once_and_in_any_portions(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(4)
    fences = geojson.load([DATA / "channel.geojson"])
    start = rng.uniform((-0.3, 50.1), (2.8, 51.7), (2_000, 2))
    rows = np.c_[start, start + rng.normal(0, 0.1, (2_000, 2))]
    leg, edge = pairs(fences, rows)
    key = leg * len(fences.edges) + edge
    assert (np.diff(key) > 0).all()
    for portion in (1, 7, 1_000):
        monkeypatch.setattr(near, "CANDIDATES", portion)
        again = pairs(fences, rows[:200])
        assert np.array_equal(again[0], leg[leg < 200])
        assert np.array_equal(again[1], edge[leg < 200])


def test_far_from_everything_there_is_nothing() -> None:
    fences = geojson.load([DATA / "channel.geojson"])
    leg, edge = pairs(fences, np.array([[-60.0, 10.0, -50.0, 20.0]]))
    assert (len(leg), len(edge)) == (0, 0)
