"""One to one at the least cost: the Hungarian method, only where there is a question.

Pairs form a graph of left and right nodes. Where a pair stands alone it is taken; where one left node meets several
right ones that meet nobody else (or the other way round), the cheapest is; both in numpy, all clusters at once. Only
clusters with two or more nodes on either side are put to `scipy.optimize.linear_sum_assignment`, each alone, so the
cost grows with the number of tracks and nothing far away can change an answer (tests/monitor/test_one_to_one.py
compares with one matrix over everything).
"""

import numpy as np
from scipy.optimize import linear_sum_assignment

from decoders.table import Column
from monitor.ids import ranks

OUT_OF_REACH = 1e9


def assign(left: Column, right: Column, cost: Column, alone_cost: float) -> Column:
    """Which pairs are taken, (P,) bool: each node at most once, the sum of costs least.

    left, right : (P,) int64 nodes; cost : (P,) float64. A left node without a partner costs `alone_cost`: no pair that
    costs more is taken. Of equal costs the pair that stands first wins.
    """
    taken = np.zeros(len(left), bool)
    row = np.flatnonzero(cost < alone_cost)
    left, right = ranks(left[row]), ranks(right[row])
    is_alone = (np.bincount(left)[left] == 1) & (np.bincount(right)[right] == 1)
    taken[row[is_alone]] = True
    is_asked = ~is_alone
    if not is_asked.any():
        return taken
    row, left, right = row[is_asked], left[is_asked], right[is_asked]
    cluster = _clusters(left, right)
    is_star = (_n_distinct(cluster, left) == 1) | (_n_distinct(cluster, right) == 1)
    star = np.flatnonzero(is_star[cluster])
    order = star[np.lexsort((star, cost[row[star]], cluster[star]))]
    taken[row[order[np.flatnonzero(np.diff(cluster[order], prepend=-1))]]] = True
    hard = np.flatnonzero(~is_star[cluster])
    hard = hard[np.argsort(cluster[hard], kind="stable")]
    for rows in np.split(hard, np.flatnonzero(np.diff(cluster[hard])) + 1) if len(hard) else ():
        taken[row[rows[_cheapest(left[rows], right[rows], cost[row[rows]], alone_cost)]]] = True
    return taken


def _clusters(left: Column, right: Column) -> Column:
    """(P,) int64, the same for pairs that hang together: each pair takes the least name among those that share a node
    with it, until none changes. Clusters are small; a sparse matrix takes longer to build than this takes.
    """
    cluster = np.arange(len(left))
    while True:
        before = cluster
        for node in (left, right):
            least = np.full(int(node.max()) + 1, len(left))
            np.minimum.at(least, node, cluster)
            cluster = least[node]
        if np.array_equal(cluster, before):
            return cluster


def _n_distinct(cluster: Column, node: Column) -> Column:
    """(C,) nodes of one side in each cluster."""
    of_node = np.full(int(node.max()) + 1, -1)
    of_node[node] = cluster
    return np.bincount(of_node[of_node >= 0], minlength=int(cluster.max()) + 1)


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
    counted = is_counted.nonzero()[0]
    if not len(counted):
        return least, which
    order = counted[np.lexsort((value[counted], node[counted]))]
    sorted_node = node[order]
    is_first = np.ones(len(order), bool)
    is_first[1:] = sorted_node[1:] != sorted_node[:-1]
    at = is_first.nonzero()[0]
    nodes, best = sorted_node[at], order[at]
    after = np.minimum(at + 1, len(order) - 1)
    second = np.where(is_first[after], -1, order[after])
    k = np.minimum(nodes.searchsorted(node), len(nodes) - 1)
    mine = np.where(best[k] == np.arange(len(node)), second[k], best[k])
    which = np.where(nodes[k] == node, mine, -1)
    return np.where(which >= 0, value[which], np.inf), which
