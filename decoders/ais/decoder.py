"""The AIS sentences of one source: single ones and fragments to payloads, payloads to tables.

sentences ─┬─ single ───────────┬─> payloads ─> tables
           └─ parts ─> joining ─┘            └─> synthetic targets of a vessel traffic service
"""

import numpy as np

from decoders.account import Account
from decoders.ais.joining import NO_PAYLOADS, Joining
from decoders.ais.messages import Payloads, Tables, unpack
from decoders.blocks import NONE, PADDING, Block
from decoders.origins import Origins
from decoders.radar.columns import RadarReports
from decoders.radar.synthetic import synthetic_targets
from decoders.table import Column


class AisSentences:
    """Holds the fragments that wait for the rest of their message."""

    def __init__(self, account: Account, *, keep_others: bool) -> None:
        self._account = account
        self._keep_others = keep_others
        self._joining = Joining(account)

    def decode(self, block: Block, origins: Origins) -> tuple[Tables, RadarReports]:
        """The messages that the sentences of a block say or complete. Accounts for all of these sentences."""
        payloads, extra, owners = NO_PAYLOADS, b"", NONE
        if len(block.sentences):
            payloads, extra, owners = self._joining.payloads(block, block.envelopes, origins)
        source = block.source
        if extra:
            source = np.concatenate([source[: len(block.data)], np.frombuffer(extra + PADDING, np.uint8)])
        tables = unpack(source, payloads, keep_others=self._keep_others)
        if len(owners):
            self._account_messages(block, tables.reason, origins.station[owners], owners, payloads)
        return tables, synthetic_targets(source, payloads, tables.reason)

    def give_up(self) -> None:
        """The stream has ended: nothing more will come."""
        self._joining.give_up()

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
