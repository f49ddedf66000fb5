"""The rings, lines and points of a GeoJSON geometry, checked point by point.

Every ring is looked at, also beside one with a fault. But a fence that lies outside the world with all it has is told
once: a layer in metres would give a line for each of its thousands of vertices.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from geofences.derived import LINES, POINTS
from geofences.faults import Fault, in_short, placed
from geofences.layer import NO_DEGREES
from geofences.validity import MOST_TOLD, Ring

AREAS = ("Polygon", "MultiPolygon")
A_FENCE_IS = "a fence is a Polygon, MultiPolygon, LineString or MultiLineString"
OUTSIDE = "lies outside the world"
SWAPPED = "latitude and longitude are swapped: write [lon, lat]"
IN_METRES = "write degrees; what is in metres is to be exported in EPSG:4326"


def read_parts(geometry: Mapping[str, Any], fence_id: str, faults: list[Fault]) -> list[list[Ring]]:
    """Of each polygon its rings, or all lines or points as one part; () for a ring with a fault."""
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    known = (*AREAS, *LINES, *POINTS)
    if kind not in known or not isinstance(coordinates, list | tuple) or not coordinates:
        what = "is empty" if kind in known else f"is a {in_short(kind)}"
        faults.append(Fault(fence_id, what, A_FENCE_IS))
        return []
    found: list[Fault] = []
    if kind in POINTS:
        points = _points([coordinates] if kind == "Point" else coordinates, fence_id, found)
        faults += _gathered(found, len(coordinates), fence_id)
        return [[(point,) for point in points]]
    nested: dict[Any, Any] = {"Polygon": [coordinates], "LineString": [[coordinates]], "MultiLineString": [coordinates]}
    given = [part if isinstance(part, list | tuple) else [] for part in nested.get(kind, coordinates)]
    parts = [_rings(given, number, kind in AREAS, fence_id, found) for number in range(len(given))]
    n_given = sum(len(ring) for part in given for ring in part if isinstance(ring, list | tuple))
    faults += _gathered(found, n_given, fence_id)
    return parts


def is_number(given: Any) -> bool:
    """Whether this is a number of JSON; True and 1e400 are none."""
    return isinstance(given, int | float) and not isinstance(given, bool) and abs(given) < 1e300


def _rings(given: list[Any], part: int, is_area: bool, fence_id: str, faults: list[Fault]) -> list[Ring]:
    """The rings of one part. given : all parts, for the numbers."""
    if not given[part]:
        nothing = [Fault(fence_id, "has an empty part", "draw it or delete the part")]
        faults += placed(nothing, part, 0, [1] * len(given))
        return []
    n_rings = [len(one) for one in given]
    rings = []
    for number, ring in enumerate(given[part]):
        own: list[Fault] = []
        points = _ring(ring, is_area, fence_id, own)
        rings.append(() if own else points)
        # the lines of a MultiLineString are its parts
        faults += placed(own, part, number, n_rings) if is_area else placed(own, number, 0, [1] * n_rings[part])
    return rings


def _gathered(faults: list[Fault], n_given: int, fence_id: str) -> list[Fault]:
    """Faults of a fence's positions, the same one not over and over. n_given : how many positions it has."""
    outside = [fault for fault in faults if fault.what == OUTSIDE]
    others = [fault for fault in faults if fault.what != OUTSIDE]
    if len(outside) > MOST_TOLD or 1 < len(outside) == n_given:
        which = "all" if len(outside) == n_given else str(len(outside))
        is_swapped = all(fault.repair == SWAPPED for fault in outside)
        repair = SWAPPED if is_swapped else next(one.repair for one in outside if one.repair != SWAPPED)
        told = replace(outside[0], what=f"{OUTSIDE}, as do {which} of its {n_given} positions", repair=repair)
        outside = [told]
    if len(others) > MOST_TOLD:
        n_more = len(others) - MOST_TOLD
        others[MOST_TOLD:] = [Fault(fence_id, f"has {n_more} more faults of positions, rings or lines", "look at them")]
    return outside + others


def _ring(given: Any, is_area: bool, fence_id: str, faults: list[Fault]) -> Ring:
    """One ring or line, as far as it is sound."""
    points = _points(given if isinstance(given, list | tuple) else [], fence_id, faults)
    if faults:
        return points  # what follows would only be the same fault again
    least = 4 if is_area else 2
    if len(points) < least:
        faults.append(Fault(fence_id, f"has a ring of {len(points)} points", f"it needs at least {least}"))
    elif is_area and points[0] != points[-1]:
        lon, lat = points[-1]
        faults.append(Fault(fence_id, "is not closed", "repeat the first point at the end", len(points) - 1, lat, lon))
    elif not is_area and len(set(points)) < 2:
        faults.append(Fault(fence_id, "has a line without length", "draw it or delete the feature"))
    _check_width(points, fence_id, faults)
    return points


def _points(ring: list[Any] | tuple[Any, ...], fence_id: str, faults: list[Fault]) -> Ring:
    points = []
    for i, point in enumerate(ring):
        is_pair = isinstance(point, list | tuple) and len(point) >= 2
        if not is_pair or not all(isinstance(x, int | float) and not isinstance(x, bool) for x in point[:2]):
            faults.append(Fault(fence_id, f"has no position there: {in_short(point)}", "write [lon, lat]", i))
            continue
        if not (is_number(point[0]) and is_number(point[1]) and abs(point[0]) <= 180 and abs(point[1]) <= 90):
            lon, lat = (float(x) if is_number(x) else float("nan") for x in point[:2])
            faults.append(Fault(fence_id, OUTSIDE, _repair(*point[:2]), i, lat, lon))
            continue
        points.append((float(point[0]), float(point[1])))
    return tuple(points)


def _repair(x: float, y: float) -> str:
    """What is to be done about a position outside the world."""
    if abs(x) <= 90 and abs(y) <= 180:
        return SWAPPED
    return IN_METRES if max(abs(x), abs(y)) > NO_DEGREES else "correct the position"


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
