"""`straitwatch bench outbox`: alerts onto the disk and into a database, and a day without that database caught up.

A day of a strait: figures of twenty receivers and three sinks and places of forty vessels every ten seconds, two
thousand steps of alerts with their incidents. It is written to a store as the service does, and sent to a real
InfluxDB 1.x through the same delivery. Latency is that of single alerts, from before the commit until the database
has answered.
"""

import asyncio
import contextlib
import dataclasses
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from alerts import items
from alerts.alert import Event, Priority, Subject, SubjectKind, Transition
from alerts.incident import Incident, IncidentAlert, IncidentState
from alerts.items import Entry, Figures, Kind, ReceiverFigures, SinkFigures, Tracks, TrackSample
from alerts.sinks.delivery import Delivery
from alerts.sinks.influx import InfluxSettings, InfluxSink
from alerts.store import Store
from monitor.bench.measure import Figure
from monitor.bench.servers import create_database, influxd

T0 = 1_795_600_000.0
DAY_S, EVERY_S = 86_400, 10
N_RECEIVERS, N_TRACKS, N_STEPS, N_SINGLE = 20, 40, 2_000, 300
DESK = bytes(20_000)  # of a night with some dozen open alerts
REASON = "Boat without AIS at 5.1 nm E of Dover (51°06.0'N 001°27.8'E), 4.1 kn on 318°, first seen at 02:10:04 UTC."


def run(files: list[Path], rounds: int, progress: Callable[[str], None]) -> list[Figure]:
    """All figures. files, rounds : not used. Raises FileNotFoundError without influxd."""
    with tempfile.TemporaryDirectory(prefix="straitwatch-bench-") as folder:
        with contextlib.closing(Store(Path(folder) / "outbox.sqlite")) as store:
            progress("alerts onto the disk")
            per_s = stored_per_s(store)
        with contextlib.closing(Store(Path(folder) / "day.sqlite")) as store, database(Path(folder)) as url:
            progress("a day without the database")
            n_items = fill(store)
            mb = store.path.stat().st_size / 1e6
            progress(f"{n_items:,} items to InfluxDB")
            drain_s, n_left = asyncio.run(drained(store, url))
            progress("single alerts")
            latency_s = asyncio.run(latencies(store, url))
    p99_s = float(np.quantile(latency_s, 0.99))
    return [
        Figure("alert steps stored for good", per_s, "steps/s", ">= 200", per_s >= 200),
        Figure("a day without the database: the store", mb, "MB"),
        Figure("a day without the database: caught up in", drain_s, "s", "<= 600", drain_s <= 600 and not n_left),
        Figure("alert to InfluxDB, median", float(np.median(latency_s)), "s"),
        Figure("alert to InfluxDB, p99", p99_s, "s", "<= 1", p99_s <= 1.0),
    ]


@contextlib.contextmanager
def database(folder: Path) -> Iterator[str]:
    """An empty InfluxDB with a database; its address."""
    home = folder / "influxd"
    home.mkdir()
    with influxd(home) as (url, _):
        create_database(url, "bench")
        yield url


def step(i: int) -> Transition:
    """One of many alerts' steps."""
    lat_deg, lon_deg = 51.0 + (i % 97) / 500, 1.3 + (i % 89) / 400
    return Transition(
        T0 + i,
        (Event.OPENED, Event.UPDATED, Event.CLEARED)[i % 3],
        f"small_boat-{i // 3:x}-{i}",
        "small_boat",
        Priority.WARNING,
        Subject(SubjectKind.TARGET, i // 3, i // 3, -1, "Boat without AIS (dover/41)", ("dover/41",)),
        lat_deg,
        lon_deg,
        REASON,
        tuple((f"part_{k}", 0.1 * k) for k in range(20)),
        f"20261123-{i // 3 % 999:03d}",
    )


def incident(of: Transition) -> Incident:
    """The incident that the step belongs to."""
    alert = IncidentAlert(of.alert_id, of.rule, of.priority, True, of.t_unix_s, of.t_unix_s, of.reason, of.evidence)
    return Incident(
        of.incident, 1, IncidentState.UNACKNOWLEDGED, of.priority, of.subject, "Boat: looks like a small boat",
        of.reason, of.lat_deg, of.lon_deg, of.t_unix_s, of.t_unix_s, of.t_unix_s, "", np.nan, np.nan,
        (alert, dataclasses.replace(alert, rule="lost_contact")), (), False,
    )  # fmt: skip


def figures(t_unix_s: float) -> list[Entry]:
    """What every ten seconds bring."""
    receivers = tuple(
        ReceiverFigures("shore", f"station-{k}", "up", 1, t_unix_s - 1.0, 400.0 + k, 420.0, 0.001, 0.1, 60)
        for k in range(N_RECEIVERS)
    )
    sinks = tuple(SinkFigures(name, 3, 4_000, 10.0, 0, 0, "") for name in ("influx", "mqtt", "file"))
    pipeline = (("n_vessels", 380.0), ("n_sentences", t_unix_s * 100), ("n_ticks", t_unix_s))
    rejects = (("bad_checksum", 12), ("noise", 400), ("short", 3))
    samples = tuple(
        TrackSample(
            k, 235_000_000 + k, f"SHIP {k}", t_unix_s - 2.0, 51.0 + k / 100, 1.5, 10.0, 226.0, f"20261123-{k:03d}"
        )
        for k in range(N_TRACKS)
    )
    return [
        items.of_figures(Figures(receivers, sinks, pipeline, rejects), t_unix_s),
        items.of_tracks(Tracks(samples), t_unix_s),
    ]


def commit(store: Store, of: Transition) -> None:
    store.commit([of], [incident(of)], (), desk=DESK, t_unix_s=of.t_unix_s)


def stored_per_s(store: Store) -> float:
    """Steps a second, each in a transaction of its own, on this machine's disk."""
    begin_s = time.perf_counter()
    for i in range(N_SINGLE):
        commit(store, step(i))
    return N_SINGLE / (time.perf_counter() - begin_s)


def fill(store: Store) -> int:
    """A day's items."""
    for t_s in range(0, DAY_S, 60 * EVERY_S):
        store.outbox.add([e for k in range(60) for e in figures(T0 + t_s + EVERY_S * k)])
    for i in range(0, N_STEPS, 50):
        steps = [step(k) for k in range(i, i + 50)]
        store.commit(steps, [incident(one) for one in steps], (), desk=DESK, t_unix_s=T0 + i)
    return 2 * DAY_S // EVERY_S + 2 * N_STEPS


def sink_of(url: str) -> InfluxSink:
    return InfluxSink(
        InfluxSettings("influx", url, "auto", "", "bench", "", "", "", 30.0, False, list(Kind), False)
    )  # fmt: skip


async def drained(store: Store, url: str) -> tuple[float, int]:
    """Seconds until the database has all, and how much it has not."""
    sink = sink_of(url)
    delivery = Delivery(store.outbox, sink, time.time, np.random.default_rng(0))
    begin_s = time.perf_counter()
    await delivery.drain()
    taken_s = time.perf_counter() - begin_s
    await sink.close()
    return taken_s, store.outbox.size("influx")[0]


async def latencies(store: Store, url: str) -> np.ndarray:
    """Seconds from before the commit of an alert until the database has answered, one alert after another."""
    sink = sink_of(url)
    delivery = Delivery(store.outbox, sink, time.time, np.random.default_rng(0))
    running = asyncio.create_task(delivery.run())
    taken_s = []
    for i in range(N_STEPS, N_STEPS + N_SINGLE):
        before, begin_s = delivery.n_accepted, time.perf_counter()
        await asyncio.to_thread(commit, store, step(i))
        delivery.wake.set()
        while delivery.n_accepted < before + 2:  # the step and its incident
            await asyncio.sleep(0.001)
        taken_s.append(time.perf_counter() - begin_s)
    delivery.stop()
    await running
    await sink.close()
    return np.array(taken_s)
