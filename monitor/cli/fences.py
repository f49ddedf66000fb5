"""`straitwatch fences check|match`: is a chart sound; which fences hold each position or are met by each leg."""

import argparse
import csv
import io
import re
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TextIO

if TYPE_CHECKING:
    from geofences.columns import Column
    from geofences.fenceset import FenceSet
    from geofences.swapped import Box

POINT_COLUMNS = ("lat_deg", "lon_deg")
LEG_COLUMNS = ("lat1_deg", "lon1_deg", "lat2_deg", "lon2_deg")
ROWS_AT_A_TIME = 65_536
# As every tool writes one: Python alone would read 5_0.97, infinity and the digits of other scripts too
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
MOST_NAMED = 5  # fences, in a warning
MOST_TOLD = 20  # bad rows; a file with the wrong columns has millions


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("fences", help="check a chart; match positions or legs against it")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    text = "Tell every fault of charts at once: the fence, the vertex and its position, what is wrong, what to do."
    check = verbs.add_parser("check", help="every fault of charts at once", description=text)
    check.add_argument("files", nargs="+", type=Path, metavar="FILE", help="GeoJSON")
    text = "GeoJSON, default the shipped one; fences that would lie beside it if their axes were swapped are warned of"
    check.add_argument("--land", type=Path, metavar="FILE", help=text)
    check.set_defaults(run=lambda args: written(run_check, args))
    match = verbs.add_parser(
        "match",
        help="which fences hold each position, or are met by each leg",
        description="Read positions (columns lat_deg, lon_deg) or legs (lat1_deg, lon1_deg, lat2_deg, lon2_deg) and "
        "write a row for each fence that holds the position (row,fence_id) or that the leg entered, left, crossed or "
        "touched (row,fence_id,event,fraction; of an area crossed, the fraction where it was entered). Rows count from "
        "0 after the header. A row without a position is nowhere; one that cannot be read is told and left out. "
        "Hours and vessel filters of fences are not looked at, for rows have neither time nor vessel, nor are the side "
        "and angle that a line asks for.",
    )
    match.add_argument("fences", type=Path, metavar="FENCES", help="GeoJSON")
    match.add_argument("points", metavar="POINTS.csv", help="CSV with a header, other columns allowed; - reads stdin")
    match.add_argument("--legs", action="store_true", help="rows are legs")
    match.set_defaults(run=lambda args: written(run_match, args))


def complain(message: str, code: int) -> int:
    sys.stderr.write(f"straitwatch fences: {message}\n")
    return code


def written(run: Callable[[argparse.Namespace], int], args: argparse.Namespace) -> int:
    """What a verb returns once all that it wrote is out: a full disk may show only then."""
    try:
        code = run(args)
        sys.stdout.flush()
        return code
    except BrokenPipeError:  # whoever read it has read enough
        raise
    except OSError as error:
        with suppress(OSError):  # or the end of the program would try the same once more
            sys.stdout.close()
        return complain(f"standard output: {error.strerror}", 2)


# ---- check ----


def run_check(args: argparse.Namespace) -> int:
    told: list[str] = []
    try:
        box = land_box(args.land, told)
        for path in args.files:
            fences, faults = load([path])
            if fences is not None:
                sys.stdout.write(f"{path}: no faults; {summary(fences)}\n")
                sys.stderr.writelines(f"{path}: warning: {text}\n" for text in swapped(fences, box))
            sys.stderr.writelines(f"{path}: {fault}\n" for fault in faults)
            told += faults
        if len(args.files) > 1:  # an id may stand in two of them
            _, faults = load(args.files)
            # features without a name are counted through all files: what is wrong with them has been told
            more = [fault for fault in faults if fault not in told and not fault.startswith("feature ")]
            sys.stderr.writelines(f"together: {fault}\n" for fault in more)
            told += more
    except _CannotOpen as error:
        return complain(str(error), 2)
    if told:
        sys.stderr.write(f"{len(told)} fault{'s' if len(told) > 1 else ''}\n")
    return 1 if told else 0


class _CannotOpen(Exception):
    """A file is not there or not for us."""


def load(paths: list[Path]) -> "tuple[FenceSet | None, list[str]]":
    """The fences of files, or None and their faults. Raises _CannotOpen."""
    from geofences import geojson

    try:
        return geojson.load(paths), []
    except geojson.FenceFaults as error:
        return None, [str(fault) for fault in error.faults]
    except OSError as error:
        raise _CannotOpen(str(error)) from error


def land_box(path: Path | None, told: list[str]) -> "Box | None":
    """Where land lies, the shipped one by default; None of faulty land, whose faults are told. Raises _CannotOpen."""
    from geofences import land
    from monitor.assembly import shipped

    path = path or shipped("land.geojson")
    try:
        faults, box = land.read(path.read_bytes(), path.name)
    except OSError as error:
        raise _CannotOpen(str(error)) from error
    sys.stderr.writelines(f"{path}: {fault}\n" for fault in faults)
    told += map(str, faults)
    return box


def swapped(fences: "FenceSet", box: "Box | None") -> list[str]:
    """A warning where fences would lie beside the land if they were swapped. No fault: another sea may lie there."""
    from geofences.swapped import would_lie_beside

    found = [fences.fence_id[i] for i in would_lie_beside(fences, box)] if box else []
    if not box or not found:
        return []
    west, south, east, north = box
    named = ", ".join(found[:MOST_NAMED]) + (", ..." if len(found) > MOST_NAMED else "")
    return [
        f"{len(found)} of {len(fences)} ({named}) would lie beside the land (lat {south:.1f} to {north:.1f}, "
        f"lon {west:.1f} to {east:.1f}) if latitude and longitude were swapped; if they are, write [lon, lat]"
    ]


def summary(fences: "FenceSet") -> str:
    """How many of what, and where: a chart that is wholly shifted is seen here or nowhere."""
    kinds = ", ".join(f"{fences.kind.count(kind)} {kind}" for kind in sorted(set(fences.kind)))
    edges = fences.edges
    west, east = min(edges.xa.min(), edges.xb.min()), max(edges.xa.max(), edges.xb.max())
    return (
        f"{len(fences)} fence{'s' if len(fences) > 1 else ''} ({kinds}), "
        f"lat {edges.ya.min():.4f} to {edges.yb.max():.4f}, lon {west:.4f} to {east:.4f}"
    )


# ---- match ----


def run_match(args: argparse.Namespace) -> int:
    from monitor.cli.progress import byte_bar

    try:
        fences, faults = load([args.fences])
    except _CannotOpen as error:
        return complain(str(error), 2)
    if fences is None:
        sys.stderr.writelines(f"{args.fences}: {fault}\n" for fault in faults)
        return 1
    names = LEG_COLUMNS if args.legs else POINT_COLUMNS
    out = csv.writer(sys.stdout, lineterminator="\n")
    with ExitStack() as stack:
        try:
            is_stdin = args.points == "-"
            source: BinaryIO = sys.stdin.buffer if is_stdin else stack.enter_context(Path(args.points).open("rb"))
            # a byte-order mark is left out; what is no UTF-8 becomes a cell that cannot be read
            text = io.TextIOWrapper(source, encoding="utf-8-sig", errors="replace", newline="")
            stack.callback(text.detach)
            bar = stack.enter_context(byte_bar("match", [] if is_stdin else [Path(args.points)]))
            table = _Table(text, names)
        except (OSError, _CannotRead) as error:
            return complain(str(error), 2)
        out.writerow(("row", "fence_id", "event", "fraction") if args.legs else ("row", "fence_id"))
        rows_of = leg_rows if args.legs else point_rows
        try:
            for first_row, columns in table:
                out.writerows(rows_of(fences, first_row, columns))
                if not is_stdin:
                    bar.at(source.tell())
        except _CannotRead as error:
            return complain(f"{args.points}: {error}", 2)
    if table.n_bad > MOST_TOLD:
        sys.stderr.write(f"{table.n_bad - MOST_TOLD} more rows were left out\n")
    return 1 if table.n_bad else 0


def point_rows(fences: "FenceSet", first_row: int, columns: "Sequence[Column]") -> Iterator[tuple[object, ...]]:
    """(row, fence id), sorted by row and by the order of the chart."""
    from geofences.inside import match_positions

    row, fence = match_positions(fences, *columns)
    for at, which in zip((row + first_row).tolist(), fence.tolist(), strict=True):
        yield at, fences.fence_id[which]


def leg_rows(fences: "FenceSet", first_row: int, columns: "Sequence[Column]") -> Iterator[tuple[object, ...]]:
    """(row, fence id, event, fraction), sorted by row, fraction and the order of the chart."""
    from geofences.crossing import match_legs
    from geofences.events import Event

    found = match_legs(fences, *columns)
    words = {event.value: event.name.lower() for event in Event}
    told = (found.row + first_row, found.fence, found.event, found.fraction)
    for row, fence, event, fraction in zip(*(column.tolist() for column in told), strict=True):
        yield row, fences.fence_id[fence], words[event], round(fraction, 9)


class _CannotRead(Exception):
    """The header lacks what is needed, a cell has no end, or the disk gives no more."""


class _Table:
    """Columns of a CSV file, some rows at a time; rows that cannot be read are told and count as no position."""

    def __init__(self, source: TextIO, names: tuple[str, ...]) -> None:
        self._reader = csv.reader(source)
        header = [name.strip() for row in self._some(1) for name in row]
        if missing := [name for name in names if name not in header]:
            raise _CannotRead(f"the header {','.join(header)[:200]!r} lacks {', '.join(missing)}")
        self._place = [header.index(name) for name in names]
        self._names = names
        self.n_bad = 0

    def __iter__(self) -> "Iterator[tuple[int, list[Column]]]":
        """(number of the first row, its columns)."""
        import numpy as np

        first_row = 0
        while rows := self._some(ROWS_AT_A_TIME):
            given = np.array([self._numbers(first_row + i, row) for i, row in enumerate(rows)], np.float64)
            yield first_row, list(given.T.copy())
            first_row += len(rows)

    def _some(self, n: int) -> list[list[str]]:
        """The next rows; an empty line is none, as other tools have it."""
        try:
            return list(islice(filter(None, self._reader), n))
        except (csv.Error, OSError) as error:
            raise _CannotRead(str(error)) from error

    def _numbers(self, row: int, cells: list[str]) -> list[float]:
        """One row; NaN throughout where anything of it is missing or bad."""
        nowhere = [float("nan")] * len(self._names)
        numbers = []
        for name, place in zip(self._names, self._place, strict=True):
            text = cells[place].strip() if place < len(cells) else ""
            limit = 90.0 if name.startswith("lat") else 180.0
            if text.lower() not in ("", "nan") and not NUMBER.fullmatch(text):
                return self._refuse(row, f"{name} {text[:40]!r} is no number", nowhere)
            number = float(text or "nan")
            if abs(number) > limit:
                return self._refuse(row, f"{name} {text[:40]} lies outside the world", nowhere)
            numbers.append(number)
        return numbers

    def _refuse(self, row: int, what: str, nowhere: list[float]) -> list[float]:
        self.n_bad += 1
        if self.n_bad <= MOST_TOLD:
            sys.stderr.write(f"row {row}: {what}\n")
        return nowhere
