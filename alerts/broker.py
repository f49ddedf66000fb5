"""A session with an MQTT broker that hides nothing: what feeds, the gateway and the sink speak through.

    stay_connected ──> connected ──self-test──> use(session) ──cut──> pause with jitter ──> connected ...

MQTT 5, QoS 1, over aiomqtt, which by itself hides three failures (measured with 2.5.1 and mosquitto 2.0.11):

    a publish that the broker's ACL forbids returns as if done      here it raises Refused: the PUBACK's reason is read
    a full queue drops what the broker was already told we have     here `Delivery.accept` sends the PUBACK; with more
                                                                    than `most_waiting` at hand nothing more is read
    a forbidden subscription is granted and stays silent            here a start hears its own word back, or says why

Receive Maximum alone does not bound what comes: mosquitto 2.0.11 sends a whole window more for each PUBACK of the
oldest message (900 at once where 50 were asked for). So memory is bounded, a slow consumer holds the broker back (and
hears no answers to what it publishes meanwhile: `send` is for those), and what was not accepted comes again after a
cut: the broker keeps the session for `session_expiry_s`. A PUBACK of mosquitto is no promise that it is on a disk;
whoever must not lose anything keeps it until the far end has said that it has it (monitor/gateway).

Rejected: aiomqtt 3 (alpha, builds from Rust), paho alone (its threads would need this file's care four times over).
"""

import asyncio
import logging
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Protocol

import aiomqtt
import numpy as np
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt import client as paho
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from alerts.broker_access import BrokerError, BrokerSettings, Lost, Refused, in_words, password_of, tls_of

QOS = 1
ANSWER_S = 10.0  # for a broker to answer: a satellite link takes two
JITTER = 0.5  # a pause is cut by up to this share, so that fifty gateways do not come back in the same second
MOST_IN_FLIGHT = 65_535  # message ids there are: how much may be under way is the caller's to say


@dataclass(frozen=True, slots=True)
class Will:
    """What the broker tells the others when this client is gone without a word."""

    topic: str
    payload: bytes
    is_retained: bool


@dataclass(slots=True)
class Delivery:
    """A message that came. The broker keeps it until it is accepted."""

    topic: str
    payload: bytes
    is_retained: bool
    properties: dict[str, str]  # user properties; of several with one name the last
    _mid: int
    _qos: int
    _session: "Session"
    _is_accepted: bool = False

    def accept(self) -> None:
        """It is safe here. To be called in the event loop; in any order, the broker is told in the order received."""
        self._is_accepted = True
        self._session._tell_accepted()


class Session:
    """One connection. Ends with the block that opened it, or raises Lost from every call once it is cut."""

    def __init__(self, client: "_Client", user: str, most_waiting: int) -> None:
        self._client = client
        self._most_waiting = most_waiting
        self._user = user
        self._inbox: asyncio.Queue[Delivery | None] = asyncio.Queue()
        self._unaccepted: deque[Delivery] = deque()
        self._sent: dict[int, tuple[str, asyncio.Future[None]]] = {}
        self._is_receiving = False
        self._cut: str | None = None
        self.n_dropped = 0  # messages of QoS 0, which nothing holds back, that found no room
        self.answer_s = ANSWER_S

    def send(
        self, topic: str, payload: bytes, *, is_retained: bool = False, properties: Mapping[str, str] | None = None
    ) -> "asyncio.Future[None]":
        """Put a message on the wire, behind all that were sent before; the future is done when the broker has it.

        Raises Lost at once; the future raises Lost when the connection is cut first, Refused when the ACL forbids it.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self._cut is not None:
            raise Lost(self._cut)
        given = None
        if properties:
            given = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            given.UserProperty = list(properties.items())
        info = self._client.wire.publish(topic, payload, QOS, is_retained, given)
        if info.rc != paho.MQTT_ERR_SUCCESS:
            raise Lost(paho.error_string(info.rc))
        self._sent[info.mid] = (topic, done)
        return done

    async def publish(
        self, topic: str, payload: bytes, *, is_retained: bool = False, properties: Mapping[str, str] | None = None
    ) -> None:
        """Send, and wait until the broker has it. Raises Lost, Refused."""
        try:
            async with asyncio.timeout(self.answer_s):
                await self.send(topic, payload, is_retained=is_retained, properties=properties)
        except TimeoutError:
            raise Lost(f"the broker did not answer for {self.answer_s:g} s") from None

    async def subscribe(self, *filters: str) -> None:
        """Ask for topics. Raises Lost, Refused; that a broker grants it does not mean that its ACL lets it deliver."""
        for one in filters:
            try:
                granted = await self._client.subscribe(one, QOS, timeout=self.answer_s)
            except aiomqtt.MqttError as error:
                raise Lost(str(error)) from error
            for code in granted:
                if isinstance(code, ReasonCode) and code.is_failure:
                    raise Refused(f"the broker does not let {self._user} subscribe to {one}: {code}")

    async def receive(self) -> Delivery:
        """The next message, in the order in which the broker sent them. Raises Lost when the connection is cut."""
        self._is_receiving = True
        found = await self._inbox.get()
        if found is None:
            self._inbox.put_nowait(None)
            raise Lost(self._cut or "")
        if self._inbox.qsize() < self._most_waiting:
            self._client.go_on()
        return found

    # what the client tells

    def _take(self, message: paho.MQTTMessage) -> None:
        if message.qos == 0 and self._inbox.qsize() >= self._most_waiting:
            self.n_dropped += 1
            return
        pairs: Any = getattr(message.properties, "UserProperty", []) if message.properties else []
        delivery = Delivery(
            message.topic, bytes(message.payload), message.retain, dict(pairs), message.mid, message.qos, self
        )
        if message.qos:
            self._unaccepted.append(delivery)
        self._inbox.put_nowait(delivery)
        if self._is_receiving and self._inbox.qsize() > self._most_waiting:  # before, subscriptions wait for an answer
            self._client.hold()

    def _tell_accepted(self) -> None:
        """PUBACKs go in the order of the messages (MQTT 5, 4.6); after a cut there is nobody to tell."""
        waiting = self._unaccepted
        while waiting and waiting[0]._is_accepted:
            done = waiting.popleft()
            if self._cut is None:
                self._client.wire.ack(done._mid, done._qos)

    def _published(self, mid: int, reason: ReasonCode) -> None:
        topic, done = self._sent.pop(mid, ("", None))
        if done is None or done.done():
            return
        if reason.is_failure:
            done.set_exception(
                Refused(f"the broker's ACL does not let {self._user} publish on {topic}: {reason}")
                if reason.value == NOT_AUTHORIZED
                else Refused(f"the broker takes no message on {topic}: {reason}")
            )
        else:
            done.set_result(None)

    def _end(self, reason: str) -> None:
        if self._cut is not None:
            return
        self._cut = reason
        while not self._inbox.empty():  # what nobody has taken comes again
            self._inbox.get_nowait()
        self._inbox.put_nowait(None)
        for _, done in self._sent.values():
            if not done.done():
                done.set_exception(Lost(reason))
                done.exception()  # who sent without waiting need not hear of it
        self._sent.clear()


NOT_AUTHORIZED = 135  # MQTT 5, 2.4


class _Client(aiomqtt.Client):
    """aiomqtt with its three silences undone."""

    session: Session
    is_held: bool = False

    @property
    def wire(self) -> paho.Client:
        return self._client

    def _on_message(self, client: paho.Client, userdata: Any, message: paho.MQTTMessage) -> None:
        self.session._take(message)

    def hold(self) -> None:
        """Read nothing more: TCP then holds the broker back."""
        sock = self._client.socket()
        if not self.is_held and sock is not None:
            self.is_held = True
            self._loop.remove_reader(sock.fileno())

    def go_on(self) -> None:
        """Read again."""
        sock = self._client.socket()
        if self.is_held and sock is not None:
            self.is_held = False
            self._loop.add_reader(sock.fileno(), self._read)

    def _read(self) -> None:
        self._client.loop_read()
        while not self.is_held and (sock := self._client.socket()) is not None:
            if not (isinstance(sock, ssl.SSLSocket) and sock.pending()):  # decrypted bytes wake no selector
                break
            self._client.loop_read()

    def _on_publish(
        self, client: paho.Client, userdata: Any, mid: int, reason_code: ReasonCode, properties: Properties
    ) -> None:
        # a message id may be answered before `publish` has returned it: the loop reads only between our turns
        self.session._published(mid, reason_code)

    def _on_disconnect(
        self,
        client: paho.Client,
        userdata: Any,
        flags: paho.DisconnectFlags,
        reason_code: ReasonCode,
        properties: Properties | None = None,
    ) -> None:
        if not self._connected.done():  # a broker that hangs up on our certificate: aiomqtt would wait for its answer
            self._connected.set_exception(aiomqtt.MqttError(str(reason_code)))
        super()._on_disconnect(client, userdata, flags, reason_code, properties)


class _LastWords(logging.Handler):
    """What paho logged last as an error: it swallows the reason for which a socket failed."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.text = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.text = record.getMessage()


@asynccontextmanager
async def connected(
    settings: BrokerSettings,
    *,
    purpose: str,
    own_topic: str,
    nonce: str,
    will: Will | None = None,
    is_kept: bool = True,
) -> AsyncIterator[Session]:
    """A session that has passed its self-test. Raises Lost, Refused, BrokerError.

    purpose : becomes part of the client id. own_topic : a topic that this client may both publish on and read, in the
    tree that it works in; the test has a connection of its own, since on a kept session everything that waits comes
    first. nonce : never used twice. is_kept : the broker keeps what comes while we are away.
    """
    async with _open(settings, f"{purpose}-selftest", None, is_kept=False) as own:
        await _hear_oneself(own, own_topic, nonce)
    async with _open(settings, purpose, will, is_kept=is_kept) as session:
        yield session


@asynccontextmanager
async def _open(settings: BrokerSettings, purpose: str, will: Will | None, *, is_kept: bool) -> AsyncIterator[Session]:
    words = _LastWords()
    client = _client_of(settings, purpose, will, words, is_kept=is_kept)
    session = client.session
    try:
        try:
            await client.__aenter__()
        except aiomqtt.MqttError as error:
            client.wire.disconnect()  # a broker that takes the connection and says nothing leaves a socket behind
            is_refused = isinstance(error, MqttConnectError)
            raise in_words(error, words.text, settings, is_refused=is_refused) from error
        client._disconnected.add_done_callback(lambda end: session._end(_reason(end, words.text)))
        yield session
    finally:
        if client._connected.done() and session._cut is None:
            client.go_on()  # bytes left unread would have the system cut the connection, PUBACKs on the way with it
            try:
                await client.__aexit__(None, None, None)
            except aiomqtt.MqttError:
                session._end("the broker did not answer the end of the session")
        session._end("the session has ended")


def _client_of(
    settings: BrokerSettings, purpose: str, will: Will | None, words: logging.Handler, *, is_kept: bool
) -> _Client:
    log = logging.Logger("mqtt", logging.ERROR)  # aiomqtt warns of each of more than ten publishes under way
    log.addHandler(words)
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.ReceiveMaximum = settings.most_waiting
    properties.SessionExpiryInterval = settings.session_expiry_s if is_kept else 0
    client = _Client(
        settings.host,
        settings.port,
        username=settings.user or None,
        password=password_of(settings),
        identifier=f"{settings.client_id}-{purpose}",
        protocol=aiomqtt.ProtocolVersion.V5,
        will=aiomqtt.Will(will.topic, will.payload, QOS, will.is_retained) if will else None,
        keepalive=settings.keepalive_s,
        clean_start=not is_kept,
        max_inflight_messages=MOST_IN_FLIGHT,
        properties=properties,
        tls_context=tls_of(settings),
        timeout=ANSWER_S,
        logger=log,
    )
    client.wire.manual_ack_set(True)
    client.session = Session(client, settings.user or "this client", settings.most_waiting)
    return client


async def _hear_oneself(session: Session, own_topic: str, nonce: str) -> None:
    """Publish a nonce and wait for it."""
    await session.subscribe(own_topic)
    await session.publish(own_topic, nonce.encode())
    try:
        async with asyncio.timeout(session.answer_s):
            while (await session.receive()).payload != nonce.encode():
                pass
    except TimeoutError:
        raise Refused(
            f"{session._user} published on {own_topic} and heard nothing back for {session.answer_s:g} s: "
            "the broker's ACL does not let it read there, and so perhaps nowhere"
        ) from None


def _reason(end: "asyncio.Future[None]", words: str) -> str:
    error = end.exception() if not end.cancelled() else None
    text = "the connection to the broker was cut"
    return f"{text}: {words or error}" if error else text


class Report(Protocol):
    """Where a session's state goes: "connected", "waiting" or "failed", and why."""

    def __call__(self, state: str, detail: str) -> None: ...


@dataclass(slots=True)
class Pauses:
    """How long to wait between attempts: doubling, cut by chance."""

    first_s: float
    longest_s: float
    rng: np.random.Generator
    _next_s: float = field(init=False)

    def __post_init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """An attempt succeeded."""
        self._next_s = self.first_s

    def next(self) -> float:
        """Seconds until the next attempt."""
        wait_s = self._next_s
        self._next_s = min(wait_s * 2, self.longest_s)
        return wait_s * (1.0 - JITTER * float(self.rng.random()))


async def stay_connected(
    settings: BrokerSettings,
    use: Callable[[Session], Awaitable[None]],
    *,
    purpose: str,
    own_topic: str,
    rng: np.random.Generator,
    report: Report,
    will: Will | None = None,
    is_kept: bool = True,
) -> None:
    """Call `use` with a new session for ever, each time the one before was lost or refused. Raises CancelledError.

    rng : of the pauses' jitter and of the nonces.
    """
    pauses = Pauses(settings.reconnect_first_s, settings.reconnect_longest_s, rng)
    while True:
        nonce = rng.bytes(8).hex()
        try:
            async with connected(
                settings, purpose=purpose, own_topic=own_topic, nonce=nonce, will=will, is_kept=is_kept
            ) as session:
                report("connected", f"{settings.host}:{settings.port}")
                pauses.reset()
                await use(session)
        except Lost as error:
            report("waiting", str(error))
        except BrokerError as error:
            report("failed", str(error))
        await asyncio.sleep(pauses.next())
