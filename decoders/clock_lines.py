"""Lines that tell the AIS lines after them the time: $..RMC, $..ZDA and $PGHP, all of a block at once.

    $GPRMC,082913.000,A,5455.5854,N,01229.1706,E,4.95,140.48,310713,,,A*6C       field 1 the time, field 9 the date
    $GPZDA,114702.00,12,02,2012,00,00*6F                                         fields 1 to 4
    $PGHP,1,2010,6,11,11,46,11,390,231,45,992190934,1,2B*5B                      fields 2 to 8

Fields are found by their commas. Lines in which anything is odd are left for `carriers.line_time`, which is slow and
whose answer counts; this one equals it (tests/decoders/test_layouts.py).
"""

from dataclasses import dataclass

import numpy as np

from decoders import carriers
from decoders.columns import TimeSource
from decoders.framing import CARRIAGE_RETURN, STAR, has_right_sum
from decoders.layouts import calendar_s
from decoders.lookup import windows
from decoders.table import Column

MAX_DECIMALS = 3  # of the seconds; finer ones are read one by one
WIDEST_FIELD = 4  # digits of a whole number: a year


@dataclass(frozen=True, slots=True)
class Told:
    """What lines of another kind say."""

    is_clock: Column  # (N,) bool: a sentence that may tell the time; others tell none
    is_read: Column  # (N,) bool; False: to be read by `carriers.line_time`
    t_unix_s: Column  # (N,) float64; NaN: none
    time_source: Column  # (N,) int8


def told_by(source: Column, commas: Column, start: Column, end: Column) -> Told:
    """Read the lines, each from its $ at (N,) start to its LF at (N,) end. `source` is padded, `commas` its commas."""
    head = windows(source, start, 8)
    formatter = head[:, 3].astype(np.int32) << 16 | head[:, 4].astype(np.int32) << 8 | head[:, 5]
    is_rmc, is_zda = formatter == int.from_bytes(b"RMC"), formatter == int.from_bytes(b"ZDA")
    is_pghp = (head[:, 1] == ord("P")) & (head[:, 2] == ord("G")) & (head[:, 3] == ord("H")) & (head[:, 4] == ord("P"))
    is_clock = is_rmc | is_zda | is_pghp
    is_read = np.ones(len(start), bool)
    t_unix_s = np.full(len(start), np.nan)
    time_source = np.zeros(len(start), np.int8)
    if is_clock.any():
        rows = np.flatnonzero(is_clock)
        fields = fields_of(source, commas, start[rows], end[rows])
        for mask, times, kind in (
            (is_rmc, rmc_times, TimeSource.CARRIED),
            (is_zda, zda_times, TimeSource.CARRIED),
            (is_pghp, pghp_times, TimeSource.PGHP),
        ):
            here = mask[rows]
            if here.any():
                t_unix_s[rows[here]] = times(fields.take(here))
                time_source[rows[here]] = kind
        fine = (t_unix_s > carriers.MIN_UNIX_S) & (t_unix_s < carriers.MAX_UNIX_S)
        is_read = ~is_clock | fine
        is_read[rows] &= fields.has_right_sum()
    return Told(is_clock, is_read, t_unix_s, time_source)


@dataclass(frozen=True, slots=True)
class Fields:
    """Where the fields of lines stand."""

    source: Column  # (B,) uint8
    start: Column  # (N,) int64, the $
    comma: Column  # (N_COMMAS, N) int64; the star where there are fewer
    star: Column  # (N,) int64

    def take(self, rows: Column) -> "Fields":
        return Fields(self.source, self.start[rows], self.comma[:, rows], self.star[rows])

    def has_right_sum(self) -> Column:
        """(N,) bool: the line ends in a star and the XOR of all before it."""
        fine = (self.star > self.start) & (self.source[self.star] == STAR)
        found: Column = fine & has_right_sum(self.source, self.start + 1, np.where(fine, self.star, self.start + 1))
        return found

    def begin(self, field: int) -> Column:
        """(N,) int64, the first byte of a field, from 1."""
        found: Column = self.comma[field - 1] + 1
        return found

    def width(self, field: int) -> Column:
        """(N,) int64, the bytes of a field; -1 where the line has no such field."""
        width: Column = self.comma[field] - self.comma[field - 1] - 1
        return width

    def whole(self, field: int) -> Column:
        """(N,) int64, a field of one to WIDEST_FIELD digits; -1 where it is anything else."""
        width = self.width(field)
        digit = windows(self.source, self.comma[field] - WIDEST_FIELD, WIDEST_FIELD).astype(np.int64) - ord("0")
        is_used = np.arange(WIDEST_FIELD) >= WIDEST_FIELD - width[:, None]
        fine = (width >= 1) & (width <= WIDEST_FIELD) & (~is_used | ((digit >= 0) & (digit <= 9))).all(axis=1)
        value: Column = np.where(is_used, digit, 0) @ np.array((1000, 100, 10, 1))
        return np.where(fine, value, -1)

    def pairs(self, field: int) -> tuple[Column, Column, Column, Column]:
        """The first six bytes of a field as three numbers of two digits, and whether they are, all (N,)."""
        digit = windows(self.source, self.begin(field), 6).astype(np.int64) - ord("0")
        fine = ((digit >= 0) & (digit <= 9)).all(axis=1) & (self.width(field) >= 6)
        value = digit[:, 0::2] * 10 + digit[:, 1::2]
        return value[:, 0], value[:, 1], value[:, 2], fine

    def clock(self, field: int) -> tuple[Column, Column, Column]:
        """hhmmss with or without decimals: hours, minutes, (N,) int64, and seconds, (N,) float64; NaN where odd."""
        hour, minute, second, fine = self.pairs(field)
        n_decimals = self.width(field) - 7
        decimal = windows(self.source, self.begin(field) + 6, 1 + MAX_DECIMALS).astype(np.int64)
        is_used = np.arange(MAX_DECIMALS) < n_decimals[:, None]
        digit = np.where(is_used, decimal[:, 1:] - ord("0"), 0)
        has_decimals = (decimal[:, 0] == ord(".")) & (n_decimals >= 1) & (n_decimals <= MAX_DECIMALS)
        has_decimals &= ((digit >= 0) & (digit <= 9)).all(axis=1)
        fine &= has_decimals | (n_decimals == -1)
        return hour, minute, np.where(fine, (second * 1000 + digit @ (100, 10, 1)) / 1000.0, np.nan)


N_COMMAS = 10


def fields_of(source: Column, commas: Column, start: Column, end: Column) -> Fields:
    """The fields of lines; the star is where the third last byte before the line's end is."""
    star = end - (source[end - 1] == CARRIAGE_RETURN) - 3
    padded = np.append(commas, np.full(N_COMMAS, len(source)))
    first = np.searchsorted(commas, start)
    comma = np.minimum(padded[first + np.arange(N_COMMAS)[:, None]], star)
    return Fields(source, start, comma, star)


def rmc_times(fields: Fields) -> Column:
    """(N,) float64, NaN where odd: the time of field 1, the date, ddmmyy, of field 9."""
    hour, minute, second = fields.clock(1)
    day, month, year, fine = fields.pairs(9)
    fine &= (fields.width(9) == 6) & (fields.comma[0] == fields.start + 6)
    minutes_s = calendar_s(2000 + year, month, day, hour, minute, np.zeros_like(hour))
    return np.where(fine, minutes_s + second, np.nan)


def zda_times(fields: Fields) -> Column:
    """(N,) float64, NaN where odd: the time of field 1; day, month and year in fields 2 to 4."""
    hour, minute, second = fields.clock(1)
    day, month, year = (fields.whole(i) for i in (2, 3, 4))
    minutes_s = calendar_s(year, month, day, hour, minute, np.zeros_like(hour))
    return np.where(fields.comma[0] == fields.start + 6, minutes_s + second, np.nan)


def pghp_times(fields: Fields) -> Column:
    """(N,) float64, NaN where odd: year to second in fields 2 to 7, milliseconds in field 8."""
    year, month, day, hour, minute, second, milli = (fields.whole(i) for i in range(2, 9))
    micro = calendar_s(year, month, day, hour, minute, second) * 1e6 + milli * 1e3
    fine = (milli >= 0) & (milli <= 999) & (fields.comma[0] == fields.start + 5)
    return np.where(fine, micro / 1e6, np.nan)
