"""Who watches the watch: a heartbeat to somebody else, sent only while the whole chain is well.

    pipeline tells pictures ─┐
    alerts reach the disk ───┼─ well ──> heartbeat URL (a dead man's switch elsewhere) and the system's supervisor
    own tests reach sinks ───┘  not ──> nothing is sent: the switch elsewhere raises "system not watching"

The path is independent of the sinks: its own connection, no outbox. That it stays away is the alarm, so that it also
works when this machine is dead. systemd is told through its notification socket (`WatchdogSec=` in the unit): a
monitor that hangs is started again. One whose disk is full is not: a new start frees no room, and the map would lose
what was not stored. Source: sd_notify(3).
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import aiohttp
import structlog
from msgspec import Meta

from monitor.supervisor import notify

LOG = structlog.get_logger("watchdog")
ASK_S = 10.0  # what the switch gets to answer
TESTS_MISSED = 3.0  # this many test messages may be under way or lost before the heartbeat stays away


@dataclass(frozen=True, slots=True)
class WatchdogSettings:
    """How it is found out that the monitor does not watch."""

    self_test_every_s: Annotated[float, Meta(ge=0)]
    heartbeat_url: str
    heartbeat_every_s: Annotated[float, Meta(gt=0)]


@dataclass(frozen=True, slots=True)
class Health:
    """What the heartbeat depends on, now."""

    is_watching: bool  # the pipeline tells pictures
    store_fault: str  # "" while alerts reach the disk
    test_age_s: float  # since the last own test message was stored; NaN where none are sent


def why_silent(health: Health, self_test_every_s: float) -> str:
    """Why no heartbeat may be sent; "" when all is well."""
    if not health.is_watching:
        return "the pipeline tells no pictures"
    if health.store_fault:
        return f"alerts are not stored: {health.store_fault}"
    if health.test_age_s > TESTS_MISSED * self_test_every_s:
        return f"no test message of our own has come through for {health.test_age_s:.0f} s"
    return ""


def may_hang(health: Health, self_test_every_s: float) -> bool:
    """Whether a new start might help."""
    if health.is_watching and health.store_fault:
        return False  # known, said, tried again all the time; without room no test message is stored either
    return bool(why_silent(health, self_test_every_s))


@dataclass(slots=True)
class Heartbeat:
    """Sends it."""

    settings: WatchdogSettings
    health: Callable[[], Health]
    n_sent: int = 0
    fault: str = ""  # why the last one was not sent, or not taken

    async def run(self) -> None:
        """Until cancelled. Never raises for what the network does."""
        timeout = aiohttp.ClientTimeout(total=ASK_S)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while True:
                await self.beat(session)
                await asyncio.sleep(self.settings.heartbeat_every_s)

    async def beat(self, session: aiohttp.ClientSession) -> None:
        """One heartbeat, or the reason for none."""
        health = self.health()
        if not may_hang(health, self.settings.self_test_every_s):
            notify("WATCHDOG=1")
        fault = why_silent(health, self.settings.self_test_every_s)
        if not fault:
            fault = await self._call(session)
        if fault != self.fault:
            self.fault = fault
            LOG.warning("heartbeat", fault=fault or "sent again")

    async def _call(self, session: aiohttp.ClientSession) -> str:
        if not self.settings.heartbeat_url:
            return ""
        try:
            async with session.post(self.settings.heartbeat_url, data=b"straitwatch watches") as answer:
                if answer.status >= 300:
                    return f"{self.settings.heartbeat_url} answered {answer.status}"
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            return f"{self.settings.heartbeat_url} not reached: {error or type(error).__name__}"
        self.n_sent += 1
        return ""
