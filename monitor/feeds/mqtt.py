"""AIS and radar by way of an MQTT broker: from gateways of this product, or from anything that publishes lines.

    straitwatch/feeds/<site>/nmea       sentences joined by line ends
    straitwatch/feeds/<site>/asterix    datagrams as a small pcap capture, header and all: a payload saved is a file
    straitwatch/health/<site>           how the gateway is, as JSON, retained; offline is its last will
    straitwatch/ack/<site>              to the gateway: what was taken and what was stored (monitor/gateway/protocol.py)

A gateway numbers its batches (user properties boot, seq, oldest) and keeps each until it is stored here; such a message
is acknowledged to the broker as soon as it was taken, repeats and batches out of order are left out, what is missing
for ever goes on as a fault of the receiver. A message without numbers is taken as it is and acknowledged when the
intake has it: it may be lost with this process, so whoever must not lose anything sends through a gateway. Lines
without a TAG block get one with the site's name, so that receivers are told apart.
"""

import asyncio
import json
import re
from dataclasses import dataclass, field
from typing import Literal

import msgspec
import numpy as np

from alerts.broker import Delivery, Session, stay_connected
from alerts.broker_access import BrokerSettings, Lost, Refused
from decoders.ais.sentence import tag_block
from monitor.feeds.chunk import Receipt
from monitor.feeds.live import Intake
from monitor.feeds.record import stamp
from monitor.gateway.protocol import Ack, Label, Receiver, Verdict

ROOT = "straitwatch"
SITE = re.compile(r"[A-Za-z0-9._-]+\Z")  # what may stand in a TAG block
ANY_SITE = "+"
TELL_EVERY = 64  # batches taken after which a gateway is told at the latest: a fraction of its window


@dataclass(frozen=True, slots=True)
class MqttFeed:
    """Subscribes to the sites' topics of one kind; [broker] says where."""

    name: str
    site: str
    format: Literal["nmea", "asterix"]
    broker: BrokerSettings | None = None  # of the [broker] block

    def faults(self) -> list[str]:
        """What is wrong with the block."""
        if self.site == ANY_SITE or SITE.match(self.site):
            return []
        return [
            f'feed {self.name}: site = {self.site!r} must be letters, digits, "-", "_" and ".", or "+" for every site'
        ]

    def overlaps(self, other: "MqttFeed") -> bool:
        """Whether the same batch would come twice."""
        sites = {self.site, other.site}
        return self.format == other.format and (len(sites) == 1 or ANY_SITE in sites)

    async def run(self, intake: Intake) -> None:
        assert self.broker is not None
        rng = np.random.default_rng()
        link = Link(self, intake, core=rng.bytes(8).hex())
        await stay_connected(
            self.broker,
            link.use,
            purpose=self.name,
            own_topic=f"{ROOT}/feeds/{self.broker.user or self.broker.client_id}/selftest",
            rng=rng,
            report=lambda state, detail: intake.report(self.name, state, detail),
        )


@dataclass(slots=True)
class Stream:
    """One site's numbered batches of this feed's kind."""

    receiver: Receiver
    stored: tuple[str, int]  # boot and number
    told: int = 0  # taken up to this one, as last told


@dataclass(slots=True)
class Link:
    """The feed over all its connections. Everything happens in the event loop but `_is_stored`."""

    feed: MqttFeed
    intake: Intake
    core: str  # the life of this process, as gateways know it
    streams: dict[str, Stream] = field(default_factory=dict)  # by site
    session: Session | None = None
    _to_tell: set[str] = field(default_factory=set)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.get_running_loop)

    def __post_init__(self) -> None:
        for stream, (boot, seq) in self.intake.positions.items():
            site, _, kind = stream.rpartition("/")
            if kind == self.feed.format:
                self.streams[site] = Stream(Receiver(boot, seq), (boot, seq))

    async def use(self, session: Session) -> None:
        """Serve one connection until it is cut."""
        self.session = session
        await session.subscribe(f"{ROOT}/feeds/{self.feed.site}/{self.feed.format}", f"{ROOT}/health/{self.feed.site}")
        self.intake.of(self.feed.name).n_connects += 1
        for site in self.streams:  # hello: gateways learn which core it is, and how far it had come
            self._tell(site)
        while True:
            await self._take(await session.receive())

    async def _take(self, delivery: Delivery) -> None:
        _, branch, site, *_ = delivery.topic.split("/")
        if not SITE.match(site):
            self.intake.report(
                self.feed.name, "connected", f"{site!r} is no name for a site; what it sends is left out"
            )
        elif branch == "health":
            self._show(site, delivery.payload)
        else:
            await self._take_batch(site, delivery)
        delivery.accept()

    async def _take_batch(self, site: str, delivery: Delivery) -> None:
        try:
            label = label_of(delivery.properties)
        except ValueError:
            self.intake.report(self._of(site), "failed", "its batches are numbered in a way that cannot be read")
            return
        if label is None:
            await self.intake.put(self.feed.name, self._stamped(site, delivery.payload))
            return
        stream = self.streams.setdefault(site, Stream(Receiver(), ("", 0)))
        verdict = stream.receiver.offer(label)
        if verdict is Verdict.TAKE:
            n_missing = stream.receiver.n_missing
            if n_missing:
                self.intake.report(self._of(site), "gap", f"{n_missing} batches before number {label.seq} are lost")
            receipt = Receipt(f"{site}/{self.feed.format}", label.boot, label.seq, self._is_stored)
            await self.intake.put(self.feed.name, delivery.payload, receipt, site=site, n_missing=n_missing)
            if label.seq - stream.told >= TELL_EVERY or label.seq < stream.told:
                self._tell(site)
        elif verdict is Verdict.REPEAT:
            self._tell_soon(site)
        elif stream.receiver.asks():
            self._tell(site, label.boot, is_resend=True)
        else:
            self._tell_soon(site)

    def _stamped(self, site: str, payload: bytes) -> bytes:
        if self.feed.format == "asterix":
            return payload
        lines = payload if payload.endswith(b"\n") else payload + b"\n"
        return stamp(lines, tag_block(site, self.intake.clock()))

    def _of(self, site: str) -> str:
        return f"{self.feed.name}/{site}"

    def _show(self, site: str, payload: bytes) -> None:
        """A gateway's own word about itself."""
        try:
            health = json.loads(payload)
            state, n_dropped, fault = (
                str(health["state"]),
                int(health.get("n_dropped", 0)),
                str(health.get("fault", "")),
            )
        except (ValueError, TypeError, KeyError, AttributeError):
            state, n_dropped, fault = "failed", 0, "its health message cannot be read"
        lost = f"its spool had to drop {n_dropped} batches" if n_dropped else ""
        self.intake.report(self._of(site), state, "; ".join(part for part in (fault, lost) if part))

    # what the gateways are told

    def _is_stored(self, receipt: Receipt) -> None:
        """From the writer's thread."""
        self._loop.call_soon_threadsafe(self._note_stored, receipt)

    def _note_stored(self, receipt: Receipt) -> None:
        site = receipt.stream.rpartition("/")[0]
        self.streams[site].stored = (receipt.boot, receipt.seq)
        self._tell_soon(site)

    def _tell_soon(self, site: str) -> None:
        """Once for all that happens in this turn of the loop: a hundred repeats are one answer."""
        if not self._to_tell:
            self._loop.call_soon(self._tell_all)
        self._to_tell.add(site)

    def _tell_all(self) -> None:
        for site in sorted(self._to_tell):
            self._tell(site)
        self._to_tell.clear()

    def _tell(self, site: str, boot: str = "", *, is_resend: bool = False) -> None:
        stream = self.streams[site]
        receiver = stream.receiver
        stored = stream.stored[1] if stream.stored[0] == receiver.boot else 0
        ack = Ack(self.core, self.feed.format, receiver.boot or boot, stored, receiver.seq, is_resend)
        stream.told = receiver.seq
        if self.session is None:
            return
        try:
            done = self.session.send(f"{ROOT}/ack/{site}", msgspec.json.encode(ack))
        except Lost:
            return  # the hello of the next connection says it
        done.add_done_callback(self._look)

    def _look(self, done: "asyncio.Future[None]") -> None:
        """An acknowledgement that the ACL forbids would keep every gateway's spool growing in silence."""
        error = None if done.cancelled() else done.exception()
        if isinstance(error, Refused):
            self.intake.report(self.feed.name, "failed", str(error))


def label_of(properties: dict[str, str]) -> Label | None:
    """What a batch says of itself; None where it says nothing. Raises ValueError."""
    if "seq" not in properties:
        return None
    seq, oldest = int(properties["seq"]), int(properties.get("oldest", ""))
    if not 1 <= oldest <= seq or not properties.get("boot"):
        raise ValueError("not a label")
    return Label(properties["boot"], seq, oldest)


def properties_of(label: Label) -> dict[str, str]:
    """A label as user properties."""
    return {"boot": label.boot, "seq": str(label.seq), "oldest": str(label.oldest)}
