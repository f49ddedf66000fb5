"""`straitwatch bench tick`: one tick with all rules, for 2,000 and 50,000 tracks.

Ships on straight courses all over the Channel, each with a name, a type and a length, report every ten seconds; a
tenth of them moves in each tick. Measured is a whole step: its bytes decoded, the picture, the fences, the rules.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from decoders.ais.encode import encode_positions, encode_statics
from decoders.columns import Positions, Statics
from decoders.table import Column
from monitor import assembly, config, pipeline
from monitor.bench.measure import Figure, cpu_seconds, peak_rss_mib
from monitor.feeds.chunk import Chunk
from monitor.sim.wire import table

N_TRACKS = {2_000: 5.0, 50_000: 60.0}  # and the milliseconds to stay below
EVERY_S = 10
WARM_UP_S = 120  # alerts that the first minutes raise are over; the picture is as usual
N_TICKS = 30
T0 = 1_795_600_000.0
SOUTH_DEG, NORTH_DEG, WEST_DEG, EAST_DEG = 49.8, 51.8, -1.5, 3.0


def run(files: list[Path], rounds: int, progress: Callable[[str], None]) -> list[Figure]:
    """All figures. files, rounds : not used."""
    figures = []
    for n, goal_ms in N_TRACKS.items():
        progress(f"{n:,} tracks")
        ticks_ms, n_vessels = measured(Sea(n))
        median_ms = float(np.median(ticks_ms))
        name = f"{n_vessels:,} tracks, one tick"
        figures.append(Figure(name, median_ms, "ms of CPU", f"<= {goal_ms:g}", median_ms <= goal_ms))
        figures.append(Figure(f"{name}, the slowest of {N_TICKS}", max(ticks_ms), "ms of CPU"))
    figures.append(Figure("memory, at most", peak_rss_mib(), "MiB"))
    return figures


class Sea:
    """n ships that go straight on."""

    def __init__(self, n: int) -> None:
        rng = np.random.default_rng(1)
        self.mmsi = 200_000_000 + np.arange(n) * 1_009
        self.lat_deg, self.lon_deg = rng.uniform(SOUTH_DEG, NORTH_DEG, n), rng.uniform(WEST_DEG, EAST_DEG, n)
        self.sog_kn, self.cog_deg = rng.uniform(5.0, 20.0, n).round(1), rng.uniform(0.0, 360.0, n).round(1)
        self.ship_type = rng.choice(np.array([30, 36, 60, 70, 80], np.int16), n)

    def statics(self) -> bytes:
        n = len(self.mmsi)
        rows = table(
            Statics,
            n,
            type=np.full(n, 5, np.int8),
            mmsi=self.mmsi,
            name=np.array([f"SHIP {k}" for k in range(n)], "S34"),
            ship_type=self.ship_type,
            to_bow_m=np.full(n, 80.0),
            to_stern_m=np.full(n, 30.0),
        )
        lines = [line for several in encode_statics(rows) for line in several]
        return b"\r\n".join(lines) + b"\r\n"

    def second(self, t_s: int) -> bytes:
        """What is heard in one second."""
        which: Column = np.arange(t_s % EVERY_S, len(self.mmsi), EVERY_S)
        run_deg = self.sog_kn[which] * t_s / 3600.0 / 60.0
        course = np.radians(self.cog_deg[which])
        rows = table(
            Positions,
            len(which),
            type=np.ones(len(which), np.int8),
            mmsi=self.mmsi[which],
            lat_deg=self.lat_deg[which] + run_deg * np.cos(course),
            lon_deg=self.lon_deg[which] + run_deg * np.sin(course) / np.cos(np.radians(self.lat_deg[which])),
            sog_kn=self.sog_kn[which],
            cog_deg=self.cog_deg[which],
            heading_deg=np.rint(self.cog_deg[which]) % 360,
            nav_status=np.zeros(len(which), np.int8),
            utc_second=np.full(len(which), t_s % 60, np.int8),
        )
        return b"\r\n".join(encode_positions(rows)) + b"\r\n"


def measured(sea: Sea) -> tuple[list[float], int]:
    """Milliseconds of each tick, and how many vessels the picture shows."""
    state = assembly.state(config.parse(config.shipped_text()), is_exercise=True, time_zones={})

    def step(data: bytes, t_s: float) -> None:
        pipeline.step(state, [Chunk("bench", T0 + t_s, data)], [], T0 + t_s)

    step(sea.statics(), 0.0)
    for t_s in range(1, WARM_UP_S + 1):
        step(sea.second(t_s), float(t_s))
    ticks_ms = []
    for t_s in range(WARM_UP_S + 1, WARM_UP_S + N_TICKS + 1):
        data = sea.second(t_s)
        ticks_ms.append(1e3 * cpu_seconds(lambda data=data, t_s=t_s: step(data, float(t_s))))  # type: ignore[misc]
    assert state.picture is not None
    return ticks_ms, int(np.count_nonzero(~np.isnan(state.picture.vessels.lat_deg)))
