"""Tables of radar reports made of the few columns that a test is about."""

from typing import Any

import numpy as np

from decoders.columns import COLUMN_TYPES, TableT, missing
from decoders.radar.columns import RadarHealth, RadarReports


def table(kind: type[TableT], **columns: Any) -> TableT:
    """A table in which only these columns are reported; flags are 0."""
    n = len(next(iter(columns.values())))
    made = {name: np.array(values, COLUMN_TYPES[name]) for name, values in columns.items()}
    made.setdefault("flags", np.zeros(n, np.int32))
    return kind(*(made[name] if name in made else missing(name, n) for name in kind.__dataclass_fields__))


def reports(**columns: Any) -> RadarReports:
    return table(RadarReports, **columns)


def health(**columns: Any) -> RadarHealth:
    return table(RadarHealth, **columns)
