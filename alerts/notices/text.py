"""What somebody reads who was asleep a moment ago.

    ALARM 14: Boat without AIS (dover/41): looks like a small boat, 3.2 nm NE of Varne light vessel, since 02:14 UTC

The first line says all of it in fewer than 120 characters, since a phone shows no more. Then what, where, since when,
why, what changed, and the way to the picture. Times are UTC and the reader's own.
"""

import math
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from alerts import words
from alerts.alert import Priority
from alerts.incident import Incident
from alerts.notices.course import Telling
from alerts.notices.notice import Recipient, Step

MAX_SUBJECT = 119
MAX_WHY = 400


@dataclass(frozen=True, slots=True)
class Setting:
    """What all messages of a monitor share."""

    base_url: str  # of the live map, as officers reach it; "" none
    time_zone: str
    rota_fault: str = ""  # why the rota in force may be old


def subject(incident: Incident, telling: Telling, now_unix_s: float) -> str:
    """The first line."""
    head = f"{_word(incident.priority)} {incident.number}{_how(telling, now_unix_s)}: "
    if incident.is_exercise:
        head = f"EXERCISE {head}"
    tail = f", {_short_place(incident)}, since {_clock(incident.t_opened_unix_s)} UTC"
    title = _line(incident.title)
    room = MAX_SUBJECT - len(head) - len(tail)
    if len(title) > room:
        title = title[: max(room - 1, 0)].rstrip() + "…"
    return (head + title + tail)[:MAX_SUBJECT]


def body(
    incident: Incident, telling: Telling, to: Recipient, told: tuple[str, ...], link: str, setting: Setting, now: float
) -> str:
    """The whole message, its first line included. told : who was told before."""
    zone = ZoneInfo(setting.time_zone)
    lines = [
        subject(incident, telling, now),
        "",
        f"What: {_line(incident.title)}",
        f"Where: {words.place(incident.lat_deg, incident.lon_deg)}{_position_age(incident, zone, now)}",
        f"Since: {_both(incident.t_opened_unix_s, zone)}, {words.span(max(now - incident.t_opened_unix_s, 0.0))} ago",
        f"Why: {_shortened(incident.reason)}",
        f"Changed: {_changed(incident, telling, told, now)}",
        f"Incident: {incident.incident_id}, {incident.state.value}",
        f"To: {_to(to)}",
    ]
    if setting.rota_fault:
        lines.append(f"Rota: {setting.rota_fault}")
    if incident.is_exercise:
        lines.append("This is an EXERCISE: nobody is in danger.")
    if link:
        verb = "Read" if telling.step is Step.CLOSED else "Acknowledge"
        lines += ["", f"{verb}: {link}", f"Map: {setting.base_url}/#incident={incident.incident_id}"]
    return "\n".join(lines) + "\n"


def _how(telling: Telling, now_unix_s: float) -> str:
    match telling.step:
        case Step.OPENED:
            return ""
        case Step.RAISED:
            return " (raised)"
        case Step.CLOSED:
            return " CLOSED"
        case Step.UNACKNOWLEDGED | Step.REPEATED:
            return f" NOT ACKNOWLEDGED for {words.span(now_unix_s - telling.t_waits_unix_s)}"


def _changed(incident: Incident, telling: Telling, told: tuple[str, ...], now_unix_s: float) -> str:
    before = f" Told so far: {', '.join(told)}." if told else ""
    match telling.step:
        case Step.OPENED:
            return f"new.{before}"
        case Step.RAISED:
            return f"was {_word(telling.was).lower()}, is now {_word(incident.priority).lower()}.{before}"
        case Step.CLOSED:
            last = incident.notes[-1] if incident.notes else None
            return f"closed by {_line(last.who)}: {_line(last.text)}" if last else "closed."
        case Step.UNACKNOWLEDGED | Step.REPEATED:
            waited = words.span(now_unix_s - telling.t_waits_unix_s)
            return f"nobody has acknowledged it for {waited}.{before}"


def _word(priority: Priority) -> str:
    return Priority(priority).name


def _short_place(incident: Incident) -> str:
    place = words.place(incident.lat_deg, incident.lon_deg)
    return place.partition(" (")[0]


def _position_age(incident: Incident, zone: ZoneInfo, now_unix_s: float) -> str:
    if math.isnan(incident.t_position_unix_s):
        return ""
    age = words.span(max(now_unix_s - incident.t_position_unix_s, 0.0))
    return f", {age} ago at {_both(incident.t_position_unix_s, zone)}"


def _both(t_unix_s: float, zone: ZoneInfo) -> str:
    """02:14:05 UTC (03:14:05 CET)"""
    if not math.isfinite(t_unix_s):
        return "an unknown time"
    local = datetime.fromtimestamp(math.floor(t_unix_s), zone)
    if local.utcoffset() == datetime.fromtimestamp(t_unix_s, UTC).utcoffset():
        return words.utc(t_unix_s)
    return f"{words.utc(t_unix_s)} ({local:%H:%M:%S %Z})"


def _clock(t_unix_s: float) -> str:
    return datetime.fromtimestamp(t_unix_s, UTC).strftime("%H:%M")


def _line(text: str) -> str:
    """On one line, whatever people or ships have put into a name."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _shortened(text: str) -> str:
    text = _line(text)
    if len(text) <= MAX_WHY:
        return text
    cut = text[:MAX_WHY].rpartition(" ")[0]
    return f"{cut} …"


def _to(to: Recipient) -> str:
    if to.who:
        return f"{to.who}, on call as {to.role}, by {to.channel}" if to.role else f"{to.who} by {to.channel}"
    if to.role:
        return f"{to.channel}: the rota has nobody as {to.role} now whom it can reach"
    return to.channel
