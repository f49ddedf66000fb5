"""`straitwatch decode FILE...`: what was received, as rows; what was refused, as a table on standard error."""

import argparse
import math
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from rich.console import Console

    from decoders.archive.decoder import ArchiveDecoder
    from decoders.choice import Decoder
    from decoders.columns import Batch
    from decoders.rejects import Ledger, Rejects
    from monitor.cli.progress import Bar
    from monitor.cli.rows import Writer

FORMATS = ("jsonl", "csv", "parquet")


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser(
        "decode",
        help="AIS messages and radar reports of recordings as rows",
        description="Decode recordings: NMEA with or without TAG blocks (AIS; radar TTM, TLL, TTD with the labels of "
        "TLB), ASTERIX in .pcap and .pcapng, .ivef, Danish and MarineCadastre CSV archives; .gz and .zst are read in "
        "place. Rows, in the order of the "
        "stream, go to standard output, an account of every byte to standard error. A radar's row has the keys format, "
        "source, track_no, t_unix_s, lat_deg, lon_deg, range_m, bearing_deg, sog_kn, cog_deg, status and flags; in CSV "
        "and Parquet both kinds share one set of columns.",
    )
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--format", choices=FORMATS, default="jsonl", help="default jsonl; parquet needs -o")
    parser.add_argument("-o", "--out", type=Path, metavar="OUT", help="write rows here instead of to standard output")
    parser.add_argument(
        "--time-zone",
        default="UTC",
        metavar="ZONE",
        help="of local times at the start of lines, e.g. Europe/Paris (default UTC)",
    )
    parser.add_argument("--rejects", type=Path, metavar="FILE", help="write every refused line here, with its reason")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    fault = usage_fault(args)
    if fault:
        return complain(fault)
    from rich.console import Console

    from monitor.cli.progress import byte_bar

    faults: list[str] = []
    ledgers: list[Ledger] = []
    with ExitStack() as stack:
        try:
            writer = open_writer(args.format, args.out, stack)
            rejects_out = stack.enter_context(args.rejects.open("wb")) if args.rejects else None
        except ImportError:
            return complain("parquet needs pyarrow: install straitwatch[archive], or choose --format jsonl or csv")
        except OSError as error:
            return complain(str(error))
        bar = stack.enter_context(byte_bar("decode", args.files))
        n_before = 0
        for path in args.files:
            decoding = Decoding(path, args.time_zone)
            advance = partial(show_progress, bar, n_before, path.name)
            for batch, rejects in decoding.batches(advance):
                write_batch(writer, batch)
                if rejects_out:
                    write_rejects(rejects_out, path, rejects)
            n_before += path.stat().st_size
            faults += decoding.faults
            ledgers += decoding.ledgers
    show_account(ledgers, Console(stderr=True))
    for fault in faults:
        sys.stderr.write(f"straitwatch decode: {fault}\n")
    return 1 if faults else 0


def show_progress(bar: "Bar", n_before: int, name: str, n_read: int) -> None:
    """Move the bar to n_read bytes of the file with this name."""
    bar.at(n_before + n_read, name)


def usage_fault(args: argparse.Namespace) -> str:
    """What is wrong with the arguments; "" if nothing is."""
    from zoneinfo import ZoneInfo

    missing = [str(path) for path in args.files if not path.is_file()]
    if missing:
        return f"no such file: {', '.join(missing)}"
    if args.format == "parquet" and args.out is None:
        return "parquet is no text: name a file with -o"
    try:
        ZoneInfo(args.time_zone)
    except (KeyError, ValueError, OSError):
        return f"no such time zone: {args.time_zone}"
    return ""


def complain(fault: str) -> int:
    """Say what is wrong with the call; the exit code for it."""
    sys.stderr.write(f"straitwatch decode: {fault}\n")
    return 2


def open_writer(form: str, out: Path | None, stack: ExitStack) -> "Writer":
    """The writer for a format. Raises ImportError when Parquet is asked for and pyarrow is not here."""
    from monitor.cli.rows import Csv, JsonLines, Parquet

    writer: Writer
    if form == "parquet":
        assert out is not None
        writer = Parquet(out)
    else:
        stream: BinaryIO = stack.enter_context(out.open("wb")) if out else sys.stdout.buffer
        writer = JsonLines(stream) if form == "jsonl" else Csv(stream)
    stack.callback(writer.close)
    return writer


def write_batch(writer: "Writer", batch: "Batch") -> None:
    """All messages and radar reports of a batch, in order of their lines."""
    from decoders.ais.describe import describe

    if len(batch):
        writer.write(describe(batch), batch.radar, batch.stations)


class Decoding:
    """One file on its way through the decoder that its first line asks for."""

    def __init__(self, path: Path, time_zone: str) -> None:
        self.path = path
        self.faults: list[str] = []
        self.ledgers: list[Ledger] = []
        self._time_zone = time_zone

    def batches(self, advance: Callable[[int], None]) -> "Iterator[tuple[Batch, Rejects]]":
        """Batches and rejects of the whole file; afterwards `faults` and `ledgers` are filled.

        A file that breaks off (a compressed one in the middle) still gives all that stood before the break.
        """
        from monitor.feeds.recording import READ_ERRORS, blocks, read_error

        decoder: Decoder | ArchiveDecoder | None = None
        try:
            for block, n_read in blocks(self.path):
                decoder = decoder or self._choose(block)
                yield decoder.feed(block, math.nan)
                advance(n_read)
        except READ_ERRORS as error:
            self.faults.append(read_error(error, self.path))
        if decoder is not None:
            yield decoder.finish()
            self.ledgers.append(decoder.ledger())

    def _choose(self, block: bytes) -> "Decoder | ArchiveDecoder":
        from decoders.archive.decoder import ArchiveDecoder
        from decoders.archive.formats import find_format
        from decoders.choice import decoder_of
        from monitor.feeds.recording import format_of

        form = format_of(self.path)
        if form != "nmea":
            return decoder_of(form)
        if find_format(block.partition(b"\n")[0]):
            return ArchiveDecoder()
        return decoder_of("nmea", leading_time_zone=self._time_zone, keep_others=True)


def write_rejects(out: BinaryIO, path: Path, rejects: "Rejects") -> None:
    """A comment line with file, line, reason and size, then the refused bytes: lines can be decoded again.

    Bytes of a binary format come as hexadecimal digits.
    """
    from decoders.rejects import Reason
    from monitor.feeds.recording import format_of

    is_text = format_of(path) != "asterix"
    for row in range(len(rejects)):
        reason = Reason(int(rejects.reason[row])).name.lower()
        head = f"# {path}:{int(rejects.line[row])} {reason}, {int(rejects.n_bytes[row])} bytes\n"
        raw = rejects.raw[row] if is_text else rejects.raw[row].hex().encode()
        out.write(head.encode() + raw.strip(b"\r\n") + b"\n")


def show_account(ledgers: "list[Ledger]", console: "Console") -> None:
    """What became of every byte, by reason: used, not ours, refused."""
    from rich.table import Table

    from decoders.account import REFUSED
    from decoders.rejects import Reason

    table = Table("became", "sentences", "bytes", "share of bytes", title="every byte that was read")
    for column in table.columns[1:]:
        column.justify = "right"
    n_bytes = {reason: sum(int(ledger.n_bytes[:, reason].sum()) for ledger in ledgers) for reason in Reason}
    n_sentences = {reason: sum(int(ledger.n_sentences[:, reason].sum()) for ledger in ledgers) for reason in Reason}
    total = sum(n_bytes.values())
    for reason in Reason:
        if n_bytes[reason]:
            label = reason.name.lower().replace("_", " ")
            share = f"{100 * n_bytes[reason] / total:.2f} %"
            style = "red" if reason in REFUSED else None
            table.add_row(label, f"{n_sentences[reason]:,}", f"{n_bytes[reason]:,}", share, style=style)
    table.add_section()
    table.add_row("all", f"{sum(n_sentences.values()):,}", f"{total:,}", "")
    console.print(table)
