"""One boat, one incident: alerts gathered, numbered, watched over, and moved by people's commands.

An incident belongs to a boat (target id), an area or a source; as long as it is not closed, every alert about that
subject lands on it. Numbers count up within the UTC day and are never used twice. Priority rises with its alerts and
falls only when one of them is retracted. A closed incident is not reopened: what happens to the same boat afterwards
is a new incident that names the old one, so that the record of what was closed, by whom and why, stays as it was.

No-action timers (domain: silent incidents): an ALARM or EMERGENCY that nobody acknowledges is told again, and again;
so is an acknowledged EMERGENCY on which nothing has been written for an hour.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated

from msgspec import Meta

from alerts import lifecycle, words
from alerts.alert import Event, Priority, Subject, SubjectKind, Transition
from alerts.incident import AuditEntry, Command, Incident, IncidentAlert, IncidentState, Note, Verb
from alerts.lifecycle import Happening
from alerts.rule import NotNegative, Parameter, Rule

PARAMETERS = (
    Parameter(
        "remind_unacknowledged_after_s",
        900.0,
        "An alarm or emergency that nobody has acknowledged is told again each time this many seconds have passed.",
    ),
    Parameter(
        "remind_acknowledged_after_s",
        3600.0,
        "An acknowledged emergency on which nobody has acted for this many seconds is told again; 0: never.",
    ),
    # IMO MSC.302(87) 6.2.2.2 wants it for a bridge, where the watchkeeper stands beside the panel. On a shore console
    # an unread amber says that nobody is at the desk; turning each into red would bury the red that matters.
    Parameter(
        "warning_becomes_alarm_after_s",
        0.0,
        "A warning that nobody has acknowledged becomes an alarm after this many seconds; 0: never.",
    ),
    Parameter("longest_shelf_s", 7200.0, "An incident can be shelved for at most this many seconds."),
    Parameter(
        "keep_closed_s",
        86400.0,
        "A closed incident stays at hand, for notes, for this many seconds; after that it is in the store only.",
    ),
)


@dataclass(frozen=True, slots=True)
class IncidentSettings:
    """Keys of the incidents block in config.toml; see PARAMETERS."""

    remind_unacknowledged_after_s: Annotated[float, Meta(gt=0)]
    remind_acknowledged_after_s: NotNegative
    warning_becomes_alarm_after_s: NotNegative
    longest_shelf_s: NotNegative
    keep_closed_s: NotNegative


@dataclass(slots=True)
class Ledger:
    """Every incident that is not closed, and those closed lately. Changed in place."""

    incidents: dict[str, Incident] = field(default_factory=dict)
    open_by_subject: dict[str, str] = field(default_factory=dict)  # subject -> its incident that is not closed
    open_targets: dict[int, str] = field(default_factory=dict)  # vessels that have an incident that is not closed
    last_by_subject: dict[str, str] = field(default_factory=dict)  # subject -> its incident closed lately
    t_acted_unix_s: dict[str, float] = field(default_factory=dict)  # last act, news or reminder: the timers' zero
    last_number: dict[str, int] = field(default_factory=dict)  # UTC day -> number given last
    t_due_unix_s: dict[str, float] = field(default_factory=dict)  # when the next timer of an incident runs out
    t_next_unix_s: float = math.inf  # the earliest of them
    touched: list[str] = field(default_factory=list)  # incidents whose timers are to be set anew in this tick


def subject_word(rule: str, subject: Subject) -> str:
    """What an incident belongs to. All rules share a boat or a source; an area is its rule's own."""
    if subject.kind is SubjectKind.TARGET:
        return f"target/{subject.target_id}"
    scope = f"area/{rule}" if subject.kind is SubjectKind.AREA else subject.kind.value
    return f"{scope}/{subject.key}"


def absorb(ledger: Ledger, step: Transition, rules: Mapping[str, Rule], *, is_exercise: bool) -> Transition:
    """Put one transition on its incident, which is opened if need be; returns it with the incident's id.

    `rules` says how their incidents are headed.
    """
    word = subject_word(step.rule, step.subject)
    incident_id = ledger.open_by_subject.get(word)
    if incident_id is None:
        incident_id = _open(ledger, word, step, is_exercise=is_exercise)
    before = ledger.incidents[incident_id]
    incident = _with_alert(before, step)
    incident = _with_priority(incident, before, step, rules)
    happening = _happening(before, incident, step)
    if happening is not None:
        incident = _moved(incident, lifecycle.after(before.state, happening, incident.priority))
    if happening is Happening.NEWS:
        ledger.t_acted_unix_s[incident_id] = step.t_unix_s
    ledger.incidents[incident_id] = incident
    ledger.touched.append(incident_id)
    return dataclasses.replace(step, incident=incident_id, is_exercise=is_exercise)


def settle(ledger: Ledger, incident_id: str, step: Transition, *, is_exercise: bool) -> Transition:
    """Put the end of an alert on the incident that a person has just closed."""
    ledger.incidents[incident_id] = _with_alert(ledger.incidents[incident_id], step)
    return dataclasses.replace(step, incident=incident_id, is_exercise=is_exercise)


def _open(ledger: Ledger, word: str, step: Transition, *, is_exercise: bool) -> str:
    """A new incident, with the next number of its day."""
    day = words.utc_day(step.t_unix_s)
    number = ledger.last_number.get(day, 0) + 1
    ledger.last_number[day] = number
    incident_id = f"{day}-{number:03d}"
    notes: tuple[Note, ...] = ()
    former = ledger.incidents.get(ledger.last_by_subject.get(word, ""))
    if former is not None:
        text = f"The same subject had incident {former.incident_id}, closed at {words.utc(former.t_changed_unix_s)}."
        notes = (Note(step.t_unix_s, "system", text),)
    ledger.incidents[incident_id] = Incident(
        incident_id=incident_id,
        number=number,
        state=IncidentState.UNACKNOWLEDGED,
        priority=step.priority,
        subject=step.subject,
        title="",
        reason=step.reason,
        lat_deg=math.nan,
        lon_deg=math.nan,
        t_position_unix_s=math.nan,
        t_opened_unix_s=step.t_unix_s,
        t_changed_unix_s=step.t_unix_s,
        owner="",
        t_acknowledged_unix_s=math.nan,
        shelved_until_unix_s=math.nan,
        alerts=(),
        notes=notes,
        is_exercise=is_exercise,
    )
    ledger.open_by_subject[word] = incident_id
    if step.subject.kind is SubjectKind.TARGET:
        ledger.open_targets[step.subject.target_id] = incident_id
    ledger.t_acted_unix_s[incident_id] = step.t_unix_s
    return incident_id


def _with_alert(incident: Incident, step: Transition) -> Incident:
    """The incident with the alert as this transition leaves it, in order of opening, and the newest position."""
    former = next((alert for alert in incident.alerts if alert.alert_id == step.alert_id), None)
    alert = IncidentAlert(
        alert_id=step.alert_id,
        rule=step.rule,
        priority=step.priority,
        is_open=step.event not in (Event.CLEARED, Event.RETRACTED),
        t_opened_unix_s=step.t_unix_s if former is None else former.t_opened_unix_s,
        t_changed_unix_s=step.t_unix_s,
        reason=step.reason,
        evidence=step.evidence,
        is_retracted=step.event is Event.RETRACTED,
    )
    if former is None:
        alerts = (*incident.alerts, alert)
    else:
        alerts = tuple(alert if a.alert_id == step.alert_id else a for a in incident.alerts)
    has_position = math.isfinite(step.lat_deg) and alert.is_open
    return dataclasses.replace(
        incident,
        alerts=alerts,
        t_changed_unix_s=step.t_unix_s,
        lat_deg=step.lat_deg if has_position else incident.lat_deg,
        lon_deg=step.lon_deg if has_position else incident.lon_deg,
        t_position_unix_s=step.t_unix_s if has_position else incident.t_position_unix_s,
    )


def _with_priority(incident: Incident, before: Incident, step: Transition, rules: Mapping[str, Rule]) -> Incident:
    """Priority of the most urgent alert, reason and title of the one that heads it.

    Only a retraction lets the priority fall. A boat that nobody sees any more is a lost boat, however much it looked
    like a small one while it was seen: a rule that `leads` comes before all but a distress.
    """
    standing = [alert for alert in incident.alerts if not alert.is_retracted]
    highest = max((alert.priority for alert in standing), default=Priority.CAUTION)
    priority = highest if step.event is Event.RETRACTED else max(before.priority, highest)
    speaking = [alert for alert in standing if alert.is_open] or standing or list(incident.alerts)
    is_distress = max(alert.priority for alert in speaking) is Priority.EMERGENCY
    leading = [alert for alert in speaking if leads(alert, rules)] if not is_distress else []
    head = most_urgent(leading or speaking, rules)
    title = f"{step.subject.label}: {rules[head.rule].title if head.rule in rules else head.rule}"
    return dataclasses.replace(incident, subject=step.subject, priority=priority, reason=head.reason, title=title)


def most_urgent(alerts: Sequence[IncidentAlert], rules: Mapping[str, Rule]) -> IncidentAlert:
    """Of some alerts; among equals the one whose rule leads, then the oldest."""
    return max(alerts, key=lambda alert: (alert.priority, leads(alert, rules), -alert.t_opened_unix_s))


def leads(alert: IncidentAlert, rules: Mapping[str, Rule]) -> bool:
    """Whether it is open and its rule leads."""
    return alert.is_open and alert.rule in rules and rules[alert.rule].leads


def _happening(before: Incident, incident: Incident, step: Transition) -> Happening | None:
    """What this transition means for the incident's state."""
    if step.event in (Event.CLEARED, Event.RETRACTED):
        return None if any(alert.is_open for alert in incident.alerts) else Happening.END
    former = next((alert for alert in before.alerts if alert.alert_id == step.alert_id), None)
    is_rise = incident.priority > before.priority or step.event is Event.ESCALATED
    if is_rise or (former is None and (step.priority >= Priority.WARNING or not before.alerts)):
        return Happening.NEWS
    return Happening.RETURN if former is None or not former.is_open else None


def _moved(incident: Incident, state: IncidentState) -> Incident:
    """The incident in another state; leaving the shelf forgets its end."""
    if state is incident.state:
        return incident
    until = incident.shelved_until_unix_s if state is IncidentState.SHELVED else math.nan
    return dataclasses.replace(incident, state=state, shelved_until_unix_s=until)


def obey(
    ledger: Ledger, command: Command, now_unix_s: float, *, settings: IncidentSettings
) -> tuple[Incident | None, AuditEntry]:
    """Do what a person asks, or say why not. The incident as it stands afterwards; None when it was refused."""
    incident = ledger.incidents.get(command.incident_id)
    why_not = lifecycle.refusal(incident, command, now_unix_s, settings.longest_shelf_s)
    if why_not or incident is None:
        what = f"{command.verb.value} refused"
        return None, AuditEntry(now_unix_s, command.who, what, command.incident_id, why_not)
    acted = dataclasses.replace(_obeyed(incident, command, now_unix_s), t_changed_unix_s=now_unix_s)
    ledger.incidents[incident.incident_id] = acted
    ledger.t_acted_unix_s[incident.incident_id] = now_unix_s
    ledger.touched.append(incident.incident_id)
    if acted.state is IncidentState.CLOSED and incident.state is not IncidentState.CLOSED:
        _shut(ledger, acted)
    text = command.text
    if command.verb is Verb.SHELVE:
        text = f"until {words.utc(acted.shelved_until_unix_s)}. {text}".strip()
    return acted, AuditEntry(now_unix_s, command.who, command.verb.value, incident.incident_id, text)


def _obeyed(incident: Incident, command: Command, now_unix_s: float) -> Incident:
    """Pure: the incident after a command that is allowed."""
    if command.text.strip():
        said = Note(now_unix_s, command.who, command.text.strip())
        incident = dataclasses.replace(incident, notes=(*incident.notes, said))
    if command.verb is Verb.ACK:
        incident = dataclasses.replace(incident, owner=command.who, t_acknowledged_unix_s=now_unix_s)
        return _moved(incident, IncidentState.ACKNOWLEDGED)
    if command.verb is Verb.SHELVE:
        until = lifecycle.shelf_end(command, now_unix_s)
        return dataclasses.replace(incident, state=IncidentState.SHELVED, shelved_until_unix_s=until)
    if command.verb is Verb.UNSHELVE:
        return off_shelf(incident)
    return _moved(incident, IncidentState.CLOSED) if command.verb is Verb.CLOSE else incident


def off_shelf(incident: Incident) -> Incident:
    """Shelving is over: what still holds asks for attention again."""
    is_open = any(alert.is_open for alert in incident.alerts)
    happening = Happening.EXPIRY if is_open else Happening.QUIET_EXPIRY
    return _moved(incident, lifecycle.after(incident.state, happening, incident.priority))


def _shut(ledger: Ledger, incident: Incident) -> None:
    """Take a closed incident out of the way of the next one of the same subject."""
    ledger.open_targets.pop(incident.subject.target_id, None)
    for word, incident_id in list(ledger.open_by_subject.items()):
        if incident_id == incident.incident_id:
            del ledger.open_by_subject[word]
            ledger.last_by_subject[word] = incident_id
