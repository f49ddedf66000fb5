"""Which plot belongs to which track: pairs inside the gates, then the cheapest one-to-one assignment.

Nearly every track has one plot in its gate and that plot no other track: those are taken as they are. Only where
gates overlap is there a question, and it is put to the Hungarian method inside that cluster alone, so the cost grows
with the number of tracks, not with its cube.
"""

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from decoders.table import Column

NOTHING = np.zeros(0, np.int64)


def near_pairs(track_m: Column, reach_m: Column, plot_m: Column) -> tuple[Column, Column]:
    """(track, plot) rows of all plots within each track's reach, sorted by track, then plot.

    track_m : (T, 2); reach_m : (T,); plot_m : (N, 2). All finite.
    """
    if not len(track_m) or not len(plot_m):
        return NOTHING, NOTHING
    found = cKDTree(plot_m).query_ball_point(track_m, reach_m, return_sorted=True)
    n = np.fromiter(map(len, found), np.int64, len(found))
    if not n.any():
        return NOTHING, NOTHING
    return np.repeat(np.arange(len(track_m)), n), np.concatenate(found).astype(np.int64)


def assign(track: Column, plot: Column, cost: Column, miss_cost: float) -> Column:
    """Which of the pairs are taken, (P,) bool: each track and each plot at most once, the sum of costs least.

    track, plot : (P,) int64 rows; cost : (P,) float64. A track without a plot costs `miss_cost`, so no pair that costs
    more is taken. Ties go to the lower rows.
    """
    is_taken = cost < miss_cost
    n_plots_of = np.bincount(track[is_taken], minlength=int(track.max(initial=-1)) + 1)
    n_tracks_of = np.bincount(plot[is_taken], minlength=int(plot.max(initial=-1)) + 1)
    asked = np.flatnonzero(is_taken & ((n_plots_of[track] > 1) | (n_tracks_of[plot] > 1)))
    if not len(asked):
        return is_taken
    is_taken[asked] = False
    cluster = _clusters(track[asked], plot[asked])
    order = np.argsort(cluster, kind="stable")
    for rows in np.split(asked[order], np.flatnonzero(np.diff(cluster[order])) + 1):
        is_taken[rows[_cheapest(track[rows], plot[rows], cost[rows], miss_cost)]] = True
    return is_taken


def _clusters(track: Column, plot: Column) -> Column:
    """Cluster of each pair: pairs that share a track or a plot, however far along, are in one."""
    n_tracks = int(track.max()) + 1
    n = n_tracks + int(plot.max()) + 1
    joined = coo_array((np.ones(len(track), np.int8), (track, plot + n_tracks)), shape=(n, n))
    labels: Column = connected_components(joined, directed=False)[1]
    return labels[track]


def _cheapest(track: Column, plot: Column, cost: Column, miss_cost: float) -> Column:
    """Indices of the pairs taken in one cluster. Behind the plots' columns each track has one for going without."""
    tracks, i = np.unique(track, return_inverse=True)
    plots, j = np.unique(plot, return_inverse=True)
    out_of_reach = 1e9
    table = np.full((len(tracks), len(plots) + len(tracks)), out_of_reach)
    table[np.arange(len(tracks)), len(plots) + np.arange(len(tracks))] = miss_cost
    table[i, j] = cost
    rows, columns = linear_sum_assignment(table)
    pair_at = np.full(table.shape, -1)
    pair_at[i, j] = np.arange(len(track))
    found = pair_at[rows, columns]
    return found[found >= 0]
