"""Marking of repeated hearings, against a slow scalar oracle."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decoders.ais import duplicates
from decoders.ais.duplicates import MAX_ROWS, WINDOW_ROWS, WINDOW_S, mark, mark_batch, no_hearings, nothing_heard
from decoders.columns import Flag, Positions, empty_batch, missing
from decoders.table import Column
from tests.oracles.duplicates import repeats


def positions(payload: list[int], t_unix_s: list[float], mmsi: list[int] | None = None) -> Positions:
    n = len(payload)
    columns = {name: missing(name, n) for name in Positions.__dataclass_fields__}
    columns["payload_hash"] = np.array(payload, np.uint64)
    columns["t_unix_s"] = np.array(t_unix_s, float)
    columns["mmsi"] = np.array(mmsi or [227000000] * n, np.int64)
    columns["type"] = np.ones(n, np.int8)
    columns["flags"] = np.zeros(n, np.int32)
    columns["station"] = np.arange(n, dtype=np.int32) % 3
    return Positions(**columns)


def marked(table: Positions, cuts: list[int] | None = None, window_s: float = WINDOW_S) -> Column:
    heard, out = nothing_heard(), []
    for part in np.split(np.arange(len(table)), sorted(cuts or [])):
        heard, rows = mark(heard, table.take(part), window_s=window_s)
        out.append(rows.flags & Flag.DUPLICATE != 0)
    return np.concatenate(out)


@pytest.mark.parametrize(
    ("payload", "t_unix_s", "expected"),
    [
        pytest.param([7, 7, 7], [0, 1, 20], [0, 1, 1], id="three stations hear one transmission"),
        pytest.param([7, 7], [0, 20.5], [0, 0], id="outside the window it is a new transmission"),
        pytest.param([7, 7, 7, 7], [0, 15, 30, 45], [0, 1, 0, 1], id="the window counts from the row that opened it"),
        pytest.param([7, 8, 7, 8], [0, 0, 1, 1], [0, 0, 1, 1], id="interleaved transmissions"),
        pytest.param([7, 7], [5, 3], [0, 1], id="a second hearing with an earlier clock is still the second"),
        pytest.param([7, 7], [np.nan, 3], [0, 1], id="without a time the row count decides"),
        pytest.param([7, 7, 7], [0, 1000, 1001], [0, 0, 1], id="a jump of a clock opens a new window"),
    ],
)
def test_mark(payload: list[int], t_unix_s: list[float], expected: list[int]) -> None:
    table = positions(payload, t_unix_s)
    assert marked(table).astype(int).tolist() == expected
    assert marked(table, list(range(1, len(payload)))).astype(int).tolist() == expected


def test_the_same_bits_from_another_vessel_are_no_repeat() -> None:
    assert not marked(positions([7, 7], [0, 1], [227000001, 227000002])).any()


def test_rows_without_time_are_repeats_only_for_a_while() -> None:
    n = WINDOW_ROWS
    payload = [7, *range(100, 100 + n - 1), 7, 7]
    assert marked(positions(payload, [np.nan] * (n + 2))).astype(int).tolist() == [0] * n + [1, 0]


def test_mark_keeps_stations_other_flags_and_its_inputs() -> None:
    table = positions([7, 7], [0, 1])
    table.flags[1] = Flag.MMSI_ODD
    heard, out = mark(nothing_heard(), table, window_s=WINDOW_S)
    assert out.flags.tolist() == [0, Flag.MMSI_ODD | Flag.DUPLICATE]
    assert table.flags.tolist() == [0, Flag.MMSI_ODD]
    assert out.station.tolist() == [0, 1]
    assert heard.n_rows == 2


def test_a_table_without_repeats_is_returned_as_it_is() -> None:
    table = positions([1, 2, 3], [0, 0, 0])
    assert mark(nothing_heard(), table, window_s=WINDOW_S)[1] is table


ROW = st.tuples(st.integers(0, 5), st.one_of(st.integers(0, 120), st.just(float("nan"))))


@given(st.lists(ROW, max_size=120), st.lists(st.integers(0, 120), max_size=6))
@settings(max_examples=300, deadline=None)
def test_mark_equals_the_oracle_however_the_stream_is_cut(rows: list[tuple[int, float]], cuts: list[int]) -> None:
    payload, t_unix_s = [p for p, _ in rows], [float(t) for _, t in rows]
    if not rows:
        return
    expected = repeats(payload, t_unix_s, WINDOW_S, WINDOW_ROWS, MAX_ROWS)
    assert marked(positions(payload, t_unix_s), cuts).tolist() == expected


@pytest.mark.parametrize("batch", [97, 1000, 5000])
def test_mark_equals_the_oracle_when_the_memory_overflows(monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    """Small bounds, so that slices, both runs and the forgetting are all crossed many times."""
    monkeypatch.setattr(duplicates, "MAX_ROWS", 300)
    monkeypatch.setattr(duplicates, "RECENT_ROWS", 64)
    monkeypatch.setattr(duplicates, "SLICE_ROWS", 128)
    rng = np.random.default_rng(5)
    payload = rng.integers(0, 400, 5000).tolist()
    t_unix_s = (np.arange(5000) * 0.05 + rng.uniform(-3, 3, 5000)).round(2)
    t_unix_s[rng.random(5000) < 0.05] = np.nan
    expected = repeats(payload, t_unix_s.tolist(), WINDOW_S, WINDOW_ROWS, 300)
    got = marked(positions(payload, t_unix_s.tolist()), list(range(batch, 5000, batch)))
    assert got.tolist() == expected
    assert 0.2 < got.mean() < 0.8


def test_memory_stays_bounded() -> None:
    heard = nothing_heard()
    for i in range(40):
        payload = list(range(i * 10_000, (i + 1) * 10_000))
        heard, _ = mark(heard, positions(payload, [float(i)] * 10_000), window_s=WINDOW_S)
    assert len(heard.older.key) + len(heard.recent.key) <= MAX_ROWS + 10_000
    assert np.all(heard.older.key[1:] > heard.older.key[:-1])


def test_mark_batch_passes_an_empty_batch() -> None:
    hearings, batch = mark_batch(no_hearings(), empty_batch(("a",)), window_s=WINDOW_S)
    assert len(batch) == 0
    assert batch.stations == ("a",)
    assert hearings.positions.n_rows == 0
