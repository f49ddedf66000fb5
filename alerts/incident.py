"""The operator's object: one incident per boat, area or source, with everything learned about it."""

import enum
from dataclasses import dataclass

from alerts.alert import Evidence, Priority, Subject

# So begins the reason of an alert that ended with its incident; a person's name and words follow.
CLOSED_BY = "Incident closed by"


class IncidentState(enum.Enum):
    """ISA-18.2 clause 5.2. Only a person moves an incident to acknowledged, shelved or closed."""

    UNACKNOWLEDGED = "unacknowledged"
    ACKNOWLEDGED = "acknowledged"
    RETURNED = "returned-unacknowledged"  # every alert has cleared and nobody has acknowledged it
    SHELVED = "shelved"  # silent until shelved_until_unix_s, visible all the same
    CLOSED = "closed"


class Verb(enum.Enum):
    """What a person can do to an incident."""

    ACK = "ack"
    SHELVE = "shelve"
    UNSHELVE = "unshelve"
    NOTE = "note"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Command:
    """One act of a person. `command_id` makes a repeat harmless."""

    command_id: str
    t_unix_s: float
    who: str
    verb: Verb
    incident_id: str
    text: str = ""  # the note, or the reason; closing needs one
    until_unix_s: float = 0.0  # shelving ends
    duration_s: float = 0.0  # shelving lasts, counted from the tick that applies it; used where until_unix_s is 0


@dataclass(frozen=True, slots=True)
class Note:
    t_unix_s: float
    who: str
    text: str


@dataclass(frozen=True, slots=True)
class IncidentAlert:
    """One alert of an incident, as it stands."""

    alert_id: str
    rule: str
    priority: Priority
    is_open: bool
    t_opened_unix_s: float
    t_changed_unix_s: float
    reason: str
    evidence: Evidence
    is_retracted: bool = False  # it should never have been raised: it no longer counts for the priority


@dataclass(frozen=True, slots=True)
class Incident:
    incident_id: str  # "20261123-014": the UTC day it was opened and a number never used twice that day
    number: int  # 14: what people say
    state: IncidentState
    priority: Priority  # highest it ever had: falls only by a person or a retraction
    subject: Subject
    title: str  # "SEA ROVER: stopped in a traffic lane"
    reason: str  # of the alert that heads it: the most urgent, or the one that says how things are now
    lat_deg: float
    lon_deg: float
    t_position_unix_s: float
    t_opened_unix_s: float
    t_changed_unix_s: float
    owner: str  # who acknowledged it; "" nobody yet
    t_acknowledged_unix_s: float  # NaN
    shelved_until_unix_s: float  # NaN
    alerts: tuple[IncidentAlert, ...]
    notes: tuple[Note, ...]
    is_exercise: bool


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the append-only record; the store chains the hashes."""

    t_unix_s: float
    who: str  # "system" or a person
    what: str  # verb or event
    incident_id: str
    text: str
