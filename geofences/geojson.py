"""Fences from GeoJSON (RFC 7946), strictly: every fault at once, with its place and what to do; nothing invalid loads.

Areas are Polygon and MultiPolygon features, lines are LineString and MultiLineString. `id` (of the feature or in its
properties), `name` and `kind` stand in the properties; `traffic_direction_deg` where there is one; everything else is
kept for the map's popup.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape
from shapely.validation import explain_validity

from geofences.fenceset import FenceSet, Shape, build

KINDS = frozenset(
    {
        "tss_lane", "separation_zone", "inshore_traffic_zone", "precautionary_area", "territorial_sea", "srr",
        "reporting_area", "reporting_line", "boundary", "port", "shore", "ferry_corridor", "anchorage", "bank",
        "wind_farm", "aid_to_navigation", "exclusion_zone", "watch_area",
    }
)  # fmt: skip
Ring = tuple[tuple[float, float], ...]  # (lon, lat)
AREAS = ("Polygon", "MultiPolygon")
LINES = ("LineString", "MultiLineString")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a fence."""

    fence: str
    what: str
    repair: str
    vertex: int = -1  # counted from 0 within its ring; -1 where no vertex is to blame
    lat_deg: float = float("nan")
    lon_deg: float = float("nan")

    def __str__(self) -> str:
        where = f" vertex {self.vertex}" if self.vertex >= 0 else ""
        at = f" at {self.lat_deg:.5f}, {self.lon_deg:.5f}" if self.lat_deg == self.lat_deg else ""
        return f"{self.fence}:{where}{at} {self.what}; {self.repair}"


class FenceFaults(Exception):
    """All faults of a chart."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class _Fence:
    fence_id: str
    name: str
    kind: str
    properties: Mapping[str, Any]
    rings: tuple[Ring, ...]
    is_line: bool
    direction_deg: float
    geometry: Mapping[str, Any]


def load(paths: list[Path]) -> FenceSet:
    """The fences of one or several files. Raises FenceFaults, OSError."""
    faults: list[Fault] = []
    features: list[Any] = []
    for path in paths:
        try:
            features += features_of(json.loads(path.read_text(encoding="utf-8")), path.name, faults)
        except (json.JSONDecodeError, UnicodeDecodeError) as error:
            faults.append(Fault(path.name, f"is not JSON: {error}", "export it again as GeoJSON"))
    return parse(features, faults)


def features_of(given: object, name: str, faults: list[Fault]) -> list[Any]:
    """The features of a FeatureCollection."""
    if isinstance(given, dict) and given.get("type") == "FeatureCollection" and isinstance(given.get("features"), list):
        return list(given["features"])
    faults.append(Fault(name, "is not a FeatureCollection", "export the layer as GeoJSON, RFC 7946"))
    return []


def parse(features: list[Any], faults: list[Fault] | None = None) -> FenceSet:
    """Fences from features. Raises FenceFaults with everything that is wrong."""
    faults = [] if faults is None else faults
    fences = [fence for i, feature in enumerate(features) if (fence := _read(feature, i, faults)) is not None]
    seen: set[str] = set()
    for fence in fences:
        if fence.fence_id in seen:
            faults.append(Fault(fence.fence_id, "stands twice", "give each feature an id of its own"))
        seen.add(fence.fence_id)
    if faults:
        raise FenceFaults(faults)
    return assemble(fences)


def assemble(fences: list[_Fence]) -> FenceSet:
    """The fences, indexed."""
    return build(
        [
            Shape(
                f.fence_id,
                f.name,
                f.kind,
                tuple(np.array(ring, np.float64) for ring in f.rings),
                f.is_line,
                f.direction_deg,
                f.properties,
                f.geometry,
            )
            for f in fences
        ]
    )


def _read(feature: Any, index: int, faults: list[Fault]) -> _Fence | None:
    """One feature, or its faults."""
    label = f"feature {index}"
    if not isinstance(feature, dict) or not isinstance(feature.get("geometry"), dict):
        faults.append(Fault(label, "has no geometry", "draw it or delete the feature"))
        return None
    properties = feature.get("properties") or {}
    fence_id = str(properties.get("id") or feature.get("id") or properties.get("name") or label)
    kind = str(properties.get("kind") or "watch_area")
    n_before = len(faults)
    if kind not in KINDS:
        faults.append(Fault(fence_id, f"is of unknown kind {kind}", f"use one of {', '.join(sorted(KINDS))}"))
    geometry = feature["geometry"]
    rings = tuple(_rings(geometry, fence_id, faults))
    if len(faults) == n_before and geometry["type"] in AREAS:
        _check_shape(geometry, fence_id, faults)
    if len(faults) > n_before:
        return None
    direction = properties.get("traffic_direction_deg")
    return _Fence(
        fence_id,
        str(properties.get("name") or fence_id),
        kind,
        properties,
        rings,
        geometry["type"] in LINES,
        float("nan") if direction is None else float(direction),
        geometry,
    )


def _rings(
    geometry: Mapping[str, Any], fence_id: str, faults: list[Fault]
) -> Iterator[tuple[tuple[float, float], ...]]:
    """Every ring or line, checked point by point."""
    kind, coordinates = geometry.get("type"), geometry.get("coordinates")
    if kind not in AREAS + LINES or not coordinates:
        what = "is empty" if kind in AREAS + LINES else f"is a {kind}"
        faults.append(Fault(fence_id, what, "a fence is a Polygon, MultiPolygon, LineString or MultiLineString"))
        return
    nested = {"Polygon": [coordinates], "MultiPolygon": coordinates, "LineString": [[coordinates]]}
    for part in nested.get(kind, [[line] for line in coordinates]):
        for ring in part:
            points = _points(ring, fence_id, faults)
            least = 4 if kind in AREAS else 2
            if len(points) < least:
                faults.append(Fault(fence_id, f"has a ring of {len(points)} points", f"it needs at least {least}"))
            elif kind in AREAS and points[0] != points[-1]:
                lon, lat = points[-1]
                faults.append(
                    Fault(fence_id, "is not closed", "repeat the first point at the end", len(points) - 1, lat, lon)
                )
            yield points
            _check_width(points, fence_id, faults)


def _points(ring: Any, fence_id: str, faults: list[Fault]) -> Ring:
    points = []
    for i, point in enumerate(ring):
        try:
            lon, lat = float(point[0]), float(point[1])
        except (TypeError, ValueError, IndexError):
            faults.append(Fault(fence_id, f"has no position there: {point!r}", "write [lon, lat]", i))
            continue
        if not (-180 <= lon <= 180 and -90 <= lat <= 90):
            is_swapped = -90 <= lon <= 90 and -180 <= lat <= 180
            repair = "latitude and longitude are swapped: write [lon, lat]" if is_swapped else "correct the position"
            faults.append(Fault(fence_id, "lies outside the world", repair, i, lat, lon))
            continue
        points.append((lon, lat))
    return tuple(points)


def _check_width(points: Ring, fence_id: str, faults: list[Fault]) -> None:
    """RFC 7946 section 3.1.9: what crosses the antimeridian is to be cut there."""
    for i, (a, b) in enumerate(pairwise(points)):
        if abs(a[0] - b[0]) > 180:
            faults.append(
                Fault(fence_id, "crosses the antimeridian", "cut it in two at 180 degrees", i + 1, b[1], b[0])
            )
            return


def _check_shape(geometry: Mapping[str, Any], fence_id: str, faults: list[Fault]) -> None:
    polygon = shape(geometry)
    if polygon.is_empty or polygon.area == 0:
        faults.append(Fault(fence_id, "encloses nothing", "draw it anew"))
    elif not polygon.is_valid:
        reason = explain_validity(polygon)
        place = reason[reason.find("[") + 1 : reason.find("]")].split()
        lon, lat = (float(place[0]), float(place[1])) if len(place) == 2 else (float("nan"), float("nan"))
        repaired = shapely.make_valid(polygon)
        repair = f"a valid form has {shapely.get_num_geometries(repaired)} part(s): `make_valid` in QGIS gives it"
        faults.append(Fault(fence_id, reason.split("[")[0].lower().strip(), repair, -1, lat, lon))
