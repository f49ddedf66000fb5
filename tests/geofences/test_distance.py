"""Signed distances to fences, against the ellipsoid and against every edge asked in turn."""

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from geofences import distance, geojson
from geofences.distance import signed_distance_m
from geofences.fenceset import FenceSet, build
from geofences.inside import is_inside
from geofences.project import metres_per_degree
from tests.geofences.shapes import DATA, fence, fences_of, lattice_areas, lattice_points, square, stars
from tests.oracles import geodesic

SEEDS = st.integers(0, 2**32 - 1)


def asked(fences: FenceSet, x: np.ndarray, y: np.ndarray, which: int = 0) -> np.ndarray:
    return signed_distance_m(fences, y, x, np.full(len(x), which))


def by_every_edge(fences: FenceSet, x: float, y: float, which: int) -> float:
    """Unsigned metres by shapely, on the plane that touches the ellipsoid at the position."""
    edges = fences.edges
    north_m, east_m = metres_per_degree(np.array(y))
    mine = edges.fence == which
    ends = np.stack([edges.xa[mine], edges.ya[mine], edges.xb[mine], edges.yb[mine]], axis=1).reshape(-1, 2, 2)
    lines = shapely.linestrings((ends - (x, y)) * (float(east_m), float(north_m)))
    return float(shapely.distance(lines, shapely.Point(0, 0)).min())


@settings(deadline=None, max_examples=25)
@given(stars(), SEEDS)
def test_it_is_the_way_along_the_ellipsoid_to_the_nearest_edge(area: BaseGeometry, seed: int) -> None:
    """To 4e-5 of itself for each km of it: a centimetre at the margins of 50 and 100 m that rules use."""
    rng = np.random.default_rng(seed)
    fences = fences_of(area)
    west, south, east, north = area.bounds
    x, y = rng.uniform((west - 0.05, south - 0.03), (east + 0.05, north + 0.03), (4, 2)).T
    found = asked(fences, x, y)
    edges = fences.edges
    for i in range(len(x)):
        # only edges that can be nearest; the oracle is slow
        spans = np.stack([edges.xa, edges.ya, edges.xb, edges.yb], axis=1)
        lines = shapely.linestrings(spans.reshape(-1, 2, 2) * (0.63, 1.0))
        away = shapely.distance(lines, shapely.Point(x[i] * 0.63, y[i]))
        near = np.argsort(away)[:3]
        wanted = min(geodesic.to_edge(y[i], x[i], *spans[e].tolist()) for e in near)
        assert abs(found[i]) == pytest.approx(wanted, rel=4.2e-8 * wanted, abs=0.01)


@settings(deadline=None, max_examples=60)
@given(lattice_areas(), st.booleans())
def test_it_is_the_nearest_of_all_edges_inside_counted_positive(area: BaseGeometry, is_line: bool) -> None:
    shapes = [area.boundary if is_line else area, shapely.box(3, 3, 4, 4)]
    if is_line:
        shapes[0] = shapely.MultiLineString(shapely.get_parts(shapes[0]).tolist())
    fences = fences_of(*shapes)
    x, y = lattice_points()
    found = asked(fences, x, y)
    wanted = [by_every_edge(fences, a, b, 0) for a, b in zip(x.tolist(), y.tolist(), strict=True)]
    assert np.allclose(np.abs(found), wanted, rtol=1e-9, atol=1e-6)
    inside = is_inside(fences, y, x, np.zeros(len(x), np.int64))
    off_rim = np.array(wanted) > 1e-6
    assert np.array_equal((found > 0)[off_rim], inside[off_rim])


@pytest.mark.parametrize("few_boxes", [0, 1_000_000])
def test_on_the_shipped_chart_boxes_leave_out_nothing_that_is_nearest(
    few_boxes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(distance, "FEW_BOXES", few_boxes, raising=False)
    fences = geojson.load([DATA / "channel.geojson"])
    rng = np.random.default_rng(8)
    n = 120
    x, y = rng.uniform((-3, 48.5), (4.5, 52.5), (n, 2)).T
    which = rng.integers(len(fences), size=n)
    found = signed_distance_m(fences, y, x, which)
    for i in range(n):
        assert abs(found[i]) == pytest.approx(by_every_edge(fences, x[i], y[i], int(which[i])), rel=1e-9, abs=1e-6)


def test_batches_do_not_matter() -> None:
    fences = geojson.load([DATA / "channel.geojson"])
    rng = np.random.default_rng(9)
    n = 5_000  # more than one chunk
    x, y = rng.uniform((-0.3, 50.1), (2.8, 51.7), (n, 2)).T
    which = rng.integers(len(fences), size=n)
    whole = signed_distance_m(fences, y, x, which)
    cut = [signed_distance_m(fences, y[a : a + 37], x[a : a + 37], which[a : a + 37]) for a in range(0, n, 37)]
    assert np.allclose(whole, np.concatenate(cut), rtol=1e-12)


def test_the_rim_is_zero_the_unknown_is_nan_a_line_is_outside() -> None:
    fences = build([fence(square(1, 51, 1)), fence([(1, 51), (2, 52)], fence_id="b", is_line=True)])
    x, y = np.array([1.0, 2.0, 1.5, np.nan, 1.5]), np.array([51.5, 51.5, 51.0, 51.0, np.nan])
    found = asked(fences, x, y)
    assert np.abs(found[:3]).max() < 1e-9
    assert np.isnan(found[3:]).all()
    assert asked(fences, np.array([1.2]), np.array([51.5]), 1)[0] < -10_000
    assert len(asked(fences, np.zeros(0), np.zeros(0))) == 0


def test_a_vessel_in_a_hole_is_outside_by_the_way_to_the_holes_rim() -> None:
    fences = build([fence(square(1, 51, 1), square(1.4, 51.4, 0.2))])
    north_m, _ = metres_per_degree(np.array(51.41))
    assert asked(fences, np.array([1.5]), np.array([51.41]))[0] == pytest.approx(-0.01 * float(north_m), rel=1e-6)


def test_the_way_to_a_fence_runs_over_the_antimeridian() -> None:
    fences = build([fence(square(179, -18, 1)), fence(square(-180, -18, 1), fence_id="b"), fence(square(-180, 0, 170))])
    x, y = np.array([-179.9, 179.9, 178.9, -179.0, 10.0]), np.array([-17.5, -17.5, -17.5, -17.5, 10.0])
    which = np.array([0, 1, 0, 1, 2])
    found = signed_distance_m(fences, y, x, which)
    tenth_m = 0.1 * float(metres_per_degree(np.array(-17.5))[1])
    assert found[:3] == pytest.approx([-tenth_m, -tenth_m, -tenth_m], rel=1e-6)
    assert found[4] == pytest.approx(-20.0 * float(metres_per_degree(np.array(10.0))[1]), rel=1e-6)
