"""Positions that change nothing but who was heard when: they need no round of their own.

Where two stations hear every ship, half of all rows are repeats. Such a row belongs to its MMSI's one track wherever it
stands in the group, so all of them are heard at once, after the others:

    arrival   A  B  A' B' A" C          (' repeated hearings)
    rounds    A  B  C
    aside     A' B' A"                  A", behind a row that may have made A two tracks, is looked at again

Not set aside: rows of MMSIs with several tracks, without a fix yet, or with several fixes in this group; beacons.
"""

from dataclasses import dataclass

import numpy as np

from decoders.table import Column
from monitor.hearing import DISTRESS
from monitor.reports import DUPLICATE, FLAGS, IS_COARSE, MMSI
from monitor.tracktable import TrackTable

FEW = 3  # so many are as cheap in rounds


@dataclass(frozen=True, slots=True)
class Aside:
    """The rows of a group that are only heard."""

    at: Column  # (K,) int64, rows of the group, rising
    row: Column  # (K,) int64, of the track table
    is_after: Column  # (K,) bool, behind a fix of the same MMSI


def set_aside(table: TrackTable, floats: Column, codes: Column) -> Aside | None:
    """Which rows of a group (as `reports.blocks_of` has them) are only heard; None where they are few."""
    is_silent = (codes[DUPLICATE] != 0) | np.isnan(floats[1])
    is_silent &= (codes[FLAGS] & (DISTRESS | IS_COARSE)) == 0
    at = is_silent.nonzero()[0]
    if len(at) <= FEW:
        return None
    row = table.first_rows(codes[MMSI, at])
    is_one = (row >= 0) & (table.is_shared[row] == 0) & ~np.isnan(table.t_unix_s[row])
    fixes = (~is_silent).nonzero()[0]
    order = codes[MMSI, fixes].argsort(kind="stable")
    fixes = fixes[order]
    mmsi = codes[MMSI, fixes]
    first, end = (mmsi.searchsorted(codes[MMSI, at], side) for side in ("left", "right"))
    is_one &= end - first <= 1
    fixes = np.append(fixes, codes.shape[1])
    is_after = (end > first) & (fixes[np.minimum(first, len(fixes) - 1)] < at)
    return Aside(at[is_one], row[is_one], is_after[is_one])
