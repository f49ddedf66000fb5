"""The ASTERIX decoder's laws: what was sent comes back, cuts do not matter, garbage costs itself alone."""

import dataclasses
import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decoders.columns import Batch, TimeSource
from decoders.pcap_write import header, record
from decoders.radar import units
from decoders.radar.asterix import AsterixDecoder
from decoders.radar.columns import RadarFlag, RadarFormat, RadarReports, TrackStatus
from decoders.radar.encode_asterix import blocks, encode_heartbeat, encode_reports, encode_site
from decoders.rejects import Reason, Rejects
from decoders.table import Table
from tests.decoders.asterix_reports import T_UNIX_S, random_reports, reports_of
from tests.decoders.captures import classic, framed, packet

FORMS = (RadarFormat.CAT010, RadarFormat.CAT048, RadarFormat.CAT062)
NAN = math.nan


def stream(datagrams: list[bytes], t_unix_s: float = T_UNIX_S + 60.0) -> bytes:
    return header() + b"".join(record(t_unix_s, datagram, "239.1.1.10", 8610) for datagram in datagrams)


def decode(data: bytes, cuts: tuple[int, ...] = ()) -> tuple[Batch, Rejects, AsterixDecoder]:
    """All that a stream says, fed in pieces."""
    decoder = AsterixDecoder()
    edges = [0, *sorted(c for c in cuts if 0 < c < len(data)), len(data)]
    got = [decoder.feed(data[a:b], NAN) for a, b in pairwise(edges)]
    n_fed = int(decoder.ledger().n_bytes.sum())
    assert n_fed == len(data)
    got.append(decoder.finish())
    assert decoder.ledger().n_bytes.sum() == len(data)
    assert decoder.ledger().n_bytes[:, Reason.WAITING].sum() == 0
    batches = [batch for batch, _ in got]
    last = batches[-1]
    whole = dataclasses.replace(
        last,
        radar=RadarReports.concat([b.radar for b in batches]),
        radar_health=type(last.radar_health).concat([b.radar_health for b in batches]),
    )
    return whole, Rejects.concat([rejects for _, rejects in got]), decoder


def same(first: Table, second: Table) -> bool:
    """Column by column, NaN equal to NaN."""
    pairs = zip(first.columns().values(), second.columns().values(), strict=True)
    return all(np.array_equal(a, b, equal_nan=a.dtype.kind == "f") for a, b in pairs)


def shown(batch: Batch, rejects: Rejects, decoder: AsterixDecoder) -> tuple[object, ...]:
    """Everything as comparable values."""
    tables = (batch.radar, batch.radar_health, rejects)
    rows = [[repr(c.tolist()) for c in table.columns().values()] for table in tables]
    ledger = decoder.ledger()
    return rows, batch.stations, decoder.n_lines, ledger.n_bytes.tolist(), ledger.n_sentences.tolist()


OFF = {
    RadarFormat.CAT010: {"range_m": 1, "bearing_deg": 360 / 2**16, "lat_deg": units.WGS_31_DEG, "sog_kn": 0.22,
                         "cog_deg": 360 / 2**16, "sigma_east_m": 0.25, "amplitude_db": 0.5},
    RadarFormat.CAT048: {"range_m": 1852 / 256, "bearing_deg": 360 / 2**16, "sog_kn": 0.22, "cog_deg": 360 / 2**16,
                         "sigma_east_m": 1852 / 128, "amplitude_db": 0.5},
    RadarFormat.CAT062: {"lat_deg": units.WGS_25_DEG, "lon_deg": units.WGS_25_DEG, "sog_kn": 0.5, "sigma_east_m": 0.5},
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
@pytest.mark.parametrize("seed", range(4))
def test_what_is_sent_comes_back_within_one_wire_unit(form: RadarFormat, seed: int) -> None:
    sent = random_reports(500, seed)
    batch, rejects, _ = decode(stream(encode_reports(sent, form, sac=43, sic=17)))
    got = batch.radar
    assert not len(rejects)
    assert batch.stations == ("", "43/17")
    assert got.line.tolist() == list(range(1, 501))
    assert np.all((got.station == 1) & (got.format == form) & (got.time_source == TimeSource.PACKET))
    assert np.max(np.abs(got.t_unix_s - sent.t_unix_s)) <= units.TIME_S
    assert np.array_equal(got.track_no, sent.track_no)
    assert np.array_equal(got.name, sent.name)
    assert np.all(got.mmsi == -1)
    for name, off in OFF[form].items():
        want, have = getattr(sent, name), getattr(got, name)
        apart = np.abs(want - have)
        apart = np.minimum(apart, 360 - apart) if name in ("bearing_deg", "cog_deg") else apart
        assert np.array_equal(np.isnan(want), np.isnan(have)), name
        assert np.nanmax(apart) <= off * 1.0001, name
    if form != RadarFormat.CAT048:
        assert np.array_equal(got.length_m, sent.length_m, equal_nan=True)
        assert np.array_equal(got.width_m, sent.width_m, equal_nan=True)
    check_quality(sent, got, form)


def check_quality(sent: RadarReports, got: RadarReports, form: RadarFormat) -> None:
    """Status and flags, but for what a category cannot say: 062 has no test targets and always has a status."""
    known = sent.status != TrackStatus.UNKNOWN
    assert np.array_equal(got.status[known], sent.status[known])
    kept = int(RadarFlag.SIMULATED | RadarFlag.LAST) | (0 if form == RadarFormat.CAT062 else int(RadarFlag.TEST))
    assert np.array_equal(got.flags, sent.flags & kept)


@pytest.mark.parametrize("form", FORMS[:2], ids=lambda form: form.name)
def test_ghosts_are_told(form: RadarFormat) -> None:
    sent = reports_of(2, t_unix_s=T_UNIX_S, track_no=[1, 2], status=1, flags=[int(RadarFlag.GHOST), 0])
    batch, *_ = decode(stream(encode_reports(sent, form, sac=1, sic=1)))
    assert batch.radar.flags.tolist() == [int(RadarFlag.GHOST), 0]


def mixed() -> list[bytes]:
    """Datagrams of all kinds, some with several blocks, some damaged."""
    made = []
    for i, form in enumerate(FORMS):
        some = encode_reports(random_reports(7, i), form, sac=i, sic=9, block_bytes=120)
        made += [*some, b"".join(some), some[0] + encode_heartbeat(T_UNIX_S, form, sac=i, sic=9) + some[-1]]
        made += [
            some[0][:-1],
            some[0] + b"\0",
            bytes((240,)) + some[0][1:],
            bytes((21,)) + some[0][1:],
            some[0][:-2] + some[-1],
        ]
    site = encode_site(T_UNIX_S, sac=4, sic=4, lat_deg=51.0, lon_deg=1.4, height_m=90.0, period_s=2.5)
    return [*made, site, b"", b"\0" * 5]


STREAM = stream(mixed())
WHOLE = shown(*decode(STREAM))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, len(STREAM)), max_size=30))
def test_cuts_do_not_matter(cuts: list[int]) -> None:
    assert shown(*decode(STREAM, tuple(cuts))) == WHOLE


def test_single_bytes_give_the_same() -> None:
    assert shown(*decode(STREAM, tuple(range(len(STREAM))))) == WHOLE


@settings(max_examples=100, deadline=None)
@given(st.integers(1, len(mixed()) - 4), st.binary(min_size=1, max_size=400))
def test_garbage_between_records_costs_itself_alone(at: int, garbage: bytes) -> None:
    datagrams = mixed()
    spoilt = stream(datagrams[:at]) + garbage + stream(datagrams[at:])[24:]
    clean, (batch, rejects, _) = decode(STREAM)[0], decode(spoilt)
    for name in ("radar", "radar_health"):
        ours, theirs = getattr(clean, name), getattr(batch, name)
        assert len(ours) == len(theirs)
        assert same(dataclasses.replace(ours, line=theirs.line), theirs)
    assert Reason.NOISE in rejects.reason


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2), st.binary(max_size=60))
def test_a_spoilt_datagram_costs_itself_alone(number: int, junk: bytes) -> None:
    good = encode_reports(random_reports(5, 1), FORMS[number], sac=1, sic=1)
    junk = bytes((1,)) + junk  # of a category that is not read
    batch, rejects, _ = decode(stream([*good, junk, *good]))
    assert len(batch.radar) == 10
    assert len(rejects) == 1


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_a_block_cut_anywhere_gives_no_row(form: RadarFormat) -> None:
    (block,) = encode_reports(random_reports(6, 5), form, sac=1, sic=1)
    for n in range(len(block)):
        batch, rejects, _ = decode(stream([block[:n]]))
        assert not len(batch)
        assert len(rejects) == (n > 0)
        relabelled = block[:1] + n.to_bytes(2, "big") + block[3:n]  # cut, but its length says so
        batch, _, _ = decode(stream([relabelled]))
        ends = {len(b) for b in prefixes(random_reports(6, 5), form)}
        assert (len(batch.radar) > 0) == (n in ends), "only whole records make a block"


def prefixes(reports: RadarReports, form: RadarFormat) -> list[bytes]:
    """The blocks of the first one, two ... records."""
    return [encode_reports(reports.take(slice(0, n)), form, sac=1, sic=1)[0] for n in range(1, len(reports) + 1)]


@pytest.mark.parametrize("hours", [-11.9, -3, -0.001, 0, 0.001, 5, 11.9])
@pytest.mark.parametrize("heard", [20_000 * 86_400 + 3.0, 20_000 * 86_400 - 3.0, 20_000 * 86_400 + 40_000.0])
def test_the_day_is_the_one_nearest_to_the_reception(hours: float, heard: float) -> None:
    measured = heard + hours * 3600
    sent = reports_of(1, t_unix_s=measured, track_no=1)
    batch, *_ = decode(stream(encode_reports(sent, RadarFormat.CAT048, sac=1, sic=1), heard))
    assert batch.radar.t_unix_s[0] == pytest.approx(measured, abs=units.TIME_S)
    assert batch.radar.t_heard_unix_s[0] == heard


def one(number: int, hexed: str) -> bytes:
    """A block with one record."""
    return blocks(number, [bytes.fromhex(hexed)], 1400)[0]


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (one(10, "c8" "0101" "01" "40000001" "00000000"), Reason.IMPOSSIBLE_VALUE),  # a latitude beyond 90
        (one(10, "d0" "0101" "01" "ff0000"), Reason.IMPOSSIBLE_VALUE),  # a time of day of 36 hours
        (one(10, "c0" "0101" "05"), Reason.IMPOSSIBLE_VALUE),  # a message type that there is not
        (one(10, "40" "01"), Reason.BAD_FORM),  # nobody sent it
        (one(62, "c0" "0101" "00"), Reason.SPARE_ITEM),
        (one(10, "c10101" "08" "0101" "01"), Reason.SPARE_ITEM),  # the place before SP
        (one(10, "c0" "0101" "01" "00"), Reason.BAD_FORM),  # an octet more, an empty record
        (one(10, "c0" "0101"), Reason.BAD_BLOCK),
        (one(10, "e0" "0101" "01" "6181" "01" "01"), Reason.BAD_BLOCK),  # an extent that the edition has not
        (one(10, "ffffffffff"), Reason.BAD_BLOCK),
        (b"\x0a\x00\x03", Reason.BAD_BLOCK),  # a block without a record
        (b"\x0a\x00\x00", Reason.BAD_BLOCK),
        (b"\x0a\x00", Reason.BAD_BLOCK),
        (one(21, "c0010101"), Reason.UNKNOWN_CATEGORY),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_whole_and_named(block: bytes, reason: Reason) -> None:
    good = encode_reports(reports_of(1, t_unix_s=T_UNIX_S, track_no=1), RadarFormat.CAT048, sac=1, sic=1)[0]
    batch, rejects, _ = decode(stream([good, block, good]))
    assert rejects.reason.tolist() == [reason]
    assert len(batch.radar) == 2


def test_a_block_with_one_impossible_value_loses_its_other_records_too() -> None:
    reports = reports_of(3, t_unix_s=T_UNIX_S, track_no=[1, 2, 3], lat_deg=51.0, lon_deg=1.0)
    (block,) = encode_reports(reports, RadarFormat.CAT062, sac=1, sic=1)
    at = block.index(round(51.0 / units.WGS_25_DEG).to_bytes(4, "big"))
    spoilt = block[:at] + round(91.0 / units.WGS_25_DEG).to_bytes(4, "big") + block[at + 4 :]
    batch, rejects, _ = decode(stream([spoilt + block]))
    assert batch.radar.line.tolist() == [4, 5, 6]
    assert rejects.reason.tolist() == [Reason.IMPOSSIBLE_VALUE]
    assert rejects.n_bytes.tolist() == [len(block)]


def test_video_is_counted_and_not_refused() -> None:
    batch, rejects, decoder = decode(stream([one(240, "c0010102")]))
    assert (len(batch), len(rejects)) == (0, 0)
    assert decoder.ledger().n_bytes[0, Reason.VIDEO] == 7


def test_positions_are_taken_in_their_order_of_worth() -> None:
    head, time = "01010160", "000000"
    place, polar, vector = "2444444401111111", "03e84000", "0064ff9c"
    made = [one(10, "fe" + head + time + place + polar + vector)]
    made += [one(10, "f6" + head + time + polar + vector), one(10, "f2" + head + time + vector)]
    rows = decode(stream(made))[0].radar
    assert rows.lat_deg[0] == pytest.approx(51.0, abs=1e-6)
    assert np.isnan(rows.range_m[0])
    assert (rows.range_m[1], rows.bearing_deg[1]) == (1000.0, 90.0)
    assert rows.range_m[2] == pytest.approx(math.hypot(100, 100))
    assert rows.bearing_deg[2] == pytest.approx(135.0)


def test_cartesian_speed_of_010_is_a_quarter_metre_a_second() -> None:
    rows = decode(stream([one(10, "c14001010100040000")]))[0].radar
    assert rows.sog_kn[0] == pytest.approx(1.0 * 3600 / 1852)
    assert rows.cog_deg[0] == 90.0


def test_health_of_radars_is_told() -> None:
    site = encode_site(T_UNIX_S, sac=4, sic=4, lat_deg=51.129, lon_deg=-1.326, height_m=90.0, period_s=2.5)
    beats = [encode_heartbeat(T_UNIX_S, f, sac=4, sic=4, is_operational=ok) for f in FORMS for ok in (True, False)]
    sensor = one(63, "bd600101000000050440006400000080ff00")  # 070, 090, 091 of 5/4
    batch, rejects, _ = decode(stream([site, *beats, sensor]))
    rows = batch.radar_health
    assert not len(rejects)
    assert not len(batch.radar)
    assert rows.is_operational.tolist() == [1, 1, 0, 1, 0, 1, 0, 1]
    assert rows.lat_deg[0] == pytest.approx(51.129, abs=units.WGS_23_DEG)
    assert rows.lon_deg[0] == pytest.approx(-1.326, abs=units.WGS_23_DEG)
    assert rows.height_m[0] == 90.0
    assert batch.stations == ("", "4/4", "5/4")
    assert batch.stations[rows.station[-1]] == "5/4"
    assert (rows.time_bias_s[-1], rows.range_bias_m[-1]) == (0.1, 1852.0)
    assert rows.bearing_bias_deg[-1] == pytest.approx(-360 / 256)


def test_frames_that_are_no_datagram_are_accounted_for() -> None:
    tcp = bytearray(packet(b"x"))
    tcp[9] = 6
    part = bytearray(packet(b"x"))
    part[6] = 0x20
    data = classic([(T_UNIX_S, framed(1, bytes(tcp))), (T_UNIX_S, framed(1, bytes(part)))], link=1)
    batch, rejects, decoder = decode(data)
    assert len(batch) == 0
    assert rejects.reason.tolist() == [Reason.IP_FRAGMENT]
    n_bytes = decoder.ledger().n_bytes[0]
    assert n_bytes[Reason.OTHER_PACKET] == n_bytes[Reason.IP_FRAGMENT] == len(framed(1, bytes(tcp)))


def test_a_profile_that_is_not_there_is_told() -> None:
    with pytest.raises(ValueError, match="no ASTERIX profile 'sensis', only standard"):
        AsterixDecoder(profile="sensis")


def test_thousands_of_shapes_cost_no_more_memory_than_the_bound() -> None:
    rng = np.random.default_rng(1)
    decoder = AsterixDecoder()
    decoder.feed(header(), NAN)
    for _ in range(3):
        made = []
        for a, b in rng.integers(0, 60, (2000, 2)).tolist():  # counts of I010/250 and I010/280: 3600 shapes
            repeated = bytes((a,)) + bytes(8 * a) + bytes((b,)) + bytes(2 * b)
            made.append(blocks(10, [bytes.fromhex("c1018140010101") + repeated], 1400)[0])
        batch, rejects = decoder.feed(stream(made)[24:], NAN)
        assert (len(batch.radar), len(rejects)) == (2000, 0)
        assert all(len(shapes.offsets) <= 2001 for shapes in decoder._shapes.values())
