"""The simulator as a feed: a story's sentences in order of arrival, made minute by minute.

    truth (whole night at once) -> reports of a minute -> who hears them -> lines, held until they arrive -> chunks

The same story and seed give the same bytes. Nothing here waits: pacing is the player's.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from decoders.table import Column
from monitor.feeds.chunk import Chunk
from monitor.sim.night import Night, night
from monitor.sim.radio import Cadence, Hearing, hear
from monitor.sim.story import Damage, Story
from monitor.sim.wire import Encoder, Lines, damaged, tag_blocks

BLOCK_S = 60.0
CHUNK_S = 0.5  # lines that arrive within half a second come together


def chunks(story: Story, seed: int = -1, source: str = "simulator") -> Iterator[Chunk]:
    """What the shore receives, in order of arrival, stamped with it."""
    return play(night(story, seed), source)


def play(truth: Night, source: str = "simulator") -> Iterator[Chunk]:
    """The chunks of a night whose truth is known."""
    story = truth.story
    rng = np.random.default_rng([truth.seed, 3])
    encoder = Encoder(truth.vessels, rng, story.start_unix_s)
    cadence = Cadence(story, truth.vessels, truth.motion, rng)
    waiting = Waiting()
    for begin_s in np.arange(0.0, story.duration_s, BLOCK_S).tolist():
        end_s = min(begin_s + BLOCK_S, story.duration_s)
        sent = cadence.positions(begin_s, end_s)
        heard = hear(story, encoder.kind[sent.vessel], sent.t_s, sent.true_lat_deg, sent.true_lon_deg, rng)
        _put(waiting, story, encoder.positions(sent), heard, rng)
        vessel, t_s = cadence.statics(begin_s, end_s)
        state = truth.motion.at(vessel, t_s)
        heard = hear(story, encoder.kind[vessel], t_s, state["lat_deg"], state["lon_deg"], rng)
        _put(waiting, story, encoder.static_data(vessel), heard, rng)
        yield from waiting.until(end_s, story.start_unix_s, source)
    yield from waiting.until(np.inf, story.start_unix_s, source)


def _put(waiting: "Waiting", story: Story, lines: list[Lines], heard: Hearing, rng: np.random.Generator) -> None:
    """Each hearing as bytes: TAG block and sentence, a few damaged on the way."""
    for number, receiver in enumerate(story.receivers):
        mine = np.flatnonzero(heard.receiver == number)
        stamp_s = heard.t_heard_s[mine]
        tags = tag_blocks(receiver.name, stamp_s + story.start_unix_s)
        share = np.full(len(mine), receiver.bad_checksum_share)
        for event in story.events:
            if isinstance(event, Damage) and event.receiver == receiver.name:
                share[(stamp_s >= event.at_s) & (stamp_s < event.at_s + event.for_s)] = event.share
        is_bad = (rng.random(len(mine)) < share).tolist()
        data = []
        for row, tag, bad in zip(heard.row[mine].tolist(), tags, is_bad, strict=True):
            parts = lines[row]
            if bad:
                parts = [damaged(part, int(rng.integers(1, 1000))) for part in parts]
            data.append(b"".join([tag + part + b"\r\n" for part in parts]))
        waiting.add(heard.t_arrival_s[mine], data)


@dataclass(slots=True)
class Waiting:
    """Lines that are on their way."""

    t_s: list[Column] = field(default_factory=list)
    data: list[bytes] = field(default_factory=list)

    def add(self, t_s: Column, data: list[bytes]) -> None:
        self.t_s.append(t_s)
        self.data.extend(data)

    def until(self, end_s: float, start_unix_s: float, source: str) -> Iterator[Chunk]:
        """What has arrived before end_s, in chunks of half a second; the rest goes on waiting."""
        t_s = np.concatenate(self.t_s) if self.t_s else np.zeros(0)
        order = np.argsort(t_s, kind="stable")
        n_come = int(np.searchsorted(t_s[order], end_s))
        come, rest = order[:n_come], np.sort(order[n_come:])
        data = self.data
        cut = np.flatnonzero(np.diff(np.floor(t_s[come] / CHUNK_S))) + 1
        bounds = [0, *cut.tolist(), n_come] if n_come else []
        ready = [data[i] for i in come.tolist()]
        for a, b in itertools.pairwise(bounds):
            yield Chunk(source, start_unix_s + float(t_s[come[b - 1]]), b"".join(ready[a:b]))
        self.t_s, self.data = [t_s[rest]], [data[i] for i in rest.tolist()]
