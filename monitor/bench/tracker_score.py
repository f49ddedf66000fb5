"""How good tracks are against where targets really were: scan by scan, one to one, within 30 m."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

from decoders.table import Column

CUT_OFF_M = 30.0
FAR = 1e6  # cost of a pair beyond it


@dataclass(slots=True)
class Score:
    """Counts over scans; of several recordings they add up."""

    n_targets: int = 0  # targets, each counted in every scan
    n_tracked: int = 0
    n_changes: int = 0  # times that a target's track had another number than before
    n_extra: int = 0  # tracks without a target, in every scan
    n_scans: int = 0
    errors_m: list[float] = field(default_factory=list)

    @property
    def completeness(self) -> float:
        return self.n_tracked / max(1, self.n_targets)

    @property
    def mean_error_m(self) -> float:
        return float(np.mean(self.errors_m)) if self.errors_m else float("nan")

    @property
    def extra_per_scan(self) -> float:
        return self.n_extra / max(1, self.n_scans)

    def add(self, other: "Score") -> None:
        self.n_targets += other.n_targets
        self.n_tracked += other.n_tracked
        self.n_changes += other.n_changes
        self.n_extra += other.n_extra
        self.n_scans += other.n_scans
        self.errors_m += other.errors_m


def score(truth: Sequence[Column], tracks: Sequence[Column], cut_off_m: float = CUT_OFF_M) -> Score:
    """truth : for each scan (targets, 2) east and north; tracks : for each scan (T, 3) number, east, north."""
    found = Score()
    number_of: dict[int, int] = {}
    for places, rows in zip(truth, tracks, strict=True):
        apart = np.hypot(*(places[:, None, :] - rows[None, :, 1:]).transpose(2, 0, 1))
        target, track = linear_sum_assignment(np.where(apart <= cut_off_m, apart, FAR))
        is_near = apart[target, track] <= cut_off_m
        target, track = target[is_near], track[is_near]
        found.n_scans += 1
        found.n_targets += len(places)
        found.n_tracked += len(target)
        found.n_extra += len(rows) - len(target)
        found.errors_m += apart[target, track].tolist()
        for at, number in zip(target.tolist(), rows[track, 0].astype(int).tolist(), strict=True):
            found.n_changes += number_of.get(at, number) != number
            number_of[at] = number
    return found
