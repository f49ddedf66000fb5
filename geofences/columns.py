"""The array type of this package, and the two moves that lists of lists need."""

from typing import Any

import numpy as np
import numpy.typing as npt

Column = npt.NDArray[Any]


def spread(start: Column, count: Column) -> tuple[Column, Column]:
    """Write out slices: (owner, index), each (sum of count,) int64.

    start, count : (N,) int64. Slice i is start[i], start[i] + 1, ... and its rows have owner i.
    """
    owner = np.repeat(np.arange(len(count)), count)
    offset = start - (np.cumsum(count) - count)
    return owner, np.arange(len(owner)) + offset[owner]


def starts(sorted_key: Column, n_keys: int) -> Column:
    """(n_keys + 1,) int64: where each key's rows begin in a sorted column of keys 0 .. n_keys - 1."""
    found: Column = np.zeros(n_keys + 1, np.int64)
    np.cumsum(np.bincount(sorted_key, minlength=n_keys), out=found[1:])
    return found
