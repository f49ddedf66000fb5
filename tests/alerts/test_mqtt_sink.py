"""Alerts and incidents by way of a real mosquitto: retained while open, refused where the ACL says so, never lost."""

import asyncio
import dataclasses
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest

from alerts.broker import Session, connected
from alerts.incident import IncidentState
from alerts.items import Kind
from alerts.sinks.delivery import Delivery
from alerts.sinks.mqtt import MqttSettings, MqttSink
from alerts.store import Store
from tests.alerts.pictures import NOW
from tests.alerts.test_desk import beacon, desk, tick
from tests.alerts.test_outbox import figures, steps
from tests.brokers import OPEN, Mosquitto, guarded

TAKES = list(Kind)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Mosquitto]:
    folder = tmp_path / "broker"
    folder.mkdir()
    made = Mosquitto(folder, OPEN).start()
    yield made
    made.stop()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(tmp_path / "store.sqlite")
    watch = tick(desk(), beacon(NOW))
    made.commit(watch.transitions, watch.incidents, (), desk=b"", t_unix_s=NOW, entries=[figures(0)])
    yield made
    made.close()


def sink_of(broker: Mosquitto, **changes: object) -> MqttSink:
    settings = broker.settings(client_id="core", **changes)
    return MqttSink(MqttSettings("mqtt", "straitwatch", TAKES, False, settings))


def delivery_of(store: Store, sink: MqttSink) -> Delivery:
    return Delivery(store.outbox, sink, lambda: NOW, np.random.default_rng(0))


async def heard(session: Session, n: int) -> dict[str, list[bytes]]:
    """The next n messages by topic."""
    found: dict[str, list[bytes]] = {}
    for _ in range(n):
        delivery = await session.receive()
        delivery.accept()
        found.setdefault(delivery.topic, []).append(delivery.payload)
    return found


def test_alerts_incidents_and_health_arrive_and_who_comes_later_has_the_open_ones(
    broker: Mosquitto, store: Store
) -> None:
    async def run() -> None:
        sink = sink_of(broker)
        delivery = delivery_of(store, sink)
        await delivery.drain()
        assert (delivery.fault, delivery.n_accepted) == ("", 3)
        watcher = broker.settings(client_id="watcher")
        async with connected(watcher, purpose="late", own_topic="own", nonce="1", is_kept=False) as session:
            await session.subscribe("straitwatch/#")
            found = await heard(session, 2)
            incident = msgspec.json.decode(found["straitwatch/incidents/20251122-001"][0])
            assert (incident["state"], incident["priority"]) == ("unacknowledged", "emergency")
            assert msgspec.json.decode(found["straitwatch/health/core"][0])["state"] == "online"
            store.commit(steps(1), (), (), desk=b"", t_unix_s=NOW)
            one = store.incident("20251122-001")
            assert one is not None
            closed = dataclasses.replace(one, state=IncidentState.CLOSED, t_changed_unix_s=NOW + 5)
            store.commit((), [closed], (), desk=b"", t_unix_s=NOW)
            await delivery.drain()
            found = await heard(session, 3)
            assert msgspec.json.decode(found["straitwatch/alerts/distress_beacon"][0])["event"] == "updated"
            told, taken_off = found["straitwatch/incidents/20251122-001"]
            assert msgspec.json.decode(told)["state"] == "closed"
            assert taken_off == b""
            await sink.close()
            found = await heard(session, 1)
            assert msgspec.json.decode(found["straitwatch/health/core"][0]) == {"state": "stopped"}

    asyncio.run(run())


def test_a_monitor_that_dies_is_said_to_be_offline(broker: Mosquitto, store: Store) -> None:
    async def run() -> None:
        sink = sink_of(broker)
        await delivery_of(store, sink).drain()
        watcher = broker.settings(client_id="watcher")
        async with connected(watcher, purpose="late", own_topic="own", nonce="1", is_kept=False) as session:
            await session.subscribe("straitwatch/health/core")
            await heard(session, 1)
            assert sink._session is not None
            sock = sink._session._client.wire.socket()
            assert sock is not None
            sock.shutdown(2)  # as a process that was killed
            found = await heard(session, 1)
            assert msgspec.json.decode(found["straitwatch/health/core"][0]) == {"state": "offline"}
        await sink.close()

    asyncio.run(run())


def test_a_broker_that_was_killed_has_everything_when_it_is_back(broker: Mosquitto, store: Store) -> None:
    async def run() -> None:
        sink = sink_of(broker)
        delivery = delivery_of(store, sink)
        await delivery.drain()
        broker.kill()
        store.commit(steps(50), (), (), desk=b"", t_unix_s=NOW)
        while not delivery.fault:
            await delivery.drain()
        assert not delivery.needs_repair
        assert len(store.outbox.waiting("mqtt", 100)) >= 49
        broker.start()
        while delivery.n_accepted < 53:
            await delivery.drain()
        assert delivery.fault == ""
        await sink.close()

    asyncio.run(run())


def test_what_the_acl_forbids_waits_for_a_person_and_says_so(tmp_path: Path, store: Store) -> None:
    broker = guarded(tmp_path / "guarded", ("core",))
    tls = tmp_path / "guarded" / "tls"
    acl = (tls / "acl").read_text()
    assert "topic write straitwatch/incidents/#" in acl
    (tls / "acl").write_text(acl.replace("topic write straitwatch/incidents/#\n", ""))

    async def delivered() -> Delivery:
        sink = sink_of(broker, user="core", password_file=str(tls / "password"), ca_file=str(tls / "ca.crt"))
        delivery = delivery_of(store, sink)
        await delivery.drain()
        await sink.close()
        return delivery

    try:
        broker.start()
        delivery = asyncio.run(delivered())
        assert "ACL does not let core publish on straitwatch/incidents/20251122-001" in delivery.fault
        assert delivery.needs_repair
        assert len(store.outbox.waiting("mqtt", 100)) == 2
        (tls / "acl").write_text(acl)
        broker.kill()
        broker.start()
        delivery = asyncio.run(delivered())
        assert (delivery.fault, delivery.n_accepted) == ("", 2)
    finally:
        broker.stop()


def test_a_broker_that_is_not_there_keeps_everything(tmp_path: Path, store: Store) -> None:
    async def run() -> None:
        sink = sink_of(Mosquitto(tmp_path, OPEN))
        delivery = delivery_of(store, sink)
        await delivery.drain()
        assert "cannot be reached" in delivery.fault
        assert not delivery.needs_repair
        await sink.close()

    asyncio.run(run())
