"""The index: a grid over the fences, in which a cell knows what it lies in and which edges touch it.

    +--------+--------+        A cell without edges of a fence lies wholly in or wholly out of it: `full` entries cost
    |  full  |   /    |        a look-up. In a cell with edges, parity decides (even-odd over all rings, so holes,
    |        |  / e   | XR     multipolygons and winding need no care).
    +--------+-/------+
              Yb      probe = (XR, Yb), the cell's lower right corner

Whether p = (x, y) is inside is the parity of the edges, each turned upward from a to b, with

    (ya <= y < yb) and p left of the edge                                              (the rule, half-open)

so a point on a western or southern edge belongs to the fence and one on an eastern or northern edge does not, and of
two fences that share an edge one owns it. Edges that do not touch p's cell enter only through a constant: for an edge
wholly right of the cell the sum over its ring of "y has passed the vertex" is even. What remains, over the edges that
touch the cell, is

    parity = ref  xor  XOR_e [ya <= y < yb and p left of e]  xor  XOR_v [y >= yv and xv > XR]     (v: both ends of e)

with `ref` fixed so that it holds at the probe. No reference point needs to keep away from edges: the sum is the rule
itself, rearranged, and every sign in it is exact (`orient`). That is why fences drawn on the grid's own lines, the
trap that other grids fall into, are nothing special here (tests/geofences/test_traps.py).

Rejected: an R-tree of fences (tests every edge of a territorial sea for each point: 800 times slower), a tree of
edges (no membership), walking from a reference point (wrong where an edge runs through it).
"""

from dataclasses import dataclass

import numpy as np

from geofences.columns import Column, spread
from geofences.orient import orient

PAD_DEG = 1e-9  # 0.1 mm: cells are marked a little too widely, which costs nothing and loses nothing


@dataclass(frozen=True, slots=True)
class Edges:
    """All fences' edges, each turned upward (ya <= yb; level ones eastward); E rows, grouped by fence."""

    xa: Column  # (E,) float64, longitude
    ya: Column  # (E,) float64, latitude
    xb: Column  # (E,) float64
    yb: Column  # (E,) float64
    fence: Column  # (E,) int32
    is_turned: Column  # (E,) bool, the fence runs from b to a
    is_line: Column  # (E,) bool, of a line: bounds nothing

    def __len__(self) -> int:
        return len(self.xa)


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells row * n_cols + col, row 0 south. S (cell, edge) slots sorted by cell and edge; N (cell, fence) entries."""

    west_deg: float
    south_deg: float
    cell_deg: float
    n_rows: int
    n_cols: int
    slot_start: Column  # (cells + 1,) int64, a cell's slots: all edges that touch it
    slot_edge: Column  # (S,) int32
    slot_right: Column  # (S,) uint8, bit 0: xa > XR, bit 1: xb > XR
    slot_line: Column  # (S, 4) float32, middle and half of the slot's edge (near.py)
    entry_start: Column  # (cells + 1,) int64, a cell's entries
    entry_key: Column  # (N,) int64, cell * n_fences + fence, sorted
    entry_fence: Column  # (N,) int32
    entry_slot: Column  # (N,) int32, first of the fence's slots in this cell; -1: the cell lies wholly inside
    entry_n: Column  # (N,) int32, how many slots
    entry_ref: Column  # (N,) bool, `ref` of the module's head
    free: Column  # (cells,) int8, so many cells on all sides hold no edge; -1 where the cell itself holds one

    @property
    def n_bytes(self) -> int:
        """Memory of the index."""
        columns = (getattr(self, name) for name in self.__slots__)
        return sum(column.nbytes for column in columns if isinstance(column, np.ndarray))


def cell_of(grid: Grid, lat_deg: Column, lon_deg: Column) -> Column:
    """(N,) int64, the cell of each position; -1 off the grid and for NaN."""
    row, col, on_grid = place_of(grid, lat_deg, lon_deg)
    return np.where(on_grid, row * grid.n_cols + col, -1).astype(np.int64)


def place_of(grid: Grid, lat_deg: Column, lon_deg: Column) -> tuple[Column, Column, Column]:
    """(row, column, whether that is on the grid), the first two (N,) float64 whole numbers or NaN."""
    row = np.floor((np.asarray(lat_deg, np.float64) - grid.south_deg) / grid.cell_deg)
    col = np.floor((np.asarray(lon_deg, np.float64) - grid.west_deg) / grid.cell_deg)
    return row, col, (col >= 0) & (col < grid.n_cols) & (row >= 0) & (row < grid.n_rows)


def holds(grid: Grid, edges: Edges, n_fences: int, lat_deg: Column, lon_deg: Column, fence: Column) -> Column:
    """(N,) bool: whether each position lies in the fence named beside it, on the plane: 180 degrees is not -180."""
    cell = cell_of(grid, lat_deg, lon_deg)
    found = np.zeros(len(lat_deg), bool)
    if not len(grid.entry_key):
        return found
    row = np.flatnonzero(cell >= 0)
    key = cell[row] * n_fences + fence[row]
    at = np.minimum(np.searchsorted(grid.entry_key, key), len(grid.entry_key) - 1)
    known = np.flatnonzero(grid.entry_key[at] == key)
    row, at = row[known], at[known]
    found[row] = holds_by_entry(grid, edges, at, lon_deg[row], lat_deg[row])
    return found


def holds_by_entry(grid: Grid, edges: Edges, entry: Column, x: Column, y: Column) -> Column:
    """(K,) bool: whether each point lies in the fence of the entry of its cell."""
    inside: Column = grid.entry_ref[entry]
    count = grid.entry_n[entry].astype(np.int64)
    rim = np.flatnonzero(count)
    if len(rim):
        count = count[rim]
        owner, slot = spread(grid.entry_slot[entry[rim]].astype(np.int64), count)
        own = rim[owner]
        begin = np.cumsum(count) - count
        inside[rim] ^= parity(edges, grid.slot_edge[slot], grid.slot_right[slot], x[own], y[own], begin)
    return inside


def cover(
    xa: Column,
    ya: Column,
    xb: Column,
    yb: Column,
    *,
    west: float,
    south: float,
    cell_deg: float,
    n_rows: int,
    n_cols: int,
) -> tuple[Column, Column, Column, Column]:
    """The cells that segments touch, as runs of columns: (segment, row, first col, last col), each (K,) int64.

    xa, ya, xb, yb : (N,) float64, ya <= yb, none NaN. A little too wide rather than too narrow; clipped to the grid,
    runs that lie outside it are left out.
    """
    low = np.maximum(np.floor((ya - PAD_DEG - south) / cell_deg), 0)
    high = np.minimum(np.floor((yb + PAD_DEG - south) / cell_deg), n_rows - 1)
    count = np.maximum(high - low + 1, 0).astype(np.int64)
    if count.max(initial=0) == 1 and count.min(initial=1) == 1:
        segment, row = np.arange(len(xa)), low.astype(np.int64)
        x_low, x_high = np.minimum(xa, xb) - PAD_DEG, np.maximum(xa, xb) + PAD_DEG
    else:
        segment, row = spread(low.astype(np.int64), count)
        x_low, x_high = _x_in_rows(xa, ya, xb, yb, segment, south + row * cell_deg, cell_deg)
    first = np.maximum(np.floor((x_low - west) / cell_deg), 0)
    last = np.minimum(np.floor((x_high - west) / cell_deg), n_cols - 1)
    touches = (last >= first).nonzero()[0]
    return segment[touches], row[touches], first[touches].astype(np.int64), last[touches].astype(np.int64)


def _x_in_rows(
    xa: Column, ya: Column, xb: Column, yb: Column, segment: Column, bottom: Column, cell_deg: float
) -> tuple[Column, Column]:
    """(K,) lowest and highest longitude that each segment reaches within its row."""
    a_x, a_y, b_x, b_y = xa[segment], ya[segment], xb[segment], yb[segment]
    rise = np.maximum(b_y - a_y, 1e-12)
    slope = (b_x - a_x) / rise
    enters = a_x + (np.maximum(bottom, a_y) - a_y) * slope
    leaves = a_x + (np.minimum(bottom + cell_deg, b_y) - a_y) * slope
    # rounding of a latitude moves x by the slope: a nearly level segment is taken with its whole width
    pad = PAD_DEG * (1.0 + np.abs(slope))
    low = np.maximum(np.minimum(enters, leaves) - pad, np.minimum(a_x, b_x) - PAD_DEG)
    high = np.minimum(np.maximum(enters, leaves) + pad, np.maximum(a_x, b_x) + PAD_DEG)
    return low, high


def parity(edges: Edges, edge: Column, right: Column, x: Column, y: Column, begin: Column) -> Column:
    """(P,) bool: the sum of the module's head over each run of slots, without `ref`.

    edge, right : (K,) of the slots; x, y : (K,) the point; begin : (P,) where each run starts, none empty.
    """
    past_a, past_b = y >= edges.ya[edge], y >= edges.yb[edge]
    odd = (past_a & ((right & 1) > 0)) ^ (past_b & (right > 1))
    level = np.flatnonzero(past_a & ~past_b)
    if len(level):
        e = edge[level]
        odd[level] ^= orient(edges.xa[e], edges.ya[e], edges.xb[e], edges.yb[e], x[level], y[level]) > 0
    found: Column = np.bitwise_xor.reduceat(odd, begin)
    return found
