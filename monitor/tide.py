"""The tidal stream of the Dover Strait, good enough to tell a boat that makes way from one that drifts.

Two parts, neither licensed chart data. High water at Dover from fifteen harmonic constants:

    h(t) = Z0 + sum of f A cos(V(t) + u - g)       V from the mean longitudes of moon and sun, f and u from its node

and the stream as a cosine of the time since high water, its strength from the range of the tide:

    north-going  |      .-""-.      |        r = (range - neaps) / (springs - neaps), in [0, 1]
    ------ HW-2 -+---- HW+1 ---- HW+4 ----   speed = 1.25 + 1.0 r kn, along 035 / 215 degrees
    south-going  |                  '-..-'

HW Dover comes out within minutes of tide tables; the stream within 0.4 kn and 15 degrees in the narrows, and less well
towards the edges of the area outside of which it is NaN. Weather is not in it: wind over some days adds half a knot.

Constants: TICON-4 (seanoe.org/data/00980/109129, Hart-Davis and others, Technical University of Munich; CC BY 4.0),
station Dover from the BODC record, as passed on by the tide database of the Neaps project; rounded to millimetres.
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

# Metres and Greenwich phase lag in degrees; then V in hours' angle of the mean sun and longitudes of moon, sun and
# perigee, with a constant in degrees; then how often the moon's node acts on it as on M2 (-1 turns it back).
# What is left out is below 5 cm each; without the last nine, high water is up to 18 minutes off.
DOVER: dict[str, tuple[float, float, tuple[int, int, int, int, int], int]] = {
    "M2": (2.253, 331.9, (2, -2, 2, 0, 0), 1),
    "S2": (0.708, 23.7, (2, 0, 0, 0, 0), 0),
    "N2": (0.411, 309.5, (2, -3, 2, 1, 0), 1),
    "M4": (0.259, 221.3, (4, -4, 4, 0, 0), 2),
    "K2": (0.205, 22.2, (2, 0, 2, 0, 0), 0),  # its node is its own, as that of L2
    "MS4": (0.168, 273.5, (4, -2, 2, 0, 0), 1),
    "L2": (0.122, 339.6, (2, -1, 2, -1, 180), 0),
    "NU2": (0.101, 301.8, (2, -3, 4, -1, 0), 1),
    "MN4": (0.094, 197.9, (4, -5, 4, 1, 0), 2),
    "MU2": (0.089, 50.7, (2, -4, 4, 0, 0), 1),
    "M6": (0.067, 103.5, (6, -6, 6, 0, 0), 3),
    "2MS6": (0.065, 150.1, (6, -4, 4, 0, 0), 2),
    "LAMBDA2": (0.060, 329.0, (2, -1, 0, 1, 180), 1),
    "2N2": (0.051, 287.1, (2, -4, 2, 2, 0), 1),
    "2SM2": (0.043, 224.8, (2, 2, -2, 0, 0), -1),
}
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
    clock_deg = 15.0 * (np.asarray(t_unix_s, float) % DAY_S) / HOUR_S
    moon_deg, sun_deg = 218.3164477 + 481_267.88123421 * t, 280.46646 + 36_000.76983 * t
    perigee_deg = 83.3532465 + 4_069.0137287 * t
    node = np.radians(125.04452 - 1_934.136261 * t)
    f_m2, u_m2 = 1.0 - 0.037 * np.cos(node), np.radians(-2.14 * np.sin(node))
    own = {"K2": _node_of_k2(node), "L2": _node_of_l2(node, np.radians(perigee_deg))}
    found: Column = np.full(t.shape, MEAN_LEVEL_M)
    for name, (amplitude_m, lag_deg, (n_clock, n_moon, n_sun, n_perigee, constant_deg), n_node) in DOVER.items():
        v_deg = n_clock * clock_deg + n_moon * moon_deg + n_sun * sun_deg + n_perigee * perigee_deg + constant_deg
        factor, u = own.get(name, (f_m2 ** abs(n_node), n_node * u_m2))
        found = found + factor * amplitude_m * np.cos(np.radians(v_deg - lag_deg) + u)
    return found


def _node_of_k2(node: Column) -> tuple[Column, Column]:
    """(f, u in radians)"""
    factor = 1.024 + 0.286 * np.cos(node) + 0.008 * np.cos(2.0 * node)
    return factor, np.radians(-17.74 * np.sin(node) + 0.68 * np.sin(2.0 * node))


def _node_of_l2(node: Column, perigee: Column) -> tuple[Column, Column]:
    """(f, u in radians)"""
    twice = 2.0 * perigee
    even = 1.0 - 0.2505 * np.cos(twice) - 0.1103 * np.cos(twice - node) - 0.0156 * np.cos(twice - 2.0 * node)
    odd = -0.2505 * np.sin(twice) - 0.1103 * np.sin(twice - node) - 0.0156 * np.sin(twice - 2.0 * node)
    even, odd = even - 0.037 * np.cos(node), odd - 0.037 * np.sin(node)
    return np.hypot(even, odd), np.arctan2(odd, even)
