"""CAP messages, element by element against the standard's order, and the chain from Alert to Cancel."""

import dataclasses
import itertools
import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import cap, items
from alerts.alert import Priority, SubjectKind
from alerts.incident import Incident, IncidentState, Note
from alerts.items import Item
from alerts.rules import RULES
from tests.alerts.pictures import NOW
from tests.alerts.test_desk import beacon, desk, tick

INCIDENT = tick(desk(), beacon(NOW)).incidents[0]
ORIGIN = cap.Origin(
    sender="watch@coastguard.example",
    sender_name="Dover Strait watch",
    restriction="Search and rescue authorities",
    map_url="https://map.example/",
    least_priority=Priority.WARNING,
    moved_m=1852.0,
    radius_m=1852.0,
)
# CAP 1.2, clauses 3.2.1, 3.2.2 and 3.2.4, in the order of the schema (3.4): name, least and greatest number; -1 any
ORDER = {
    "alert": (
        ("identifier", 1, 1), ("sender", 1, 1), ("sent", 1, 1), ("status", 1, 1), ("msgType", 1, 1), ("source", 0, 1),
        ("scope", 1, 1), ("restriction", 0, 1), ("addresses", 0, 1), ("code", 0, -1), ("note", 0, 1),
        ("references", 0, 1), ("incidents", 0, 1), ("info", 0, -1),
    ),
    "info": (
        ("language", 0, 1), ("category", 1, -1), ("event", 1, 1), ("responseType", 0, -1), ("urgency", 1, 1),
        ("severity", 1, 1), ("certainty", 1, 1), ("audience", 0, 1), ("eventCode", 0, -1), ("effective", 0, 1),
        ("onset", 0, 1), ("expires", 0, 1), ("senderName", 0, 1), ("headline", 0, 1), ("description", 0, 1),
        ("instruction", 0, 1), ("web", 0, 1), ("contact", 0, 1), ("parameter", 0, -1), ("resource", 0, -1),
        ("area", 0, -1),
    ),
    "area": (
        ("areaDesc", 1, 1), ("polygon", 0, -1), ("circle", 0, -1), ("geocode", 0, -1), ("altitude", 0, 1),
        ("ceiling", 0, 1),
    ),
    "parameter": (("valueName", 1, 1), ("value", 1, 1)),
}  # fmt: skip
WORDS = {
    "status": {"Actual", "Exercise", "System", "Test", "Draft"},
    "msgType": {"Alert", "Update", "Cancel", "Ack", "Error"},
    "scope": {"Public", "Restricted", "Private"},
    "category": {"Geo", "Met", "Safety", "Security", "Rescue", "Fire", "Health", "Env", "Transport", "Infra", "CBRNE",
                 "Other"},
    "urgency": {"Immediate", "Expected", "Future", "Past", "Unknown"},
    "severity": {"Extreme", "Severe", "Moderate", "Minor", "Unknown"},
    "certainty": {"Observed", "Likely", "Possible", "Unlikely", "Unknown"},
}  # fmt: skip
FORMS = {
    "identifier": r"[^\s,<&]+",
    "sender": r"[^\s,<&]+",
    "sent": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-00:00",
    "onset": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d-00:00",
    "references": r"[^\s,<&]+,[^\s,<&]+,[^\s,<&]+( [^\s,<&]+,[^\s,<&]+,[^\s,<&]+)*",
    "circle": r"-?\d+(\.\d+)?,-?\d+(\.\d+)? \d+(\.\d+)?",
    "incidents": r"\S+",
    "headline": r"(?s).{1,160}",
}


def faults(message: bytes) -> list[str]:
    """What the standard would not allow."""
    return list(_faults(ET.fromstring(message)))


def _faults(of: ET.Element) -> Iterable[str]:
    name = local(of)
    if name in ORDER:
        order = [child for child, _, _ in ORDER[name]]
        found = [local(child) for child in of]
        if [c for c in found if c not in order]:
            yield f"{name} has {found}"
        elif found != sorted(found, key=order.index):
            yield f"{name} is not in order: {found}"
        for child, least, most in ORDER[name]:
            if found.count(child) < least or (most >= 0 and found.count(child) > most):
                yield f"{name} has {found.count(child)} of {child}"
        for one in of:
            yield from _faults(one)
    else:
        text = of.text or ""
        if not text:
            yield f"{name} is empty"
        if text not in WORDS.get(name, {text}):
            yield f"{name} is {text}"
        if not re.fullmatch(FORMS.get(name, r"(?s).*"), text):
            yield f"{name} is {text!r}"


def local(of: ET.Element) -> str:
    return of.tag.removeprefix(f"{{{cap.NAMESPACE}}}")


def text(message: bytes, path: str) -> str | None:
    steps = "/".join(f"cap:{step}" for step in path.split("/"))
    return ET.fromstring(message).findtext(steps, None, {"cap": cap.NAMESPACE})


def later(seconds: float, of: Incident = INCIDENT, **changes: object) -> Incident:
    return dataclasses.replace(of, t_changed_unix_s=NOW + seconds, **changes)  # type: ignore[arg-type]


def retracted(of: Incident, seconds: float) -> Incident:
    alerts = tuple(dataclasses.replace(one, is_retracted=True, is_open=False) for one in of.alerts)
    return later(seconds, of, alerts=alerts, state=IncidentState.RETURNED)


CLOSED = later(900.0, state=IncidentState.CLOSED)


def told(*incidents: Incident, origin: cap.Origin = ORIGIN) -> list[bytes]:
    """The messages of these states of one incident."""
    messages: list[bytes] = []
    for one in incidents:
        earlier = [cap.read(message) for message in messages]
        if msg_type := cap.next_type(one, earlier, origin):
            messages.append(cap.message(one, msg_type, earlier, origin))
    return messages


def types(*incidents: Incident) -> list[str | None]:
    return [text(message, "msgType") for message in told(*incidents)]


def batch(*incidents: Incident) -> list[Item]:
    return [
        items.decoded(i, entry.item_id, entry.kind.value, entry.t_unix_s, entry.body)
        for i, entry in enumerate(items.of_incidents(incidents), 1)
    ]


def test_a_distress_is_told_as_the_standard_has_it() -> None:
    (message,) = told(INCIDENT)
    assert faults(message) == []
    said = {path: text(message, path) for path in (
        "identifier", "sender", "sent", "status", "msgType", "scope", "restriction", "references", "incidents",
        "info/category", "info/event", "info/urgency", "info/severity", "info/certainty", "info/headline",
        "info/description", "info/web", "info/area/areaDesc", "info/area/circle",
    )}  # fmt: skip
    assert said == {
        "identifier": "20251122-001-1763800000000",
        "sender": "watch@coastguard.example",
        "sent": "2025-11-22T08:26:40-00:00",
        "status": "Actual",
        "msgType": "Alert",
        "scope": "Restricted",
        "restriction": "Search and rescue authorities",
        "references": None,
        "incidents": "20251122-001",
        "info/category": "Rescue",
        "info/event": "distress signal",
        "info/urgency": "Immediate",
        "info/severity": "Extreme",
        "info/certainty": "Observed",
        "info/headline": INCIDENT.title,
        "info/description": INCIDENT.reason,
        "info/web": "https://map.example/#incident=20251122-001",
        "info/area/areaDesc": "0.7 nm NE of Varne light vessel (51°01.8'N 001°24.6'E)",
        "info/area/circle": "51.03000,1.41000 1.852",
    }


def test_the_checker_of_these_tests_finds_what_is_wrong() -> None:
    (message,) = told(INCIDENT)
    for right, wrong in (
        (b"<urgency>Immediate</urgency>", b"<urgency>Now</urgency>"),
        (b"-00:00</sent>", b"Z</sent>"),
        (b"<scope>Restricted</scope>", b""),
        (b"<language>en-GB</language>", b"<web>early</web>"),
    ):
        assert right in message
        assert faults(message.replace(right, wrong)), wrong


def test_every_rule_about_vessels_has_its_row_and_every_priority_its_words() -> None:
    about_vessels = {name for name, rule in RULES.items() if rule.subject_kind in cap.KINDS}
    assert about_vessels == cap.JUDGED.keys()
    assert len(cap.RULE_OF) == len(RULES), "two rules have one title"
    assert cap.URGENCY.keys() == cap.SEVERITY.keys() == set(Priority)
    assert {certainty for _, certainty in cap.JUDGED.values()} <= WORDS["certainty"]
    assert {category for category, _ in cap.JUDGED.values()} <= WORDS["category"]


ANY_TEXT = st.text(
    st.characters(exclude_categories=()) | st.sampled_from("<>&\"'\x00\x07\x1b\r\n\t\ud800\ufffe]]>"), max_size=300
)
ANY_FLOAT = st.floats(-90.0, 90.0) | st.just(math.nan)


@given(title=ANY_TEXT, label=ANY_TEXT, reason=ANY_TEXT, lat_deg=ANY_FLOAT, lon_deg=ANY_FLOAT,
       priority=st.sampled_from(Priority), state=st.sampled_from(IncidentState), kind=st.sampled_from(SubjectKind),
       is_exercise=st.booleans())  # fmt: skip
def test_whatever_comes_over_the_air_the_message_is_whole(
    title: str, label: str, reason: str, lat_deg: float, lon_deg: float, priority: Priority, state: IncidentState,
    kind: SubjectKind, is_exercise: bool,
) -> None:  # fmt: skip
    subject = dataclasses.replace(INCIDENT.subject, label=label, kind=kind)
    odd = later(1.0, subject=subject, title=title, reason=reason, lat_deg=lat_deg, lon_deg=lon_deg, priority=priority,
                state=state, is_exercise=is_exercise)  # fmt: skip
    message = cap.message(odd, "Alert", (), ORIGIN)
    assert faults(message) == []
    assert text(message, "status") == ("Exercise" if is_exercise else "Actual")
    again = cap.read(message)
    assert (again.event, again.priority, again.state) == (cap.event(odd), cap.priority(odd), state.value)
    is_new = cap.next_type(later(2.0, odd), [again], ORIGIN)
    assert is_new == ("Cancel" if cap.is_over(odd) else ""), "told a second time although nothing has changed"


def test_from_alert_to_cancel_each_message_names_those_before() -> None:
    states = (
        INCIDENT,
        later(60.0, lat_deg=51.06),  # 1.8 nm
        later(120.0, lat_deg=51.06, state=IncidentState.ACKNOWLEDGED),
        later(900.0, lat_deg=51.06, state=IncidentState.CLOSED),
    )
    messages = told(*states)
    assert [text(m, "msgType") for m in messages] == ["Alert", "Update", "Update", "Cancel"]
    references = [(text(m, "references") or "").split() for m in messages]
    names = [f"{ORIGIN.sender},{text(m, 'identifier')},{text(m, 'sent')}" for m in messages]
    assert references == [names[:i] for i in range(4)]
    assert [faults(m) for m in messages] == [[]] * 4
    assert text(messages[-1], "note") == "Closed by a person."
    assert text(messages[-1], "info/urgency") == "Past"


@pytest.mark.parametrize(
    ("what", "states", "expected"),
    [
        ("a note is not told", [later(1.0, notes=(Note(NOW, "watch 1", "seen"),))], ["Alert"]),
        ("a repeat of the alert is not told", [later(1.0, reason="again")], ["Alert"]),
        ("a place nearly the same is not told", [later(1.0, lat_deg=51.035)], ["Alert"]),
        ("a place far off is told", [later(1.0, lon_deg=1.5)], ["Alert", "Update"]),
        ("many small steps are told when they add up", [later(float(i), lat_deg=51.03 + i / 100) for i in range(1, 9)],
         ["Alert", "Update", "Update", "Update", "Update"]),
        ("a place lost is not told", [later(1.0, lat_deg=math.nan, lon_deg=math.nan)], ["Alert"]),
        ("a fallen priority is told", [later(1.0, priority=Priority.CAUTION)], ["Alert", "Update"]),
        ("a boat that is lost is told", [later(1.0, title=f"{INCIDENT.subject.label}: small boat, contact lost")],
         ["Alert", "Update"]),
        ("an end without a person is no cancel", [later(1.0, state=IncidentState.RETURNED)], ["Alert", "Update"]),
        ("closed, and noted afterwards", [CLOSED, later(2.0, CLOSED)], ["Alert", "Cancel"]),
        ("retracted, then true after all, then closed", [retracted(INCIDENT, 1.0), later(2.0), CLOSED],
         ["Alert", "Cancel", "Alert", "Cancel"]),
    ],
)  # fmt: skip
def test_what_is_worth_a_message(what: str, states: list[Incident], expected: list[str]) -> None:
    assert types(INCIDENT, *states) == expected, what


def test_a_place_found_later_is_told() -> None:
    nowhere = dataclasses.replace(INCIDENT, lat_deg=math.nan, lon_deg=math.nan)
    messages = told(nowhere, later(1.0))
    assert text(messages[0], "info/area/areaDesc") == "an unknown position"
    assert [text(m, "info/area/circle") for m in messages] == [None, "51.03000,1.41000 1.852"]


def test_what_was_never_told_is_not_taken_back() -> None:
    assert types(CLOSED) == []
    assert types(retracted(INCIDENT, 1.0)) == []


def test_an_alert_after_a_retraction_begins_a_chain_of_its_own() -> None:
    messages = told(INCIDENT, retracted(INCIDENT, 1.0), later(2.0), CLOSED)
    assert text(messages[1], "note") == "Retracted: it was raised in error."
    assert text(messages[1], "info/certainty") == "Unlikely"
    assert text(messages[2], "references") is None
    assert text(messages[3], "references") == cap.read(messages[2]).reference


@pytest.mark.parametrize("kind", SubjectKind)
def test_only_what_happens_at_sea_is_told(kind: SubjectKind) -> None:
    one = dataclasses.replace(INCIDENT, subject=dataclasses.replace(INCIDENT.subject, kind=kind))
    assert bool(types(one)) is (kind in (SubjectKind.TARGET, SubjectKind.PAIR, SubjectKind.AREA))


def test_below_the_least_priority_nothing_begins() -> None:
    assert types(dataclasses.replace(INCIDENT, priority=Priority.CAUTION)) == []
    assert types(dataclasses.replace(INCIDENT, priority=Priority.CAUTION), later(1.0)) == ["Alert"]


def test_a_drill_is_an_exercise_in_every_message_and_apart_from_the_real_incident() -> None:
    drill = [dataclasses.replace(one, is_exercise=True) for one in (INCIDENT, later(1.0, lat_deg=52.0), CLOSED)]
    messages = told(*drill)
    assert [text(m, "status") for m in messages] == ["Exercise"] * 3
    assert all(b"Actual" not in m for m in messages)
    assert all((text(m, "info/headline") or "").startswith("EXERCISE: ") for m in messages)
    assert not set(map(cap.identifier, drill)) & {cap.identifier(INCIDENT), cap.identifier(CLOSED)}
    ours, theirs = (cap.stem(INCIDENT.incident_id, is_exercise=is_exercise) for is_exercise in (False, True))
    assert not any(a.startswith(b) for a, b in itertools.permutations((ours, theirs)))


def test_no_person_is_named() -> None:
    known = later(1.0, owner="Jo Watchkeeper", notes=(Note(NOW, "Jo Watchkeeper", "the lifeboat is told"),))
    (message,) = told(known)
    assert b"Watchkeeper" not in message
    assert b"lifeboat" not in message


def test_what_is_not_ours_is_refused(tmp_path: Path) -> None:
    for data in (b"", b"<alert/>", b"<a", told(INCIDENT)[0].replace(b"priority", b"other")):
        with pytest.raises(ValueError):
            cap.read(data)
