"""Incidents, routes and a board for tests."""

import dataclasses
import math
from typing import Any

from alerts.alert import Priority, Subject, SubjectKind
from alerts.incident import Incident, IncidentAlert, IncidentState
from alerts.notices.board import Board, Signing, Told, decide
from alerts.notices.rota import EMPTY, Rota
from alerts.notices.routes import Level, Route
from alerts.notices.text import Setting

NOW = 1_795_600_000.0  # 2026-11-25 09:46:40 UTC, a Wednesday
U, A, R, S, C = (
    IncidentState.UNACKNOWLEDGED,
    IncidentState.ACKNOWLEDGED,
    IncidentState.RETURNED,
    IncidentState.SHELVED,
    IncidentState.CLOSED,
)
SETTING = Setting("https://map.example.org", "Europe/Paris")
SIGNING = Signing(b"key of the tests", 3600.0)
ROUTE = Route(
    name="watch",
    min_priority="alarm",
    areas=[],
    rules=[],
    days=[],
    hours="",
    time_zone="Europe/London",
    levels=[Level(["phone"], ""), Level(["email"], "")],
    escalate_after_s=300.0,
    repeat_every_s=600.0,
    max_repeats=2,
    tells_closed=True,
)


def incident(
    number: int = 14, priority: Priority = Priority.ALARM, state: IncidentState = U, **changes: Any
) -> Incident:  # fmt: skip
    """A small boat off the Varne."""
    alert = IncidentAlert("small_boat-7", "small_boat", priority, True, NOW - 60, NOW, "Because.", ())
    made = Incident(
        incident_id=f"20261125-{number:03d}",
        number=number,
        state=state,
        priority=priority,
        subject=Subject(SubjectKind.TARGET, 7, 7, -1, "Boat without AIS (dover/41)"),
        title="Boat without AIS (dover/41): looks like a small boat",
        reason="Boat without AIS 2.5 nm NE of Varne light vessel, 4.1 kn on 318°, first seen at 09:20 off Gravelines.",
        lat_deg=51.05,
        lon_deg=1.45,
        t_position_unix_s=NOW - 12.0,
        t_opened_unix_s=NOW - 60.0,
        t_changed_unix_s=NOW,
        owner="",
        t_acknowledged_unix_s=math.nan,
        shelved_until_unix_s=math.nan,
        alerts=(alert,),
        notes=(),
        is_exercise=False,
    )
    return dataclasses.replace(made, **changes)


def route(**changes: Any) -> Route:
    return dataclasses.replace(ROUTE, **changes)


def board(*routes: Route, channels: tuple[str, ...] = ("phone", "email")) -> Board:
    return Board(routes or (ROUTE,), frozenset(channels), known_routes={r.name for r in routes or (ROUTE,)})


def moment(
    on: Board, now: float, *changed: Incident, standing: tuple[Incident, ...] | None = None, rota: Rota = EMPTY,
    areas: frozenset[str] = frozenset(),
) -> Told:  # fmt: skip
    """One moment of the board; all that changed and is not closed stands."""
    stand = [one for one in (standing if standing is not None else changed) if one.state is not C]
    return decide(
        on, changed, lambda: stand, now, areas_of=lambda one: areas, rota=rota, setting=SETTING, signing=SIGNING
    )  # fmt: skip


def steps(told: Told) -> list[tuple[str, str]]:
    """(step, channel) of each notice."""
    return [(notice.step.value, notice.to.channel) for notice in told.notices]
