"""Columns to AIS sentences: what the simulator sends. Decode's house units, the other way round.

The rows of a table become payloads, type by type, all rows of a type at once; the lines come back in row order. What is
missing (NaN, -1, b"") is sent as the wire's "not available"; what is out of range as the nearest value the wire has (a
speed above 102.2 kn as 102.2). Encoding and decoding again gives the same within half a wire unit (law 5,
tests/decoders/test_encode.py).

    encode_positions(positions, clocks)     types 1-3, 4, 9, 11, 18, 27     one line a row
    encode_statics(statics)                 types 5, 24 A, 24 B             one line a row, two for type 5
    encode_pairs(positions, statics)        types 19, 21: both tables say a part of the message, row by row
    encode_texts(texts)                     type 14                         as many lines as the text needs

Lines have neither TAG block nor CR LF: `sentence.tag_block` makes the first, the sender adds the second. Bits that no
column holds (RAIM, radio state, version, position device) are sent as 0.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from decoders.ais.pack import blank, put_integer, put_text
from decoders.ais.sentence import ARMOUR, sentence, single_sentences
from decoders.ais.wire import LAYOUTS, Slot, wire_value
from decoders.columns import Clocks, Positions, Statics, Texts
from decoders.table import Column

POSITION_TYPES = (1, 2, 3, 4, 9, 11, 18, 27)
PAIR_TYPES = (19, 21)
STATIC_TYPES = (5, 24)
NAME_CHARS = 20  # of type 21's name; the rest stands in its extension
TEXT_TYPES = (14,)
TEXT_START = 40  # first bit of the text of type 14


def encode_positions(
    positions: Positions, clocks: Clocks | None = None, *, talker: bytes = b"AIVDM", channel: Column | bytes = b"A"
) -> list[bytes]:
    """One line for each row of types 1, 2, 3, 4, 9, 11, 18, 27.

    clocks : row by row beside the positions, for the time that types 4 and 11 carry (`utc_unix_s`); without it they say
    that no time is available. channel : one letter for all, or (N,) S1. Raises ValueError for any other type.
    """
    columns = positions.columns()
    if clocks is not None:
        columns |= clock_parts(clocks.utc_unix_s)
    lines: list[bytes] = [b""] * len(positions)
    for kind, rows in rows_by_kind(positions.type, POSITION_TYPES):
        symbols, fill = pack(LAYOUTS[str(kind)], columns, rows)
        place(lines, rows, single_sentences(symbols, fill, talker=talker, channel=pick(channel, rows)))
    return lines


def encode_pairs(
    positions: Positions, statics: Statics, *, talker: bytes = b"AIVDM", channel: Column | bytes = b"A"
) -> list[bytes]:
    """One line for each row of types 19 and 21, whose position and static part stand in the two tables, row by row.

    A name of an aid beyond 20 characters goes into the extension (up to 34). Raises ValueError for any other type.
    """
    columns = statics.columns() | positions.columns()
    columns["name_extension"] = extension(statics.name)
    lines: list[bytes] = [b""] * len(positions)
    for kind, rows in rows_by_kind(positions.type, PAIR_TYPES):
        has_more = (columns["name_extension"][rows] != b"") & (kind == 21)
        for layout, some in ((LAYOUTS[str(kind)], rows[~has_more]), (LAYOUTS["21+"], rows[has_more])):
            symbols, fill = pack(layout, columns, some)
            place(lines, some, single_sentences(symbols, fill, talker=talker, channel=pick(channel, some)))
    return lines


def encode_statics(
    statics: Statics, *, talker: bytes = b"AIVDM", channel: Column | bytes = b"A", seq: int = 0
) -> list[list[bytes]]:
    """The lines of each row of types 5, 24 A and 24 B (`part` 0 and 1), two for type 5.

    seq : the sequence number of the first message of several lines; the next ones count on from it, modulo 10.
    Raises ValueError for any other type or part.
    """
    columns = statics.columns()
    made: list[tuple[bytes, int]] = [(b"", 0)] * len(statics)
    for kind, rows in rows_by_kind(statics.type, STATIC_TYPES):
        for layout, some in static_layouts(kind, statics, rows):
            symbols, fill = pack(LAYOUTS[layout], columns, some)
            place(made, some, [(payload, fill) for payload in armoured(symbols)])
    return in_lines(made, talker, channel, seq)


def encode_texts(
    texts: Texts, *, talker: bytes = b"AIVDM", channel: Column | bytes = b"A", seq: int = 0
) -> list[list[bytes]]:
    """The lines of each row of type 14. Raises ValueError for any other type. seq : as in `encode_statics`."""
    columns = texts.columns()
    length = np.char.str_len(texts.text)
    made: list[tuple[bytes, int]] = [(b"", 0)] * len(texts)
    for _, rows in rows_by_kind(texts.type, TEXT_TYPES):
        for n_chars in np.unique(length[rows]).tolist():
            some = rows[length[rows] == n_chars]
            slots = (*LAYOUTS["14"], Slot("text", TEXT_START, 6 * n_chars))
            symbols, fill = pack(slots, columns, some)
            place(made, some, [(payload, fill) for payload in armoured(symbols)])
    return in_lines(made, talker, channel, seq)


def pack(slots: tuple[Slot, ...], columns: dict[str, Column], rows: Column) -> tuple[Column, int]:
    """The given rows as 6-bit symbols, (N, K) uint8, and the number of fill bits."""
    n_bits = max(slot.start + slot.width for slot in slots)
    symbols = blank(len(rows), n_bits)
    for slot in slots:
        if slot.name in columns:
            value = columns[slot.name][rows]
            if value.dtype.kind == "S":
                put_text(symbols, slot.start, slot.width, value)
            else:
                put_integer(symbols, slot.start, slot.width, wire_value(slot, value))
        elif slot.missing:
            put_integer(symbols, slot.start, slot.width, np.full(len(rows), slot.missing))
    return symbols, -n_bits % 6


def rows_by_kind(kinds: Column, allowed: tuple[int, ...]) -> Iterator[tuple[int, Column]]:
    """Each type that occurs, with its row numbers."""
    found = np.unique(kinds).tolist()
    if not set(found) <= set(allowed):
        raise ValueError(f"can encode types {allowed} here, not {sorted(set(found) - set(allowed))}")
    for kind in found:
        yield kind, np.flatnonzero(kinds == kind)


def static_layouts(kind: int, statics: Statics, rows: Column) -> Iterator[tuple[str, Column]]:
    """The layouts that rows of type 5 or 24 need. Part B of an auxiliary craft names its mother ship, not a size."""
    if kind == 5:
        yield "5", rows
        return
    part = statics.part[rows]
    if not np.isin(part, (0, 1)).all():
        raise ValueError("type 24 has parts 0 (A) and 1 (B)")
    has_mother = statics.mothership_mmsi[rows] >= 0
    yield "24A", rows[part == 0]
    yield "24B", rows[(part == 1) & ~has_mother]
    yield "24B auxiliary", rows[(part == 1) & has_mother]


def extension(name: Column) -> Column:
    """What of each name does not fit into 20 characters, (N,) S14."""
    chars = np.ascontiguousarray(name).astype("S34").view(np.uint8).reshape(len(name), 34)
    return np.ascontiguousarray(chars[:, NAME_CHARS:]).view("S14").ravel()


def clock_parts(utc_unix_s: Column) -> dict[str, Column]:
    """Year to second of each instant, as types 4 and 11 carry them; -1 where there is none."""
    is_known = ~np.isnan(utc_unix_s)
    second = np.rint(np.where(is_known, utc_unix_s, 0)).astype(np.int64)
    day = (second // 86400).astype("M8[D]")
    month = day.astype("M8[M]")
    parts = {
        "utc_year": day.astype("M8[Y]").astype(np.int64) + 1970,
        "utc_month": month.astype(np.int64) % 12 + 1,
        "utc_day": (day - month.astype("M8[D]")).astype(np.int64) + 1,
        "utc_hour": second // 3600 % 24,
        "utc_minute": second // 60 % 60,
        "clock_second": second % 60,
    }
    return {name: np.where(is_known, value, -1) for name, value in parts.items()}


def armoured(symbols: Column) -> list[bytes]:
    """Payload characters of each row of (N, K) uint8 symbols."""
    characters = ARMOUR.take(symbols)
    payloads: list[bytes] = characters.view(f"S{symbols.shape[1]}").ravel().tolist() if len(symbols) else []
    return payloads


def in_lines(made: list[tuple[bytes, int]], talker: bytes, channel: Column | bytes, seq: int) -> list[list[bytes]]:
    """Payloads and fill bits as lines, in row order."""
    letters = [channel] * len(made) if isinstance(channel, bytes) else channel.tolist()
    lines = []
    for (payload, fill), letter in zip(made, letters, strict=True):
        lines.append(sentence(payload, fill, talker=talker, channel=letter, seq=seq))
        seq += len(lines[-1]) > 1
    return lines


def pick(channel: Column | bytes, rows: Column) -> Column | bytes:
    """The channel letters of the given rows."""
    return channel if isinstance(channel, bytes) else np.ascontiguousarray(channel[rows])


def place(out: list[Any], rows: Column, values: list[Any]) -> None:
    """Put values at the given places of a list."""
    for row, value in zip(rows.tolist(), values, strict=True):
        out[row] = value
