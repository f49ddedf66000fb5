"""Fragments put together in columns are put together as the joiner does it, one by one; it is the oracle here.

Ages and the times at which old parts are given up are made short, so that they come into play in short streams.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decoders.ais import fragments, joining, runs
from decoders.ais.sentence import checksum
from decoders.lines import LineDecoder
from decoders.rejects import Reason
from tests.decoders.answers import Answers, assert_same_answers
from tests.oracles.ais_lines import xor

STATIC = b"55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8888888888800000000000000000"
SINGLE = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A\r\n"


def fragment(count: int, number: int, sequence: bytes, channel: bytes, talker: bytes, variant: int) -> bytes:
    at = (number - 1) * 20
    payload = STATIC[at : at + 20][:-1] + b"%d" % variant
    body = b"%b,%d,%d,%b,%b,%b,%d" % (talker, count, number, sequence, channel, payload, 2 if number == count else 0)
    return b"!%b*%b" % (body, checksum(body))


KEYS = st.tuples(
    st.sampled_from([2, 2, 2, 3]), st.sampled_from([b"1", b"", b"10"]), st.sampled_from([b"A", b"A", b"B", b""]),
    st.sampled_from([b"AIVDM", b"AIVDM", b"AIVDO", b"BSVDM"]), st.integers(0, 1),
)  # fmt: skip
BLOCKS = st.sampled_from(
    [b"", b"", b"", b"s:a", b"s:b", b"g:1-2-5", b"s:a,g:2-2-5", b"g:1-2-station 0", b"g:1-2-station x"]
)
SECONDS = st.sampled_from([None, None, 0, 1, 2, 100])


@st.composite
def streams(draw: st.DrawFn) -> bytes:
    """Messages whole, interleaved, reversed, repeated or in part, and single sentences between them."""
    lines: list[bytes] = []
    for key in draw(st.lists(KEYS, min_size=1, max_size=14)):
        count, sequence, channel, talker, variant = key
        parts = [fragment(count, number, sequence, channel, talker, variant) for number in range(1, count + 1)]
        shape = draw(st.sampled_from(["whole", "whole", "whole", "reversed", "repeated", "cut", "apart"]))
        parts = {"reversed": parts[::-1], "repeated": parts[:1] + parts, "cut": parts[: count - 1]}.get(shape, parts)
        block, second = draw(BLOCKS), draw(SECONDS)
        fields = b",".join(field for field in (block, b"" if second is None else b"c:%d" % (10**9 + second)) if field)
        tag = b"\\%b*%02X\\" % (fields, xor(fields)) if fields else b""
        place = draw(st.integers(0, len(lines))) if shape == "apart" else len(lines)
        lines[place:place] = [tag + parts[0] + b"\r\n", *([SINGLE] * draw(st.integers(0, 3)))]
        lines += [(tag if draw(st.booleans()) else b"") + part + b"\r\n" for part in parts[1:]]
    return b"".join(lines)


def decode(data: bytes, size: int, min_parts: int, t_unix_s: float) -> Answers:
    decoder = LineDecoder()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joining, "MIN_PARTS", min_parts)
        patch.setattr(joining, "EXPIRE_EVERY", 7)
        for module in (fragments, runs):
            patch.setattr(module, "MAX_AGE_SENTENCES", 9)
        results = [decoder.feed(data[i : i + size], t_unix_s) for i in range(0, len(data), size)]
        results.append(decoder.finish())
    return [batch for batch, _ in results], [rejects for _, rejects in results], decoder.ledger()


@given(streams(), st.sampled_from([200, 1000, 1 << 20]), st.sampled_from([5.0, float("nan")]))
@settings(max_examples=400, deadline=None)
def test_runs_are_joined_as_the_joiner_does(data: bytes, size: int, t_unix_s: float) -> None:
    assert_same_answers(decode(data, size, 1, t_unix_s), decode(data, size, 1 << 60, t_unix_s))


def test_whole_runs_need_no_joiner(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [fragment(2, number, b"%d" % sequence, b"A", b"AIVDM", 0) for sequence in range(10) for number in (1, 2)]
    interleaved = [parts[i] for i in (0, 2, 1, 3)] + parts[4:]
    monkeypatch.setattr(joining.Joining, "_take_part", lambda *_: pytest.fail("went to the joiner"))
    decoder = LineDecoder()
    batch, _ = decoder.feed(b"\r\n".join(interleaved) + b"\r\n", 1.0)
    assert batch.statics.mmsi.tolist() == [351759000] * 10
    assert decoder.ledger().n_sentences[0, [Reason.DECODED, Reason.JOINED, Reason.WAITING]].tolist() == [10, 10, 0]
