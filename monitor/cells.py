"""Shares learned by place: how many of the things that ought to have come did come, in cells of 2 nm.

    key of (cell, who) -> received, expected: both fade with a half-life of 24 h, p = received / expected

Used for AIS by receiver (monitor/reception.py) and for radar by site (monitor/radar/coverage.py).
"""

from dataclasses import dataclass, field

import numpy as np

from decoders.table import Column
from monitor.ids import found_rows
from monitor.missing import or_zero

CELL_NM = 2.0
HALF_LIFE_S = 86_400.0
LEAST_EXPECTED = 0.01  # what has faded below this is forgotten
ROWS, COLUMNS = 6000, 12000  # room for the cells of the whole Earth
ROW_0, COLUMN_0 = 2700, 5400
CELLS_PER_DEG_LAT = 60.0 / CELL_NM
CELLS_PER_DEG_LON = 60.0 * 0.63 / CELL_NM  # at 51 N about as wide as high


@dataclass(slots=True)
class Cells:
    """Sorted keys and their counts."""

    key: Column = field(default_factory=lambda: np.zeros(0, np.int64))
    received: Column = field(default_factory=lambda: np.zeros(0))
    expected: Column = field(default_factory=lambda: np.zeros(0))


def cell_key(lat_deg: Column, lon_deg: Column, who: Column) -> Column:
    """(N,) int64 key of the cell and of whose share it is."""
    row = np.floor(or_zero(lat_deg) * CELLS_PER_DEG_LAT).astype(np.int64) + ROW_0
    column = np.floor(or_zero(lon_deg) * CELLS_PER_DEG_LON).astype(np.int64) + COLUMN_0
    return (who.astype(np.int64) * ROWS + row) * COLUMNS + column


def centres(key: Column) -> tuple[Column, Column, Column]:
    """(who, lat_deg, lon_deg): what each key stands for, the place being the middle of its cell."""
    row, column = key // COLUMNS % ROWS, key % COLUMNS
    lat_deg, lon_deg = (row - ROW_0 + 0.5) / CELLS_PER_DEG_LAT, (column - COLUMN_0 + 0.5) / CELLS_PER_DEG_LON
    return key // (ROWS * COLUMNS), lat_deg, lon_deg


def around(key: Column) -> Column:
    """(N, 9) int64: the key's cell and its neighbours, of the same who."""
    steps = (np.arange(-1, 2)[:, None] * COLUMNS + np.arange(-1, 2)).ravel()
    found: Column = key[:, None] + steps
    return found


def counts_of(cells: Cells, key: Column) -> tuple[Column, Column]:
    """(received, expected), shaped as `key`; 0 where nothing was learned."""
    if not len(cells.key):
        return np.zeros(key.shape), np.zeros(key.shape)
    at, found = found_rows(cells.key, key)
    return cells.received[at] * found, cells.expected[at] * found


def count(cells: Cells, key: Column, received: Column, expected: Column, passed_s: float) -> None:
    """Let what is known fade by the time that has passed, and add what was counted in it."""
    fade = 0.5 ** (passed_s / HALF_LIFE_S)
    keys, at = np.unique(np.concatenate([cells.key, key]), return_inverse=True)
    n_old = len(cells.key)
    totals = np.zeros((2, len(keys)))
    totals[0, at[:n_old]] = cells.received * fade
    totals[1, at[:n_old]] = cells.expected * fade
    np.add.at(totals[0], at[n_old:], received)
    np.add.at(totals[1], at[n_old:], expected)
    kept = totals[1] > LEAST_EXPECTED
    cells.key, cells.received, cells.expected = keys[kept], totals[0, kept], totals[1, kept]
