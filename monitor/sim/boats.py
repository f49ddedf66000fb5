"""Where small boats without AIS go: steered by hand towards a coast, set by the stream, adrift when the engine stops.

    speed through the water   Ornstein-Uhlenbeck about the boat's own, 10 min
    heading                   towards the next point, Ornstein-Uhlenbeck about it, 6 min
    over ground               water + stream (+ leeway while the engine is off)

(domain, 4.4.) Each step needs the place of the step before, so time is a loop and the boats are the columns: 0.1 s for
a night of eight hours, however many boats.
"""

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from decoders.table import Column
from monitor.sim.motion import BEAM_ON_DEG, LEAD_S, STEP_S, Motion, steps_s
from monitor.sim.routes import to_degrees, to_xy
from monitor.sim.story import Boat, Drift, Story
from monitor.sim.stream import KN, Stream

SPEED_TAU_S, HEADING_TAU_S = 600.0, 360.0
ENGINE_OFF_S = 60.0  # a light boat without an engine has lost its way
LEEWAY = 0.03  # of the wind's speed, downwind (domain 3.1: mixture of 3 %)
AT_POINT_M = 400.0  # near enough to steer for the next one
LANDED_M = 250.0


@dataclass(slots=True)
class _Helm:
    """What changes from step to step, (B,) each."""

    x_m: Column
    y_m: Column
    leg: Column  # number of the point ahead
    is_landed: Column


def sail(story: Story, tide: Stream, rng: np.random.Generator) -> Motion:
    """The boats of the story over the grid of the night, (B, S) columns; NaN on the beach before and after."""
    t_s = steps_s(story)
    shape = (len(story.boats), len(t_s))
    engine = _engines(story, t_s)
    water_m_per_s = np.maximum(_told(story.boats, "speed_kn") + _noise(rng, shape, SPEED_TAU_S)
                               * _told(story.boats, "spread_kn"), 0.0) * engine * KN  # fmt: skip
    off_deg = _noise(rng, shape, HEADING_TAU_S) * _told(story.boats, "spread_deg")
    blown = LEEWAY * story.sea.wind_kn * KN
    downwind = np.radians(story.sea.wind_from_deg + 180.0)
    way = _ways(story.boats)
    helm = _Helm(way[:, 0, 0].copy(), way[:, 0, 1].copy(), np.ones(shape[0], np.int64), np.zeros(shape[0], bool))
    begin_s = np.array([boat.at_s for boat in story.boats])
    last = np.array([len(boat.points) - 1 for boat in story.boats])
    x_m, y_m, heading = np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, np.nan)
    for k, now_s in enumerate(t_s.tolist()):
        afloat = (begin_s <= now_s) & ~helm.is_landed
        if not afloat.any():
            continue
        heading[:, k] = _steer(helm, way, last) + off_deg[:, k]
        x_m[afloat, k], y_m[afloat, k] = helm.x_m[afloat], helm.y_m[afloat]
        east, north = tide.at(helm.x_m, helm.y_m, now_s)
        adrift, angle = 1.0 - engine[:, k], np.radians(heading[:, k])
        helm.x_m += afloat * STEP_S * (east + water_m_per_s[:, k] * np.sin(angle) + adrift * blown * np.sin(downwind))
        helm.y_m += afloat * STEP_S * (north + water_m_per_s[:, k] * np.cos(angle) + adrift * blown * np.cos(downwind))
    return _motion(x_m, y_m, np.where(engine > 0.5, heading, np.degrees(downwind) + BEAM_ON_DEG))


def _steer(helm: _Helm, way: Column, last: Column) -> Column:
    """(B,) degrees to the point ahead; near a point the next one is ahead, near the last one the boat has landed."""
    rows = np.arange(len(last))
    dx, dy = way[rows, helm.leg, 0] - helm.x_m, way[rows, helm.leg, 1] - helm.y_m
    away = np.hypot(dx, dy)
    helm.is_landed |= (helm.leg == last) & (away < LANDED_M)
    helm.leg = np.where((helm.leg < last) & (away < AT_POINT_M), helm.leg + 1, helm.leg)
    bearing_deg: Column = np.degrees(np.arctan2(dx, dy))
    return bearing_deg


def _told(boats: list[Boat], name: str) -> Column:
    told: Column = np.array([getattr(boat, name) for boat in boats])[:, None]
    return told


def _ways(boats: list[Boat]) -> Column:
    """(B, P, 2) metres: each boat's points, the last one repeated."""
    most = max(len(boat.points) for boat in boats)
    places = np.array([boat.points + boat.points[-1:] * (most - len(boat.points)) for boat in boats])
    way: Column = np.stack(to_xy(places[..., 0], places[..., 1]), axis=-1)
    return way


def _engines(story: Story, t_s: Column) -> Column:
    """(B, S) 1 while the engine runs, 0 in a failure."""
    engine = np.ones((len(story.boats), len(t_s)))
    names = [boat.name for boat in story.boats]
    for event in story.events:
        if isinstance(event, Drift) and event.who in names:
            end_s = event.at_s + event.for_s
            ramp = [event.at_s, event.at_s + ENGINE_OFF_S, end_s, end_s + ENGINE_OFF_S]
            engine[names.index(event.who)] *= np.interp(t_s, ramp, [1.0, 0.0, 0.0, 1.0])
    return engine


def _noise(rng: np.random.Generator, shape: tuple[int, int], tau_s: float) -> Column:
    """(B, S) Ornstein-Uhlenbeck processes of standard deviation 1, settled from the first step on."""
    keep = np.exp(-STEP_S / tau_s)
    drawn: Column = rng.standard_normal(shape)
    drawn[:, 1:] *= np.sqrt(1.0 - keep**2)
    noise: Column = lfilter([1.0], [1.0, -keep], drawn, axis=1)
    return noise


def _motion(x_m: Column, y_m: Column, heading_deg: Column) -> Motion:
    """Speed and course over ground from the places."""
    vx, vy = np.gradient(x_m, STEP_S, axis=1), np.gradient(y_m, STEP_S, axis=1)
    lat_deg, lon_deg = to_degrees(x_m, y_m)
    zero = np.zeros(x_m.shape, np.float32)
    return Motion(
        -LEAD_S, lat_deg, lon_deg, (np.hypot(vx, vy) / KN).astype(np.float32),
        (np.degrees(np.arctan2(vx, vy)) % 360.0).astype(np.float32), (heading_deg % 360.0).astype(np.float32),
        zero, zero.astype(np.int8) - 1,
    )  # fmt: skip
