"""Recordings: read in place, cut by time, merged, recorded anew, damaged on purpose."""

import contextlib
import gzip
from pathlib import Path

import numpy as np
import pytest
import zstandard

from decoders.ais.sentence import tag_block
from decoders.lines import LineDecoder
from decoders.pcap_write import header, record
from decoders.radar.encode import encode_ttm
from monitor.feeds import played, recording, timeline
from monitor.feeds.chunk import Chunk
from monitor.feeds.player import PlayClock, Player
from monitor.feeds.record import Recorder, stamp
from tests.decoders.radar_rows import reports

VDM = b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\r\n"


def tagged(t_unix_s: float, station: str = "dover") -> bytes:
    body = f"s:{station},c:{t_unix_s}".encode()
    checksum = 0
    for byte in body:
        checksum ^= byte
    return b"\\" + body + f"*{checksum:02X}\\".encode() + VDM


def stream(*times: float) -> bytes:
    return b"".join(tagged(t) for t in times)


def whole(path: Path) -> bytes:
    return b"".join(block for block, _ in recording.blocks(path, 100))


@pytest.mark.parametrize("ending", ["nmea", "nmea.gz", "nmea.zst"])
def test_a_recording_is_read_in_place_plain_or_compressed(tmp_path: Path, ending: str) -> None:
    data = stream(*range(1000, 1100))
    path = tmp_path / f"night.{ending}"
    packed = {"nmea": data, "nmea.gz": gzip.compress(data), "nmea.zst": zstandard.compress(data)}[ending]
    path.write_bytes(packed)
    assert whole(path) == data


@pytest.mark.parametrize("ending", ["nmea.gz", "nmea.zst"])
def test_what_stands_before_the_cut_of_a_torn_file_is_read(tmp_path: Path, ending: str) -> None:
    data = stream(*np.random.default_rng(1).integers(1000, 10**9, 3000).tolist())
    path = tmp_path / f"torn.{ending}"
    path.write_bytes((gzip.compress(data) if ending.endswith("gz") else zstandard.compress(data))[:-200])
    got = bytearray()
    with contextlib.suppress(*recording.READ_ERRORS):
        for block, _ in recording.blocks(path, 100):
            got += block
    assert len(got) > len(data) // 2
    assert data.startswith(got)


def test_runs_are_whole_lines_in_order_and_lose_no_byte() -> None:
    data = b"# a comment\n" + stream(1000, 1000, 1003, 1002, 1010) + b"!AIVDM,cut"
    for size in (1, 7, 100, len(data)):
        blocks = [data[i : i + size] for i in range(0, len(data), size)]
        runs = list(timeline.runs(blocks, step_s=1.0, leading_time_zone="UTC"))
        assert b"".join(run.data for run in runs) == data
        times = [run.t_unix_s for run in runs]
        assert times == sorted(times)
        assert times[-1] == 1010


def test_a_radars_lines_have_their_times_too() -> None:
    ttm = encode_ttm(reports(track_no=[1], t_unix_s=[1003.0]))[0] + b"\r\n"
    osd = b"$RAOSD,12.3,A,,M,0.0,M,,,N*58\r\n"
    data = b"".join(tag_block("ra", t) + line for t, line in ((1000.0, ttm), (1005.0, osd), (1009.0, ttm)))
    runs = list(timeline.runs([data], step_s=1.0, leading_time_zone="UTC"))
    assert [run.t_unix_s for run in runs] == [1000.0, 1005.0, 1009.0]


def test_two_recordings_are_merged_by_time(tmp_path: Path) -> None:
    (tmp_path / "a.nmea").write_bytes(stream(1000, 1004, 1008))
    (tmp_path / "b.nmea").write_bytes(stream(1002, 1006))
    chunks = list(played.play_files([tmp_path / "a.nmea", tmp_path / "b.nmea"], leading_time_zone="UTC"))
    assert [(c.source, c.t_unix_s) for c in chunks] == [
        ("a", 1000),
        ("b", 1002),
        ("a", 1004),
        ("b", 1006),
        ("a", 1008),
    ]


def test_no_recording_makes_a_tick_pass_before_the_others_rows_of_it_have_come(tmp_path: Path) -> None:
    """A row of 1000.0 belongs to that tick, 1000.1 makes it pass: merged in one run they would make another late."""
    (tmp_path / "a.nmea").write_bytes(stream(1000.0, 1000.1))
    (tmp_path / "b.nmea").write_bytes(stream(1000.0, 1000.2))
    datagrams = [record(t, b"a datagram", "239.1.1.10", 8610) for t in (1000.0, 1000.15)]
    (tmp_path / "c.pcap").write_bytes(header() + b"".join(datagrams))
    paths = [tmp_path / name for name in ("a.nmea", "b.nmea", "c.pcap")]
    chunks = list(played.play_files(paths, leading_time_zone="UTC"))
    assert [(c.source, c.t_unix_s) for c in chunks] == [
        ("a", 1000.0), ("b", 1000.0), ("c", 1000.0), ("a", 1000.1), ("c", 1000.15), ("b", 1000.2),
    ]  # fmt: skip


def test_two_recordings_of_one_name_are_two_sources(tmp_path: Path) -> None:
    names = played.source_names([Path("x/feed.nmea"), Path("y/feed.nmea.gz")])
    assert list(names) == ["feed", "feed-2"]


def test_from_and_to_cut_the_stream(tmp_path: Path) -> None:
    (tmp_path / "a.nmea").write_bytes(stream(1000, 1004, 1008, 1012))
    chunks = played.play_files([tmp_path / "a.nmea"], leading_time_zone="UTC", t_from_unix_s=1003, t_to_unix_s=1009)
    assert [c.t_unix_s for c in chunks] == [1004, 1008]


def test_a_recording_without_times_is_refused_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "a.nmea").write_bytes(VDM * 3)
    with pytest.raises(ValueError, match="no line says when it was received"):
        list(played.play_files([tmp_path / "a.nmea"], leading_time_zone="UTC"))


def test_the_player_hands_out_what_was_received_up_to_now_at_any_speed() -> None:
    chunks = [Chunk("a", float(t), b"%d" % t) for t in (10, 11, 15)]
    player = Player(iter(chunks))
    assert player.open() == 10
    clock = PlayClock(wall_start_s=100.0, t_start_unix_s=10.0, speed=2.0)
    assert player.take(clock.now(100.0)) == chunks[:1]
    assert player.take(clock.now(100.4)) == []
    assert player.take(clock.now(102.5)) == chunks[1:]
    assert player.is_over


def test_recorded_lines_carry_the_arrival_time_and_replay_to_the_same_messages(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, rotate_s=3600, rotate_bytes=1 << 30, keep_days=0)
    for t, piece in ((1000.25, VDM + VDM[:20]), (1001.5, VDM[20:] + tagged(900))):
        recorder.write(Chunk("dover", t, piece))
    recorder.close()
    (path,) = tmp_path.glob("dover/*.nmea.zst")
    decoder = LineDecoder()
    batch, _ = decoder.feed(whole(path), float("nan"))
    assert batch.positions.t_unix_s.tolist() == [1000.25, 1001.5, 900.0]
    assert {batch.stations[i] for i in batch.positions.station} == {"dover"}


def test_files_rotate_by_time_and_size_and_old_ones_go(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, rotate_s=10, rotate_bytes=1 << 30, keep_days=0, level=0)
    for t in (0.0, 5.0, 12.0, 30.0):
        recorder.write(Chunk("dover", t, VDM))
    recorder.close()
    assert [p.name for p in sorted(tmp_path.glob("dover/*"))] == [
        "19700101T000000Z.nmea",
        "19700101T000012Z.nmea",
        "19700101T000030Z.nmea",
    ]


def test_a_flushed_recording_is_readable_while_the_recorder_still_writes(tmp_path: Path) -> None:
    recorder = Recorder(tmp_path, rotate_s=3600, rotate_bytes=1 << 30, keep_days=0)
    recorder.write(Chunk("dover", 1000.0, VDM))
    recorder.flush()
    (path,) = tmp_path.glob("dover/*.nmea.zst")
    assert VDM in whole(path)
    recorder.close()


def test_a_full_disk_is_counted_and_said_once(tmp_path: Path) -> None:
    blocked = tmp_path / "file-in-the-way"
    blocked.write_text("")
    recorder = Recorder(blocked, rotate_s=3600, rotate_bytes=1 << 30, keep_days=0)
    recorder.write(Chunk("dover", 1000.0, VDM))
    recorder.write(Chunk("dover", 1001.0, VDM))
    assert recorder.n_lost_bytes == 2 * len(VDM)
    assert recorder.fault


def test_stamp_leaves_lines_that_bring_their_own_time() -> None:
    lines = tagged(5) + b"2016-03-31 00:00:01, " + VDM + VDM
    assert stamp(lines, b"\\c:1*00\\") == tagged(5) + b"2016-03-31 00:00:01, " + VDM + b"\\c:1*00\\" + VDM
