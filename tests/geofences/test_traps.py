"""The traps that other geofence engines fell into, each by name; coordinates as people draw them."""

from itertools import pairwise

import numpy as np
import pytest
import shapely

from geofences import geojson
from geofences.crossing import match_legs
from geofences.fenceset import FenceSet, build
from geofences.grid import cover
from geofences.inside import match_positions
from geofences.orient import orient
from tests.geofences.shapes import DATA, fence, fences_of, legs, member, square, told
from tests.oracles import fences_oracle

CELLS_DEG = (0.005, 0.01, 0.02, 0.05, 0.1, 1.0, None)
NONE = float("nan")


def event_names(fences: FenceSet, leg: tuple[float, float, float, float]) -> list[str]:
    return [one.event for one in told(legs(fences, [leg]), 0, 0)]


# ---- positions ----


@pytest.mark.parametrize("cell_deg", CELLS_DEG)
def test_a_square_on_round_numbers_answers_the_same_at_every_cell_size(cell_deg: float | None) -> None:
    """Trap 1: grid origin and fence on round numbers, so that edges run through the cells' reference points."""
    ring = [(1.0, 51.0), (1.1, 51.0), (1.1, 51.1), (1.0, 51.1)]
    anchors = [fence(square(0.0, 50.0, 0.02), fence_id="b"), fence(square(2.0, 52.0, 0.02), fence_id="c")]
    fences = build([fence(ring), *anchors], cell_deg)
    x, y = (
        axis.ravel()
        for axis in np.meshgrid(np.round(np.arange(0.9, 1.2, 0.005), 3), np.round(np.arange(50.9, 51.2, 0.005), 3))
    )
    assert np.array_equal(member(fences, x, y)[:, 0], (x >= 1.0) & (x < 1.1) & (y >= 51.0) & (y < 51.1))


def test_western_and_southern_edges_belong_to_a_square_and_the_others_do_not() -> None:
    fences = build([fence(square(1.0, 51.0, 0.5))])
    on = {"west": (1.0, 51.2), "south": (1.2, 51.0), "east": (1.5, 51.2), "north": (1.2, 51.5)}
    corners = {"sw": (1.0, 51.0), "se": (1.5, 51.0), "nw": (1.0, 51.5), "ne": (1.5, 51.5)}
    names = [*on, *corners]
    x, y = np.array([*on.values(), *corners.values()]).T
    assert dict(zip(names, member(fences, x, y)[:, 0].tolist(), strict=True)) == {
        "west": True, "south": True, "east": False, "north": False, "sw": True, "se": False, "nw": False, "ne": False,
    }  # fmt: skip


def test_a_point_on_a_slanted_edge_but_for_rounding_is_judged_by_what_was_read() -> None:
    """0.1 and 0.3 have no exact binary form: the sign hangs on the last bit and is taken from rational numbers."""
    at = np.linspace(0.0, 1.0, 301)
    x, y = at * 0.3, at * 0.1
    one = np.ones(len(at))
    side = orient(0 * one, 0 * one, 0.3 * one, 0.1 * one, x, y)
    exact = [
        np.sign(int(a * 2**80) * int(0.1 * 2**80) - int(b * 2**80) * int(0.3 * 2**80))
        for a, b in zip(x, y, strict=True)
    ]
    assert np.array_equal(np.sign(side), -np.array(exact, float))
    assert {-1.0, 0.0, 1.0} <= set(np.sign(side)), "all three happen"


def test_a_hole_holds_nothing_and_an_island_in_it_does() -> None:
    rings = (square(0, 50, 4), square(1, 51, 2), square(1.5, 51.5, 1))
    fences = build([fence(*rings)])
    assert member(fences, [0.5, 1.2, 2.0, 4.5], [50.5, 51.2, 52.0, 50.5])[:, 0].tolist() == [True, False, True, False]
    turned = build([fence(*(ring[::-1] for ring in rings))])
    assert member(turned, [0.5, 1.2, 2.0], [50.5, 51.2, 52.0])[:, 0].tolist() == [True, False, True]


def test_a_fence_of_many_far_parts_answers_for_each() -> None:
    """One box around all parts is what makes other engines slow, not wrong; here neither."""
    fences = build([fence(*(square(x, 50.0, 0.01) for x in np.arange(-5, 5, 0.5)))])
    x = np.arange(-5, 5, 0.25) + 0.005
    assert np.array_equal(member(fences, x, np.full(len(x), 50.005))[:, 0], np.arange(len(x)) % 2 == 0)


@pytest.mark.parametrize("cell_deg", [0.01, 0.05, None])
def test_fences_smaller_than_a_cell_and_many_in_one_cell_keep_apart(cell_deg: float | None) -> None:
    fences = build([fence(square(1 + 0.001 * i, 51, 0.0008), fence_id=str(i)) for i in range(10)], cell_deg)
    x, y = 1 + 0.001 * np.arange(10), np.full(10, 51.0004)
    assert np.array_equal(member(fences, x + 0.0004, y), np.eye(10, dtype=bool))
    assert not member(fences, x + 0.0009, y).any(), "between them"


def test_positions_that_are_not_known_or_not_of_this_world_are_nowhere() -> None:
    fences = build([fence(square(-180, -90, 90)), fence(square(90, 0, 90), fence_id="b")])
    x = [NONE, 1.0, NONE, 181.0, -181.0, 500.0, 120.0]
    y = [51.0, NONE, NONE, 45.0, -45.0, 91.0, 91.0]
    assert not member(fences, x, y).any()


# ---- legs ----

PEAK = [(1.0, 51.0), (1.1, 51.0), (1.05, 51.1), (1.0, 51.0)]  # apex up


@pytest.mark.parametrize(
    ("what", "leg", "wanted"),
    [
        ("past the apex, level", (1.0, 51.1, 1.1, 51.1), ["TOUCHED"]),
        ("past the apex, sloping", (1.0, 51.08, 1.1, 51.12), ["TOUCHED"]),
        ("past the apex, the other way", (1.1, 51.1, 1.0, 51.1), ["TOUCHED"]),
        ("past a lower corner", (0.9, 51.1, 1.1, 50.9), ["TOUCHED"]),
        ("through the apex into it", (1.05, 51.2, 1.05, 51.05), ["ENTERED"]),
        ("out of it through the apex", (1.05, 51.05, 1.05, 51.2), ["LEFT"]),
        ("through the apex and out of the base", (1.05, 51.2, 1.05, 50.9), ["CROSSED"]),
        ("in through a corner, out through a side", (0.95, 50.99, 1.15, 51.03), ["CROSSED"]),
        ("to the apex and no farther", (1.05, 51.2, 1.05, 51.1), ["TOUCHED"]),
        ("along the base", (1.02, 51.0, 1.08, 51.0), ["TOUCHED"]),
        ("along the base from end to end", (1.0, 51.0, 1.1, 51.0), ["LEFT"]),
        ("beyond both ends of the base", (0.9, 51.0, 1.2, 51.0), ["CROSSED"]),
        ("within", (1.04, 51.02, 1.06, 51.04), []),
        ("beside", (0.9, 50.9, 1.2, 50.95), []),
        ("of no length, inside", (1.05, 51.05, 1.05, 51.05), []),
        ("of no length, on the apex", (1.05, 51.1, 1.05, 51.1), []),
    ],
)  # fmt: skip
def test_a_leg_and_a_corner(what: str, leg: tuple[float, float, float, float], wanted: list[str]) -> None:
    """Trap 2: `0 <= u < 1` on each edge counts a grazed apex once, and membership toggles wrongly from then on."""
    for ring in (PEAK, PEAK[::-1], [*PEAK[1:], PEAK[1]]):
        fences = build([fence(ring)])
        assert event_names(fences, leg) == wanted, what


def test_after_a_grazed_apex_the_next_leg_still_enters() -> None:
    fences = build([fence(PEAK)])
    path = [(1.0, 51.1), (1.1, 51.1), (1.05, 51.05), (1.1, 51.1)]
    found = legs(fences, [(*a, *b) for a, b in pairwise(path)])
    assert [[one.event for one in told(found, row, 0)] for row in range(3)] == [["TOUCHED"], ["ENTERED"], ["LEFT"]]


def test_a_thin_fence_between_two_reports_is_crossed() -> None:
    """Both reports lie outside: a test of positions alone never sees it. In, out and in again are told apart."""
    fences = build([fence([(1.0, 51.0), (1.00001, 51.0), (1.00001, 51.5), (1.0, 51.5)])])
    leg = (0.99, 51.2, 1.01, 51.2)
    assert not member(fences, [0.99, 1.01], [51.2, 51.2]).any()
    (found,) = told(legs(fences, [leg]), 0, 0)
    assert found.event == "CROSSED"
    assert found.fraction == pytest.approx(0.5, abs=1e-9)
    assert found.exit_fraction == pytest.approx(0.5005, abs=1e-9)


def test_a_comb_is_crossed_once_for_each_tooth() -> None:
    fences = build([fence(*(square(1 + 0.1 * i, 51, 0.05) for i in range(5)))])
    found = told(legs(fences, [(0.9, 51.02, 1.6, 51.02)]), 0, 0)
    assert [one.event for one in found] == ["CROSSED"] * 5
    assert np.allclose([one.fraction * 0.7 for one in found], np.arange(0.1, 0.6, 0.1))
    assert np.allclose([one.exit_fraction * 0.7 for one in found], np.arange(0.15, 0.65, 0.1))


def test_a_bay_between_two_stretches_inside_is_left_and_entered() -> None:
    fences = build([fence(square(1, 51, 1), square(1.4, 51.4, 0.2))])
    assert event_names(fences, (1.1, 51.5, 1.9, 51.5)) == ["LEFT", "ENTERED"]


def test_a_shared_edge_hands_over_at_one_place() -> None:
    """Leaving one leg of a lane is entering the next: same place, no gap, no overlap."""
    fences = build([fence(square(1, 51, 0.1)), fence(square(1.1, 51, 0.1), fence_id="b")])
    found = legs(fences, [(1.05, 51.03, 1.15, 51.07), (1.05, 51.0, 1.15, 51.0)])
    for row in (0, 1):
        (left,), (entered,) = told(found, row, 0), told(found, row, 1)
        assert (left.event, entered.event) == ("LEFT", "ENTERED")
        assert left.fraction == entered.fraction == pytest.approx(0.5)


def test_a_leg_that_starts_on_an_edge_but_for_rounding_enters_at_its_start() -> None:
    """The sign of so small a product is computed exactly; its size once was not, and the place came out 300 m off."""
    fences = build([fence([(0.0, 0.0), (0.3, 0.1), (0.0, 0.7)])])
    at = np.linspace(0.01, 0.99, 99)
    x, y = at * 0.3, at * 0.1
    inward = match_legs(fences, y, x, y + 0.01, x - 0.002)
    outward = match_legs(fences, y + 0.01, x - 0.002, y, x)
    assert len(inward) > 10
    assert np.allclose(inward.fraction, 0.0, atol=1e-9)
    assert np.allclose(outward.fraction, 1.0, atol=1e-9)


def test_a_leg_nearly_on_the_line_of_an_edge_meets_it_at_the_right_place() -> None:
    """Rounding of the product moves such a place by metres: it is computed again in rational numbers."""
    ring = np.array([(1.0, 51.0), (2.0, 51.7), (1.0, 51.7)])
    leg = (1.3 - 3e-15, 51.21 + 3e-15, 1.4 + 9e-15, 51.28 - 9e-15)
    (wanted,) = fences_oracle.events((ring,), False, leg)
    (found,) = told(legs(build([fence(ring)]), [leg]), 0, 0)
    assert found.event == wanted.event == "LEFT"
    assert found.fraction == pytest.approx(wanted.fraction, abs=1e-9)


def test_a_line_is_crossed_by_direction_and_only_there() -> None:
    """Ships that pass a section, and from which side: open requests elsewhere since 2018."""
    line = fences_of(shapely.LineString([(1.0, 51.0), (1.25, 51.0), (1.25, 51.25)]))
    rows = [
        (1.125, 51.125, 1.125, 50.875),  # from the left of the first edge, southward
        (1.125, 50.875, 1.125, 51.125),
        (1.125, 51.125, 1.375, 51.125),  # out over the second edge
        (1.125, 50.875, 1.375, 51.125),  # past the corner, on its outer side
        (1.125, 51.125, 1.375, 50.875),  # through the corner
        (0.875, 51.125, 0.875, 50.875),  # beyond the line's end
        (0.875, 51.0, 1.375, 51.0),  # along the first edge and over the corner
    ]
    found = legs(line, rows)
    sides = [[(one.event, one.side) for one in told(found, row, 0)] for row in range(len(rows))]
    assert sides == [
        [("CROSSED", -1)], [("CROSSED", 1)], [("CROSSED", -1)], [("TOUCHED", 0)],
        [("CROSSED", -1)], [], [("CROSSED", -1)],
    ]  # fmt: skip


def test_a_line_that_crosses_itself_is_crossed_on_each_of_its_parts() -> None:
    line = fences_of(shapely.LineString([(0, 0), (2, 2), (2, 0), (0, 2)]))
    assert [one.side for one in told(legs(line, [(0.0, 1.5, 2.5, 1.5)]), 0, 0)] == [-1, -1, 1]


def test_a_leg_over_the_antimeridian_runs_the_short_way() -> None:
    fences = build(
        [fence(square(179, -18, 1)), fence(square(-180, -18, 1), fence_id="b"), fence(square(0, -18, 1), fence_id="c")]
    )
    found = legs(fences, [(179.5, -17.5, -179.5, -17.5), (-178.5, -17.5, 178.5, -17.5)])
    assert [one.event for one in told(found, 0, 0)] == ["LEFT"]
    assert [one.event for one in told(found, 0, 1)] == ["ENTERED"]
    assert [one.event for one in told(found, 1, 1)] == ["CROSSED"]
    assert [one.event for one in told(found, 1, 0)] == ["CROSSED"]
    assert not (found.fence == 2).any(), "nobody sailed round by Greenwich"
    assert ((found.lon_deg >= -180) & (found.lon_deg <= 180)).all()
    assert np.allclose(np.abs(found.lon_deg[found.row == 0]), 180)


def test_a_jump_over_the_whole_chart_costs_no_memory_and_tells_every_fence() -> None:
    fences = build([fence(square(1 + i, 51, 0.5), fence_id=str(i)) for i in range(5)])
    found = legs(fences, [(-170.0, 51.25, 9.0, 51.25)] * 10)
    assert len(found) == 50
    assert (found.event == 2).all()


def test_cells_do_not_matter_for_a_chart_of_one_level_line() -> None:
    """A fence without height or width has a grid all the same."""
    for ends in ([(1.0, 51.0), (2.0, 51.0)], [(1.0, 51.0), (1.0, 52.0)]):
        fences = fences_of(shapely.LineString(ends))
        x, y = np.mean(ends, axis=0).tolist()
        assert event_names(fences, (x - 0.1, y - 0.1, x + 0.1, y + 0.12)) == ["CROSSED"]
        assert len(match_positions(fences, np.array([51.0]), np.array([1.0]))[0]) == 0


@pytest.mark.parametrize("half_deg", [90.001, 90.3, 135.0])
def test_a_leg_over_more_than_half_the_world_is_met_where_it_runs(half_deg: float) -> None:
    """From 90.3 east to 90.3 west is 180.6 degrees by Greenwich and 179.4 over the antimeridian."""
    fences = build([fence(square(150, -1, 2)), fence(square(-152, -1, 2), fence_id="b")])
    found = legs(fences, [(half_deg, 0.0, -half_deg, 0.0), (-half_deg, 0.0, half_deg, 0.0)])
    assert np.allclose(found.lon_deg, [150.0, -152.0, -150.0, 152.0], atol=1e-9)
    assert found.fence.tolist() == [0, 1, 1, 0]


def test_a_leg_along_an_edge_touches_it_where_it_comes_to_it() -> None:
    """Slanted, from either end, on legs far shorter and longer than a degree; the fraction counts along the leg."""
    ring = [(0.0, 0.0), (4.0, 2.0), (0.0, 2.0)]
    fences = build([fence(ring)])
    rows, wanted = [], []
    for begin, end, fraction in (
        (-1.0, 1.0, 0.5),
        (5.0, 1.0, 0.25),
        (-0.01, 0.03, 0.25),
        (4.5, -0.5, 0.1),
        (1.0, 2.0, 0.0),
    ):
        rows.append((begin, begin / 2, end, end / 2))
        wanted.append(fraction)
    found = legs(fences, rows)
    at = dict(zip(found.row.tolist(), found.fraction.tolist(), strict=True))
    assert at == pytest.approx(dict(enumerate(wanted)), abs=1e-12)


def test_a_slanted_edge_lies_in_few_cells() -> None:
    """As many as it passes, not the whole box about it: that is what makes a grid quick."""
    for x1, y1, x2, y2 in ((0, 0, 10, 10), (10, 0, 0, 10), (0, 0, 10, 1), (0, 0, 1, 10)):
        ends = (np.array([float(end)]) for end in (x1, y1, x2, y2))
        _, row, first, last = cover(*ends, west=-0.05, south=-0.05, cell_deg=0.1, n_rows=102, n_cols=102)
        passed = 10 * (abs(x2 - x1) + y2 - y1)
        assert passed <= (last - first + 1).sum() <= passed + len(row) + 2


def test_the_channel_has_cells_of_a_kilometre() -> None:
    grid = geojson.load([DATA / "channel.geojson"]).grid
    assert 0.005 < grid.cell_deg <= 0.01
    assert 200_000 < grid.n_rows * grid.n_cols < 400_000
    assert grid.free.max() == 7


def test_hundreds_of_large_fences_on_one_another_take_no_more_memory_than_many_small_ones() -> None:
    """Each cell of each would be an entry: some GB for a file of 50 kB, and for 10,000 of them all of the machine's."""
    corners = 1.0 + 1e-5 * np.arange(400)
    fences = build([fence(square(x, 50.0, 1.0), fence_id=str(x)) for x in corners.tolist()])
    assert fences.grid.n_bytes < 150e6
    x, y = np.array([1.002, 1.5, 2.003, 1.5]), np.array([50.5, 50.0, 50.5, 51.1])
    inside = member(fences, x, y)
    assert inside[0].tolist() == (corners <= 1.002).tolist()
    assert inside[1].all()
    assert inside[2].tolist() == (corners + 1.0 > 2.003).tolist()
    assert not inside[3].any()
