"""What each leg of a path did to each fence: entered, left, crossed right through, touched.

    leg  A ────x────────x──── B      both ends outside, two crossings: CROSSED at the first
    leg  A ────x──── B               A outside, B inside: ENTERED

Where a leg meets an edge is decided by signs alone, half-open like membership, so a leg through a vertex crosses once
and a leg that grazes a tip twice or not at all. Membership of the two ends has the last word: a toggle chain that
disagrees with it (rounding on a boundary) is cut to the one event that the ends demand.
"""

from dataclasses import dataclass

import numpy as np

from geofences.events import Event
from geofences.fenceset import Column, FenceSet, band_of, expand
from geofences.inside import is_inside

CHUNK = 4096


@dataclass(frozen=True, slots=True)
class Crossings:
    """C events, sorted by (row, fraction, fence)."""

    row: Column  # (C,) int64, leg
    fence: Column  # (C,) int64
    event: Column  # (C,) int8, `Event`
    fraction: Column  # (C,) float64, along the leg, 0..1
    lat_deg: Column  # (C,) float64, where
    lon_deg: Column  # (C,) float64
    side: Column  # (C,) int8, for a line: +1 from its port side to starboard, -1 the other way; 0 for an area

    def __len__(self) -> int:
        return len(self.row)


def match_legs(fences: FenceSet, lat1_deg: Column, lon1_deg: Column, lat2_deg: Column, lon2_deg: Column) -> Crossings:
    """All events of all legs. (N,) float64 each; legs with NaN meet nothing."""
    pieces = []
    for start in range(0, len(lat1_deg), CHUNK):
        part = slice(start, start + CHUNK)
        leg = _Legs(lat1_deg[part], lon1_deg[part], lat2_deg[part], lon2_deg[part])
        pieces.append(_match(fences, leg, start))
    if not pieces:
        pieces = [tuple(np.zeros(0, t) for t in (np.int64, np.int64, np.int8, np.float64, np.int8))]
    row, fence, event, fraction, side = (np.concatenate([p[k] for p in pieces]) for k in range(5))
    order = np.lexsort((fence, fraction, row))
    row, fence, event, fraction, side = row[order], fence[order], event[order], fraction[order], side[order]
    lat = lat1_deg[row] + fraction * (lat2_deg[row] - lat1_deg[row])
    lon = lon1_deg[row] + fraction * (lon2_deg[row] - lon1_deg[row])
    return Crossings(row, fence, event, fraction, lat, lon, side)


@dataclass(frozen=True, slots=True)
class _Legs:
    y1: Column
    x1: Column
    y2: Column
    x2: Column


def _match(fences: FenceSet, leg: _Legs, offset: int) -> tuple[Column, ...]:
    """Events of one chunk: row, fence, event, fraction, side."""
    row, fence = _boxed(fences, leg)
    pair, edge = _edges(fences, leg, row, fence)
    pair, fraction, side = _hits(fences, leg, row, pair, edge)
    inside1 = is_inside(fences, leg.y1[row], leg.x1[row], fence)
    inside2 = is_inside(fences, leg.y2[row], leg.x2[row], fence)
    order = np.lexsort((fraction, pair))
    pair, fraction, side = pair[order], fraction[order], side[order]
    is_line = fences.is_line[fence]
    on_line = is_line[pair]
    count = np.bincount(pair, minlength=len(row))
    parts = [
        (pair[on_line], np.full(int(on_line.sum()), Event.CROSSED), fraction[on_line], side[on_line]),
        *_areas(pair[~on_line], fraction[~on_line], count, inside1, inside2, is_line),
    ]
    p = np.concatenate([part[0] for part in parts]).astype(np.int64)
    event, fraction, side = (np.concatenate([part[k] for part in parts]) for k in (1, 2, 3))
    return row[p] + offset, fence[p], event.astype(np.int8), fraction, side.astype(np.int8)


def _boxed(fences: FenceSet, leg: _Legs) -> tuple[Column, Column]:
    south, north = np.minimum(leg.y1, leg.y2)[:, None], np.maximum(leg.y1, leg.y2)[:, None]
    west, east = np.minimum(leg.x1, leg.x2)[:, None], np.maximum(leg.x1, leg.x2)[:, None]
    hit = (south <= fences.north_deg) & (north >= fences.south_deg)
    hit &= (west <= fences.east_deg) & (east >= fences.west_deg)
    row, fence = hit.nonzero()
    return row, fence


def _edges(fences: FenceSet, leg: _Legs, row: Column, fence: Column) -> tuple[Column, Column]:
    """Edges of the bands that each leg spans, once each: (pair, edge)."""
    low = band_of(np.minimum(leg.y1, leg.y2))[row] - fences.first_band[fence]
    high = band_of(np.maximum(leg.y1, leg.y2))[row] - fences.first_band[fence]
    low, high = np.maximum(low, 0), np.minimum(high, fences.n_bands[fence] - 1)
    slot = fences.band_offset[fence]
    at, pair = expand(fences.band_start[slot + low], fences.band_start[slot + high + 1])
    edge = fences.band_edge[at]
    # an edge stands in each band it touches: it counts in the first that it shares with the leg
    band = np.searchsorted(fences.band_start, at, side="right") - 1 - slot[pair]
    first = np.maximum(fences.edge_band[edge] - fences.first_band[fence[pair]], low[pair])
    once = band == first
    return pair[once], edge[once]


def _hits(fences: FenceSet, leg: _Legs, row: Column, pair: Column, edge: Column) -> tuple[Column, Column, Column]:
    """Where legs meet edges: (pair, fraction along the leg, side)."""
    r = row[pair]
    px, py = leg.x1[r], leg.y1[r]
    rx, ry = leg.x2[r] - px, leg.y2[r] - py
    ax, ay, bx, by = fences.x1_deg[edge], fences.y1_deg[edge], fences.x2_deg[edge], fences.y2_deg[edge]
    s1 = rx * (ay - py) - ry * (ax - px)
    s2 = rx * (by - py) - ry * (bx - px)
    ex, ey = bx - ax, by - ay
    e1 = ex * (py - ay) - ey * (px - ax)
    e2 = ex * (leg.y2[r] - ay) - ey * (leg.x2[r] - ax)
    meets = ((s1 < 0) != (s2 < 0)) & ((e1 < 0) != (e2 < 0))
    e1, e2 = e1[meets], e2[meets]
    fraction = np.clip(e1 / (e1 - e2), 0.0, 1.0)
    # e1 > 0: the leg began on the edge's port side
    return pair[meets], fraction, np.where(e1 > e2, 1, -1)


def _areas(
    pair: Column, fraction: Column, count: Column, inside1: Column, inside2: Column, is_line: Column
) -> list[tuple[Column, ...]]:
    """Events of areas from the sorted crossings of each (leg, area) pair."""
    first = np.full(len(count), np.nan)
    last = np.full(len(count), np.nan)
    first[pair[::-1]] = fraction[::-1]
    last[pair] = fraction
    area = ~is_line
    entered = np.flatnonzero(area & ~inside1 & inside2)
    left = np.flatnonzero(area & inside1 & ~inside2)
    through = np.flatnonzero(area & ~inside1 & ~inside2 & (count >= 2))
    touched = np.flatnonzero(area & (inside1 == inside2) & (count > 0) & ~(~inside1 & (count >= 2)))

    def rows(which: Column, event: Event, at: Column, missing: float) -> tuple[Column, ...]:
        where = np.where(np.isnan(at[which]), missing, at[which])
        return which, np.full(len(which), event), where, np.zeros(len(which), np.int8)

    is_graze = last[through] - first[through] <= 0
    return [
        rows(entered, Event.ENTERED, last, 1.0),
        rows(left, Event.LEFT, first, 0.0),
        rows(through[~is_graze], Event.CROSSED, first, 0.0),
        rows(through[is_graze], Event.TOUCHED, first, 0.0),
        rows(touched, Event.TOUCHED, first, 0.0),
    ]
