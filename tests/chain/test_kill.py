"""From a receiver to every sink, with gateway and core killed at random moments: each alert once, and nobody missed.

    receiver ──TCP──> gateway ──MQTT──> mosquitto ──> core ──> store, JSON lines, InfluxDB, MQTT, webhook, Alertmanager
                      kill -9                        kill -9

What a night without kills raises is found by running the same night through the pipeline, without a clock, but for the
calls that are made once: of these the ones count that a gateway had on its disk before it was killed, which is told by
somebody who listens at the broker. Twenty kills in the suite; STRAITWATCH_KILLS=200 plays the long one.
"""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from alerts.alert import Event
from alerts.broker import connected
from alerts.store import Store
from decoders.ais.sentence import tag_block
from geofences import geojson
from monitor import assembly, config, pipeline
from monitor.feeds.chunk import Chunk
from monitor.feeds.record import stamp
from tests.brokers import Mosquitto
from tests.chain.night import CALLER, EVERY_S, Night, received
from tests.conftest import ROOT
from tests.gateway.test_core import core_toml, newest, position
from tests.gateway.test_gateway import gateway_toml, spooled
from tests.monitor.ships import T0
from tests.servers import alertmanager, create_database, influxd

pytestmark = [pytest.mark.realserver, pytest.mark.slow]
N_KILLS = int(os.environ.get("STRAITWATCH_KILLS", "20"))
LONGEST_S = 3.0  # a life, of which starting up takes half a second
SINKS = """
[[sinks]]
type = "influx"
name = "influx"
url = "{influx}"
api = "v1"
org = ""
bucket = "night"
user = ""
secret_env = ""
secret_file = ""
timeout_s = 10.0
is_gzip = false
takes = ["transition", "incident"]
takes_exercises = false

[[sinks]]
type = "mqtt"
name = "mqtt"
topic = "told"
takes = ["transition", "incident"]
takes_exercises = false

[[sinks]]
type = "webhook"
name = "phone"
url = "{phone}"
secret_env = ""
secret_file = ""
timeout_s = 10.0
takes_exercises = false

[[sinks]]
type = "alertmanager"
name = "pager"
url = "{pager}"
user = ""
secret_env = ""
secret_file = ""
labels = {{}}
timeout_s = 10.0
takes_exercises = false

[[routes]]
name = "all"
min_priority = "caution"
areas = []
rules = []
days = []
hours = ""
time_zone = "UTC"
levels = [{{ channels = ["phone", "pager"], duty = "" }}]
escalate_after_s = 3600
repeat_every_s = 3600
max_repeats = 1
tells_closed = true
"""


def undisturbed(night: Night) -> set[tuple[str, int]]:
    """(rule, MMSI) of every alert that is raised when nothing fails."""
    state = assembly.state(config.parse(config.shipped_text()), is_exercise=False, time_zones={}, is_live=True)
    pipeline.renew_chart(state, geojson.parse(json.loads(night.chart())["features"]))
    raised = set()
    for i in range(int(night.end_s / EVERY_S) + 10):
        now = T0 + EVERY_S * i
        data = stamp(night.heard(EVERY_S * i), tag_block("receiver", now))
        for step in pipeline.step(state, [Chunk("sites", now, data)], [], now).transitions:
            raised.add((step.rule, step.subject.mmsi))
    return raised


@dataclass
class Listener:
    """Who hears every batch of the gateway, and which calls stood in them."""

    callers: dict[bytes, int]  # line -> MMSI
    calls: set[tuple[str, int]] = field(default_factory=set)  # (rule, MMSI)

    async def listen(self, broker: Mosquitto) -> None:
        async with connected(broker.settings(), purpose="ear", own_topic="own/ear", nonce="ear") as ear:
            await ear.subscribe("straitwatch/feeds/dover/nmea")
            while True:
                delivery = await ear.receive()
                lines = {line.rpartition(b"\\")[2] for line in delivery.payload.splitlines()}
                self.calls |= {("distress_beacon", self.callers[line]) for line in lines & self.callers.keys()}
                delivery.accept()


@dataclass
class Phone:
    """A webhook that takes everything and keeps it."""

    told: list[dict[str, object]] = field(default_factory=list)

    async def take(self, request: web.Request) -> web.Response:
        self.told.append(await request.json())
        return web.Response()


@asynccontextmanager
async def ringing(phone: Phone) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/", phone.take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    await runner.cleanup()


def lives(seed: int, n_kills: int, log: Path, *command: str) -> "subprocess.Popen[bytes]":
    """A service that is killed so many times."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    words = [sys.executable, "-m", "tests.chain.lives", str(seed), str(n_kills), str(LONGEST_S), *command]
    with log.open("wb") as said:
        return subprocess.Popen(words, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=said)


async def killed(process: "subprocess.Popen[bytes]") -> int:
    """How many were, once the last one has begun."""
    assert process.stdout is not None
    return int(await asyncio.to_thread(process.stdout.readline))


def store_of(folder: Path) -> "contextlib.closing[Store]":
    return contextlib.closing(Store(folder / "straitwatch.sqlite"))


def raised(folder: Path) -> set[tuple[str, int]]:
    """(rule, MMSI) of what the core's store has."""
    if not (folder / "straitwatch.sqlite").exists():
        return set()
    with store_of(folder) as store:
        return {(one.transition.rule, one.transition.subject.mmsi) for one in store.transitions()}


def is_delivered(folder: Path) -> bool:
    with store_of(folder) as store:
        return all(store.outbox.size(name)[0] == 0 for name in store.outbox.names())


async def test_whoever_is_killed_each_alert_is_everywhere_once(broker: Mosquitto, tmp_path: Path) -> None:
    night = Night(n=3 * N_KILLS, spread_s=LONGEST_S / 2 * N_KILLS / 2)
    wanted = undisturbed(night)
    assert Counter(rule for rule, _ in wanted) == dict.fromkeys(
        ("fence_entry", "distress_beacon", "ais_integrity"), night.n
    )
    phone = Phone()
    ear = Listener({line.strip(): CALLER + k for k, (_, line) in enumerate(night.calls())})
    async with AsyncExitStack() as stack:
        receiver = await stack.enter_async_context(received(night, time.monotonic))
        for name in ("influxd", "alertmanager", "gateway"):
            (tmp_path / name).mkdir()
        influx, _ = stack.enter_context(influxd(tmp_path / "influxd"))
        create_database(influx, "night")
        pager, _ = stack.enter_context(alertmanager(tmp_path / "alertmanager"))
        url = await stack.enter_async_context(ringing(phone))
        (tmp_path / "fences.geojson").write_text(night.chart())
        toml = core_toml(tmp_path, broker).replace("files = []", f'files = ["{tmp_path}/fences.geojson"]', 1)
        (tmp_path / "core.toml").write_text(toml + SINKS.format(influx=influx, phone=url, pager=pager))
        (tmp_path / "gateway.toml").write_text(gateway_toml(tmp_path / "gateway", broker.port, receiver.port))

        def is_over() -> bool:
            if not receiver.is_over or spooled(tmp_path / "gateway"):
                return False
            return wanted | ear.calls <= raised(tmp_path) and is_delivered(tmp_path)

        listening = asyncio.create_task(ear.listen(broker))
        gateways = lives(1, N_KILLS // 2, tmp_path / "gateway.log", "gateway", "-c", str(tmp_path / "gateway.toml"))
        cores = lives(2, N_KILLS // 2, tmp_path / "core.log", "run", "-c", str(tmp_path / "core.toml"))
        n_killed = 0
        try:
            with contextlib.suppress(TimeoutError):  # what is missing then is told below
                async with asyncio.timeout(120 + LONGEST_S * N_KILLS):
                    n_killed = await killed(gateways) + await killed(cores)
                    while not is_over():
                        assert gateways.poll() is cores.poll() is None
                        await asyncio.sleep(0.2)
            retained = await open_incidents(broker)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
            for process in (gateways, cores):
                process.terminate()
            for process in (gateways, cores):
                await asyncio.to_thread(process.communicate)
        assert (gateways.returncode, cores.returncode) == (0, 0), (tmp_path / "core.log").read_text()[-3000:]
        assert n_killed == 2 * (N_KILLS // 2)
        assert len(ear.calls) > night.n // 2  # the others died with a gateway that had not written them yet
        judge(tmp_path, wanted | ear.calls, phone, retained, points(influx), alerts_of(pager))
    assert position(tmp_path) == newest(tmp_path / "gateway")  # the last batch, and none was missed on the way
    assert b"are lost" not in (tmp_path / "core.log").read_bytes() + (tmp_path / "gateway.log").read_bytes()


def judge(
    folder: Path,
    wanted: set[tuple[str, int]],
    phone: Phone,
    retained: set[str],
    points: list[dict[str, object]],
    paged: list[dict[str, object]],
) -> None:
    """Every alert once, in the store and at each sink."""
    with store_of(folder) as store:
        assert store.verify().is_whole
        steps = store.transitions()
        incidents = {incident.incident_id for incident in store.incidents(with_closed=False)}
        assert [step.seq for step in steps] == list(range(1, len(steps) + 1))
        assert all(not store.outbox.quarantined(name) for name in store.outbox.names())
    opened = [step.transition for step in steps if step.transition.event is Event.OPENED]
    assert Counter((one.rule, one.subject.mmsi) for one in opened) == dict.fromkeys(wanted, 1)
    assert len(incidents) == len({mmsi for _, mmsi in wanted})

    told = [(s.transition.alert_id, s.transition.event.value, s.transition.t_unix_s) for s in steps]
    lines = [json.loads(line) for line in (folder / "alerts.jsonl").read_bytes().splitlines()]
    assert [(line["alert_id"], line["event"], line["t_unix_s"]) for line in lines] == told
    assert Counter((point["alert_id"], point["event"]) for point in points) == Counter(one[:2] for one in told)
    assert retained == incidents
    first = {notice["id"]: notice["incident"]["id"] for notice in phone.told if notice["step"] == "opened"}  # type: ignore[index]
    assert sorted(first.values()) == sorted(incidents)  # a repeat has the id of the first
    assert sorted(alert["labels"]["incident"] for alert in paged) == sorted(incidents)  # type: ignore[index]


async def open_incidents(broker: Mosquitto) -> set[str]:
    """What the broker retains."""
    found: set[str] = set()
    async with connected(broker.settings(), purpose="reader", own_topic="own/reader", nonce="reader") as reader:
        await reader.subscribe("told/incidents/+")
        try:
            while True:
                async with asyncio.timeout(1.0):
                    delivery = await reader.receive()
                found.add(delivery.topic.rpartition("/")[2])
                delivery.accept()
        except TimeoutError:
            return found


def points(url: str) -> list[dict[str, object]]:
    """The steps of alerts that InfluxDB has."""
    with urllib.request.urlopen(f"{url}/query?db=night&q=SELECT+*+FROM+alert") as answer:
        (series,) = json.loads(answer.read())["results"][0]["series"]
    return [dict(zip(series["columns"], row, strict=True)) for row in series["values"]]


def alerts_of(url: str) -> list[dict[str, object]]:
    """What Alertmanager holds."""
    with urllib.request.urlopen(f"{url}/api/v2/alerts") as answer:
        found: list[dict[str, object]] = json.loads(answer.read())
    return found
