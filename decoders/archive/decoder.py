"""National archives of decoded AIS (CSV), read into the columns of the live decoders.

Bytes in, columns out, in any chunks: a line that is not whole yet waits. Each row of an archive is a position; what it
says about the vessel itself is given as a row of `Statics` only when it differs from what the vessel's row before said,
since archives repeat name and size in every line (a tenth of the work on a Danish day). "Type" is the message type that
such a station sends (class A 1 and 5, class B 18 and 19, base station 4, aid 21, aircraft 9): the archives do not keep
the type itself. Wire sentinels that the archives left in (91, 360.0, 511, 102.3) become NaN.

A row is refused as `BAD_FORM` when it has too many or too few cells, or when its time, MMSI, position, speed or course
cannot be read.
"""

from dataclasses import dataclass

import numpy as np

from decoders.ais.mmsi import mmsi_flags
from decoders.archive.cells import (
    Cells,
    Lines,
    hash_span,
    read_code,
    read_number,
    read_text,
    read_time,
    split_cells,
    split_lines,
)
from decoders.archive.formats import Format, find_format
from decoders.archive.statics import Told, read_statics, which_changed
from decoders.columns import Batch, Clocks, Flag, Others, Positions, Statics, Texts, TimeSource, empty, missing
from decoders.rejects import Ledger, Reason, Rejects
from decoders.table import Column

MAX_LINE = 1 << 16  # bytes; an unfinished line beyond it is refused, so that a file without line ends stays bounded
RAW_BYTES = 200  # of a refused line that are kept
MAX_MMSI = (1 << 30) - 1
MAX_SOG_KN = 102.2  # ITU-R M.1371-5 table 48: 1022 means 102.2 kn or more, 1023 is not available
MAX_TURN_DEG_PER_MIN = 708.0  # same table: code 126; 127 (720) says only "faster than 5 degrees in 30 s"


class NotAnArchive(ValueError):
    """The first line is not the header of an archive this module knows."""


@dataclass(frozen=True, slots=True)
class Layout:
    """A format and where its columns stand in this file."""

    form: Format
    place: dict[str, int]
    n_columns: int


class ArchiveDecoder:
    """Feed it the bytes of one file in any chunks, then `finish`. The first line is the header."""

    def __init__(self) -> None:
        self._layout: Layout | None = None
        self._rest = b""
        self._told = Told.nothing()
        self._n_lines = 0
        self._n_bytes = np.zeros((1, len(Reason)), np.int64)
        self._n_sentences = np.zeros((1, len(Reason)), np.int64)

    def ledger(self) -> Ledger:
        """The account of all bytes fed so far."""
        n_bytes = self._n_bytes.copy()
        n_bytes[0, Reason.WAITING] += len(self._rest)
        return Ledger(("",), n_bytes, self._n_sentences.copy())

    def feed(self, data: bytes, t_unix_s: float = np.nan) -> tuple[Batch, Rejects]:
        """Rows of all lines that are whole now. Raises NotAnArchive if the first line is no header we know.

        t_unix_s : when the bytes arrived, as all decoders take it; not used, since every row has its own time.
        """
        block = self._rest + data
        cut = block.rfind(b"\n") + 1
        self._rest = block[cut:]
        too_long = self._drop_endless() if len(self._rest) > MAX_LINE else []
        batch, rejects = self._decode(block[:cut])
        return batch, Rejects.concat([rejects, *too_long])

    def finish(self) -> tuple[Batch, Rejects]:
        """Rows of the last line, if it had no line end."""
        block, self._rest = self._rest, b""
        return self._decode(block)

    def _drop_endless(self) -> list[Rejects]:
        dropped, self._rest = self._rest, b""
        self._count(Reason.TOO_LONG, len(dropped), 1)
        return [_rejects(np.array([self._n_lines + 1]), Reason.TOO_LONG, [dropped])]

    def _count(self, reason: Reason, n_bytes: int, n_sentences: int) -> None:
        self._n_bytes[0, reason] += n_bytes
        self._n_sentences[0, reason] += n_sentences

    def _decode(self, block: bytes) -> tuple[Batch, Rejects]:
        if block and self._layout is None:
            block = self._open(block)
        if not block or self._layout is None:
            return _batch(empty(Positions), empty(Statics)), _rejects(np.zeros(0, np.int64), Reason.BAD_FORM, [])
        lines = split_lines(block)
        number = self._n_lines + 1 + np.arange(len(lines.start))
        self._n_lines += len(number)
        cells, is_whole = split_cells(lines, self._layout.n_columns)
        positions, is_good = read_positions(cells, self._layout, number[is_whole])
        good = np.flatnonzero(is_whole)[is_good]
        positions, cells = positions.take(is_good), cells.take(is_good)
        statics = self._statics(cells, positions, lines.end[good])
        rejects = self._account(lines, number, good)
        return _batch(positions, statics), rejects

    def _open(self, block: bytes) -> bytes:
        """Read the header; what comes after it."""
        line, line_end, rest = block.partition(b"\n")
        found = find_format(line)
        if found is None:
            raise NotAnArchive(f"not the header of a known archive: {line[:RAW_BYTES]!r}")
        self._layout = Layout(*found, line.count(b",") + 1)
        self._n_lines = 1
        self._count(Reason.COMMENT, len(line + line_end), 0)
        return rest

    def _statics(self, cells: Cells, positions: Positions, line_end: Column) -> Statics:
        assert self._layout is not None
        place = self._layout.place
        first = min((place[name] for name in ("imo", "callsign", "name") if name in place), default=None)
        if first is None:
            return empty(Statics)
        said = hash_span(cells.data, cells.start[:, first], line_end)
        self._told, changed = which_changed(self._told, positions.mmsi, said)
        form = self._layout.form
        return read_statics(cells.take(changed), place, form.ship_types, form.time_digits, positions.take(changed))

    def _account(self, lines: Lines, number: Column, good: Column) -> Rejects:
        is_good = np.zeros(len(number), bool)
        is_good[good] = True
        is_blank = lines.end == lines.start
        bad = np.flatnonzero(~is_good & ~is_blank)
        self._count(Reason.DECODED, int(lines.n_bytes[is_good].sum()), len(good))
        self._count(Reason.COMMENT, int(lines.n_bytes[is_blank & ~is_good].sum()), 0)
        self._count(Reason.BAD_FORM, int(lines.n_bytes[bad].sum()), len(bad))
        raw = [lines.data[lines.start[row] : lines.end[row]].tobytes() for row in bad.tolist()]
        return _rejects(number[bad], Reason.BAD_FORM, raw, lines.n_bytes[bad])


def read_positions(cells: Cells, layout: Layout, line: Column) -> tuple[Positions, Column]:
    """All rows as positions, and which rows are good, (N,) bool."""
    place, form, n = layout.place, layout.form, len(line)
    column = {name: missing(name, n) for name in Positions.__dataclass_fields__}
    is_bad = np.zeros(n, bool)
    for name in ("lat_deg", "lon_deg", "sog_kn", "cog_deg", "heading_deg", "turn_deg_per_min"):
        if name in place:
            column[name], is_no_number = read_number(cells, place[name])
            is_bad |= is_no_number & (name != "turn_deg_per_min")
    column["t_unix_s"] = read_time(cells, place["t_unix_s"], form.time_digits)
    mmsi = read_code(cells, place["mmsi"], -1)
    is_bad |= np.isnan(column["t_unix_s"]) | (mmsi < 0) | (mmsi > MAX_MMSI)
    column["line"], column["mmsi"] = line, mmsi
    column["time_source"] = np.full(n, TimeSource.LEADING, np.int8)
    column["station"] = np.zeros(n, np.int32)
    column["type"] = np.ones(n, np.int8)
    if "kind" in place:
        column["type"] = translate(read_text(cells, place["kind"], 28), form.station_types, 1).astype(np.int8)
    if "nav_status" in place:
        column["nav_status"] = read_status(cells, place["nav_status"], form.statuses)
    remove_sentinels(column)
    is_beacon = np.isin(mmsi // 1_000_000, (970, 972, 974)) | (column["nav_status"] == 14)
    column["flags"] = mmsi_flags(mmsi) | np.where(is_beacon, int(Flag.BEACON), 0).astype(np.int32)
    column["payload_hash"] = hash_columns(column)
    return Positions(**column), ~is_bad


def remove_sentinels(column: dict[str, Column]) -> None:
    """NaN for every wire value that means "not available" and for what lies outside the range of its column."""
    lat, lon = column["lat_deg"], column["lon_deg"]
    is_here = (np.abs(lat) <= 90) & (np.abs(lon) <= 180)  # NaN compares False: not here
    column["lat_deg"], column["lon_deg"] = np.where(is_here, lat, np.nan), np.where(is_here, lon, np.nan)
    for name, least, most in (
        ("sog_kn", 0.0, MAX_SOG_KN),
        ("cog_deg", 0.0, np.nextafter(360.0, 0)),
        ("heading_deg", 0.0, np.nextafter(360.0, 0)),
        ("turn_deg_per_min", -MAX_TURN_DEG_PER_MIN, MAX_TURN_DEG_PER_MIN),
    ):
        value = column[name]
        column[name] = np.where((value >= least) & (value <= most), value, np.nan)


def read_status(cells: Cells, place: int, words: dict[bytes, int]) -> Column:
    """Navigational status, from words or from the number; -1 where it says nothing."""
    if words:
        return translate(read_text(cells, place, 40), words, -1).astype(np.int8)
    code = read_code(cells, place, -1)
    return np.where((code >= 0) & (code <= 15), code, -1).astype(np.int8)


def translate(text: Column, words: dict[bytes, int], default: int) -> Column:
    """Each text's number in a table of lower-case words."""
    found, which = np.unique(text, return_inverse=True)
    codes = np.array([words.get(word.lower(), default) for word in found.tolist()], np.int64)
    return codes[which]


def hash_columns(column: dict[str, Column]) -> Column:
    """Equal for rows that say the same of where a vessel is, as hearings of one transmission do."""
    value = column["mmsi"].astype(np.uint64) << np.uint64(8) | column["type"].astype(np.uint8).astype(np.uint64)
    for name in ("lat_deg", "lon_deg", "sog_kn", "cog_deg", "heading_deg"):
        value = (value ^ column[name].view(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        value ^= value >> np.uint64(32)
    return value


def _batch(positions: Positions, statics: Statics) -> Batch:
    return Batch(positions, statics, empty(Texts), empty(Clocks), empty(Others), ("",))


def _rejects(line: Column, reason: Reason, raw: list[bytes], n_bytes: Column | None = None) -> Rejects:
    kept = np.empty(len(raw), object)
    kept[:] = [line_[:RAW_BYTES] for line_ in raw]
    n = np.array([len(line_) for line_ in raw], np.int64) if n_bytes is None else n_bytes
    station, code = np.zeros(len(raw), np.int32), np.full(len(raw), reason, np.int8)
    return Rejects(line.astype(np.int64), np.full(len(raw), np.nan), station, code, n, kept)
