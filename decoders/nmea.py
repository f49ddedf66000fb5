"""The envelope of an AIS sentence: `!AIVDM,<count>,<number>,<sequence>,<channel>,<payload>,<fill>*hh`.

Fields are found by their commas, all sentences of a block at once (IEC 61162-1 clause 8.3.90 VDM, VDO).
"""

from dataclasses import dataclass

import numpy as np

from decoders.framing import Sentences
from decoders.lookup import windows
from decoders.rejects import Reason
from decoders.table import Column, Table

COMMA = b","[0]
N_COMMAS = 6
FILL_UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Envelopes(Table):
    """One row for each sentence; meaningful where reason is DECODED."""

    reason: Column  # (S,) int8
    count: Column  # (S,) int8, fragments in the message
    number: Column  # (S,) int8, this fragment, from 1
    sequence: Column  # (S,) int16, -1 where empty
    channel: Column  # (S,) uint8, its character; 0 where empty
    is_own_ship: Column  # (S,) bool, VDO
    payload: Column  # (S,) int64, offset of its first character
    n_chars: Column  # (S,) int64, its length
    fill: Column  # (S,) int8, 0..5 or FILL_UNKNOWN


def envelopes_of(source: Column, sentences: Sentences, commas: Column) -> Envelopes:
    """Read the envelope of every sentence. (B,) uint8, padded; S rows; (C,) offsets of all commas -> S rows."""
    start, star = sentences.start, sentences.star
    comma = commas_of(source, start, star, commas)
    head = windows(source, start, HEAD_BYTES).view("<u8")[:, 0]
    is_ais = ((head & HEAD_MASK) == HEAD) & (comma[0] == start + 6)
    is_own_ship = (head & HEAD_OWN) > 0
    channel_at, payload_at, end_at = comma[3], comma[4], comma[5]
    is_near = comma[4] == comma[3] + 1
    if is_near.any():  # the channel is empty, or
        # one comma too many (some plotters put an empty field before the channel) shifts what follows by one
        extra = is_near & (comma[6] < star) & (comma[5] == comma[4] + 2)
        channel_at, payload_at, end_at = (np.where(extra, comma[k + 1], comma[k]) for k in (3, 4, 5))
    has_fill_field = end_at < star
    end_at = np.minimum(end_at, star)
    count, number = source[comma[0] + 1].astype(np.int8) - ZERO, source[comma[1] + 1].astype(np.int8) - ZERO
    sequence, is_form = small_number(source, comma[2] + 1, comma[3])
    fill = source[end_at + 1].astype(np.int8) - ZERO
    is_fill_fine = has_fill_field & (end_at + 2 == star) & (fill >= 0) & (fill <= 5)
    is_form &= (comma[1] == comma[0] + 2) & (comma[2] == comma[1] + 2) & (comma[4] <= star)
    is_form &= (count >= 1) & (count <= 9) & (number >= 1) & (number <= count)
    n_chars = end_at - payload_at - 1
    is_odd = ~(is_ais & is_form & (n_chars > 0))
    reason = sentences.reason
    if is_odd.any():
        fine = reason == Reason.DECODED
        reason = reason.copy()
        reason[fine & ~is_form] = Reason.BAD_FORM
        reason[fine & is_form & (n_chars <= 0)] = Reason.EMPTY_PAYLOAD
        reason[fine & ~is_ais] = Reason.OTHER_NMEA
        n_chars = np.maximum(n_chars, 0)
    channel = source[channel_at + 1] * (payload_at - channel_at >= 2)
    fill[~is_fill_fine] = FILL_UNKNOWN
    return Envelopes(reason, count, number, sequence, channel, is_own_ship, payload_at + 1, n_chars, fill)


ZERO = np.int8(ord("0"))
NO_ENVELOPES = Envelopes(*(np.zeros(0, d) for d in ("i1", "i1", "i1", "i2", "u1", "?", "i8", "i8", "i1")))


# "!..VDM," and "!..VDO," as numbers: talkers are not looked at, nor the one bit in which M and O differ
HEAD_BYTES = 8
HEAD_OWN = np.uint64((ord("M") ^ ord("O")) << 40)
HEAD_MASK = np.uint64(int.from_bytes(b"\xff\0\0\xff\xff\xfd\xff\0", "little"))
HEAD = np.uint64(int.from_bytes(b"!\0\0VDM,\0", "little"))


def commas_of(source: Column, start: Column, star: Column, commas: Column) -> Column:
    """(N_COMMAS + 1, S) int64: the commas from each sentence's start on; beyond the last one, the source's end."""
    if len(commas) == N_COMMAS * len(start):  # as many as there should be, where they should be
        each = commas.reshape(-1, N_COMMAS)
        if (each[:, 0] > start).all() and (each[:, -1] < star).all():
            regular = np.empty((N_COMMAS + 1, len(start)), np.int64)
            regular[:-1] = each.T
            regular[-1] = len(source) - END
            return regular
    padded = np.append(commas, np.full(N_COMMAS + 1, len(source) - END))
    found: Column = padded[np.searchsorted(commas, start) + np.arange(N_COMMAS + 1)[:, None]]
    return found


END = 16  # bytes before the source's end, of its padding, at which missing commas are put


def small_number(source: Column, start: Column, end: Column) -> tuple[Column, Column]:
    """Numbers of at most two digits, each before a comma: value, int16, -1 where empty, and whether it is one."""
    value = FIRST_DIGIT.take(source[start])
    is_fine = value > NO_DIGIT
    rows = (end - start > 1).nonzero()[0]
    if len(rows):  # rare: more than one digit
        second = FIRST_DIGIT.take(source[start[rows] + 1])
        is_fine[rows] &= (value[rows] >= 0) & (second >= 0) & (end[rows] - start[rows] == 2)
        value[rows] = value[rows] * 10 + second
    return value, is_fine


def _first_digits() -> Column:
    """(256,) int16: what the first byte of a number says; a comma, that it is empty."""
    table = np.full(256, NO_DIGIT, np.int16)
    table[ord("0") : ord("9") + 1] = np.arange(10)
    table[COMMA] = -1
    return table


NO_DIGIT = -2
FIRST_DIGIT = _first_digits()
