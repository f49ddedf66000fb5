"""`straitwatch demo`: a simulated night in the Channel on the live map; needs nothing else."""

import argparse
import sys

STORY = "channel-night"
SPEED = 10.0


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "demo",
        help="a simulated night in the Channel on the live map",
        description="Simulate a night in the Channel and show it on the live map. Nothing is recorded or sent.",
    )
    parser.add_argument("--story", default=STORY, metavar="NAME", help=f"a simulator story (default {STORY})")
    parser.add_argument("--speed", type=float, default=SPEED, help=f"seconds of the night in one (default {SPEED:g})")
    parser.add_argument("--port", type=int, default=8080, help="of the map (default 8080)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from monitor import config, logs
    from monitor.feeds.played import SimulatorFeed
    from monitor.show import run_show, show_of

    logs.configure()
    try:
        if not args.speed > 0:
            raise ValueError("the speed must be above 0")
        settings = config.parse(config.shipped_text())
        feed = SimulatorFeed("simulator", args.story, -1, args.speed)
        return run_show(show_of(feed, port=args.port, title=settings.web.title), settings)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"straitwatch demo: {error}\n")
        return 2
