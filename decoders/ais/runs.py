"""Messages whose fragments all stand in one block, in order: found in columns, without the joiner.

    sentence   ..  7   8  ..  12  13  14  ..  20        of one key: 7, 8 and 20
    part of        1/2 2/2    1/3 2/3 3/3     1/2       of another: 12, 13, 14
                   [whole]    [  whole   ]    left over

Nearly all messages of several sentences come so. Sorted by key, such a message is a run 1, 2 .. n. A key goes this way
until the first thing that is not a run: from there on, in this block, its fragments go to the joiner one by one, and so
do those of a key of which the joiner holds parts. So the joiner sees all it would have to decide about, and what it
says is the same (tests/decoders/test_runs.py).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from decoders.ais.fragments import MAX_AGE_S, MAX_AGE_SENTENCES, Key
from decoders.table import Column

# Bits of a key's number, from the lowest: count, channel, sequence number, VDO, talker, who.
COUNT_BITS, CHANNEL_BITS, SEQUENCE_BITS, OWN_BITS, TALKER_BITS = 4, 8, 7, 1, 16
FIRST_GROUP = 1 << 13  # above every station: TAG groups are numbered from here in each block
STATION = "station "
STATION_NAME = re.compile(STATION + "([0-9]{1,4})")


@dataclass(frozen=True, slots=True)
class Fragments:
    """The fragments of a block, in order."""

    key: Column  # (F,) int64, as of `key_numbers`
    number: Column  # (F,) int64
    count: Column  # (F,) int64
    t_unix_s: Column  # (F,) float64
    n_seen: Column  # (F,) int64, sentences received before it
    expires: Column  # (F,) bool: before this one, the joiner gives up what is too old


def key_numbers(
    who: Column, talker: Column, is_own: Column, sequence: Column, channel: Column, count: Column
) -> Column:
    """(F,) int64, equal where the keys of the joiner are. All (F,); who: station or FIRST_GROUP + number of the group,
    talker : its two bytes as one number, sequence : -1 where empty."""
    key = who.astype(np.int64)
    for column, n_bits in (
        (talker, TALKER_BITS),
        (is_own, OWN_BITS),
        (sequence + 1, SEQUENCE_BITS),
        (channel, CHANNEL_BITS),
        (count, COUNT_BITS),
    ):
        key = (key << n_bits) | column
    return key


def numbers_of(keys: Iterable[Key], groups: Mapping[str, int]) -> Column:
    """The same numbers of keys of the joiner; a group that this block does not have cannot matter to it."""
    found = []
    for who, sender, sequence, channel, count in keys:
        code = groups.get(who)
        station = STATION_NAME.fullmatch(who)
        if code is not None or station is not None:
            number = code if station is None else int(station[1])
            talker = int.from_bytes(sender[:2])
            found.append((number, talker, sender[4:5] == b"O", sequence, channel, count))
    if not found:
        return np.zeros(0, np.int64)
    return key_numbers(*(np.array(column, np.int64) for column in zip(*found, strict=True)))


def whole_runs(parts: Fragments, blocked: Column) -> tuple[Column, Column]:
    """The fragments that make whole runs: their rows, run after run, (R,), and which of these begin a run, as indices.

    blocked : numbers of keys that have a past.
    """
    order = np.argsort(parts.key, kind="stable")
    key, count = parts.key[order], parts.count[order]
    at = np.arange(len(order))
    begins = np.ones(len(order), bool)
    begins[1:] = key[1:] != key[:-1]
    group = np.cumsum(begins) - 1
    begin = at[begins]
    within = at - begin[group]
    first = order[at - within % count]  # the row of the part 1 that should be there
    seen, t_unix_s = parts.n_seen, parts.t_unix_s
    odd = parts.number[order] != within % count + 1
    odd |= (seen[order] - seen[first] > MAX_AGE_SENTENCES) | (t_unix_s[order] - t_unix_s[first] > MAX_AGE_S)
    n_expired = np.cumsum(parts.expires)
    odd |= n_expired[np.maximum(order - 1, first)] > n_expired[first]
    if len(blocked):
        odd |= np.isin(key, blocked)
    size = np.diff(begin, append=len(order))
    n_sound = size.copy()
    found = np.flatnonzero(odd)
    np.minimum.at(n_sound, group[found], within[found])
    n_sound -= n_sound % count[begin]
    kept = np.flatnonzero(within < n_sound[group])
    return order[kept], np.flatnonzero(within[kept] % count[kept] == 0)
