"""Which vessel is inside which fence, since when: membership with hysteresis (rule D13).

    outside ──(margin inside, or for some reports or seconds)──> inside ──(margin outside)──> outside

A vessel enters when its fix lies `enter_margin_m` inside the boundary, or when it has been inside for `enter_reports`
fixes or `enter_after_s` seconds; it leaves when its fix lies `exit_margin_m` outside. A position that flickers on a
boundary so makes one visit, not twenty. A vessel that is inside when it is first seen is a baseline: nobody saw it
enter, so no entry is told, but its dwell is. Pairs are kept by fence id, so a new chart keeps the clocks of the fences
that stayed.
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
    n_inside: Column  # (P,) int64, fixes inside since then
    t_enter_unix_s: Column  # (P,) float64, when it counted as inside; NaN while it is a candidate
    depth_m: Column  # (P,) float64
    is_baseline: Column  # (P,) bool


def no_pairs() -> Pairs:
    """No vessel is anywhere."""
    none = np.zeros(0)
    return Pairs(np.zeros(0, np.int64), none, np.zeros(0, np.int64), none, none, np.zeros(0, bool))


@dataclass(slots=True)
class Dwell:
    """State of all memberships."""

    pairs: Pairs = field(default_factory=no_pairs)


def update(
    dwell: Dwell,
    fences: FenceSet,
    target_id: Column,
    t_unix_s: Column,
    lat_deg: Column,
    lon_deg: Column,
    is_new: Column,
    *,
    enter_margin_m: float,
    enter_reports: int,
    enter_after_s: float,
    exit_margin_m: float,
) -> None:
    """Bring the memberships of the vessels that moved up to date. All (N,), target_id sorted and unique."""
    if not len(target_id):
        return
    row, fence = match_positions(fences, lat_deg, lon_deg)
    inside_key = target_id[row] * MAX_FENCES + fence
    old = dwell.pairs
    moved = is_in(old.key // MAX_FENCES, target_id)
    key = np.union1d(inside_key, old.key[moved])
    if not len(key):
        return
    who = target_id.searchsorted(key // MAX_FENCES)
    depth = signed_distance_m(fences, lat_deg[who], lon_deg[who], key % MAX_FENCES)
    now = t_unix_s[who]
    at = np.minimum(old.key.searchsorted(key), max(len(old) - 1, 0))
    known = old.key[at] == key if len(old) else np.zeros(len(key), bool)

    def before(column: Column, missing: float) -> Column:
        return np.where(known, column[at], missing) if len(old) else np.full(len(key), missing)

    inside = depth >= 0
    n_inside = (before(old.n_inside, 0) + inside).astype(np.int64)
    t_first = np.where(known, before(old.t_first_unix_s, np.nan), now)
    t_enter = before(old.t_enter_unix_s, np.nan)
    baseline = (before(old.is_baseline, 0) > 0) | (~known & is_new[who])
    arrives = np.isnan(t_enter) & inside
    arrives &= (depth >= enter_margin_m) | (n_inside >= enter_reports) | (now - t_first >= enter_after_s) | baseline
    t_enter = np.where(arrives, t_first, t_enter)
    stays = np.where(np.isnan(t_enter), inside, depth > -exit_margin_m)
    fresh = Pairs(key, t_first, n_inside, t_enter, depth, baseline).take(stays)
    dwell.pairs = ordered(Pairs.concat([old.take(~moved), fresh]))


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
