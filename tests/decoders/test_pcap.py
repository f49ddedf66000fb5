"""Captures of every kind give the same datagrams; cuts do not matter; damage costs what it hit and no more."""

import struct
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decoders.packets import destination_of, udp_of
from decoders.pcap import MOST_BYTES, PcapReader
from decoders.pcap_write import header, record
from decoders.rejects import Reason
from tests.decoders.captures import (
    PORT,
    block,
    classic,
    enhanced,
    framed,
    interface,
    packet,
    packet_6,
    section,
    simple,
)  # fmt: skip

TIMES = (1_763_800_000.25, 1_763_800_001.5, 1_763_800_001.5)
PAYLOADS = (b"one", b"a longer second one", b"")
Seen = list[tuple[float, bytes]]


def read(data: bytes, cuts: tuple[int, ...] = ()) -> tuple[Seen, list[int], int]:
    """Datagrams, lengths of the stretches of noise, bytes of a cut record."""
    reader, seen, noise, n_cut, n_bytes = PcapReader(), [], [], 0, 0
    edges = [0, *sorted(c for c in cuts if 0 < c < len(data)), len(data)]
    pieces = [reader.feed(data[a:b]) for a, b in pairwise(edges)]
    for got in [*pieces, reader.finish()]:
        for t_unix_s, link, start, stop, *_ in got.frames:
            t = -1.0 if np.isnan(t_unix_s) else t_unix_s
            place = udp_of(got.data, link, start, stop)
            if isinstance(place, Reason):
                seen.append((t, place.name.encode()))
            else:
                assert destination_of(got.data, place)[1] == PORT
                seen.append((t, got.data[place[1] : place[2]]))
        noise += [n for _, n, _ in got.noise]
        n_cut += got.n_cut_bytes
        n_bytes += len(got.data)
    assert n_bytes == len(data)
    assert reader.n_waiting == 0
    return seen, noise, n_cut


FRAMES = [(t, packet(p)) for t, p in zip(TIMES, PAYLOADS, strict=True)]
SEEN = list(zip(TIMES, PAYLOADS, strict=True))


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("ticks", [10**6, 10**9])
def test_classic_captures_of_both_orders_and_resolutions(order: str, ticks: int) -> None:
    assert read(classic(FRAMES, order=order, ticks=ticks)) == (SEEN, [], 0)


@pytest.mark.parametrize("link", [1, 101, 228, 113, 276, 0, 108])
@pytest.mark.parametrize("made", [packet, packet_6])
def test_every_link_type_and_both_ip_versions(link: int, made) -> None:
    frames = [(t, framed(link, made(p))) for t, p in zip(TIMES, PAYLOADS, strict=True)]
    assert read(classic(frames, link=link))[0] == SEEN


@pytest.mark.parametrize("tags", [-1, -2])
def test_vlan_tags_are_stepped_over(tags: int) -> None:
    frames = [(t, framed(tags, packet(p))) for t, p in zip(TIMES, PAYLOADS, strict=True)]
    assert read(classic(frames, link=1))[0] == SEEN


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("resolution", "per_s"), [(b"", 10**6), (b"\x09", 10**9), (b"\x8a", 2**10), (b"\x03", 10**3)])
def test_pcapng_with_its_resolutions(order: str, resolution: bytes, per_s: int) -> None:
    data = section(order) + interface(order, 101, resolution=resolution) + block(order, 5, bytes(8))
    data += b"".join(enhanced(order, 0, int(t) * per_s + round(t % 1 * per_s), frame) for t, frame in FRAMES)
    assert read(data) == (SEEN, [], 0)


def test_pcapng_with_several_interfaces_offsets_and_sections() -> None:
    first = section("<") + interface("<", 101) + interface("<", 1, offset_s=1_763_800_000)
    first += enhanced("<", 0, round(TIMES[0] * 1e6), FRAMES[0][1])
    first += enhanced("<", 1, 1_500_000, framed(1, FRAMES[1][1]))
    second = section(">") + interface(">", 101) + enhanced(">", 0, round(TIMES[2] * 1e6), FRAMES[2][1])
    assert read(first + second) == (SEEN, [], 0)


def test_a_simple_packet_has_no_time() -> None:
    seen, *_ = read(section("<") + interface("<", 101) + simple("<", packet(b"x")))
    assert seen == [(-1.0, b"x")]


def test_captures_one_behind_the_other_are_one() -> None:
    ng = section(">") + interface(">", 101) + enhanced(">", 0, round(TIMES[0] * 1e6), FRAMES[0][1])
    data = classic(FRAMES) + classic(FRAMES, order=">", ticks=10**9) + ng + classic(FRAMES) + ng
    assert read(data) == (SEEN + SEEN + SEEN[:1] + SEEN + SEEN[:1], [], 0)


def test_what_we_write_is_read() -> None:
    data = header() + b"".join(record(t, p, "239.1.1.10", PORT) for t, p in SEEN)
    assert read(data) == (SEEN, [], 0)


STREAMS = {
    "classic": classic(FRAMES * 3),
    "pcapng": section("<") + interface("<", 101) + b"".join(enhanced("<", 0, round(t * 1e6), f) for t, f in FRAMES * 3),
}


@pytest.mark.parametrize("kind", STREAMS)
@settings(max_examples=150, deadline=None)
@given(st.data())
def test_cuts_do_not_matter_even_with_garbage(kind: str, data: st.DataObject) -> None:
    stream = STREAMS[kind]
    at = data.draw(st.integers(0, len(stream)))
    garbage = data.draw(st.binary(max_size=80))
    stream = stream[:at] + garbage + stream[at:]
    whole = read(stream)
    cuts = tuple(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    assert read(stream, cuts) == whole
    assert read(stream, tuple(range(len(stream)))) == whole


@pytest.mark.parametrize("kind", STREAMS)
def test_garbage_between_records_costs_nothing_else(kind: str) -> None:
    stream = STREAMS[kind]
    for seed in range(200):
        rng = np.random.default_rng(seed)
        garbage = rng.integers(0, 256, int(rng.integers(1, 5000)), np.uint8).tobytes()
        at = stream.index(FRAMES[1][1]) - (16 if kind == "classic" else 28)
        seen, noise, n_cut = read(stream[:at] + garbage + stream[at:])
        assert seen == SEEN * 3
        assert (noise, n_cut) == ([len(garbage)], 0)


def test_a_record_hit_by_damage_is_lost_and_the_next_is_read() -> None:
    data = bytearray(classic(FRAMES * 3))
    data[24 + 8 : 24 + 12] = b"\xff\xff\xff\xff"  # the first record's length
    seen, noise, _ = read(bytes(data))
    assert seen == (SEEN * 3)[1:]
    assert noise == [16 + len(FRAMES[0][1])]


def test_a_record_that_breaks_off_at_the_end_is_cut() -> None:
    data = classic(FRAMES)
    assert read(data[:-3]) == (SEEN[:2], [], 16 + len(FRAMES[2][1]) - 3)


def test_bytes_that_are_no_capture_are_noise_and_do_not_pile_up() -> None:
    reader = PcapReader()
    for _ in range(300):
        got = reader.feed(bytes(10_000))
        assert reader.n_waiting <= 64
        assert got.frames == []
    assert reader.finish().noise[0][1] == 3_000_000


def test_what_waits_is_bounded() -> None:
    reader = PcapReader()
    reader.feed(header() + struct.pack("<IIII", 1, 1, MOST_BYTES, MOST_BYTES))
    for _ in range(100):
        reader.feed(b"\xff" * 10_000)
        assert reader.n_waiting <= MOST_BYTES + 20_000


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (packet(b"x")[:9] + b"\x06" + packet(b"x")[10:], Reason.OTHER_PACKET),  # TCP
        (packet(b"x")[:6] + b"\x20\x00" + packet(b"x")[8:], Reason.IP_FRAGMENT),  # more fragments follow
        (packet(b"x")[:6] + b"\x00\x10" + packet(b"x")[8:], Reason.IP_FRAGMENT),  # a later one
        (packet(b"a long one")[:-3], Reason.CUT),  # stored in part
        (packet(b"x")[:24] + b"\x00\x07" + packet(b"x")[26:], Reason.BAD_FORM),  # UDP length below its head
        (packet(b"x")[:24] + b"\x00\x70" + packet(b"x")[26:], Reason.BAD_FORM),  # or beyond the packet
        (b"\x50" + packet(b"x")[1:], Reason.OTHER_PACKET),  # IP version 5
        (b"", Reason.OTHER_PACKET),
        (packet_6(b"x")[:6] + b"\x2c" + packet_6(b"x")[7:], Reason.IP_FRAGMENT),
        (packet_6(b"x")[:6] + b"\x3a" + packet_6(b"x")[7:], Reason.OTHER_PACKET),  # ICMP
    ],
)
def test_frames_that_are_no_datagram_are_named(frame: bytes, reason: Reason) -> None:
    assert udp_of(frame, 101, 0, len(frame)) == reason


def test_any_bytes_as_frames_raise_nothing() -> None:
    rng = np.random.default_rng(5)
    for _ in range(20_000):
        frame = bytearray(rng.integers(0, 256, int(rng.integers(0, 80)), np.uint8).tobytes())
        frame[:1] = (b"\x45", b"\x60", b"\x4f", b"\x00")[int(rng.integers(0, 4))]
        data = bytes(frame)
        for link in (0, 1, 101, 113, 276, -1):
            place = udp_of(data, link, 0, len(data))
            if isinstance(place, tuple):
                assert 0 <= place[1] <= place[2] <= len(data)
