"""D13: a vessel enters an area that it should keep out of, or that somebody wants to watch.

Entering is decided by `geofences` (two reports or 15 s, at least 50 m inside; leaving at 100 m outside), so noise of
the position at the boundary is gone before it comes here. A vessel that was inside when first seen has not entered.
One that jumped over the whole area between two reports has crossed it: that is told too, and ends by itself, and so is
a line that was crossed. One that lay in an area when its schedule put it in force is told, in these words: the hour was
announced, and whoever is still there is the one to call.
"""

import numpy as np

from alerts import words
from alerts.alert import Hits, SubjectKind
from alerts.concern import is_about
from alerts.hits import (
    EVENT_CROSSED,
    PRIORITY_NAMES,
    events_in,
    fence_ids,
    fence_key,
    fence_name,
    is_left_out,
    is_one_of,
    make_hits,
    mix,
    no_hits,
    pairs_in,
)
from alerts.picture import Picture, StationClass
from alerts.rule import NotNegative, Parameter, PriorityName, Rule, timing_parameters

NAMES = ("fence_id", "fence_kind", "event", "entered_unix_s", "inside_m", "sog_kn", "cog_deg")
# by geofences.events.Side: of an area, of a line from starboard, and (-1) from port
CROSSED = np.array([b"crossed", b"crossed from starboard", b"crossed from port"])
VESSEL_CLASSES = (StationClass.A, StationClass.B, StationClass.CRAFT, StationClass.UNKNOWN)


def detect(
    picture: Picture,
    *,
    raise_after_s: NotNegative,
    kinds: tuple[str, ...],
    ids: tuple[str, ...],
    groups: tuple[str, ...],
    priority: PriorityName,
    min_length_m: NotNegative,
    exempt_ship_types: tuple[int, ...],
) -> Hits:
    """Vessels inside one of the chosen fences, and those that crossed one in this tick."""
    pair = pairs_in(picture, kinds, ids, groups, is_held=True)
    crossing = events_in(picture, EVENT_CROSSED, kinds, ids, groups)
    pairs, events = picture.pairs, picture.events
    pair = pair[~pairs.is_baseline[pair]]
    if not len(pair) and not len(crossing):
        return no_hits(NAMES)
    row = np.concatenate([pairs.vessel[pair], events.vessel[crossing]])
    fence = np.concatenate([pairs.fence[pair], events.fence[crossing]])
    t_enter = np.concatenate([pairs.t_enter_unix_s[pair], events.t_unix_s[crossing]])
    v = picture.vessels
    lat_deg = np.concatenate([v.lat_deg[pairs.vessel[pair]], events.lat_deg[crossing]])
    lon_deg = np.concatenate([v.lon_deg[pairs.vessel[pair]], events.lon_deg[crossing]])
    is_crossing = np.arange(len(row)) >= len(pair)
    event = np.concatenate([np.where(pairs.was_there[pair], b"was inside", b"entered"), CROSSED[events.side[crossing]]])
    may = is_one_of(v.station_class[row], VESSEL_CLASSES) & ~v.is_degraded[row]
    may &= ~is_left_out(picture, row, fence, ship_types=exempt_ship_types, min_length_m=min_length_m)
    chosen = np.flatnonzero(may)
    row, fence = row[chosen], fence[chosen]
    inside_m = np.full(len(chosen), np.nan)
    inside_m[~is_crossing[chosen]] = pairs.depth_m[pair[chosen[~is_crossing[chosen]]]]
    return make_hits(
        row,
        mix(v.target_id[row], fence_key(picture.fences)[fence]),
        lat_deg[chosen],
        lon_deg[chosen],
        priority=PRIORITY_NAMES[priority],
        is_raising=is_about(picture, row, fence),
        raise_after_s=np.where(is_crossing[chosen], 0.0, raise_after_s),
        band=0,
        names=NAMES,
        values=(
            fence_ids(picture.fences)[fence],
            np.array([kind.encode() for kind in picture.fences.kind])[fence],
            event[chosen],
            t_enter[chosen],
            inside_m,
            v.sog_kn[row],
            v.cog_deg[row],
        ),
    )


def explain(picture: Picture, hits: Hits, i: int) -> str:
    fence_id, _, event, t_enter, inside_m, sog_kn, cog_deg = (value[i] for value in hits.values)
    went = f", course {words.course(float(cog_deg))} at {sog_kn:.1f} kn" if np.isfinite(cog_deg + sog_kn) else ""
    deep = f", {words.distance(inside_m)} inside" if np.isfinite(inside_m) else ""
    verb, _, side = event.decode().partition(" from ")
    came = f" from its {side} side" if side else ""
    where = f"{fence_name(picture.fences, fence_id)}{came}"
    if verb == "was inside":
        where += ", when it came into force,"
    return (
        f"{words.label(picture, int(hits.row[i]))} {verb} {where} at "
        f"{words.utc(float(t_enter))}{deep}{went}, at {words.place(float(hits.lat_deg[i]), float(hits.lon_deg[i]))}."
    )


RULE = Rule(
    name="fence_entry",
    version=1,
    subject_kind=SubjectKind.TARGET,
    title="entered a watched area",
    cleared="has left the area",
    detect=detect,
    explain=explain,
    parameters=(
        Parameter("raise_after_s", 0.0, "Seconds inside before it is told, on top of the chart's own hysteresis."),
        Parameter(
            "kinds",
            ("exclusion_zone", "aid_to_navigation"),
            "Kinds of fences whose entry is told.",
        ),
        Parameter("ids", (), "Single fences, by id, whose entry is told as well."),
        Parameter("groups", (), "Groups of fences, as the chart names them, whose entry is told as well."),
        Parameter("priority", "warning", "How urgent it is: caution, warning or alarm."),
        Parameter(
            "min_length_m",
            20.0,
            "Vessels known to be shorter than this, in metres, are left out of fences that name no lengths, types or "
            "MMSIs.",
        ),
        Parameter(
            "exempt_ship_types",
            (31, 32, 33, 34, 50, 51, 52, 53, 55),
            "AIS ship types that are left out of fences that name no types and no MMSIs: towing, dredging, diving, "
            "pilot, search and rescue, tug, port tender, law enforcement.",
        ),
        *timing_parameters(clear_after_s=60.0),
    ),
)
