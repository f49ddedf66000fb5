"""Targets as text: TTM (range and bearing) and TLL (latitude and longitude) of IEC 61162-1.

    $--TTM,number,distance,bearing,T|R,speed,course,T|R,CPA,TCPA,N|K|S,name,L|Q|T,R,hhmmss.ss,A|M|R
    $--TLL,number,ddmm.mm,N|S,dddmm.mm,E|W,name,hhmmss.ss,L|Q|T,R

Both are sent for the same target one after the other, and stay two rows. TTM ends with its reference mark before NMEA
3.0: time and acquisition may be absent. A sentence in which any field is not what it should be is refused as a whole: a
radar that garbles one field may garble the next. An empty field is not garbled, it says "unknown". The closest point of
approach is checked and not kept: it is the radar's, not a ship's.
"""

from dataclasses import dataclass

import numpy as np

from decoders.radar.columns import PLOT, RadarFlag, RadarFormat, TrackStatus
from decoders.radar.fields import Fields, Numbers, is_one_of, letters, numbers, texts
from decoders.radar.times import measured_at
from decoders.radar.wire import KNOTS_PER_UNIT, METRES_PER_UNIT
from decoders.table import Column

TTM_FIELDS, TTM_LEAST, TLL_FIELDS = 15, 13, 9
MAX_NUMBER = 9999  # IEC 61162-1 has up to 1023; four digits were seen
TTM_NUMBERS = (1, 2, 3, 5, 6, 8, 9, 14)
TTM_LETTERS = {4: b"TR", 7: b"TR", 10: b"NKS", 12: b"LQT", 13: b"R", 15: b"AMR"}
TLL_NUMBERS = (1, 2, 4, 7)
TLL_LETTERS = {3: b"NS", 5: b"EW", 8: b"LQT", 9: b"R"}
LETTER_R, LETTER_M, SOUTH, WEST = b"RMSW"
RELATIVE_BEARING, RELATIVE_MOTION = int(RadarFlag.RELATIVE_BEARING), int(RadarFlag.RELATIVE_MOTION)
POOR_TIME, MANUAL, REFERENCE = int(RadarFlag.POOR_TIME), int(RadarFlag.MANUAL), int(RadarFlag.REFERENCE)


@dataclass(frozen=True, slots=True)
class Told:
    """What sentences of one kind said: columns of `RadarReports` or `RadarHealth`, meaningful where it is fine."""

    columns: dict[str, Column]
    is_fine: Column  # (N,) bool


def read_ttm(fields: Fields, t_heard_unix_s: Column) -> Told:
    """Tracked targets, one a sentence."""
    number = numbers(fields, TTM_NUMBERS)
    track_no, distance, bearing, speed, course, cpa, _, clock = number.value
    letter = {field: letters(fields, field) for field in TTM_LETTERS}
    t_unix_s, is_poor, is_fine = measured_at(clock, number.n_whole[-1], t_heard_unix_s)
    is_fine &= number.is_fine.all(axis=0) & (fields.n_fields >= TTM_LEAST) & (fields.n_fields <= TTM_FIELDS)
    for field, allowed in TTM_LETTERS.items():
        is_fine &= is_one_of(letter[field], allowed)
    is_fine &= is_track_no(fields, number) & is_circle(bearing) & is_circle(course)
    # NaN passes; a distance or speed without its unit says nothing
    is_fine &= ~(distance < 0) & ~(speed < 0) & ~(cpa < 0)
    is_fine &= (letter[10] != 0) | (np.isnan(distance) & np.isnan(speed))
    flags = (letter[4] == LETTER_R) * RELATIVE_BEARING | (letter[7] == LETTER_R) * RELATIVE_MOTION
    flags |= (letter[13] == LETTER_R) * REFERENCE | (letter[15] == LETTER_M) * MANUAL | is_poor * POOR_TIME
    columns = {
        "format": np.full(len(track_no), RadarFormat.TTM, np.int8),
        "t_unix_s": t_unix_s,
        "track_no": codes_of(track_no),
        "status": STATUS.take(letter[12]),
        "flags": flags.astype(np.int32),
        "range_m": distance * METRES.take(letter[10]),
        "bearing_deg": bearing % 360.0,
        "sog_kn": speed * KNOTS.take(letter[10]),
        "cog_deg": course % 360.0,
        "name": texts(fields, 11),
    }
    return Told(columns, is_fine)


def read_tll(fields: Fields, t_heard_unix_s: Column) -> Told:
    """Positions of targets, one a sentence."""
    number = numbers(fields, TLL_NUMBERS)
    track_no, lat, lon, clock = number.value
    letter = {field: letters(fields, field) for field in TLL_LETTERS}
    t_unix_s, is_poor, is_fine = measured_at(clock, number.n_whole[-1], t_heard_unix_s)
    is_fine &= number.is_fine.all(axis=0) & (fields.n_fields == TLL_FIELDS)
    for field, allowed in TLL_LETTERS.items():
        is_fine &= is_one_of(letter[field], allowed)
    lat_deg, is_lat = degrees_of(lat, 90.0)
    lon_deg, is_lon = degrees_of(lon, 180.0)
    is_fine &= is_track_no(fields, number) & is_lat & is_lon
    # all four or none: a position without its hemisphere is two positions
    has_lat, has_lon = ~np.isnan(lat), ~np.isnan(lon)
    is_fine &= (has_lat == has_lon) & (has_lat == (letter[3] != 0)) & (has_lon == (letter[5] != 0))
    columns = {
        "format": np.full(len(track_no), RadarFormat.TLL, np.int8),
        "t_unix_s": t_unix_s,
        "track_no": codes_of(track_no),
        "status": STATUS.take(letter[8]),
        "flags": ((letter[9] == LETTER_R) * REFERENCE | is_poor * POOR_TIME).astype(np.int32),
        "lat_deg": np.where(letter[3] == SOUTH, -lat_deg, lat_deg),
        "lon_deg": np.where(letter[5] == WEST, -lon_deg, lon_deg),
        "name": texts(fields, 6),
    }
    return Told(columns, is_fine)


def is_track_no(fields: Fields, number: Numbers) -> Column:
    """(N,) bool: the first field holds digits alone, or nothing."""
    found: Column = (fields.width[0] == number.n_whole[0]) & ~(number.value[0] > MAX_NUMBER)
    return found


def is_circle(value_deg: Column) -> Column:
    """(N,) bool: 0 to 360 degrees, or not known."""
    found: Column = ~(value_deg < 0.0) & ~(value_deg > 360.0)
    return found


def degrees_of(value: Column, most_deg: float) -> tuple[Column, Column]:
    """dddmm.mm as degrees, and whether it is such a number, or not known; all (N,)."""
    whole = np.floor(value / 100.0)
    minutes = value - 100.0 * whole
    degrees = whole + minutes / 60.0
    return degrees, ~(value < 0.0) & ~(minutes >= 60.0) & ~(degrees > most_deg)


def codes_of(value: Column) -> Column:
    """(N,) int32; PLOT where there is no number, or one that refuses the sentence."""
    return np.where(value <= MAX_NUMBER, value, PLOT).astype(np.int32)


def _by_letter(values: dict[bytes, float], otherwise: float) -> Column:
    table = np.full(256, otherwise)
    for letter, value in values.items():
        table[letter[0]] = value
    return table


METRES, KNOTS = _by_letter(METRES_PER_UNIT, np.nan), _by_letter(KNOTS_PER_UNIT, np.nan)
STATUSES = {b"Q": TrackStatus.TENTATIVE, b"T": TrackStatus.TRACKED, b"L": TrackStatus.LOST}
STATUS = _by_letter({letter: float(code) for letter, code in STATUSES.items()}, TrackStatus.UNKNOWN).astype(np.int8)
