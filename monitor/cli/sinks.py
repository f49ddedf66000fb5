"""`straitwatch sinks ...`: what waits for each sink, what it refused and what it lost."""

import argparse
import sys
from typing import TYPE_CHECKING

from monitor.cli.store_file import UsageFault, add_options, opened

if TYPE_CHECKING:
    from rich.console import Console

    from alerts.outbox import Outbox

MOST = 50  # refused items that are shown


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "sinks",
        help="where alerts are sent: what waits, what was refused, what was lost",
        description="How each sink of the outbox stands. What was refused lies in quarantine with the words of whoever "
        "refused it, and the monitor tells of it until somebody has looked and says so with `clear`.",
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    add_options(verbs.add_parser("list", help="a line for each sink", description="A line for each sink."))
    for name, text in (
        ("show", "what a sink refused, and in which words"),
        ("clear", "you have looked: tell no more of what was refused and lost"),
    ):
        verb = verbs.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
        add_options(verb)
        verb.add_argument("name", metavar="NAME", help="as in the configuration")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from rich.console import Console

    console = Console(highlight=False)
    try:
        with opened(args) as store:
            return work(store.outbox, args, console)
    except UsageFault as fault:
        sys.stderr.write(f"straitwatch sinks: {fault}\n")
        return fault.code


def work(outbox: "Outbox", args: argparse.Namespace, console: "Console") -> int:
    """Do one verb."""
    names = outbox.names()
    if args.verb == "list":
        return show_list(outbox, names, console)
    if args.name not in names:
        raise UsageFault(f"no sink {args.name} is known; there is {', '.join(names) or 'none'}", 1)
    if args.verb == "clear":
        n_refused, n_lost = outbox.clear(args.name)
        console.print(f"{args.name}: {n_refused} refused and {n_lost} lost items are told no more")
        return 0
    return show(outbox, args.name, console)


def show_list(outbox: "Outbox", names: list[str], console: "Console") -> int:
    from rich.table import Table

    table = Table("sink", "waiting", "MB", "refused", "lost", box=None)
    for name in names:
        n_waiting, n_bytes = outbox.size(name)
        lost = sum(loss.n for loss in outbox.losses(name))
        row = (name, str(n_waiting), f"{n_bytes / 1e6:.1f}", str(len(outbox.quarantined(name))), str(lost))
        table.add_row(*row)
    console.print(table if names else "no sink has taken anything yet")
    return 0


def show(outbox: "Outbox", name: str, console: "Console") -> int:
    from alerts import words

    for loss in outbox.losses(name):
        first, last = words.utc(loss.t_first_unix_s), words.utc(loss.t_last_unix_s)
        console.print(f"lost: {loss.n} of kind {loss.kind.value}, from {first} to {last}")
    refused = outbox.quarantined(name)
    for one in refused[-MOST:]:
        console.print(f"refused at {words.utc(one.t_refused_unix_s)}: {one.item_id}: {one.words}", soft_wrap=True)
    if len(refused) > MOST:
        console.print(f"and {len(refused) - MOST} before them")
    return 0
