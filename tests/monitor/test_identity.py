"""Two places under one MMSI: a jump, a twin or one damaged line (domain D18, X18)."""

import math

import numpy as np
import pytest

from alerts.picture import Vessels
from decoders.columns import Positions, TimeSource
from monitor.kinematics import leg_m
from monitor.tracks import TrackTable, apply, details, expire, trail, vessels
from tests.monitor.track_rows import NO_STATICS, NO_TEXTS, feed, positions_of, statics_of
from tests.oracles.tracks_oracle import Row

SHIP = 227000001
OLD, NEW = (50.9, 1.4), (51.4, 1.9)  # 36 nm apart


def at(place: tuple[float, float], t: float, mmsi: int = SHIP, **other: object) -> Row:
    return Row(t, mmsi, place[0] + t * 1e-5, place[1], 2.16, 0.0, tie=int(t * 10) + 1, **other)


def seen(table: TrackTable, now: float) -> Vessels:
    return vessels(
        table,
        now,
        p_reception=lambda lat_deg, lon_deg, receiver: np.ones(len(receiver)),
        is_receiver_healthy=lambda receiver: np.ones(len(receiver), bool),
    )


def one_by_one(table: TrackTable, rows: list[Row]) -> list[tuple[int, ...]]:
    """What is shown after each report."""
    shown = []
    for row in rows:
        feed(table, [row])
        shown.append(tuple(seen(table, row.t).target_id.tolist()))
    return shown


def test_a_single_report_from_an_impossible_place_is_never_shown() -> None:
    table = TrackTable()
    rows = [at(OLD, 0), at(OLD, 10), at(NEW, 20), at(OLD, 30), at(OLD, 40)]
    assert one_by_one(table, rows) == [(SHIP * 8,)] * 5
    assert table.n_fixes[table.row_of(SHIP * 8)] == 4
    assert seen(table, 40).n_twins.tolist() == [0]
    expire(table, 40 + 601)
    assert table.ids.tolist() == [SHIP * 8]


def test_a_vessel_that_jumps_keeps_its_id_and_its_path_starts_anew() -> None:
    table = TrackTable()
    feed(table, [at(OLD, t) for t in range(0, 100, 10)])
    shown = one_by_one(table, [at(NEW, t) for t in (100, 110, 120, 130)])
    # hidden, then shown beside the old place, then, 30 s after the last report from there, one again
    assert shown == [(SHIP * 8,), (SHIP * 8, SHIP * 8 + 1), (SHIP * 8,), (SHIP * 8,)]
    now = seen(table, 130)
    assert now.lat_deg[0] == pytest.approx(NEW[0], abs=0.01)
    assert now.t_jump_unix_s[0] == 100
    assert (now.lat_before_jump_deg[0], now.lon_before_jump_deg[0]) == (OLD[0] + 90e-5, OLD[1])
    assert now.jump_nm[0] == pytest.approx(leg_m(*OLD, *NEW) / 1852, rel=1e-3)
    assert now.jump_speed_kn[0] == pytest.approx(now.jump_nm[0] / 10 * 3600)
    assert now.is_degraded.tolist() == [True]
    assert now.implied_speed_kn[0] < 5
    assert (trail(table, SHIP * 8)[1] > 51).all()
    assert seen(table, 130 + 1801).is_degraded.tolist() == [False]


def test_the_way_back_from_a_jump_stays_one_target_and_is_no_second_jump_to_tell() -> None:
    table = TrackTable()
    rows = [at(OLD if not 100 <= t < 400 else NEW, t) for t in range(0, 700, 10)]
    updates = [feed(table, [row]) for row in rows]
    assert sum(update.n_jumps for update in updates) == 2
    assert table.ids.tolist() == [SHIP * 8]
    row = table.row_of(SHIP * 8)
    assert table.t_jump_unix_s[row] == 100
    assert table.lat_before_jump_deg[row] == pytest.approx(OLD[0], abs=1e-2)
    assert table.n_fixes[table.row_of(SHIP * 8)] == len(rows)


@pytest.mark.parametrize(
    ("back_s", "place"), [(4000, OLD), (400, (OLD[0] + 1.0, OLD[1]))], ids=["an hour later", "to a third place"]
)
def test_another_jump_is_told(back_s: int, place: tuple[float, float]) -> None:
    table = TrackTable()
    for t in range(0, back_s + 300, 10):
        feed(table, [at(OLD if t < 100 else NEW if t < back_s else place, t)])
    assert table.t_jump_unix_s[table.row_of(SHIP * 8)] == back_s


def test_no_leg_ever_spans_a_jump() -> None:
    table = TrackTable()
    for row in [at(OLD if t < 100 else NEW, t) for t in range(0, 300, 10)]:
        legs = feed(table, [row]).legs
        for k in range(len(legs)):
            assert leg_m(legs.lat1_deg[k], legs.lon1_deg[k], legs.lat2_deg[k], legs.lon2_deg[k]) < 2000


def test_two_vessels_with_one_mmsi_are_two_targets_that_never_teleport() -> None:
    table = TrackTable()
    rows = [at(place, t) for k in range(30) for t, place in ((10.0 * k, OLD), (10.0 * k + 4, NEW))]
    updates = [feed(table, [row]) for row in rows]
    now = seen(table, 300)
    assert now.target_id.tolist() == [SHIP * 8, SHIP * 8 + 1]
    assert now.n_twins.tolist() == [1, 1]
    assert np.isnan(now.t_jump_unix_s).all()
    assert now.n_fixes.tolist() == [30, 30]
    assert sum(update.n_splits for update in updates) == 1
    assert (now.implied_speed_kn < 5).all()
    assert [details(table, target).other_ids for target in now.target_id.tolist()] == [(SHIP * 8 + 1,), (SHIP * 8,)]


def test_twins_stop_counting_when_one_was_not_heard_for_ten_minutes() -> None:
    table = TrackTable()
    feed(table, [at(place, t) for k in range(9) for t, place in ((10.0 * k, OLD), (10.0 * k + 4, NEW))])
    feed(table, [at(OLD, t) for t in range(90, 800, 10)])
    assert seen(table, 790).n_twins.tolist() == [0, 1]


@pytest.mark.parametrize("mmsi", [0, 123456789])
def test_a_shared_mmsi_splits_and_never_jumps(mmsi: int) -> None:
    table = TrackTable()
    feed(table, [at(OLD, t, mmsi) for t in range(0, 50, 10)])
    feed(table, [at(NEW, t, mmsi) for t in range(100, 300, 10)])
    assert table.ids.tolist() == [mmsi * 8, mmsi * 8 + 1]
    assert np.isnan(seen(table, 300).t_jump_unix_s).all()


def test_a_ninth_vessel_under_one_mmsi_is_rejected_and_counted() -> None:
    table = TrackTable()
    places = [(40.0 + 2 * k, 1.0) for k in range(9)]
    updates = [feed(table, [at(place, t + k, 0)]) for t in (0, 10, 20) for k, place in enumerate(places)]
    assert len(table) == 8
    assert sum(update.n_rejected for update in updates) >= 1
    lat = sorted(seen(table, 30).lat_deg.tolist())
    assert lat == pytest.approx([place[0] for place in places if any(abs(place[0] - x) < 0.1 for x in lat)], abs=0.01)


@pytest.mark.parametrize(
    ("what", "place", "ship_type", "mmsi", "n_tracks"),
    [
        ("0.9 nm at once is no jump: noise and clocks", (50.9 + 0.9 / 60, 1.4), 70, SHIP, 1),
        ("1.2 nm at once is one", (50.9 + 1.2 / 60, 1.4), 70, SHIP, 2),
        ("a fast ferry covers 1.2 nm in 50 s", (50.9 + 1.2 / 60, 1.4), 40, SHIP, 1),
        ("a rescue aircraft covers 5 nm in 50 s", (50.9 + 5 / 60, 1.4), -1, 111232001, 1),
        ("but not 20", (50.9 + 20 / 60, 1.4), -1, 111232001, 2),
    ],
)
def test_what_is_impossible_depends_on_what_it_is(
    what: str, place: tuple[float, float], ship_type: int, mmsi: int, n_tracks: int
) -> None:
    table = TrackTable()
    t = 0.0 if ship_type == 70 else 50.0
    apply(table, positions_of([at(OLD, 0, mmsi)]), statics_of(1, mmsi=mmsi, ship_type=ship_type), NO_TEXTS, 0.0)
    feed(table, [Row(t, mmsi, *place, tie=9)])
    assert len(table) == n_tracks, what


def with_seconds(rows: list[Row], seconds: list[int]) -> Positions:
    positions = positions_of(rows)
    positions.utc_second[:] = seconds
    return positions


def test_a_delayed_report_is_no_jump_when_its_own_second_gives_it_away() -> None:
    north = (50.9 + 4 / 60, 1.4)
    honest, delayed = TrackTable(), TrackTable()
    for table, second in ((honest, 10), (delayed, 40)):
        positions = with_seconds([at(OLD, 0), at(north, 10)], [0, second])
        apply(table, positions, NO_STATICS, NO_TEXTS, 10.0)
    assert len(honest) == 2
    assert len(delayed) == 1
    # but minutes of delay explain only the way of minutes
    apply(delayed, with_seconds([at(NEW, 20)], [33]), NO_STATICS, NO_TEXTS, 20.0)
    assert len(delayed) == 2


def test_coarse_positions_neither_override_fine_ones_nor_jump() -> None:
    table = TrackTable()
    feed(table, [at(OLD, 0), at(OLD, 10)])
    coarse = {"type": 27, "is_coarse": True}
    assert feed(table, [Row(20, SHIP, 50.903, 1.402, **coarse)]).n_held == 1
    assert feed(table, [Row(30, SHIP, *NEW, **coarse)]).n_rejected == 1
    row = table.row_of(SHIP * 8)
    assert (table.t_unix_s[row], table.t_heard_unix_s[row]) == (10, 20)
    assert feed(table, [Row(611, SHIP, 50.905, 1.402, **coarse)]).n_fixes == 1
    assert details(table, SHIP * 8).is_coarse
    assert len(table) == 1


def test_a_beacon_at_a_second_place_is_shown_at_its_first_message() -> None:
    table = TrackTable()
    sart = 970123456
    feed(table, [at(OLD, 0, sart, beacon=1), at(OLD, 10, sart, beacon=1)])
    feed(table, [at(NEW, 12, sart, beacon=1)])
    now = seen(table, 12)
    assert now.target_id.tolist() == [sart * 8, sart * 8 + 1]
    assert now.t_distress_unix_s.tolist() == [10, 12]


def test_a_beacon_that_seems_to_jump_stays_two_targets() -> None:
    table, sart = TrackTable(), 970123456
    feed(table, [at(OLD, t, sart, beacon=1) for t in range(0, 60, 10)])
    feed(table, [at(NEW, t, sart, beacon=1) for t in range(300, 900, 10)])
    now = seen(table, 900)
    assert now.target_id.tolist() == [sart * 8, sart * 8 + 1]
    assert now.n_distress.tolist() == [6, 60]
    assert np.isnan(now.t_jump_unix_s).all()


def test_a_distress_counts_even_when_its_report_is_too_late_or_does_not_fit() -> None:
    table = TrackTable()
    feed(table, [at(OLD, 0), at(OLD, 500), at(OLD, 10, beacon=1)])
    feed(table, [Row(510, SHIP, *NEW, type=27, is_coarse=True, beacon=1)])
    row = table.row_of(SHIP * 8)
    assert table.n_distress[row] == 2
    assert table.t_distress_unix_s[row] == 510
    assert table.t_unix_s[row] == 500


def test_a_test_beacon_is_no_distress() -> None:
    table = TrackTable()
    feed(table, [at(OLD, 0, 972123456, beacon=2)])
    now = seen(table, 0)
    assert math.isnan(now.t_distress_unix_s[0])
    assert (now.t_distress_test_unix_s[0], now.n_distress[0]) == (0, 0)


def test_static_data_of_twins_goes_to_the_twin_of_that_name() -> None:
    table = TrackTable()
    feed(table, [at(place, t) for k in range(9) for t, place in ((10.0 * k, OLD), (10.0 * k + 4, NEW))])
    for name, t, place in (("OSTEND", 85.0, NEW), ("DOVER", 91.0, OLD), ("OSTEND", 92.0, OLD)):
        statics = statics_of(1, mmsi=SHIP, t_unix_s=t, name=name.encode(), payload_hash=len(name))
        apply(table, positions_of([at(place, t)]), statics, NO_TEXTS, t)
    assert seen(table, 92).name.tolist() == [b"DOVER", b"OSTEND"]


def test_of_one_instant_the_later_line_counts_when_the_stamp_is_the_arrival_of_a_chunk() -> None:
    positions = positions_of([at(OLD, 0), at(OLD, 0), at(OLD, 0)])
    positions.lat_deg[:] = (50.900, 50.902, 50.901)
    for source, lat in ((TimeSource.CHUNK, 50.901), (TimeSource.TAG, 50.902)):
        positions.time_source[:] = source
        positions.payload_hash[:] = (10, 90, 50)
        table = TrackTable()
        apply(table, positions, NO_STATICS, NO_TEXTS, 0.0)
        assert table.lat_deg[table.row_of(SHIP * 8)] == lat


def test_jamming_that_moves_forty_five_ships_is_forty_five_jumps_there_and_back() -> None:
    """X17: the ships appear on a circle 30 nm away for 25 minutes; nobody is lost, doubled or renamed."""
    rng = np.random.default_rng(17)
    ships = [(50.8 + rng.uniform(0, 0.3), 1.2 + rng.uniform(0, 0.5), rng.uniform(-1, 1)) for _ in range(45)]
    table, jumped_by = TrackTable(), {}
    for k in range(240):
        rows = []
        for v, (lat, lon, drift) in enumerate(ships):
            t = 10.0 * k + v / 45 * 10
            lat, lon = lat + drift * t * 4e-5, lon + drift * t * 4e-5
            if 600 <= t < 2100:
                lat, lon = 51.5 + 0.02 * math.cos(t / 100 + v), 1.9 + 0.03 * math.sin(t / 100 + v)
            rows.append(Row(t, SHIP + 1000 * v, lat, lon, 15.0, 45.0, tie=k + 1))
        update = feed(table, rows)
        if update.n_jumps:
            jumped_by[10 * k] = update.n_jumps
    assert len(table) == len(table.ids) == 45
    assert not table.suspects
    assert sum(jumped_by.values()) == 90
    # a class A ship under way is believed to have jumped when its old place was silent for 30 s
    assert set(jumped_by) <= {620, 630, 640, 2120, 2130, 2140}
    assert seen(table, 2400).n_twins.sum() == 0
    assert (table.n_fixes[table.rows] == 240).all()
