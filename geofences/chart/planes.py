"""Shapes in miles: discs and ellipses around a place, corridors along a path, strips off a coast; and areas."""

import math

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geofences.columns import Column
from geofences.project import ECCENTRICITY_2, NM_M, SEMI_MAJOR_M, metres_per_degree

# A minute of latitude is a mile and a minute of longitude its cosine at 51 N: how strips and corridors are measured.
# 1 % off between Le Touquet and Ramsgate, far below the accuracy that they claim.
MILES_LAT_DEG = 51.0
ROUND = 12  # segments of a quarter circle: 0.3 % of a disc's area
COARSE = 6  # of shapes that are coarse anyway
AREA_STEP_DEG = 0.02  # an edge straight in degrees bends on the plane of equal area: by 5 cm in so much


def around(lon_deg: float, lat_deg: float, x_m: Column, y_m: Column) -> Column:
    """(V, 2) lon, lat of places x_m east and y_m north, both (V,), along the geodesics from a centre.

    To second order: on the tangent plane, then moved by how much the meridians close in and the parallels bend. Within
    10 km of the centre it errs by less than a decimetre (tests/geofences/test_chart.py).
    """
    north_m, east_m = (float(length) for length in metres_per_degree(np.array(lat_deg)))
    bend = math.sin(math.radians(lat_deg)) / math.degrees(east_m)  # tan of latitude over the radius across
    lat = lat_deg + (y_m - 0.5 * bend * x_m * x_m) / north_m
    lon = lon_deg + x_m * (1.0 + bend * y_m) / east_m
    return np.stack([lon, lat], axis=1)


def disc(lon_deg: float, lat_deg: float, radius_nm: float, segments: int = ROUND) -> BaseGeometry:
    """A disc; segments : of a quarter."""
    x_m, y_m = shapely.get_coordinates(shapely.Point(0, 0).buffer(radius_nm * NM_M, quad_segs=segments)).T
    return shapely.Polygon(around(lon_deg, lat_deg, x_m, y_m))


def ellipse(lon_deg: float, lat_deg: float, half_axes_nm: tuple[float, float], axis_deg: float) -> BaseGeometry:
    """An ellipse; axis_deg : direction of its long axis, true."""
    unit = shapely.get_coordinates(shapely.Point(0, 0).buffer(1.0, quad_segs=ROUND))
    along_m, across_m = (unit * np.array(half_axes_nm) * NM_M).T
    turn = math.radians(axis_deg)
    x_m = along_m * math.sin(turn) - across_m * math.cos(turn)
    y_m = along_m * math.cos(turn) + across_m * math.sin(turn)
    return shapely.Polygon(around(lon_deg, lat_deg, x_m, y_m))


def corridor(points: Column, half_width_nm: float) -> BaseGeometry:
    """Both sides of a path, round at its ends; points : (V, 2) lon, lat."""
    return _widened(shapely.LineString(points), half_width_nm)


def strip(
    land: BaseGeometry, box: tuple[float, float, float, float], width_nm: float, spare_deg: float
) -> BaseGeometry:
    """The water within a width of the coast inside a box, and not farther than `spare_deg` beyond its sides."""
    west, south, east, north = box
    near = _widened(shapely.clip_by_rect(land.boundary, *box), width_nm)
    around = shapely.box(west - spare_deg, south - spare_deg, east + spare_deg, north + spare_deg)
    return shapely.intersection(shapely.difference(near, land), around)


def _widened(shape: BaseGeometry, by_nm: float) -> BaseGeometry:
    """With all that lies within a distance, in plain miles: a minute of latitude, its cosine at 51 N of longitude."""
    miles = 60 * np.array([math.cos(math.radians(MILES_LAT_DEG)), 1.0])
    wide = shapely.transform(shape, lambda c: c * miles).buffer(by_nm, quad_segs=COARSE)
    return shapely.transform(wide, lambda c: c / miles)


def area_m2(shape: BaseGeometry) -> float:
    """Square metres on the ellipsoid, edges straight in longitude and latitude."""
    return float(shapely.transform(shapely.segmentize(shape, AREA_STEP_DEG), _equal_area).area)


def _equal_area(points: Column) -> Column:
    """(V, 2) lon, lat in degrees to metres (J. P. Snyder, Map Projections, USGS PP 1395, equations 3-12, 10-15)."""
    e = math.sqrt(ECCENTRICITY_2)
    sin = np.sin(np.radians(points[:, 1]))
    q = (1 - ECCENTRICITY_2) * (sin / (1 - ECCENTRICITY_2 * sin**2) + np.arctanh(e * sin) / e)
    found: Column = SEMI_MAJOR_M * np.stack([np.radians(points[:, 0]), 0.5 * q], axis=1)
    return found
