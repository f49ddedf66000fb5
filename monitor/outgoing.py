"""What leaves the house beside alerts, and the state of the sinks: figures and tracks into the outbox, in time.

    pipeline thread   sample(): how receivers and pipeline stand, where the watched vessels are; copied
    writer thread     keep(): with the sinks' own state into the outbox; trim() what all have had

Only what some sink takes is made. Figures go by event time, so that a recording that is played gives the same ones.
"""

import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Annotated, Any

import numpy as np
from msgspec import Meta

from alerts import items
from alerts.incident import Incident, IncidentState
from alerts.items import Figures, Kind, ReceiverFigures, SinkFigures, Tracks, TrackSample
from alerts.outbox import Bounds, Outbox
from alerts.picture import NO_SINKS, Picture, ReceiverState, Sinks
from alerts.sinks import SINKS
from alerts.sinks.contract import Sink
from alerts.sinks.delivery import Deliveries, Delivery
from monitor.ids import rows_of
from monitor.output import Output

TRIM_S = 60.0  # between looks at what waits: it costs a walk over the outbox


@dataclass(frozen=True, slots=True)
class OutboxSettings:
    """What waits for the sinks, and what goes to them beside alerts."""

    figures_every_s: Annotated[float, Meta(gt=0)]
    tracks_every_s: Annotated[float, Meta(ge=0)]
    max_mb: Annotated[float, Meta(gt=0)]
    max_age_s: Annotated[float, Meta(gt=0)]

    @property
    def bounds(self) -> Bounds:
        return Bounds(int(self.max_mb * 1e6), self.max_age_s)


@dataclass(frozen=True, slots=True)
class Sample:
    """What the pipeline thread hands to the writer."""

    t_unix_s: float
    figures: Figures | None
    tracks: Tracks | None


@dataclass(slots=True)
class Outgoing:
    """Sinks, and what they get beside alerts."""

    outbox: Outbox
    deliveries: Deliveries
    settings: OutboxSettings
    is_exercise: bool
    table: Sinks = NO_SINKS  # as last looked at, for the rules
    _t_next_unix_s: dict[Kind, float] = field(default_factory=dict)
    _t_trim_unix_s: float = -math.inf

    @property
    def kinds(self) -> dict[str, frozenset[Kind]]:
        """What each sink takes."""
        return {one.sink.name: frozenset(one.sink.kinds) for one in self.deliveries.all}

    def expect_tests(self, now_unix_s: float) -> None:
        """Test messages of our own will come from now on: a sink that takes alerts is to have them."""
        for one in self.deliveries.all:
            if Kind.TRANSITION in one.sink.kinds:
                one.t_tested_unix_s = now_unix_s

    def sample(self, output: Output, watched: Callable[[], Sequence[Incident]]) -> Sample | None:
        """What is due after a step; None when nothing is. watched : the open incidents."""
        if output.picture is None or not self.deliveries.all:
            return None
        now_unix_s = output.picture.now_unix_s
        is_figures = self._is_due(Kind.FIGURES, self.settings.figures_every_s, now_unix_s)
        is_tracks = self._is_due(Kind.TRACKS, self.settings.tracks_every_s, now_unix_s)
        if not is_figures and not is_tracks:
            return None
        are_open = watched()
        return Sample(
            now_unix_s,
            figures_of(output, output.picture, are_open, is_exercise=self.is_exercise) if is_figures else None,
            tracks_of(output.picture, are_open, is_exercise=self.is_exercise) if is_tracks else None,
        )

    def _is_due(self, kind: Kind, every_s: float, now_unix_s: float) -> bool:
        if not every_s or now_unix_s < self._t_next_unix_s.get(kind, -math.inf):
            return False
        self._t_next_unix_s[kind] = (now_unix_s // every_s + 1) * every_s
        return True

    def keep(self, sample: Sample) -> None:
        """Into the outbox, and a look at it. Raises StoreError."""
        taken = frozenset[Kind]().union(*self.kinds.values())
        if sample.t_unix_s - self._t_trim_unix_s >= TRIM_S:
            self._t_trim_unix_s = sample.t_unix_s
            self.outbox.trim(self.kinds, self.settings.bounds, sample.t_unix_s)
        entries = []
        if sample.figures is not None:
            faults = {one.sink.name: one.fault for one in self.deliveries.all}
            sinks = self.outbox.figures(self.kinds, faults, sample.t_unix_s)
            tests = {one.sink.name: one.self_test_s for one in self.deliveries.all}
            sinks = tuple(replace(f, self_test_s=tests[f.sink]) for f in sinks)
            self.table = table_of(self.deliveries.all, sinks)
            if Kind.FIGURES in taken:
                entries.append(items.of_figures(replace(sample.figures, sinks=sinks), sample.t_unix_s))
        if sample.tracks is not None and sample.tracks.samples and Kind.TRACKS in taken:
            entries.append(items.of_tracks(sample.tracks, sample.t_unix_s))
        if entries:
            self.outbox.add(entries)


def table_of(deliveries: Sequence[Delivery], figures: Sequence[SinkFigures]) -> Sinks:
    """The sinks as columns."""
    return Sinks(
        name=tuple(f.sink for f in figures),
        fault=tuple(f.fault for f in figures),
        sink_id=np.array([zlib.crc32(f.sink.encode()) for f in figures], np.int64),
        t_fault_unix_s=np.array([one.t_fault_unix_s for one in deliveries], np.float64),
        needs_repair=np.array([one.needs_repair for one in deliveries], bool),
        n_waiting=np.array([f.n_waiting for f in figures], np.int64),
        oldest_age_s=np.array([f.oldest_age_s for f in figures], np.float64),
        n_quarantined=np.array([f.n_quarantined for f in figures], np.int64),
        n_dropped=np.array([f.n_dropped for f in figures], np.int64),
        t_tested_unix_s=np.array([one.t_tested_unix_s for one in deliveries], np.float64),
    )


def figures_of(output: Output, picture: Picture, are_open: Sequence[Incident], *, is_exercise: bool) -> Figures:
    """How receivers and pipeline stand. are_open : incidents."""
    r, counts = picture.receivers, output.counts
    receivers = tuple(
        ReceiverFigures(
            r.source[row],
            r.station[row],
            ReceiverState(int(r.state[row])).name.lower(),
            int(r.state[row]),
            float(r.t_heard_unix_s[row]),
            float(r.rate_per_min[row]),
            float(r.expected_rate_per_min[row]),
            float(r.bad_checksum_share[row]),
            float(r.clock_skew_s[row]),
            int(r.n_vessels[row]),
        )
        for row in range(len(r))
    )
    pipeline = (
        ("n_vessels", float(len(picture.vessels))),
        ("n_radar_targets", float(len(picture.radar))),
        ("n_bytes", float(counts.n_bytes)),
        ("n_sentences", float(counts.n_sentences)),
        ("n_messages", float(counts.n_messages)),
        ("n_positions", float(counts.n_positions)),
        ("n_ticks", float(counts.n_ticks)),
        ("n_late_dropped", float(counts.n_late_dropped)),
        ("n_open_incidents", float(len(are_open))),
        ("n_waiting_incidents", float(sum(is_waiting(one) for one in are_open))),
    )
    return Figures(receivers, (), pipeline, counts.sentences_by_reason, is_exercise)


def is_waiting(incident: Incident) -> bool:
    """Whether nobody has taken it up."""
    return incident.state in (IncidentState.UNACKNOWLEDGED, IncidentState.RETURNED)


def tracks_of(picture: Picture, watched: Sequence[Incident], *, is_exercise: bool) -> Tracks:
    """Where the vessels are about which an incident is open."""
    v = picture.vessels
    rows = rows_of(v.target_id, np.array([incident.subject.target_id for incident in watched], np.int64)).tolist()
    samples = []
    for incident, row in zip(watched, rows, strict=True):
        if row >= 0 and v.t_unix_s[row] == v.t_unix_s[row]:
            t_unix_s, lat_deg, lon_deg, sog_kn, cog_deg = (
                float(column[row]) for column in (v.t_unix_s, v.lat_deg, v.lon_deg, v.sog_kn, v.cog_deg)
            )
            samples.append(
                TrackSample(
                    target_id=incident.subject.target_id,
                    mmsi=int(v.mmsi[row]),
                    label=incident.subject.label,
                    t_unix_s=t_unix_s,
                    lat_deg=lat_deg,
                    lon_deg=lon_deg,
                    sog_kn=sog_kn,
                    cog_deg=cog_deg,
                    incident=incident.incident_id,
                )
            )
    return Tracks(tuple(samples), is_exercise)


def open_sinks(blocks: Sequence[tuple[str, Any]], *, is_exercise: bool) -> list[Sink]:
    """The configured sinks. A replay or a drill reaches only those that say `takes_exercises`. Raises ValueError."""
    made = []
    for kind, settings in blocks:
        if settings.takes_exercises or not is_exercise:
            module, _, sink = SINKS[kind]
            made.append(getattr(import_module(module), sink)(settings))
    return made
