"""Figures of the track table: `python -m tests.bench.bench_tracks`. CPU time, median of 15; the machine is shared.

The yardstick beside it is what one builds first: a dictionary of tracks, each with a deque of (time, lat, lon), that
does no more than keep the trail (no identity, no late reports, no hearers, no legs).
"""

import time
from collections import deque
from collections.abc import Callable

import numpy as np

from decoders.columns import Positions, missing
from monitor.trackarrays import to_arrays
from monitor.tracks import TrackTable, apply, expire, vessels
from tests.monitor.track_rows import NO_STATICS, NO_TEXTS

N_TRACKS, REPEATS = 50_000, 15


def positions(rng: np.random.Generator, mmsi: np.ndarray, lat: np.ndarray, t: float) -> Positions:
    n = len(mmsi)
    columns = {name: missing(name, n) for name in Positions.__dataclass_fields__}
    columns |= {"mmsi": mmsi, "lat_deg": lat, "lon_deg": np.full(n, 1.5), "line": np.arange(n)}
    columns |= {
        "t_unix_s": np.sort(t + rng.random(n)),
        "time_source": np.ones(n, np.int8),
        "flags": np.zeros(n, np.int32),
    }
    columns |= {"type": np.ones(n, np.int8), "station": np.zeros(n, np.int32), "sog_kn": np.full(n, 12.0)}
    columns |= {"nav_status": np.zeros(n, np.int8), "payload_hash": rng.integers(1, 1 << 60, n).astype(np.uint64)}
    return Positions(**columns)


def cpu_ms(work: Callable[[], object]) -> float:
    start = time.process_time_ns()
    work()
    return (time.process_time_ns() - start) / 1e6


def dictionary(tracks: dict[int, deque[tuple[float, float, float]]], rows: Positions) -> None:
    values = zip(rows.mmsi.tolist(), rows.t_unix_s.tolist(), rows.lat_deg.tolist(), rows.lon_deg.tolist(), strict=True)
    for mmsi, t, lat, lon in values:
        track = tracks.get(mmsi)
        if track is None:
            track = tracks[mmsi] = deque(maxlen=100)
        track.append((t, lat, lon))


def main() -> None:
    rng = np.random.default_rng(1)
    mmsi = 200_000_000 + rng.permutation(N_TRACKS) * 10_000
    lat = rng.uniform(40, 60, N_TRACKS)
    table, t = TrackTable(), 1e9
    tracks: dict[int, deque[tuple[float, float, float]]] = {}
    first = positions(rng, mmsi, lat, t)
    print(f"{N_TRACKS:6d} first reports   {cpu_ms(lambda: apply(table, first, NO_STATICS, NO_TEXTS, t)):8.2f} ms")
    dictionary(tracks, first)
    one, up = lambda *_: np.ones(N_TRACKS), lambda _: np.ones(N_TRACKS, bool)
    for n in (1, 10, 100, 1_000, 10_000):
        ours, theirs, shown, expired = [], [], [], []
        for _ in range(REPEATS):
            t += 10.0
            at = rng.permutation(N_TRACKS)[:n]
            lat[at] += 1e-4
            rows, now = positions(rng, mmsi[at], lat[at], t), t + 1
            ours.append(cpu_ms(lambda rows=rows, now=now: apply(table, rows, NO_STATICS, NO_TEXTS, now)))
            theirs.append(cpu_ms(lambda rows=rows: dictionary(tracks, rows)))
            shown.append(cpu_ms(lambda now=now: vessels(table, now, p_reception=one, is_receiver_healthy=up)))
            expired.append(cpu_ms(lambda now=now: expire(table, now)))
        figures = [float(np.median(times)) for times in (ours, theirs, shown, expired)]
        print(
            "{:6d} rows  apply {:7.3f} ms  (dict of deques {:7.3f})  vessels {:5.2f}  expire {:5.3f}".format(
                n, *figures
            )
        )
    n_bytes = sum(column.nbytes for column in to_arrays(table).values()) * table.capacity // len(table)
    print(f"table of {table.capacity} rows: {n_bytes / 1e6:.0f} MB, {n_bytes // table.capacity} bytes a track")


if __name__ == "__main__":
    main()
