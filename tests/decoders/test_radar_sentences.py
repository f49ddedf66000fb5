"""Every oddity of real radar sentences, one named test each; what becomes of it is the test's name."""

import numpy as np
import pytest

from decoders.columns import TimeSource
from decoders.radar.columns import PLOT, RadarFlag, RadarFormat, TrackStatus
from decoders.radar.encode import encode_ttd
from tests.decoders.radar_rows import T0, decoded, line_of, radar, refused, reports

TTM = b"$RATTM,41,6.51,136.2,T,5.6,237.8,T,0.50,1.20,N,T41,T,,075454.00,A"
TLL = b"$RATLL,41,5103.0438,N,00126.6918,E,T41,075454.00,T,"


def ttm(**changed: bytes) -> bytes:
    """The sentence with fields changed: f5=b"" empties the fifth."""
    fields = TTM.split(b",")
    for name, value in changed.items():
        fields[int(name[1:])] = value
    return b",".join(fields)


def tll(**changed: bytes) -> bytes:
    fields = TLL.split(b",")
    for name, value in changed.items():
        fields[int(name[1:])] = value
    return b",".join(fields)


# ---- TTM ----


def test_a_tracked_target_has_range_and_bearing_and_no_position() -> None:
    found = radar(line_of(TTM))
    assert len(found) == 1
    assert found.line[0] == 1
    assert found.format[0] == RadarFormat.TTM
    assert (found.track_no[0], found.status[0], found.flags[0]) == (41, TrackStatus.TRACKED, 0)
    assert found.range_m[0] == pytest.approx(6.51 * 1852)
    assert (found.bearing_deg[0], found.sog_kn[0], found.cog_deg[0]) == (136.2, 5.6, 237.8)
    assert np.isnan(found.lat_deg[0])
    assert (found.name[0], found.mmsi[0]) == (b"T41", -1)
    assert (found.t_unix_s[0], found.t_heard_unix_s[0], found.time_source[0]) == (T0, T0, TimeSource.CHUNK)


@pytest.mark.parametrize(("n_fields", "flags"), [(13, RadarFlag.POOR_TIME), (14, 0), (15, 0)])
def test_time_and_acquisition_may_be_absent(n_fields: int, flags: int) -> None:
    found = radar(line_of(b",".join(TTM.split(b",")[: n_fields + 1])))
    assert found.flags.tolist() == [flags]
    assert found.t_unix_s.tolist() == [T0]


@pytest.mark.parametrize("n_fields", [1, 5, 12, 16])
def test_fewer_or_more_fields_are_refused(n_fields: int) -> None:
    fields = [*TTM.split(b","), b"extra"]
    assert refused(b",".join(fields[: n_fields + 1])) == "BAD_FORM"


def test_fields_padded_with_blanks_and_an_empty_reference_are_read() -> None:
    found = radar(b"$RATTM, 1,1.033854,237.500000,,5.76,176.3,T, , ,N,ARPA 1,T, *22\r\n")
    assert (found.track_no[0], found.name[0], found.bearing_deg[0], found.sog_kn[0]) == (1, b"ARPA 1", 237.5, 5.76)
    assert found.range_m[0] == pytest.approx(1.033854 * 1852)
    assert found.flags[0] == RadarFlag.POOR_TIME


def test_an_empty_field_is_unknown_and_never_0() -> None:
    found = radar(line_of(ttm(f1=b"", f2=b"", f3=b" ", f5=b"", f6=b"", f11=b"", f12=b"")))
    for name in ("range_m", "bearing_deg", "sog_kn", "cog_deg"):
        assert np.isnan(getattr(found, name)[0]), name
    assert (found.track_no[0], found.status[0], found.name[0]) == (PLOT, TrackStatus.UNKNOWN, b"")


@pytest.mark.parametrize(
    ("unit", "metres", "knots"), [(b"N", 1852, 1), (b"K", 1000, 1 / 1.852), (b"S", 1609.344, 0.868976)]
)
def test_one_unit_covers_distance_and_speed(unit: bytes, metres: float, knots: float) -> None:
    found = radar(line_of(ttm(f2=b"2.5", f5=b"10.0", f10=unit)))
    assert found.range_m[0] == pytest.approx(2.5 * metres)
    assert found.sog_kn[0] == pytest.approx(10 * knots, rel=1e-6)


def test_a_distance_without_its_unit_is_refused() -> None:
    assert refused(ttm(f10=b"")) == "BAD_FORM"
    assert len(radar(line_of(ttm(f2=b"", f5=b"", f10=b"")))) == 1


def test_relative_bearings_and_courses_are_kept_and_flagged() -> None:
    found = radar(line_of(ttm(f4=b"R")) + line_of(ttm(f7=b"R")))
    assert found.flags.tolist() == [RadarFlag.RELATIVE_BEARING, RadarFlag.RELATIVE_MOTION]
    assert found.bearing_deg.tolist() == [136.2, 136.2]


@pytest.mark.parametrize(
    ("letter", "status"), [(b"L", TrackStatus.LOST), (b"Q", TrackStatus.TENTATIVE), (b"T", TrackStatus.TRACKED)]
)
def test_statuses_are_lost_acquiring_and_tracking(letter: bytes, status: TrackStatus) -> None:
    assert radar(line_of(ttm(f12=letter))).status.tolist() == [status]
    assert radar(line_of(tll(f8=letter))).status.tolist() == [status]


def test_reference_targets_and_targets_acquired_by_hand_are_flagged() -> None:
    assert radar(line_of(ttm(f13=b"R"))).flags.tolist() == [RadarFlag.REFERENCE]
    assert radar(line_of(tll(f9=b"R"))).flags.tolist() == [RadarFlag.REFERENCE]
    assert radar(line_of(ttm(f15=b"M"))).flags.tolist() == [RadarFlag.MANUAL]
    assert radar(line_of(ttm(f15=b"R"))).flags.tolist() == [0]  # reported: by another system


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        (b"1 (Broadband 4G - 2782 B)", b"1 (Broadband 4G - 2782 B)"),
        (b"MFV^2C SEA^2a", b"MFV, SEA*"),
        (b"50^5E ^ ^2", b"50^ ^ ^2"),
        (b"M\xdcNCHEN^00", b"M?NCHEN?"),
        (b"X" * 60, b"X" * 34),
        (b"^41" * 40, b"A" * 34),
        (b"  T 41 ", b"T 41"),
    ],
)
def test_names_have_escapes_blanks_and_bounds(sent: bytes, name: bytes) -> None:
    assert radar(line_of(ttm(f11=sent))).name.tolist() == [name]


def test_a_name_of_nine_digits_is_an_mmsi() -> None:
    found = radar(line_of(ttm(f11=b"235999001")) + line_of(ttm(f11=b"23599900")))
    assert found.mmsi.tolist() == [235999001, -1]


@pytest.mark.parametrize(
    ("number", "track_no"), [(b"00", 0), (b"7", 7), (b"498", 498), (b"1023", 1023), (b"9999", 9999)]
)
def test_target_numbers_have_up_to_four_digits(number: bytes, track_no: int) -> None:
    assert radar(line_of(ttm(f1=number))).track_no.tolist() == [track_no]


@pytest.mark.parametrize(
    "changed",
    [
        {"f1": b"x02"}, {"f1": b"2.0"}, {"f1": b"-2"}, {"f1": b"10000"}, {"f2": b"x1"}, {"f2": b"-1.0"},
        {"f2": b"1e3"}, {"f2": b"nan"}, {"f2": b"inf"}, {"f2": b"1.2.3"}, {"f2": b"."}, {"f2": b"-"}, {"f2": b"1 2"},
        {"f2": b"0x1F"}, {"f2": b"0." + b"3" * 20}, {"f3": b"360.1"}, {"f3": b"-0.1"}, {"f4": b"xT"}, {"f4": b"M"},
        {"f5": b"-5"}, {"f6": b"361"}, {"f7": b"x"}, {"f8": b"-0.1"}, {"f9": b"x36.9"}, {"f10": b"M"}, {"f10": b"NN"},
        {"f12": b"X"}, {"f13": b"S"}, {"f14": b"x"}, {"f14": b"240000"}, {"f14": b"236000"}, {"f14": b"075461"},
        {"f14": b"7454"}, {"f14": b"-075454"}, {"f15": b"B"},
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_refuses_its_sentence(changed: dict[str, bytes]) -> None:
    assert refused(ttm(**changed)) == "BAD_FORM"


def test_a_bearing_of_360_is_north_and_a_time_to_cpa_may_be_past() -> None:
    found = radar(line_of(ttm(f3=b"360.0", f6=b"+360", f9=b"-76.4")))
    assert (found.bearing_deg[0], found.cog_deg[0]) == (0.0, 0.0)


def test_the_talker_is_any_but_a_proprietary_one() -> None:
    assert len(radar(line_of(TTM.replace(b"RA", b"II")))) == 1
    batch, rejects = decoded(line_of(TTM.replace(b"RA", b"PX")))
    assert (len(batch), len(rejects)) == (0, 0)


# ---- time ----


@pytest.mark.parametrize(
    ("clock", "heard_s", "measured_s"),
    [
        (b"075454.25", 0.0, 0.25),  # ahead by a fraction
        (b"075454", 6.0, 0.0),  # without a fraction, six seconds old
        (b"075530", 0.0, 36.0),
        (b"235958", 57_908.0, 57_904.0),  # heard at 00:00:02 of the next day
        (b"000001.5", 57_904.0, 57_907.5),  # heard at 23:59:58 of the day before
    ],
)
def test_the_time_of_day_is_put_on_the_day_of_reception(clock: bytes, heard_s: float, measured_s: float) -> None:
    for line in (ttm(f14=clock), tll(f7=clock)):
        found = radar(line_of(line), T0 + heard_s)
        assert found.t_unix_s[0] - T0 == pytest.approx(measured_s, abs=1e-5)
        assert found.t_heard_unix_s[0] == T0 + heard_s
        assert found.flags[0] == 0


@pytest.mark.parametrize("clock", [b"085454", b"075353.9", b"195454", b"075554.1"])
def test_a_clock_that_is_far_off_is_not_believed(clock: bytes) -> None:
    found = radar(line_of(ttm(f14=clock)))
    assert found.t_unix_s.tolist() == [T0]
    assert found.flags.tolist() == [RadarFlag.POOR_TIME]


def test_without_a_reception_there_is_no_date() -> None:
    found = radar(line_of(TTM), float("nan"))
    assert np.isnan(found.t_unix_s[0])
    assert found.flags[0] == RadarFlag.POOR_TIME
    assert found.time_source[0] == TimeSource.NONE


# ---- TLL ----


def test_a_target_position_has_no_range_speed_or_course() -> None:
    found = radar(line_of(TLL))
    assert found.format[0] == RadarFormat.TLL
    assert found.lat_deg[0] == pytest.approx(51.05073, abs=1e-9)
    assert found.lon_deg[0] == pytest.approx(1.444863333, abs=1e-9)
    for name in ("range_m", "bearing_deg", "sog_kn", "cog_deg"):
        assert np.isnan(getattr(found, name)[0]), name


def test_the_two_sentences_of_one_target_stay_two_rows() -> None:
    found = radar(line_of(TTM) + line_of(TLL))
    assert found.format.tolist() == [RadarFormat.TTM, RadarFormat.TLL]
    assert found.track_no.tolist() == [41, 41]
    assert found.line.tolist() == [1, 2]


def test_south_and_west_are_negative() -> None:
    found = radar(line_of(tll(f2=b"3354.1234", f3=b"S", f4=b"01825.5678", f5=b"W")))
    assert (found.lat_deg[0], found.lon_deg[0]) == (pytest.approx(-33.90205667), pytest.approx(-18.42613))


@pytest.mark.parametrize("decimals", range(8))
def test_minutes_have_up_to_seven_decimals(decimals: int) -> None:
    minutes = b"07.1234567"[: 3 + decimals].rstrip(b".")
    found = radar(line_of(tll(f2=b"51" + minutes, f4=b"001" + minutes)))
    assert found.lat_deg[0] == pytest.approx(51 + float(minutes) / 60, abs=1e-12)
    assert found.lon_deg[0] == pytest.approx(1 + float(minutes) / 60, abs=1e-12)


def test_a_position_without_a_number_is_a_plot() -> None:
    found = radar(b"$RATLL,,3647.422,N,01432.592,E,,,,*58\r\n")
    assert found.track_no.tolist() == [PLOT]
    assert found.flags.tolist() == [RadarFlag.POOR_TIME]


def test_a_target_without_a_position_is_kept_for_its_status() -> None:
    found = radar(line_of(tll(f2=b"", f3=b"", f4=b"", f5=b"", f8=b"L")))
    assert np.isnan(found.lat_deg[0])
    assert found.status.tolist() == [TrackStatus.LOST]


@pytest.mark.parametrize(
    "changed",
    [
        {"f2": b"x5103"}, {"f2": b"9000.01"}, {"f2": b"5160.0"}, {"f2": b"-5103.0"}, {"f3": b""}, {"f3": b"X"},
        {"f2": b""}, {"f2": b"", "f3": b""}, {"f4": b"18000.01"}, {"f4": b"00160"}, {"f5": b"N"}, {"f8": b"xL"},
        {"f9": b"xR"}, {"f7": b"1"}, {"f1": b"a"},
    ],
)  # fmt: skip
def test_a_position_that_cannot_be_is_refused(changed: dict[str, bytes]) -> None:
    assert refused(tll(**changed)) == "BAD_FORM"


def test_a_position_has_nine_fields() -> None:
    assert refused(TLL[: TLL.rindex(b",")]) == "BAD_FORM"
    assert refused(TLL + b",") == "BAD_FORM"


# ---- TTD ----


def test_targets_without_a_number_are_none_and_test_targets_are_flagged() -> None:
    rows = reports(
        track_no=[5, 6], range_m=[1852.0, 3704.0], bearing_deg=[1.0, 2.0],
        flags=[RadarFlag.TEST | RadarFlag.RELATIVE_MOTION, RadarFlag.THROUGH_WATER],
    )  # fmt: skip
    (line,) = encode_ttd(rows)
    found = radar(line + b"\r\n")
    assert found.format.tolist() == [RadarFormat.TTD] * 2
    assert (found.flags & RadarFlag.TEST > 0).tolist() == [True, False]
    assert (found.flags & RadarFlag.RELATIVE_MOTION > 0).tolist() == [True, False]
    assert (found.flags & RadarFlag.THROUGH_WATER > 0).tolist() == [False, True]
    assert (found.flags & RadarFlag.POOR_TIME > 0).all()
    assert len(radar(line_of(b"!RATTD,01,01,," + b"0" * 15 + b",0"))) == 0


@pytest.mark.parametrize(
    ("code", "status"),
    [(0, TrackStatus.TENTATIVE), (1, TrackStatus.TENTATIVE), (2, TrackStatus.LOST), (3, TrackStatus.UNKNOWN),
     (4, TrackStatus.TRACKED), (5, TrackStatus.UNKNOWN), (6, TrackStatus.TRACKED), (7, TrackStatus.TRACKED)],
)  # fmt: skip
def test_binary_statuses_are_told_apart(code: int, status: TrackStatus) -> None:
    payload = b"0" + b"1" * 9 + b"%c" % (b"08@HP`hp"[code]) + b"0000"
    assert radar(line_of(b"!RATTD,01,01,,%b,0" % payload)).status.tolist() == [status]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        (b"1A,01,1,177KQJ5000G?tO`K>RA1wUbN0TKH,0", "BAD_FORM"),  # an AIS message
        (b"01,01,,,0", "EMPTY_PAYLOAD"),
        (b"1A,01,1,,,0", "BAD_FORM"),
        (b"x,01,1,000000000000000,0", "BAD_FORM"),
        (b"01,02,,000000000000000,0", "BAD_FORM"),
        (b"00,00,,000000000000000,0", "BAD_FORM"),
        (b"001,01,,000000000000000,0", "BAD_FORM"),
        (b"01,01,10,000000000000000,0", "BAD_FORM"),
        (b"01,01,,000000000000000,-1", "BAD_FORM"),
        (b"01,01,,000000000000000,6", "BAD_FORM"),
        (b"01,01,,000000000000000,", "BAD_FORM"),
        (b"01,01,,000000000000000,2", "BAD_FORM"),
        (b"01,01,,00000000000000,0", "BAD_FORM"),
        (b"01,01,,0000000x0000000,0", "BAD_ARMOUR"),
        (b"01,01,,00000000000000000000000000000X,0", "BAD_ARMOUR"),
        (b"01,01,,P00000000000000,0", "UNKNOWN_TYPE"),
    ],
)
def test_a_binary_sentence_that_is_not_whole_targets_is_refused(fields: bytes, reason: str) -> None:
    assert refused(b"!RATTD," + fields) == reason


def test_each_line_of_a_binary_message_is_read_for_itself() -> None:
    rows = reports(track_no=list(range(1, 10)), range_m=[1852.0] * 9, bearing_deg=[90.0] * 9)
    first, second, third = encode_ttd(rows)
    assert radar(third + b"\r\n" + first + b"\r\n").track_no.tolist() == [9, 1, 2, 3, 4]
    assert radar(second + b"\r\n").track_no.tolist() == [5, 6, 7, 8]


# ---- OSD, RSD ----


def test_a_radar_tells_its_heading_unless_it_is_not_valid() -> None:
    batch, _ = decoded(
        line_of(b"$RAOSD,359.3,A,355.2,P,3.3,P,350.5,1.6,N")
        + line_of(b"$RAOSD,12.0,V,,,,,,,")
        + line_of(b"$RAOSD,,A,,M,00.0,M,,,N")
    )
    found = batch.radar_health
    np.testing.assert_array_equal(found.heading_deg, [359.3, np.nan, np.nan])
    assert found.is_operational.tolist() == [1, 1, 1]
    assert found.t_unix_s.tolist() == [T0] * 3
    assert len(batch.radar) == 0


@pytest.mark.parametrize(("unit", "metres"), [(b"N", 11112.0), (b"K", 6000.0), (b"S", 9656.064)])
def test_a_radar_tells_its_range_scale(unit: bytes, metres: float) -> None:
    batch, _ = decoded(line_of(b"$RARSD,0.00,0.0,5.18,82.1,,,,,,,6,%b,N" % unit))
    assert batch.radar_health.range_scale_m.tolist() == [metres]
    assert np.isnan(batch.radar_health.heading_deg[0])


@pytest.mark.parametrize(
    "body",
    [
        b"$RAOSD,360.1,A,,,,,,,N", b"$RAOSD,1,xA,,,,,,,N", b"$RAOSD,1,A,,Q,,,,,N", b"$RAOSD,1,A,,,-1,M,,,N",
        b"$RAOSD,1,A,,,,,,N", b"$RAOSD,1,A,,,,,,,N,", b"$RARSD,,,,,,,,,,,6,,N", b"$RARSD,,,,,,,,,,,-6,N,N",
        b"$RARSD,,,,,,,,,,,6,N,X", b"$RARSD,,,,,,,,,,,6,N", b"$RARSD,,,,,,,,,,,6,N,N,",
    ],
)  # fmt: skip
def test_what_a_radar_cannot_say_of_itself_is_refused(body: bytes) -> None:
    assert refused(body) == "BAD_FORM"
