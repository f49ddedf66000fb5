"""Ships that go straight on, as bytes, and small charts for them to meet."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from alerts.alert import Event, Transition
from decoders.ais.encode import encode_positions, encode_statics
from decoders.columns import Positions, Statics
from geofences import geojson
from monitor import assembly, config, pipeline
from monitor.dwell import MAX_FENCES
from monitor.feeds.chunk import Chunk
from monitor.output import Output
from monitor.sim.wire import table
from monitor.state import State

T0 = 1_795_600_000.0  # 2026-11-25 09:46:40 UTC, a Wednesday
EVERY_S = 5
SETTINGS = config.parse(config.shipped_text())


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


def beacon(mmsi: int, lat_deg: float, lon_deg: float) -> bytes:
    """A position of an active search and rescue transmitter."""
    rows = table(
        Positions,
        1,
        type=np.ones(1, np.int8),
        mmsi=np.array([mmsi]),
        lat_deg=np.array([lat_deg]),
        lon_deg=np.array([lon_deg]),
        nav_status=np.full(1, 14, np.int8),
    )
    return encode_positions(rows)[0] + b"\r\n"


def sail(state: State, ships: list[Ship], begin_s: int, end_s: int, t0_unix_s: float = T0) -> list[Output]:
    """Let seconds pass, from begin_s on and before end_s; every ship reports each `EVERY_S`."""
    told = []
    for t_s in range(begin_s, end_s):
        data = statics(ships) if t_s == 0 else b""
        data += positions(ships, t_s) if t_s % EVERY_S == 0 else b""
        chunks = [Chunk("test", t0_unix_s + t_s, data)] if data else []
        told.append(pipeline.step(state, chunks, [], t0_unix_s + t_s))
    return told


def area(fence_id: str, west: float, south: float, size: float = 0.1, **properties: Any) -> dict[str, Any]:
    east, north = west + size, south + size
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {
        "type": "Feature",
        "properties": {"id": fence_id, "kind": "exclusion_zone", **properties},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }


def watching(*features: dict[str, Any]) -> State:
    state = assembly.state(SETTINGS, is_exercise=True, time_zones={})
    pipeline.renew_chart(state, geojson.parse(list(features)))
    return state


def transitions(told: list[Output]) -> list[Transition]:
    return [step for output in told for step in output.transitions]


def fence_steps(told: list[Output]) -> list[Transition]:
    """What the rules about fences said."""
    return [step for step in transitions(told) if step.rule.startswith("fence_")]


def entries(told: list[Output]) -> list[tuple[str, str]]:
    """(fence, event of the alert) of all that `fence_entry` said."""
    found = [step for step in transitions(told) if step.rule == "fence_entry" and step.event is not Event.UPDATED]
    return [(str(dict(step.evidence)["fence_id"]), step.event.value) for step in found]


def stays(state: State) -> set[tuple[int, str, float]]:
    """(target, fence id, entered) of all pairs; 0 for one that does not count as inside yet."""
    pairs = state.dwell.pairs
    ids = [state.chart.fence_id[key % MAX_FENCES] for key in pairs.key.tolist()]
    return set(zip((pairs.key // MAX_FENCES).tolist(), ids, np.nan_to_num(pairs.t_enter_unix_s).tolist(), strict=True))
