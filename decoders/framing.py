"""Bytes to sentences: where each one starts, ends, and whether it is whole.

    \\s:dover,c:1763884800*5C\\!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23,station,1300000000\\r\\n
    ^line                    ^start                                     ^star ^stop            ^line end

A sentence starts at every `!` and at every `$` of a radar's sentence, wherever that is, so a line that was cut, glued
to another or begun with noise costs only what was damaged. It ends two characters behind its `*`, before the next start
and before the line's end. All of it is index arithmetic over one block of whole lines; no byte is looked at in Python.
"""

from dataclasses import dataclass

import numpy as np

from decoders.lookup import windows
from decoders.rejects import Reason
from decoders.table import Column, Table

BANG, STAR, LINE_FEED, CARRIAGE_RETURN = b"!"[0], b"*"[0], 10, 13
MAX_SENTENCE_BYTES = 1024  # far beyond the 82 of IEC 61162-1: receivers write long ones, noise writes longer


@dataclass(frozen=True, slots=True)
class Sentences(Table):
    """One row for each start; offsets into the block."""

    start: Column  # (S,) int64, of the `!` or `$`
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
# (65536,) int16 by two characters read as one little-endian number; -1 of what is no digit leaves the sign set
HEX_PAIRS = ((HEX[None, :] << 4) | HEX[:, None]).ravel()


def lines_of(block: Column) -> Lines:
    """The lines of a block that ends with LF. (B,) uint8 -> L rows."""
    end = (block == LINE_FEED).nonzero()[0]
    start = np.empty_like(end)
    start[:1] = 0
    np.add(end[:-1], 1, out=start[1:])
    return Lines(start, end)


def sentences_of(source: Column, n_bytes: int, lines: Lines, dollars: Column) -> Sentences:
    """Find every sentence of a block and check its frame and checksum. source : (B,) uint8, of which the first
    `n_bytes` are the block; the rest is padding. dollars : offsets of each `$` that begins a sentence too."""
    block = source[:n_bytes]
    start = (block == BANG).nonzero()[0]
    if len(dollars):
        start = np.sort(np.concatenate([start, dollars]))
    if not len(start):
        return NO_SENTENCES
    if len(start) == len(lines) and (start <= lines.end).all() and (start >= lines.start).all():
        line, limit = np.arange(len(start)), lines.end  # one in each line, as most feeds have it
    else:
        line = np.searchsorted(lines.end, start)
        limit = lines.end[line]
        np.minimum(limit[:-1], start[1:], out=limit[:-1])
    star = (block == STAR).nonzero()[0]
    if len(star) != len(start) or not ((star > start).all() and (star < limit).all()):
        star = np.append(star, n_bytes)[np.searchsorted(star, start)]
    stop = np.minimum(star + 3, limit)
    is_whole = stop == star + 3
    if is_whole.all():
        reason = checksum_reason(told_sum(source, star), computed_sum(source, start + 1, star))
    else:
        has_star = star < limit
        star = np.where(has_star, star, limit)
        stop = np.where(is_whole, star + 3, limit)
        reason = np.where(has_star | ends_in_fill(source, limit), Reason.NO_CHECKSUM, Reason.CUT).astype(np.int8)
        start_whole, star_whole = start[is_whole], star[is_whole]
        told, computed = told_sum(source, star_whole), computed_sum(source, start_whole + 1, star_whole)
        reason[is_whole] = checksum_reason(told, computed)
    reason[stop - start > MAX_SENTENCE_BYTES] = Reason.TOO_LONG
    return Sentences(start, star, stop, line, reason)


NO_ROWS = np.zeros(0, np.int64)
NO_SENTENCES = Sentences(NO_ROWS, NO_ROWS, NO_ROWS, NO_ROWS, np.zeros(0, np.int8))


def ends_in_fill(source: Column, limit: Column) -> Column:
    """(S,) bool: the last field before the end is one digit. Such a sentence is no cut one: its sender adds no sum."""
    end = limit - (source[limit - 1] == CARRIAGE_RETURN)
    last = source[end - 1]
    found: Column = (source[end - 2] == ord(",")) & (last >= ord("0")) & (last <= ord("9"))
    return found


def has_right_sum(source: Column, first: Column, star: Column) -> Column:
    """(N,) bool: the XOR of all bytes from `first` on, before `star`, stands behind it as two hexadecimal digits.

    source : (B,) uint8, padded; first, star : (N,) int64, first <= star, in ascending order.
    """
    told = told_sum(source, star)
    found: Column = (told >= 0) & (told == computed_sum(source, first, star))
    return found


def checksum_reason(told: Column, computed: Column) -> Column:
    """(S,) int8: DECODED, BAD_CHECKSUM, or NO_CHECKSUM where two hexadecimal digits do not follow the star. As of
    `told_sum` and `computed_sum`."""
    reason = np.zeros(len(told), np.int8)
    wrong = (told != computed).nonzero()[0]
    if len(wrong):
        reason[wrong] = np.where(told[wrong] < 0, Reason.NO_CHECKSUM, Reason.BAD_CHECKSUM)
    return reason


def told_sum(source: Column, star: Column) -> Column:
    """(N,) int16: the two hexadecimal digits behind each star; negative where there are none."""
    told: Column = HEX_PAIRS.take(windows(source, star + 1, 2).view("<u2")[:, 0])
    return told


def computed_sum(source: Column, first: Column, star: Column) -> Column:
    """(N,) uint8: the XOR of all bytes from `first` on, before `star`, which is not before it; of none, 0."""
    pairs = np.empty(2 * len(first), np.int64)
    pairs[0::2], pairs[1::2] = first, star
    found: Column = np.bitwise_xor.reduceat(source, pairs)[0::2]
    nothing = (first == star).nonzero()[0]  # reduceat of nothing is its first byte
    if len(nothing):
        found[nothing] = 0
    return found
