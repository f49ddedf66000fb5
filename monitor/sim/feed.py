"""The simulator as a feed: a story's bytes in order of arrival, made minute by minute.

    truth (whole night at once) -> reports of a minute -> who hears them -> lines    -> held until they arrive -> chunks
                                -> scans of a minute -> plots -> tracks  -> lines or datagrams  -> the same

The same story and seed give the same bytes. Nothing here waits: pacing is the player's. Sentences come from the source
named; ASTERIX datagrams, as a pcap stream, from a second one (`radars.asterix_source`).
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from decoders import pcap_write
from decoders.table import Column
from monitor.feeds.chunk import Chunk
from monitor.sim import radar_wire
from monitor.sim.night import Night, night
from monitor.sim.plotter import Tracker
from monitor.sim.radar import sensor_of
from monitor.sim.radars import asterix_source
from monitor.sim.radio import Cadence, Hearing, hear, through_outages
from monitor.sim.story import Damage, Story
from monitor.sim.wire import Encoder, Lines, damaged, tag_blocks

BLOCK_S = 60.0
CHUNK_S = 0.5  # lines that arrive within half a second come together
EARLY_S = 3.0  # a report may go out so much before its time (radio.SLOT_JITTER): what comes later waits for it


def chunks(story: Story, seed: int = -1, source: str = "simulator") -> Iterator[Chunk]:
    """What the shore receives, in order of arrival, stamped with it."""
    return play(night(story, seed), source)


def play(truth: Night, source: str = "simulator") -> Iterator[Chunk]:
    """The chunks of a night whose truth is known."""
    story = truth.story
    ais = Shore(truth)
    sites = [Site(truth, number) for number in range(len(story.radars))]
    lines = Waiting(source, story.start_unix_s)
    datagrams = Waiting(asterix_source(source), story.start_unix_s, pcap_write.header())
    for begin_s in np.arange(0.0, story.duration_s, BLOCK_S).tolist():
        end_s = min(begin_s + BLOCK_S, story.duration_s)
        ais.send(begin_s, end_s, lines)
        for site in sites:
            site.send(begin_s, end_s, datagrams if site.radar.is_asterix else lines)
        yield from _in_order(lines.until(end_s - EARLY_S), datagrams.until(end_s - EARLY_S))
    yield from _in_order(lines.until(np.inf), datagrams.until(np.inf))


def _in_order(first: Iterator[Chunk], second: Iterator[Chunk]) -> list[Chunk]:
    return sorted(itertools.chain(first, second), key=lambda chunk: chunk.t_unix_s)


class Shore:
    """The AIS receivers, going on from minute to minute."""

    def __init__(self, truth: Night) -> None:
        self.truth = truth
        self.rng = np.random.default_rng([truth.seed, 3])
        self.encoder = Encoder(truth.vessels, self.rng, truth.story.start_unix_s)
        self.cadence = Cadence(truth.story, truth.vessels, truth.motion, self.rng)

    def send(self, begin_s: float, end_s: float, waiting: "Waiting") -> None:
        """What is sent in [begin, end), as each receiver hears it."""
        kind, story = self.encoder.kind, self.truth.story
        sent = self.cadence.positions(begin_s, end_s)
        heard = hear(story, kind[sent.vessel], sent.t_s, sent.true_lat_deg, sent.true_lon_deg, self.rng)
        self._put(waiting, self.encoder.positions(sent), heard)
        vessel, t_s = self.cadence.statics(begin_s, end_s)
        state = self.truth.motion.at(vessel, t_s)
        heard = hear(story, kind[vessel], t_s, state["lat_deg"], state["lon_deg"], self.rng)
        self._put(waiting, self.encoder.static_data(vessel), heard)

    def _put(self, waiting: "Waiting", lines: list[Lines], heard: Hearing) -> None:
        """Each hearing as bytes: TAG block and sentence, a few damaged on the way."""
        story, rng = self.truth.story, self.rng
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


class Site:
    """One radar, going on from minute to minute."""

    def __init__(self, truth: Night, number: int) -> None:
        self.story = truth.story
        self.radar = truth.story.radars[number]
        self.rng = np.random.default_rng([truth.seed, 200 + number])
        self.tracker = Tracker(sensor_of(truth, number), self.rng)

    def send(self, begin_s: float, end_s: float, waiting: "Waiting") -> None:
        """The scans begun in [begin, end), as they arrive."""
        reports, _ = self.tracker.run(begin_s, end_s)
        told = radar_wire.absolute(reports, self.story.start_unix_s)
        sensor = self.tracker.sensor
        if self.radar.is_asterix:
            turns = sensor.scan_starts(begin_s, end_s) + self.story.start_unix_s
            heard, data = radar_wire.datagrams(self.radar, told, turns, sensor.clock_offset_s)
        else:
            heard, data = told.t_heard_unix_s, radar_wire.sentences(self.radar, told)
        stamp_s = heard - self.story.start_unix_s
        rows = np.arange(len(data))
        arrival_s = stamp_s + radar_wire.NETWORK_S
        rows, _, arrival_s = through_outages(self.story, self.radar.name, rows, stamp_s, arrival_s, self.rng)
        waiting.add(arrival_s, [data[i] for i in rows.tolist()])


@dataclass(slots=True)
class Waiting:
    """Lines or datagrams that are on their way."""

    source: str
    start_unix_s: float
    head: bytes = b""  # what the stream begins with
    t_s: list[Column] = field(default_factory=list)
    data: list[bytes] = field(default_factory=list)

    def add(self, t_s: Column, data: list[bytes]) -> None:
        self.t_s.append(t_s)
        self.data.extend(data)

    def until(self, end_s: float) -> Iterator[Chunk]:
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
            head, self.head = self.head, b""
            yield Chunk(self.source, self.start_unix_s + float(t_s[come[b - 1]]), head + b"".join(ready[a:b]))
        self.t_s, self.data = [t_s[rest]], [data[i] for i in rest.tolist()]
