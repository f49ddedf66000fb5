"""D9: a ship goes against the traffic in a lane of a separation scheme.

COLREG rule 10(b)(i); MGN 364 asks that each apparent contravener be called. The course over the ground must be more
than 120° off the lane's direction, three minutes long, at least a quarter of a mile inside, at more than 3 kn; a
heading that is sent must not contradict it, since a stream of 3 kn turns the course of a slow ship. Between 60° and
120° it crosses, which is another rule. Once raised it holds down to 0.7 of the angle, so that a ship that yaws is one
alert. One alert a ship, whichever legs of the scheme it passes through.

Not for: ships under 20 m and sailing vessels (10(j)), fishing vessels (10(i)), those restricted in their ability to
manoeuvre (10(k), (l)), not under command (lane_stopped tells of them), rescue units, and positions that are not to
be trusted now.
"""

import numpy as np

from alerts import words
from alerts.alert import Hits, Priority, SubjectKind
from alerts.hits import (
    NM_M,
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
from alerts.picture import Picture, StationClass
from alerts.rule import Angle, NotNegative, Parameter, Rule, timing_parameters

NAMES = ("off_lane_deg", "cog_deg", "heading_deg", "lane_deg", "sog_kn", "inside_m", "in_lane_s", "fence_id")
HOLD = 0.7  # alert hysteresis: raise at h, clear at 0.7 h
EXEMPT_STATUS = (1, 2, 3, 5, 6, 7, 8)  # anchored, NUC, RAM, moored, aground, fishing, under sail: M.1371-5 table 47
MAX_FIX_AGE_S = 180.0  # the slowest class B interval; an older course says nothing about now


def detect(
    picture: Picture,
    *,
    raise_after_s: NotNegative,
    min_off_lane_deg: Angle,
    min_heading_off_lane_deg: Angle,
    min_inside_nm: NotNegative,
    min_sog_kn: NotNegative,
    min_length_m: NotNegative,
    exempt_ship_types: tuple[int, ...],
) -> Hits:
    """Ships in a lane whose course is against its direction."""
    pair = pairs_in(picture, ("tss_lane",))
    if not len(pair):
        return no_hits(NAMES)
    pairs, v = picture.pairs, picture.vessels
    off = off_axis_deg(v.cog_deg[pairs.vessel[pair]], picture.fences.traffic_direction_deg[pairs.fence[pair]])
    pair, off = pair[off >= HOLD * min_off_lane_deg], off[off >= HOLD * min_off_lane_deg]
    if not len(pair):
        return no_hits(NAMES)
    row, fence = pairs.vessel[pair], pairs.fence[pair]
    length_m = v.length_m[row]
    is_big = (length_m >= min_length_m) | (np.isnan(length_m) & (v.station_class[row] == StationClass.A.value))
    may = is_ship(picture, row) & is_big & ~v.is_degraded[row] & (picture.now_unix_s - v.t_unix_s[row] <= MAX_FIX_AGE_S)
    may &= ~is_one_of(v.nav_status[row], EXEMPT_STATUS) & ~is_one_of(v.ship_type[row], exempt_ship_types)
    lane_deg = picture.fences.traffic_direction_deg[fence]
    heading_off = off_axis_deg(v.heading_deg[row], lane_deg)
    is_against = (off > min_off_lane_deg) & ~(heading_off < min_heading_off_lane_deg) & (v.sog_kn[row] > min_sog_kn)
    inside_m = pairs.depth_m[pair]
    is_raising = is_against & (inside_m >= min_inside_nm * NM_M)
    may &= v.sog_kn[row] > HOLD * min_sog_kn
    order = np.lexsort((-inside_m, ~is_raising))
    order = order[may[order]]
    row, pair, off = row[order], pair[order], off[order]
    in_lane_s = picture.now_unix_s - pairs.t_enter_unix_s[pair]
    return target_hits(
        picture,
        row,
        priority=Priority.WARNING,
        is_raising=is_raising[order],
        raise_after_s=raise_after_s,
        band=doubling(in_lane_s / 300.0),
        names=NAMES,
        values=(
            off,
            v.cog_deg[row],
            v.heading_deg[row],
            lane_deg[order],
            v.sog_kn[row],
            inside_m[order],
            in_lane_s,
            fence_ids(picture.fences)[pairs.fence[pair]],
        ),
    )


def explain(picture: Picture, hits: Hits, i: int) -> str:
    v, row = picture.vessels, int(hits.row[i])
    off_deg, cog_deg, _, lane_deg, sog_kn, inside_m, in_lane_s = (float(value[i]) for value in hits.values[:7])
    lane = fence_name(picture.fences, hits.values[7][i])
    return (
        f"{words.label(picture, row)} goes against the traffic in {lane}: course "
        f"{words.course(cog_deg)} at {sog_kn:.1f} kn where traffic goes {words.course(lane_deg)} ({off_deg:.0f}° off), "
        f"{inside_m / NM_M:.1f} nm inside for {words.span(in_lane_s)}, at "
        f"{words.place(float(hits.lat_deg[i]), float(hits.lon_deg[i]))}, {words.utc(float(v.t_unix_s[row]))}."
    )


RULE = Rule(
    name="wrong_way",
    version=1,
    subject_kind=SubjectKind.TARGET,
    title="against the traffic in a lane",
    cleared="no longer goes against the traffic",
    every_s=5.0,
    detect=detect,
    explain=explain,
    parameters=(
        Parameter("raise_after_s", 180.0, "A ship must go against the traffic for this many seconds without a break."),
        Parameter(
            "min_off_lane_deg",
            120.0,
            "Its course must differ from the lane's direction by more than this many degrees; less is crossing.",
        ),
        Parameter(
            "min_heading_off_lane_deg",
            90.0,
            "A heading that is sent must differ from the lane's direction by at least this many degrees as well.",
        ),
        Parameter("min_inside_nm", 0.25, "It must be this many nautical miles inside the lane's edge."),
        Parameter("min_sog_kn", 3.0, "Slower ships, in knots over the ground, are left out: the stream moves them."),
        Parameter(
            "min_length_m",
            20.0,
            "Shorter ships, in metres, are left out (COLREG 10(j)); class B of unknown length counts as short.",
        ),
        Parameter(
            "exempt_ship_types",
            (30, 33, 34, 36, 50, 51, 55),
            "AIS ship types that are left out: fishing, dredging, diving, sailing, pilot, search and rescue, law "
            "enforcement.",
        ),
        *timing_parameters(clear_after_s=180.0),
    ),
)
