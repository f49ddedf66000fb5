"""`straitwatch check-config`: every fault of a configuration at once."""

import argparse
import sys
from pathlib import Path


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("check-config", help="every fault of a configuration at once")
    parser.add_argument("config", nargs="?", type=Path, metavar="FILE", help="default: the shipped configuration")
    parser.add_argument("--print", action="store_true", help="print the shipped configuration, to start from")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from monitor import assembly, config
    from monitor.config_check import ConfigFaults

    if args.print:
        sys.stdout.write(config.shipped_text())
        return 0
    name = args.config or "the shipped configuration"
    try:
        found = config.read(args.config)
        fences = assembly.chart(found)
    except ConfigFaults as error:
        for fault in error.faults:
            sys.stderr.write(f"{name}: {fault}\n")
        sys.stderr.write(f"{len(error.faults)} fault{'s' if len(error.faults) > 1 else ''}\n")
        return 1
    feeds = ", ".join(feed.name for feed in found.feeds)
    sys.stdout.write(f"{name}: no faults; feeds {feeds}; {len(fences)} fences; {len(found.rules)} rules\n")
    return 0
