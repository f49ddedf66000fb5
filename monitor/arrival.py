"""From chunks to rows: every source's bytes decoded, receivers numbered in common, rows in order of arrival.

Sources are decoded one by one, each by its own decoder, then merged by arrival (`event_time`), ties in order of the
sources' first appearance and then of their lines. What is merged is a `Heard`: tables that share one order.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from decoders.ais.duplicates import Hearings, mark_batch, no_hearings
from decoders.choice import Decoder, decoder_of
from decoders.columns import Batch, Clocks, Positions, Statics, Texts, TimeSource, empty_batch
from decoders.radar.columns import RadarHealth, RadarReports
from decoders.rejects import Reason, Rejects
from decoders.table import Column, Table
from monitor.clocks import SURE_S, StationClock, set_right
from monitor.event_time import Arrivals, arrive, sane
from monitor.feeds.chunk import Chunk
from monitor.receivers import ReceiverTable, hear_missing

TABLES = ("positions", "statics", "texts", "clocks", "radar", "radar_health")
CUT_TABLES = (*TABLES, "damaged")  # all that is cut into ticks


@dataclass(frozen=True, slots=True)
class Damaged(Table):
    """Sentences whose checksum was wrong."""

    receiver: Column  # (N,) int32


@dataclass(slots=True)
class Source:
    """One feed's decoder and clock."""

    name: str
    decoder: Decoder
    arrivals: Arrivals = field(default_factory=Arrivals)
    clocks: dict[int, StationClock] = field(default_factory=dict)  # by the decoder's station number; live only
    receiver_row: Column = field(default_factory=lambda: np.zeros(0, np.int32))  # by the decoder's station number


@dataclass(frozen=True, slots=True)
class Heard:
    """Rows of all sources in order of arrival; each table with its own arrival column."""

    positions: Positions
    statics: Statics
    texts: Texts
    clocks: Clocks
    radar: RadarReports
    radar_health: RadarHealth
    damaged: Damaged
    arrival: dict[str, Column]  # name of each of CUT_TABLES -> (N,) float64, never falling

    def __len__(self) -> int:
        return sum(len(a) for a in self.arrival.values())

    def first_unix_s(self) -> float:
        """The earliest known arrival; NaN when there is none."""
        firsts = [float(known[0]) for a in self.arrival.values() if len(known := a[~np.isnan(a)])]
        return min(firsts, default=float("nan"))


@dataclass(frozen=True, slots=True)
class Group:
    """The rows of one tick."""

    positions: Positions
    statics: Statics
    texts: Texts
    clocks: Clocks
    radar: RadarReports
    radar_health: RadarHealth
    damaged: Damaged


NMEA_ALONE: Mapping[str, str] = MappingProxyType({})


@dataclass(slots=True)
class Intake:
    """All sources and what repeats between them."""

    time_zones: dict[str, str]
    receivers: ReceiverTable
    is_live: bool = False  # what comes is of now: the arrival of bytes is known and can be held against their stamps
    formats: Mapping[str, str] = field(default_factory=dict)  # source -> format of its bytes, where it is not "nmea"
    sources: dict[str, Source] = field(default_factory=dict)
    hearings: Hearings = field(default_factory=no_hearings)


Piece = tuple[Batch, Damaged, dict[str, Column]]  # one source's rows and their arrivals


def source_of(intake: Intake, name: str) -> Source:
    """The source with this name, made at first sight."""
    source = intake.sources.get(name)
    if source is None:
        zone = intake.time_zones.get(name, "UTC")
        decoder = decoder_of(intake.formats.get(name, "nmea"), leading_time_zone=zone)
        source = intake.sources[name] = Source(name, decoder)
    return source


def take(intake: Intake, chunks: list[Chunk], now_unix_s: float | None, *, duplicate_window_s: float) -> Heard:
    """Decode chunks and merge their rows."""
    pieces: list[Piece] = []
    for chunk in chunks:
        if chunk.n_missing:
            row = intake.receivers.row(chunk.source, chunk.site, chunk.t_unix_s)
            hear_missing(intake.receivers, row, chunk.n_missing)
    for name, t_unix_s, data in joined(chunks):
        source = source_of(intake, name)
        batch, rejects = source.decoder.feed(data, t_unix_s)
        pieces.append(_arrived(intake, source, batch, rejects, now_unix_s))
    return _merge(intake, pieces, duplicate_window_s)


def finish(intake: Intake, *, duplicate_window_s: float) -> Heard:
    """What the decoders still held."""
    pieces = []
    for source in intake.sources.values():
        batch, rejects = source.decoder.finish()
        pieces.append(_arrived(intake, source, batch, rejects, None))
    return _merge(intake, pieces, duplicate_window_s)


def joined(chunks: list[Chunk]) -> list[tuple[str, float, bytes]]:
    """One run of bytes for each source, in order of first appearance, with the arrival of its last chunk."""
    parts: dict[str, list[Chunk]] = {}
    for chunk in chunks:
        parts.setdefault(chunk.source, []).append(chunk)
    return [(name, own[-1].t_unix_s, b"".join(chunk.data for chunk in own)) for name, own in parts.items()]


def _arrived(intake: Intake, source: Source, batch: Batch, rejects: Rejects, now_unix_s: float | None) -> Piece:
    """Number the receivers in common and give every row its arrival."""
    known = source.arrivals.watermark_unix_s
    now = now_unix_s if now_unix_s is not None else 0.0 if np.isnan(known) else known
    intake.receivers.row(source.name, "", now)
    if len(batch.stations) != len(source.receiver_row):
        rows = [intake.receivers.row(source.name, station, now) for station in batch.stations]
        source.receiver_row = np.array(rows, np.int32)
    tables = [getattr(batch, name) for name in TABLES]
    line = np.concatenate([table.line for table in tables])
    order = np.argsort(line, kind="stable")
    received = [table.t_heard_unix_s if isinstance(table, RadarReports) else table.t_unix_s for table in tables]
    t_unix_s = np.concatenate(received)
    if intake.is_live and now_unix_s is not None:
        station = np.concatenate([table.station for table in tables])
        by_us = np.concatenate([table.time_source for table in tables]) == TimeSource.CHUNK.value
        t_unix_s = np.where(
            by_us, t_unix_s, set_right(source.clocks, station, np.where(by_us, np.nan, t_unix_s), now_unix_s)
        )
        _note_clocks(intake, source)
    arrival = np.empty(len(line))
    arrival[order] = arrive(source.arrivals, t_unix_s[order])
    if now_unix_s is not None:
        arrival = np.fmin(arrival, now_unix_s)
    stamped = sane(t_unix_s, arrival)
    ends = np.cumsum([len(table) for table in tables])[:-1]
    arrivals = dict(zip(TABLES, np.split(arrival, ends), strict=True))
    times = dict(zip(TABLES, np.split(stamped, ends), strict=True))
    # as stamped, since stamps are measured with them; a wild one is no measure
    times["clocks"] = sane(batch.clocks.t_unix_s, arrivals["clocks"])
    changed = {
        name: replace(table, station=source.receiver_row[table.station], **_stamps(table, times[name]))
        for name, table in zip(TABLES, tables, strict=True)
    }
    damaged, arrivals["damaged"] = _damaged(source, rejects, line[order], arrival[order])
    return replace(batch, **changed), damaged, arrivals


def _stamps(table: Table, t_unix_s: Column) -> dict[str, Column]:
    """The table's columns of time with receptions set right; a measurement stays as old as it was when received."""
    if not isinstance(table, RadarReports):
        return {"t_unix_s": t_unix_s}
    age_s = table.t_heard_unix_s - table.t_unix_s
    is_likely = (age_s > -MAX_AHEAD_S) & (age_s < MAX_AGE_S)
    return {"t_unix_s": t_unix_s - np.where(is_likely, age_s, 0.0), "t_heard_unix_s": t_unix_s}


MAX_AGE_S = 120.0  # a radar's measurement that claims to be older than this has a wrong clock, or a wrong day
MAX_AHEAD_S = 5.0


def _note_clocks(intake: Intake, source: Source) -> None:
    """A clock that had to be set right is shown as off. More than a day is no clock: somebody sends a recording."""
    for number, clock in source.clocks.items():
        if 0 < clock.offset_s <= SURE_S:
            intake.receivers.skew_s[source.receiver_row[number]] = -clock.offset_s


def _damaged(source: Source, rejects: Rejects, line: Column, arrival: Column) -> tuple[Damaged, Column]:
    """Sentences with a wrong checksum arrived with the last sound one before them."""
    bad = rejects.take(rejects.reason == Reason.BAD_CHECKSUM.value)
    receiver = source.receiver_row[bad.station].astype(np.int32)
    if not len(line):
        return Damaged(receiver), np.full(len(bad), source.arrivals.watermark_unix_s)
    return Damaged(receiver), arrival[np.maximum(np.searchsorted(line, bad.line) - 1, 0)]


def _merge(intake: Intake, pieces: list[Piece], duplicate_window_s: float) -> Heard:
    if not pieces:
        pieces = [(empty_batch(), Damaged(np.zeros(0, np.int32)), dict.fromkeys(CUT_TABLES, np.zeros(0)))]
    merged: dict[str, Table] = {}
    arrivals = {}
    for name in CUT_TABLES:
        tables = [damaged if name == "damaged" else getattr(batch, name) for batch, damaged, _ in pieces]
        arrival = np.concatenate([a[name] for _, _, a in pieces])
        table = type(tables[0]).concat(tables)
        if len(pieces) > 1:
            order = np.argsort(arrival, kind="stable")
            table, arrival = table.take(order), arrival[order]
        merged[name], arrivals[name] = table, arrival
    damaged = merged.pop("damaged")
    batch = replace(empty_batch(), **merged)  # type: ignore[arg-type]
    intake.hearings, batch = mark_batch(intake.hearings, batch, window_s=duplicate_window_s)
    return Heard(*(getattr(batch, name) for name in TABLES), damaged, arrivals)  # type: ignore[call-arg]


def joined_rows(first: Heard, second: Heard) -> Heard:
    """All rows of both, the first's before the second's."""
    tables = {
        name: type(getattr(first, name)).concat([getattr(first, name), getattr(second, name)]) for name in CUT_TABLES
    }
    arrival = {name: np.concatenate([first.arrival[name], second.arrival[name]]) for name in CUT_TABLES}
    return Heard(**tables, arrival=arrival)


def after(heard: Heard, ticks: dict[str, Column], end: int) -> Heard:
    """The rows whose tick is `end` or later."""
    cut = {name: slice(int(np.searchsorted(ticks[name], end)), None) for name in CUT_TABLES}
    arrival = {name: heard.arrival[name][cut[name]] for name in CUT_TABLES}
    return Heard(**{name: getattr(heard, name).take(cut[name]) for name in CUT_TABLES}, arrival=arrival)


def group(heard: Heard, cut: dict[str, slice]) -> Group:
    """The rows of one tick."""
    return Group(*(_part(getattr(heard, name), cut[name], NOTHING[name]) for name in CUT_TABLES))


def _part(table: Table, rows: slice, nothing: Table) -> Any:
    """These rows. Most tables have none in most ticks, and forty columns without rows cost as much as full ones."""
    return nothing if rows.start == rows.stop else table.take(rows)


NOTHING: dict[str, Table] = {
    **{name: getattr(empty_batch(), name) for name in TABLES},
    "damaged": Damaged(np.zeros(0, np.int32)),
}
