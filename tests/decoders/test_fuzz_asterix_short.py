"""The short form of the fuzz run; the long one is `python -m tests.fuzz.fuzz_asterix` (10^6 datagrams)."""

import tracemalloc

import pytest

from decoders.rejects import Reason
from tests.fuzz.fuzz_asterix import fuzz


@pytest.mark.parametrize("seed", [7, 8])
def test_10_000_damaged_datagrams_break_nothing(seed: int) -> None:
    tracemalloc.start()
    try:
        decoder = fuzz(10_000, seed, lambda: tracemalloc.get_traced_memory()[0], lambda _: None)
    finally:
        tracemalloc.stop()
    n_bytes = decoder.ledger().n_bytes.sum(axis=0)
    for reason in (Reason.DECODED, Reason.BAD_BLOCK, Reason.SPARE_ITEM, Reason.IMPOSSIBLE_VALUE, Reason.NOISE):
        assert n_bytes[reason] > 0, reason.name
