"""Radar rows as sentences: what stands in which field, and what comes back."""

import numpy as np
import pytest

from decoders.ais.sentence import checksum
from decoders.radar.columns import RadarFlag, TrackStatus
from decoders.radar.encode import encode_osd, encode_rsd, encode_tlb, encode_tll, encode_ttd, encode_ttm
from tests.decoders.radar_rows import health, reports

NAN = float("nan")
T0 = 1_620_114_894.0  # 2021-05-04 07:54:54


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
