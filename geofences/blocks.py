"""Boxes around runs of a fence's edges, so that the nearest edge is found without asking all of them.

Edges that follow each other in a file lie beside each other at sea. Runs of 16 edges have a box, runs of 16 boxes a
larger one: a territorial sea of 20,000 edges costs about 80 large boxes, some 50 small ones and 60 edges a question.
"""

from dataclasses import dataclass

import numpy as np

from geofences.columns import Column
from geofences.grid import Edges

RUN = 16


@dataclass(frozen=True, slots=True)
class Boxes:
    """B boxes grouped by fence; box i holds items first[i] .. first[i] + n[i] - 1 of the level below."""

    west: Column  # (B,) float64
    south: Column
    east: Column
    north: Column
    first: Column  # (B,) int64
    n: Column  # (B,) int64
    start: Column  # (F + 1,) int64, where each fence's boxes begin


@dataclass(frozen=True, slots=True)
class Blocks:
    """Two levels of boxes: over edges, and over those boxes."""

    small: Boxes
    large: Boxes
    middle_lon_deg: Column  # (F,) float64, of each fence; 0 for one without edges


def build(edges: Edges, edge_start: Column) -> Blocks:
    """Box every fence's edges. edge_start : (F + 1,) int64."""
    west, east = np.minimum(edges.xa, edges.xb), np.maximum(edges.xa, edges.xb)
    small = _boxes(west, edges.ya, east, edges.yb, edge_start)
    large = _boxes(small.west, small.south, small.east, small.north, small.start)
    middle_lon_deg = np.zeros(len(edge_start) - 1)
    some = np.flatnonzero(np.diff(large.start))
    if len(some):
        begin = large.start[some]
        middle_lon_deg[some] = 0.5 * (np.minimum.reduceat(large.west, begin) + np.maximum.reduceat(large.east, begin))
    return Blocks(small, large, middle_lon_deg)


def _boxes(west: Column, south: Column, east: Column, north: Column, start: Column) -> Boxes:
    """Boxes over runs of at most `RUN` items; start : (F + 1,) where each fence's items begin."""
    n_boxes = -(-np.diff(start) // RUN)
    box_start = np.r_[0, np.cumsum(n_boxes)].astype(np.int64)
    fence = np.repeat(np.arange(len(n_boxes)), n_boxes)
    number = np.arange(len(fence)) - box_start[fence]
    first = start[fence] + RUN * number
    n = np.minimum(RUN, start[fence + 1] - first)
    if not len(first):
        return Boxes(west[:0], south[:0], east[:0], north[:0], first, n, box_start)
    return Boxes(
        np.minimum.reduceat(west, first),
        np.minimum.reduceat(south, first),
        np.maximum.reduceat(east, first),
        np.maximum.reduceat(north, first),
        first,
        n,
        box_start,
    )
