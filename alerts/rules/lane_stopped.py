"""D3, the part that AIS tells: a ship stops or drifts in a traffic lane.

Not under command by its own status (2), stopped over the ground, or set sideways: slow, with course and heading far
apart (40° is the drift angle of the French search and rescue centre). Stopped and drifting must last ten minutes, a
status one. The stream runs at up to 4 kn here, so "stopped" over the ground is a strong sign and 2 kn sideways is the
usual look of a ship without engine. Hysteresis: an open alert holds up to 1 kn and down to 28°.

Not for: ships that have work there (fishing, restricted in their ability to manoeuvre, dredging, diving, pilots,
rescue, law enforcement) and a ship at anchor within an anchorage. A ship at anchor in the lane itself is told.
"""

import numpy as np

from alerts import words
from alerts.alert import Hits, Priority, SubjectKind
from alerts.hits import (
    doubling,
    fence_ids,
    fence_name,
    is_one_of,
    is_ship,
    no_hits,
    off_axis_deg,
    pairs_in,
    target_hits,
)
from alerts.picture import Column, Picture
from alerts.rule import Angle, NotNegative, Parameter, Rule, timing_parameters

NAMES = ("how", "sog_kn", "drift_angle_deg", "nav_status", "in_lane_s", "inside_m", "fence_id")
HOWS = np.array([b"", b"drifting", b"stopped", b"not under command"])
DRIFTING, STOPPED, NUC = 1, 2, 3
NUC_STATUS, AT_ANCHOR = 2, 1
WORKING_STATUS = (3, 7)  # restricted in ability to manoeuvre, engaged in fishing: M.1371-5 table 47
HOLD = 0.7  # alert hysteresis: raise at h, clear at 0.7 h (angles) or at h / 0.7 (speeds)
MAX_FIX_AGE_S = 200.0  # a ship that says it is at rest reports every three minutes (M.1371-5 table 1)


def detect(
    picture: Picture,
    *,
    raise_after_s: NotNegative,
    not_under_command_raise_after_s: NotNegative,
    max_stopped_sog_kn: NotNegative,
    max_drift_sog_kn: NotNegative,
    min_drift_angle_deg: Angle,
    anchorage_kinds: tuple[str, ...],
    exempt_ship_types: tuple[int, ...],
) -> Hits:
    """Ships in a lane that are stopped, drifting or not under command."""
    v = picture.vessels
    pair = pairs_in(picture, ("tss_lane",))
    slow = (v.sog_kn <= max_drift_sog_kn / HOLD) | (v.nav_status == NUC_STATUS)
    pair = pair[slow[picture.pairs.vessel[pair]]]
    if not len(pair):
        return no_hits(NAMES)
    row = picture.pairs.vessel[pair]
    may = is_ship(picture, row) & ~is_one_of(v.ship_type[row], exempt_ship_types)
    may &= ~is_one_of(v.nav_status[row], WORKING_STATUS)
    may &= ~((v.nav_status[row] == AT_ANCHOR) & _is_in(picture, row, anchorage_kinds))
    pair, row = pair[may], row[may]
    angle = off_axis_deg(v.cog_deg[row], v.heading_deg[row])
    limits = (max_stopped_sog_kn, max_drift_sog_kn, min_drift_angle_deg)
    how = _how(picture, row, angle, *limits)
    held = _how(picture, row, angle, limits[0] / HOLD, limits[1] / HOLD, limits[2] * HOLD)
    is_fresh = picture.now_unix_s - v.t_unix_s[row] <= MAX_FIX_AGE_S
    shown = np.where(how > 0, how, held)
    chosen = np.flatnonzero(shown > 0)
    inside_m = picture.pairs.depth_m[pair[chosen]]
    order = np.lexsort((-inside_m, -how[chosen]))
    chosen, inside_m = chosen[order], inside_m[order]
    pair, row, shown = pair[chosen], row[chosen], shown[chosen]
    in_lane_s = picture.now_unix_s - picture.pairs.t_enter_unix_s[pair]
    return target_hits(
        picture,
        row,
        priority=Priority.WARNING,
        is_raising=(how[chosen] > 0) & is_fresh[chosen],
        raise_after_s=np.where(shown == NUC, not_under_command_raise_after_s, raise_after_s),
        band=shown * 64 + doubling(in_lane_s / 1800.0),
        names=NAMES,
        values=(
            HOWS[shown],
            v.sog_kn[row],
            angle[chosen],
            v.nav_status[row],
            in_lane_s,
            inside_m,
            fence_ids(picture.fences)[picture.pairs.fence[pair]],
        ),
    )


def _how(
    picture: Picture, row: Column, angle_deg: Column, stopped_sog_kn: float, drift_sog_kn: float, drift_angle_deg: float
) -> Column:
    """(K,) int64: in which way each ship lies in the lane; 0 in none. Positions in doubt leave only its own word."""
    v = picture.vessels
    sog_kn = np.where(v.is_degraded[row], np.nan, v.sog_kn[row])
    is_drifting = (sog_kn <= drift_sog_kn) & (angle_deg > drift_angle_deg)
    return np.select(
        [v.nav_status[row] == NUC_STATUS, sog_kn < stopped_sog_kn, is_drifting], [NUC, STOPPED, DRIFTING], 0
    )


def _is_in(picture: Picture, row: Column, kinds: tuple[str, ...]) -> Column:
    """(K,) bool: vessels inside a fence of these kinds."""
    return np.isin(row, picture.pairs.vessel[pairs_in(picture, kinds)])


def explain(picture: Picture, hits: Hits, i: int) -> str:
    how, sog_kn, angle_deg, _, in_lane_s, _, fence_id = (value[i] for value in hits.values)
    row = int(hits.row[i])
    where = words.place(float(hits.lat_deg[i]), float(hits.lon_deg[i]))
    lane = fence_name(picture.fences, fence_id)
    speed = f"{sog_kn:.1f} kn" if np.isfinite(sog_kn) else "unknown speed"
    does = {
        b"stopped": f"has stopped in {lane}: {speed} over the ground",
        b"drifting": f"drifts in {lane}: {speed}, its course {angle_deg:.0f}° off its heading",
        b"not under command": f"says it is not under command in {lane}: {speed}",
    }[how]
    return (
        f"{words.label(picture, row)} {does}, in the lane for {words.span(float(in_lane_s))}, at {where}, "
        f"{words.utc(float(picture.vessels.t_unix_s[row]))}."
    )


RULE = Rule(
    name="lane_stopped",
    version=1,
    subject_kind=SubjectKind.TARGET,
    title="stopped in a traffic lane",
    cleared="moves again or has left the lane",
    every_s=5.0,
    detect=detect,
    explain=explain,
    parameters=(
        Parameter("raise_after_s", 600.0, "A ship must lie stopped or drifting for this many seconds."),
        Parameter(
            "not_under_command_raise_after_s",
            60.0,
            "A ship that says it is not under command is told after this many seconds.",
        ),
        Parameter("max_stopped_sog_kn", 0.5, "Below this speed over the ground, in knots, a ship is stopped."),
        Parameter("max_drift_sog_kn", 4.0, "Up to this speed over the ground, in knots, a ship can be drifting."),
        Parameter(
            "min_drift_angle_deg",
            40.0,
            "A ship drifts when its course over the ground differs from its heading by more than this many degrees.",
        ),
        Parameter("anchorage_kinds", ("anchorage",), "A ship at anchor in fences of these kinds is left out."),
        Parameter(
            "exempt_ship_types",
            (30, 33, 34, 50, 51, 53, 55),
            "AIS ship types that are left out: fishing, dredging, diving, pilot, search and rescue, port tender, law "
            "enforcement.",
        ),
        *timing_parameters(clear_after_s=180.0),
    ),
    is_held_when_lost=True,
)
