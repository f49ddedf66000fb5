"""Events of legs equal the oracles (law 7), agree with memberships, and know neither cells nor batches (law 8)."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
import shapely.affinity
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from geofences import crossing, geojson
from geofences.crossing import Crossings
from geofences.events import Event
from geofences.fenceset import FenceSet, build
from tests.geofences.shapes import (
    CELLS_DEG,
    DATA,
    STEP_DEG,
    fence,
    fences_of,
    lattice_areas,
    lattice_points,
    legs,
    member,
    paths_of,
    read,
    same,
    stars,
    told,
)
from tests.oracles import fences_oracle
from tests.oracles.fences_oracle import Told

CELL = st.sampled_from(CELLS_DEG)
SEEDS = st.integers(0, 2**32 - 1)
COLUMNS = ("row", "fence", "event", "fraction", "lat_deg", "lon_deg", "side", "exit_fraction")


def lattice_legs(rng: np.random.Generator, n: int, square: int = 4) -> np.ndarray:
    """Legs between lattice points: through vertices, along edges, of no length; many of each."""
    x, y = lattice_points(square)
    ends = np.c_[x, y]
    found = np.c_[ends[rng.integers(len(x), size=n)], ends[rng.integers(len(x), size=n)]]
    short = rng.random(n) < 0.3
    found[short, 2:] = found[short, :2] + rng.integers(-1, 2, (int(short.sum()), 2)) * (STEP_DEG / 2)
    return found


def assert_told(fences: FenceSet, shapes: list[BaseGeometry], rows: np.ndarray, tolerance: float = 1e-9) -> None:
    """Every leg's events, fence by fence, are the rational oracle's."""
    found = legs(fences, rows)
    for i, geometry in enumerate(shapes):
        paths, is_line = paths_of(geometry), geometry.geom_type.endswith("LineString")
        for row, leg in enumerate(rows.tolist()):
            wanted = fences_oracle.events(paths, is_line, tuple(leg))
            assert same(told(found, row, i), wanted, tolerance), (leg, told(found, row, i), wanted)


@settings(deadline=None, max_examples=60)
@given(lattice_areas(3), CELL, SEEDS)
def test_legs_between_lattice_points_do_what_the_moved_leg_does(
    area: BaseGeometry, cell_deg: float | None, seed: int
) -> None:
    """Vertices, edges, corners that touch, legs that begin or end on the rim."""
    rows = lattice_legs(np.random.default_rng(seed), 40, 3)
    assert_told(fences_of(area, cell_deg=cell_deg), [area], rows)


@settings(deadline=None, max_examples=60)
@given(lattice_areas(), CELL, SEEDS)
def test_legs_between_lattice_points_equal_shapely_moved(area: BaseGeometry, cell_deg: float | None, seed: int) -> None:
    """Without any of our own arithmetic: the leg, moved by far less than a lattice step, cut to pieces by shapely."""
    rows = lattice_legs(np.random.default_rng(seed), 60)
    move = np.array((STEP_DEG / 2**18, STEP_DEG / 2**36))
    found = legs(fences_of(area, cell_deg=cell_deg), rows)
    shapely.prepare(area)
    for row, (start, end) in enumerate(rows.reshape(-1, 2, 2)):
        # shapely's leg really visits and leaves, by the length of the move, what ours only touches
        wanted = by_pieces(area, start + move, end + move, blink=1e-4) if (start != end).any() else []
        got = [one for one in told(found, row, 0) if one.event != "TOUCHED"]
        assert same(got, wanted, 1e-4), (start, end, got, wanted)


def by_pieces(area: BaseGeometry, start: np.ndarray, end: np.ndarray, blink: float = 1e-12) -> list[Told]:
    """The events of a leg that runs through no vertex, from the pieces that lie in the area.

    blink : part of the leg that is too short to be a visit or a gap between two.
    """
    line = shapely.LineString([start, end])
    pieces = [p for p in shapely.get_parts(shapely.intersection(line, area)) if p.length > 1e-12]
    ends = [shapely.line_locate_point(line, shapely.points(piece.coords)) / line.length for piece in pieces]
    merged: list[list[float]] = []
    for low, high in sorted((float(min(at)), float(max(at))) for at in ends):
        if merged and low - merged[-1][1] < blink:
            merged[-1][1] = high
        else:
            merged.append([low, high])
    found = []
    for low, high in merged:
        if high - low < blink and low > 1e-12 and high < 1 - 1e-12:
            continue
        starts, ends = low < 1e-12, high > 1 - 1e-12
        if starts and not ends:
            found.append(Told("LEFT", high))
        elif ends and not starts:
            found.append(Told("ENTERED", low))
        elif not ends:
            found.append(Told("CROSSED", low, high))
    return found


@settings(deadline=None, max_examples=40)
@given(stars(), CELL, SEEDS)
def test_any_leg_through_any_shape_equals_both_oracles(area: BaseGeometry, cell_deg: float | None, seed: int) -> None:
    rng = np.random.default_rng(seed)
    west, south, east, north = area.bounds
    rows = rng.uniform((west, south, west, south), (east, north, east, north), (30, 4))
    rows[15:, 2:] = rows[15:, :2] + rng.normal(0, 0.02, (15, 2))
    fences = fences_of(area, cell_deg=cell_deg)
    assert_told(fences, [area], rows, 1e-9)
    found = legs(fences, rows)
    for row, (start, end) in enumerate(rows.reshape(-1, 2, 2)):
        assert same(told(found, row, 0), by_pieces(area, start, end), 1e-6)


@settings(deadline=None, max_examples=30)
@given(stars(), CELL, SEEDS)
def test_legs_from_and_to_the_rim_equal_the_rational_oracle(
    area: BaseGeometry, cell_deg: float | None, seed: int
) -> None:
    """Ends on vertices and, but for rounding, on edges; legs on the line of an edge: signs hang on the last bit."""
    rng = np.random.default_rng(seed)
    vertices = shapely.get_coordinates(area)
    i = rng.integers(len(vertices) - 1, size=40)
    t = rng.choice([0.0, 0.25, 1 / 3, 0.7, 1.0], 40)[:, None]
    on_edge = vertices[i] + t * (vertices[i + 1] - vertices[i])
    far = on_edge + rng.normal(0, 0.01, (40, 2))
    along = vertices[i] + rng.uniform(-1, 2, (40, 1)) * (vertices[i + 1] - vertices[i])
    other = on_edge[rng.permutation(40)]
    rows = np.concatenate([np.c_[on_edge, far], np.c_[far, on_edge], np.c_[on_edge, along], np.c_[on_edge, other]])
    rows = rows[rng.permutation(len(rows))[:50]]
    assert_told(fences_of(area, cell_deg=cell_deg), [area], rows, 1e-6)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(-2, 10), st.integers(-2, 10)), min_size=2, max_size=7), CELL, SEEDS)
def test_lines_tell_the_side_from_which_they_were_crossed(
    points: list[tuple[int, int]], cell_deg: float | None, seed: int
) -> None:
    line = shapely.LineString(np.array(points) * (STEP_DEG / 2))
    assume(line.length > 0 and line.is_simple)
    rows = lattice_legs(np.random.default_rng(seed), 30, 3)
    assert_told(fences_of(line, cell_deg=cell_deg), [line], rows)


def test_the_side_of_a_line_is_seen_from_its_first_vertex() -> None:
    northward = fences_of(shapely.LineString([(1, 50), (1, 51)]))
    southward = fences_of(shapely.LineString([(1, 51), (1, 50)]))
    eastbound = [(0.9, 50.5, 1.1, 50.5)]
    assert told(legs(northward, eastbound), 0, 0)[0].side == -1, "from port"
    assert told(legs(southward, eastbound), 0, 0)[0].side == 1, "from starboard"


# ---- laws ----


@settings(deadline=None, max_examples=60)
@given(lattice_areas(), SEEDS)
def test_events_never_disagree_with_memberships(area: BaseGeometry, seed: int) -> None:
    """Along any path, where a vessel is follows from where it was and what its legs did."""
    rng = np.random.default_rng(seed)
    x, y = lattice_points()
    stops = rng.integers(len(x), size=60)
    fences = fences_of(area)
    inside = member(fences, x[stops], y[stops])[:, 0]
    path = np.c_[x[stops], y[stops]]
    found = legs(fences, np.c_[path[:-1], path[1:]])
    for row, (was, now) in enumerate(pairwise(inside.tolist())):
        for one in told(found, row, 0):
            if one.event == "LEFT":
                assert was
                was = False
            elif one.event == "ENTERED":
                assert not was
                was = True
            else:
                assert one.event == "TOUCHED" or not was
        assert was == now


@settings(deadline=None, max_examples=40)
@given(lattice_areas(), SEEDS)
def test_a_leg_sailed_back_meets_the_same_places(area: BaseGeometry, seed: int) -> None:
    rows = lattice_legs(np.random.default_rng(seed), 60)
    fences = fences_of(area)
    there, back = legs(fences, rows), legs(fences, rows[:, [2, 3, 0, 1]])
    turned = {"ENTERED": "LEFT", "LEFT": "ENTERED", "CROSSED": "CROSSED"}
    for row in range(len(rows)):
        out = [one for one in told(there, row, 0) if one.event != "TOUCHED"]
        home = [
            Told(turned[one.event], *ends_back(one)) for one in reversed(told(back, row, 0)) if one.event != "TOUCHED"
        ]
        assert same(out, sorted(home, key=lambda one: one.fraction), 1e-9)


def ends_back(one: Told) -> tuple[float, float]:
    """The places of an event, counted from the other end of its leg."""
    if one.event == "CROSSED":
        return 1 - one.exit_fraction, 1 - one.fraction
    return 1 - one.fraction, float("nan")


@settings(deadline=None, max_examples=20)
@given(st.lists(lattice_areas(2), min_size=1, max_size=5), st.lists(st.integers(0, 60), max_size=5), CELL, SEEDS)
def test_neither_batches_nor_neighbours_nor_cells_matter(
    areas: list[BaseGeometry], cuts: list[int], cell_deg: float | None, seed: int
) -> None:
    rows = lattice_legs(np.random.default_rng(seed), 60, 2)
    rows[::9, seed % 4] = np.nan
    ends = sorted({0, len(rows), *cuts})
    shapes = [*areas, shapely.LineString([(0, 0), (STEP_DEG, STEP_DEG), (2 * STEP_DEG, 0)])]
    whole = legs(fences_of(*shapes, cell_deg=cell_deg), rows)
    pieces = [legs(fences_of(*shapes), rows[a:b]) for a, b in pairwise(ends)]
    for name in COLUMNS:
        wanted = [getattr(piece, name) + (a if name == "row" else 0) for a, piece in zip(ends, pieces, strict=False)]
        assert np.array_equal(getattr(whole, name), np.concatenate(wanted), equal_nan=True), name
    alone = [legs(fences_of(one), rows) for one in shapes]
    for row in range(60):
        for i, one in enumerate(alone):
            assert same(told(whole, row, i), told(one, row, 0), 0.0)
    assert not np.isin(whole.row, np.arange(0, 60, 9)).any(), "a leg with an end that is not known does nothing"


@settings(deadline=None, max_examples=40)
@given(lattice_areas(), SEEDS, st.tuples(st.integers(-100, 100), st.integers(-80, 80)))
def test_moved_origin_and_turned_rings_give_the_same_events(
    area: BaseGeometry, seed: int, move: tuple[int, int]
) -> None:
    rng = np.random.default_rng(seed)
    rows = lattice_legs(rng, 60)
    rings = [np.roll(ring[:-1], rng.integers(len(ring)), axis=0) for ring in paths_of(area)]
    rings = [ring[::-1] if rng.random() < 0.5 else ring for ring in rings]
    moved = build([fence(*(ring + move for ring in rings))])
    assert_same_events(legs(moved, rows + np.array((*move, *move))), legs(fences_of(area), rows))


@settings(deadline=None, max_examples=40)
@given(lattice_areas(), SEEDS)
def test_an_area_cut_at_the_antimeridian_is_one_area(area: BaseGeometry, seed: int) -> None:
    """Cut in two at 180 degrees, as RFC 7946 has it: nobody leaves or enters there, nor at a fix of 180.0 itself."""
    cut = 2 * STEP_DEG
    halves = []
    for box, by in (((-9, -9, cut, 9), 180 - cut), ((cut, -9, 9, 9), -180 - cut)):
        parts = shapely.get_parts(shapely.intersection(area, shapely.box(*box)))
        halves += [shapely.affinity.translate(part, by) for part in parts if part.area]
    fences = build([fence(*(ring for half in halves for ring in paths_of(half)))])
    x, y = lattice_points()
    over = x - cut + 180
    for lon in (np.where(over > 180, over - 360, over), np.where(over >= 180, over - 360, over)):
        assert np.array_equal(member(fences, lon, y), member(fences_of(area), x, y))
        rng = np.random.default_rng(seed)
        stops = rng.integers(len(x), size=60)
        path, real = np.c_[lon[stops], y[stops]], np.c_[x[stops], y[stops]]
        found = legs(fences, np.c_[path[:-1], path[1:]])
        wanted = legs(fences_of(area), np.c_[real[:-1], real[1:]])
        for row in range(59):
            a, b = ([one for one in told(these, row, 0) if one.event != "TOUCHED"] for these in (found, wanted))
            assert same(a, b, 1e-9), (path[row], path[row + 1])


def assert_same_events(found: Crossings, wanted: Crossings) -> None:
    for name in ("row", "fence", "event", "side"):
        assert np.array_equal(getattr(found, name), getattr(wanted, name)), name
    assert np.allclose(found.fraction, wanted.fraction, rtol=0, atol=1e-9)
    assert np.allclose(found.exit_fraction, wanted.exit_fraction, rtol=0, atol=1e-9, equal_nan=True)


def test_events_come_sorted_and_their_place_lies_on_the_leg() -> None:
    fences = geojson.load([DATA / "channel.geojson"])
    rows = chart_legs(3_000)
    found = legs(fences, rows)
    assert np.array_equal(np.lexsort((found.fence, found.fraction, found.row)), np.arange(len(found)))
    assert ((found.fraction >= 0) & (found.fraction <= 1)).all()
    assert len(found) > 1_500
    start, end = rows[found.row, :2], rows[found.row, 2:]
    at = start + found.fraction[:, None] * (end - start)
    assert np.allclose(np.c_[found.lon_deg, found.lat_deg], at, rtol=0, atol=1e-12)
    assert (np.isnan(found.exit_fraction) | ((found.event == Event.CROSSED) & (found.side == 0))).all()


def test_a_large_batch_is_cut_without_a_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    fences = geojson.load([DATA / "channel.geojson"])
    rows = chart_legs(3_000)
    whole = legs(fences, rows)
    monkeypatch.setattr(crossing, "CHUNK", 777)
    cut = legs(fences, rows)
    for name in COLUMNS:
        assert np.array_equal(getattr(whole, name), getattr(cut, name), equal_nan=True), name


# ---- the shipped chart ----


def chart_legs(n: int) -> np.ndarray:
    """Legs of 0.2 to 2 km and, one in ten, of up to 100 km."""
    rng = np.random.default_rng(3)
    start = rng.uniform((-0.3, 50.1), (2.8, 51.7), (n, 2))
    length = np.where(rng.random(n) < 0.1, rng.uniform(0.02, 0.9, n), rng.uniform(0.002, 0.02, n))
    angle = rng.uniform(0, 2 * np.pi, n)
    return np.c_[start, start + length[:, None] * np.c_[1.6 * np.cos(angle), np.sin(angle)]]


def test_on_the_shipped_chart_every_event_is_shapelys() -> None:
    """Legs that meet a boundary and only they have events; each place within 1e-6 of the leg, each visit shapely's."""
    fences = geojson.load([DATA / "channel.geojson"])
    shapes = [shape(feature["geometry"]) for feature in read("channel.geojson")["features"]]
    rows = chart_legs(4_000)
    found = legs(fences, rows)
    lines = shapely.linestrings(rows.reshape(-1, 2, 2))
    for i, geometry in enumerate(shapes):
        rim = geometry if fences.is_line[i] else geometry.boundary
        shapely.prepare(rim)
        met = np.flatnonzero(shapely.intersects(rim, lines))
        assert np.array_equal(np.unique(found.row[found.fence == i]), met), fences.fence_id[i]
        for row in met.tolist() if len(met) < 60 else met[:: len(met) // 60].tolist():
            got = told(found, row, i)
            if fences.is_line[i]:
                places = shapely.get_parts(shapely.intersection(lines[row], geometry))
                wanted = np.sort(shapely.line_locate_point(lines[row], places) / lines[row].length)
                assert np.allclose([one.fraction for one in got], wanted, rtol=0, atol=1e-6)
            else:
                start, end = rows[row].reshape(2, 2)
                assert same(got, by_pieces(geometry, start, end), 1e-6), (fences.fence_id[i], rows[row])


def test_the_angle_of_a_crossing_is_that_on_the_water() -> None:
    """Half a degree of longitude is as long as a quarter of latitude at 60 degrees: the diagonal goes at 45 degrees."""
    fences = fences_of(shapely.LineString([(1, 59), (1, 61)]), shapely.LineString([(0.9, 60), (1.1, 60)]))
    rows = np.array([(0.99, 59.995, 1.01, 60.005), (1.01, 60.005, 0.99, 59.995), (0.99, 59.99, 1.01, 59.99)])
    found = legs(fences, rows)
    x1, y1, x2, y2 = rows[found.row].T
    angle = crossing.angle_deg(fences, found.edge, y1, x1, y2, x2)
    by_pair = {
        (row, which): deg
        for row, which, deg in zip(found.row.tolist(), found.fence.tolist(), angle.tolist(), strict=True)
    }
    assert by_pair == pytest.approx({(0, 0): 45, (0, 1): 45, (1, 0): 45, (1, 1): 45, (2, 0): 90}, abs=0.1)
    turned = crossing.angle_deg(fences, found.edge, y1, x1 + 360.0, y2, x2)
    assert np.allclose(turned, angle), "a leg over the antimeridian runs the short way"
