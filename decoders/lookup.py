"""A growing table of short byte strings, looked up in columns: which of the known ones is each of these?

Names of stations and layouts of lines repeat by the thousand. A string is a row of 64-bit words, zero behind its end;
one multiplication a word makes a key, the keys stand sorted, and what is found is compared word by word, so that two
strings that share a key are never taken for each other: the second one is not learned, and stays unknown.
"""

import numpy as np

from decoders.table import Column

# odd 64-bit numbers, one for each word (multiples of Knuth's golden ratio)
FACTORS = (np.arange(1, 17, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)) | np.uint64(1)
UNKNOWN = -1


class Lookup:
    """Strings of at most `n_words` * 8 bytes and their numbers."""

    def __init__(self, n_words: int, max_rows: int) -> None:
        self._max_rows = max_rows
        self._words = np.zeros((0, n_words), np.uint64)  # in the order of their keys, as are the other two
        self._keys = np.zeros(0, np.uint64)
        self._numbers = np.zeros(0, np.int64)

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def is_full(self) -> bool:
        return len(self._keys) >= self._max_rows

    def find(self, words: Column) -> Column:
        """(N, W) uint64, W at most `n_words` -> (N,) int64, the number learned for each, UNKNOWN where none was."""
        if not len(self._keys):
            return np.full(len(words), UNKNOWN)
        key = keys_of(words)
        at = np.minimum(np.searchsorted(self._keys, key), len(self._keys) - 1)
        is_known = self._keys[at] == key
        there = self._words[at]
        for i in range(words.shape[1]):
            is_known &= there[:, i] == words[:, i]
        if words.shape[1] < there.shape[1]:
            is_known &= ~there[:, words.shape[1] :].any(axis=1)
        return np.where(is_known, self._numbers[at], UNKNOWN)

    def learn(self, words: Column, number: int) -> None:
        """Know one more string, (W,) uint64, by this number. No more is learned when the table is full."""
        key = keys_of(words[None])[0]
        at = int(np.searchsorted(self._keys, key))
        if self.is_full or (at < len(self._keys) and self._keys[at] == key):
            return
        row = np.zeros(self._words.shape[1], np.uint64)
        row[: len(words)] = words
        self._words = np.insert(self._words, at, row, axis=0)
        self._keys = np.insert(self._keys, at, key)
        self._numbers = np.insert(self._numbers, at, number)


def keys_of(words: Column) -> Column:
    """(N, W) uint64 -> (N,) uint64. Words of zero behind the end change nothing."""
    key: Column = words[:, 0] * FACTORS[0]
    for i in range(1, words.shape[1]):
        key = key + words[:, i] * FACTORS[i]
    return key


def first_rows(words: Column) -> Column:
    """Row numbers, ascending, at which each string is met first; of strings that share a key, the first one."""
    _, first = np.unique(keys_of(words), return_index=True)
    first.sort()
    return first


def windows(source: Column, start: Column, width: int) -> Column:
    """(N, width) uint8: the bytes from each start on. (B,) `source` is padded with at least `width` bytes."""
    # Overlapping items, each a row: whole items are gathered in less than half the time of rows of single bytes. The
    # constructor costs a fifth of what stride_tricks does, and a live call is short.
    items = np.ndarray((len(source) - width + 1,), ROW_TYPES[width], source, 0, (1,))
    found: Column = items[start].view(np.uint8).reshape(len(start), width)
    return found


class _RowTypes(dict[int, np.dtype[np.void]]):
    """Types of so many bytes, made once each."""

    def __missing__(self, width: int) -> np.dtype[np.void]:
        found = self[width] = np.dtype((np.void, width))
        return found


ROW_TYPES = _RowTypes()


def words_of(rows: Column, length: Column) -> Column:
    """(N, W) uint64 of rows of bytes, (N, 8 W), zero from each row's length on."""
    words = rows.view("<u8")
    found: Column = words & KEEP[:, : words.shape[1]].take(np.minimum(length, MAX_BYTES), axis=0)
    return found


MAX_BYTES = 128
# (129, 16): the first n bytes of 16 little-endian words
KEEP = np.array(
    [[(1 << 8 * min(max(n - 8 * i, 0), 8)) - 1 for i in range(16)] for n in range(MAX_BYTES + 1)], np.uint64
)
