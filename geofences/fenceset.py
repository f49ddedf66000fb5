"""A set of fences, ready to be matched: flat edges and an index of latitude bands.

    fence f ─> bands of 0.01 degree of latitude ─> edges that touch the band

A point's parity needs only the edges of its own band, a leg only those of the bands it spans, so the 20,000 vertices
of a territorial sea cost a point no more than a square does. One boundary rule everywhere: half-open, an edge owns its
lower end, so a shared edge has one owner. One geometry: straight lines in longitude and latitude (RFC 7946).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[Any]
BAND_DEG = 0.01


@dataclass(frozen=True, slots=True)
class FenceSet:
    """F fences, E edges, B (fence, band) pairs."""

    fence_id: tuple[str, ...]
    name: tuple[str, ...]
    kind: tuple[str, ...]
    properties: tuple[Mapping[str, Any], ...]
    is_line: Column  # (F,) bool: a line has no inside
    traffic_direction_deg: Column  # (F,) float64, NaN where it has none
    west_deg: Column  # (F,) float64 bounding box
    south_deg: Column
    east_deg: Column
    north_deg: Column
    x1_deg: Column  # (E,) float64, edges of all rings and lines, by fence
    y1_deg: Column
    x2_deg: Column
    y2_deg: Column
    edge_fence: Column  # (E,) int64
    edge_band: Column  # (E,) int64, lowest band of the edge
    first_band: Column  # (F,) int64, lowest band of the fence
    n_bands: Column  # (F,) int64
    band_offset: Column  # (F,) int64, place of the fence's first band in `band_start`
    band_start: Column  # (B + 1,) int64, where each band's edges begin in `band_edge`
    band_edge: Column  # (...,) int64, edges by (fence, band)

    def __len__(self) -> int:
        return len(self.fence_id)


def band_of(lat_deg: Column) -> Column:
    """Number of the latitude band."""
    found: Column = np.floor(lat_deg / BAND_DEG).astype(np.int64)
    return found


def build(
    names: tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]],
    properties: tuple[Mapping[str, Any], ...],
    is_line: Column,
    traffic_direction_deg: Column,
    edges: Column,
    edge_fence: Column,
) -> FenceSet:
    """Index edges. names : ids, names, kinds; edges : (E, 4) x1, y1, x2, y2 in degrees; edge_fence : (E,) sorted."""
    x1, y1, x2, y2 = (np.ascontiguousarray(edges[:, k]) for k in range(4))
    n = len(names[0])
    box = np.full((4, n), np.nan)
    for k, (function, columns) in enumerate(
        ((np.minimum, (x1, x2)), (np.minimum, (y1, y2)), (np.maximum, (x1, x2)), (np.maximum, (y1, y2)))
    ):
        box[k] = np.inf if function is np.minimum else -np.inf
        function.at(box[k], edge_fence, function(*columns))
    low, high = band_of(np.minimum(y1, y2)), band_of(np.maximum(y1, y2))
    first, last = band_of(box[1]), band_of(box[3])
    n_bands = last - first + 1
    offset = np.concatenate([[0], np.cumsum(n_bands)])
    repeat = high - low + 1
    edge = np.repeat(np.arange(len(x1)), repeat)
    step = np.arange(len(edge)) - np.repeat(np.cumsum(repeat) - repeat, repeat)
    slot = offset[edge_fence[edge]] + low[edge] + step - first[edge_fence[edge]]
    order = np.argsort(slot, kind="stable")
    start = np.searchsorted(slot[order], np.arange(offset[-1] + 1))
    return FenceSet(
        *names, properties, is_line, traffic_direction_deg, *box, x1, y1, x2, y2, edge_fence, low,
        first, n_bands, offset[:-1], start, edge[order],
    )  # fmt: skip


def expand(start: Column, stop: Column) -> tuple[Column, Column]:
    """All integers of the ranges [start, stop), and which range each belongs to."""
    size = stop - start
    owner = np.repeat(np.arange(len(start)), size)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(size) - size, size)
    return start[owner] + within, owner
