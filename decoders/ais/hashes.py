"""One number for each payload, equal for equal payloads: how hearings of one transmission find each other."""

import numpy as np

from decoders.lookup import KEEP, windows
from decoders.table import Column

FACTOR = np.uint64(0x9E3779B97F4A7C15)
MIX = np.uint64(0xD6E8FEB86659FD93)
SHIFT = np.uint64(29)
STEPS = (32, 128)  # characters; longer ones only with those of as many words


def payload_hash(source: Column, start: Column, n_chars: Column) -> Column:
    """(N,) uint64 of the armoured characters and their number. `source` is padded by the longest payload."""
    total = n_chars.astype(np.uint64) * MIX
    if not len(total):
        return total
    if int(n_chars.max()) <= STEPS[0]:
        return mixed(total, source, start, n_chars)
    # payloads of much the same length together: no window reaches beyond the padding, no matrix is mostly empty
    step = np.searchsorted(STEPS, n_chars)
    step[step == len(STEPS)] += (n_chars[step == len(STEPS)] + 7) >> 3
    for one in np.flatnonzero(np.bincount(step)):
        rows = np.flatnonzero(step == one)
        total[rows] = mixed(total[rows], source, start[rows], n_chars[rows])
    return total


def mixed(total: Column, source: Column, start: Column, n_chars: Column) -> Column:
    """One round for each eight characters that a payload has, at least one."""
    n_words = np.maximum((n_chars + 7) >> 3, 1)
    most, least = int(n_words.max()), int(n_words.min())
    words = windows(source, start, 8 * most).view("<u8")
    for i in range(most):
        word = words[:, i]
        if i >= least - 1:  # the last word of some: what stands behind their end is no part of them
            word = word & KEEP.take(np.clip(n_chars - 8 * i, 0, 8))
        round_ = (total ^ word) * FACTOR
        round_ ^= round_ >> SHIFT
        total = round_ if i < least else np.where(i < n_words, round_, total)
    return total
