"""Which plot belongs to which track."""

from itertools import permutations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitor.radar.one_to_one import assign
from monitor.radar.plane import near_pairs


def cheapest(n_tracks: int, n_plots: int, cost: dict[tuple[int, int], float], miss: float) -> float:
    """The least sum over all ways to give plots to tracks: every order of the plots is tried."""
    slots = [*range(n_plots), *[-1] * n_tracks]
    ways = set(permutations(slots, n_tracks))
    return min(sum(cost.get((i, p), 1e6) if p >= 0 else miss for i, p in enumerate(way)) for way in ways)


@given(st.integers(1, 3), st.integers(1, 3), st.data())
def test_no_other_way_is_cheaper(n_tracks: int, n_plots: int, data: st.DataObject) -> None:
    cells = [(i, j) for i in range(n_tracks) for j in range(n_plots)]
    known = data.draw(st.lists(st.sampled_from(cells), unique=True))
    cost = {cell: data.draw(st.floats(0.0, 9.9)) for cell in known}
    track, plot = (np.array([cell[k] for cell in known], np.int64) for k in (0, 1))
    taken = assign(track, plot, np.array([cost[cell] for cell in known]), 10.0)
    assert len(set(track[taken])) == len(set(plot[taken])) == taken.sum()
    mine = sum(cost[cell] for cell, is_taken in zip(known, taken, strict=True) if is_taken)
    assert mine + 10.0 * (n_tracks - taken.sum()) <= cheapest(n_tracks, n_plots, cost, 10.0) + 1e-9


def test_a_pair_alone_in_its_gate_is_taken_and_a_dear_one_is_not() -> None:
    assert assign(np.array([0, 1]), np.array([0, 1]), np.array([3.0, 30.0]), 10.0).tolist() == [True, False]


def test_pairs_are_those_within_each_tracks_reach() -> None:
    track, plot = near_pairs(
        np.array([[0.0, 0.0], [100.0, 0.0]]), np.array([5.0, 200.0]), np.array([[4.0, 0], [6.0, 0]])
    )
    assert list(zip(track.tolist(), plot.tolist(), strict=True)) == [(0, 0), (1, 0), (1, 1)]
    assert not len(near_pairs(np.zeros((0, 2)), np.zeros(0), np.zeros((3, 2)))[0])
