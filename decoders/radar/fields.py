"""Fields of sentences, all sentences of one kind at once: found by their commas, read as numbers, letters or texts.

    $RATTM, 1,1.033854,237.500000,,5.76,176.3,T, , ,N,ARPA 1,T, *22      blanks around a field are padding
           ^^ ^                   ^^            a field with nothing in it says "unknown": NaN, never 0

A number has an optional sign, digits and at most one point, nothing else: no exponent, no "nan". It is read as one
matrix product: where a digit stands in the field and where the point is tell its weight. Digits are summed as integers
and divided once, so the value is the nearest double, as float() gives it (up to 15 digits).
"""

from dataclasses import dataclass

import numpy as np

from decoders.lookup import windows, words_of
from decoders.table import Column

BLANK, MINUS, PLUS, CARET = b" -+^"
POINT_DIGIT = np.uint8(256 + ord(".") - ord("0"))
WORD, MAX_NUMBER = 8, 16  # characters; a number that needs more is none
TEXT_BYTES = 40  # whole words, at least MAX_TEXT
MAX_TEXT = 34  # characters of a name, as in every table


@dataclass(frozen=True, slots=True)
class Fields:
    """Where the fields of sentences of one kind stand, without blanks around them."""

    source: Column  # (B,) uint8, padded
    begin: Column  # (K, N) int64
    width: Column  # (K, N) int64; 0 also where the sentence has no such field
    n_fields: Column  # (N,) int64, behind the formatter, as many as the sentence has; may be more than K


def fields_of(source: Column, commas: Column, start: Column, star: Column, n_most: int) -> Fields:
    """The first `n_most` fields behind the formatter. (C,) all commas of the block; (N,) start, star."""
    first = np.searchsorted(commas, start)
    n_fields = np.searchsorted(commas, star) - first
    padded = np.append(commas, np.full(n_most + 1, len(source)))
    edge = np.minimum(padded[first + np.arange(n_most + 1)[:, None]], star)
    begin, end = np.minimum(edge[:-1] + 1, star), edge[1:]
    begin, width = trimmed(source, begin, np.maximum(end - begin, 0))
    return Fields(source, begin, width, n_fields)


def trimmed(source: Column, begin: Column, width: Column) -> tuple[Column, Column]:
    """Begin and width of the same fields without the blanks at both ends."""
    while (is_blank := (width > 0) & (source[begin] == BLANK)).any():
        begin, width = begin + is_blank, width - is_blank
    while (is_blank := (width > 0) & (source[begin + width - 1] == BLANK)).any():
        width = width - is_blank
    return begin, width


@dataclass(frozen=True, slots=True)
class Numbers:
    """Fields read as numbers, row by row in the order asked for."""

    value: Column  # (F, N) float64, NaN where the field is empty or no number
    n_whole: Column  # (F, N) int64, digits before the point
    is_fine: Column  # (F, N) bool: empty or a number


def numbers(fields: Fields, which: tuple[int, ...]) -> Numbers:
    """The given fields, from 1, as numbers."""
    rows = np.array(which) - 1
    begin, width = fields.begin[rows], fields.width[rows]
    first = fields.source[begin]
    is_signed = (width > 0) & ((first == MINUS) | (first == PLUS))
    has_signs = is_signed.any()
    if has_signs:
        is_negative = is_signed & (first == MINUS)
        begin, width = begin + is_signed, width - is_signed
    n_chars = WORD if width.max(initial=0) <= WORD else MAX_NUMBER
    shown = np.minimum(width, n_chars)
    at = shown.ravel()
    digit = windows(fields.source, begin.ravel(), n_chars) - ord("0")  # what is no digit wraps to more than 9
    n_odd, _ = marks_of(digit > 9, at)
    n_points, point = marks_of(digit == POINT_DIGIT, at)
    weight = WEIGHTS[n_chars].take(at * (n_chars + 1) + point, axis=0)  # 0 for the point and behind the end
    mantissa = np.einsum("ij,ij->i", digit, weight)
    is_number = (n_odd == n_points) & (n_points <= 1) & (at > n_points)
    n_decimals = np.maximum(at - point - 1, 0)
    value = np.where(is_number, mantissa / POWERS.take(n_decimals), np.nan).reshape(width.shape)
    is_fine = is_number.reshape(width.shape) & (width <= MAX_NUMBER) | ((width == 0) & ~is_signed)
    if has_signs:
        value = np.where(is_negative, -value, value)
    return Numbers(value, point.reshape(width.shape), is_fine)


def marks_of(is_mark: Column, width: Column) -> tuple[Column, Column]:
    """How many marks stand in the first (M,) characters of texts, (M, 8) or (M, 16) bool, and where the first one is,
    (M,) each; at the end where there is none."""
    words = words_of(is_mark.view(np.uint8), width)  # a mark is a byte of 1
    count = np.bitwise_count(words[:, 0]).astype(np.int64)
    first = first_mark(words[:, 0])
    if words.shape[1] > 1:
        count += np.bitwise_count(words[:, 1])
        first = np.where(words[:, 0] > 0, first, WORD + first_mark(words[:, 1]))
    return count, np.minimum(first, width)


def first_mark(words: Column) -> Column:
    """(M,) int64, the place of the first byte of 1 in words whose bytes are 0 or 1; 8 where there is none."""
    below = ~words & (words - np.uint64(1))  # all bits before it
    found: Column = np.bitwise_count(below).astype(np.int64) >> 3
    return found


def letters(fields: Fields, field: int) -> Column:
    """(N,) uint8, the one character of a field; 0 where it is empty, ODD where there are more."""
    begin, width = fields.begin[field - 1], fields.width[field - 1]
    return np.where(width > 1, ODD, fields.source[begin] * (width == 1))


ODD = np.uint8(255)


def is_one_of(letter: Column, allowed: bytes) -> Column:
    """(N,) bool: nothing or one of these letters."""
    table = np.zeros(256, bool)
    table[[0, *allowed]] = True
    return table.take(letter)


def texts(fields: Fields, field: int) -> Column:
    """(N,) S34, a field as text: ^hh becomes its character, what cannot be printed a question mark."""
    begin, width = fields.begin[field - 1], fields.width[field - 1]
    rows = windows(fields.source, begin, TEXT_BYTES)
    shown = np.minimum(width, MAX_TEXT)
    words = words_of(rows, shown)
    text: Column = words.view(f"S{TEXT_BYTES}")[:, 0].astype(f"S{MAX_TEXT}")
    is_odd = (IS_ODD.take(rows) & (np.arange(TEXT_BYTES) < shown[:, None])).any(axis=1)
    for row in is_odd.nonzero()[0].tolist():
        at = int(begin[row])
        text[row] = plain_text(fields.source[at : at + int(width[row])].tobytes())
    return text


def plain_text(text: bytes) -> bytes:
    """One text without escapes and unprintable characters, at most MAX_TEXT of them."""
    made = bytearray()
    at = 0
    while at < len(text):
        value, n_used = text[at], 1
        if value == CARET:
            digits = text[at + 1 : at + 3]
            if len(digits) == 2 and all(digit in HEX_DIGITS for digit in digits):
                value, n_used = int(digits, 16), 3
        made.append(value if 32 <= value < 127 else QUESTION)
        at += n_used
    return bytes(made[:MAX_TEXT]).strip()


HEX_DIGITS, QUESTION = frozenset(b"0123456789ABCDEFabcdef"), ord("?")


# ---- tables ----


def _odd_characters() -> Column:
    table = np.ones(256, bool)
    table[32:127] = False
    table[CARET] = True
    return table


def _weights(n_chars: int) -> Column:
    """((n + 1)^2, n) float64: of each character of a field of so many, whose point stands there (at its end: none)."""
    table = np.zeros((n_chars + 1, n_chars + 1, n_chars))
    for width in range(n_chars + 1):
        for point in range(width + 1):
            for at in range(width):
                behind = width - 1 - at - (at < point < width)
                table[width, point, at] = 0.0 if at == point else 10.0**behind
    return table.reshape(-1, n_chars)


IS_ODD = _odd_characters()
POWERS = 10.0 ** np.arange(MAX_NUMBER + 1)
WEIGHTS = {n_chars: _weights(n_chars) for n_chars in (WORD, MAX_NUMBER)}
