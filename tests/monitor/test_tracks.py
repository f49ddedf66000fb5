"""The track table: fixes, static data, hearing, expiry, the picture, snapshots."""

from dataclasses import fields

import numpy as np
import pytest

from alerts.picture import StationClass, Vessels
from decoders.columns import Flag
from decoders.table import Column
from monitor.ids import rows_of
from monitor.trackarrays import from_arrays, to_arrays
from monitor.tracks import Ages, TrackTable, Update, apply, details, expire, trail, vessels
from tests.monitor.track_rows import (
    NO_POSITIONS,
    NO_STATICS,
    NO_TEXTS,
    feed,
    positions_of,
    statics_of,
    stream,
    texts_of,
)
from tests.oracles.tracks_oracle import Row

SHIP, OTHER = 227000001, 232000002


def seen(table: TrackTable, now: float = 0.0) -> Vessels:
    return vessels(
        table,
        now,
        p_reception=lambda lat_deg, lon_deg, receiver: np.full(len(receiver), 0.5),
        is_receiver_healthy=lambda receiver: receiver >= 0,
    )


def said(table: TrackTable, t: float = 0.0, **given: object) -> Update:
    given.setdefault("mmsi", SHIP)
    return apply(table, NO_POSITIONS, statics_of(1, t_unix_s=t, **given), NO_TEXTS, t)


def fix(t: float, lat: float = 50.0, mmsi: int = SHIP, **other: object) -> Row:
    return Row(t, mmsi, lat + t * 1e-5, 1.0, tie=int(t * 10) + 1, **other)


# --- fixes


def test_the_last_fix_and_the_one_before_follow_the_reports() -> None:
    table = TrackTable()
    update = feed(table, [fix(0), fix(10), fix(25)])
    now = seen(table)
    assert (now.t_prev_unix_s[0], now.t_unix_s[0], now.n_fixes[0]) == (10, 25, 3)
    assert now.implied_speed_kn[0] == pytest.approx(15e-5 * 111240 / 15 / 0.514444, rel=1e-3)
    assert update.legs.t1_unix_s.tolist() == [0, 10]
    assert update.legs.t2_unix_s.tolist() == [10, 25]
    assert update.legs.row.tolist() == [table.row_of(SHIP * 8)] * 2
    assert update.new_ids.tolist() == [SHIP * 8]


def test_a_late_fix_becomes_the_one_before_and_corrects_the_leg() -> None:
    table = TrackTable()
    feed(table, [fix(0), fix(20)])
    update = feed(table, [fix(10)])
    now = seen(table)
    assert (now.t_prev_unix_s[0], now.t_unix_s[0], now.n_fixes[0]) == (10, 20, 3)
    legs = update.legs
    assert list(zip(legs.t1_unix_s, legs.t2_unix_s, legs.is_late, strict=True)) == [(0, 10, True), (10, 20, True)]
    assert (update.n_late, update.n_fixes) == (1, 0)


@pytest.mark.parametrize(("behind_s", "counts"), [(120.0, (1, 0)), (120.1, (0, 1))])
def test_reports_are_placed_up_to_120_s_behind_and_dropped_beyond(behind_s: float, counts: tuple[int, int]) -> None:
    table = TrackTable()
    feed(table, [fix(0), fix(500)])
    update = feed(table, [fix(500 - behind_s)])
    assert (update.n_late, update.n_late_dropped) == counts
    assert seen(table).t_unix_s[0] == 500


def test_a_row_without_time_gets_now_and_so_does_one_from_the_future() -> None:
    table = TrackTable()
    rows = [Row(np.nan, SHIP, 50.0, 1.0), Row(3600.0, OTHER, 51.0, 1.0), Row(159.0, OTHER + 1, 52.0, 1.0)]
    feed(table, rows, now_unix_s=40.0)
    assert seen(table).t_unix_s.tolist() == [40, 40, 159]


def test_another_hearing_changes_nothing_but_who_heard_it() -> None:
    table = TrackTable()
    feed(table, [fix(0), fix(10)])
    before = to_arrays(table)
    update = feed(table, [fix(11, 50.001, is_duplicate=True, station=4)])
    after = to_arrays(table)
    changed = [name for name in before if before[name].tobytes() != after[name].tobytes()]
    assert changed == ["t_heard_unix_s", "hearer", "t_hearer_unix_s"]
    assert update.n_duplicates == 1
    assert [hearing.receiver for hearing in details(table, SHIP * 8).hearers] == [4, 0]


def test_the_eight_receivers_that_heard_it_last_are_kept() -> None:
    table = TrackTable()
    feed(table, [fix(10.0 * k, station=k % 11) for k in range(30)])
    hearers = details(table, SHIP * 8).hearers
    assert [(hearing.receiver, hearing.t_unix_s) for hearing in hearers] == [
        (k % 11, 10.0 * k) for k in range(29, 21, -1)
    ]


def test_a_report_without_position_is_heard_and_makes_no_fix() -> None:
    table = TrackTable()
    update = feed(table, [Row(5, SHIP, np.nan, np.nan, beacon=1)])
    now = seen(table)
    assert np.isnan(now.t_unix_s[0])
    assert (now.t_heard_unix_s[0], now.n_fixes[0], now.t_distress_unix_s[0]) == (5, 0, 5)
    assert now.flags[0] & Flag.BEACON
    assert update.n_held == 1


def test_every_row_is_counted_once() -> None:
    rows = stream(np.random.default_rng(5))
    update = feed(TrackTable(), rows)
    counted = update.n_fixes + update.n_late + update.n_late_dropped + update.n_rejected
    assert counted + update.n_duplicates + update.n_held + update.n_simultaneous == len(rows)


def test_an_empty_group_changes_nothing() -> None:
    table = TrackTable()
    feed(table, [fix(0)])
    before = to_arrays(table)
    update = apply(table, NO_POSITIONS, NO_STATICS, NO_TEXTS, 10.0)
    after = to_arrays(table)
    assert all(before[name].tobytes() == after[name].tobytes() for name in before)
    assert len(update.legs) == len(update.texts) == len(update.new_ids) == update.n_positions == 0


# --- static data


def test_a_static_message_before_any_position_makes_a_vessel_without_place() -> None:
    table = TrackTable()
    update = said(table, 3.0, name=b"SEA ROVER", callsign=b"MABC", ship_type=70, to_bow_m=90, to_stern_m=10)
    now = seen(table)
    assert update.new_ids.tolist() == now.target_id.tolist() == [SHIP * 8]
    assert (now.name[0], now.callsign[0], now.ship_type[0], now.length_m[0]) == (b"SEA ROVER", b"MABC", 70, 100)
    assert np.isnan([now.t_unix_s[0], now.lat_deg[0], now.beam_m[0]]).all()
    assert now.report_interval_s[0] == 10
    assert details(table, SHIP * 8).t_static_unix_s == 3.0


def test_parts_a_and_b_meet_in_one_row_and_keep_each_other() -> None:
    table = TrackTable()
    said(table, type=24, part=0, name=b"DINGHY")
    said(table, type=24, part=1, callsign=b"2ABC", ship_type=36, to_port_m=1, to_starboard_m=2, payload_hash=9)
    said(table, type=24, part=0, name=b"DINGHY")
    now = seen(table)
    assert (now.name[0], now.callsign[0], now.beam_m[0]) == (b"DINGHY", b"2ABC", 3)
    assert now.station_class[0] == StationClass.B


def test_a_changed_name_counts_after_two_equal_messages() -> None:
    table = TrackTable()
    names = []
    for k, name in enumerate((b"DOVER", b"DOVXR", b"DOVER", b"DOVXR", b"CALAIS", b"CALAIS", b"CALAIS")):
        said(table, float(k), name=name, payload_hash=sum(name))
        names.append(bytes(seen(table).name[0]))
    assert names == [b"DOVER"] * 5 + [b"CALAIS"] * 2


def test_a_voyage_is_taken_as_it_comes_and_not_forgotten_when_left_out() -> None:
    table = TrackTable()
    said(table, destination=b"DOVER", draught_m=5.0, eta_month=11, eta_day=24, eta_hour=3, eta_minute=12)
    said(table, destination=b"CALAIS", draught_m=6.0, payload_hash=2)
    known = details(table, SHIP * 8)
    assert (known.destination, known.draught_m) == (b"CALAIS", 6.0)
    assert (known.eta_month, known.eta_day, known.eta_hour, known.eta_minute) == (11, 24, 3, 12)
    assert seen(table).draught_m[0] == 6.0


def test_a_repeated_static_message_only_counts_as_heard() -> None:
    table = TrackTable()
    feed(table, [fix(0)])
    said(table, 1.0, name=b"DOVER")
    before = to_arrays(table)
    said(table, 361.0, name=b"DOVER", station=2)
    after = to_arrays(table)
    changed = [name for name in before if before[name].tobytes() != after[name].tobytes()]
    assert changed == ["t_heard_unix_s", "t_static_unix_s", "hearer", "t_hearer_unix_s"]


def test_static_messages_of_a_group_are_joined_in_order() -> None:
    table = TrackTable()
    mmsi = np.array([SHIP, OTHER, SHIP, SHIP])
    statics = statics_of(4, mmsi=mmsi, t_unix_s=0.0, name=np.array([b"A", b"B", b"C", b"C"]), payload_hash=[1, 2, 3, 3])
    apply(table, NO_POSITIONS, statics, NO_TEXTS, 0.0)
    assert seen(table).name.tolist() == [b"C", b"B"]


# --- safety texts


def test_texts_come_back_with_their_target_and_a_beacons_text_is_a_distress() -> None:
    table = TrackTable()
    mmsi = np.array([970000001, SHIP, 970000001])
    flags = np.array([Flag.BEACON, 0, Flag.BEACON | Flag.DUPLICATE])
    texts = texts_of(3, mmsi=mmsi, t_unix_s=7.0, text=np.array([b"SART ACTIVE", b"HELLO", b"SART ACTIVE"]), flags=flags)
    update = apply(table, NO_POSITIONS, NO_STATICS, texts, 7.0)
    assert update.texts.target_id.tolist() == [970000001 * 8, SHIP * 8]
    assert update.texts.text.tolist() == [b"SART ACTIVE", b"HELLO"]
    now = seen(table)
    assert now.t_distress_unix_s.tolist() == pytest.approx([np.nan, 7.0], nan_ok=True)
    assert now.n_distress.tolist() == [0, 1]
    assert rows_of(now.target_id, update.texts.target_id).tolist() == [1, 0]


# --- expiry


@pytest.mark.parametrize(
    ("what", "row", "age_s"),
    [
        ("a ship under way", fix(0), 1800),
        ("a ship at anchor", fix(0, status=1, sog=0.1), 7200),
        ("a ship that says moored and moves", fix(0, status=5, sog=9.0), 1800),
        ("a yacht under way", fix(0, type=18, status=-1, sog=6.0), 1800),
        ("a yacht at her berth", fix(0, type=18, status=-1, sog=0.1), 7200),
        ("a rescue aircraft", fix(0, mmsi=111232001, type=9, status=-1), 1200),
        ("a base station", fix(0, mmsi=2320001, type=4, status=-1), 21600),
        ("a buoy", fix(0, mmsi=992351000, type=21, status=-1), 21600),
        ("a man overboard", fix(0, mmsi=972000001, status=14, beacon=1), 86400),
        ("a ship with status 14", fix(0, status=14, beacon=1), 86400),
        ("one that never sent a position", Row(0, SHIP, np.nan, np.nan), 2400),
    ],
)
def test_a_track_leaves_after_the_age_of_its_kind(what: str, row: Row, age_s: float) -> None:
    table = TrackTable()
    feed(table, [row], 0.0)
    assert expire(table, age_s).tolist() == [], what
    assert expire(table, age_s + 0.1).tolist() == [row.mmsi * 8], what
    assert len(table) == 0
    assert len(seen(table)) == 0
    assert details(table, row.mmsi * 8) is None


def test_a_track_with_an_open_incident_stays_and_leaves_when_it_is_closed() -> None:
    table = TrackTable()
    feed(table, [fix(0), fix(0, mmsi=OTHER)])
    assert expire(table, 1801, keep={SHIP * 8}).tolist() == [OTHER * 8]
    assert expire(table, 5000, keep=np.array([SHIP * 8])).tolist() == []
    assert expire(table, 5001).tolist() == [SHIP * 8]


def test_a_moored_ship_that_sails_leaves_at_the_age_of_one_under_way() -> None:
    table = TrackTable()
    feed(table, [fix(0, status=5, sog=0.0)])
    assert len(expire(table, 100)) == 0
    feed(table, [fix(200)])
    assert len(expire(table, 2000)) == 0
    assert expire(table, 2001).tolist() == [SHIP * 8]


def test_expiry_does_not_depend_on_how_often_it_is_asked() -> None:
    rng = np.random.default_rng(8)
    often, seldom = TrackTable(), TrackTable()
    ages = Ages(under_way_s=60.0, at_rest_s=90.0, hidden_s=40.0)
    for k in range(40):
        rows = [
            fix(20.0 * k, mmsi=SHIP + int(v), status=int(rng.choice([0, 5])), sog=0.0) for v in rng.integers(0, 9, 3)
        ]
        feed(often, rows)
        feed(seldom, rows)
        for t in np.arange(20.0 * k, 20.0 * k + 20, 2.5):
            expire(often, float(t), ages=ages)
        expire(seldom, 20.0 * k + 17.5, ages=ages)
        assert often.ids.tolist() == seldom.ids.tolist()


def test_rows_are_used_again_and_come_clean() -> None:
    table = TrackTable(capacity=8)
    for k in range(50):
        feed(table, [fix(2000.0 * k, mmsi=SHIP + k, station=3), fix(2000.0 * k + 40, mmsi=SHIP + k)])
        said(table, 2000.0 * k, mmsi=SHIP + k, name=b"NAME")
        expire(table, 2000.0 * k + 1900)
        assert len(table) == 0
    assert table.capacity == 8
    feed(table, [fix(0)])
    clean = TrackTable(capacity=8)
    feed(clean, [fix(0)])
    one, other = to_arrays(table), to_arrays(clean)
    assert [name for name in one if one[name].tobytes() != other[name].tobytes()] == []


def test_sorting_the_rows_changes_nothing_that_can_be_seen() -> None:
    rows = stream(np.random.default_rng(4))
    table, sorted_often = TrackTable(), TrackTable(capacity=2)
    for k in range(0, len(rows), 40):
        feed(table, rows[k : k + 40])
        feed(sorted_often, rows[k : k + 40])
        sorted_often.sort_rows()
        expire(table, 400.0, ages=Ages(under_way_s=150.0))
        expire(sorted_often, 400.0, ages=Ages(under_way_s=150.0))
    one, other = to_arrays(table), to_arrays(sorted_often)
    assert [name for name in one if one[name].tobytes() != other[name].tobytes()] == []
    assert sorted_often.rows.tolist() == list(range(len(sorted_often)))


# --- the picture


def test_vessels_are_sorted_and_every_column_has_its_type_and_length() -> None:
    table = TrackTable()
    feed(table, [fix(0, mmsi=m) for m in (OTHER, SHIP, 970000001, 2320001)])
    now = seen(table)
    assert now.target_id.tolist() == sorted(now.target_id.tolist())
    dtypes = {"flags": "int32", "station_class": "int8", "n_twins": "int16", "receiver": "int32", "nav_status": "int8"}
    dtypes |= {"name": "S34", "callsign": "S7", "ship_type": "int16", "n_fixes": "int64", "n_distress": "int64"}
    dtypes |= {"target_id": "int64", "mmsi": "int64"}
    dtypes |= dict.fromkeys(("is_coarse", "is_degraded", "is_receiver_healthy"), "bool")
    for column in fields(Vessels):
        values: Column = getattr(now, column.name)
        assert len(values) == 4, column.name
        assert values.dtype == np.dtype(dtypes.get(column.name, "float64")), column.name


def test_the_pictures_columns_hold_when_the_table_goes_on() -> None:
    table = TrackTable()
    feed(table, [fix(0), fix(0, mmsi=OTHER)])
    now = seen(table)
    held = {name: getattr(now, name).copy() for name in ("target_id", "lat_deg", "t_unix_s", "name")}
    feed(table, [fix(10), fix(10, mmsi=SHIP - 5)])
    said(table, 10.0, name=b"DOVER")
    assert all((getattr(now, name) == column).all() for name, column in held.items())
    assert len(seen(table)) == 3


def test_a_hidden_track_is_not_found_among_the_vessels_shown() -> None:
    table = TrackTable()
    assert rows_of(seen(table).target_id, np.array([5])).tolist() == [-1]
    feed(table, [fix(0), fix(0, mmsi=OTHER), fix(5, 57.0)])
    assert len(table.hidden) == 1
    wanted = np.array([OTHER * 8, SHIP * 8, SHIP * 8 + 1, 9])
    assert rows_of(seen(table).target_id, wanted).tolist() == [1, 0, -1, -1]


# --- growth and snapshots


def test_the_table_grows_and_keeps_everything() -> None:
    table = TrackTable(capacity=2)
    for k in range(200):
        feed(table, [fix(0, mmsi=SHIP + 7 * k, lat=40 + k / 10)])
    now = seen(table)
    assert now.mmsi.tolist() == [SHIP + 7 * k for k in range(200)]
    assert now.lat_deg == pytest.approx(40 + np.arange(200) / 10)
    assert table.capacity == 256


@pytest.mark.parametrize("seed", range(5))
def test_a_table_from_a_snapshot_goes_on_like_the_one_that_was_kept(seed: int) -> None:
    rows = stream(np.random.default_rng(seed))
    kept = TrackTable()
    feed(kept, rows[:200])
    for k, name in enumerate((b"A", b"B")):
        said(kept, 60.0, mmsi=227000000, name=name, payload_hash=k + 1)
    snapshot = to_arrays(kept)
    restored = from_arrays(snapshot)
    for table in (kept, restored):
        feed(table, rows[200:])
        said(table, 60.0, mmsi=227000000, name=b"B", payload_hash=2)
        expire(table, 400.0, ages=Ages(under_way_s=150.0))
    one, other = to_arrays(kept), to_arrays(restored)
    assert [name for name in one if one[name].tobytes() != other[name].tobytes()] == []
    assert [c.tolist() for c in trail(kept, rows[0].mmsi * 8)] == [
        c.tolist() for c in trail(restored, rows[0].mmsi * 8)
    ]


def test_a_snapshot_of_another_format_is_refused() -> None:
    snapshot = to_arrays(TrackTable())
    assert len(from_arrays(snapshot)) == 0
    with pytest.raises(ValueError, match="format 99"):
        from_arrays(snapshot | {"format": np.array(99)})


def test_an_all_at_once_start_of_many_vessels() -> None:
    rng = np.random.default_rng(2)
    n = 5000
    table = TrackTable()
    rows = [Row(0.0, 200000000 + 11 * int(k), 40 + k / 1000, 1.0, tie=k + 1) for k in rng.permutation(n).tolist()]
    apply(table, positions_of(rows), NO_STATICS, NO_TEXTS, 0.0)
    now = seen(table)
    assert len(now) == n
    assert now.lat_deg == pytest.approx(40 + np.arange(n) / 1000)
