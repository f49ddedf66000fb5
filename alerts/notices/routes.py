"""Routes: which incidents are told to whom, from which priority on, where, about what and at what hours.

All routes that fit an incident tell it. A level is told when nobody has acknowledged what the level before it was told.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from alerts.alert import Priority, SubjectKind
from alerts.incident import Incident

HOURS = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Level(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who is told together."""

    channels: list[str]  # names of sinks that take notices
    duty: str  # of the rota; "" the channels' own recipients


@dataclass(frozen=True, slots=True)
class Route:
    """A [[routes]] block."""

    name: str
    min_priority: Literal["caution", "warning", "alarm", "emergency"]
    areas: list[str]  # fence ids or groups; [] everywhere
    rules: list[str]  # [] all
    days: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]]  # on which the hours begin; [] all
    hours: str  # "20:00-08:00"; "" always
    time_zone: str
    levels: list[Level]
    escalate_after_s: Annotated[float, Meta(ge=30)]
    repeat_every_s: Annotated[float, Meta(ge=30)]
    max_repeats: Annotated[int, Meta(ge=0)]
    tells_closed: bool

    @property
    def priority(self) -> Priority:
        return Priority[self.min_priority.upper()]


def is_about(route: Route, incident: Incident, areas: Collection[str]) -> bool:
    """Whether a route is about this place and these rules. areas : ids and groups of the fences that hold it.

    A boat whose place is not known may be anywhere; a receiver is nowhere.
    """
    if route.rules and not any(alert.rule in route.rules for alert in incident.alerts if not alert.is_retracted):
        return False
    is_lost = incident.lat_deg != incident.lat_deg and incident.subject.kind is not SubjectKind.SOURCE
    return not route.areas or is_lost or any(area in route.areas for area in areas)


def is_open(route: Route, now_unix_s: float) -> bool:
    """Whether its hours are now. Hours that pass midnight belong to the day on which they begin."""
    local = datetime.fromtimestamp(now_unix_s, _zone(route.time_zone))
    today, yesterday = DAYS[local.weekday()], DAYS[local.weekday() - 1]
    if not route.hours:
        return not route.days or today in route.days
    begin, end = _minutes(route.hours)
    minute = 60 * local.hour + local.minute
    if begin < end:
        return begin <= minute < end and (not route.days or today in route.days)
    return (minute >= begin and (not route.days or today in route.days)) or (
        minute < end and (not route.days or yesterday in route.days)
    )


def _minutes(hours: str) -> tuple[int, int]:
    """(begin, end) in minutes of the day."""
    a, b, c, d = map(int, HOURS.fullmatch(hours).groups())  # type: ignore[union-attr]  # `faults` has seen to it
    return 60 * a + b, 60 * c + d


@cache
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def zone_fault(name: str) -> str:
    """What is wrong with the name of a time zone; "" when nothing is."""
    try:
        _zone(name)
    except (KeyError, ValueError, OSError):
        return f"{name!r} is not a time zone; one is Europe/London"
    return ""


def faults(
    routes: Sequence[Route],
    *,
    channels: Mapping[str, bool],
    rules: Collection[str],
) -> list[str]:
    """Everything that is wrong with the routes by themselves. channels : name -> whether this sink takes notices."""
    found = [f"two routes are named {n}" for n in sorted({r.name for r in routes if _count(routes, r.name) > 1})]
    for route in routes:
        where = f"route {route.name}"
        if not route.levels or any(not level.channels for level in route.levels):
            found.append(f"{where} reaches nobody: it needs levels with channels")
        if route.hours and not HOURS.fullmatch(route.hours):
            found.append(f'{where}: hours = {route.hours!r} must be as in "20:00-08:00"')
        if fault := zone_fault(route.time_zone):
            found.append(f"{where}: time_zone: {fault}")
        found += [f"{where}: there is no rule {name}" for name in route.rules if name not in rules]
        for name in dict.fromkeys(c for level in route.levels for c in level.channels):
            if name not in channels:
                found.append(f"{where}: there is no sink {name}")
            elif not channels[name]:
                found.append(f"{where}: sink {name} takes no notices: it is no webhook, email, alertmanager or apprise")
    return found


def area_faults(routes: Sequence[Route], areas: Collection[str]) -> list[str]:
    """Areas that the chart does not have. areas : ids and groups of its fences."""
    return [f"route {r.name}: the chart has no fence or group {a}" for r in routes for a in r.areas if a not in areas]


def duty_faults(routes: Sequence[Route], duties: Collection[str]) -> list[str]:
    """Duties that the rota does not have."""
    named = [(route.name, level.duty) for route in routes for level in route.levels if level.duty]
    return [f"route {name}: the rota has no duty {duty}" for name, duty in named if duty not in duties]


def _count(routes: Sequence[Route], name: str) -> int:
    return sum(route.name == name for route in routes)
