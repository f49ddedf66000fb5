"""Which fences hold each position: a look-up, and for cells on a boundary the parity of the few edges there.

The boundary rule is half-open (see grid.py): western and southern edges belong to the fence, eastern and northern
ones do not. Lines hold nothing.
"""

import numpy as np

from geofences.columns import Column, spread
from geofences.fenceset import FenceSet
from geofences.grid import cell_of, holds, holds_by_entry

CHUNK = 65_536  # rows at a time: their columns stay in the cache


def match_positions(fences: FenceSet, lat_deg: Column, lon_deg: Column) -> tuple[Column, Column]:
    """(row, fence), each (K,) int64, sorted by (row, fence): which fences hold each position.

    lat_deg, lon_deg : (N,) float64, lon in [-180, 180]. A NaN position is nowhere.
    """
    lon_deg = one_antimeridian(fences, lon_deg)
    if len(lat_deg) <= CHUNK:
        return _match(fences, lat_deg, lon_deg)
    rows, found = [], []
    for begin in range(0, len(lat_deg), CHUNK):
        row, fence = _match(fences, lat_deg[begin : begin + CHUNK], lon_deg[begin : begin + CHUNK])
        rows.append(row + begin)
        found.append(fence)
    return np.concatenate(rows), np.concatenate(found)


def is_inside(fences: FenceSet, lat_deg: Column, lon_deg: Column, fence: Column) -> Column:
    """(N,) bool: whether each position lies in the fence named beside it. All (N,); False for NaN and for lines."""
    lon_deg = one_antimeridian(fences, lon_deg)
    return holds(fences.grid, fences.edges, len(fences), lat_deg, lon_deg, fence)


def one_antimeridian(fences: FenceSet, lon_deg: Column) -> Column:
    """Longitudes in which 180 is told as -180, if the chart reaches that far.

    Of two fences that meet at the antimeridian the eastern one then owns it, as it owns any western edge.
    """
    return np.where(lon_deg == 180.0, -180.0, lon_deg) if fences.grid.west_deg < -180.0 else lon_deg


def _match(fences: FenceSet, lat_deg: Column, lon_deg: Column) -> tuple[Column, Column]:
    grid = fences.grid
    cell = cell_of(grid, lat_deg, lon_deg)
    position = np.flatnonzero(cell >= 0)
    cell = cell[position]
    begin = grid.entry_start[cell]
    owner, entry = spread(begin, grid.entry_start[cell + 1] - begin)
    row = position[owner]
    fence = grid.entry_fence[entry].astype(np.int64)
    rim = np.flatnonzero(grid.entry_slot[entry] >= 0)
    if not len(rim):
        return row, fence
    inside = np.ones(len(row), bool)
    inside[rim] = holds_by_entry(grid, fences.edges, entry[rim], lon_deg[row[rim]], lat_deg[row[rim]])
    return row[inside], fence[inside]
