"""Metres: between positions, and on a plane that touches the Earth at a position.

Fences and legs are straight in longitude and latitude (RFC 7946); only distances are metric. The plane at a position
has the ellipsoid's two radii there: against geodesics a distance from it errs, in the latitudes of the Channel, by less
than 4e-5 of itself for each km of it (tests/geofences/test_project.py).
"""

import numpy as np

from geofences.columns import Column

Degrees = Column | float

# WGS 84, NIMA TR8350.2 table 3.1 and 3.3
SEMI_MAJOR_M = 6378137.0
ECCENTRICITY_2 = 6.69437999014e-3
MEAN_RADIUS_M = 6371008.8
EQUATOR_M = float(np.radians(SEMI_MAJOR_M))  # a degree along the equator
MERIDIAN_M = EQUATOR_M * (1.0 - ECCENTRICITY_2)  # and away from it
NM_M = 1852.0
NEAR_DEG = 1.0  # beyond this the plane at the middle latitude is off by more than a sphere is


def metres_per_degree(lat_deg: Column) -> tuple[Column, Column]:
    """(north_m, east_m), each shaped as lat_deg: length of one degree of latitude and of longitude there."""
    lat = np.radians(lat_deg)
    w2 = 1.0 - ECCENTRICITY_2 * np.sin(lat) ** 2
    w = np.sqrt(w2)
    return MERIDIAN_M / (w2 * w), EQUATOR_M * np.cos(lat) / w


def wrap_lon_deg(dlon_deg: Column) -> Column:
    """A difference of longitudes in [-180, 180]."""
    found: Column = dlon_deg - 360.0 * np.rint(np.asarray(dlon_deg) / 360.0)
    return found


def distance_m(lat1_deg: Column, lon1_deg: Column, lat2_deg: Degrees, lon2_deg: Degrees) -> Column:
    """Metres between positions; shapes as numpy broadcasts them, NaN where any is NaN.

    Within `NEAR_DEG` the ellipsoid at the middle latitude, beyond it the great circle of a sphere (0.5 %).
    """
    dlat = np.asarray(lat2_deg) - lat1_deg
    dlon = wrap_lon_deg(np.asarray(lon2_deg) - lon1_deg)
    north_m, east_m = metres_per_degree(0.5 * (np.asarray(lat1_deg) + lat2_deg))
    near = np.hypot(dlat * north_m, dlon * east_m)
    cos_cos = np.cos(np.radians(lat1_deg)) * np.cos(np.radians(lat2_deg))
    h = np.sin(np.radians(dlat) / 2) ** 2 + cos_cos * np.sin(np.radians(dlon) / 2) ** 2
    far = 2 * MEAN_RADIUS_M * np.arcsin(np.sqrt(np.minimum(h, 1.0)))
    found: Column = np.where(np.maximum(np.abs(dlat), np.abs(dlon)) > NEAR_DEG, far, near)
    return found


def bearing_deg(lat1_deg: Column, lon1_deg: Column, lat2_deg: Column, lon2_deg: Column) -> Column:
    """Initial great-circle bearing from 1 to 2, degrees true in [0, 360); 0 between equal positions."""
    lat1, lat2 = np.radians(lat1_deg), np.radians(lat2_deg)
    dlon = np.radians(np.asarray(lon2_deg) - lon1_deg)
    east = np.sin(dlon) * np.cos(lat2)
    north = np.cos(lat1) * np.sin(lat2) - np.sin(lat1) * np.cos(lat2) * np.cos(dlon)
    found: Column = np.degrees(np.arctan2(east, north)) % 360.0
    return np.where(found == 360.0, 0.0, found)
