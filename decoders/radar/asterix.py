"""One source's ASTERIX decoder: feed it a pcap stream, split anywhere; it yields tables, rejects and an account.

    bytes ─> frames ─> datagrams ─> blocks ─> records ─┬─ CAT010 ─┬─> values ─> believed? ─> tables
             pcap.py   packets.py   here      shapes.py ├─ CAT048 ─┤   of all records of a category at once
                                                        └─ ...    ─┘

Strict, for a track that is not there costs a boat its search: the items of a block must end exactly where the block
ends, no item may be one that its category does not have, no value may be one that cannot be. Otherwise the whole block
is dropped and counted, never a part of it used; the next block of the datagram is tried. What one open decoder made of
a hundred datagrams that only looked like CAT062 was 482 aircraft; this one finds none
(tests/decoders/test_asterix_vectors.py).

A row's `line` is the number of its record in the stream; a block that was refused takes one number, so every reject has
its own place. Radar video (CAT240) is counted and skipped.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np

from decoders.account import Account
from decoders.columns import COLUMN_TYPES, Batch, TimeSource, empty, empty_batch, missing
from decoders.packets import udp_of
from decoders.pcap import Frames, PcapReader
from decoders.radar import cat010, cat048, cat062, service
from decoders.radar.columns import RadarFormat, RadarHealth, RadarReports
from decoders.radar.items import PROFILES, VIDEO
from decoders.radar.reading import Reading
from decoders.radar.records import Records
from decoders.radar.shapes import PADDING, Shapes
from decoders.rejects import Ledger, Reason, Rejects
from decoders.table import Column, Table

HEAD_BYTES = 3  # of a block: category and length
READERS: dict[int, tuple[tuple[str, ...], Callable[[Records], Reading]]] = {
    10: (cat010.WANTED, cat010.read),
    34: (service.WANTED_034, service.read_034),
    48: (cat048.WANTED, cat048.read),
    62: (cat062.WANTED, cat062.read),
    63: (service.WANTED_063, service.read_063),
    65: (service.WANTED_065, service.read_065),
}
FORMATS = {10: RadarFormat.CAT010, 48: RadarFormat.CAT048, 62: RadarFormat.CAT062}
NO_TIME = float("nan")


@dataclass(slots=True)
class Blocks:
    """The blocks of one category that were stepped over without a fault, and their records."""

    start: list[int] = field(default_factory=list)  # of each block
    stop: list[int] = field(default_factory=list)
    line: list[int] = field(default_factory=list)  # of its first record
    t_unix_s: list[float] = field(default_factory=list)
    time_source: list[int] = field(default_factory=list)
    n_records: list[int] = field(default_factory=list)
    record: list[int] = field(default_factory=list)  # start of each record
    shape: list[int] = field(default_factory=list)  # of each record


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one category; `source` is SAC * 256 + SIC, not numbered yet."""

    line: Column
    source: Column
    is_report: Column
    report: dict[str, Column]
    health: dict[str, Column]
    is_good: Column  # (N,) bool: of a block in which everything can be
    blocks: list[tuple[Column, Column, Column]] = field(default_factory=list)  # source, bytes, records of the good ones


class AsterixDecoder:
    """See the module. Not to be called from two threads at once."""

    def __init__(self, *, profile: str = "standard") -> None:
        """profile : which order of items the sender uses, a key of `PROFILES`. Raises ValueError for another."""
        if profile not in PROFILES:
            raise ValueError(f"there is no ASTERIX profile {profile!r}, only {', '.join(PROFILES)}")
        self._profile = profile
        self._capture = PcapReader()
        self._account = Account()
        self._shapes = self._new_shapes()
        self._n_lines = 0
        self._t_last_unix_s = NO_TIME  # of the last frame that had a time

    def _new_shapes(self) -> dict[int, Shapes]:
        return {number: Shapes(c, READERS[number][0]) for number, c in PROFILES[self._profile].items()}

    @property
    def n_lines(self) -> int:
        """Records read so far, each refused block counted as one."""
        return self._n_lines

    def feed(self, data: bytes, t_unix_s: float) -> tuple[Batch, Rejects]:
        """Decode what has become whole. `t_unix_s` is the arrival of these bytes, for frames without a time; NaN."""
        return self._decode(self._capture.feed(data), t_unix_s)

    def finish(self) -> tuple[Batch, Rejects]:
        """The stream has ended: a record that broke off is given up."""
        return self._decode(self._capture.finish(), NO_TIME)

    def ledger(self) -> Ledger:
        """The account so far; what waits for its rest stands under WAITING of the unnamed station."""
        return self._account.ledger(self._capture.n_waiting)

    def _decode(self, found: Frames, t_chunk_unix_s: float) -> tuple[Batch, Rejects]:
        data = found.data + PADDING
        source = np.frombuffer(data, np.uint8)
        parts: list[Rows] = []
        blocks: dict[int, Blocks] = {}
        n_ours, noise = found.n_noise_bytes + found.n_cut_bytes, iter([*found.noise, (-1, 0, b"")])
        next_noise = next(noise)
        for number, (t_frame_unix_s, link, start, stop, n_sent, _, _) in enumerate(found.frames):
            while next_noise[0] == number:
                self._noise(next_noise)
                next_noise = next(noise)
            place = udp_of(data, link, start, stop)
            t_unix_s, time_source = self._time(t_frame_unix_s, t_chunk_unix_s)
            if isinstance(place, Reason):
                n_ours += stop - start
                reason = Reason.CUT if stop - start < n_sent else place
                self._account.add(0, reason, stop - start, 1)
                if reason != Reason.OTHER_PACKET:
                    self._refuse_row(reason, t_unix_s, data, start, stop)
                continue
            _, at, end = place
            n_ours += end - at
            self._blocks(data, at, end, t_unix_s, time_source, blocks)
            if any(shapes.is_full for shapes in self._shapes.values()):
                parts += self._values(data, source, blocks)
                blocks, self._shapes = {}, self._new_shapes()
        parts += self._values(data, source, blocks)
        while next_noise[0] >= 0:
            self._noise(next_noise)
            next_noise = next(noise)
        if found.n_cut_bytes:
            self._account.add(0, Reason.CUT, found.n_cut_bytes, 1)
            n = len(found.data)
            self._refuse_row(Reason.CUT, NO_TIME, data, n - found.n_cut_bytes, n)
        self._account.add(0, Reason.NOISE, found.n_noise_bytes, 0)
        self._account.add(0, Reason.CARRIER, len(found.data) - n_ours, len(found.frames))
        return self._batch(parts), self._account.take_rejects()

    def _time(self, t_frame_unix_s: float, t_chunk_unix_s: float) -> tuple[float, int]:
        """When a frame was received; one without a time came with the bytes, or no earlier than the one before it."""
        if t_frame_unix_s == t_frame_unix_s:
            self._t_last_unix_s = t_frame_unix_s
            return t_frame_unix_s, TimeSource.PACKET
        if t_chunk_unix_s == t_chunk_unix_s:
            return t_chunk_unix_s, TimeSource.CHUNK
        known = self._t_last_unix_s == self._t_last_unix_s
        return self._t_last_unix_s, TimeSource.CARRIED if known else TimeSource.NONE

    def _noise(self, stretch: tuple[int, int, bytes]) -> None:
        """A stretch of bytes that was no capture; its bytes are accounted for as they come."""
        self._n_lines += 1
        self._account.add(0, Reason.NOISE, 0, 1)
        self._account.refuse(self._n_lines, NO_TIME, 0, Reason.NOISE, stretch[1], stretch[2])

    def _refuse_row(self, reason: Reason, t_unix_s: float, data: bytes, start: int, stop: int) -> None:
        self._n_lines += 1
        self._account.refuse(self._n_lines, t_unix_s, 0, reason, stop - start, data[start:stop])

    def _blocks(
        self, data: bytes, at: int, end: int, t_unix_s: float, time_source: int, blocks: dict[int, Blocks]
    ) -> None:
        """Step over the blocks of one datagram."""
        while at < end:
            number, stop = data[at], at + (data[at + 1] << 8 | data[at + 2])
            reason: Reason | None
            if stop > end or stop <= at + HEAD_BYTES:
                reason, stop = Reason.BAD_BLOCK, end
            elif number in self._shapes:
                of = blocks.get(number)
                if of is None:
                    of = blocks[number] = Blocks()
                n_before = len(of.record)
                reason = self._shapes[number].walk(data, at + HEAD_BYTES, stop, of.record, of.shape)
                if reason is None:
                    n_records = len(of.record) - n_before
                    of.start.append(at)
                    of.stop.append(stop)
                    of.line.append(self._n_lines + 1)
                    of.t_unix_s.append(t_unix_s)
                    of.time_source.append(time_source)
                    of.n_records.append(n_records)
                    self._n_lines += n_records
            else:
                reason = Reason.VIDEO if number == VIDEO else Reason.UNKNOWN_CATEGORY
            if reason is not None:
                self._account.add(0, reason, stop - at, 1)
                if reason != Reason.VIDEO:
                    self._refuse_row(reason, t_unix_s, data, at, stop)
            at = stop

    def _values(self, data: bytes, source: Column, blocks: dict[int, Blocks]) -> list[Rows]:
        """Read the records category by category; blocks with something impossible are dropped whole."""
        return [self._read(number, data, source, of) for number, of in blocks.items() if of.record]

    def _read(self, number: int, data: bytes, source: Column, of: Blocks) -> Rows:
        n_records = np.array(of.n_records)
        owner = np.repeat(np.arange(len(n_records)), n_records)
        t_heard = np.array(of.t_unix_s)[owner]
        reading = READERS[number][1](records_of(self._shapes[number], source, of, t_heard))
        is_bad = np.zeros(len(n_records), bool)
        is_bad[owner[reading.is_impossible]] = True
        first = np.cumsum(n_records) - n_records
        line = np.array(of.line)[owner] + np.arange(len(owner)) - first[owner]
        for row in is_bad.nonzero()[0].tolist():
            start, stop = of.start[row], of.stop[row]
            self._account.add(0, Reason.IMPOSSIBLE_VALUE, stop - start, 1)
            n, t = stop - start, of.t_unix_s[row]
            self._account.refuse(of.line[row], t, 0, Reason.IMPOSSIBLE_VALUE, n, data[start:stop])
        shared = {"line": line, "time_source": np.array(of.time_source, np.int8)[owner]}
        report = {
            **shared,
            **reading.report,
            "t_heard_unix_s": t_heard,
            "format": np.full(len(owner), FORMATS.get(number, -1), np.int8),
        }
        health = {**shared, **reading.health, "t_unix_s": t_heard}
        n_bytes = np.array(of.stop) - np.array(of.start)
        good = ~is_bad
        rows = Rows(line, reading.source, reading.is_report, report, health, good[owner])
        rows.blocks.append((reading.source[first[good]], n_bytes[good], n_records[good]))
        return rows

    def _batch(self, parts: list[Rows]) -> Batch:
        """All believed rows as tables, with the stations numbered in the order in which they were first met."""
        if not parts:
            return empty_batch(self._account.stations)
        line = np.concatenate([part.line[part.is_good] for part in parts])
        source = np.concatenate([part.source[part.is_good] for part in parts])
        codes, first = np.unique(source[np.argsort(line, kind="stable")], return_index=True)
        number = np.zeros(1 << 16, np.int32)
        for code in codes[np.argsort(first)].tolist():
            number[code] = self._account.station(f"{code >> 8}/{code & 255}")
        for part in parts:
            self._account_blocks(part, number)
        reports = [table_of(RadarReports, p.report, number[p.source], p.is_good & p.is_report) for p in parts]
        health = [table_of(RadarHealth, p.health, number[p.source], p.is_good & ~p.is_report) for p in parts]
        nothing = empty_batch(self._account.stations)
        return replace(nothing, radar=in_order(RadarReports, reports), radar_health=in_order(RadarHealth, health))

    def _account_blocks(self, part: Rows, number: Column) -> None:
        """Blocks that were decoded, under the station of their first record; rows are counted as records."""
        for source, n_bytes, n_records in part.blocks:
            for code in np.unique(source).tolist():
                own = source == code
                n, n_rows = int(n_bytes[own].sum()), int(n_records[own].sum())
                self._account.add(int(number[code]), Reason.DECODED, n, n_rows)


def records_of(shapes: Shapes, source: Column, of: Blocks, t_heard_unix_s: Column) -> Records:
    """The records of one category, with the place of every wanted item."""
    offset = shapes.table()[np.array(of.shape)]
    is_sent = offset >= 0
    at = np.array(of.record)[:, None] + np.where(is_sent, offset, 0)
    return Records(source, at, is_sent, {name: i for i, name in enumerate(shapes.wanted)}, t_heard_unix_s)


TableT = TypeVar("TableT", bound=Table)


def table_of(table: type[TableT], columns: dict[str, Column], station: Column, rows: Column) -> TableT:
    """The chosen rows of a table; what a category has no column for is missing."""
    if not rows.any():
        return empty(table)
    chosen = slice(None) if rows.all() else rows
    columns = {**columns, "station": station}
    n = int(np.count_nonzero(rows))
    made = [
        columns[name][chosen].astype(COLUMN_TYPES[name], copy=False) if name in columns else missing(name, n)
        for name in table.__dataclass_fields__
    ]
    return table(*made)


def in_order(table: type[TableT], parts: list[TableT]) -> TableT:
    """All rows by their line."""
    parts = [part for part in parts if len(part)]
    if len(parts) < 2:
        return parts[0] if parts else empty(table)
    whole = table.concat(parts)
    return whole.take(np.argsort(whole.columns()["line"], kind="stable"))
