"""Fences from GeoJSON (RFC 7946), strictly: every fault at once, with its place and what to do; nothing invalid loads.

Areas are Polygon and MultiPolygon features, lines are LineString and MultiLineString; circles and corridors are points
and lines with a size (derived.py). `id` (of the feature or in its properties), `name` and `kind` (a watch area where
there is none) stand in the properties, and for a traffic lane `traffic_direction_deg`. On what terms a fence holds is
read by terms.py; everything else is kept for the map's popup.

What no reader of one file can know is a chart all of whose fences are shifted or swapped: `straitwatch fences check`
shows where they lie, and warns where swapped ones would lie beside the land (swapped.py).
"""

import math
import reprlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
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
from geofences.paths import A_FENCE_IS, AREAS, is_number, read_parts
from geofences.slips import check_names
from geofences.swapped import check_place
from geofences.terms import is_given
from geofences.terms import read as read_terms
from geofences.validity import Ring, area_faults, ring_faults

KINDS = frozenset(
    {
        "tss_lane", "separation_zone", "inshore_traffic_zone", "precautionary_area", "territorial_sea", "srr",
        "reporting_area", "reporting_line", "boundary", "port", "shore", "ferry_corridor", "anchorage", "bank",
        "wind_farm", "aid_to_navigation", "exclusion_zone", "watch_area", "departure_coast", "landing_coast",
    }
)  # fmt: skip
FID = "fid-"  # before the number that QGIS gives a feature of a layer
NO_BUFFERS: Mapping[str, float] = MappingProxyType({})


def load(paths: Sequence[Path], buffers_m: Mapping[str, float] = NO_BUFFERS) -> FenceSet:
    """The fences of one or several files. Raises FenceFaults, OSError.

    buffers_m : fence id -> metres, copies with a margin that the files do not ask for (derived.py)
    """
    faults: list[Fault] = []
    return parse(read(paths, faults), faults, buffers_m)


def read(paths: Sequence[Path], faults: list[Fault]) -> list[Any]:
    """The features of files, not looked at yet; what keeps a file from having any is added to `faults`. OSError."""
    return [feature for path in paths for feature in features_in(path.read_bytes(), path.name, faults)]


def parse(
    features: list[Any], faults: list[Fault] | None = None, buffers_m: Mapping[str, float] = NO_BUFFERS
) -> FenceSet:
    """Fences from features. Raises FenceFaults with everything that is wrong."""
    faults = [] if faults is None else faults
    called = [_called(feature, i) for i, feature in enumerate(features)]
    fences = []
    for feature, (fence_id, name) in zip(features, called, strict=True):
        own: list[Fault] = []
        if (fence := _read(feature, fence_id, own)) is not None:
            fences.append(fence)
        faults += [replace(fault, name=name) for fault in own]
    more: list[Fault] = []
    ids, sound = [fence_id for fence_id, _ in called], {fence.fence_id for fence in fences}
    made = copies(fences, {key: by_m for key, by_m in buffers_m.items() if key in sound or key not in ids}, more)
    for fence_id, n in Counter([*ids, *(copy.fence_id for copy in made)]).items():
        if n > 1:
            times = "twice" if n == 2 else f"{n} times"
            more.append(Fault(fence_id, f"stands {times}", "give each feature an id of its own"))
    more += check_place([*fences, *made])
    names = dict(called)
    faults += [replace(fault, name=names.get(fault.fence, "")) for fault in more]
    if faults:
        raise FenceFaults(faults)
    return assemble([*fences, *made])


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


def _called(feature: Any, index: int) -> tuple[str, str]:
    """The id of a feature, and its name if it has another.

    Without an id it is called by its name, without a name by the number that QGIS gave it, and by its place in the
    chart only where nothing else is left: another feature before it, and it would be somebody else.
    """
    given = feature if isinstance(feature, dict) else {}
    properties = given.get("properties")
    properties = properties if isinstance(properties, dict) else {}
    of_layer = f"{FID}{_text(properties['fid'])}" if is_given(properties, "fid") else ""
    name = properties.get("name")
    names = (properties.get("id"), given.get("id"), name, of_layer, f"feature {index}")
    fence_id = next(_text(one) for one in names if one not in (None, ""))
    return fence_id, "" if name is None or _text(name) == fence_id else _text(name)


def _text(given: object) -> str:
    """What stands for an id or a name, a number as a rule, as text."""
    return given if isinstance(given, str) else in_short(given)


def _read(feature: Any, fence_id: str, faults: list[Fault]) -> Fence | None:
    """One feature, or its faults; `faults` is empty before."""
    if not isinstance(feature, dict) or not isinstance(feature.get("geometry"), dict):
        faults.append(Fault(fence_id, "has no geometry", "draw it or delete the feature"))
        return None
    properties = feature.get("properties")
    if not isinstance(properties, dict):
        if properties is not None:
            faults.append(Fault(fence_id, "has properties that are no object", "write them as { name: value }"))
        properties = {}
    for name, given in (("id", properties.get("id")), ("id", feature.get("id")), ("name", properties.get("name"))):
        if given is not None and (isinstance(given, bool) or not isinstance(given, str | int | float)):
            what = f"has {name} {in_short(given)}, which is neither a text nor a number"
            faults.append(Fault(fence_id, what, f"correct the {name}"))
    check_names(properties, fence_id, faults)
    kind = str(properties.get("kind") or "watch_area")
    if kind not in KINDS:
        what = f"is of unknown kind {in_short(kind)}"
        faults.append(Fault(fence_id, what, f"use one of {', '.join(sorted(KINDS))}"))
    direction_deg = _direction(properties.get("traffic_direction_deg"), kind, fence_id, faults)
    geometry = feature["geometry"]
    of_reach: list[Fault] = []
    reach_m = read_reach(properties, geometry.get("type"), fence_id, of_reach)
    faults += of_reach
    buffer_m = read_metres(properties, "buffer_m", fence_id, faults)
    is_line = geometry.get("type") in LINES and not is_given(properties, "half_width_m")
    terms = read_terms(properties, fence_id, is_line=is_line, faults=faults)
    # with a faulty reach, faults of the shape would be about one that nobody meant
    shape = None if of_reach else _shape(geometry, reach_m, fence_id, faults)
    if faults or shape is None:
        return None
    parts, geometry = shape
    # "entered 7" is no sentence for an operator
    is_counted = fence_id.isdecimal() or fence_id.startswith(FID)
    name = _text(properties.get("name") or (f"fence {fence_id}" if is_counted else fence_id))
    return Fence(fence_id, name, kind, properties, parts, is_line, direction_deg, geometry, terms, buffer_m)


def _shape(
    geometry: Mapping[str, Any], reach_m: float, fence_id: str, faults: list[Fault]
) -> tuple[tuple[tuple[Ring, ...], ...], Mapping[str, Any]] | None:
    """The parts of a fence and the GeoJSON that says where it lies; None with faults."""
    n_before = len(faults)
    if geometry.get("type") in POINTS and math.isnan(reach_m):
        faults.append(Fault(fence_id, f"is a {geometry['type']}", f"{A_FENCE_IS}, or a Point with radius_m"))
        return None
    parts = read_parts(geometry, fence_id, faults)
    if len(faults) > n_before:
        if geometry.get("type") in AREAS:
            faults += ring_faults(parts, fence_id)
        return None
    if geometry["type"] in AREAS:
        faults += area_faults(parts, fence_id)
    elif not math.isnan(reach_m):
        made = area_around([path for part in parts for path in part], reach_m, fence_id, faults)
        if made is not None:
            parts, geometry = made
    return tuple(map(tuple, parts)), geometry


def _direction(given: Any, kind: str, fence_id: str, faults: list[Fault]) -> float:
    """The direction of traffic in degrees true, NaN where there is none."""
    if given is None:
        if kind == "tss_lane":
            faults.append(Fault(fence_id, "is a lane without direction", "give traffic_direction_deg, in degrees true"))
        return float("nan")
    if not is_number(given) or not 0 <= given < 360:
        what = f"has traffic_direction_deg {reprlib.repr(given)}"
        faults.append(Fault(fence_id, what, "write degrees true, from 0 to less than 360"))
        return float("nan")
    return float(given)
