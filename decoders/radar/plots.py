"""Radar plots as a table of comma-separated values: bytes in, split anywhere, columns out.

    t_unix_s,range_m,bearing_deg[,amplitude_db]      bearing from true north
    t_unix_s,lat_deg,lon_deg[,amplitude_db]

The columns may stand in any order and a header says which they are. A header may come again, as it does when files are
joined or a sender reconnects, and counts for the lines that follow. Lines before the first header, lines of another
width, and rows with a value that is missing, no number or impossible are refused as BAD_FORM. An empty amplitude is
none. There is no standard for such tables; this is the least that a tracker needs.
"""

import re

import numpy as np

from decoders.archive.cells import Cells, Lines, read_number, split_cells, split_lines
from decoders.columns import Batch, TimeSource, empty, empty_batch, missing
from decoders.radar.columns import PLOT, RadarFormat, RadarReports, TrackStatus
from decoders.rejects import Ledger, Reason, Rejects
from decoders.table import Column

MAX_LINE = 1 << 10  # bytes; a line that does not end within it is refused, so that a feed without line ends is bounded
RAW_BYTES = 200  # of a refused line that are kept
HEADER = b"t_unix_s"  # some column of every header
LAYOUTS = ({"t_unix_s", "range_m", "bearing_deg"}, {"t_unix_s", "lat_deg", "lon_deg"})
OPTIONAL = {"amplitude_db"}
BOUNDS = {  # what a value may be
    "t_unix_s": (0.0, 1e11),
    "range_m": (0.0, 1e6),
    "bearing_deg": (0.0, 360.0),
    "lat_deg": (-90.0, 90.0),
    "lon_deg": (-180.0, 180.0),
}
NUMBER = re.compile(rb"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?")
NONE = np.zeros(0, np.int64)


class PlotDecoder:
    """Feed it the bytes of one source in any chunks, then `finish`."""

    def __init__(self) -> None:
        self._columns: tuple[str, ...] = ()
        self._rest = b""
        self._n_lines = 0
        self._n_bytes = np.zeros((1, len(Reason)), np.int64)
        self._n_sentences = np.zeros((1, len(Reason)), np.int64)

    def ledger(self) -> Ledger:
        """The account of all bytes fed so far."""
        n_bytes = self._n_bytes.copy()
        n_bytes[0, Reason.WAITING] += len(self._rest)
        return Ledger(("",), n_bytes, self._n_sentences.copy())

    def feed(self, data: bytes, t_unix_s: float = np.nan) -> tuple[Batch, Rejects]:
        """Rows of all lines that are whole now. t_unix_s : when the bytes arrived; NaN for a recording."""
        block = self._rest + data
        cut = block.rfind(b"\n") + 1
        self._rest = block[cut:]
        found = self._decode(block[:cut], t_unix_s)
        if len(self._rest) <= MAX_LINE:
            return found
        endless, self._rest = self._rest, b""
        self._n_lines += 1
        lost = self._refuse(Reason.TOO_LONG, np.array([self._n_lines]), [endless], t_unix_s)
        return found[0], Rejects.concat([found[1], lost])

    def finish(self) -> tuple[Batch, Rejects]:
        """Rows of the last line, if it had no line end."""
        block, self._rest = self._rest, b""
        return self._decode(block, np.nan)

    def _decode(self, block: bytes, t_unix_s: float) -> tuple[Batch, Rejects]:
        """Whole lines, stretch by stretch between headers."""
        if not block:
            return _batch(empty(RadarReports)), self._refuse(Reason.BAD_FORM, NONE, [], t_unix_s)
        lines = split_lines(block)
        text = [block[a:b] for a, b in zip(lines.start.tolist(), lines.end.tolist(), strict=True)]
        heads = [i for i, line in enumerate(text) if HEADER in line]
        tables, rejects = [], []
        for first, last in zip([0, *heads], [*heads, len(text)], strict=True):
            begin = first
            if first in heads and last > first:
                self._open(text[first], int(lines.n_bytes[first]))
                begin = first + 1
            part = Lines(lines.data, *(c[begin:last] for c in (lines.start, lines.end, lines.n_bytes)))
            number = self._n_lines + 1 + np.arange(begin, last)
            table, lost = self._rows(part, text[begin:last], number, t_unix_s)
            tables.append(table)
            rejects.append(lost)
        self._n_lines += len(text)
        return _batch(RadarReports.concat(tables)), Rejects.concat(rejects)

    def _open(self, line: bytes, n_bytes: int) -> None:
        """Take a header; one of another kind leaves no columns, so that what follows is refused."""
        names = tuple(name.strip(b' "\xef\xbb\xbf').decode("ascii", "replace") for name in line.split(b","))
        is_ours = len(set(names)) == len(names) and set(names) - OPTIONAL in LAYOUTS
        self._columns = names if is_ours else ()
        self._n_bytes[0, Reason.COMMENT] += n_bytes

    def _rows(self, lines: Lines, text: list[bytes], number: Column, t_unix_s: float) -> tuple[RadarReports, Rejects]:
        is_blank = lines.end == lines.start
        is_good = np.zeros(len(number), bool)
        found = empty(RadarReports)
        if self._columns and len(number):
            cells, is_whole = split_cells(lines, len(self._columns))
            found, is_sound = read_plots(cells, self._columns, number[is_whole], t_unix_s)
            is_good[np.flatnonzero(is_whole)[is_sound]] = True
        bad = np.flatnonzero(~is_good & ~is_blank)
        self._n_bytes[0, Reason.DECODED] += int(lines.n_bytes[is_good].sum())
        self._n_sentences[0, Reason.DECODED] += int(is_good.sum())
        self._n_bytes[0, Reason.COMMENT] += int(lines.n_bytes[is_blank].sum())
        lost = self._refuse(Reason.BAD_FORM, number[bad], [text[i] for i in bad], t_unix_s, lines.n_bytes[bad])
        return found, lost

    def _refuse(
        self, reason: Reason, line: Column, raw: list[bytes], t_unix_s: float, n_bytes: Column | None = None
    ) -> Rejects:
        size = np.array([len(r) for r in raw], np.int64) if n_bytes is None else n_bytes
        self._n_bytes[0, reason] += int(size.sum())
        self._n_sentences[0, reason] += len(raw)
        kept = np.empty(len(raw), object)
        kept[:] = [r[:RAW_BYTES] for r in raw]
        code, station = np.full(len(raw), reason, np.int8), np.zeros(len(raw), np.int32)
        return Rejects(line.astype(np.int64), np.full(len(raw), t_unix_s), station, code, size, kept)


def read_plots(
    cells: Cells, columns: tuple[str, ...], line: Column, t_heard_unix_s: float
) -> tuple[RadarReports, Column]:
    """The sound rows as reports, and which rows these are, (N,) bool."""
    n = len(line)
    is_sound = np.ones(n, bool)
    column = {name: missing(name, n) for name in RadarReports.__dataclass_fields__}
    for at, name in enumerate(columns):
        value, is_bad = read_number(cells, at)
        for row in np.flatnonzero(is_bad).tolist():  # more digits than the fast way takes, or an exponent
            word = cells.data[cells.start[row, at] : cells.end[row, at]].tobytes().strip()
            if NUMBER.fullmatch(word):
                value[row], is_bad[row] = float(word), False
        is_sound &= ~is_bad
        if name in BOUNDS:
            least, most = BOUNDS[name]
            is_sound &= (value >= least) & (value <= most)  # an empty cell is NaN and compares False
        column[name] = value
    column["bearing_deg"] = column["bearing_deg"] % 360.0
    is_live = not np.isnan(t_heard_unix_s)
    column["line"], column["station"], column["flags"] = line, np.zeros(n, np.int32), np.zeros(n, np.int32)
    column["t_heard_unix_s"] = np.full(n, t_heard_unix_s) if is_live else column["t_unix_s"]
    column["time_source"] = np.full(n, TimeSource.CHUNK if is_live else TimeSource.LEADING, np.int8)
    column["format"], column["track_no"] = np.full(n, RadarFormat.CSV, np.int8), np.full(n, PLOT, np.int32)
    column["status"] = np.full(n, TrackStatus.UNKNOWN, np.int8)
    return RadarReports(**column).take(is_sound), is_sound


def _batch(radar: RadarReports) -> Batch:
    none = empty_batch(("",))
    return Batch(none.positions, none.statics, none.texts, none.clocks, none.others, none.stations, radar)
