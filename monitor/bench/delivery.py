"""`straitwatch bench delivery`: from an alert until somebody outside has it, for every kind of sink, in one run.

Alerts come one after another while all sinks run. A time begins when the alert is on its incident, before anything is
decided or stored, and ends when the other side has answered. Real servers where this machine has them. A sink more is
one more entry in PROBES: a context that starts its server and yields the sink.
"""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from pathlib import Path

import numpy as np
from aiohttp import web

from alerts.incident import Incident
from alerts.items import Item, Kind
from alerts.notices.board import Signing, decide
from alerts.notices.notice import Notice
from alerts.notices.rota import EMPTY
from alerts.notices.routes import Level, Route
from alerts.notices.text import Setting
from alerts.sinks.alertmanager import AlertmanagerSettings, AlertmanagerSink
from alerts.sinks.contract import Sink, WriteResult
from alerts.sinks.delivery import Deliveries
from alerts.sinks.email import EmailSettings, EmailSink
from alerts.sinks.mqtt import MqttSettings, MqttSink
from alerts.sinks.webhook import WebhookSettings, WebhookSink
from alerts.store import Store
from monitor.bench import outbox, servers
from monitor.bench.gateway import mosquitto
from monitor.bench.measure import Figure

N_ALERTS, EVERY_S, LAST_S = 200, 0.05, 30.0
Probe = Callable[[Path], AbstractAsyncContextManager[Sink]]


@contextlib.asynccontextmanager
async def webhook(folder: Path) -> AsyncIterator[Sink]:
    """A server that takes everything."""
    app = web.Application()
    app.router.add_post("/", _take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    port = servers.free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield WebhookSink(WebhookSettings("webhook", f"http://127.0.0.1:{port}/", "", "", 10.0, False))
    await runner.cleanup()


async def _take(request: web.Request) -> web.Response:
    await request.read()
    return web.Response()


@contextlib.asynccontextmanager
async def alertmanager(folder: Path) -> AsyncIterator[Sink]:
    with servers.alertmanager(folder) as (url, _):
        yield AlertmanagerSink(AlertmanagerSettings("alertmanager", url, "", "", "", {}, 10.0, False))


@contextlib.asynccontextmanager
async def influx(folder: Path) -> AsyncIterator[Sink]:
    with outbox.database(folder) as url:
        yield outbox.sink_of(url)


@contextlib.asynccontextmanager
async def mqtt(folder: Path) -> AsyncIterator[Sink]:
    """A broker with TLS; what counts is its PUBACK."""
    with mosquitto(folder) as broker:
        yield MqttSink(MqttSettings("mqtt", "told", [Kind.TRANSITION, Kind.INCIDENT], False, broker))


@contextlib.asynccontextmanager
async def email(folder: Path) -> AsyncIterator[Sink]:
    """An SMTP server that takes everything, a connection for each turn as people's servers want it."""
    try:
        from aiosmtpd.controller import Controller
        from aiosmtpd.handlers import Sink as Takes
    except ImportError as error:
        raise servers.Missing(str(error)) from error
    server = Controller(Takes(), "127.0.0.1", servers.free_port())
    server.start()
    try:
        yield EmailSink(
            EmailSettings(
                "email", "127.0.0.1", server.port, "none", "", "", "", "", "watch@example.org", ["officer@example.org"],
                10.0, False,
            )
        )  # fmt: skip
    finally:
        server.stop()


PROBES: dict[str, tuple[Probe, float]] = {  # sink -> its context, and the seconds to stay below
    "webhook": (webhook, 5.0),
    "alertmanager": (alertmanager, 5.0),
    "email": (email, 5.0),
    "influx": (influx, 1.0),
    "mqtt": (mqtt, 1.0),
}


def run(files: list[Path], rounds: int, progress: Callable[[str], None]) -> list[Figure]:
    """All figures. files, rounds : not used. Sinks whose server is not on this machine are left out."""
    with tempfile.TemporaryDirectory(prefix="straitwatch-bench-") as folder:
        taken = asyncio.run(_measured(Path(folder), progress))
    figures = []
    for name, times_s in taken.items():
        goal_s, p99_s = PROBES[name][1], float(np.quantile(times_s, 0.99))
        n_lost = int(np.isnan(times_s).sum())
        note = f"{n_lost} of {N_ALERTS} never came" if n_lost else ""
        figures.append(Figure(f"alert to {name}, median", float(np.nanmedian(times_s)), "s"))
        is_reached = not n_lost and p99_s <= goal_s
        figures.append(Figure(f"alert to {name}, p99", p99_s, "s", f"<= {goal_s:g}", is_reached, note))
    return figures


class Timed:
    """A sink that notes when the other side had each incident."""

    def __init__(self, sink: Sink) -> None:
        self.sink = sink
        self.name, self.kinds, self.batch = sink.name, sink.kinds, sink.batch
        self.t_had_s: dict[str, float] = {}

    async def write(self, batch: Sequence[Item]) -> WriteResult:
        result = await self.sink.write(batch)
        now_s = time.perf_counter()
        for i in result.accepted:
            self.t_had_s.setdefault(self._incident(batch[i]), now_s)
        return result

    def _incident(self, item: Item) -> str:
        body = item.body
        if isinstance(body, Notice):
            return body.incident.incident_id if body.to.channel == self.name else ""
        return body.incident_id if isinstance(body, Incident) else ""

    async def close(self) -> None:
        await self.sink.close()


async def _measured(folder: Path, progress: Callable[[str], None]) -> dict[str, np.ndarray]:
    """Name -> (N_ALERTS,) seconds, NaN for what never came."""
    async with AsyncExitStack() as stack:
        sinks: list[Timed] = []
        for name, (probe, _) in PROBES.items():
            progress(f"starting {name}")
            home = folder / name
            home.mkdir()
            with contextlib.suppress(servers.Missing):
                sinks.append(Timed(await stack.enter_async_context(probe(home))))
        with contextlib.closing(Store(folder / "delivery.sqlite")) as store:
            deliveries = Deliveries(store.outbox, list(sinks), time.time, store.record)
            deliveries.start()
            progress(f"{N_ALERTS} alerts")
            begun = await _alerts(store, deliveries, [sink.name for sink in sinks])
            deadline_s = time.perf_counter() + LAST_S
            while time.perf_counter() < deadline_s and any(begun.keys() - sink.t_had_s.keys() for sink in sinks):
                await asyncio.sleep(0.01)
            await deliveries.stop()
    return {sink.name: np.array([sink.t_had_s.get(one, np.nan) - t_s for one, t_s in begun.items()]) for sink in sinks}


async def _alerts(store: Store, deliveries: Deliveries, names: list[str]) -> dict[str, float]:
    """Raise them; incident -> when."""
    route = Route("all", "caution", [], [], [], "", "UTC", [Level(names, "")], 300.0, 600.0, 3, True)
    board = store.board([route], names)
    begun = {}
    for i in range(N_ALERTS):
        step = outbox.step(3 * i)
        incident = outbox.incident(step)
        begun[incident.incident_id] = time.perf_counter()
        told = decide(
            board, [incident], list, step.t_unix_s,
            areas_of=lambda one: (), rota=EMPTY, setting=Setting("http://map", "UTC"), signing=Signing(b"key", 3600.0),
        )  # fmt: skip
        await asyncio.to_thread(
            store.commit, [step], [incident], (), desk=outbox.DESK, t_unix_s=step.t_unix_s, told=told
        )  # fmt: skip
        deliveries.wake()
        await asyncio.sleep(EVERY_S)
    return begun
