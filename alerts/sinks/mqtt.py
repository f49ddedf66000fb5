"""Alerts, incidents and health to an MQTT broker, for whoever wants to listen.

    <topic>/alerts/<rule>        one message for each step of an alert
    <topic>/incidents/<id>       the incident as it stands, retained: who connects later has the open ones at once;
                                 a closed one is sent once more and then taken off the broker
    <topic>/health/<client id>   figures, retained; {"state": "offline"} is the last will
    <topic>/tracks               where the vessels of open incidents are

JSON, QoS 1. A repeat is the same message under the same ids (`alert_id` with `t_unix_s` and `event`; `incident_id` with
`t_changed_unix_s`). The broker's PUBACK counts as taken; what it had only in memory when it died is repeated by nobody,
but the retained state of every open incident comes again with its next change.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np

from alerts import plain
from alerts.alert import Transition
from alerts.broker import Session, Will, stay_connected
from alerts.broker_access import BrokerSettings, Lost, Refused
from alerts.incident import Incident, IncidentState
from alerts.items import Figures, Item, Kind
from alerts.notices.notice import Notice
from alerts.sinks.contract import WriteResult, all_kept

CONNECT_S = 5.0  # what a write waits for a connection
FEEDS = "straitwatch/feeds"  # where the broker's ACL lets a client hear itself


@dataclass(frozen=True, slots=True)
class MqttSettings:
    """A [[sinks]] block of type "mqtt"; [broker] says where."""

    name: str
    topic: str
    takes: list[Kind]
    takes_exercises: bool
    broker: BrokerSettings | None = None  # of the [broker] block


@dataclass(frozen=True, slots=True)
class Message:
    """One publish."""

    topic: str
    payload: bytes
    is_retained: bool


class MqttSink:
    """One session, kept for as long as the sink lives."""

    batch = 200

    def __init__(self, settings: MqttSettings) -> None:
        assert settings.broker is not None
        self.name = settings.name
        self.kinds = frozenset(settings.takes)
        self._topic = settings.topic.rstrip("/")
        self._broker = settings.broker
        self._session: Session | None = None
        self._is_connected = asyncio.Event()
        self._state = ("waiting", "not connected yet")
        self._task: asyncio.Task[None] | None = None

    async def write(self, batch: Sequence[Item]) -> WriteResult:
        session = await self._connected()
        if session is None:
            state, detail = self._state
            return all_kept(batch, detail, needs_repair=state == "failed")
        sent: list[list[asyncio.Future[None]]] = []
        with contextlib.suppress(Lost):  # what was not sent is kept
            for item in batch:
                sent.append([session.send(m.topic, m.payload, is_retained=m.is_retained) for m in self._of(item)])
        return await self._answers(batch, sent, session)

    async def _answers(
        self, batch: Sequence[Item], sent: list[list["asyncio.Future[None]"]], session: Session
    ) -> WriteResult:
        waiting = [one for of_item in sent for one in of_item]
        _, late = await asyncio.wait(waiting, timeout=session.answer_s) if waiting else (set(), set())
        for one in late:
            one.cancel()
        fault: BaseException | None = None
        accepted = []
        for i, of_item in enumerate(sent):
            errors = [Lost("the broker did not answer") if one.cancelled() or one in late else one.exception()
                      for one in of_item]  # fmt: skip
            fault = fault or next((error for error in errors if error), None)
            if fault is None:
                accepted.append(i)
        kept = tuple(range(len(accepted), len(batch)))
        reason = str(fault) if fault else "the connection was cut" if kept else ""
        return WriteResult(tuple(accepted), {}, kept, reason, needs_repair=isinstance(fault, Refused))

    def _of(self, item: Item) -> list[Message]:
        """An item's messages."""
        body = item.body
        if isinstance(body, Transition):
            return [Message(f"{self._topic}/alerts/{body.rule}", encoded(plain.transition(body)), False)]
        if isinstance(body, Incident):
            topic, is_closed = f"{self._topic}/incidents/{body.incident_id}", body.state is IncidentState.CLOSED
            told = Message(topic, encoded(plain.incident(body)), not is_closed)
            return [told, Message(topic, b"", True)] if is_closed else [told]
        if isinstance(body, Figures):
            return [Message(self._health, encoded({"state": "online", **plain.figures(body, item.t_unix_s)}), True)]
        if isinstance(body, Notice):
            return []  # a message to somebody; what it is about goes by the incident
        return [Message(f"{self._topic}/tracks", encoded(plain.tracks(body, item.t_unix_s)), False)]

    @property
    def _health(self) -> str:
        return f"{self._topic}/health/{self._broker.user or self._broker.client_id}"

    async def _connected(self) -> Session | None:
        """The session; None when there is none for now."""
        if self._task is None:
            self._task = asyncio.create_task(self._stay(), name=f"mqtt {self.name}")
        if not self._is_connected.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CONNECT_S):
                    await self._is_connected.wait()
        return self._session

    async def _stay(self) -> None:
        await stay_connected(
            self._broker,
            self._use,
            purpose=f"sink-{self.name}",
            own_topic=f"{FEEDS}/{self._broker.user or self._broker.client_id}/selftest",
            rng=np.random.default_rng(),
            report=self._note,
            will=Will(self._health, encoded({"state": "offline"}), True),
            is_kept=False,
        )

    async def _use(self, session: Session) -> None:
        """Until the connection is cut."""
        await session.publish(self._health, encoded({"state": "online"}), is_retained=True)
        self._session = session
        self._is_connected.set()
        try:
            while True:
                (await session.receive()).accept()  # nothing is subscribed: this ends when the connection does
        finally:
            self._session = None
            self._is_connected.clear()

    def _note(self, state: str, detail: str) -> None:
        self._state = (state, detail)

    async def close(self) -> None:
        if self._session is not None:
            with contextlib.suppress(Lost, Refused):
                await self._session.publish(self._health, encoded({"state": "stopped"}), is_retained=True)
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)


def encoded(value: object) -> bytes:
    """JSON; NaN becomes null, enums their values."""
    return msgspec.json.encode(value)
