"""The envelope of an AIS sentence: `!AIVDM,<count>,<number>,<sequence>,<channel>,<payload>,<fill>*hh`.

Fields are found by their commas, all sentences of a block at once (IEC 61162-1 clause 8.3.90 VDM, VDO).
"""

from dataclasses import dataclass

import numpy as np

from decoders.framing import Sentences
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


def envelopes_of(block: Column, sentences: Sentences, commas: Column) -> Envelopes:
    """Read the envelope of every sentence. (B,) uint8, S rows, (C,) offsets of all commas -> S rows."""
    n = len(sentences)
    padded = np.append(commas, np.full(N_COMMAS + 1, len(block)))
    first = np.searchsorted(commas, sentences.start)
    last = len(block) - 1
    comma = [padded[first + k] for k in range(N_COMMAS + 1)]

    def byte(at: Column) -> Column:
        return block[np.minimum(at, last)]

    start, star = sentences.start, sentences.star
    is_ais = (byte(start + 3) == ord("V")) & (byte(start + 4) == ord("D")) & (comma[0] == start + 6)
    formatter = byte(start + 5)
    is_ais &= (formatter == ord("M")) | (formatter == ord("O"))
    # one comma too many (some plotters put an empty field before the channel) shifts what follows by one
    extra = (comma[6] < star) & (comma[4] == comma[3] + 1) & (comma[5] == comma[4] + 2)
    channel_at = np.where(extra, comma[4], comma[3])
    payload_at = np.where(extra, comma[5], comma[4])
    end_at = np.where(extra, comma[6], comma[5])
    has_fill_field = end_at < star
    end_at = np.where(has_fill_field, end_at, star)
    count, number = byte(comma[0] + 1).astype(np.int16) - 48, byte(comma[1] + 1).astype(np.int16) - 48
    sequence, is_sequence_fine = small_number(block, comma[2] + 1, comma[3])
    fill = byte(end_at + 1).astype(np.int16) - 48
    is_fill_fine = has_fill_field & (end_at + 2 == star) & (fill >= 0) & (fill <= 5)
    is_form = (comma[1] == comma[0] + 2) & (comma[2] == comma[1] + 2) & (comma[4] <= star) & is_sequence_fine
    is_form &= (count >= 1) & (count <= 9) & (number >= 1) & (number <= count)
    n_chars = end_at - payload_at - 1
    reason = sentences.reason.copy()
    fine = reason == Reason.DECODED
    reason[fine & is_ais & ~is_form] = Reason.BAD_FORM
    reason[fine & is_ais & is_form & (n_chars <= 0)] = Reason.EMPTY_PAYLOAD
    reason[fine & ~is_ais] = Reason.OTHER_NMEA
    channel = np.where(payload_at - channel_at >= 2, byte(channel_at + 1), 0)
    return Envelopes(
        reason,
        count.astype(np.int8),
        number.astype(np.int8),
        sequence,
        channel.astype(np.uint8),
        formatter == ord("O"),
        payload_at + 1,
        np.maximum(n_chars, 0) if n else n_chars,
        np.where(is_fill_fine, fill, FILL_UNKNOWN).astype(np.int8),
    )


def small_number(block: Column, start: Column, end: Column) -> tuple[Column, Column]:
    """Numbers of at most two digits between offsets: value (-1 where empty) and whether it is one."""
    last = len(block) - 1
    width = end - start
    first = block[np.minimum(start, last)].astype(np.int16) - 48
    second = block[np.minimum(start + 1, last)].astype(np.int16) - 48
    is_digit, is_digit_2 = (first >= 0) & (first <= 9), (second >= 0) & (second <= 9)
    value = np.where(width == 1, first, np.where(width == 2, first * 10 + second, -1))
    is_fine = (width == 0) | ((width == 1) & is_digit) | ((width == 2) & is_digit & is_digit_2)
    return value.astype(np.int16), is_fine
