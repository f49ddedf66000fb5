"""The configuration: one TOML file, read strictly, every fault at once.

Each part's settings class stands beside its owner; this file only names the sections. Rule parameters are the rules'
keyword-only arguments, so a rule's block has exactly the keys of its function. Secrets never stand in the file.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module, resources
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from alerts.broker_access import BrokerSettings, faults_of
from alerts.incidents import IncidentSettings
from alerts.notices import routes as notice_routes
from alerts.notices.routes import Route
from alerts.rule import hints
from alerts.rules import RULES
from alerts.sinks import CHANNELS, SINKS
from monitor.config_check import ConfigFaults, convert, convert_keys, unknown_keys
from monitor.feeds import FEEDS
from monitor.feeds.live import Feed
from monitor.feeds.mqtt import MqttFeed
from monitor.feeds.played import RecordingFeed, SimulatorFeed
from monitor.notice_settings import NoticeSettings
from monitor.outgoing import OutboxSettings
from monitor.radar.association import AssociationSettings
from monitor.radar.registration import RegistrationSettings
from monitor.radar.sites import RadarSite
from monitor.radar.tracker import TrackerSettings
from monitor.settings import PictureSettings
from monitor.watchdog import WatchdogSettings

Port = Annotated[int, Meta(ge=0, le=65_535)]
Positive = Annotated[float, Meta(gt=0)]
NotNegative = Annotated[float, Meta(ge=0)]


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Where the live map is served."""

    is_on: bool
    host: str
    port: Port
    title: str
    grafana_url: Annotated[str, Meta(pattern=r"^(https?://\S+)?$")]  # "" none


@dataclass(frozen=True, slots=True)
class StoreSettings:
    """Where alerts, incidents and the audit record live."""

    file: str
    alerts_file: str  # JSON lines; "" writes none
    picture_file: str  # "" keeps none
    picture_every_s: Positive
    picture_max_age_s: NotNegative


@dataclass(frozen=True, slots=True)
class RecorderSettings:
    """What came in, with its time, as files."""

    is_on: bool
    folder: str
    rotate_s: Positive
    rotate_mb: Positive
    keep_days: NotNegative
    compression: Annotated[int, Meta(ge=0, le=19)]


@dataclass(frozen=True, slots=True)
class IntakeSettings:
    """What may wait between feeds and pipeline."""

    limit_mb: Positive


@dataclass(frozen=True, slots=True)
class ChartSettings:
    """Which fences are in force."""

    files: list[str]  # [] takes the Channel chart that comes with the product
    land_file: str  # "" takes the Channel's
    check_every_s: Positive
    drawn_file: str  # "" lets nobody draw
    buffers_m: dict[str, float]  # fence id -> margin of a copy


Feeds = tuple[Feed | RecordingFeed | SimulatorFeed, ...]


@dataclass(frozen=True, slots=True)
class Config:
    """A configuration without faults."""

    broker: BrokerSettings
    feeds: Feeds
    feed_time_zones: dict[str, str]
    picture: PictureSettings
    intake: IntakeSettings
    chart: ChartSettings
    store: StoreSettings
    recorder: RecorderSettings
    web: WebSettings
    incidents: IncidentSettings
    radars: tuple[RadarSite, ...]
    plot_tracker: TrackerSettings
    association: AssociationSettings
    registration: RegistrationSettings
    outbox: OutboxSettings
    watchdog: WatchdogSettings
    sinks: tuple[tuple[str, Any], ...]  # type, settings of the sink's own class
    notices: NoticeSettings
    routes: tuple[Route, ...]
    rules: dict[str, dict[str, Any]]

    @property
    def feed_formats(self) -> dict[str, str]:
        """The format of each live feed's bytes."""
        return {feed.name: feed.format for feed in self.feeds if hasattr(feed, "format")}

    @property
    def is_played(self) -> bool:
        """Whether the feeds play the past or the imagined, rather than listen."""
        return isinstance(self.feeds[0], RecordingFeed | SimulatorFeed)


SECTIONS: dict[str, type] = {
    "broker": BrokerSettings,
    "picture": PictureSettings,
    "intake": IntakeSettings,
    "chart": ChartSettings,
    "store": StoreSettings,
    "recorder": RecorderSettings,
    "web": WebSettings,
    "incidents": IncidentSettings,
    "plot_tracker": TrackerSettings,
    "association": AssociationSettings,
    "registration": RegistrationSettings,
    "outbox": OutboxSettings,
    "watchdog": WatchdogSettings,
    "notices": NoticeSettings,
}


def shipped_text() -> str:
    """The configuration that comes with the product: every option with its value and a sentence."""
    beside = Path(__file__).resolve().parent.parent / "config.toml"
    if beside.is_file():
        return beside.read_text(encoding="utf-8")
    return (resources.files("monitor") / "config.toml").read_text(encoding="utf-8")


def read(path: Path | None) -> Config:
    """The configuration in a file, or the shipped one. Raises ConfigFaults with every fault."""
    try:
        return parse(shipped_text() if path is None else path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigFaults([f"cannot be read: {error}"]) from error


def parse(text: str) -> Config:
    """The configuration in a TOML text. Raises ConfigFaults with every fault."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigFaults([f"not TOML: {error}"]) from error
    faults = [
        f.replace("file.", "", 1)
        for f in unknown_keys(given, [*SECTIONS, "feeds", "radars", "sinks", "routes", "rules"], "file")
    ]
    sections: dict[str, Any] = {name: convert(cls, given.get(name), name, faults) for name, cls in SECTIONS.items()}
    rules = parse_rules(given.get("rules"), faults)
    feeds, time_zones = parse_feeds(given.get("feeds"), faults)
    feeds = with_broker(feeds, sections["broker"], faults)
    radars = parse_radars(given.get("radars", []), faults)
    sinks = parse_sinks(given.get("sinks", []), sections["broker"], faults)
    routes = parse_routes(given.get("routes", []), given.get("sinks", []), faults)
    if sections["notices"] is not None:
        faults.extend(f"notices.{fault}" for fault in notice_faults(sections["notices"]))
    if faults:
        raise ConfigFaults(faults)
    blocks: dict[str, Any] = {"feeds": feeds, "radars": radars, "sinks": sinks, "routes": routes, "rules": rules}
    blocks |= sections
    return Config(feed_time_zones=time_zones, **blocks)


def parse_rules(given: object, faults: list[str]) -> dict[str, dict[str, Any]]:
    """One block for each rule."""
    if not isinstance(given, dict):
        faults.append("[rules] is missing")
        return {}
    faults.extend(unknown_keys(given, RULES, "rules"))
    blocks = {name: convert_keys(hints(rule), given.get(name), f"rules.{name}", faults) for name, rule in RULES.items()}
    return {name: block for name, block in blocks.items() if block is not None}


def parse_radars(given: object, faults: list[str]) -> tuple[RadarSite, ...]:
    """The [[radars]] blocks; a strait may have none."""
    if not isinstance(given, list):
        faults.append("radars must be blocks of their own, [[radars]]")
        return ()
    sites = [site for i, block in enumerate(given) if (site := convert(RadarSite, block, f"radars[{i}]", faults))]
    for what, words in (
        ("name", [s.name for s in sites]),
        ("feed and station", [f"{s.feed} {s.station}" for s in sites]),
    ):
        faults.extend(f"two radars have the {what} {word}" for word in sorted({w for w in words if words.count(w) > 1}))
    return tuple(sites)


def parse_sinks(given: object, broker: BrokerSettings | None, faults: list[str]) -> tuple[tuple[str, Any], ...]:
    """The [[sinks]] blocks, those that go by way of the broker with its settings; there may be none."""
    if not isinstance(given, list):
        faults.append("sinks must be blocks of their own, [[sinks]]")
        return ()
    found = [parse_typed(block, f"sinks[{i}]", SINKS, faults) for i, block in enumerate(given)]
    sinks = tuple((str(block["type"]), sink) for block, sink in zip(given, found, strict=True) if sink is not None)
    names = [settings.name for _, settings in sinks]
    faults.extend(f"two sinks are named {name}" for name in sorted({n for n in names if names.count(n) > 1}))
    return tuple((kind, replace(sink, broker=broker) if hasattr(sink, "broker") else sink) for kind, sink in sinks)


def parse_routes(given: object, sinks: object, faults: list[str]) -> tuple[Route, ...]:
    """The [[routes]] blocks; there may be none. sinks : the [[sinks]] blocks as they stand."""
    if not isinstance(given, list):
        faults.append("routes must be blocks of their own, [[routes]]")
        return ()
    found = [convert(Route, block, f"routes[{i}]", faults) for i, block in enumerate(given)]
    routes = tuple(route for route in found if route is not None)
    blocks = [block for block in sinks if isinstance(block, dict)] if isinstance(sinks, list) else []
    channels = {str(block.get("name")): block.get("type") in CHANNELS for block in blocks}
    faults.extend(notice_routes.faults(routes, channels=channels, rules=RULES))
    return routes


def notice_faults(settings: NoticeSettings) -> list[str]:
    """What is wrong with the settings that all routes share, beyond types."""
    found = []
    if fault := notice_routes.zone_fault(settings.time_zone):
        found.append(f"time_zone: {fault}")
    if settings.base_url and not settings.base_url.startswith(("http://", "https://")):
        found.append(f"base_url = {settings.base_url!r} must begin with http:// or https://")
    if settings.rota_file and settings.rota_url:
        found.append("rota_file and rota_url: give one")
    return found


def parse_feeds(given: object, faults: list[str]) -> tuple[Feeds, dict[str, str]]:
    """The [[feeds]] blocks, and the time zone of each feed's leading local times."""
    if not isinstance(given, list) or not given:
        faults.append("[[feeds]] is missing: without a feed there is nothing to watch")
        return (), {}
    feeds = [
        feed for i, block in enumerate(given) if (feed := parse_typed(block, f"feeds[{i}]", FEEDS, faults)) is not None
    ]
    names = [feed.name for feed in feeds]
    faults.extend(f"two feeds are named {name}" for name in sorted({n for n in names if names.count(n) > 1}))
    played = [isinstance(feed, RecordingFeed | SimulatorFeed) for feed in feeds]
    if any(played) and len(feeds) > 1:
        faults.append(
            "a recording or the simulator is a feed of its own: its times are not now, so nothing may run beside it"
        )
    return tuple(feeds), {feed.name: getattr(feed, "leading_time_zone", "UTC") for feed in feeds}


def with_broker(feeds: Feeds, broker: BrokerSettings | None, faults: list[str]) -> Feeds:
    """The feeds, those that come by way of the broker with its settings."""
    if broker is not None:
        faults.extend(faults_of(broker))
    ours = [feed for feed in feeds if isinstance(feed, MqttFeed)]
    for i, feed in enumerate(ours):
        faults.extend(feed.faults())
        faults.extend(f"feeds {one.name} and {feed.name} would take the same" for one in ours[:i] if one.overlaps(feed))
    return tuple(replace(feed, broker=broker) if isinstance(feed, MqttFeed) else feed for feed in feeds)


def parse_typed(block: object, where: str, table: Mapping[str, tuple[str, ...]], faults: list[str]) -> Any:
    """One block with a type; the fields of that type's class are its keys. table : type -> module, class, ..."""
    if not isinstance(block, dict):
        faults.append(f"{where} must be a table")
        return None
    kind = str(block.get("type"))
    if kind not in table:
        faults.append(f"{where}.type = {kind!r}: must be one of {', '.join(table)}")
        return None
    module, cls, *_ = table[kind]
    rest = {key: value for key, value in block.items() if key != "type"}
    return convert(getattr(import_module(module), cls), rest, where, faults)
