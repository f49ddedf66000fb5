"""Fences from GeoJSON (RFC 7946), strictly: every fault at once, with its place and what to do; nothing invalid loads.

Areas are Polygon and MultiPolygon features, lines are LineString and MultiLineString; circles and corridors are points
and lines with a size (derived.py). `id` (of the feature or in its properties), `name` and `kind` (a watch area where
there is none) stand in the properties, and for a traffic lane `traffic_direction_deg`. On what terms a fence holds is
read by terms.py; everything else is kept for the map's popup.

What no reader of one file can know is a chart all of whose fences are swapped or shifted: `straitwatch fences check`
shows where they lie.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from geofences.derived import LINES, POINTS, Fence, area_around, copies, read_metres, read_reach
from geofences.faults import Fault as Fault
from geofences.faults import FenceFaults as FenceFaults
from geofences.faults import in_short
from geofences.fenceset import FenceSet, Shape, build
from geofences.layer import features_in
from geofences.slips import check_names
from geofences.terms import read as read_terms
from geofences.validity import Ring, area_faults

KINDS = frozenset(
    {
        "tss_lane", "separation_zone", "inshore_traffic_zone", "precautionary_area", "territorial_sea", "srr",
        "reporting_area", "reporting_line", "boundary", "port", "shore", "ferry_corridor", "anchorage", "bank",
        "wind_farm", "aid_to_navigation", "exclusion_zone", "watch_area", "departure_coast", "landing_coast",
    }
)  # fmt: skip
AREAS = ("Polygon", "MultiPolygon")
A_FENCE_IS = "a fence is a Polygon, MultiPolygon, LineString or MultiLineString"
# A fence so far from the middle of its chart, and with latitude and longitude swapped so near to it, was swapped
FAR_DEG = 30.0
NEAR_DEG = 10.0
NO_BUFFERS: Mapping[str, float] = MappingProxyType({})


def load(paths: list[Path], buffers_m: Mapping[str, float] = NO_BUFFERS, more: Sequence[Any] = ()) -> FenceSet:
    """The fences of one or several files. Raises FenceFaults, OSError.

    buffers_m : fence id -> metres, copies with a margin that the files do not ask for (derived.py); more : features
    that stand in no file of the chart
    """
    faults: list[Fault] = []
    features: list[Any] = []
    for path in paths:
        features += features_in(path.read_bytes(), path.name, faults)
    return parse([*features, *more], faults, buffers_m)


def parse(
    features: list[Any], faults: list[Fault] | None = None, buffers_m: Mapping[str, float] = NO_BUFFERS
) -> FenceSet:
    """Fences from features. Raises FenceFaults with everything that is wrong."""
    faults = [] if faults is None else faults
    fences = [fence for i, feature in enumerate(features) if (fence := _read(feature, i, faults)) is not None]
    fences += copies(fences, buffers_m, faults)
    seen: set[str] = set()
    for fence in fences:
        if fence.fence_id in seen:
            faults.append(Fault(fence.fence_id, "stands twice", "give each feature an id of its own"))
        seen.add(fence.fence_id)
    _check_place(fences, faults)
    if faults:
        raise FenceFaults(faults)
    return assemble(fences)


def assemble(fences: list[Fence]) -> FenceSet:
    """The fences, indexed."""
    return build(
        [
            Shape(
                f.fence_id,
                f.name,
                f.kind,
                tuple(np.array(ring, np.float64) for part in f.parts for ring in part),
                f.is_line,
                f.direction_deg,
                f.properties,
                f.geometry,
                f.terms,
            )
            for f in fences
        ]
    )


def _read(feature: Any, index: int, faults: list[Fault]) -> Fence | None:
    """One feature, or its faults."""
    label = f"feature {index}"
    if not isinstance(feature, dict) or not isinstance(feature.get("geometry"), dict):
        faults.append(Fault(label, "has no geometry", "draw it or delete the feature"))
        return None
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        if properties is not None:
            faults.append(Fault(label, "has properties that are no object", "write them as { name: value }"))
        properties = {}
    names = (properties.get("id"), feature.get("id"), properties.get("name"), label)
    fence_id = next(str(name) for name in names if name not in (None, ""))
    kind = str(properties.get("kind") or "watch_area")
    n_before = len(faults)
    check_names(properties, fence_id, faults)
    if kind not in KINDS:
        faults.append(Fault(fence_id, f"is of unknown kind {kind}", f"use one of {', '.join(sorted(KINDS))}"))
    direction_deg = _direction(properties.get("traffic_direction_deg"), kind, fence_id, faults)
    geometry = feature["geometry"]
    n_reach = len(faults)
    reach_m = read_reach(properties, geometry.get("type"), fence_id, faults)
    if len(faults) > n_reach:
        return None  # what follows would be about a shape that nobody meant
    buffer_m = read_metres(properties, "buffer_m", fence_id, faults)
    is_line = geometry.get("type") in LINES and math.isnan(reach_m)
    terms = read_terms(properties, fence_id, is_line=is_line, faults=faults)
    shape = _shape(geometry, reach_m, fence_id, faults)
    if len(faults) > n_before or shape is None:
        return None
    parts, geometry = shape
    # "entered 7" is no sentence for an operator
    name = str(properties.get("name") or (f"fence {fence_id}" if fence_id.isdecimal() else fence_id))
    return Fence(fence_id, name, kind, properties, parts, is_line, direction_deg, geometry, terms, buffer_m)


def _shape(
    geometry: Mapping[str, Any], reach_m: float, fence_id: str, faults: list[Fault]
) -> tuple[tuple[tuple[Ring, ...], ...], Mapping[str, Any]] | None:
    """The parts of a fence and the GeoJSON that says where it lies; None with faults."""
    n_before = len(faults)
    if geometry.get("type") in POINTS and math.isnan(reach_m):
        faults.append(Fault(fence_id, f"is a {geometry['type']}", f"{A_FENCE_IS}, or a Point with radius_m"))
        return None
    parts = list(_parts(geometry, fence_id, faults))
    paths = [path for part in parts for path in part]
    if len(faults) > n_before:
        return None
    if geometry["type"] in AREAS:
        faults += area_faults(parts, fence_id)
    elif geometry["type"] in LINES and any(len(set(line)) < 2 for line in paths):
        faults.append(Fault(fence_id, "has a line without length", "draw it or delete the feature"))
    elif not math.isnan(reach_m):
        made = area_around(paths, reach_m, fence_id, faults)
        if made is not None:
            parts, geometry = made
    return tuple(map(tuple, parts)), geometry


def _direction(given: Any, kind: str, fence_id: str, faults: list[Fault]) -> float:
    """The direction of traffic in degrees true, NaN where there is none."""
    if given is None:
        if kind == "tss_lane":
            faults.append(Fault(fence_id, "is a lane without direction", "give traffic_direction_deg, in degrees true"))
        return float("nan")
    if not _is_number(given) or not 0 <= given < 360:
        faults.append(
            Fault(fence_id, f"has traffic_direction_deg {given!r}", "write degrees true, from 0 to less than 360")
        )
        return float("nan")
    return float(given)


def _parts(geometry: Mapping[str, Any], fence_id: str, faults: list[Fault]) -> Iterator[list[Ring]]:
    """Of each polygon its rings, or all lines, checked point by point."""
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    known = (*AREAS, *LINES, *POINTS)
    if kind not in known or not isinstance(coordinates, list | tuple) or not coordinates:
        faults.append(Fault(fence_id, "is empty" if kind in known else f"is a {kind}", A_FENCE_IS))
        return
    if kind in POINTS:
        yield [(point,) for point in _points([coordinates] if kind == "Point" else coordinates, fence_id, faults)]
        return
    nested = {"Polygon": [coordinates], "MultiPolygon": coordinates, "LineString": [[coordinates]]}
    for part in nested.get(kind, [coordinates]):
        if not isinstance(part, list | tuple) or not part:
            faults.append(Fault(fence_id, "has an empty part", "draw it or delete the part"))
            continue
        yield [_ring(ring, kind in AREAS, fence_id, faults) for ring in part]


def _ring(given: Any, is_area: bool, fence_id: str, faults: list[Fault]) -> Ring:
    """One ring or line, as far as it is sound."""
    n_before = len(faults)
    points = _points(given if isinstance(given, list | tuple) else [], fence_id, faults)
    if len(faults) > n_before:
        return points  # what follows would only be the same fault again
    least = 4 if is_area else 2
    if len(points) < least:
        faults.append(Fault(fence_id, f"has a ring of {len(points)} points", f"it needs at least {least}"))
    elif is_area and points[0] != points[-1]:
        lon, lat = points[-1]
        faults.append(Fault(fence_id, "is not closed", "repeat the first point at the end", len(points) - 1, lat, lon))
    _check_width(points, fence_id, faults)
    return points


def _is_number(given: Any) -> bool:
    """Whether this is a number of JSON; True and 1e400 are none."""
    return isinstance(given, int | float) and not isinstance(given, bool) and abs(given) < 1e300


def _points(ring: list[Any] | tuple[Any, ...], fence_id: str, faults: list[Fault]) -> Ring:
    points = []
    for i, point in enumerate(ring):
        is_pair = isinstance(point, list | tuple) and len(point) >= 2
        if not is_pair or not all(isinstance(x, int | float) and not isinstance(x, bool) for x in point[:2]):
            faults.append(Fault(fence_id, f"has no position there: {in_short(point)}", "write [lon, lat]", i))
            continue
        if not (_is_number(point[0]) and _is_number(point[1]) and abs(point[0]) <= 180 and abs(point[1]) <= 90):
            is_swapped = abs(point[0]) <= 90 and abs(point[1]) <= 180
            repair = "latitude and longitude are swapped: write [lon, lat]" if is_swapped else "correct the position"
            lon, lat = (float(x) if _is_number(x) else float("nan") for x in point[:2])
            faults.append(Fault(fence_id, "lies outside the world", repair, i, lat, lon))
            continue
        points.append((float(point[0]), float(point[1])))
    return tuple(points)


def _check_width(points: Ring, fence_id: str, faults: list[Fault]) -> None:
    """RFC 7946 section 3.1.9: what crosses the antimeridian is to be cut there."""
    for i, (a, b) in enumerate(pairwise(points)):
        if abs(a[0] - b[0]) > 180:
            faults.append(
                Fault(fence_id, "crosses the antimeridian", "cut it in two at 180 degrees", i + 1, b[1], b[0])
            )
            return
    lons = [lon for lon, _ in points]
    if lons and max(lons) - min(lons) > 180:
        width = f"is {max(lons) - min(lons):.0f} degrees of longitude wide"
        faults.append(Fault(fence_id, width, "cut it in two; if it crosses the antimeridian, there"))


def _check_place(fences: list[Fence], faults: list[Fault]) -> None:
    """A fence with latitude and longitude swapped may well lie in the world, but not beside its chart."""
    if len(fences) < 3:  # of two, nobody knows which
        return
    centre = np.array(
        [np.mean([point for part in fence.parts for ring in part for point in ring], axis=0) for fence in fences]
    )
    middle = np.median(centre, axis=0)
    is_far = np.abs(centre - middle).max(axis=1) > FAR_DEG
    for i in np.flatnonzero(is_far & (np.abs(centre[:, ::-1] - middle).max(axis=1) < NEAR_DEG)).tolist():
        lon, lat = fences[i].parts[0][0][0]
        repair = "latitude and longitude are swapped: write [lon, lat]"
        faults.append(Fault(fences[i].fence_id, "lies far from all other fences", repair, 0, lat, lon))
