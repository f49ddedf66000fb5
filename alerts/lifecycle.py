"""States of an incident, as tables: what an alert, a person or time does to each (ISA-18.2 clause 5.2).

Two rules stand above the tables. Nothing closes by itself: an incident whose alerts have all ended is RETURNED (or
stays ACKNOWLEDGED) until a person closes it, with a reason. And nothing hides a distress: an EMERGENCY cannot be
shelved, and one that appears on a shelved incident takes it off the shelf.

An acknowledgement silences what was known when it was given. A new alert of WARNING or above, or a rise in priority,
asks for a new one; a repeat of the same alert does not, or every message of a beacon would ring again.
"""

import enum

from alerts.alert import Priority
from alerts.incident import Command, Incident, IncidentState, Verb


class Happening(enum.Enum):
    """What alerts and time can do to an incident."""

    NEWS = "news"  # a new alert of WARNING or above, or a higher priority
    RETURN = "return"  # an alert that had ended holds again, or a new CAUTION
    END = "end"  # the last open alert ended
    EXPIRY = "expiry"  # shelving is over and an alert is open
    QUIET_EXPIRY = "quiet expiry"  # shelving is over and no alert is open


U, A, R, S, C = (
    IncidentState.UNACKNOWLEDGED,
    IncidentState.ACKNOWLEDGED,
    IncidentState.RETURNED,
    IncidentState.SHELVED,
    IncidentState.CLOSED,
)
NEXT: dict[Happening, dict[IncidentState, IncidentState]] = {
    Happening.NEWS: {U: U, A: U, R: U, S: S},
    Happening.RETURN: {U: U, A: A, R: U, S: S},
    Happening.END: {U: R, A: A, R: R, S: S},
    Happening.EXPIRY: {S: U},
    Happening.QUIET_EXPIRY: {S: R},
}


def after(state: IncidentState, happening: Happening, priority: Priority) -> IncidentState:
    """The next state. News of an EMERGENCY takes an incident off the shelf."""
    if happening is Happening.NEWS and state is S and priority is Priority.EMERGENCY:
        return U
    return NEXT[happening].get(state, state)


def refusal(incident: Incident | None, command: Command, now_unix_s: float, longest_shelf_s: float) -> str:
    """Why a person's command cannot be done, in words for that person; "" when it can."""
    if incident is None:
        return f"there is no incident {command.incident_id} in work"
    if incident.state is C and command.verb is not Verb.NOTE:
        return f"incident {incident.incident_id} is closed"
    if command.verb is Verb.CLOSE and not command.text.strip():
        return "closing an incident needs a reason"
    if command.verb is Verb.NOTE and not command.text.strip():
        return "the note is empty"
    if command.verb is Verb.UNSHELVE and incident.state is not S:
        return f"incident {incident.incident_id} is not shelved"
    if command.verb is Verb.SHELVE:
        return _shelf_refusal(incident, shelf_end(command, now_unix_s) - now_unix_s, longest_shelf_s)
    return ""


def _shelf_refusal(incident: Incident, length_s: float, longest_shelf_s: float) -> str:
    if incident.priority is Priority.EMERGENCY:
        return "a distress cannot be shelved; acknowledge it to silence it"
    if not length_s > 0:
        return "the end of the shelving lies in the past"
    if length_s > longest_shelf_s:
        return f"shelving lasts at most {longest_shelf_s / 60:.0f} minutes"
    return ""


def shelf_end(command: Command, now_unix_s: float) -> float:
    """When a shelving command lets go."""
    return command.until_unix_s if command.until_unix_s > 0 else now_unix_s + command.duration_s
