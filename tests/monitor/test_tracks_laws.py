"""Laws of the track table: it equals the slow oracle, and neither grouping nor the order of one instant matters."""

from collections import Counter
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decoders.columns import Flag, Statics, missing
from monitor.trackarrays import to_arrays
from monitor.tracks import Legs, TrackTable, apply, trail
from tests.monitor.track_rows import NO_POSITIONS, NO_STATICS, NO_TEXTS, feed, positions_of, stream
from tests.oracles.tracks_oracle import Row, Track, Tracks

SEEDS = st.integers(0, 2**32 - 1)


def fed_in_groups(rows: list[Row], cuts: list[int]) -> tuple[TrackTable, list[Legs]]:
    table, legs = TrackTable(capacity=4), []
    positions = positions_of(rows)
    for first, end in zip([0, *cuts], [*cuts, len(rows)], strict=True):
        legs.append(apply(table, positions.take(slice(first, end)), NO_STATICS, NO_TEXTS, 1e9).legs)
    return table, legs


def random_cuts(rng: np.random.Generator, n: int) -> list[int]:
    return sorted(rng.choice(np.arange(1, n), int(rng.integers(1, 60)), replace=False).tolist())


def straddles(rows: list[Row], cut: int) -> bool:
    """Whether reports of one vessel and instant lie on both sides: groups are cut by time and never do that."""
    before = {row.mmsi: row.t for row in rows[:cut]}
    after = {row.mmsi: row.t for row in reversed(rows[cut:])}
    return any(after.get(mmsi) == t for mmsi, t in before.items())


def same(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> list[str]:
    """Names of the columns that differ, to the last bit."""
    return [name for name in a if a[name].tobytes() != b[name].tobytes()]


def canonical(table: TrackTable) -> dict[str, np.ndarray]:
    """The table without the order of slots inside rings, which has no meaning."""
    arrays = to_arrays(table)
    order = np.lexsort((arrays["hearer"], arrays["t_hearer_unix_s"]))
    arrays["hearer"] = np.take_along_axis(arrays["hearer"], order, 1)
    arrays["t_hearer_unix_s"] = np.take_along_axis(arrays["t_hearer_unix_s"], order, 1)
    return arrays


def check_track(table: TrackTable, track: Track) -> None:
    row = table.row_of(track.target_id)
    assert table.n_fixes[row] == len(track.fixes) + track.n_deep
    for name, value in (("t_first", track.t_first), ("t_heard", track.t_heard), ("t_distress", track.t_distress)):
        assert getattr(table, f"{name}_unix_s")[row] == pytest.approx(value, nan_ok=True), name
    assert table.t_distress_test_unix_s[row] == pytest.approx(track.t_test, nan_ok=True)
    assert table.n_distress[row] == track.n_distress
    heard = dict(zip(table.hearer[row].tolist(), table.t_hearer_unix_s[row].tolist(), strict=True))
    heard.pop(-1, None)
    assert heard == track.heard_by
    for fix, suffix in ((track.fixes[-1:], ""), (track.fixes[-2:-1], "_prev")):
        names = [f"t{suffix}_unix_s", f"lat{suffix}_deg", f"lon{suffix}_deg"]
        values = [fix[0].t, fix[0].lat, fix[0].lon] if fix else [np.nan] * 3
        assert [getattr(table, name)[row] for name in names] == pytest.approx(values, nan_ok=True, abs=0, rel=0)
    t_trail = trail(table, track.target_id)[0].tolist()
    t_ring = [t for t, _, _ in track.ring]
    assert t_trail == (t_ring if not track.fixes or t_ring[-1] >= track.fixes[-1].t else [*t_ring, track.fixes[-1].t])
    jump = [table.t_jump_unix_s[row], table.jump_nm[row], table.lat_before_jump_deg[row]]
    wanted = list(track.jump[:3]) if track.jump else [np.nan] * 3
    assert jump == pytest.approx(wanted, nan_ok=True, rel=5e-3)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_the_table_equals_the_oracle(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = stream(rng)
    oracle = Tracks().run(rows)
    table = TrackTable(capacity=4)
    update = feed(table, rows)
    assert table.ids.tolist() == sorted(oracle.tracks)
    assert sorted(table.suspects) == sorted(t.target_id for t in oracle.tracks.values() if t.origin >= 0)
    assert sorted(table.hidden) == sorted(t.target_id for t in oracle.tracks.values() if oracle.is_hidden(t))
    for track in oracle.tracks.values():
        check_track(table, track)
    counts = [update.n_fixes, update.n_late, update.n_late_dropped, update.n_rejected]
    counts += [update.n_duplicates, update.n_held, update.n_simultaneous]
    assert counts == list(oracle.counts.values())
    assert sum(counts) == update.n_positions == len(rows)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_legs_equal_the_oracles(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = stream(rng)
    oracle = Tracks().run(rows)
    table = TrackTable()
    update = feed(table, rows)
    kept = set(table.ids.tolist()) - set(update.removed_ids.tolist())
    legs = update.legs
    found = zip(legs.target_id.tolist(), legs.t1_unix_s.tolist(), legs.t2_unix_s.tolist(), strict=True)
    assert Counter(leg for leg in found if leg[0] in kept) == Counter(leg for leg in oracle.legs if leg[0] in kept)
    for target_id in kept:
        own = legs.take((legs.target_id == target_id) & ~legs.is_late)
        assert (np.diff(own.t2_unix_s) > 0).all()


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_any_grouping_gives_the_same_table_to_the_bit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = stream(rng)
    whole, legs = fed_in_groups(rows, [])
    cuts = [cut for cut in random_cuts(rng, len(rows)) if not straddles(rows, cut)]
    parts, part_legs = fed_in_groups(rows, cuts)
    assert same(canonical(whole), canonical(parts)) == []
    several = Legs.concat(part_legs)
    several = several.take(np.argsort(several.target_id, kind="stable"))
    stay = np.isin(several.target_id, legs[0].target_id)
    ends = [(a.target_id.tolist(), a.t1_unix_s.tolist(), a.t2_unix_s.tolist()) for a in (several.take(stay), legs[0])]
    assert ends[0] == ends[1]


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_simultaneous_rows_in_any_order_give_the_same_table(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = sorted(stream(rng), key=lambda row: row.t // 5)
    for k, row in enumerate(rows):
        row.t = row.t // 5 * 5.0
        row.tie = k + 1
    positions = positions_of(rows)
    table, shuffled = TrackTable(), TrackTable()
    apply(table, positions, NO_STATICS, NO_TEXTS, 1e9)
    order = np.lexsort((rng.random(len(rows)), positions.t_unix_s))
    apply(shuffled, positions.take(order), NO_STATICS, NO_TEXTS, 1e9)
    assert same(canonical(table), canonical(shuffled)) == []


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_moved_ids_are_those_whose_last_fix_is_another_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows, table = stream(rng), TrackTable()
    for part in np.array_split(np.arange(len(rows)), 50):
        before = {i: table.blocks["f8"][:3, table.row_of(i)].tobytes() for i in table.ids.tolist()}
        update = feed(table, [rows[k] for k in part])
        after = {i: table.blocks["f8"][:3, table.row_of(i)].tobytes() for i in table.ids.tolist()}
        nowhere = np.full(3, np.nan).tobytes()
        changed = {i for i in after if after[i] != before.get(i, nowhere)}
        assert changed <= set(update.moved_ids.tolist()) <= set(after)
        assert (np.diff(update.moved_ids) > 0).all()


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_a_far_away_track_changes_nothing_else(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = stream(rng)
    other = [Row(row.t, 503000001, -30.0 + row.t * 1e-5, 150.0, 6.0, 0.0, tie=7) for row in rows[::5]]
    mixed = [one for k, row in enumerate(rows) for one in ([row, other[k // 5]] if k % 5 == 0 else [row])]
    alone, together = TrackTable(), TrackTable()
    feed(alone, rows)
    feed(together, mixed)
    with_it, without = canonical(together), canonical(alone)
    stay = with_it["mmsi"] != 503000001
    names = [name for name in without if with_it[name].shape[:1] == stay.shape]
    assert names
    assert not stay.all()
    assert [name for name in names if with_it[name][stay].tobytes() != without[name].tobytes()] == []


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_reports_up_to_120_s_late_end_in_the_same_fixes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = [Row(t, 227000001 + v, 50.0 + v + t * 1e-5, 1.0, tie=1) for t in np.arange(0, 900, 7.0) for v in range(5)]
    arrival = np.array([row.t for row in rows]) + rng.uniform(0, 119, len(rows))
    in_time, late = TrackTable(), TrackTable()
    feed(in_time, rows)
    for part in np.array_split(np.argsort(arrival), 40):
        update = feed(late, [rows[k] for k in part])
        assert update.n_late_dropped == update.n_rejected == 0
    one, other = to_arrays(in_time), to_arrays(late)
    names = ["t_unix_s", "lat_deg", "t_prev_unix_s", "lat_prev_deg", "implied_speed_kn", "n_fixes", "t_first_unix_s"]
    assert [name for name in names if one[name].tobytes() != other[name].tobytes()] == []


def static_stream(rng: np.random.Generator, n: int = 300) -> Statics:
    """Types 5, 24 A and B of a dozen vessels: mostly repeats, some changed, some damaged, some heard twice."""
    mmsi = 227000000 + 1000 * rng.integers(0, 12, n)
    kind = rng.integers(0, 3, n)
    columns = {name: missing(name, n) for name in Statics.__dataclass_fields__}
    columns |= {"mmsi": mmsi, "line": np.arange(n), "t_unix_s": np.sort(rng.uniform(0, 300, n)).round(1)}
    columns |= {"type": np.array([5, 24, 24], np.int8)[kind], "part": np.array([-1, 0, 1], np.int8)[kind]}
    columns["station"] = rng.integers(0, 3, n).astype(np.int32)
    columns["flags"] = np.where(rng.random(n) < 0.1, int(Flag.DUPLICATE), 0).astype(np.int32)
    variant = np.where(rng.random(n) < 0.8, 0, rng.integers(1, 3, n))
    names = np.char.add(np.array([b"DOVER", b"DOVXR", b"OSTEND"])[variant], mmsi.astype("S9"))
    columns["name"] = np.where(kind < 2, names, b"").astype("S34")
    columns["callsign"] = np.where(kind != 1, np.array([b"MABC", b"MABX", b""])[variant], b"").astype("S7")
    columns["ship_type"] = np.where(kind != 1, 70 + variant, -1).astype(np.int16)
    columns["to_bow_m"] = np.where(kind != 1, 100.0, np.nan)
    columns["destination"] = np.where(kind == 0, rng.choice(np.array([b"CALAIS", b"DOVER", b""]), n), b"").astype("S20")
    columns["draught_m"] = np.where(kind == 0, rng.choice([4.0, 5.0, np.nan], n), np.nan)
    text = [repr([columns[c][k] for c in ("mmsi", "part", "name", "callsign", "destination")]) for k in range(n)]
    columns["payload_hash"] = np.array([crc32(one.encode()) for one in text], np.uint64)
    return Statics(**columns)


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_static_data_one_by_one_and_as_columns_give_the_same_table(seed: int) -> None:
    rng = np.random.default_rng(seed)
    statics = static_stream(rng)
    rows = [Row(0.0, int(mmsi), 50.0, 1.0) for mmsi in np.unique(statics.mmsi)[::2]]
    single, whole = TrackTable(), TrackTable()
    for table, n_parts in ((single, len(statics)), (whole, 3)):
        feed(table, rows)
        for part in np.array_split(np.arange(len(statics)), n_parts):
            apply(table, NO_POSITIONS, statics.take(part), NO_TEXTS, 1e9)
    assert same(canonical(single), canonical(whole)) == []
    assert single.doubts == whole.doubts
