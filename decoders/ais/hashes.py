"""One number for each payload, equal for equal payloads: how hearings of one transmission find each other."""

import struct

import numpy as np

from decoders.lookup import KEEP, MAX_BYTES, windows, words_of
from decoders.table import Column

FACTOR = 0x9E3779B97F4A7C15
MIX = 0xD6E8FEB86659FD93
SHIFT = 29
SHORT_CHARS = 32
LONG_CHARS = MAX_BYTES
# Fewer payloads than this are worked on one by one, in plain integers: a round of array operations costs more.
MIN_ROWS = 8


def payload_hash(source: Column, start: Column, n_chars: Column) -> Column:
    """(N,) uint64 of the armoured characters and their number. `source` is padded by LONG_CHARS."""
    total = n_chars.astype(np.uint64) * np.uint64(MIX)
    if not len(total):
        return total
    if int(n_chars.max()) <= SHORT_CHARS:
        return rounds(total, source, start, n_chars)
    # in groups, so that no matrix is mostly empty: position reports; static data; what is longer, one by one
    is_short, is_long = n_chars <= SHORT_CHARS, n_chars > LONG_CHARS
    for rows in (is_short.nonzero()[0], (~is_short & ~is_long).nonzero()[0]):
        if len(rows) >= MIN_ROWS:
            total[rows] = rounds(total[rows], source, start[rows], n_chars[rows])
        else:
            is_long[rows] = True
    for row in is_long.nonzero()[0].tolist():
        at = int(start[row])
        total[row] = hash_of(source[at : at + int(n_chars[row])].tobytes())
    return total


def rounds(total: Column, source: Column, start: Column, n_chars: Column) -> Column:
    """One round for each eight characters that a payload has, at least one."""
    n_words = np.maximum((n_chars + 7) >> 3, 1)
    most, least = int(n_words.max()), int(n_words.min())
    words = words_of(windows(source, start, 8 * most), n_chars)
    for i in range(most):
        mixed = (total ^ words[:, i]) * np.uint64(FACTOR)
        mixed ^= mixed >> np.uint64(SHIFT)
        total = mixed if i < least else np.where(i < n_words, mixed, total)
    return total


def equal_length_hash(rows: Column, n_chars: int) -> Column:
    """The same of payloads of one length, (N, 8 W) uint8; what stands behind their ends is not looked at."""
    words = rows.view("<u8")
    total = np.full(len(rows), n_chars * MIX & MASK, np.uint64)
    for i in range(words.shape[1]):
        total ^= words[:, i] & KEEP[n_chars, i]
        total *= np.uint64(FACTOR)
        total ^= total >> np.uint64(SHIFT)
    return total


def hash_of(payload: bytes) -> int:
    """The same of one payload."""
    total = len(payload) * MIX & MASK
    padded = payload + b"\0" * (-len(payload) % 8 or 8 * (not payload))
    for (word,) in WORDS.iter_unpack(padded):
        total = (total ^ word) * FACTOR & MASK
        total ^= total >> SHIFT
    return total


MASK = (1 << 64) - 1
WORDS = struct.Struct("<Q")
