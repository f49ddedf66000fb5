"""Position reports of class A in bulk: five of six messages on the air, all of one layout and one length.

The same as `plans` does for any message, with nothing looked up for each: a field lies in the same bits of every row,
its narrow values come from tables, and only latitude and longitude are computed.
"""

import numpy as np

from decoders.ais.plans import value_table
from decoders.ais.unpack import WORD_BITS
from decoders.ais.wire import CLASS_A, Slot
from decoders.table import Column

N_CHARS = 28  # 168 bits
SLOTS = {slot.name: slot for slot in CLASS_A}
TABLES = {
    name: value_table(SLOTS[name])
    for name in ("nav_status", "turn_deg_per_min", "sog_kn", "is_accurate", "cog_deg", "heading_deg", "utc_second")
}


def columns_of(words: Column) -> dict[str, Column]:
    """Columns in house units of (7, N) uint32 words."""
    columns = {name: table.take(field(words, SLOTS[name])) for name, table in TABLES.items()}
    lat, is_lat = degrees(words, SLOTS["lat_deg"])
    lon, is_lon = degrees(words, SLOTS["lon_deg"])
    nowhere = ~(is_lat & is_lon)
    lat[nowhere] = np.nan
    lon[nowhere] = np.nan
    return columns | {"lat_deg": lat, "lon_deg": lon}


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
