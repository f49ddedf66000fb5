"""`straitwatch incidents ...`: the operator's verbs, from a terminal.

Reads the store that the running service writes, and hands commands in through its inbox; the service applies them on
its next tick and records who did what. Without a running service a command waits in the store, and the answer says so.
"""

import argparse
import getpass
import sys
import time
import uuid
from typing import TYPE_CHECKING

from monitor.cli.store_file import UsageFault, add_options, opened

if TYPE_CHECKING:
    from rich.console import Console

    from alerts.incident import Incident
    from alerts.store import Store

WAIT_S = 3.0  # a running service applies a command on its next tick of one second
POLL_S = 0.05
COLOURS = {"EMERGENCY": "bold white on red", "ALARM": "bold red", "WARNING": "yellow", "CAUTION": "cyan"}


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "incidents",
        help="list, show, acknowledge, shelve, note, close incidents",
        description="Work on the incidents of a running service, or read those of a store. ID is what the list shows: "
        "20261123-014, or just 14 for the newest incident of that number.",
    )
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    listing = _verb(verbs, "list", "incidents in work, the most urgent first")
    listing.add_argument("--all", action="store_true", help="closed ones too")
    listing.add_argument("--json", action="store_true", help="one JSON object a line")
    _verb(verbs, "show", "everything known about one incident", has_id=True)
    _text(_verb(verbs, "ack", "acknowledge: you have it", has_id=True), "--note", is_required=False)
    shelve = _verb(verbs, "shelve", "silence for a while; it stays in the list", has_id=True)
    shelve.add_argument("--minutes", type=float, required=True, help="how long")
    _text(shelve, "--note", is_required=False)
    _verb(verbs, "unshelve", "take off the shelf", has_id=True)
    _verb(verbs, "note", "write a note", has_id=True).add_argument("text", help="the note")
    _text(_verb(verbs, "close", "close, with a reason", has_id=True), "--reason", is_required=True)
    _verb(verbs, "verify", "check that the audit record is whole")
    parser.set_defaults(run=run)


def _verb(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str, *, has_id: bool = False
) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=text, description=text[0].upper() + text[1:] + ".")
    add_options(parser)
    if has_id:
        parser.add_argument("id", metavar="ID", help="20261123-014, or 14")
        parser.add_argument("--as", dest="who", metavar="NAME", help="who does it (default: your login)")
    return parser


def _text(parser: argparse.ArgumentParser, name: str, *, is_required: bool) -> None:
    parser.add_argument(name, dest="text", default="", required=is_required, help="in your words; goes on record")


def run(args: argparse.Namespace) -> int:
    from rich.console import Console

    try:
        with opened(args) as store:
            return work(store, args, Console(highlight=False))
    except UsageFault as fault:
        sys.stderr.write(f"straitwatch incidents: {fault}\n")
        return fault.code


def work(store: "Store", args: argparse.Namespace, console: "Console") -> int:
    """Do one verb."""
    if args.verb == "list":
        return show_list(store, console, with_closed=args.all, as_json=args.json)
    if args.verb == "verify":
        verdict = store.verify()
        console.print(f"{verdict.n_lines} lines: {verdict.fault or 'whole'}", soft_wrap=True)
        return 0 if verdict.is_whole else 1
    incident = find(store, args.id)
    if args.verb == "show":
        return show(store, incident, console)
    return act(store, incident, args, console)


def find(store: "Store", given: str) -> "Incident":
    """The incident that ID means: a whole id, or the newest with that number, one in work before a closed one."""
    from alerts.incident import IncidentState

    found = store.incident(given)
    if found is None and given.isdecimal():
        same = [incident for incident in store.incidents(with_closed=True) if incident.number == int(given)]
        order = [(incident.state is not IncidentState.CLOSED, incident.incident_id) for incident in same]
        found = same[order.index(max(order))] if same else None
    if found is None:
        raise UsageFault(f"there is no incident {given}", 1)
    return found


def act(store: "Store", incident: "Incident", args: argparse.Namespace, console: "Console") -> int:
    """Hand a command in and say what became of it."""
    from alerts.incident import Command, Verb

    command = Command(
        command_id=uuid.uuid4().hex,
        t_unix_s=time.time(),
        who=args.who or getpass.getuser(),
        verb=Verb(args.verb),
        incident_id=incident.incident_id,
        text=getattr(args, "text", ""),
        duration_s=60.0 * getattr(args, "minutes", 0.0),
    )
    seen = max((line.seq for line in store.audit(incident.incident_id)), default=0)
    store.submit(command)
    deadline = time.monotonic() + WAIT_S
    while not store.is_applied(command.command_id):
        if time.monotonic() > deadline:
            console.print("Handed in. No service has taken it yet: it will when it runs.", soft_wrap=True)
            return 0
        time.sleep(POLL_S)
    for line in store.audit(incident.incident_id):
        if line.seq > seen and line.entry.who == command.who and line.entry.what.startswith(command.verb.value):
            done = not line.entry.what.endswith("refused")
            console.print(f"{line.entry.what}: {line.entry.text or incident.title}", soft_wrap=True, markup=False)
            return 0 if done else 1
    console.print("Done.")
    return 0


def show_list(store: "Store", console: "Console", *, with_closed: bool, as_json: bool) -> int:
    import msgspec
    from rich.table import Table
    from rich.text import Text

    found = store.incidents(with_closed=with_closed)
    if as_json:
        for incident in found:
            row = msgspec.to_builtins(incident) | {"priority": incident.priority.name.lower()}
            row["alerts"] = [
                {**alert, "priority": given.priority.name.lower(), "evidence": dict(given.evidence)}
                for alert, given in zip(row["alerts"], incident.alerts, strict=True)
            ]
            sys.stdout.write(msgspec.json.encode(row).decode() + "\n")
        return 0
    if not found:
        console.print("No incidents in work." if not with_closed else "No incidents.")
        return 0
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("ID", "PRIORITY", "STATE", "SINCE (UTC)", "WHO", "WHAT"):
        table.add_column(heading, no_wrap=heading != "WHAT")
    for incident in found:
        priority = Text(incident.priority.name.lower(), style=COLOURS[incident.priority.name])
        exercise = "EXERCISE: " if incident.is_exercise else ""
        table.add_row(
            incident.incident_id,
            priority,
            incident.state.value,
            utc(incident.t_opened_unix_s),
            incident.owner or "-",
            Text(exercise + incident.title),
        )
    console.print(table)
    return 0


def show(store: "Store", incident: "Incident", console: "Console") -> int:
    """One incident: what it is, its alerts, notes and record."""
    from alerts.words import place

    def line(text: str, style: str = "") -> None:
        console.print(text, style=style, markup=False, soft_wrap=True)

    line(f"{incident.incident_id}  {incident.title}", "bold")
    line(f"{incident.priority.name.lower()}, {incident.state.value}{', exercise' if incident.is_exercise else ''}")
    line(f"{incident.reason}")
    line(f"Position {place(incident.lat_deg, incident.lon_deg)} at {utc(incident.t_position_unix_s)} UTC")
    line(f"Opened {utc(incident.t_opened_unix_s)} UTC; has it: {incident.owner or 'nobody yet'}")
    line("\nAlerts", "bold")
    for alert in incident.alerts:
        state = "open" if alert.is_open else "retracted" if alert.is_retracted else "ended"
        line(f"{utc(alert.t_opened_unix_s)}  {alert.rule}, {alert.priority.name.lower()}, {state}: {alert.reason}")
        figures = ", ".join(f"{name} {value}" for name, value in alert.evidence if value is not None)
        line(f"  {figures}", "dim")
    line("\nNotes", "bold")
    for note in incident.notes:
        line(f"{utc(note.t_unix_s)}  {note.who}: {note.text}")
    line("\nRecord", "bold")
    for entry in (stored.entry for stored in store.audit(incident.incident_id)):
        line(f"{utc(entry.t_unix_s)}  {entry.who}: {entry.what} {entry.text}".rstrip())
    return 0


def utc(t_unix_s: float) -> str:
    """23 Nov 10:01:02; - where there is no time."""
    return "-" if t_unix_s != t_unix_s else time.strftime("%d %b %H:%M:%S", time.gmtime(t_unix_s))
