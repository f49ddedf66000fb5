"""Targets in binary: TTD of IEC 61162-1, armoured as AIS is, 90 bits a target.

    !--TTD,<total>,<number>,<sequence>,<payload>,<fill>*hh      total and number hexadecimal, sequence 0 to 9 or empty

A target never goes over the end of its sentence, so each sentence is read for itself and none waits for the others of
its message. A payload that is not a whole number of targets is refused: there is at least one program that puts AIS
messages into this sentence. The sentence tells no time.
"""

import numpy as np

from decoders.ais.sentence import ARMOUR
from decoders.lookup import windows
from decoders.radar.columns import RadarFlag, RadarFormat, TrackStatus
from decoders.radar.fields import Fields
from decoders.radar.wire import METRES_PER_NM, N_A_RANGE, N_A_SPEED, TARGET_CHARS, TARGET_SLOTS
from decoders.rejects import Reason
from decoders.table import Column

N_FIELDS = 5
TOTAL, NUMBER, SEQUENCE, PAYLOAD, FILL = range(N_FIELDS)
HIGH_CHARS = 10  # of a target: 60 bits, and 30 are left; no field stands in both
HIGH_BITS, LOW_BITS = 6 * HIGH_CHARS, 6 * (TARGET_CHARS - HIGH_CHARS)
CIRCLE = 3600  # tenths of a degree; codes from here on mean "not available" or nothing
NO_TARGET = 0  # target number
# by wire code; 0 "not tracking" is not confirmed, 3 and 5 are reserved, 6 and 7 tracked with a CPA alarm
STATUS = np.array([0, 0, 3, -1, 1, -1, 1, 1], np.int8)
assert (STATUS[[1, 2, 4]] == (TrackStatus.TENTATIVE, TrackStatus.LOST, TrackStatus.TRACKED)).all()
TEST, RELATIVE_MOTION = int(RadarFlag.TEST), int(RadarFlag.RELATIVE_MOTION)
THROUGH_WATER, POOR_TIME = int(RadarFlag.THROUGH_WATER), int(RadarFlag.POOR_TIME)
BAD = 255


def read_ttd(fields: Fields) -> tuple[Column, dict[str, Column], Column]:
    """The reason of each of N sentences, int8; of the M targets in the sound ones the columns and the sentence."""
    reason = envelope_reason(fields)
    fine = (reason == Reason.DECODED).nonzero()[0]
    begin, n_targets = fields.begin[PAYLOAD, fine], fields.width[PAYLOAD, fine] // TARGET_CHARS
    sentence = np.repeat(fine, n_targets)
    nth = np.arange(len(sentence)) - np.repeat(np.cumsum(n_targets) - n_targets, n_targets)
    symbols = SYMBOL.take(windows(fields.source, np.repeat(begin, n_targets) + nth * TARGET_CHARS, TARGET_CHARS))
    reason[sentence[(symbols == BAD).any(axis=1)]] = Reason.BAD_ARMOUR
    values = slots_of(symbols)
    is_other_version = (values["version"] != 0) & (reason[sentence] == Reason.DECODED)
    reason[sentence[is_other_version]] = Reason.UNKNOWN_TYPE
    kept = ((reason[sentence] == Reason.DECODED) & (values["number"] != NO_TARGET)).nonzero()[0]
    return reason, target_columns({name: value[kept] for name, value in values.items()}), sentence[kept]


def envelope_reason(fields: Fields) -> Column:
    """(N,) int8: DECODED, or what is wrong with the fields around the payload."""
    total, number = hexadecimal(fields, TOTAL), hexadecimal(fields, NUMBER)
    width, first = fields.width, fields.source[fields.begin]
    is_digit = (first >= ord("0")) & (first <= ord("9"))
    is_form = (fields.n_fields == N_FIELDS) & (number >= 1) & (number <= total)
    is_form &= (width[SEQUENCE] == 0) | ((width[SEQUENCE] == 1) & is_digit[SEQUENCE])
    is_form &= (width[FILL] == 1) & is_digit[FILL] & (first[FILL] <= ord("5"))
    n_bits = 6 * width[PAYLOAD] - (first[FILL].astype(np.int64) - ord("0"))
    is_whole = n_bits % (6 * TARGET_CHARS) == 0
    found = np.full(len(total), Reason.DECODED, np.int8)
    found[~is_whole] = Reason.BAD_FORM
    found[width[PAYLOAD] == 0] = Reason.EMPTY_PAYLOAD
    found[~is_form] = Reason.BAD_FORM
    return found


def hexadecimal(fields: Fields, place: int) -> Column:
    """(N,) int64, a field of one or two hexadecimal digits; -1 where it is none."""
    begin, width = fields.begin[place], fields.width[place]
    high, low = NIBBLE.take(fields.source[begin]), NIBBLE.take(fields.source[begin + np.maximum(width - 1, 0)])
    value = np.where(width == 2, 16 * high + low, low)
    return np.where((width >= 1) & (width <= 2) & (high >= 0) & (low >= 0), value, -1)


def slots_of(symbols: Column) -> dict[str, Column]:
    """The raw integers of each target. (M, 15) uint8 -> (M,) int64 each."""
    wide = symbols.astype(np.int64)
    high = wide[:, :HIGH_CHARS] @ 64 ** np.arange(HIGH_CHARS - 1, -1, -1)
    low = wide[:, HIGH_CHARS:] @ 64 ** np.arange(TARGET_CHARS - HIGH_CHARS - 1, -1, -1)
    values = {}
    for name, (start, width) in TARGET_SLOTS.items():
        word, end = (high, HIGH_BITS) if start < HIGH_BITS else (low, HIGH_BITS + LOW_BITS)
        values[name] = word >> (end - start - width) & ((1 << width) - 1)
    return values


def target_columns(values: dict[str, Column]) -> dict[str, Column]:
    """Raw integers to the columns of `RadarReports`."""
    flags = values["is_test"] * TEST | values["is_relative"] * RELATIVE_MOTION | values["is_water"] * THROUGH_WATER
    return {
        "format": np.full(len(flags), RadarFormat.TTD, np.int8),
        "track_no": values["number"].astype(np.int32),
        "status": STATUS.take(values["status"]),
        "flags": (flags | POOR_TIME).astype(np.int32),
        "range_m": known(values["range"], N_A_RANGE) * (METRES_PER_NM / 100.0),
        "bearing_deg": known(values["bearing"], CIRCLE) / 10.0,
        "sog_kn": known(values["speed"], N_A_SPEED) / 10.0,
        "cog_deg": known(values["course"], CIRCLE) / 10.0,
    }


def known(value: Column, missing: int) -> Column:
    """(M,) float64, NaN from the code for "missing" on."""
    return np.where(value < missing, value, np.nan)


def _symbols() -> Column:
    table = np.full(256, BAD, np.uint8)
    table[ARMOUR] = np.arange(64)
    return table


def _nibbles() -> Column:
    table = np.full(256, -1, np.int64)
    for value, digits in enumerate(zip(b"0123456789ABCDEF", b"0123456789abcdef", strict=True)):
        table[list(digits)] = value
    return table


SYMBOL, NIBBLE = _symbols(), _nibbles()
