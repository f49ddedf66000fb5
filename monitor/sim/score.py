"""How well the monitor does over stories and seeds: found boats, time to alert, false alerts, incidents a boat.

    recall               boats alerted of boats detectable for ten minutes or more; Wilson's 95 % interval
    time to alert        from the moment a boat could be confirmed (monitor/sim/sightings.py); p50, p95
    false alerts         an operator's hour, by priority as they opened
    incidents a boat     1 is ideal

A false alert is one that meets no demand of its story, is about no boat of it and about no vessel to which the story
did something. Reported for each story, never pooled only: a good average hides the story that fails (domain, 4.1).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alerts.alert import Priority
from monitor.sim.judge import Told, faults, incidents_of, is_about, seconds_to_alert
from monitor.sim.night import Night
from monitor.sim.sightings import BoatTruth
from monitor.sim.story import Beacon, Drift, Jamming, Silence, Story

Z_95 = 1.959964  # of the normal distribution, both sides
MIN_DETECTABLE_S = 600.0  # a boat seen for less is not counted: domain 4.1


@dataclass(frozen=True, slots=True)
class Run:
    """What came of one story with one seed."""

    story: str
    seed: int
    hours: float
    n_detectable: int
    n_alerted: int
    to_alert_s: tuple[float, ...]  # of the boats alerted
    n_false: tuple[int, ...]  # by priority, caution first
    n_incidents: tuple[int, ...]  # of each boat alerted
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Interval:
    """A share with its 95 % interval; NaN when there was nothing to count."""

    share: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Score:
    """One story over its seeds."""

    story: str
    n_seeds: int
    recall: Interval
    to_alert_p50_s: float
    to_alert_p95_s: float
    false_per_h: dict[str, float]  # by priority
    incidents_per_boat: float
    passed: Interval  # share of the seeds without a fault
    faults: tuple[tuple[int, str], ...]  # seed and words


def run_of(name: str, seed: int, truth: Night, told: Sequence[Told], boats: Sequence[BoatTruth]) -> Run:
    """The counts of one night."""
    story = truth.story
    counted = [boat for boat in boats if boat.detectable_s >= MIN_DETECTABLE_S]
    alerted = [boat for boat in counted if any(alert.boat == boat.name for alert in told)]
    hit = touched(truth)
    wrong = [alert for alert in told if not alert.is_retracted and not is_true(alert, story, hit)]
    return Run(
        name, seed, story.duration_s / 3600.0, len(counted), len(alerted),
        tuple(seconds_to_alert(told, boat) for boat in alerted),
        tuple(sum(alert.first.priority is priority for alert in wrong) for priority in Priority),
        tuple(len(incidents_of(told, boat.name)) for boat in alerted),
        tuple(faults(story, told, boats)),
    )  # fmt: skip


def touched(truth: Night) -> set[int]:
    """MMSIs of the vessels to which the story does something."""
    names: set[str] = set()
    numbers: set[int] = set()
    for event in truth.story.events:
        if isinstance(event, Silence | Jamming):
            names.update(event.who)
        elif isinstance(event, Drift):
            names.add(event.who)
        elif isinstance(event, Beacon):
            numbers.add(event.mmsi)
    return numbers | {vessel.mmsi for vessel in truth.vessels if vessel.name in names and vessel.mmsi > 0}


def is_true(alert: Told, story: Story, hit: set[int]) -> bool:
    """It is about a boat, or about a vessel of an event, or it is what the story demands, early or late."""
    return bool(alert.boat) or alert.first.subject.mmsi in hit or any(is_about(alert, w) for w in story.must_alert)


def score_of(runs: Sequence[Run]) -> Score:
    """The runs of one story, taken together."""
    n_boats, n_found = sum(run.n_detectable for run in runs), sum(run.n_alerted for run in runs)
    to_alert = np.array([s for run in runs for s in run.to_alert_s if not math.isnan(s)])
    hours = sum(run.hours for run in runs)
    n_false = np.array([run.n_false for run in runs]).sum(axis=0) / hours
    incidents = [n for run in runs for n in run.n_incidents]
    return Score(
        runs[0].story, len(runs), wilson(n_found, n_boats), quantile(to_alert, 0.5), quantile(to_alert, 0.95),
        {priority.name.lower(): float(n) for priority, n in zip(Priority, n_false, strict=True)},
        float(np.mean(incidents)) if incidents else math.nan,
        wilson(sum(not run.faults for run in runs), len(runs)),
        tuple((run.seed, words) for run in runs for words in run.faults),
    )  # fmt: skip


def wilson(n_hits: int, n: int) -> Interval:
    """Wilson's score interval (JASA 22, 1927): honest near 0 and 1, where a share of few tries mostly lies."""
    if n == 0:
        return Interval(math.nan, math.nan, math.nan, 0)
    share, z2 = n_hits / n, Z_95**2
    middle = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = Z_95 * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return Interval(share, max(middle - half, 0.0), min(middle + half, 1.0), n)


def quantile(values: np.ndarray, q: float) -> float:
    """NaN of nothing."""
    return float(np.quantile(values, q)) if len(values) else math.nan
