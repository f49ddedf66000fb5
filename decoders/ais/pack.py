"""Wire integers and texts into 6-bit symbols, all rows at once. The reverse of `unpack`.

A field may lie anywhere; it is cut at the symbol borders it crosses and each piece is OR-ed into its column:

    bit      36        42        48
    symbols   |   6     |   7     |   8
    field           [38 ........ 46)          value >> 4 into 6, value << 2 into 7 (masked)
"""

import numpy as np

from decoders.table import Column

SIX_BITS = 6


def blank(n: int, n_bits: int) -> Column:
    """n payloads of n_bits zeros, (n, K) uint8, one 6-bit symbol a cell."""
    return np.zeros((n, -(-n_bits // SIX_BITS)), np.uint8)


def put_integer(symbols: Column, start: int, width: int, value: Column) -> None:
    """OR the low `width` bits of value, (N,) integers, two's complement if negative, into the symbols in place."""
    bits = value.astype(np.int64) & ((1 << width) - 1)
    for column in range(start // SIX_BITS, -(-(start + width) // SIX_BITS)):
        right = start + width - SIX_BITS * (column + 1)  # bits of the field that lie right of this symbol
        piece = bits >> right if right >= 0 else bits << -right
        symbols[:, column] |= (piece & 63).astype(np.uint8)


def put_text(symbols: Column, start: int, width: int, text: Column) -> None:
    """OR text, (N,) S<n>, into the symbols in place as 6-bit ASCII, padded with @ (0).

    Lower case becomes upper case; what the alphabet lacks becomes `?`; what is too long is cut.
    """
    n_chars = width // SIX_BITS
    if n_chars == 0:
        return
    codes = six_bit_codes(text, n_chars)
    first, offset = divmod(start, SIX_BITS)
    symbols[:, first : first + n_chars] |= codes >> offset
    if offset:
        symbols[:, first + 1 : first + 1 + n_chars] |= (codes << (SIX_BITS - offset)) & 63


def six_bit_codes(text: Column, n_chars: int) -> Column:
    """Characters of (N,) S<n> as 6-bit ASCII (ITU-R M.1371-5 table 47), (N, n_chars) uint8."""
    chars = np.ascontiguousarray(text).astype(f"S{n_chars}").view(np.uint8).reshape(len(text), n_chars)
    return SIX_BIT.take(chars)


def _six_bit_table() -> Column:
    table = np.full(256, ord("?"), np.uint8)
    table[0] = 0
    table[32:64] = np.arange(32, 64)
    table[64:96] = np.arange(32)
    table[ord("a") : ord("z") + 1] = np.arange(1, 27)
    return table


SIX_BIT = _six_bit_table()
