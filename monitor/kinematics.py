"""Distances, implied speeds and reporting intervals of vessels.

Distances use the ellipsoid's two radii at the middle latitude, which is within 1 m for legs up to 60 nm in the Channel
and costs a third of a great circle. Legs beyond `FAR_DEG` (jumps, never travel) take the great circle.

A report may take the path of columns or of single rows (`monitor.fixes`), and a decision must not depend on which. So
the one formula serves both, and it uses nothing but + - * / and square roots, which IEEE 754 fixes to the last bit:
`math.sin` and `np.sin` differ there. The sine is a polynomial.
"""

import math
from typing import Any

import numpy as np

from alerts.picture import StationClass
from decoders.table import Column

NM_M = 1852.0
KN_M_PER_S = NM_M / 3600.0
WGS84_A_M = 6378137.0
WGS84_E2 = 6.69437999014e-3
EQUATOR_M_PER_DEG = math.radians(WGS84_A_M)
MEAN_RADIUS_M = 6371008.8
# sin(90 deg * u) / u in powers of u^2: Chebyshev fit over the quadrant, off by less than 7e-9
SIN_90 = (1.570796320063688, -0.6459637603718728, 0.07968992220077342, -0.004674149922835669, 0.00015167469145644952)
FAR_DEG = 3.0  # beyond this the middle-latitude form is off by more than 0.1 %

# ITU-R M.1371-5 annex 1, tables 1 and 2: seconds between reports
MOORED_S = 180.0
UNDER_WAY_S = 10.0
TURNING_S = 10.0 / 3.0
FAST_S = 6.0  # above 14 kn
FASTEST_S = 2.0  # above 23 kn, and above 14 kn while changing course
CLASS_B_S = 30.0  # carrier sense above 2 kn; the rarer SOTDMA sets send more often, so a silence is judged too late
LOCATOR_S = 60.0  # beacons send a burst of eight messages once a minute (M.1371-5 annex 9)
STATIC_S = 360.0  # who never sent a position is known by static data only
TURN_DEG_PER_MIN = 10.0  # 5 degrees within 30 s count as changing course
MOORED_KN = 3.0
AT_ANCHOR, MOORED = 1, 5


def leg_m(lat1_deg: float, lon1_deg: float, lat2_deg: float, lon2_deg: float) -> float:
    """Metres between two positions; equal to `distance_m` to the last bit."""
    dlat, dlon = lat2_deg - lat1_deg, lon2_deg - lon1_deg
    if math.isnan(dlat) or math.isnan(dlon):
        return math.nan
    dlon = dlon - 360.0 * round(dlon / 360.0)
    if abs(dlat) > FAR_DEG or abs(dlon) > FAR_DEG:
        cos_cos = math.cos(math.radians(lat1_deg)) * math.cos(math.radians(lat2_deg))
        h = math.sin(math.radians(dlat) / 2) ** 2 + cos_cos * math.sin(math.radians(dlon) / 2) ** 2
        return 2 * MEAN_RADIUS_M * math.asin(math.sqrt(min(h, 1.0)))
    return float(_near_m(dlat, dlon, 0.5 * (lat1_deg + lat2_deg), math.sqrt))


def distance_m(lat1_deg: Column, lon1_deg: Column, lat2_deg: Column, lon2_deg: Column) -> Column:
    """Metres between positions, each (N,) float64; NaN where any is. Beyond `FAR_DEG` the great circle."""
    dlat, dlon = lat2_deg - lat1_deg, lon2_deg - lon1_deg
    dlon = dlon - 360.0 * np.rint(dlon / 360.0)
    found: Column = _near_m(dlat, dlon, 0.5 * (lat1_deg + lat2_deg), np.sqrt)
    far = (np.abs(dlat) > FAR_DEG) | (np.abs(dlon) > FAR_DEG)
    if far.any():  # a jump: rare enough to go one by one
        ends = (lat1_deg[far], lon1_deg[far], lat2_deg[far], lon2_deg[far])
        found[far] = [leg_m(*end) for end in zip(*(end.tolist() for end in ends), strict=True)]
    return found


def _near_m(dlat_deg: Any, dlon_deg: Any, middle_deg: Any, sqrt: Any) -> Any:
    """Metres by the radii at the middle latitude, for floats and for arrays alike."""
    u = middle_deg / 90.0
    v = u * u
    sin = u * (SIN_90[0] + v * (SIN_90[1] + v * (SIN_90[2] + v * (SIN_90[3] + v * SIN_90[4]))))
    sin2 = sin * sin
    w2 = 1.0 - WGS84_E2 * sin2
    north = (1.0 - WGS84_E2) / w2 * dlat_deg
    return EQUATOR_M_PER_DEG / sqrt(w2) * sqrt(abs(1.0 - sin2) * dlon_deg * dlon_deg + north * north)


def report_interval_s(
    station_class: Column, sog_kn: Column, nav_status: Column, turn_deg_per_min: Column, is_coarse: Column
) -> Column:
    """Seconds between position reports that class, speed, status and turn make a station send (M.1371-5 tables 1, 2).

    station_class, nav_status, is_coarse : (T,) codes; sog_kn, turn_deg_per_min : (T,) float64, NaN if not reported.
    An unknown speed counts as slow and an unknown turn as none: a longer interval, so nobody is called silent early.
    """
    is_turning = np.abs(turn_deg_per_min) > TURN_DEG_PER_MIN
    interval = np.full(len(sog_kn), UNDER_WAY_S)
    interval[is_turning] = TURNING_S
    quick = sog_kn > 14.0
    interval[quick] = np.where(is_turning[quick], FASTEST_S, FAST_S)
    interval[sog_kn > 23.0] = FASTEST_S
    at_rest = ((nav_status == AT_ANCHOR) | (nav_status == MOORED)) & ~(sog_kn > MOORED_KN)
    interval[at_rest | (is_coarse > 0)] = MOORED_S
    other = station_class != StationClass.A.value
    if other.any():
        interval[other] = OTHER_S[station_class[other] + 1]
        craft = other & IS_SMALL[station_class + 1] & ~(sog_kn > 2.0)
        interval[craft] = MOORED_S
    return interval


# by StationClass + 1
OTHER_S = np.full(len(StationClass), CLASS_B_S)
OTHER_S[StationClass.UNKNOWN + 1] = STATIC_S
OTHER_S[StationClass.BASE + 1] = 10.0
OTHER_S[StationClass.AID + 1] = 180.0
OTHER_S[StationClass.AIRCRAFT + 1] = 10.0
OTHER_S[StationClass.BEACON + 1] = LOCATOR_S
IS_SMALL = np.isin(np.arange(-1, len(StationClass) - 1), (StationClass.B, StationClass.CRAFT, StationClass.HANDHELD))
