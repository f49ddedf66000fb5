"""Where a radar target was first seen and where it heads: beaches, ports, the coast on which boats land.

    departure_coast  lines from which boats leave      first contact: how far from the nearest
    port             areas, but not those of the       first contact: how far from the nearest; 0 inside
                     group open_mouth
    landing_coast    lines on which boats land         now: bearing to the nearest point

A port in the group `open_mouth` lies between beaches from which boats leave: a first contact there tells no marina from
a beach and is not counted as a port. The landing coast is one, whatever coast a boat left from: a boat that has just
left a beach of the landing coast itself has its landfall behind it, and does not score for heading there.

The first two are asked once a target, the bearing on each tick.
"""

import numpy as np

from decoders.table import Column
from geofences.columns import spread
from geofences.distance import signed_distance_m
from geofences.fenceset import FenceSet
from geofences.project import NM_M, metres_per_degree

DEPARTURE, PORT, LANDING, OPEN_MOUTH = "departure_coast", "port", "landing_coast", "open_mouth"


def first_contact(fences: FenceSet, lat_deg: Column, lon_deg: Column) -> tuple[Column, Column]:
    """(first_beach_nm, first_port_nm), each (K,) float64; NaN where the chart has none or the place is not known.

    lat_deg, lon_deg : (K,) float64, where each was first seen
    """
    is_port = [kind == PORT and OPEN_MOUTH not in fences.terms.groups[i] for i, kind in enumerate(fences.kind)]
    return (
        _nearest_nm(fences, np.flatnonzero([kind == DEPARTURE for kind in fences.kind]), lat_deg, lon_deg),
        _nearest_nm(fences, np.flatnonzero(is_port), lat_deg, lon_deg),
    )


def _nearest_nm(fences: FenceSet, which: Column, lat_deg: Column, lon_deg: Column) -> Column:
    """(K,) miles to the nearest of some fences; 0 inside one."""
    n, f = len(lat_deg), len(which)
    if not n or not f:
        return np.full(n, np.nan)
    inside_m = signed_distance_m(fences, np.repeat(lat_deg, f), np.repeat(lon_deg, f), np.tile(which, n))
    found: Column = np.maximum(-inside_m, 0.0).reshape(n, f).min(axis=1) / NM_M
    return found


def landfall_deg(fences: FenceSet, lat_deg: Column, lon_deg: Column) -> Column:
    """(K,) float64: bearing to the nearest point of a landing coast; NaN where there is none or no place.

    Some fifty edges beside some hundred targets: all against all is quicker than any search.
    """
    which = np.flatnonzero([kind == LANDING for kind in fences.kind])
    n = len(lat_deg)
    if not n or not len(which):
        return np.full(n, np.nan)
    _, edge = spread(fences.edge_start[which], np.diff(fences.edge_start)[which])
    north_m, east_m = (length[:, None] for length in metres_per_degree(lat_deg))
    edges, lon, lat = fences.edges, lon_deg[:, None], lat_deg[:, None]
    ax, ay = (edges.xa[edge] - lon) * east_m, (edges.ya[edge] - lat) * north_m
    dx, dy = (edges.xb[edge] - edges.xa[edge]) * east_m, (edges.yb[edge] - edges.ya[edge]) * north_m
    along = np.clip(-(ax * dx + ay * dy) / np.maximum(dx * dx + dy * dy, 1e-30), 0.0, 1.0)
    x_m, y_m = ax + along * dx, ay + along * dy
    at = np.arange(n), np.argmin(np.hypot(x_m, y_m), axis=1)
    found: Column = np.degrees(np.arctan2(x_m[at], y_m[at])) % 360.0
    return found
