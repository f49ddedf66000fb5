"""Which track a report belongs to, when its MMSI alone does not say it (domain D18, X18).

A report that its MMSI's track could not have reached starts a second track. What it means shows later:

    old place      x  x  x  x                  x  x  x       the old place goes on: two vessels with one MMSI
    new place                  o  o  o                          (twins), both stay

    old place      x  x  x  x   (silent for three of its intervals)
    new place                  o  o  o  o  o  o  o           the old place is silent: it jumped. The new track is
                                                                put under the old id, its path starts anew there

So no track ever teleports, and one boat keeps one id. A new place that sends a distress is never put under the old
id. A single report from a new place stays hidden: one damaged line in 255 passes the checksum (reference: peers,
OpenCPN). MMSIs that many sets share (0, 123456789) never jump.
Each MMSI holds up to `SPLITS` tracks; what fits none of them when all are taken is rejected and counted.
Everything here runs for one report at a time: only MMSIs in doubt come here.
"""

import math

import numpy as np

from decoders.table import Column
from monitor.changes import Changes
from monitor.classes import SHARED_MMSI, class_of_form, fastest_kn
from monitor.kinematics import NM_M, leg_m, report_interval_s
from monitor.reports import Report
from monitor.tracktable import FIX, FIX_CODES, MARK, PREV, SPLITS, Suspect, TrackTable

JUMP_NM = 1.0  # domain D18: below it is noise, a moved antenna or two receivers' clocks
SLACK_S = 10.0  # stamps of two stations may differ by that much
STALE_S = 600.0  # a report whose own UTC second contradicts its stamp was delayed, by unknown minutes
SECOND_S = 5.0  # and this is how far the two may drift apart
COARSE_NM = 0.5  # type 27: half a unit of 1/10 minute at both ends, and its position may be a minute old
PATIENCE_INTERVALS = 3.0  # so long must the old place be silent before a jump is believed
PATIENCE_S = (30.0, 600.0)  # at least, at most
WAY_BACK_S = 3600.0  # jamming that lasts longer ends unrecognised: the return is then told as a jump
UNCONFIRMED_S = 200.0  # class A at anchor and class B at rest report every 180 s
KN_TO_M_PER_S = NM_M / 3600.0


def choose(table: TrackTable, rows: list[int], report: Report) -> int:
    """The row among `rows` that the report fits best, -1 when it could have been none of them."""
    best, best_m = -1, math.inf
    for row in rows:
        apart_m = mismatch_m(table, row, report)
        if apart_m < best_m:
            best, best_m = row, apart_m
    return best


def mismatch_m(table: TrackTable, row: int, report: Report) -> float:
    """Metres between a report and where the track would be by its last speed; inf when it cannot have got there.

    A track without a fix fits anything, but worse than any other.
    """
    t_unix_s, lat_deg, lon_deg, sog_kn, cog_deg = table.blocks["f8"][:5, row].tolist()
    if math.isnan(t_unix_s):
        return 1e30
    dt_s = report.t_unix_s - t_unix_s
    moved_m = leg_m(lat_deg, lon_deg, report.lat_deg, report.lon_deg)
    is_coarse = bool(report.is_coarse or table.is_coarse[row])
    beyond_m = moved_m - COARSE_NM * NM_M * is_coarse
    if beyond_m > JUMP_NM * NM_M:
        limit_kn = fastest_kn(int(table.station_class[row]), int(table.ship_type[row]))
        slack_s = SLACK_S + STALE_S * is_stale(dt_s, int(table.utc_second[row]), report.utc_second)
        if beyond_m > limit_kn * KN_TO_M_PER_S * (abs(dt_s) + slack_s):
            return math.inf
    if math.isnan(sog_kn) or math.isnan(cog_deg):
        return moved_m
    run_deg = sog_kn * max(min(dt_s, STALE_S), -STALE_S) / 3600.0 / 60.0
    lat_there = lat_deg + run_deg * math.cos(math.radians(cog_deg))
    lon_there = lon_deg + run_deg * math.sin(math.radians(cog_deg)) / max(math.cos(math.radians(lat_deg)), 0.01)
    return leg_m(lat_there, lon_there, report.lat_deg, report.lon_deg)


def is_stale(dt_s: float, second_before: int, second: int) -> bool:
    """Whether the UTC seconds that two messages carry contradict the time between their stamps."""
    if second_before < 0 or second < 0:
        return False
    return abs((second - second_before - dt_s + 30.0) % 60.0 - 30.0) > SECOND_S


def latest_row(table: TrackTable, rows: list[int]) -> int:
    """The row heard last, shown ones before hidden ones: whom a message without a position belongs to."""
    return max(rows, key=lambda row: (int(table.target_id[row]) not in table.hidden, table.t_heard_unix_s[row]))


def split(table: TrackTable, changes: Changes, rows: list[int], report: Report) -> int:
    """A new row for a report that fits none of its MMSI's rows, -1 when every split is taken."""
    target_id = _free_id(table, rows, report)
    if target_id < 0:
        return -1
    origin = _origin(table, [row for row in rows if table.target_id[row] >= 0])
    row = int(table.add(np.array([target_id]))[0])
    table.form_class[row] = table.station_class[row] = class_of_form(np.array([report.mmsi]))[0]
    table.hidden.add(target_id)
    t_unix_s, lat_deg, lon_deg = table.blocks["f8"][:3, origin].tolist()
    moved_nm = leg_m(lat_deg, lon_deg, report.lat_deg, report.lon_deg) / NM_M
    speed_kn = moved_nm / max(abs(report.t_unix_s - t_unix_s), 1.0) * 3600.0
    origin_id = int(table.target_id[origin])
    table.suspects[target_id] = Suspect(origin_id, report.t_unix_s, speed_kn, moved_nm, lat_deg, lon_deg)
    changes.new.append(np.array([target_id]))
    return row


def _free_id(table: TrackTable, rows: list[int], report: Report) -> int:
    """The lowest free target id of an MMSI; when all are taken, that of the oldest unconfirmed track, which goes.

    An unconfirmed track stays for one interval of a vessel at rest: were it to go earlier, nine vessels under one
    MMSI would push each other out for ever.
    """
    taken = {int(table.target_id[row]) for row in rows}
    free = [k for k in range(report.mmsi * SPLITS, report.mmsi * SPLITS + SPLITS) if k not in taken]
    if free:
        return free[0]
    hidden = [row for row in rows if int(table.target_id[row]) in table.hidden]
    stale = [row for row in hidden if table.t_heard_unix_s[row] < report.t_unix_s - UNCONFIRMED_S]
    if not stale:
        return -1
    oldest = int(table.target_id[min(stale, key=lambda row: (table.t_heard_unix_s[row], table.target_id[row]))])
    table.remove(np.array([oldest]))
    return oldest


def _origin(table: TrackTable, rows: list[int]) -> int:
    """The track of an MMSI that has the latest fix, certain ones before suspects."""
    return max(
        rows,
        key=lambda row: (int(table.target_id[row]) not in table.suspects, table.t_unix_s[row], -table.target_id[row]),
    )


def settle(table: TrackTable, changes: Changes, mmsi: int) -> None:
    """Decide what can be decided about the suspects of one MMSI."""
    for row in table.rows_of(mmsi):
        target_id = int(table.target_id[row])
        suspect = table.suspects.get(target_id)
        if suspect is None or table.n_fixes[row] < 2:
            continue
        if target_id in table.hidden:
            table.hidden.discard(target_id)
            table.n_members += 1
        origin = table.row_of(suspect.origin_id)
        if origin < 0:
            del table.suspects[target_id]
        elif mmsi in SHARED_MMSI or _is_distress(table, row) or table.t_unix_s[origin] > suspect.t_unix_s:
            del table.suspects[target_id]
            changes.n_splits += 1
        elif table.t_unix_s[row] - table.t_unix_s[origin] >= patience_s(table, origin):
            _jump(table, suspect, row, origin)
            table.remove(np.array([target_id]))
            changes.removed.append(target_id)
            changes.moved_single.add(suspect.origin_id)
            changes.n_jumps += 1


def _is_distress(table: TrackTable, row: int) -> bool:
    """Whether a track has sent a distress: two of those are never made one without a person (domain D14)."""
    return not math.isnan(table.t_distress_unix_s[row])


def patience_s(table: TrackTable, row: int) -> float:
    """How long a track must be silent before its place counts as left."""
    at = [row]
    interval = report_interval_s(
        table.station_class[at], table.sog_kn[at], table.nav_status[at], table.turn_deg_per_min[at], table.is_coarse[at]
    )
    return min(max(PATIENCE_INTERVALS * float(interval[0]), PATIENCE_S[0]), PATIENCE_S[1])


def is_way_back(table: TrackTable, row: int) -> bool:
    """Whether a track that jumped is where it could have gone from where it was before: it has come back.

    When jamming ends, ships return to their true places. That is no second disturbance, and not where the jammer is.
    """
    t_unix_s, lat_deg, lon_deg = table.blocks["f8"][:3, row].tolist()
    since_s = t_unix_s - float(table.t_jump_unix_s[row])
    if not 0.0 <= since_s <= WAY_BACK_S:
        return False
    before = float(table.lat_before_jump_deg[row]), float(table.lon_before_jump_deg[row])
    limit_kn = fastest_kn(int(table.station_class[row]), int(table.ship_type[row]))
    is_in_reach: bool = leg_m(*before, lat_deg, lon_deg) <= limit_kn * KN_TO_M_PER_S * (since_s + SLACK_S)
    return is_in_reach


def _jump(table: TrackTable, suspect: Suspect, row: int, origin: int) -> None:
    """Put what `row` heard under the origin's identity. Its path and trail are those of the new place only."""
    f8, i8, i1 = table.blocks["f8"], table.blocks["i8"], table.blocks["i1"]
    for part in (FIX, PREV, MARK):
        f8[part, origin] = f8[part, row]
    table.implied_speed_kn[origin] = table.implied_speed_kn[row]
    if not is_way_back(table, origin):
        table.t_jump_unix_s[origin] = suspect.t_unix_s
        table.jump_speed_kn[origin] = suspect.speed_kn
        table.jump_nm[origin] = suspect.jump_nm
        table.lat_before_jump_deg[origin] = suspect.lat_deg
        table.lon_before_jump_deg[origin] = suspect.lon_deg
    i1[FIX_CODES, origin] = i1[FIX_CODES, row]
    i8[0, origin] += i8[0, row]
    i8[1:3, origin] = i8[1:3, row]
    table.n_distress[origin] += table.n_distress[row]
    for name in ("t_heard_unix_s", "t_distress_unix_s", "t_distress_test_unix_s", "t_distress_came_unix_s"):
        column: Column = getattr(table, name)
        column[origin] = np.fmax(column[origin], column[row])
    for name in ("flags", "receiver", "n_trail", "hearer", "t_hearer_unix_s"):
        getattr(table, name)[origin] = getattr(table, name)[row]
    for name in ("trail_t_unix_s", "trail_lat_1e7", "trail_lon_1e7"):
        getattr(table, name)[origin] = getattr(table, name)[row]
