"""What forms an MMSI may have (ITU-R M.585-9): MIDs, prefixes, beacons.

Ships are MID plus six digits; 00MID is a coast station, 0MID a group, 111MID an aircraft, 99MID an aid to navigation,
98MID a craft of a mother ship, 8MID a handheld; 970, 972 and 974 are locating devices. A MID is 201 to 775.
"""

import numpy as np

from decoders.columns import Flag
from decoders.table import Column

MILLION = 1_000_000
N_MILLIONS = (1 << 30) // MILLION + 1
NEVER = 1 << 40  # a divisor that leaves no MID
IS_MID = (np.arange(1000) >= 201) & (np.arange(1000) <= 775)
IS_SHIP = np.append(IS_MID, np.zeros(N_MILLIONS - 1000, bool))
IS_BEACON = np.isin(np.arange(N_MILLIONS), (970, 972, 974))


def _divisors() -> Column:
    """(N_MILLIONS,) int64: by what to divide a number with these first digits so that a MID, if any, ends it."""
    divisor = np.full(N_MILLIONS, NEVER)
    divisor[:10], divisor[10:100] = 10_000, 100_000
    divisor[111] = 1000
    divisor[800:900] = 100_000
    divisor[980:1000] = 10_000
    return divisor


DIVISORS = _divisors()


def odd_rows(mmsi: Column) -> tuple[Column, Column]:
    """Rows of (N,) int64 numbers that have none of the forms, and rows of beacons; both ascending."""
    first = np.minimum(mmsi // MILLION, N_MILLIONS - 1)  # archives have numbers that no message could hold
    rows = (~IS_SHIP.take(first)).nonzero()[0]
    if not len(rows):
        return rows, rows
    others, first = mmsi[rows], first[rows]
    is_beacon = IS_BEACON.take(first)
    is_odd = ~(IS_MID.take(others // DIVISORS.take(first) % 1000) | is_beacon)
    return rows[is_odd], rows[is_beacon]


def mmsi_flags(mmsi: Column) -> Column:
    """(N,) int32: MMSI_ODD where the number has none of the forms."""
    flags = np.zeros(len(mmsi), np.int32)
    flags[odd_rows(mmsi)[0]] = Flag.MMSI_ODD
    return flags
