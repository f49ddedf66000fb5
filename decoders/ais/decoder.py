"""One source's AIS decoder: feed it bytes, split anywhere; it yields tables, rejects and an account of every byte.

    bytes ─> whole lines ─> sentences ─> envelopes ─┬─ single ───────────┬─> payloads ─> tables
               (tail waits)    + who and when       └─ parts ─> joiner ──┘

Only whole lines are worked on, so the result does not depend on how the stream was cut into chunks
(tests/decoders/test_edge_cases.py). The one thing that may is the arrival time of lines without any other time.
"""

import numpy as np

from decoders.ais.account import Account
from decoders.ais.joining import NO_PAYLOADS, Joining
from decoders.ais.messages import Payloads, unpack
from decoders.ais.origins import Block, Origination
from decoders.bare import bare_block
from decoders.columns import Batch
from decoders.framing import CARRIAGE_RETURN, lines_of, sentences_of
from decoders.nmea import COMMA, NO_ENVELOPES, envelopes_of
from decoders.rejects import Ledger, Reason, Rejects
from decoders.table import Column

MAX_LINE_BYTES = 1 << 16  # a line that does not end within this is noise
PADDING = b"\0" * 1100  # room for the widest payload window behind the last sentence
NONE = np.zeros(0, np.int64)


class AisDecoder:
    """See the module. Not to be called from two threads at once."""

    def __init__(self, *, leading_time_zone: str = "UTC", keep_others: bool = False) -> None:
        self._keep_others = keep_others
        self._tail = b""
        self._n_lines = 0
        self._account = Account()
        self._origination = Origination(self._account, leading_time_zone)
        self._joining = Joining(self._account)

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
        self._joining.give_up()
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
        payloads, extra, owners = NO_PAYLOADS, b"", NONE
        if len(block.sentences):
            payloads, extra, owners = self._joining.payloads(block, block.envelopes, origins)
        source = block.source
        if extra:
            source = np.concatenate([source[: len(block.data)], np.frombuffer(extra + PADDING, np.uint8)])
        tables = unpack(source, payloads, keep_others=self._keep_others)
        if len(owners):
            self._account_messages(block, tables.reason, origins.station[owners], owners, payloads)
        self._n_lines += len(block.lines)
        return Batch(
            tables.positions, tables.statics, tables.texts, tables.clocks, tables.others, self._account.stations
        )

    def _account_messages(
        self, block: Block, reason: Column, station: Column, owners: Column, payloads: Payloads
    ) -> None:
        """Account for the completing sentence of each message, decoded or refused at its payload."""
        start, stop = block.sentences.start[owners], block.sentences.stop[owners]
        self._account.add_rows(station, reason, stop - start)
        bad = reason.nonzero()[0]  # DECODED is 0
        if len(bad):
            self._account.refuse_rows(
                block.data, start[bad], stop[bad], payloads.line[bad], payloads.t_unix_s[bad], station[bad], reason[bad]
            )


def block_of(data: bytes, first_line: int) -> Block:
    """Whole lines, cut into lines and sentences."""
    source = np.frombuffer(data + PADDING, np.uint8)
    text = source[: len(data)]
    lines = lines_of(text)
    has_return = source[lines.end - 1] == CARRIAGE_RETURN
    n_returns = int(np.count_nonzero(text == CARRIAGE_RETURN))
    if n_returns != np.count_nonzero(has_return):
        return block_of(lone_returns_to_line_feeds(data), first_line)
    bare = bare_block(source, len(data), lines, lines.end - has_return) if len(lines) else None
    if bare is not None:
        return Block(data, source, lines, *bare, NONE, first_line, n_returns)
    sentences = sentences_of(source, len(data), lines)
    commas = (text == COMMA).nonzero()[0]
    envelopes = envelopes_of(source, sentences, commas) if len(sentences) else NO_ENVELOPES
    return Block(data, source, lines, sentences, envelopes, commas, first_line, None)


def lone_returns_to_line_feeds(data: bytes) -> bytes:
    """Some writers end lines with CR alone: the same bytes, with LF there. CR LF stays."""
    marked = np.frombuffer(data, np.uint8).copy()
    is_return = marked == CARRIAGE_RETURN
    is_return[:-1] &= marked[1:] != 10
    marked[is_return] = 10
    return marked.tobytes()
