"""Payloads to tables: what is common to all is read first, then the columns of each table, in stream order.

payloads ─> heads (type, MMSI) ─┬─ class A of 28 characters, when many ─> class_a ─┬─> Positions
                                ├─ other types with columns ─> plans ──────────────┼─> Statics, Clocks
                                └─ texts ──────────────────────────────────────────┴─> Texts
"""

from dataclasses import dataclass

import numpy as np

from decoders.ais import class_a
from decoders.ais.hashes import payload_hash
from decoders.ais.plans import NO_LAYOUT, plan
from decoders.ais.statics import STATICS, static_columns, static_layouts
from decoders.ais.unpack import doubles_of, is_clean, padded_width, pairs_of, symbols_of, texts_of, words_of
from decoders.ais.wire import LAYOUTS
from decoders.columns import DTYPES, Clocks, Flag, Others, Positions, Statics, TableT, Texts, empty, missing
from decoders.rejects import Reason
from decoders.table import Column, Table

HEAD_BITS = 38  # type, repeat indicator, MMSI
HEAD_CHARS = 8
N_KINDS = 64
TEXT_START = {12: 72, 14: 40}
MAX_TEXT_CHARS = 161
# Fewer class A reports than this go with all other messages: the shortcut costs as much as some hundred rows.
MIN_PLAIN = 200
# shortest and longest payload, in bits, that is nothing to remark on: fill bits are often wrong by up to 6
NORMAL_BITS = {
    1: (168, 173), 2: (168, 173), 3: (168, 173), 4: (168, 173), 5: (420, 429), 9: (168, 173), 11: (168, 173),
    12: (72, 1008), 14: (40, 1008), 18: (168, 173), 19: (312, 317), 21: (272, 365), 24: (160, 173), 27: (96, 101),
}  # fmt: skip
CLOCK_SLOTS = ("utc_year", "utc_month", "utc_day", "utc_hour", "utc_minute", "clock_second")
VALUES = tuple(Positions.__dataclass_fields__)[8:]  # what is not common to all tables
POSITIONS = plan({name: LAYOUTS[name] for name in ("1", "4", "9", "18", "19", "21+", "27")}, VALUES)
CLOCKS = plan({"4": LAYOUTS["4"]}, CLOCK_SLOTS)


def by_kind(values: dict[int, int], otherwise: int) -> Column:
    """(N_KINDS,) int64: one value for each message type."""
    table = np.full(N_KINDS, otherwise)
    for kind, value in values.items():
        table[kind] = value
    return table


_POSITION_LAYOUT = {1: "1", 2: "1", 3: "1", 4: "4", 9: "9", 11: "4", 18: "18", 19: "19", 21: "21+", 27: "27"}
POSITION_LAYOUT = by_kind({kind: POSITIONS.layouts[name] for kind, name in _POSITION_LAYOUT.items()}, NO_LAYOUT)
IS_CLASS_A = by_kind({1: 1, 2: 1, 3: 1}, 0) > 0
IS_TEXT = by_kind({12: 1, 14: 1}, 0) > 0
IS_CLOCK = by_kind({4: 1, 11: 1}, 0) > 0
IS_IN_OTHERS = by_kind(dict.fromkeys((0, *_POSITION_LAYOUT, 5, 12, 14, 24), 0), 1) > 0
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
        is_plain = payloads.n_chars == class_a.N_CHARS
        self.plain = np.flatnonzero(is_plain)
        if len(self.plain) < MIN_PLAIN:
            self.plain = self.plain[:0]
        self.plain_pairs = pairs_of(source, payloads.start[self.plain], payloads.n_chars[self.plain], class_a.N_CHARS)
        head, second, clean = self._heads()
        self.kind = (head >> 18).astype(np.int64)
        self.mmsi = (((head & 0xFFFF) << 14) | (second >> 10)).astype(np.int64)
        self.part = (second >> 8) & 3
        self.reason = np.zeros(len(payloads), np.int8)
        self._refuse(~((self.kind >= 1) & (self.kind <= 28)), Reason.UNKNOWN_TYPE)
        self._refuse(self.n_bits < HEAD_BITS, Reason.SHORT)
        self._refuse(~clean, Reason.BAD_ARMOUR)
        self.decoded_kind = np.where(self.reason == Reason.DECODED, self.kind, 0)  # 0 has no layout

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

    def _refuse(self, rows: Column, reason: Reason) -> None:
        self.reason[rows] = reason

    def tables(self, *, keep_others: bool) -> Tables:
        """The finished tables, each in stream order."""
        texts = self._texts()
        positions, statics, clocks = self._columns()
        self.flags = self._flags(positions, texts)
        others: Found = NOTHING
        if keep_others:
            rows = np.flatnonzero(IS_IN_OTHERS.take(self.decoded_kind))
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
        position = POSITION_LAYOUT.take(self.decoded_kind)
        static = static_layouts(self.decoded_kind, self.part, self.mmsi, self.n_bits)
        fast, fast_values = self._class_a()
        is_rest = (position != NO_LAYOUT) | (static != NO_LAYOUT)
        is_rest[fast] = False
        rest = np.flatnonzero(is_rest & (self.decoded_kind > 0))
        if not len(rest):
            return Found(fast, fast_values), NOTHING, NOTHING
        width = np.maximum(POSITIONS.width.take(position[rest]), STATICS.width.take(static[rest]))
        rest, pairs = self._pairs(rest, width)
        doubles, n_bits = doubles_of(words_of(pairs)), self.n_bits[rest]
        position, static = position[rest], static[rest]
        statics = clocks = NOTHING
        of = np.flatnonzero(static != NO_LAYOUT)
        if len(of):
            symbols = symbols_of(pairs[of])
            statics = Found(rest[of], static_columns(symbols, doubles[of], static[of], n_bits[of]))
        of = np.flatnonzero(IS_CLOCK.take(self.kind[rest]))
        if len(of):
            parts = CLOCKS.read(doubles[of], np.zeros(len(of), np.int64), n_bits[of])
            clocks = Found(rest[of], {"utc_unix_s": utc_unix_s(parts)})
        of = np.flatnonzero(position != NO_LAYOUT)
        values = POSITIONS.read(doubles[of], position[of], n_bits[of])
        nowhere = np.isnan(values["lat_deg"]) | np.isnan(values["lon_deg"])
        values["lat_deg"][nowhere] = np.nan
        values["lon_deg"][nowhere] = np.nan
        return merged(len(self.kind), Found(fast, fast_values), Found(rest[of], values)), statics, clocks

    def _class_a(self) -> tuple[Column, dict[str, Column]]:
        """The class A reports among the plain payloads, and their columns."""
        of = np.flatnonzero(IS_CLASS_A.take(self.decoded_kind[self.plain]))
        pairs = self.plain_pairs[of] if len(of) < len(self.plain) else self.plain_pairs
        rows, pairs = self._clean(self.plain[of], pairs)
        values = class_a.columns_of(np.ascontiguousarray(words_of(pairs).T)) if len(rows) else {}
        return rows, values

    def _pairs(self, rows: Column, width: Column) -> tuple[Column, Column]:
        """The pairs of payloads of which (N,) `width` characters count; and of which rows, since some are refused."""
        n_chars = np.minimum(self.payloads.n_chars[rows], width)
        return self._clean(rows, pairs_of(self.source, self.payloads.start[rows], n_chars, int(width.max())))

    def _clean(self, rows: Column, pairs: Column) -> tuple[Column, Column]:
        clean = is_clean(pairs)
        if clean.all():
            return rows, pairs
        self._refuse(rows[~clean], Reason.BAD_ARMOUR)
        self.decoded_kind[rows[~clean]] = 0
        return rows[clean], pairs[clean]

    def _texts(self) -> "Found":
        """Safety related texts."""
        rows = np.flatnonzero(IS_TEXT.take(self.decoded_kind))
        if not len(rows):
            return NOTHING
        width = np.full(len(rows), padded_width(max(TEXT_START.values()) + MAX_TEXT_CHARS * 6))
        rows, pairs = self._pairs(rows, width)
        begin = TEXT_BEGIN.take(self.kind[rows])
        values = texts_of(symbols_of(pairs), begin, MAX_TEXT_CHARS, self.n_bits[rows])
        return Found(rows, {"text": values})

    def _flags(self, positions: "Found", texts: "Found") -> Column:
        """(N,) int32 of every payload."""
        kind, n_bits = self.kind, self.n_bits
        flags = self.payloads.flags | mmsi_flags(self.mmsi)
        flags |= np.where(n_bits < LEAST_BITS.take(kind), Flag.TRUNCATED.value, 0)
        flags |= np.where(n_bits > MOST_BITS.take(kind), Flag.OVERLONG.value, 0)
        flags |= np.where(kind == 27, Flag.COARSE.value, 0)
        prefix = self.mmsi // 1_000_000
        is_beacon = (prefix == 970) | (prefix == 972) | (prefix == 974)
        if len(positions.rows):
            status = positions.values["nav_status"]
            flags[positions.rows[status == 14]] |= Flag.BEACON
            if is_beacon.any():
                tells = is_beacon[positions.rows] & HAS_STATUS.take(kind[positions.rows])
                flags[positions.rows[tells & (status != 15)]] |= Flag.BEACON
                flags[positions.rows[tells & (status == 15)]] |= Flag.BEACON_TEST
        if len(texts.rows):
            says_test = np.char.count(texts.values["text"], b"TEST") > 0  # six-bit text is upper case
            flags[texts.rows[is_beacon[texts.rows] & ~says_test]] |= Flag.BEACON
            flags[texts.rows[is_beacon[texts.rows] & says_test]] |= Flag.BEACON_TEST
        return flags

    def _table(self, table: type[TableT], found: "Found") -> TableT:
        rows = found.rows
        if not len(rows):
            return empty(table)
        p = self.payloads
        given = (p.line, p.t_unix_s, p.time_source, p.station, self.kind.astype(np.int8), self.mmsi, self.flags)
        columns = [column[rows] for column in given]
        for name in tuple(table.__dataclass_fields__)[len(given) :]:
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


@dataclass(frozen=True, slots=True)
class Found:
    """Columns of some payloads, by their rows, ascending."""

    rows: Column
    values: dict[str, Column]


NOTHING = Found(np.zeros(0, np.int64), {})
NO_TABLES = Tables(empty(Positions), empty(Statics), empty(Texts), empty(Clocks), empty(Others), np.zeros(0, np.int8))


def merged(n: int, one: Found, other: Found) -> Found:
    """Both, in the order of their rows among n payloads; a column that one of them lacks is missing there."""
    if not len(one.rows) or not len(other.rows):
        return one if len(one.rows) else other
    is_row = np.zeros(n, bool)
    is_row[one.rows] = True
    is_row[other.rows] = True
    rows = np.flatnonzero(is_row)
    place = np.empty(n, np.int64)
    place[rows] = np.arange(len(rows))
    places = [(found, place[found.rows]) for found in (one, other)]
    values = {}
    for name in other.values:
        column = missing(name, len(rows))
        for found, at in places:
            if name in found.values:
                column[at] = found.values[name]
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


def mmsi_flags(mmsi: Column) -> Column:
    """(N,) int32: MMSI_ODD where the number has none of the forms of ITU-R M.585-9.

    Forms: MID plus six digits (ships), 00MID (coast), 0MID (groups), 111MID (aircraft), 99MID (aids), 98MID (craft),
    8MID (handheld), 970, 972, 974 (locating devices). MID is 201 to 775.
    """
    is_odd = ~is_mid(mmsi // 1_000_000)
    rows = np.flatnonzero(is_odd)  # the few that are no ships
    if len(rows):
        is_odd[rows] = ~has_other_form(mmsi[rows])
    return is_odd * np.int32(Flag.MMSI_ODD)


def is_mid(number: Column) -> Column:
    found: Column = (number >= 201) & (number <= 775)
    return found


def has_other_form(mmsi: Column) -> Column:
    """(N,) bool: one of the forms that are not a ship's."""
    mid3, mid2 = mmsi // 1_000_000, mmsi // 10_000_000
    fine = np.isin(mid3, (970, 972, 974))
    fine |= ((mid2 == 99) | (mid2 == 98)) & is_mid(mmsi // 10_000 % 1000)
    fine |= (mmsi // 100_000_000 == 8) & is_mid(mmsi // 100_000 % 1000)
    fine |= (mid3 == 111) & is_mid(mmsi // 1000 % 1000)
    fine |= (mmsi < 10_000_000) & is_mid(mmsi // 10_000)
    fine |= (mmsi < 100_000_000) & is_mid(mmsi // 100_000)
    found: Column = fine & (mmsi < 1_000_000_000)
    return found
