"""What the records of one category say, before it is known which of them are believed."""

from dataclasses import dataclass

from decoders.table import Column


@dataclass(frozen=True, slots=True)
class Reading:
    """N records. Columns that a category does not have are left out; they come out as missing."""

    source: Column  # (N,) int64, SAC * 256 + SIC of the radar that it is about
    is_report: Column  # (N,) bool: of a target; the others are about the radar itself
    report: dict[str, Column]  # columns of RadarReports, (N,) each
    health: dict[str, Column]  # columns of RadarHealth, (N,) each
    is_impossible: Column  # (N,) bool: something in it cannot be
