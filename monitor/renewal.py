"""Another chart comes into force while the monitor runs, between two ticks.

    fence in both charts       its pairs go on, clocks and all, whatever its shape is now
    vessel in it by its shape  only now: a baseline, for the vessel did not enter, the fence came over it
    fence that is gone         its pairs go too; an alert about it ends and says why (alerts/telling.py)
    legs across the change     do nothing to a fence that was not there, or lay elsewhere, when they did it

So an edited chart raises nothing by itself, and a vessel that was watched before stays watched.
"""

import numpy as np

from decoders.table import Column
from geofences.compare import earlier, is_drawn_alike
from geofences.distance import signed_distance_m
from geofences.fenceset import FenceSet
from geofences.inside import match_positions
from monitor.dwell import MAX_FENCES, Dwell, Pairs, is_in, ordered, renumber

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
    exit_margin_m: float,
) -> None:
    """Carry the pairs over to the new chart.

    target_id, lat_deg, lon_deg : (N,), every vessel with a position, sorted by id
    """
    renumber(dwell, old.fence_id, new.fence_id)
    row, fence = match_positions(new, lat_deg, lon_deg)
    inside_key = target_id[row] * MAX_FENCES + fence
    pairs = dwell.pairs
    stays = is_in(pairs.key, inside_key)
    doubtful = np.flatnonzero(~stays & ~np.isnan(pairs.t_enter_unix_s))
    if len(doubtful):
        key = pairs.key[doubtful]
        who = np.minimum(target_id.searchsorted(key // MAX_FENCES), len(target_id) - 1)
        depth_m = signed_distance_m(new, lat_deg[who], lon_deg[who], key % MAX_FENCES)
        stays[doubtful] = (target_id[who] == key // MAX_FENCES) & (depth_m > -exit_margin_m)
    key = inside_key[~is_in(inside_key, pairs.key)]
    now = np.full(len(key), now_unix_s)
    fresh = Pairs(key, now, np.ones(len(key), np.int64), now, np.ones(len(key), bool))
    dwell.pairs = ordered(Pairs.concat([pairs.take(stays), fresh]))


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
