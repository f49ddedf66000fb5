"""Blocks in which every line is as it should be are read without a search; one odd line must change nothing else."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decoders.blocks import block_of, lone_returns_to_line_feeds
from decoders.framing import computed_sum, has_right_sum
from decoders.nmea import FILL_UNKNOWN
from decoders.rejects import Reason

BARE = [
    b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A\r\n",
    b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*00\n",
    b"!AIVDM,1,1,,A,1,0*GG\n",
    b"!AIVDO,1,1,,B,B000000002EgKjv=lCL03wQ5wP06,0*4D\r\n",
    b"!AIVDM,2,2,,B,15RTgt0PAso;90TKcjM8h6g208CQ,0*49\r\n",
    b"!BSVDM,2,1,3,A,53nPnh800000ha@J2218UH60U@4hT6000000000000t2PD33t?P008000000000,0*72\r\n",
    b"!ABVDM,2,2,3,A,00000000000,7*1F\n",
]
LIKE_BARE = [  # nearly; most have as many marks
    b"!AIVDO,1,1,,,B000000002EgKjv=lCL03wQ5wP06,0*0F\r\n",
    b"!ABVDM,2,2,3,,00000000000,7*5E\n",
    b"!AIVDM,0,1,,A,15RTgt,0*2F\n",
    b"!AIVDM,x,1,,A,15RTgt,0*2F\n",
    b"!AIVDM,1,x,,A,15RTgt,0*2F\n",
    b"!ABVDM,2,2,10,A,00000000000,2*1F\n",
    b"!XXABC,1,2,3,4,5,6*11\n",
    b"!,,,,,,*00\n",
    b"!AI,VDM,1,1,,*32\n",
    b"!AIVDM,1,1,,,A,15RTgt*2F\n",
    b"!AIVDM,2,1,x,A,15RTgt,0*2F\n",
    b"!AIVDM,1,2,,A,15RTgt,0*2F\n",
    b"!AIVDM,1,1,,A,,0*2F\n",
    b"!AIVDM,1,1,,A,15RTgt,0*2\n",
    b"!AIVDM,1,1,,A,15RTgt,*20\n",
    b"!AIVDM,1,1,,A,15RTgt,10*2F\n",
    b"!AIVDM,1,1,,A," + b"0" * 1100 + b",0*2F\n",
]
LINES = st.lists(st.sampled_from(BARE), min_size=1, max_size=20) | st.lists(
    st.sampled_from(BARE + LIKE_BARE), min_size=1, max_size=20
)
ODD = st.sampled_from(
    [b"!\n", b"!*\n", b"*\n", b",\n", b"!,,*!,,,,**\n", b"!AIVDM,1,1,,A,15R\n", b"\n", b"$GPGGA,,*00\n"]
)


@given(LINES, ODD)
@settings(deadline=None)
def test_a_regular_block_is_read_as_an_irregular_one(lines: list[bytes], odd: bytes) -> None:
    data = b"".join(lines)
    regular, irregular = block_of(data, 0), block_of(data + odd, 0)
    n = len(regular.sentences)
    assert n == len(lines)
    for name, values in regular.sentences.columns().items():
        np.testing.assert_array_equal(irregular.sentences.columns()[name][:n], values, err_msg=name)
    one, other = (block.envelopes.columns() for block in (regular, irregular))
    decoded = one["reason"] == Reason.DECODED
    np.testing.assert_array_equal(other["reason"][:n], one["reason"])
    for name, values in one.items():
        assert other[name].dtype == values.dtype
        np.testing.assert_array_equal(other[name][:n][decoded], values[decoded], err_msg=name)


@pytest.mark.parametrize("line", BARE + LIKE_BARE)
def test_a_block_is_bare_when_all_marks_stand_where_they_should(line: bytes) -> None:
    assert (block_of(BARE[0] + line, 0).n_bare_returns is not None) == (line in BARE)


def test_an_envelope_is_read_field_by_field() -> None:
    data = b"!BSVDM,2,1,10,B,53nPnh8,3*69\n!AIVDO,1,1,,,B0000,x*00\n!AIVDM,1,1,,,A,15RT,0*1F\n"
    found = block_of(data, 0).envelopes
    assert found.count.tolist() == [2, 1, 1]
    assert found.sequence.tolist() == [10, -1, -1]
    assert [chr(channel) for channel in found.channel] == ["B", "\0", "A"]
    assert found.is_own_ship.tolist() == [False, True, False]
    assert found.fill.tolist() == [3, FILL_UNKNOWN, 0]
    texts = [data[at : at + n] for at, n in zip(found.payload.tolist(), found.n_chars.tolist(), strict=True)]
    assert texts == [b"53nPnh8", b"B0000", b"15RT"]


@given(st.lists(st.tuples(st.binary(max_size=20), st.booleans()), min_size=1, max_size=10))
def test_sums_of_many_stretches_are_those_of_each(stretches: list[tuple[bytes, bool]]) -> None:
    data, first, star, sums = b"", [], [], []
    for body, is_right in stretches:
        total = 0
        for byte in body:
            total ^= byte
        first.append(len(data))
        star.append(len(data) + len(body))
        sums.append(total)
        data += body + b"*%02X" % (total ^ (not is_right))
    source = np.frombuffer(data + b"\0" * 8, np.uint8)
    places = np.array(first), np.array(star)
    assert computed_sum(source, *places).tolist() == sums
    assert has_right_sum(source, *places).tolist() == [is_right for _, is_right in stretches]


def test_lone_carriage_returns_end_lines_and_pairs_stay() -> None:
    assert lone_returns_to_line_feeds(b"a\rb\r\nc\r\r\nd\r") == b"a\nb\r\nc\n\r\nd\n"
    assert len(block_of(b"a\rb\r\nc\n", 0).lines) == 3
