"""The short form of the fuzz run; the long one is `python -m tests.fuzz.fuzz_ais` (10^7 sentences)."""

import tracemalloc

import pytest

from decoders.rejects import Reason
from tests.fuzz.fuzz_ais import fuzz


@pytest.mark.parametrize("seed", [7, 8])
def test_50_000_damaged_sentences_break_nothing(seed: int) -> None:
    tracemalloc.start()
    try:
        decoder = fuzz(50_000, seed, lambda: tracemalloc.get_traced_memory()[0], lambda _: None)
    finally:
        tracemalloc.stop()
    n_bytes = decoder.ledger().n_bytes.sum(axis=0)
    for reason in (Reason.DECODED, Reason.BAD_CHECKSUM, Reason.BAD_ARMOUR, Reason.ORPHAN, Reason.NOISE, Reason.CUT):
        assert n_bytes[reason] > 0, reason.name
