"""The plane around a radar in which its plots are tracked: range and bearing from the antenna as east and north.

Distances and directions from the antenna are those of the ellipsoid (azimuthal equidistant), which is what a radar
measures, so range and bearing need no correction on the way in. Straight lines that miss the antenna bend by less than
0.5 m in 10 km at 40 km. Away from the antenna's meridian the plane's north is not true north: courses are read from
positions, not from the plane.
"""

import numpy as np
from scipy.spatial import cKDTree

from decoders.table import Column
from monitor.radar.sites import RadarSite, placed

M_PER_DEG = 111_195.0  # mean; a first guess that is corrected
# Each correction leaves range * tan(latitude) / (radius of the earth) of the error before it: 1 % in the Channel, where
# three do, 5 % at 100 km and 70 degrees.
ENOUGH_M, MOST_CORRECTIONS = 0.01, 10
AHEAD_S = 10.0  # courses are read between now and then
NOTHING = np.zeros(0, np.int64)


def east_north_m(range_m: Column, bearing_deg: Column) -> Column:
    """(N, 2) places in the plane."""
    bearing = np.radians(bearing_deg)
    return np.column_stack([range_m * np.sin(bearing), range_m * np.cos(bearing)])


def positions(place_m: Column, site: RadarSite) -> tuple[Column, Column]:
    """(lat_deg, lon_deg) of places in the plane, (N, 2)."""
    range_m = np.hypot(place_m[:, 0], place_m[:, 1])
    bearing_deg = np.degrees(np.arctan2(place_m[:, 0], place_m[:, 1]))
    n = len(place_m)
    return placed(range_m, bearing_deg, np.full(n, site.lat_deg), np.full(n, site.lon_deg))


def places_m(lat_deg: Column, lon_deg: Column, site: RadarSite) -> Column:
    """(N, 2) of positions: the inverse of `positions` to 1 mm, by correcting a guess with what is missing."""
    place = np.zeros((len(lat_deg), 2))
    lat, lon = np.full(len(lat_deg), site.lat_deg), np.full(len(lat_deg), site.lon_deg)
    shrink = np.cos(np.radians(lat_deg))
    for _ in range(1 + MOST_CORRECTIONS):
        east = ((lon_deg - lon + 180.0) % 360.0 - 180.0) * shrink
        missing = M_PER_DEG * np.column_stack([east, lat_deg - lat])
        place += missing
        if not (np.abs(missing) >= ENOUGH_M).any():
            break
        lat, lon = positions(place, site)
    return place


def courses_deg(place_m: Column, speed_m_s: Column, site: RadarSite) -> Column:
    """(N,) true courses of what moves with speed_m_s, (N, 2), in the plane; NaN for what stands still."""
    lat, lon = positions(place_m, site)
    lat2, lon2 = positions(place_m + AHEAD_S * speed_m_s, site)
    east = ((lon2 - lon + 180.0) % 360.0 - 180.0) * np.cos(np.radians((lat + lat2) / 2.0))
    course = np.degrees(np.arctan2(east, lat2 - lat)) % 360.0
    return np.where((speed_m_s == 0.0).all(axis=1), np.nan, np.where(course == 360.0, 0.0, course))


def near_pairs(track_m: Column, reach_m: Column, plot_m: Column) -> tuple[Column, Column]:
    """(track, plot) rows of all plots within each track's reach, sorted by track, then plot.

    track_m : (T, 2); reach_m : (T,); plot_m : (N, 2). All finite.
    """
    if not len(track_m) or not len(plot_m):
        return NOTHING, NOTHING
    found = cKDTree(plot_m).query_ball_point(track_m, reach_m, return_sorted=True)
    n = np.fromiter(map(len, found), np.int64, len(found))
    if not n.any():
        return NOTHING, NOTHING
    return np.repeat(np.arange(len(track_m)), n), np.concatenate(found).astype(np.int64)
