"""Who is near whom: pairs of positions within a reach, by a k-d tree of points on a sphere.

Points in space have no seam at the date line and no pole, and a chord is as long as the arc to 1e-9 at these reaches.
The sphere errs by 0.6 %, which `reach_m` is widened by; whoever asks measures again.
"""

import numpy as np
from scipy.spatial import cKDTree

from decoders.table import Column
from geofences.project import MEAN_RADIUS_M

WIDER = 1.01


def near(
    lat1_deg: Column, lon1_deg: Column, reach_m: Column, lat2_deg: Column, lon2_deg: Column
) -> tuple[Column, Column]:
    """(i, j) rows of the first and the second positions within the reach of the first; sorted. All finite.

    lat1_deg, lon1_deg, reach_m : (N,); lat2_deg, lon2_deg : (M,)
    """
    nothing = np.zeros(0, np.int64)
    if not len(lat1_deg) or not len(lat2_deg):
        return nothing, nothing
    here, there = cKDTree(_on_sphere(lat1_deg, lon1_deg)), cKDTree(_on_sphere(lat2_deg, lon2_deg))
    found = here.sparse_distance_matrix(there, WIDER * float(reach_m.max()), output_type="ndarray")
    i, j = found["i"].astype(np.int64), found["j"].astype(np.int64)
    is_near = found["v"] <= WIDER * reach_m[i]
    i, j = i[is_near], j[is_near]
    order = np.lexsort((j, i))
    return i[order], j[order]


def _on_sphere(lat_deg: Column, lon_deg: Column) -> Column:
    lat, lon = np.radians(lat_deg), np.radians(lon_deg)
    cos = np.cos(lat)
    return MEAN_RADIUS_M * np.column_stack((cos * np.cos(lon), cos * np.sin(lon), np.sin(lat)))
