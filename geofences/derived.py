"""Fences whose shape is made from what was drawn: circles, corridors, and copies of fences with a margin.

    Point, MultiPoint            with radius_m       a circle about each point
    LineString, MultiLineString  with half_width_m   a corridor, with round ends: everything so near to the line
    any fence                    with buffer_m       the fence itself, and a copy that is so much wider (< 0: narrower)

A copy is a fence of its own, `<id>-buffer`: a watch area in the group `buffers`, with the hours and vessels of the one
it surrounds and none of its rules, so that nobody is told twice unless a rule names it. How exact the shapes are stands
in around.py.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import shapely
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from geofences import around
from geofences.around import TooFar
from geofences.events import Side
from geofences.faults import Fault
from geofences.terms import NAN, Terms, is_given
from geofences.validity import Ring

POINTS = ("Point", "MultiPoint")
LINES = ("LineString", "MultiLineString")
COPY_KIND = "watch_area"
COPY_GROUPS = ("buffers",)
REACHES = {
    "radius_m": (POINTS, "a circle is drawn as a Point"),
    "half_width_m": (LINES, "a corridor is drawn as a line"),
}


@dataclass(frozen=True, slots=True)
class Fence:
    """One sound fence as it was read, before it is indexed."""

    fence_id: str
    name: str
    kind: str
    properties: Mapping[str, Any]
    parts: tuple[tuple[Ring, ...], ...]  # of each polygon its rings; of lines one part with all of them
    is_line: bool
    direction_deg: float
    geometry: Mapping[str, Any]
    terms: Terms
    buffer_m: float = NAN


def read_metres(properties: Mapping[str, Any], name: str, fence_id: str, faults: list[Fault]) -> float:
    """A property in metres, NaN where it is not given; only `buffer_m` may be negative."""
    if not is_given(properties, name):
        return NAN
    value = properties[name]
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    least = -around.MAX_REACH_M if name == "buffer_m" else 0.0
    if not is_number or not least <= value <= around.MAX_REACH_M or value == 0:
        what = f"has {name} {str(value)[:60]!r}, which is no distance"
        faults.append(Fault(fence_id, what, f"write metres, up to {around.MAX_REACH_M:g}"))
        return NAN
    return float(value)


def read_reach(properties: Mapping[str, Any], geometry_type: object, fence_id: str, faults: list[Fault]) -> float:
    """How far the area reaches around what is drawn; NaN where it is what is drawn."""
    found = NAN
    for name, (types, how) in REACHES.items():
        reach_m = read_metres(properties, name, fence_id, faults)
        if is_given(properties, name) and geometry_type not in types:
            faults.append(Fault(fence_id, f"is a {geometry_type} with {name}", f"{how}; draw it so, or rename it"))
        elif not math.isnan(reach_m):
            found = reach_m
    return found


def area_around(
    paths: Sequence[Ring], reach_m: float, fence_id: str, faults: list[Fault]
) -> tuple[list[list[Ring]], Mapping[str, Any]] | None:
    """Parts and GeoJSON of everything within reach of points or lines; None with a fault where there is none."""
    try:
        return _told(around.around([np.array(path) for path in paths], reach_m))
    except TooFar as error:
        faults.append(Fault(fence_id, f"cannot be made: {error}", "draw it as a polygon"))
        return None


def copies(fences: Sequence[Fence], buffers_m: Mapping[str, float], faults: list[Fault]) -> list[Fence]:
    """A copy of each fence that wants one, or for which the configuration does. buffers_m : fence id -> metres."""
    known = {fence.fence_id for fence in fences}
    for fence_id in buffers_m:
        if fence_id not in known:
            faults.append(Fault(fence_id, "is to have a buffer and is not there", "correct [chart] buffers_m"))
    found = []
    for fence in fences:
        by_m = buffers_m.get(fence.fence_id, fence.buffer_m)
        copy = None if math.isnan(by_m) else _copy(fence, by_m, faults)
        if copy is not None:
            found.append(copy)
    return found


def _copy(fence: Fence, by_m: float, faults: list[Fault]) -> Fence | None:
    """The fence with a margin; None with a fault where nothing is left or can be made."""
    rings = [np.array(ring) for part in fence.parts for ring in part]
    try:
        if fence.is_line:
            area = around.around(rings, by_m)
        else:
            polygons = [shapely.Polygon(part[0], part[1:]) for part in fence.parts]
            area = around.widened(shapely.union_all(polygons), rings, by_m)
    except TooFar as error:
        faults.append(Fault(fence.fence_id, f"cannot have a buffer: {error}", "correct buffer_m"))
        return None
    told = _told(area)
    if told is None:
        faults.append(Fault(fence.fence_id, f"has nothing left {-by_m:g} m inside", "write a smaller buffer_m"))
        return None
    parts, geometry = told
    return replace(
        fence,
        fence_id=f"{fence.fence_id}-buffer",
        name=f"{fence.name}, {abs(by_m):g} m {'around' if by_m > 0 else 'inside'}",
        kind=COPY_KIND,
        properties={**fence.properties, "buffer_of": fence.fence_id, "buffer_m": by_m, "groups": list(COPY_GROUPS)},
        parts=tuple(map(tuple, parts)),
        is_line=False,
        direction_deg=NAN,
        geometry=geometry,
        terms=replace(fence.terms, side=Side.NONE, groups=COPY_GROUPS),
        buffer_m=NAN,
    )


def _told(area: BaseGeometry) -> tuple[list[list[Ring]], Mapping[str, Any]] | None:
    """Parts and GeoJSON of an area, cut at the antimeridian; None of nothing."""
    polygons = around.polygons_of(around.cut(area))
    if not polygons:
        return None
    parts = [[tuple((float(x), float(y)) for x, y in ring) for ring in rings] for rings in polygons]
    shape = shapely.MultiPolygon([shapely.Polygon(rings[0], rings[1:]) for rings in polygons])
    return parts, mapping(shape.geoms[0] if len(parts) == 1 else shape)
