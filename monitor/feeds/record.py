"""The recorder: what came in, with its time, as files that anybody's tools can read.

    var/recordings/dover-1/20261123T080000Z.nmea.zst      one folder a feed, one file a period
    \\s:dover-1,c:1763884800.123*5C\\!AIVDM,1,1,,A,...     a line as received, behind a TAG block (IEC 61162-1)

A line that brings its own time keeps it and gets nothing from us: a replay must see what the monitor saw. Files are
rotated by time and size, compressed as they are written, and flushed often: after a power cut a file is readable up to
its last flush. The recorder hangs beside the pipeline on a bounded queue; what it cannot write is counted and shown,
never waited for.
"""

import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import structlog
import zstandard

from decoders.ais.sentence import tag_block
from monitor.feeds.chunk import Chunk

LOG = structlog.get_logger("recorder")


@dataclass(slots=True)
class Tape:
    """One feed's open file."""

    t_start_unix_s: float
    path: Path
    disk: BinaryIO
    writer: BinaryIO
    n_bytes: int = 0


@dataclass(slots=True)
class Recorder:
    """Writes chunks to rotating files below `folder`. All methods are called from one thread."""

    folder: Path
    rotate_s: float
    rotate_bytes: int
    keep_days: float  # older files are deleted; 0 keeps them for ever
    level: int = 3  # of zstandard; 0 writes plain text
    tapes: dict[str, Tape] = field(default_factory=dict)
    tails: dict[str, bytes] = field(default_factory=dict)
    n_lost_bytes: int = 0
    fault: str = ""

    def write(self, chunk: Chunk) -> None:
        """Record one chunk; an unfinished last line waits for its rest."""
        data = self.tails.pop(chunk.source, b"") + chunk.data
        end = data.rfind(b"\n") + 1
        if end < len(data):
            self.tails[chunk.source] = data[end:]
        if end:
            self._write_lines(chunk.source, chunk.t_unix_s, data[:end])

    def _write_lines(self, source: str, t_unix_s: float, lines: bytes) -> None:
        stamped = stamp(lines, tag_block(source, t_unix_s))
        try:
            tape = self._tape(source, t_unix_s)
            tape.writer.write(stamped)
            tape.n_bytes += len(stamped)
            self._say("")
        except OSError as error:
            self.n_lost_bytes += len(lines)
            self.tapes.pop(source, None)
            self._say(str(error))

    def _say(self, fault: str) -> None:
        if fault != self.fault:
            self.fault = fault
            LOG.warning("recorder", fault=fault or "recording again", n_lost_bytes=self.n_lost_bytes)

    def _tape(self, source: str, t_unix_s: float) -> Tape:
        tape = self.tapes.get(source)
        if tape and (t_unix_s - tape.t_start_unix_s >= self.rotate_s or tape.n_bytes >= self.rotate_bytes):
            self._close(tape)
            tape = None
        if tape is None:
            tape = self.tapes[source] = self._open(source, t_unix_s)
            self._prune(t_unix_s)
        return tape

    def _open(self, source: str, t_unix_s: float) -> Tape:
        folder = self.folder / source
        folder.mkdir(parents=True, exist_ok=True)
        stem = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(t_unix_s))
        path = folder / f"{stem}.nmea{'.zst' if self.level else ''}"
        disk = path.open("ab")  # a second frame behind the first is still one readable file
        writer: BinaryIO = disk
        if self.level:
            writer = zstandard.ZstdCompressor(self.level).stream_writer(disk, closefd=False)
        return Tape(t_unix_s, path, disk, writer)

    def flush(self) -> None:
        """Push everything written so far to the disk."""
        for source, tape in list(self.tapes.items()):
            try:
                if isinstance(tape.writer, zstandard.ZstdCompressionWriter):
                    tape.writer.flush(zstandard.FLUSH_FRAME)
                tape.disk.flush()
            except OSError as error:
                self.tapes.pop(source)
                self._say(str(error))

    def close(self) -> None:
        """Finish all files."""
        for source, tape in self.tapes.items():
            try:
                if source in self.tails:
                    tape.writer.write(self.tails[source] + b"\n")
                self._close(tape)
            except OSError as error:
                self._say(str(error))
        self.tails.clear()
        self.tapes.clear()

    def _close(self, tape: Tape) -> None:
        if tape.writer is not tape.disk:
            tape.writer.close()
        tape.disk.close()

    def _prune(self, now_unix_s: float) -> None:
        if not self.keep_days:
            return
        limit = now_unix_s - self.keep_days * 86_400
        for path in self.folder.glob("*/*.nmea*"):
            if path.stat().st_mtime < limit:
                path.unlink()
                LOG.info("recorder", deleted=path.name, reason=f"older than {self.keep_days:g} days")


def stamp(lines: bytes, tag: bytes) -> bytes:
    """Put the TAG block before every line that has no time of its own.

    Lines that start with a TAG block or with a digit (a leading time) are left as they are.
    """
    out = []
    for line in lines.splitlines(keepends=True):
        has_own_time = line[:1] == b"\\" or line[:1].isdigit()
        out.append(line if has_own_time or not line.strip() else tag + line)
    return b"".join(out)
