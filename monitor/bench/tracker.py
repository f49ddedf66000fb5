"""`straitwatch bench tracker`: plots to tracks, beside Stone Soup on the same plots.

Quality on real radar with GNSS truth, from a folder of recordings:

    Autoferry (Helgesen et al., Ocean Engineering 2022): ferry's radar, two boats; `scenario<N>_detections.json`
        beside `scenario<N>_groundTruth.json`
    Joyride (Hem, Brekke, Tokle): one manoeuvring boat; `detections.csv` beside `truth.csv`. Its bearings are off by
        about -1.75 degrees, so it is told as recorded and with that taken off

Positions are relative to an own ship that moves; the tracker works where it is moved to. Truth is up to 0.5 s old.
Stone Soup has the parameters that reach the most with it here: 6.6 m, gate 3.5, three points to begin, five misses.

Speed on simulated boats, the tracks known from the start: what Stone Soup does with `GNNWith2DAssignment`.
"""

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import process_time

import numpy as np

from decoders.radar.columns import TrackStatus
from decoders.table import Column
from monitor import config
from monitor.bench import peer_env
from monitor.bench.measure import Figure
from monitor.bench.tracker_score import Score, score
from monitor.radar.kalman import polar_error_m2
from monitor.radar.plane import east_north_m
from monitor.radar.plottracks import Plots, plots_of
from monitor.radar.tracker import Tracker, TrackerSettings, step

STANDARD = Path(__file__).resolve().parents[3] / "shared" / "data" / "radar"
RADAR = 2  # sensorID
SIGMA_RANGE_M, SIGMA_BEARING_DEG = 4.6, 1.0  # Autoferry's radar as measured; a degree is its beam
JOYRIDE_SIGMA_M, JOYRIDE_SIGMA_DEG, JOYRIDE_BIAS_DEG = 8.0, 1.5, -1.75
JOYRIDE_CUT_OFF_M = 60.0  # its errors are twice Autoferry's
PEER = {"r": 6.6, "q": 0.15, "gate": 3.5, "v": 10.0, "min": 3, "del": 5}
GOAL_COMPLETENESS, GOAL_EXTRA, GOAL_ERROR_M, GOAL_CHANGES = 0.90, 2.7, 7.3, 9
SPEED_TARGETS, SPEED_SCANS, PEER_SCANS = 200, 300, 10
PERIOD_S = 2.5


@dataclass(frozen=True, slots=True)
class Recording:
    """Scans of one radar that moves, and the truth."""

    name: str
    period_s: float
    sigma_range_m: float
    sigma_bearing_deg: float
    cut_off_m: float
    t_unix_s: list[float]
    own_m: list[Column]  # of each scan (2,) east and north
    polar: list[Column]  # of each scan (N, 2) range in metres and bearing in degrees
    truth_m: list[Column]  # of each scan (targets, 2)


def run(files: list[Path], rounds: int, progress: Callable[[str], None]) -> list[Figure]:
    """All figures. files : one folder of recordings. Raises FileNotFoundError when there are none."""
    settings = config.parse(config.shipped_text()).plot_tracker
    folder = files[0] if files else STANDARD
    recordings = [*autoferry(folder), *joyride(folder)]
    if not recordings:
        raise FileNotFoundError("no radar recordings here")
    interpreter = peer_env.python("tracking", progress)
    return quality(recordings, settings, interpreter, progress) + speed(settings, interpreter, rounds, progress)


def autoferry(folder: Path) -> list[Recording]:
    """The scenarios found anywhere below a folder, by number."""
    found = []
    paths = sorted(folder.rglob("scenario*_detections.json"), key=lambda path: (len(path.name), path.name))
    for path in paths:
        truth = json.loads(path.with_name(path.name.replace("detections", "groundTruth")).read_text())
        t, own, polar, places = [], [], [], []
        for heard, there in zip(json.loads(path.read_text()), truth, strict=True):
            if heard["sensorID"] != RADAR:
                continue
            plots = np.array(heard["measurement"], float)
            plots = (plots if plots.size > 2 or plots.ndim == 2 else plots.reshape(-1, 1)).reshape(2, -1)[::-1].T
            at = sorted([there] if isinstance(there, dict) else there, key=lambda target: target["targetID"])
            t.append(float(heard["time"]))
            own.append(np.array(heard["ownshipPosition"], float)[::-1])
            polar.append(polar_of(plots))
            places.append(np.array([target["position"][1::-1] for target in at], float))
        name = f"autoferry {path.name.split('_')[0].removeprefix('scenario')}"
        found.append(Recording(name, 1.68, SIGMA_RANGE_M, SIGMA_BEARING_DEG, 30.0, t, own, polar, places))
    return found


def joyride(folder: Path) -> list[Recording]:
    """As recorded, and with its bearing bias taken off."""
    found = []
    for path in sorted(folder.rglob("joyride*/truth.csv")):
        truth = np.atleast_1d(np.genfromtxt(path, delimiter=",", names=True))
        plots = np.atleast_1d(np.genfromtxt(path.with_name("detections.csv"), delimiter=",", names=True))
        own = np.column_stack([truth["own_east_m"], truth["own_north_m"]])
        target = np.column_stack([truth["target_east_m"], truth["target_north_m"]])
        place = np.column_stack([plots["east_m"], plots["north_m"]])
        polar = [polar_of(place[plots["scan"] == scan] - own[i]) for i, scan in enumerate(truth["scan"])]
        for name, bias in (("joyride", 0.0), ("joyride, bias off", JOYRIDE_BIAS_DEG)):
            turned = [p - [0.0, bias] for p in polar]
            sigma = JOYRIDE_SIGMA_M, JOYRIDE_SIGMA_DEG, JOYRIDE_CUT_OFF_M
            times = truth["time_s"].tolist()
            found.append(Recording(name, 2.51, *sigma, times, list(own), turned, list(target[:, None, :])))
    return found


def polar_of(place_m: Column) -> Column:
    """(N, 2) range and bearing of places relative to the radar."""
    return np.column_stack([np.hypot(*place_m.T), np.degrees(np.arctan2(*place_m.T))])


def quality(
    recordings: list[Recording], settings: TrackerSettings, interpreter: Path | None, progress: Callable[[str], None]
) -> list[Figure]:
    """Each recording and all of Autoferry together, ours beside the peer's."""
    found = []
    ours, theirs = Score(), Score()
    for recording in recordings:
        progress(f"tracking {recording.name}")
        mine = score(recording.truth_m, tracked(recording, settings), recording.cut_off_m)
        peer = (
            score(recording.truth_m, peer_tracks(recording, interpreter), recording.cut_off_m) if interpreter else None
        )
        found += rows(recording.name, mine, peer)
        if recording.name.startswith("autoferry"):
            ours.add(mine)
            if peer:
                theirs.add(peer)
    goals = (GOAL_COMPLETENESS, GOAL_ERROR_M, GOAL_CHANGES, GOAL_EXTRA)
    return found + (rows("autoferry, all", ours, theirs if interpreter else None, goals) if ours.n_scans else [])


def rows(
    name: str, mine: Score, peer: Score | None, goals: tuple[float, float, float, float] | None = None
) -> list[Figure]:
    """One recording's four figures."""
    what = ("completeness", "mean error", "changes of number", "extra tracks")
    units = ("of target-scans", "m", "", "a scan")
    values = mine.completeness, mine.mean_error_m, float(mine.n_changes), mine.extra_per_scan
    others = (peer.completeness, peer.mean_error_m, float(peer.n_changes), peer.extra_per_scan) if peer else None
    found = []
    for i, value in enumerate(values):
        goal = goals[i] if goals else None
        is_reached = None if goal is None else (value >= goal if i == 0 else value <= goal)
        told = "" if goal is None else f"{'>=' if i == 0 else '<='} {goal:g}"
        note = f"Stone Soup {others[i]:.4g}" if others else ""
        found.append(Figure(f"{name}: {what[i]}", value, units[i], told, is_reached, note))
    return found


def tracked(recording: Recording, settings: TrackerSettings) -> list[Column]:
    """For each scan (T, 3): number, east, north of the believed tracks."""
    tracker = Tracker(settings, recording.period_s)
    found = []
    for t, own, polar in zip(recording.t_unix_s, recording.own_m, recording.polar, strict=True):
        range_m, bearing = polar.T
        sigma = recording.sigma_range_m, recording.sigma_bearing_deg, settings.echo_spread_m
        error = polar_error_m2(range_m, bearing, *sigma)
        plots = Plots(np.full(len(polar), t), east_north_m(range_m, bearing) + own, error)
        told = step(tracker, t, plots)
        is_there = (told.status == TrackStatus.TRACKED) | (told.status == TrackStatus.COASTED)
        found.append(np.column_stack([told.number, told.state[:, :2]])[is_there])
    return found


def peer_tracks(recording: Recording, interpreter: Path) -> list[Column]:
    """The same of Stone Soup."""
    scans = [
        [t, (east_north_m(*polar.T) + own).tolist()]
        for t, own, polar in zip(recording.t_unix_s, recording.own_m, recording.polar, strict=True)
    ]
    told, _ = ask_peer({**PEER, "scans": scans}, interpreter)
    return [np.array(rows, float).reshape(-1, 3) for rows in told]


def ask_peer(question: dict[str, object], interpreter: Path) -> tuple[list[list[list[float]]], float]:
    """(tracks of each scan, CPU seconds)."""
    with tempfile.TemporaryDirectory() as folder:
        given, taken = Path(folder) / "in.json", Path(folder) / "out.json"
        given.write_text(json.dumps(question))
        cpu_s = peer_env.run(interpreter, "stonesoup_tracker", str(given), str(taken))["cpu_s"]
        found: list[list[list[float]]] = json.loads(taken.read_text())
    return found, cpu_s


def speed(
    settings: TrackerSettings, interpreter: Path | None, rounds: int, progress: Callable[[str], None]
) -> list[Figure]:
    """Target-scans a second, ratio to the peer, and what a scan of many targets costs."""
    rates, ratios, many = [], [], []
    for i in range(rounds):
        progress(f"round {i + 1} of {rounds}: speed")
        scan_s = float(np.mean(timed(settings, SPEED_TARGETS, SPEED_SCANS)))
        rates.append(SPEED_TARGETS / scan_s)
        many.append(1e3 * float(np.median(timed(settings, 2_000, 20)[5:])))
        if interpreter:
            scans, start, course = at_sea(SPEED_TARGETS, PEER_SCANS + 1)
            seeds = np.column_stack([start, course]).tolist()
            told = [[t, place.tolist()] for t, place in enumerate_scans(scans)]
            cpu_s = ask_peer({**PEER, "seeds": seeds, "scans": told}, interpreter)[1]
            ratios.append(cpu_s / PEER_SCANS / scan_s)
    ms = float(np.median(many))
    found = [
        Figure(f"{SPEED_TARGETS} targets, {SPEED_SCANS} scans", float(np.median(rates)) / 1e3, "k target-scans/s/core"),
        Figure("a scan of 2,000 targets", ms, "ms", "<= 50", ms <= 50.0),
    ]
    if ratios:
        ratio = float(np.median(ratios))
        found.append(Figure("times Stone Soup (GNNWith2DAssignment)", ratio, "x", ">= 100", ratio >= 100.0))
    return found


def at_sea(n_targets: int, n_scans: int) -> tuple[list[Column], Column, Column]:
    """Plots of each scan, starts and velocities: 40 km square, Pd 0.9, one false plot for ten targets."""
    rng = np.random.default_rng(n_targets)
    start, course = rng.uniform(-2e4, 2e4, (n_targets, 2)), rng.normal(0.0, 5.0, (n_targets, 2))
    scans = []
    for scan in range(n_scans):
        place = start + scan * PERIOD_S * course + rng.normal(0.0, PEER["r"], (n_targets, 2))
        false = rng.uniform(-2e4, 2e4, (n_targets // 10, 2))
        scans.append(np.concatenate([place[rng.random(n_targets) < 0.9], false]))
    return scans, start, course


def enumerate_scans(scans: list[Column]) -> list[tuple[float, Column]]:
    return [(scan * PERIOD_S, place) for scan, place in enumerate(scans)]


def timed(settings: TrackerSettings, n_targets: int, n_scans: int) -> list[float]:
    """CPU seconds of each scan; unlike the peer, tracks are begun and ended too."""
    tracker, taken = Tracker(settings, PERIOD_S), []
    for t, place in enumerate_scans(at_sea(n_targets, n_scans)[0]):
        east, north = place.T
        plots = plots_of(np.full(len(place), t), east, north, np.full(len(place), PEER["r"]))
        began = process_time()
        step(tracker, t, plots)
        taken.append(process_time() - began)
    return taken
