"""ASTERIX records to columns, beside libasterix and aviconv-asterix in the same rounds.

The corpus is a coastal site's: scans of 500 tracks as CAT010, CAT048 and CAT062, ten or so records a block. We read
them as they are recorded, out of a pcap stream with every head and every check; the peers get bare blocks. They are
slow, so they read the beginning of the corpus, and their time is that of the whole in proportion.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from decoders.columns import COLUMN_TYPES, missing
from decoders.pcap_write import header, record
from decoders.radar.asterix import AsterixDecoder
from decoders.radar.columns import RadarFormat, RadarReports, TrackStatus
from decoders.radar.encode_asterix import encode_reports
from monitor.bench import corpus, peer_env
from monitor.bench.decode import ours
from monitor.bench.measure import Figure, Timing, interleaved, ratio

SCANS, TRACKS, PERIOD_S = 40, 500, 2.5
START_UNIX_S = 1_763_800_000.0
BLOCK_BYTES = 600  # ten to fifteen records
FORMS = (RadarFormat.CAT010, RadarFormat.CAT048, RadarFormat.CAT062)
CHUNKS = {"1 MiB": 1 << 20, "64 KiB": 1 << 16}
GOAL_K_PER_S = 250.0  # CAT010, 1 MiB
PEERS = {"libasterix": ("libasterix_records", 1500), "aviconv-asterix": ("aviconv_records", 10_000)}


def figures(rounds: int, progress: Callable[[str], None]) -> list[Figure]:
    """All figures of ASTERIX. Peers that cannot be installed are left out."""
    works: dict[str, Callable[[], float]] = {}
    paths = []
    interpreter = peer_env.python("radar", progress)
    for form in FORMS:
        scans = [encode_reports(scan(n), form, sac=1, sic=1, block_bytes=BLOCK_BYTES) for n in range(SCANS)]
        blocks = [block for made in scans for block in made]
        stream = header() + b"".join(record(START_UNIX_S, block, "239.1.1.10", 8610) for block in blocks)
        works |= {
            name_of(form, f"straitwatch, {size}"): partial(ours, AsterixDecoder, stream, n)
            for size, n in CHUNKS.items()
        }
        if interpreter is not None:
            paths.append(corpus.on_disk(b"".join(blocks)))
            works |= {
                name_of(form, peer): partial(theirs, interpreter, script, paths[-1], most)
                for peer, (script, most) in PEERS.items()
            }
    timings = interleaved(works, rounds, progress)
    for path in paths:
        path.unlink()
    found = [Figure("ASTERIX records", SCANS * TRACKS, "", note=f"{SCANS} scans of {TRACKS} tracks, each category")]
    return found + rates(timings) + ratios(timings) + [one_call()]


def name_of(form: RadarFormat, who: str) -> str:
    return f"{form.name}, {who}"


def rates(timings: dict[str, Timing]) -> list[Figure]:
    """Thousand records a CPU second of every contender."""
    found = []
    for name, timing in timings.items():
        rate = SCANS * TRACKS / timing.median_s / 1e3
        is_goal = name == name_of(RadarFormat.CAT010, "straitwatch, 1 MiB")
        goal = f">= {GOAL_K_PER_S:g}" if is_goal else ""
        found.append(Figure(name, rate, "k records/s/core", goal, rate >= GOAL_K_PER_S if is_goal else None))
    return found


def ratios(timings: dict[str, Timing]) -> list[Figure]:
    """How many times faster than each peer, category by category."""
    return [
        ratio(f"{form.name}, times {peer}", timings[name_of(form, "straitwatch, 1 MiB")], timings[name_of(form, peer)])
        for form in FORMS
        for peer in PEERS
        if name_of(form, peer) in timings
    ]


def theirs(interpreter: Path, script: str, path: Path, most: int) -> float:
    """CPU seconds for the whole corpus, in proportion to what they read."""
    found = peer_env.run(interpreter, script, str(path), str(most))
    return found["cpu_s"] * SCANS * TRACKS / found["n_messages"]


def one_call() -> Figure:
    """What one live datagram costs."""
    (block,) = encode_reports(scan(0).take(slice(0, 12)), RadarFormat.CAT010, sac=1, sic=1)
    piece, n = record(START_UNIX_S, block, "239.1.1.10", 8610), 500
    decoder = AsterixDecoder()
    decoder.feed(header() + piece, START_UNIX_S)
    start = time.process_time()
    for _ in range(n):
        decoder.feed(piece, START_UNIX_S)
    return Figure("one call with a datagram of 12 records", (time.process_time() - start) / n * 1e3, "ms")


def scan(number: int) -> RadarReports:
    """What one turn of the antenna shows: tracks in the Strait, the same in every run."""
    rng = np.random.default_rng(number)
    known = {
        "track_no": np.arange(1, TRACKS + 1),
        "t_unix_s": START_UNIX_S + PERIOD_S * (number + rng.random(TRACKS)),
        "lat_deg": rng.uniform(50.8, 51.3, TRACKS),
        "lon_deg": rng.uniform(1.0, 2.0, TRACKS),
        "range_m": rng.uniform(500, 40_000, TRACKS),
        "bearing_deg": rng.uniform(0, 360, TRACKS),
        "sog_kn": rng.uniform(0, 30, TRACKS),
        "cog_deg": rng.uniform(0, 360, TRACKS),
        "sigma_east_m": np.full(TRACKS, 8.0),
        "sigma_north_m": np.full(TRACKS, 12.0),
        "length_m": rng.integers(5, 120, TRACKS),
        "width_m": rng.integers(2, 30, TRACKS),
        "amplitude_db": rng.integers(0, 100, TRACKS),
        "status": np.full(TRACKS, TrackStatus.TRACKED),
        "flags": np.zeros(TRACKS),
    }
    names = RadarReports.__dataclass_fields__
    columns = {n: known[n].astype(COLUMN_TYPES[n]) if n in known else missing(n, TRACKS) for n in names}
    return RadarReports(**columns)
