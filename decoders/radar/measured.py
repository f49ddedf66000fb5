"""What several ASTERIX categories say in the same way: when, where from the antenna, how fast, how sure, how big.

Each function gives columns in house units. Whether a value can be true is decided here as well: a value that cannot be
shows that the bytes mean something else, so the whole block is dropped by the decoder, not only the value.
"""

import numpy as np

from decoders.radar import units
from decoders.radar.records import Records
from decoders.table import Column

Pair = tuple[Column, Column]
Columns = dict[str, Column]

MOST_DAY_S = 86_401.0  # a leap second, or a sender that rounds up to midnight
MOST_RANGE_M = 256 * units.NM_M  # I048/040 ends there; no radar at the surface sees a third of it
MOST_SPEED_KN = 7200.0  # 2 NM/s, the end of I010/200
MOST_SIZE_M = 127.0  # of a 7-bit field: that or longer
SIX_BITS = np.array(
    [ord("@"), *range(ord("A"), ord("Z") + 1), *b"[\\]^_", *range(32, 64)], np.uint8
)  # as in AIS; only letters, digits and blank are defined (ICAO Annex 10, volume IV, table 3-9)


def measured_at(records: Records, name: str) -> tuple[Column, Column, Column]:
    """(instant, whether the record does not say, whether it cannot be): the time of day nearest to the reception.

    A time of day has no date. The reception has one, and is at most some seconds later, or the sender's clock is off:
    the day is the one that brings the two within 12 hours, whichever side of midnight either lies on.
    """
    time_s = records.quantity(name, 3, units.TIME_S)
    heard = records.t_heard_unix_s
    instant = np.floor(heard / units.DAY_S) * units.DAY_S + time_s
    instant = instant - np.rint((instant - heard) / units.DAY_S) * units.DAY_S
    is_unsaid = np.isnan(instant)
    return np.where(is_unsaid, heard, instant), is_unsaid, time_s > MOST_DAY_S


def latitude_longitude(records: Records, name: str, unit_deg: float) -> tuple[Column, Column, Column]:
    """(latitude, longitude, whether they cannot be) of 32 bits each."""
    lat_deg = records.quantity(name, 4, unit_deg, is_signed=True)
    lon_deg = records.quantity(name, 4, unit_deg, 4, is_signed=True)
    return lat_deg, lon_deg, (np.abs(lat_deg) > 90.0) | (np.abs(lon_deg) > 180.0)


def range_bearing(
    records: Records, polar: str, polar_unit_m: float, cartesian: str, cartesian_unit_m: float
) -> tuple[Column, Column, Column]:
    """(range, bearing, whether they cannot be): as measured, else from east and north, which saturate sooner."""
    range_m = records.quantity(polar, 2, polar_unit_m)
    bearing_deg = records.quantity(polar, 2, units.ANGLE_DEG, 2)
    is_cartesian = ~records.has(polar) & records.has(cartesian)
    if is_cartesian.any():
        east = records.quantity(cartesian, 2, cartesian_unit_m, is_signed=True)
        north = records.quantity(cartesian, 2, cartesian_unit_m, 2, is_signed=True)
        range_m = np.where(is_cartesian, np.hypot(east, north), range_m)
        bearing_deg = np.where(is_cartesian, direction_deg(east, north), bearing_deg)
    return range_m, bearing_deg, range_m > MOST_RANGE_M


def direction_deg(east: Column, north: Column) -> Column:
    """(N,) in [0, 360), clockwise from north."""
    turned: Column = np.degrees(np.arctan2(east, north)) % 360.0
    return np.where(turned >= 360.0, 0.0, turned)  # a hair below 0 rounds up to 360


def polar_motion(records: Records, name: str) -> Pair:
    """(speed, course) of a speed and a track angle."""
    return records.quantity(name, 2, units.POLAR_SPEED_KN), records.quantity(name, 2, units.ANGLE_DEG, 2)


def cartesian_motion(records: Records, name: str) -> Pair:
    """(speed, course) of a speed to the east and to the north. What stands still has no course."""
    unit_kn = units.CARTESIAN_SPEED_M_PER_S * units.KN_PER_M_PER_S
    east = records.quantity(name, 2, unit_kn, is_signed=True)
    north = records.quantity(name, 2, unit_kn, 2, is_signed=True)
    speed = np.hypot(east, north)
    return speed, np.where(speed > 0.0, direction_deg(east, north), np.nan)


def sigma(value_m: Column) -> Column:
    """A standard deviation; 0 is less than the unit, which no radar reaches: it says nothing."""
    return np.where(value_m > 0.0, value_m, np.nan)


def size(records: Records, name: str) -> Pair:
    """(length, width) of the echo."""
    length_m = np.where(records.has(name), records.extent(name, 0) >> 1, np.nan)
    has_width = (records.extent(name, 0) & records.extent(name, 1) & 1) == 1
    return length_m, np.where(has_width, records.extent(name, 2) >> 1, np.nan)


def label(records: Records, name: str, skip: int) -> Column:
    """(N,) S20: eight characters of 6 bits; b"" where none was sent."""
    text = np.zeros(len(records), "S20")
    rows = records.has(name).nonzero()[0]
    if len(rows):
        octets = records.octets(name, 6, skip)[rows].astype(np.int64)
        packed = octets @ (256 ** np.arange(5, -1, -1))
        codes = packed[:, None] >> np.arange(42, -1, -6) & 63
        letters = np.ascontiguousarray(SIX_BITS[codes])
        letters[letters == ord("@")] = ord(" ")
        text[rows] = np.char.strip(letters.view("S8")[:, 0])
    return text
