"""Rows for the tests of the track table: made by hand, or a stream with every oddity in it."""

import math
from collections.abc import Sequence

import numpy as np

from decoders.columns import Flag, Positions, Statics, Texts, TimeSource, empty, missing
from decoders.table import Column
from monitor.tracks import TrackTable, Update, apply
from tests.oracles.tracks_oracle import Row

NO_STATICS, NO_TEXTS, NO_POSITIONS = empty(Statics), empty(Texts), empty(Positions)


def positions_of(rows: Sequence[Row]) -> Positions:
    """The decoder's columns for these rows."""
    n = len(rows)
    columns: dict[str, Column] = {name: missing(name, n) for name in Positions.__dataclass_fields__}
    columns["line"] = np.arange(1, n + 1)
    columns["time_source"] = np.full(n, TimeSource.TAG, np.int8)
    wanted = {"t_unix_s": "t", "mmsi": "mmsi", "lat_deg": "lat", "lon_deg": "lon", "sog_kn": "sog", "cog_deg": "cog"}
    wanted |= {"type": "type", "nav_status": "status", "station": "station"}
    for name, short in wanted.items():
        columns[name] = np.array([getattr(row, short) for row in rows], columns[name].dtype)
    columns["payload_hash"] = np.array([row.tie << 3 for row in rows], np.uint64)
    columns["flags"] = np.array([flags_of(row) for row in rows], np.int32)
    return Positions(**columns)


def flags_of(row: Row) -> int:
    beacon = (0, Flag.BEACON, Flag.BEACON | Flag.BEACON_TEST)[row.beacon]
    return int(Flag.DUPLICATE * row.is_duplicate | Flag.COARSE * row.is_coarse | beacon)


def statics_of(n: int, **given: object) -> Statics:
    columns: dict[str, Column] = {name: missing(name, n) for name in Statics.__dataclass_fields__}
    columns |= {"line": np.arange(1, n + 1), "type": np.full(n, 5, np.int8), "station": np.zeros(n, np.int32)}
    columns |= {"flags": np.zeros(n, np.int32), "payload_hash": np.arange(1, n + 1).astype(np.uint64)}
    for name, value in given.items():
        columns[name] = np.array(np.broadcast_to(np.array(value), n)).astype(columns[name].dtype)
    return Statics(**columns)


def texts_of(n: int, **given: object) -> Texts:
    columns: dict[str, Column] = {name: missing(name, n) for name in Texts.__dataclass_fields__}
    columns |= {"line": np.arange(1, n + 1), "type": np.full(n, 14, np.int8), "station": np.zeros(n, np.int32)}
    columns |= {"flags": np.zeros(n, np.int32)}
    for name, value in given.items():
        columns[name] = np.array(np.broadcast_to(np.array(value), n)).astype(columns[name].dtype)
    return Texts(**columns)


def feed(table: TrackTable, rows: Sequence[Row], now_unix_s: float = 1e9) -> Update:
    return apply(table, positions_of(rows), NO_STATICS, NO_TEXTS, now_unix_s)


def stream(rng: np.random.Generator, n_vessels: int = 12, n_rounds: int = 30) -> list[Row]:
    """Traffic with late, repeated, simultaneous, coarse, position-less, jumping, doubled and distressed reports."""
    start = [(50.0 + rng.uniform(-1, 1), 1.0 + rng.uniform(-1, 1)) for _ in range(n_vessels)]
    far = [(lat + rng.uniform(0.5, 3), lon - rng.uniform(0.5, 3)) for lat, lon in start]
    kinds = rng.integers(0, 6, n_vessels)  # 0-2 plain, 3 jumps once, 4 twins, 5 damaged now and then
    mmsis = [0, 123456789, *(227000000 + 1000 * k for k in range(n_vessels - 2))]
    speed, course = rng.uniform(0, 20, n_vessels), rng.uniform(0, 360, n_vessels)
    rows = []
    for k in range(n_rounds):
        for v in range(n_vessels):
            t = round(10.0 * k + rng.uniform(0, 5), 1)
            if rng.random() < 0.15:
                t = max(0.0, round(t - rng.exponential(60.0)))  # late, often at a round second
            is_far = (kinds[v] == 3 and k > 12) or (kinds[v] == 4 and k > 5 and rng.random() < 0.5)
            is_far |= bool(kinds[v] == 5 and rng.random() < 0.1)
            lat, lon = far[v] if is_far else start[v]
            run = speed[v] * t / 3600 / 60
            lat += run * math.cos(math.radians(course[v])) + rng.normal(0, 2e-5)
            lon += run * math.sin(math.radians(course[v])) / 0.6 + rng.normal(0, 2e-5)
            if rng.random() < 0.03:
                lat = lon = math.nan
            row = Row(t, mmsis[v], lat, lon, float(speed[v]), float(course[v]), tie=int(rng.integers(1, 1 << 40)))
            row.station = int(rng.integers(0, 3))
            row.beacon = int(rng.choice(3, p=(0.97, 0.02, 0.01)))
            if rng.random() < 0.03:
                row.type, row.is_coarse = 27, True
            rows.append(row)
            if rng.random() < 0.1:
                rows.append(Row(**{**vars(row), "station": row.station + 1, "is_duplicate": True}))
            if rng.random() < 0.05 and not math.isnan(lat):
                rows.append(Row(**{**vars(row), "lat": lat + 1e-4, "tie": int(rng.integers(1, 1 << 40))}))
    return rows
