"""Which edges a leg may meet: all that share a cell with it, less those that it surely passes by.

Two segments meet only if neither lies wholly on one side of the other's line. With half the leg q, half the edge h and
r from the middle of the leg to the middle of the edge (x is the cross product),

    |q x r| <= |q x h|    the edge reaches the leg's line          a ───r──> b      a, b: the middles
    |h x r| <= |q x h|    the leg reaches the edge's line

Both are asked in float32 with a margin above its rounding: what is let through is asked again, exactly (crossing.py),
and nothing that meets is left out. The numbers of an edge lie in the order of the cells' slots, 16 bytes together, so
that a leg's candidates are read in one stretch: at 10,000 fences, where a leg has 31 of them, that takes 0.4 of the
time that double precision and columns in the order of the edges did. Rejected: comparing boxes first (as many numbers
to fetch, and it leaves more over); columns of slots apart (four stretches instead of one, a fifth slower).
"""

from itertools import pairwise

import numpy as np

from geofences.columns import Column, spread
from geofences.grid import Edges, Grid, cover

CANDIDATES = 32_768  # pairs at a time: their columns stay in the cache
EDGE_BITS = 32  # of a pair's key, below the leg's
# float32 rounds to 2**-24 of a number; at most 11 of them add up in a comparison, of products of half a segment with
# numbers no larger than the grid, the place of the leg and its half
MARGIN = np.float32(2.0**-20)


def slot_lines(edges: Edges, slot_edge: Column, west: float, south: float) -> Column:
    """(S, 4) float32 of each slot's edge: its middle, from the grid's corner, and half of it; x, y."""
    middle = 0.5 * (edges.xa + edges.xb) - west, 0.5 * (edges.ya + edges.yb) - south
    half = 0.5 * (edges.xb - edges.xa), 0.5 * (edges.yb - edges.ya)
    of_edge = np.stack([*middle, *half], axis=1).astype(np.float32)
    found: Column = of_edge[slot_edge]
    return found


def near(grid: Grid, x1: Column, y1: Column, x2: Column, y2: Column) -> tuple[Column, Column]:
    """(leg, edge), each (K,) int64, sorted and each pair once. x1, y1, x2, y2 : (N,) ends of legs, none NaN."""
    leg, begin, count = _runs(grid, x1, y1, x2, y2)
    if not len(leg):
        return leg, leg
    west, south = grid.west_deg, grid.south_deg
    middle_x, middle_y = 0.5 * (x1 + x2) - west, 0.5 * (y1 + y2) - south
    half_x, half_y = 0.5 * (x2 - x1), 0.5 * (y2 - y1)
    reach = grid.cell_deg * max(grid.n_rows, grid.n_cols)
    slack = MARGIN * (reach + np.abs(middle_x) + np.abs(middle_y) + np.abs(half_x) + np.abs(half_y))
    legs = np.empty((len(x1), 5), np.float32)
    for k, column in enumerate((middle_x, middle_y, half_x, half_y, slack)):
        legs[:, k] = column
    legs = legs[leg]
    parts = []
    done = np.cumsum(count)
    cuts = [0, len(leg)]
    if done[-1] > CANDIDATES:
        bounds = np.searchsorted(done, np.arange(CANDIDATES, int(done[-1]), CANDIDATES)) + 1
        cuts[1:1] = np.unique(bounds).tolist()
    for a, b in pairwise(cuts):
        run, slot = spread(begin[a:b], count[a:b])
        may = _may_meet(legs[a:b], run, grid.slot_line, slot).nonzero()[0]
        parts.append((leg[a:b][run[may]] << EDGE_BITS) | grid.slot_edge[slot[may]])
    pair = np.concatenate(parts)
    pair.sort(kind="stable")  # almost sorted already: a fifth of the usual sort's time
    is_first = np.ones(len(pair), bool)
    is_first[1:] = pair[1:] != pair[:-1]
    pair = pair[is_first]
    return pair >> EDGE_BITS, pair & (1 << EDGE_BITS) - 1


def _runs(grid: Grid, x1: Column, y1: Column, x2: Column, y2: Column) -> tuple[Column, Column, Column]:
    """(leg, first slot, how many), a row for each run of cells with edges that a leg touches; in order of legs."""
    upward = y1 <= y2
    leg, row, first, last = cover(
        np.where(upward, x1, x2),
        np.where(upward, y1, y2),
        np.where(upward, x2, x1),
        np.where(upward, y2, y1),
        west=grid.west_deg,
        south=grid.south_deg,
        cell_deg=grid.cell_deg,
        n_rows=grid.n_rows,
        n_cols=grid.n_cols,
    )
    base = row * grid.n_cols
    begin = grid.slot_start[base + first]
    count = grid.slot_start[base + last + 1] - begin
    busy = count.nonzero()[0]
    return leg[busy], begin[busy], count[busy]


def _may_meet(legs: Column, run: Column, slot_line: Column, slot: Column) -> Column:
    """(K,) bool: pairs of a run's leg and a slot's edge that the comparisons of the module's head let through."""
    # 16 bytes are fetched as one number: numpy copies a row of four by a slower way
    edge = slot_line.view(np.complex128).ravel().take(slot).view(np.float32).reshape(-1, 4)
    x, y, q_x, q_y, slack = (column.take(run) for column in legs.T)
    h_x, h_y = edge[:, 2], edge[:, 3]
    r_x, r_y = edge[:, 0] - x, edge[:, 1] - y
    reach = np.abs(q_x * h_y - q_y * h_x)
    may: Column = np.abs(q_x * r_y - q_y * r_x) <= reach + slack * (np.abs(q_x) + np.abs(q_y))
    may &= np.abs(h_x * r_y - h_y * r_x) <= reach + slack * (np.abs(h_x) + np.abs(h_y))
    return may
