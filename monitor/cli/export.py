"""`straitwatch export incidents|tracks`: what the store holds, as GeoJSON or CSV for partners."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from monitor.cli.replay import instant
from monitor.cli.store_file import UsageFault, add_options, opened

if TYPE_CHECKING:
    from alerts.store import Store


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "export",
        help="incidents and tracks as GeoJSON or CSV, for partners",
        description="Write what the store holds, for people and systems elsewhere. No person is named unless you ask "
        "for it; replays and drills are marked (is_exercise).",
    )
    tables = parser.add_subparsers(dest="table", metavar="WHAT", required=True)
    incidents = _table(
        tables,
        "incidents",
        "every incident with its alerts, reasons and path",
        "Every incident, closed ones too: state, priority, reason, place and, of a vessel, the path, made of the "
        "positions that its alerts were told with. --from and --to choose incidents that were in work between them.",
    )
    incidents.add_argument(
        "--with-persons",
        action="store_true",
        help="also who acknowledged it, and the notes with who wrote them; people may be named there",
    )
    _table(
        tables,
        "tracks",
        "positions of the vessels of open incidents",
        "Where the vessels of open incidents were, as their alerts told it. This is no full track: a position is there "
        "for each time an alert was raised or told anew, at the time of the telling, and of a vessel that is not heard "
        "or seen any more it is the last known place. Every fix is in the recordings (`straitwatch decode`).",
    )
    parser.set_defaults(run=run)


def _table(
    tables: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str, description: str
) -> argparse.ArgumentParser:
    parser = tables.add_parser(name, help=text, description=description)
    add_options(parser)
    parser.add_argument("--format", choices=("geojson", "csv"), default="geojson", help="default geojson")
    parser.add_argument("--from", dest="t_from", type=instant, default=float("-inf"), metavar="T", help="ISO 8601, UTC")
    parser.add_argument("--to", dest="t_to", type=instant, default=float("inf"), metavar="T")
    parser.add_argument("-o", "--out", type=Path, metavar="FILE", help="default: standard output")
    return parser


def run(args: argparse.Namespace) -> int:
    try:
        with opened(args) as store:
            body = exported(store, args)
    except UsageFault as fault:
        sys.stderr.write(f"straitwatch export: {fault}\n")
        return fault.code
    if args.out is None:
        sys.stdout.buffer.write(body)
        sys.stdout.buffer.flush()
        return 0
    from alerts.in_place import put_in_place

    try:
        put_in_place(args.out, lambda file: file.write(body))
    except OSError as error:
        sys.stderr.write(f"straitwatch export: {args.out} cannot be written: {error}\n")
        return 2
    return 0


def exported(store: "Store", args: argparse.Namespace) -> bytes:
    """What was asked for, as bytes."""
    from alerts import export

    is_tracks = args.table == "tracks"
    told = [
        export.Told(one, export.path_of(one, (step.transition for step in store.transitions(one.incident_id))))
        for one in store.incidents(with_closed=not is_tracks)
        if is_tracks or export.was_in_work(one, args.t_from, args.t_to)
    ]
    told.sort(key=lambda one: one.incident.incident_id)
    if is_tracks:
        told = [export.cut(one, args.t_from, args.t_to) for one in told]
        return export.tracks_csv(told) if args.format == "csv" else export.tracks_geojson(told)
    write = export.incidents_csv if args.format == "csv" else export.incidents_geojson
    return write(told, with_persons=args.with_persons)
