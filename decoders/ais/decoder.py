"""One source's AIS decoder: feed it bytes, split anywhere; it yields tables, rejects and an account of every byte.

    bytes ─> whole lines ─> sentences ─> envelopes ─┬─ single ───────────┬─> payloads ─> tables
               (tail waits)    + who and when       └─ parts ─> joiner ──┘

Only whole lines are worked on, so the result does not depend on how the stream was cut into chunks
(tests/decoders/test_chunks.py). The one thing that may is the arrival time of lines without any other time.
"""

from dataclasses import dataclass, field

import numpy as np

from decoders import carriers
from decoders.ais.fragments import Joiner, Part
from decoders.ais.messages import Payloads, unpack
from decoders.carriers import Origin
from decoders.columns import Batch, Flag, TimeSource
from decoders.framing import CARRIAGE_RETURN, Lines, Sentences, lines_of, sentences_of
from decoders.nmea import Envelopes, envelopes_of
from decoders.rejects import Ledger, Reason, Rejects
from decoders.table import Column

MAX_LINE_BYTES = 1 << 16  # a line that does not end within this is noise
PADDING = b"\0" * 1100  # room for the widest payload window behind the last sentence
RAW_BYTES = 200
MAX_STATIONS = 4096  # a national network has some hundred; beyond it names are noise, and count as unnamed
EXPIRE_EVERY = 512  # sentences
PGHP_LINES = 4  # a $PGHP time holds for this many lines
REFUSED = (
    Reason.NOISE, Reason.CUT, Reason.NO_CHECKSUM, Reason.BAD_CHECKSUM, Reason.BAD_FORM, Reason.BAD_ARMOUR,
    Reason.EMPTY_PAYLOAD, Reason.SHORT, Reason.ORPHAN, Reason.REPEATED_FRAGMENT, Reason.TOO_LONG, Reason.UNKNOWN_TYPE,
)  # fmt: skip
N_REASONS = len(Reason)


@dataclass(slots=True)
class _Refused:
    """Rejects of one call, gathered."""

    rows: list[tuple[int, float, int, int, int, bytes]] = field(default_factory=list)

    def add(self, line: int, t_unix_s: float, station: int, reason: int, n_bytes: int, raw: bytes) -> None:
        self.rows.append((line, t_unix_s, station, reason, n_bytes, raw[:RAW_BYTES]))

    def table(self) -> Rejects:
        self.rows.sort(key=lambda row: row[0])
        columns = list(zip(*self.rows, strict=True)) if self.rows else [()] * 6
        raw = np.empty(len(self.rows), object)
        raw[:] = columns[5]
        dtypes = (np.int64, np.float64, np.int32, np.int8, np.int64)
        line, t_unix_s, station, reason, n_bytes = (np.array(c, d) for c, d in zip(columns[:5], dtypes, strict=True))
        return Rejects(line, t_unix_s, station, reason, n_bytes, raw)


class AisDecoder:
    """See the module. Not to be called from two threads at once."""

    def __init__(self, *, leading_time_zone: str = "UTC", keep_others: bool = False) -> None:
        self._zone = carriers.zone(leading_time_zone)
        self._keep_others = keep_others
        self._tail = b""
        self._n_lines = 0
        self._n_sentences = 0
        self._stations: dict[str, int] = {"": 0}
        self._n_bytes = np.zeros((1, N_REASONS), np.int64)
        self._n_rows = np.zeros((1, N_REASONS), np.int64)
        self._joiner = Joiner()
        self._carried = float("nan")
        self._pghp = (-1, float("nan"))
        self._expired_at = 0

    @property
    def n_lines(self) -> int:
        """Whole lines read so far."""
        return self._n_lines

    def feed(self, data: bytes, t_unix_s: float) -> tuple[Batch, Rejects]:
        """Decode what has become whole. `t_unix_s` is the arrival of these bytes, NaN for a recording."""
        self._tail += data
        cut = self._tail.rfind(b"\n") + 1
        if not cut and len(self._tail) > MAX_LINE_BYTES:
            cut = len(self._tail)
        lines, self._tail = self._tail[:cut], self._tail[cut:]
        return self._decode(lines, t_unix_s)

    def finish(self) -> tuple[Batch, Rejects]:
        """The stream has ended: decode an unfinished last line, give up what waits for its rest."""
        lines, self._tail = self._tail, b""
        refused = _Refused()
        batch, rejects = self._decode(lines, float("nan"))
        for part in self._joiner.expire(1 << 62, float("nan")):
            self._move(part, Reason.ORPHAN, refused)
        return batch, Rejects.concat([rejects, refused.table()])

    def ledger(self) -> Ledger:
        """The account so far; what waits in the tail stands under WAITING of the unnamed station."""
        n_bytes = self._n_bytes.copy()
        n_bytes[0, Reason.WAITING] += len(self._tail)
        return Ledger(tuple(self._stations), n_bytes, self._n_rows.copy())

    # ---- one block of whole lines ----

    def _decode(self, data: bytes, t_chunk: float) -> tuple[Batch, Rejects]:
        refused = _Refused()
        if b"\r" in data and data.count(b"\r") != data.count(b"\r\n"):
            data = lone_returns_to_line_feeds(data)
        if data and not data.endswith(b"\n"):
            data, n_added = data + b"\n", 1
        else:
            n_added = 0
        source = np.frombuffer(data + PADDING, np.uint8)
        block = source[: len(data)]
        lines = lines_of(block)
        sentences = sentences_of(block, lines)
        envelopes = envelopes_of(block, sentences) if len(sentences) else None
        self._account(0, Reason.COMMENT, -n_added, 0)
        origins = self._origins(data, block, lines, sentences, t_chunk, refused)
        payloads, extra, owners = self._payloads(data, sentences, envelopes, origins, refused)
        if len(extra):
            source = np.concatenate([block, np.frombuffer(extra + PADDING, np.uint8)])
        tables = unpack(source, payloads, keep_others=self._keep_others)
        self._account_messages(data, sentences, origins, tables.reason, owners, payloads, refused)
        self._n_lines += len(lines)
        batch = Batch(
            tables.positions, tables.statics, tables.texts, tables.clocks, tables.others, tuple(self._stations)
        )
        return batch, refused.table()

    def _account(self, station: int, reason: int, n_bytes: int, n_rows: int) -> None:
        self._n_bytes[station, reason] += n_bytes
        self._n_rows[station, reason] += n_rows

    def _station(self, name: str) -> int:
        code = self._stations.get(name)
        if code is None:
            if len(self._stations) >= MAX_STATIONS:
                return 0
            code = self._stations[name] = len(self._stations)
            self._n_bytes = np.vstack([self._n_bytes, np.zeros((1, N_REASONS), np.int64)])
            self._n_rows = np.vstack([self._n_rows, np.zeros((1, N_REASONS), np.int64)])
        return code

    def _origins(
        self, data: bytes, block: Column, lines: Lines, sentences: Sentences, t_chunk: float, refused: _Refused
    ) -> "Origins":
        """Time, station and flags of every sentence; accounts for all bytes outside sentences."""
        n = len(sentences)
        origins = Origins(np.full(n, np.nan), np.zeros(n, np.int8), np.zeros(n, np.int32), np.zeros(n, np.int32), {})
        before, behind = self._gaps(lines, sentences)
        self._read_odd_lines(data, block, lines, sentences, before, behind, origins, refused)
        self._read_other_lines(data, block, lines, sentences, origins, refused)
        unknown = origins.time_source == TimeSource.NONE
        if not np.isnan(t_chunk):
            origins.t_unix_s[unknown] = t_chunk
            origins.time_source[unknown] = TimeSource.CHUNK
        return origins

    def _gaps(self, lines: Lines, sentences: Sentences) -> tuple[Column, Column]:
        """Bytes before each sentence (from the last one's stop or the line's start), and behind the last of a line."""
        if not len(sentences):
            empty = np.zeros(0, np.int64)
            return empty, empty
        line = sentences.line
        is_first = np.ones(len(line), bool)
        is_first[1:] = line[1:] != line[:-1]
        is_last = np.ones(len(line), bool)
        is_last[:-1] = is_first[1:]
        previous = np.zeros(len(line), np.int64)
        previous[1:] = sentences.stop[:-1]
        begin = np.where(is_first, lines.start[line], previous)
        return sentences.start - begin, np.where(is_last, lines.end[line] - sentences.stop, 0)

    def _read_odd_lines(
        self,
        data: bytes,
        block: Column,
        lines: Lines,
        sentences: Sentences,
        before: Column,
        behind: Column,
        origins: "Origins",
        refused: _Refused,
    ) -> None:
        """Sentences with anything before or behind them."""
        n_line_ends = len(lines)
        if len(sentences):
            is_return = (behind == 1) & (block[np.minimum(sentences.stop, len(block) - 1)] == CARRIAGE_RETURN)
            n_line_ends += int(is_return.sum())
            behind = np.where(is_return, 0, behind)
            odd = np.flatnonzero((before > 0) | (behind > 0))
        else:
            odd = np.zeros(0, np.int64)
        self._account(0, Reason.COMMENT, n_line_ends, 0)
        start, stop = sentences.start, sentences.stop
        for i in odd:
            a, b, c = int(start[i] - before[i]), int(start[i]), int(stop[i])
            prefix, suffix = data[a:b], data[c : c + int(behind[i])]
            origin = Origin()
            if b"\\" in prefix:
                carriers.read_tags(prefix, origin)
            if origin.source is TimeSource.NONE and prefix[:1] not in (b"\\", b""):
                carriers.read_leading(prefix, origin, self._zone)
            if suffix[:1] == b",":
                carriers.read_trailing(suffix, origin)
            station = self._station(origin.station)
            origins.t_unix_s[i], origins.time_source[i] = origin.t_unix_s, origin.source
            origins.station[i] = station
            if origin.is_untrusted:
                origins.flags[i] |= Flag.TIME_UNTRUSTED
            if origin.group:
                origins.groups[int(i)] = origin.group
            line = self._n_lines + int(sentences.line[i]) + 1
            for text, is_used in ((prefix, origin.is_carrier), (suffix, origin.is_trailing)):
                self._account_gap(text, is_used, line, origin.t_unix_s, station, refused)

    def _account_gap(
        self, text: bytes, is_used: bool, line: int, t_unix_s: float, station: int, refused: _Refused
    ) -> None:
        if not text:
            return
        if is_used:
            self._account(station, Reason.CARRIER, len(text), 1)
        elif not text.strip():
            self._account(station, Reason.COMMENT, len(text), 0)
        else:
            self._account(station, Reason.NOISE, len(text), 1)
            refused.add(line, t_unix_s, station, Reason.NOISE, len(text), text)

    def _read_other_lines(
        self,
        data: bytes,
        block: Column,
        lines: Lines,
        sentences: Sentences,
        origins: "Origins",
        refused: _Refused,
    ) -> None:
        """Lines without a sentence of ours: times to carry forward, other NMEA, comments, noise."""
        has = np.zeros(len(lines), bool)
        has[sentences.line] = True
        marks: list[tuple[int, float, TimeSource]] = []
        for i in np.flatnonzero(~has):
            text = data[int(lines.start[i]) : int(lines.end[i])]
            body = text.strip()
            line = self._n_lines + int(i) + 1
            if not body:
                self._account(0, Reason.COMMENT, len(text), 0)
                continue
            if body[:1] == b"#":
                self._account(0, Reason.COMMENT, len(text), 1)
                continue
            at = body.find(b"$")
            t_unix_s, source = float("nan"), TimeSource.NONE
            if at >= 0:
                if body[at + 3 : at + 6] in (b"RMC", b"ZDA") or body[at + 1 : at + 5] == b"PGHP":
                    t_unix_s, source = carriers.line_time(body[at:])
                self._account(0, Reason.OTHER_NMEA if source is TimeSource.NONE else Reason.CARRIER, len(text), 1)
            else:
                self._account(0, Reason.NOISE, len(text), 1)
                refused.add(line, float("nan"), 0, Reason.NOISE, len(text), text)
            if source is not TimeSource.NONE:
                marks.append((line, t_unix_s, source))
        self._carry(marks, sentences, origins)

    def _carry(self, marks: list[tuple[int, float, TimeSource]], sentences: Sentences, origins: "Origins") -> None:
        """Give sentences without a time the last one that another line told."""
        for wanted in (TimeSource.PGHP, TimeSource.CARRIED):
            line = [m[0] for m in marks if m[2] is wanted]
            t = [m[1] for m in marks if m[2] is wanted]
            first = self._pghp if wanted is TimeSource.PGHP else (-1, self._carried)
            line, t = [first[0], *line], [first[1], *t]
            at = np.searchsorted(np.array(line), self._n_lines + sentences.line + 1) - 1
            told = np.array(t)[at]
            fits = (origins.time_source == TimeSource.NONE) & ~np.isnan(told)
            if wanted is TimeSource.PGHP:
                fits &= self._n_lines + sentences.line + 1 - np.array(line)[at] <= PGHP_LINES
                self._pghp = (line[-1], t[-1])
            else:
                self._carried = t[-1]
            origins.t_unix_s[fits] = told[fits]
            origins.time_source[fits] = wanted

    def _payloads(
        self,
        data: bytes,
        sentences: Sentences,
        envelopes: Envelopes | None,
        origins: "Origins",
        refused: _Refused,
    ) -> tuple[Payloads, bytes, Column]:
        """Single payloads and joined ones, in stream order; `owners` is the completing sentence of each."""
        if envelopes is None:
            none = np.zeros(0, np.int64)
            return Payloads(none, none, none, none, np.zeros(0), none, none, none), b"", none
        line = self._n_lines + sentences.line + 1
        fine = envelopes.reason == Reason.DECODED
        single = np.flatnonzero(fine & (envelopes.count == 1))
        flags = origins.flags | np.where(envelopes.is_own_ship, Flag.OWN_SHIP, 0)
        flags |= np.where(envelopes.fill < 0, Flag.FILL_ODD, 0)
        self._refuse(data, sentences, envelopes.reason, origins, line, refused)
        joined: list[tuple[int, list[Part]]] = []
        for i in np.flatnonzero(fine & (envelopes.count > 1)):
            whole = self._take_part(int(i), data, sentences, envelopes, origins, flags, int(line[i]), refused)
            if whole is not None:
                joined.append((int(i), whole))
        self._n_sentences += len(sentences)
        extra = b"".join(part.payload for _, parts in joined for part in parts)
        lengths = [sum(len(part.payload) for part in parts) for _, parts in joined]
        starts = len(data) + np.concatenate([[0], np.cumsum(lengths)])[:-1] if joined else np.zeros(0, np.int64)
        best = [next((p for p in parts if p.time_source not in (0, TimeSource.CHUNK)), parts[0]) for _, parts in joined]
        owners = np.concatenate([single, np.array([i for i, _ in joined], np.int64)])
        payloads = Payloads(
            np.concatenate([envelopes.payload[single], starts.astype(np.int64)]),
            np.concatenate([envelopes.n_chars[single], np.array(lengths, np.int64)]),
            np.concatenate([envelopes.fill[single], np.array([parts[-1].fill for _, parts in joined], np.int8)]),
            line[owners],
            np.concatenate([origins.t_unix_s[single], np.array([p.t_unix_s for p in best], np.float64)]),
            np.concatenate([origins.time_source[single], np.array([p.time_source for p in best], np.int8)]),
            np.concatenate([origins.station[single], np.array([parts[0].station for _, parts in joined], np.int32)]),
            np.concatenate(
                [flags[single], np.array([parts[0].flags | parts[-1].flags for _, parts in joined], np.int32)]
            ).astype(np.int32),
        )
        order = np.argsort(owners, kind="stable")
        return payloads.take(order), extra, owners[order]

    def _refuse(
        self, data: bytes, sentences: Sentences, reason: Column, origins: "Origins", line: Column, refused: _Refused
    ) -> None:
        """Account for sentences that are not decoded."""
        for i in np.flatnonzero(reason != Reason.DECODED):
            n_bytes = int(sentences.stop[i] - sentences.start[i])
            station = int(origins.station[i])
            self._account(station, int(reason[i]), n_bytes, 1)
            if reason[i] in REFUSED:
                raw = data[int(sentences.start[i]) : int(sentences.stop[i])]
                refused.add(int(line[i]), float(origins.t_unix_s[i]), station, int(reason[i]), n_bytes, raw)

    def _take_part(
        self,
        i: int,
        data: bytes,
        sentences: Sentences,
        envelopes: Envelopes,
        origins: "Origins",
        flags: Column,
        line: int,
        refused: _Refused,
    ) -> list[Part] | None:
        """Hand one fragment to the joiner; the parts of the message when it is whole."""
        start, stop = int(sentences.start[i]), int(sentences.stop[i])
        payload_at = int(envelopes.payload[i])
        station = int(origins.station[i])
        n_seen = self._n_sentences + i
        part = Part(
            int(envelopes.number[i]),
            data[payload_at : payload_at + int(envelopes.n_chars[i])],
            int(envelopes.fill[i]),
            stop - start,
            line,
            float(origins.t_unix_s[i]),
            int(origins.time_source[i]),
            station,
            int(flags[i]),
            n_seen,
            data[start:stop],
        )
        if n_seen // EXPIRE_EVERY != self._expired_at:
            self._expired_at = n_seen // EXPIRE_EVERY
            for lost in self._joiner.expire(n_seen, part.t_unix_s):
                self._move(lost, Reason.ORPHAN, refused)
        who = origins.groups.get(i) or f"station {station}"
        key = (
            who,
            data[start + 1 : start + 6],
            int(envelopes.sequence[i]),
            int(envelopes.channel[i]),
            int(envelopes.count[i]),
        )
        whole, given_up, is_repeat = self._joiner.add(key, part)
        for lost in given_up:
            self._move(lost, Reason.ORPHAN, refused)
        if is_repeat:
            self._account(station, Reason.REPEATED_FRAGMENT, part.n_bytes, 1)
            refused.add(line, part.t_unix_s, station, Reason.REPEATED_FRAGMENT, part.n_bytes, part.raw)
            return None
        self._account(station, Reason.WAITING, part.n_bytes, 1)
        if whole is None:
            return None
        for waited in whole:
            self._account(waited.station, Reason.WAITING, -waited.n_bytes, -1)
            if waited is not part:
                self._account(waited.station, Reason.JOINED, waited.n_bytes, 1)
        return whole

    def _move(self, part: Part, reason: Reason, refused: _Refused) -> None:
        """A part that waited is given up."""
        self._account(part.station, Reason.WAITING, -part.n_bytes, -1)
        self._account(part.station, reason, part.n_bytes, 1)
        refused.add(part.line, part.t_unix_s, part.station, reason, part.n_bytes, part.raw)

    def _account_messages(
        self,
        data: bytes,
        sentences: Sentences,
        origins: "Origins",
        reason: Column,
        owners: Column,
        payloads: Payloads,
        refused: _Refused,
    ) -> None:
        """Account for the completing sentence of each message, decoded or refused at its payload."""
        if not len(owners):
            return
        n_bytes = sentences.stop[owners] - sentences.start[owners]
        station = origins.station[owners]
        np.add.at(self._n_bytes, (station, reason), n_bytes)
        np.add.at(self._n_rows, (station, reason), 1)
        for k in np.flatnonzero(reason != Reason.DECODED):
            i = int(owners[k])
            raw = data[int(sentences.start[i]) : int(sentences.stop[i])]
            refused.add(
                int(payloads.line[k]),
                float(payloads.t_unix_s[k]),
                int(station[k]),
                int(reason[k]),
                int(n_bytes[k]),
                raw,
            )


@dataclass(slots=True)
class Origins:
    """Who and when, for each sentence of a block."""

    t_unix_s: Column  # (S,) float64
    time_source: Column  # (S,) int8
    station: Column  # (S,) int32
    flags: Column  # (S,) int32
    groups: dict[int, str]


def lone_returns_to_line_feeds(data: bytes) -> bytes:
    """Some writers end lines with CR alone: the same bytes, with LF there. CR LF stays."""
    marked = np.frombuffer(data, np.uint8).copy()
    is_return = marked == CARRIAGE_RETURN
    is_return[:-1] &= marked[1:] != 10
    marked[is_return] = 10
    return marked.tobytes()
