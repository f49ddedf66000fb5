"""Looking ids up in tables: by sorting and bisection.

A turn of the antennas asks some thirty such questions of a hundred rows. `np.isin` takes 24 us for each and
`np.unique` with the way back 12, most of it before the first comparison; these take 2.
"""

import numpy as np

from decoders.table import Column


def found_rows(ids: Column, wanted: Column) -> tuple[Column, Column]:
    """(row in `ids`, which are sorted, of each wanted one; whether it is there), both shaped as `wanted`."""
    if not len(ids):
        return np.zeros(wanted.shape, np.int64), np.zeros(wanted.shape, bool)
    k = np.minimum(ids.searchsorted(wanted), len(ids) - 1)
    return k, ids[k] == wanted


def rows_of(ids: Column, wanted: Column) -> Column:
    """(N,) int64 row in `ids`, which are sorted, of each wanted one; -1 where it is not there."""
    k, is_there = found_rows(ids, wanted)
    return np.where(is_there, k, -1)


def among(ids: Column, chosen: Column) -> Column:
    """(N,) bool: which of the ids are chosen. Neither need be sorted."""
    if not len(chosen):
        return np.zeros(len(ids), bool)
    return found_rows(np.sort(chosen), ids)[1]


def ranks(values: Column) -> Column:
    """(N,) int64 below N: the same for the same value, higher for a higher one."""
    found: Column = np.sort(values).searchsorted(values)
    return found
