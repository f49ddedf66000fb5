"""What each receiver and each radar normally gets of what is there, cell by cell, for the map.

Where a sensor's cell is missing nothing is known: an empty sea there says nothing (domain 1.3, "this absence is not
evidence").
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from decoders.table import Column
from monitor.cells import Cells, centres
from monitor.state import State

LEAST_EXPECTED = 20.0  # reports or scans; fewer say nothing about a cell
SMALL, SHIPS, AIS = "radar, small targets", "radar, ships", "AIS"


@dataclass(frozen=True, slots=True)
class Covered:
    """One cell of one sensor."""

    sensor: str
    of: str  # SMALL, SHIPS or AIS
    lat_deg: float  # of its middle
    lon_deg: float
    share: float  # of what ought to have come
    n_expected: float


def covered(state: State) -> list[Covered]:
    """Every cell that is known, of every sensor."""
    receivers = state.intake.receivers
    names = [station or source for source, station in zip(receivers.source, receivers.station, strict=True)]
    heard = [(name, AIS) for name in names]
    seen = [(site.name, of) for site in state.radar.register.sites for of in (SMALL, SHIPS)]
    return [*_cells(state.reception, heard), *_cells(state.radar.coverage, seen)]


def _cells(cells: Cells, sensors: list[tuple[str, str]]) -> Iterator[Covered]:
    known = np.flatnonzero(cells.expected >= LEAST_EXPECTED)
    who, lat_deg, lon_deg = centres(cells.key[known])
    share = np.minimum(cells.received[known] / cells.expected[known], 1.0)
    for row in zip(*_lists(who, lat_deg, lon_deg, share, cells.expected[known]), strict=True):
        yield Covered(*sensors[row[0]], *row[1:])


def _lists(*columns: Column) -> Iterable[list[float]]:
    return (column.tolist() for column in columns)
