"""The tidal stream of the Dover Strait, good enough to tell a boat that makes way from one that drifts.

Two parts, neither licensed chart data. High water at Dover from six harmonic constants:

    h(t) = Z0 + sum of f A cos(V(t) + u - g)       V from the mean longitudes of moon and sun, f and u from its node

and the stream as a cosine of the time since high water, its strength from the range of the tide:

    north-going  |      .-""-.      |        r = (range - neaps) / (springs - neaps), in [0, 1]
    ------ HW-2 -+---- HW+1 ---- HW+4 ----   speed = 1.25 + 1.0 r kn, along 035 / 215 degrees
    south-going  |                  '-..-'

HW Dover comes out within minutes of tide tables; the stream within 0.4 kn and 15 degrees in the narrows, and less well
towards the edges of the area outside of which it is NaN. Weather is not in it: wind over some days adds half a knot.

Constants: TICON-4, Hart-Davis and others, Technical University of Munich, from the BODC record of Dover (CC BY 4.0).
Nodal corrections: P. Schureman, Manual of Harmonic Analysis and Prediction of Tides (1940), table 14, and Doodson's
short forms. Longitudes: J. Meeus, Astronomical Algorithms, chapters 25 and 47. Stream: the published description of the
position 5.4 nm 082 degrees from South Foreland (springs 2.3 kn, neaps 1.3 kn, 035 degrees, north-going from two hours
before to four hours after HW Dover). Rejected: the tidal atlas and diamonds of the chart, which are not free to embed.
"""

from functools import lru_cache

import numpy as np

from decoders.table import Column

J2000_UNIX_S = 946_728_000.0  # 2000-01-01 12:00 UTC
CENTURY_S = 36_525.0 * 86_400.0
DAY_S, HOUR_S = 86_400.0, 3_600.0

# name, metres, Greenwich phase lag in degrees
DOVER = (
    ("M2", 2.253, 331.9),
    ("S2", 0.708, 23.7),
    ("N2", 0.411, 309.5),
    ("M4", 0.259, 221.3),
    ("K2", 0.205, 22.2),
    ("MS4", 0.168, 273.5),
)
MEAN_LEVEL_M = 3.79  # above the datum, near lowest astronomical tide

NEAP_RANGE_M, SPRING_RANGE_M = 3.2, 5.9
NEAP_KN, SPRING_MORE_KN = 1.25, 1.0
NORTH_GOING_DEG = 35.0
PEAK_AFTER_HW_S = HOUR_S  # the stream runs hardest an hour after high water: from HW-2 to HW+4 it is north-going
TIDE_S = 12.42 * HOUR_S  # half a lunar day
# Strongest off Cap Gris-Nez, weaker where the Channel widens: factors at these distances from it. Coarse on purpose.
GRIS_NEZ_DEG = (50.869, 1.584)
STRENGTH_NM, STRENGTH = (6.0, 17.0, 35.0), (1.1, 1.0, 0.8)
AREA_DEG = ((50.5, 51.4), (0.9, 2.5))  # latitudes, longitudes: the Strait, out to which one cosine tells the tide

STEP_S = 360.0  # of the search for high waters; a parabola through three heights places them to seconds


def stream(lat_deg: Column, lon_deg: Column, t_unix_s: Column | float) -> tuple[Column, Column]:
    """(east_kn, north_kn), each (K,) float64: where the water goes; NaN outside the area and where a place or time is.

    lat_deg, lon_deg : (K,) float64; t_unix_s : (K,) float64 or one instant for all
    """
    lat, lon = np.asarray(lat_deg, float), np.asarray(lon_deg, float)
    (south, north), (west, east) = AREA_DEG
    is_inside = (lat >= south) & (lat <= north) & (lon >= west) & (lon <= east)
    speed_kn = np.where(is_inside, _speed_kn(t_unix_s) * _strength(lat, lon), np.nan)
    towards = np.radians(NORTH_GOING_DEG)
    return speed_kn * np.sin(towards), speed_kn * np.cos(towards)


def _strength(lat: Column, lon: Column) -> Column:
    """(K,) how much stronger or weaker than at the place of the description."""
    north_nm = (lat - GRIS_NEZ_DEG[0]) * 60.0
    east_nm = (lon - GRIS_NEZ_DEG[1]) * 60.0 * np.cos(np.radians(GRIS_NEZ_DEG[0]))
    found: Column = np.interp(np.hypot(east_nm, north_nm), STRENGTH_NM, STRENGTH)
    return found


def _speed_kn(t_unix_s: Column | float) -> Column:
    """(K,) or (): north-going speed at the place of the description; south-going is negative."""
    t = np.asarray(t_unix_s, float)
    found = np.full(t.shape, np.nan)
    for day in np.unique(np.floor(t[np.isfinite(t)] / DAY_S)).tolist():
        high = high_waters(int(day))
        of_day = np.floor(t / DAY_S) == day
        # tides are not all of one length: the phase runs evenly from one high water to the next
        phase = np.interp(t[of_day], high[0], np.arange(len(high[0])))
        range_m = np.interp(t[of_day], high[0], high[2])
        share = np.clip((range_m - NEAP_RANGE_M) / (SPRING_RANGE_M - NEAP_RANGE_M), 0.0, 1.0)
        angle = 2.0 * np.pi * (phase - PEAK_AFTER_HW_S / TIDE_S)
        found[of_day] = (NEAP_KN + SPRING_MORE_KN * share) * np.cos(angle)
    return found


@lru_cache(maxsize=8)
def high_waters(day: int) -> tuple[Column, Column, Column]:
    """(t_unix_s, height_m, range_m) of the high waters at Dover on a day since 1970 and around it.

    The range is that from the mean of the two low waters beside it.
    """
    t = day * DAY_S + np.arange(-36.0 * HOUR_S, 60.0 * HOUR_S, STEP_S)
    height = height_m(t)
    t_high, high = _peaks(t, height)
    t_low, low = _peaks(t, -height)
    inner = (t_high > t_low[0]) & (t_high < t_low[-1])
    t_high, high = t_high[inner], high[inner]
    after = np.searchsorted(t_low, t_high)
    range_m = high + 0.5 * (low[after] + low[after - 1])
    for column in (t_high, high, range_m):
        column.setflags(write=False)
    return t_high, high, range_m


def _peaks(t: Column, height: Column) -> tuple[Column, Column]:
    """(t, height) of the maxima, by the parabola through each highest sample and its neighbours."""
    i = 1 + np.flatnonzero((height[1:-1] >= height[:-2]) & (height[1:-1] > height[2:]))
    before, here, after = height[i - 1], height[i], height[i + 1]
    off = 0.5 * (before - after) / (before - 2.0 * here + after)
    return t[i] + off * STEP_S, here - 0.25 * (before - after) * off


def height_m(t_unix_s: Column) -> Column:
    """(K,) metres above the datum at Dover."""
    t = (np.asarray(t_unix_s, float) - J2000_UNIX_S) / CENTURY_S
    moon, sun = 218.3164477 + 481_267.88123421 * t, 280.46646 + 36_000.76983 * t
    perigee, node = 83.3532465 + 4_069.0137287 * t, np.radians(125.04452 - 1_934.136261 * t)
    clock = 15.0 * (np.asarray(t_unix_s, float) % DAY_S) / HOUR_S
    m2 = 2.0 * clock - 2.0 * moon + 2.0 * sun
    f_m2, u_m2 = 1.0 - 0.037 * np.cos(node), -2.14 * np.sin(node)
    f_k2 = 1.024 + 0.286 * np.cos(node) + 0.008 * np.cos(2.0 * node)
    u_k2 = -17.74 * np.sin(node) + 0.68 * np.sin(2.0 * node)
    one = np.ones_like(t)
    argument = {  # factor f, and V + u in degrees
        "M2": (f_m2, m2 + u_m2),
        "S2": (one, 2.0 * clock),
        "N2": (f_m2, m2 - moon + perigee + u_m2),
        "M4": (f_m2**2, 2.0 * (m2 + u_m2)),
        "K2": (f_k2, 2.0 * clock + 2.0 * sun + u_k2),
        "MS4": (f_m2, m2 + u_m2 + 2.0 * clock),
    }
    found: Column = np.full(t.shape, MEAN_LEVEL_M)
    for name, amplitude_m, lag_deg in DOVER:
        factor, angle_deg = argument[name]
        found = found + factor * amplitude_m * np.cos(np.radians(angle_deg - lag_deg))
    return found
