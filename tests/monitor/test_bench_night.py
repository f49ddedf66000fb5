"""`straitwatch bench night`: what is measured is the night that its goal names."""

from pathlib import Path

import pytest

from monitor.bench import night
from monitor.feeds.chunk import Chunk


def test_the_night_has_its_ships_and_tracks_and_every_second_is_a_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(night, "WARM_UP_S", 120.0)
    monkeypatch.setattr(night, "SPAN_S", 180.0)
    figures = {figure.name: figure for figure in night.run([Path()], 1, lambda word: None)}
    assert 270 <= figures["ships with AIS"].value <= 330
    assert 70 <= figures["radar tracks"].value <= 90
    tick_ms, night_s = figures["one tick"].value, figures["a Channel night of 12 h"]
    assert night_s.value == pytest.approx(tick_ms * 43.2)
    assert night_s.note == "scaled from 1 min"


def test_blocks_hold_every_chunk_in_order() -> None:
    chunks = [Chunk(f"feed {n % 2}", float(n), b"x" * n) for n in range(10)]
    blocks = night.blocks_of(chunks, 12)
    assert [(chunk.source, chunk.data) for block in blocks for chunk in block] == [(c.source, c.data) for c in chunks]
    assert [sum(len(chunk.data) for chunk in block) for block in blocks] == [15, 13, 17]
