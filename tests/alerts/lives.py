"""A watch that is killed again and again: run as a program by test_kill.py.

    python -m tests.alerts.lives FOLDER SEED KILLS [URL]

Forks one child after another. Each opens the store, goes on with the scripted night where the store says, and reports
every tick with one byte; the parent kills it with SIGKILL after a random number of ticks and a random pause. Every
third child is struck at a chosen moment instead: in the middle of a line of the JSON file, or with the lines written
and the store not yet told. With a URL every life also sends to the InfluxDB there, after the file, so that kills fall
between the two and into both. When the kills are used up the last child runs to the end.
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from alerts.desk import desk_from_bytes, desk_to_bytes, evaluate, new_desk
from alerts.incident import Command, Verb
from alerts.items import Item, Kind
from alerts.picture import Picture, StationClass
from alerts.sinks.contract import Sink, WriteResult
from alerts.sinks.influx import InfluxSettings, InfluxSink
from alerts.sinks.jsonl import JsonlSink
from alerts.store import Store
from tests.alerts.pictures import NOW, SHIP, fences, incident_settings, pairs, picture, rule_settings
from tests.alerts.pumping import pump

N_TICKS = 900
LANE = fences(("tss-sw", "tss_lane", 226.0))


def scene(i: int) -> Picture:
    """The picture of tick i: ships that turn against the traffic and back, beacons, twins, odd MMSIs."""
    now = NOW + i
    ships = []
    for k in range(4):
        cog_deg = 46.0 if (i // (200 + 17 * k)) % 2 == 0 else 226.0
        ships.append({**SHIP, "target_id": 10 + k, "mmsi": 235000010 + k, "cog_deg": cog_deg, "heading_deg": cog_deg})
    for k in range(12):
        t_on = 35 + 70 * k
        if t_on <= i:
            last = NOW + min(i, t_on + 40)
            beacon = {"station_class": StationClass.BEACON, "lat_deg": 51.0 + 0.01 * k, "n_distress": i - t_on}
            ships.append(
                {
                    **beacon,
                    "target_id": 50 + k,
                    "mmsi": 972000000 + k,
                    "t_distress_unix_s": last,
                    "n_distress": i - t_on,
                }
            )
        if i % 300 < 150 and i > 20 * k:
            ships.append({**SHIP, "target_id": 100 + k, "mmsi": 5 + k, "flags": 1, "sog_kn": 9.0 + k})
    inside = pairs(*((k, 0, NOW - 500, 900.0, False) for k in range(4)))
    return picture(*ships, now_unix_s=now, chart=LANE, inside=inside)


def orders(i: int) -> list[Command]:
    """What people do in tick i."""
    number = f"20251122-{1 + i // 60:03d}"
    given = {20: Verb.ACK, 35: Verb.NOTE, 50: Verb.CLOSE}.get(i % 60)
    if given is None:
        return []
    return [Command(f"order-{i}", NOW + i, "watch 1", given, number, "" if given is Verb.ACK else f"done in tick {i}")]


class Struck(JsonlSink):
    """A sink that is killed at its n-th write: with half of the bytes out, or with all of them."""

    def __init__(self, path: Path, n_writes: int, *, is_torn: bool) -> None:
        super().__init__(path)
        self.n_writes, self.is_torn = n_writes, is_torn

    def _write(self, batch: Sequence[Item]) -> WriteResult:
        self.n_writes -= 1
        result = super()._write(batch)
        if self.n_writes <= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result

    def _append(self, data: bytes) -> None:
        if self.n_writes <= 0 and self.is_torn:
            data = data[: len(data) - 40]
        super()._append(data)


def influx_sink(url: str) -> InfluxSink:
    """The database's sink."""
    return InfluxSink(
        InfluxSettings(
            name="influx",
            url=url,
            api="v1",
            org="",
            bucket="night",
            user="",
            secret_env="",
            secret_file="",
            timeout_s=10.0,
            is_gzip=False,
            takes=[Kind.TRANSITION, Kind.INCIDENT],
            takes_exercises=True,
        )
    )


def live(folder: Path, report: int, fuse: tuple[int, bool] | None = None, url: str = "") -> None:
    """One life: from where the store stands to the end of the night, or to the moment that `fuse` names."""
    store = Store(folder / "store.sqlite")
    path = folder / "alerts.jsonl"
    sink = JsonlSink(path) if fuse is None else Struck(path, fuse[0], is_torn=fuse[1])
    loop = asyncio.new_event_loop()
    sinks: list[Sink] = [sink, *([influx_sink(url)] if url else [])]
    for one in sinks:
        pump(store, one, loop)
    restored = store.restore()
    settings, first = (rule_settings(), incident_settings(remind_unacknowledged_after_s=120.0)), 0
    if restored.desk is None:
        desk = new_desk(*settings, last_number_by_day=restored.last_number_by_day)
    else:
        desk, first = desk_from_bytes(restored.desk, *settings, store.incident), int(restored.cursor) + 1
    for i in range(first, N_TICKS):
        watch = evaluate(desk, scene(i), orders(i), is_exercise=True)
        if watch.transitions or watch.audit:
            store.commit(
                watch.transitions,
                watch.incidents,
                watch.audit,
                desk=desk_to_bytes(desk),
                t_unix_s=NOW + i,
                cursor=str(i).encode(),
            )
            for one in sinks:
                pump(store, one, loop)
        if report >= 0:
            os.write(report, b".")
    for one in sinks:
        loop.run_until_complete(one.close())


def run(folder: Path, seed: int, n_kills: int, url: str = "") -> int:
    """Returns how many children were really killed in the middle."""
    rng = np.random.default_rng(seed)
    n_killed = 0
    for n in range(n_kills):
        fuse = (int(rng.integers(1, 8)), bool(rng.integers(2))) if n % 3 == 2 else None
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            live(folder, writer, fuse, url)
            os._exit(0)
        os.close(writer)
        wanted = int(rng.integers(1, 2 * N_TICKS // n_kills + 1)) if fuse is None else N_TICKS
        while wanted > 0 and (got := os.read(reader, wanted)):
            wanted -= len(got)
        time.sleep(float(rng.uniform(0.0, 0.008)))  # a commit takes some milliseconds: strike anywhere within
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        n_killed += os.WIFSIGNALED(status)
        os.close(reader)
    live(folder, -1, url=url)
    return n_killed


if __name__ == "__main__":
    print(run(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:]))
