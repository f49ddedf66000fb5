"""`straitwatch run`: the service."""

import argparse
import sys
from pathlib import Path


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "run",
        help="the service: configured feeds, store, live map",
        description="Run the monitor as configured. A chart file that changes comes into force within seconds, at once "
        "on SIGHUP; one with a fault is refused and the chart before it stays.",
    )
    parser.add_argument("-c", "--config", type=Path, metavar="FILE", help="default: the shipped one, a simulated night")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from monitor import config, live, logs, show
    from monitor.config_check import ConfigFaults
    from monitor.feeds.played import RecordingFeed, SimulatorFeed
    from monitor.supervisor import notify

    logs.configure()
    try:
        settings = config.read(args.config)
        if not settings.is_played:
            return live.run_live(settings)
        (feed,) = settings.feeds
        assert isinstance(feed, RecordingFeed | SimulatorFeed)
        notify("WATCHDOG_USEC=0")  # what is played has no heartbeat: systemd need not wait for one
        return show.run_show(show.show_of(feed, port=settings.web.port, title=settings.web.title), settings)
    except ConfigFaults as error:
        for fault in error.faults:
            sys.stderr.write(f"straitwatch run: {fault}\n")
        return 2
    except (OSError, ValueError) as error:
        sys.stderr.write(f"straitwatch run: {error}\n")
        return 2
