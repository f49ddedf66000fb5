"""A block: whole lines of a feed, cut into sentences and their envelopes, whatever they carry.

    !AIVDM,...  !AIVDO,...                                            AIS
    $RATTM,...  $RATLL,...  $RATLB,...  $RAOSD,...  $RARSD,...  !RATTD,...    a radar
    $GPRMC,...  # comment  noise                                      no sentences of ours: see `origins`

Blocks of AIS alone, which most are, pay for the radar with one search for a `$`.
"""

from dataclasses import dataclass

import numpy as np

from decoders.bare import bare_block
from decoders.framing import CARRIAGE_RETURN, Lines, Sentences, lines_of, sentences_of
from decoders.nmea import COMMA, NO_ENVELOPES, Envelopes, envelopes_of
from decoders.radar.formatters import dollar_starts
from decoders.table import Column

PADDING = b"\0" * 1100  # room for the widest payload window behind the last sentence
NONE = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines, and what was found in them."""

    data: bytes
    source: Column  # (B,) uint8, the same, padded
    lines: Lines
    sentences: Sentences
    envelopes: Envelopes  # of those that are not AIS: OTHER_NMEA
    commas: Column  # (C,) int64, offsets; none where it is bare
    first_line: int  # lines before this block; the block's first line has the number after it
    n_bare_returns: int | None  # of a block of bare sentences, its CRs, one at the end of a line; None of any other


def block_of(data: bytes, first_line: int) -> Block:
    """Whole lines, cut into lines and sentences."""
    source = np.frombuffer(data + PADDING, np.uint8)
    text = source[: len(data)]
    lines = lines_of(text)
    has_return = source[lines.end - 1] == CARRIAGE_RETURN
    n_returns = int(np.count_nonzero(text == CARRIAGE_RETURN))
    if n_returns != np.count_nonzero(has_return):
        return block_of(lone_returns_to_line_feeds(data), first_line)
    has_dollar = b"$" in data
    if len(lines) and not has_dollar:
        bare = bare_block(source, len(data), lines, lines.end - has_return)
        if bare is not None:
            return Block(data, source, lines, *bare, NONE, first_line, n_returns)
    dollars = dollar_starts(source, text) if has_dollar else NONE
    sentences = sentences_of(source, len(data), lines, dollars)
    commas = (text == COMMA).nonzero()[0]
    envelopes = envelopes_of(source, sentences, commas) if len(sentences) else NO_ENVELOPES
    return Block(data, source, lines, sentences, envelopes, commas, first_line, None)


def lone_returns_to_line_feeds(data: bytes) -> bytes:
    """Some writers end lines with CR alone: the same bytes, with LF there. CR LF stays."""
    marked = np.frombuffer(data, np.uint8).copy()
    is_return = marked == CARRIAGE_RETURN
    is_return[:-1] &= marked[1:] != 10
    marked[is_return] = 10
    return marked.tobytes()
