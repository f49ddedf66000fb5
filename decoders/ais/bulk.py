"""Position reports in bulk: many messages of one layout and one length, five of six on the air.

The same as `plans` does for any message, with nothing looked up for each: a field lies in the same bits of every row,
its narrow values come from tables, and only latitude and longitude are computed.
"""

import numpy as np

from decoders.ais.plans import POSITION_VALUES, value_table
from decoders.ais.unpack import WORD_BITS
from decoders.ais.wire import LAYOUTS, Slot
from decoders.table import Column

N_CHARS = 28  # 168 bits: nothing of these layouts is cut off
MAX_TABLE_BITS = 12
PLAIN_LAYOUTS = ("1", "4", "9", "18")
SLOTS = {name: {slot.name: slot for slot in LAYOUTS[name]} for name in PLAIN_LAYOUTS}
NARROW = {
    layout: {
        name: value_table(slot)
        for name, slot in slots.items()
        if name in POSITION_VALUES and slot.width <= MAX_TABLE_BITS
    }
    for layout, slots in SLOTS.items()
}


def position_columns(layout: str, words: Column) -> dict[str, Column]:
    """Columns of `Positions` in house units, of (7, N) uint32 words of messages of one of PLAIN_LAYOUTS."""
    slots = SLOTS[layout]
    columns = {name: table.take(field(words, slots[name])) for name, table in NARROW[layout].items()}
    lat, is_lat = degrees(words, slots["lat_deg"])
    lon, is_lon = degrees(words, slots["lon_deg"])
    nowhere = ~(is_lat & is_lon)
    lat[nowhere] = np.nan
    lon[nowhere] = np.nan
    return columns | {"lat_deg": lat, "lon_deg": lon}


def raw_columns(layout: str, words: Column, names: tuple[str, ...]) -> dict[str, Column]:
    """(N,) int64 wire integers of these fields."""
    return {name: field(words, SLOTS[layout][name]).astype(np.int64) for name in names}


def field(words: Column, slot: Slot) -> Column:
    """(N,) uint32: an unsigned field in one or two words."""
    word, offset = divmod(slot.start, WORD_BITS)
    n_behind = offset + slot.width - WORD_BITS  # bits in the second word
    found: Column
    if n_behind <= 0:
        found = words[word] >> -n_behind
    else:
        found = (words[word] << n_behind) | (words[word + 1] >> (WORD_BITS - n_behind))
    return found & ((1 << slot.width) - 1)


def degrees(words: Column, slot: Slot) -> tuple[Column, Column]:
    """(N,) float64 degrees and whether they are any."""
    drop = 32 - slot.width
    wire = (field(words, slot) << drop).view(np.int32) >> drop  # the arithmetic shift back spreads the sign
    return wire / slot.factor, np.abs(wire) <= slot.most
