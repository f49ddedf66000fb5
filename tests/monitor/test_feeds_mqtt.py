"""The MQTT feed against a real broker: plain lines and numbered batches, told apart by site, each taken once."""

import asyncio
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest

from alerts.broker import Session, connected
from decoders.ais.sentence import tag_block
from monitor import config, pipeline
from monitor.arrival import source_of
from monitor.config_check import ConfigFaults
from monitor.feeds.chunk import Chunk, Receipt
from monitor.feeds.live import Intake
from monitor.feeds.mqtt import MqttFeed, label_of, properties_of
from monitor.gateway.protocol import Ack, Label
from monitor.receipts import Receipts, from_bytes
from tests.brokers import Mosquitto, as_user, guarded

pytestmark = pytest.mark.realserver
LINE = b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23"


def sender(broker: Mosquitto):
    return connected(broker.settings(), purpose="sender", own_topic="own/sender", nonce="sender")


@asynccontextmanager
async def fed(broker: Mosquitto, *, site: str = "+", form: str = "nmea", positions=None):
    """The feed at work, and its intake."""
    box = Intake(1 << 20, clock=lambda: 1000.0, positions=positions or {})
    feed = MqttFeed("sites", site, form, broker.settings(user="core"))  # type: ignore[arg-type]
    task = asyncio.create_task(feed.run(box))
    try:
        async with asyncio.timeout(30):
            await until(lambda: box.of("sites").n_connects == 1 or task.done())
            yield box
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(condition) -> None:
    while not condition():
        await asyncio.sleep(0.001)


async def chunks(box: Intake, n: int) -> list[Chunk]:
    await until(lambda: len(box._chunks) >= n)
    return box.take(1 << 20)


async def send(one: Session, seq: int, *, oldest: int = 1, boot: str = "life", site: str = "dover") -> None:
    label = Label(boot, seq, oldest)
    await one.publish(f"straitwatch/feeds/{site}/nmea", b"%d\n" % seq, properties=properties_of(label))


async def ack_of(one: Session) -> Ack:
    found = await one.receive()
    found.accept()
    return msgspec.json.decode(found.payload, type=Ack)


async def test_lines_without_a_tag_block_get_their_sites_name(broker: Mosquitto) -> None:
    async with fed(broker) as box, sender(broker) as one:
        await one.publish("straitwatch/feeds/dover/nmea", LINE + b"\r\n" + LINE)
        await one.publish("straitwatch/feeds/ramsgate/nmea", b"\\s:r1,c:5*00\\" + LINE)
        first, second = await chunks(box, 2)
    assert first.source == second.source == "sites"
    tag = tag_block("dover", 1000.0)
    assert first.data == tag + LINE + b"\r\n" + tag + LINE + b"\n"
    assert second.data == b"\\s:r1,c:5*00\\" + LINE + b"\n"


async def test_a_site_that_no_tag_block_can_name_is_left_out(broker: Mosquitto) -> None:
    async with fed(broker) as box, sender(broker) as one:
        await one.publish("straitwatch/feeds/a b/nmea", LINE)
        await one.publish("straitwatch/feeds/dover/nmea", LINE)
        (only,) = await chunks(box, 1)
        assert "'a b' is no name for a site" in box.of("sites").detail
    assert b"s:dover" in only.data


async def test_captures_pass_as_they_are(broker: Mosquitto) -> None:
    async with fed(broker, form="asterix") as box, sender(broker) as one:
        await one.publish("straitwatch/feeds/dover/asterix", b"\xd4\xc3\xb2\xa1...")
        (only,) = await chunks(box, 1)
    assert only.data == b"\xd4\xc3\xb2\xa1..."


async def test_a_numbered_batch_is_taken_once_and_acknowledged_when_it_is_stored(broker: Mosquitto) -> None:
    async with fed(broker) as box, sender(broker) as one:
        await one.subscribe("straitwatch/ack/dover")
        for seq in (5, 6, 6, 5, 7):
            await send(one, seq, oldest=5)
        got = await chunks(box, 3)
        assert [c.data for c in got] == [b"5\n", b"6\n", b"7\n"]
        ack = await ack_of(one)
        assert (ack.kind, ack.boot, ack.seq) == ("nmea", "life", 0)
        receipt = got[1].receipt
        assert receipt is not None
        receipt.stored(receipt)
        while ack.seq != 6:
            ack = await ack_of(one)
        assert ack.taken == 7


async def test_a_hole_is_asked_for_and_a_gap_is_told(broker: Mosquitto) -> None:
    async with fed(broker) as box, sender(broker) as one:
        await one.subscribe("straitwatch/ack/dover")
        await send(one, 1)
        await send(one, 3)
        await send(one, 4)
        ack = await ack_of(one)
        assert (ack.taken, ack.is_resend) == (1, True)
        await send(one, 4, oldest=4)
        got = await chunks(box, 2)
        assert [(c.data, c.site, c.n_missing) for c in got] == [(b"1\n", "dover", 0), (b"4\n", "dover", 2)]
        assert "2 batches before number 4 are lost" in box.of("sites/dover").detail


async def test_after_a_restart_it_goes_on_from_what_was_stored_and_says_so(broker: Mosquitto) -> None:
    async with sender(broker) as one:
        await one.subscribe("straitwatch/ack/dover")
        async with fed(broker, positions={"dover/nmea": ("life", 3), "dover/asterix": ("life", 8)}) as box:
            hello = await ack_of(one)
            assert (hello.boot, hello.seq, hello.taken) == ("life", 3, 3)
            for seq in (2, 3, 4):
                await send(one, seq)
            (only,) = await chunks(box, 1)
    assert only.data == b"4\n"


async def test_labels_that_cannot_be_read_are_told(broker: Mosquitto) -> None:
    async with fed(broker) as box, sender(broker) as one:
        await one.publish("straitwatch/feeds/dover/nmea", LINE, properties={"boot": "a", "seq": "one"})
        await until(lambda: box.of("sites/dover").state == "failed")
    for bad in ({"seq": "1"}, {"seq": "1", "oldest": "2", "boot": "a"}, {"seq": "0", "oldest": "0", "boot": "a"}):
        with pytest.raises(ValueError):
            label_of(bad)
    assert label_of({}) is None


async def test_a_gateways_health_is_shown(broker: Mosquitto) -> None:
    async with fed(broker) as box, sender(broker) as one:
        await one.publish("straitwatch/health/dover", b'{"state": "online", "n_dropped": 7}', is_retained=True)
        await until(lambda: box.of("sites/dover").state == "online")
        assert "drop 7 batches" in box.of("sites/dover").detail
        await one.publish("straitwatch/health/dover", b"[1]")
        await until(lambda: box.of("sites/dover").state == "failed")


async def test_acknowledgements_that_the_broker_forbids_are_told(tmp_path: Path) -> None:
    """Else every gateway's spool would grow in silence."""
    made = guarded(tmp_path / "broker", ("spy", "dover"))
    with (made.folder / "tls" / "acl").open("a") as acl:
        acl.write("user spy\ntopic read straitwatch/feeds/#\n")
    made.start()
    box = Intake(1 << 20)
    feed = asyncio.create_task(MqttFeed("sites", "+", "nmea", as_user(made, "spy")).run(box))
    gateway = connected(as_user(made, "dover"), purpose="g", own_topic="straitwatch/ack/dover/selftest", nonce="g")
    try:
        async with asyncio.timeout(30):
            await until(lambda: box.of("sites").n_connects == 1)
            async with gateway as one:
                await send(one, 1)
                await send(one, 1)  # a repeat is answered at once
                await until(lambda: box.of("sites").state == "failed")
        assert "ACL does not let spy publish on straitwatch/ack/dover" in box.of("sites").detail
        assert len(box.take(1 << 20)) == 1
    finally:
        feed.cancel()
        await asyncio.gather(feed, return_exceptions=True)
        made.stop()


# receipts


def receipt(seq: int, stream: str = "dover/nmea") -> Receipt:
    return Receipt(stream, "life", seq, lambda r: None)


def chunk(seq: int) -> Chunk:
    return Chunk("sites", 0.0, b"", receipt(seq))


def test_a_receipt_is_due_once_a_tick_has_judged_its_rows() -> None:
    receipts = Receipts({"ramsgate/nmea": ("old", 4)})
    receipts.took([chunk(1), chunk(2)], 10.2)
    receipts.took([chunk(3), Chunk("tcp", 0.0, b"")], 11.1)
    assert not receipts.judged(10.0)
    assert receipts.judged(11.0)
    first = receipts.due()
    assert [r.seq for r in first] == [2]
    assert receipts.due() == ()
    assert receipts.judged(12.0)
    last = {"dover/nmea": ("life", 3), "ramsgate/nmea": ("old", 4)}
    assert from_bytes(receipts.judged_cursor()) == last
    assert from_bytes(receipts.cursor(first)) == {**last, "dover/nmea": ("life", 2)}
    assert receipts.positions == {"ramsgate/nmea": ("old", 4)}  # the commit may fail
    receipts.stored(receipts.due())
    assert receipts.positions == last


def test_positions_that_cannot_be_read_are_a_fault() -> None:
    assert from_bytes(b"") == {}
    with pytest.raises(ValueError, match="cannot be read"):
        from_bytes(b"\xff")


def test_missing_batches_are_a_fault_of_the_site() -> None:
    from monitor import assembly

    state = assembly.state(config.parse(config.shipped_text()), is_exercise=False, time_zones={}, is_live=True)
    now = 1_763_800_000.0
    source_of(state.intake, "sites")
    pipeline.step(state, [Chunk("sites", now, LINE + b"\n", None, "dover", 3)], [], now + 1.0)
    output = pipeline.step(state, [], [], now + 7.0)
    assert output.picture is not None
    row = output.picture.receivers.station.index("dover")
    assert output.picture.receivers.n_missing[row] == 3


# configuration

FEED = '[[feeds]]\nname = "{}"\ntype = "mqtt"\nsite = "{}"\nformat = "{}"\n'


def shipped_with(*feeds: str, **changes: str) -> str:
    text = config.shipped_text()
    start, end = text.index("[[feeds]]\nname = "), text.index("# Radars: where each stands")
    broker = text[text.index("# The MQTT broker by which") : end]
    for old, new in changes.items():
        broker = broker.replace(f"{old} = ", f"{old} = {new} # ", 1)
    return text[:start] + "".join(feeds) + broker + text[end:]


def test_feeds_by_way_of_the_broker_are_configured() -> None:
    found = config.parse(shipped_with(FEED.format("a", "+", "nmea"), FEED.format("b", "+", "asterix")))
    assert found.feed_formats == {"a": "nmea", "b": "asterix"}
    assert all(feed.broker == found.broker for feed in found.feeds if isinstance(feed, MqttFeed))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (shipped_with(FEED.format("a", "do/ver", "nmea")), "must be letters"),
        (shipped_with(FEED.format("a", "+", "nmea"), FEED.format("b", "dover", "nmea")), "take the same"),
        (shipped_with(FEED.format("a", "+", "nmea"), host='"broker.example"'), "plain text over the network"),
    ],
)
def test_faults_of_the_feed_are_told(text: str, words: str) -> None:
    with pytest.raises(ConfigFaults, match=words):
        config.parse(text)
