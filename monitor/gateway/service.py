"""The gateway at work: the process of a shore site, between its receivers and the broker.

    feeds ──> Intake ──fill──> Packer ──> Spool (on disk) ──send──> broker ──> core
                                            ^ let go of <──hear── stored up to 812 <──┘

`fill` never waits for the network and `send` never for a feed; between them is the disk. A disk that takes nothing
holds TCP and serial senders back, and datagrams that find no room are counted. All of the spool happens in one thread.
"""

import asyncio
import json
import signal
import time
from collections import deque
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import numpy as np
import structlog

from alerts.broker import Session, Will, stay_connected
from alerts.broker_access import Lost
from monitor.feeds.live import Intake
from monitor.feeds.mqtt import ROOT, properties_of
from monitor.gateway.packer import Packer
from monitor.gateway.protocol import Ack, Sender
from monitor.gateway.settings import GatewayConfig
from monitor.gateway.spool import Batch, Spool, SpoolError
from monitor.supervisor import notify

LOG = structlog.get_logger("gateway")
TAKE_BYTES = 8 << 20  # of the intake in one commit
BURST = 100  # batches read from the spool at a time: a megabyte
MOST_UNANSWERED = 400  # batches that the broker has not acknowledged: four bursts hide the way there and back
LOOK_S = 1.0  # between looks whether anything is overdue
BEAT_S = 10.0  # between words to the supervisor that this process is alive
ResultT = TypeVar("ResultT")


@dataclass(slots=True)
class Gateway:
    """All that one site's process knows."""

    config: GatewayConfig
    spool: Spool
    intake: Intake
    clock: Callable[[], float] = time.time
    senders: dict[str, Sender] = field(default_factory=dict)  # by kind
    link: tuple[str, str] = ("starting", "")
    fault: str = ""
    n_dropped: int = 0
    n_sentences: int = 0
    core: str = ""
    _packer: Packer = field(init=False)
    _waiting: list[Batch] = field(default_factory=list)  # what the disk has not taken
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _t_heard_s: float = field(default_factory=time.monotonic)
    _disk: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "spool"))

    def __post_init__(self) -> None:
        self._packer = Packer(self.config.formats, self.config.batch.most)
        for kind in sorted(set(self.config.formats.values())):
            extent = self.spool.extent(kind)
            self.senders[kind] = Sender(self.spool.boot, extent.oldest, extent.last, self.config.link.window_batches)

    async def _on_disk(self, work: Callable[..., ResultT], *given: Any) -> ResultT:
        return await asyncio.get_running_loop().run_in_executor(self._disk, work, *given)

    # in

    async def fill(self) -> None:
        """Feeds to spool, for ever."""
        while True:
            await asyncio.sleep(self.config.batch.hold_s)
            await self.fill_once()

    async def fill_once(self) -> None:
        """Whatever has come is on the disk afterwards, or waits because the disk takes nothing."""
        if not self._waiting:
            self._waiting = self._packer.pack(self.intake.take(TAKE_BYTES))
        if not self._waiting:
            return
        try:
            n_dropped = await self._on_disk(self.spool.append, self._waiting, self.clock())
            extents = {kind: await self._on_disk(self.spool.extent, kind) for kind in self.senders}
        except SpoolError as error:
            self._say(str(error))
            return
        self._waiting = []
        for kind, extent in extents.items():
            self.senders[kind].appended(extent.last)
            if n_dropped:
                self.senders[kind].dropped(extent.oldest)
        if n_dropped:
            self.n_dropped += n_dropped
            LOG.error("the spool is full: the oldest batches are lost", n_dropped=self.n_dropped)
        self._say("")
        self._news.set()

    def _say(self, fault: str) -> None:
        if fault != self.fault:
            self.fault = fault
            LOG.warning("spool", fault=fault or "well again")

    # out

    async def use(self, session: Session) -> None:
        """Serve one connection until it is cut. Raises Lost, Refused."""
        site = self.config.site
        await session.subscribe(f"{ROOT}/ack/{site}")
        for sender in self.senders.values():
            sender.go_back()
        self._t_heard_s = time.monotonic()
        await session.publish(f"{ROOT}/health/{site}", await self.health("online"), is_retained=True)
        await together(self._hear(session), self._send(session), self._tell_health(session))

    async def _hear(self, session: Session) -> None:
        while True:
            delivery = await session.receive()
            delivery.accept()
            try:
                ack = msgspec.json.decode(delivery.payload, type=Ack)
                sender = self.senders[ack.kind]
            except (msgspec.DecodeError, KeyError):
                LOG.warning("an acknowledgement cannot be read", payload=delivery.payload[:200])
                continue
            self._t_heard_s = time.monotonic()
            if ack.core != self.core:
                LOG.info("core", life=ack.core, stored=ack.seq, kind=ack.kind)
                self.core = ack.core
            if ack.boot == sender.boot and ack.seq > sender.last:
                LOG.error("the core has more than this spool ever had: is it an old copy? delete it", kind=ack.kind)
            if sender.heard(ack):
                await self._let_go(ack.kind, sender.oldest)
            self._news.set()

    async def _let_go(self, kind: str, before: int) -> None:
        try:
            await self._on_disk(self.spool.acknowledge, kind, before)
        except SpoolError as error:
            self._say(str(error))

    async def _send(self, session: Session) -> None:
        unanswered: deque[asyncio.Future[None]] = deque()
        while True:
            self._news.clear()
            n_sent = 0
            for kind, sender in self.senders.items():
                n_sent += await self._send_due(session, kind, sender, unanswered)
            while len(unanswered) > MOST_UNANSWERED or (unanswered and unanswered[0].done()):
                await unanswered.popleft()
            if n_sent:
                await asyncio.sleep(0)
                continue
            try:
                async with asyncio.timeout(LOOK_S):
                    await self._news.wait()
            except TimeoutError:
                self._look_for_silence()

    async def _send_due(
        self, session: Session, kind: str, sender: Sender, unanswered: "deque[asyncio.Future[None]]"
    ) -> int:
        due = sender.due(BURST)
        if not due:
            return 0
        found = await self._on_disk(self.spool.read, kind, due)
        for seq, body in found:
            properties = properties_of(sender.label(seq))
            unanswered.append(session.send(f"{ROOT}/feeds/{self.config.site}/{kind}", body, properties=properties))
        return len(found)

    def _look_for_silence(self) -> None:
        silent_s = time.monotonic() - self._t_heard_s
        if silent_s < self.config.link.resend_after_s:
            return
        waiting = [sender for sender in self.senders.values() if sender.is_waiting]
        for sender in waiting:
            sender.overdue()
        if waiting:
            self._t_heard_s = time.monotonic()
            LOG.warning("the core acknowledges nothing", silent_s=round(silent_s), n_batches=self.spool.n_batches)

    # how it is

    async def health(self, state: str) -> bytes:
        """What straitwatch/health/<site> says."""
        t_oldest = await self._on_disk(self.spool.oldest_unix_s)
        said = {
            "state": state,
            "boot": self.spool.boot,
            "n_batches": self.spool.n_batches,
            "n_bytes": self.spool.n_bytes,
            "oldest_age_s": round(self.clock() - t_oldest, 1) if t_oldest == t_oldest else 0.0,
            "n_dropped": self.n_dropped,
            "n_dropped_bytes": sum(status.n_dropped_bytes for status in self.intake.status.values()),
            "fault": self.fault,
            "feeds": {name: status.state for name, status in sorted(self.intake.status.items())},
        }
        return json.dumps(said).encode()

    async def _tell_health(self, session: Session) -> None:
        while True:
            session.send(f"{ROOT}/health/{self.config.site}", await self.health("online"), is_retained=True)
            await asyncio.sleep(self.config.link.health_every_s)

    def report(self, state: str, detail: str) -> None:
        """The state of the connection; one line in the log for each change."""
        if (state, detail) != self.link:
            self.link = state, detail
            (LOG.error if state == "failed" else LOG.info)("broker", state=state, detail=detail)

    def close(self) -> None:
        """Let go of the disk."""
        self._disk.shutdown()
        self.spool.close()


async def together(*works: Coroutine[Any, Any, None]) -> None:
    """Run all until the first ends, then end the others; raises what it raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        task.result()


def new_gateway(config: GatewayConfig, rng: np.random.Generator) -> Gateway:
    """A gateway with its spool open. Raises SpoolError."""
    spool = Spool(
        Path(config.spool.file),
        limit_bytes=int(config.spool.limit_mb * 1e6),
        keep_s=config.spool.keep_h * 3600.0,
        new_boot=rng.bytes(8).hex(),
    )
    return Gateway(config, spool, Intake(int(config.intake.limit_mb * 1e6)))


async def serve(gateway: Gateway, rng: np.random.Generator) -> None:
    """Feeds, spool and broker until cancelled; what came until then is in the spool."""
    config = gateway.config
    health_topic = f"{ROOT}/health/{config.site}"

    async def use(session: Session) -> None:
        try:
            await gateway.use(session)
        except asyncio.CancelledError:
            await session.publish(health_topic, await gateway.health("offline"), is_retained=True)
            raise

    link = stay_connected(
        config.broker,
        use,
        purpose=config.site,
        own_topic=f"{ROOT}/ack/{config.site}/selftest",
        rng=rng,
        report=gateway.report,
        will=Will(health_topic, json.dumps({"state": "offline"}).encode(), True),
        is_kept=False,
    )
    try:
        await together(*(feed.run(gateway.intake) for feed in config.feeds), gateway.fill(), beat(), link)
    finally:
        await gateway.fill_once()
        gateway.close()


async def beat() -> None:
    """Let the supervisor know that the loop turns. Where broker, core or disk take nothing no new start helps."""
    while True:
        notify("WATCHDOG=1")
        await asyncio.sleep(BEAT_S)


async def run(config: GatewayConfig) -> int:
    """Until a signal; an exit code."""
    loop = asyncio.get_running_loop()
    rng = np.random.default_rng()
    gateway = new_gateway(config, rng)
    LOG.info("spool", file=str(gateway.spool.path), n_batches=gateway.spool.n_batches, life=gateway.spool.boot)
    task = asyncio.create_task(serve(gateway, rng))
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    notify("READY=1")  # signals are heard
    try:
        await task
    except asyncio.CancelledError:
        return 0
    except (OSError, ValueError, Lost) as error:
        LOG.error("a feed failed", reason=str(error))
    return 1
