"""Radar rows as sentences: what stands in which field, and what comes back."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decoders.ais.sentence import checksum
from decoders.radar.columns import RadarFlag, RadarReports, TrackStatus
from decoders.radar.encode import encode_osd, encode_rsd, encode_tlb, encode_tll, encode_ttd, encode_ttm
from tests.decoders.radar_rows import T0, decoded, health, radar, reports

NAN = float("nan")


def body(line: bytes) -> bytes:
    """What stands before the checksum, which is right."""
    before, _, told = line.partition(b"*")
    assert told == checksum(before[1:])
    return before


def test_a_tracked_target_is_sent_by_range_and_bearing() -> None:
    rows = reports(
        track_no=[41], range_m=[12048.8], bearing_deg=[136.23], sog_kn=[5.55], cog_deg=[237.78], name=[b"T41"],
        status=[TrackStatus.TRACKED], t_unix_s=[T0 + 0.5],
    )  # fmt: skip
    (line,) = encode_ttm(rows)
    assert body(line) == b"$RATTM,41,6.506,136.2,T,5.5,237.8,T,,,N,T41,T,,075454.50,A"
    assert encode_ttm(rows, talker=b"TT")[0].startswith(b"$TTTTM,")


def test_what_is_not_known_is_an_empty_field() -> None:
    (line,) = encode_ttm(reports(track_no=[-1], t_unix_s=[NAN]))
    assert body(line) == b"$RATTM,,,,T,,,T,,,N,,,,,A"
    (line,) = encode_tll(reports(track_no=[-1], t_unix_s=[NAN]))
    assert body(line) == b"$RATLL,,,,,,,,,"


def test_flags_and_statuses_have_their_letters() -> None:
    flags = RadarFlag.RELATIVE_BEARING | RadarFlag.RELATIVE_MOTION | RadarFlag.MANUAL | RadarFlag.REFERENCE
    rows = reports(
        track_no=[5, 6, 7, 1000], flags=[flags, RadarFlag.POOR_TIME, 0, 0], t_unix_s=[T0] * 4,
        status=[TrackStatus.TENTATIVE, TrackStatus.COASTED, TrackStatus.LOST, TrackStatus.UNKNOWN],
    )  # fmt: skip
    assert [body(line) for line in encode_ttm(rows)] == [
        b"$RATTM,05,,,R,,,R,,,N,,Q,R,075454.00,M",
        b"$RATTM,06,,,T,,,T,,,N,,T,,,A",
        b"$RATTM,07,,,T,,,T,,,N,,L,,075454.00,A",
        b"$RATTM,1000,,,T,,,T,,,N,,,,075454.00,A",
    ]


def test_angles_and_times_go_round_and_not_beyond() -> None:
    midnight = 1_620_086_400.0
    (line,) = encode_ttm(reports(track_no=[1], bearing_deg=[359.97], cog_deg=[359.94], t_unix_s=[midnight - 0.004]))
    assert body(line) == b"$RATTM,01,,0.0,T,,359.9,T,,,N,,,,000000.00,A"


def test_positions_have_their_hemispheres_and_no_sixtieth_minute() -> None:
    rows = reports(track_no=[9, 10], lat_deg=[-33.99999999, 51.125], lon_deg=[-0.5, 1.30416667], t_unix_s=[T0, T0])
    assert [body(line) for line in encode_tll(rows)] == [
        b"$RATLL,09,3400.0000,S,00030.0000,W,,075454.00,,",
        b"$RATLL,10,5107.5000,N,00118.2500,E,,075454.00,,",
    ]


def test_reserved_characters_of_a_name_are_escaped() -> None:
    (line,) = encode_ttm(reports(track_no=[1], name=[b"A,B*C^ \xe9"], t_unix_s=[NAN]))
    assert b",A^2CB^2AC^5E ^E9," in line


def test_labels_are_packed_into_lines_of_82_characters() -> None:
    rows = reports(
        track_no=[41, -1, 42, 43, *range(100, 120)],
        name=[b"MFV SEA ROSE", b"PLOT", b"", b"", *[b"LABEL"] * 20],
        mmsi=[-1, -1, 235999001, -1, *[-1] * 20],
    )
    lines = encode_tlb(rows)
    assert all(len(line) + 2 <= 82 for line in lines)
    assert body(lines[0]).startswith(b"$RATLB,41,MFV SEA ROSE,42,235999001,43,,100,LABEL")
    assert sum(line.count(b"LABEL") for line in lines) == 20
    assert all(body(line).count(b",") % 2 == 0 for line in lines)


def test_a_scan_is_sent_four_targets_a_line() -> None:
    rows = reports(track_no=list(range(1, 10)), range_m=[1852.0] * 9, bearing_deg=[90.0] * 9)
    lines = encode_ttd(rows, seq=13)
    assert [line[:15] for line in lines] == [b"!RATTD,03,01,3,", b"!RATTD,03,02,3,", b"!RATTD,03,03,3,"]
    assert [len(body(line)) - 17 for line in lines] == [60, 60, 15]
    assert encode_ttd(rows.take(slice(0, 4)))[0].startswith(b"!RATTD,01,01,,")


def test_the_binary_sentence_carries_what_the_vector_says(shared_data) -> None:
    """The sentences of the vectors, from their raw integers."""
    rows = reports(
        track_no=[7, 1023], bearing_deg=[45.5, 359.9], sog_kn=[12.3, NAN], cog_deg=[270.1, NAN],
        status=[TrackStatus.TRACKED, TrackStatus.TENTATIVE], range_m=[345 * 18.52, NAN],
    )  # fmt: skip
    vectors = (shared_data / "radar" / "nmea" / "vectors.json").read_text()
    payload = encode_ttd(rows)[0].split(b",")[4]
    assert payload.decode() in vectors


def test_target_numbers_that_the_binary_sentence_has_not_are_refused() -> None:
    for number in (0, 1024, -1):
        with pytest.raises(ValueError, match="1 to 1023"):
            encode_ttd(reports(track_no=[number]))
    with pytest.raises(ValueError, match="1020"):
        encode_ttd(reports(track_no=[1] * 1021))


def test_no_rows_make_no_lines() -> None:
    nothing = reports(track_no=np.zeros(0))
    for encode in (encode_ttm, encode_tll, encode_tlb, encode_ttd):
        assert encode(nothing) == []


def test_a_radar_tells_its_heading_and_its_range() -> None:
    rows = health(heading_deg=[12.3, NAN], range_scale_m=[11112.0, NAN])
    assert [body(line) for line in encode_osd(rows)] == [b"$RAOSD,12.3,A,,M,0.0,M,,,N", b"$RAOSD,,V,,M,0.0,M,,,N"]
    assert [body(line) for line in encode_rsd(rows)] == [b"$RARSD,,,,,,,,,,,6.000,N,N", b"$RARSD,,,,,,,,,,,,N,N"]


# ---- there and back ----

NAME_BYTES = st.binary(max_size=34).map(lambda text: bytes(32 + byte % 95 for byte in text).strip())


def known(low: float, high: float) -> st.SearchStrategy[float]:
    return st.floats(low, high) | st.just(NAN)


@st.composite
def tracks(draw: st.DrawFn, most: int = 20) -> RadarReports:
    n = draw(st.integers(1, most))

    def column(values: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(values, min_size=n, max_size=n))

    lat_deg, lon_deg = np.array(column(known(-90, 90))), np.array(column(st.floats(-180, 180)))
    return reports(
        track_no=column(st.integers(1, 1023)), range_m=column(known(0, 300_000)), bearing_deg=column(known(0, 360)),
        sog_kn=column(known(0, 400)), cog_deg=column(known(0, 360)), lat_deg=lat_deg,
        lon_deg=np.where(np.isnan(lat_deg), NAN, lon_deg), t_unix_s=column(st.floats(T0 - 50, T0 + 50)),
        status=column(st.sampled_from([0, 1, 3])), flags=column(st.integers(0, (1 << 10) - 1)),
        name=column(NAME_BYTES),
    )  # fmt: skip


def there_and_back(lines: list[bytes]) -> RadarReports:
    return radar(b"".join(line + b"\r\n" for line in lines))


def assert_near(found: np.ndarray, sent: np.ndarray, unit: float, circle: float = np.inf) -> None:
    np.testing.assert_array_equal(np.isnan(found), np.isnan(sent))
    off = np.abs(found - sent)
    assert np.nanmax(np.fmin(off, circle - off), initial=0) <= unit / 2 * (1 + 1e-6) + 1e-9


def assert_same_flags(found: RadarReports, sent: RadarReports, flags: int) -> None:
    np.testing.assert_array_equal(found.flags & flags, sent.flags & flags)


@given(tracks())
@settings(deadline=None)
def test_ttm_comes_back_within_a_wire_unit(sent: RadarReports) -> None:
    found = there_and_back(encode_ttm(sent))
    np.testing.assert_array_equal(found.track_no, sent.track_no)
    np.testing.assert_array_equal(found.status, sent.status)
    np.testing.assert_array_equal(found.name, sent.name)
    assert_near(found.range_m, sent.range_m, 1.852)
    assert_near(found.bearing_deg, sent.bearing_deg, 0.1, 360)
    assert_near(found.sog_kn, sent.sog_kn, 0.1)
    assert_near(found.cog_deg, sent.cog_deg, 0.1, 360)
    told = RadarFlag.RELATIVE_BEARING | RadarFlag.RELATIVE_MOTION | RadarFlag.MANUAL | RadarFlag.REFERENCE
    assert_same_flags(found, sent, told | RadarFlag.POOR_TIME)
    has_time = sent.flags & RadarFlag.POOR_TIME == 0
    assert_near(found.t_unix_s[has_time], sent.t_unix_s[has_time], 0.01001)


@given(tracks())
@settings(deadline=None)
def test_tll_comes_back_within_a_wire_unit(sent: RadarReports) -> None:
    found = there_and_back(encode_tll(sent))
    np.testing.assert_array_equal(found.track_no, sent.track_no)
    np.testing.assert_array_equal(found.status, sent.status)
    np.testing.assert_array_equal(found.name, sent.name)
    assert_near(found.lat_deg, sent.lat_deg, 1 / 600_000)
    assert_near(found.lon_deg, sent.lon_deg, 1 / 600_000)
    assert_same_flags(found, sent, RadarFlag.REFERENCE | RadarFlag.POOR_TIME)


@given(tracks())
@settings(deadline=None)
def test_ttd_comes_back_within_a_wire_unit(sent: RadarReports) -> None:
    found = there_and_back(encode_ttd(sent))
    np.testing.assert_array_equal(found.track_no, sent.track_no)
    np.testing.assert_array_equal(found.status, sent.status)
    assert_near(found.range_m, sent.range_m, 18.52)
    assert_near(found.bearing_deg, sent.bearing_deg, 0.1, 360)
    assert_near(found.sog_kn, sent.sog_kn, 0.1)
    assert_near(found.cog_deg, sent.cog_deg, 0.1, 360)
    assert_same_flags(found, sent, RadarFlag.TEST | RadarFlag.RELATIVE_MOTION | RadarFlag.THROUGH_WATER)


@given(tracks())
@settings(deadline=None)
def test_labels_come_back_on_the_targets_that_follow(sent: RadarReports) -> None:
    found = there_and_back([*encode_tlb(sent), *encode_ttd(sent)])
    last = dict(zip(sent.track_no.tolist(), sent.name.tolist(), strict=True))
    lost = set()
    for number, name, status in zip(found.track_no.tolist(), found.name.tolist(), found.status.tolist(), strict=True):
        if number not in lost:
            assert name == last[number]
        if status == TrackStatus.LOST:
            lost.add(number)


@given(st.lists(known(0, 360), min_size=1, max_size=9), st.floats(0, 200_000))
@settings(deadline=None)
def test_what_a_radar_says_of_itself_comes_back(heading_deg: list[float], range_scale_m: float) -> None:
    rows = health(heading_deg=heading_deg, range_scale_m=[range_scale_m] * len(heading_deg))
    lines = encode_osd(rows) + encode_rsd(rows)
    batch, rejects = decoded(b"".join(line + b"\r\n" for line in lines))
    assert len(rejects) == 0
    found = batch.radar_health
    assert_near(found.heading_deg[: len(rows)], rows.heading_deg, 0.1, 360)
    assert_near(found.range_scale_m[len(rows) :], rows.range_scale_m, 1.852)
    assert (found.is_operational == 1).all()
