"""`straitwatch simulate STORY`: a simulated night as a recording, and the truth beside it."""

import argparse
import sys
from pathlib import Path


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from monitor.sim.story import names

    parser = commands.add_parser(
        "simulate",
        help="a simulated night as a recording, with the truth beside it",
        description="Write a story of the simulator as feed.nmea (NMEA with TAG blocks, in order of arrival) and "
        "truth.jsonl (vessels, events, positions each minute). The same story and seed give the same bytes.",
        epilog="stories: " + ", ".join(names()),
    )
    parser.add_argument("story", metavar="STORY", help="a story's name, or a TOML file")
    parser.add_argument("--seed", type=int, default=-1, metavar="N", help="of the random numbers (default the story's)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the two files")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import Progress

    from monitor.sim import feed, truth
    from monitor.sim.night import night as throw
    from monitor.sim.story import load

    try:
        story = load(args.story)
        args.out.mkdir(parents=True, exist_ok=True)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"straitwatch simulate: {error}\n")
        return 2
    console = Console(stderr=True)
    night = throw(story, args.seed)
    n_lines = 0
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(story.title, total=story.duration_s)
        with (args.out / "feed.nmea").open("wb") as out:
            for chunk in feed.play(night):
                out.write(chunk.data)
                n_lines += chunk.data.count(b"\n")
                progress.update(task, completed=chunk.t_unix_s - story.start_unix_s)
        with (args.out / "truth.jsonl").open("wb") as out:
            out.writelines(truth.lines(night))
    sys.stderr.write(
        f"{story.title}: {len(night.vessels)} stations, {n_lines} sentences in {story.duration_s / 3600:.1f} h, "
        f"seed {night.seed}, in {args.out}\n"
    )
    return 0
