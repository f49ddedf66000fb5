"""What stands around sentences and between them, read in columns, is what is read one by one.

The slow reading (`decoders.carriers`, text by text) is the oracle: the same stream is decoded twice, once with every
text sent through columns, once with none. Tables, rejects, ledger and the order of the stations must be equal.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decoders import layouts, origins
from decoders.columns import Flag, TimeSource
from decoders.lines import LineDecoder
from decoders.lookup import Lookup, words_of
from decoders.rejects import Reason
from tests.decoders.answers import Answers, assert_same_answers
from tests.oracles.ais_lines import xor

SENTENCES = (
    b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A",
    b"!BSVDM,1,1,,B,13mHJ20OiO1RrQt`A9tQSiMl08QU,0*24",
    b"!BSVDM,2,1,3,A,53nPnh800000ha@J2218UH60U@4hT6000000000t2PD33t?P008000000000,0*72",
    b"!BSVDM,2,2,3,A,00000000000,2*3E",
    b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*00",
)
ENDS = st.sampled_from([b"\r\n", b"\n", b"", b"\r"])
NAMES = st.sampled_from(
    [b"dover", b"calais-1", b"b003669710", b"r3669963", b"a name far too long", b"", b"\xe9", b"x:y"]
)
TIMES = st.one_of(
    st.integers(1_700_000_000, 1_700_000_100).map(lambda s: b"%d" % s),
    st.integers(1_700_000_000_000, 1_700_000_000_999).map(lambda ms: b"%d" % ms),
    st.integers(1_700_000_000_000_000, 1_700_000_000_000_999).map(lambda us: b"%d" % us),
    st.floats(1.7e9, 1.7e9 + 99).map(lambda s: b"%.3f" % s),
    st.floats(1.7e9, 1.7e9 + 99).map(lambda s: b"%.7f" % s),
    st.integers(0, 10**19).map(lambda number: b"%d" % number),
    st.sampled_from([b"nan", b"1_700_000_000", b"", b"-5", b"1e9", b"0", b"4102444800", b"9007199254740993", b"17."]),
)
OTHERS = st.sampled_from([b"n:12", b"hello", b"c", b"s", b"t:text*x", b"g:", b"q:s:c", b"1:2", b"cs:1"])
GROUPS = st.builds(lambda i, n: b"g:%d-2-%d" % (i, n), st.integers(1, 2), st.integers(0, 30))
FIELDS = st.one_of(NAMES.map(lambda s: b"s:" + s), TIMES.map(lambda t: b"c:" + t), GROUPS, OTHERS)


@st.composite
def tag_blocks(draw: st.DrawFn) -> bytes:
    body = b",".join(draw(st.lists(FIELDS, max_size=4)))
    check = xor(body) ^ draw(st.sampled_from([0, 0, 0, 0, 1]))
    digits = draw(st.sampled_from([b"%02X" % check, b"%02x" % check]))
    return b"\\" + body + b"*" + digits + b"\\"


PARTS = st.integers(0, 65)


@st.composite
def dates(draw: st.DrawFn) -> bytes:
    """Dates and times, some of them impossible; the last Sunday of March 2016 has a gap in Paris."""
    day = draw(
        st.sampled_from([b"2016-03-27", b"2016-10-30", b"2016/02/30", b"0000-00-00", b"9999-12-31", b"1969-12-31"])
    )
    clock = b"%02d:%02d:%02d" % (draw(st.integers(0, 25)), draw(PARTS), draw(PARTS))
    fraction = draw(st.sampled_from([b"", b"", b".5", b".123", b".1234567890123"]))
    place = draw(st.sampled_from([b"", b"Z", b" UTC", b"+02:00", b"-0330", b"+99:99"]))
    before, behind = draw(st.sampled_from([b"", b" ", b"["])), draw(st.sampled_from([b", ", b" ", b"", b"] "]))
    return before + day + draw(st.sampled_from([b" ", b"T"])) + clock + fraction + place + behind


EPOCHS = TIMES.map(lambda t: t + b" ")
NOISE = st.sampled_from(
    [b" ", b"\t", b"\0", b"\\", b"\\s:x", b"$GPGGA,1", b"\xff\xfe", b"abc 123, ", b"\\\\", b"\\*00\\"]
)
PREFIXES = st.one_of(
    tag_blocks(), tag_blocks(), dates(), EPOCHS, NOISE, st.just(b""),
    st.sampled_from([(tag_blocks(), tag_blocks()), (dates(), tag_blocks()), (tag_blocks(), dates())])
    .flatmap(lambda pair: st.tuples(*pair)).map(b"".join),
)  # fmt: skip
SUFFIXES = st.one_of(
    st.just(b""), st.just(b""), TIMES.map(lambda t: b"," + t), st.builds(b",%b,%b".__mod__, st.tuples(NAMES, TIMES)),
    st.builds(b",x, s5,%b,%b ".__mod__, st.tuples(NAMES, TIMES)), st.sampled_from([b" ", b",", b",T5.2,S11", b"junk"]),
)  # fmt: skip


@st.composite
def clock_lines(draw: st.DrawFn) -> bytes:
    clock = b"%02d%02d%02d" % (draw(st.integers(0, 24)), draw(PARTS), draw(PARTS))
    clock += draw(st.sampled_from([b"", b".00", b".5", b".123", b".1234", b".", b"x"]))
    day, month, year = draw(st.integers(0, 32)), draw(st.integers(0, 13)), draw(st.sampled_from([99, 11, 2016, 12345]))
    milli = draw(st.integers(-1, 1100))
    body = draw(
        st.sampled_from(
            [
                b"GPRMC,%b,A,5455.58,N,01229.17,E,4.95,140.48,%02d%02d%02d,,,A" % (clock, day, month, year % 100),
                b"GPRMC,%b,A,5455.58,N,01229.17,E,4.95,140.48,%02d%02d%02d" % (clock, day, month, year),
                b"GPRMC,%b,A,5455.58,N,01229.17,E" % clock,
                b"GPZDA,%b,%02d,%02d,%d,00,00" % (clock, day, month, year),
                b"GPZDA,%b, %d,+%d,%d" % (clock, day, month, year),
                b"PGHP,1,%d,%d,%d,11,46,12,%d,219,,2190047,1,1A" % (year, month, day, milli),
                b"PGHP,1,2010,6,11,11,46,12",
                b"IIRMCX,%b" % clock,
                b"GPGGA,114941,5229.6,N",
            ]
        )
    )
    check = xor(body) ^ draw(st.sampled_from([0, 0, 0, 0, 1]))
    return b"$" + body + b"*%02X" % check + draw(st.sampled_from([b"", b"", b" ", b"x", b"*"]))


OTHER_LINES = st.one_of(
    clock_lines(), clock_lines(), st.sampled_from([b"# word", b"", b" ", b"noise", b"$", b"$*", b"x $GPGGA*00", b"\0"])
)
WRAPPED = st.builds(lambda a, s, b: a + s + b, PREFIXES, st.sampled_from(SENTENCES), SUFFIXES)
STREAMS = st.lists(st.tuples(st.one_of(WRAPPED, WRAPPED, OTHER_LINES), ENDS).map(b"".join), min_size=1, max_size=40)


@contextmanager
def columns_from(n_rows: int) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(origins, "MIN_ROWS", n_rows)
        yield


def decode(data: bytes, zone: str, min_rows: int) -> Answers:
    decoder = LineDecoder(leading_time_zone=zone, keep_others=True)
    with columns_from(min_rows):
        results = [decoder.feed(data, 5.0), decoder.finish()]
    return [batch for batch, _ in results], [rejects for _, rejects in results], decoder.ledger()


def assert_same(data: bytes, zone: str) -> None:
    assert_same_answers(decode(data, zone, 1), decode(data, zone, 1 << 60))


@given(STREAMS, st.sampled_from(["UTC", "Europe/Paris", "+05:30", "Australia/Lord_Howe"]))
@settings(max_examples=400, deadline=None)
def test_columns_read_what_is_read_one_by_one(lines: list[bytes], zone: str) -> None:
    assert_same(b"".join(lines), zone)


FEEDS = {
    "seconds of a tag block": [
        b"\\s:dover,c:%d*%02X\\" % (t, xor(b"s:dover,c:%d" % t)) for t in range(10**9, 10**9 + 40)
    ],
    "dates": [b"2016-03-27 %02d:59:%02d, " % (i % 24, i) for i in range(40)],
    "epochs": [b"%d.%d " % (1_700_000_000 + i, i) for i in range(40)],
}


@pytest.mark.parametrize("feed", FEEDS)
@pytest.mark.parametrize("zone", ["UTC", "Europe/Paris"])
def test_a_feed_of_one_layout_is_read_in_columns(feed: str, zone: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing but an hour in which clocks change is left for the slow way."""
    data = b"".join(prefix + SENTENCES[0] + b"\r\n" for prefix in FEEDS[feed])
    assert_same(data, zone)
    calls = []
    slow = origins.Origination._read_gap
    monkeypatch.setattr(origins.Origination, "_read_gap", lambda *a: (calls.append(a), slow(*a)))
    batch, _ = LineDecoder(leading_time_zone=zone).feed(data, np.nan)
    assert np.isfinite(batch.positions.t_unix_s).all()
    assert len(calls) <= 2


def test_stations_are_numbered_in_the_order_of_the_stream_however_they_are_read() -> None:
    bodies = [b"s:b", b"s:a", b"s:a name far too long", b"s:c", b"s:a", b"s:x,s:y", b"s:d"] * 4
    data = b"".join(b"\\%b*%02X\\" % (body, xor(body)) + SENTENCES[0] + b"\n" for body in bodies)
    batches, _, _ = decode(data, "UTC", 1)
    assert batches[0].stations == ("", "b", "a", "a name far too long", "c", "x", "d")
    assert_same(data, "UTC")


def test_a_tag_block_with_a_bad_checksum_is_marked_in_a_column_too() -> None:
    good, bad = b"\\s:a,c:1700000000*%02X\\" % xor(b"s:a,c:1700000000"), b"\\s:b,c:1700000000*00\\"
    data = (good + SENTENCES[0] + b"\n") * 30 + bad + SENTENCES[0] + b"\n"
    batch, _ = LineDecoder().feed(data, np.nan)
    assert (batch.positions.flags & Flag.TIME_UNTRUSTED).astype(bool).tolist() == [False] * 30 + [True]
    assert batch.positions.time_source.tolist() == [TimeSource.TAG] * 30 + [TimeSource.NONE]
    assert batch.stations == ("", "a")


def test_layouts_beyond_the_bound_are_read_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layouts, "MAX_LAYOUTS", 3)
    prefixes = [b"\\s:%b,c:1700000000" % (b"x" * n) for n in range(1, 12)]
    data = b"".join(b"%b*%02X\\" % (p, xor(p[1:])) + SENTENCES[0] + b"\n" for p in prefixes * 3)
    batches, _, ledger = decode(data, "UTC", 1)
    assert len(batches[0].stations) == 12
    assert batches[0].positions.t_unix_s.tolist() == [1.7e9] * 33
    assert ledger.n_bytes[:, Reason.CARRIER].sum() == 3 * sum(len(p) + 4 for p in prefixes)
    assert_same(data, "UTC")


@given(st.lists(st.binary(min_size=0, max_size=16), max_size=30), st.lists(st.binary(max_size=16), max_size=10))
@settings(deadline=None)
def test_a_lookup_finds_what_it_learned_and_nothing_else(known: list[bytes], asked: list[bytes]) -> None:
    def words(texts: list[bytes]) -> np.ndarray:
        rows = np.frombuffer(b"".join(text.ljust(16, b"\0") for text in texts), np.uint8).reshape(-1, 16)
        return words_of(rows, np.array([len(text) for text in texts]))

    lookup, numbers = Lookup(2, 20), {}
    for text in known:
        bare = text.rstrip(b"\0")
        if bare not in numbers and not lookup.is_full:
            numbers[bare] = len(numbers)
        lookup.learn(words([text])[0], numbers.get(bare, -2))
    if known + asked:
        found = lookup.find(words(known + asked)).tolist()
        assert found == [numbers.get(text.rstrip(b"\0"), -1) for text in known + asked]


@given(TIMES)
def test_plain_numbers_are_read_as_float_does(text: bytes) -> None:
    match = layouts.PLAIN_NUMBER.fullmatch(text)
    if match is None:
        return
    source = np.frombuffer(text + b"\0" * 64, np.uint8)
    widths = np.array([len(match[1])]), np.array([len(match[2] or b"")])
    (value,) = layouts.numbers(source, np.array([0]), *widths).tolist()
    assert value in (float(text), np.inf)
    assert (value == np.inf) == (int(match[1] + (match[2] or b"")) >= layouts.EXACT)
