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

from geofences.columns import Column, spread, starts
from geofences.orient import orient

CELL_DEG = 0.01  # of a chart as large as the Channel: about 1 km, the reach of a leg
FINEST_DEG = 0.001  # a harbour needs no finer cells
N_CELLS_WANTED = 300_000  # small charts get smaller cells, up to this number
N_CELLS_LIMIT = 1_000_000  # large charts larger ones; keeps the pointers within 16 MB
MOST_FREE = 7  # cells; the legs of a fast ship span two
PAD_DEG = 1e-9  # 0.1 mm: cells are marked a little too widely, which costs nothing and loses nothing
WINDOW_LIMIT = 8_000_000  # cells whose parity is written out at a time, one byte each


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


def build(edges: Edges, n_fences: int, cell_deg: float | None = None) -> Grid:
    """Index edges. cell_deg : None lets the extent choose; membership does not depend on it."""
    west, south, size, n_rows, n_cols = _frame(edges, cell_deg)
    right = west + size * np.arange(1, n_cols + 1)
    bottom = south + size * np.arange(n_rows)
    owner, row, first, last = cover(
        edges.xa, edges.ya, edges.xb, edges.yb, west=west, south=south, cell_deg=size, n_rows=n_rows, n_cols=n_cols
    )
    span, col = spread(first, last - first + 1)
    cell, edge = row[span] * n_cols + col, owner[span]
    order = np.lexsort((edge, cell))
    cell, edge, col = cell[order], edge[order], col[order]
    slot_right = ((edges.xa[edge] > right[col]) | ((edges.xb[edge] > right[col]) << 1)).astype(np.uint8)

    is_area = ~edges.is_line[edge]
    key = cell * n_fences + edges.fence[edge]
    opens = np.flatnonzero(np.r_[True, key[1:] != key[:-1]] & is_area) if len(key) else np.zeros(0, np.int64)
    closes = np.flatnonzero(np.r_[key[1:] != key[:-1], True] & is_area) if len(key) else opens
    pair_key = key[opens]
    full_key, at_probe = _parities(edges, n_fences, right, bottom, pair_key)
    ref = at_probe ^ _slots_parity(edges, edge, slot_right, opens, closes - opens + 1, right, bottom, cell, n_cols)

    entry_key = np.concatenate([pair_key, full_key])
    order = np.argsort(entry_key, kind="stable")
    n_full = len(full_key)
    none = np.zeros(n_full, np.int64)
    entry_key = entry_key[order]
    return Grid(
        west_deg=west,
        south_deg=south,
        cell_deg=size,
        n_rows=n_rows,
        n_cols=n_cols,
        slot_start=starts(cell, n_rows * n_cols),
        slot_edge=edge.astype(np.int32),
        slot_right=slot_right,
        entry_start=starts(entry_key // max(n_fences, 1), n_rows * n_cols),
        entry_key=entry_key,
        entry_fence=(entry_key % max(n_fences, 1)).astype(np.int32),
        entry_slot=np.concatenate([opens, none - 1])[order].astype(np.int32),
        entry_n=np.concatenate([closes - opens + 1, none])[order].astype(np.int32),
        entry_ref=np.concatenate([ref, np.ones(n_full, bool)])[order],
        free=_free(cell, n_rows, n_cols),
    )


def _free(cell: Column, n_rows: int, n_cols: int) -> Column:
    """(cells,) int8, how far it is from each cell to the nearest with an edge, less one; at most MOST_FREE.

    cell : (S,) those with an edge.
    """
    free = np.full((n_rows, n_cols), -1, np.int8)
    near = np.zeros((n_rows, n_cols), bool)
    near.ravel()[cell] = True
    for radius in range(MOST_FREE + 1):
        free[~near] = radius
        wide = near.copy()
        wide[:, 1:] |= near[:, :-1]
        wide[:, :-1] |= near[:, 1:]
        near = wide.copy()
        near[1:] |= wide[:-1]
        near[:-1] |= wide[1:]
    return free.ravel()


def cell_of(grid: Grid, lat_deg: Column, lon_deg: Column) -> Column:
    """(N,) int64, the cell of each position; -1 off the grid and for NaN."""
    row, col, on_grid = place_of(grid, lat_deg, lon_deg)
    return np.where(on_grid, row * grid.n_cols + col, -1).astype(np.int64)


def place_of(grid: Grid, lat_deg: Column, lon_deg: Column) -> tuple[Column, Column, Column]:
    """(row, column, whether that is on the grid), the first two (N,) float64 whole numbers or NaN."""
    row = np.floor((np.asarray(lat_deg, np.float64) - grid.south_deg) / grid.cell_deg)
    col = np.floor((np.asarray(lon_deg, np.float64) - grid.west_deg) / grid.cell_deg)
    return row, col, (col >= 0) & (col < grid.n_cols) & (row >= 0) & (row < grid.n_rows)


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
    touches = np.flatnonzero(last >= first)
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


# ---- building ----


def _frame(edges: Edges, cell_deg: float | None) -> tuple[float, float, float, int, int]:
    """(west, south, cell, n_rows, n_cols) of a grid with half a cell to spare around all edges."""
    if not len(edges):
        return 0.0, 0.0, CELL_DEG, 1, 1
    west, east = float(min(edges.xa.min(), edges.xb.min())), float(max(edges.xa.max(), edges.xb.max()))
    south, north = float(edges.ya.min()), float(edges.yb.max())
    area = max(east - west, 2 * CELL_DEG) * max(north - south, 2 * CELL_DEG)
    if cell_deg is None:
        cell_deg = float(np.clip(np.sqrt(area / N_CELLS_WANTED), FINEST_DEG, CELL_DEG))
        cell_deg = max(cell_deg, float(np.sqrt(area / N_CELLS_LIMIT)))
    n_rows, n_cols = int((north - south) / cell_deg) + 2, int((east - west) / cell_deg) + 2
    return west - 0.5 * cell_deg, south - 0.5 * cell_deg, cell_deg, n_rows, n_cols


def _slots_parity(
    edges: Edges,
    slot_edge: Column,
    slot_right: Column,
    opens: Column,
    count: Column,
    right: Column,
    bottom: Column,
    cell: Column,
    n_cols: int,
) -> Column:
    """(P,) bool: the sum over each pair's own edges at the cell's probe."""
    if not len(opens):
        return np.zeros(0, bool)
    pair, slot = spread(opens, count)
    at = cell[opens]
    x, y = right[at % n_cols][pair], bottom[at // n_cols][pair]
    return parity(edges, slot_edge[slot], slot_right[slot], x, y, np.cumsum(count) - count)


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


def _parities(edges: Edges, n_fences: int, right: Column, bottom: Column, pair_key: Column) -> tuple[Column, Column]:
    """(keys of cells wholly inside, (P,) bool whether each pair's probe is inside), some fences at a time."""
    area = np.flatnonzero(~edges.is_line)
    if not len(area):
        return np.zeros(0, np.int64), np.zeros(0, bool)
    n_cols = len(right)
    pair_fence, pair_cell = pair_key % n_fences, pair_key // n_fences
    window = _windows(n_fences, pair_fence, pair_cell, n_cols)
    at_probe = np.zeros(len(pair_key), bool)
    full = []
    edge, row, col = _row_crossings(edges, area, right, bottom)
    fence = edges.fence[edge]
    total = np.cumsum(window.n_rows * (window.n_cols + 1))
    group = total // WINDOW_LIMIT
    for number in np.unique(group).tolist():
        chosen = group == number
        passes, pairs = np.flatnonzero(chosen[fence]), np.flatnonzero(chosen[pair_fence])
        keys, inside = _window_parities(
            window, chosen, (fence[passes], row[passes], col[passes]), (pair_fence[pairs], pair_cell[pairs]), n_cols
        )
        full.append(keys)
        at_probe[pairs] = inside
    return np.concatenate(full), at_probe


@dataclass(frozen=True, slots=True)
class _Window:
    """The cells around each fence, F rows."""

    row: Column
    col: Column
    n_rows: Column
    n_cols: Column


def _windows(n_fences: int, fence: Column, cell: Column, n_cols: int) -> _Window:
    """The rows and columns that each fence's edges touch."""
    row, col = cell // n_cols, cell % n_cols
    low_row, low_col = np.full(n_fences, 1 << 40), np.full(n_fences, 1 << 40)
    high_row, high_col = np.full(n_fences, -1), np.full(n_fences, -1)
    np.minimum.at(low_row, fence, row)
    np.minimum.at(low_col, fence, col)
    np.maximum.at(high_row, fence, row)
    np.maximum.at(high_col, fence, col)
    empty = high_row < 0
    low_row[empty] = low_col[empty] = 0
    return _Window(low_row, low_col, high_row - low_row + 1, high_col - low_col + 1)


def _row_crossings(edges: Edges, area: Column, right: Column, bottom: Column) -> tuple[Column, Column, Column]:
    """(edge, row, col): edges that pass a row's bottom, and how many columns' right ends lie left of that pass."""
    begin, end = np.searchsorted(bottom, edges.ya[area]), np.searchsorted(bottom, edges.yb[area])
    which, row = spread(begin, end - begin)
    edge, y = area[which], bottom[row]
    xa, ya, xb, yb = edges.xa[edge], edges.ya[edge], edges.xb[edge], edges.yb[edge]
    x = xa + (y - ya) / np.maximum(yb - ya, 1e-300) * (xb - xa)
    col = np.clip(np.searchsorted(right, x), 1, len(right) - 1)  # right[0] lies inside the spare half cell or beyond it
    # x is rounded; the two columns beside it are asked exactly
    east = orient(xa, ya, xb, yb, right[col], y) > 0
    west = orient(xa, ya, xb, yb, right[col - 1], y) > 0
    return edge, row, col + east - ~west


def _window_parities(
    window: _Window,
    chosen: Column,
    crossing: tuple[Column, Column, Column],
    pair: tuple[Column, Column],
    n_cols: int,
) -> tuple[Column, Column]:
    """(keys of full cells, whether each pair's probe is inside) for the chosen fences, all their cells written out.

    A cell's probe is inside when an odd number of passes of its row lie right of it: a running sum from the east. Each
    row holds an even number of passes, the leftmost column of the window being a spare one, so one sum serves all.
    """
    n_fences = len(chosen)
    size = np.where(chosen, window.n_rows * (window.n_cols + 1), 0)
    base = np.cumsum(size) - size

    def place(fence: Column, row: Column, col: Column) -> Column:
        width = window.n_cols[fence] + 1
        found: Column = base[fence] + (row - window.row[fence]) * width + col - window.col[fence] + 1
        return found

    fence, row, col = crossing
    last = np.maximum(col - 1, window.col[fence] - 1)
    toggles = np.bincount(place(fence, row, last), minlength=int(size.sum())).astype(np.uint8)
    inside = (np.cumsum(toggles[::-1], dtype=np.uint8)[::-1] & 1).astype(bool)
    at = place(pair[0], pair[1] // n_cols, pair[1] % n_cols)
    at_probe = inside[at].copy()
    inside[at] = False
    found = np.flatnonzero(inside)
    owner = np.searchsorted(base + size, found, side="right")
    width = window.n_cols[owner] + 1
    spot = found - base[owner]
    full = spot % width > 0
    owner, spot, width = owner[full], spot[full], width[full]
    cell = (spot // width + window.row[owner]) * n_cols + spot % width - 1 + window.col[owner]
    return cell * n_fences + owner, at_probe
