"""Position rows made ready for the track table: as blocks of columns for many, as `Report`s for a few.

Both forms say the same: a stamp for every row, what is coarse, what is a repeat, and which of several fixes of one
instant is the better one (`tie`).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from decoders.columns import Flag, Positions, TimeSource
from decoders.table import Column

LATE_S = 120.0  # domain 2.3: two-clock logic accepts reports up to this far behind
FINE = 1 << 62
IS_COARSE, IS_DUPLICATE = int(Flag.COARSE), int(Flag.DUPLICATE)  # plain integers: an enum costs 1 us a look
IS_ARRIVAL = np.isin(np.arange(len(TimeSource)), (TimeSource.NONE, TimeSource.CARRIED, TimeSource.CHUNK))

# rows of the integer block, in the order of Report's fields after the floats
NAV, SECOND, ACCURATE, COARSE, FLAGS, STATION, TIE, TYPE, MMSI, DUPLICATE = range(10)
FLOATS = ("t_unix_s", "lat_deg", "lon_deg", "sog_kn", "cog_deg", "heading_deg", "turn_deg_per_min", "altitude_m")
OTHERS = (
    *("nav_status", "utc_second", "is_accurate", "flags", "station", "type", "mmsi"),
    *("time_source", "line", "payload_hash"),
)


@dataclass(frozen=True, slots=True)
class Report:
    """One position row; fields in the order of the two blocks that `blocks_of` makes."""

    t_unix_s: float
    lat_deg: float
    lon_deg: float
    sog_kn: float
    cog_deg: float
    heading_deg: float
    turn_deg_per_min: float
    altitude_m: float
    nav_status: int
    utc_second: int
    is_accurate: int
    is_coarse: int
    flags: int
    station: int
    tie: int
    type: int
    mmsi: int
    is_duplicate: int


def blocks_of(positions: Positions, now_unix_s: float) -> tuple[Column, Column]:
    """The rows as a (8, N) float64 block in the order of FIX and a (10, N) int64 block of codes.

    Rows without a time, or with one more than LATE_S ahead of now, get `now_unix_s`.
    """
    n = len(positions.mmsi)
    floats = np.empty((8, n))
    for k, name in enumerate(FLOATS):
        floats[k] = getattr(positions, name)
    codes = np.empty((10, n), np.int64)
    is_unstamped = np.isnan(floats[0])
    # A stamp far ahead is a station's wrong clock. Taken as it stands it would make every true report after it late.
    is_unstamped |= floats[0] > now_unix_s + LATE_S
    floats[0][is_unstamped] = now_unix_s
    codes[NAV] = positions.nav_status
    codes[SECOND] = positions.utc_second
    codes[ACCURATE] = positions.is_accurate
    codes[COARSE] = (positions.flags & IS_COARSE) != 0
    codes[FLAGS] = positions.flags
    codes[STATION] = positions.station
    codes[TYPE] = positions.type
    codes[MMSI] = positions.mmsi
    codes[DUPLICATE] = (positions.flags & IS_DUPLICATE) != 0
    # Of several fixes of one instant one stays. Where the stamp is the arrival of a whole chunk the later line is the
    # later fix; where it is the message's own, order of arrival says nothing, and the payload decides.
    source = positions.time_source
    is_arrival = is_unstamped | IS_ARRIVAL[source]
    codes[TIE] = np.where(is_arrival, positions.line, (positions.payload_hash >> 3).astype(np.int64))
    codes[TIE] |= np.where(codes[COARSE], 0, FINE)
    return floats, codes


def reports_of(positions: Positions, now_unix_s: float) -> list[Report]:
    """The same rows one by one."""
    floats = zip(*(getattr(positions, name).tolist() for name in FLOATS), strict=True)
    codes = zip(*(getattr(positions, name).tolist() for name in OTHERS), strict=True)
    return [_report(list(a), b, now_unix_s) for a, b in zip(floats, codes, strict=True)]


def _report(floats: list[float], codes: tuple[int, ...], now_unix_s: float) -> Report:
    nav_status, second, is_accurate, flags, station, message_type, mmsi, source, line, payload_hash = codes
    is_unstamped = not floats[0] <= now_unix_s + LATE_S
    if is_unstamped:
        floats[0] = now_unix_s
    is_coarse = int(flags & IS_COARSE != 0)
    tie = line if is_unstamped or IS_ARRIVAL[source] else payload_hash >> 3
    tie |= 0 if is_coarse else FINE
    is_duplicate = int(flags & IS_DUPLICATE != 0)
    integers = (nav_status, second, is_accurate, is_coarse, flags, station, tie, message_type, mmsi, is_duplicate)
    values: list[Any] = [*floats, *integers]
    return Report(*values)
