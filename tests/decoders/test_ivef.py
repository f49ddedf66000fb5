"""IVEF documents: values in house units, cuts do not matter, hostile documents are refused."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decoders.columns import Batch, TimeSource
from decoders.radar.columns import RadarFlag, RadarFormat, TrackStatus
from decoders.radar.ivef import MAX_DOCUMENT_BYTES, IvefDecoder
from decoders.rejects import Reason, Rejects

T0 = 1_763_800_000.0  # 2025-11-22T08:26:40Z
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n'


def track(number: int = 7, *, status: int = 1, more: str = "", place: str = "", inner: str = "") -> str:
    """An object with a track."""
    where = place or 'Lat="51.05" Long="1.45" EstAccLat="12" EstAccLong="15"'
    return (
        f'<ObjectData><TrackData Id="{number}" SourceName="VTS Dover" UpdateTime="2025-11-22T08:26:40.000Z" COG="90.0" '
        f'SOG="10.0" TrackStatus="{status}" {more}><Pos {where}/></TrackData>{inner}</ObjectData>'
    )


def document(*objects: str, prefix: str = "") -> bytes:
    """A document; with a prefix, the names have it too."""
    text = f"<MSG_IVEF><Header MsgRefId='x' Version='0.2.5'/><Body><ObjectDatas>{''.join(objects)}"
    text += "</ObjectDatas></Body></MSG_IVEF>"
    if prefix:
        text = text.replace("</", "</\0").replace("<", f"<{prefix}:").replace(f"<{prefix}:/\0", f"</{prefix}:")
        text = text.replace(f"<{prefix}:MSG_IVEF>", f'<{prefix}:MSG_IVEF xmlns:{prefix}="http://x">')
    return HEAD + text.encode()


def decode(data: bytes, cuts: tuple[int, ...] = (), t: float = math.nan) -> tuple[list[Batch], Rejects, IvefDecoder]:
    decoder = IvefDecoder()
    edges = [0, *sorted(c for c in cuts if 0 < c < len(data)), len(data)]
    got = [decoder.feed(data[a:b], t) for a, b in pairwise(edges)]
    assert decoder.ledger().n_bytes.sum() == len(data)
    got.append(decoder.finish())
    assert decoder.ledger().n_bytes.sum() == len(data)
    return [batch for batch, _ in got], Rejects.concat([rejects for _, rejects in got]), decoder


def shown(data: bytes, cuts: tuple[int, ...] = ()) -> object:
    batches, rejects, decoder = decode(data, cuts)
    rows = [row for b in batches for row in zip(*(c.tolist() for c in b.radar.columns().values()), strict=True)]
    return repr(rows), rejects.reason.tolist(), rejects.raw.tolist(), rejects.line.tolist(), decoder.n_lines


def test_a_track_comes_out_in_house_units() -> None:
    vessel = '<VesselData><Identifier MMSI="235999001" Name="PILOT ÉLAN"/></VesselData>'
    batches, rejects, _ = decode(document(track(more='Length="30" Width="8"', inner=vessel)), t=T0 + 2)
    rows = batches[0].radar
    assert not len(rejects)
    assert batches[0].stations == ("", "VTS Dover")
    assert (rows.format[0], rows.track_no[0], rows.status[0], rows.flags[0]) == (RadarFormat.IVEF, 7, 1, 0)
    assert (rows.t_unix_s[0], rows.t_heard_unix_s[0], rows.time_source[0]) == (T0, T0 + 2, TimeSource.CHUNK)
    assert rows.sog_kn[0] == pytest.approx(10 * 3600 / 1852)
    assert (rows.lat_deg[0], rows.lon_deg[0], rows.cog_deg[0]) == (51.05, 1.45, 90.0)
    assert (rows.sigma_north_m[0], rows.sigma_east_m[0]) == (12, 15)
    assert (rows.length_m[0], rows.width_m[0], rows.mmsi[0]) == (30, 8, 235_999_001)
    assert rows.name[0] == b"PILOT ?LAN"


def test_a_recording_is_received_when_its_newest_track_was_updated() -> None:
    late = track(8).replace("08:26:40.000Z", "09:26:45.5+01:00")
    rows = decode(document(track(7), late))[0][0].radar
    assert rows.t_heard_unix_s.tolist() == [T0 + 5.5, T0 + 5.5]
    assert rows.t_unix_s.tolist() == [T0, T0 + 5.5]


@pytest.mark.parametrize(
    ("sent", "status"), [(1, TrackStatus.TRACKED), (2, TrackStatus.COASTED), (3, TrackStatus.LOST)]
)
def test_track_status(sent: int, status: TrackStatus) -> None:
    rows = decode(document(track(status=sent)))[0][0].radar
    assert rows.status[0] == status
    assert (rows.flags[0] == RadarFlag.LAST) == (sent == 3)


def test_prefixes_of_the_name_space_are_read() -> None:
    rows = decode(document(track(), prefix="ns"))[0][0].radar
    assert rows.lat_deg.tolist() == [51.05]


SPOILT = b"<MSG_IVEF><Bo</MSG_IVEF>"
STREAM = b"junk" + document(track(1), track(2)) + b"\n" + document() + document(track(3), prefix="ivf") + SPOILT
STREAM += document(track(4))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(1, len(STREAM)), max_size=20))
def test_cuts_do_not_matter(cuts: list[int]) -> None:
    assert shown(STREAM, tuple(cuts)) == shown(STREAM)


def test_single_bytes_give_the_same_and_garbage_costs_itself_alone() -> None:
    assert shown(STREAM, tuple(range(len(STREAM)))) == shown(STREAM)
    batches, rejects, _ = decode(STREAM)
    assert np.concatenate([b.radar.track_no for b in batches]).tolist() == [1, 2, 3, 4]
    assert rejects.reason.tolist() == [Reason.NOISE, Reason.BAD_FORM]


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (document(track(place='Lat="90.1" Long="1"')), Reason.IMPOSSIBLE_VALUE),
        (document(track(place='Lat="nan" Long="1"')), Reason.IMPOSSIBLE_VALUE),
        (document(track(place='Lat="51" Long="-180.5"')), Reason.IMPOSSIBLE_VALUE),
        (document(track()).replace(b'SOG="10.0"', b'SOG="-1"'), Reason.IMPOSSIBLE_VALUE),
        (document(track()).replace(b'SOG="10.0"', b'SOG="1e999"'), Reason.IMPOSSIBLE_VALUE),
        (document(track()).replace(b"2025-11", b"0001-11"), Reason.IMPOSSIBLE_VALUE),
        (document(track()).replace(b"2025-11-22", b"2025-13-22"), Reason.BAD_FORM),
        (document(track()).replace(b'SOG="10.0"', b'SOG="fast"'), Reason.BAD_FORM),
        (document(track()).replace(b'Id="7"', b'Id="' + b"9" * 5000 + b'"'), Reason.BAD_FORM),
        (document(track()).replace(b'Id="7"', b""), Reason.BAD_FORM),
        (document(track()).replace(b"<MSG_IVEF>", b"<MSG_IVEF>" + BOMB.encode()), Reason.BAD_FORM),
        (document(track()).replace(b"UTF-8", b"klingon"), Reason.BAD_FORM),
        (document(track()).replace(b"<Body>", b"<Body>\xff\xfe"), Reason.BAD_FORM),
        (document(track())[:-3], Reason.CUT),
    ],
)
def test_what_cannot_be_is_refused_whole_and_named(data: bytes, reason: Reason) -> None:
    batches, rejects, _ = decode(data)
    assert not any(len(batch) for batch in batches)
    assert rejects.reason.tolist() == [reason]


def test_a_document_type_before_the_root_is_not_read() -> None:
    data = HEAD + BOMB.encode() + document(track())[len(HEAD) :].replace(b'"VTS Dover"', b'"&b;"')
    batches, rejects, _ = decode(data)
    assert not any(len(batch) for batch in batches)
    assert rejects.reason.tolist() == [Reason.NOISE, Reason.BAD_FORM]


def test_an_endless_document_is_given_up() -> None:
    decoder = IvefDecoder()
    for _ in range(50):
        decoder.feed(b"<MSG_IVEF>" + b"x" * 500_000, math.nan)
        assert decoder.ledger().n_bytes[0, Reason.WAITING] <= MAX_DOCUMENT_BYTES + 500_010
    assert decoder.ledger().n_bytes[0, Reason.TOO_LONG] > 0


def test_any_damage_raises_nothing() -> None:
    rng = np.random.default_rng(3)
    good = document(track(1), track(2, more='Length="3"'))
    for _ in range(3000):
        data = bytearray(good)
        for at in rng.integers(0, len(data), int(rng.integers(1, 5))).tolist():
            data[at] = int(rng.integers(0, 256))
        decode(bytes(data))
