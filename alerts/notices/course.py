"""What one route has told of one incident, and what it tells next: pure.

                 nothing told
                      │ an incident at or above the route's priority, within its hours: OPENED to level 1
                      v
        ┌──────── waiting ── escalate_after_s ──> UNACKNOWLEDGED to the next level, waiting again
        │             │ └ last level told ── repeat_every_s ──> REPEATED to all levels, max_repeats times
        │             │ └ higher priority ──> RAISED to every level reached, waiting anew
   acknowledged,      │
     shelved          └── closed ──> CLOSED to every level reached, the end
        │
        └── asks for attention again ──> waiting anew from the first level; nobody is told what they know

Updates, positions, new alerts of the same priority tell nobody. An EMERGENCY is repeated until somebody acknowledges
it, whatever `max_repeats` says: no limit silences a distress. An incident whose alerts have all ended by themselves
goes on being told when it is an ALARM or more: a beacon that fell silent is not a rescue.
"""

import dataclasses
import math
from dataclasses import dataclass

from alerts.alert import Priority
from alerts.incident import Incident, IncidentState
from alerts.notices.notice import Step
from alerts.notices.routes import Route


@dataclass(frozen=True, slots=True)
class Course:
    """How far one route has got with one incident."""

    incident_id: str
    route: str
    priority: Priority  # as last told
    n_told: int  # steps told: the next one's number
    level: int  # the last one told, from 0
    n_repeats: int
    t_waits_unix_s: float  # since when nobody has acknowledged what was told; NaN: nobody is waited for
    t_next_unix_s: float  # when the next level is told or all again; infinity for never
    told: tuple[str, ...] = ()  # who was told so far: "Jo Marsh (mail)"


@dataclass(frozen=True, slots=True)
class Telling:
    """A step, and the levels to which it goes."""

    step: Step
    levels: tuple[int, ...]
    number: int  # of the step within its course
    was: Priority  # before it was raised
    t_waits_unix_s: float


def known(incident: Incident, route: str) -> Course:
    """A course that tells nothing of what is already so: for incidents older than their route."""
    return Course(incident.incident_id, route, incident.priority, 0, 0, 0, incident.t_opened_unix_s, math.inf)


def advance(
    course: Course | None, route: Route, incident: Incident, now_unix_s: float
) -> tuple[Course | None, Telling | None]:
    """The course after this moment, None when there is none, and what is to be told.

    For an incident that the route is about, within its hours; after its end at any hour.
    """
    if incident.state is IncidentState.CLOSED:
        if course is None or not course.n_told or not route.tells_closed:
            return None, None
        return None, _telling(course, Step.CLOSED, _reached(course))
    if course is None:
        return _first(route, incident, now_unix_s)
    if incident.priority < course.priority:  # a retraction: what rises again is news again
        course = dataclasses.replace(course, priority=incident.priority)
    if not asks(incident):
        return dataclasses.replace(course, t_waits_unix_s=math.nan, t_next_unix_s=math.inf), None
    if incident.priority < route.priority:
        return course, None
    is_waiting = not math.isnan(course.t_waits_unix_s)
    if incident.priority > course.priority or not (is_waiting or course.n_told):
        return _raised(course, route, incident.priority, now_unix_s)
    if not is_waiting:
        t_next = now_unix_s + _wait_s(route, 0)
        return dataclasses.replace(course, level=0, n_repeats=0, t_waits_unix_s=now_unix_s, t_next_unix_s=t_next), None
    if now_unix_s < course.t_next_unix_s:
        return course, None
    return _again(course, route, incident.priority, now_unix_s)


def asks(incident: Incident) -> bool:
    """Whether somebody should acknowledge it."""
    if incident.state is IncidentState.RETURNED:
        return incident.priority >= Priority.ALARM
    return incident.state is IncidentState.UNACKNOWLEDGED


def _first(route: Route, incident: Incident, now_unix_s: float) -> tuple[Course | None, Telling | None]:
    if incident.priority < route.priority or not asks(incident):
        return None, None
    t_next = now_unix_s + _wait_s(route, 0)
    course = Course(incident.incident_id, route.name, incident.priority, 0, 0, 0, now_unix_s, t_next)
    return _counted(course), _telling(course, Step.OPENED, (0,))


def _raised(course: Course, route: Route, priority: Priority, now_unix_s: float) -> tuple[Course, Telling]:
    step = Step.RAISED if course.n_told else Step.OPENED
    telling = _telling(course, step, _reached(course))
    t_next = now_unix_s + _wait_s(route, course.level)
    after = dataclasses.replace(course, priority=priority, n_repeats=0, t_waits_unix_s=now_unix_s, t_next_unix_s=t_next)
    return _counted(after), telling


def _again(course: Course, route: Route, priority: Priority, now_unix_s: float) -> tuple[Course, Telling | None]:
    """Nobody has acknowledged it: the next level, or all again."""
    last = len(route.levels) - 1
    if course.level < last:
        level = course.level + 1
        after = dataclasses.replace(course, level=level, t_next_unix_s=now_unix_s + _wait_s(route, level))
        telling = _telling(course, Step.UNACKNOWLEDGED, (level,))
    elif course.n_repeats < route.max_repeats or priority is Priority.EMERGENCY:
        after = dataclasses.replace(
            course, n_repeats=course.n_repeats + 1, t_next_unix_s=now_unix_s + route.repeat_every_s
        )
        telling = _telling(course, Step.REPEATED, tuple(range(last + 1)))
    else:
        return dataclasses.replace(course, t_next_unix_s=math.inf), None
    return _counted(after), telling


def _wait_s(route: Route, level: int) -> float:
    """From telling a level until the next is told, or all again; a route of one level is repeated after as long."""
    return route.escalate_after_s if level < len(route.levels) - 1 or level == 0 else route.repeat_every_s


def _reached(course: Course) -> tuple[int, ...]:
    return tuple(range(course.level + 1))


def _telling(course: Course, step: Step, levels: tuple[int, ...]) -> Telling:
    return Telling(step, levels, course.n_told + 1, course.priority, course.t_waits_unix_s)


def _counted(course: Course) -> Course:
    return dataclasses.replace(course, n_told=course.n_told + 1)
