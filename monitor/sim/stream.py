"""The tidal stream as it really is in a simulated night.

The product reckons with a model of the stream (monitor/tide.py). The simulator must not use that code: a boat whose
drift is the model's own would prove nothing. So this one is written a second time from the same published description
(reference: stream near South Foreland, 2.3/1.3 kn towards 035 from two hours before high water Dover, back towards 214
four hours after it) and then bent, once for each night, by up to 15 % in rate and 15 degrees in direction.

    height at Dover  --maxima-->  high waters  --phase between two of them, one hour late-->  rate along 035/215

High waters come from the six largest constituents of Dover (TICON-4, CC BY 4.0; amplitudes to the millimetre are more
than a simulator needs) with the astronomical arguments of Meeus, chapters 22 and 47, and the nodal factors of
Schureman's tables. tests/monitor/test_sim_stream.py holds it against known high waters.
"""

from dataclasses import dataclass

import numpy as np

from decoders.table import Column
from monitor.sim.routes import NM_M, to_xy

KN = NM_M / 3600.0
AXIS_DEG = 35.0
TURN_AFTER_HW_S = 3600.0  # the stream towards 035 is strongest an hour after high water Dover
NEAP_RANGE_M, SPRING_RANGE_M = 3.2, 5.9  # of Dover
NEAP_KN, MORE_AT_SPRINGS_KN = 1.25, 1.0
BENT_SHARE, BENT_DEG = 0.15, 15.0  # how far a night may be off the description
MID_CHANNEL, NARROWS = 0.8, 1.1  # of the rate off South Foreland: in the open Channel, off Cap Gris-Nez
GRIS_NEZ = (50.87, 1.58)
NARROWS_M = 25_000.0  # how far the narrows reach
EPOCH_UNIX_S = 946_728_000.0  # 2000-01-01 12:00
CENTURY_S = 36525.0 * 86400.0
MINUTE_S = 60.0
AROUND_S = 15 * 3600.0  # enough to hold a high water before and after
# amplitude m, Greenwich phase deg at Dover
M2, S2, N2 = (2.253, 331.9), (0.708, 23.7), (0.411, 309.5)
K2, M4, MS4 = (0.205, 22.2), (0.259, 221.3), (0.168, 273.5)


@dataclass(frozen=True, slots=True)
class Stream:
    """One night's stream: its rate minute by minute off South Foreland, and which way it sets."""

    t_s: Column  # (S,) seconds after the story's start
    rate_m_per_s: Column  # (S,) along axis_deg, negative the other way
    axis_deg: float

    def at(self, x_m: Column, y_m: Column, t_s: Column) -> tuple[Column, Column]:
        """(east, north) in m/s at places of the flat frame and times that broadcast together."""
        rate = np.interp(t_s, self.t_s, self.rate_m_per_s) * strength(x_m, y_m)
        axis = np.radians(self.axis_deg)
        return rate * np.sin(axis), rate * np.cos(axis)


def stream_of(start_unix_s: float, duration_s: float, rng: np.random.Generator) -> Stream:
    """The stream of a night, bent by the dice."""
    t_s = np.arange(-AROUND_S, duration_s + AROUND_S, MINUTE_S)
    height = height_m(t_s + start_unix_s)
    inner = height[1:-1]
    high = np.flatnonzero((inner > height[:-2]) & (inner >= height[2:])) + 1
    low = np.flatnonzero((inner < height[:-2]) & (inner <= height[2:])) + 1
    middle = (high[:-1] + high[1:]) / 2.0
    fall = height[high][:-1] - np.interp(middle, low, height[low])
    springs = np.clip((fall - NEAP_RANGE_M) / (SPRING_RANGE_M - NEAP_RANGE_M), 0.0, 1.0)
    greatest = np.interp(np.arange(len(t_s)), middle, NEAP_KN + MORE_AT_SPRINGS_KN * springs)
    late = TURN_AFTER_HW_S / MINUTE_S
    turn = np.interp(np.arange(len(t_s)) - late, high, np.arange(len(high)))
    inside = slice(int(AROUND_S / MINUTE_S) - 60, -int(AROUND_S / MINUTE_S) + 60)
    rate = greatest * np.cos(2 * np.pi * turn) * KN * (1.0 + rng.uniform(-BENT_SHARE, BENT_SHARE))
    return Stream(t_s[inside], rate[inside], AXIS_DEG + float(rng.uniform(-BENT_DEG, BENT_DEG)))


def strength(x_m: Column, y_m: Column) -> Column:
    """The rate at a place as a share of that off South Foreland: more in the narrows, less in the open Channel."""
    x0, y0 = to_xy(*np.array(GRIS_NEZ))
    away = np.hypot(x_m - x0, y_m - y0) / NARROWS_M
    share: Column = MID_CHANNEL + (NARROWS - MID_CHANNEL) * np.exp(-(away**2))
    return share


def height_m(t_unix_s: Column) -> Column:
    """(N,) height of the tide at Dover above mean sea level."""
    century = (t_unix_s - EPOCH_UNIX_S) / CENTURY_S
    moon = 218.3164 + 481267.8812 * century
    sun = 280.4665 + 36000.7698 * century
    perigee = 83.3532 + 4069.0137 * century
    node = np.radians(125.0445 - 1934.1363 * century)
    hour = 2.0 * 360.0 * (t_unix_s / 86400.0 % 1.0)
    f, u = 1.0 - 0.037 * np.cos(node), -2.1 * np.sin(node)
    lunar = hour + 2.0 * (sun - moon) + u
    parts = (
        (f, M2, lunar),
        (1.0, S2, hour),
        (f, N2, lunar - moon + perigee),
        (1.024 + 0.286 * np.cos(node), K2, hour + 2.0 * sun - 17.7 * np.sin(node)),
        (f**2, M4, 2.0 * lunar),
        (f, MS4, lunar + hour),
    )
    height: Column = sum(
        (factor * size * np.cos(np.radians(angle - lag)) for factor, (size, lag), angle in parts),
        np.zeros(len(t_unix_s)),
    )
    return height
