"""Payloads to tables: messages are grouped by layout, unpacked together, and put back into stream order."""

from dataclasses import dataclass

import numpy as np

from decoders.ais.unpack import bits, column, padded_width, symbols_of, words_of
from decoders.ais.wire import LAYOUTS, Slot
from decoders.columns import Clocks, Flag, Others, Positions, Statics, TableT, Texts, missing
from decoders.rejects import Reason
from decoders.table import Column, Table

HEAD_BITS = 38  # type, repeat indicator, MMSI
CLASS_A = (1, 2, 3)
CLOCKS = (4, 11)
POSITION_TYPES = (1, 2, 3, 4, 9, 11, 18, 19, 21, 27)
STATIC_TYPES = (5, 19, 21, 24)
TEXT_TYPES = (12, 14)
TEXT_START = {12: 72, 14: 40}
MAX_TEXT_CHARS = 161
# shortest and longest payload, in bits, that is nothing to remark on: fill bits are often wrong by up to 6
NORMAL_BITS = {
    1: (168, 173), 2: (168, 173), 3: (168, 173), 4: (168, 173), 5: (420, 429), 9: (168, 173), 11: (168, 173),
    12: (72, 1008), 14: (40, 1008), 18: (168, 173), 19: (312, 317), 21: (272, 365), 24: (160, 173), 27: (96, 101),
}  # fmt: skip
DIMENSIONS = ("to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m")
HASH_FACTOR = np.uint64(0x9E3779B97F4A7C15)
HASH_MIX = np.uint64(0xD6E8FEB86659FD93)


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
    n = len(payloads)
    n_bits = payloads.n_chars * 6 - np.maximum(payloads.fill, 0)
    head, is_clean = symbols_of(source, payloads.start, payloads.n_chars, 8)
    words = words_of(head)
    kind = bits(words, 0, 6)
    mmsi = bits(words, 8, 30)
    reason = np.full(n, Reason.DECODED, np.int8)
    reason[(kind < 1) | (kind > 28)] = Reason.UNKNOWN_TYPE
    reason[n_bits < HEAD_BITS] = Reason.SHORT
    reason[~is_clean] = Reason.BAD_ARMOUR
    builder = Builder(source, payloads, kind, mmsi, n_bits, reason, payload_hash(source, payloads))
    for k in np.flatnonzero(np.bincount(kind[reason == Reason.DECODED], minlength=32)):
        builder.add(int(k))
    return builder.tables(keep_others=keep_others)


def payload_hash(source: Column, payloads: Payloads) -> Column:
    """(N,) uint64 of the armoured characters, equal for equal payloads. Masked to the first 72 and the length."""
    total = payloads.n_chars.astype(np.uint64) * HASH_MIX
    for start, rows in by_width(payloads.n_chars):
        view = np.lib.stride_tricks.sliding_window_view(source, start)[payloads.start[rows]]
        beyond = np.arange(start) >= payloads.n_chars[rows][:, None]
        view = np.where(beyond, 0, view).astype(np.uint8)
        quads = np.ascontiguousarray(view).view(np.uint64)
        h = total[rows]
        for i in range(quads.shape[1]):
            h = (h ^ quads[:, i]) * HASH_FACTOR
            h ^= h >> np.uint64(29)
        total[rows] = h
    return total


def by_width(n_chars: Column) -> list[tuple[int, Column]]:
    """Rows grouped by the multiple of 8 characters that holds them."""
    width = np.maximum(8, (n_chars + 7) // 8 * 8)
    return [(int(w), np.flatnonzero(width == w)) for w in np.unique(width)]


class Builder:
    """Gathers columns by message type, then orders them."""

    def __init__(
        self,
        source: Column,
        payloads: Payloads,
        kind: Column,
        mmsi: Column,
        n_bits: Column,
        reason: Column,
        hashes: Column,
    ) -> None:
        self.source, self.payloads, self.kind, self.mmsi = source, payloads, kind, mmsi
        self.n_bits, self.reason, self.hashes = n_bits, reason, hashes
        self.flags = payloads.flags | mmsi_flags(mmsi)
        self.parts: dict[str, list[tuple[Column, dict[str, Column]]]] = {}

    def add(self, kind: int) -> None:
        """Unpack all messages of one type."""
        rows = np.flatnonzero((self.kind == kind) & (self.reason == Reason.DECODED))
        self._remark_length(kind, rows)
        if kind in (1, 2, 3, 4, 9, 11, 18, 27):
            self._layout(str(kind), rows, position=True, clock=kind in CLOCKS)
        elif kind in (5,):
            self._layout("5", rows, static=True)
        elif kind == 19:
            self._layout("19", rows, position=True, static=True)
        elif kind == 21:
            self._layout("21+", rows, position=True, static=True)
        elif kind == 24:
            self._type_24(rows)
        elif kind in TEXT_TYPES:
            self._texts(kind, rows)
        else:
            self.parts.setdefault("others", []).append((rows, {}))

    def _remark_length(self, kind: int, rows: Column) -> None:
        least, most = NORMAL_BITS.get(kind, (0, 1 << 30))
        n_bits = self.n_bits[rows]
        self.flags[rows] = (
            self.flags[rows] | (n_bits < least) * Flag.TRUNCATED.value | (n_bits > most) * Flag.OVERLONG.value
        )

    def _read(self, slots: tuple[Slot, ...], rows: Column) -> tuple[Column, dict[str, Column]]:
        """Unpack named slots; rows whose payload has a character outside the alphabet are refused."""
        end = max(slot.start + slot.width for slot in slots)
        symbols, is_clean = symbols_of(
            self.source, self.payloads.start[rows], self.payloads.n_chars[rows], padded_width(end)
        )
        if not is_clean.all():
            self.reason[rows[~is_clean]] = Reason.BAD_ARMOUR
            rows, symbols = rows[is_clean], symbols[is_clean]
        words = words_of(symbols)
        n_bits = self.n_bits[rows]
        named = [slot for slot in slots if slot.name and slot.name not in ("type", "mmsi")]
        return rows, {slot.name: column(slot, words, symbols, n_bits) for slot in named if slot.name in KNOWN} | {
            slot.name: whole(words, slot, n_bits) for slot in named if slot.name in CLOCK_SLOTS
        }

    def _layout(
        self, layout: str, rows: Column, *, position: bool = False, static: bool = False, clock: bool = False
    ) -> None:
        rows, values = self._read(LAYOUTS[layout], rows)
        if position:
            nowhere = np.isnan(values["lat_deg"]) | np.isnan(values["lon_deg"])
            values["lat_deg"] = np.where(nowhere, np.nan, values["lat_deg"])
            values["lon_deg"] = np.where(nowhere, np.nan, values["lon_deg"])
            self.parts.setdefault("positions", []).append((rows, values))
        if static:
            self.parts.setdefault("statics", []).append((rows, tidy_static(values)))
        if clock:
            self.parts.setdefault("clocks", []).append((rows, {"utc_unix_s": utc_unix_s(values)}))

    def _type_24(self, rows: Column) -> None:
        """Part A is a name; part B a type, a call sign and dimensions, or of an auxiliary craft its mother ship."""
        rows, values = self._read(LAYOUTS["24A"][:3], rows)
        part = values["part"]
        is_craft = self.mmsi[rows] // 10_000_000 == 98
        for layout, mask in (
            ("24A", part == 0),
            ("24B", (part == 1) & ~is_craft),
            ("24B auxiliary", (part == 1) & is_craft),
        ):
            if mask.any():
                self._layout(layout, rows[mask], static=True)
        odd = part > 1
        if odd.any():
            self.parts.setdefault("statics", []).append((rows[odd], {"part": part[odd]}))

    def _texts(self, kind: int, rows: Column) -> None:
        n_chars = np.clip((self.n_bits[rows] - TEXT_START[kind]) // 6, 0, MAX_TEXT_CHARS)
        longest = int(n_chars.max(initial=1)) or 1
        slot = Slot("text", TEXT_START[kind], longest * 6)
        rows, values = self._read((slot,), rows)
        self.parts.setdefault("texts", []).append((rows, values))

    def tables(self, *, keep_others: bool) -> Tables:
        """The finished tables, each in stream order."""
        self._flag_coarse_and_beacons()
        others = self._table(Others, "others") if keep_others else self._table(Others, "")
        return Tables(
            self._table(Positions, "positions"),
            self._table(Statics, "statics"),
            self._table(Texts, "texts"),
            self._table(Clocks, "clocks"),
            others,
            self.reason,
        )

    def _flag_coarse_and_beacons(self) -> None:
        self.flags[self.kind == 27] |= Flag.COARSE
        prefix = self.mmsi // 1_000_000
        is_beacon = (prefix == 970) | (prefix == 972) | (prefix == 974)
        for rows, values in self.parts.get("positions", []):
            if "nav_status" in values:
                status = values["nav_status"]
                self.flags[rows[status == 14]] |= Flag.BEACON
                is_test = is_beacon[rows] & (status == 15)
                self.flags[rows[is_beacon[rows] & ~is_test]] |= Flag.BEACON
                self.flags[rows[is_test]] |= Flag.BEACON_TEST
        for rows, values in self.parts.get("texts", []):
            says_test = np.char.count(values["text"].astype(np.bytes_), b"TEST") > 0  # six-bit text is upper case
            self.flags[rows[is_beacon[rows] & ~says_test]] |= Flag.BEACON
            self.flags[rows[is_beacon[rows] & says_test]] |= Flag.BEACON_TEST

    def _table(self, table: type[TableT], name: str) -> TableT:
        parts = self.parts.get(name, [])
        rows = np.concatenate([rows for rows, _ in parts]) if parts else np.zeros(0, np.int64)
        order = np.argsort(rows, kind="stable")
        rows = rows[order]
        place = np.empty(len(rows), np.int64)
        place[order] = np.arange(len(rows))
        p = self.payloads
        given = {
            "line": p.line[rows],
            "t_unix_s": p.t_unix_s[rows],
            "time_source": p.time_source[rows],
            "station": p.station[rows],
            "type": self.kind[rows].astype(np.int8),
            "mmsi": self.mmsi[rows],
            "flags": self.flags[rows],
            "payload_hash": self.hashes[rows],
            "fill": p.fill[rows],
        }
        if "payload" in table.__dataclass_fields__:
            given["payload"] = self._raw(rows)
        columns = []
        for field in table.__dataclass_fields__:
            if field in given:
                columns.append(given[field])
                continue
            out = missing(field, len(rows))
            at = 0
            for part_rows, values in parts:
                if field in values:
                    out[place[at : at + len(part_rows)]] = values[field]
                at += len(part_rows)
            columns.append(out)
        return table(*columns)

    def _raw(self, rows: Column) -> Column:
        out = np.empty(len(rows), object)
        for i, row in enumerate(rows):
            start = int(self.payloads.start[row])
            out[i] = self.source[start : start + int(self.payloads.n_chars[row])].tobytes()
        return out


KNOWN = {*Positions.__dataclass_fields__, *Statics.__dataclass_fields__, "text", "name_extension"}
CLOCK_SLOTS = ("utc_year", "utc_month", "utc_day", "utc_hour", "utc_minute", "clock_second")


def whole(words: Column, slot: Slot, n_bits: Column) -> Column:
    """An integer slot that is no column; -1 where the message ends before it."""
    return np.where(n_bits >= slot.start + slot.width, bits(words, slot.start, slot.width), -1)


def utc_unix_s(values: dict[str, Column]) -> Column:
    """(N,) float64 from the parts of a type 4 or 11; NaN when any part says it is not available."""
    year, month, day, hour, minute, second = (values[name] for name in CLOCK_SLOTS)
    fine = (year > 0) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    fine &= (hour >= 0) & (hour < 24) & (minute >= 0) & (minute < 60) & (second >= 0) & (second < 60)
    months = np.where(fine, (year - 1970) * 12 + month - 1, 0)
    days = months.astype("M8[M]").astype("M8[D]").astype(np.int64) + np.where(fine, day - 1, 0)
    return np.where(fine, days * 86_400.0 + hour * 3600 + minute * 60 + second, np.nan)


def tidy_static(values: dict[str, Column]) -> dict[str, Column]:
    """Zeros that mean "not available" become missing; the extension of an aid's name is joined to it."""
    size = [name for name in DIMENSIONS if name in values]
    if size:
        nothing = np.all([np.nan_to_num(values[name]) == 0 for name in size], axis=0)
        for name in size:
            values[name] = np.where(nothing, np.nan, values[name])
    for name in ("imo", "ship_type", "eta_month", "eta_day", "mothership_mmsi"):
        if name in values:
            values[name] = np.where(values[name] == 0, -1, values[name])
    if "draught_m" in values:
        values["draught_m"] = np.where(values["draught_m"] == 0, np.nan, values["draught_m"])
    if "name_extension" in values:
        values["name"] = np.char.rstrip(np.char.add(values["name"].astype("S34"), values.pop("name_extension")))
    return values


def mmsi_flags(mmsi: Column) -> Column:
    """(N,) int32: MMSI_ODD where the number has none of the forms of ITU-R M.585-9.

    Forms: MID plus six digits (ships), 00MID (coast), 0MID (groups), 111MID (aircraft), 99MID (aids), 98MID (craft),
    8MID (handheld), 970, 972, 974 (locating devices). MID is 201 to 775.
    """
    mid3 = mmsi // 1_000_000
    mid2 = mmsi // 10_000_000

    def is_mid(number: Column) -> Column:
        return (number >= 201) & (number <= 775)

    fine = is_mid(mid3) | np.isin(mid3, (970, 972, 974))
    fine |= (mid2 == 99) & is_mid(mmsi // 10_000 % 1000)
    fine |= (mid2 == 98) & is_mid(mmsi // 10_000 % 1000)
    fine |= (mmsi // 100_000_000 == 8) & is_mid(mmsi // 100_000 % 1000)
    fine |= (mid3 == 111) & is_mid(mmsi // 1000 % 1000)
    fine |= (mmsi < 10_000_000) & is_mid(mmsi // 10_000)
    fine |= (mmsi < 100_000_000) & is_mid(mmsi // 100_000)
    return np.where(fine & (mmsi < 1_000_000_000), 0, Flag.MMSI_ODD).astype(np.int32)
