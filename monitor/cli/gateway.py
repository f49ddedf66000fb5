"""`straitwatch gateway`: the process of a shore site."""

import argparse
import sys
from pathlib import Path


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "gateway",
        help="at a shore site: receivers in, everything kept on disk until the core has it",
        description="Take what receivers send, keep it on disk, send it to the core by way of an MQTT broker, and let "
        "go of it when the core has stored it. Needs no other part of the product on its machine.",
    )
    parser.add_argument("-c", "--config", type=Path, metavar="FILE", help="default: the shipped one, a UDP port")
    parser.add_argument("--check", action="store_true", help="tell every fault of the configuration at once, and end")
    parser.add_argument("--print", action="store_true", help="print the shipped configuration, to start from")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    import asyncio

    from monitor import logs
    from monitor.config_check import ConfigFaults
    from monitor.gateway import service, settings
    from monitor.gateway.spool import SpoolError

    if args.print:
        sys.stdout.write(settings.shipped_text())
        return 0
    try:
        config = settings.read(args.config)
    except ConfigFaults as error:
        for fault in error.faults:
            sys.stderr.write(f"straitwatch gateway: {fault}\n")
        return 2
    if args.check:
        feeds = ", ".join(feed.name for feed in config.feeds)
        sys.stdout.write(
            f"{args.config or 'the shipped configuration'}: no faults; site {config.site}; feeds {feeds}\n"
        )
        return 0
    logs.configure()
    try:
        return asyncio.run(service.run(config))
    except SpoolError as error:
        sys.stderr.write(f"straitwatch gateway: {error}\n")
        return 1
