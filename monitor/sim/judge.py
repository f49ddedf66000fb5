"""What the monitor told, held against what a story demands.

    transitions -> one Told an alert (its steps) -> about which boat -> faults, a line each

An alert is about a boat that has no AIS when it is about a vessel without MMSI and its position lies within `MATCH_NM`
of the boat's true one at that moment; of several boats the nearest. Positions of alerts may be some minutes old: at
5 knots a boat goes a tenth of a mile in a minute, so a mile is room enough and still tells boats apart.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from alerts.alert import Event, Priority, SubjectKind, Transition
from monitor.kinematics import leg_m
from monitor.sim.demands import Expected, Forbidden, OneBoat
from monitor.sim.routes import NM_M
from monitor.sim.sightings import BoatTruth
from monitor.sim.story import Story

MATCH_NM = 1.0
ROSE = (Event.OPENED, Event.UPDATED, Event.ESCALATED)


@dataclass(frozen=True, slots=True)
class Told:
    """One alert."""

    first: Transition
    steps: tuple[Transition, ...]  # opened, updated, escalated: in order of time
    boat: str  # of the story, that it is about; "" none
    is_retracted: bool  # it was taken back: counts only where a demand says so

    @property
    def rule(self) -> str:
        return self.first.rule

    def reached(self, priority: Priority) -> float:
        """When it was first at least that urgent, UTC; NaN never."""
        return next((step.t_unix_s for step in self.steps if step.priority >= priority), math.nan)


def told_of(
    transitions: Iterable[Transition], boats: Sequence[BoatTruth], *, within_nm: float = MATCH_NM
) -> list[Told]:
    """The alerts, in order of opening."""
    by_alert: dict[str, list[Transition]] = {}
    for step in transitions:
        by_alert.setdefault(step.alert_id, []).append(step)
    told = []
    for steps in by_alert.values():
        is_retracted = any(step.event is Event.RETRACTED for step in steps)
        rose = tuple(step for step in steps if step.event in ROSE)
        if rose and rose[0].event is Event.OPENED:
            told.append(Told(rose[0], rose, boat_of(rose[0], boats, within_nm), is_retracted))
    return sorted(told, key=lambda alert: (alert.first.t_unix_s, alert.first.alert_id))


def boat_of(step: Transition, boats: Sequence[BoatTruth], within_nm: float) -> str:
    """The boat that the alert is about; "" if none is near or it is about something else."""
    if step.subject.kind is not SubjectKind.TARGET or step.subject.mmsi > 0:
        return ""
    away = {boat.name: leg_m(step.lat_deg, step.lon_deg, *boat.at(step.t_unix_s)) / NM_M for boat in boats}
    near = {name: nm for name, nm in away.items() if nm <= within_nm}  # NaN is not near
    return min(near, key=lambda name: near[name]) if near else ""


# ---- demands ----


def faults(story: Story, told: Sequence[Told], boats: Sequence[BoatTruth]) -> list[str]:
    """Every demand that is not met, in words; none is well."""
    found = [_missing(wanted, story, told, boats) for wanted in story.must_alert]
    found += [_wrong(forbidden, story, told) for forbidden in story.must_not]
    found += [words for limit in story.one_incident for words in _split(limit, story, told)]
    return [words for words in found if words]


def is_about(told: Told, wanted: Expected | Forbidden) -> bool:
    """By rule, vessel, boat, receiver and priority as it opened or has risen."""
    if told.is_retracted and not (isinstance(wanted, Expected) and wanted.may_be_retracted):
        return False
    if wanted.rule not in ("", told.rule) or (wanted.mmsi and told.first.subject.mmsi != wanted.mmsi):
        return False
    if wanted.boat and told.boat != wanted.boat:
        return False
    if wanted.priority and told.first.priority.name.lower() != wanted.priority:
        return False
    if wanted.at_least and math.isnan(told.reached(Priority[wanted.at_least.upper()])):
        return False
    if isinstance(wanted, Forbidden):
        return not (wanted.is_false and told.boat)
    return wanted.station in told.first.reason


def met(wanted: Expected, story: Story, told: Sequence[Told], boats: Sequence[BoatTruth]) -> list[Told]:
    """The alerts that meet a demand."""
    latest = story.start_unix_s + (story.duration_s if wanted.within_s is None else wanted.within_s)
    if wanted.within_confirmable_s is not None:
        onset = next(boat.confirmable_unix_s for boat in boats if boat.name == wanted.boat)
        latest = min(latest, onset + wanted.within_confirmable_s)
    earliest = story.start_unix_s + wanted.after_s
    return [alert for alert in told if is_about(alert, wanted) and earliest <= _when(alert, wanted) <= latest]


def _when(told: Told, wanted: Expected) -> float:
    """The moment that a demand's times are about."""
    return told.reached(Priority[wanted.at_least.upper()]) if wanted.at_least else told.first.t_unix_s


def _missing(wanted: Expected, story: Story, told: Sequence[Told], boats: Sequence[BoatTruth]) -> str:
    if met(wanted, story, told, boats):
        return ""
    late = [round(_when(alert, wanted) - story.start_unix_s) for alert in told if is_about(alert, wanted)]
    return f"must alert: {_words(wanted)}: " + (f"told at {late} s" if late else "never told")


def _wrong(forbidden: Forbidden, story: Story, told: Sequence[Told]) -> str:
    wrong = [alert for alert in told if is_about(alert, forbidden)]
    if len(wrong) <= forbidden.per_h * story.duration_s / 3600.0:
        return ""
    first = wrong[0].first
    at_s = round(first.t_unix_s - story.start_unix_s)
    return f"must not: {_words(forbidden)}: {len(wrong)} told, the first at {at_s} s: {first.reason}"


def _split(limit: OneBoat, story: Story, told: Sequence[Told]) -> list[str]:
    names = [boat.name for boat in story.boats if limit.boat in ("", boat.name)]
    incidents = {name: incidents_of(told, name) for name in names}
    return [
        f"one incident: {name}: {len(numbers)} incidents ({', '.join(sorted(numbers))}), {limit.at_most} at most"
        for name, numbers in incidents.items()
        if len(numbers) > limit.at_most
    ]


def incidents_of(told: Sequence[Told], boat: str) -> set[str]:
    """The incidents on which alerts about a boat lie."""
    return {alert.first.incident for alert in told if alert.boat == boat}


def _words(wanted: Expected | Forbidden) -> str:
    """The demand's own words, without what it leaves open."""
    fields = [(name, getattr(wanted, name)) for name in wanted.__struct_fields__]
    return ", ".join(f"{name} {value}" for name, value in fields if value not in ("", 0, 0.0, None, False))


def seconds_to_alert(told: Sequence[Told], boat: BoatTruth) -> float:
    """From the moment a boat could be confirmed to its first alert, not below 0; NaN without one of them."""
    at = [alert.first.t_unix_s for alert in told if alert.boat == boat.name]
    return float(np.maximum(min(at) - boat.confirmable_unix_s, 0.0)) if at else math.nan
