"""The words of alarm handling: priority, subject, hit, transition.

A rule yields `Hits` on a tick; the engine turns hits into episodes and says what changed as `Transition`s; incidents
gather transitions. Priorities are those of IMO MSC.302(87); in the domain's colours red is EMERGENCY or ALARM, amber
WARNING, info CAUTION.
"""

import enum
from dataclasses import dataclass
from typing import Any

import numpy.typing as npt

Column = npt.NDArray[Any]


class Priority(enum.IntEnum):
    CAUTION = 1
    WARNING = 2
    ALARM = 3
    EMERGENCY = 4


class SubjectKind(enum.Enum):
    TARGET = "target"
    PAIR = "pair"
    AREA = "area"
    SOURCE = "source"
    SINK = "sink"
    SELF = "self"


class Event(enum.Enum):
    """What happened to an alert."""

    OPENED = "opened"
    UPDATED = "updated"
    ESCALATED = "escalated"
    CLEARED = "cleared"
    RETRACTED = "retracted"


@dataclass(frozen=True, slots=True)
class Hits:
    """What one rule found on one tick; H rows, sorted by key."""

    row: Column  # (H,) int64, row of the subject in its table: Vessels for a target, Receivers for a source; -1
    key: Column  # (H,) int64, stable identity of the subject within the rule (target_id, receiver_id, a hash)
    priority: Column  # (H,) int8, `Priority`
    is_raising: Column  # (H,) bool, True: the raising threshold is met; False: only the lower one that keeps it up
    raise_after_s: Column  # (H,) float64, the raising threshold must have been met this long before an alert opens
    band: Column  # (H,) int64, step of the explanation (minutes doubled, ...): the alert is told anew when it changes
    lat_deg: Column  # (H,) float64, where; NaN if nowhere
    lon_deg: Column  # (H,) float64
    names: tuple[str, ...]  # the evidence's column names, with units
    values: tuple[Column, ...]  # the evidence, each (H,); text is bytes, missing is NaN, -1 or b""

    def __len__(self) -> int:
        return len(self.key)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what an alert is about."""

    kind: SubjectKind
    key: int
    target_id: int = -1
    mmsi: int = -1
    label: str = ""  # a vessel's name, a receiver's, an area's
    radar: tuple[str, ...] = ()  # source/track_no


Evidence = tuple[tuple[str, float | int | str | bool | None], ...]


@dataclass(frozen=True, slots=True)
class Transition:
    """One step in an alert's life; what the JSONL file, the store and the screens are made of."""

    t_unix_s: float
    event: Event
    alert_id: str  # deterministic: rule, subject, opening time
    rule: str
    priority: Priority
    subject: Subject
    lat_deg: float
    lon_deg: float
    reason: str  # one sentence of plain language
    evidence: Evidence
    incident: str = ""  # set by incidents: the operator's object that this alert belongs to
    is_exercise: bool = False  # replays and drills, end to end
