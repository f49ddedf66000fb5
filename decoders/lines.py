"""One source's decoder of lines, AIS and radar: feed it bytes, split anywhere; it yields tables and an account of all.

    bytes ─> whole lines ─> sentences ─> envelopes ─┬─ AIS ────> AisSentences ───> positions, statics, texts, ...
               (tail waits)    + who and when       └─ radar ──> RadarSentences ─> radar, radar_health

Receivers and radars share one link: framing, TAG blocks, times and the account are the same for both. Only whole lines
are worked on, so the result does not depend on how the stream was cut into chunks (tests/decoders/test_edge_cases.py,
test_lines.py). The one thing that may is the arrival time of lines without any other time.
"""

from dataclasses import replace

import numpy as np

from decoders.account import Account
from decoders.ais.decoder import AisSentences
from decoders.blocks import Block, block_of
from decoders.columns import Batch
from decoders.origins import Origination, Origins
from decoders.radar.columns import RadarReports
from decoders.radar.decoder import RadarSentences
from decoders.radar.formatters import OTHER, formatters_of
from decoders.radar.tables import NO_HEALTH, NO_REPORTS
from decoders.rejects import Ledger, Reason, Rejects
from decoders.table import Column

MAX_LINE_BYTES = 1 << 16  # a line that does not end within this is noise
OTHER_NMEA = int(Reason.OTHER_NMEA)


class LineDecoder:
    """See the module. Not to be called from two threads at once."""

    def __init__(self, *, leading_time_zone: str = "UTC", keep_others: bool = False) -> None:
        self._tail = b""
        self._n_lines = 0
        self._account = Account()
        self._origination = Origination(self._account, leading_time_zone)
        self._ais = AisSentences(self._account, keep_others=keep_others)
        self._radar = RadarSentences(self._account)

    @property
    def n_lines(self) -> int:
        """Whole lines read so far."""
        return self._n_lines

    def feed(self, data: bytes, t_unix_s: float) -> tuple[Batch, Rejects]:
        """Decode what has become whole. `t_unix_s` is the arrival of these bytes, NaN for a recording."""
        cut = data.rfind(b"\n") + 1  # the tail has none
        lines = b""
        if cut:
            lines, self._tail = b"".join((self._tail, memoryview(data)[:cut])), data[cut:]
        else:
            self._tail += data
            if len(self._tail) > MAX_LINE_BYTES:
                lines, self._tail = self._tail, b""
        return self._decode(lines, t_unix_s), self._account.take_rejects()

    def finish(self) -> tuple[Batch, Rejects]:
        """The stream has ended: decode an unfinished last line, give up what waits for its rest."""
        lines, self._tail = self._tail, b""
        batch, rejects = self._decode(lines, float("nan")), self._account.take_rejects()
        self._ais.give_up()
        return batch, Rejects.concat([rejects, self._account.take_rejects()])

    def ledger(self) -> Ledger:
        """The account so far; what waits in the tail stands under WAITING of the unnamed station."""
        return self._account.ledger(len(self._tail))

    def _decode(self, data: bytes, t_chunk_unix_s: float) -> Batch:
        """One block of whole lines; the last one of a stream may lack its end."""
        if data and not data.endswith(b"\n"):
            data += b"\n"
            self._account.add(0, Reason.COMMENT, -1, 0)  # the LF that is not theirs
        block = block_of(data, self._n_lines)
        origins = self._origination.read(block, t_chunk_unix_s)
        formatter = radar_rows(block)
        reports, health = NO_REPORTS, NO_HEALTH
        if formatter is not None:
            is_radar = formatter != OTHER
            there, theirs = part(block, origins, is_radar.nonzero()[0])
            reports, health = self._radar.decode(there, formatter[is_radar], theirs)
            block, origins = part(block, origins, (~is_radar).nonzero()[0])
        tables, synthetic = self._ais.decode(block, origins)
        self._n_lines += len(block.lines)
        return Batch(
            tables.positions,
            tables.statics,
            tables.texts,
            tables.clocks,
            tables.others,
            self._account.stations,
            in_line_order(reports, synthetic),
            health,
        )


def radar_rows(block: Block) -> Column | None:
    """(S,) `Formatter` of each sound sentence of a radar, OTHER of all else; None where the block has none."""
    if block.n_bare_returns is not None:
        return None
    rows = (block.envelopes.reason == OTHER_NMEA).nonzero()[0]
    if not len(rows):
        return None
    formatter = np.full(len(block.sentences), OTHER, np.int8)
    formatter[rows] = formatters_of(block.source, block.sentences.start[rows])
    return formatter if formatter.any() else None


def part(block: Block, origins: Origins, rows: Column) -> tuple[Block, Origins]:
    """The block and its origins with these sentences only."""
    groups = origins.groups
    if groups:
        place = {row: i for i, row in enumerate(rows.tolist())}
        groups = {place[row]: group for row, group in groups.items() if row in place}
    theirs = Origins(
        origins.t_unix_s[rows], origins.time_source[rows], origins.station[rows], origins.flags[rows], groups
    )
    return replace(block, sentences=block.sentences.take(rows), envelopes=block.envelopes.take(rows)), theirs


def in_line_order(reports: RadarReports, synthetic: RadarReports) -> RadarReports:
    """Reports of radar sentences and those that came by AIS, as one table."""
    if not len(synthetic):
        return reports
    both = RadarReports.concat([reports, synthetic])
    return both.take(np.argsort(both.line, kind="stable"))
