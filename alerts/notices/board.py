"""All routes and all incidents: who is told what at a moment, and how far each route has got.

The board is plain data and changes in place, with the desk's ticks. What changed in it is stored in one transaction
with the notices that it gave, so that after a crash neither is there without the other: nothing is told twice, nothing
is left out.
"""

import dataclasses
import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from alerts.alert import Priority
from alerts.incident import Incident, IncidentState
from alerts.notices import course as courses
from alerts.notices import links, text
from alerts.notices.course import Course, Telling
from alerts.notices.links import Grant
from alerts.notices.notice import Notice, Recipient
from alerts.notices.rota import Rota, recipients
from alerts.notices.routes import Route, is_about, is_open
from alerts.notices.text import Setting

LOOK_S = 60.0  # between looks at all open incidents: a route's hours begin on a full minute

Key = tuple[str, str]  # incident, route
AreasOf = Callable[[Incident], Collection[str]]


@dataclass(frozen=True, slots=True)
class Signing:
    """How links are made. Without an address of the map there are none."""

    key: bytes
    valid_s: float


@dataclass(slots=True)
class Board:
    """How far every route has got with every incident that is not closed."""

    routes: tuple[Route, ...]
    channels: frozenset[str]  # that are open: what is played reaches few
    courses: dict[Key, Course] = field(default_factory=dict)
    known_routes: set[str] = field(default_factory=set)
    t_look_unix_s: float = -math.inf


@dataclass(frozen=True, slots=True)
class Told:
    """What a moment brought, to be stored together."""

    notices: tuple[Notice, ...] = ()
    courses: Mapping[Key, Course | None] = field(default_factory=dict)  # as they are now; None: over
    new_routes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.notices or self.courses or self.new_routes)


NOTHING = Told()


def decide(
    board: Board,
    changed: Sequence[Incident],
    standing: Callable[[], Iterable[Incident]],
    now_unix_s: float,
    *,
    areas_of: AreasOf,
    rota: Rota,
    setting: Setting,
    signing: Signing,
) -> Told:
    """One moment. changed : incidents that changed in it, closed ones too; standing : all that nobody has closed."""
    is_due = now_unix_s >= board.t_look_unix_s
    if not board.routes or not (changed or is_due):
        return NOTHING
    looked_at = {one.incident_id: one for one in (*(standing() if is_due else ()), *changed)}.values()
    after: dict[Key, Course | None] = {}
    new_routes = _greet(board, looked_at, now_unix_s, after)
    notices: dict[tuple[str, str, str, str], Notice] = {}
    for incident in looked_at:
        for route in _taking(board, incident, now_unix_s, areas_of):
            key = (incident.incident_id, route.name)
            before = board.courses.get(key)
            course, telling = courses.advance(before, route, incident, now_unix_s)
            if telling is not None:
                made = _notices(board, route, incident, telling, before, now_unix_s, rota, setting, signing)
                for notice in made:  # of two routes to the same person one is enough
                    notices.setdefault((incident.incident_id, *dataclasses.astuple(notice.to)[:3]), notice)
                if course is not None:
                    names = (f"{n.to.who or 'all'} ({n.to.channel})" for n in made)
                    course = dataclasses.replace(course, told=tuple(dict.fromkeys((*course.told, *names))))
            if course != before:
                after[key] = course
                _put(board, key, course)
    t_due = min((course.t_next_unix_s for course in board.courses.values()), default=math.inf)
    board.t_look_unix_s = min(t_due, (now_unix_s // LOOK_S + 1) * LOOK_S)
    return Told(tuple(notices.values()), after, new_routes)


def _greet(
    board: Board, standing: Iterable[Incident], now_unix_s: float, after: dict[Key, Course | None]
) -> tuple[str, ...]:
    """A route that the store does not know yet tells nothing that is older than itself, but a distress."""
    new = tuple(route.name for route in board.routes if route.name not in board.known_routes)
    if not new:
        return ()
    board.known_routes.update(new)
    for incident in standing:
        is_old = incident.t_opened_unix_s < now_unix_s and incident.state is not IncidentState.CLOSED
        if is_old and incident.priority is not Priority.EMERGENCY:
            for name in new:
                key = (incident.incident_id, name)
                after[key] = board.courses[key] = courses.known(incident, name)
    return new


def _taking(board: Board, incident: Incident, now_unix_s: float, areas_of: AreasOf) -> Sequence[Route]:
    """The routes whose business this is now. A distress that is nobody's is everybody's."""
    of_it = [r for r in board.routes if (incident.incident_id, r.name) in board.courses]
    if incident.state is IncidentState.CLOSED:
        return of_it
    areas = areas_of(incident) if any(route.areas for route in board.routes) else ()
    mine = [r for r in board.routes if r in of_it or (r.priority <= incident.priority and is_about(r, incident, areas))]
    if not courses.asks(incident):  # an acknowledgement counts at any hour
        return mine
    taking = [route for route in mine if is_open(route, now_unix_s)]
    if not taking and incident.priority is Priority.EMERGENCY:
        return board.routes
    return taking


def _put(board: Board, key: Key, course: Course | None) -> None:
    if course is None:
        board.courses.pop(key, None)
    else:
        board.courses[key] = course


def _notices(
    board: Board,
    route: Route,
    incident: Incident,
    telling: Telling,
    before: Course | None,
    now_unix_s: float,
    rota: Rota,
    setting: Setting,
    signing: Signing,
) -> list[Notice]:
    """The messages of one step."""
    to_all = dict.fromkeys(
        to for level in telling.levels for to in recipients(rota, route.levels[level], board.channels, now_unix_s)
    )
    told = before.told if before else ()
    found = []
    for to in to_all:
        link = _link(incident, to, now_unix_s, setting, signing)
        found.append(
            Notice(
                notice_id=f"{incident.incident_id}/{route.name}/{telling.number}/{to.channel}/{to.who}",
                t_unix_s=now_unix_s,
                step=telling.step,
                route=route.name,
                to=to,
                priority=incident.priority,
                subject=text.subject(incident, telling, now_unix_s),
                text=text.body(incident, telling, to, told, link, setting, now_unix_s),
                link=link,
                incident=incident,
                is_exercise=incident.is_exercise,
            )
        )
    return found


def _link(incident: Incident, to: Recipient, now_unix_s: float, setting: Setting, signing: Signing) -> str:
    if not setting.base_url:
        return ""
    grant = Grant(incident.incident_id, to.who, to.channel, now_unix_s + signing.valid_s)
    return f"{setting.base_url}/a/{links.token(signing.key, grant)}"
