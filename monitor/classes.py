"""What kind of station an MMSI and the message types heard under it say it is, and how fast such a thing can be.

Forms of MMSI: ITU-R M.585-9. A form says more than a message type (a beacon sends type 1 like a ship), so it wins.
"""

import numpy as np

from alerts.picture import StationClass
from decoders.table import Column

# Numbers that sets leave the factory with or that hands type in: any number of vessels share them, so two places under
# one of them are two vessels and never a jump.
SHARED_MMSI = frozenset(
    {0, 1, 1193046, 123456, 1234567, 12345678, 123456789, 987654321, 999999999, 1073741823}
    | {int(str(digit) * 9) for digit in range(1, 10)}
)

A_TYPES = sum(1 << k for k in (1, 2, 3, 5, 11, 27))
B_TYPES = sum(1 << k for k in (18, 19, 24))

JUMP_KN = 60.0  # domain D18: nothing but the fast ones below is that fast
HIGH_SPEED_KN = 3 * 45.0  # ship types 40 to 49, high speed craft
AIRCRAFT_KN = 3 * 300.0  # search and rescue aeroplanes


def class_of_form(mmsi: Column) -> Column:
    """(N,) int8 StationClass that the form of the MMSI alone tells, UNKNOWN for an ordinary ship's."""
    found = np.full(len(mmsi), StationClass.UNKNOWN, np.int8)
    first_three = mmsi // 1_000_000
    found[(first_three == 970) | (first_three == 972) | (first_three == 974)] = StationClass.BEACON
    found[first_three == 111] = StationClass.AIRCRAFT
    found[(mmsi >= 2_000_000) & (mmsi < 8_000_000)] = StationClass.BASE  # 00MIDxxxx, MID 2 to 7
    found[mmsi // 10_000_000 == 99] = StationClass.AID
    found[mmsi // 10_000_000 == 98] = StationClass.CRAFT
    found[mmsi // 100_000_000 == 8] = StationClass.HANDHELD
    return found


def class_of_types(form_class: Column, heard_types: Column) -> Column:
    """(N,) int8 StationClass from the MMSI's form and the bits of the types heard, in no matter which order."""
    found = np.full(len(form_class), StationClass.UNKNOWN, np.int8)
    found[heard_types & 1 << 4 != 0] = StationClass.BASE
    found[heard_types & 1 << 21 != 0] = StationClass.AID
    found[heard_types & 1 << 9 != 0] = StationClass.AIRCRAFT
    found[heard_types & B_TYPES != 0] = StationClass.B
    found[heard_types & A_TYPES != 0] = StationClass.A
    known = form_class != StationClass.UNKNOWN
    found[known] = form_class[known]
    return found


def fastest_kn(station_class: int, ship_type: int) -> float:
    """Above this an implied speed is impossible (domain D18): 60 kn, or three times what the type can do."""
    if station_class == StationClass.AIRCRAFT:
        return AIRCRAFT_KN
    return HIGH_SPEED_KN if 40 <= ship_type <= 49 else JUMP_KN
