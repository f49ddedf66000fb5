"""What the mere passing of time does to incidents: reminders, shelves that end, closed ones put away.

The next time at which anything can happen is kept, so that a tick without it costs one comparison.
"""

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass

from alerts import words
from alerts.alert import Priority
from alerts.incident import AuditEntry, Incident, IncidentAlert, IncidentState
from alerts.incidents import IncidentSettings, Ledger, most_urgent, off_shelf
from alerts.rule import Rule


@dataclass(frozen=True, slots=True)
class Reminder:
    """An open alert to tell again, as urgent as `priority` at least."""

    incident_id: str
    alert: IncidentAlert
    priority: Priority
    reason: str  # that nobody reacted; goes before the alert's own sentence


@dataclass(frozen=True, slots=True)
class Rung:
    """What the clock brought: incidents that left the shelf, with their audit, and alerts to tell again."""

    incidents: tuple[Incident, ...]
    audit: tuple[AuditEntry, ...]
    reminders: tuple[Reminder, ...]


NOTHING = Rung((), (), ())


def run(ledger: Ledger, now_unix_s: float, *, settings: IncidentSettings, rules: Mapping[str, Rule]) -> Rung:
    """Let every timer that has run out ring, in order of incident."""
    _set(ledger, settings)
    if now_unix_s < ledger.t_next_unix_s:
        return NOTHING
    unshelved, reminders = [], []
    for incident_id in sorted(i for i, t_due in ledger.t_due_unix_s.items() if t_due <= now_unix_s):
        incident = ledger.incidents[incident_id]
        ledger.touched.append(incident_id)
        ledger.t_acted_unix_s[incident_id] = now_unix_s
        if incident.state is IncidentState.CLOSED:
            _put_away(ledger, incident_id)
        elif incident.state is IncidentState.SHELVED:
            unshelved.append(dataclasses.replace(off_shelf(incident), t_changed_unix_s=now_unix_s))
            ledger.incidents[incident_id] = unshelved[-1]
        elif standing := _open_alerts(incident):
            reminders.append(_reminder(incident, most_urgent(standing, rules), now_unix_s, settings))
    _set(ledger, settings)
    audit = tuple(
        AuditEntry(now_unix_s, "system", "shelving ended", incident.incident_id, incident.state.value)
        for incident in unshelved
    )
    return Rung(tuple(unshelved), audit, tuple(reminders))


def _set(ledger: Ledger, settings: IncidentSettings) -> None:
    """Set the timers of touched incidents anew; untouched ones cost nothing."""
    if not ledger.touched:
        return
    for incident_id in ledger.touched:
        incident = ledger.incidents.get(incident_id)
        t_due = math.inf if incident is None else _due(ledger, incident, settings)
        if math.isfinite(t_due):
            ledger.t_due_unix_s[incident_id] = t_due
        else:
            ledger.t_due_unix_s.pop(incident_id, None)
    ledger.touched.clear()
    ledger.t_next_unix_s = min(ledger.t_due_unix_s.values(), default=math.inf)


def _due(ledger: Ledger, incident: Incident, settings: IncidentSettings) -> float:
    """When the next timer of one incident runs out; infinity for never."""
    if incident.state is IncidentState.CLOSED:
        return incident.t_changed_unix_s + settings.keep_closed_s
    if incident.state is IncidentState.SHELVED:
        return incident.shelved_until_unix_s
    standing = _open_alerts(incident)
    if not standing:
        return math.inf
    wait_s = _patience_s(incident, max(alert.priority for alert in standing), settings)
    return ledger.t_acted_unix_s[incident.incident_id] + wait_s if wait_s > 0 else math.inf


def _open_alerts(incident: Incident) -> list[IncidentAlert]:
    return [alert for alert in incident.alerts if alert.is_open]


def _patience_s(incident: Incident, priority: Priority, settings: IncidentSettings) -> float:
    """How long an incident with an open alert of this priority may lie as it is; 0 for ever."""
    if incident.state is IncidentState.ACKNOWLEDGED:
        return settings.remind_acknowledged_after_s if priority is Priority.EMERGENCY else 0.0
    if priority >= Priority.ALARM:
        return settings.remind_unacknowledged_after_s
    return settings.warning_becomes_alarm_after_s if priority is Priority.WARNING else 0.0


def _reminder(incident: Incident, alert: IncidentAlert, now_unix_s: float, settings: IncidentSettings) -> Reminder:
    if incident.state is IncidentState.ACKNOWLEDGED:
        waited = words.span(settings.remind_acknowledged_after_s)
        why = f"Nothing has been done on incident {incident.number} for {waited}; {incident.owner} has it."
        return Reminder(incident.incident_id, alert, alert.priority, why)
    waited = words.span(now_unix_s - alert.t_opened_unix_s)
    why = f"Nobody has acknowledged incident {incident.number}, open for {waited}."
    return Reminder(incident.incident_id, alert, max(alert.priority, Priority.ALARM), why)


def _put_away(ledger: Ledger, incident_id: str) -> None:
    """Forget a closed incident; the store keeps it."""
    del ledger.incidents[incident_id]
    del ledger.t_acted_unix_s[incident_id]
    for word, last in list(ledger.last_by_subject.items()):
        if last == incident_id:
            del ledger.last_by_subject[word]
