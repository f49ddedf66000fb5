"""Every edge case in which AIS decoders were found to differ, one named test each; what ours does is the test's name.

The lines carry what real recordings carry: the list was gathered from pyais, libais, gpsd and receivers' logs.
"""

import numpy as np
import pytest

from decoders.ais.sentence import checksum, sentence
from decoders.columns import Batch, Flag, TimeSource
from decoders.lines import LineDecoder
from decoders.rejects import Reason, Rejects
from tests.decoders.answers import by_line

SHIP = b"13HOI:0P0000VOHLCnHQKwvL05Ip"  # type 1, MMSI 227006760, 49.4755, 0.1314
MMSI = 227006760
OTHER = b"15M67FC000G?ufbE`FepT@3n00Sa"  # type 1, MMSI 366053209, 37.8021
STATIC = b"55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp888888888880"  # type 5, two lines
T0 = 1_763_800_000


def one(payload: bytes, fill: int = 0, **how: bytes) -> bytes:
    (line,) = sentence(payload, fill, **how)  # type: ignore[arg-type]
    return line


def two(payload: bytes = STATIC, fill: int = 2, seq: bytes = b"3", channel: bytes = b"A", talker: bytes = b"AIVDM"):
    """A two-part message, cut after 56 characters."""
    bodies = [
        b"%b,2,1,%b,%b,%b,0" % (talker, seq, channel, payload[:56]),
        b"%b,2,2,%b,%b,%b,%d" % (talker, seq, channel, payload[56:], fill),
    ]
    return [b"!%b*%b" % (body, checksum(body)) for body in bodies]


def tag(body: bytes, sum_: bytes | None = None) -> bytes:
    return b"\\%b*%b\\" % (body, checksum(body) if sum_ is None else sum_)


def decoded(data: bytes, t_chunk_unix_s: float = float("nan")) -> tuple[Batch, Rejects, LineDecoder]:
    """All rows of a stream that comes in one piece; the same must come out byte by byte."""
    decoder, again = LineDecoder(keep_others=True), LineDecoder(keep_others=True)
    batch, rejects = joined([decoder.feed(data, t_chunk_unix_s), decoder.finish()])
    pieces = [again.feed(data[i : i + 1], t_chunk_unix_s) for i in range(len(data))]
    split, split_rejects = joined([*pieces, again.finish()])
    for name in ("positions", "statics", "texts", "clocks", "others"):
        for column, values in getattr(batch, name).columns().items():
            np.testing.assert_array_equal(getattr(split, name).columns()[column], values, err_msg=f"{name}.{column}")
    assert by_line(split_rejects) == by_line(rejects)
    assert decoder.ledger().n_bytes.sum() == len(data)
    assert (again.ledger().n_bytes == decoder.ledger().n_bytes).all()
    return batch, rejects, decoder


def joined(results: list[tuple[Batch, Rejects]]) -> tuple[Batch, Rejects]:
    batches, rejects = zip(*results, strict=True)
    tables = [
        type(getattr(batches[0], name)).concat([getattr(batch, name) for batch in batches])
        for name in ("positions", "statics", "texts", "clocks", "others")
    ]
    return Batch(*tables, batches[-1].stations), type(rejects[0]).concat(list(rejects))


def mmsis(data: bytes) -> list[int]:
    batch, _, _ = decoded(data)
    return sorted([*batch.positions.mmsi.tolist(), *batch.statics.mmsi.tolist()])


def only_reason(data: bytes) -> Reason:
    batch, rejects, _ = decoded(data)
    assert len(batch) == 0
    (reason,) = rejects.reason.tolist()
    return Reason(reason)


# ---- checksums ----


def test_bad_checksum_is_dropped_and_counted_for_its_station() -> None:
    line = one(SHIP)[:-2] + b"00"
    _, rejects, decoder = decoded(tag(b"s:dover,c:%d" % T0) + line + b"\r\n" + one(OTHER) + b"\r\n")
    assert rejects.reason.tolist() == [Reason.BAD_CHECKSUM]
    ledger = decoder.ledger()
    assert ledger.n_sentences[ledger.stations.index("dover"), Reason.BAD_CHECKSUM] == 1


def test_no_checksum_is_dropped_counted_and_does_not_eat_the_next_line() -> None:
    data = one(SHIP)[:-3] + b"\r\n" + one(OTHER) + b"\r\n"
    batch, rejects, _ = decoded(data)
    assert batch.positions.mmsi.tolist() == [366053209]
    assert rejects.reason.tolist() == [Reason.NO_CHECKSUM]


def test_lower_case_checksum_is_ok() -> None:
    lines = [one(SHIP[:-1] + bytes([last])) for last in b"0123456789:;<=>?"]
    lettered = [line for line in lines if line[-2:] != line[-2:].lower()]
    assert len(lettered) > 3
    assert mmsis(b"\r\n".join(line[:-2] + line[-2:].lower() for line in lettered) + b"\r\n") == [MMSI] * len(lettered)


# ---- lines ----


def test_a_line_cut_by_the_next_sentence_loses_only_itself() -> None:
    assert mmsis(one(SHIP)[:30] + one(OTHER) + b"\r\n") == [366053209]


def test_two_sentences_glued_are_both_decoded() -> None:
    assert mmsis(one(SHIP) + one(OTHER) + b"\r\n") == [MMSI, 366053209]


def test_carriage_returns_alone_end_lines() -> None:
    assert mmsis(one(SHIP) + b"\r" + one(OTHER) + b"\r") == [MMSI, 366053209]


@pytest.mark.parametrize(
    "noise", [b"\x00\x00", b"\xff\xff\xff", b"\x00!\xff", b"\\", b"$", b"\\$\\", b"!", b"!!", b"abc"]
)
def test_noise_before_a_sentence_costs_nothing(noise: bytes) -> None:
    assert mmsis(noise + one(SHIP) + b"\r\n" + noise + b"\r\n" + one(OTHER) + b"\r\n") == [MMSI, 366053209]


# ---- fragments ----


def test_fragments_in_reverse_order_are_joined() -> None:
    assert mmsis(b"\r\n".join(reversed(two())) + b"\r\n") == [351759000]


def test_interleaved_fragments_with_one_sequence_number_on_two_channels() -> None:
    a, b = two(channel=b"A"), two(channel=b"B")
    assert mmsis(b"\r\n".join([a[0], b[0], a[1], b[1]]) + b"\r\n") == [351759000] * 2


def test_interleaved_fragments_with_one_sequence_number_of_two_talkers() -> None:
    a, b = two(talker=b"AIVDM"), two(talker=b"BSVDM")
    assert mmsis(b"\r\n".join([a[0], b[0], a[1], b[1]]) + b"\r\n") == [351759000] * 2


def test_interleaved_fragments_of_two_coast_stations_are_keyed_on_the_station() -> None:
    other = STATIC[:20] + b"w" + STATIC[21:]
    a, b = two(), two(other)
    dover, dieppe = tag(b"s:dover,c:%d" % T0), tag(b"s:dieppe,c:%d" % T0)
    data = b"\r\n".join([dover + a[0], dieppe + b[0], dover + a[1], dieppe + b[1]]) + b"\r\n"
    batch, _, _ = decoded(data)
    assert [batch.stations[s] for s in batch.statics.station] == ["dover", "dieppe"]
    assert len(set(batch.statics.payload_hash.tolist())) == 2


def test_a_repeated_first_part_is_counted_and_harms_nothing() -> None:
    a = two()
    batch, rejects, _ = decoded(b"\r\n".join([a[0], a[0], a[1]]) + b"\r\n")
    assert batch.statics.mmsi.tolist() == [351759000]
    assert rejects.reason.tolist() == [Reason.REPEATED_FRAGMENT]


@pytest.mark.parametrize("seq", [b"", b"10"])
def test_a_sequence_number_that_is_empty_or_ten_is_ok(seq: bytes) -> None:
    assert mmsis(b"\r\n".join(two(seq=seq)) + b"\r\n") == [351759000]


def test_a_two_part_message_inherits_time_and_station_of_its_first_part() -> None:
    a = two()
    group = tag(b"g:1-2-7,s:dover,c:%d" % T0) + a[0] + b"\r\n" + tag(b"g:2-2-7") + a[1] + b"\r\n"
    batch, _, _ = decoded(group)
    assert batch.statics.t_unix_s.tolist() == [float(T0)]
    assert [batch.stations[s] for s in batch.statics.station] == ["dover"]


# ---- times and stations ----


@pytest.mark.parametrize(
    ("stamp", "t_unix_s"),
    [(b"1763800000", 1763800000.0), (b"1763800000123", 1763800000.123), (b"1763800000.5", 1763800000.5)],
)
def test_tag_time_in_seconds_and_milliseconds(stamp: bytes, t_unix_s: float) -> None:
    batch, _, _ = decoded(tag(b"s:dover,c:" + stamp) + one(SHIP) + b"\r\n")
    assert batch.positions.t_unix_s.tolist() == [t_unix_s]
    assert batch.positions.time_source.tolist() == [TimeSource.TAG]
    assert batch.stations[batch.positions.station[0]] == "dover"


def test_a_tag_block_with_a_bad_checksum_gives_no_time_but_its_sentence() -> None:
    batch, _, _ = decoded(tag(b"s:dover,c:%d" % T0, b"00") + one(SHIP) + b"\r\n", 5.0)
    assert batch.positions.mmsi.tolist() == [MMSI]
    assert batch.positions.flags[0] & Flag.TIME_UNTRUSTED
    assert batch.positions.time_source.tolist() != [TimeSource.TAG]


def test_double_tag_blocks_are_merged() -> None:
    batch, _, _ = decoded(tag(b"s:dover") + tag(b"c:%d" % T0) + one(SHIP) + b"\r\n")
    assert batch.positions.t_unix_s.tolist() == [float(T0)]
    assert batch.stations[batch.positions.station[0]] == "dover"


@pytest.mark.parametrize(
    ("lead", "t_unix_s"),
    [
        (b"2016-03-31 00:00:01, ", 1459382401.0),
        (b"1459382401 ", 1459382401.0),
        (b"2016-03-31T00:00:01Z ", 1459382401.0),
        (b"2016-03-31T00:00:01.250Z,", 1459382401.25),
    ],
)
def test_a_leading_time_is_read(lead: bytes, t_unix_s: float) -> None:
    batch, _, _ = decoded(lead + one(SHIP) + b"\r\n")
    assert batch.positions.t_unix_s.tolist() == [t_unix_s]
    assert batch.positions.time_source.tolist() == [TimeSource.LEADING]


def test_a_trailing_station_and_time_of_the_coast_guard_are_read() -> None:
    batch, _, _ = decoded(one(SHIP) + b",r003669945,1235085843\r\n")
    assert batch.positions.t_unix_s.tolist() == [1235085843.0]
    assert batch.stations[batch.positions.station[0]] == "r003669945"


def test_a_trailing_time_in_milliseconds_is_read() -> None:
    batch, _, _ = decoded(one(SHIP) + b",1459382401250\r\n")
    assert batch.positions.t_unix_s.tolist() == [1459382401.25]


def test_a_gatehouse_line_gives_the_time_of_the_next() -> None:
    body = b"PGHP,1,2010,5,2,0,0,0,10,338,2,,1,09"
    data = b"$%b*%b\r\n%b\r\n" % (body, checksum(body), one(SHIP))
    batch, _, _ = decoded(data)
    assert batch.positions.t_unix_s.tolist() == [1272758400.010]
    assert batch.positions.time_source.tolist() == [TimeSource.PGHP]


def test_rmc_time_is_carried_forward() -> None:
    body = b"GPRMC,035258,A,5013.4693,N,00346.6503,W,4.0,183.2,260711,3.8,W,A"
    batch, _, _ = decoded(b"$%b*%b\r\n%b\r\n" % (body, checksum(body), one(SHIP)))
    assert batch.positions.t_unix_s.tolist() == [1311652378.0]
    assert batch.positions.time_source.tolist() == [TimeSource.CARRIED]


# ---- talkers and fields ----


@pytest.mark.parametrize("talker", [b"AIVDM", b"BSVDM", b"ABVDM", b"ANVDM", b"SAVDM", b"--VDM", b"XXVDM"])
def test_every_talker_is_read(talker: bytes) -> None:
    assert mmsis(one(SHIP, talker=talker) + b"\r\n") == [MMSI]


def test_the_own_ship_is_flagged() -> None:
    batch, _, _ = decoded(one(SHIP, talker=b"AIVDO", channel=b"") + b"\r\n")
    assert batch.positions.flags[0] & Flag.OWN_SHIP


def test_an_extra_comma_of_a_plotter_is_ok() -> None:
    body = b"AIVDM,1,1,,,A," + SHIP + b",0"
    assert mmsis(b"!%b*%b\r\n" % (body, checksum(body))) == [MMSI]


# ---- lengths ----


def test_a_truncated_type_1_keeps_what_was_sent_and_nothing_else() -> None:
    batch, _, _ = decoded(one(SHIP[:20]) + b"\r\n")
    position = batch.positions
    assert position.mmsi.tolist() == [MMSI]
    assert position.flags[0] & Flag.TRUNCATED
    assert position.lat_deg[0] == pytest.approx(49.4755, abs=1e-3)  # 120 bits: its position was sent whole
    assert np.isnan([position.cog_deg[0], position.heading_deg[0]]).all()


@pytest.mark.parametrize("n_chars", range(7, 20))
def test_a_position_that_was_not_sent_whole_is_not_invented(n_chars: int) -> None:
    position = decoded(one(SHIP[:n_chars]) + b"\r\n")[0].positions
    assert np.isnan([position.lat_deg[0], position.lon_deg[0]]).all()


def test_a_type_1_of_27_characters_is_decoded_and_flagged() -> None:
    batch, _, _ = decoded(one(SHIP[:27]) + b"\r\n")
    assert batch.positions.flags[0] & Flag.TRUNCATED
    assert batch.positions.lat_deg[0] == pytest.approx(49.4755, abs=1e-3)


def test_an_overlong_type_1_is_decoded_and_flagged() -> None:
    batch, _, _ = decoded(one(SHIP + b"000000") + b"\r\n")
    assert batch.positions.flags[0] & Flag.OVERLONG
    assert batch.positions.lat_deg[0] == pytest.approx(49.4755, abs=1e-3)


def test_a_type_24_a_of_27_characters_without_fill_is_ok() -> None:
    payload = b"H42O55i18tMET00000000000000"
    assert len(payload) == 27
    batch, _, _ = decoded(one(payload, channel=b"A") + b"\r\n")
    assert (batch.statics.type.tolist(), batch.statics.part.tolist()) == ([24], [0])
    assert batch.statics.name[0].startswith(b"PROGUY")


def test_a_type_5_with_fill_0_is_ok() -> None:
    batch, _, _ = decoded(b"\r\n".join(two(fill=0)) + b"\r\n")
    assert batch.statics.mmsi.tolist() == [351759000]
    assert not batch.statics.flags[0] & (Flag.TRUNCATED | Flag.OVERLONG)


@pytest.mark.parametrize("fill", [b"6", b""])
def test_impossible_or_missing_fill_bits_are_flagged(fill: bytes) -> None:
    body = b"AIVDM,1,1,,A," + SHIP + b"," + fill
    batch, _, _ = decoded(b"!%b*%b\r\n" % (body, checksum(body)))
    assert batch.positions.mmsi.tolist() == [MMSI]
    assert batch.positions.flags[0] & Flag.FILL_ODD


# ---- payloads ----


@pytest.mark.parametrize("character", [b"X", b"Y", b"_", b"x", b"~", b" "])
def test_a_character_outside_the_alphabet_drops_the_message(character: bytes) -> None:
    assert only_reason(one(SHIP[:10] + character + SHIP[11:]) + b"\r\n") in (Reason.BAD_ARMOUR, Reason.BAD_FORM)


def test_not_available_is_nan_always() -> None:
    from decoders.ais.encode import encode_positions
    from decoders.columns import DTYPES, Positions, missing

    columns = {name: missing(name, 1) for name in Positions.__dataclass_fields__}
    columns["type"], columns["mmsi"] = np.array([1], DTYPES["type"]), np.array([MMSI], DTYPES["mmsi"])
    (line,) = encode_positions(Positions(**columns))
    position = decoded(line + b"\r\n")[0].positions
    for name in ("lat_deg", "lon_deg", "sog_kn", "cog_deg", "heading_deg", "turn_deg_per_min"):
        assert np.isnan(getattr(position, name)[0]), name
    assert position.utc_second[0] == -1


def test_an_empty_payload_is_dropped_and_counted() -> None:
    assert only_reason(one(b"") + b"\r\n") == Reason.EMPTY_PAYLOAD


def test_mmsi_0_with_a_position_is_kept_and_flagged() -> None:
    batch, _, _ = decoded(one(b"1000000000G?ufbE`FepT@3n00Sa") + b"\r\n")
    assert batch.positions.mmsi.tolist() == [0]
    assert batch.positions.flags[0] & Flag.MMSI_ODD
    assert np.isfinite(batch.positions.lat_deg[0])


# ---- streams ----


def test_a_mebibyte_at_once_loses_nothing() -> None:
    lines = [one(SHIP) + b"\r\n", one(OTHER) + b"\r\n"] * 12_000
    data = b"".join(lines)
    assert len(data) > 1 << 20
    decoder = LineDecoder()
    batch, _ = decoder.feed(data, float("nan"))
    assert len(batch.positions) == len(lines)


@pytest.mark.parametrize("size", [80, 4096, 65_536, 1 << 20])
def test_the_result_never_depends_on_chunk_boundaries(size: int, shared_data) -> None:
    data = (shared_data / "ais" / "gpsd_sample.aivdm").read_bytes() * 3
    whole, pieces = LineDecoder(keep_others=True), LineDecoder(keep_others=True)
    expected, refused = joined([whole.feed(data, 1.0), whole.finish()])
    chunks = [pieces.feed(data[i : i + size], 1.0) for i in range(0, len(data), size)]
    found, found_refused = joined([*chunks, pieces.finish()])
    for name in ("positions", "statics", "texts", "clocks", "others"):
        for column, values in getattr(expected, name).columns().items():
            np.testing.assert_array_equal(getattr(found, name).columns()[column], values)
    assert by_line(found_refused) == by_line(refused)
    assert (whole.ledger().n_bytes == pieces.ledger().n_bytes).all()
