"""Radar tables made of the columns that a wire has; the others are missing."""

from decoders.columns import TableT, empty, missing
from decoders.radar.columns import RadarHealth, RadarReports
from decoders.table import Column

NO_REPORTS, NO_HEALTH = empty(RadarReports), empty(RadarHealth)


def table_of(kind: type[TableT], n: int, **columns: Column) -> TableT:
    """A table of n rows in which only these columns are told; `flags`, where it has them, must be."""
    return kind(*(columns[name] if name in columns else missing(name, n) for name in kind.__dataclass_fields__))
