"""`straitwatch bench NAME`: the figures, beside the peers, in the same run."""

import argparse
import sys
from importlib import import_module
from pathlib import Path

from monitor.bench import BENCHES


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("bench", help="measure speed and memory, beside the peers")
    parser.add_argument("name", choices=[*BENCHES, "all"], help="which benchmark")
    parser.add_argument("files", nargs="*", type=Path, help="recordings to use instead of the standard set")
    parser.add_argument("--rounds", type=int, default=5, help="interleaved rounds; the median counts (default 5)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument(
        "--png",
        type=Path,
        metavar="FILE",
        help="of fences: draw what rows cost against fences and batches, and no more",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from rich.console import Console

    from monitor.bench import report

    if args.png:
        return draw(args)
    names = BENCHES if args.name == "all" else (args.name,)
    console = Console(stderr=True)
    for name in names:
        with console.status(f"bench {name}") as status:
            try:
                figures = import_module(f"monitor.bench.{name}").run(args.files, args.rounds, status.update)
            except FileNotFoundError as error:
                sys.stderr.write(f"straitwatch bench {name}: {error}; name recordings to measure with\n")
                return 2
        (report.write_json if args.json else report.show)(name, figures)
    return 0


def draw(args: argparse.Namespace) -> int:
    """The curves as a picture."""
    from rich.console import Console

    from monitor.bench import curves
    from monitor.bench.measure import machine

    if args.name != "fences":
        return complain("--png draws the curves of fences: bench fences --png FILE")
    try:
        curves.canvas()  # before minutes of work
        if not args.png.parent.is_dir():
            return complain(f"there is no folder {args.png.parent}")
        with Console(stderr=True).status("bench fences") as status:
            panels = curves.measure(status.update)
        curves.draw(panels, args.png, machine())
    except (curves.Missing, OSError) as error:
        return complain(str(error))
    return 0


def complain(fault: str) -> int:
    sys.stderr.write(f"straitwatch bench: {fault}\n")
    return 2
