"""One transmission, many hearings: marks the later ones.

Shore stations overlap, so a ship's report is heard two, five, twenty times, and some feeds relay each other. The
payload of a transmission is the same in each hearing, and two transmissions of one ship nearly always differ: position
reports carry the UTC second and the slot state. So a row whose payload was heard moments before is a hearing of the
same transmission. The first row in stream order stays as it is; the later ones get `Flag.DUPLICATE` and keep their
station, so who heard what is not lost.

    row      0    1    2    3    4    5        key A at 0 opens a window; 2 and 3 lie within it
    key      A    B    A    A    B    A        5 lies outside: it is a new transmission and opens the next window
    t_s      0    0    1    9    3   25
    mark               D    D    D

The window is measured from the row that opened it, not from the last hearing: else a class B set without a fix, which
may send the same bits every 30 s, would fall silent for good. The rule looks at stream order and at the rows' own
times only, so it does not depend on how the stream was cut (tests/decoders/test_duplicates.py).

State is bounded by rows, not by time: a hearing is forgotten `MAX_ROWS` rows later. A bound by the newest time seen
would let one station with a wrong clock switch the whole thing off.

Cost: one sort of 64-bit words a batch (key and row number in one word, so that no argsort is needed) and one search in
the sorted memory; the rows that share a key are settled in rounds, one round for each window a key opens in a batch.
"""

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np

from decoders.columns import Batch, Flag, Positions, Statics, Texts
from decoders.table import Column

Heardable = TypeVar("Heardable", Positions, Statics, Texts)

# s. More than the spread of network delays and of whole-second time stamps between stations, less than the 30 s at
# which a class B set (ITU-R M.1371-5, table 2) may repeat itself bit for bit. Wider: true repeats are marked.
WINDOW_S = 20.0
# Rows. Stands in for the window where a row has no time: a few seconds of a busy feed.
WINDOW_ROWS = 64
# Rows. 13 s of 10,000 sentences/s, minutes of any one sea; 3 MB of state.
MAX_ROWS = 1 << 17
# The memory is two sorted runs: the small one is merged in each batch, the large one only when the small one is full.
RECENT_ROWS = 1 << 13
# Rows sorted at once: their number takes 16 bits of the sorted word, which leaves 48 for the key. With MAX_ROWS keys
# in memory a new payload meets a foreign one by chance once in 2 * 10^9 rows.
SLICE_ROWS = 1 << 16


@dataclass(frozen=True, slots=True)
class Memory:
    """Rows that opened a window, sorted by key; a key stands at most once."""

    key: Column  # (K,) uint64, 48 bits
    t_unix_s: Column  # (K,) float64, NaN if the row had no time
    row: Column  # (K,) int64, number of the row in the whole stream


@dataclass(frozen=True, slots=True)
class Heard:
    """What has been heard on one table so far."""

    n_rows: int
    recent: Memory
    older: Memory


@dataclass(frozen=True, slots=True)
class Hearings:
    """What has been heard on all tables of a stream of batches."""

    positions: Heard
    statics: Heard
    texts: Heard


def nothing_heard() -> Heard:
    """The state before the first row."""
    none = Memory(np.zeros(0, np.uint64), np.zeros(0), np.zeros(0, np.int64))
    return Heard(0, none, none)


def no_hearings() -> Hearings:
    """The state before the first batch."""
    return Hearings(nothing_heard(), nothing_heard(), nothing_heard())


def mark_batch(hearings: Hearings, batch: Batch, *, window_s: float) -> tuple[Hearings, Batch]:
    """Mark the repeated rows of a batch; clocks and others have no payload hash and pass through.

    The batch must hold the rows of all sources in the order of their arrival, their stations numbered in common.
    """
    heard_positions, positions = mark(hearings.positions, batch.positions, window_s=window_s)
    heard_statics, statics = mark(hearings.statics, batch.statics, window_s=window_s)
    heard_texts, texts = mark(hearings.texts, batch.texts, window_s=window_s)
    marked = replace(batch, positions=positions, statics=statics, texts=texts)
    return Hearings(heard_positions, heard_statics, heard_texts), marked


def mark(heard: Heard, table: Heardable, *, window_s: float) -> tuple[Heard, Heardable]:
    """Set `Flag.DUPLICATE` on each row whose payload was heard at most `window_s` away from the row that opened its
    window; where one of the two has no time, at most `WINDOW_ROWS` rows before.

    Returns the new state and the marked table; the given ones stay as they are. `window_s` is normally `WINDOW_S`.
    """
    if len(table) == 0:
        return heard, table
    is_repeat = np.zeros(len(table), bool)
    key = keys(table)
    for start in range(0, len(table), SLICE_ROWS):
        part = slice(start, start + SLICE_ROWS)
        heard, is_repeat[part] = mark_slice(heard, key[part], table.t_unix_s[part], window_s)
    if not is_repeat.any():
        return heard, table
    flags = table.flags | np.where(is_repeat, int(Flag.DUPLICATE), 0).astype(table.flags.dtype)
    return heard, replace(table, flags=flags)


def keys(table: Heardable) -> Column:
    """48-bit keys of payload hash, MMSI and type (multiplicative mix, Knuth's golden ratio), shifted 16 bits up."""
    mixed = table.payload_hash ^ (table.mmsi.astype(np.uint64) << np.uint64(8)) ^ table.type.astype(np.uint64)
    mixed = mixed * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(29))) * np.uint64(0xBF58476D1CE4E5B9)
    key: Column = mixed & np.uint64(0xFFFF_FFFF_FFFF_0000)
    return key


def mark_slice(heard: Heard, key: Column, t_unix_s: Column, window_s: float) -> tuple[Heard, Column]:
    """At most `SLICE_ROWS` rows: the new state and which rows are repeats, (N,) bool."""
    n = len(key)
    word = np.sort(key | np.arange(n, dtype=np.uint64))
    by_key = (word & np.uint64(0xFFFF)).astype(np.int64)
    sorted_key = word >> np.uint64(16)
    is_first = np.ones(n, bool)
    is_first[1:] = sorted_key[1:] != sorted_key[:-1]
    head = np.flatnonzero(is_first)
    known = recall(heard, sorted_key[head])
    size = np.diff(head, append=n) + (known.row >= 0)
    single = size == 1

    opener = Memory(sorted_key[head], t_unix_s[by_key[head]], heard.n_rows + by_key[head])
    is_repeat = np.zeros(n, bool)
    if not single.all():
        groups = np.flatnonzero(~single)
        settled = settle(groups, head, by_key, t_unix_s, heard.n_rows, known, window_s)
        opener.t_unix_s[groups], opener.row[groups] = settled.t_unix_s, settled.row
        is_repeat[settled.repeats] = True
    return remember(heard, n, opener), is_repeat


@dataclass(frozen=True, slots=True)
class Settled:
    """The outcome for the keys that were heard more than once."""

    repeats: Column  # row numbers in the slice
    t_unix_s: Column  # (G,) time of the last row that opened a window, for each key
    row: Column  # (G,) its number in the stream


def settle(
    groups: Column, head: Column, by_key: Column, t_unix_s: Column, n_before: int, known: Memory, window_s: float
) -> Settled:
    """Walk along each of the given groups of equal keys at once, window by window."""
    size = np.diff(head, append=len(by_key))[groups]
    end = np.cumsum(size)
    within = np.arange(end[-1]) - np.repeat(end - size, size)
    local = by_key[np.repeat(head[groups], size) + within]
    t, row = t_unix_s[local], n_before + local
    group = np.repeat(np.arange(len(groups)), size)

    open_t, open_row = known.t_unix_s[groups].copy(), known.row[groups].copy()
    is_repeat = np.ones(len(local), bool)
    left = np.arange(len(local))  # members not settled yet, in group order
    while len(left):
        of = group[left]
        near = is_near(t[left], row[left], open_t[of], open_row[of], window_s)
        # Members up to the first one outside its window are repeats; that one opens the next window; the rest go on.
        outside = left[~near]
        opened, first = np.unique(group[outside], return_index=True)
        opener = outside[first]
        is_repeat[opener] = False
        open_t[opened], open_row[opened] = t[opener], row[opener]
        last_opener = np.full(len(groups), len(local))
        last_opener[opened] = opener
        left = left[left > last_opener[of]]
    return Settled(local[is_repeat], open_t, open_row)


def is_near(t_unix_s: Column, row: Column, open_t_unix_s: Column, open_row: Column, window_s: float) -> Column:
    """Whether rows lie in the windows that were opened; a key that was never heard has open_row -1: False."""
    apart = np.abs(t_unix_s - open_t_unix_s)
    in_window: Column = np.where(np.isnan(apart), row - open_row <= WINDOW_ROWS, apart <= window_s)
    return in_window & (row - open_row <= MAX_ROWS) & (open_row >= 0)


def recall(heard: Heard, key: Column) -> Memory:
    """What the memory holds for each of the sorted keys; row -1 where it holds nothing."""
    t_unix_s, row = np.full(len(key), np.nan), np.full(len(key), -1, np.int64)
    for memory in (heard.older, heard.recent):  # the recent one overrules
        if len(memory.key):
            at = np.minimum(np.searchsorted(memory.key, key), len(memory.key) - 1)
            hit = memory.key[at] == key
            t_unix_s[hit], row[hit] = memory.t_unix_s[at[hit]], memory.row[at[hit]]
    return Memory(key, t_unix_s, row)


def remember(heard: Heard, n: int, opener: Memory) -> Heard:
    """The state after n more rows whose last openers are given, sorted by key."""
    n_rows = heard.n_rows + n
    recent, older = merge(heard.recent, opener, n_rows - MAX_ROWS), heard.older
    if len(recent.key) > RECENT_ROWS:
        recent, older = nothing_heard().recent, merge(older, recent, n_rows - MAX_ROWS)
    return Heard(n_rows, recent, older)


def merge(memory: Memory, newer: Memory, oldest_row: int) -> Memory:
    """Both, sorted by key; where both know a key the newer stands; rows before `oldest_row` are forgotten."""
    key = np.concatenate([memory.key, newer.key])
    order = np.argsort(key, kind="stable")  # two sorted runs: the stable sort merges them in linear time
    key = key[order]
    keep = np.ones(len(key), bool)
    keep[:-1] = key[:-1] != key[1:]
    row = np.concatenate([memory.row, newer.row])[order]
    keep &= row >= oldest_row
    t_unix_s = np.concatenate([memory.t_unix_s, newer.t_unix_s])[order]
    return Memory(key[keep], t_unix_s[keep], row[keep])
