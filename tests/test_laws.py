"""The laws of the whole pipeline: what must not matter does not matter.

Every law compares alert files byte by byte. The corpus is twenty minutes of a simulated night with alerts of several
rules, and a real recording.
"""

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from alerts.sinks.jsonl import JsonlWriter
from monitor import assembly, config, pipeline
from monitor.feeds import timeline
from monitor.feeds.chunk import Chunk
from monitor.feeds.player import Player
from monitor.sim import feed, story
from monitor.state import State

SETTINGS = config.parse(config.shipped_text())
STORY = """
title = "A full twenty minutes"
summary = "For the laws."
start = 2026-06-14T21:30:00Z
duration_s = 1200.0
seed = 3
traffic = "channel"

[[ships]]
name = "NASSAU TIDE"
mmsi = 311000102
route = "ne-north-hinder"
begin_nm = 62.0
is_reversed = true
speed_kn = 10.0

[[ships]]
name = "VALLETTA DAWN"
mmsi = 248000101
route = "sw-main"
begin_nm = 34.0
speed_kn = 11.5
length_m = 142.0

[[events]]
kind = "drift"
who = "VALLETTA DAWN"
at_s = 200.0
for_s = 3600.0
is_not_under_command = true

[[events]]
kind = "beacon"
mmsi = 972555013
place = [50.985, 1.640]
at_s = 500.0
for_s = 600.0

[[events]]
kind = "jamming"
place = [51.05, 1.95]
radius_nm = 15.0
fake_place = [50.70, 2.60]
at_s = 650.0
for_s = 400.0
"""


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("laws") / "full.toml"
    path.write_text(STORY)
    return b"".join(chunk.data for chunk in feed.chunks(story.load(str(path))))


@pytest.fixture(scope="module")
def told(night: bytes, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The alerts of the night, replayed in one piece."""
    alerts = replayed([night], tmp_path_factory.mktemp("told"))
    rules = {line.split(b'"rule":"')[1].split(b'"')[0] for line in alerts.splitlines()}
    assert {b"wrong_way", b"lane_stopped", b"distress_beacon", b"gnss_interference"} <= rules
    return alerts


def new_state() -> State:
    return assembly.state(SETTINGS, is_exercise=True, time_zones={})


def replayed(blocks: list[bytes] | Iterator[bytes], folder: Path) -> bytes:
    """The alerts of a stream that comes in these blocks."""
    state, path = new_state(), folder / "alerts.jsonl"
    writer = JsonlWriter(path)
    for block in blocks:
        writer.write(pipeline.step(state, [Chunk("a", math.nan, block)], [], None).transitions)
    writer.write(pipeline.finish(state).transitions)
    writer.close()
    return path.read_bytes()


def cut(data: bytes, size: int) -> Iterator[bytes]:
    for begin in range(0, len(data), size):
        yield data[begin : begin + size]


def test_replay_twice_gives_the_same_bytes(night: bytes, told: bytes, tmp_path: Path) -> None:
    assert replayed([night], tmp_path) == told


@pytest.mark.parametrize("size", [509, 65_536])
def test_the_stream_may_be_split_anywhere(night: bytes, told: bytes, tmp_path: Path, size: int) -> None:
    assert replayed(cut(night, size), tmp_path) == told


@pytest.mark.parametrize("turn_s", [0.4, 7.3, 600.0])
def test_any_speed_tells_the_same(night: bytes, told: bytes, tmp_path: Path, turn_s: float) -> None:
    """A turn of the live loop spans turn_s of event time: slow and fast play."""
    state, path = new_state(), tmp_path / "alerts.jsonl"
    runs = timeline.runs([night], step_s=0.25, leading_time_zone="UTC")
    player = Player(timeline.merged({"a": runs}, is_arrival_stamped=True))
    now_unix_s = player.open()
    writer = JsonlWriter(path)
    while not player.is_over:
        now_unix_s += turn_s
        chunks = player.take(now_unix_s)
        until = player.t_last_unix_s if player.is_over else now_unix_s
        writer.write(pipeline.step(state, chunks, [], until).transitions)
    writer.write(pipeline.finish(state).transitions)
    writer.close()
    assert path.read_bytes() == told


def test_simultaneous_lines_may_come_in_any_order(night: bytes, told: bytes, tmp_path: Path) -> None:
    """Lines with one TAG time are shuffled; fragments of one message keep their order, as in any one receiver."""
    rng = np.random.default_rng(4)
    groups: dict[bytes, list[bytes]] = {}
    for line in night.splitlines(keepends=True):
        groups.setdefault(line.split(b",c:")[1].split(b"*")[0], []).append(line)
    shuffled = []
    for lines in groups.values():
        messages: list[list[bytes]] = []
        for line in lines:
            is_rest = line.split(b"!")[1].split(b",")[2] not in (b"1",)
            (messages[-1] if is_rest and messages else messages.append([]) or messages[-1]).append(line)
        for i in rng.permutation(len(messages)).tolist():
            shuffled += messages[i]
    assert shuffled != night.splitlines(keepends=True)
    assert sorted(shuffled) == sorted(night.splitlines(keepends=True))
    in_order = b"".join(line for lines in groups.values() for line in lines)
    assert replayed([b"".join(shuffled)], tmp_path) == replayed([in_order], tmp_path)


def test_garbage_between_the_lines_changes_nothing_but_the_account(night: bytes, told: bytes, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    kinds = (
        b"\x00\xff\x00\n",
        b"$GPZDA,nonsense\n",
        b"!AIVDM,1,1,,A,broken*00\n",
        b"\\s:x*00\\\n",
        b"# comment\n",
        b"\r\n",
    )
    dirty = bytearray()
    for line in night.splitlines(keepends=True):
        dirty += line
        if rng.random() < 0.05:
            dirty += kinds[int(rng.integers(len(kinds)))]
    assert replayed([bytes(dirty)], tmp_path) == told


def test_a_far_away_vessel_changes_nothing_else(night: bytes, told: bytes, tmp_path: Path) -> None:
    """A ship in the South Pacific, heard by a station of its own, between the lines of the Channel."""
    lone = b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\r\n"
    lines = []
    for n, line in enumerate(night.splitlines(keepends=True)):
        lines.append(line)
        if n % 500 == 0 and line.startswith(b"\\") and b",1,1,," in line:
            stamp = line.split(b",c:")[1].split(b"*")[0]
            block = b"s:far,c:" + stamp
            check = 0
            for byte in block:
                check ^= byte
            lines.append(b"\\%s*%02X\\%s" % (block, check, lone))
    assert len(lines) > len(night.splitlines()) + 20
    assert replayed([b"".join(lines)], tmp_path) == told


def test_a_real_recording_splits_anywhere_too(shared_data: Path, tmp_path: Path) -> None:
    data = (shared_data / "ais" / "norway-kystverket-20190807.nm4").read_bytes()
    whole = replayed([data], tmp_path)
    assert replayed(cut(data, 1009), tmp_path) == whole
