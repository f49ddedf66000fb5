"""Incidents as messages of the Common Alerting Protocol, CAP 1.2 (OASIS standard, 1 July 2010), for partners.

An incident is told by an Alert, then by an Update whenever its state, priority, heading or place has changed so much
that a partner would act otherwise, and by a Cancel when a person has closed it or every alert of it was retracted.
Updates and Cancels name the messages that they replace in `references`, back to the Alert. What was told last is read
from the messages themselves, so nothing is kept that could differ from what partners hold.

No message has `expires`: nothing about a boat ends by itself, so what was told stands until an Update or a Cancel.
A replay or a drill is `Exercise`, never `Actual`. No person's name is in any message: neither owner nor notes.

Clauses are those of the standard: 3.2.1 alert, 3.2.2 info, 3.2.4 area, 3.3.2 dateTime.
"""

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from alerts import words
from alerts.alert import Priority, SubjectKind
from alerts.incident import Incident, IncidentState
from alerts.rules import RULES

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
KINDS = frozenset({SubjectKind.TARGET, SubjectKind.PAIR, SubjectKind.AREA})  # the monitor's own health is no news here
MAX_HEADLINE = 160  # 3.2.2: devices may cut what is longer
KM_M = 1000.0
NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2; CR is lost on reading

# Urgency: when somebody should act; severity: what threatens life. In the order of IMO MSC.302(87): emergency, alarm
# (act at once), warning (act before it becomes one), caution (be aware).
URGENCY = {
    Priority.EMERGENCY: "Immediate",
    Priority.ALARM: "Immediate",
    Priority.WARNING: "Expected",
    Priority.CAUTION: "Future",
}
SEVERITY = {
    Priority.EMERGENCY: "Extreme",
    Priority.ALARM: "Severe",
    Priority.WARNING: "Moderate",
    Priority.CAUTION: "Minor",
}
# Rule that heads the incident -> category and certainty. Observed: what the alert says was itself heard or measured;
# Likely: it is judged from what was measured; Possible: something harmless may look the same.
JUDGED = {
    "distress_beacon": ("Rescue", "Observed"),
    "small_boat": ("Rescue", "Likely"),
    "lost_contact": ("Rescue", "Likely"),
    "boats_unobserved": ("Rescue", "Unknown"),
    "dark_vessel": ("Transport", "Likely"),
    "lane_stopped": ("Transport", "Observed"),
    "wrong_way": ("Transport", "Observed"),
    "ais_gap": ("Transport", "Possible"),
    "ais_integrity": ("Transport", "Possible"),
    "gnss_interference": ("Transport", "Likely"),
    "fence_entry": ("Safety", "Observed"),
    "fence_dwell": ("Safety", "Observed"),
}
OTHER = ("Safety", "Possible")
RULE_OF = {rule.title: name for name, rule in RULES.items()}  # an incident is headed by its rule's title


@dataclass(frozen=True, slots=True)
class Origin:
    """Who tells, and what is worth telling."""

    sender: str  # 3.2.1: unique over the world, without spaces, commas, < and &
    sender_name: str
    restriction: str  # whom it is for
    map_url: str  # of the live map; "" none
    least_priority: Priority  # to begin with; an incident once told is told to its end
    moved_m: float  # a place so far from the last one told is told anew
    radius_m: float  # of the circle about the position


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that partners hold, as far as the next one depends on it."""

    identifier: str
    sender: str
    sent: str
    msg_type: str
    event: str
    priority: str
    state: str
    lat_deg: float  # NaN without a place
    lon_deg: float

    @property
    def reference(self) -> str:
        """3.2.1, references."""
        return f"{self.sender},{self.identifier},{self.sent}"


def stem(incident_id: str, *, is_exercise: bool) -> str:
    """What all identifiers of an incident begin with. A drill's numbers are those of another store."""
    return f"exercise-{incident_id}-" if is_exercise else f"{incident_id}-"


def identifier(incident: Incident) -> str:
    """20251122-014-1763800000123: incident and the millisecond of the change, so a repeat is the same message."""
    return f"{stem(incident.incident_id, is_exercise=incident.is_exercise)}{changed_ms(incident)}"


def changed_ms(incident: Incident) -> int:
    return round(incident.t_changed_unix_s * 1000)


def next_type(incident: Incident, earlier: Sequence[Sent], of: Origin) -> str:
    """The msgType of the message that is due; "" when nothing is. earlier : those of this incident, in order."""
    last = earlier[-1] if earlier else None
    is_told = last is not None and last.msg_type != "Cancel"
    if is_over(incident):
        return "Cancel" if is_told else ""
    if last is None or not is_told:
        return "Alert" if incident.subject.kind in KINDS and incident.priority >= of.least_priority else ""
    as_told = (last.event, last.priority, last.state)
    if as_told != (event(incident), priority(incident), incident.state.value) or _has_moved(incident, last, of.moved_m):
        return "Update"
    return ""


def is_over(incident: Incident) -> bool:
    """Closed by a person, or nothing of it was true."""
    return incident.state is IncidentState.CLOSED or is_retracted(incident)


def is_retracted(incident: Incident) -> bool:
    return bool(incident.alerts) and all(alert.is_retracted for alert in incident.alerts)


def _has_moved(incident: Incident, last: Sent, moved_m: float) -> bool:
    if not has_place(incident):
        return False
    moved_nm = words.distance_nm(last.lat_deg, last.lon_deg, incident.lat_deg, incident.lon_deg)
    return not moved_nm * words.NM_M < moved_m  # NaN, where there was no place before: told


def has_place(incident: Incident) -> bool:
    return math.isfinite(incident.lat_deg) and math.isfinite(incident.lon_deg)


def event(incident: Incident) -> str:
    """What heads the incident: "stopped in a traffic lane"."""
    return cleaned(incident.title.removeprefix(f"{incident.subject.label}: ")) or "not said"


def priority(incident: Incident) -> str:
    return Priority(incident.priority).name.lower()


def message(incident: Incident, msg_type: str, earlier: Sequence[Sent], of: Origin) -> bytes:
    """One CAP message, elements in the order of the schema. earlier : those of this incident, in order."""
    alert = ET.Element(f"{{{NAMESPACE}}}alert")
    notes = ["A replay or a drill: nothing of this has happened."] if incident.is_exercise else []
    if msg_type == "Cancel":
        notes.append("Closed by a person." if not is_retracted(incident) else "Retracted: it was raised in error.")
    _add(
        alert,
        ("identifier", identifier(incident)),
        ("sender", of.sender),
        ("sent", instant(incident.t_changed_unix_s)),
        ("status", "Exercise" if incident.is_exercise else "Actual"),
        ("msgType", msg_type),
        ("source", "straitwatch"),
        ("scope", "Restricted"),
        ("restriction", of.restriction),
        ("note", " ".join(notes)),
        ("references", " ".join(one.reference for one in referred(msg_type, earlier))),
        ("incidents", incident.incident_id),
    )
    alert.append(_info(incident, msg_type, of))
    return bytes(ET.tostring(alert, encoding="utf-8", xml_declaration=True, default_namespace=NAMESPACE))


def referred(msg_type: str, earlier: Sequence[Sent]) -> Sequence[Sent]:
    """What a message replaces or takes back: all since the last Alert. A new Alert stands for itself."""
    if msg_type == "Alert":
        return ()
    first = max((i for i, one in enumerate(earlier) if one.msg_type == "Alert"), default=0)
    return earlier[first:]


def _info(incident: Incident, msg_type: str, of: Origin) -> ET.Element:
    info = ET.Element(f"{{{NAMESPACE}}}info")
    said = event(incident)
    rule = RULE_OF.get(said, "")
    category, certainty = JUDGED.get(rule, OTHER)
    is_cancel = msg_type == "Cancel"
    headline = " ".join(cleaned(incident.title).split())
    _add(
        info,
        ("language", "en-GB"),
        ("category", category),
        ("event", said),
        ("urgency", "Past" if is_cancel else URGENCY[Priority(incident.priority)]),
        ("severity", SEVERITY[Priority(incident.priority)]),
        ("certainty", "Unlikely" if is_retracted(incident) else certainty),
        ("onset", instant(incident.t_opened_unix_s)),
        ("senderName", of.sender_name),
        ("headline", (f"EXERCISE: {headline}" if incident.is_exercise else headline)[:MAX_HEADLINE]),
        ("description", incident.reason),
        ("web", f"{of.map_url.rstrip('/')}/#incident={incident.incident_id}" if of.map_url else ""),
    )
    for name, value in (
        ("priority", priority(incident)),
        ("state", incident.state.value),
        ("rule", rule),
        ("mmsi", f"{incident.subject.mmsi:09d}" if incident.subject.mmsi >= 0 else ""),
        ("position_time", instant(incident.t_position_unix_s)),
    ):
        if value:
            _add(ET.SubElement(info, f"{{{NAMESPACE}}}parameter"), ("valueName", name), ("value", value))
    area = ET.SubElement(info, f"{{{NAMESPACE}}}area")
    circle = ""
    if has_place(incident):
        circle = f"{incident.lat_deg:.5f},{incident.lon_deg:.5f} {of.radius_m / KM_M:.3f}"
    _add(area, ("areaDesc", words.place(incident.lat_deg, incident.lon_deg)), ("circle", circle))
    return info


def _add(parent: ET.Element, *children: tuple[str, str]) -> None:
    """Elements in this order; an empty one is left out."""
    for name, text in children:
        if text:
            ET.SubElement(parent, f"{{{NAMESPACE}}}{name}").text = cleaned(text)


def cleaned(text: str) -> str:
    """What XML can hold: control characters and halves of surrogate pairs become U+FFFD."""
    return NOT_XML.sub("�", text)


def instant(t_unix_s: float) -> str:
    """2025-11-22T08:26:40-00:00; "" where there is none. 3.3.2: no fractions, and UTC is written -00:00."""
    if not math.isfinite(t_unix_s):
        return ""
    return datetime.fromtimestamp(math.floor(t_unix_s), UTC).strftime("%Y-%m-%dT%H:%M:%S-00:00")


def read(data: bytes) -> Sent:
    """One of our own messages. Raises ValueError when it is none."""
    try:
        alert = ET.fromstring(data)
    except ET.ParseError as error:
        raise ValueError(f"not XML: {error}") from error
    names = {"cap": NAMESPACE}

    def text(path: str) -> str:
        return alert.findtext(path, "", names)

    parameters = {
        one.findtext("cap:valueName", "", names): one.findtext("cap:value", "", names)
        for one in alert.iterfind("cap:info/cap:parameter", names)
    }
    if alert.tag != f"{{{NAMESPACE}}}alert" or not {"priority", "state"} <= parameters.keys():
        raise ValueError("not a CAP message of this program")
    circle = text("cap:info/cap:area/cap:circle").split(" ")[0]
    lat_deg, lon_deg = (float(part) for part in circle.split(",")) if circle else (math.nan, math.nan)
    return Sent(
        identifier=text("cap:identifier"),
        sender=text("cap:sender"),
        sent=text("cap:sent"),
        msg_type=text("cap:msgType"),
        event=text("cap:info/cap:event"),
        priority=parameters["priority"],
        state=parameters["state"],
        lat_deg=lat_deg,
        lon_deg=lon_deg,
    )
