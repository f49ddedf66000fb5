"""The gateway's configuration: gateway.toml, read as strictly as config.toml."""

import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

from msgspec import Meta

from alerts.broker_access import BrokerSettings, faults_of
from monitor.config import parse_feeds
from monitor.config_check import ConfigFaults, convert, unknown_keys
from monitor.feeds.live import Feed
from monitor.feeds.mqtt import SITE, MqttFeed
from monitor.feeds.played import RecordingFeed, SimulatorFeed
from monitor.gateway.packer import ASTERIX, NMEA

Positive = Annotated[float, Meta(gt=0)]


@dataclass(frozen=True, slots=True)
class SpoolSettings:
    """Where batches wait for the core."""

    file: str
    limit_mb: Positive
    keep_h: Positive


@dataclass(frozen=True, slots=True)
class BatchSettings:
    """How sentences and datagrams are put together."""

    most: Annotated[int, Meta(ge=1, le=1000)]
    hold_s: Positive


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """How the gateway talks with the core."""

    window_batches: Annotated[int, Meta(ge=1)]
    resend_after_s: Positive
    health_every_s: Positive


@dataclass(frozen=True, slots=True)
class IntakeSettings:
    """What may wait between feeds and spool."""

    limit_mb: Positive


SECTIONS: dict[str, type] = {
    "broker": BrokerSettings,
    "spool": SpoolSettings,
    "batch": BatchSettings,
    "link": LinkSettings,
    "intake": IntakeSettings,
}


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """A configuration without faults."""

    site: str
    feeds: tuple[Feed, ...]
    broker: BrokerSettings
    spool: SpoolSettings
    batch: BatchSettings
    link: LinkSettings
    intake: IntakeSettings

    @property
    def formats(self) -> dict[str, str]:
        """The kind of each feed."""
        return {feed.name: feed.format for feed in self.feeds}  # type: ignore[attr-defined]


def shipped_text() -> str:
    """gateway.toml as it comes with the product."""
    return (resources.files("monitor.gateway") / "gateway.toml").read_text(encoding="utf-8")


def read(path: Path | None) -> GatewayConfig:
    """The configuration in a file, or the shipped one. Raises ConfigFaults with every fault."""
    try:
        return parse(shipped_text() if path is None else path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigFaults([f"cannot be read: {error}"]) from error


def parse(text: str) -> GatewayConfig:
    """The configuration in a TOML text. Raises ConfigFaults with every fault."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigFaults([f"not TOML: {error}"]) from error
    faults = [f.replace("file.", "", 1) for f in unknown_keys(given, [*SECTIONS, "site", "feeds"], "file")]
    sections: dict[str, Any] = {name: convert(cls, given.get(name), name, faults) for name, cls in SECTIONS.items()}
    site = given.get("site")
    if not isinstance(site, str) or not SITE.match(site):
        faults.append(f'site = {site!r}: must be a name of letters, digits, "-", "_" and "."')
    feeds, _ = parse_feeds(given.get("feeds"), faults)
    for feed in feeds:
        if isinstance(feed, RecordingFeed | SimulatorFeed | MqttFeed):
            faults.append(f"feed {feed.name}: a gateway takes tcp, tcp-listener, udp and serial feeds")
        elif feed.format not in (NMEA, ASTERIX):  # type: ignore[attr-defined]
            faults.append(f'feed {feed.name}: a gateway passes on "{NMEA}" and "{ASTERIX}"')
        elif not SITE.match(feed.name):
            faults.append(f"feed {feed.name!r}: its name stands in TAG blocks: letters, digits, '-', '_' and '.' only")
    if sections["broker"] is not None:
        faults.extend(faults_of(sections["broker"]))
    if faults:
        raise ConfigFaults(faults)
    return GatewayConfig(site=str(site), feeds=feeds, **sections)  # type: ignore[arg-type]
