"""The broker's session against a real mosquitto: no refusal in silence, nothing dropped after its acknowledgement."""

import asyncio
import subprocess
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import numpy as np
import pytest

from alerts import broker as mqtt
from alerts.broker import Pauses, Will, connected, stay_connected
from alerts.broker_access import BrokerError, Lost, Refused, faults_of, password_of, tls_of
from tests.brokers import DEPLOY, Mosquitto, as_user, guarded

pytestmark = pytest.mark.realserver


@pytest.fixture(scope="module")
def strict(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mosquitto]:
    """The broker as deploy/ has it."""
    made = guarded(tmp_path_factory.mktemp("strict")).start()
    yield made
    made.stop()


def session(settings, *, name: str = "one", own_topic: str = "own/one", **more):
    return connected(settings, purpose=name, own_topic=own_topic, nonce=f"nonce of {name}", **more)


@asynccontextmanager
async def in_time():
    """A test that hangs fails."""
    async with asyncio.timeout(30):
        yield


async def test_what_is_published_arrives_with_its_properties(broker: Mosquitto) -> None:
    async with in_time(), session(broker.settings()) as one:
        await one.subscribe("feeds/+/nmea")
        await one.publish("feeds/dover/nmea", b"!AIVDM", properties={"boot": "abc", "seq": "7"})
        found = await one.receive()
    assert (found.topic, found.payload, found.properties) == (
        "feeds/dover/nmea",
        b"!AIVDM",
        {"boot": "abc", "seq": "7"},
    )


async def test_messages_sent_at_once_keep_their_order(broker: Mosquitto) -> None:
    async with in_time(), session(broker.settings()) as one:
        await one.subscribe("n")
        sent = [one.send("n", b"%d" % i) for i in range(300)]
        got = []
        for _ in range(300):
            found = await one.receive()
            found.accept()
            got.append(int(found.payload))
        await asyncio.gather(*sent)
    assert got == list(range(300))


async def test_nothing_is_dropped_after_it_was_acknowledged(broker: Mosquitto) -> None:
    """A thousand messages, a tenth of them accepted, the connection gone: all others come to the next one."""
    settings = broker.settings(most_waiting=50)
    async with in_time(), session(broker.settings(), name="sender", own_topic="own/two") as sender:
        async with session(settings) as one:
            await one.subscribe("n")
            await asyncio.gather(*[sender.send("n", b"%d" % i) for i in range(1000)])
            for i in range(100):
                found = await one.receive()
                assert int(found.payload) == i
                found.accept()
            assert one._inbox.qsize() <= 51
        async with session(settings) as again:
            got = []
            while not got or got[-1] < 999:
                found = await again.receive()
                found.accept()
                got.append(int(found.payload))
    assert got == list(range(got[0], 1000))
    assert got[0] <= 100  # an acknowledgement may be lost with the connection: then a message comes twice


async def test_a_consumer_that_accepts_nothing_gets_no_more_than_it_asked_for(broker: Mosquitto) -> None:
    sending = session(broker.settings(), name="sender", own_topic="own/two")
    async with in_time(), sending as sender, session(broker.settings(most_waiting=10)) as one:
        await one.subscribe("n")
        await asyncio.gather(*[sender.send("n", b"x" * 1000) for _ in range(500)])
        held = [await one.receive() for _ in range(10)]
        await one.subscribe("answered/behind/everything/else")
        assert one._inbox.empty()
        held[1].accept()  # the second alone says nothing: the broker is told in order
        await one.subscribe("answered/behind/everything/else")
        assert one._inbox.empty()
        held[0].accept()
        for _ in range(2):
            (await one.receive()).accept()
        for delivery in held[2:]:
            delivery.accept()
        for _ in range(100):
            (await one.receive()).accept()
            assert one._inbox.qsize() <= 11


async def test_plain_messages_without_room_are_dropped_and_counted(broker: Mosquitto) -> None:
    async with in_time(), session(broker.settings(most_waiting=10)) as one:
        await one.subscribe("n")
        async with aiomqtt.Client("127.0.0.1", broker.port, protocol=aiomqtt.ProtocolVersion.V5) as plain:
            for _ in range(50):
                await plain.publish("n", b"x", qos=0)
            await plain.publish("own/one", b"behind", qos=1)
        while one._inbox.qsize() + one.n_dropped < 50:
            await asyncio.sleep(0)
        assert (one._inbox.qsize(), one.n_dropped) == (10, 40)


async def test_the_will_is_told_when_a_client_is_gone_without_a_word(broker: Mosquitto) -> None:
    async with in_time(), session(broker.settings()) as one:
        await one.subscribe("health/#")
        task = asyncio.create_task(hold(broker.settings(), Will("health/dover", b"offline", True)))
        await one.receive()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        found = await one.receive()
    assert (found.topic, found.payload) == ("health/dover", b"offline")


async def hold(settings, will: Will) -> None:
    async with session(settings, name="two", own_topic="own/two", will=will) as two:
        try:
            await two.publish("health/dover", b"online", is_retained=True)
            await asyncio.get_running_loop().create_future()
        finally:
            two._client.wire.socket().shutdown(2)  # no DISCONNECT
            two._end("cut by the test")


async def test_a_broker_that_is_killed_ends_every_call(broker: Mosquitto) -> None:
    async with in_time():
        async with session(broker.settings()) as one:
            await one.publish("n", b"")
            broker.pause()
            waiting = one.send("n", b"on the way")
            broker.kill()
            with pytest.raises(Lost, match="cut"):
                await one.receive()
            with pytest.raises(Lost, match="cut"):
                await waiting
            with pytest.raises(Lost, match="cut"):
                one.send("n", b"too late")
        with pytest.raises(Lost, match="cannot be reached"):
            async with session(broker.settings()):
                pass


async def test_a_broker_that_stands_still_is_found_out(broker: Mosquitto, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt, "ANSWER_S", 0.2)
    async with in_time():
        async with session(broker.settings()) as one:
            broker.pause()
            with pytest.raises(Lost, match="did not answer"):
                await one.publish("n", b"")
        with pytest.raises(Lost, match="does not answer"):
            async with session(broker.settings()):
                pass
        broker.resume()


async def test_it_comes_back_again_and_again(broker: Mosquitto) -> None:
    states: list[str] = []
    n_used = 0
    come = asyncio.Event()

    async def use(one: mqtt.Session) -> None:
        nonlocal n_used
        n_used += 1
        come.set()
        await one.receive()

    rng = np.random.default_rng(1)
    task = asyncio.create_task(
        stay_connected(
            broker.settings(),
            use,
            purpose="one",
            own_topic="own/one",
            rng=rng,
            report=lambda state, detail: states.append(state),
        )
    )
    async with in_time():
        for _ in range(3):
            await come.wait()
            come.clear()
            await asyncio.to_thread(broker.kill)
            while states[-1] != "waiting":
                await asyncio.sleep(0)
            await asyncio.to_thread(broker.start)
        await come.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert n_used == 4
    assert states.count("connected") == 4


def test_pauses_double_up_to_the_longest_and_are_cut_by_chance() -> None:
    pauses = Pauses(1.0, 60.0, np.random.default_rng(3))
    got = [pauses.next() for _ in range(9)]
    for wait_s, most_s in zip(got, [1, 2, 4, 8, 16, 32, 60, 60, 60], strict=True):
        assert most_s / 2 <= wait_s <= most_s
    again = Pauses(1.0, 60.0, np.random.default_rng(3))
    assert got == [again.next() for _ in range(9)]
    pauses.reset()
    assert pauses.next() <= 1.0


# what the shipped broker forbids


async def refusal(settings, *, own_topic: str = "straitwatch/ack/dover/selftest", **more) -> str:
    async with in_time():
        with pytest.raises(BrokerError) as raised:
            async with session(settings, own_topic=own_topic, **more):
                pass
    return str(raised.value)


async def test_a_client_without_a_name_is_refused(strict: Mosquitto) -> None:
    said = await refusal(as_user(strict, "", password_file=""))
    assert "refuses a client without a name" in said
    assert "Not authorized" in said


async def test_a_wrong_password_is_refused(strict: Mosquitto, tmp_path: Path) -> None:
    (tmp_path / "wrong").write_text("guess")
    said = await refusal(as_user(strict, "dover", password_file=str(tmp_path / "wrong")))
    assert "refuses user dover" in said


async def test_the_self_test_says_that_it_is_the_acl(strict: Mosquitto, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mqtt, "ANSWER_S", 0.5)
    said = await refusal(as_user(strict, "dover"), own_topic="straitwatch/feeds/dover/selftest")
    assert "heard nothing back" in said
    assert "ACL does not let it read" in said
    said = await refusal(as_user(strict, "dover"), own_topic="straitwatch/ack/ramsgate/selftest")
    assert "ACL does not let dover publish on straitwatch/ack/ramsgate/selftest" in said


async def test_a_gateway_speaks_for_no_other_site(strict: Mosquitto) -> None:
    async with in_time(), session(as_user(strict, "dover"), own_topic="straitwatch/ack/dover/selftest") as one:
        await one.publish("straitwatch/feeds/dover/nmea", b"")
        with pytest.raises(Refused, match="ACL does not let dover publish on straitwatch/feeds/ramsgate/nmea"):
            await one.publish("straitwatch/feeds/ramsgate/nmea", b"")
        with pytest.raises(Refused, match="straitwatch/ack/dover"):
            await one.publish("straitwatch/ack/dover", b"")


async def test_the_core_passes_its_self_test_and_reads_what_gateways_send(strict: Mosquitto) -> None:
    gateway = session(as_user(strict, "dover"), own_topic="straitwatch/ack/dover/selftest")
    core = session(as_user(strict, "core"), name="two", own_topic="straitwatch/feeds/core/selftest")
    async with in_time(), gateway as one, core as two:
        await two.subscribe("straitwatch/feeds/+/nmea")
        await one.publish("straitwatch/feeds/dover/nmea", b"!AIVDM")
        assert (await two.receive()).payload == b"!AIVDM"


async def test_a_broker_of_another_authority_is_not_trusted(strict: Mosquitto, tmp_path: Path) -> None:
    subprocess.run([DEPLOY / "certificates.sh", tmp_path / "other", "127.0.0.1"], check=True)
    said = await refusal(as_user(strict, "dover", ca_file=str(tmp_path / "other" / "ca.crt")))
    assert "is not signed by" in said


async def test_an_expired_certificate_of_the_broker_is_called_so(tmp_path: Path) -> None:
    made = guarded(tmp_path / "broker")
    tls = made.folder / "tls"
    for old in tls.glob("server.*"):
        old.unlink()
    subprocess.run(
        [DEPLOY / "certificates.sh", tls, "127.0.0.1"], check=True, env={"DAYS": "-1", "PATH": "/usr/bin:/bin"}
    )
    made.start()
    try:
        assert "has expired" in await refusal(as_user(made, "dover"))
    finally:
        made.stop()


async def test_client_certificates_instead_of_passwords(tmp_path: Path) -> None:
    made = guarded(tmp_path / "broker")
    made.conf = made.conf.replace("#require_certificate", "require_certificate").replace(
        "#use_identity", "use_identity"
    )
    tls = made.folder / "tls"
    subprocess.run(
        [DEPLOY / "certificates.sh", tls, "127.0.0.1", "old"], check=True, env={"DAYS": "-1", "PATH": "/usr/bin:/bin"}
    )
    made.start()
    own = {"password_file": "", "cert_file": str(tls / "dover.crt"), "key_file": str(tls / "dover.key")}
    try:
        async with in_time(), session(as_user(made, "", **own), own_topic="straitwatch/ack/dover/selftest") as one:
            await one.publish("straitwatch/feeds/dover/nmea", b"")
        said = await refusal(as_user(made, "", password_file=""))
        assert "wants a client certificate" in said
        old = {**own, "cert_file": str(tls / "old.crt"), "key_file": str(tls / "old.key")}
        said = await refusal(as_user(made, "", **old))
        assert "our certificate" in said
        assert "expired" in said
    finally:
        made.stop()


# settings


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"host": "localhost"}, ""),
        ({"host": "broker.example"}, "plain text over the network"),
        ({"host": "192.0.2.7"}, "plain text over the network"),
        ({"host": "broker.example", "is_insecure": True}, ""),
        ({"host": "broker.example", "ca_file": "system"}, ""),
        ({"password_file": "a", "password_env": "B"}, "set one of them"),
        ({"cert_file": "a"}, "needs ca_file"),
    ],
)
def test_settings_that_contradict_each_other_are_faults(changes: dict[str, object], words: str, tmp_path: Path) -> None:
    faults = faults_of(Mosquitto(tmp_path, "").settings(**changes))
    assert ("\n".join(faults) == "") == (words == "")
    assert words in "\n".join(faults)


def test_secrets_come_from_files_or_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = Mosquitto(tmp_path, "").settings
    monkeypatch.setenv("BROKER_PASSWORD", "from afar")
    assert password_of(settings(password_env="BROKER_PASSWORD")) == "from afar"
    with pytest.raises(BrokerError, match="NOT_THERE"):
        password_of(settings(password_env="NOT_THERE"))
    with pytest.raises(BrokerError, match="cannot be read"):
        password_of(settings(password_file=str(tmp_path / "none")))
    with pytest.raises(BrokerError, match="of no use"):
        tls_of(settings(ca_file=str(tmp_path / "none")))
