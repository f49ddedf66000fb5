"""From the outbox to a sink: one batch at a time, in order, again and again until it is taken.

    outbox ──waiting──> sink.write ──> accepted, refused ──settle──> outbox
       ^                    └── kept: wait, twice as long each time, with jitter; as long as the other side asks
       └── woken when something new is stored

A sink that fails costs a fault that is shown, never a tick and never an item. The waits of several sinks and of
several monitors are spread by jitter, so that a server that comes back is not met by all at once.
"""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import structlog

from alerts.alert import Event, Transition
from alerts.database import StoreError
from alerts.incident import AuditEntry
from alerts.items import Item, Kind
from alerts.notices.notice import Notice
from alerts.outbox import Outbox
from alerts.sinks.channel import Channel
from alerts.sinks.contract import REPEAT_S, Repeating, Sink, WriteResult

LOG = structlog.get_logger("sinks")
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0  # a server that was away is found again within a minute
LOOK_S = 5.0  # between looks when nobody wakes us
SELF_TEST = "self_test"  # the rule that hears our own test messages
LAST_S = 5.0  # what a sink gets to take the rest at the end


@dataclass(slots=True)
class Delivery:
    """One sink's way out of the outbox."""

    outbox: Outbox
    sink: Sink
    clock: Callable[[], float]
    rng: np.random.Generator
    record: Callable[..., None] | None = None  # puts entries onto the audit: who was reached with a notice, and who not
    wall_clock: Callable[[], float] = time.time
    fault: str = ""  # what keeps it from taking more; "" while it is well
    t_fault_unix_s: float = math.nan  # since when it takes nothing
    needs_repair: bool = False
    n_accepted: int = 0
    t_tested_unix_s: float = math.nan  # when it last took a test message of our own
    self_test_s: float = math.nan  # how long that one took, from its sending
    n_refused: int = 0
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _wait_s: float = FIRST_WAIT_S
    _is_open: bool = False  # it takes what is new although it keeps something back

    async def run(self) -> None:
        """Until told to stop, and then once more."""
        is_last = False
        while not is_last:
            self.wake.clear()
            is_last = self.stopping.is_set()
            retry_after_s = await self.drain()
            if not self.fault and not is_last:
                self._wait_s = FIRST_WAIT_S
                await _wait(self.wake, LOOK_S)
            elif not is_last:
                wait_s = max(retry_after_s, self._wait_s) * float(self.rng.uniform(0.75, 1.25))
                self._wait_s = min(2 * self._wait_s, LONGEST_WAIT_S)
                await _wait(self.wake if self._is_open else self.stopping, wait_s)

    def stop(self) -> None:
        self.stopping.set()
        self.wake.set()

    async def drain(self) -> float:
        """Give the sink all that waits for it, until it keeps something back; how long it asked to be left alone."""
        while True:
            try:
                batch = await asyncio.to_thread(self.outbox.waiting, self.sink.name, self.sink.batch, self.sink.kinds)
                if not batch:
                    self.note("", needs_repair=False)
                    return 0.0
                result = await self.sink.write(batch)
                self._is_open = result.is_open
                done = min(result.kept, default=len(batch))
                refused = {batch[i].seq: words for i, words in result.refused.items() if i < done}
                if done:
                    await self._record(batch[:done], result)
                    await asyncio.to_thread(
                        self.outbox.settle, self.sink.name, batch[done - 1].seq, refused, self.clock()
                    )
            except StoreError as error:
                self.note(str(error), needs_repair=False)
                return 0.0
            self._note_tests([batch[i] for i in result.accepted if i < done])
            self.n_accepted += sum(i < done for i in result.accepted)
            self.n_refused += len(refused)
            for words in dict.fromkeys(refused.values()):
                LOG.error("refused for good, in quarantine", sink=self.sink.name, n=len(refused), words=words)
            if result.kept:
                self.note(result.reason, needs_repair=result.needs_repair)
                return result.retry_after_s

    async def _record(self, batch: Sequence[Item], result: WriteResult) -> None:
        """Before the outbox moves on: a crash in between repeats a notice, and the audit then says so."""
        if self.record is not None and (entries := receipts(self.sink.name, batch, result, self.clock())):
            await asyncio.to_thread(self.record, *entries)

    def _note_tests(self, taken: list[Item]) -> None:
        for item in taken:
            step = item.body
            if isinstance(step, Transition) and step.rule == SELF_TEST and step.event is Event.OPENED:
                self.t_tested_unix_s = self.clock()
                self.self_test_s = self.wall_clock() - float(str(dict(step.evidence)["t_sent_unix_s"]))

    def note(self, fault: str, *, needs_repair: bool) -> None:
        """What keeps it from taking more; "" when nothing does."""
        if fault != self.fault:
            LOG.warning("sink", sink=self.sink.name, fault=fault or "well again")
        if bool(fault) != bool(self.fault):
            self.t_fault_unix_s = self.clock() if fault else math.nan
        self.fault, self.needs_repair = fault, needs_repair


def receipts(sink: str, batch: Sequence[Item], result: WriteResult, now_unix_s: float) -> list[AuditEntry]:
    """One line for each notice that a sink delivered, or never will."""
    found = []
    for i, item in enumerate(batch):
        if isinstance(item.body, Notice) and (i in result.receipts or i in result.refused):
            notice, to = item.body, item.body.to
            what = "notice refused" if i in result.refused else "notice delivered"
            words = result.refused.get(i, "") or result.receipts.get(i, "")
            address = to.address.partition("://")[0] if "://" in to.address else to.address  # the rest may be a secret
            whom = " ".join(part for part in (to.who, f"<{address}>" if address else "") if part)
            text = f"{notice.notice_id}: {notice.step.value}, by {sink} to {whom or 'its own recipients'}: {words}"
            found.append(AuditEntry(now_unix_s, "system", what, notice.incident.incident_id, text))
    return found


class Deliveries:
    """All sinks. A sink that fails by a fault of ours is begun anew: one bad sink must not end the watch."""

    def __init__(
        self,
        outbox: Outbox,
        sinks: list[Sink],
        clock: Callable[[], float],
        record: Callable[..., None] | None = None,
    ) -> None:
        children = np.random.default_rng().spawn(len(sinks))
        self.all = [
            Delivery(outbox, sink, clock, child, record) for sink, child in zip(sinks, children, strict=True)
        ]  # fmt: skip
        for sink in sinks:
            outbox.enter(sink.name, sink.kinds)
        self._tasks: list[asyncio.Task[None]] = []
        self._repeats: list[asyncio.Task[None]] = []
        self._past: set[asyncio.Task[WriteResult]] = set()

    def start(self) -> None:
        self._tasks = [asyncio.create_task(_supervised(one), name=one.sink.name) for one in self.all]
        repeating = [one.sink for one in self.all if isinstance(one.sink, Repeating)]
        self._repeats = [asyncio.create_task(_repeated(sink)) for sink in repeating]

    def wake(self) -> None:
        """Something new is stored. In the loop's thread."""
        for one in self.all:
            one.wake.set()

    def send_past(self, notices: Sequence[Notice]) -> None:
        """Past the outbox, since the disk takes nothing and a life may hang on it. In the loop's thread.

        When the disk takes them the outbox offers them too, and the channels know what they have sent.
        """
        items = [Item(0, one.notice_id, Kind.NOTICE, one.t_unix_s, one) for one in notices]
        for channel in (one.sink for one in self.all if isinstance(one.sink, Channel)):
            task = asyncio.create_task(channel.write(items), name=channel.name)
            self._past.add(task)
            task.add_done_callback(self._past.discard)

    async def stop(self) -> None:
        """Give every sink a moment to take what waits, then let go; the rest waits on the disk for the next start."""
        for one in self.all:
            one.stop()
        for task in self._repeats:
            task.cancel()
        await asyncio.gather(*self._repeats, return_exceptions=True)
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=LAST_S)
            for task in late:
                LOG.warning("a sink did not take the rest", sink=task.get_name())
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        for one in self.all:
            await one.sink.close()


async def _repeated(sink: Repeating) -> None:
    while True:
        try:
            await sink.say_again()
        except Exception:
            LOG.exception("a sink could not say again what holds")
        await asyncio.sleep(REPEAT_S)


async def _supervised(one: Delivery) -> None:
    while True:
        try:
            await one.run()
        except Exception as error:
            LOG.exception("a sink failed", sink=one.sink.name)
            one.note(f"a fault of the program: {error!r}", needs_repair=True)
            await _wait(one.stopping, LONGEST_WAIT_S)
        if one.stopping.is_set():
            return


async def _wait(event: asyncio.Event, longest_s: float) -> None:
    try:
        async with asyncio.timeout(longest_s):
            await event.wait()
    except TimeoutError:
        return
