"""Which vessel is inside which fence, since when: membership with hysteresis (rule D13).

    outside ──(margin inside, or for some reports or seconds)──> inside ──(margin outside)──> outside

A vessel enters when its fix lies `enter_margin_m` inside the boundary, or when it has been inside for `enter_reports`
fixes or `enter_after_s` seconds; it leaves when its fix lies `exit_margin_m` outside. A position that flickers on a
boundary so makes one visit, not twenty. A vessel that is inside when it is first seen is a baseline: nobody saw it
enter, so no entry is told, but its dwell is. Pairs are kept by fence id, so a new chart keeps the clocks of the fences
that stayed. A fence that is not in force holds nobody.
"""

from dataclasses import dataclass, field

import numpy as np

from decoders.table import Column, Table
from geofences.distance import signed_distance_m
from geofences.fenceset import FenceSet
from geofences.inside import match_positions

MAX_FENCES = 1 << 20  # room in a pair's key


@dataclass(frozen=True, slots=True)
class Pairs(Table):
    """Candidate and confirmed pairs, sorted by key."""

    key: Column  # (P,) int64, target_id * MAX_FENCES + fence
    t_first_unix_s: Column  # (P,) float64, first fix inside
    n_inside: Column  # (P,) int64, fixes inside until it counted as inside
    t_enter_unix_s: Column  # (P,) float64, when it counted as inside; NaN while it is a candidate
    is_baseline: Column  # (P,) bool
    was_there: Column  # (P,) bool, inside when the fence came into force by its schedule


def no_pairs() -> Pairs:
    """No vessel is anywhere."""
    none = np.zeros(0)
    return Pairs(np.zeros(0, np.int64), none, np.zeros(0, np.int64), none, np.zeros(0, bool), np.zeros(0, bool))


@dataclass(slots=True)
class Dwell:
    """State of all memberships."""

    pairs: Pairs = field(default_factory=no_pairs)


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When a vessel has entered or left: one number for all fences, or (F,) where some have their own."""

    enter_margin_m: Column | float
    enter_reports: Column | int
    enter_after_s: Column | float
    exit_margin_m: Column | float


def of(threshold: Column | float, fence: Column) -> Column | float:
    """What holds for each of these fences. fence : (K,) int64."""
    return threshold[fence] if isinstance(threshold, np.ndarray) else threshold


def update(
    dwell: Dwell,
    fences: FenceSet,
    target_id: Column,
    t_unix_s: Column,
    lat_deg: Column,
    lon_deg: Column,
    is_new: Column,
    *,
    thresholds: Thresholds,
    is_active: Column | None,
) -> None:
    """Bring the memberships of the vessels that moved up to date. All (N,), target_id sorted and unique.

    is_active : (F,) bool, fences in force; None: all are
    """
    if not len(target_id):
        return
    row, fence = match_positions(fences, lat_deg, lon_deg)
    if is_active is not None:
        held = is_active[fence]
        row, fence = row[held], fence[held]
    inside_key = target_id[row] * MAX_FENCES + fence
    old = dwell.pairs
    moved = is_in(old.key // MAX_FENCES, target_id)
    at = np.flatnonzero(moved)
    if np.array_equal(old.key[at], inside_key) and not np.isnan(old.t_enter_unix_s[at]).any():
        return  # all that moved stayed where they were
    key = np.union1d(inside_key, old.key[at])
    who = target_id.searchsorted(key // MAX_FENCES)
    now = t_unix_s[who]
    inside = is_in(key, inside_key)
    known = is_in(key, old.key)
    before = old.take(at)  # sorted as `key` is
    n_inside = inside.astype(np.int64)
    n_inside[known] += before.n_inside
    t_first, t_enter = now.copy(), np.full(len(key), np.nan)
    baseline, was_there = is_new[who], np.zeros(len(key), bool)
    t_first[known], t_enter[known] = before.t_first_unix_s, before.t_enter_unix_s
    baseline[known], was_there[known] = before.is_baseline, before.was_there
    is_candidate = np.isnan(t_enter)
    # only for what is between in and out does the distance matter
    unsure = np.flatnonzero(is_candidate == inside)
    depth, at_fence = np.full(len(key), np.nan), key % MAX_FENCES
    if len(unsure):
        doubtful = who[unsure]
        depth[unsure] = signed_distance_m(fences, lat_deg[doubtful], lon_deg[doubtful], at_fence[unsure])
    has_arrived = (depth >= of(thresholds.enter_margin_m, at_fence)) | baseline
    has_arrived |= n_inside >= of(thresholds.enter_reports, at_fence)
    has_arrived |= now - t_first >= of(thresholds.enter_after_s, at_fence)
    t_enter = np.where(is_candidate & inside & has_arrived, t_first, t_enter)
    stays = inside | (~np.isnan(t_enter) & (depth > -of(thresholds.exit_margin_m, at_fence)))
    fresh = Pairs(key, t_first, n_inside, t_enter, baseline, was_there).take(stays)
    dwell.pairs = ordered(Pairs.concat([old.take(~moved), fresh]))


@dataclass(frozen=True, slots=True)
class Depths:
    """Metres inside the boundary, worked out where somebody asks: `depths[pairs]`. One row a pair."""

    fences: FenceSet
    fence: Column  # (P,) int64
    lat_deg: Column  # (P,) float64, of the vessel
    lon_deg: Column

    def __getitem__(self, pair: Column) -> Column:
        return signed_distance_m(self.fences, self.lat_deg[pair], self.lon_deg[pair], self.fence[pair])


def forget(dwell: Dwell, target_id: Column) -> None:
    """Vessels that left the table are nowhere."""
    if len(target_id) and len(dwell.pairs):
        dwell.pairs = dwell.pairs.take(~is_in(dwell.pairs.key // MAX_FENCES, target_id))


def confirmed(dwell: Dwell) -> Pairs:
    """Only those that count as inside."""
    return dwell.pairs.take(~np.isnan(dwell.pairs.t_enter_unix_s))


def renumber(dwell: Dwell, old_ids: tuple[str, ...], new_ids: tuple[str, ...]) -> None:
    """A new chart is in force: keep the pairs of the fences that stayed, by fence id."""
    place = {fence_id: i for i, fence_id in enumerate(new_ids)}
    to_new = np.array([place.get(fence_id, -1) for fence_id in old_ids], np.int64)
    pairs = dwell.pairs
    if not len(pairs):
        return
    fence = to_new[pairs.key % MAX_FENCES]
    key = pairs.key // MAX_FENCES * MAX_FENCES + fence
    moved = Pairs(key, *(column for name, column in pairs.columns().items() if name != "key"))
    dwell.pairs = ordered(moved.take(fence >= 0))


def ordered(pairs: Pairs) -> Pairs:
    """Sorted by key."""
    return pairs.take(np.argsort(pairs.key, kind="stable"))


def is_in(values: Column, wanted: Column) -> Column:
    """(N,) bool, whether each value is in the sorted array `wanted`."""
    if not len(wanted):
        return np.zeros(len(values), bool)
    at = np.minimum(wanted.searchsorted(values), len(wanted) - 1)
    found: Column = wanted[at] == values
    return found
