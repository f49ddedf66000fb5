"""Times that no calendar has, from lines whose checksum is right: they are no times, and nothing breaks."""

import numpy as np
import pytest

from decoders.account import MAX_STATIONS
from decoders.ais.sentence import tag_block
from decoders.columns import TimeSource
from decoders.lines import LineDecoder
from tests.oracles.ais_lines import xor

POSITION = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A\r\n"
BODIES = [
    b"PGHP,1,2010,6,11,11,46,11,99999999999999,219,,2190047,1,1A",
    b"PGHP,1,99999999999,6,11,11,46,11,386,219,,2190047,1,1A",
    b"PGHP,1,2010,0,0,24,60,60,386,219,,2190047,1,1A",
    b"PGHP,1,0001,1,1,0,0,0,0,219,,2190047,1,1A",
    b"GPRMC,1209nan,A,4912.1,N,00212.1,W,5.1,210.1,260711,,,A",
    b"GPRMC,1209inf,A,4912.1,N,00212.1,W,5.1,210.1,260711,,,A",
    b"GPRMC,12091e300,A,4912.1,N,00212.1,W,5.1,210.1,260711,,,A",
    b"GPZDA,120946.00,31,02,2011,00,00",
    b"GPZDA,120946.00,26,07,99999,00,00",
    b"GPZDA,120946.00,26,07,-1,00,00",
]
BEFORE = [
    b"2016-03-31 00:00:01 +99:99 ",
    b"0000-00-00 00:00:00, ",
    b"0001-01-01 00:00:00, ",
    b"9999-12-31 23:59:60, ",
    b"9999-12-31 23:59:59 -23:59, ",
]


def decoded(data: bytes) -> tuple[float, int]:
    decoder = LineDecoder(leading_time_zone="Europe/Paris")
    table = decoder.feed(data, np.nan)[0].positions
    assert len(table) == 1
    assert decoder.ledger().n_bytes.sum() == len(data)
    return float(table.t_unix_s[0]), int(table.time_source[0])


@pytest.mark.parametrize("body", BODIES)
def test_a_line_with_an_impossible_time_gives_none(body: bytes) -> None:
    t_unix_s, source = decoded(b"$%b*%02X\r\n" % (body, xor(body)) + POSITION)
    assert np.isnan(t_unix_s)
    assert source == TimeSource.NONE


@pytest.mark.parametrize("prefix", BEFORE)
def test_an_impossible_time_before_a_sentence_is_none(prefix: bytes) -> None:
    t_unix_s, source = decoded(prefix + POSITION)
    assert np.isnan(t_unix_s)
    assert source == TimeSource.NONE


@pytest.mark.parametrize("value", [b"nan", b"inf", b"-1", b"1e400", b"99999999999999999999999", b"", b"1_000_000_000"])
def test_an_impossible_time_in_a_tag_block_is_none(value: bytes) -> None:
    body = b"s:x,c:" + value
    t_unix_s, _ = decoded(b"\\%b*%02X\\" % (body, xor(body)) + POSITION)
    assert np.isnan(t_unix_s) or value == b"1_000_000_000"


def test_a_tag_block_with_a_bad_checksum_names_no_station() -> None:
    decoder = LineDecoder()
    batch, _ = decoder.feed(b"\\s:ghost,c:1763800000*00\\" + POSITION, np.nan)
    assert batch.stations == ("",)
    assert np.isnan(batch.positions.t_unix_s[0])


def test_names_of_stations_are_bounded() -> None:
    decoder = LineDecoder()
    n = MAX_STATIONS + 100
    data = b"".join(tag_block(f"s{i}", 1763800000.0) + POSITION for i in range(n))
    batch, _ = decoder.feed(data, np.nan)
    assert len(batch.stations) == MAX_STATIONS
    assert (batch.positions.station == 0).sum() == n - MAX_STATIONS + 1
    assert decoder.ledger().n_bytes.sum() == len(data)
