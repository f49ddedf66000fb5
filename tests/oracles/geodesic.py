"""Metres along the ellipsoid, one pair at a time: Vincenty's inverse formula.

T. Vincenty, Direct and inverse solutions of geodesics on the ellipsoid, Survey Review XXIII, 176 (1975), formulae 13 to
21; WGS 84. Right to under a millimetre, except near the antipode, which nobody asks for here.
"""

from collections.abc import Callable
from math import atan, atan2, cos, degrees, radians, sin, sqrt, tan

A_M = 6378137.0
F = 1 / 298.257223563


def inverse(lat1_deg: float, lon1_deg: float, lat2_deg: float, lon2_deg: float) -> float:
    """Length of the geodesic in metres."""
    return solved(lat1_deg, lon1_deg, lat2_deg, lon2_deg)[0]


def solved(lat1_deg: float, lon1_deg: float, lat2_deg: float, lon2_deg: float) -> tuple[float, float]:
    """Length of the geodesic in metres, and its azimuth at the first point in degrees."""
    b = A_M * (1 - F)
    u1, u2 = atan((1 - F) * tan(radians(lat1_deg))), atan((1 - F) * tan(radians(lat2_deg)))
    lon = lam = radians((lon2_deg - lon1_deg + 180.0) % 360.0 - 180.0)
    for _ in range(100):
        cross = cos(u1) * sin(u2) - sin(u1) * cos(u2) * cos(lam)
        sin_s = sqrt((cos(u2) * sin(lam)) ** 2 + cross * cross)
        if sin_s == 0:
            return 0.0, 0.0
        cos_s = sin(u1) * sin(u2) + cos(u1) * cos(u2) * cos(lam)
        sigma = atan2(sin_s, cos_s)
        sin_a = cos(u1) * cos(u2) * sin(lam) / sin_s
        cos2_a = 1 - sin_a * sin_a
        cos_m = cos_s - 2 * sin(u1) * sin(u2) / cos2_a if cos2_a else 0.0
        c = F / 16 * cos2_a * (4 + F * (4 - 3 * cos2_a))
        before, lam = (
            lam,
            lon + (1 - c) * F * sin_a * (sigma + c * sin_s * (cos_m + c * cos_s * (2 * cos_m * cos_m - 1))),
        )
        if abs(lam - before) < 1e-14:
            break
    uu = cos2_a * (A_M * A_M - b * b) / (b * b)
    big_a = 1 + uu / 16384 * (4096 + uu * (-768 + uu * (320 - 175 * uu)))
    big_b = uu / 1024 * (256 + uu * (-128 + uu * (74 - 47 * uu)))
    inner = cos_s * (2 * cos_m * cos_m - 1) - big_b / 6 * cos_m * (4 * sin_s * sin_s - 3) * (4 * cos_m * cos_m - 3)
    azimuth = atan2(cos(u2) * sin(lam), cos(u1) * sin(u2) - sin(u1) * cos(u2) * cos(lam))
    return b * big_a * (sigma - big_b * sin_s * (cos_m + big_b / 4 * inner)), degrees(azimuth) % 360.0


def to_edge(lat_deg: float, lon_deg: float, ax: float, ay: float, bx: float, by: float) -> float:
    """Metres from a position to an edge a -> b (lon, lat) that is straight in longitude and latitude."""

    def away(t: float) -> float:
        return inverse(lat_deg, lon_deg, ay + t * (by - ay), ax + t * (bx - ax))

    return away(least(away))


def least(function: Callable[[float], float]) -> float:
    """Where in [0, 1] a function with one valley is least: golden section."""
    golden = (sqrt(5) - 1) / 2
    low, high = 0.0, 1.0
    left, right = high - golden * (high - low), low + golden * (high - low)
    at_left, at_right = function(left), function(right)
    for _ in range(60):
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - golden * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + golden * (high - low)
            at_right = function(right)
    ends = [(function(t), t) for t in (0.0, 1.0, 0.5 * (low + high))]
    return min(ends)[1]
