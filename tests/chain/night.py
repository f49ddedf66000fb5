"""A night that a receiver hears: ships that enter fences, beacons, impossible MMSIs, all of them heard again and again,
and calls that are heard once.

Where a ship is is a function of time, so it does not matter when somebody listens: a line that was lost with a
connection is followed by a newer one. A call is made once, whether somebody listens or not.
"""

import asyncio
import json
import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import numpy as np

from decoders.ais.encode import encode_texts
from decoders.columns import Texts
from monitor.sim.wire import table
from tests.monitor.ships import Ship, area, beacon, positions

EVERY_S = 0.5
# After a ship is heard first she passes her fence's edge; then she is heard so long: longer than a gateway is away
ENTERS_S, STAYS_S = 8.0, 14.0
CALLS_S = 12.0  # how long a beacon is heard, and a ship with an impossible MMSI
SHIP, CALLER, BEACON, ODD = 235_000_000, 236_000_000, 970_000_000, 100  # the first of each


@dataclass(frozen=True, slots=True)
class Night:
    """n of each kind, one after another within `spread_s`."""

    n: int
    spread_s: float

    @property
    def end_s(self) -> float:
        """Nothing is heard after."""
        return self.spread_s + ENTERS_S + STAYS_S

    def chart(self) -> str:
        """A small fence for each ship."""
        fences = [area(f"fence-{k}", *self._corner(k), 0.02) for k in range(self.n)]
        return json.dumps({"type": "FeatureCollection", "features": fences})

    def _corner(self, k: int) -> tuple[float, float]:
        return 1.0 + 0.05 * (k % 20), 50.2 + 0.05 * (k // 20)

    def heard(self, t_s: float) -> bytes:
        """What is on the air at a moment."""
        ships, calls = [], b""
        for k in range(self.n):
            age_s = t_s - self.spread_s * k / self.n
            west, south = self._corner(k)
            if 0 <= age_s < ENTERS_S + STAYS_S:
                ships.append(_sailing(SHIP + k, south + 0.01, west, age_s - ENTERS_S))
            if 0 <= age_s < CALLS_S:
                ships.append(_sailing(ODD + k, south - 0.01, west, age_s))
                calls += beacon(BEACON + k, south - 0.02, west)
        return (positions(ships, 0) if ships else b"") + calls

    def calls(self) -> list[tuple[float, bytes]]:
        """(when, the line) of each call; the k-th is CALLER + k's."""
        texts = table(
            Texts,
            self.n,
            type=np.full(self.n, 14, np.int8),
            mmsi=CALLER + np.arange(self.n),
            text=np.array([f"MAYDAY {k}" for k in range(self.n)], "S161"),
        )
        lines = [line for several in encode_texts(texts) for line in several]
        return [(self.spread_s * (k + 0.5) / self.n, line + b"\r\n") for k, line in enumerate(lines)]


def _sailing(mmsi: int, lat_deg: float, lon_deg: float, t_s: float) -> Ship:
    """A ship that passes this place at t_s = 0, where she is now."""
    lat, lon = Ship(mmsi, lat_deg, lon_deg, east_kn=20.0).at(t_s)
    return Ship(mmsi, lat, lon, east_kn=20.0)


@dataclass
class Receiver:
    """What is on the air, for whoever connects. The night begins with the first."""

    night: Night
    clock: Callable[[], float]
    port: int = 0
    t_begin_s: float = math.nan
    calls: list[tuple[float, bytes]] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return self.clock() - self.t_begin_s > self.night.end_s

    async def serve(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if math.isnan(self.t_begin_s):
            self.t_begin_s, self.calls = self.clock(), self.night.calls()
        try:
            while True:
                t_s = self.clock() - self.t_begin_s
                writer.write(self.night.heard(t_s) + self._due(t_s))
                await writer.drain()
                await asyncio.sleep(EVERY_S)
        except OSError:
            pass
        finally:
            writer.close()

    def _due(self, t_s: float) -> bytes:
        found = b""
        while self.calls and self.calls[0][0] <= t_s:
            found += self.calls.pop(0)[1]
        return found


@asynccontextmanager
async def received(night: Night, clock: Callable[[], float]) -> AsyncIterator[Receiver]:
    """A receiver."""
    found = Receiver(night, clock)
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    async with server:
        found.port = server.sockets[0].getsockname()[1]
        yield found
