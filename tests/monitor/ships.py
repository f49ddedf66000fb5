"""Ships that go straight on, as bytes: for tests about charts."""

from dataclasses import dataclass

import numpy as np

from decoders.ais.encode import encode_positions, encode_statics
from decoders.columns import Positions, Statics
from monitor import pipeline
from monitor.feeds.chunk import Chunk
from monitor.output import Output
from monitor.pipeline import State
from monitor.sim.wire import table

T0 = 1_795_600_000.0  # 2026-11-25 09:46:40 UTC, a Wednesday
EVERY_S = 5


@dataclass(frozen=True, slots=True)
class Ship:
    """Straight and steady from (lat_deg, lon_deg) at T0; east_kn and north_kn are its speed."""

    mmsi: int
    lat_deg: float
    lon_deg: float
    east_kn: float = 0.0
    north_kn: float = 0.0
    length_m: float = 110.0
    ship_type: int = 70

    def at(self, t_s: float) -> tuple[float, float]:
        north_deg = self.north_kn * t_s / 216_000.0
        return self.lat_deg + north_deg, self.lon_deg + self.east_kn * t_s / 216_000.0 / np.cos(
            np.radians(self.lat_deg)
        )


def statics(ships: list[Ship]) -> bytes:
    """Names, types and lengths."""
    n = len(ships)
    rows = table(
        Statics,
        n,
        type=np.full(n, 5, np.int8),
        mmsi=np.array([ship.mmsi for ship in ships]),
        name=np.array([f"SHIP {ship.mmsi}" for ship in ships], "S34"),
        ship_type=np.array([ship.ship_type for ship in ships], np.int16),
        to_bow_m=np.array([ship.length_m - 20.0 for ship in ships]),
        to_stern_m=np.full(n, 20.0),
    )
    lines = [line for several in encode_statics(rows) for line in several]
    return b"\r\n".join(lines) + b"\r\n"


def positions(ships: list[Ship], t_s: int) -> bytes:
    """Where they are."""
    n = len(ships)
    places = np.array([ship.at(t_s) for ship in ships])
    east, north = (np.array([getattr(ship, name) for ship in ships]) for name in ("east_kn", "north_kn"))
    rows = table(
        Positions,
        n,
        type=np.ones(n, np.int8),
        mmsi=np.array([ship.mmsi for ship in ships]),
        lat_deg=places[:, 0],
        lon_deg=places[:, 1],
        sog_kn=np.hypot(east, north).round(1),
        cog_deg=(np.degrees(np.arctan2(east, north)) % 360.0).round(1),
        heading_deg=np.rint(np.degrees(np.arctan2(east, north)) % 360.0) % 360.0,
        nav_status=np.zeros(n, np.int8),
        utc_second=np.full(n, t_s % 60, np.int8),
    )
    return b"\r\n".join(encode_positions(rows)) + b"\r\n"


def sail(state: State, ships: list[Ship], begin_s: int, end_s: int, t0_unix_s: float = T0) -> list[Output]:
    """Let seconds pass, from begin_s on and before end_s; every ship reports each `EVERY_S`."""
    told = []
    for t_s in range(begin_s, end_s):
        data = statics(ships) if t_s == 0 else b""
        data += positions(ships, t_s) if t_s % EVERY_S == 0 else b""
        chunks = [Chunk("test", t0_unix_s + t_s, data)] if data else []
        told.append(pipeline.step(state, chunks, [], t0_unix_s + t_s))
    return told
