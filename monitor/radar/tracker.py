"""Tracks out of plots, for radars that send what they see and not what it is.

    plots of a scan ─> believed tracks take theirs ─> tentative tracks take of the rest ─> the rest are births
                          (gate, one to one)             (gate, one to one)

All tracks are columns and take every step at once: predict (`models.py`), gate and assign (`assignment.py`), judge
(`life.py`). Believed tracks choose first, so a wave beside a boat cannot take its plot. A plot inside the gate of a
track that took another one still begins a track of its own: it may be the small boat beside the ship.

Plots carry their own times, since an antenna takes seconds for a turn. Scans come in order; an older one is counted and
left out. When time goes back by more than `BACK_S` the radar's clock was set, and everything begins anew.

Tried on the Autoferry recordings and left out for want of gain: joint probabilistic weights (Fitzgerald's; completeness
0.893 against 0.892), a plot shared by two believed tracks whose echoes may have merged (0.912 at best against 0.912, up
to twice the changes of number), no births inside a believed track's gate (0.913 against 0.915), one assignment for
believed and tentative tracks together (5 % more extra tracks).
"""

from dataclasses import dataclass, field, replace
from typing import Annotated

import numpy as np
from msgspec import Meta

from decoders.radar.columns import TrackStatus
from decoders.table import Column
from monitor.kinematics import KN_M_PER_S
from monitor.radar import kalman, life, models
from monitor.radar.clutter import ClutterMap, density_per_m2, learn
from monitor.radar.one_to_one import assign
from monitor.radar.plane import near_pairs
from monitor.radar.plottracks import (
    NO_ROWS,
    Plots,
    PlotTracks,
    TrackRows,
    lost_rows,
    models_of,
    no_tracks,
    rows_of,
    usable,
    with_models,
)
from monitor.radar.scans import Scans
from monitor.settings import Positive

Chance = Annotated[float, Meta(gt=0, lt=1)]

BACK_S = 60.0  # late plots are seconds late; an hour or a day is a clock
MAX_TRACKS = 10_000  # bound on memory and time; births beyond it are counted
MISS_COST = 80.0  # more than ln |S| can be within the bounds above: every pair in a gate is better than none
STILL_M_S = 0.5  # below it, or within two sigma of it, a track is not under way and its plots enter the clutter map


@dataclass(frozen=True, slots=True)
class TrackerSettings:
    """The [plot_tracker] block of config.toml."""

    steady_noise_m2_s3: Positive  # spectral density of a boat's white acceleration on a steady course
    turning_noise_m2_s3: Positive  # the same in a manoeuvre
    steady_s: Positive  # how long boats go on steadily between manoeuvres
    turning_s: Positive  # how long a manoeuvre is
    gate_sigma: Positive
    max_speed_kn: Positive
    detection_chance: Chance  # of a boat in one scan
    birth_chance: Chance  # that a lone plot is a boat
    confirm_chance: Chance
    drop_chance: Chance
    false_plots_per_km2: Positive  # in one scan, where nothing is known
    coast_per_hit: Positive
    coast_scans: Annotated[int, Meta(ge=1)]
    echo_spread_m: Annotated[float, Meta(ge=0)]  # how far the point of a hull that answers moves about
    clutter_cell_m: Positive
    clutter_memory_scans: Positive


@dataclass(slots=True)
class Tracker:
    """One radar's tracks. `step` changes it."""

    settings: TrackerSettings
    period_s: float
    t_unix_s: float = float("-inf")  # of the last scan
    tracks: PlotTracks = field(default_factory=lambda: no_tracks())
    clutter: ClutterMap = field(init=False)
    scans: Scans = field(init=False)
    n_tracks: int = 0  # ever begun
    n_refused: int = 0  # plots that are not finite or lie beyond FAR_M
    n_late: int = 0  # plots of scans older than the last
    n_crowded: int = 0  # births without room
    n_restarts: int = 0  # times that the clock went back

    def __post_init__(self) -> None:
        self.scans = Scans(self.period_s)
        self.clutter = ClutterMap(self.settings.clutter_cell_m, self.settings.clutter_memory_scans)


def step(tracker: Tracker, t_unix_s: float, plots: Plots) -> TrackRows:
    """Take one scan. t_unix_s : the instant that the tracks are brought to, that of the scan's last plot."""
    rows = usable(plots)
    tracker.n_refused += len(plots) - len(rows)
    is_back = t_unix_s < tracker.t_unix_s - BACK_S
    if not np.isfinite(t_unix_s) or (t_unix_s <= tracker.t_unix_s and not is_back):
        tracker.n_late += len(rows)
        return rows_of(no_tracks(), NO_ROWS, NO_ROWS)
    lost = _restart(tracker) if is_back else _give_up(tracker, t_unix_s)
    _advance(tracker, t_unix_s)
    found = _take_scan(tracker, plots.take(rows))
    outside = np.append(rows, -1)  # row -1 stays -1
    found = TrackRows(found.number, found.status, outside[found.plot], found.state, found.covariance)
    every = TrackRows.concat([lost, found])
    return every.take(np.argsort(every.number, kind="stable"))


def _take_scan(tracker: Tracker, plots: Plots) -> TrackRows:
    """Associate, update, judge, begin."""
    lag_s = plots.t_unix_s - tracker.t_unix_s
    tracks = tracker.tracks
    plot = np.full(len(tracks), -1)
    false_per_m2 = density_per_m2(tracker.clutter, *plots.place_m.T) + tracker.settings.false_plots_per_km2 / 1e6
    for group in (np.flatnonzero(tracks.is_believed), np.flatnonzero(~tracks.is_believed)):
        free = np.setdiff1d(np.arange(len(plots)), plot)
        track, taken = _associate(tracks.take(group), plots.take(free), lag_s[free], tracker.settings.gate_sigma)
        plot[group[track]] = free[taken]
    tracks = _updated(tracker, plots, lag_s, false_per_m2, plot)
    n_misses = life.misses(tracker.t_unix_s, tracks.hit_unix_s, tracker.period_s)
    tracks = _judged(tracker, tracks, plot)
    is_over = _is_over(tracker, tracks, n_misses)
    _learn(tracker, tracks, plots, plot)
    status = np.where(plot >= 0, int(TrackStatus.TRACKED), int(TrackStatus.COASTED))
    status[~tracks.is_believed] = TrackStatus.TENTATIVE
    status[is_over] = TrackStatus.LOST
    told = (tracks.n_hits >= life.MIN_HITS) & (tracks.is_believed | ~is_over)
    free = np.setdiff1d(np.arange(len(plots)), plot)
    tracker.tracks = PlotTracks.concat([tracks.take(~is_over), _born(tracker, plots, free, int((~is_over).sum()))])
    return rows_of(tracks.take(told), status[told], plot[told])


def _associate(tracks: PlotTracks, plots: Plots, lag_s: Column, gate_sigma: float) -> tuple[Column, Column]:
    """(track, plot) rows of the pairs taken, one to one."""
    if not len(tracks) or not len(plots):
        return NO_ROWS, NO_ROWS
    speed = np.hypot(tracks.state[:, 2], tracks.state[:, 3])
    spread = _widest(tracks.covariance[:, :2, :2]) + _widest(plots.error_m2).max()
    reach = gate_sigma * np.sqrt(spread) + speed * np.abs(lag_s).max()
    track, plot = near_pairs(tracks.state[:, :2], reach, plots.place_m)
    residual, spread = kalman.innovation(
        tracks.state[track], tracks.covariance[track], plots.place_m[plot], plots.error_m2[plot], lag_s[plot]
    )
    inverse, determinant = kalman.inverse(spread)
    distance2 = kalman.distance2(residual, inverse)
    is_in = distance2 <= gate_sigma**2
    track, plot, distance2, determinant = track[is_in], plot[is_in], distance2[is_in], determinant[is_in]
    is_taken = assign(track, plot, distance2 + np.log(determinant), gate_sigma**2 + MISS_COST)
    return track[is_taken], plot[is_taken]


def _updated(tracker: Tracker, plots: Plots, lag_s: Column, false_per_m2: Column, plot: Column) -> PlotTracks:
    """The tracks with what their plots say. plot : (T,) row of each track's plot, -1."""
    tracks, settings = tracker.tracks, tracker.settings
    seen = np.flatnonzero(plot >= 0)
    at = plot[seen]
    place, error, lag = plots.place_m[at], plots.error_m2[at], lag_s[at]
    residual, spread = kalman.innovation(tracks.state[seen], tracks.covariance[seen], place, error, lag)
    inverse, determinant = kalman.inverse(spread)
    distance2 = kalman.distance2(residual, inverse)
    score = tracks.score + np.log(1.0 - settings.detection_chance)
    score[seen] = tracks.score[seen] + life.hit_score(
        distance2, determinant, false_per_m2[at], settings.detection_chance
    )
    hit, n_hits = tracks.hit_unix_s.copy(), tracks.n_hits.copy()
    hit[seen] = tracker.t_unix_s
    n_hits[seen] += 1
    chance, states, covariances = (column.copy() for column in models_of(tracks))
    after = models.update(chance[seen], states[seen], covariances[seen], place, error, lag)
    chance[seen], states[seen], covariances[seen] = after
    found = replace(tracks, hit_unix_s=hit, n_hits=n_hits, score=score)
    return with_models(found, chance, states, covariances)


def _judged(tracker: Tracker, tracks: PlotTracks, plot: Column) -> PlotTracks:
    """The tracks with those believed that have earned it in this scan."""
    settings = tracker.settings
    speed = np.hypot(tracks.state[:, 2], tracks.state[:, 3])
    confirm = life.score_of(settings.confirm_chance)
    now = life.is_believed(tracks.score, tracks.n_hits, speed, confirm, settings.max_speed_kn * KN_M_PER_S)
    return replace(tracks, is_believed=tracks.is_believed | (now & (plot >= 0)))


def _is_over(tracker: Tracker, tracks: PlotTracks, n_misses: Column) -> Column:
    """(T,) bool: believed tracks that are lost and tentative ones that are dropped."""
    settings = tracker.settings
    speed = np.hypot(tracks.state[:, 2], tracks.state[:, 3])
    drop, most = life.score_of(settings.drop_chance), settings.max_speed_kn * KN_M_PER_S
    found: Column = np.where(
        tracks.is_believed,
        life.is_over(n_misses, tracks.n_hits, settings.coast_per_hit, settings.coast_scans),
        life.is_dropped(n_misses, tracks.score, speed, drop, most),
    )
    return found


def _give_up(tracker: Tracker, t_unix_s: float) -> TrackRows:
    """End what was over before this scan began: after a gap, a gate as wide as the gap would take any plot."""
    tracks = tracker.tracks
    before = life.misses(t_unix_s, tracks.hit_unix_s, tracker.period_s) - 1.0
    is_over = _is_over(tracker, tracks, before)
    tracker.tracks = tracks.take(~is_over)
    return lost_rows(tracks.take(is_over & tracks.is_believed))


def _restart(tracker: Tracker) -> TrackRows:
    """The clock went back: no track's past can be compared with what comes now."""
    lost = lost_rows(tracker.tracks.take(tracker.tracks.is_believed))
    tracker.tracks, tracker.t_unix_s = no_tracks(), float("-inf")
    tracker.n_restarts += 1
    return lost


def _advance(tracker: Tracker, t_unix_s: float) -> None:
    """Bring all tracks to an instant."""
    tracks = tracker.tracks
    if len(tracks):
        after = models.predict(*models_of(tracks), t_unix_s - tracker.t_unix_s, _motion(tracker.settings))
        tracker.tracks = with_models(tracks, *after)
    tracker.t_unix_s = t_unix_s


def _learn(tracker: Tracker, tracks: PlotTracks, plots: Plots, plot: Column) -> None:
    """Show the clutter map the plots that belong to no track under way."""
    speed = np.hypot(tracks.state[:, 2], tracks.state[:, 3])
    sigma = np.sqrt(_widest(tracks.covariance[:, 2:, 2:]))
    under_way = tracks.is_believed & (speed > np.maximum(STILL_M_S, 2.0 * sigma))
    others = np.setdiff1d(np.arange(len(plots)), plot[under_way])
    learn(tracker.clutter, *plots.place_m[others].T)


def _born(tracker: Tracker, plots: Plots, free: Column, n_tracks: int) -> PlotTracks:
    """A tentative track for each plot that no track took, as long as there is room."""
    tracker.n_crowded += max(0, len(free) - (MAX_TRACKS - n_tracks))
    free = free[: MAX_TRACKS - n_tracks]
    n = len(free)
    state, covariance = np.zeros((n, 4)), np.zeros((n, 4, 4))
    state[:, :2], covariance[:, :2, :2] = plots.place_m[free], plots.error_m2[free]
    covariance[:, 2:, 2:] = (tracker.settings.max_speed_kn * KN_M_PER_S / 3.0) ** 2 * np.eye(2)
    number = tracker.n_tracks + 1 + np.arange(n)
    tracker.n_tracks += n
    hit, score = np.full(n, tracker.t_unix_s), np.full(n, life.score_of(tracker.settings.birth_chance))
    motion = _motion(tracker.settings)
    chance = np.tile(np.array(motion.stay_s) / sum(motion.stay_s), (n, 1))
    every = np.stack([state] * models.N_MODELS, axis=1), np.stack([covariance] * models.N_MODELS, axis=1)
    return PlotTracks(number, hit, np.ones(n, np.int64), score, np.zeros(n, bool), state, covariance, chance, *every)


def _motion(settings: TrackerSettings) -> models.Motion:
    noise = settings.steady_noise_m2_s3, settings.turning_noise_m2_s3
    return models.Motion(noise, (settings.steady_s, settings.turning_s))


def _widest(spread: Column) -> Column:
    """Largest eigenvalue of symmetric 2 by 2 matrices, (N,)."""
    a, b, d = spread[:, 0, 0], spread[:, 0, 1], spread[:, 1, 1]
    found: Column = (a + d) / 2.0 + np.hypot((a - d) / 2.0, b)
    return found
