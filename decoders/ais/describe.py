"""A batch as one table of plain rows, one for each message, in the order of the stream: what `decode` prints.

Type 19 and 21 stand in two tables of a batch (where it is, what it is) and types 4 and 11 in two (where, what time);
here they are one row again. Of the messages that are kept as payloads (`Others`) only two kinds say where something is,
17 (the reference station of a differential correction) and 28 (an aid to navigation): these are read here, bit by bit,
since they are rare. pyais is not asked: it gives the position of type 17 in sixtieths of a degree (3.3.1). The other
kinds have nothing to tell here but type and MMSI.
"""

from dataclasses import dataclass

import numpy as np

from decoders.ais.sentence import ARMOUR
from decoders.columns import Batch, Clocks, Flag, Others, Positions, Statics, Texts, missing
from decoders.table import Column, Table

IN_TWO_TABLES = (19, 21)
# Of the types in `Others` those with a position: first bit and width of longitude and latitude, units a degree
# (ITU-R M.1371-5 table 82, M.1371-6 for 28).
WITH_POSITION = {17: (40, 18, 58, 17, 600), 28: (44, 28, 72, 27, 600_000)}
SYMBOLS = {int(character): value for value, character in enumerate(ARMOUR)}
FLAG_NAMES = tuple((int(flag), flag.name.lower()) for flag in Flag if flag.name and flag)


@dataclass(frozen=True, slots=True)
class Messages(Table):
    """One row a message. Missing as everywhere: NaN, -1, b""; `station` is an index into the batch's stations."""

    line: Column
    type: Column
    mmsi: Column
    t_unix_s: Column
    station: Column
    lat_deg: Column
    lon_deg: Column
    sog_kn: Column
    cog_deg: Column
    heading_deg: Column
    nav_status: Column
    name: Column
    callsign: Column
    flags: Column


def describe(batch: Batch) -> Messages:
    """All messages of a batch, sorted by line; messages on one line in the order of the batch's tables."""
    at = partner(batch.positions, batch.statics)
    has_partner = at >= 0
    positions = describe_part(batch.positions)
    positions.name[at[has_partner]] = batch.statics.name[has_partner]
    positions.callsign[at[has_partner]] = batch.statics.callsign[has_partner]
    parts = [
        positions,
        describe_part(batch.statics.take(~has_partner)),
        describe_part(batch.texts),
        describe_part(batch.clocks.take(~has_position(batch.positions, batch.clocks))),
        describe_others(batch.others),
    ]
    messages = Messages.concat(parts)
    return messages.take(np.argsort(messages.line, kind="stable"))


def describe_part(table: Positions | Statics | Texts | Clocks | Others) -> Messages:
    """The rows of one table; what it does not have is missing."""
    have = table.columns()
    names = Messages.__dataclass_fields__
    return Messages(*(have[name].copy() if name in have else missing(name, len(table)) for name in names))


def partner(positions: Positions, statics: Statics) -> Column:
    """The row in `positions` that came from the same message as each row of `statics`; -1 where there is none."""
    at = np.full(len(statics), -1, np.int64)
    rows = np.flatnonzero(np.isin(statics.type, IN_TWO_TABLES))
    candidates = np.flatnonzero(np.isin(positions.type, IN_TWO_TABLES))
    if len(rows) and len(candidates):
        key = positions.line[candidates].astype(np.uint64) ^ positions.payload_hash[candidates]
        order = np.argsort(key, kind="stable")
        wanted = statics.line[rows].astype(np.uint64) ^ statics.payload_hash[rows]
        found = order[np.minimum(np.searchsorted(key, wanted, sorter=order), len(order) - 1)]
        at[rows] = np.where(key[found] == wanted, candidates[found], -1)
    return at


def has_position(positions: Positions, clocks: Clocks) -> Column:
    """Which clock rows came from a message that also stands in `positions`, (N,) bool."""
    is_clock = np.isin(positions.type, (4, 11))
    is_both: Column = np.isin(clocks.line, positions.line[is_clock])
    return is_both


def describe_others(others: Others) -> Messages:
    """The rows of `Others`, with the positions of those that have one."""
    messages = describe_part(others)
    for row in np.flatnonzero(np.isin(others.type, list(WITH_POSITION))).tolist():
        payload, fill = others.payload[row], max(int(others.fill[row]), 0)
        messages.lat_deg[row], messages.lon_deg[row] = read_position(int(others.type[row]), payload, fill)
    return messages


def read_position(kind: int, payload: bytes, fill: int) -> tuple[float, float]:
    """Latitude and longitude in degrees of one message of type 17 or 28; NaN when it has none, or none that can be."""
    lon_start, lon_width, lat_start, lat_width, units = WITH_POSITION[kind]
    n_bits = 6 * len(payload)
    if n_bits - fill < lat_start + lat_width or not all(character in SYMBOLS for character in payload):
        return np.nan, np.nan
    bits = 0
    for character in payload:
        bits = bits << 6 | SYMBOLS[character]
    lon_deg = signed(bits >> n_bits - lon_start - lon_width, lon_width) / units
    lat_deg = signed(bits >> n_bits - lat_start - lat_width, lat_width) / units
    return (lat_deg, lon_deg) if abs(lat_deg) <= 90 and abs(lon_deg) <= 180 else (np.nan, np.nan)


def signed(value: int, width: int) -> int:
    """The low `width` bits as a two's complement number."""
    value &= (1 << width) - 1
    return value - (1 << width) if value >> (width - 1) else value


def flag_names(flags: int) -> list[str]:
    """The names of the bits that are set, lower case, in order of the bits."""
    return [name for bit, name in FLAG_NAMES if flags & bit]
