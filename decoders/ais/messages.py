"""Payloads to tables: what is common to all is read first, then the columns of each table, in stream order.

payloads ─> heads (type, MMSI) ─┬─ position reports of 28 characters, when many ─> bulk ─┬─> Positions
                                ├─ all else that has columns ─> plans ───────────────────┼─> Statics, Clocks
                                └─ texts ────────────────────────────────────────────────┴─> Texts
"""

from dataclasses import dataclass

import numpy as np

from decoders.ais import bulk
from decoders.ais.hashes import payload_hash
from decoders.ais.mmsi import IS_BEACON, mmsi_flags
from decoders.ais.plans import ALL, CLOCK_SLOTS, NO_LAYOUT, POSITION_VALUES, STATIC_VALUES
from decoders.ais.statics import text_columns, without_nothing
from decoders.ais.unpack import doubles_of, is_clean, padded_width, pairs_of, symbols_of, texts_of, words_of
from decoders.columns import DTYPES, Clocks, Flag, Others, Positions, Statics, TableT, Texts, empty, missing
from decoders.rejects import Reason
from decoders.table import Column, Table

HEAD_BITS = 38  # type, repeat indicator, MMSI
HEAD_CHARS = 8
PART_BITS = 40  # the same and the part number of a type 24
N_KINDS = 64
CRAFT = 98  # MMSI 98xxxxxxx: a craft that belongs to a mother ship
TEXT_START = {12: 72, 14: 40}
MAX_TEXT_CHARS = 161
# Fewer position reports of a layout than this go with all other messages: the shortcut costs as much as they do.
MIN_PLAIN = 100
# shortest and longest payload, in bits, that is nothing to remark on: fill bits are often wrong by up to 6
NORMAL_BITS = {
    1: (168, 173), 2: (168, 173), 3: (168, 173), 4: (168, 173), 5: (420, 429), 9: (168, 173), 11: (168, 173),
    12: (72, 1008), 14: (40, 1008), 18: (168, 173), 19: (312, 317), 21: (272, 365), 24: (160, 173), 27: (96, 101),
}  # fmt: skip
LAYOUT_OF = {1: "1", 2: "1", 3: "1", 4: "4", 5: "5", 9: "9", 11: "4", 18: "18", 19: "19", 21: "21+", 27: "27"}
TRUNCATED, OVERLONG, COARSE = (np.int32(flag) for flag in (Flag.TRUNCATED, Flag.OVERLONG, Flag.COARSE))


def by_kind(values: dict[int, int], otherwise: int) -> Column:
    """(N_KINDS,) int64: one value for each message type."""
    table = np.full(N_KINDS, otherwise)
    for kind, value in values.items():
        table[kind] = value
    return table


def of_layouts(*names: str) -> Column:
    """(L + 1,) bool: whether a row of `plans.ALL` is one of these; the last is for NO_LAYOUT."""
    return np.array([name in names for name in (*ALL.layouts, "")])


KIND_LAYOUT = by_kind({kind: ALL.layouts[name] for kind, name in LAYOUT_OF.items()}, NO_LAYOUT)
PART_LAYOUT = np.array([ALL.layouts[name] for name in ("24A", "24B", "24", "24")])
HAS_POSITION = of_layouts("1", "4", "9", "18", "19", "21+", "27")
HAS_STATIC = of_layouts("5", "19", "21+", "24A", "24B", "24B auxiliary", "24")
HAS_CLOCK = of_layouts("4")
IS_TEXT = by_kind({12: 1, 14: 1}, 0) > 0
IS_IN_OTHERS = by_kind(dict.fromkeys((0, *LAYOUT_OF, 12, 14, 24), 0), 1) > 0
HAS_STATUS = by_kind({1: 1, 2: 1, 3: 1, 27: 1}, 0) > 0
LEAST_BITS = by_kind({kind: bits[0] for kind, bits in NORMAL_BITS.items()}, 0)
MOST_BITS = by_kind({kind: bits[1] for kind, bits in NORMAL_BITS.items()}, 1 << 30)
TEXT_BEGIN = by_kind(TEXT_START, 0)


@dataclass(frozen=True, slots=True)
class Payloads(Table):
    """Whole messages, in stream order, still armoured; offsets into a padded byte array."""

    start: Column  # (N,) int64
    n_chars: Column  # (N,) int64
    fill: Column  # (N,) int8
    line: Column
    t_unix_s: Column
    time_source: Column
    station: Column
    flags: Column


@dataclass(frozen=True, slots=True)
class Tables:
    """What the payloads of one call said."""

    positions: Positions
    statics: Statics
    texts: Texts
    clocks: Clocks
    others: Others
    reason: Column  # (N,) int8 for each payload: DECODED or why not


def unpack(source: Column, payloads: Payloads, *, keep_others: bool) -> Tables:
    """Decode every payload. `source` is (B,) uint8 with room behind the last payload."""
    if not len(payloads):
        return NO_TABLES
    return Unpacking(source, payloads).tables(keep_others=keep_others)


class Unpacking:
    """One call: the columns that all messages have, and what is found in them."""

    def __init__(self, source: Column, payloads: Payloads) -> None:
        self.source, self.payloads = source, payloads
        self.n_bits = payloads.n_chars * 6 - np.maximum(payloads.fill, 0)
        self.plain = rows_of(payloads.n_chars == bulk.N_CHARS)
        if len(self.plain) < MIN_PLAIN:
            self.plain = NO_ROWS
        self.plain_pairs = pairs_of(source, payloads.start[self.plain], payloads.n_chars[self.plain], bulk.N_CHARS)
        head, second, clean = self._heads()
        self.kind = (head >> 18).astype(np.int64)
        self.mmsi = (((head & 0xFFFF) << 14) | (second >> 10)).astype(np.int64)
        self.reason = np.zeros(len(payloads), np.int8)
        self.reason[(self.kind < 1) | (self.kind > 28)] = Reason.UNKNOWN_TYPE
        self.reason[self.n_bits < HEAD_BITS] = Reason.SHORT
        self.reason[~clean] = Reason.BAD_ARMOUR
        self.layout = KIND_LAYOUT.take(self.kind)
        parted = rows_of((self.kind == 24) & (self.n_bits >= PART_BITS))
        if len(parted):  # type 24 has a layout for each part
            part = (second[parted] >> 8) & 3
            is_craft = (part == 1) & (self.mmsi[parted] // 10_000_000 == CRAFT)
            self.layout[parted] = np.where(is_craft, ALL.layouts["24B auxiliary"], PART_LAYOUT.take(part))
        refused = rows_of(self.reason)
        self.kind[refused] = 0
        self.layout[refused] = NO_LAYOUT

    def _heads(self) -> tuple[Column, Column, Column]:
        """The first two words of every payload, (N,) uint32, and whether all their characters are sound."""
        p, plain = self.payloads, self.plain
        n_head = HEAD_CHARS // 2
        if len(plain) == len(p):
            pairs = np.ascontiguousarray(self.plain_pairs[:, :n_head])
        else:
            pairs = np.empty((len(p), n_head), np.uint16)
            rest = np.ones(len(p), bool)
            rest[plain] = False
            pairs[plain] = self.plain_pairs[:, :n_head]
            pairs[rest] = pairs_of(self.source, p.start[rest], p.n_chars[rest], HEAD_CHARS)
        words = words_of(pairs)
        return words[:, 0], words[:, 1], is_clean(pairs)

    def tables(self, *, keep_others: bool) -> Tables:
        """The finished tables, each in stream order."""
        texts = self._texts()
        positions, statics, clocks = self._columns()
        self.flags = self._flags(positions, texts)
        others: Found = NOTHING
        if keep_others:
            rows = rows_of(IS_IN_OTHERS.take(self.kind))
            others = Found(rows, {"payload": self._raw(rows), "fill": self.payloads.fill[rows]})
        self.hashes = payload_hash(self.source, self.payloads.start, self.payloads.n_chars)
        return Tables(
            self._table(Positions, positions),
            self._table(Statics, statics),
            self._table(Texts, texts),
            self._table(Clocks, clocks),
            self._table(Others, others),
            self.reason,
        )

    def _columns(self) -> "tuple[Found, Found, Found]":
        """What positions, statics and clocks say; refuses payloads with a character outside the alphabet."""
        is_left = self.layout != NO_LAYOUT
        positions, clocks, statics = [], [], NOTHING
        for name in bulk.PLAIN_LAYOUTS if len(self.plain) else ():
            rows, words = self._plain(name)
            is_left[rows] = False
            if len(rows):
                positions.append(Found(rows, bulk.position_columns(name, words)))
                if HAS_CLOCK[ALL.layouts[name]]:
                    parts = bulk.raw_columns(name, words, CLOCK_SLOTS)
                    clocks.append(Found(rows, {"utc_unix_s": utc_unix_s(parts)}))
        rest = rows_of(is_left & (self.layout != NO_LAYOUT))
        if len(rest):
            position, statics, clock = self._rest(rest)
            positions.append(position)
            clocks.append(clock)
        n = len(self.kind)
        return merged(n, positions), statics, merged(n, clocks)

    def _rest(self, rows: Column) -> "tuple[Found, Found, Found]":
        """The same of these payloads, whatever their layouts are."""
        rows, pairs = self._pairs(rows, ALL.width.take(self.layout[rows]))
        layout, n_bits = self.layout[rows], self.n_bits[rows]
        values = ALL.read(doubles_of(words_of(pairs)), layout, n_bits)
        positions = position_values(rows, values, rows_of(HAS_POSITION.take(layout)))
        statics = clocks = NOTHING
        of = rows_of(HAS_CLOCK.take(layout))
        if len(of):
            clocks = Found(rows[of], {"utc_unix_s": utc_unix_s({name: values[name][of] for name in CLOCK_SLOTS})})
        of = rows_of(HAS_STATIC.take(layout))
        if len(of):
            told = {name: values[name][of] for name in STATIC_VALUES}
            without_nothing(told)
            statics = Found(rows[of], told | text_columns(symbols_of(pairs[of]), layout[of], n_bits[of]))
        return positions, statics, clocks

    def _plain(self, layout: str) -> tuple[Column, Column]:
        """The plain payloads of a layout, when they are many: their rows, and (7, N) words."""
        of = rows_of(self.layout[self.plain] == ALL.layouts[layout])
        if len(of) < MIN_PLAIN:
            return NO_ROWS, np.zeros((bulk.N_CHARS // 4, 0), np.uint32)
        pairs = self.plain_pairs[of] if len(of) < len(self.plain) else self.plain_pairs
        rows, pairs = self._clean(self.plain[of], pairs)
        return rows, np.ascontiguousarray(words_of(pairs).T)

    def _pairs(self, rows: Column, width: Column) -> tuple[Column, Column]:
        """The pairs of payloads of which (N,) `width` characters count; and of which rows, since some are refused."""
        n_chars = np.minimum(self.payloads.n_chars[rows], width)
        return self._clean(rows, pairs_of(self.source, self.payloads.start[rows], n_chars, int(width.max())))

    def _clean(self, rows: Column, pairs: Column) -> tuple[Column, Column]:
        clean = is_clean(pairs)
        if clean.all():
            return rows, pairs
        bad = rows[~clean]
        self.reason[bad] = Reason.BAD_ARMOUR
        self.kind[bad] = 0
        self.layout[bad] = NO_LAYOUT
        return rows[clean], pairs[clean]

    def _texts(self) -> "Found":
        """Safety related texts."""
        rows = rows_of(IS_TEXT.take(self.kind))
        if not len(rows):
            return NOTHING
        width = np.full(len(rows), padded_width(max(TEXT_START.values()) + MAX_TEXT_CHARS * 6))
        rows, pairs = self._pairs(rows, width)
        n_chars = np.full(len(rows), MAX_TEXT_CHARS)
        begin = TEXT_BEGIN.take(self.kind[rows])
        text = np.char.strip(texts_of(symbols_of(pairs), np.arange(len(rows)), begin, n_chars, self.n_bits[rows]))
        return Found(rows, {"text": text})

    def _flags(self, positions: "Found", texts: "Found") -> Column:
        """(N,) int32 of every payload."""
        kind, n_bits = self.kind, self.n_bits
        flags: Column = self.payloads.flags | mmsi_flags(self.mmsi)
        flags |= (n_bits < LEAST_BITS.take(kind)) * TRUNCATED
        flags |= (n_bits > MOST_BITS.take(kind)) * OVERLONG
        flags |= (kind == 27) * COARSE
        is_beacon: Column = IS_BEACON.take(self.mmsi // 1_000_000)
        has_beacon = is_beacon.any()
        status = positions.values.get("nav_status")
        if status is not None:
            flags[positions.rows[status == 14]] |= Flag.BEACON
            if has_beacon:
                tells = is_beacon[positions.rows] & HAS_STATUS.take(kind[positions.rows])
                flags[positions.rows[tells & (status != 15)]] |= Flag.BEACON
                flags[positions.rows[tells & (status == 15)]] |= Flag.BEACON_TEST
        if len(texts.rows) and has_beacon:
            says_test = np.char.count(texts.values["text"], b"TEST") > 0  # six-bit text is upper case
            flags[texts.rows[is_beacon[texts.rows] & ~says_test]] |= Flag.BEACON
            flags[texts.rows[is_beacon[texts.rows] & says_test]] |= Flag.BEACON_TEST
        return flags

    def _table(self, table: type[TableT], found: "Found") -> TableT:
        rows = found.rows
        if not len(rows):
            return EMPTY[table]  # type: ignore[return-value]
        p = self.payloads
        columns = [p.line, p.t_unix_s, p.time_source, p.station, self.kind.astype(np.int8), self.mmsi, self.flags]
        if len(rows) < len(p):
            columns = [column[rows] for column in columns]
        for name in NAMES[table][len(columns) :]:
            if name == "payload_hash":
                columns.append(self.hashes[rows])
            elif name in found.values:
                columns.append(found.values[name].astype(DTYPES[name], copy=False))
            else:
                columns.append(missing(name, len(rows)))
        return table(*columns)

    def _raw(self, rows: Column) -> Column:
        out = np.empty(len(rows), object)
        for i, row in enumerate(rows):
            start = int(self.payloads.start[row])
            out[i] = self.source[start : start + int(self.payloads.n_chars[row])].tobytes()
        return out


def rows_of(mask: Column) -> Column:
    """(K,) int64: where it is True. The method costs a third of numpy.flatnonzero, which counts in a short call."""
    return mask.nonzero()[0]


@dataclass(frozen=True, slots=True)
class Found:
    """Columns of some payloads, by their rows, ascending."""

    rows: Column
    values: dict[str, Column]


NO_ROWS = np.zeros(0, np.int64)
NOTHING = Found(NO_ROWS, {})
KINDS_OF_TABLES: tuple[type[Table], ...] = (Positions, Statics, Texts, Clocks, Others)
EMPTY = {table: empty(table) for table in KINDS_OF_TABLES}
NAMES = {table: tuple(table.__dataclass_fields__) for table in KINDS_OF_TABLES}
NO_TABLES = Tables(empty(Positions), empty(Statics), empty(Texts), empty(Clocks), empty(Others), np.zeros(0, np.int8))


def position_values(rows: Column, values: dict[str, Column], of: Column) -> Found:
    """The columns of Positions of some rows."""
    here = {name: values[name] if len(of) == len(rows) else values[name][of] for name in POSITION_VALUES}
    nowhere = np.isnan(here["lat_deg"]) | np.isnan(here["lon_deg"])
    here["lat_deg"][nowhere] = np.nan
    here["lon_deg"][nowhere] = np.nan
    return Found(rows[of], here)


def merged(n: int, parts: list[Found]) -> Found:
    """All, in the order of their rows among n payloads; a column that some of them lack is missing there."""
    parts = [part for part in parts if len(part.rows)]
    if len(parts) < 2:
        return parts[0] if parts else NOTHING
    is_row = np.zeros(n, bool)
    for part in parts:
        is_row[part.rows] = True
    rows = rows_of(is_row)
    place = np.empty(n, np.int64)
    place[rows] = np.arange(len(rows))
    places = [place[part.rows] for part in parts]
    values = {}
    for name in {name: None for part in parts for name in part.values}:
        column = missing(name, len(rows))
        for part, at in zip(parts, places, strict=True):
            if name in part.values:
                column[at] = part.values[name]
        values[name] = column
    return Found(rows, values)


def utc_unix_s(values: dict[str, Column]) -> Column:
    """(N,) float64 from the parts of a type 4 or 11; NaN when any part says it is not available."""
    year, month, day, hour, minute, second = (values[name] for name in CLOCK_SLOTS)
    fine = (year > 0) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    fine &= (hour >= 0) & (hour < 24) & (minute >= 0) & (minute < 60) & (second >= 0) & (second < 60)
    months = np.where(fine, (year - 1970) * 12 + month - 1, 0)
    days = months.astype("M8[M]").astype("M8[D]").astype(np.int64) + np.where(fine, day - 1, 0)
    return np.where(fine, days * 86_400.0 + hour * 3600 + minute * 60 + second, np.nan)
