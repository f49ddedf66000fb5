"""Bytes to sentences: where each one starts, ends, and whether it is whole.

    \\s:dover,c:1763884800*5C\\!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23,station,1300000000\\r\\n
    ^line                    ^start                                     ^star ^stop            ^line end

A sentence starts at every `!`, wherever that is, so a line that was cut, glued to another or begun with noise costs
only what was damaged. It ends two characters behind its `*`, before the next `!` and before the line's end. All of it
is index arithmetic over one block of whole lines; no byte is looked at in Python.
"""

from dataclasses import dataclass

import numpy as np

from decoders.rejects import Reason
from decoders.table import Column, Table

BANG, STAR, LINE_FEED, CARRIAGE_RETURN = b"!"[0], b"*"[0], 10, 13
MAX_SENTENCE_BYTES = 1024  # far beyond the 82 of IEC 61162-1: receivers write long ones, noise writes longer


@dataclass(frozen=True, slots=True)
class Sentences(Table):
    """One row for each `!`; offsets into the block."""

    start: Column  # (S,) int64, of the `!`
    star: Column  # (S,) int64, of the `*`; the stop where there is none
    stop: Column  # (S,) int64, one past the last byte that belongs to it
    line: Column  # (S,) int64, index of its line in the block
    reason: Column  # (S,) int8, `Reason`: DECODED where the frame is whole and the checksum right


@dataclass(frozen=True, slots=True)
class Lines(Table):
    """Every line of the block; a line ends with its LF."""

    start: Column  # (L,) int64
    end: Column  # (L,) int64, offset of the LF


def _hex_table() -> Column:
    table = np.full(256, -1, np.int16)
    for i, char in enumerate(b"0123456789ABCDEF"):
        table[char] = i
    for i, char in enumerate(b"abcdef"):
        table[char] = 10 + i
    return table


HEX = _hex_table()


def lines_of(block: Column) -> Lines:
    """The lines of a block that ends with LF. (B,) uint8 -> L rows."""
    end = np.flatnonzero(block == LINE_FEED)
    start = np.empty_like(end)
    start[:1] = 0
    start[1:] = end[:-1] + 1
    return Lines(start, end)


def sentences_of(block: Column, lines: Lines) -> Sentences:
    """Find every sentence of a block and check its frame and checksum."""
    start = np.flatnonzero(block == BANG)
    if not len(start):
        empty = np.zeros(0, np.int64)
        return Sentences(empty, empty, empty, empty, np.zeros(0, np.int8))
    line = np.searchsorted(lines.end, start)
    limit = lines.end[line]
    limit[:-1] = np.minimum(limit[:-1], start[1:])
    stars = np.flatnonzero(block == STAR)
    at = np.searchsorted(stars, start)
    star = np.append(stars, len(block))[at]
    has_star = star < limit
    has_checksum = star + 2 < limit
    star = np.where(has_star, star, limit)
    stop = np.where(has_checksum, star + 3, limit)
    reason = np.where(has_star | _ends_in_fill(block, limit), Reason.NO_CHECKSUM, Reason.CUT).astype(np.int8)
    told = np.where(has_checksum, checksum_reason(block, start, star, limit), reason).astype(np.int8)
    told[stop - start > MAX_SENTENCE_BYTES] = Reason.TOO_LONG
    return Sentences(start, star, stop, line, told)


def _ends_in_fill(block: Column, limit: Column) -> Column:
    """(S,) bool: the last field before the end is one digit. Such a sentence is no cut one: its sender adds no sum."""
    end = limit - (block[limit - 1] == CARRIAGE_RETURN)
    last = block[end - 1]
    found: Column = (block[end - 2] == ord(",")) & (last >= ord("0")) & (last <= ord("9"))
    return found


def has_right_sum(source: Column, first: Column, star: Column) -> Column:
    """(N,) bool: the XOR of all bytes from `first` on, before `star`, stands behind it as two hexadecimal digits.

    source : (B,) uint8, padded; first, star : (N,) int64, first <= star, in ascending order.
    """
    pairs = np.empty(2 * len(first), np.int64)
    pairs[0::2], pairs[1::2] = first, star
    computed = np.bitwise_xor.reduceat(source, pairs)[0::2] * (star > first)  # reduceat of nothing is its first byte
    high, low = HEX[source[star + 1]], HEX[source[star + 2]]
    found: Column = (high >= 0) & (low >= 0) & (computed == ((high << 4) | low))
    return found


def checksum_reason(block: Column, start: Column, star: Column, limit: Column) -> Column:
    """(S,) int8: DECODED, BAD_CHECKSUM, or NO_CHECKSUM where two hexadecimal digits do not follow the star."""
    last = len(block) - 1
    pairs = np.empty(2 * len(start), np.int64)
    pairs[0::2] = start + 1
    pairs[1::2] = np.minimum(star, last)
    # reduceat over [start + 1, star): a pair with start + 1 == star yields that byte, never a right checksum
    computed = np.bitwise_xor.reduceat(block, np.minimum(pairs, last))[0::2]
    high, low = HEX[block[np.minimum(star + 1, last)]], HEX[block[np.minimum(star + 2, last)]]
    is_hex = (high >= 0) & (low >= 0)
    is_right = is_hex & (computed == ((high << 4) | low))
    return np.where(is_right, Reason.DECODED, np.where(is_hex, Reason.BAD_CHECKSUM, Reason.NO_CHECKSUM))
