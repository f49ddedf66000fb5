"""Where every vessel really is, every ten seconds of the night: paths, noise, stream, engine failures.

    path (points in time) --- progress: loses time while the engine is off, strays ahead and behind a little
                           |- smoothed over the time a ship takes to turn
                           |- + drift with the stream while the engine is off
                           |- + wander across the path (a slow random walk that pulls back)
                           v
                          lat, lon --> speed and course over ground; heading from the way through the water

The grid is made at once, since a night of 400 vessels takes about a second; what is sent is made minute by minute.
Noise is white noise through two low-pass filters: an Ornstein-Uhlenbeck process smoothed once more, so that its speed
is finite and a ship's course does not tremble.
"""

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import uniform_filter1d
from scipy.signal import lfilter

from decoders.table import Column
from monitor.sim.routes import to_degrees
from monitor.sim.story import Drift, Story
from monitor.sim.stream import KN, Stream
from monitor.sim.vessel import Vessel

STEP_S = 10.0
LEAD_S = 600.0  # the grid begins before the story, so that smoothing and filters have settled
RAMP_S = 400.0  # a ship loses and gains its way within this
WANDER_TAU_S = 500.0
PROGRESS_TAU_S = 600.0
PROGRESS_S = 15.0  # standard deviation: a ship is that much ahead or behind; 15/600 is 2.5 % of its speed
BEAM_ON_DEG = 65.0  # a ship without way turns its side to the sea


@dataclass(frozen=True, slots=True)
class Motion:
    """Columns over (V vessels, S steps); NaN where a vessel is not there."""

    t0_s: float  # of the first step, seconds after the start
    lat_deg: Column  # float64
    lon_deg: Column
    sog_kn: Column  # float32
    cog_deg: Column
    heading_deg: Column
    turn_deg_per_min: Column
    status: Column  # int8

    def at(self, vessel: Column, t_s: Column) -> dict[str, Column]:
        """The state of vessels (N,) at times (N,), positions between steps on a straight line."""
        step = (t_s - self.t0_s) / STEP_S
        row = np.clip(step.astype(np.int64), 0, self.lat_deg.shape[1] - 2)
        share = step - row
        state = {}
        for name in ("lat_deg", "lon_deg", "sog_kn"):
            column = getattr(self, name)
            before = column[vessel, row].astype(np.float64)
            state[name] = before + share * (column[vessel, row + 1] - before)
        for name in ("cog_deg", "heading_deg", "turn_deg_per_min"):
            state[name] = getattr(self, name)[vessel, row].astype(np.float64)
        state["status"] = self.status[vessel, row]
        return state


COLUMNS = ("lat_deg", "lon_deg", "sog_kn", "cog_deg", "heading_deg", "turn_deg_per_min", "status")


def steps_s(story: Story) -> Column:
    """(S,) times of the grid, seconds after the start."""
    return np.arange(-LEAD_S, story.duration_s + 3 * STEP_S, STEP_S)


def move(story: Story, vessels: list[Vessel], tide: Stream, rng: np.random.Generator) -> Motion:
    """The whole night."""
    t_s = steps_s(story)
    engine = engines(story, vessels, t_s)
    shape = (len(vessels), len(t_s))
    progress = t_s - np.cumsum(1.0 - engine, axis=1) * STEP_S
    is_slack = np.array([vessel.wander_m > 0 and vessel.role not in ("ferry", "resting") for vessel in vessels], bool)
    progress += _slow_noise(rng, shape, PROGRESS_TAU_S) * np.where(is_slack, PROGRESS_S, 0.0)[:, None]
    x_m, y_m, is_there = _on_path(vessels, progress)
    stream = tide.at(x_m, y_m, t_s)
    course = np.arctan2(np.gradient(x_m, axis=1), np.gradient(y_m, axis=1))
    is_resting = np.hypot(np.gradient(x_m, axis=1), np.gradient(y_m, axis=1)) < 0.2 * STEP_S
    wander_m = _slow_noise(rng, shape, WANDER_TAU_S) * np.array([vessel.wander_m for vessel in vessels])[:, None]
    wander_m = _smooth(np.where(is_resting, 0.25, 1.0), np.full(len(vessels), 300.0)) * wander_m
    has_drift = np.array([vessel.role not in ("base", "aid") for vessel in vessels], bool)[:, None]
    side = _smooth(np.stack([np.cos(course), -np.sin(course)]).reshape(-1, shape[1]), np.full(2 * shape[0], 600.0))
    x_m += side[: shape[0]] * wander_m + np.cumsum((1 - engine) * stream[0], axis=1) * STEP_S * has_drift
    y_m += side[shape[0] :] * wander_m + np.cumsum((1 - engine) * stream[1], axis=1) * STEP_S * has_drift
    return _columns(vessels, t_s, x_m, y_m, is_there, engine, stream, _status(story, vessels, t_s))


def engines(story: Story, vessels: list[Vessel], t_s: Column) -> Column:
    """(V, S) share of its intended speed that each vessel makes: 1, and 0 in an engine failure or for a beacon."""
    engine = np.ones((len(vessels), len(t_s)))
    names = [vessel.name for vessel in vessels]
    for event in story.events:
        if isinstance(event, Drift) and event.who in names:
            ramp = [event.at_s, event.at_s + RAMP_S, event.at_s + event.for_s, event.at_s + event.for_s + RAMP_S]
            engine[names.index(event.who)] *= np.interp(t_s, ramp, [1.0, 0.0, 0.0, 1.0])
    for i, vessel in enumerate(vessels):
        if vessel.role == "beacon":
            engine[i, t_s >= vessel.t_s[0]] = 0.0
    return engine


def _status(story: Story, vessels: list[Vessel], t_s: Column) -> Column:
    """(V, S) int8 navigational status; not under command while a failure that is signalled lasts."""
    status = np.repeat(np.array([vessel.status for vessel in vessels], np.int8)[:, None], len(t_s), axis=1)
    names = [vessel.name for vessel in vessels]
    for event in story.events:
        if isinstance(event, Drift) and event.is_not_under_command and event.who in names:
            lasts = (t_s >= event.at_s + 120.0) & (t_s < event.at_s + event.for_s)
            status[names.index(event.who), lasts] = 2
    return status


def _slow_noise(rng: np.random.Generator, shape: tuple[int, int], tau_s: float) -> Column:
    """White noise through two low-pass filters of tau_s, standard deviation 1."""
    keep = np.exp(-STEP_S / tau_s)
    noise: Column = rng.standard_normal((shape[0], shape[1] + 300))
    for _ in range(2):
        noise = lfilter([1 - keep], [1, -keep], noise, axis=1)
    # the variance of two equal first-order filters in a row
    spread = (1 - keep) ** 2 * np.sqrt((1 + keep**2) / (1 - keep**2) ** 3)
    settled: Column = noise[:, 300:] / spread
    return settled


def _on_path(vessels: list[Vessel], progress: Column) -> tuple[Column, Column, Column]:
    """Positions along the paths, smoothed, and who is there."""
    x_m, y_m = np.empty_like(progress), np.empty_like(progress)
    is_there = np.empty(progress.shape, bool)
    for i, vessel in enumerate(vessels):
        x_m[i] = np.interp(progress[i], vessel.t_s, vessel.x_m)
        y_m[i] = np.interp(progress[i], vessel.t_s, vessel.y_m)
        is_there[i] = (progress[i] >= vessel.t_s[0]) & (progress[i] <= vessel.t_s[-1])
        if vessel.role == "beacon":
            t_s = np.arange(progress.shape[1]) * STEP_S - LEAD_S
            is_there[i] = (t_s >= vessel.t_s[0]) & (t_s <= vessel.t_s[-1])
    smooth_s = np.array([vessel.smooth_s for vessel in vessels])
    return _smooth(x_m, smooth_s), _smooth(y_m, smooth_s), is_there


def _smooth(column: Column, smooth_s: Column) -> Column:
    """Two moving averages in a row over smooth_s each half: corners become turns."""
    out = column.copy()
    for seconds in np.unique(smooth_s[smooth_s > 0]):
        rows = smooth_s == seconds
        width = int(seconds / (2 * STEP_S)) * 2 + 1
        once = uniform_filter1d(column[rows], width, axis=1, mode="nearest")
        out[rows] = uniform_filter1d(once, width, axis=1, mode="nearest")
    return out


def _columns(
    vessels: list[Vessel], t_s: Column, x_m: Column, y_m: Column, is_there: Column, engine: Column,
    stream: tuple[Column, Column], status: Column,
) -> Motion:  # fmt: skip
    """Speed, course, heading and turn from the positions."""
    vx, vy = np.gradient(x_m, STEP_S, axis=1), np.gradient(y_m, STEP_S, axis=1)
    sog_kn = np.hypot(vx, vy) / KN
    heading = np.degrees(np.arctan2(vx - stream[0], vy - stream[1]))
    rest = np.array([vessel.rest_heading_deg for vessel in vessels])[:, None]
    into_stream = np.degrees(np.arctan2(-stream[0], -stream[1])) + np.arange(len(vessels))[:, None] % 7 * 3.0
    is_resting = (sog_kn < 0.4) & (engine > 0.5)
    heading = np.where(is_resting, np.where(np.isnan(rest), into_stream, rest), heading)
    for i in np.flatnonzero((engine < 1).any(axis=1)):
        at = int(np.argmax(engine[i] < 1))
        lies = engine[i] < 0.6
        heading[i, lies] = heading[i, max(at - 1, 0)] + BEAM_ON_DEG * (1 - engine[i, lies])
    turn = np.gradient(np.unwrap(heading, period=360.0, axis=1), STEP_S / 60.0, axis=1)
    turn = np.where(is_resting | (np.abs(turn) > 200.0), 0.0, turn)
    is_ferry = np.array([vessel.role == "ferry" for vessel in vessels], bool)[:, None]
    status = np.where(is_ferry & is_resting, 5, status).astype(np.int8)
    lat_deg, lon_deg = to_degrees(x_m, y_m)
    lat_deg[~is_there] = np.nan
    lon_deg[~is_there] = np.nan
    cog_deg = np.degrees(np.arctan2(vx, vy)) % 360.0
    return Motion(
        float(t_s[0]), lat_deg, lon_deg, sog_kn.astype(np.float32), cog_deg.astype(np.float32),
        (heading % 360.0).astype(np.float32), turn.astype(np.float32), status,
    )  # fmt: skip


def joined(first: Motion, second: Motion) -> Motion:
    """The vessels of both, on the same grid."""
    columns = [np.concatenate([getattr(first, name), getattr(second, name)]) for name in COLUMNS]
    return Motion(first.t0_s, *columns)


def classes(vessels: list[Vessel]) -> Column:
    """(V,) int8 StationClass."""
    return np.array([vessel.station_class for vessel in vessels], np.int8)
