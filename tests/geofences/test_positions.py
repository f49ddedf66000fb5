"""Memberships equal the oracles (law 7), whatever the cells, the batches, the origin and the rings' order (law 8)."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from geofences import geojson, inside
from geofences.fenceset import build
from geofences.inside import is_inside, match_positions
from tests.geofences.shapes import (
    CELLS_DEG,
    DATA,
    STEP_DEG,
    fence,
    fences_of,
    lattice_areas,
    lattice_points,
    member,
    paths_of,
    read,
    stars,
)
from tests.oracles.fences_oracle import holds

CELL = st.sampled_from(CELLS_DEG)
SEEDS = st.integers(0, 2**32 - 1)
CM_DEG = 1e-7  # a centimetre


@settings(deadline=None, max_examples=100)
@given(lattice_areas(), CELL)
def test_on_vertices_edges_and_grid_lines_the_stated_rule_holds(area: BaseGeometry, cell_deg: float | None) -> None:
    """Shapely is asked for the point moved right by far less than the lattice's step, and up by far less than that."""
    x, y = lattice_points()
    found = member(fences_of(area, cell_deg=cell_deg), x, y)[:, 0]
    assert np.array_equal(found, shapely.contains_xy(area, x + STEP_DEG / 2**12, y + STEP_DEG / 2**24))


@settings(deadline=None, max_examples=40)
@given(lattice_areas(), CELL, st.lists(st.tuples(st.integers(-4, 20), st.integers(-4, 20)), min_size=1, max_size=20))
def test_decimal_fences_equal_the_rational_oracle(
    area: BaseGeometry, cell_deg: float | None, at: list[tuple[int, int]]
) -> None:
    """Hand-drawn fences stand on round decimals, which have no exact binary form: the rule holds for what was read."""
    area = shapely.transform(area, lambda points: np.round(points / STEP_DEG * 0.01 + (1.2, 51.1), 2))
    x, y = (np.array(at) * 0.005 + (1.2, 51.1)).T
    found = member(fences_of(area, cell_deg=cell_deg and cell_deg * 0.08), x, y)[:, 0]
    rings = paths_of(area)
    assert found.tolist() == [holds(rings, a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]


@settings(deadline=None, max_examples=60)
@given(stars(), stars(), CELL, SEEDS)
def test_any_shape_equals_shapely_and_the_rational_oracle(
    one: BaseGeometry, other: BaseGeometry, cell_deg: float | None, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    west, south, east, north = one.bounds
    vertices = shapely.get_coordinates(one)
    middles = 0.5 * (vertices[1:] + vertices[:-1])  # on an edge but for rounding
    x, y = np.concatenate([rng.uniform((west, south), (east, north), (400, 2)), vertices, middles]).T
    fences = fences_of(one, other, cell_deg=cell_deg)
    found = member(fences, x, y)
    for i, area in enumerate((one, other)):
        clear = shapely.distance(shapely.points(x, y), shapely.boundary(area)) > CM_DEG
        assert np.array_equal(found[clear, i], shapely.contains_xy(area, x, y)[clear])
    rim = slice(400, 440)
    rings = paths_of(one)
    assert found[rim, 0].tolist() == [holds(rings, a, b) for a, b in zip(x[rim].tolist(), y[rim].tolist(), strict=True)]


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**16 - 1), CELL)
def test_of_a_tiling_each_position_has_exactly_one_owner(falling: int, cell_deg: float | None) -> None:
    """Half squares, each a fence of its own: on shared edges and corners one of them answers."""
    tiles = []
    for i in range(16):
        a = np.array((i % 4, i // 4))
        b, c, d = a + np.eye(2, dtype=int)[0], a + 1, a + np.eye(2, dtype=int)[1]
        tiles += [(a, b, d), (b, c, d)] if falling >> i & 1 else [(a, b, c), (a, c, d)]
    fences = fences_of(*(shapely.Polygon(np.array(tile) * STEP_DEG) for tile in tiles), cell_deg=cell_deg)
    x, y = lattice_points()
    owners = member(fences, x, y).sum(axis=1)
    top = 4 * STEP_DEG
    assert np.array_equal(owners, ((x >= 0) & (x < top) & (y >= 0) & (y < top)).astype(int))


@settings(deadline=None, max_examples=40)
@given(lattice_areas(), SEEDS, st.tuples(st.integers(-170, 170), st.integers(-80, 80)), CELL)
def test_moved_origin_turned_rings_and_other_starts_give_the_same_masks(
    area: BaseGeometry, seed: int, move: tuple[int, int], cell_deg: float | None
) -> None:
    rng = np.random.default_rng(seed)
    x, y = lattice_points()
    wanted = member(fences_of(area), x, y)
    rings = [np.roll(ring[:-1], rng.integers(len(ring)), axis=0) for ring in paths_of(area)]  # open: also accepted
    rings = [ring[::-1] if rng.random() < 0.5 else ring for ring in rings]
    moved = build([fence(*(ring + move for ring in rings))], cell_deg)
    assert np.array_equal(member(moved, x + move[0], y + move[1]), wanted)


@settings(deadline=None, max_examples=40)
@given(st.lists(lattice_areas(2), min_size=1, max_size=6), st.lists(st.integers(0, 80), max_size=5), CELL)
def test_neither_batches_nor_neighbours_nor_cells_matter(
    areas: list[BaseGeometry], cuts: list[int], cell_deg: float | None
) -> None:
    x, y = lattice_points(2)
    x[::7] = np.nan
    wanted = np.stack([member(fences_of(area), x, y)[:, 0] for area in areas], axis=1)
    fences = fences_of(*areas, cell_deg=cell_deg)
    ends = sorted({0, len(x), *cuts})
    pieces = [member(fences, x[a:b], y[a:b]) for a, b in pairwise(ends)]
    assert np.array_equal(np.concatenate(pieces), wanted)
    assert not wanted[::7].any(), "a position that is not known is nowhere"


@settings(deadline=None, max_examples=40)
@given(st.lists(lattice_areas(2), min_size=1, max_size=4), CELL)
def test_is_inside_says_what_match_positions_says(areas: list[BaseGeometry], cell_deg: float | None) -> None:
    fences = fences_of(*areas, shapely.LineString([(0, 0), (0.3, 0.1)]), cell_deg=cell_deg)
    x, y = lattice_points(2)
    wanted = member(fences, x, y)
    assert not wanted[:, -1].any(), "a line holds nothing"
    for i in range(len(fences)):
        assert np.array_equal(is_inside(fences, y, x, np.full(len(x), i)), wanted[:, i])


def test_a_large_batch_is_cut_without_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(5)
    x, y = rng.uniform((-0.3, 50.1), (2.8, 51.7), (5_000, 2)).T
    fences = geojson.load([DATA / "channel.geojson"])
    whole = match_positions(fences, y, x)
    monkeypatch.setattr(inside, "CHUNK", 777)
    for a, b in zip(whole, match_positions(fences, y, x), strict=True):
        assert np.array_equal(a, b)


def test_no_fences_and_no_positions_are_no_trouble() -> None:
    nothing = build([])
    assert member(nothing, [1.0], [51.0]).shape == (1, 0)
    assert len(match_positions(nothing, np.zeros(0), np.zeros(0))[0]) == 0
    assert is_inside(nothing, np.zeros(0), np.zeros(0), np.zeros(0, np.int64)).shape == (0,)
    one = fences_of(shapely.box(0, 0, 1, 1))
    assert member(one, [], []).shape == (0, 1)


@pytest.mark.parametrize("cell_deg", [None, 0.02, 0.0071])
def test_the_shipped_chart_equals_shapely(cell_deg: float | None) -> None:
    rng = np.random.default_rng(11)
    fences = geojson.load([DATA / "channel.geojson"])
    if cell_deg is not None:
        shapes = [shape(one) for one in fences.geometry]
        fences = fences_of(*shapes, cell_deg=cell_deg)
    features = read("channel.geojson")["features"]
    areas = [shape(feature["geometry"]) for feature in features]
    vertices = np.concatenate([shapely.get_coordinates(area) for area in areas])
    near = vertices[rng.integers(len(vertices), size=20_000)] + rng.normal(0, 2e-3, (20_000, 2))
    x, y = np.concatenate([rng.uniform((-3, 48.5), (4.5, 52.5), (20_000, 2)), near]).T
    found = member(fences, x, y)
    for i, area in enumerate(areas):
        shapely.prepare(area)
        wanted = shapely.contains_xy(area, x, y) if area.area else np.zeros(len(x), bool)
        wrong = np.flatnonzero(found[:, i] != wanted)
        assert (shapely.distance(shapely.points(x[wrong], y[wrong]), area.boundary) < CM_DEG).all(), fences.fence_id[i]
