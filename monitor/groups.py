"""Rows of one tick group cut into rounds: round k holds the k-th message of every MMSI.

arrival   A B A C A B        round 0  A B C      (each MMSI once: indexed assignment may write it)
                             round 1  A B
                             round 2  A
"""

from itertools import pairwise

import numpy as np

from decoders.table import Column
from monitor.changes import Changes
from monitor.classes import class_of_form
from monitor.tracktable import SPLITS, TrackTable

PACK = 20  # a sort key holds the MMSI (30 bits) above the row number: one unstable sort is then stable, and 5 x faster


def rounds(mmsi: Column, t_unix_s: Column, tie: Column | None = None) -> tuple[Column, list[tuple[Column, Column]]]:
    """The distinct MMSIs, sorted, and for each round (rows, index of each row's MMSI), in order of MMSI.

    mmsi, t_unix_s, tie : (N,). Rows of one MMSI keep their order, but neighbours of one instant come greatest tie
    first, so that the order of simultaneous rows does not matter.
    """
    order, ordered = _sorted(mmsi)
    is_same = ordered[1:] == ordered[:-1]
    if not is_same.any():
        return ordered, [(order, np.arange(len(order)))]
    if tie is not None:
        _untie(order, is_same, t_unix_s[order], tie)
    is_first = np.concatenate([[True], ~is_same])
    starts = is_first.nonzero()[0]
    found = [(order[starts], np.arange(len(starts)))]
    later = (~is_first).nonzero()[0]
    which = np.cumsum(is_first)[later] - 1
    rank = later - starts[which]
    by_rank = rank.argsort(kind="stable")
    ends = np.cumsum(np.bincount(rank)).tolist()
    at, which = order[later[by_rank]], which[by_rank]
    found += [(at[a:b], which[a:b]) for a, b in pairwise(ends)]
    return ordered[starts], found


def _sorted(mmsi: Column) -> tuple[Column, Column]:
    """Stable order of the rows by MMSI, and the MMSIs in that order."""
    n = len(mmsi)
    if n >> PACK:
        order = mmsi.argsort(kind="stable")
        return order, mmsi[order]
    key = (mmsi << PACK) | np.arange(n)
    key.sort()
    return key & (1 << PACK) - 1, key >> PACK


def _untie(order: Column, is_same: Column, t_ordered: Column, tie: Column) -> None:
    """Put the rows of each run of one MMSI and one instant in order of falling tie, in place."""
    is_tied = is_same & (t_ordered[1:] == t_ordered[:-1])
    if not is_tied.any():
        return
    run = np.concatenate([[0], np.cumsum(~is_tied)])
    member = np.concatenate([[False], is_tied]) | np.concatenate([is_tied, [False]])
    at = member.nonzero()[0]
    order[at] = order[at][np.lexsort((-tie[order[at]], run[at]))]


def locate(table: TrackTable, changes: Changes, mmsi: Column) -> Column:
    """The first row of each of these distinct, sorted MMSIs; a new one for those that have none."""
    row = table.first_rows(mmsi)
    is_unknown = row < 0
    if is_unknown.any():
        unknown = mmsi[is_unknown]
        row[is_unknown] = new = table.add(unknown * SPLITS)
        table.form_class[new] = table.station_class[new] = class_of_form(unknown)
        changes.new.append(unknown * SPLITS)
    return row
