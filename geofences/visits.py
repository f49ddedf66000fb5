"""From passes of edges to events: which passes make a visit, which only a touch.

The passes of a leg through one area alternate between in and out. Passes within 0.1 mm of each other are one place,
whose order rounding may have turned round: an even number of them is an apex grazed, not a visit, and goes, so that a
touch stays; an odd number is one pass, in or out as most of them.
"""

from dataclasses import dataclass, replace

import numpy as np

from geofences.columns import Column
from geofences.events import Event, Side

NO_SIDE = np.int8(Side.NONE)
EVENTS = np.array([Event.LEFT, Event.ENTERED, Event.CROSSED], np.int8)
FEW = 500  # rows that a plain sort has in order sooner
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
    goes_in: Column  # (K,) bool, of an area: into it
    reach_deg: Column  # (K,) float64, how long the leg is, its parts in longitude and latitude added

    def take(self, which: Column) -> "Passes":
        """These rows."""
        return Passes(*(getattr(self, name)[which] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Visits:
    """The columns of `crossing.Crossings` that do not depend on the leg's place, in its order."""

    row: Column
    fence: Column
    edge: Column
    event: Column
    fraction: Column
    side: Column
    exit_fraction: Column


def visits(passes: Passes, is_line: Column) -> Visits:
    """Events of legs. passes : as found, edge by edge; is_line : (F,) bool."""
    met = _along(passes)
    real = met.is_pass.nonzero()[0]
    kept, passes = _without_grazes(met.take(real))
    columns = _told(passes, is_line)
    if kept is not None or len(real) < len(met.row):
        opens = _opens(met)
        first = opens.nonzero()[0]
        is_passed = np.zeros(len(first), bool)
        is_passed[(opens.cumsum() - 1)[real if kept is None else real[kept]]] = True
        touched = met.take(first[~is_passed])
        columns = _with_touches(columns, touched) if len(touched.row) else columns
    return _ordered(Visits(*columns))


def _told(passes: Passes, is_line: Column) -> tuple[Column, ...]:
    """The columns of `Visits` that passes make; entering and leaving again is one row."""
    line = is_line[passes.fence]
    goes_in, goes_out = passes.goes_in & ~line, ~passes.goes_in & ~line
    crosses, exit_fraction = np.zeros(len(line), bool), np.full(len(line), np.nan)
    crosses[:-1] = goes_in[:-1] & ~_opens(passes)[1:]  # the same leg passes the same fence again
    at = crosses.nonzero()[0]
    exit_fraction[at] = passes.fraction[at + 1]
    event = EVENTS[np.where(line | crosses, 2, goes_in)]
    side = np.where(line, passes.side, NO_SIDE)
    columns: tuple[Column, ...] = (passes.row, passes.fence, passes.edge, event, passes.fraction, side, exit_fraction)
    if not len(at):
        return columns
    ends_crossing = np.zeros(len(line), bool)
    ends_crossing[1:] = crosses[:-1]
    told = ~(goes_out & ends_crossing)
    return tuple(column[told] for column in columns)


def _along(passes: Passes) -> Passes:
    """Sorted by (row, fence, fraction, edge).

    Passes are found edge by edge, leg by leg, so they stand in order of (row, fence, edge) already, but for a leg
    across the antimeridian, which stands twice; only the fractions of one leg and fence may be out of order.
    """
    row, fence, fraction = passes.row, passes.fence, passes.fraction
    falls = (row[1:] < row[:-1]) | ((row[1:] == row[:-1]) & (fence[1:] < fence[:-1]))
    if falls.any():
        return passes.take(np.lexsort((passes.edge, fraction, fence, row)))
    order = _order_within(_opens(passes), fraction, passes.edge)
    return passes if order is None else passes.take(order)


def _order_within(opens: Column, first: Column, second: Column) -> Column | None:
    """(K,) the order that sorts rows by (first, second) within their groups; None when they are so already.

    opens : (K,) bool, where each group begins; rows of a group stand in order of `second`. Sorting only the groups that
    are out of order costs a third of sorting all.
    """
    falls = ~opens[1:] & (first[1:] < first[:-1])
    if not falls.any():
        return None
    group = opens.cumsum() - 1
    is_wrong = np.zeros(group[-1] + 1, bool)
    is_wrong[group[1:][falls]] = True
    at = is_wrong[group].nonzero()[0]
    order = np.arange(len(group))
    order[at] = at[_sorted_by(group[at], first[at], second[at])]
    return order


def _sorted_by(group: Column, first: Column, second: Column) -> Column:
    """(K,) as `np.lexsort((second, first, group))`, of many at a third of the cost. group : rising; first : in [0, 1].

    Numbers from 0 to 1 are in the order of their bits. The group and as many of those bits as fit make one key to sort;
    only rows with the same key are looked at again.
    """
    if len(group) < FEW:
        return np.lexsort((second, first, group))
    number = np.cumsum(_begins(group)) - 1
    n_bits = int(number[-1]).bit_length()
    drop = max(n_bits - 1, 0)  # 62 bits hold every number up to 1.0
    key = (number << (62 - drop)) | (first.view(np.int64) >> drop)
    order = key.argsort()
    key = key[order]
    same = key[1:] == key[:-1]
    if same.any():
        tied = np.flatnonzero(np.r_[False, same] | np.r_[same, False])
        row = order[tied]
        order[tied] = row[np.lexsort((second[row], first[row], key[tied]))]
    return order


def _opens(passes: Passes) -> Column:
    """(K,) bool: the first pass of each (leg, fence)."""
    return _begins(passes.row) | _begins(passes.fence)


def _begins(column: Column) -> Column:
    """(K,) bool: rows that differ from the one before."""
    found = np.ones(len(column), bool)
    found[1:] = column[1:] != column[:-1]
    return found


def _without_grazes(passes: Passes) -> tuple[Column | None, Passes]:
    """(rows that stay, None for all; the passes that stay): of each place one pass, or none where it is grazed."""
    gap_deg = (passes.fraction[1:] - passes.fraction[:-1]) * passes.reach_deg[1:]
    if not (gap_deg < GRAZE_DEG).any():
        return None, passes
    is_close = ~_opens(passes)[1:] & (gap_deg < GRAZE_DEG)
    if not is_close.any():
        return None, passes
    last = np.flatnonzero(np.r_[~is_close, True])  # of each place
    count = np.diff(last, prepend=-1)
    place = np.repeat(np.arange(len(last)), count)
    n_in = np.bincount(place, passes.goes_in, len(last))
    is_odd = count % 2 == 1
    kept = last[is_odd]
    return kept, replace(passes.take(kept), goes_in=(2 * n_in > count)[is_odd])


def _with_touches(columns: tuple[Column, ...], touched: Passes) -> tuple[Column, ...]:
    """Events and touches, sorted by (row, fence)."""
    n = len(touched.row)
    none = np.full(n, Side.NONE, np.int8)
    event, never = np.full(n, Event.TOUCHED, np.int8), np.full(n, np.nan)
    more = (touched.row, touched.fence, touched.edge, event, touched.fraction, none, never)
    columns = tuple(np.concatenate(pair) for pair in zip(columns, more, strict=True))
    order = np.lexsort((columns[1], columns[0]))
    return tuple(column[order] for column in columns)


def _ordered(found: Visits) -> Visits:
    """Sorted by (row, fraction, fence); given by (row, fence)."""
    order = _order_within(_begins(found.row), found.fraction, found.fence)
    if order is None:
        return found
    return Visits(*(getattr(found, name)[order] for name in Visits.__slots__))
