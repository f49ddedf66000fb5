"""How well two bodies agree: the Mahalanobis distance of place and velocity, the gates, and the cost of a pair.

    d2 = (dx, dy) S^-1 (dx, dy)' + (du, dv) V^-1 (du, dv)'      S, V: both errors, and the bias not yet known

The cost adds ln |S| / |R| and the same of V, R being the first body's error alone: what makes it a likelihood. Without
it a ship with an old, coarse fix, whose S is wide, would take every echo near it from the ship whose fresh fix lies
exactly there. It is capped, so that a class B set near the radar is not priced out of its own gate. A pair without a
velocity on one side has its d2 scaled from the gate of two degrees of freedom to that of four, so that all costs of a
cluster compare.
"""

from dataclasses import dataclass

import numpy as np

from decoders.table import Column, Table
from geofences.project import metres_per_degree, wrap_lon_deg
from monitor.kinematics import KN_M_PER_S
from monitor.radar.association import AssociationSettings
from monitor.radar.bodies import SLOPE, Bodies, at, place_at

MOST_D2 = 50.0  # a mean that holds one wild value must come down within the updates that a link may miss

_Spread = tuple[Column, Column, Column]


@dataclass(frozen=True, slots=True)
class Measured(Table):
    """What was measured of each pair, second body against first."""

    east_m: Column  # (P,) float64, second minus first
    north_m: Column
    d2: Column  # (P,) float64, on the scale of four degrees of freedom
    vague: Column  # (P,) float64, what the width of the errors adds to the cost
    is_within: Column  # (P,) bool, inside gate and caps


def measure(first: Bodies, second: Bodies, t_unix_s: Column, settings: AssociationSettings) -> Measured:
    """first, second : (P,) rows of the pairs; t_unix_s : (P,) the instant at which they are compared."""
    a, b = at(first, t_unix_s, settings.manoeuvre_s), at(second, t_unix_s, settings.manoeuvre_s)
    e, n = _apart_m((a.lat_deg, a.lon_deg), (b.lat_deg, b.lon_deg))
    place, wide = _agreement(
        (e, n),
        (a.var_east_m2, a.var_north_m2, a.cov_m2),
        (b.var_east_m2, b.var_north_m2, b.cov_m2),
    )
    wander = a.slope_per_s2 * b.echo_m2 + b.slope_per_s2 * a.echo_m2
    speed, wide_speed = _agreement(
        (b.east_m_per_s - a.east_m_per_s, b.north_m_per_s - a.north_m_per_s),
        (a.var_east_speed, a.var_north_speed, a.cov_speed),
        (b.var_east_speed + wander, b.var_north_speed + wander, b.cov_speed),
    )
    is_moving = ~np.isnan(speed)
    d2 = np.where(is_moving, place + speed, place * (settings.gate / settings.gate_place))
    vague = wide + np.where(is_moving, wide_speed, 0.0)
    is_within = (d2 <= settings.gate) & _is_capped(a, b, np.hypot(e, n), settings)
    return Measured(e, n, d2, np.clip(vague, 0.0, settings.vague_cost), is_within)


def offset_m(first: Bodies, second: Bodies, t_unix_s: Column) -> tuple[Column, Column]:
    """(east_m, north_m) of `measure`, second minus first, and nothing else of it."""
    return _apart_m(place_at(first, t_unix_s), place_at(second, t_unix_s))


def _apart_m(a: tuple[Column, Column], b: tuple[Column, Column]) -> tuple[Column, Column]:
    """(east_m, north_m) from one place, (lat_deg, lon_deg), to another."""
    north_m, east_m = metres_per_degree(0.5 * (a[0] + b[0]))
    return wrap_lon_deg(b[1] - a[1]) * east_m, (b[0] - a[0]) * north_m


def _agreement(apart: tuple[Column, Column], of_a: _Spread, of_b: _Spread) -> tuple[Column, Column]:
    """(d2, ln |S| / |R|) of a difference (east, north); spreads are variance east, north and their covariance."""
    e, n = apart
    ee, nn, en = (x + y for x, y in zip(of_a, of_b, strict=True))
    det = ee * nn - en**2
    d2: Column = (e**2 * nn - 2.0 * e * n * en + n**2 * ee) / det
    wide: Column = np.log(det / (of_a[0] * of_a[1] - of_a[2] ** 2))
    return d2, wide


def _is_capped(a: Bodies, b: Bodies, apart_m: Column, settings: AssociationSettings) -> Column:
    """(P,) bool: inside the hard caps. An unknown speed or course breaks none.

    While a track is young the caps of speed and course are wider, by as much as its speed is less well known.
    """
    young = np.sqrt(np.maximum(a.slope_per_s2, b.slope_per_s2) / SLOPE) * settings.radar_speed_window_s
    wider = np.maximum(young, 1.0)
    fast_a, fast_b = np.hypot(a.east_m_per_s, a.north_m_per_s), np.hypot(b.east_m_per_s, b.north_m_per_s)
    dot = a.east_m_per_s * b.east_m_per_s + a.north_m_per_s * b.north_m_per_s
    cross = a.east_m_per_s * b.north_m_per_s - a.north_m_per_s * b.east_m_per_s
    is_fast = np.fmin(fast_a, fast_b) > settings.cap_course_above_kn * KN_M_PER_S
    is_across = is_fast & (np.abs(np.degrees(np.arctan2(cross, dot))) > wider * settings.cap_course_deg)
    is_off = np.abs(fast_a - fast_b) > wider * settings.cap_speed_kn * KN_M_PER_S
    is_near = apart_m <= reach_m(np.maximum(a.range_m, b.range_m), settings)
    capped: Column = is_near & ~is_off & ~is_across
    return capped


def reach_m(range_m: Column, settings: AssociationSettings) -> Column:
    """(N,) float64, how far apart a pair may lie that far from the radar."""
    found: Column = settings.cap_m + np.radians(settings.cap_deg) * range_m
    return found
