"""D13: a vessel stays in an area longer than anybody has business there.

Limits stand in the configuration by the fence's kind or, stronger, by its group or its id. A vessel that was inside
when first seen counts from then on: that is the least it has stayed. Fishing and small pleasure craft may use a
separation zone (COLREG 10(e), (i), (j)) and are left out.
"""

import math
from functools import lru_cache

import numpy as np

from alerts import words
from alerts.alert import Hits, SubjectKind
from alerts.concern import is_about
from alerts.hits import (
    PRIORITY_NAMES,
    concerned,
    doubling,
    fence_ids,
    fence_key,
    fence_name,
    is_left_out,
    is_ship,
    make_hits,
    mix,
    no_hits,
)
from alerts.picture import Column, Fences, Picture
from alerts.rule import NotNegative, Parameter, PriorityName, Rule, timing_parameters

NAMES = ("fence_id", "dwell_s", "limit_s", "inside_m", "sog_kn", "was_inside_when_first_seen")


def detect(
    picture: Picture,
    *,
    limit_by_kind_s: dict[str, NotNegative],
    limit_by_group_s: dict[str, NotNegative],
    limit_by_id_s: dict[str, NotNegative],
    priority: PriorityName,
    exempt_ship_types: tuple[int, ...],
) -> Hits:
    """Vessels inside a fence for longer than its limit."""
    pairs = picture.pairs
    if not len(pairs):
        return no_hits(NAMES)
    limit_s = limits_s(picture.fences, limit_by_kind_s, limit_by_group_s, limit_by_id_s)
    pair = np.flatnonzero(picture.now_unix_s - pairs.t_enter_unix_s >= limit_s[pairs.fence])
    pair = concerned(picture, pair, is_held=True)
    if not len(pair):
        return no_hits(NAMES)
    v, row, fence = picture.vessels, pairs.vessel[pair], pairs.fence[pair]
    may = is_ship(picture, row) & ~v.is_degraded[row]
    may &= ~is_left_out(picture, row, fence, ship_types=exempt_ship_types)
    pair, row, fence = pair[may], row[may], fence[may]
    dwell_s = picture.now_unix_s - pairs.t_enter_unix_s[pair]
    return make_hits(
        row,
        mix(v.target_id[row], fence_key(picture.fences)[fence]),
        v.lat_deg[row],
        v.lon_deg[row],
        priority=PRIORITY_NAMES[priority],
        is_raising=is_about(picture, row, fence),
        raise_after_s=0.0,
        band=doubling(dwell_s / limit_s[fence]),
        names=NAMES,
        values=(
            fence_ids(picture.fences)[fence],
            dwell_s,
            limit_s[fence],
            pairs.depth_m[pair],
            v.sog_kn[row],
            pairs.is_baseline[pair],
        ),
    )


def limits_s(
    fences: Fences, by_kind_s: dict[str, float], by_group_s: dict[str, float], by_id_s: dict[str, float]
) -> Column:
    """(F,) float64: how long one may stay in each fence; infinity where there is no limit."""
    given = (tuple(by_kind_s.items()), tuple(by_group_s.items()), tuple(by_id_s.items()))
    return _limits(fences.kind, fences.groups or ((),) * len(fences), fences.fence_id, *given)


Limits = tuple[tuple[str, float], ...]


@lru_cache(maxsize=8)
def _limits(
    kinds: tuple[str, ...],
    groups: tuple[tuple[str, ...], ...],
    ids: tuple[str, ...],
    by_kind: Limits,
    by_group: Limits,
    by_id: Limits,
) -> Column:
    of_kind, of_group, of_id = dict(by_kind), dict(by_group), dict(by_id)
    limits = []
    for fence_id, kind, several in zip(ids, kinds, groups, strict=True):
        in_groups = [of_group[group] for group in several if group in of_group]
        limits.append(of_id.get(fence_id, min(in_groups, default=of_kind.get(kind, math.inf))))
    column = np.array(limits, float)
    column.setflags(write=False)
    return column


def explain(picture: Picture, hits: Hits, i: int) -> str:
    fence_id, dwell_s, limit_s, _, sog_kn, was_inside = (value[i] for value in hits.values)
    least = "at least " if was_inside else ""
    speed = f" at {sog_kn:.1f} kn now" if np.isfinite(sog_kn) else ""
    return (
        f"{words.label(picture, int(hits.row[i]))} has been in {fence_name(picture.fences, fence_id)} for "
        f"{least}{words.span(float(dwell_s))}, where {words.span(float(limit_s))} is the limit,{speed}, "
        f"{words.place(float(hits.lat_deg[i]), float(hits.lon_deg[i]))} ({words.utc(picture.now_unix_s)})."
    )


RULE = Rule(
    name="fence_dwell",
    version=1,
    subject_kind=SubjectKind.TARGET,
    title="stays in a watched area",
    cleared="has left the area",
    every_s=5.0,
    detect=detect,
    explain=explain,
    parameters=(
        Parameter(
            "limit_by_kind_s",
            {"separation_zone": 1200.0, "exclusion_zone": 300.0},
            "How many seconds a vessel may stay in a fence of each kind; kinds that are not named have no limit.",
        ),
        Parameter(
            "limit_by_group_s",
            {},
            "The same for groups of fences, as the chart names them; stronger than the kind's, of several the least.",
        ),
        Parameter("limit_by_id_s", {}, "The same for single fences, by id; stronger than both."),
        Parameter("priority", "caution", "How urgent it is: caution, warning or alarm."),
        Parameter(
            "exempt_ship_types",
            (30, 33, 34, 36, 37, 50, 51, 55),
            "AIS ship types that are left out of fences that name no types and no MMSIs: fishing, dredging, diving, "
            "sailing, pleasure craft, pilot, search and rescue, law enforcement.",
        ),
        *timing_parameters(clear_after_s=60.0),
    ),
)
