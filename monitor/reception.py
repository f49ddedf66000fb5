"""How well ships are heard where they are: the learned share of their reports that some receiver gets.

    cell (2 nm x 2 nm) x receiver -> received, expected (monitor/cells.py)

A silent ship is judged against this (rule D17): silence in a cell from which nine of ten reports come is news, at the
edge of range it is not. Once a minute each ship that ought to have reported counts what came from it and what its
class, speed and status would have made it send. A ship that has been silent for some minutes counts no more: its
silence is the gap rule's matter and must not teach that its cell is deaf.
"""

from dataclasses import dataclass, field

import numpy as np

from alerts.picture import Vessels
from decoders.table import Column
from monitor.cells import Cells, around, cell_key, count, counts_of
from monitor.ids import found_rows

PRIOR_P = 0.8  # before anything is known: within range a class A report is seldom lost (domain 4.4: 0.95 to 0.5)
PRIOR_WEIGHT = 20.0  # reports that the prior counts for
EVERY_S = 60.0
MAX_SILENCE_S = 400.0  # two of the slowest intervals: beyond it a ship teaches nothing


@dataclass(slots=True)
class Reception(Cells):
    """What was learned, and who was there at the last count."""

    t_unix_s: float = float("nan")
    seen_id: Column = field(default_factory=lambda: np.zeros(0, np.int64))  # vessels at the last count, sorted
    seen_fixes: Column = field(default_factory=lambda: np.zeros(0, np.int64))


def p_of(reception: Reception, key: Column) -> Column:
    """(N,) float64 learned share for each key, drawn to the prior where little is known."""
    received, expected = counts_of(reception, key)
    share: Column = (received + PRIOR_P * PRIOR_WEIGHT) / (expected + PRIOR_WEIGHT)
    return np.minimum(share, 0.999)


@dataclass(frozen=True, slots=True)
class Shares:
    """The learned share of vessels' reports, worked out where a rule asks: `shares[rows]`. One row a vessel."""

    reception: Reception
    lat_deg: Column  # (T,) float64
    lon_deg: Column
    receiver: Column  # (T,) int32

    def __getitem__(self, rows: Column) -> Column:
        return p_of(self.reception, cell_key(self.lat_deg[rows], self.lon_deg[rows], self.receiver[rows]))


def learn(reception: Reception, vessels: Vessels, now_unix_s: float) -> None:
    """Count the last minute."""
    passed_s = now_unix_s - reception.t_unix_s
    if passed_s < EVERY_S:
        return
    before_id, before_fixes = reception.seen_id, reception.seen_fixes
    reception.t_unix_s, reception.seen_id, reception.seen_fixes = now_unix_s, vessels.target_id, vessels.n_fixes
    if np.isnan(passed_s) or not len(before_id):
        return
    at, counts = found_rows(before_id, vessels.target_id)
    counts &= now_unix_s - vessels.t_heard_unix_s <= MAX_SILENCE_S
    counts &= (vessels.report_interval_s > 0) & (vessels.receiver >= 0) & ~np.isnan(vessels.lat_deg)
    which = counts.nonzero()[0]
    key = cell_key(vessels.lat_deg[which], vessels.lon_deg[which], vessels.receiver[which])
    wanted = passed_s / vessels.report_interval_s[which]
    got = np.minimum(vessels.n_fixes[which] - before_fixes[at[which]], wanted)
    count(reception, key, got, wanted, passed_s)


def best_share(reception: Reception, lat_deg: Column, lon_deg: Column, receivers: Column) -> Column:
    """(N,) float64: the share of reports that the best of these receivers gets from around a place; 0 not known.

    The cell and its neighbours: where few ships go, one cell takes hours to be learned. receivers : (R,) int64 rows
    """
    here = cell_key(np.tile(lat_deg, len(receivers)), np.tile(lon_deg, len(receivers)), receivers.repeat(len(lat_deg)))
    received, expected = (total.sum(axis=1) for total in counts_of(reception, around(here)))
    known = expected >= KNOWN_REPORTS
    share = np.where(known, received / np.maximum(expected, KNOWN_REPORTS), 0.0)
    best: Column = share.reshape(len(receivers), len(lat_deg)).max(axis=0, initial=0.0)
    return best


KNOWN_REPORTS = 5.0  # fewer say nothing about a place
