"""Radar sentences to columns, beside pynmea2 and pynmeagps in the same rounds.

The corpus is a coastal site's: scans of 500 tracks, each sent as TTM and TLL with names and times. The peers get bare
sentences, one a line; so do we, and once more with the TAG blocks that they come with on a network.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from decoders.ais.sentence import tag_block
from decoders.columns import COLUMN_TYPES
from decoders.lines import LineDecoder
from decoders.radar.columns import RadarReports, TrackStatus
from decoders.radar.encode import encode_tll, encode_ttd, encode_ttm
from decoders.radar.tables import table_of
from monitor.bench import corpus, peer_env
from monitor.bench.decode import ours, theirs_native
from monitor.bench.measure import Figure, Timing, interleaved, ratio

SCANS, TRACKS, PERIOD_S = 40, 500, 2.5
START_UNIX_S = 1_763_800_000.0
CHUNKS = {"1 MiB": 1 << 20, "64 KiB": 1 << 16, "16 KiB": 1 << 14}
BEST = "straitwatch, TTM and TLL, 1 MiB chunks"
PEERS = {"pynmea2 with values": ("pynmea2_values", 2.5), "pynmeagps": ("pynmeagps_values", None)}


def figures(rounds: int, progress: Callable[[str], None]) -> list[Figure]:
    """All figures of the sentences. Peers that cannot be installed are left out."""
    scans = [scan(number) for number in range(SCANS)]
    bare = lines_of(scans, is_tagged=False)
    n_sentences = bare.count(b"$")
    binary = b"".join(line + b"\r\n" for rows in scans for line in encode_ttd(rows))
    tagged = lines_of(scans, is_tagged=True)
    mine = partial(ours, LineDecoder, t_unix_s=START_UNIX_S)
    works = {f"straitwatch, TTM and TLL, {name} chunks": partial(mine, bare, size) for name, size in CHUNKS.items()}
    works["straitwatch, with TAG blocks, 1 MiB chunks"] = partial(mine, tagged, 1 << 20)
    works["straitwatch, TTD, 1 MiB chunks"] = partial(mine, binary, 1 << 20)
    path = corpus.on_disk(bare)
    interpreter = peer_env.python("radar", progress)
    if interpreter is not None:
        works |= {name: partial(theirs_native, interpreter, script, path) for name, (script, _) in PEERS.items()}
    timings = interleaved(works, rounds, progress)
    path.unlink()
    found = [Figure("radar sentences", n_sentences, "", note=f"{SCANS} scans of {TRACKS} tracks as TTM and TLL")]
    n_targets = SCANS * TRACKS
    for name, timing in timings.items():
        is_binary = "TTD" in name
        rate = (n_targets if is_binary else n_sentences) / timing.median_s / 1e3
        found.append(Figure(name, rate, f"k {'targets' if is_binary else 'sentences'}/s/core"))
    return found + ratios(timings)


def ratios(timings: dict[str, Timing]) -> list[Figure]:
    """How many times faster than each peer."""
    peers = {name: goal for name, (_, goal) in PEERS.items() if name in timings}
    return [ratio(f"times {name}", timings[BEST], timings[name], goal) for name, goal in peers.items()]


def scan(number: int) -> RadarReports:
    """What one turn of the antenna shows: tracks in the Strait, the same in every run."""
    rng = np.random.default_rng(number)
    columns = {
        "track_no": np.arange(1, TRACKS + 1),
        "t_unix_s": START_UNIX_S + PERIOD_S * (number + rng.random(TRACKS)),
        "range_m": rng.uniform(500, 40_000, TRACKS),
        "bearing_deg": rng.uniform(0, 360, TRACKS),
        "lat_deg": rng.uniform(50.8, 51.3, TRACKS),
        "lon_deg": rng.uniform(1.0, 2.0, TRACKS),
        "sog_kn": rng.uniform(0, 30, TRACKS),
        "cog_deg": rng.uniform(0, 360, TRACKS),
        "status": np.full(TRACKS, TrackStatus.TRACKED),
        "flags": np.zeros(TRACKS),
        "name": [b"T%d" % track for track in range(1, TRACKS + 1)],
    }
    return table_of(RadarReports, TRACKS, **{k: np.array(v, COLUMN_TYPES[k]) for k, v in columns.items()})


def lines_of(scans: list[RadarReports], *, is_tagged: bool) -> bytes:
    """Each target's two sentences one after the other, scan after scan."""
    lines = []
    for rows in scans:
        for t_unix_s, *pair in zip(rows.t_unix_s.tolist(), encode_ttm(rows), encode_tll(rows), strict=True):
            tag = tag_block("ra-1", t_unix_s) if is_tagged else b""
            lines += [b"%b%b\r\n" % (tag, sentence) for sentence in pair]
    return b"".join(lines)
