"""Positions into tracks: a column path for reports that simply follow, a scalar path for those that do not.

In a round (`monitor.groups`), reports that come after their track's last fix, at a place the track can have reached,
are written as columns (`_follow`). Late ones, better ones of the same instant, type 27, beacons and MMSIs with several
tracks go one by one through `place`. Both paths mean the same, and a report changes nothing but its own MMSI's tracks,
so the result does not depend on how a stream was cut into groups (tests/monitor/test_tracks_laws.py).
"""

import math
from itertools import groupby

import numpy as np

from decoders.columns import Positions
from decoders.table import Column
from monitor.aside import Aside, set_aside
from monitor.changes import Changes
from monitor.classes import JUMP_KN
from monitor.groups import locate, rounds
from monitor.hearing import DISTRESS, hear, hear_often, hear_one, note_distress, note_flags
from monitor.identity import JUMP_NM, KN_TO_M_PER_S, SLACK_S, choose, latest_row, settle, split
from monitor.kinematics import NM_M, distance_m, leg_m
from monitor.reports import (
    COARSE,
    DUPLICATE,
    FLAGS,
    IS_COARSE,
    LATE_S,
    MMSI,
    STATION,
    TIE,
    TYPE,
    Report,
    blocks_of,
    reports_of,
)
from monitor.tracktable import FIX, FIX_CODES, FIX_ORIGIN, PREV, TrackTable
from monitor.trails import push, push_one, replace_one

FINE_HOLDS_S = 600.0  # so long does a fine fix stand against coarse ones (type 27 has 1/10 minute: 185 m)
FEW = 3  # groups and rounds of at most that many rows are cheaper one by one (20 us each)


def apply_positions(table: TrackTable, changes: Changes, positions: Positions, now_unix_s: float) -> None:
    """Bring every position row, in order of arrival, to its track."""
    changes.n_positions += len(positions.mmsi)
    if len(positions.mmsi) <= FEW:
        _apply_few(table, changes, positions, now_unix_s)
        return
    floats, codes = blocks_of(positions, now_unix_s)
    table.t_since_unix_s = min(table.t_since_unix_s, float(floats[0].min()))
    aside = set_aside(table, floats, codes)
    if aside is not None:
        aside_floats, aside_codes = floats[:, aside.at], codes[:, aside.at]
        kept = np.ones(floats.shape[1], bool)
        kept[aside.at] = False
        floats, codes = floats[:, kept], codes[:, kept]
    _apply_rounds(table, changes, floats, codes)
    if aside is not None:
        _hear_aside(table, changes, aside, aside_floats, aside_codes)


def _apply_rounds(table: TrackTable, changes: Changes, floats: Column, codes: Column) -> None:
    mmsi, parts = rounds(codes[MMSI], floats[0], codes[TIE])
    first_row = locate(table, changes, mmsi)  # rows do not move; an MMSI that gets a second one goes through `place`
    for at, which in parts:
        if len(at) <= FEW:
            _place_each(table, changes, floats[:, at], codes[:, at])
        else:
            _apply_round(table, changes, first_row[which], floats.take(at, axis=1), codes.take(at, axis=1))


def _hear_aside(table: TrackTable, changes: Changes, aside: Aside, floats: Column, codes: Column) -> None:
    """The rows set aside are heard by their tracks; an MMSI that has got a second track meanwhile is looked at."""
    doubtful = aside.is_after & (table.is_shared[aside.row] != 0)
    if doubtful.any():
        _place_each(table, changes, floats[:, doubtful], codes[:, doubtful])
        floats, codes = floats[:, ~doubtful], codes[:, ~doubtful]
    row = aside.row[~doubtful]
    hear_often(table, row, floats[0], codes[TYPE], codes[STATION])
    n_duplicates = int(np.count_nonzero(codes[DUPLICATE]))
    changes.n_duplicates += n_duplicates
    changes.n_held += len(row) - n_duplicates


def _apply_few(table: TrackTable, changes: Changes, positions: Positions, now_unix_s: float) -> None:
    """The same for a handful of rows, as most ticks of a quiet sea bring: half the cost of making columns of them."""
    reports = reports_of(positions, now_unix_s)
    reports.sort(key=lambda report: report.mmsi)
    for (mmsi, t_unix_s), instant in groupby(reports, key=lambda report: (report.mmsi, report.t_unix_s)):
        table.t_since_unix_s = min(table.t_since_unix_s, t_unix_s)
        if not table.rows_of(mmsi):
            locate(table, changes, np.array([mmsi]))
        for report in sorted(instant, key=lambda report: -report.tie):
            place(table, changes, report)


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
    i1[FIX_CODES, row] = codes[: COARSE + 1]
    table.blocks["i4"][FIX_ORIGIN, row] = codes[FLAGS : STATION + 1]
    keys = i8[:2].take(row, axis=1)
    i8[0, row] = keys[0] + 1
    i8[1, row] = codes[TIE]
    i8[2, row] = keys[1]
    push(table, row, floats[0], floats[1], floats[2])
    target_id = table.target_id[row]
    changes.moved.append(target_id)
    changes.n_fixes += len(row)
    has = (dt_s > 0).nonzero()[0]  # NaN for the first fix
    if len(has):
        row, before, floats = row[has], before[:, has], floats[:, has]
        is_late = np.zeros(len(has), bool)
        changes.add_legs((target_id[has], row, *before, floats[0], floats[1], floats[2], is_late))


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
        _note(table, changes, row, report)
        return
    row = choose(table, rows, report)
    if row < 0 and not report.is_coarse:
        row = split(table, changes, rows, report)
    if row < 0:
        changes.n_rejected += 1
        note_distress(table, latest_row(table, rows), report.t_unix_s, report.flags, changes.now_unix_s)
        return
    before = table.blocks["f8"][:3, row].tolist()
    if report.t_unix_s < before[0] - LATE_S:
        changes.n_late_dropped += 1
        note_distress(table, row, report.t_unix_s, report.flags, changes.now_unix_s)
        return
    _note(table, changes, row, report)
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


def _note(table: TrackTable, changes: Changes, row: int, report: Report) -> None:
    t_before = float(table.t_heard_unix_s[row])
    hear_one(table, row, report.t_unix_s, report.type, report.station)
    note_flags(table, row, t_before, report.t_unix_s, report.flags)
    if not report.is_duplicate:
        note_distress(table, row, report.t_unix_s, report.flags, changes.now_unix_s)


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
    changes.moved_single.add(int(table.target_id[row]))
    changes.n_fixes += 1
    if not is_first:
        _imply_speed(table, row)
        changes.add_leg(table, row, before, [report.t_unix_s, report.lat_deg, report.lon_deg], False)


def _same_instant(table: TrackTable, changes: Changes, row: int, report: Report) -> None:
    changes.n_simultaneous += 1
    if report.tie > table.tie[row]:
        _write_fix(table, row, report)
        replace_one(table, row, report.t_unix_s, report.lat_deg, report.lon_deg)
        changes.moved_single.add(int(table.target_id[row]))
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
