"""Building the grid: which cells each edge touches, what each cell lies in, and how far it is to the next edge.

Edges are clipped to rows of cells, all at once; a scan along each row's bottom tells which cells are wholly inside a
fence. What the columns mean stands in grid.py.
"""

from dataclasses import dataclass

import numpy as np

from geofences.columns import Column, spread, starts
from geofences.grid import Edges, Grid, cover, parity
from geofences.near import slot_lines
from geofences.orient import orient

CELL_DEG = 0.01  # of a chart as large as the Channel: about 1 km, the reach of a leg
FINEST_DEG = 0.001  # a harbour needs no finer cells
N_CELLS_WANTED = 300_000  # small charts get smaller cells, up to this number
N_CELLS_LIMIT = 1_000_000  # large charts larger ones; keeps the pointers within 16 MB
# Cells in the boxes of all fences together, at some 25 bytes: fences that lie on one another get larger cells
N_ENTRIES_LIMIT = 4_000_000
MOST_FREE = 7  # cells; the legs of a fast ship span two
WINDOW_LIMIT = 8_000_000  # cells whose parity is written out at a time, one byte each


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
        slot_line=slot_lines(edges, edge, west, south),
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


def _frame(edges: Edges, cell_deg: float | None) -> tuple[float, float, float, int, int]:
    """(west, south, cell, n_rows, n_cols) of a grid with half a cell to spare around all edges."""
    if not len(edges):
        return 0.0, 0.0, CELL_DEG, 1, 1
    west, east = float(min(edges.xa.min(), edges.xb.min())), float(max(edges.xa.max(), edges.xb.max()))
    south, north = float(edges.ya.min()), float(edges.yb.max())
    area = max(east - west, 2 * CELL_DEG) * max(north - south, 2 * CELL_DEG)
    if cell_deg is None:
        cell_deg = float(np.clip(np.sqrt(area / N_CELLS_WANTED), FINEST_DEG, CELL_DEG))
        cell_deg = max(cell_deg, float(np.sqrt(area / N_CELLS_LIMIT)), float(np.sqrt(_boxes(edges) / N_ENTRIES_LIMIT)))
    n_rows, n_cols = int((north - south) / cell_deg) + 2, int((east - west) / cell_deg) + 2
    return west - 0.5 * cell_deg, south - 0.5 * cell_deg, cell_deg, n_rows, n_cols


def _boxes(edges: Edges) -> float:
    """Square degrees of the boxes around all areas together; edges are grouped by fence, ya <= yb."""
    first = np.flatnonzero(np.diff(edges.fence, prepend=-1))
    width = np.maximum.reduceat(np.maximum(edges.xa, edges.xb), first)
    width -= np.minimum.reduceat(np.minimum(edges.xa, edges.xb), first)
    height = np.maximum.reduceat(edges.yb, first) - np.minimum.reduceat(edges.ya, first)
    return float((width * height)[~edges.is_line[first]].sum())


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
