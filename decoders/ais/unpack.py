"""Payload bits to columns: all messages of one layout at once (ITU-R M.1371-5 annex 8, tables in wire.py).

A payload is a row of 6-bit symbols. Four symbols make a 24-bit word; a field is cut from the one, two or three words it
lies in. Text fields are runs of symbols, shifted when they do not start on a symbol's edge.
"""

import numpy as np

from decoders.ais.wire import Slot
from decoders.columns import DTYPES, missing
from decoders.table import Column

BAD = 255
SYMBOL_BITS = 6
WORD_BITS = 24


def _armour_table() -> Column:
    table = np.full(256, BAD, np.uint8)
    for value in range(64):
        table[value + 48 if value < 40 else value + 56] = value
    return table


ARMOUR = _armour_table()
# 6-bit ASCII, table 47: 0..31 are @A..Z[\]^_, 32..63 are blank to ?; @ ends a text
TEXT = np.array([64 + i if i < 32 else i for i in range(64)], np.uint8)


def symbols_of(source: Column, start: Column, n_chars: Column, width: int) -> tuple[Column, Column]:
    """(N, width) symbols, 0 beyond each payload's end, and (N,) whether every character read is of the alphabet.

    source : (B,) uint8, padded with at least `width` bytes behind the last payload.
    """
    view = np.lib.stride_tricks.sliding_window_view(source, width)
    symbols = ARMOUR.take(view[start])
    if len(n_chars) and n_chars.min() < width:
        beyond = np.arange(width) >= n_chars[:, None]
        symbols[beyond] = 0
    return symbols, symbols.max(axis=1, initial=0) < BAD


def words_of(symbols: Column) -> Column:
    """(W, N) int64 words of 24 bits, big end first; the symbols' width is a multiple of four."""
    s = symbols.reshape(len(symbols), symbols.shape[1] // 4, 4).astype(np.int64)
    return np.ascontiguousarray(((s[:, :, 0] << 18) | (s[:, :, 1] << 12) | (s[:, :, 2] << 6) | s[:, :, 3]).T)


def bits(words: Column, start: int, width: int) -> Column:
    """(N,) int64, the unsigned field of `width` bits (at most 48) at bit `start`."""
    first, last = start // WORD_BITS, (start + width - 1) // WORD_BITS
    value = words[first]
    for i in range(first + 1, last + 1):
        value = (value << WORD_BITS) | words[i]
    drop = (last + 1) * WORD_BITS - start - width
    value = value >> drop
    found: Column = value & ((1 << width) - 1)
    return found


def text(symbols: Column, start: int, n_chars: int, n_bits: Column) -> Column:
    """(N,) S<n_chars>: a text field; everything from the first @ on is dropped, outer blanks too.

    A character of which the message (n_bits long) holds only a part is no character: spare and fill bits behind a
    short type 21 would else look like an extension of the name.
    """
    first, shift = divmod(start, SYMBOL_BITS)
    run = symbols[:, first : first + n_chars]
    if shift:
        after = symbols[:, first + 1 : first + n_chars + 1]
        run = ((run << shift) | (after >> (SYMBOL_BITS - shift))) & 63
    chars = TEXT.take(run)
    ended = np.logical_or.accumulate(run == 0, axis=1)
    n_whole = (n_bits - start) // SYMBOL_BITS
    if len(n_whole) and n_whole.min() < n_chars:
        ended |= np.arange(n_chars) >= n_whole[:, None]
    chars[ended] = 0
    return np.char.strip(np.ascontiguousarray(chars).view(f"S{n_chars}")[:, 0])


def house_value(slot: Slot, wire: Column) -> Column:
    """Wire integers to the column's unit; the sentinel and what cannot be become missing."""
    if slot.least < 0:
        half = 1 << (slot.width - 1)
        wire = np.where(wire >= half, wire - 2 * half, wire)
    dtype = np.dtype(DTYPES[slot.name])
    if slot.name == "turn_deg_per_min":
        # table 48: (code / 4.733)^2, sign kept; +-127 say only "more than 5 degrees in 30 s", -128 nothing
        value = np.sign(wire) * (wire / 4.733) ** 2
        return np.where(np.abs(wire) > 126, np.nan, value)
    if dtype.kind == "f":
        is_known = (wire >= slot.least) & (wire <= slot.most)
        return np.where(is_known, wire / slot.factor, np.nan)
    if slot.name == "nav_status":
        return wire.astype(dtype)  # 15, "not defined", is a code of its own: a beacon under test sends it
    is_known = (wire <= slot.most) & ((wire != slot.missing) | (slot.missing == 0))
    return np.where(is_known, wire, -1).astype(dtype)


def column(slot: Slot, words: Column, symbols: Column, n_bits: Column) -> Column:
    """One column of one layout; missing where the message ends before the field does."""
    dtype = np.dtype(DTYPES.get(slot.name, f"S{slot.width // SYMBOL_BITS}"))
    if dtype.kind == "S":
        return text(symbols, slot.start, slot.width // SYMBOL_BITS, n_bits).astype(dtype)
    value = house_value(slot, bits(words, slot.start, slot.width))
    short = n_bits < slot.start + slot.width
    if short.any():
        value = np.where(short, missing(slot.name, 1)[0], value).astype(dtype)
    return value


def padded_width(n_bits: int) -> int:
    """Symbols for this many bits, rounded up to whole words, with one word to spare for shifted texts."""
    return -(-n_bits // WORD_BITS) * 4 + 4
