"""On what terms a fence holds: what the properties of a GeoJSON feature say beside its name, kind and shape.

    enter_margin_m enter_reports enter_after_s exit_margin_m   hysteresis, instead of the [picture] block's
    active_from active_until schedule                          when it is in force
    classes mmsi min_length_m max_length_m min_sog_kn max_sog_kn    which vessels it is about
    direction min_angle_deg                                    of a line: how it must be crossed
    cooldown_s                                                 how long a visit after an alert is no news
    groups                                                     by which rules may name it

A property that is null or "" is not given: QGIS writes every column of a layer for every feature. A name that is
nearly one of these is a fault (slips.py).
"""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from geofences import schedule
from geofences.columns import Column
from geofences.events import Side
from geofences.faults import Fault, in_short
from geofences.schedule import Schedule, Window

# alerts/concern.py says which AIS ship types each word means; tests/alerts/test_concern.py holds the two together
CLASSES = (
    *("class_a", "class_b", "cargo", "tanker", "passenger", "high_speed", "fishing", "sailing", "pleasure", "tug"),
    *("service", "military", "wing_in_ground", "other", "unknown"),
)
SIDES = {"port": Side.PORT, "starboard": Side.STARBOARD, "both": Side.NONE}
MARGINS = ("enter_margin_m", "enter_after_s", "exit_margin_m")
LIMITS = ("min_length_m", "max_length_m", "min_sog_kn", "max_sog_kn")
OF_AREAS = (*MARGINS, "enter_reports")
OF_LINES = ("direction", "min_angle_deg")
SIZES = ("radius_m", "half_width_m", "buffer_m")  # read by derived.py
NAMES = (
    *OF_AREAS,
    *OF_LINES,
    *LIMITS,
    "active_from",
    "active_until",
    "schedule",
    "classes",
    "mmsi",
    "groups",
    "cooldown_s",
)
LARGEST = 1e7  # metres, seconds, knots: beyond it somebody slipped
NAN = math.nan
MMSI = re.compile("[0-9]{1,9}")  # QGIS drops the zeros in front
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Terms:
    """Of one fence; NaN, -1 or () where nothing is said."""

    enter_margin_m: float = NAN
    enter_reports: int = -1
    enter_after_s: float = NAN
    exit_margin_m: float = NAN
    from_unix_s: float = -math.inf
    until_unix_s: float = math.inf
    windows: tuple[Window, ...] = ()
    classes: tuple[str, ...] = ()
    mmsi: tuple[int, ...] = ()
    min_length_m: float = NAN
    max_length_m: float = NAN
    min_sog_kn: float = NAN
    max_sog_kn: float = NAN
    side: int = Side.NONE
    min_angle_deg: float = NAN
    cooldown_s: float = NAN
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TermColumns:
    """Of F fences."""

    enter_margin_m: Column  # (F,) float64, NaN: as the configuration says
    enter_reports: Column  # (F,) int64, -1: likewise
    enter_after_s: Column  # (F,) float64
    exit_margin_m: Column  # (F,) float64
    schedule: Schedule
    classes: tuple[tuple[str, ...], ...]  # () is about all
    mmsi: tuple[tuple[int, ...], ...]  # () is about all
    min_length_m: Column  # (F,) float64, NaN no limit
    max_length_m: Column
    min_sog_kn: Column
    max_sog_kn: Column
    side: Column  # (F,) int8, the `Side` from which a line must be crossed; NONE either
    min_angle_deg: Column  # (F,) float64, least angle between a leg and the line that it crosses, 0 to 90; NaN any
    cooldown_s: Column  # (F,) float64, so long after its end an alert goes on rather than another begin; NaN as usual
    groups: tuple[tuple[str, ...], ...]


def is_given(properties: Mapping[str, Any], name: str) -> bool:
    """Whether a feature says anything under a name: null and "" say nothing."""
    return properties.get(name) not in (None, "")


def columns(terms: Sequence[Terms]) -> TermColumns:
    """Terms of fences, a column each."""

    def numbers(name: str) -> Column:
        return np.array([getattr(one, name) for one in terms], np.float64)

    return TermColumns(
        enter_margin_m=numbers("enter_margin_m"),
        enter_reports=np.array([one.enter_reports for one in terms], np.int64),
        enter_after_s=numbers("enter_after_s"),
        exit_margin_m=numbers("exit_margin_m"),
        schedule=schedule.build(
            [one.from_unix_s for one in terms], [one.until_unix_s for one in terms], [one.windows for one in terms]
        ),
        classes=tuple(one.classes for one in terms),
        mmsi=tuple(one.mmsi for one in terms),
        min_length_m=numbers("min_length_m"),
        max_length_m=numbers("max_length_m"),
        min_sog_kn=numbers("min_sog_kn"),
        max_sog_kn=numbers("max_sog_kn"),
        side=np.array([one.side for one in terms], np.int8),
        min_angle_deg=numbers("min_angle_deg"),
        cooldown_s=numbers("cooldown_s"),
        groups=tuple(one.groups for one in terms),
    )


def read(properties: Mapping[str, Any], fence_id: str, *, is_line: bool, faults: list[Fault]) -> Terms:
    """The terms of one fence; what is wrong with them is added to `faults`."""
    given = {name: properties[name] for name in NAMES if is_given(properties, name)}
    if not given:
        return Terms()
    reader = _Reader(fence_id, given, faults)
    for name in OF_AREAS if is_line else OF_LINES:
        if name in given:
            what = "a line holds nobody" if is_line else "an area is entered from anywhere"
            reader.fault(name, f"which means nothing here: {what}", "remove it")
    reports = reader.number("enter_reports")
    if reports == reports and (reports < 1 or reports % 1):
        reader.fault("enter_reports", "which is no count of reports", "write 1 or more")
    found = Terms(
        **{name: reader.number(name) for name in (*MARGINS, *LIMITS, "min_angle_deg", "cooldown_s")},
        enter_reports=int(reports) if reports == reports else -1,
        from_unix_s=reader.read("active_from", schedule.read_instant, -math.inf, "as 2026-07-04T08:00:00Z"),
        until_unix_s=reader.read("active_until", schedule.read_instant, math.inf, "as 2026-07-05T18:00:00Z"),
        windows=reader.read("schedule", schedule.read_windows, (), "as Mo-Fr 08:00-18:00; Sa 09:00-12:00, in UTC"),
        classes=reader.words("classes", CLASSES),
        mmsi=reader.mmsis(),
        side=SIDES[reader.word("direction", tuple(SIDES), "both")],
        groups=reader.words("groups", ()),
    )
    for least, most in (("min_length_m", "max_length_m"), ("min_sog_kn", "max_sog_kn")):
        if getattr(found, least) > getattr(found, most):
            reader.fault(least, f"above its {most}: no vessel is left", "change one of them")
    if found.min_angle_deg > 90:
        reader.fault("min_angle_deg", "more than straight across", "write 0 to 90")
    if not found.from_unix_s < found.until_unix_s:
        reader.fault("active_until", "which is not after its active_from: it is never in force", "change one of them")
    return found


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads properties of one fence and gathers what is wrong."""

    fence_id: str
    given: Mapping[str, Any]
    faults: list[Fault]

    def fault(self, name: str, what: str, repair: str) -> None:
        self.faults.append(Fault(self.fence_id, f"has {name} {in_short(self.given[name])!r}, {what}", repair))

    def number(self, name: str) -> float:
        """A number of at least 0; NaN where none is given."""
        if name not in self.given:
            return NAN
        value = self.given[name]
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= LARGEST:
            self.fault(name, "which is no size", "write a number, 0 or more")
            return NAN
        return float(value)

    def read(self, name: str, reader: Callable[[str], T], missing: T, how: str) -> T:
        """What `reader` makes of a text."""
        if name not in self.given:
            return missing
        value = self.given[name]
        try:
            text = "; ".join(value) if isinstance(value, list) else value
            return reader(text)
        except (TypeError, ValueError, AttributeError, OverflowError) as error:
            why = str(error) if isinstance(error, ValueError) else "it is no text"
            self.fault(name, f"which cannot be read: {why}", f"write it {how}")
            return missing

    def words(self, name: str, known: Sequence[str]) -> tuple[str, ...]:
        """A list, or a text with commas: QGIS has no lists. known : what may stand in it, () anything."""
        value = self.given.get(name, [])
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
            self.fault(name, "which is no list of words", 'write "one, two"')
            return ()
        found = tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))
        for word in found if known else ():
            if word not in known:
                self.fault(name, f"of which {in_short(word)!r} is not known", f"use some of {', '.join(known)}")
        return found

    def mmsis(self) -> tuple[int, ...]:
        """A number, a list of them, or a text with commas."""
        given = self.given.get("mmsi", [])
        parts = given.split(",") if isinstance(given, str) else given if isinstance(given, list) else [given]
        texts = [str(int(part)) if isinstance(part, float) and part.is_integer() else str(part) for part in parts]
        texts = [text.strip() for text in texts if text.strip()]
        if not all(MMSI.fullmatch(text) for text in texts):
            self.fault("mmsi", "which are not all MMSIs", 'write "219000001, 219000002"')
            return ()
        return tuple(dict.fromkeys(map(int, texts)))

    def word(self, name: str, known: Sequence[str], missing: str) -> str:
        """One of the known words."""
        if name not in self.given or self.given[name] in known:
            return str(self.given.get(name, missing))
        self.fault(name, "which is not known", f"use one of {', '.join(known)}")
        return missing
