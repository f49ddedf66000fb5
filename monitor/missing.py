"""What is not known counts as nothing."""

import numpy as np

from decoders.table import Column


def or_zero(values: Column) -> Column:
    """The values, 0 for NaN: `np.nan_to_num` without its search for infinities, which takes nine tenths of its time."""
    return np.where(np.isnan(values), 0.0, values)
