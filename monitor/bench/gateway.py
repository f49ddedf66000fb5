"""`straitwatch bench gateway`: sentences from a receiver to the core, by way of gateway, disk, mosquitto, TLS, QoS 1.

    receiver ──TCP──> gateway (stamp, batch, SQLite with FULL) ──TLS──> mosquitto ──TLS──> feed, intake, receipts
    this process      a process of its own                                                 this process

Everything is real but the receiver and the pipeline: what it costs to judge the sentences is `bench pipeline`. Wall
time from the first byte that the receiver sends to the last sentence in the core's intake. All parts share this
machine's cores; on a site each has its own.
"""

import asyncio
import logging
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec
import structlog

from alerts.broker_access import BrokerSettings
from monitor.bench import corpus
from monitor.bench.measure import Figure
from monitor.bench.pipeline import load_of
from monitor.bench.servers import Missing, free_port, program, running
from monitor.feeds.live import Intake
from monitor.feeds.mqtt import MqttFeed
from monitor.gateway import settings
from monitor.sim import story

ROOT = Path(__file__).resolve().parents[2]
N_SENTENCES = 1_000_000
GOAL_PER_S = 100_000.0
TURN_S = 0.05  # as the pipeline takes
MOST_S = 300.0


@dataclass(frozen=True, slots=True)
class Run:
    """One million sentences."""

    wall_s: float
    core_cpu_s: float  # with the receiver
    others_cpu_s: float  # gateway and broker


def run(files: list[Path], rounds: int, progress: Callable[[str], None]) -> list[Figure]:
    """All figures of the benchmark. files : recordings to use instead of simulated traffic."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))  # figures alone
    progress("making the load")
    data = corpus.recorded(files)[0] if files else load_of(story.load("quiet-hour"))
    lines = corpus.sentences_only(data)
    n = lines.count(b"\n")
    times = max(1, N_SENTENCES // n)
    runs = []
    for i in range(rounds):
        progress(f"round {i + 1} of {rounds}")
        runs.append(one_run(lines, times))
    total = n * times
    rate = statistics.median(total / one.wall_s for one in runs)
    return [
        Figure("sentences", total, ""),
        Figure("gateway to core, TLS, QoS 1", rate, "sentences/s", f">= {GOAL_PER_S:g}", rate >= GOAL_PER_S),
        Figure("core's end", statistics.median(one.core_cpu_s for one in runs) / total * 1e6, "us of CPU/sentence"),
        Figure(
            "gateway and broker",
            statistics.median(one.others_cpu_s for one in runs) / total * 1e6,
            "us of CPU/sentence",
        ),
    ]


def one_run(lines: bytes, times: int) -> Run:
    """Start everything, send, wait for the last sentence, end everything."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory(prefix="straitwatch-") as name:
        folder = Path(name)
        with mosquitto(folder) as broker:
            wall_s, core_cpu_s = asyncio.run(measured(folder, broker, lines, times))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return Run(wall_s, core_cpu_s, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)


async def measured(folder: Path, broker: BrokerSettings, lines: bytes, times: int) -> tuple[float, float]:
    """Wall and CPU seconds from the first byte to the last sentence."""
    started: list[tuple[float, float]] = []
    over = asyncio.Event()

    async def receiver(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        started.append((time.perf_counter(), time.process_time()))
        for _ in range(times):
            writer.write(lines)
            await writer.drain()
        await over.wait()
        writer.close()

    server = await asyncio.start_server(receiver, "127.0.0.1", 0)
    intake = Intake(1 << 26)
    feed = asyncio.create_task(MqttFeed("sites", "+", "nmea", broker).run(intake))
    toml = folder / "gateway.toml"
    toml.write_text(gateway_toml(folder, broker, server.sockets[0].getsockname()[1]), encoding="utf-8")
    n_wanted, n_got = lines.count(b"\n") * times, 0
    gateway = None
    try:
        async with asyncio.timeout(MOST_S):
            while intake.of("sites").n_connects == 0:
                await asyncio.sleep(TURN_S)
            gateway = subprocess.Popen(
                [sys.executable, "-m", "monitor.cli.main", "gateway", "-c", str(toml)],
                cwd=ROOT,
                stderr=subprocess.DEVNULL,
            )
            while n_got < n_wanted:
                await asyncio.sleep(TURN_S)
                newest = None
                for chunk in intake.take(1 << 26):
                    n_got += chunk.data.count(b"\n")
                    newest = chunk.receipt or newest
                if newest is not None:
                    newest.stored(newest)
        wall_s, cpu_s = time.perf_counter() - started[0][0], time.process_time() - started[0][1]
    finally:
        over.set()
        feed.cancel()
        await asyncio.gather(feed, return_exceptions=True)
        server.close()
        if gateway is not None:
            gateway.terminate()
            gateway.wait()
    return wall_s, cpu_s


def gateway_toml(folder: Path, broker: BrokerSettings, port: int) -> str:
    """The shipped gateway.toml, its feed a TCP client of ours, its broker ours."""
    text = settings.shipped_text()
    start = text.index('[[feeds]]\nname = "receiver"')
    after = text.index("# What the core has not yet stored")
    feed = (
        f'[[feeds]]\nname = "receiver"\ntype = "tcp"\nhost = "127.0.0.1"\nport = {port}\nreconnect_first_s = 1.0\n'
        'reconnect_longest_s = 1.0\nsilent_s = 600.0\nformat = "nmea"\n'
    )
    given = msgspec.to_builtins(broker) | {"client_id": "gateway"}
    block = "[broker]\n" + "".join(f"{name} = {msgspec.json.encode(value).decode()}\n" for name, value in given.items())
    rest = text[after:].replace('"var/spool.sqlite"', f'"{folder}/spool.sqlite"')
    return text[:start] + feed + block + rest


@contextmanager
def mosquitto(folder: Path) -> Iterator[BrokerSettings]:
    """A broker with TLS for this run. Raises FileNotFoundError where mosquitto or openssl is missing."""
    command = program("mosquitto")
    if not shutil.which("openssl"):
        raise Missing("no openssl on this machine")
    subprocess.run([ROOT / "deploy/mosquitto/certificates.sh", folder / "tls", "127.0.0.1"], check=True)
    port = free_port()
    conf = folder / "mosquitto.conf"
    tls = "".join(
        f"{key} {folder}/tls/{file}\n" for key, file in (("certfile", "server.crt"), ("keyfile", "server.key"))
    )
    user = "user root\n" if os.geteuid() == 0 else ""
    conf.write_text(
        f"{user}listener {port} 127.0.0.1\nallow_anonymous true\n{tls}max_inflight_messages 0\n"
        "max_queued_messages 20000\nlog_dest stderr\n",
        encoding="utf-8",
    )
    with running([command, "-c", conf], port, folder):
        yield BrokerSettings(
            host="127.0.0.1", port=port, client_id="core", user="", password_file="", password_env="",
            ca_file=f"{folder}/tls/ca.crt", cert_file="", key_file="", is_insecure=False, keepalive_s=60,
            session_expiry_s=3600, most_waiting=2000, reconnect_first_s=0.1, reconnect_longest_s=1.0,
        )  # fmt: skip
