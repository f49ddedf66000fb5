"""Payloads to tables: what is common to all is read first, then the columns of each table, in stream order.

payloads ─> heads (type, MMSI) ─┬─ position reports of 28 characters, when many ─> bulk ─┬─> Positions
                                ├─ all else that has columns ─> plans ───────────────────┼─> Statics, Clocks
                                └─ texts ────────────────────────────────────────────────┴─> Texts
"""

from dataclasses import dataclass

import numpy as np

from decoders.ais import bulk
from decoders.ais.hashes import equal_length_hash, payload_hash
from decoders.ais.mmsi import odd_rows
from decoders.ais.plans import ALL, CLOCK_BLOCKS, CLOCK_SLOTS, NO_LAYOUT, POSITION_BLOCKS, STATIC_BLOCKS, columns_of
from decoders.ais.statics import text_columns, without_nothing
from decoders.ais.unpack import PAIRS, dirty_rows, doubles_of, padded_width, pairs_of, symbols_of, texts_of, words_of
from decoders.columns import COLUMN_TYPES, Clocks, Flag, Others, Positions, Statics, TableT, Texts, empty, missing
from decoders.lookup import windows
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
# As plain numbers: an array operation with a member of an enumeration asks it in vain what kind of array it is, which
# takes longer than the operation in a short call.
SHORT, BAD_ARMOUR = int(Reason.SHORT), int(Reason.BAD_ARMOUR)
MMSI_ODD, TRUNCATED, OVERLONG, COARSE = (int(f) for f in (Flag.MMSI_ODD, Flag.TRUNCATED, Flag.OVERLONG, Flag.COARSE))
BEACON, BEACON_TEST = int(Flag.BEACON), int(Flag.BEACON_TEST)
PLAIN_BYTES = -(-bulk.N_CHARS // 8) * 8  # of a plain payload, in whole words for its hash


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
HAS_HASH = by_kind(dict.fromkeys((*LAYOUT_OF, 12, 14, 24), 1), 0) > 0
KIND_REASON = by_kind(dict.fromkeys(range(1, 29), Reason.DECODED), Reason.UNKNOWN_TYPE).astype(np.int8)
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
        self.n_bits = payloads.n_chars * 6
        self.n_bits -= np.maximum(payloads.fill, 0)
        is_plain = payloads.n_chars == bulk.N_CHARS
        self.plain, self.others = rows_of(is_plain), rows_of(~is_plain)
        if len(self.plain) < MIN_PLAIN:
            self.plain, self.others = NO_ROWS, np.arange(len(payloads))
        self.plain_text = windows(source, payloads.start[self.plain], PLAIN_BYTES)
        first, second, dirty = self._heads()
        self.kind = (first >> 18).astype(np.int64)
        first &= 0xFFFF
        self.mmsi = ((first << 14) | (second >> 10)).astype(np.int64)
        self.reason = KIND_REASON.take(self.kind)
        self.reason[self.n_bits < HEAD_BITS] = SHORT
        if len(dirty):
            self.reason[dirty] = BAD_ARMOUR
        self.layout = KIND_LAYOUT.take(self.kind)
        parted = rows_of(self.kind == 24)
        if len(parted):  # type 24 has a layout for each part
            parted = parted[self.n_bits[parted] >= PART_BITS]
            part = (second[parted] >> 8) & 3
            is_craft = (part == 1) & (self.mmsi[parted] // 10_000_000 == CRAFT)
            self.layout[parted] = np.where(is_craft, ALL.layouts["24B auxiliary"], PART_LAYOUT.take(part))
        self._refuse(rows_of(self.reason))

    def _heads(self) -> tuple[Column, Column, Column]:
        """The first two words of every payload, (N,) uint32, and rows in which one of their characters is not sound.
        All words of the plain ones are made here."""
        p, others = self.payloads, self.others
        head = pairs_of(self.source, p.start[others], p.n_chars[others], HEAD_CHARS)
        dirty = others[dirty_rows(head)]
        words = words_of(head).T
        if len(others) == len(p):
            return words[0], words[1], dirty
        pairs = PAIRS.take(self.plain_text[:, : bulk.N_CHARS].view("<u2"))
        self.plain_words = np.ascontiguousarray(words_of(pairs).T)
        self.plain_dirty = dirty_rows(pairs)
        if len(self.plain_dirty):
            dirty = np.append(dirty, self.plain[dirty_rows(pairs[:, : HEAD_CHARS // 2])])
        first, second = np.empty(len(p), np.uint32), np.empty(len(p), np.uint32)
        first[others], second[others] = words
        first[self.plain], second[self.plain] = self.plain_words[:2]
        return first, second, dirty

    def _refuse(self, rows: Column) -> None:
        """They are of no kind."""
        if len(rows):
            self.kind[rows] = 0
            self.layout[rows] = NO_LAYOUT

    def tables(self, *, keep_others: bool) -> Tables:
        """The finished tables, each in stream order."""
        texts = self._texts()
        positions, statics, clocks = self._columns()
        self.flags = self._flags(positions, texts)
        others: Found = NOTHING
        if keep_others:
            rows = rows_of(IS_IN_OTHERS.take(self.kind))
            others = Found(rows, {"payload": self._raw(rows), "fill": self.payloads.fill[rows]})
        self.hashes = self._hashes()
        return Tables(
            self._table(Positions, positions),
            self._table(Statics, statics),
            self._table(Texts, texts),
            self._table(Clocks, clocks),
            self._table(Others, others),
            self.reason,
        )

    def _hashes(self) -> Column:
        """(N,) uint64, of those that stand in a table which has them."""
        hashes = np.empty(len(self.kind), np.uint64)
        if len(self.plain):
            hashes[self.plain] = equal_length_hash(self.plain_text, bulk.N_CHARS)
        rows = self.others
        rows = rows[HAS_HASH.take(self.kind[rows])]
        if len(rows):
            hashes[rows] = payload_hash(self.source, self.payloads.start[rows], self.payloads.n_chars[rows])
        return hashes

    def _columns(self) -> "tuple[Found, Found, Found]":
        """What positions, statics and clocks say; refuses payloads with a character outside the alphabet."""
        is_left = self.layout != NO_LAYOUT
        positions, clocks, statics = [], [], NOTHING
        if len(self.plain):
            layouts = self.layout[self.plain]
            is_many = np.bincount(layouts + 1, minlength=len(ALL.layouts) + 1)[1:] >= MIN_PLAIN
            for name in bulk.PLAIN_LAYOUTS:
                if not is_many[ALL.layouts[name]]:
                    continue
                rows, words = self._plain(rows_of(layouts == ALL.layouts[name]), is_left)
                positions.append(Found(rows, bulk.position_columns(name, words)))
                if HAS_CLOCK[ALL.layouts[name]]:
                    parts = bulk.raw_columns(name, words, CLOCK_SLOTS)
                    clocks.append(Found(rows, {"utc_unix_s": utc_unix_s(parts)}))
        rest = rows_of(is_left)
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
        positions = statics = clocks = NOTHING
        of = rows_of(HAS_POSITION.take(layout))
        if len(of):
            positions = Found(rows[of], columns_of(POSITION_BLOCKS, *values, of))
        of = rows_of(HAS_CLOCK.take(layout))
        if len(of):
            clocks = Found(rows[of], {"utc_unix_s": utc_unix_s(columns_of(CLOCK_BLOCKS, *values, of))})
        of = rows_of(HAS_STATIC.take(layout))
        if len(of):
            told = columns_of(STATIC_BLOCKS, *values, of)
            without_nothing(told)
            statics = Found(rows[of], told | text_columns(symbols_of(pairs[of]), layout[of], n_bits[of]))
        return positions, statics, clocks

    def _plain(self, of: Column, is_left: Column) -> tuple[Column, Column]:
        """These of the plain payloads, of one layout: their rows, and (7, M) words. They are not left any more."""
        rows, words = self.plain, self.plain_words
        if len(of) < len(rows):
            rows, words = rows[of], words.take(of, axis=1)
        is_left[rows] = False
        if len(self.plain_dirty):
            dirty = np.isin(of, self.plain_dirty)
            self._refuse_armour(rows[dirty])
            rows, words = rows[~dirty], words[:, ~dirty]
        return rows, words

    def _pairs(self, rows: Column, width: Column) -> tuple[Column, Column]:
        """The pairs of payloads of which (N,) `width` characters count; and of which rows, since some are refused."""
        n_chars = np.minimum(self.payloads.n_chars[rows], width)
        return self._clean(rows, pairs_of(self.source, self.payloads.start[rows], n_chars, int(width.max())))

    def _clean(self, rows: Column, pairs: Column) -> tuple[Column, Column]:
        dirty = dirty_rows(pairs)
        if not len(dirty):
            return rows, pairs
        self._refuse_armour(rows[dirty])
        return np.delete(rows, dirty), np.delete(pairs, dirty, axis=0)

    def _refuse_armour(self, rows: Column) -> None:
        self.reason[rows] = BAD_ARMOUR
        self._refuse(rows)

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
        return Found(rows, {"text": text.astype(COLUMN_TYPES["text"])})

    def _flags(self, positions: "Found", texts: "Found") -> Column:
        """(N,) int32 of every payload."""
        kind, n_bits = self.kind, self.n_bits
        odd, beacons = odd_rows(self.mmsi)
        flags: Column = self.payloads.flags.copy()
        for flag, rows in (
            (MMSI_ODD, odd),
            (TRUNCATED, rows_of(n_bits < LEAST_BITS.take(kind))),
            (OVERLONG, rows_of(n_bits > MOST_BITS.take(kind))),
            (COARSE, rows_of(kind == 27)),
        ):
            if len(rows):
                flags[rows] |= flag
        has_beacon = len(beacons) > 0
        is_beacon = np.zeros(len(kind) if has_beacon else 0, bool)
        is_beacon[beacons] = True
        status = positions.values.get("nav_status")
        if status is not None:
            active = rows_of(status == 14)
            if len(active):
                flags[positions.rows[active]] |= BEACON
            if has_beacon:
                tells = is_beacon[positions.rows] & HAS_STATUS.take(kind[positions.rows])
                flags[positions.rows[tells & (status != 15)]] |= BEACON
                flags[positions.rows[tells & (status == 15)]] |= BEACON_TEST
        if len(texts.rows) and has_beacon:
            says_test = np.char.count(texts.values["text"], b"TEST") > 0  # six-bit text is upper case
            flags[texts.rows[is_beacon[texts.rows] & ~says_test]] |= BEACON
            flags[texts.rows[is_beacon[texts.rows] & says_test]] |= BEACON_TEST
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
                columns.append(found.values[name])
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
    """Columns of some payloads, in their dtypes, by their rows, ascending."""

    rows: Column
    values: dict[str, Column]


NO_ROWS = np.zeros(0, np.int64)
NOTHING = Found(NO_ROWS, {})
KINDS_OF_TABLES: tuple[type[Table], ...] = (Positions, Statics, Texts, Clocks, Others)
EMPTY = {table: empty(table) for table in KINDS_OF_TABLES}
NAMES = {table: tuple(table.__dataclass_fields__) for table in KINDS_OF_TABLES}
NO_TABLES = Tables(empty(Positions), empty(Statics), empty(Texts), empty(Clocks), empty(Others), np.zeros(0, np.int8))


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
        is_whole = all(name in part.values for part in parts)
        column = np.empty(len(rows), COLUMN_TYPES[name]) if is_whole else missing(name, len(rows))
        for part, at in zip(parts, places, strict=True):
            if name in part.values:
                column[at] = part.values[name]
        values[name] = column
    return Found(rows, values)


def utc_unix_s(values: dict[str, Column]) -> Column:
    """(N,) float64 from the parts of a type 4 or 11; NaN when any part says it is not available."""
    parts = np.array([values[name] for name in CLOCK_SLOTS])
    fine = ((parts >= CLOCK_LEAST) & (parts <= CLOCK_MOST)).all(axis=0)
    year, month, day, hour, minute, second = np.where(fine, parts, CLOCK_LEAST)
    days = ((year - 1970) * 12 + month - 1).astype("M8[M]").astype("M8[D]").astype(np.int64) + day - 1
    return np.where(fine, days * 86_400.0 + hour * 3600 + minute * 60 + second, np.nan)


# of the CLOCK_SLOTS; a year has 14 bits
CLOCK_LEAST = np.array([[1], [1], [1], [0], [0], [0]])
CLOCK_MOST = np.array([[1 << 14], [12], [31], [23], [59], [59]])
