"""InfluxDB: against the real servers, and against one that refuses, stalls and sends away."""

import asyncio
import contextlib
import dataclasses
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import aiohttp
import msgspec
import numpy as np
import pytest
from aiohttp import web

from alerts.items import Kind
from alerts.sinks.contract import WriteResult
from alerts.sinks.delivery import Delivery
from alerts.sinks.influx import InfluxSettings, InfluxSink
from alerts.store import Store
from tests.alerts.pictures import NOW
from tests.alerts.test_outbox import figures, steps
from tests.servers import create_database, free_port, influxd, victoria_metrics

SETTINGS = InfluxSettings(
    name="influx",
    url="",
    api="auto",
    org="",
    bucket="night",
    user="",
    secret_env="",
    secret_file="",
    timeout_s=2.0,
    is_gzip=False,
    takes=list(Kind),
    takes_exercises=False,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "store.sqlite")
    made.commit(steps(20), (), (), desk=b"", t_unix_s=NOW, entries=[figures(i) for i in range(5)])
    yield made
    made.close()


def sink_of(url: str, **changes: object) -> InfluxSink:
    return InfluxSink(dataclasses.replace(SETTINGS, url=url, **changes))  # type: ignore[arg-type]


def delivered(store: Store, sink: InfluxSink) -> Delivery:
    """The delivery after all was taken or something was kept back."""

    async def run() -> Delivery:
        delivery = Delivery(store.outbox, sink, lambda: NOW, np.random.default_rng(0))
        await delivery.drain()
        await sink.close()
        return delivery

    return asyncio.run(run())


async def asked(url: str, path: str, **params: str) -> dict[str, object]:
    async with aiohttp.ClientSession() as session, session.get(url + path, params=params) as response:
        found: dict[str, object] = msgspec.json.decode(await response.read())
        return found


async def count(url: str, query: str) -> float:
    """The first value of an InfluxQL query; 0 without rows."""
    answer = await asked(url, "/query", db="night", q=query)
    series = answer["results"][0].get("series")  # type: ignore[index]
    return float(series[0]["values"][0][1]) if series else 0.0


@pytest.fixture(scope="module")
def influx_1(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with influxd(tmp_path_factory.mktemp("influxd")) as (url, _):
        yield url


@pytest.mark.parametrize("is_gzip", [False, True])
def test_everything_arrives_once_also_when_it_is_sent_twice(influx_1: str, store: Store, is_gzip: bool) -> None:
    async def run() -> None:
        create_database(influx_1, "night")
        for name in ("first", "again"):
            sink = sink_of(influx_1, name=name, is_gzip=is_gzip)
            result = await sink.write(store.outbox.waiting(name, 100))
            assert len(result.accepted) == 25, result
            await sink.close()
        assert await count(influx_1, "SELECT count(n) FROM alert") == 20
        assert await count(influx_1, "SELECT last(n_ticks) FROM pipeline WHERE part = 'core'") == 4

    asyncio.run(run())


def test_a_database_that_is_not_there_waits_for_a_person(influx_1: str, store: Store) -> None:
    delivery = delivered(store, sink_of(influx_1, bucket="nowhere"))
    assert "database not found" in delivery.fault
    assert delivery.needs_repair
    assert len(store.outbox.waiting("influx", 100)) == 25


def test_a_point_of_another_type_is_refused_by_name_and_the_others_are_stored(influx_1: str, store: Store) -> None:
    async def run() -> WriteResult:
        create_database(influx_1, "mixed")
        async with aiohttp.ClientSession() as session:
            data = f'pipeline,part=core n_ticks="text" {int(NOW * 1e9)}'
            async with session.post(f"{influx_1}/write", params={"db": "mixed"}, data=data) as answer:
                assert answer.status == 204, await answer.text()
        sink = sink_of(influx_1, bucket="mixed")
        result = await sink.write(store.outbox.waiting("influx", 100))
        await sink.close()
        return result

    result = asyncio.run(run())
    assert len(result.accepted) == 20
    assert sorted(result.refused) == list(range(20, 25))
    assert all("field type conflict" in words for words in result.refused.values())


def test_a_server_that_is_killed_and_comes_back_has_everything(tmp_path: Path, store: Store) -> None:
    port = free_port()
    folder = tmp_path / "influxd"
    folder.mkdir()

    async def fill(url: str) -> None:
        create_database(url, "night")
        sink = sink_of(url)
        result = await sink.write(store.outbox.waiting("influx", 7))
        store.outbox.settle("influx", 7, {}, NOW)
        assert len(result.accepted) == 7
        await sink.close()

    with influxd(folder, port) as (url, process):
        asyncio.run(fill(url))
        process.send_signal(signal.SIGKILL)
        process.wait()
    delivery = delivered(store, sink_of(url))
    assert "not reached" in delivery.fault
    assert not delivery.needs_repair
    with influxd(folder, port) as (url, process):
        process.send_signal(signal.SIGSTOP)
        assert "not reached" in delivered(store, sink_of(url, timeout_s=0.3)).fault
        process.send_signal(signal.SIGCONT)
        delivery = delivered(store, sink_of(url))
        assert (delivery.fault, delivery.n_accepted) == ("", 18)
        assert asyncio.run(count(url, "SELECT count(n) FROM alert")) == 20


def test_the_way_of_version_2_is_taken_where_the_server_has_it(tmp_path: Path, store: Store) -> None:
    async def counted() -> dict[str, object]:
        async with aiohttp.ClientSession() as session:
            (
                await session.get(f"{url}/internal/force_flush")
            ).release()  # what was written a moment ago can be asked for
        query = "sum(count_over_time(alert_n[1h]))"
        return await asked(url, "/api/v1/query", query=query, time=str(NOW + 600), nocache="1")

    with victoria_metrics(tmp_path) as (url, _):
        delivery = delivered(store, sink_of(url, api="v2", is_gzip=True))
        assert (delivery.fault, delivery.n_accepted, delivery.n_refused) == ("", 25, 0)
        found = asyncio.run(counted())
    assert found["data"]["result"][0]["value"][1] == "20"  # type: ignore[index]


class Answers:
    """An HTTP server that answers what it is told to, in order, then 204."""

    def __init__(self, *answers: tuple[int, str, dict[str, str]]) -> None:
        self.answers = list(answers)
        self.bodies: list[bytes] = []

    async def take(self, request: web.Request) -> web.Response:
        if request.path == "/ping":
            return web.Response(status=204, headers={"X-Influxdb-Version": self.version})
        self.bodies.append(await request.read())
        status, words, headers = self.answers.pop(0) if self.answers else (204, "", {})
        return web.Response(status=status, text=words, headers=headers)

    @contextlib.asynccontextmanager
    async def serving(self, version: str) -> AsyncIterator[str]:
        self.version = version
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self.take)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


def answer_to(store: Store, version: str, *answers: tuple[int, str, dict[str, str]]) -> tuple[WriteResult, list[bytes]]:
    async def run() -> tuple[WriteResult, list[bytes]]:
        server = Answers(*answers)
        async with server.serving(version) as url:
            sink = sink_of(url)
            result = await sink.write(store.outbox.waiting("influx", 100))
            await sink.close()
            return result, server.bodies

    return asyncio.run(run())


VERSIONS = pytest.mark.parametrize("version", ["1.8.10", "v2.7.1", "3.0.1"])


@VERSIONS
@pytest.mark.parametrize("status", [401, 403, 404])
def test_what_a_person_must_mend_waits(store: Store, version: str, status: int) -> None:
    result, bodies = answer_to(store, version, (status, '{"message": "unauthorized access"}', {}))
    assert result.needs_repair
    assert len(result.kept) == 25
    assert "unauthorized access" in result.reason
    assert len(bodies) == 1


@VERSIONS
@pytest.mark.parametrize(("status", "after_s"), [(429, "17"), (503, "3"), (500, "")])
def test_what_will_pass_waits_as_long_as_the_server_says(store: Store, version: str, status: int, after_s: str) -> None:
    result, _ = answer_to(store, version, (status, "busy", {"Retry-After": after_s} if after_s else {}))
    assert not result.needs_repair
    assert len(result.kept) == 25
    assert result.retry_after_s == float(after_s or 0)


@VERSIONS
def test_a_line_that_the_server_cannot_read_is_quarantined_alone_and_nothing_is_sent_again(
    store: Store, version: str
) -> None:
    _, (body,) = answer_to(store, version)
    bad = body.splitlines()[4].decode()
    words = msgspec.json.encode({"error": f"partial write: unable to parse '{bad}': invalid field format dropped=0"})
    result, bodies = answer_to(store, version, (400, words.decode(), {}))
    assert list(result.refused) == [4]
    assert "invalid field format" in result.refused[4]
    assert len(result.accepted) == 24
    assert len(bodies) == 1


@VERSIONS
def test_a_refusal_without_a_line_is_one_of_the_batch_and_says_so(store: Store, version: str) -> None:
    result, bodies = answer_to(store, version, (400, '{"error": "partial write: points beyond retention policy"}', {}))
    assert len(result.refused) == 25
    assert "some may have been stored" in result.refused[0]
    assert len(bodies) == 1


@VERSIONS
def test_what_is_too_much_at_once_goes_in_halves(store: Store, version: str) -> None:
    result, bodies = answer_to(store, version, (413, "too large", {}), (413, "too large", {}))
    assert sorted(result.accepted) == list(range(25))
    (
        whole,
        *_,
    ) = bodies
    assert b"\n".join(bodies[2:]) == whole


@VERSIONS
def test_what_a_server_keeps_in_the_middle_of_halves_is_kept_and_what_came_before_is_not(
    store: Store, version: str
) -> None:
    result, _ = answer_to(store, version, (413, "", {}), (204, "", {}), (503, "busy", {}))
    assert (result.accepted, result.kept) == (tuple(range(12)), tuple(range(12, 25)))


def test_a_secret_that_cannot_be_had_is_said_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="STRAITWATCH_NO_SUCH"):
        sink_of("http://127.0.0.1:1", secret_env="STRAITWATCH_NO_SUCH")
    with pytest.raises(ValueError, match="cannot be read"):
        sink_of("http://127.0.0.1:1", secret_file=str(tmp_path / "none"))
    with pytest.raises(ValueError, match="twice"):
        sink_of("http://127.0.0.1:1", secret_env="A", secret_file="b")
