"""Gateway, broker and core against each other, each of them killed: no sentence lost, none twice, no gap."""

import asyncio
import itertools
import json
import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from alerts.broker import connected
from monitor.cli.main import main
from monitor.config_check import ConfigFaults
from monitor.feeds.chunk import Chunk
from monitor.gateway import service, settings
from monitor.gateway.packer import MAX_TAIL_BYTES, Packer
from tests.brokers import Mosquitto
from tests.conftest import ROOT
from tests.gateway.ends import core_settings, counting, keep, kept

realserver = pytest.mark.realserver
TCP = """
[[feeds]]
name = "receiver"
type = "tcp"
host = "127.0.0.1"
port = {port}
reconnect_first_s = 0.05
reconnect_longest_s = 0.2
silent_s = 60.0
format = "nmea"
"""


def gateway_toml(folder: Path, broker_port: int, receiver_port: int, **changes: str) -> str:
    """The shipped file with its feed, places and pauses changed."""
    text = settings.shipped_text()
    start, end = text.index('[[feeds]]\nname = "receiver"'), text.index("# The MQTT broker between")
    text = text[:start] + TCP.format(port=receiver_port) + text[end:]
    given = {
        "site": '"dover"',
        "port = 1883": f"port = {broker_port}",
        "file": f'"{folder}/spool.sqlite"',
        "keepalive_s": "1",
        "reconnect_first_s = 1.0": "reconnect_first_s = 0.05",
        "reconnect_longest_s = 60.0": "reconnect_longest_s = 0.2",
        "hold_s": "0.02",
        "most = 100": "most = 20",
        "window_batches": "50",
        "resend_after_s": "0.5",
        **changes,
    }
    for key, value in given.items():
        old = next(line for line in text.splitlines() if line.startswith(key))
        text = text.replace(f"\n{old}\n", f"\n{value if ' = ' in value else f'{key} = {value}'}\n", 1)
    return text


def gateway(folder: Path, broker: Mosquitto, receiver_port: int, **changes: str) -> "asyncio.Task[None]":
    """A gateway in this process."""
    config = settings.parse(gateway_toml(folder, broker.port, receiver_port, **changes))
    rng = np.random.default_rng(1)
    return asyncio.create_task(service.serve(service.new_gateway(config, rng), rng))


async def until(condition, *tasks: "asyncio.Task[None]") -> None:
    async with asyncio.timeout(120):
        while not condition():
            for task in tasks:
                assert not task.done(), task.exception()
            await asyncio.sleep(0.02)


async def end(*tasks: "asyncio.Task[None]") -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def spooled(folder: Path) -> int:
    with sqlite3.connect(folder / "spool.sqlite") as db:
        return int(db.execute("SELECT count(*) FROM batches").fetchone()[0])


@realserver
async def test_a_broker_killed_and_stopped_mid_stream_costs_nothing(broker: Mosquitto, tmp_path: Path) -> None:
    most = 20_000
    path = tmp_path / "core.sqlite"
    async with counting(most) as (port, counter):
        ours = gateway(tmp_path, broker, port)
        core = asyncio.create_task(keep(core_settings(broker.port), path))
        for part in (0.2, 0.4, 0.6):
            await until(lambda part=part: counter.n >= most * part and len(kept(path)[0]) > 0, ours, core)
            await asyncio.to_thread(broker.kill)
            await asyncio.to_thread(broker.start)
        before = len(kept(path)[0])
        await until(lambda: len(kept(path)[0]) > before, ours, core)
        broker.pause()
        await until(lambda: counter.n >= most * 0.9, ours, core)
        broker.resume()
        await until(lambda: len(kept(path)[0]) >= most, ours, core)
        await until(lambda: spooled(tmp_path) == 0, ours, core)
        await end(ours, core)
    assert kept(path) == (list(range(1, most + 1)), 0)


def start(*command: str, **more: str) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1", **more}
    return subprocess.Popen([sys.executable, "-m", *command], cwd=ROOT, env=environment, stderr=subprocess.DEVNULL)


@realserver
async def test_a_core_killed_again_and_again_takes_everything_once(broker: Mosquitto, tmp_path: Path) -> None:
    most = 12_000
    path = tmp_path / "core.sqlite"
    async with counting(most) as (port, _):
        ours = gateway(tmp_path, broker, port)
        for _ in range(3):
            before = len(kept(path)[0])
            core = start("tests.gateway.ends", str(broker.port), str(path))
            await until(lambda before=before: len(kept(path)[0]) > before, ours)
            core.kill()
            core.wait()
        core = start("tests.gateway.ends", str(broker.port), str(path))
        try:
            await until(lambda: len(kept(path)[0]) >= most and spooled(tmp_path) == 0, ours)
        finally:
            core.kill()
            core.wait()
            await end(ours)
    assert kept(path) == (list(range(1, most + 1)), 0)


@realserver
async def test_a_gateway_killed_again_and_again_loses_nothing_that_was_on_its_disk(
    broker: Mosquitto, tmp_path: Path
) -> None:
    """A line that was not on the disk yet when the process died is lost; nothing else is, and nothing doubles."""
    most, n_kills = 9_000, 3
    path, toml = tmp_path / "core.sqlite", tmp_path / "gateway.toml"
    async with counting(most) as (port, counter):
        toml.write_text(gateway_toml(tmp_path, broker.port, port))
        core = asyncio.create_task(keep(core_settings(broker.port), path))
        for i in range(n_kills):
            process = start("monitor.cli.main", "gateway", "-c", str(toml))
            await until(lambda i=i: counter.n > most * (i + 1) / (n_kills + 2), core)
            process.kill()
            process.wait()
        process = start("monitor.cli.main", "gateway", "-c", str(toml))
        try:
            await until(lambda: counter.n == most and most in kept(path)[0][-1:] and spooled(tmp_path) == 0, core)
        finally:
            process.terminate()
            assert process.wait() == 0
        await end(core)
    got, n_missing = kept(path)
    assert n_missing == 0
    assert got == sorted(set(got))
    assert sum(b != a + 1 for a, b in itertools.pairwise(got)) <= n_kills


@realserver
async def test_what_a_small_spool_drops_is_told_as_missing(broker: Mosquitto, tmp_path: Path) -> None:
    path = tmp_path / "core.sqlite"
    async with counting(4000) as (port, counter):
        core = asyncio.create_task(keep(core_settings(broker.port), path))
        ours = gateway(tmp_path, broker, port, limit_mb="0.01")
        await until(lambda: len(kept(path)[0]) > 20, ours, core)
        await end(core)
        broker.kill()  # what it had is gone, and the spool has room for a few batches
        await until(lambda: counter.n == 4000, ours)
        broker.start()
        core = asyncio.create_task(keep(core_settings(broker.port), path))
        await until(lambda: kept(path)[0][-1:] == [4000] and spooled(tmp_path) == 0, ours, core)
        seen = connected(broker.settings(), purpose="watch", own_topic="own/watch", nonce="watch")
        async with seen as watch:
            await watch.subscribe("straitwatch/health/dover")
            health = json.loads((await watch.receive()).payload)
        await end(ours, core)
    got, n_missing = kept(path)
    assert got == sorted(set(got))
    assert n_missing > 0
    assert health["state"] == "online"
    assert health["n_dropped"] >= n_missing


@realserver
async def test_a_gateway_says_that_it_ends_and_is_said_to_be_gone(broker: Mosquitto, tmp_path: Path) -> None:
    toml = tmp_path / "gateway.toml"
    async with (
        counting(10) as (port, _),
        connected(broker.settings(), purpose="watch", own_topic="own/watch", nonce="watch") as watch,
    ):
        toml.write_text(gateway_toml(tmp_path, broker.port, port))
        await watch.subscribe("straitwatch/health/dover")

        async def health() -> str:
            async with asyncio.timeout(30):
                return str(json.loads((await watch.receive()).payload)["state"])

        for gone in ("kill", "terminate"):
            process = start("monitor.cli.main", "gateway", "-c", str(toml))
            assert await health() == "online"
            getattr(process, gone)()
            process.wait()
            while (state := await health()) == "online":
                pass
            assert state == "offline"


async def test_the_supervisor_hears_that_a_gateway_is_ready_and_alive(tmp_path: Path) -> None:
    toml, place = tmp_path / "gateway.toml", tmp_path / "notify"
    toml.write_text(gateway_toml(tmp_path, 1, 1))  # no broker, no receiver: it keeps what comes all the same
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(place))
        supervisor.settimeout(60)
        process = start("monitor.cli.main", "gateway", "-c", str(toml), NOTIFY_SOCKET=str(place))
        said = {await asyncio.to_thread(supervisor.recv, 100) for _ in range(2)}
        process.terminate()
        assert process.wait() == 0
    assert said == {b"READY=1", b"WATCHDOG=1"}


async def test_a_disk_without_room_is_told_and_nothing_that_came_is_lost(tmp_path: Path) -> None:
    config = settings.parse(gateway_toml(tmp_path, 1, 1))
    ours = service.new_gateway(config, np.random.default_rng(1))
    (n_pages,) = ours.spool._db.execute("PRAGMA page_count").fetchone()
    ours.spool._db.execute(f"PRAGMA max_page_count = {n_pages}")
    lines = [b"%0500d\n" % i for i in range(200)]
    for part in (lines[:100], lines[100:]):
        await ours.intake.put("receiver", b"".join(part))
        await ours.fill_once()
        health = json.loads(await ours.health("online"))
        assert "full" in health["fault"]
        assert ours.spool.n_batches == 0
    ours.spool._db.execute("PRAGMA max_page_count = 100000")
    for _ in range(2):
        await ours.fill_once()
    assert json.loads(await ours.health("online"))["fault"] == ""
    bodies = b"".join(body for _, body in ours.spool.read("nmea", range(1, 11)))
    assert [line.rpartition(b"\\")[2] + b"\n" for line in bodies.splitlines()] == lines
    ours.close()


# packing


def test_lines_are_cut_whole_stamped_and_counted() -> None:
    packer = Packer({"a": "nmea", "b": "nmea"}, 3)
    first = packer.pack([Chunk("a", 10.0, b"one\r\ntw"), Chunk("b", 11.0, b"\\c:5*00\\x\n")])
    assert [(b.kind, b.t_unix_s) for b in first] == [("nmea", 10.0)]
    assert first[0].body.startswith(b"\\s:a,c:10.000*")
    assert first[0].body.endswith(b"one\r\n\\c:5*00\\x\n")
    later = packer.pack([Chunk("a", 12.0, b"o\nthree\nfour\n\nfive\n")])
    assert [b.body.count(b"\n") for b in later] == [3, 1]
    assert b"c:12.000" in later[0].body
    assert packer.pack([]) == []


def test_a_line_without_an_end_does_not_grow_for_ever() -> None:
    packer = Packer({"a": "nmea"}, 100)
    assert packer.pack([Chunk("a", 10.0, b"x" * MAX_TAIL_BYTES)]) == []
    (batch,) = packer.pack([Chunk("a", 10.0, b"x")])
    assert len(batch.body) > MAX_TAIL_BYTES


def test_datagrams_are_captures() -> None:
    from decoders import pcap_write
    from decoders.pcap import PcapReader

    packer = Packer({"radar": "asterix"}, 2)
    records = [pcap_write.record(10.0 + i, b"datagram %d" % i, "127.0.0.1", 8600) for i in range(3)]
    batches = packer.pack([Chunk("radar", 10.0, data) for data in (pcap_write.header(), *records)])
    assert [b.body for b in batches] == [
        pcap_write.header() + records[0] + records[1],
        pcap_write.header() + records[2],
    ]
    assert len(PcapReader().feed(b"".join(b.body for b in batches)).frames) == 3


# configuration


def test_the_shipped_gateway_toml_has_no_faults() -> None:
    assert settings.parse(settings.shipped_text()).formats == {"receiver": "nmea"}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('site = "site"', 'site = "do ver"', "must be a name"),
        ("most = 100", "most = 0", "batch.most"),
        ("keep_h", "keep_days", "did you mean"),
        ('format = "nmea"\n\n', 'format = "ivef"\n\n', "format"),
        ('host = "127.0.0.1"\nport = 1883', 'host = "broker.example"\nport = 1883', "plain text"),
        ('name = "receiver"', 'name = "a receiver"', "TAG blocks"),
    ],
)
def test_faults_of_gateway_toml_are_told(old: str, new: str, words: str) -> None:
    text = settings.shipped_text()
    assert old in text
    with pytest.raises(ConfigFaults, match=words):
        settings.parse(text.replace(old, new, 1))


def test_the_command_prints_checks_and_refuses(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["gateway", "--print"]) == 0
    path = tmp_path / "gateway.toml"
    path.write_text(capsys.readouterr().out)
    assert main(["gateway", "-c", str(path), "--check"]) == 0
    assert "no faults; site site; feeds receiver" in capsys.readouterr().out
    path.write_text(path.read_text().replace('site = "site"', "").replace("most = 100", "most = 0"))
    assert main(["gateway", "-c", str(path)]) == 2
    said = capsys.readouterr().err
    assert "site = None" in said
    assert "batch.most" in said


def test_a_gateway_takes_no_feed_from_a_broker() -> None:
    text = settings.shipped_text()
    start, end = text.index('[[feeds]]\nname = "receiver"'), text.index("# The MQTT broker between")
    block = '[[feeds]]\nname = "a"\ntype = "mqtt"\nsite = "+"\nformat = "nmea"\n'
    with pytest.raises(ConfigFaults, match="a gateway takes tcp"):
        settings.parse(text[:start] + block + text[end:])
