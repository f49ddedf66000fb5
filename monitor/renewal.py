"""Fences come into force and go out of it while the monitor runs, between two ticks: by another chart, by the hour.

    fence in both charts       its pairs go on, clocks and all, whatever its shape is now
    vessel in it by its shape  only now: a baseline, for the vessel did not enter, the fence came over it
    fence that is gone         its pairs go too; an alert about it ends and says why (alerts/telling.py)
    legs across the change     do nothing to a fence that was not there, or lay elsewhere, when they did it

So an edited chart raises nothing by itself, and a vessel that was watched before stays watched.

    the hour of a fence ends   its pairs go; an alert about it ends and says why
    the hour of a fence comes  who lies in it is inside from that instant on, and rules are told of it: the hour was
                               announced, and a vessel that is still there is the one to call
"""

import numpy as np

from decoders.table import Column
from geofences.compare import earlier, is_drawn_alike
from geofences.distance import signed_distance_m
from geofences.fenceset import FenceSet
from geofences.inside import match_positions
from monitor.dwell import MAX_FENCES, Dwell, Pairs, Thresholds, is_in, of, ordered, renumber

MOST_NAMED = 10  # fences in a sentence


def settle(
    dwell: Dwell,
    old: FenceSet,
    new: FenceSet,
    target_id: Column,
    lat_deg: Column,
    lon_deg: Column,
    now_unix_s: float,
    *,
    thresholds: Thresholds,
    is_active: Column | None,
) -> None:
    """Carry the pairs over to the new chart.

    target_id, lat_deg, lon_deg : (N,), every vessel with a position, sorted by id; thresholds, is_active : of `new`
    """
    renumber(dwell, old.fence_id, new.fence_id)
    inside_key = _held(new, target_id, lat_deg, lon_deg, is_active)
    pairs = dwell.pairs
    if is_active is not None:
        pairs = pairs.take(is_active[pairs.key % MAX_FENCES])
    stays = is_in(pairs.key, inside_key)
    doubtful = np.flatnonzero(~stays & ~np.isnan(pairs.t_enter_unix_s))
    if len(doubtful):
        key = pairs.key[doubtful]
        who = np.minimum(target_id.searchsorted(key // MAX_FENCES), len(target_id) - 1)
        depth_m = signed_distance_m(new, lat_deg[who], lon_deg[who], key % MAX_FENCES)
        stays[doubtful] = (target_id[who] == key // MAX_FENCES) & (
            depth_m > -of(thresholds.exit_margin_m, key % MAX_FENCES)
        )
    fresh = _arrived(inside_key[~is_in(inside_key, pairs.key)], now_unix_s, is_baseline=True)
    dwell.pairs = ordered(Pairs.concat([pairs.take(stays), fresh]))


def follow_hours(
    dwell: Dwell,
    fences: FenceSet,
    was_active: Column,
    is_active: Column,
    target_id: Column,
    lat_deg: Column,
    lon_deg: Column,
    now_unix_s: float,
) -> None:
    """End the pairs of fences whose hour is over, begin those of fences whose hour has come.

    was_active, is_active : (F,) bool; target_id, lat_deg, lon_deg : (N,), every vessel with a position, sorted by id
    """
    pairs = dwell.pairs.take(is_active[dwell.pairs.key % MAX_FENCES])
    key = _held(fences, target_id, lat_deg, lon_deg, is_active & ~was_active)
    dwell.pairs = ordered(Pairs.concat([pairs, _arrived(key, now_unix_s, is_baseline=False)]))


def _held(fences: FenceSet, target_id: Column, lat_deg: Column, lon_deg: Column, chosen: Column | None) -> Column:
    """(K,) int64, sorted: keys of all pairs of a vessel and one of the chosen fences that holds its position."""
    row, fence = match_positions(fences, lat_deg, lon_deg)
    key: Column = target_id[row] * MAX_FENCES + fence
    return key if chosen is None else key[chosen[fence]]


def _arrived(key: Column, now_unix_s: float, *, is_baseline: bool) -> Pairs:
    """Pairs that begin now because the fence came, not the vessel."""
    now, n = np.full(len(key), now_unix_s), len(key)
    return Pairs(key, now, np.ones(n, np.int64), now, np.full(n, is_baseline), np.full(n, not is_baseline))


def lies_since(old: FenceSet, new: FenceSet, since_unix_s: Column | None, now_unix_s: float) -> Column:
    """(F,) float64: since when each fence of `new` has lain as it does, -inf since ever. since_unix_s : of `old`."""
    before = earlier(old, new)
    found = np.full(len(new), now_unix_s)
    alike = np.flatnonzero(is_drawn_alike(old, new, before))
    found[alike] = -np.inf if since_unix_s is None else since_unix_s[before[alike]]
    return found


def summary(old: FenceSet, new: FenceSet) -> str:
    """What is different, for the audit record."""
    before = earlier(old, new)
    alike = is_drawn_alike(old, new, before)
    ids = np.array(new.fence_id, object)
    told = {
        "new": ids[before < 0].tolist(),
        "gone": sorted(set(old.fence_id) - set(new.fence_id)),
        "drawn anew": ids[(before >= 0) & ~alike].tolist(),
    }
    parts = [f"{what}: {_named(names)}" for what, names in told.items() if names]
    return "; ".join([f"{len(new)} fences in force", *(parts or ["the same fences, told otherwise"])])


def _named(names: list[str]) -> str:
    rest = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + rest
