"""Blocks of bare sentences: each line one whole `!..VDM` or `!..VDO` with its six commas, and nothing else.

    !AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23 CR LF
    |-- head, 16 --|                        |-tail, 8-- -

Most feeds come so. Where each mark must stand follows from the lines then: it is looked for there, and counted that the
block has no others, instead of searching the block for each kind of mark; that saves a third of what sentences and
envelopes cost. A block in which anything is odd is left for `framing.sentences_of` and `nmea.envelopes_of`, whose
answer counts; this one equals it (tests/decoders/test_framing.py).
"""

import numpy as np

from decoders import nmea
from decoders.framing import BANG, HEX_PAIRS, MAX_SENTENCE_BYTES, STAR, Lines, Sentences, checksum_reason, computed_sum
from decoders.lookup import windows
from decoders.nmea import COMMA, ZERO, Envelopes
from decoders.table import Column

MARKS = ((BANG, 1), (STAR, 1), (COMMA, nmea.N_COMMAS))
HEAD_BYTES, TAIL_BYTES = 16, 8
PAYLOAD_AT = 14  # one later where there is a sequence number
TAIL_BEGIN = 5  # bytes from the comma before the fill bits to the sentence's stop
MAX_CHARS = MAX_SENTENCE_BYTES - PAYLOAD_AT - 1 - TAIL_BEGIN


def _number(text: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(text, "little"))


# Bytes 8 to 15 of a sentence as a number, without and with a sequence number: ",1,,A,xx" and ",1,3,A,x". The number of
# the fragment, the sequence number, the channel and what follows may be anything.
SINGLE_MASK, SINGLE = _number(b"\xff\0\xff\xff\0\xff\0\0"), _number(b",\0,,\0,\0\0")
NUMBERED_MASK, NUMBERED = _number(b"\xff\0\xff\0\xff\0\xff\0"), _number(b",\0,\0,\0,\0")
# The tail: ",0*23"
TAIL_MASK, TAIL = _number(b"\xff\0\xff\0\0\0\0\0"), _number(b",\0*\0\0\0\0\0")
ONE_BYTE, TWO_BYTES, LOW_PAIR = np.uint64(8), np.uint64(16), np.uint64(0xFFFF)


def bare_block(source: Column, n_bytes: int, lines: Lines, stop: Column) -> tuple[Sentences, Envelopes] | None:
    """All sentences of a block and their envelopes; None when it is no block of bare sentences.

    source : (B,) uint8, padded, of which the first `n_bytes` are the block; stop : (L,) int64, the end of each line
    without its CR LF.
    """
    n, start, block = len(stop), lines.start, source[:n_bytes]
    for mark, n_each in MARKS:
        if np.count_nonzero(block == mark) != n * n_each:
            return None
    head = windows(source, start, HEAD_BYTES)
    words = head.view("<u8")
    first, second = words[:, 0], words[:, 1]
    tail = windows(source, stop - TAIL_BEGIN, TAIL_BYTES).view("<u8")[:, 0]
    if ((tail & TAIL_MASK) != TAIL).any() or ((first & nmea.HEAD_MASK) != nmea.HEAD).any():
        return None
    payload, channel = start + PAYLOAD_AT, head[:, 12].copy()
    sequence = np.full(n, -1, np.int16)
    others = ((second & SINGLE_MASK) != SINGLE).nonzero()[0]
    if len(others):
        payload[others] += 1
        channel[others] = head[others, 13]
        sequence[others] = nmea.FIRST_DIGIT.take(head[others, 11])
        if ((second[others] & NUMBERED_MASK) != NUMBERED).any() or sequence.min() == nmea.NO_DIGIT:
            return None
    count, number = head[:, 7].view(np.int8) - ZERO, head[:, 9].view(np.int8) - ZERO
    n_chars = stop - payload
    n_chars -= TAIL_BEGIN
    is_form = number.min() >= 1 and count.max() <= 9 and n_chars.min() > 0 and n_chars.max() <= MAX_CHARS
    if not is_form or (number > count).any():
        return None
    star = stop - 3
    tail >>= ONE_BYTE
    fill = tail.astype(np.int8) - ZERO
    fill[(fill < 0) | (fill > 5)] = nmea.FILL_UNKNOWN
    tail >>= TWO_BYTES
    reason = checksum_reason(HEX_PAIRS.take(tail & LOW_PAIR), computed_sum(source, start + 1, star))
    is_own_ship = (first & nmea.HEAD_OWN) > 0
    return (
        Sentences(start, star, stop, np.arange(n), reason),
        Envelopes(reason, count, number, sequence, channel, is_own_ship, payload, n_chars, fill),
    )
