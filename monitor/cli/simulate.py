"""`straitwatch simulate STORY`: a simulated night as a recording, and the truth beside it."""

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

SOURCE = "feed"


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from monitor.sim.story import names

    parser = commands.add_parser(
        "simulate",
        help="a simulated night as a recording, with the truth beside it",
        description="Write a story of the simulator as feed.nmea (NMEA with TAG blocks, in order of arrival), "
        "radar.pcap (when radars of the story send ASTERIX) and truth.jsonl (vessels, events, boats without AIS and "
        "when radar can see them, positions each minute). The same story and seed give the same bytes.",
        epilog="stories: " + ", ".join(names()),
    )
    parser.add_argument("story", metavar="STORY", help="a story's name, or a TOML file")
    parser.add_argument("--seed", type=int, default=-1, metavar="N", help="of the random numbers (default the story's)")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the files")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from rich.console import Console
    from rich.progress import Progress

    from monitor.sim import feed, truth
    from monitor.sim.night import night as throw
    from monitor.sim.radars import asterix_source
    from monitor.sim.story import load

    try:
        story = load(args.story)
        args.out.mkdir(parents=True, exist_ok=True)
    except (ValueError, OSError) as error:
        sys.stderr.write(f"straitwatch simulate: {error}\n")
        return 2
    console = Console(stderr=True)
    night = throw(story, args.seed)
    names = {SOURCE: "feed.nmea", asterix_source(SOURCE): "radar.pcap"}
    n_lines = 0
    with (
        Progress(console=console, transient=True, disable=not console.is_terminal) as progress,
        ExitStack() as files,
    ):
        task = progress.add_task(story.title, total=story.duration_s)
        outs: dict[str, BinaryIO] = {}
        for chunk in feed.play(night, SOURCE):
            if chunk.source not in outs:
                outs[chunk.source] = files.enter_context((args.out / names[chunk.source]).open("wb"))
            outs[chunk.source].write(chunk.data)
            n_lines += chunk.data.count(b"\n") if chunk.source == SOURCE else 0
            progress.update(task, completed=chunk.t_unix_s - story.start_unix_s)
        with (args.out / "truth.jsonl").open("wb") as out:
            out.writelines(truth.lines(night))
    sys.stderr.write(
        f"{story.title}: {len(night.vessels)} stations, {n_lines} sentences in {story.duration_s / 3600:.1f} h, "
        f"seed {night.seed}, in {args.out}\n"
    )
    return 0
