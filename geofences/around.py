"""Areas by distance, made once at load: circles, corridors, fences widened or narrowed.

Everything within `reach_m` of a path is the union of what lies within it of short pieces of that path. Each piece is
buffered on a plane of its own, in metres from its middle; a place there becomes longitude and latitude with the length
of a degree halfway between it and the middle, which is right to the second order:

    error of the plane   reach_m * tan(lat) * PIECE_M / (4 * 6371 km): 1e-4 of the reach at 51 degrees, 2e-4 at 70
    error of the arcs    `SAGITTA_M`, or 1e-4 of the reach
    thinning             `THIN_M`

Together within 1 m or 0.1 % of the reach, whichever is more, up to 70 degrees of latitude and 200 km of reach
(tests/geofences/test_around.py holds it to geodesics). Rejected: one plane for a whole fence (a lane of 67 km is off by
20 m), a conformal projection (its scale changes along the fence), vertices on geodesics (as exact, and slow).
"""

import math
from collections.abc import Sequence

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from geofences.columns import Column
from geofences.project import distance_m, metres_per_degree

PIECE_M = 2_000.0  # of a path at a time
SAGITTA_M = 0.3  # between an arc and its chords
ARC_SHARE = 1e-4  # the same for large circles, as a share of the radius
THIN_M = 0.2  # vertices that matter less are left out: where pieces meet there are many
MAX_REACH_M = 200_000.0
MAX_LAT_DEG = 80.0  # beyond, degrees of longitude change too fast for the pieces
METRES_PER_DEGREE = 111_000.0  # for `THIN_M`, where a few per cent do not matter


class TooFar(ValueError):
    """Why no area can be made."""


def around(paths: Sequence[Column], reach_m: float) -> BaseGeometry:
    """Everything within reach_m of paths. paths : each (V, 2) lon, lat, V >= 1. Raises TooFar."""
    if not 0 < reach_m <= MAX_REACH_M:
        raise TooFar(f"{reach_m:g} m is not between 0 and {MAX_REACH_M:g} m")
    reach_deg = reach_m / METRES_PER_DEGREE
    if max(float(np.abs(path[:, 1]).max()) for path in paths) + reach_deg > MAX_LAT_DEG:
        raise TooFar(f"it reaches beyond {MAX_LAT_DEG:g} degrees of latitude")
    quad_segs = _quarter_segments(reach_m)
    pieces = [_buffered(piece, reach_m, quad_segs) for path in paths for piece in _pieces(path)]
    return _thinned(shapely.union_all(pieces))


def widened(area: BaseGeometry, rings: Sequence[Column], by_m: float) -> BaseGeometry:
    """An area and everything within by_m of it; negative: what of it lies farther than that from its boundary."""
    rim = around(rings, abs(by_m))
    return _thinned(shapely.union(area, rim) if by_m > 0 else shapely.difference(area, rim))


def cut(area: BaseGeometry) -> BaseGeometry:
    """The same with longitudes in [-180, 180]: what reaches over the antimeridian is cut there, as RFC 7946 wants."""
    west, _, east, _ = area.bounds
    if west >= -180.0 and east <= 180.0:
        return area
    parts = []
    for turn in (-360.0, 0.0, 360.0):
        part = shapely.intersection(area, shapely.box(-180.0 + turn, -90.0, 180.0 + turn, 90.0))
        parts.append(shapely.transform(part, lambda points, turn=turn: points - (turn, 0.0)))
    return shapely.union_all(parts)


def polygons_of(area: BaseGeometry) -> list[list[Column]]:
    """Of each polygon of an area its rings, (V, 2) lon, lat each, the outer one first; nothing else of it."""
    polygons = [part for part in shapely.get_parts(area) if part.geom_type == "Polygon" and part.area]
    return [[shapely.get_coordinates(ring) for ring in shapely.get_rings(polygon)] for polygon in polygons]


def _quarter_segments(reach_m: float) -> int:
    """Chords in a quarter of a circle."""
    sagitta_m = max(SAGITTA_M, ARC_SHARE * reach_m)
    angle = math.acos(max(0.0, 1.0 - sagitta_m / reach_m))
    return max(8, math.ceil(math.pi / 4 / angle))


def _pieces(path: Column) -> list[Column]:
    """The path in pieces of about `PIECE_M`, each beginning where the one before ends; straight in lon and lat."""
    lon, lat = path[:, 0], path[:, 1]
    length_m = distance_m(lat[:-1], lon[:-1], lat[1:], lon[1:])
    n = np.maximum(1, np.ceil(length_m / PIECE_M)).astype(np.int64)
    edge = np.repeat(np.arange(len(n)), n)
    part = (np.arange(len(edge)) - np.repeat(np.cumsum(n) - n, n)) / n[edge]
    points = np.concatenate([path[edge] + part[:, None] * (path[edge + 1] - path[edge]), path[-1:]])
    so_far_m = np.concatenate([[0.0], np.cumsum(np.repeat(length_m / n, n))])
    number = (so_far_m / PIECE_M).astype(np.int64)
    ends = np.flatnonzero(number[1:] != number[:-1]) + 1
    bounds = np.unique(np.concatenate([[0], ends, [len(points) - 1]]))
    if len(bounds) < 2:
        return [points]
    return [points[a : b + 1] for a, b in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)]


def _buffered(piece: Column, reach_m: float, quad_segs: int) -> BaseGeometry:
    """What lies within reach of a short piece."""
    lon0, lat0 = 0.5 * (piece.min(axis=0) + piece.max(axis=0))
    north_m, east_m = metres_per_degree(0.5 * (lat0 + piece[:, 1]))
    flat = np.column_stack([(piece[:, 0] - lon0) * east_m, (piece[:, 1] - lat0) * north_m])
    is_point = len(flat) < 2 or not (flat != flat[0]).any()
    shape = shapely.Point(flat[0]) if is_point else shapely.LineString(flat)

    def to_degrees(metres: Column) -> Column:
        lat = np.full(len(metres), lat0)
        for _ in range(4):  # each turn gains four digits
            lat = lat0 + metres[:, 1] / metres_per_degree(0.5 * (lat0 + lat))[0]
        return np.column_stack([lon0 + metres[:, 0] / metres_per_degree(0.5 * (lat0 + lat))[1], lat])

    return shapely.transform(shapely.buffer(shape, reach_m, quad_segs=quad_segs), to_degrees)


def _thinned(area: BaseGeometry) -> BaseGeometry:
    return shapely.simplify(area, THIN_M / METRES_PER_DEGREE)
