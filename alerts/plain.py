"""Transitions, incidents and figures as what JSON can hold: the same words for files, brokers, screens and partners."""

import math
from typing import Any

from alerts.alert import Priority, Subject, Transition
from alerts.incident import Incident, IncidentAlert
from alerts.items import Figures, Tracks


def transition(step: Transition) -> dict[str, Any]:
    """One step in an alert's life; what is missing is None. The keys of the alerts file."""
    subject = step.subject
    return {
        "t_unix_s": step.t_unix_s,
        "event": step.event.value,
        "alert_id": step.alert_id,
        "incident": step.incident,
        "rule": step.rule,
        "priority": step.priority.name.lower(),
        "subject": {
            "kind": subject.kind.value,
            "target_id": subject.target_id if subject.target_id != -1 else None,
            "mmsi": subject.mmsi if subject.mmsi != -1 else None,
            "radar": list(subject.radar),
        },
        "lat_deg": step.lat_deg if math.isfinite(step.lat_deg) else None,
        "lon_deg": step.lon_deg if math.isfinite(step.lon_deg) else None,
        "reason": step.reason,
        "evidence": dict(step.evidence),
        "is_exercise": step.is_exercise,
    }


def incident(one: Incident) -> dict[str, Any]:
    """An incident with everything an operator may ask about it; NaN where nothing is known."""
    return {
        "incident_id": one.incident_id,
        "number": one.number,
        "state": one.state.value,
        "priority": Priority(one.priority).name.lower(),
        "subject": subject(one.subject),
        "title": one.title,
        "reason": one.reason,
        "lat_deg": one.lat_deg,
        "lon_deg": one.lon_deg,
        "t_position_unix_s": one.t_position_unix_s,
        "t_opened_unix_s": one.t_opened_unix_s,
        "t_changed_unix_s": one.t_changed_unix_s,
        "owner": one.owner,
        "t_acknowledged_unix_s": one.t_acknowledged_unix_s,
        "shelved_until_unix_s": one.shelved_until_unix_s,
        "alerts": [_alert(alert) for alert in one.alerts],
        "notes": one.notes,
        "is_exercise": one.is_exercise,
    }


def _alert(one: IncidentAlert) -> dict[str, Any]:
    return {
        "alert_id": one.alert_id,
        "rule": one.rule,
        "priority": Priority(one.priority).name.lower(),
        "is_open": one.is_open,
        "is_retracted": one.is_retracted,
        "t_opened_unix_s": one.t_opened_unix_s,
        "t_changed_unix_s": one.t_changed_unix_s,
        "reason": one.reason,
        "evidence": dict(one.evidence),
    }


def subject(one: Subject) -> dict[str, Any]:
    return {"kind": one.kind.value, "target_id": one.target_id, "mmsi": one.mmsi, "label": one.label}


def figures(found: Figures, t_unix_s: float) -> dict[str, Any]:
    """How receivers, sinks and pipeline stand; NaN where nothing is known."""
    return {
        "t_unix_s": t_unix_s,
        "receivers": found.receivers,
        "sinks": found.sinks,
        "pipeline": dict(found.pipeline),
        "rejects": dict(found.rejects),
        "is_exercise": found.is_exercise,
    }


def tracks(found: Tracks, t_unix_s: float) -> dict[str, Any]:
    """Where the watched vessels are."""
    return {"t_unix_s": t_unix_s, "tracks": found.samples, "is_exercise": found.is_exercise}
