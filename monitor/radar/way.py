"""A boat's own velocity: the straight line through its last places, whichever tracks fed them.

What a tracker says of a track's speed needs a minute to come right, and where the echo is weak it never does: 15 to 25
kn for a boat of 5. The places are good from the first scan on. So the velocity is the median of the slopes between all
pairs of the last places (Theil, 1950; Sen, JASA 63, 1968): one in four may be another boat's, and little happens.
"""

import numpy as np

from decoders.table import Column

# On simulated crossings (helm of domain 1.5) reckoning on by a line through 3 to 5 minutes errs least, for every gap
# from one minute to 25; a line through one minute errs 1.2 times as much, one through ten as much at 25 min only.
WINDOW_S = 200.0
SHORTEST_S = 60.0  # IMO MSC.192(79): a tracker shows the trend of a motion after a minute
PAIR_S = 30.0  # a slope over less is noise


def velocity(t_s: Column, east_m: Column, north_m: Column, sigma_m: Column) -> tuple[Column, Column, Column]:
    """((N,) east, (N,) north, (N,) 1 sigma of each) in m/s; NaN where the places span less than SHORTEST_S.

    t_s, east_m, north_m : (N, K) places, the newest in the last column, NaN none; sigma_m : (N,) of a place
    """
    t_s = np.where(t_s >= t_s[:, -1:] - WINDOW_S, t_s, np.nan)
    first, second = np.triu_indices(t_s.shape[1], 1)
    dt = np.abs(t_s[:, second] - t_s[:, first])
    dt[~(dt >= PAIR_S)] = np.nan
    sign = np.sign(t_s[:, second] - t_s[:, first])
    east = _middle(sign * (east_m[:, second] - east_m[:, first]) / dt)
    north = _middle(sign * (north_m[:, second] - north_m[:, first]) / dt)
    n = np.maximum(np.count_nonzero(~np.isnan(t_s), axis=1), 1)
    off = t_s - (np.nansum(t_s, axis=1) / n)[:, None]
    spread_s = np.sqrt(np.nansum(off**2, axis=1))
    is_long = np.nan_to_num(dt, nan=0.0).max(axis=1, initial=0.0) >= SHORTEST_S
    sigma = np.where(is_long, sigma_m / np.where(is_long, spread_s, 1.0), np.nan)
    return np.where(is_long, east, np.nan), np.where(is_long, north, np.nan), sigma


def _middle(values: Column) -> Column:
    """(N,) median of each row's numbers; NaN of none. (np.nanmedian takes a Python call a row.)"""
    ordered = np.sort(values, axis=1)  # NaN last
    n = np.count_nonzero(~np.isnan(values), axis=1)
    row = np.arange(len(values))
    low, high = np.maximum(n - 1, 0) // 2, np.minimum(n // 2, values.shape[1] - 1)
    found: Column = (ordered[row, low] + ordered[row, high]) / 2.0
    return found
