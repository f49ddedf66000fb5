"""How many plots that are no vessel to expect where: the map of what echoes all the time.

Quays, moored boats, breakwaters and surf answer in every scan at the same place. A tracker that makes a track of each
is no use in a harbour, and one that is blind there is dangerous. So nothing is blanked out: the map says how dense
false plots are at a place, and a new track needs the more evidence the denser they are (`life.py`). Where an echo
always stands, plots prove nothing, and only what leaves the place becomes a track. A track that exists already is
never weighed against the map: a boat that crosses a mooring, or stops, is kept.

Plots enter the map late, when `LATE_SCANS` more scans were seen, so that a boat is not held against itself while its
track is being decided on, and not at all when they belong to a track under way. The map forgets: each scan counts less
the older it is, with a time constant of `memory_scans`.

Rejected: a fixed mask drawn by hand (nobody redraws it when a pontoon moves), and a count of plots per cell as a
threshold on births (it cannot tell crossing from standing).
"""

from dataclasses import dataclass, field

import numpy as np

from decoders.table import Column

LATE_SCANS = 5  # scans that a birth may take; with 0 a new boat suppresses itself (completeness 0.915 -> 0.894)
FIRST_SCANS = 20.0  # scans that the map counts as seen empty before the first; fewer trust a first glimpse too much
FAINT = 0.02  # a cell's heat below which it is forgotten
ROW = 1 << 32  # cells of one row of the map, more than any map has
NO_CELLS = np.zeros(0, np.int64)


@dataclass(slots=True)
class ClutterMap:
    """Heat by cell: plots there, older ones counting less."""

    cell_m: float
    memory_scans: float
    cell: Column = field(default_factory=lambda: np.zeros(0, np.int64))  # (C,) ascending
    heat: Column = field(default_factory=lambda: np.zeros(0))  # (C,)
    n_scans: float = 0.0  # counted as the heat is
    waiting: list[Column] = field(default_factory=list)  # cells of the last scans' plots, oldest first


def learn(clutter: ClutterMap, east_m: Column, north_m: Column) -> None:
    """Take in one scan's plots that belong to no vessel under way."""
    clutter.waiting.append(_cells(clutter, east_m, north_m))
    if len(clutter.waiting) <= LATE_SCANS:
        return
    kept = np.exp(-1.0 / clutter.memory_scans)
    clutter.heat = clutter.heat * kept
    clutter.n_scans = clutter.n_scans * kept + 1.0
    _add(clutter, clutter.waiting.pop(0))


def density_per_m2(clutter: ClutterMap, east_m: Column, north_m: Column) -> Column:
    """(N,) plots per scan and square metre that are no vessel, in the 3 x 3 cells around each place."""
    if not len(clutter.cell):
        return np.zeros(len(east_m))
    total = np.concatenate([[0.0], np.cumsum(clutter.heat)])
    centre = _cells(clutter, east_m, north_m)
    heat = np.zeros(len(centre))
    for row in (-ROW, 0, ROW):  # the three cells of a row stand beside each other
        first = np.searchsorted(clutter.cell, centre + row - 1, "left")
        last = np.searchsorted(clutter.cell, centre + row + 1, "right")
        heat += total[last] - total[first]
    found: Column = np.maximum(heat, 0.0) / ((clutter.n_scans + FIRST_SCANS) * 9.0 * clutter.cell_m**2)
    return found


def _cells(clutter: ClutterMap, east_m: Column, north_m: Column) -> Column:
    east, north = np.floor(east_m / clutter.cell_m), np.floor(north_m / clutter.cell_m)
    found: Column = east.astype(np.int64) * ROW + north.astype(np.int64)
    return found


def _add(clutter: ClutterMap, cells: Column) -> None:
    warm = clutter.heat > FAINT
    every = np.concatenate([clutter.cell[warm], cells])
    heat = np.concatenate([clutter.heat[warm], np.ones(len(cells))])
    clutter.cell, at = np.unique(every, return_inverse=True)
    clutter.heat = np.bincount(at, heat, len(clutter.cell))
