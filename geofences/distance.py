"""Signed distance in metres from a position to a fence's boundary.

The nearest edge is looked for in the latitude bands around the position, ever wider, until what was found lies nearer
than the bands not yet looked at: exact, and cheap for a ship near a boundary, which is when it matters.
"""

import numpy as np

from geofences.fenceset import BAND_DEG, Column, FenceSet, band_of, expand
from geofences.inside import is_inside
from geofences.project import M_PER_DEG


def signed_distance_m(fences: FenceSet, lat_deg: Column, lon_deg: Column, fence: Column) -> Column:
    """(N,) float64 metres, positive inside an area, negative outside; for a line always negative. NaN for NaN."""
    distance = np.full(len(lat_deg), np.nan)
    open_rows = np.flatnonzero(~np.isnan(lat_deg) & ~np.isnan(lon_deg))
    reach = 1
    while len(open_rows):
        lat, lon, f = lat_deg[open_rows], lon_deg[open_rows], fence[open_rows]
        near, sees_all = _nearest_m(fences, lat, lon, f, reach)
        done = (near <= (reach - 1) * BAND_DEG * M_PER_DEG) | sees_all
        distance[open_rows[done]] = near[done]
        open_rows = open_rows[~done]
        reach = reach * 3
    inside = is_inside(fences, np.nan_to_num(lat_deg), np.nan_to_num(lon_deg), fence)
    return np.where(inside, distance, -distance)


def _nearest_m(fences: FenceSet, lat: Column, lon: Column, fence: Column, reach: int) -> tuple[Column, Column]:
    """Distance to the nearest edge within `reach` bands (inf if none), and whether that was the whole fence."""
    band = band_of(lat) - fences.first_band[fence]
    n = fences.n_bands[fence]
    low, high = np.clip(band - reach, 0, n - 1), np.clip(band + reach, 0, n - 1)
    offset = fences.band_offset[fence]
    at, owner = expand(fences.band_start[offset + low], fences.band_start[offset + high + 1])
    edge = fences.band_edge[at]
    scale = np.cos(np.radians(lat))[owner]
    x, y = lon[owner], lat[owner]
    ax, ay = (fences.x1_deg[edge] - x) * scale, fences.y1_deg[edge] - y
    bx, by = (fences.x2_deg[edge] - x) * scale, fences.y2_deg[edge] - y
    dx, dy = bx - ax, by - ay
    length2 = dx * dx + dy * dy
    t = np.clip(-(ax * dx + ay * dy) / np.where(length2 > 0, length2, 1.0), 0.0, 1.0)
    d2 = (ax + t * dx) ** 2 + (ay + t * dy) ** 2
    near = np.full(len(lat), np.inf)
    np.minimum.at(near, owner, d2)
    return np.sqrt(near) * M_PER_DEG, (low == 0) & (high == n - 1)
