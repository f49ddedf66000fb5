"""Fences whose latitude and longitude were swapped, and that lie in the world all the same: 51 N 1 E off Somalia."""

import numpy as np

from geofences.derived import Fence
from geofences.faults import Fault
from geofences.fenceset import FenceSet
from geofences.paths import SWAPPED

# A fence so far from the middle of its chart, and with latitude and longitude swapped so near to it, was swapped
FAR_DEG = 30.0
NEAR_DEG = 10.0
BESIDE_DEG = 1.0  # so far off the land is still beside it: fences lie in the sea, 60 M is as far as a station hears
Box = tuple[float, float, float, float]  # west, south, east, north


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


def would_lie_beside(fences: FenceSet, box: Box) -> list[int]:
    """Numbers of the fences that would lie wholly in or beside a box if they were swapped, and do not as they are.

    Of a fence alone, or of a chart that is swapped as a whole, nothing in the chart says so. The box of the land that
    the map draws is a hint and no more: another sea may well lie there.
    """
    west, south, east, north = box[0] - BESIDE_DEG, box[1] - BESIDE_DEG, box[2] + BESIDE_DEG, box[3] + BESIDE_DEG
    edges = fences.edges
    x, y = np.stack([edges.xa, edges.xb]), np.stack([edges.ya, edges.yb])
    is_outside = ((x < west) | (x > east) | (y < south) | (y > north)).any(axis=0)
    is_outside_swapped = ((y < west) | (y > east) | (x < south) | (x > north)).any(axis=0)
    n_outside, n_outside_swapped = (
        np.bincount(edges.fence, flags, len(fences)) for flags in (is_outside, is_outside_swapped)
    )
    found: list[int] = np.flatnonzero((n_outside > 0) & (n_outside_swapped == 0)).tolist()
    return found
