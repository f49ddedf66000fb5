"""How far and in which direction a place lies from an antenna: the other way round of `monitor.radar.sites.placed`.

The plane at the middle latitude gives the distance; its direction is that of the geodesic half way, which the
meridians' convergence turns back to the antenna's end: without that a target 40 km to the east would be off by 0.2 deg,
more than a radar's own error. Against geodesics out to 100 km: 1.5 m and 0.002 deg (tests/monitor/test_polar.py).
"""

import numpy as np

from decoders.table import Column
from geofences.project import metres_per_degree, wrap_lon_deg


def polar(lat_deg: Column, lon_deg: Column, site_lat_deg: Column, site_lon_deg: Column) -> tuple[Column, Column]:
    """(range_m, bearing_deg in [0, 360)) of places from antennas, all (N,) float64."""
    middle = 0.5 * (lat_deg + site_lat_deg)
    north_m, east_m = metres_per_degree(middle)
    dlon = wrap_lon_deg(lon_deg - site_lon_deg)
    east, north = dlon * east_m, (lat_deg - site_lat_deg) * north_m
    bearing = np.degrees(np.arctan2(east, north)) - 0.5 * dlon * np.sin(np.radians(middle))
    return np.hypot(east, north), bearing % 360.0
