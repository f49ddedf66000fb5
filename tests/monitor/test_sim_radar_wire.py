"""What the story's radars send: the rows of the sensor as sentences or datagrams, in order, the same each time."""

import struct
from typing import Any

import msgspec
import numpy as np

from decoders import pcap_write
from monitor.feeds.chunk import Chunk
from monitor.sim import feed, radar_wire, story
from monitor.sim.night import night
from monitor.sim.plotter import Tracker
from monitor.sim.radar import sensor_of
from monitor.sim.radars import Radar
from monitor.sim.story import Boat, Outage, Story

NM_M = 1852.0
RECORD = struct.Struct("<IIII")


def told(**changes: Any) -> Story:
    sites = [
        Radar(name="dover-cliffs", place=(51.133, 1.345), wire="cat010", sic=7),
        Radar(name="gris-nez", place=(50.87, 1.583), wire="ttm-tll"),
        Radar(name="boulogne", place=(50.735, 1.58), wire="cat048", sic=9, period_s=3.0),
    ]
    boats = [Boat(name="one", points=[(50.95, 1.65), (51.1, 1.32)])]
    usual = {"radars": sites, "boats": boats, "duration_s": 300.0}
    return msgspec.structs.replace(story.load("quiet-hour"), **(usual | changes))


def chunks(**changes: Any) -> list[Chunk]:
    return list(feed.chunks(told(**changes)))


def packets(stream: bytes) -> list[tuple[float, bytes]]:
    """Time and payload of each datagram of a pcap stream of raw IP."""
    assert stream[: len(pcap_write.header())] == pcap_write.header()
    at, found = len(pcap_write.header()), []
    while at < len(stream):
        seconds, micros, size, full = RECORD.unpack_from(stream, at)
        assert size == full
        found.append((seconds + micros / 1e6, stream[at + 16 + 28 : at + 16 + size]))
        at += 16 + size
    return found


def test_the_lines_say_what_the_tracker_says() -> None:
    truth = night(told(duration_s=60.0), -1)
    tracker = Tracker(sensor_of(truth, 1), np.random.default_rng([truth.seed, 201]))
    rows = radar_wire.absolute(tracker.run(0.0, 60.0)[0], truth.story.start_unix_s)
    lines = [chunk.data for chunk in chunks(duration_s=60.0) if chunk.source == "simulator"]
    mine = [line for line in b"".join(lines).split(b"\r\n") if line.startswith(b"\\s:gris-nez,")]
    ttm = [line.split(b"\\")[2].split(b",") for line in mine if b"TTM" in line]
    tll = [line.split(b"\\")[2].split(b",") for line in mine if b"TLL" in line]
    assert len(ttm) == len(tll) == len(rows) > 100
    order = np.argsort(rows.t_heard_unix_s, kind="stable")
    assert [int(fields[1]) for fields in ttm] == rows.track_no[order].tolist()
    assert np.allclose([float(f[2]) * NM_M for f in ttm], rows.range_m[order], atol=1.0)
    off = (np.array([float(f[3]) for f in ttm]) - rows.bearing_deg[order] + 180.0) % 360.0 - 180.0
    assert np.abs(off).max() < 0.06
    assert np.allclose([float(f[5]) for f in ttm], rows.sog_kn[order], atol=0.051)


def test_datagrams_are_a_stream_of_their_own_that_tells_every_radar() -> None:
    made = chunks()
    assert {chunk.source for chunk in made} == {"simulator", "simulator-asterix"}
    found = packets(b"".join(chunk.data for chunk in made if chunk.source == "simulator-asterix"))
    times = [t for t, _ in found]
    assert times == sorted(times)
    by_category = {category: [p for _, p in found if p[0] == category] for category in (10, 34, 48)}
    assert sum(len(part) for part in by_category.values()) == len(found)
    assert min(len(part) for part in by_category.values()) >= 100
    assert all(struct.unpack_from(">H", payload, 1)[0] == len(payload) for _, payload in found)


def test_chunks_come_in_order_of_arrival() -> None:
    times = [chunk.t_unix_s for chunk in chunks()]
    assert times == sorted(times)


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    def of(seed: int) -> list[tuple[str, float, bytes]]:
        return [(c.source, c.t_unix_s, c.data) for c in feed.chunks(told(duration_s=120.0), seed)]

    assert of(3) == of(3)
    assert {data for _, _, data in of(3)}.isdisjoint(
        {data for source, _, data in of(4) if source == "simulator-asterix"}
    )


def test_ais_is_the_same_with_and_without_radars() -> None:
    with_radars = b"".join(c.data for c in chunks() if c.source == "simulator")
    ais = [line for line in with_radars.split(b"\r\n") if b"RATTM" not in line and b"RATLL" not in line]
    assert b"\r\n".join(ais) == b"".join(c.data for c in chunks(radars=[]))


def test_nothing_comes_from_a_radar_in_an_outage() -> None:
    outage = Outage(receivers=["gris-nez", "dover-cliffs"], at_s=60.0, for_s=120.0)
    begin = told().start_unix_s
    made = chunks(events=[outage])
    silent = [c for c in made if begin + 61.0 < c.t_unix_s - 0.5 and c.t_unix_s < begin + 180.0]
    assert silent
    assert not any(b"RATTM" in c.data for c in silent)
    found = packets(b"".join(c.data for c in made if c.source == "simulator-asterix"))
    dover = [t - begin for t, payload in found if payload[0] == 10]
    assert [t for t in dover if 60.0 <= t < 180.0] == []
    assert any(t > 180.0 for t in dover)


def test_a_story_tells_the_register_where_its_radars_stand() -> None:
    sites = told().sites("night")
    assert [(site.feed, site.station) for site in sites] == [
        ("night-asterix", "0/7"), ("night", "gris-nez"), ("night-asterix", "0/9"),
    ]  # fmt: skip
    assert sites[1].lat_deg == 50.87
    assert sites[2].period_s == 3.0
