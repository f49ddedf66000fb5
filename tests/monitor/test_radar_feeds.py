"""Radar feeds and their recordings: a datagram is a record of a capture, live and on disk, and plays to the same."""

import asyncio
import math
import socket
from pathlib import Path

import pytest

from decoders.ais.sentence import tag_block
from decoders.columns import Batch
from decoders.pcap_write import header, record
from decoders.radar.asterix import AsterixDecoder
from decoders.radar.columns import RadarFormat
from decoders.radar.encode_asterix import encode_reports
from monitor import config
from monitor.arrival import Intake as Arrivals
from monitor.arrival import source_of
from monitor.cli.main import main
from monitor.config_check import ConfigFaults
from monitor.feeds import played, recording, timeline_binary
from monitor.feeds.chunk import Chunk
from monitor.feeds.live import Intake
from monitor.feeds.record import Recorder
from monitor.feeds.udp import UdpListener
from monitor.receivers import ReceiverTable
from tests.decoders.asterix_reports import T_UNIX_S, reports_of
from tests.decoders.captures import enhanced, interface, packet, section
from tests.decoders.test_ivef import document, track
from tests.monitor.test_feeds_live import running, until


def block(track_no: int, t_unix_s: float = T_UNIX_S) -> bytes:
    reports = reports_of(1, t_unix_s=t_unix_s, track_no=track_no, status=1, lat_deg=51.0, lon_deg=1.4)
    return encode_reports(reports, RadarFormat.CAT010, sac=1, sic=2)[0]


def stored(track_no: int, t_unix_s: float) -> bytes:
    return record(t_unix_s, block(track_no, t_unix_s), "239.1.1.10", 8610)


def tracks(data: bytes) -> list[int]:
    """Numbers of the tracks in a stream that has all it needs."""
    decoder = AsterixDecoder()
    batches: list[Batch] = [decoder.feed(data, math.nan)[0], decoder.finish()[0]]
    assert not len(decoder.finish()[1])
    return [int(n) for batch in batches for n in batch.radar.track_no]


@pytest.mark.parametrize("group", ["", "239.192.0.4"])
async def test_a_datagram_of_asterix_becomes_a_record_of_a_capture(group: str) -> None:
    box = Intake(1 << 20, clock=lambda: T_UNIX_S + 1)
    feed = UdpListener("radar", "127.0.0.1" if not group else "", 0, group, "127.0.0.1", "asterix")

    async def body() -> None:
        await until(lambda: box.of("radar").state == "listening")
        port = int(box.of("radar").detail.rsplit(":", 1)[1])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
            for number in (41, 42):
                sock.sendto(block(number), (group or "127.0.0.1", port))
        await until(lambda: box.of("radar").n_bytes >= 24 + 2 * (44 + len(block(1))))

    await running(feed, box, body)
    chunks = box.take(1 << 20)
    assert chunks[0].data == header()
    data = b"".join(chunk.data for chunk in chunks)
    decoder = AsterixDecoder()
    rows = decoder.feed(data, T_UNIX_S)[0].radar
    assert rows.track_no.tolist() == [41, 42]
    assert rows.t_heard_unix_s.tolist() == [T_UNIX_S + 1] * 2
    assert rows.t_unix_s.tolist() == [T_UNIX_S] * 2


async def test_the_header_waits_for_room_and_records_without_room_are_dropped() -> None:
    box = Intake(10)
    box.put_nowait("other", b"x" * 20)
    feed = UdpListener("radar", "127.0.0.1", 0, "", "", "asterix")

    async def body() -> None:
        for _ in range(50):
            await asyncio.sleep(0)
        assert box.of("radar").n_bytes == 0
        assert [chunk.source for chunk in box.take(1 << 20)] == ["other"]
        await until(lambda: box.of("radar").state == "listening")

    await running(feed, box, body)
    assert [chunk.data for chunk in box.take(1 << 20)] == [header()]


def recorder_of(folder: Path, form: str, **options: float) -> Recorder:
    settings = {"rotate_s": 10.0, "rotate_bytes": 1 << 30, "keep_days": 0.0, **options}
    return Recorder(folder, **settings, formats={"radar": form})  # type: ignore[arg-type]


@pytest.mark.parametrize("level", [0, 3])
def test_recorded_captures_each_begin_with_a_header_and_hold_every_record(tmp_path: Path, level: int) -> None:
    recorder = recorder_of(tmp_path, "asterix", level=level)
    times = (1000.0, 1005.0, 1012.0, 1030.0)
    recorder.write(Chunk("radar", 999.0, header()))
    for i, t in enumerate(times):
        recorder.write(Chunk("radar", t, stored(i, t)))
        if i == 2:
            recorder.write(Chunk("radar", t, header()))  # the feed was opened again
    recorder.flush()
    recorder.close()
    paths = sorted(tmp_path.glob("radar/*"))
    assert [p.name for p in paths] == [
        f"19700101T00{t}Z.pcap{'.zst' if level else ''}" for t in ("1640", "1652", "1710")
    ]
    found = []
    for path in paths:
        data = b"".join(piece for piece, _ in recording.blocks(path))
        assert data.startswith(header())
        assert data.count(header()) == 1
        found += tracks(data)
    assert found == [0, 1, 2, 3]


def test_recorded_ivef_is_cut_between_documents(tmp_path: Path) -> None:
    recorder = recorder_of(tmp_path, "ivef", level=0)
    first, second = document(track(1)), document(track(2))
    recorder.write(Chunk("radar", 1000.0, first + second[:50]))
    recorder.write(Chunk("radar", 1020.0, second[50:]))
    recorder.close()
    paths = sorted(tmp_path.glob("radar/*.ivef"))
    assert [path.read_bytes() for path in paths] == [first, second]


NG = section("<") + interface("<", 101) + b"".join(
    enhanced("<", 0, round(t * 1e6), packet(block(i, t))) for i, t in enumerate((1000.05, 1000.1, 1004.0, 1008.0))
)  # fmt: skip
PCAP = header() + b"".join(stored(i, t) for i, t in enumerate((1000.05, 1000.1, 1004.0, 1008.0)))


@pytest.mark.parametrize("data", [PCAP, NG, PCAP + PCAP, PCAP + b"garbage" + PCAP[24:] + b"cut"])
@pytest.mark.parametrize("size", [1, 7, 100, 1 << 20])
def test_runs_of_a_capture_lose_no_byte_and_are_in_order(data: bytes, size: int) -> None:
    runs = list(timeline_binary.capture_runs([data[i : i + size] for i in range(0, len(data), size)], step_s=0.25))
    assert b"".join(run.data for run in runs) == data
    times = [run.t_unix_s for run in runs]
    assert times == sorted(times)
    assert times[0] == 1000.1
    assert data.startswith(runs[0].setup[:24])
    assert len(runs[0].setup) >= 24


@pytest.mark.parametrize(("name", "data"), [("b.pcap", PCAP), ("b.pcapng", NG)])
def test_from_and_to_keep_what_says_how_to_read_the_rest(tmp_path: Path, name: str, data: bytes) -> None:
    (tmp_path / name).write_bytes(data)
    chunks = list(played.play_files([tmp_path / name], leading_time_zone="UTC", t_from_unix_s=1003, t_to_unix_s=1006))
    assert [c.t_unix_s for c in chunks] == [1004.0]
    assert tracks(b"".join(c.data for c in chunks)) == [2]


def test_captures_lines_and_documents_are_merged_by_time(tmp_path: Path) -> None:
    vdm = b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\r\n"
    (tmp_path / "a.nmea").write_bytes(tag_block("dover", 1002.0) + vdm)
    (tmp_path / "b.pcap").write_bytes(PCAP)
    ivef = document(track(1)).replace(b"2025-11-22T08:26:40.000Z", b"1970-01-01T00:16:45Z")
    (tmp_path / "c.ivef").write_bytes(ivef)
    paths = [tmp_path / name for name in ("a.nmea", "b.pcap", "c.ivef")]
    chunks = list(played.play_files(paths, leading_time_zone="UTC"))
    assert [(c.source, c.t_unix_s) for c in chunks] == [
        ("b", 1000.1), ("a", 1002.0), ("b", 1004.0), ("c", 1005.0), ("b", 1008.0),
    ]  # fmt: skip
    assert played.formats_of(played.source_names(paths)) == {"a": "nmea", "b": "asterix", "c": "ivef"}


@pytest.mark.parametrize(
    ("name", "form"),
    [("x.nmea", "nmea"), ("x.PCAP.gz", "asterix"), ("x.pcapng.zst", "asterix"), ("x.ivef", "ivef"), ("x.gz", "nmea")],
)
def test_the_name_tells_the_format(name: str, form: str) -> None:
    assert recording.format_of(Path(name)) == form


def test_a_capture_without_a_packet_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "a.pcap").write_bytes(b"no capture at all, but long enough to be one")
    with pytest.raises(ValueError, match="holds no packet with a time"):
        list(played.play_files([tmp_path / "a.pcap"], leading_time_zone="UTC"))


def test_each_source_has_the_decoder_of_its_format() -> None:
    intake = Arrivals({}, ReceiverTable(), formats={"radar": "asterix", "vts": "ivef"})
    kinds = [type(source_of(intake, name).decoder).__name__ for name in ("radar", "vts", "ais")]
    assert kinds[:2] == ["AsterixDecoder", "IvefDecoder"]
    assert kinds[2] not in kinds[:2]


def test_decode_reads_a_capture(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "b.pcap"
    path.write_bytes(PCAP + record(1009.0, b"\x0a\x00\x04\xff", "239.1.1.10", 8610))
    rejects = tmp_path / "rejects.txt"
    assert main(["decode", str(path), "-o", str(tmp_path / "rows.jsonl"), "--rejects", str(rejects)]) == 0
    account = capsys.readouterr().err
    assert "decoded" in account
    assert "bad block" in account
    assert rejects.read_text().splitlines()[1] == "0a0004ff"


SERIAL = 'type = "serial"\ndevice = "x"\nbaud = 1\nreconnect_first_s = 1.0\nreconnect_longest_s = 1.0\n'


@pytest.mark.parametrize(
    ("block_text", "words"),
    [
        ('type = "udp"\nhost = ""\nport = 1\ngroup = ""\ninterface = ""', "format is missing"),
        ('type = "udp"\nhost = ""\nport = 1\ngroup = ""\ninterface = ""\nformat = "ivef"', "format = 'ivef'"),
        (SERIAL + 'format = "asterix"', "format = 'asterix'"),
    ],
)  # fmt: skip
def test_a_format_that_a_feed_cannot_have_is_a_fault(block_text: str, words: str) -> None:
    shipped = config.shipped_text()
    start, end = shipped.index("[[feeds]]\nname"), shipped.index("# The MQTT broker by which")
    text = shipped[:start] + f'[[feeds]]\nname = "x"\n{block_text}\n' + shipped[end:]
    with pytest.raises(ConfigFaults) as raised:
        config.parse(text)
    assert any(words in fault for fault in raised.value.faults)


def test_the_feeds_formats_are_known() -> None:
    shipped = config.shipped_text()
    start, end = shipped.index("[[feeds]]\nname"), shipped.index("# The MQTT broker by which")
    block_text = 'type = "udp"\nhost = ""\nport = 1\ngroup = ""\ninterface = ""\nformat = "asterix"'
    parsed = config.parse(shipped[:start] + f'[[feeds]]\nname = "x"\n{block_text}\n' + shipped[end:])
    assert parsed.feed_formats == {"x": "asterix"}
