"""Fences whose latitude and longitude were swapped, and that lie in the world all the same: 51 N 1 E off Somalia."""

import numpy as np

from geofences.derived import Fence
from geofences.faults import Fault
from geofences.paths import SWAPPED

# A fence so far from the middle of its chart, and with latitude and longitude swapped so near to it, was swapped
FAR_DEG = 30.0
NEAR_DEG = 10.0


def check_place(fences: list[Fence]) -> list[Fault]:
    """A fault for each fence that would lie beside its chart if it were swapped, and does not."""
    if len(fences) < 3:  # of two, nobody knows which
        return []
    centre = np.array(
        [np.mean([point for part in fence.parts for ring in part for point in ring], axis=0) for fence in fences]
    )
    middle = np.median(centre, axis=0)
    is_far = np.abs(centre - middle).max(axis=1) > FAR_DEG
    found = []
    for i in np.flatnonzero(is_far & (np.abs(centre[:, ::-1] - middle).max(axis=1) < NEAR_DEG)).tolist():
        lon, lat = fences[i].parts[0][0][0]
        found.append(Fault(fences[i].fence_id, "lies far from all other fences", SWAPPED, 0, lat, lon))
    return found
