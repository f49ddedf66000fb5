"""On which side of each edge its fence lies: so that a pass of an edge says by itself whether it goes in or out.

Along a ring the fence stays on one side, so one question a ring will do, asked on its longest edge. A position on an
edge is by the rule (grid.py) a position just right of it, or above it where it is level; rounding may have put it
beside the edge, and on which side is asked exactly. Another ring may touch the edge where it is asked: three places
are, and the most votes count.

This holds for rings that do not cross themselves or one another; `geojson.parse` refuses all others.
"""

import numpy as np

from geofences.columns import Column
from geofences.grid import Edges, Grid, holds
from geofences.orient import orient

PLACES = (0.2763932, 0.4142135, 0.6180339)  # along an edge; no vertex of a hand-drawn chart lies there


def is_left_inside(edges: Edges, grid: Grid, n_fences: int, ring: Column) -> Column:
    """(E,) bool: whether a fence lies left of each of its edges, as they are turned (upward); False for lines.

    ring : (E,) int64, to which ring each edge belongs, not falling
    """
    found = np.zeros(len(edges), bool)
    area = np.flatnonzero(~edges.is_line)
    if not len(area):
        return found
    length = np.abs(edges.xb - edges.xa) + (edges.yb - edges.ya)
    order = area[np.lexsort((length[area], ring[area]))]
    is_last = np.r_[ring[order[1:]] != ring[order[:-1]], True]
    longest = order[is_last]
    runs_left = _is_left_inside(edges, grid, n_fences, longest) ^ edges.is_turned[longest]  # of the ring as it runs
    place = np.cumsum(np.r_[False, ring[area[1:]] != ring[area[:-1]]])
    found[area] = runs_left[place] ^ edges.is_turned[area]
    return found


def _is_left_inside(edges: Edges, grid: Grid, n_fences: int, edge: Column) -> Column:
    """(K,) bool, asked on these edges."""
    xa, ya, xb, yb = edges.xa[edge], edges.ya[edge], edges.xb[edge], edges.yb[edge]
    fence = edges.fence[edge].astype(np.int64)
    votes = np.zeros(len(edge), np.int64)
    for part in PLACES:
        x, y = xa + part * (xb - xa), ya + part * (yb - ya)
        side = orient(xa, ya, xb, yb, x, y)
        is_left = (side > 0) | ((side == 0) & (ya == yb))
        votes += holds(grid, edges, n_fences, y, x, fence) == is_left
    found: Column = 2 * votes > len(PLACES)
    return found
