"""How far it is to a fence's boundary, in metres, inside counted positive.

Distances are taken on the plane that touches the ellipsoid at the position (project.py), to edges that are straight
there: an edge's chord in longitude and latitude, as everywhere in this package. The nearest edge is searched through
boxes (blocks.py): a box whose nearest point is farther than the farthest corner of another cannot hold it.
"""

import numpy as np

from geofences.blocks import Boxes
from geofences.columns import Column, spread
from geofences.fenceset import FenceSet
from geofences.inside import is_inside
from geofences.project import metres_per_degree

CHUNK = 4_096  # questions at a time
FEW_BOXES = 8_192


def signed_distance_m(fences: FenceSet, lat_deg: Column, lon_deg: Column, fence: Column) -> Column:
    """(N,) float64, metres to the boundary of the fence beside each position: > 0 inside, < 0 outside.

    lat_deg, lon_deg : (N,) float64; fence : (N,) int64. Distances to lines are negative: a line has no inside. NaN
    where the position is. By the half-open rule a point on the boundary itself is 0.0 or -0.0. Where a fence was cut at
    the antimeridian, the cut is boundary too.
    """
    found = np.full(len(lat_deg), np.nan)
    # the short way round to a fence
    middle = fences.blocks.middle_lon_deg[fence]
    near_lon_deg = lon_deg - 360.0 * np.rint((lon_deg - middle) / 360.0)
    known = np.flatnonzero(~(np.isnan(lat_deg) | np.isnan(lon_deg)))
    for begin in range(0, len(known), CHUNK):
        chosen = known[begin : begin + CHUNK]
        found[chosen] = _nearest_m(fences, lat_deg[chosen], near_lon_deg[chosen], fence[chosen])
    return np.where(is_inside(fences, lat_deg, lon_deg, fence), found, -found)


def _nearest_m(fences: FenceSet, lat_deg: Column, lon_deg: Column, fence: Column) -> Column:
    """(N,) unsigned metres to the nearest edge."""
    north_m, east_m = metres_per_degree(lat_deg)
    place = (lon_deg, lat_deg, east_m, north_m)
    large, small = fences.blocks.large, fences.blocks.small
    begin = small.start[fence]
    n_boxes = small.start[fence + 1] - begin
    if n_boxes.sum() <= FEW_BOXES:  # a tick's few questions: one level, at less than what two cost
        who, box = spread(begin, n_boxes)
    else:
        begin = large.start[fence]
        who, box = spread(begin, large.start[fence + 1] - begin)
        who, box = _may_be_nearest(large, who, box, place)
        owner, box = spread(large.first[box], large.n[box])
        who = who[owner]
    who, box = _may_be_nearest(small, who, box, place)
    owner, edge = spread(small.first[box], small.n[box])
    return _least_m(fences, who[owner], edge, place)


def _least_m(fences: FenceSet, who: Column, edge: Column, place: tuple[Column, Column, Column, Column]) -> Column:
    """(N,) metres to the nearest of the edges that stand beside each question. who : (K,) sorted."""
    n = len(place[0])
    d2 = _edge_distance_2(fences, edge, *(column[who] for column in place))
    begin = np.searchsorted(who, np.arange(n))
    found: Column = np.sqrt(np.minimum.reduceat(d2, begin)) if len(d2) else np.full(n, np.nan)
    return found


def _may_be_nearest(
    boxes: Boxes, who: Column, box: Column, place: tuple[Column, Column, Column, Column]
) -> tuple[Column, Column]:
    """Leave out the boxes that another one of the same question beats. who : (K,) sorted."""
    x, y, east_m, north_m = (column[who] for column in place)
    to_west, to_east = boxes.west[box] - x, boxes.east[box] - x
    to_south, to_north = boxes.south[box] - y, boxes.north[box] - y
    gap_x = np.maximum(np.maximum(to_west, -to_east), 0.0) * east_m
    gap_y = np.maximum(np.maximum(to_south, -to_north), 0.0) * north_m
    reach_x = np.maximum(np.abs(to_west), np.abs(to_east)) * east_m
    reach_y = np.maximum(np.abs(to_south), np.abs(to_north)) * north_m
    nearest_2 = gap_x * gap_x + gap_y * gap_y
    if not len(who):
        return who, box
    is_first = np.ones(len(who), bool)
    is_first[1:] = who[1:] != who[:-1]
    limit_2 = np.minimum.reduceat(reach_x * reach_x + reach_y * reach_y, is_first.nonzero()[0])
    keep = nearest_2 <= limit_2[np.cumsum(is_first) - 1]
    return who[keep], box[keep]


def _edge_distance_2(fences: FenceSet, edge: Column, x: Column, y: Column, east_m: Column, north_m: Column) -> Column:
    """(K,) squared metres from each point to its edge."""
    edges = fences.edges
    ax, ay = (edges.xa[edge] - x) * east_m, (edges.ya[edge] - y) * north_m
    dx = (edges.xb[edge] - edges.xa[edge]) * east_m
    dy = (edges.yb[edge] - edges.ya[edge]) * north_m
    length_2 = np.maximum(dx * dx + dy * dy, 1e-30)
    t = np.clip(-(ax * dx + ay * dy) / length_2, 0.0, 1.0)
    gap_x, gap_y = ax + t * dx, ay + t * dy
    found: Column = gap_x * gap_x + gap_y * gap_y
    return found
