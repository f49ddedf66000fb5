"""D17: a ship that should be heard is not.

Not a time limit but a probability. A ship of class A at 12 kn reports every ten seconds; where 92 % of its reports
are usually heard, a silence of n reports by chance has the probability 0.08**n. The rule speaks when -ln of it,
n * -ln(1 - p), passes 14 nats (about one in a million) and at least ten minutes have passed (class B: twenty). So a
ship at the edge of reception, where p is low, may be silent for long before anybody is told.

      heard ... heard |<------------- silence ------------->| now
   receiver:   UP     |   ill   |<------- counted --------->|

Only the time in which its receiver was well counts, so neither an outage nor the minutes after one make an alert, and
an alert that opened in the last moments before an outage was recognised is taken back. So is one whose reports turn
up late. Unknown is not safe: once open it ends only when the ship is heard again or a person closes it, even if the
vessel has left the picture for its age.

Radar does not change when the rule speaks but what it says and where: a silent ship that radar still follows is told
with its place and way by radar; else the alert lies where AIS saw the ship last and says "unconfirmed by radar".

Rejected: the 12 hours and 50 miles from shore of satellite gap models, which do not hold near a coast.
"""

from collections.abc import Mapping

import numpy as np

from alerts import words
from alerts.alert import Hits, Priority, SubjectKind
from alerts.hits import doubling, is_one_of, make_hits, no_hits, pairs_in
from alerts.picture import Column, Picture, ReceiverState, StationClass
from alerts.rule import Alert, NotNegative, Parameter, Retraction, Rule, Share, timing_parameters

NAMES = (
    "silent_s",
    "silence_nats",
    "n_expected",
    "p_reception",
    "report_interval_s",
    "last_heard_unix_s",
    "n_fixes",
    "sog_kn",
    "cog_deg",
    "receiver",
    "is_on_radar",
    "radar_seen_unix_s",
    "radar_lat_deg",
    "radar_lon_deg",
    "radar_sog_kn",
    "radar_cog_deg",
)
AT_REST = (1, 5, 6)  # at anchor, moored, aground: M.1371-5 table 47
EVIDENCE_S = 0.01  # evidence keeps milliseconds: two times this near are the same report
UNDER_WAY_KN = 1.0  # by radar; slower it is told as nearly stopped
ON_RADAR_BAND = 1 << 16  # whether radar sees it is told anew when it changes
MAX_P = 0.99  # nobody knows p better than that; keeps ln(1 - p) finite


def detect(
    picture: Picture,
    *,
    raise_after_s: NotNegative,
    min_silence_class_a_s: NotNegative,
    min_silence_class_b_s: NotNegative,
    min_silence_nats: NotNegative,
    min_p_reception: Share,
    min_length_m: NotNegative,
    min_sog_kn: NotNegative,
    min_tracked_s: NotNegative,
    quiet_kinds: tuple[str, ...],
    max_unseen_s: NotNegative,
) -> Hits:
    """Ships silent beyond chance; those merely silent keep an alert that is open."""
    v, now = picture.vessels, picture.now_unix_s
    row = np.flatnonzero(now - v.t_heard_unix_s >= min_silence_class_a_s)
    if len(row):
        is_a, is_b = (v.station_class[row] == kind for kind in (StationClass.A.value, StationClass.B.value))
        row = row[(is_a | is_b) & (v.length_m[row] > min_length_m)]
    if not len(row):
        return no_hits(NAMES)
    silent_s = now - v.t_heard_unix_s[row]
    counted_s = now - np.fmax(v.t_heard_unix_s[row], _well_since(picture, row))
    least_s = np.where(v.station_class[row] == StationClass.A.value, min_silence_class_a_s, min_silence_class_b_s)
    n_expected, nats = _unlikely(counted_s, v.report_interval_s[row], v.p_reception[row])
    is_raising = (nats >= min_silence_nats) & (counted_s >= least_s) & v.is_receiver_healthy[row]
    is_raising &= (v.p_reception[row] >= min_p_reception) & (v.sog_kn[row] >= min_sog_kn)
    is_raising &= (v.t_heard_unix_s[row] - v.t_first_unix_s[row] >= min_tracked_s) & ~_is_at_rest(
        picture, row, quiet_kinds
    )
    is_on_radar, by_radar = _by_radar(picture, row, max_unseen_s)
    return make_hits(
        row,
        v.target_id[row],
        np.where(is_on_radar, by_radar[1], v.lat_deg[row]),
        np.where(is_on_radar, by_radar[2], v.lon_deg[row]),
        priority=Priority.WARNING,
        is_raising=is_raising,
        raise_after_s=raise_after_s,
        band=doubling(silent_s / 600.0) + ON_RADAR_BAND * is_on_radar,
        names=NAMES,
        values=(
            silent_s,
            nats,
            n_expected,
            v.p_reception[row],
            v.report_interval_s[row],
            v.t_heard_unix_s[row],
            v.n_fixes[row],
            v.sog_kn[row],
            v.cog_deg[row],
            v.receiver[row],
            is_on_radar,
            *by_radar,
        ),
    )


def _by_radar(picture: Picture, row: Column, max_unseen_s: float) -> tuple[Column, tuple[Column, ...]]:
    """(K,) bool: radar follows each vessel now; and when and where it saw it last and how it went, NaN never."""
    radar = picture.radar
    if not len(radar):
        return np.zeros(len(row), bool), (np.full(len(row), np.nan),) * 5
    at = np.minimum(radar.vessel.searchsorted(row), len(radar) - 1)
    is_known = radar.vessel[at] == row
    columns = (radar.t_seen_unix_s, radar.lat_deg, radar.lon_deg, radar.sog_kn, radar.cog_deg)
    known = tuple(np.where(is_known, column[at], np.nan) for column in columns)
    is_on_radar = (picture.now_unix_s - known[0] <= max_unseen_s) & (radar.n_tracks[at] > 0)
    return is_on_radar & np.isfinite(known[1] + known[2]), known


def _unlikely(counted_s: Column, interval_s: Column, p: Column) -> tuple[Column, Column]:
    """Reports expected, and -ln of the probability that chance alone lost them all; NaN where p or interval is."""
    n_expected = np.floor(counted_s / np.where(interval_s > 0, interval_s, np.nan))
    return n_expected, n_expected * -np.log1p(-np.clip(p, 0.0, MAX_P))


def _well_since(picture: Picture, row: Column) -> Column:
    """(K,) float64: since when the receiver of each vessel hears; NaN where it has none or it is not UP."""
    r = picture.receivers
    if not len(r):
        return np.full(len(row), np.nan)
    receiver = picture.vessels.receiver[row]
    is_up = (receiver >= 0) & (r.state[receiver] == ReceiverState.UP.value)
    return np.where(is_up, r.t_state_unix_s[receiver], np.nan)


def _is_at_rest(picture: Picture, row: Column, quiet_kinds: tuple[str, ...]) -> Column:
    """(K,) bool: in port, at anchor or aground, by its place or by its word."""
    pair = pairs_in(picture, quiet_kinds)
    at_rest: Column = np.isin(row, picture.pairs.vessel[pair]) | is_one_of(picture.vessels.nav_status[row], AT_REST)
    return at_rest


def retract(
    picture: Picture,
    key: Column,
    alerts: Mapping[int, Alert],
    *,
    min_silence_class_a_s: NotNegative,
    min_silence_class_b_s: NotNegative,
    min_silence_nats: NotNegative,
    outage_recognition_s: NotNegative,
) -> list[Retraction]:
    """Open alerts that late reports or an outage explain. Those that merely go on are passed over with a mask."""
    v = picture.vessels
    if not len(v):
        return []
    row = np.minimum(np.searchsorted(v.target_id, key), len(v) - 1)
    is_back = picture.now_unix_s - v.t_heard_unix_s[row] < min_silence_class_a_s
    is_suspect = (v.target_id[row] == key) & (is_back | _is_receiver_ill(picture, row))
    found = []
    for at in np.flatnonzero(is_suspect).tolist():
        alert = alerts[int(key[at])]
        is_a = v.station_class[row[at]] == StationClass.A.value
        least_s = min_silence_class_a_s if is_a else min_silence_class_b_s
        reason = _late(picture, int(row[at]), alert)
        reason = reason or _outage(picture, int(row[at]), alert, least_s, min_silence_nats, outage_recognition_s)
        if reason:
            found.append(Retraction(alert.subject.key, f"Taken back: {reason}."))
    return found


def _is_receiver_ill(picture: Picture, row: Column) -> Column:
    """(K,) bool: the receiver of each vessel is down or degraded."""
    r = picture.receivers
    if not len(r):
        return np.zeros(len(row), bool)
    receiver = picture.vessels.receiver[row]
    ill: Column = (receiver >= 0) & (r.state[receiver] >= ReceiverState.DEGRADED.value)
    return ill


def _late(picture: Picture, row: int, alert: Alert) -> str:
    """Reports that were sent during the silence and came late, in words; "" if there are none.

    Either the newest of them is older than the alert, or there are so many that they fill at least half the silence.
    """
    v = picture.vessels
    last = alert.figure("last_heard_unix_s")
    heard = float(v.t_heard_unix_s[row])
    if heard <= last + EVIDENCE_S:
        return ""
    n_new = float(v.n_fixes[row]) - alert.figure("n_fixes")
    is_filled = n_new >= 3 and n_new * alert.figure("report_interval_s") >= 0.5 * (heard - last)
    if heard <= alert.t_opened_unix_s or is_filled:
        return f"reports of {alert.subject.label} came late; it was heard at {words.utc(heard)}"
    return ""


def _outage(
    picture: Picture, row: int, alert: Alert, least_s: float, min_silence_nats: float, outage_recognition_s: float
) -> str:
    """The outage that had begun before the silence was long enough, in words; "" if there is none."""
    v, r = picture.vessels, picture.receivers
    receiver = int(v.receiver[row])
    if not _is_receiver_ill(picture, np.array([row]))[0]:
        return ""
    is_down = r.state[receiver] == ReceiverState.DOWN.value
    began = float(r.t_heard_unix_s[receiver] if is_down else r.t_state_unix_s[receiver] - outage_recognition_s)
    counted_s = min(alert.t_opened_unix_s, began) - alert.figure("last_heard_unix_s")
    n_expected = np.floor(counted_s / alert.figure("report_interval_s"))
    nats = n_expected * -np.log1p(-min(alert.figure("p_reception"), MAX_P))
    if counted_s >= least_s and nats >= min_silence_nats:
        return ""
    name = f"{r.source[receiver]} {r.station[receiver]}".strip()
    return f"receiver {name} has heard little or nothing since {words.utc(began)}"


def explain(picture: Picture, hits: Hits, i: int) -> str:
    known = dict(zip(hits.names, (float(value[i]) for value in hits.values), strict=True))
    row, v = int(hits.row[i]), picture.vessels
    silent = (
        f"{words.label(picture, row)} has not been heard for {words.span(known['silent_s'])}: "
        f"{known['n_expected']:.0f} reports were due where {known['p_reception']:.0%} are usually heard."
    )
    went = _way(known["sog_kn"], known["cog_deg"])
    last = f"at {words.utc(known['last_heard_unix_s'])}{went and f' {went}'}"
    if known["is_on_radar"]:
        return f"{silent} Still on radar, {_by_radar_now(hits, known, i)}; last AIS {last}."
    seen = "unconfirmed by radar"
    if np.isfinite(known["radar_seen_unix_s"]):
        seen += f", which saw it last at {words.utc(known['radar_seen_unix_s'])}"
    return f"{silent} Last heard {last}, {words.place(float(v.lat_deg[row]), float(v.lon_deg[row]))}; {seen}."


def _way(sog_kn: float, cog_deg: float) -> str:
    """on course 226° at 12.0 kn"""
    return f"on course {words.course(cog_deg)} at {sog_kn:.1f} kn" if np.isfinite(cog_deg + sog_kn) else ""


def _by_radar_now(hits: Hits, known: dict[str, float], i: int) -> str:
    """under way on course 226° at 12.0 kn, 3.2 nm NE of Varne light vessel (51°05.2'N 001°23.4'E)"""
    sog_kn, place = known["radar_sog_kn"], words.place(float(hits.lat_deg[i]), float(hits.lon_deg[i]))
    if not np.isfinite(sog_kn):
        return place
    if sog_kn < UNDER_WAY_KN:
        return f"nearly stopped ({sog_kn:.1f} kn), {place}"
    return f"under way {_way(sog_kn, known['radar_cog_deg'])}, {place}".replace(" ,", ",")


RULE = Rule(
    name="ais_gap",
    version=2,
    subject_kind=SubjectKind.TARGET,
    title="AIS silent",
    cleared="is heard again",
    every_s=5.0,
    detect=detect,
    explain=explain,
    parameters=(
        Parameter("raise_after_s", 0.0, "Seconds to wait once all conditions below are met."),
        Parameter("min_silence_class_a_s", 600.0, "A class A ship must have been silent for this many seconds."),
        Parameter("min_silence_class_b_s", 1200.0, "A class B ship must have been silent for this many seconds."),
        Parameter(
            "min_silence_nats",
            14.0,
            "How unlikely the silence must be by chance, as -ln of its probability; 14 is one in a million.",
        ),
        Parameter(
            "min_p_reception",
            0.5,
            "Only where at least this share of a ship's reports is usually heard: below, it may be leaving range.",
        ),
        Parameter("min_length_m", 20.0, "Only ships longer than this, in metres."),
        Parameter("min_sog_kn", 1.0, "Only ships that made at least this speed, in knots, when last heard."),
        Parameter("min_tracked_s", 600.0, "Only ships that had been heard for this many seconds before."),
        Parameter("quiet_kinds", ("port", "anchorage"), "Not in fences of these kinds."),
        Parameter(
            "max_unseen_s",
            60.0,
            "A ship that radar saw within this many seconds is told as still on radar, with its place by radar.",
        ),
        Parameter(
            "outage_recognition_s",
            60.0,
            "A receiver that is found degraded is taken to have been so for this many seconds before.",
        ),
        *timing_parameters(clear_after_s=0.0),
    ),
    retract=retract,
    is_held_when_lost=True,
)
