"""D6: radar sees a ship that sends no AIS where AIS is well heard.

Small craft need not carry AIS, so being dark alone is nothing: this rule speaks of what is as long as a ship and under
way, and of nothing else. Below `min_length_m` the small-boat rule looks at more than the missing AIS. From
`min_warning_length_m` on it is a WARNING: SOLAS V/19.2.4 asks AIS of ships of 300 GT on international voyages (some
45 m) and of every passenger ship.

A ship whose AIS fell silent while radar sees it keeps its name and is `ais_gap`'s; a radar target beside an AIS report
that may or may not be its own is in doubt and is not told. While AIS is not well heard there, nothing is dark.
"""

import numpy as np

from alerts import words
from alerts.alert import Hits, Priority, SubjectKind
from alerts.hits import doubling, no_hits, target_hits
from alerts.picture import Picture, StationClass
from alerts.rule import NotNegative, Parameter, Rule, timing_parameters

NAMES = ("length_m", "dark_s", "first_seen_unix_s", "last_seen_unix_s", "n_updates", "sog_kn", "cog_deg")
HOLD = 0.7  # alert hysteresis: raise at h, clear at 0.7 h


def detect(
    picture: Picture,
    *,
    raise_after_s: NotNegative,
    min_dark_s: NotNegative,
    min_length_m: NotNegative,
    min_warning_length_m: NotNegative,
    min_sog_kn: NotNegative,
    min_tracked_s: NotNegative,
    max_unseen_s: NotNegative,
) -> Hits:
    """Long targets under way without AIS; an echo that shrinks or slows a little keeps an alert that is open."""
    radar, v, now = picture.radar, picture.vessels, picture.now_unix_s
    k = np.flatnonzero(radar.is_dark & ~radar.is_ambiguous & (now - radar.t_dark_unix_s >= min_dark_s))
    if not len(k):
        return no_hits(NAMES)
    row = radar.vessel[k]
    length_m, sog_kn = v.length_m[row], v.sog_kn[row]
    may = (v.station_class[row] == StationClass.RADAR.value) & (v.mmsi[row] < 0)
    may &= (length_m >= HOLD * min_length_m) & (sog_kn >= HOLD * min_sog_kn)
    is_raising = (length_m >= min_length_m) & (sog_kn >= min_sog_kn)
    is_raising &= radar.t_seen_unix_s[k] - radar.t_first_unix_s[k] >= min_tracked_s
    is_raising &= now - radar.t_seen_unix_s[k] <= max_unseen_s
    k, row, is_raising, length_m = k[may], row[may], is_raising[may], length_m[may]
    dark_s = now - radar.t_dark_unix_s[k]
    return target_hits(
        picture,
        row,
        priority=np.where(length_m >= min_warning_length_m, Priority.WARNING.value, Priority.CAUTION.value),
        is_raising=is_raising,
        raise_after_s=raise_after_s,
        band=doubling(dark_s / 900.0),
        names=NAMES,
        values=(
            length_m,
            dark_s,
            radar.t_first_unix_s[k],
            radar.t_seen_unix_s[k],
            radar.n_updates[k],
            v.sog_kn[row],
            v.cog_deg[row],
        ),
    )


def explain(picture: Picture, hits: Hits, i: int) -> str:
    length_m, dark_s, t_first, t_seen, _, sog_kn, cog_deg = (float(value[i]) for value in hits.values)
    course = f" on course {words.course(cog_deg)}" if np.isfinite(cog_deg) else ""
    return (
        f"{words.label(picture, int(hits.row[i]))}: radar sees a vessel of about {length_m:.0f} m, {sog_kn:.1f} kn"
        f"{course}, that has sent no AIS for {words.span(dark_s)} where AIS is well heard; first seen at "
        f"{words.utc(t_first)}, at {words.utc(t_seen)} {words.place(float(hits.lat_deg[i]), float(hits.lon_deg[i]))}."
    )


RULE = Rule(
    name="dark_vessel",
    version=1,
    subject_kind=SubjectKind.TARGET,
    title="seen by radar alone",
    cleared="no longer looks like a ship under way without AIS",
    every_s=5.0,
    detect=detect,
    explain=explain,
    parameters=(
        Parameter("raise_after_s", 60.0, "All conditions below must have been met for this many seconds."),
        Parameter(
            "min_dark_s",
            60.0,
            "No AIS must have belonged to the target for this many seconds where AIS is well heard.",
        ),
        Parameter(
            "min_length_m",
            20.0,
            "Only targets at least this long, in metres, as radar sees them; being without AIS alone is never told of "
            "small craft.",
        ),
        Parameter("min_warning_length_m", 50.0, "From this length on, in metres, it is a warning, below a caution."),
        Parameter("min_sog_kn", 2.0, "Only targets that make at least this speed over the ground, in knots."),
        Parameter("min_tracked_s", 120.0, "Only targets that radar has followed for this many seconds."),
        Parameter("max_unseen_s", 60.0, "Only targets that radar has seen within this many seconds."),
        *timing_parameters(clear_after_s=180.0, update_every_s=3600.0),
    ),
    is_held_when_lost=True,
)
