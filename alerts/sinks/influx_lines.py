"""Items as InfluxDB line protocol: the schema, and the encoder.

    measurement  tags                       fields
    alert        rule, event, near,         n, is_open, priority_code, lat_deg, lon_deg, mmsi, since_first_seen_s;
                 exercise                   alert_id, incident, label, priority, reason
    incident     incident, near, exercise   n, number, priority_code, state_code, is_open, is_acknowledged, lat_deg,
                                            lon_deg, t_opened_unix_s, acknowledged_after_s, n_alerts;
                                            title, priority, state, owner, reason
    receiver     source, station, exercise  state_code, silent_s, rate_per_min, expected_rate_per_min,
                                            bad_checksum_share, clock_skew_s, n_vessels; state
    pipeline     part=core, exercise        as `Figures.pipeline`
    pipeline     part=sentences, reason,    n: what became of each, since the start
                 exercise
    pipeline     part=sink, sink, exercise  n_waiting, waiting_bytes, oldest_age_s, n_quarantined, n_dropped, is_well,
                                            self_test_s; fault
    track        incident, exercise         lat_deg, lon_deg, sog_kn, cog_deg, mmsi; label

Every number is a float: a field's type is fixed by the first point that has it, and a later integer would be refused.
What is missing has no field. Codes stand beside their words, since some servers store text as 0.
Tags make series, and series cost memory for as long as they are kept: a source, a station, a rule, a reason and a
place are tens, an incident is some ten thousand a year (InfluxDB 1.x refuses more than 100,000 values of one tag: keep
a year). MMSI and radar numbers are never tags.
Alerts of one rule in one tick differ in nothing but their id, and a point with the same tags and time replaces another:
so the nanoseconds below the millisecond are made of the item's id. A repeat is the same point.
"""

import hashlib
import math
import re
from collections.abc import Mapping

from alerts import words
from alerts.alert import Event, Priority, Transition
from alerts.incident import Incident, IncidentState
from alerts.items import Figures, Item, Tracks
from alerts.notices.notice import Notice

Field = float | int | bool | str
STATE_CODES = {state: code for code, state in enumerate(IncidentState)}
TAG_ESCAPES = str.maketrans({",": r"\,", " ": r"\ ", "=": r"\=", "\n": r"\ ", "\r": r"\ ", "\t": r"\ "})
CONTROL = re.compile(r"[\x00-\x1f]+")


def line(measurement: str, tags: Mapping[str, str], fields: Mapping[str, Field], t_ns: int) -> str:
    """One point; "" where it has no field. NaN, infinities, None and empty text are left out.

    Source: InfluxDB line protocol reference, "Special characters" and "Data types".
    """
    written = ",".join(f"{name}={value}" for name, given in fields.items() if (value := _field(given)))
    if not written:
        return ""
    where = "".join(f",{name}={_tag(value)}" for name, value in sorted(tags.items()) if value)
    return f"{measurement}{where} {written} {t_ns}"


def _field(value: Field) -> str:
    if isinstance(value, str):
        text = CONTROL.sub(" ", value).replace("\\", "\\\\").replace('"', '\\"')
        return f'"{text}"' if text else ""
    number = float(value)
    return str(number).removesuffix(".0") if math.isfinite(number) else ""


def _tag(value: str) -> str:
    """A backslash at the end would swallow the separator behind it: it swallows a space instead."""
    text = value.translate(TAG_ESCAPES)
    return text + " " if text.endswith("\\") else text


def lines_of(item: Item) -> list[str]:
    """An item's points."""
    t_ns = round(item.t_unix_s * 1e6) * 1000
    match item.body:
        case Transition() as step:
            found = [_alert(step, t_ns + _below_ms(item.item_id))]
        case Incident() as incident:
            found = [_incident(incident, t_ns + _below_ms(item.item_id))]
        case Figures() as figures:
            found = _figures(figures, item.t_unix_s, t_ns)
        case Tracks() as tracks:
            found = _tracks(tracks)
        case Notice():
            found = []  # a message to somebody; what it is about goes by the incident
    return [text for text in found if text]


def _below_ms(item_id: str) -> int:
    """Nanoseconds that tell items of one moment apart."""
    return int.from_bytes(hashlib.sha256(item_id.encode()).digest()[:4], "big") % 1_000_000


def _yes_no(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _alert(step: Transition, t_ns: int) -> str:
    return line(
        "alert",
        {
            "rule": step.rule,
            "event": step.event.value,
            "near": words.nearest_mark(step.lat_deg, step.lon_deg),
            "exercise": _yes_no(step.is_exercise),
        },
        {
            "n": 1,
            "is_open": step.event not in (Event.CLEARED, Event.RETRACTED),
            "priority_code": int(step.priority),
            "lat_deg": step.lat_deg,
            "lon_deg": step.lon_deg,
            "mmsi": step.subject.mmsi if step.subject.mmsi >= 0 else math.nan,
            "since_first_seen_s": _since_first_seen_s(step),
            "alert_id": step.alert_id,
            "incident": step.incident,
            "label": step.subject.label,
            "priority": Priority(step.priority).name.lower(),
            "reason": step.reason,
        },
        t_ns,
    )


def _since_first_seen_s(step: Transition) -> float:
    """How long radar had followed what it is about; NaN for rules that do not say."""
    first = dict(step.evidence).get("first_seen_unix_s")
    return step.t_unix_s - first if isinstance(first, float) else math.nan


def _incident(incident: Incident, t_ns: int) -> str:
    return line(
        "incident",
        {
            "incident": incident.incident_id,
            "near": words.nearest_mark(incident.lat_deg, incident.lon_deg),
            "exercise": _yes_no(incident.is_exercise),
        },
        {
            "n": 1,
            "number": incident.number,
            "priority_code": int(incident.priority),
            "state_code": STATE_CODES[incident.state],
            "is_open": incident.state is not IncidentState.CLOSED,
            "is_acknowledged": math.isfinite(incident.t_acknowledged_unix_s),
            "lat_deg": incident.lat_deg,
            "lon_deg": incident.lon_deg,
            "t_opened_unix_s": incident.t_opened_unix_s,
            "acknowledged_after_s": incident.t_acknowledged_unix_s - incident.t_opened_unix_s,
            "n_alerts": len(incident.alerts),
            "title": incident.title,
            "priority": Priority(incident.priority).name.lower(),
            "state": incident.state.value,
            "owner": incident.owner,
            "reason": incident.reason,
        },
        t_ns,
    )


def _figures(figures: Figures, t_unix_s: float, t_ns: int) -> list[str]:
    exercise = {"exercise": _yes_no(figures.is_exercise)}
    found = [
        line(
            "receiver",
            {"source": r.source, "station": r.station, **exercise},
            {
                "state_code": r.state_code,
                "silent_s": t_unix_s - r.t_heard_unix_s,
                "rate_per_min": r.rate_per_min,
                "expected_rate_per_min": r.expected_rate_per_min,
                "bad_checksum_share": r.bad_checksum_share,
                "clock_skew_s": r.clock_skew_s,
                "n_vessels": r.n_vessels,
                "state": r.state,
            },
            t_ns,
        )
        for r in figures.receivers
    ]
    found += [
        line(
            "pipeline",
            {"part": "sink", "sink": s.sink, **exercise},
            {
                "n_waiting": s.n_waiting,
                "waiting_bytes": s.waiting_bytes,
                "oldest_age_s": s.oldest_age_s,
                "n_quarantined": s.n_quarantined,
                "n_dropped": s.n_dropped,
                "is_well": not s.fault,
                "self_test_s": s.self_test_s,
                "fault": s.fault,
            },
            t_ns,
        )
        for s in figures.sinks
    ]
    found.append(line("pipeline", {"part": "core", **exercise}, dict(figures.pipeline), t_ns))
    found += [
        line("pipeline", {"part": "sentences", "reason": reason.lower(), **exercise}, {"n": n}, t_ns)
        for reason, n in figures.rejects
        if n
    ]
    return found


def _tracks(tracks: Tracks) -> list[str]:
    """The time of a place is that of the report, so that what is told again is the same point."""
    return [
        line(
            "track",
            {"incident": t.incident, "exercise": _yes_no(tracks.is_exercise)},
            {
                "lat_deg": t.lat_deg,
                "lon_deg": t.lon_deg,
                "sog_kn": t.sog_kn,
                "cog_deg": t.cog_deg,
                "mmsi": t.mmsi if t.mmsi >= 0 else math.nan,
                "label": t.label,
            },
            round(t.t_unix_s * 1e6) * 1000 + t.target_id % 1000,
        )
        for t in tracks.samples
        if math.isfinite(t.t_unix_s)
    ]
