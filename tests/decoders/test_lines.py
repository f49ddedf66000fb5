"""Laws of mixed feeds: where the stream is cut and what noise stands in it changes no row, and no byte is lost."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decoders import DECODERS
from decoders.ais.sentence import tag_block
from decoders.columns import Batch, TimeSource
from decoders.lines import LineDecoder
from decoders.radar.columns import RadarFormat
from decoders.rejects import Reason
from tests.decoders.answers import by_line
from tests.decoders.radar_rows import T0, TABLES, assert_same_rows, decoded, line_of
from tests.decoders.test_radar_synthetic import BOAT, PIRATE, message

AIS = [
    b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A\r\n",
    b"!AIVDM,2,1,1,A,55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8,0*1C\r\n",
    b"!AIVDM,2,2,1,A,88888888880,2*25\r\n",
    message([BOAT]),
    message([BOAT, PIRATE]),
]
RADAR = [
    line_of(b"$RATTM,41,6.51,136.2,T,5.6,237.8,T,,,N,T41,T,,075454.00,A"),
    line_of(b"$RATTM,41,6.51,136.2,T,5.6,237.8,T,,,N,,L,,075454.00,A"),
    line_of(b"$RATTM, 1,1.033854,237.500000,,5.76,176.3,T, , ,N,ARPA 1,T, "),
    line_of(b"$RATLL,42,5103.0438,N,00126.6918,E,T^2C42,075454.00,T,"),
    line_of(b"$RATLB,41,ROSE,42,235999001"),
    line_of(b"!RATTD,01,01,,0aEB0pU:wwP:;000bER02@6wwP:<00,0"),
    line_of(b"$RAOSD,359.3,A,355.2,P,3.3,P,350.5,1.6,N"),
    line_of(b"$RARSD,0.00,0.0,5.18,82.1,,,,,,,6,N,N"),
]
BAD = [
    line_of(b"$RATTM,41,x"),
    line_of(b"$RATTM,41,6.51,136.2,T,5.6,237.8,T,,,N,T41,X,,075454.00,A"),
    RADAR[0].replace(b"6.51", b"6.52"),
    RADAR[3][:30] + b"\r\n",
    line_of(b"!RATTD,1A,01,1,177KQJ5000G?tO`K>RA1wUbN0TKH,0"),
    b"$RATTM,41\r\n",
    b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4B\r\n",
]
OTHER = [
    line_of(b"$GPGGA,114941,5229.6,N"),
    line_of(b"$GPRMC,075450.000,A,5455.5854,N,01229.1706,E,4.95,140.48,040521,,,A"),
    line_of(b"$PXTTM,1"),
    b"# TTM and $RATTM, and so on\r\n",
    b"\r\n",
    b"noise\r\n",
]
PREFIXES = [b"", b"", tag_block("ra-1", T0), tag_block("ai-1", T0 + 1), b"UdPbC\0" + tag_block("ra-2", T0), b"UdPbC\0"]
SOUND = st.lists(st.tuples(st.sampled_from(PREFIXES), st.sampled_from(AIS + RADAR)).map(b"".join), max_size=30)
LINES = st.lists(
    st.tuples(st.sampled_from(PREFIXES), st.sampled_from(AIS + RADAR * 2 + BAD + OTHER)).map(b"".join), max_size=40
)
# no line of it can be a sentence, carry a time, or be a comment that another line would be part of
GARBAGE = st.binary(max_size=60).map(lambda noise: noise.translate(None, b"!$\n\r") + b"\r\n")


def test_lines_are_decoded_by_one_decoder() -> None:
    assert DECODERS["nmea"] is LineDecoder


@given(LINES, st.data())
@settings(max_examples=300, deadline=None)
def test_where_the_stream_is_cut_changes_nothing(lines: list[bytes], data: st.DataObject) -> None:
    stream = b"".join(lines)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=12))
    whole, refused = decoded(stream)
    pieces, refused_again = decoded(stream, cuts=cuts)
    assert_same_rows(whole, pieces)
    assert by_line(refused) == by_line(refused_again)
    assert whole.stations == pieces.stations


def told(batch: Batch) -> list[dict[str, object]]:
    """Every row without its line number, with its station's name."""
    found = []
    for name in TABLES:
        columns = {k: v.tolist() for k, v in getattr(batch, name).columns().items() if k != "line"}
        columns["station"] = [batch.stations[station] for station in columns["station"]]
        found += [
            {"table": name} | {k: repr(v) for k, v in zip(columns, row, strict=True)}
            for row in zip(*columns.values(), strict=True)
        ]
    return found


@given(SOUND, st.lists(GARBAGE, min_size=31, max_size=31))
@settings(max_examples=200, deadline=None)
def test_noise_between_lines_changes_no_row(lines: list[bytes], garbage: list[bytes]) -> None:
    clean, _ = decoded(b"".join(lines))
    noisy, _ = decoded(b"".join(noise + line for noise, line in zip(garbage, lines, strict=False)))
    assert told(noisy) == told(clean)


@given(LINES)
@settings(max_examples=200, deadline=None)
def test_radar_and_ais_do_not_disturb_each_other(lines: list[bytes]) -> None:
    def is_radar(line: bytes) -> bool:
        return any(mark in line for mark in (b"TTM", b"TLL", b"TLB", b"TTD", b"OSD", b"RSD"))

    timed = [line for line in lines if b"RMC" not in line]
    both, _ = decoded(b"".join(timed))
    ais, _ = decoded(b"".join(line for line in timed if not is_radar(line)))
    radar, _ = decoded(b"".join(line for line in timed if is_radar(line)))
    rows = told(both)
    is_synthetic = {"format": repr(int(RadarFormat.FI17))}.items()
    assert [row for row in rows if row["table"][:5] != "radar" or is_synthetic <= row.items()] == told(ais)
    assert [row for row in rows if row["table"][:5] == "radar" and not is_synthetic <= row.items()] == told(radar)


@pytest.mark.parametrize("line", AIS[:1] + RADAR)
def test_glued_lines_cost_nothing(line: bytes) -> None:
    glued, rejects = decoded(line.strip() + RADAR[0].strip() + line.strip() + AIS[0])
    apart, _ = decoded(line + RADAR[0] + line + AIS[0])
    assert told(glued) == told(apart)
    assert len(rejects) == 0


@pytest.mark.parametrize("n_bytes", range(1, 60))
def test_a_cut_sentence_costs_only_itself(n_bytes: int) -> None:
    cut = RADAR[0][:n_bytes]
    for follower in (RADAR[3], AIS[0]):
        batch, rejects = decoded(cut + follower)
        assert told(batch) == told(decoded(follower)[0])
        assert len(rejects) == 1


def test_a_radars_times_come_from_every_carrier() -> None:
    ttm = RADAR[0]
    carriers = {
        TimeSource.TAG: tag_block("x", T0 + 1) + ttm,
        TimeSource.LEADING: b"2021-05-04 07:54:55, " + ttm,
        TimeSource.TRAILING: ttm.strip() + b",rPORT,1620114895\r\n",
        TimeSource.CARRIED: line_of(b"$GPZDA,075455.00,04,05,2021,00,00") + ttm,
    }
    for source, data in carriers.items():
        found = decoded(data, float("nan"))[0].radar
        assert (found.t_heard_unix_s[0], found.time_source[0]) == (T0 + 1, source)
        assert found.t_unix_s[0] == T0


def test_a_datagrams_mark_is_a_carrier() -> None:
    """IEC 61162-450: it stands before the TAG block, or before the sentence where there is none."""
    for line in (AIS[0], RADAR[0]):
        batch, rejects = decoded(b"UdPbC\0" + tag_block("ra", T0) + line + b"UdPbC\0" + line)
        assert len(rejects) == 0
        assert told(batch) == told(decoded(tag_block("ra", T0) + line + line)[0])
    _, rejects = decoded(b"UdPbC" + AIS[0])
    assert rejects.reason.tolist() == [Reason.NOISE]


def test_what_a_radar_says_is_accounted_for_as_decoded() -> None:
    decoder = LineDecoder()
    decoder.feed(b"".join(RADAR), T0)
    ledger = decoder.ledger()
    n_bytes = sum(len(line) - 2 for line in RADAR)
    assert ledger.n_bytes[0, Reason.DECODED] == n_bytes
    assert ledger.n_sentences[0, Reason.DECODED] == len(RADAR)
    assert ledger.n_bytes.sum() == n_bytes + 2 * len(RADAR)


def test_a_feed_of_many_radars_is_read_whole() -> None:
    lines = [tag_block(f"ra-{i % 4}", T0 + i) + RADAR[i % len(RADAR)] for i in range(4000)]
    batch, rejects = decoded(b"".join(lines), float("nan"), cuts=[70_000, 140_000])
    assert len(rejects) == 0
    n_each = 4000 // len(RADAR)
    assert len(batch.radar) == n_each * 6  # five of one row, of which one is of two targets
    assert len(batch.radar_health) == n_each * 2
    assert np.isin(batch.radar.line, np.arange(1, 4001)).all()
