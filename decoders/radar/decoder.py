"""The radar sentences of one source: fields to tables, kind by kind, in stream order.

TTM, TLL ─> targets ─┐
TTD ──────> binary ──┼─> rows in order of their sentences ─> labels ─> RadarReports
TLB ─────────────────┘ names for the rows behind it
OSD, RSD ─> own ───────────────────────────────────────────────────> RadarHealth
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from decoders.account import Account
from decoders.blocks import Block
from decoders.columns import TableT
from decoders.origins import Origins
from decoders.radar import binary, own, targets
from decoders.radar.columns import RadarHealth, RadarReports
from decoders.radar.fields import Fields, fields_of
from decoders.radar.formatters import Formatter
from decoders.radar.labels import Label, Labels, identities, labels_of
from decoders.radar.tables import NO_HEALTH, NO_REPORTS, table_of
from decoders.radar.targets import Told
from decoders.rejects import Reason
from decoders.table import Column

BODY = len("$RATLB,")
BAD_FORM = int(Reason.BAD_FORM)
READERS: dict[Formatter, tuple[int, Callable[[Fields, Column], Told]]] = {
    Formatter.TTM: (targets.TTM_FIELDS, targets.read_ttm),
    Formatter.TLL: (targets.TLL_FIELDS, targets.read_tll),
    Formatter.OSD: (own.OSD_FIELDS, lambda fields, _: own.read_osd(fields)),
    Formatter.RSD: (own.RSD_FIELDS, lambda fields, _: own.read_rsd(fields)),
}
HEALTH = (Formatter.OSD, Formatter.RSD)


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of one kind of sentence."""

    row: Column  # (N,) int64, the sentence that each stood in
    columns: dict[str, Column]


class RadarSentences:
    """Holds the labels that operators gave to targets."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._labels = Labels()

    def decode(self, block: Block, formatter: Column, origins: Origins) -> tuple[RadarReports, RadarHealth]:
        """What the sentences of a block, all of them a radar's and sound, say. Accounts for all of them."""
        reason = np.zeros(len(formatter), np.int8)  # DECODED
        found: dict[bool, list[Found]] = {True: [], False: []}  # by: is it of the radar itself
        for kind, (n_fields, read) in READERS.items():
            rows = (formatter == kind).nonzero()[0]
            if len(rows):
                told = read(fields_at(block, rows, n_fields), origins.t_unix_s[rows])
                fine = told.is_fine.nonzero()[0]
                reason[rows[~told.is_fine]] = BAD_FORM
                found[kind in HEALTH].append(Found(rows[fine], taken(told.columns, fine)))
        rows = (formatter == Formatter.TTD).nonzero()[0]
        if len(rows):
            reason[rows], columns, sentence = binary.read_ttd(fields_at(block, rows, binary.N_FIELDS))
            found[False].append(Found(rows[sentence], columns))
        labels = self._read_labels(block, (formatter == Formatter.TLB).nonzero()[0], reason)
        line = block.first_line + block.sentences.line + 1
        self._account_for(block, reason, line, origins)
        reports, at = in_order(RadarReports, found[False], line, origins, NO_REPORTS)
        reports = self._labels.apply(named(reports), at, labels, origins.station)
        return reports, in_order(RadarHealth, found[True], line, origins, NO_HEALTH)[0]

    def _read_labels(self, block: Block, rows: Column, reason: Column) -> list[Label]:
        """The labels told by the sentences in these rows; marks malformed ones in `reason`."""
        labels: list[Label] = []
        for row in rows.tolist():
            start, star = int(block.sentences.start[row]), int(block.sentences.star[row])
            told = labels_of(block.data[start + BODY : star])
            if told is None:
                reason[row] = BAD_FORM
            labels += [(row, number, text) for number, text in told or ()]
        return labels

    def _account_for(self, block: Block, reason: Column, line: Column, origins: Origins) -> None:
        start, stop, station = block.sentences.start, block.sentences.stop, origins.station
        self._account.add_rows(station, reason, stop - start)
        bad = reason.nonzero()[0]
        if len(bad):
            self._account.refuse_rows(
                block.data, start[bad], stop[bad], line[bad], origins.t_unix_s[bad], station[bad], reason[bad]
            )


def fields_at(block: Block, rows: Column, n_most: int) -> Fields:
    """The fields of the sentences in these rows."""
    sentences = block.sentences
    return fields_of(block.source, block.commas, sentences.start[rows], sentences.star[rows], n_most)


def taken(columns: dict[str, Column], rows: Column) -> dict[str, Column]:
    """These rows of all columns."""
    return {name: column[rows] for name, column in columns.items()}


def in_order(
    kind: type[TableT], found: list[Found], line: Column, origins: Origins, nothing: TableT
) -> tuple[TableT, Column]:
    """All rows as one table, in the order of their sentences; and the sentence of each, (N,)."""
    tables, rows = [nothing], [np.zeros(0, np.int64)]
    for part in found:
        heard = {
            "line": line[part.row],
            "t_heard_unix_s": origins.t_unix_s[part.row],
            "t_unix_s": origins.t_unix_s[part.row],
            "time_source": origins.time_source[part.row],
            "station": origins.station[part.row],
        }
        tables.append(table_of(kind, len(part.row), **(heard | part.columns)))
        rows.append(part.row)
    if len(tables) == 2:
        return tables[1], rows[1]
    row = np.concatenate(rows)
    order = np.argsort(row, kind="stable")
    return type(nothing).concat(tables).take(order), row[order]


def named(reports: RadarReports) -> RadarReports:
    """The reports, with the MMSI of those whose name is one."""
    return replace(reports, mmsi=identities(reports.name)) if len(reports) else reports
