"""Positions into tracks: a column path for reports that simply follow, a scalar path for those that do not.

In a round (`monitor.groups`), reports that come after their track's
last fix, at a place the track can have reached, are written as columns (`_follow`). Late ones, several of one instant,
type 27, beacons and MMSIs with several tracks go one by one through `place`. Both paths mean the same, and a report
changes nothing but its own MMSI's tracks, so the result does not depend on how a stream was cut into groups
(tests/monitor/test_tracks_laws.py).
"""

import math
from itertools import groupby
from typing import Any

import numpy as np

from decoders.columns import Flag, Positions, TimeSource
from decoders.table import Column
from monitor.changes import Changes
from monitor.classes import JUMP_KN
from monitor.groups import locate, rounds
from monitor.hearing import DISTRESS, hear, hear_one, note_distress, note_flags
from monitor.identity import JUMP_NM, KN_TO_M_PER_S, SLACK_S, Report, choose, latest_row, settle, split
from monitor.kinematics import NM_M, distance_m, leg_m
from monitor.tracktable import FIX, FIX_CODES, FIX_ORIGIN, PREV, TrackTable
from monitor.trails import push, push_one, replace_one

LATE_S = 120.0  # domain 2.3: two-clock logic accepts reports up to this far behind
FINE_HOLDS_S = 600.0  # so long does a fine fix stand against coarse ones (type 27 has 1/10 minute: 185 m)
FEW = 3  # rounds of at most that many rows are cheaper one by one (about 20 us each) than as columns
FINE = 1 << 62
IS_COARSE, IS_DUPLICATE = int(Flag.COARSE), int(Flag.DUPLICATE)  # plain integers: an enum costs 1 us a look
IS_ARRIVAL = np.isin(np.arange(len(TimeSource)), (TimeSource.NONE, TimeSource.CARRIED, TimeSource.CHUNK))

REPORT_COLUMNS = (
    *("t_unix_s", "lat_deg", "lon_deg", "sog_kn", "cog_deg", "heading_deg", "turn_deg_per_min", "altitude_m"),
    *("nav_status", "utc_second", "is_accurate", "flags", "station", "type", "mmsi"),
    *("time_source", "line", "payload_hash"),
)
# rows of the integer block that `prepare` makes, in the order of Report's fields after the floats
NAV, SECOND, ACCURATE, COARSE, FLAGS, STATION, TIE, TYPE, MMSI, DUPLICATE = range(10)


def apply_positions(table: TrackTable, changes: Changes, positions: Positions, now_unix_s: float) -> None:
    """Bring every position row, in order of arrival, to its track."""
    changes.n_positions += len(positions.mmsi)
    if len(positions.mmsi) <= FEW:
        _apply_few(table, changes, positions, now_unix_s)
        return
    floats, codes = prepare(positions, now_unix_s)
    table.t_since_unix_s = min(table.t_since_unix_s, float(floats[0].min()))
    mmsi, parts = rounds(codes[MMSI], floats[0], codes[TIE])
    first_row = locate(table, changes, mmsi)  # rows do not move; an MMSI that gets a second one goes through `place`
    for at, which in parts:
        if len(at) <= FEW:
            _place_each(table, changes, floats[:, at], codes[:, at])
        else:
            _apply_round(table, changes, first_row[which], floats.take(at, axis=1), codes.take(at, axis=1))


def _apply_few(table: TrackTable, changes: Changes, positions: Positions, now_unix_s: float) -> None:
    """The same for a handful of rows, which most ticks of a quiet sea bring: half the cost of making columns of them."""
    columns = [getattr(positions, name).tolist() for name in REPORT_COLUMNS]
    reports = [_report_of(values, now_unix_s) for values in zip(*columns, strict=True)]
    reports.sort(key=lambda report: report.mmsi)
    for (mmsi, t_unix_s), instant in groupby(reports, key=lambda report: (report.mmsi, report.t_unix_s)):
        table.t_since_unix_s = min(table.t_since_unix_s, t_unix_s)
        if not table.rows_of(mmsi):
            locate(table, changes, np.array([mmsi]))
        for report in sorted(instant, key=lambda report: -report.tie):
            place(table, changes, report)


def _report_of(values: tuple[Any, ...], now_unix_s: float) -> Report:
    """One row in the order of REPORT_COLUMNS; what `prepare` does for all."""
    t_unix_s, *numbers, nav_status, second, is_accurate, flags, station, kind, mmsi, source, line, payload_hash = values
    is_unstamped = not t_unix_s <= now_unix_s + LATE_S
    is_coarse = int(flags & IS_COARSE != 0)
    tie = line if is_unstamped or IS_ARRIVAL[source] else payload_hash >> 3
    return Report(
        now_unix_s if is_unstamped else t_unix_s,
        *numbers,
        nav_status,
        second,
        is_accurate,
        is_coarse,
        flags,
        station,
        tie | (0 if is_coarse else FINE),
        kind,
        mmsi,
        int(flags & IS_DUPLICATE != 0),
    )


def prepare(positions: Positions, now_unix_s: float) -> tuple[Column, Column]:
    """The rows as a (8, N) float64 block in the order of FIX and a (10, N) int64 block of codes.

    Rows without a time, or with one more than LATE_S ahead of now, get `now_unix_s`.
    """
    n = len(positions.mmsi)
    floats = np.empty((8, n))
    for k, name in enumerate(("t_unix_s", "lat_deg", "lon_deg", "sog_kn", "cog_deg", "heading_deg")):
        floats[k] = getattr(positions, name)
    floats[6] = positions.turn_deg_per_min
    floats[7] = positions.altitude_m
    codes = np.empty((10, n), np.int64)
    is_unstamped = np.isnan(floats[0])
    # A stamp far ahead is a station's wrong clock. Taken as it stands it would make every true report after it late.
    is_unstamped |= floats[0] > now_unix_s + LATE_S
    floats[0][is_unstamped] = now_unix_s
    codes[NAV] = positions.nav_status
    codes[SECOND] = positions.utc_second
    codes[ACCURATE] = positions.is_accurate
    codes[COARSE] = (positions.flags & IS_COARSE) != 0
    codes[FLAGS] = positions.flags
    codes[STATION] = positions.station
    codes[TYPE] = positions.type
    codes[MMSI] = positions.mmsi
    codes[DUPLICATE] = (positions.flags & IS_DUPLICATE) != 0
    # Of several fixes of one instant one stays. Where the stamp is the arrival of a whole chunk the later line is the
    # later fix; where it is the message's own, order of arrival says nothing, and the payload decides.
    source = positions.time_source
    is_arrival = is_unstamped | IS_ARRIVAL[source]
    codes[TIE] = np.where(is_arrival, positions.line, (positions.payload_hash >> 3).astype(np.int64))
    codes[TIE] |= np.where(codes[COARSE], 0, FINE)
    return floats, codes


def _apply_round(table: TrackTable, changes: Changes, row: Column, floats: Column, codes: Column) -> None:
    """One round: row (N,) first row of each MMSI, none twice; floats (8, N), codes (10, N)."""
    before = table.blocks["f8"][:3].take(row, axis=1)
    dt_s = floats[0] - before[0]
    moved_m = distance_m(before[1], before[2], floats[1], floats[2])
    is_far = (moved_m > JUMP_NM * NM_M) & (moved_m > JUMP_KN * KN_TO_M_PER_S * (dt_s + SLACK_S))
    is_new = np.isnan(before[0])
    is_silent = (codes[DUPLICATE] != 0) | np.isnan(floats[1])
    is_odd = (codes[FLAGS] & (DISTRESS | IS_COARSE)) != 0
    is_odd |= table.is_shared[row] != 0
    is_plain = ~is_odd & ~is_silent
    follows = is_plain & (is_new | ((dt_s > 0) & ~is_far))
    if follows.all():
        _follow(table, changes, row, floats, codes, before, dt_s, moved_m)
        return
    at = follows.nonzero()[0]
    if len(at):
        _follow(table, changes, row[at], floats[:, at], codes[:, at], before[:, at], dt_s[at], moved_m[at])
    is_repeat = is_silent & ~is_odd & ~is_new
    loses = is_plain & (dt_s == 0) & ~is_far & (codes[TIE] <= table.tie[row])
    at = (is_repeat | loses).nonzero()[0]
    if len(at):
        hear(table, row[at], floats[0, at], codes[TYPE, at], codes[STATION, at])
        n_duplicates, n_losers = int(np.count_nonzero(codes[DUPLICATE, at])), int(np.count_nonzero(loses))
        changes.n_duplicates += n_duplicates
        changes.n_simultaneous += n_losers
        changes.n_held += len(at) - n_duplicates - n_losers
    at = (~(follows | is_repeat | loses)).nonzero()[0]
    if len(at):
        _place_each(table, changes, floats[:, at], codes[:, at])


def _follow(
    table: TrackTable,
    changes: Changes,
    row: Column,
    floats: Column,
    codes: Column,
    before: Column,
    dt_s: Column,
    moved_m: Column,
) -> None:
    """The reports become the last fixes of their rows; what was the last fix becomes the fix before."""
    hear(table, row, floats[0], codes[TYPE], codes[STATION])
    f8, i8, i1 = table.blocks["f8"], table.blocks["i8"], table.blocks["i1"]
    f8[PREV, row] = before
    f8[FIX, row] = floats
    table.implied_speed_kn[row] = moved_m / dt_s / KN_TO_M_PER_S
    i1[FIX_CODES, row] = codes[: ACCURATE + 2]
    table.blocks["i4"][FIX_ORIGIN, row] = codes[FLAGS : STATION + 1]
    keys = i8[:2].take(row, axis=1)
    i8[0, row] = keys[0] + 1
    i8[1, row] = codes[TIE]
    i8[2, row] = keys[1]
    push(table, row, floats[0], floats[1], floats[2])
    changes.n_fixes += len(row)
    has = (dt_s > 0).nonzero()[0]  # NaN for the first fix
    if len(has):
        row, before, floats = row[has], before[:, has], floats[:, has]
        is_late = np.zeros(len(has), bool)
        changes.add_legs((table.target_id[row], row, *before, floats[0], floats[1], floats[2], is_late))


def _place_each(table: TrackTable, changes: Changes, floats: Column, codes: Column) -> None:
    for numbers, integers in zip(floats.T.tolist(), codes.T.tolist(), strict=True):
        place(table, changes, Report(*numbers, *integers))


def place(table: TrackTable, changes: Changes, report: Report) -> None:
    """Bring one report to its track, whatever it is."""
    rows = table.rows_of(report.mmsi)
    if report.is_duplicate or math.isnan(report.lat_deg):
        row = rows[0] if len(rows) == 1 else -1
        if row < 0 and not math.isnan(report.lat_deg):
            row = choose(table, rows, report)
        row = latest_row(table, rows) if row < 0 else row
        changes.n_duplicates += report.is_duplicate
        changes.n_held += not report.is_duplicate
        _note(table, row, report)
        return
    row = choose(table, rows, report)
    if row < 0 and not report.is_coarse:
        row = split(table, changes, rows, report)
    if row < 0:
        changes.n_rejected += 1
        note_distress(table, latest_row(table, rows), report.t_unix_s, report.flags)
        return
    before = table.blocks["f8"][:3, row].tolist()
    if report.t_unix_s < before[0] - LATE_S:
        changes.n_late_dropped += 1
        note_distress(table, row, report.t_unix_s, report.flags)
        return
    _note(table, row, report)
    if report.is_coarse and not table.is_coarse[row] and report.t_unix_s - before[0] < FINE_HOLDS_S:
        changes.n_held += 1
    elif report.t_unix_s == before[0]:
        _same_instant(table, changes, row, report)
    elif report.t_unix_s < before[0]:
        _late(table, changes, row, report, before)
    else:
        _follow_one(table, changes, row, report, before)
    if table.is_shared[row]:
        settle(table, changes, report.mmsi)


def _note(table: TrackTable, row: int, report: Report) -> None:
    t_before = float(table.t_heard_unix_s[row])
    hear_one(table, row, report.t_unix_s, report.type, report.station)
    note_flags(table, row, t_before, report.t_unix_s, report.flags)
    if not report.is_duplicate:
        note_distress(table, row, report.t_unix_s, report.flags)


def _write_fix(table: TrackTable, row: int, report: Report) -> None:
    table.blocks["f8"][FIX, row] = (
        *(report.t_unix_s, report.lat_deg, report.lon_deg, report.sog_kn, report.cog_deg),
        *(report.heading_deg, report.turn_deg_per_min, report.altitude_m),
    )
    codes = (report.nav_status, report.utc_second, report.is_accurate, report.is_coarse)
    table.blocks["i1"][FIX_CODES, row] = codes
    table.blocks["i4"][FIX_ORIGIN, row] = (report.flags, report.station)
    table.tie[row] = report.tie


def _follow_one(table: TrackTable, changes: Changes, row: int, report: Report, before: list[float]) -> None:
    is_first = math.isnan(before[0])
    table.blocks["f8"][PREV, row] = before
    table.tie_prev[row] = table.tie[row]
    table.n_fixes[row] += 1
    _write_fix(table, row, report)
    push_one(table, row, report.t_unix_s, report.lat_deg, report.lon_deg)
    changes.n_fixes += 1
    if not is_first:
        _imply_speed(table, row)
        changes.add_leg(table, row, before, [report.t_unix_s, report.lat_deg, report.lon_deg], False)


def _same_instant(table: TrackTable, changes: Changes, row: int, report: Report) -> None:
    changes.n_simultaneous += 1
    if report.tie > table.tie[row]:
        _write_fix(table, row, report)
        replace_one(table, row, report.t_unix_s, report.lat_deg, report.lon_deg)
        _imply_speed(table, row)


def _late(table: TrackTable, changes: Changes, row: int, report: Report, before: list[float]) -> None:
    """A fix from before the last one: it becomes the fix before if it lies between the two, else only the trail's."""
    here = [report.t_unix_s, report.lat_deg, report.lon_deg]
    previous = table.blocks["f8"][PREV, row].tolist()
    if here[0] == previous[0]:
        changes.n_simultaneous += 1
        if report.tie > table.tie_prev[row]:
            _write_previous(table, row, report)
            replace_one(table, row, *here)
        return
    changes.n_late += 1
    table.n_fixes[row] += 1
    push_one(table, row, *here)
    if here[0] < previous[0]:
        return
    _write_previous(table, row, report)
    if not math.isnan(previous[0]):
        changes.add_leg(table, row, previous, here, True)
    changes.add_leg(table, row, here, before, True)


def _write_previous(table: TrackTable, row: int, report: Report) -> None:
    table.blocks["f8"][PREV, row] = (report.t_unix_s, report.lat_deg, report.lon_deg)
    table.tie_prev[row] = report.tie
    _imply_speed(table, row)


def _imply_speed(table: TrackTable, row: int) -> None:
    t, lat_deg, lon_deg = table.blocks["f8"][:3, row].tolist()
    t_prev, lat_prev_deg, lon_prev_deg = table.blocks["f8"][PREV, row].tolist()
    table.implied_speed_kn[row] = leg_m(lat_prev_deg, lon_prev_deg, lat_deg, lon_deg) / (t - t_prev) / KN_TO_M_PER_S
