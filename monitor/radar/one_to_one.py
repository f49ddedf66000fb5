"""One to one at the least cost: the Hungarian method, only where there is a question.

Pairs form a graph of left and right nodes. Where a pair stands alone it is taken; where one left node meets several
right ones that meet nobody else (or the other way round), the cheapest is; both in numpy, all clusters at once. Only
clusters with two or more nodes on either side are put to `scipy.optimize.linear_sum_assignment`, each alone, so the
cost grows with the number of tracks and nothing far away can change an answer (tests/monitor/test_one_to_one.py
compares with one matrix over everything).
"""

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from decoders.table import Column

OUT_OF_REACH = 1e9


def assign(left: Column, right: Column, cost: Column, alone_cost: float) -> Column:
    """Which pairs are taken, (P,) bool: each node at most once, the sum of costs least.

    left, right : (P,) int64 nodes; cost : (P,) float64. A left node without a partner costs `alone_cost`: no pair that
    costs more is taken. Of equal costs the pair that stands first wins.
    """
    taken = np.zeros(len(left), bool)
    row = np.flatnonzero(cost < alone_cost)
    if not len(row):
        return taken
    u, left = np.unique(left[row], return_inverse=True)
    v, right = np.unique(right[row], return_inverse=True)
    joined = coo_array((np.ones(len(row), np.int8), (left, right + len(u))), shape=(len(u) + len(v),) * 2)
    cluster = connected_components(joined, directed=False)[1][left]
    is_star = (_n_distinct(cluster, left) == 1) | (_n_distinct(cluster, right) == 1)
    star = np.flatnonzero(is_star[cluster])
    order = star[np.lexsort((star, cost[row[star]], cluster[star]))]
    taken[row[order[np.flatnonzero(np.diff(cluster[order], prepend=-1))]]] = True
    hard = np.flatnonzero(~is_star[cluster])
    hard = hard[np.argsort(cluster[hard], kind="stable")]
    for rows in np.split(hard, np.flatnonzero(np.diff(cluster[hard])) + 1) if len(hard) else ():
        taken[row[rows[_cheapest(left[rows], right[rows], cost[row[rows]], alone_cost)]]] = True
    return taken


def _n_distinct(cluster: Column, node: Column) -> Column:
    """(C,) nodes of one side in each cluster."""
    first = np.unique(node, return_index=True)[1]
    return np.bincount(cluster[first], minlength=int(cluster.max()) + 1)


def _cheapest(left: Column, right: Column, cost: Column, alone_cost: float) -> Column:
    """Indices of the pairs taken in one cluster. Behind the right nodes each left one has a place for staying alone."""
    lefts, i = np.unique(left, return_inverse=True)
    rights, j = np.unique(right, return_inverse=True)
    table = np.full((len(lefts), len(rights) + len(lefts)), OUT_OF_REACH)
    table[np.arange(len(lefts)), len(rights) + np.arange(len(lefts))] = alone_cost
    table[i, j] = cost
    pair_at = np.full(table.shape, -1)
    pair_at[i, j] = np.arange(len(left))
    found = pair_at[linear_sum_assignment(table)]
    return found[found >= 0]


def best_other(node: Column, value: Column, is_counted: Column) -> tuple[Column, Column]:
    """For each pair the least value among the other counted pairs of its node, (P,) float64, and which, (P,) int64.

    inf and -1 where there is no other.
    """
    least, which = np.full(len(node), np.inf), np.full(len(node), -1)
    counted = np.flatnonzero(is_counted)
    if not len(counted):
        return least, which
    order = counted[np.lexsort((counted, value[counted], node[counted]))]
    at = np.flatnonzero(np.append(True, np.diff(node[order]) != 0))
    nodes, best = node[order[at]], order[at]
    second = np.append(order, -1)[at + 1]
    second = np.where((second >= 0) & (node[second] == nodes), second, -1)
    k = np.minimum(nodes.searchsorted(node), len(nodes) - 1)
    mine = np.where(best[k] == np.arange(len(node)), second[k], best[k])
    which = np.where(nodes[k] == node, mine, -1)
    return np.where(which >= 0, value[which], np.inf), which
