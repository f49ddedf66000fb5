"""The ring of recent positions behind each vessel.

A fix enters the ring when it is `APART_S` after the newest point and `MOVED_M` away from it, or `AT_LEAST_S` after it:
32 points then show 16 minutes of a ship under way and five hours of one at anchor, and a moored ship's noise does not
wash out where it came from. Times are float64, places 1e-7 degrees in int32: 16 bytes a point.
"""

import math

import numpy as np

from decoders.table import Column
from monitor.kinematics import distance_m, leg_m
from monitor.tracktable import MARK, TRAIL, TrackTable

APART_S = 30.0
MOVED_M = 20.0  # two sigma of a GPS fix without corrections
AT_LEAST_S = 600.0
SCALE = 1e7


def push(table: TrackTable, row: Column, t_unix_s: Column, lat_deg: Column, lon_deg: Column) -> None:
    """Put those fixes into the rings that are due. row : (N,) int64, no row twice; the fixes come after the mark."""
    t_mark, lat_mark, lon_mark = table.blocks["f8"][MARK].take(row, axis=1)
    age_s = t_unix_s - t_mark
    due = ~(age_s < APART_S)
    if not due.any():
        return
    due = due.nonzero()[0]
    moved_m = distance_m(lat_mark[due], lon_mark[due], lat_deg[due], lon_deg[due])
    due = due[~(moved_m < MOVED_M) | (age_s[due] >= AT_LEAST_S)]
    row, lat_deg, lon_deg, t_unix_s = row[due], lat_deg[due], lon_deg[due], t_unix_s[due]
    count = table.n_trail[row]
    slot = count % TRAIL
    table.trail_t_unix_s[row, slot] = t_unix_s
    table.trail_lat_1e7[row, slot] = np.rint(lat_deg * SCALE)
    table.trail_lon_1e7[row, slot] = np.rint(lon_deg * SCALE)
    table.n_trail[row] = count + 1
    table.t_mark_unix_s[row] = t_unix_s
    table.lat_mark_deg[row] = lat_deg
    table.lon_mark_deg[row] = lon_deg


def push_one(table: TrackTable, row: int, t_unix_s: float, lat_deg: float, lon_deg: float) -> None:
    """The same for one fix, which may be late: then it goes to its place between the points, if there is room."""
    t_mark, lat_mark, lon_mark = table.blocks["f8"][MARK, row].tolist()
    if t_unix_s < t_mark:
        _insert(table, row, t_unix_s, lat_deg, lon_deg)
        return
    if not math.isnan(t_mark):
        age_s = t_unix_s - t_mark
        is_moved = leg_m(lat_mark, lon_mark, lat_deg, lon_deg) >= MOVED_M
        if age_s < APART_S or not (is_moved or age_s >= AT_LEAST_S):
            return
    slot = int(table.n_trail[row]) % TRAIL
    table.trail_t_unix_s[row, slot] = t_unix_s
    table.trail_lat_1e7[row, slot] = round(lat_deg * SCALE)
    table.trail_lon_1e7[row, slot] = round(lon_deg * SCALE)
    table.n_trail[row] += 1
    table.blocks["f8"][MARK, row] = (t_unix_s, lat_deg, lon_deg)


def replace_one(table: TrackTable, row: int, t_unix_s: float, lat_deg: float, lon_deg: float) -> None:
    """Another fix of the instant of the newest point was the better one: it takes that point's place."""
    if table.t_mark_unix_s[row] != t_unix_s:
        return
    slot = (int(table.n_trail[row]) - 1) % TRAIL
    table.trail_lat_1e7[row, slot] = round(lat_deg * SCALE)
    table.trail_lon_1e7[row, slot] = round(lon_deg * SCALE)
    table.blocks["f8"][MARK, row] = (t_unix_s, lat_deg, lon_deg)


def _insert(table: TrackTable, row: int, t_unix_s: float, lat_deg: float, lon_deg: float) -> None:
    order = ring_order(table, row)
    t_ring = table.trail_t_unix_s[row, order]
    if np.abs(t_ring - t_unix_s).min() < APART_S:
        return
    at = int(t_ring.searchsorted(t_unix_s))
    if at == 0 and len(order) == TRAIL:
        return  # older than everything that is kept
    new = (t_unix_s, round(lat_deg * SCALE), round(lon_deg * SCALE))
    for ring, value in zip((table.trail_t_unix_s, table.trail_lat_1e7, table.trail_lon_1e7), new, strict=True):
        points = np.insert(ring[row, order], at, value)[-TRAIL:]
        ring[row, : len(points)] = points
    # written from slot 0 on: a count whose remainder is the next free slot, and TRAIL or more once the ring is full
    table.n_trail[row] = min(len(order) + 1, TRAIL)


def ring_order(table: TrackTable, row: int) -> Column:
    """Slots of a track's ring, oldest point first."""
    count = int(table.n_trail[row])
    return np.arange(count) if count < TRAIL else (np.arange(TRAIL) + count) % TRAIL


def trail(table: TrackTable, target_id: int) -> tuple[Column, Column, Column]:
    """(t_unix_s, lat_deg, lon_deg), each (K,) float64, oldest first, ending with the last fix. Empty if unknown."""
    row = table.row_of(target_id)
    if row < 0:
        return np.empty(0), np.empty(0), np.empty(0)
    order = ring_order(table, row)
    t_unix_s = table.trail_t_unix_s[row, order]
    lat_deg = table.trail_lat_1e7[row, order] / SCALE
    lon_deg = table.trail_lon_1e7[row, order] / SCALE
    if table.t_unix_s[row] > table.t_mark_unix_s[row]:
        t_unix_s = np.append(t_unix_s, table.t_unix_s[row])
        lat_deg, lon_deg = np.append(lat_deg, table.lat_deg[row]), np.append(lon_deg, table.lon_deg[row])
    return t_unix_s, lat_deg, lon_deg
