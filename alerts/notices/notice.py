"""A message to somebody about an incident."""

import enum
from dataclasses import dataclass

from alerts.alert import Priority
from alerts.incident import Incident


class Step(enum.Enum):
    """Why somebody is told."""

    OPENED = "opened"
    RAISED = "raised"  # to a higher priority
    UNACKNOWLEDGED = "unacknowledged"  # the next level of a route is told
    REPEATED = "repeated"  # all levels are told again
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a channel is to reach."""

    channel: str  # the name of a sink
    who: str = ""  # of the rota; "" whoever the channel reaches by itself
    address: str = ""  # for this channel; "" the channel's own
    role: str = ""  # the duty for which `who` is told


@dataclass(frozen=True, slots=True)
class Notice:
    """One message of one step to one recipient, whole: no channel has to look anything up."""

    notice_id: str  # deterministic: incident, route, number of the step, recipient
    t_unix_s: float
    step: Step
    route: str
    to: Recipient
    priority: Priority
    subject: str  # everything that matters in fewer than 120 characters
    text: str
    link: str  # shows the incident and acknowledges it; "" without an address of our own
    incident: Incident  # as it stood
    is_exercise: bool
