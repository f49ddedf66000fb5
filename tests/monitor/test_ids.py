"""Ids are found as numpy's own set functions find them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from monitor.ids import among, ranks

IDS = st.lists(st.integers(-1, 12), max_size=12).map(lambda values: np.array(values, np.int64))


@given(IDS, IDS)
def test_an_id_is_among_those_chosen_whatever_their_order(ids, chosen):
    assert among(ids, chosen).tolist() == np.isin(ids, chosen).tolist()


@given(IDS)
def test_ranks_are_in_the_order_of_the_values_and_below_their_number(values):
    rank = ranks(values)
    assert ((rank[:, None] < rank) == (values[:, None] < values)).all()
    assert (rank < max(len(values), 1)).all()
