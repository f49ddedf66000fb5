"""Which fences hold each position.

Even-odd over all rings of a fence (so holes, several parts and either winding are right), edges half-open: an edge
counts when one end lies at or below the position's latitude and the other above, and it passes east of it.
"""

import numpy as np

from geofences.fenceset import Column, FenceSet, band_of, expand

CHUNK = 8192  # rows whose bounding-box test fits the cache at a hundred fences


def match_positions(fences: FenceSet, lat_deg: Column, lon_deg: Column) -> tuple[Column, Column]:
    """(row, fence) pairs, both (P,) int64, sorted by (row, fence).

    lat_deg, lon_deg : (N,) float64; NaN matches nothing. Lines match nothing.
    """
    rows, found = [], []
    for start in range(0, len(lat_deg), CHUNK):
        lat, lon = lat_deg[start : start + CHUNK], lon_deg[start : start + CHUNK]
        row, fence = boxed(fences, lat, lon)
        inside = is_inside(fences, lat[row], lon[row], fence)
        rows.append(row[inside] + start)
        found.append(fence[inside])
    if not rows:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    return np.concatenate(rows), np.concatenate(found)


def boxed(fences: FenceSet, lat: Column, lon: Column) -> tuple[Column, Column]:
    """Pairs whose position lies in the bounding box of an area."""
    hit = (lat[:, None] >= fences.south_deg) & (lat[:, None] <= fences.north_deg)
    hit &= (lon[:, None] >= fences.west_deg) & (lon[:, None] <= fences.east_deg)
    hit &= ~fences.is_line
    row, fence = hit.nonzero()
    return row, fence


def is_inside(fences: FenceSet, lat: Column, lon: Column, fence: Column) -> Column:
    """(P,) bool for positions and the fence each is asked about; a line holds nothing."""
    band = band_of(lat) - fences.first_band[fence]
    fits = (band >= 0) & (band < fences.n_bands[fence]) & ~fences.is_line[fence]
    slot = fences.band_offset[fence] + np.where(fits, band, 0)
    at, owner = expand(fences.band_start[slot], fences.band_start[slot + 1])
    edge = fences.band_edge[at]
    y, x = lat[owner], lon[owner]
    y1, y2 = fences.y1_deg[edge], fences.y2_deg[edge]
    spans = (y1 <= y) != (y2 <= y)
    edge, y, x, owner = edge[spans], y[spans], x[spans], owner[spans]
    y1, y2 = y1[spans], y2[spans]
    x1, x2 = fences.x1_deg[edge], fences.x2_deg[edge]
    # on which side of the edge, made upward, the position lies: no division, so no rounding between neighbours
    up = y2 > y1
    cross = (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1)
    is_east = np.where(up, cross > 0, cross < 0)
    n_east = np.bincount(owner[is_east], minlength=len(lat))
    found: Column = (n_east % 2 == 1) & fits
    return found
