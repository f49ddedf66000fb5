"""`straitwatch replay FILE...`: recordings through the same pipeline as live feeds."""

import argparse
import sys
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alerts.sinks.jsonl import JsonlWriter
    from monitor.config import Config
    from monitor.output import Output
    from monitor.state import State

GATHER_BYTES = 1 << 20  # chunks are gathered to this much before a step: the decoder is fastest there


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "replay",
        help="recordings through the same pipeline",
        description="Replay recordings (.nmea, .pcap, .pcapng, .ivef, also as .gz or .zst; several are merged by "
        "receive time). --speed max ends with a summary and is the same, byte for byte, each time; --speed N shows "
        "them on the live map, N seconds in one.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("-c", "--config", type=Path, metavar="FILE", help="configuration (default: the shipped one)")
    parser.add_argument("--speed", type=speed, default="max", metavar="max|N", help="default max")
    parser.add_argument("--from", dest="t_from", type=instant, default=float("-inf"), metavar="T", help="ISO 8601, UTC")
    parser.add_argument("--to", dest="t_to", type=instant, default=float("inf"), metavar="T")
    parser.add_argument("--alerts", type=Path, metavar="OUT.jsonl", help="write one line for each step of each alert")
    parser.add_argument("--port", type=int, help="show the live map there (needs --speed N)")
    parser.add_argument("--time-zone", default="UTC", metavar="ZONE", help="of local times at the start of lines")
    parser.set_defaults(run=run)


def speed(text: str) -> float:
    """A number above zero; max is infinity."""
    if text == "max":
        return float("inf")
    value = float(text)
    if not value > 0:
        raise argparse.ArgumentTypeError("the speed must be above 0")
    return value


def instant(text: str) -> float:
    """Seconds since 1970 of an ISO time; without a zone it is UTC."""
    try:
        t = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is not an ISO 8601 time") from error
    return (t if t.tzinfo else t.replace(tzinfo=UTC)).timestamp()


def run(args: argparse.Namespace) -> int:
    from monitor import config
    from monitor.config_check import ConfigFaults

    missing = [str(path) for path in args.files if not path.is_file()]
    if missing:
        return complain(f"there is no file {', '.join(missing)}")
    try:
        settings = config.read(args.config)
        if args.speed == float("inf"):
            if args.port is not None:
                return complain("--port needs a speed that people can follow, for instance --speed 60")
            return replay_fast(args, settings)
        return replay_shown(args, settings)
    except ConfigFaults as error:
        for fault in error.faults:
            sys.stderr.write(f"straitwatch: {fault}\n")
        return 2
    except ValueError as error:
        return complain(str(error))


def complain(fault: str) -> int:
    sys.stderr.write(f"straitwatch replay: {fault}\n")
    return 2


def replay_fast(args: argparse.Namespace, settings: "Config") -> int:
    """As fast as it goes, no map, a summary at the end."""
    from alerts.sinks.jsonl import JsonlWriter
    from monitor import assembly, pipeline
    from monitor.cli.progress import byte_bar
    from monitor.feeds import played, recording

    names = played.source_names(args.files)
    zones = dict.fromkeys(names, args.time_zone)
    state = assembly.state(settings, is_exercise=True, time_zones=zones, formats=played.formats_of(names))
    summary = Summary(state)
    writer = JsonlWriter(args.alerts) if args.alerts else None
    faults: list[str] = []
    with byte_bar("replaying", args.files) as bar:
        try:
            for chunks, n_read in steps(args, faults):
                summary.take(pipeline.step(state, chunks, [], None), writer)
                bar.at(n_read, summary.note())
        except recording.READ_ERRORS as error:
            faults.append(recording.read_error(error, args.files[0]))
        summary.take(pipeline.finish(state), writer)
    if writer:
        writer.close()
    if not summary.has_times:
        return complain(f"{', '.join(map(str, args.files))}: {played.NO_TIME}")
    summary.show()
    for fault in faults:
        sys.stderr.write(f"straitwatch replay: {fault}\n")
    return 1 if faults else 0


def steps(args: argparse.Namespace, faults: list[str]):  # type: ignore[no-untyped-def]
    """Lists of chunks for one step each, with how much of the files has been read."""
    from monitor.feeds import played, recording
    from monitor.feeds.chunk import Chunk

    is_cut = args.t_from != float("-inf") or args.t_to != float("inf")
    if len(args.files) == 1 and not is_cut:
        (name,) = played.source_names(args.files)
        for block, n_read in recording.blocks(args.files[0]):
            yield [Chunk(name, float("nan"), block)], n_read
        return
    gathered, n_bytes, n_read = [], 0, 0
    chunks = played.play_files(
        args.files, leading_time_zone=args.time_zone, t_from_unix_s=args.t_from, t_to_unix_s=args.t_to
    )
    for chunk in chunks:
        gathered.append(Chunk(chunk.source, float("nan"), chunk.data))
        n_bytes += len(chunk.data)
        if n_bytes >= GATHER_BYTES:
            n_read += n_bytes
            yield gathered, n_read
            gathered, n_bytes = [], 0
    yield gathered, n_read + n_bytes


class Summary:
    """What a replay found, for the table at its end."""

    def __init__(self, state: "State") -> None:
        self.state = state
        state.met = set()
        self.steps: Counter[tuple[str, str]] = Counter()
        self.opened: Counter[tuple[str, str]] = Counter()
        self.incidents: set[str] = set()
        self.t_first = self.t_last = float("nan")
        self.output: Output | None = None
        self.start_wall_s, self.start_cpu_s = time.perf_counter(), time.process_time()

    @property
    def has_times(self) -> bool:
        return self.state.next_tick >= 0

    def take(self, output: "Output", writer: "JsonlWriter | None") -> None:
        """Add one step's output."""
        self.output = output
        if writer:
            writer.write(output.transitions)
        for step in output.transitions:
            self.steps[step.rule, step.event.value] += 1
            if step.event.value == "opened":
                self.opened[step.rule, step.priority.name.lower()] += 1
        self.incidents.update(incident.incident_id for incident in output.incidents)
        if output.picture is not None:
            self.t_last = output.picture.now_unix_s
            if self.t_first != self.t_first:
                self.t_first = self.t_last

    def note(self) -> str:
        return f"{sum(self.opened.values())} alerts"

    def show(self) -> None:
        """The summary on standard output."""
        from rich.console import Console
        from rich.table import Table

        assert self.output is not None
        counts = self.output.counts
        wall_s, cpu_s = time.perf_counter() - self.start_wall_s, time.process_time() - self.start_cpu_s
        console = Console(highlight=False)
        table = Table(title="Replay", title_justify="left", show_header=False)
        start = self.state.t_first_unix_s
        rows = (
            ("from", utc(start)),
            ("to", utc(self.t_last)),
            ("bytes", f"{counts.n_bytes:,}"),
            ("sentences", f"{counts.n_sentences:,}"),
            ("messages", f"{counts.n_messages:,}"),
            ("positions", f"{counts.n_positions:,}, of which {counts.n_late_dropped:,} too late to place"),
            ("vessels", f"{len(self.state.met or ()):,}"),
            ("ticks", f"{counts.n_ticks:,}"),
            ("incidents", f"{len(self.incidents):,}"),
        )
        for name, value in rows:
            table.add_row(name, value)
        console.print(table)
        self._show_alerts(console)
        refused = [(r, n) for r, n in counts.sentences_by_reason if n and r not in ("decoded", "joined", "carrier")]
        if refused:
            console.print("Not decoded: " + ", ".join(f"{n:,} {reason.replace('_', ' ')}" for reason, n in refused))
        speed = (self.t_last - start) / max(wall_s, 1e-9)
        sys.stderr.write(
            f"{wall_s:.1f} s ({cpu_s:.1f} s CPU), {speed:,.0f} times as fast as it happened, "
            f"{counts.n_sentences / max(cpu_s, 1e-9):,.0f} sentences a second of CPU\n"
        )

    def _show_alerts(self, console: object) -> None:
        from rich.console import Console
        from rich.table import Table

        assert isinstance(console, Console)
        if not self.opened:
            console.print("No alerts.")
            return
        table = Table(title="Alerts", title_justify="left")
        for column in ("rule", "priority", "opened", "updated", "escalated", "cleared", "retracted"):
            table.add_column(column, justify="left" if column in ("rule", "priority") else "right")
        for (rule, priority), n in sorted(self.opened.items()):
            others = [str(self.steps[rule, e]) for e in ("updated", "escalated", "cleared", "retracted")]
            table.add_row(rule, priority, str(n), *others)
        console.print(table)


def utc(t_unix_s: float) -> str:
    """ISO 8601 to the second."""
    return datetime.fromtimestamp(t_unix_s, UTC).strftime("%Y-%m-%d %H:%M:%S UTC") if t_unix_s == t_unix_s else "-"


def replay_shown(args: argparse.Namespace, settings: "Config") -> int:
    """At a speed that people can follow, on the live map."""
    from monitor.feeds import played
    from monitor.show import Show, run_show

    names = played.source_names(args.files)
    chunks = played.play_files(
        args.files, leading_time_zone=args.time_zone, t_from_unix_s=args.t_from, t_to_unix_s=args.t_to
    )
    show = Show(
        chunks=chunks,
        speed=args.speed,
        time_zones=dict.fromkeys(names, args.time_zone),
        title=f"Replay of {', '.join(path.name for path in args.files)}",
        port=8080 if args.port is None else args.port,
        warm_up_s=0.0,
        alerts=args.alerts,
        formats=played.formats_of(names),
    )
    return run_show(show, settings)
