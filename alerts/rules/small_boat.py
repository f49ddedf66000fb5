"""D2: what radar sees looks like a small boat on a crossing.

The score of alerts/score.py, two minutes long, raises a WARNING; a high score, or a lower one in a place of danger (a
traffic lane), an ALARM. In a separation scheme less is enough to speak: nobody else crosses there slowly without AIS.
Every part of the score stands in the alert's evidence, the weightiest in its sentence. The WARNING of a boat first seen
in mid-strait means "look with a camera".

         score   0        0.42    0.45         0.60              0.85     1
         open sea |  ends  | holds               | WARNING         | ALARM
         scheme   |  ends (0.32) | holds (to 0.45) | WARNING, in a lane from 0.60 ALARM

Unknown is not safe. A boat with an open incident that stops, or whose speed through the water is no longer known, or
that radar no longer sees, keeps its alert whatever the score says then: a boat that stops has not arrived. It ends
when AIS belongs to it after all, when it goes another way at another speed, or by a person.
"""

from typing import Any

import numpy as np

from alerts import words
from alerts.alert import Hits, Priority, SubjectKind
from alerts.hits import fence_mask, fence_name, no_hits, target_hits
from alerts.picture import Column, Picture
from alerts.rule import NotNegative, Parameter, Rule, Share, timing_parameters
from alerts.score import BOAT_STW_KN, FEATURES, WEIGHTS, Score, Weight, score, told

FIGURES = (
    "score",
    "stw_kn",
    "ctw_deg",
    "sog_kn",
    "cog_deg",
    "length_m",
    "first_beach_nm",
    "first_port_nm",
    "landfall_deg",
    "straightness",
    "first_seen_unix_s",
    "last_seen_unix_s",
    "n_updates",
    "in_fence_id",
)
NAMES = (*FIGURES, *(f"{name}_log_odds" for name in FEATURES))
HOLD = 0.7  # alert hysteresis: raise at h, clear at 0.7 h
NOW_S = 90.0  # what was seen within these is seen now
NEVER_S = 1e18  # a target that is not ripe opens no alert, but its two minutes run


def detect(
    picture: Picture,
    *,
    raise_after_s: NotNegative,
    min_score: Share,
    min_score_in_scheme: Share,
    min_alarm_score: Share,
    min_tracked_s: NotNegative,
    min_updates: int,
    min_way_nm: NotNegative,
    max_unseen_s: NotNegative,
    scheme_kinds: tuple[str, ...],
    danger_kinds: tuple[str, ...],
    leisure_groups: tuple[str, ...],
    weights: dict[Weight, float],
) -> Hits:
    """Targets that score, and watched ones that did."""
    radar, now = picture.radar, picture.now_unix_s
    scored = score(
        picture,
        weights=weights,
        leisure_groups=leisure_groups,
        min_tracked_s=min_tracked_s,
        min_updates=min_updates,
        min_way_nm=min_way_nm,
    )
    if not len(scored):
        return no_hits(NAMES)
    row = radar.vessel[scored.k]
    in_scheme, in_danger = (fence_of(picture, row, kinds) >= 0 for kinds in (scheme_kinds, danger_kinds))
    least = np.where(in_scheme, min_score_in_scheme, min_score)
    is_held = (scored.score >= HOLD * least) | is_kept(picture, scored.k, max_unseen_s)
    is_alarm = (scored.score >= min_alarm_score) | (in_danger & (scored.score >= min_score))
    is_raising = (scored.score >= least) & (now - radar.t_seen_unix_s[scored.k] <= max_unseen_s)
    order = np.flatnonzero(is_held)
    if not len(order):
        return no_hits(NAMES)
    return target_hits(
        picture,
        row[order],
        priority=np.where(is_alarm, Priority.ALARM.value, Priority.WARNING.value)[order],
        is_raising=is_raising[order],
        raise_after_s=np.where(scored.is_ripe, raise_after_s, NEVER_S)[order],
        band=(in_danger + 2 * (scored.score >= min_alarm_score))[order],
        names=NAMES,
        values=_evidence(picture, scored, order, scheme_kinds),
    )


def is_kept(picture: Picture, k: Column, max_unseen_s: float) -> Column:
    """(C,) bool: watched boats that stop, are not seen, or of which the speed through the water is not known."""
    radar = picture.radar
    is_unseen = ~(picture.now_unix_s - radar.t_seen_unix_s[k] <= max_unseen_s)
    kept: Column = radar.is_watched[k] & (is_unseen | ~(radar.stw_kn[k] >= BOAT_STW_KN[0]))
    return kept


def fence_of(picture: Picture, row: Column, kinds: tuple[str, ...]) -> Column:
    """(C,) int64: a fence of these kinds in which each vessel is; -1 none."""
    found = np.full(len(row), -1)
    pairs = picture.pairs
    if len(pairs):
        pair = np.flatnonzero(fence_mask(picture.fences, kinds)[pairs.fence])
        at = np.searchsorted(pairs.vessel[pair], row)
        has = at < len(pair)
        has[has] = pairs.vessel[pair[at[has]]] == row[has]
        found[has] = pairs.fence[pair[at[has]]]
    return found


def _evidence(picture: Picture, scored: Score, order: Column, scheme_kinds: tuple[str, ...]) -> tuple[Column, ...]:
    radar, v = picture.radar, picture.vessels
    k = scored.k[order]
    row = radar.vessel[k]
    fence = fence_of(picture, row, scheme_kinds)
    ids = np.array([picture.fences.fence_id[f].encode() if f >= 0 else b"" for f in fence.tolist()] or [b""])
    return (
        scored.score[order],
        radar.stw_kn[k],
        radar.ctw_deg[k],
        v.sog_kn[row],
        v.cog_deg[row],
        v.length_m[row],
        radar.first_beach_nm[k],
        radar.first_port_nm[k],
        radar.landfall_deg[k],
        radar.straightness[k],
        radar.t_first_unix_s[k],
        radar.t_seen_unix_s[k],
        radar.n_updates[k],
        ids[: len(order)],
        *scored.parts[order].T,
    )


def explain(picture: Picture, hits: Hits, i: int) -> str:
    """What, where, since when, why: three lines. Every part of the score stands in the evidence."""
    known = {name: value[i] for name, value in zip(hits.names, hits.values, strict=True)}
    fence_id, t_seen = known["in_fence_id"], float(known["last_seen_unix_s"])
    inside = f" in {fence_name(picture.fences, fence_id)}" if fence_id else ""
    last = f", last at {words.utc(t_seen)}" if not picture.now_unix_s - t_seen <= NOW_S else ""
    score = float(known["score"])
    why = f"Score {score:.2f}: {told([float(known[f'{name}_log_odds']) for name in FEATURES])}."
    return (
        f"{words.label(picture, int(hits.row[i]))}, {_movement(known)}, "
        f"{words.place(float(hits.lat_deg[i]), float(hits.lon_deg[i]))}{inside}, "
        f"seen since {words.utc(float(known['first_seen_unix_s']))}{last}. "
        f"{why if score > 0 else 'A boat that stops has not arrived.'}"
    )


def _movement(known: dict[str, Any]) -> str:
    """4.2 kn through the water on 298° towards the English coast"""
    stw_kn, ctw_deg, sog_kn, cog_deg = (float(known[name]) for name in ("stw_kn", "ctw_deg", "sog_kn", "cog_deg"))
    if not np.isfinite(stw_kn):
        course = f" on {words.course(cog_deg)}" if np.isfinite(cog_deg) else ""
        return f"{sog_kn:.1f} kn over the ground{course}, speed through the water unknown"
    if stw_kn < BOAT_STW_KN[0]:
        return f"nearly stopped in the water ({stw_kn:.1f} kn)"
    towards = " towards the English coast" if float(known["to_landing_log_odds"]) > 0 else ""
    return f"{stw_kn:.1f} kn through the water on {words.course(ctw_deg)}{towards}"


RULE = Rule(
    name="small_boat",
    version=1,
    subject_kind=SubjectKind.TARGET,
    title="looks like a small boat on a crossing",
    cleared="no longer looks like a small boat on a crossing",
    every_s=5.0,
    detect=detect,
    explain=explain,
    parameters=(
        Parameter("raise_after_s", 120.0, "A target must score high enough for this many seconds without a break."),
        Parameter("min_score", 0.6, "A score, from 0 to 1, from which on a target is told as a warning."),
        Parameter("min_score_in_scheme", 0.45, "The same inside fences of `scheme_kinds`, where less is enough."),
        Parameter(
            "min_alarm_score",
            0.85,
            "A score from which on it is an alarm; inside fences of `danger_kinds` `min_score` is enough.",
        ),
        Parameter(
            "min_tracked_s",
            120.0,
            "Radar must have followed a target for this many seconds: clutter seldom lasts so long.",
        ),
        Parameter("min_updates", 10, "Radar must have seen a target in at least this many scans."),
        Parameter(
            "min_way_nm",
            0.15,
            "A target that is not this far, in nautical miles, from where it was first seen opens no alert: buoys and "
            "moored boats stay where they are.",
        ),
        Parameter("max_unseen_s", 30.0, "A target not seen for this many seconds opens no alert; one that is open goes "
                  "on."),
        Parameter("scheme_kinds", ("tss_lane", "separation_zone"), "Fences in which `min_score_in_scheme` is enough."),
        Parameter("danger_kinds", ("tss_lane",), "Fences in which a small boat is in danger of being run down."),
        Parameter(
            "leisure_groups",
            ("leisure",),
            "Fences of these groups are known leisure, racing or fishing grounds and lower the score.",
        ),
        Parameter(
            "weights",
            dict[str, float](WEIGHTS.items()),
            "What each feature adds to the score's log-odds, once and no more; a feature left out adds nothing. "
            "`bias` is where the sum begins; set `day` to 0.4 on days on which crossings are likely, to -0.2 on those "
            "on which they are not.",
        ),
        *timing_parameters(clear_after_s=180.0),
    ),
    is_held_when_lost=True,
)  # fmt: skip
