"""Two charts side by side: which fences stayed, which are drawn anew. Vectorised: no fence is looked at by itself."""

import numpy as np

from geofences.columns import Column, spread
from geofences.fenceset import FenceSet


def earlier(old: FenceSet, new: FenceSet) -> Column:
    """(F,) int64: for each fence of `new` the row of the one with its id in `old`, -1 where there is none."""
    row = {fence_id: i for i, fence_id in enumerate(old.fence_id)}
    return np.array([row.get(fence_id, -1) for fence_id in new.fence_id], np.int64)


def is_drawn_alike(old: FenceSet, new: FenceSet, before: Column) -> Column:
    """(F,) bool: fences of `new` with the edges of their namesakes, in the same order. before : (F,) as `earlier`."""
    count = np.diff(new.edge_start)
    alike: Column = (before >= 0) & (np.diff(old.edge_start)[before] == count) if len(old) else before >= 0
    kept = np.flatnonzero(alike & (count > 0))
    if len(kept):
        owner, edge = spread(new.edge_start[kept], count[kept])
        _, edge_before = spread(old.edge_start[before[kept]], count[kept])
        differs = np.zeros(len(edge), bool)
        for name in ("xa", "ya", "xb", "yb", "is_turned"):
            differs |= getattr(new.edges, name)[edge] != getattr(old.edges, name)[edge_before]
        alike[kept] = np.bincount(owner, differs, len(kept)) == 0
    return alike
