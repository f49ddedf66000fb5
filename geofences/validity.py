"""Whether rings make an area, and where they do not: every crossing of a ring with itself, by vertex.

The engine would give an even-odd answer for a bow-tie, but nobody who drew one meant it: it is refused. shapely judges
(OGC Simple Features); where a ring meets itself its edges are asked in pairs, for shapely names only the first place.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import shapely
from shapely.validation import explain_validity

from geofences.faults import Fault, placed

Ring = tuple[tuple[float, float], ...]  # (lon, lat)
MOST_TOLD = 10  # crossings of one ring: a ring in the wrong order has thousands


def area_faults(parts: Sequence[Sequence[Ring]], fence_id: str) -> list[Fault]:
    """What keeps closed rings from being an area. parts : of each polygon its outer ring and its holes."""
    polygons = [shapely.Polygon(rings[0], rings[1:]) for rings in parts if rings]
    area = polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)
    if area.is_valid:
        return [] if area.area else [Fault(fence_id, "encloses nothing", "draw it anew")]
    return ring_faults(parts, fence_id) or [_first(area, parts, fence_id)]


def ring_faults(parts: Sequence[Sequence[Ring]], fence_id: str) -> list[Fault]:
    """What is wrong with closed rings each for itself; one that is () has been told already."""
    n_rings = [len(rings) for rings in parts]
    found: list[Fault] = []
    for part, rings in enumerate(parts):
        for number, ring in enumerate(rings):
            found += placed(_crossings(ring, fence_id) if ring else (), part, number, n_rings)
    return found


def _crossings(ring: Ring, fence_id: str) -> Iterator[Fault]:
    """Where a closed ring meets itself."""
    points = np.array(ring)
    names = np.flatnonzero(np.r_[True, (points[1:] != points[:-1]).any(axis=1)])
    points = points[names]  # a point given twice is no fault
    if len(points) < 4:
        yield Fault(fence_id, "encloses nothing", "draw it anew", 0, ring[0][1], ring[0][0])
        return
    edges = shapely.linestrings(np.stack([points[:-1], points[1:]], axis=1))
    first, second = shapely.STRtree(edges).query(edges, predicate="intersects")
    pair = np.flatnonzero(first < second)
    first, second = first[pair], second[pair]
    met = shapely.intersection(edges[first], edges[second])
    closes = (first == 0) & (second == len(edges) - 1)
    is_spike = (closes | (second - first == 1)) & (shapely.length(met) > 0)
    bad = np.flatnonzero(is_spike | ~(closes | (second - first == 1)))
    bad = bad[np.argsort(~is_spike[bad], kind="stable")]  # a spike's edges also meet others
    for i in bad[:MOST_TOLD].tolist():
        a, b = int(names[first[i]]), int(names[second[i]])
        lon, lat = shapely.get_coordinates(met[i])[0].tolist()
        if is_spike[i]:
            tip = 0 if closes[i] else b
            yield Fault(fence_id, "runs back on itself", f"delete vertex {tip}", tip, ring[tip][1], ring[tip][0])
        else:
            what = f"crosses itself: the edge from vertex {a} meets the edge from vertex {b}"
            repair = f"turn the order of vertices {a + 1} to {b} round, or move one of them"
            yield Fault(fence_id, what, repair, b, lat, lon)
    if len(bad) > MOST_TOLD:
        yield Fault(fence_id, f"meets itself in {len(bad) - MOST_TOLD} more places", "look at the vertices' order")


def _first(area: shapely.Geometry, parts: Sequence[Sequence[Ring]], fence_id: str) -> Fault:
    """Rings that are sound each for itself and do not go together: shapely's own words for the first place."""
    reason = explain_validity(area)
    place = reason[reason.find("[") + 1 : reason.find("]")].split()
    n_parts = shapely.get_num_geometries(shapely.make_valid(area))
    repair = f"a valid form has {n_parts} part(s): `make_valid` in QGIS gives it"
    what = reason.split("[")[0].lower().strip()
    if len(place) != 2:
        return Fault(fence_id, what, repair)
    lon, lat = float(place[0]), float(place[1])
    part, ring, vertex = _nearest(parts, lon, lat)
    (found,) = placed([Fault(fence_id, what, repair, vertex, lat, lon)], part, ring, [len(rings) for rings in parts])
    return found


def _nearest(parts: Sequence[Sequence[Ring]], lon: float, lat: float) -> tuple[int, int, int]:
    """The numbers of part, ring and vertex nearest to a place."""
    found = []
    for part, rings in enumerate(parts):
        for number, ring in enumerate(rings):
            away = np.hypot(*(np.array(ring) - (lon, lat)).T)
            found.append((float(away.min()), part, number, int(away.argmin())))
    return min(found)[1:]
