"""From a configuration to the parts of a running monitor: chart, desk, pipeline state."""

from collections.abc import Mapping
from importlib import resources
from pathlib import Path

from alerts.desk import Desk, new_desk
from geofences import land
from geofences.fenceset import FenceSet
from monitor.arrival import NMEA_ALONE
from monitor.chart_reader import ChartReader
from monitor.config import Config
from monitor.config_check import ConfigFaults
from monitor.state import State, new_state


def shipped(name: str) -> Path:
    """A data file that comes with the product."""
    return Path(str(resources.files("geofences") / "data" / name))


def chart_paths(config: Config) -> list[Path]:
    """The chart's files."""
    return [Path(name) for name in config.chart.files] or [shipped("channel.geojson")]


def chart_reader(config: Config, drawn_path: Path | None = None) -> ChartReader:
    """Reads the chart's files and what people drew."""
    return ChartReader(chart_paths(config), config.chart.buffers_m, drawn_path)


def chart(config: Config, drawn_path: Path | None = None) -> FenceSet:
    """The fences in force, with those that people drew. Raises ConfigFaults with every fault of every file."""
    fences, faults = chart_reader(config, drawn_path).read()
    if fences is None:
        raise ConfigFaults(faults)
    return fences


def land_geojson(config: Config) -> bytes:
    """The land, for the map. Raises ConfigFaults with everything that is wrong with a file of one's own."""
    if not config.chart.land_file:
        return shipped("land.geojson").read_bytes()
    path = Path(config.chart.land_file)
    try:
        body = path.read_bytes()
    except OSError as error:
        raise ConfigFaults([f"land: {error}"]) from error
    if faults := land.faults_of(body, path.name):
        raise ConfigFaults([f"land: {fault}" for fault in faults])
    return body


def desk(config: Config) -> Desk:
    """A desk without a past."""
    return new_desk(config.rules, config.incidents, last_number_by_day={})


def state(
    config: Config,
    *,
    is_exercise: bool,
    time_zones: dict[str, str],
    at: Desk | None = None,
    is_live: bool = False,
    drawn_path: Path | None = None,
    formats: Mapping[str, str] = NMEA_ALONE,
) -> State:
    """A pipeline that has heard nothing."""
    return new_state(
        config.picture,
        chart(config, drawn_path),
        at or desk(config),
        is_exercise=is_exercise,
        time_zones=time_zones,
        is_live=is_live,
        sites=config.radars,
        formats=formats,
        plot_settings=config.plot_tracker,
        association=config.association,
        registration=config.registration,
    )
