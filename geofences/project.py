"""Metres on the sphere, and a local plane.

Distances use the mean earth radius: within 0.3 % of the ellipsoid anywhere, far below what a report's age adds. Local
metres (equirectangular about a latitude) are within 0.1 % up to 60 nm around the Channel, for distances to boundaries.
"""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

EARTH_RADIUS_M = 6_371_008.8  # IUGG mean radius R1
M_PER_DEG = EARTH_RADIUS_M * np.pi / 180.0
NM_M = 1852.0


def distance_m(lat1_deg: Array, lon1_deg: Array, lat2_deg: Array, lon2_deg: Array) -> Array:
    """Great-circle distance in metres (haversine); all arguments broadcast."""
    lat1, lat2 = np.radians(lat1_deg), np.radians(lat2_deg)
    dlat, dlon = lat2 - lat1, np.radians(np.asarray(lon2_deg) - lon1_deg)
    h = np.sin(dlat / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin(dlon / 2) ** 2
    found: Array = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.minimum(h, 1.0)))
    return found


def bearing_deg(lat1_deg: Array, lon1_deg: Array, lat2_deg: Array, lon2_deg: Array) -> Array:
    """Initial great-circle bearing from 1 to 2, degrees true in [0, 360); broadcasts."""
    lat1, lat2 = np.radians(lat1_deg), np.radians(lat2_deg)
    dlon = np.radians(np.asarray(lon2_deg) - lon1_deg)
    east = np.sin(dlon) * np.cos(lat2)
    north = np.cos(lat1) * np.sin(lat2) - np.sin(lat1) * np.cos(lat2) * np.cos(dlon)
    found: Array = np.degrees(np.arctan2(east, north)) % 360.0
    return found
