"""What each leg of a path did to the fences: entered, left, crossed, touched, and where.

A leg is straight in longitude and latitude between two reports. It is taken to be moved by (e, e^2), e infinitely
small: that is the half-open rule of positions (grid.py) said differently, since a position belongs to a fence when the
point just right of it, and even less above it, does. The moved leg runs through no vertex and along no edge, so

    it passes an edge  <=>  the edge's ends lie on different sides of it, and its ends on different sides of the edge

where a zero side is decided by the move. Passing an apex gives 0 or 2 passes, passing through a corner 1, and the
number of passes is odd exactly when one end of the leg is inside and the other is not: events never disagree with
`match_positions`. The signs are exact (orient.py). Rejected: `0 <= u < 1` on each edge, which counts a grazed apex once
(the trap of tests/geofences/test_traps.py).

Edges are found through the grid (near.py): the cells of one row that a leg touches are one run, and so are their slots.
Whether a pass goes in or out is the edge's own knowledge (sides.py), so where the leg began is not asked.
"""

from dataclasses import dataclass, fields, replace

import numpy as np

from geofences.columns import Column
from geofences.events import Side
from geofences.fenceset import FenceSet
from geofences.grid import Edges, Grid, place_of
from geofences.inside import one_antimeridian
from geofences.near import near
from geofences.orient import ERROR_BOUND, exact_fraction, orient
from geofences.visits import Passes, visits

PORT, STARBOARD = np.int8(Side.PORT), np.int8(Side.STARBOARD)
CHUNK = 65_536  # legs at a time


@dataclass(frozen=True, slots=True)
class Crossings:
    """K events sorted by (row, fraction, fence)."""

    row: Column  # (K,) int64, of the leg
    fence: Column  # (K,) int64
    event: Column  # (K,) int8, `Event`
    fraction: Column  # (K,) float64, along the leg, 0 at its start and 1 at its end
    lat_deg: Column  # (K,) float64, where
    lon_deg: Column  # (K,) float64
    side: Column  # (K,) int8, `Side` from which a line was crossed; NONE for areas
    exit_fraction: Column  # (K,) float64, of an area that was crossed: where it was left again; else NaN
    edge: Column  # (K,) int64, of `FenceSet.edges`: which was met first

    def __len__(self) -> int:
        return len(self.row)


NOTHING = Crossings(*(np.zeros(0, dtype) for dtype in ("i8", "i8", "i1", "f8", "f8", "f8", "i1", "f8", "i8")))


@dataclass(frozen=True, slots=True)
class Legs:
    """N legs on the plane of longitude and latitude."""

    x1: Column
    y1: Column
    x2: Column
    y2: Column


def match_legs(fences: FenceSet, lat1_deg: Column, lon1_deg: Column, lat2_deg: Column, lon2_deg: Column) -> Crossings:
    """What each leg did. All (N,) float64; a leg with a NaN, and one that did not move, does nothing.

    An area that a leg entered and left again is one CROSSED, at the point of entry, with its `exit_fraction`; one that
    it left and entered again is LEFT and ENTERED. A line is CROSSED from a `Side`. TOUCHED stands only where nothing
    else happened to that fence on that leg. A leg over more than 180 degrees of longitude runs the short way round.
    """
    lon1_deg, lon2_deg = one_antimeridian(fences, lon1_deg), one_antimeridian(fences, lon2_deg)
    columns = tuple(np.asarray(c, np.float64) for c in (lon1_deg, lat1_deg, lon2_deg, lat2_deg))
    parts = []
    for begin in range(0, len(columns[0]), CHUNK):
        found = _match(fences, *(c[begin : begin + CHUNK] for c in columns))
        if len(found):
            parts.append(replace(found, row=found.row + begin))
    if len(parts) < 2:
        return parts[0] if parts else NOTHING
    return Crossings(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Crossings)))


def _match(fences: FenceSet, x1: Column, y1: Column, x2: Column, y2: Column) -> Crossings:
    """Most legs of ships at sea come near no edge, and most calls end early."""
    asked = (~_stays_clear(fences.grid, x1, y1, x2, y2)).nonzero()[0]
    row, legs = _around(x1[asked], y1[asked], x2[asked], y2[asked])
    leg, edge = near(fences.grid, legs.x1, legs.y1, legs.x2, legs.y2)
    if not len(leg):
        return NOTHING
    found = visits(_find(fences, legs, asked[row], leg, edge), fences.is_line)
    begin_x, begin_y = x1[found.row], y1[found.row]
    step = x2[found.row] - begin_x
    step -= 360.0 * np.rint(step / 360.0)
    lon = begin_x + found.fraction * step
    lon -= 360.0 * ((lon > 180.0).astype(np.float64) - (lon < -180.0))
    lat = begin_y + found.fraction * (y2[found.row] - begin_y)
    return Crossings(
        found.row, found.fence, found.event, found.fraction, lat, lon, found.side, found.exit_fraction, found.edge
    )


def angle_deg(fences: FenceSet, edge: Column, lat1: Column, lon1: Column, lat2: Column, lon2: Column) -> Column:
    """(K,) float64 in [0, 90]: between each leg and the edge that it passed, as they lie on the water."""
    edges = fences.edges
    wide = np.cos(np.radians(0.5 * (lat1 + lat2)))
    step = lon2 - lon1
    leg = np.arctan2(lat2 - lat1, wide * (step - 360.0 * np.rint(step / 360.0)))
    line = np.arctan2(edges.yb[edge] - edges.ya[edge], wide * (edges.xb[edge] - edges.xa[edge]))
    between = np.degrees(np.abs(leg - line)) % 180.0
    found: Column = np.minimum(between, 180.0 - between)
    return found


def _stays_clear(grid: Grid, x1: Column, y1: Column, x2: Column, y2: Column) -> Column:
    """(N,) bool: legs that stay among cells without edges, as most of a ship's legs at sea do."""
    n = len(x1)
    row, col, on_grid = place_of(grid, np.concatenate([y1, y2]), np.concatenate([x1, x2]))
    cell = np.where(on_grid[:n], row[:n] * grid.n_cols + col[:n], 0).astype(np.int64)
    span = np.maximum(np.abs(col[n:] - col[:n]), np.abs(row[n:] - row[:n]))
    found: Column = on_grid[:n] & on_grid[n:] & (span <= grid.free[cell])
    return found


def _around(x1: Column, y1: Column, x2: Column, y2: Column) -> tuple[Column, Legs]:
    """(row, legs): those that move; a leg across the antimeridian stands once on either side of it."""
    step = x2 - x1
    known = step + y1 + y2
    moves = (((step != 0) | (y1 != y2)) & (known == known)).nonzero()[0]
    turn = 360.0 * np.rint(step[moves] / 360.0)
    far = turn.nonzero()[0]
    if not len(far):
        return moves, Legs(x1[moves], y1[moves], x2[moves], y2[moves])
    row = np.concatenate([moves, moves[far]])
    end_shift = np.concatenate([turn, np.zeros(len(far))])
    start_shift = np.concatenate([np.zeros(len(moves)), turn[far]])
    return row, Legs(x1[row] + start_shift, y1[row], x2[row] - end_shift, y2[row])


def _find(fences: FenceSet, legs: Legs, row: Column, leg: Column, edge: Column) -> Passes:
    """All passes and touches among pairs that may meet, unsorted. row : (n_legs,) the caller's number of each leg."""
    edges = fences.edges
    x1, y1, x2, y2 = legs.x1[leg], legs.y1[leg], legs.x2[leg], legs.y2[leg]
    xa, ya, xb, yb = edges.xa[edge], edges.ya[edge], edges.xb[edge], edges.yb[edge]
    side_a, side_b = orient(x1, y1, x2, y2, xa, ya), orient(x1, y1, x2, y2, xb, yb)
    side_1, side_2 = orient(xa, ya, xb, yb, x1, y1), orient(xa, ya, xb, yb, x2, y2)
    # zero sides, decided by the move: a vertex on the leg's line falls to the left of a leg that runs north
    tie = (y2 > y1) | ((y2 == y1) & (x2 < x1))
    level = ya == yb
    left_a, left_b = (side_a > 0) | ((side_a == 0) & tie), (side_b > 0) | ((side_b == 0) & tie)
    left_1, left_2 = (side_1 > 0) | ((side_1 == 0) & level), (side_2 > 0) | ((side_2 == 0) & level)
    is_pass = (left_a != left_b) & (left_1 != left_2)
    meets = (side_a * side_b <= 0) & (side_1 * side_2 <= 0) & ~is_pass
    if meets.any():
        meets &= _boxes_meet(x1, y1, x2, y2, xa, ya, xb, yb)
        keep = (is_pass | meets).nonzero()[0]
    else:
        keep = is_pass.nonzero()[0]
    fraction = _fraction(legs, leg[keep], edges, edge[keep], side_1[keep], side_2[keep])
    reach_deg = np.abs(x2[keep] - x1[keep]) + np.abs(y2[keep] - y1[keep])
    leg, edge, from_left = leg[keep], edge[keep], left_1[keep]
    side = np.where(from_left ^ edges.is_turned[edge], PORT, STARBOARD)
    goes_in = from_left ^ fences.is_left_inside[edge]
    fence = edges.fence[edge].astype(np.int64)
    return Passes(row[leg], fence, edge, fraction, side, is_pass[keep], goes_in, reach_deg)


def _boxes_meet(
    x1: Column, y1: Column, x2: Column, y2: Column, xa: Column, ya: Column, xb: Column, yb: Column
) -> Column:
    """(K,) bool: whether the boxes around leg and edge share a point; decides between segments on one line."""
    meets: Column = (np.minimum(x1, x2) <= np.maximum(xa, xb)) & (np.minimum(xa, xb) <= np.maximum(x1, x2))
    meets &= (np.minimum(y1, y2) <= yb) & (ya <= np.maximum(y1, y2))
    return meets


def _fraction(legs: Legs, leg: Column, edges: Edges, edge: Column, side_1: Column, side_2: Column) -> Column:
    """(K,) in [0, 1], where along its leg each edge is met; side_1, side_2 : (K,) `orient` of the leg's ends.

    The sides of the ends are their distances from the edge's line, to scale. Where leg and edge lie so nearly on one
    line that rounding would move the place by 1e-7 of the leg, it is computed again in rational numbers.
    """
    x1, y1, x2, y2 = legs.x1[leg], legs.y1[leg], legs.x2[leg], legs.y2[leg]
    xa, ya, xb, yb = edges.xa[edge], edges.ya[edge], edges.xb[edge], edges.yb[edge]
    across = side_1 - side_2
    fraction = np.divide(side_1, across, out=np.zeros(len(leg)), where=across != 0)
    reach = np.abs(x1 - xa) + np.abs(y1 - ya) + np.abs(x2 - x1) + np.abs(y2 - y1)
    rounding = 4.0 * ERROR_BOUND * reach * (np.abs(xb - xa) + yb - ya)
    for i in ((across != 0) & (rounding > 1e-7 * np.abs(across))).nonzero()[0].tolist():
        fraction[i] = exact_fraction(*(float(c[i]) for c in (xa, ya, xb, yb, x1, y1, x2, y2)))
    level = (across == 0).nonzero()[0]
    if len(level):
        fraction[level] = _along(legs, leg[level], xa[level], ya[level], xb[level], yb[level])
    found: Column = np.minimum(np.maximum(fraction, 0.0), 1.0) + 0.0  # no -0.0
    return found


def _along(legs: Legs, leg: Column, xa: Column, ya: Column, xb: Column, yb: Column) -> Column:
    """(K,) the fraction at which a leg first meets an edge on its own line."""
    x1, y1 = legs.x1[leg], legs.y1[leg]
    dx, dy = legs.x2[leg] - x1, legs.y2[leg] - y1
    length_2 = np.maximum(dx * dx + dy * dy, 1e-300)
    at_a = ((xa - x1) * dx + (ya - y1) * dy) / length_2
    at_b = ((xb - x1) * dx + (yb - y1) * dy) / length_2
    found: Column = np.maximum(np.minimum(at_a, at_b), 0.0)
    return found
