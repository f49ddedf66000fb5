"""The NMEA envelope on the way out."""

import numpy as np
import pyais
import pytest

from decoders.ais.sentence import MAX_FRAGMENTS, MAX_PAYLOAD, sentence, single_sentences, tag_block


def test_a_known_sentence_gets_its_known_checksum() -> None:
    # From gpsd's sample file.
    assert sentence(b"15RTgt0PAso;90TKcjM8h6g208CQ", 0) == [b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A"]


def test_lines_never_exceed_the_82_characters_of_the_standard() -> None:
    for n in (1, 59, 60, 61, 120, 121, 540):
        lines = sentence(b"w" * n, 5, talker=b"BSVDO", seq=9)
        assert max(len(line) + 2 for line in lines) <= 82
        assert len(lines) == -(-n // MAX_PAYLOAD)


def test_fragments_carry_count_number_sequence_and_fill_only_at_the_end() -> None:
    lines = sentence(b"5" * 71, 2, channel=b"B", seq=13)
    assert lines[0].startswith(b"!AIVDM,2,1,3,B," + b"5" * 60 + b",0*")
    assert lines[1].startswith(b"!AIVDM,2,2,3,B," + b"5" * 11 + b",2*")


def test_a_payload_that_needs_ten_lines_is_refused() -> None:
    with pytest.raises(ValueError, match="more than 9"):
        sentence(b"0" * (MAX_PAYLOAD * MAX_FRAGMENTS + 1), 0)


def test_single_sentences_equal_sentence() -> None:
    rng = np.random.default_rng(3)
    symbols = rng.integers(0, 64, (50, 28)).astype(np.uint8)
    channel = np.where(rng.random(50) < 0.5, b"A", b"B").astype("S1")
    many = single_sentences(symbols, 2, talker=b"BSVDM", channel=channel)
    for line, letter in zip(many, channel.tolist(), strict=True):
        payload = line.split(b",")[5]
        assert sentence(payload, 2, talker=b"BSVDM", channel=letter) == [line]
        assert pyais.NMEAMessage(line).is_valid


def test_tag_block_has_station_time_and_checksum() -> None:
    assert tag_block("dover-1", 1763800000.123) == rb"\s:dover-1,c:1763800000.123*5F" + b"\\"
    assert tag_block("", 1763800000.0) == rb"\c:1763800000.000*4C" + b"\\"
    assert tag_block("dover-1", float("nan")).startswith(rb"\s:dover-1*")
    assert tag_block("", float("nan")) == b""


@pytest.mark.parametrize("station", ["a,b", "a*b", "a\\b", "dover 1", "dôver", "a\n"])
def test_a_station_that_would_break_the_tag_block_is_refused(station: str) -> None:
    with pytest.raises(ValueError, match="TAG block"):
        tag_block(station, 0.0)
