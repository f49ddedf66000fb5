"""All that a decoder answered to a stream, and whether two of them answered the same."""

import numpy as np

from decoders.columns import Batch
from decoders.rejects import Ledger, Rejects

Answers = tuple[list[Batch], list[Rejects], Ledger]
TABLES = ("positions", "statics", "texts", "clocks", "others")


def assert_same_answers(fast: Answers, slow: Answers) -> None:
    for mine, theirs in zip(fast[0], slow[0], strict=True):
        assert mine.stations == theirs.stations
        for name in TABLES:
            for column, values in getattr(theirs, name).columns().items():
                np.testing.assert_array_equal(getattr(mine, name).columns()[column], values, err_msg=f"{name}.{column}")
    for my_rejects, their_rejects in zip(fast[1], slow[1], strict=True):
        for column, values in their_rejects.columns().items():
            np.testing.assert_array_equal(my_rejects.columns()[column], values, err_msg=column)
    assert fast[2].stations == slow[2].stations
    np.testing.assert_array_equal(fast[2].n_bytes, slow[2].n_bytes)
    np.testing.assert_array_equal(fast[2].n_sentences, slow[2].n_sentences)


def by_line(rejects: Rejects) -> list[str]:
    """Rejects as sorted rows: a fragment whose rest never came is refused late, so the order tells of the chunks."""
    return sorted(repr(row) for row in zip(*(c.tolist() for c in rejects.columns().values()), strict=True))
