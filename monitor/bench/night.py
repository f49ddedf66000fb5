"""`straitwatch bench night`: a Channel night of 300 ships with AIS and 80 radar tracks, replayed with all rules.

The night is the demo's: two radars, boats and buoys without AIS, and all that happens there, among `TIMES` as many of
the ships that fish or lie at anchor out of the radars' sight: so the ships are 300 and the tracks stay 80. The first
`WARM_UP_S` seconds fill the picture and are not timed; the rest, until `SPAN_S`, is scaled to the night: ships come and
go, so that an hour costs what another does. Timed is CPU from bytes, in blocks as a replay at full speed reads them, to
alerts.
"""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec
import numpy as np

from monitor import assembly, config, pipeline
from monitor.bench.measure import Figure
from monitor.bench.pipeline import BLOCK, GOAL_NIGHT_S, NIGHT_S
from monitor.config import Config
from monitor.feeds.chunk import Chunk
from monitor.sim import feed, story
from monitor.sim.radars import asterix_source
from monitor.sim.story import Fishing, Fleet, Resting, Story

STORY = "channel-night"
SOURCE = "simulator"
TIMES = 5
WARM_UP_S, SPAN_S = 2700.0, 4500.0


@dataclass(frozen=True, slots=True)
class Played:
    """One round."""

    cpu_s: float
    n_ticks: int
    n_ships: int
    n_tracks: int


def run(files: list[Path], rounds: int, progress: Callable[[str], None]) -> list[Figure]:
    """All figures. files : not used."""
    progress("making the night")
    told = crowded(story.load(STORY))
    settings = replace(config.parse(config.shipped_text()), radars=told.sites(SOURCE))
    chunks = list(feed.chunks(told, source=SOURCE))
    n_warm = sum(chunk.t_unix_s - told.start_unix_s <= WARM_UP_S for chunk in chunks)
    all_played = []
    for i in range(rounds):
        progress(f"round {i + 1} of {rounds}")
        all_played.append(played(settings, chunks[:n_warm], chunks[n_warm:]))
    one = all_played[0]
    cpu_s = float(np.median([each.cpu_s for each in all_played]))
    night_s = cpu_s * NIGHT_S / one.n_ticks
    note = f"scaled from {one.n_ticks / 60:.0f} min"
    return [
        Figure("ships with AIS", one.n_ships, ""),
        Figure("radar tracks", one.n_tracks, ""),
        Figure("one tick", 1e3 * cpu_s / one.n_ticks, "ms of CPU"),
        Figure("a Channel night of 12 h", night_s, "s of CPU", f"<= {GOAL_NIGHT_S:g}", night_s <= GOAL_NIGHT_S, note),
    ]


def crowded(told: Story) -> Story:
    """The first `SPAN_S` seconds of the night, with more ships out of the radars' sight."""
    fleet: list[Fleet] = []
    for part in told.fleet:
        if isinstance(part, Resting) or (isinstance(part, Fishing) and part.ais_share == 1.0):
            fleet.append(msgspec.structs.replace(part, n=part.n * TIMES))
        else:
            fleet.append(part)
    return msgspec.structs.replace(told, fleet=fleet, duration_s=SPAN_S)


def blocks_of(chunks: Iterable[Chunk], n_bytes: int) -> list[list[Chunk]]:
    """Chunks gathered to so many bytes; their times stand in their bytes, as in a recording."""
    blocks: list[list[Chunk]] = [[]]
    n_gathered = 0
    for chunk in chunks:
        blocks[-1].append(Chunk(chunk.source, math.nan, chunk.data))
        n_gathered += len(chunk.data)
        if n_gathered >= n_bytes:
            blocks.append([])
            n_gathered = 0
    return blocks if blocks[-1] else blocks[:-1]


def played(settings: Config, warm_up: list[Chunk], timed: list[Chunk]) -> Played:
    """Bytes to alerts."""
    formats = {asterix_source(SOURCE): "asterix"}
    state = assembly.state(settings, is_exercise=True, time_zones={}, formats=formats)
    for block in blocks_of(warm_up, BLOCK):
        pipeline.step(state, block, [], None)
    n_before = state.counters["n_ticks"]
    blocks = blocks_of(timed, BLOCK)
    start = time.process_time()
    for block in blocks:
        pipeline.step(state, block, [], None)
    pipeline.finish(state)
    cpu_s = time.process_time() - start
    return Played(cpu_s, state.counters["n_ticks"] - n_before, len(state.tracks), len(state.radar.tracks))
