"""Labels that operators give to targets: TLB of IEC 61162-1, kept until the target is lost.

    $--TLB,number,label[,number,label ...]         an empty label takes the label away

A label goes with its station and target number, from the next report on. Numbers are used again, so a label ends with
its target's loss: a boat that gets the number next must not be called by another's name.
"""

from dataclasses import dataclass

import numpy as np

from decoders.radar.columns import PLOT, RadarReports, TrackStatus
from decoders.radar.fields import MAX_TEXT, plain_text
from decoders.radar.targets import MAX_NUMBER
from decoders.table import Column

MAX_LABELS = 4096  # targets of a source; the oldest label gives way
MMSI_DIGITS = 9
NUMBERS = 1 << 16  # more than there are target numbers
Label = tuple[int, int, bytes]  # row of its sentence, target number, text


def labels_of(body: bytes) -> list[tuple[int, bytes]] | None:
    """Target numbers and labels of one sentence, from behind the formatter's comma up to the star; None where it is
    malformed. Pairs without a number, with which some radars fill up, say nothing."""
    parts = [part.strip() for part in body.split(b",")]
    if len(parts) % 2:
        return None
    found = []
    for number, label in zip(parts[0::2], parts[1::2], strict=True):
        if not number and not label:
            continue
        if not number.isdigit() or int(number) > MAX_NUMBER:
            return None
        found.append((int(number), plain_text(label)))
    return found


@dataclass(frozen=True, slots=True)
class Steps:
    """Moments at which a label changes, in order."""

    key: Column  # (E,) int64, station and number
    row: Column  # (E,) float64, when: between the sentences' rows
    text: Column  # (E,) S34; b"": there is none from here on


class Labels:
    """The labels in force at one source."""

    def __init__(self) -> None:
        self._texts: dict[int, bytes] = {}  # by station and number, oldest first

    def apply(self, reports: RadarReports, row: Column, told: list[Label], station: Column) -> RadarReports:
        """The reports with the labels as names; learns what was told in between.

        row : (N,) int64, the sentence that each report stood in; told : by the sentence that says it; station : (S,)
        of every sentence.
        """
        if not told and not self._texts:
            return reports
        key = keys_of(reports.station, reports.track_no)
        steps = self._steps(reports, key, row, told, station)
        name = in_force(joined([steps, self._learn(steps)]), key, row)
        has_label = (name != b"").nonzero()[0]
        columns = reports.columns()
        columns["name"], columns["mmsi"] = reports.name.copy(), reports.mmsi.copy()
        columns["name"][has_label] = name[has_label]
        identity = identities(name[has_label])
        columns["mmsi"][has_label] = np.where(identity >= 0, identity, reports.mmsi[has_label])
        return RadarReports(**columns)

    def _steps(self, reports: RadarReports, key: Column, row: Column, told: list[Label], station: Column) -> Steps:
        """Labels from before, those told now, and ends of targets, in order."""
        is_lost = (reports.status == TrackStatus.LOST) & (reports.track_no != PLOT)
        at = np.array([sentence for sentence, _, _ in told], np.int64)
        number = np.array([number for _, number, _ in told], np.int64)
        known = np.array(list(self._texts.values()), f"S{MAX_TEXT}")
        new = np.array([text for _, _, text in told], f"S{MAX_TEXT}")
        return joined(
            [
                Steps(np.array(list(self._texts), np.int64), np.full(len(known), -1.0), known),
                Steps(keys_of(station[at], number), at.astype(np.float64), new),
                # behind the last report, which has its label still
                Steps(key[is_lost], row[is_lost] + 0.5, np.zeros(int(is_lost.sum()), new.dtype)),
            ]
        )

    def _learn(self, steps: Steps) -> Steps:
        """Know what is in force behind the last row. Returns the ends of labels that gave way to newer ones."""
        ended: dict[tuple[int, float], None] = {}
        for key, row, text in zip(steps.key.tolist(), steps.row.tolist(), steps.text.tolist(), strict=True):
            if row < 0:
                continue  # known from before
            self._texts.pop(key, None)
            if text:
                self._texts[key] = text
                ended.pop((key, row), None)  # told again by the same sentence
            if len(self._texts) > MAX_LABELS:
                oldest = next(iter(self._texts))
                del self._texts[oldest]
                ended[oldest, row] = None
        keys, rows = [key for key, _ in ended], [row for _, row in ended]
        return Steps(np.array(keys, np.int64), np.array(rows, np.float64), np.zeros(len(ended), steps.text.dtype))


def joined(parts: list[Steps]) -> Steps:
    """All steps in order; those of one moment in the order of the parts."""
    row = np.concatenate([part.row for part in parts])
    order = np.argsort(row, kind="stable")
    key, text = (np.concatenate([getattr(part, name) for part in parts])[order] for name in ("key", "text"))
    return Steps(key, row[order], text)


def keys_of(station: Column, number: Column) -> Column:
    """(N,) int64, one number for station and target."""
    return station.astype(np.int64) * NUMBERS + number


def in_force(steps: Steps, key: Column, row: Column) -> Column:
    """(N,) S34: the text of the last step of each key before each row; b"" where there was none."""
    n_steps = len(steps.key)
    all_keys, all_rows = np.concatenate([steps.key, key]), np.concatenate([steps.row, row])
    order = np.lexsort((np.arange(len(all_keys)), all_rows, all_keys))
    is_step = order < n_steps
    last = np.maximum.accumulate(np.where(is_step, np.arange(len(order)), -1))
    step = np.where(last >= 0, order[last], 0)
    is_same = (last >= 0) & (steps.key[step] == all_keys[order])
    text = np.where(is_same, steps.text[step], b"")
    found = np.zeros(len(key), steps.text.dtype)
    found[order[~is_step] - n_steps] = text[~is_step]
    return found


def identities(name: Column) -> Column:
    """(N,) int64: names of nine digits are MMSIs; -1 for all others."""
    found = np.full(len(name), -1, np.int64)
    for row in (np.char.str_len(name) == MMSI_DIGITS).nonzero()[0].tolist():
        if name[row].isdigit():
            found[row] = int(name[row])
    return found
