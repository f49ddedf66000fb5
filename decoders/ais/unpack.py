"""Armoured payloads to bits: characters to symbols of six bits, symbols to words of 24 bits, words to fields.

    characters   1  3  a  E     two at a time through one table: 12 bits
    words       |------24-----| four characters
    double      |------24-----|------24-----|   each word and the one behind it: a field of up to 25 bits, or a wider
                       [field.......]           one that happens to fit, lies in one of them wherever it starts

Text fields are runs of symbols, shifted when they do not start on a symbol's edge.
"""

import numpy as np

from decoders.lookup import windows
from decoders.table import Column

BAD = 1 << 15  # in a pair, where one of its characters is outside the alphabet
SYMBOL_BITS = 6
WORD_BITS = 24
WORD_CHARS = WORD_BITS // SYMBOL_BITS
NOTHING = ord("0")  # the character of six zero bits: what stands behind a payload's end


def _pair_table() -> Column:
    """(65536,) uint16: 12 bits of two characters, read as one little-endian number."""
    symbol = np.full(256, BAD, np.uint32)
    for value in range(64):
        symbol[value + 48 if value < 40 else value + 56] = value
    pair = (symbol[None, :] << SYMBOL_BITS) | symbol[:, None]
    return np.where(pair >= BAD, BAD, pair).astype(np.uint16).ravel()


PAIRS = _pair_table()
# 6-bit ASCII, table 47: 0..31 are @A..Z[\]^_, 32..63 are blank to ?; @ ends a text
TEXT = np.array([64 + i if i < 32 else i for i in range(64)], np.uint8)


def pairs_of(source: Column, start: Column, n_chars: Column, width: int) -> Column:
    """(N, width / 2) uint16: 12 bits of every two characters, 0 beyond each payload's end, BAD where one is none.

    source : (B,) uint8, padded with at least `width` bytes behind the last payload; width : a multiple of four.
    """
    text = windows(source, start, width)
    if len(n_chars) and n_chars.min() < width:
        text[np.arange(width) >= n_chars[:, None]] = NOTHING
    return PAIRS.take(text.view("<u2"))


def words_of(pairs: Column) -> Column:
    """(N, 2 W) uint16 -> (N, W) uint32, 24 bits each. BAD pairs make nonsense."""
    doubled = pairs.view("<u4")
    words: Column = doubled << 12
    words |= doubled >> 16
    words &= 0xFFFFFF
    return words


def doubles_of(words: Column) -> Column:
    """(N, W) uint32 -> (N, W) int64, 48 bits: each word and the one behind it, the last one and nothing."""
    double = words.astype(np.int64) << WORD_BITS
    double[:, :-1] |= words[:, 1:]
    return double


def symbols_of(pairs: Column) -> Column:
    """(N, W) uint16 -> (N, 2 W) uint8."""
    symbols = np.empty((len(pairs), pairs.shape[1], 2), np.uint8)
    symbols[:, :, 0] = pairs >> SYMBOL_BITS
    symbols[:, :, 1] = pairs & 63
    return symbols.reshape(len(pairs), 2 * pairs.shape[1])


def dirty_rows(pairs: Column) -> Column:
    """(K,) int64: rows, ascending, with a character outside the alphabet."""
    if not len(pairs) or pairs.max() < BAD:
        return NO_ROWS
    found: Column = (pairs.max(axis=1) >= BAD).nonzero()[0]
    return found


NO_ROWS = np.zeros(0, np.int64)


def texts_of(symbols: Column, row: Column, start: Column, n_chars: Column, n_bits: Column) -> Column:
    """(N,) S<longest>: text fields of n_chars, which begin at bit `start` of a row of symbols, in messages of n_bits;
    everything from the first @ on is dropped. All (N,) but symbols, (M, K), with one to spare.

    A character of which the message holds only a part is no character: spare and fill bits behind a short type 21 would
    else look like an extension of the name.
    """
    longest = int(n_chars.max(initial=1))
    first, shift = np.divmod(start, SYMBOL_BITS)
    at = (row * symbols.shape[1] + first)[:, None] + np.arange(longest + 1)
    run = symbols.ravel().take(at, mode="clip")  # of a text shorter than the longest, the rest is not looked at
    shift = shift.astype(np.uint8)[:, None]
    run = ((run[:, :-1] << shift) | (run[:, 1:] >> (SYMBOL_BITS - shift))) & 63
    n_whole = np.minimum(n_chars, (n_bits - start) // SYMBOL_BITS)
    run[np.arange(longest) >= n_whole[:, None]] = 0
    chars = TEXT.take(run)
    chars[np.logical_or.accumulate(run == 0, axis=1)] = 0
    found: Column = chars.view(f"S{longest}")[:, 0]
    return found


def padded_width(n_bits: int) -> int:
    """Symbols for this many bits, rounded up to whole words, with one word to spare for shifted texts."""
    return -(-n_bits // WORD_BITS) * WORD_CHARS + WORD_CHARS
