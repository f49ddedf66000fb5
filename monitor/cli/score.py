"""`straitwatch score`: how well the monitor does on the simulator's stories, over seeds, with intervals."""

import argparse
import json
import math
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from monitor.sim.score import Interval, Run, Score

PIPED_COLUMNS = 160  # of the table where there is no terminal to say how wide it is


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    from monitor.sim.story import names

    parser = commands.add_parser(
        "score",
        help="detection quality over the simulator's stories, with intervals",
        description="Play stories through the whole pipeline with several seeds and tell how many boats were found, "
        "how soon, how many alerts were false and whether everything that a story demands came true. Exit code 1 when "
        "it did not. Chances of detection are a model's: no public recording of radar with small boats has labels.",
        epilog="stories: " + ", ".join(names()),
    )
    parser.add_argument("stories", nargs="*", metavar="STORY", help="names, or TOML files (default: all that come)")
    parser.add_argument("--seeds", type=int, default=1, metavar="N", help="nights of each story (default 1)")
    parser.add_argument("--jobs", type=int, default=0, metavar="N", help="processes (default: one a core)")
    parser.add_argument("--json", type=Path, metavar="OUT", help="write every figure to this file too")
    parser.add_argument("-c", "--config", type=Path, metavar="FILE", help="rules to score (default: as shipped)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from monitor import config
    from monitor.config_check import ConfigFaults
    from monitor.sim import story

    try:
        if args.seeds < 1:
            raise ValueError("--seeds must be 1 or more")
        text = args.config.read_text() if args.config else config.shipped_text()
        config.parse(text)
        tasks = [
            (name, seed, text)
            for name in args.stories or story.names()
            for first in [story.load(name).seed]
            for seed in range(first, first + args.seeds)
        ]
        scores = scored(runs_of(tasks, args.jobs or os.cpu_count() or 1))
        print_table(scores)
        if args.json:
            args.json.write_text(json.dumps([plain(score) for score in scores], indent=1) + "\n")
    except (ConfigFaults, OSError, ValueError) as error:
        sys.stderr.write(f"straitwatch score: {error}\n")
        return 2
    return 1 if any(score.faults for score in scores) else 0


def runs_of(tasks: list[tuple[str, int, str]], n_jobs: int) -> "list[Run]":
    """Every night, several at a time, in the order of the tasks."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    found: list[Run] = []
    with (
        Progress(console=console, transient=True, disable=not console.is_terminal) as progress,
        ProcessPoolExecutor(min(n_jobs, len(tasks)), mp_context=get_context("spawn")) as pool,
    ):
        bar = progress.add_task("nights", total=len(tasks))
        for one in pool.map(night_of, tasks):
            found.append(one)
            progress.advance(bar)
    return found


def night_of(task: tuple[str, int, str]) -> "Run":
    """One story with one seed, in a process of its own."""
    from monitor import config
    from monitor.sim import story
    from monitor.sim.score import run_of
    from monitor.sim.trial import played

    name, seed, text = task
    return run_of(name, seed, *played(story.load(name), seed, config.parse(text)))


def scored(runs: "list[Run]") -> "list[Score]":
    """One score a story, in the order in which they were played."""
    from monitor.sim.score import score_of

    names = dict.fromkeys(run.story for run in runs)
    return [score_of([run for run in runs if run.story == name]) for name in names]


def print_table(scores: "list[Score]") -> None:
    """Figures a row a story, then what failed."""
    from rich.console import Console
    from rich.table import Table

    table = Table("story", "seeds", "passed", "boats found", "to alert p50/p95", "false /h by priority", "incidents")
    for score in scores:
        false = ", ".join(f"{name} {n:.1f}" for name, n in score.false_per_h.items() if n) or "none"
        table.add_row(
            Path(score.story).stem, str(score.n_seeds), share(score.passed), share(score.recall),
            f"{minutes(score.to_alert_p50_s)} / {minutes(score.to_alert_p95_s)}", false,
            "-" if math.isnan(score.incidents_per_boat) else f"{score.incidents_per_boat:.2f}",
        )  # fmt: skip
    console = Console()
    if not console.is_terminal:
        console = Console(width=PIPED_COLUMNS)
    console.print(table)
    for score in scores:
        for seed, words in score.faults:
            text = f"{Path(score.story).stem}, seed {seed}: {words}"
            console.print(text, style="red", highlight=False, markup=False, soft_wrap=True)


def share(interval: "Interval") -> str:
    """0.93 (0.70-0.99, n 15)"""
    if interval.n == 0:
        return "-"
    return f"{interval.share:.2f} ({interval.low:.2f}-{interval.high:.2f}, n {interval.n})"


def minutes(seconds: float) -> str:
    return "-" if math.isnan(seconds) else f"{seconds / 60:.1f} min"


def plain(score: "Score") -> dict[str, Any]:
    """The score without NaN, which JSON does not have."""

    def clean(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: clean(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [clean(inner) for inner in value]
        return None if isinstance(value, float) and math.isnan(value) else value

    cleaned: dict[str, Any] = clean(asdict(score))
    return cleaned
