"""What leaves the house: one item for each thing that somebody outside may want to know, in the order it became known.

    transition   a step in an alert's life
    incident     an incident as it stands after a change
    figures      how well the monitor hears and works, from time to time
    tracks       where the vessels that are watched are, from time to time, by choice
    notice       a message to somebody about an incident

An item has an id made of what it says, so that a repeat is recognised by whoever gets it twice.
"""

import enum
import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from alerts.alert import Transition
from alerts.incident import Incident
from alerts.notices.notice import Notice


class Kind(enum.Enum):
    """Ordered by what is given up first when too much waits: what can be missed before what must arrive."""

    TRACKS = "tracks"
    FIGURES = "figures"
    INCIDENT = "incident"
    TRANSITION = "transition"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class ReceiverFigures:
    """One receiver; missing is NaN."""

    source: str
    station: str  # "" for the feed as a whole
    state: str  # name of `alerts.picture.ReceiverState`, lower case
    state_code: int
    t_heard_unix_s: float
    rate_per_min: float
    expected_rate_per_min: float
    bad_checksum_share: float
    clock_skew_s: float
    n_vessels: int


@dataclass(frozen=True, slots=True)
class SinkFigures:
    """One sink of the outbox."""

    sink: str
    n_waiting: int
    waiting_bytes: int
    oldest_age_s: float  # of what waits; 0 where nothing does
    n_quarantined: int
    n_dropped: int
    fault: str  # "" while it takes what it is given
    self_test_s: float = math.nan  # how long the monitor's last test message took until it was taken; NaN none yet


@dataclass(frozen=True, slots=True)
class Figures:
    """The monitor's own health at one moment."""

    receivers: tuple[ReceiverFigures, ...]
    sinks: tuple[SinkFigures, ...]
    pipeline: tuple[tuple[str, float], ...]  # name with unit -> value
    rejects: tuple[tuple[str, int], ...]  # reason -> sentences since the start
    is_exercise: bool = False


@dataclass(frozen=True, slots=True)
class TrackSample:
    """Where one watched vessel is; missing is NaN, -1, ""."""

    target_id: int
    mmsi: int
    label: str
    t_unix_s: float
    lat_deg: float
    lon_deg: float
    sog_kn: float
    cog_deg: float
    incident: str


@dataclass(frozen=True, slots=True)
class Tracks:
    """All watched vessels at one moment."""

    samples: tuple[TrackSample, ...]
    is_exercise: bool = False


Body = Transition | Incident | Figures | Tracks | Notice
TYPES: dict[Kind, type] = {
    Kind.TRANSITION: Transition,
    Kind.INCIDENT: Incident,
    Kind.FIGURES: Figures,
    Kind.TRACKS: Tracks,
    Kind.NOTICE: Notice,
}


@dataclass(frozen=True, slots=True)
class Entry:
    """An item on its way into the outbox."""

    item_id: str
    kind: Kind
    t_unix_s: float
    body: bytes


@dataclass(frozen=True, slots=True)
class Item:
    """An item as a sink gets it."""

    seq: int  # its place in the order in which all were stored
    item_id: str
    kind: Kind
    t_unix_s: float
    body: Body


def decoded(seq: int, item_id: str, kind: str, t_unix_s: float, body: bytes) -> Item:
    """From the outbox's columns."""
    of = Kind(kind)
    return Item(seq, item_id, of, t_unix_s, msgspec.msgpack.decode(body, type=TYPES[of]))


def of_transition(step: Transition, step_id: str) -> Entry:
    return Entry(step_id, Kind.TRANSITION, step.t_unix_s, msgspec.msgpack.encode(step))


def of_incidents(incidents: Sequence[Incident]) -> list[Entry]:
    return [_by_content(i.incident_id, Kind.INCIDENT, i.t_changed_unix_s, i) for i in incidents]


def of_figures(figures: Figures, t_unix_s: float) -> Entry:
    return _by_content("figures", Kind.FIGURES, t_unix_s, figures)


def of_tracks(tracks: Tracks, t_unix_s: float) -> Entry:
    return _by_content("tracks", Kind.TRACKS, t_unix_s, tracks)


def of_notice(notice: Notice) -> Entry:
    return Entry(notice.notice_id, Kind.NOTICE, notice.t_unix_s, msgspec.msgpack.encode(notice))


def _by_content(name: str, kind: Kind, t_unix_s: float, body: Body) -> Entry:
    packed = msgspec.msgpack.encode(body)
    digest = hashlib.sha256(packed).hexdigest()[:12]
    return Entry(f"{name}@{round(t_unix_s * 1000)}.{digest}", kind, t_unix_s, packed)
