"""From passes of edges to events: which passes make a visit, which only a touch.

The passes of a leg through one area alternate between in and out, beginning with where the leg started. Two passes
within 0.1 mm of each other are an apex grazed, not a visit: both go, and a touch stays.
"""

from dataclasses import dataclass

import numpy as np

from geofences.columns import Column
from geofences.events import Event, Side

GRAZE_DEG = 1e-9  # 0.1 mm: rounding of the fraction along a leg of 60 nm stays a thousand times below it


@dataclass(frozen=True, slots=True)
class Passes:
    """Meetings of legs and edges, K rows."""

    row: Column  # (K,) int64, of the leg
    fence: Column  # (K,) int64
    edge: Column  # (K,) int64
    fraction: Column  # (K,) float64
    side: Column  # (K,) int8, `Side` of the edge's fence from which the leg came
    is_pass: Column  # (K,) bool; False: met but not passed

    def take(self, which: Column) -> "Passes":
        """These rows."""
        return Passes(*(getattr(self, name)[which] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Visits:
    """The columns of `crossing.Crossings` that do not depend on the leg's place, in its order."""

    row: Column
    fence: Column
    event: Column
    fraction: Column
    side: Column
    exit_fraction: Column


def visits(passes: Passes, start_inside: Column, reach_deg: Column, is_line: Column) -> Visits:
    """Events of legs.

    start_inside : (K,) bool, whether the leg of each pass starts inside its fence; reach_deg : (N,) length of each
    leg; is_line : (F,) bool.
    """
    order = np.lexsort((passes.edge, passes.fraction, passes.fence, passes.row))
    passes, start_inside = passes.take(order), start_inside[order]
    met = passes
    real = np.flatnonzero(passes.is_pass)
    passes, start_inside = passes.take(real), start_inside[real]
    kept = np.flatnonzero(~_grazes(passes, reach_deg))
    passes, start_inside = passes.take(kept), start_inside[kept]

    opens = _opens(passes)
    number = np.arange(len(passes.row)) - np.maximum.accumulate(np.where(opens, np.arange(len(opens)), 0))
    line = is_line[passes.fence]
    goes_in = ((number % 2 == 0) ^ start_inside) & ~line
    goes_out = ~goes_in & ~line
    follows = np.r_[~opens[1:], False] if len(opens) else opens  # the same leg passes the same fence again
    crosses = goes_in & follows
    ends_crossing = np.r_[False, crosses[:-1]] if len(crosses) else crosses
    event = np.where(line | crosses, Event.CROSSED, np.where(goes_in, Event.ENTERED, Event.LEFT))
    exit_fraction = np.where(crosses, np.r_[passes.fraction[1:], np.nan][: len(crosses)], np.nan)
    told = np.flatnonzero(~(goes_out & ends_crossing))
    touched = _touches(met, passes)
    side = np.where(line, passes.side, np.int8(Side.NONE))
    return _ordered(
        np.concatenate([passes.row[told], touched.row]),
        np.concatenate([passes.fence[told], touched.fence]),
        np.concatenate([event[told], np.full(len(touched.row), Event.TOUCHED)]).astype(np.int8),
        np.concatenate([passes.fraction[told], touched.fraction]),
        np.concatenate([side[told], np.full(len(touched.row), Side.NONE)]).astype(np.int8),
        np.concatenate([exit_fraction[told], np.full(len(touched.row), np.nan)]),
    )


def _opens(passes: Passes) -> Column:
    """(K,) bool: the first pass of each (leg, fence)."""
    if not len(passes.row):
        return np.zeros(0, bool)
    found: Column = np.r_[True, (passes.row[1:] != passes.row[:-1]) | (passes.fence[1:] != passes.fence[:-1])]
    return found


def _grazes(passes: Passes, reach_deg: Column) -> Column:
    """(K,) bool: passes that come in pairs less than `GRAZE_DEG` apart."""
    n = len(passes.row)
    found = np.zeros(n, bool)
    if n < 2:
        return found
    gap_deg = np.diff(passes.fraction) * reach_deg[passes.row[1:]]
    close = ~_opens(passes)[1:] & (gap_deg < GRAZE_DEG)  # pass i and i + 1
    at = np.arange(n - 1)
    last_wide = np.maximum.accumulate(np.where(close, -1, at))
    first = close & ((at - last_wide) % 2 == 1)
    found[:-1] |= first
    found[1:] |= first
    return found


def _touches(met: Passes, passes: Passes) -> Passes:
    """The first meeting of each (leg, fence) of which no pass remains."""
    first = met.take(np.flatnonzero(_opens(met)))
    if not len(first.row):
        return first
    n_fences = int(first.fence.max()) + 1
    has_pass = np.isin(first.row * n_fences + first.fence, passes.row * n_fences + passes.fence)
    return first.take(np.flatnonzero(~has_pass))


def _ordered(
    row: Column, fence: Column, event: Column, fraction: Column, side: Column, exit_fraction: Column
) -> Visits:
    """Sorted by (row, fraction, fence)."""
    order = np.lexsort((fence, fraction, row))
    return Visits(row[order], fence[order], event[order], fraction[order], side[order], exit_fraction[order])
