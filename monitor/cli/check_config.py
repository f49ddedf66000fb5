"""`straitwatch check-config`: every fault of a configuration at once."""

import argparse
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from geofences.fenceset import FenceSet
    from monitor.config import Config


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("check-config", help="every fault of a configuration at once")
    parser.add_argument("config", nargs="?", type=Path, metavar="FILE", help="default: the shipped configuration")
    parser.add_argument("--print", action="store_true", help="print the shipped configuration, to start from")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from monitor import config
    from monitor.config_check import ConfigFaults

    if args.print:
        sys.stdout.write(config.shipped_text())
        return 0
    name = args.config or "the shipped configuration"
    try:
        found = config.read(args.config)
        fences = sound_chart(found)
    except ConfigFaults as error:
        for fault in error.faults:
            sys.stderr.write(f"{name}: {fault}\n")
        sys.stderr.write(f"{len(error.faults)} fault{'s' if len(error.faults) > 1 else ''}\n")
        return 1
    feeds = ", ".join(feed.name for feed in found.feeds)
    sys.stdout.write(f"{name}: no faults; feeds {feeds}; {len(fences)} fences; {len(found.rules)} rules\n")
    return 0


def sound_chart(found: "Config") -> "FenceSet":
    """The fences. Raises ConfigFaults with every fault of chart, land, routes, rota and sinks."""
    from monitor import assembly
    from monitor.config_check import ConfigFaults
    from monitor.rota_watch import RotaWatch, route_faults
    from monitor.terms import chart_of

    faults: list[str] = []
    try:
        assembly.land_geojson(found)
    except ConfigFaults as error:
        faults = error.faults
    try:
        fences = assembly.chart(found)
    except ConfigFaults as error:
        raise ConfigFaults([*error.faults, *faults]) from error
    watch = RotaWatch(found.notices, Path(f"{found.store.file}.rota"), lambda: math.nan)
    faults += route_faults(found, chart_of(fences), watch)
    faults += sink_faults(found)
    if faults:
        raise ConfigFaults(faults)
    return fences


def sink_faults(found: "Config") -> list[str]:
    """What keeps a sink from being opened: a secret that is not there, an address that is none."""
    from monitor.outgoing import open_sinks

    faults = []
    for block in found.sinks:
        try:
            open_sinks([block], is_exercise=False)
        except ValueError as error:
            faults.append(str(error))
    return faults
