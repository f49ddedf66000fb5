"""Where a boat is by all who see it: covariance intersection.

Radars that follow one boat, and its AIS, err together in ways that nobody knows (the same current of errors in time,
the same wind on an antenna, the filter inside a plotter). A Kalman update would count shared error twice and be too
sure; covariance intersection never is, whatever the correlation (Julier and Uhlmann, A non-divergent estimation
algorithm in the presence of unknown correlations, 1997). Weights go with one over the trace (Niehsen, Information
fusion based on fast covariance intersection filtering, 2002) instead of by a search for the best ones.

AIS has at most `ais_weight` of the weight: what a transponder says may be wrong by any amount, what radar sees is
there.
"""

from dataclasses import dataclass

import numpy as np

from decoders.table import Column
from geofences.project import metres_per_degree, wrap_lon_deg
from monitor.radar.bodies import Bodies


@dataclass(frozen=True, slots=True)
class Fused:
    """One row a boat."""

    lat_deg: Column  # (B,) float64
    lon_deg: Column
    sigma_m: Column  # (B,) float64, in the worse direction


def fused(boat: Column, bodies: Bodies, is_ais: Column, lat_deg: Column, lon_deg: Column, ais_weight: float) -> Fused:
    """boat : (N,) int64, boat of each body, all of one boat at one instant; lat_deg, lon_deg : (B,) near each boat."""
    n = len(lat_deg)
    ee, nn, en = bodies.var_east_m2, bodies.var_north_m2, bodies.cov_m2
    weight = 1.0 / (ee + nn)
    of_radar = np.bincount(boat, np.where(is_ais, 0.0, weight), n)
    of_ais = np.bincount(boat, np.where(is_ais, weight, 0.0), n)
    share = np.minimum(of_ais / (of_ais + of_radar), ais_weight)
    weight *= np.where(is_ais, share[boat], 1.0 - share[boat]) / np.where(is_ais, of_ais[boat], of_radar[boat])
    det = ee * nn - en**2
    iee, inn, ien = weight * nn / det, weight * ee / det, -weight * en / det
    north_m, east_m = metres_per_degree(lat_deg)
    e = wrap_lon_deg(bodies.lon_deg - lon_deg[boat]) * east_m[boat]
    k = (bodies.lat_deg - lat_deg[boat]) * north_m[boat]
    a, b, c = (np.bincount(boat, x, n) for x in (iee, inn, ien))
    p, q = np.bincount(boat, iee * e + ien * k, n), np.bincount(boat, ien * e + inn * k, n)
    all_det = a * b - c**2
    middle, spread = (a + b) / (2.0 * all_det), np.hypot((a - b) / 2.0, c) / all_det
    return Fused(
        lat_deg + (a * q - c * p) / all_det / north_m,
        lon_deg + (b * p - c * q) / all_det / east_m,
        np.sqrt(middle + spread),
    )
