"""D4: radar no longer sees a small boat that it should see.

A boat is what scores as one (alerts/score.py) and is ripe, or has an open incident and is not as long as a ship. Where
a boat like it is seen in more than half of the scans and the radar is well, five minutes unseen are a WARNING, ten an
ALARM: at a Pd of 0.5 and a scan of 3 s the first are 100 misses in a row. Where radar would seldom see it, its absence
says little and it "left coverage": a CAUTION with its last place, which grows when coverage returns.

      seen ... seen |<------------- unseen ------------->| now
   radar:   UP      |   ill   |<------- counted -------->|

Only time in which a radar that saw it was well counts. While none is, `boats_unobserved` speaks for all boats at once,
and an alert that was open before stays open. A boat that is seen again takes its alert back, with place and span. A
vessel beside it at the last contact may have taken the people in: that is a question for a person, no answer, and
nothing ends by it.
"""

from collections.abc import Mapping

import numpy as np

from alerts import words
from alerts.alert import Hits, Priority, SubjectKind
from alerts.hits import no_hits, target_hits
from alerts.picture import Column, Picture
from alerts.rule import Alert, NotNegative, Parameter, Retraction, Rule, Share, timing_parameters
from alerts.score import Weight, boats
from alerts.telling import row_of

NAMES = (
    "why",
    "unseen_s",
    "counted_s",
    "p_detection",
    "last_seen_unix_s",
    "sog_kn",
    "cog_deg",
    "predicted_lat_deg",
    "predicted_lon_deg",
    "search_radius_nm",
    "small_boat_score",
    "beside",
    "has_beside_left",
)
# Two sigma of the last fix, and what stream and wind may add (domain reference 3.2: 0.25 nm and 0.3 kn, leeway 0.2 kn).
# A span for a first look, no search area: that needs a drift model.
SEARCH_NM, SEARCH_KN = 0.5, 0.4
EVIDENCE_S = 0.01  # evidence keeps milliseconds: two times this near are the same contact
BESIDE_NM = 300.0 / 1852.0


def detect(
    picture: Picture,
    *,
    warn_after_s: NotNegative,
    alarm_after_s: NotNegative,
    min_p_detection: Share,
    min_score: Share,
    min_tracked_s: NotNegative,
    min_updates: int,
    min_way_nm: NotNegative,
    leisure_groups: tuple[str, ...],
    weights: dict[Weight, float],
) -> Hits:
    """Boats unseen for too long. Those whose radars are all ill only keep an alert that is open."""
    radar, now = picture.radar, picture.now_unix_s
    if not (now - radar.t_seen_unix_s >= warn_after_s).any():
        return no_hits(NAMES)
    k, boat_score = boats(
        picture,
        min_score=min_score,
        min_tracked_s=min_tracked_s,
        min_updates=min_updates,
        min_way_nm=min_way_nm,
        leisure_groups=leisure_groups,
        weights=weights,
    )
    is_lost = now - radar.t_seen_unix_s[k] >= warn_after_s
    k, boat_score = k[is_lost], boat_score[is_lost]
    if not len(k):
        return no_hits(NAMES)
    counted_s = now - np.fmax(radar.t_seen_unix_s[k], radar.t_radar_unix_s[k])
    is_well = radar.is_radar_healthy[k]
    should_be_seen = is_well & (radar.p_detection[k] > min_p_detection)
    is_long = is_well & (counted_s >= alarm_after_s)
    priority = np.select(
        [~should_be_seen, is_long], [int(Priority.CAUTION), int(Priority.ALARM)], int(Priority.WARNING)
    )
    return target_hits(
        picture,
        radar.vessel[k],
        priority=priority,
        is_raising=is_well & (counted_s >= warn_after_s),
        raise_after_s=0.0,
        band=should_be_seen + 2 * is_long + 4 * is_well,
        names=NAMES,
        values=(
            np.select([~is_well, should_be_seen], [b"radar ill", b"unseen"], b"left coverage"),
            now - radar.t_seen_unix_s[k],
            counted_s,
            radar.p_detection[k],
            *_last(picture, k),
            boat_score,
            *_beside(picture, k),
        ),
    )


def _last(picture: Picture, k: Column) -> tuple[Column, ...]:
    """When it was seen last, how it went, where it would be had it gone on, and how far around to look."""
    v, radar = picture.vessels, picture.radar
    row = radar.vessel[k]
    hours = (picture.now_unix_s - radar.t_seen_unix_s[k]) / 3600.0
    sog_kn, cog_deg, lat_deg = v.sog_kn[row], v.cog_deg[row], v.lat_deg[row]
    north_nm = sog_kn * hours * np.cos(np.radians(cog_deg))
    east_nm = sog_kn * hours * np.sin(np.radians(cog_deg))
    lat = lat_deg + north_nm / 60.0
    lon = v.lon_deg[row] + east_nm / 60.0 / np.cos(np.radians(lat_deg))
    return radar.t_seen_unix_s[k], sog_kn, cog_deg, lat, lon, SEARCH_NM + SEARCH_KN * hours


def _beside(picture: Picture, k: Column) -> tuple[Column, Column]:
    """(C,) bytes: the vessel beside it at its last contact; (C,) bool: it has left that place."""
    v = picture.vessels
    names, has_left = [b""], []
    for row, beside_id in zip(picture.radar.vessel[k].tolist(), picture.radar.beside_id[k].tolist(), strict=True):
        other = row_of(picture, beside_id) if beside_id >= 0 else -1
        names.append(words.label(picture, other).encode() if other >= 0 else b"")
        places = (v.lat_deg[row], v.lon_deg[row], v.lat_deg[other], v.lon_deg[other])
        has_left.append(other >= 0 and words.distance_nm(*(float(place) for place in places)) > BESIDE_NM)
    return np.array(names)[1:], np.array(has_left, bool)


def retract(
    picture: Picture, key: Column, alerts: Mapping[int, Alert], *, warn_after_s: NotNegative
) -> list[Retraction]:
    """Open alerts whose boat has been seen since."""
    radar, v = picture.radar, picture.vessels
    found = []
    for one in key.tolist():
        row = row_of(picture, one)
        k = int(np.searchsorted(radar.vessel, row)) if row >= 0 else len(radar)
        if k == len(radar) or int(radar.vessel[k]) != row:
            continue
        t_seen, last = float(radar.t_seen_unix_s[k]), alerts[one].figure("last_seen_unix_s")
        if t_seen > last + EVIDENCE_S and picture.now_unix_s - t_seen < warn_after_s:
            t_again = float(radar.t_again_unix_s[k])
            t_again = t_again if last < t_again <= t_seen else t_seen
            reason = (
                f"Taken back: {words.label(picture, row)} was seen again at {words.utc(t_again)} after "
                f"{words.span(t_again - last)}; it is {words.place(float(v.lat_deg[row]), float(v.lon_deg[row]))}."
            )
            found.append(Retraction(one, reason))
    return found


def explain(picture: Picture, hits: Hits, i: int) -> str:
    known = {name: value[i] for name, value in zip(hits.names, hits.values, strict=True)}
    who, unseen = words.label(picture, int(hits.row[i])), words.span(float(known["unseen_s"]))
    went = (
        f", then {float(known['sog_kn']):.1f} kn on {words.course(float(known['cog_deg']))}"
        if np.isfinite(known["sog_kn"] + known["cog_deg"])
        else ""
    )
    last = (
        f"Last at {words.utc(float(known['last_seen_unix_s']))} "
        f"{words.place(float(hits.lat_deg[i]), float(hits.lon_deg[i]))}{went}"
    )
    predicted = (float(known["predicted_lat_deg"]), float(known["predicted_lon_deg"]))
    search = f"look within {float(known['search_radius_nm']):.1f} nm of there"
    if np.isfinite(predicted).all():
        search += f" and of {words.degrees_minutes(*predicted)}, where it would be had it gone on"
    p = float(known["p_detection"])
    if known["why"] == b"unseen":
        says = f"{who} has not been seen by radar for {unseen}, where {p:.0%} of scans should show it"
    elif known["why"] == b"radar ill":
        says = f"{who} has not been seen by radar for {unseen}, and every radar that saw it is down or degraded now"
    else:
        share = f"only {p:.0%} of scans show such a boat" if p > 0 else "no radar is known to see such a boat"
        says = f"{who} has left radar coverage, unseen for {unseen}: {share} there, so its absence proves nothing"
    return f"{says}. {last}; {search}.{_question(known)}"


def _question(known: Mapping[str, object]) -> str:
    beside = known["beside"]
    if not isinstance(beside, bytes) or not beside:
        return ""
    left = " and has left since" if known["has_beside_left"] else ""
    return f" {beside.decode()} lay within 300 m of it then{left}: has it taken the people in? Ask; nothing is closed."


RULE = Rule(
    name="lost_contact",
    version=1,
    subject_kind=SubjectKind.TARGET,
    title="small boat, contact lost",
    cleared="is no longer searched for",
    every_s=5.0,
    detect=detect,
    explain=explain,
    parameters=(
        Parameter("warn_after_s", 300.0, "A boat unseen for this many seconds by a radar that is well is a warning."),
        Parameter("alarm_after_s", 600.0, "Unseen for this many seconds it is an alarm."),
        Parameter(
            "min_p_detection",
            0.5,
            "Only where more than this share of scans shows a boat like it; elsewhere it has left coverage, a caution.",
        ),
        *timing_parameters(clear_after_s=0.0),
    ),
    retract=retract,
    borrows="small_boat",
    is_held_when_lost=True,
    leads=True,
)
