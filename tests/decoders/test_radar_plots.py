"""Tables of radar plots: rows, refusals, and an account of every byte."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decoders.radar.columns import PLOT, RadarFormat, RadarReports
from decoders.radar.plots import MAX_LINE, PlotDecoder
from decoders.rejects import Reason, Rejects

POLAR = b"t_unix_s,range_m,bearing_deg,amplitude_db\n"
TABLE = POLAR + b"1700000000.25,1500.5,359.75,12.5\r\n1700000001,20,360,\n\n1700000002,1e3,.5,-3"


def decoded(data: bytes, *cuts: int) -> tuple[RadarReports, Rejects, PlotDecoder]:
    decoder = PlotDecoder()
    bounds = [0, *sorted(min(c, len(data)) for c in cuts), len(data)]
    parts = [decoder.feed(data[a:b]) for a, b in pairwise(bounds)] + [decoder.finish()]
    return RadarReports.concat([p[0].radar for p in parts]), Rejects.concat([p[1] for p in parts]), decoder


def test_rows_of_range_and_bearing() -> None:
    plots, rejects, _ = decoded(TABLE)
    assert plots.line.tolist() == [2, 3, 5]
    assert plots.t_unix_s.tolist() == [1700000000.25, 1700000001.0, 1700000002.0]
    assert plots.range_m.tolist() == [1500.5, 20.0, 1000.0]
    assert plots.bearing_deg.tolist() == [359.75, 0.0, 0.5]
    np.testing.assert_array_equal(plots.amplitude_db, [12.5, np.nan, -3.0])
    assert set(plots.track_no) == {PLOT}
    assert set(plots.format) == {RadarFormat.CSV}
    assert np.isnan(plots.lat_deg).all()
    assert not len(rejects)


def test_rows_of_positions_in_any_order_of_columns() -> None:
    plots, _, _ = decoded(b"lon_deg,t_unix_s,lat_deg\n1.3260000000000000001,1700000000,51.129\n")
    assert (plots.lat_deg[0], plots.lon_deg[0]) == (51.129, 1.326)
    assert np.isnan(plots.range_m).all()


def test_a_second_header_counts_for_what_follows() -> None:
    plots, rejects, _ = decoded(TABLE + b"\nt_unix_s,lat_deg,lon_deg\n1700000003,51,1\nt_unix_s,speed\n1,2\n")
    assert plots.lat_deg[-1] == 51.0
    assert rejects.raw.tolist() == [b"1,2"]


@pytest.mark.parametrize(
    "row",
    [
        b"1,2",
        b"1,2,3,4,5",
        b",5,5,",
        b"1,,5,",
        b"1,5,,",
        b"nan,5,5,",
        b"1,inf,5,",
        b"1,-1,5,",
        b"1,5,361,",
        b"1,5,-1,",
        b"1e300,5,5,",
        b"1,2e6,5,",
        b"1,0x10,5,",
        b"1,5,5,loud",
        b"\xff\xfe\x00,1,1,1",
    ],
)
def test_a_row_that_cannot_be_is_refused_and_its_neighbours_are_not(row: bytes) -> None:
    plots, rejects, _ = decoded(POLAR + b"1,1,1,1\n" + row + b"\n3,3,3,3\n")
    assert plots.range_m.tolist() == [1.0, 3.0]
    assert (rejects.line.tolist(), rejects.raw.tolist(), rejects.reason.tolist()) == ([3], [row], [Reason.BAD_FORM])


def test_without_a_header_everything_is_refused() -> None:
    plots, rejects, _ = decoded(b"1,2,3\n4,5,6\n")
    assert (len(plots), rejects.line.tolist()) == (0, [1, 2])


def test_a_line_without_end_is_refused_and_bounded() -> None:
    decoder = PlotDecoder()
    for _ in range(10):
        decoder.feed(b"9" * MAX_LINE)
    ledger = decoder.ledger()
    assert ledger.n_bytes[0, Reason.WAITING] <= MAX_LINE
    assert ledger.n_bytes.sum() == 10 * MAX_LINE


def test_on_a_live_feed_the_arrival_is_when_it_was_heard() -> None:
    batch, _ = PlotDecoder().feed(TABLE, 1700000005.0)
    assert set(batch.radar.t_heard_unix_s) == {1700000005.0}


@given(st.lists(st.integers(0, len(TABLE)), max_size=6))
def test_the_cuts_of_the_stream_change_nothing(cuts: list[int]) -> None:
    whole, cut = decoded(TABLE)[0], decoded(TABLE, *cuts)[0]
    for name, column in whole.columns().items():
        np.testing.assert_array_equal(getattr(cut, name), column)


@given(st.lists(st.sampled_from([POLAR, TABLE, b"\n", b"1,2,3\n", b",", b'"', b"\r\n", b"t_unix_s", b"\x00", b"\xff"])))
def test_every_byte_stands_in_the_account(pieces: list[bytes]) -> None:
    data = b"".join(pieces)
    plots, rejects, decoder = decoded(data, len(data) // 2)
    ledger = decoder.ledger()
    assert ledger.n_bytes.sum() == len(data)
    assert ledger.n_sentences[0, Reason.DECODED] == len(plots)
    assert ledger.n_sentences[0, Reason.BAD_FORM] + ledger.n_sentences[0, Reason.TOO_LONG] == len(rejects)
