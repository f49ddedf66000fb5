"""D19 for radars: the boats that an ill radar was following, as one alert.

When every radar that saw a boat is down or degraded, its silence says nothing, and `lost_contact` says nothing either.
But a tracked boat is never forgotten because a sensor failed: all such boats together are one WARNING that names each
with its last place and the span of sea in which it is now; an ALARM where one of them was in danger (in a traffic
lane). One alert, not one a boat: the one thing to do is to look there by other means.

When a radar is back, the alert stays for boats that have not been seen since, until `lost_contact` takes them over; so
nothing is told twice and there is no minute in which nobody speaks of a boat.
"""

import numpy as np

from alerts import words
from alerts.alert import Hits, Priority, SubjectKind
from alerts.hits import fence_mask, make_hits, no_hits
from alerts.picture import Column, Picture
from alerts.rule import Alert, NotNegative, Parameter, Rule, Share, timing_parameters
from alerts.rules.lost_contact import SEARCH_KN, SEARCH_NM
from alerts.score import Weight, boats

NAMES = ("n_boats", "n_in_danger", "unobserved_since_unix_s", "boats", "places", "target_ids")
KEY = 1  # there is one such alert


def detect(
    picture: Picture,
    *,
    min_unseen_s: NotNegative,
    hand_over_after_s: NotNegative,
    min_score: Share,
    min_tracked_s: NotNegative,
    min_updates: int,
    min_way_nm: NotNegative,
    danger_kinds: tuple[str, ...],
    leisure_groups: tuple[str, ...],
    weights: dict[Weight, float],
) -> Hits:
    """One hit while boats are unobserved because of their radars."""
    radar, now = picture.radar, picture.now_unix_s
    is_blind = ~radar.is_radar_healthy & (now - radar.t_seen_unix_s >= min_unseen_s)
    t_back = radar.t_radar_unix_s
    is_waited_for = radar.is_radar_healthy & (radar.t_seen_unix_s < t_back) & (now - t_back < hand_over_after_s)
    is_unobserved = is_blind | is_waited_for
    if not is_unobserved.any():  # nearly always: no need to ask which of them are boats
        return no_hits(NAMES)
    k, _ = boats(
        picture,
        min_score=min_score,
        min_tracked_s=min_tracked_s,
        min_updates=min_updates,
        min_way_nm=min_way_nm,
        leisure_groups=leisure_groups,
        weights=weights,
    )
    k = k[is_unobserved[k]]
    if not len(k):
        return no_hits(NAMES)
    is_raising = bool(is_blind[k].any())
    in_danger = _is_in(picture, radar.vessel[k], danger_kinds)
    return _one_hit(picture, k, in_danger, is_raising)


def _one_hit(picture: Picture, k: Column, in_danger: Column, is_raising: bool) -> Hits:
    v, radar = picture.vessels, picture.radar
    row = radar.vessel[k]
    since = float(radar.t_seen_unix_s[k].min())
    names = " ".join(_name(picture, int(r)) for r in row)
    ids = " ".join(str(int(v.target_id[r])) for r in row)
    places = "; ".join(_where(picture, int(one)) for one in k)
    return make_hits(
        np.array([-1]),
        np.array([KEY]),
        np.array([v.lat_deg[row].mean()]),
        np.array([v.lon_deg[row].mean()]),
        priority=Priority.ALARM if in_danger.any() else Priority.WARNING,
        is_raising=is_raising,
        raise_after_s=0.0,
        band=len(k) * 2 + bool(in_danger.any()),
        names=NAMES,
        values=(
            np.array([len(k)]),
            np.array([in_danger.sum()]),
            np.array([since]),
            np.array([names.encode()]),
            np.array([places.encode()]),
            np.array([ids.encode()]),
        ),
    )


def _name(picture: Picture, row: int) -> str:
    numbers = words.radar_numbers(picture, row)
    return numbers[0] if numbers else str(int(picture.vessels.target_id[row]))


def _where(picture: Picture, k: int) -> str:
    """dover/41 2.1 nm NE of Varne light vessel (...) at 22:41:07 UTC, 298° 4.0 kn, now within 1.2 nm"""
    v, radar = picture.vessels, picture.radar
    row = int(radar.vessel[k])
    hours = (picture.now_unix_s - float(radar.t_seen_unix_s[k])) / 3600.0
    sog_kn, cog_deg = float(v.sog_kn[row]), float(v.cog_deg[row])
    went = f", {words.course(cog_deg)} {sog_kn:.1f} kn" if np.isfinite(sog_kn + cog_deg) else ""
    speed_kn = sog_kn if np.isfinite(sog_kn) else 0.0
    radius_nm = SEARCH_NM + (SEARCH_KN + speed_kn) * hours
    where = words.place(float(v.lat_deg[row]), float(v.lon_deg[row]))
    seen = words.utc(float(radar.t_seen_unix_s[k]))
    return f"{_name(picture, row)} {where} at {seen}{went}, now within {radius_nm:.1f} nm"


def _is_in(picture: Picture, row: Column, kinds: tuple[str, ...]) -> Column:
    """(C,) bool: vessels inside a fence of these kinds."""
    if not len(picture.pairs):
        return np.zeros(len(row), bool)
    return np.isin(row, picture.pairs.vessel[fence_mask(picture.fences, kinds)[picture.pairs.fence]])


def explain(picture: Picture, hits: Hits, i: int) -> str:
    n, n_in_danger, since, _, places, _ = (value[i] for value in hits.values)
    boat = "1 tracked small boat is" if n == 1 else f"{int(n)} tracked small boats are"
    it = "it" if n == 1 else "them"
    danger = f" {int(n_in_danger)} in a traffic lane." if n_in_danger else ""
    return (
        f"{boat} unobserved since {words.utc(float(since))}: every radar that followed {it} is down or "
        f"degraded, so a missing echo proves nothing.{danger} Last known: {places.decode()}."
    )


def explain_end(picture: Picture, alert: Alert) -> str:
    n = int(alert.figure("n_boats"))
    who = "The boat is" if n == 1 else f"The {n} boats are"
    return f"{who} seen by radar again, or searched for one by one ({words.utc(picture.now_unix_s)})."


RULE = Rule(
    name="boats_unobserved",
    version=1,
    subject_kind=SubjectKind.AREA,
    title="tracked small boats unobserved",
    cleared="is observed again",
    every_s=5.0,
    detect=detect,
    explain=explain,
    parameters=(
        Parameter(
            "min_unseen_s",
            30.0,
            "A boat whose radars are all ill is unobserved when it has not been seen for this many seconds.",
        ),
        Parameter(
            "hand_over_after_s",
            310.0,
            "When a radar is back, boats that it does not see stay in the alert for this many seconds; a little longer "
            "than `warn_after_s` of lost_contact, which then speaks of each.",
        ),
        *timing_parameters(clear_after_s=30.0, update_every_s=600.0),
    ),
    borrows="small_boat",
    explain_end=explain_end,
)
