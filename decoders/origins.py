"""Who heard each sentence of a block, and when; and the account of all bytes that are no sentence.

    \\s:dover,c:1763884800*5C\\ !AIVDM,...*23 ,station,1300000000 \\r\\n     what stands before, what stands behind
    UdPbC\\0\\s:dover,c:1763884800*5C\\ !AIVDM,...*23 \\r\\n                   the same as a datagram
    $GPRMC,082913.000,A,...*6C \\r\\n                                       other lines: a time for those that follow

What repeats is read in columns (`layouts`, `clock_lines`), the rest text by text (`carriers`). Both give the same.
"""

import math
from dataclasses import dataclass

import numpy as np

from decoders import carriers, clock_lines
from decoders.account import MAX_STATIONS, Account
from decoders.blocks import Block
from decoders.carriers import Origin
from decoders.columns import Flag, TimeSource
from decoders.framing import CARRIAGE_RETURN
from decoders.layouts import BACKSLASH, NAME_WORDS, Carrier, Layouts, Read
from decoders.lookup import UNKNOWN, Lookup, windows
from decoders.rejects import Reason
from decoders.table import Column

# as plain numbers: array operations with members of an enumeration are slow
NO_TIME, CHUNK = int(TimeSource.NONE), int(TimeSource.CHUNK)
DATAGRAM_MARK = b"UdPbC\0"  # begins a datagram with sentences (IEC 61162-450)
PGHP_LINES = 4  # a $PGHP time holds for this many lines
# Fewer texts than this are read one by one: some hundred array operations cost as much as 20 texts do.
MIN_ROWS = 20


@dataclass(slots=True)
class Origins:
    """Who and when, for each sentence of a block."""

    t_unix_s: Column  # (S,) float64
    time_source: Column  # (S,) int8
    station: Column  # (S,) int32
    flags: Column  # (S,) int32
    groups: dict[int, str]  # sentence -> TAG group


class Origination:
    """Reads the origins of block after block of one source."""

    def __init__(self, account: Account, leading_time_zone: str) -> None:
        self._account = account
        self._zone = carriers.zone(leading_time_zone)
        self._layouts = {carrier: Layouts(carrier, self._zone) for carrier in Carrier}
        self._names = Lookup(NAME_WORDS, MAX_STATIONS)
        self._carried = float("nan")
        self._pghp = (-1, float("nan"))

    def read(self, block: Block, t_chunk_unix_s: float) -> Origins:
        """Time, station and flags of every sentence; accounts for all bytes outside sentences."""
        n = len(block.sentences)
        origins = Origins(np.full(n, np.nan), np.zeros(n, np.int8), np.zeros(n, np.int32), np.zeros(n, np.int32), {})
        n_line_ends = len(block.lines)
        if block.n_bare_returns is not None:
            n_line_ends += block.n_bare_returns
        elif n:
            before, behind, n_returns = gaps(block)
            n_line_ends += n_returns
            odd = ((before > 0) | (behind > 0)).nonzero()[0]
            if len(odd) and self._leave_out_marks(block, odd, before):
                odd = ((before > 0) | (behind > 0)).nonzero()[0]
            if len(odd):
                self._read_gaps(block, odd, before[odd], behind[odd], origins)
        self._account.add(0, Reason.COMMENT, n_line_ends, 0)
        self._carry(self._read_other_lines(block), block, origins)
        if not math.isnan(t_chunk_unix_s):
            unknown = origins.time_source == NO_TIME
            origins.t_unix_s[unknown] = t_chunk_unix_s
            origins.time_source[unknown] = CHUNK
        return origins

    # ---- texts before and behind sentences ----

    def _leave_out_marks(self, block: Block, odd: Column, before: Column) -> int:
        """What stands before a sentence begins behind the datagram's mark, if there is one: takes its length off those
        of `before`, (S,), in the rows `odd`. The number of marks."""
        at = block.sentences.start[odd] - before[odd]
        is_mark = (block.source[at] == DATAGRAM_MARK[0]) & (before[odd] >= len(DATAGRAM_MARK))
        if is_mark.any():
            text = windows(block.source, at, len(DATAGRAM_MARK))
            is_mark &= (text == np.frombuffer(DATAGRAM_MARK, np.uint8)).all(axis=1)
        rows = odd[is_mark]
        before[rows] -= len(DATAGRAM_MARK)
        self._account.add(0, Reason.CARRIER, len(rows) * len(DATAGRAM_MARK), len(rows))
        return len(rows)

    def _read_gaps(self, block: Block, odd: Column, before: Column, behind: Column, origins: Origins) -> None:
        """Sentences `odd` have so many bytes before and behind them, (M,) each."""
        start, stop = block.sentences.start[odd], block.sentences.stop[odd]
        if len(odd) < MIN_ROWS:
            for row in range(len(odd)):
                self._read_gap(block, int(odd[row]), int(before[row]), int(behind[row]), origins)
            return
        told = Told(len(odd))
        is_tag = (before > 0) & (block.source[start - before] == BACKSLASH)
        for carrier, mask, at, length in (
            (Carrier.TAG, is_tag, start - before, before),
            (Carrier.LEADING, (before > 0) & ~is_tag, start - before, before),
            (Carrier.TRAILING, behind > 0, stop, behind),
        ):
            rows = mask.nonzero()[0]
            if len(rows):
                told.add(carrier, rows, self._layouts[carrier].read(block.source, at[rows], length[rows]))
        station = self._stations(block, odd, before, behind, told, origins)
        fine = told.is_read.nonzero()[0]
        rows = odd[fine]
        origins.t_unix_s[rows], origins.time_source[rows] = told.t_unix_s[fine], told.time_source[fine]
        origins.station[rows] = station[fine]
        for row in fine[told.group_width[fine] > 0].tolist():
            begin = int(told.group_at[row])
            group = block.data[begin : begin + int(told.group_width[row])]
            origins.groups[int(odd[row])] = group.decode("latin-1")
        for length in (before[fine], behind[fine]):
            has = length > 0
            self._account.add_rows(station[fine][has], Reason.CARRIER, length[has])

    def _stations(
        self, block: Block, odd: Column, before: Column, behind: Column, told: "Told", origins: Origins
    ) -> Column:
        """(M,) int64, the codes of the stations told; reads the rows that are not told yet, in between, one by one,
        so that stations are numbered in the order of the stream."""
        has_name = told.is_read & (told.name[:, 0] != 0)
        code = np.where(has_name, self._names.find(told.name) if has_name.any() else 0, 0)
        learned: dict[bytes, int] = {}
        for row in (~told.is_read | (code == UNKNOWN)).nonzero()[0].tolist():
            if not told.is_read[row]:
                self._read_gap(block, int(odd[row]), int(before[row]), int(behind[row]), origins)
                continue
            name = told.name[row].tobytes()
            if name not in learned:
                learned[name] = self._account.station(name.rstrip(b"\0").decode("latin-1"))
                if learned[name]:  # 0: there are too many stations
                    self._names.learn(told.name[row], learned[name])
            code[row] = learned[name]
        return code

    def _read_gap(self, block: Block, i: int, before: int, behind: int, origins: Origins) -> None:
        """What stands around sentence i: so many bytes before it, so many behind."""
        start, stop = int(block.sentences.start[i]), int(block.sentences.stop[i])
        prefix, suffix = block.data[start - before : start], block.data[stop : stop + behind]
        origin = Origin()
        if b"\\" in prefix:
            carriers.read_tags(prefix, origin)
        if origin.source is TimeSource.NONE and prefix[:1] not in (b"\\", b""):
            carriers.read_leading(prefix, origin, self._zone)
        if suffix[:1] == b",":
            carriers.read_trailing(suffix, origin)
        station = self._account.station(origin.station)
        origins.t_unix_s[i], origins.time_source[i] = origin.t_unix_s, origin.source
        origins.station[i] = station
        if origin.is_untrusted:
            origins.flags[i] |= Flag.TIME_UNTRUSTED
        if origin.group:
            origins.groups[i] = origin.group
        line = block.first_line + int(block.sentences.line[i]) + 1
        for text, is_used in ((prefix, origin.is_carrier), (suffix, origin.is_trailing)):
            self._account_gap(text, is_used, line, origin.t_unix_s, station)

    def _account_gap(self, text: bytes, is_used: bool, line: int, t_unix_s: float, station: int) -> None:
        if not text:
            return
        if is_used:
            self._account.add(station, Reason.CARRIER, len(text), 1)
        elif not text.strip():
            self._account.add(station, Reason.COMMENT, len(text), 0)
        else:
            self._account.add(station, Reason.NOISE, len(text), 1)
            self._account.refuse(line, t_unix_s, station, Reason.NOISE, len(text), text)

    # ---- lines without a sentence of ours ----

    def _read_other_lines(self, block: Block) -> "Marks":
        """Times to carry forward; accounts for other NMEA, comments and noise."""
        if block.n_bare_returns is not None:
            return NO_MARKS
        has = np.zeros(len(block.lines), bool)
        has[block.sentences.line] = True
        others = (~has).nonzero()[0]
        if not len(others):
            return NO_MARKS
        left, marks = (others, NO_MARKS) if len(others) < MIN_ROWS else self._read_plain_lines(block, others)
        found = [mark for i in left.tolist() if (mark := self._read_other_line(block, i)) is not None]
        if not found:
            return marks
        line, t_unix_s, source = (np.array(column) for column in zip(*found, strict=True))
        line = np.concatenate([marks.line, line])
        order = np.argsort(line)
        return Marks(
            line[order],
            np.concatenate([marks.t_unix_s, t_unix_s])[order],
            np.concatenate([marks.time_source, source])[order],
        )

    def _read_plain_lines(self, block: Block, others: Column) -> "tuple[Column, Marks]":
        """Blank lines and those that begin with $, all at once: the lines left over, and the times told."""
        start, end = block.lines.start[others], block.lines.end[others]
        length, first = end - start, block.source[start]
        is_blank = (length == 0) | ((length == 1) & (first == CARRIAGE_RETURN))
        self._account.add(0, Reason.COMMENT, int(length[is_blank].sum()), 0)
        is_nmea = first == ord("$")
        if not is_nmea.any():
            return others[~is_blank], NO_MARKS
        rows = is_nmea.nonzero()[0]
        told = clock_lines.told_by(block.source, block.commas, start[rows], end[rows])
        is_left = ~is_blank & ~is_nmea
        is_left[rows] = ~told.is_read
        is_clock = told.is_read & told.is_clock
        for reason, mask in ((Reason.CARRIER, is_clock), (Reason.OTHER_NMEA, told.is_read & ~is_clock)):
            self._account.add(0, reason, int(length[rows][mask].sum()), int(mask.sum()))
        line = block.first_line + others[rows] + 1
        return others[is_left], Marks(line[is_clock], told.t_unix_s[is_clock], told.time_source[is_clock])

    def _read_other_line(self, block: Block, i: int) -> tuple[int, float, TimeSource] | None:
        """One line, by its index in the block: its number, time and the kind of it, if it tells one."""
        text = block.data[int(block.lines.start[i]) : int(block.lines.end[i])]
        body = text.strip()
        line = block.first_line + i + 1
        if not body or body[:1] == b"#":
            self._account.add(0, Reason.COMMENT, len(text), 1 if body else 0)
            return None
        at = body.find(b"$")
        if at < 0:
            self._account.add(0, Reason.NOISE, len(text), 1)
            self._account.refuse(line, float("nan"), 0, Reason.NOISE, len(text), text)
            return None
        t_unix_s, source = float("nan"), TimeSource.NONE
        if body[at + 3 : at + 6] in (b"RMC", b"ZDA") or body[at + 1 : at + 5] == b"PGHP":
            t_unix_s, source = carriers.line_time(body[at:])
        is_told = source is not TimeSource.NONE
        self._account.add(0, Reason.CARRIER if is_told else Reason.OTHER_NMEA, len(text), 1)
        return (line, t_unix_s, source) if is_told else None

    def _carry(self, marks: "Marks", block: Block, origins: Origins) -> None:
        """Give sentences without a time the last one that another line told."""
        if not len(marks.line) and math.isnan(self._carried) and math.isnan(self._pghp[1]):
            return
        at_line = block.first_line + block.sentences.line + 1
        for wanted in (TimeSource.PGHP, TimeSource.CARRIED):
            is_wanted = marks.time_source == wanted
            first = self._pghp if wanted is TimeSource.PGHP else (-1, self._carried)
            if np.isnan(first[1]) and not is_wanted.any():
                continue
            line = np.concatenate([[first[0]], marks.line[is_wanted]])
            t_unix_s = np.concatenate([[first[1]], marks.t_unix_s[is_wanted]])
            at = np.searchsorted(line, at_line) - 1
            told = t_unix_s[at]
            fits = (origins.time_source == TimeSource.NONE) & ~np.isnan(told)
            if wanted is TimeSource.PGHP:
                fits &= at_line - line[at] <= PGHP_LINES
                self._pghp = (int(line[-1]), float(t_unix_s[-1]))
            else:
                self._carried = float(t_unix_s[-1])
            origins.t_unix_s[fits] = told[fits]
            origins.time_source[fits] = wanted


@dataclass(frozen=True, slots=True)
class Marks:
    """Lines that told a time, in order."""

    line: Column  # (K,) int64, its number in the stream
    t_unix_s: Column  # (K,) float64
    time_source: Column  # (K,) int8


NO_MARKS = Marks(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int8))


class Told:
    """What the texts around some sentences said, both sides together."""

    def __init__(self, n: int) -> None:
        self.is_read = np.ones(n, bool)
        self.t_unix_s = np.full(n, np.nan)
        self.time_source = np.zeros(n, np.int8)
        self.name = np.zeros((n, NAME_WORDS), np.uint64)
        self.group_at = np.zeros(n, np.int64)
        self.group_width = np.zeros(n, np.int64)

    def add(self, carrier: Carrier, rows: Column, read: Read) -> None:
        """Texts of one kind: what was told before them stands."""
        self.is_read[rows] &= read.is_read
        is_timed = (self.time_source[rows] == TimeSource.NONE) & ~np.isnan(read.t_unix_s)
        self.t_unix_s[rows[is_timed]] = read.t_unix_s[is_timed]
        self.time_source[rows[is_timed]] = TimeSource[carrier.name]
        is_named = self.name[rows, 0] == 0
        self.name[rows[is_named]] = read.name[is_named]
        if carrier is Carrier.TAG:
            self.group_at[rows], self.group_width[rows] = read.group_at, read.group_width


def gaps(block: Block) -> tuple[Column, Column, int]:
    """Bytes before each sentence (from the last one's stop or the line's start), and behind the last of a line, (S,)
    each; a lone CR at the line's end is not among them, and counted apart."""
    sentences, lines = block.sentences, block.lines
    line, stop = sentences.line, sentences.stop
    begin = lines.start[line]
    behind = lines.end[line] - stop
    is_next = (line[1:] == line[:-1]).nonzero()[0]  # the one behind it stands in the same line
    if len(is_next):
        begin[is_next + 1] = stop[is_next]
        behind[is_next] = 0
    is_return = (behind == 1) & (block.source[stop] == CARRIAGE_RETURN)
    behind[is_return] = 0
    return sentences.start - begin, behind, int(is_return.sum())
