"""Which sentences are a radar's: by the three letters behind the talker's two (IEC 61162-1).

$RATTM,...   any talker but a proprietary one, which begins with P
   ^^^^ read as one number
"""

import enum

import numpy as np

from decoders.lookup import windows
from decoders.table import Column

DOLLAR = b"$"[0]
HEAD_BYTES = 8
OTHER = 0


class Formatter(enum.IntEnum):
    """The sentences that a radar sends of its targets and itself."""

    TTM = 1  # tracked target, range and bearing
    TLL = 2  # target latitude and longitude
    TTD = 3  # encapsulated tracked targets
    TLB = 4  # target labels
    OSD = 5  # own ship data
    RSD = 6  # radar system data


def _number(text: bytes) -> np.uint64:
    return np.uint64(int.from_bytes(text, "little"))


# "$..TTM," as a number, without the talker
MASK = _number(b"\xff\0\0\xff\xff\xff\xff\0")
START_MASK, PROPRIETARY = _number(b"\0\xff"), _number(b"\0P")
STARTS = {formatter: b"!" if formatter is Formatter.TTD else b"$" for formatter in Formatter}
HEADS = {formatter: _number(b"%b\0\0%b," % (start, formatter.name.encode())) for formatter, start in STARTS.items()}


def formatters_of(source: Column, start: Column) -> Column:
    """(N,) int8, `Formatter` of the sentences that begin at (N,) start; OTHER where it is none of them."""
    head = windows(source, start, HEAD_BYTES).view("<u8")[:, 0]
    found = np.zeros(len(start), np.int8)
    masked = head & MASK
    for formatter, number in HEADS.items():
        found[masked == number] = formatter
    found[head & START_MASK == PROPRIETARY] = OTHER
    return found


def dollar_starts(source: Column, text: Column) -> Column:
    """Offsets of every `$` with which a radar's sentence begins. text : the part of `source` to look at."""
    at = (text == DOLLAR).nonzero()[0]
    found: Column = at[formatters_of(source, at) != OTHER]
    return found
