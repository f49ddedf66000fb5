"""Each step of association by itself: errors, gates, hull, evidence, fusion, who is near."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.bench.strait import on_chart, site
from monitor.radar.association import SHIPPED, Seen, Ships
from monitor.radar.bodies import Bodies, age_limit_s, at, radar_bodies, ship_bodies
from monitor.radar.cost import Measured, measure
from monitor.radar.evidence import Pairs, blank, joined, judge, no_pairs, superseded
from monitor.radar.fusion import fused
from monitor.radar.hull import is_in_hull
from monitor.radar.near import near

KN = 1852.0 / 3600.0
LENGTHS = st.floats(-400.0, 400.0)


def ship(**columns: float) -> Ships:
    """One ship, 10 kn to the north, 200 m long, antenna 60 m aft of its middle."""
    lat, lon = on_chart(np.array([8_000.0]), np.array([6_000.0]))
    values = {
        "target_id": 7,
        "t_unix_s": 0.0,
        "lat_deg": lat[0],
        "lon_deg": lon[0],
        "sog_kn": 10.0,
        "cog_deg": 0.0,
        "heading_deg": 0.0,
        "length_m": 200.0,
        "beam_m": 30.0,
        "ahead_m": 60.0,
        "right_m": 0.0,
        "station_class": 0,
        "is_accurate": True,
        "is_coarse": False,
        "is_degraded": False,
        "report_interval_s": 10.0,
    } | columns
    return Ships(**{name: np.array([value]) for name, value in values.items()})


def track(east_m: float, north_m: float, **columns: float) -> Seen:
    """One track there, 10 kn to the north, seen for a minute."""
    lat, lon = on_chart(np.array([east_m]), np.array([north_m]))
    values = {
        "track_id": 1,
        "site": 0,
        "t_unix_s": 0.0,
        "lat_deg": lat[0],
        "lon_deg": lon[0],
        "sog_kn": 10.0,
        "cog_deg": 0.0,
        "sigma_east_m": np.nan,
        "sigma_north_m": np.nan,
        "cov_m2": np.nan,
        "sigma_speed_m_per_s": np.nan,
        "t_first_unix_s": -60.0,
    } | columns
    return Seen(**{name: np.array([value]) for name, value in values.items()})


NO_BIAS = (np.zeros(1), np.zeros(1), np.zeros(1))


def radar(seen: Seen) -> Bodies:
    return radar_bodies(seen, [site()], NO_BIAS, SHIPPED)


# ---- errors ----


def test_a_radars_error_lies_across_its_line_of_sight() -> None:
    east = radar(track(20_000.0, 0.0))
    assert np.sqrt(east.var_east_m2[0]) == pytest.approx(7.0, rel=0.01)
    assert np.sqrt(east.var_north_m2[0]) == pytest.approx(20_000.0 * np.radians(0.12), rel=0.01)
    slanted = radar(track(14_142.0, 14_142.0))
    assert slanted.cov_m2[0] < 0.0
    assert slanted.var_east_m2[0] + slanted.var_north_m2[0] == pytest.approx(
        east.var_east_m2[0] + east.var_north_m2[0], rel=0.01
    )


def test_what_the_radar_says_of_its_error_goes_before_its_accuracy() -> None:
    told = radar(track(20_000.0, 0.0, sigma_east_m=12.0, sigma_north_m=5.0, cov_m2=3.0))
    assert (told.var_east_m2[0], told.var_north_m2[0], told.cov_m2[0]) == (144.0, 25.0, 3.0)


def test_a_track_on_the_antenna_has_a_finite_error() -> None:
    body = radar(track(0.0, 0.0))
    assert np.isfinite([column[0] for column in body.columns().values()]).all()


def test_the_speed_of_a_young_track_is_uncertain() -> None:
    young, old = radar(track(20_000.0, 0.0, t_first_unix_s=-5.0)), radar(track(20_000.0, 0.0))
    assert young.var_north_speed[0] > 10.0 * old.var_north_speed[0]


@pytest.mark.parametrize(
    ("sentence", "columns", "north_m", "east_m"),
    [
        ("the hull's middle lies ahead of the antenna", {}, 60.0, 0.0),
        ("along the heading, not the course", {"heading_deg": 90.0}, 0.0, 60.0),
        ("and to starboard", {"right_m": 10.0}, 60.0, 10.0),
        ("along the course where there is no heading", {"heading_deg": np.nan, "cog_deg": 180.0}, -60.0, 0.0),
        ("unknown: where the antenna is", {"ahead_m": np.nan}, 0.0, 0.0),
        ("at rest without heading: where the antenna is", {"heading_deg": np.nan, "sog_kn": 0.1}, 0.0, 0.0),
    ],
)
def test_a_ship_is_where_its_hull_is(sentence: str, columns: dict[str, float], north_m: float, east_m: float) -> None:
    whole = ship(**columns)
    body = ship_bodies(whole, SHIPPED)
    moved_north = (body.lat_deg - whole.lat_deg)[0] * 111_240.0
    moved_east = (body.lon_deg - whole.lon_deg)[0] * 70_000.0
    assert (moved_north, moved_east) == pytest.approx((north_m, east_m), abs=1.0), sentence


def test_the_error_along_the_hull_is_larger_where_the_antenna_is_unknown() -> None:
    known, unknown = ship_bodies(ship(), SHIPPED), ship_bodies(ship(ahead_m=np.nan), SHIPPED)
    assert unknown.var_north_m2[0] > known.var_north_m2[0] > known.var_east_m2[0]


@pytest.mark.parametrize(
    ("sentence", "interval_s", "wanted_s"),
    [
        ("three intervals and ten seconds", 10.0, 40.0),
        ("a fast one", 2.0, 16.0),
        ("never more than a minute under way", 30.0, 60.0),
        ("six minutes at rest", 180.0, 360.0),
    ],
)
def test_how_old_a_fix_may_be(sentence: str, interval_s: float, wanted_s: float) -> None:
    assert age_limit_s(ship(report_interval_s=interval_s), SHIPPED)[0] == wanted_s, sentence


def test_errors_grow_with_time_and_places_go_on() -> None:
    body = ship_bodies(ship(), SHIPPED)
    later = at(body, np.array([30.0]), SHIPPED.manoeuvre_s)
    assert (later.lat_deg - body.lat_deg)[0] * 111_240.0 == pytest.approx(10.0 * KN * 30.0, rel=0.01)
    assert later.var_east_m2[0] > body.var_east_m2[0] + (0.5 * 0.03 * 900.0) ** 2 - 1.0
    at_rest = at(ship_bodies(ship(report_interval_s=180.0), SHIPPED), np.array([180.0]), SHIPPED.manoeuvre_s)
    assert np.sqrt(at_rest.var_east_m2[0]) < 50.0


# ---- gates ----


def found(seen: Seen, ships: Ships) -> Measured:
    return measure(radar(seen), ship_bodies(ships, SHIPPED), seen.t_unix_s, SHIPPED)


@pytest.mark.parametrize(
    ("sentence", "seen", "wanted"),
    [
        ("on its hull", track(8_000.0, 6_060.0), True),
        ("30 m beside it", track(8_030.0, 6_060.0), True),
        ("300 m beside it", track(8_300.0, 6_060.0), False),
        ("on its hull, 6 kn slower", track(8_000.0, 6_060.0, sog_kn=4.0), True),
        ("on its hull, 9 kn slower", track(8_000.0, 6_060.0, sog_kn=1.0), False),
        ("on its hull, across its course", track(8_000.0, 6_060.0, cog_deg=60.0), False),
        ("on its hull, speed not known", track(8_000.0, 6_060.0, sog_kn=np.nan, cog_deg=np.nan), True),
        ("the same, of a track of two scans", track(8_000.0, 6_060.0, cog_deg=60.0, t_first_unix_s=-5.0), True),
        ("no place", track(np.nan, 6_060.0), False),
    ],
)
def test_the_gates(sentence: str, seen: Seen, wanted: bool) -> None:
    assert found(seen, ship()).is_within[0] == wanted, sentence


def test_the_hard_cap_holds_however_vague_both_are() -> None:
    seen = track(8_600.0, 6_060.0, sigma_east_m=900.0, sigma_north_m=900.0, cov_m2=0.0)
    measured = found(seen, ship())
    assert measured.d2[0] < 1.0
    assert not measured.is_within[0]


def test_d2_is_the_mahalanobis_distance() -> None:
    seen, ships = track(8_030.0, 6_080.0, sog_kn=11.0, cog_deg=5.0), ship()
    a, b = radar(seen), ship_bodies(ships, SHIPPED)
    measured = measure(a, b, seen.t_unix_s, SHIPPED)
    apart = np.array([measured.east_m[0], measured.north_m[0]])
    place = np.array([[x.var_east_m2[0], x.cov_m2[0], x.var_north_m2[0]] for x in (a, b)]).sum(axis=0)
    speed = np.array([[x.var_east_speed[0], x.cov_speed[0], x.var_north_speed[0]] for x in (a, b)]).sum(axis=0)
    speed[[0, 2]] += a.slope_per_s2[0] * b.echo_m2[0]
    v = np.array([b.east_m_per_s[0] - a.east_m_per_s[0], b.north_m_per_s[0] - a.north_m_per_s[0]])
    spreads = [np.array([[p[0], p[1]], [p[1], p[2]]]) for p in (place, speed)]
    wanted = sum(float(x @ np.linalg.solve(s, x)) for x, s in zip((apart, v), spreads, strict=True))
    assert measured.d2[0] == pytest.approx(wanted)
    assert apart == pytest.approx([-30.0, -20.0], abs=0.5)


# ---- hull ----


@pytest.mark.parametrize(
    ("sentence", "east_m", "north_m", "margin_m", "columns", "wanted"),
    [
        ("amidships", 0.0, 0.0, 0.0, {}, True),
        ("at the bow", 0.0, 95.0, 0.0, {}, True),
        ("before the bow", 0.0, 110.0, 0.0, {}, False),
        ("alongside", 20.0, 0.0, 0.0, {}, False),
        ("alongside, within the error of one that was inside", 20.0, 0.0, 10.0, {}, True),
        ("turned with the heading", 95.0, 0.0, 0.0, {"heading_deg": 90.0}, True),
        ("a ship of 100 m has no further echoes", 0.0, 0.0, 0.0, {"length_m": 100.0}, False),
        ("nor one that does not say how its hull lies", 0.0, 0.0, 0.0, {"ahead_m": np.nan}, False),
        ("nor one without heading", 0.0, 0.0, 0.0, {"heading_deg": np.nan}, False),
    ],
)
def test_what_lies_inside_a_hull(
    sentence: str, east_m: float, north_m: float, margin_m: float, columns: dict[str, float], wanted: bool
) -> None:
    row = ship(**columns)
    inside = is_in_hull(row, np.array([east_m]), np.array([north_m]), np.array([margin_m]), SHIPPED.big_ship_m)
    assert inside[0] == wanted, sentence


# ---- evidence ----


class Story:
    """Pairs (track, ship) with a d2 for each update; what becomes of their links."""

    def __init__(self) -> None:
        self.pairs: Pairs = no_pairs()
        self.t = 0.0

    def update(self, d2: dict[tuple[int, int], float], hull: tuple[tuple[int, int], ...] = ()) -> set[tuple[int, int]]:
        """One update; NaN: cannot be compared. Returns who is linked."""
        self.t += 2.5
        keys = sorted(d2)
        left, right = (np.array([key[k] for key in keys], np.int64) for k in (0, 1))
        due = joined(self.pairs, blank(left, right, np.zeros(len(keys), np.int64)))
        at_key = [(a, b) for a, b in zip(due.left_id.tolist(), due.right_id.tolist(), strict=True)]
        values = np.array([d2.get(key, np.inf) for key in at_key])
        known = ~np.isnan(values)
        zero = np.zeros(len(at_key))
        measured = Measured(zero, zero, np.where(known, values, np.inf), zero, known & (values <= SHIPPED.gate))
        in_hull = np.array([key in hull for key in at_key], bool)
        t = np.full(len(at_key), self.t)
        self.pairs = superseded(judge(due, measured, known, in_hull, t, no_pairs(), SHIPPED))
        linked = self.pairs.take(self.pairs.is_linked)
        return set(zip(linked.left_id.tolist(), linked.right_id.tolist(), strict=True))

    def link(self, *pairs: tuple[int, int]) -> None:
        for _ in range(8):
            assert self.update(dict.fromkeys(pairs, 1.0)) <= set(pairs)


A, B, SHIP = 1, 2, 7
MISS = 13.2  # inside the gate; nobody else there


def test_three_of_four_clear_updates_link() -> None:
    story = Story()
    assert [bool(story.update({(A, SHIP): 1.0})) for _ in range(3)] == [False, False, True]
    story = Story()
    told = [bool(story.update({(A, SHIP): d2})) for d2 in (1.0, 99.0, 1.0, 1.0)]
    assert told == [False, False, False, True]
    story = Story()
    told = [bool(story.update({(A, SHIP): d2})) for d2 in (1.0, 99.0, 99.0, 1.0, 1.0)]
    assert not any(told)


def test_two_that_lie_alike_are_both_left_in_doubt() -> None:
    story = Story()
    for _ in range(20):
        assert not story.update({(A, SHIP): 2.0, (B, SHIP): 3.0})
    assert story.pairs.is_doubtful.all()


def test_one_that_lies_half_as_far_is_taken() -> None:
    story = Story()
    for _ in range(3):
        told = story.update({(A, SHIP): 1.0, (B, SHIP): 3.0})
    assert told == {(A, SHIP)}
    assert story.update({(A, SHIP): 1.0, (B, SHIP): 3.0}) == {(A, SHIP)}
    assert not story.pairs.is_doubtful.any()


def test_a_proven_link_stands_when_another_comes_a_little_nearer_but_is_called_doubtful() -> None:
    story = Story()
    story.link((A, SHIP))
    for _ in range(20):
        assert story.update({(A, SHIP): 2.0, (B, SHIP): 1.2}) == {(A, SHIP)}
    assert story.pairs.is_doubtful[story.pairs.is_linked].all()


def test_a_link_ends_when_another_is_much_nearer_and_that_one_has_it() -> None:
    story = Story()
    story.link((A, SHIP))
    told = [story.update({(A, SHIP): 12.0, (B, SHIP): 0.5}) for _ in range(12)]
    assert {(B, SHIP)} in told
    assert told[-1] == {(B, SHIP)}
    assert all(len(who) <= 1 for who in told)


def test_a_link_ends_after_five_updates_that_are_far() -> None:
    story = Story()
    story.link((A, SHIP))
    assert [bool(story.update({(A, SHIP): 30.0})) for _ in range(5)] == [True] * 4 + [False]
    story.link((A, SHIP))
    assert all(story.update({(A, SHIP): d2}) for d2 in (30.0, 30.0, 30.0, 30.0, 20.0, 30.0, 30.0))


def test_a_link_outlives_the_gate_but_not_the_silence() -> None:
    story = Story()
    story.link((A, SHIP))
    assert all(story.update({(A, SHIP): 20.0}) for _ in range(20))
    story = Story()
    story.link((A, SHIP))
    n = [bool(story.update({(A, SHIP): np.nan})) for _ in range(130)]
    assert n == [True] * 120 + [False] * 10  # 300 s of 2.5 s each


def test_a_further_echo_inside_the_hull_is_the_ships_and_one_outside_is_not() -> None:
    both = {(A, SHIP): 1.0, (B, SHIP): 2.0}
    story = Story()
    story.link((A, SHIP))
    for _ in range(4):
        told = story.update(both, hull=((A, SHIP), (B, SHIP)))
    assert told == {(A, SHIP), (B, SHIP)}
    assert story.pairs.left_id[story.pairs.is_extra].tolist() == [B]
    for _ in range(3):
        told = story.update(both, hull=((A, SHIP),))
    assert told == {(A, SHIP)}


def test_a_track_has_one_ship() -> None:
    story = Story()
    story.link((A, SHIP))
    told = [story.update({(A, SHIP): 22.0, (A, 8): 0.5}) for _ in range(12)]
    assert told[-1] == {(A, 8)}
    assert all(len(who) <= 1 for who in told)


# ---- fusion, near ----


def test_fusion_lies_between_and_is_no_surer_than_its_surest() -> None:
    near_one, far_one = radar(track(8_000.0, 6_000.0)), radar(track(8_020.0, 6_000.0))
    both = Bodies.concat([near_one, replace(far_one, var_east_m2=far_one.var_east_m2 * 4)])
    two = np.zeros(2, np.int64)
    lat, lon = near_one.lat_deg, near_one.lon_deg
    place = fused(two, both, np.zeros(2, bool), lat, lon, 0.5)
    assert lon[0] < place.lon_deg[0] < far_one.lon_deg[0]
    sigma = [
        np.sqrt(np.linalg.eigvalsh([[e, c], [c, n]])[-1])
        for e, n, c in zip(both.var_east_m2, both.var_north_m2, both.cov_m2, strict=True)
    ]
    assert place.sigma_m[0] >= min(sigma) - 1e-9
    alone = fused(two[:1], near_one, np.zeros(1, bool), lat, lon, 0.5)
    assert (alone.lat_deg[0], alone.lon_deg[0]) == pytest.approx((lat[0], lon[0]), abs=1e-12)


def test_ais_pulls_no_further_than_its_weight() -> None:
    seen, ships = radar(track(8_000.0, 6_060.0)), ship_bodies(ship(length_m=np.nan, ahead_m=np.nan), SHIPPED)
    both = Bodies.concat([seen, replace(ships, lat_deg=seen.lat_deg, lon_deg=seen.lon_deg + 1e-3)])
    is_ais, two = np.array([False, True]), np.zeros(2, np.int64)
    none = fused(two, both, is_ais, seen.lat_deg, seen.lon_deg, 0.0)
    some = fused(two, both, is_ais, seen.lat_deg, seen.lon_deg, 0.5)
    assert none.lon_deg[0] == pytest.approx(seen.lon_deg[0], abs=1e-12)
    assert seen.lon_deg[0] < some.lon_deg[0] < both.lon_deg[1]


@given(st.lists(st.tuples(LENGTHS, LENGTHS), max_size=12), st.lists(st.tuples(LENGTHS, LENGTHS), max_size=12))
def test_near_finds_every_pair_within_reach(
    first: list[tuple[float, float]], second: list[tuple[float, float]]
) -> None:
    a, b = (np.array(rows, float).reshape(-1, 2) for rows in (first, second))
    reach = np.full(len(a), 150.0)
    i, j = near(*on_chart(a[:, 0], a[:, 1]), reach, *on_chart(b[:, 0], b[:, 1]))
    apart = np.hypot(*(a[:, None] - b[None]).transpose(2, 0, 1))
    got = set(zip(i.tolist(), j.tolist(), strict=True))
    assert {(p, q) for p, q in np.argwhere(apart <= 149.0).tolist()} <= got
    assert got <= {(p, q) for p, q in np.argwhere(apart <= 155.0).tolist()}


def test_near_has_no_seam_at_the_date_line() -> None:
    i, j = near(np.array([10.0]), np.array([179.9999]), np.array([100.0]), np.array([10.0]), np.array([-179.9999]))
    assert (i.tolist(), j.tolist()) == ([0], [0])
