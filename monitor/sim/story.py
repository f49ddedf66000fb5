"""A story: what happens in a simulated night, as a TOML file.

Names and what they mean stand in the classes below; `stories/` has examples. Unknown keys are refused. Times are
seconds after the story's start; positions are [latitude, longitude] in degrees.
"""

import tomllib
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, field

from monitor.radar.sites import RadarSite
from monitor.sim.block import Block, NotNegative, Place, Positive, Share
from monitor.sim.demands import Expected, Forbidden, OneBoat
from monitor.sim.radars import Radar, Sea, site_of

STORIES = Path(__file__).resolve().parent / "stories"


class Receiver(Block, kw_only=True, frozen=True):
    """A shore receiver: it hears p_near of the ships within near_nm, half at half_nm, none at last_nm."""

    name: str
    place: Place
    p_near: Share = 0.95
    near_nm: Positive = 12.0
    half_nm: Positive = 25.0
    last_nm: Positive = 36.0
    delay_median_s: Positive = 0.8
    delay_p99_s: Positive = 8.0
    late_share: Share = 0.002  # of lines that come a minute or more late
    bad_checksum_share: Share = 0.001


class Lane(Block, tag_field="kind", tag="lane", kw_only=True, frozen=True):
    """Ships through a lane, spread along it from the first second on."""

    route: str
    ships_per_h: Positive


class Ferries(Block, tag_field="kind", tag="ferries", kw_only=True, frozen=True):
    """Ferries that shuttle on one line to a timetable, evenly spaced."""

    line: str
    names: list[str]
    speed_kn: Positive = 18.0
    turnaround_s: Positive = 2700.0


class Fishing(Block, tag_field="kind", tag="fishing", kw_only=True, frozen=True):
    """Trawlers that go to and fro on a ground."""

    place: Place
    radius_nm: Positive
    n: int
    ais_share: Share = 1.0
    pairs: int = 0  # so many couples tow one net between them


class Sailing(Block, tag_field="kind", tag="sailing", kw_only=True, frozen=True):
    """Yachts on their way along a line of points, class B."""

    points: list[Place]
    n: int
    ais_share: Share = 1.0


class Pots(Block, tag_field="kind", tag="pots", kw_only=True, frozen=True):
    """Marker buoys of pots and nets, which only radar sees."""

    place: Place
    radius_nm: Positive
    n: int
    rcs_m2: tuple[Positive, Positive] = (0.5, 5.0)


class Resting(Block, tag_field="kind", tag="resting", kw_only=True, frozen=True):
    """Ships at anchor or moored."""

    place: Place
    radius_nm: Positive
    n: int
    status: Literal["anchored", "moored"]


class Patrol(Block, tag_field="kind", tag="patrol", kw_only=True, frozen=True):
    """A craft that goes round its points again and again, waiting at each: pilot cutter, lifeboat, crew boat."""

    name: str
    points: list[Place]
    speed_kn: Positive
    wait_s: Positive
    ship_type: int
    length_m: Positive = 17.0


Fleet = Lane | Ferries | Fishing | Sailing | Pots | Resting | Patrol


class Boat(Block, kw_only=True, frozen=True):
    """A small boat without AIS that makes for a coast: steered by hand, set by the stream."""

    name: str  # of the truth alone
    points: list[Place]  # from where, by what, to where
    at_s: float = 0.0  # when it leaves
    speed_kn: Positive = 4.5  # through the water
    spread_kn: NotNegative = 0.8
    spread_deg: NotNegative = 20.0  # of its heading
    length_m: Positive = 9.0
    rcs_m2: Positive = 0.7
    height_m: Positive = 0.5


class Ship(Block, kw_only=True, frozen=True):
    """One vessel of its own: on a route (begin_nm along it at the start) or through points."""

    name: str
    mmsi: int
    station_class: Literal["A", "B"] = "A"
    ship_type: int = 70
    length_m: Positive = 90.0
    beam_m: Positive = 14.0
    draught_m: float = 5.2
    destination: str = ""
    status: int = 0
    speed_kn: Annotated[float, Meta(ge=0)] = 12.0
    route: str = ""
    across: Share = 0.5
    begin_nm: float = 0.0
    is_reversed: bool = False
    points: list[Place] = field(default_factory=list)
    wait_s: float = 0.0  # at the first point


class Fixed(Block, kw_only=True, frozen=True):
    """A base station or an aid to navigation."""

    name: str
    mmsi: int
    place: Place
    kind: Literal["base", "aid"]
    aid_type: int = 31  # light vessel (M.1371-5 table 74)


class Silence(Block, tag_field="kind", tag="silence", kw_only=True, frozen=True):
    """Ships whose AIS falls silent."""

    who: list[str]
    at_s: float
    for_s: Positive


class Drift(Block, tag_field="kind", tag="drift", kw_only=True, frozen=True):
    """A ship or boat loses its engine, drifts with the stream, and goes on."""

    who: str
    at_s: float
    for_s: Positive
    is_not_under_command: bool = False


class Fade(Block, tag_field="kind", tag="fade", kw_only=True, frozen=True):
    """The echo of vessels is lost in the sea for a while, at each of the times."""

    who: list[str]
    at_s: list[float]
    for_s: Positive
    loss_db: Positive = 60.0


class Beacon(Block, tag_field="kind", tag="beacon", kw_only=True, frozen=True):
    """A search and rescue transmitter, man overboard device or EPIRB comes up and drifts."""

    mmsi: int
    place: Place
    at_s: float
    for_s: Positive
    is_test: bool = False


class Jamming(Block, tag_field="kind", tag="jamming", kw_only=True, frozen=True):
    """Satellite positions of every ship in an area are replaced by a ring elsewhere."""

    place: Place
    radius_nm: Positive
    fake_place: Place
    at_s: float
    for_s: Positive
    who: list[str] = field(default_factory=list)  # only these ships; none named means all in the area


class Outage(Block, tag_field="kind", tag="outage", kw_only=True, frozen=True):
    """A receiver or radar sends nothing; with flood_s what it heard comes late, within that time after the end."""

    receivers: list[str]
    at_s: float
    for_s: Positive
    flood_s: float = 0.0


class Damage(Block, tag_field="kind", tag="damage", kw_only=True, frozen=True):
    """A receiver's line damages a share of its sentences."""

    receiver: str
    share: Share
    at_s: float
    for_s: Positive


Happening = Silence | Drift | Fade | Beacon | Jamming | Outage | Damage


class Story(Block, kw_only=True, frozen=True):
    """One night."""

    title: str
    summary: str
    start: datetime
    duration_s: Positive
    seed: int
    warm_up_s: float = 0.0  # played at full speed before anybody looks, so that the monitor has a past
    sea: Sea = Sea()
    traffic: str = ""  # files of stories/traffic, blanks between: their receivers, fleet and radars come before these
    receivers: list[Receiver] = field(default_factory=list)
    radars: list[Radar] = field(default_factory=list)
    fleet: list[Fleet] = field(default_factory=list)
    ships: list[Ship] = field(default_factory=list)
    boats: list[Boat] = field(default_factory=list)
    fixed: list[Fixed] = field(default_factory=list)
    events: list[Happening] = field(default_factory=list)
    must_alert: list[Expected] = field(default_factory=list)
    must_not: list[Forbidden] = field(default_factory=list)
    one_incident: list[OneBoat] = field(default_factory=list)

    @property
    def start_unix_s(self) -> float:
        return self.start.timestamp()

    def sites(self, feed: str = "simulator") -> tuple[RadarSite, ...]:
        """Its radars as the product's register needs them, when the story comes by a feed of this name."""
        return tuple(site_of(radar, feed) for radar in self.radars)


def names() -> list[str]:
    """Stories that come with the product, in order."""
    return sorted(path.stem for path in STORIES.glob("*.toml"))


def load(name_or_path: str) -> Story:
    """A story by its name or from a file. Raises ValueError that says what is wrong with it."""
    own = STORIES / f"{name_or_path}.toml"
    path = own if own.is_file() else Path(name_or_path)
    if not path.is_file():
        raise ValueError(f"no story {name_or_path!r}: there are {', '.join(names())}, or name a file")
    try:
        story = msgspec.convert(_with_traffic(tomllib.loads(path.read_text())), Story)
    except ValueError as error:  # a TOML, UTF-8 or validation error is one
        raise ValueError(f"{path.name}: {error}") from error
    fault = _fault(story)
    if fault:
        raise ValueError(f"{path.name}: {fault}")
    return story


def _with_traffic(told: dict[str, Any]) -> dict[str, Any]:
    """The story with the usual parts that it names put before its own."""
    names = told.get("traffic", "")
    for name in reversed(names.split() if isinstance(names, str) else []):
        usual = STORIES / "traffic" / f"{name}.toml"
        if not usual.is_file():
            raise ValueError(f"there is no traffic {name!r}")
        parts = tomllib.loads(usual.read_text())
        told = told | {part: entries + told.get(part, []) for part, entries in parts.items()}
    return told


def _fault(story: Story) -> str:
    """What does not fit together; "" if all does."""
    if story.start.tzinfo is None:
        return "start needs a zone, such as 2026-06-14T21:00:00Z"
    stations = {receiver.name for receiver in story.receivers}
    boats = {boat.name for boat in story.boats}
    ships = {ship.name for ship in story.ships} | {part.name for part in story.fleet if isinstance(part, Patrol)}
    ships |= {name for part in story.fleet if isinstance(part, Ferries) for name in part.names}
    for event in story.events:
        named: set[str] = set()
        if isinstance(event, Outage):
            named = set(event.receivers) - stations - {radar.name for radar in story.radars}
        elif isinstance(event, Damage):
            named = {event.receiver} - stations
        elif isinstance(event, Silence | Jamming):
            named = set(event.who) - ships
        elif isinstance(event, Drift):
            named = {event.who} - ships - boats
        elif isinstance(event, Fade):
            named = set(event.who) - ships - boats
        if named:
            return f"an event names {', '.join(sorted(named))}, which the story does not have"
    unknown = {demand.boat for demand in story.must_alert} | {demand.boat for demand in story.must_not}
    unknown = (unknown | {demand.boat for demand in story.one_incident}) - boats - {""}
    if unknown:
        return f"a demand names {', '.join(sorted(unknown))}, which is no boat of the story"
    return "" if stations else "a story needs at least one receiver"
