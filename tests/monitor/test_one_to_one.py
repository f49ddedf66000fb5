"""One to one: clusters give what one matrix over everything gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from monitor.radar.one_to_one import assign, best_other

ALONE = 10.0


def total(left: np.ndarray, taken: np.ndarray, cost: np.ndarray) -> float:
    return float(cost[taken].sum() + ALONE * (len(np.unique(left)) - taken.sum()))


def oracle(left: np.ndarray, right: np.ndarray, cost: np.ndarray) -> float:
    """The least sum by one matrix."""
    u, i = np.unique(left, return_inverse=True)
    v, j = np.unique(right, return_inverse=True)
    table = np.full((len(u), len(v) + len(u)), 1e9)
    table[np.arange(len(u)), len(v) + np.arange(len(u))] = ALONE
    table[i, j] = cost
    rows, columns = linear_sum_assignment(table)
    return float(table[rows, columns].sum())


@st.composite
def pairs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    n = draw(st.integers(1, 12))
    possible = st.tuples(st.integers(0, n), st.integers(0, n))
    chosen = draw(st.lists(possible, min_size=1, max_size=40, unique=True))
    cost = draw(st.lists(st.floats(0.0, 15.0), min_size=len(chosen), max_size=len(chosen)))
    return np.array([a for a, _ in chosen]), np.array([b for _, b in chosen]), np.array(cost)


@given(pairs())
def test_nobody_is_taken_twice_and_the_sum_is_the_least(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    left, right, cost = case
    taken = assign(left, right, cost, ALONE)
    assert len(np.unique(left[taken])) == len(np.unique(right[taken])) == taken.sum()
    assert total(left, taken, cost) == pytest.approx(oracle(left, right, cost))


@given(pairs())
def test_the_best_other_is_the_least_of_the_node_without_the_pair_itself(
    case: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    node, _, value = case
    is_counted = value < 12.0
    least, which = best_other(node, value, is_counted)
    for k in range(len(node)):
        others = [q for q in range(len(node)) if q != k and node[q] == node[k] and is_counted[q]]
        assert least[k] == min((value[q] for q in others), default=np.inf)
        assert which[k] in (others or [-1])


@pytest.mark.parametrize(
    ("sentence", "left", "right", "cost", "wanted"),
    [
        ("a pair alone is taken", [0], [0], [9.0], [True]),
        ("a pair dearer than staying alone is not", [0], [0], [10.5], [False]),
        ("of two ships the nearer", [0, 0], [0, 1], [3.0, 2.0], [False, True]),
        ("of two tracks the nearer", [0, 1], [0, 0], [3.0, 2.0], [False, True]),
        ("both get one, though one prefers the other's", [0, 0, 1], [0, 1, 0], [1.0, 2.0, 1.5], [False, True, True]),
        ("no second best at the price of being alone", [0, 0, 1], [0, 1, 0], [1.0, 9.9, 3.0], [True, False, False]),
    ],
)
def test_assign_table(sentence: str, left: list[int], right: list[int], cost: list[float], wanted: list[bool]) -> None:
    assert assign(np.array(left), np.array(right), np.array(cost), ALONE).tolist() == wanted, sentence
