"""The recorder: what came in, with its time, as files that anybody's tools can read.

    var/recordings/dover-1/20261123T080000Z.nmea.zst      one folder a feed, one file a period
    \\s:dover-1,c:1763884800.123*5C\\!AIVDM,1,1,,A,...     a line as received, behind a TAG block (IEC 61162-1)
    var/recordings/radar-1/20261123T080000Z.pcap.zst      datagrams of ASTERIX, as a capture that Wireshark reads
    var/recordings/vts/20261123T080000Z.ivef.zst          IVEF documents as received; their own times stand in them

A line that brings its own time keeps it and gets nothing from us: a replay must see what the monitor saw. Files are
rotated by time and size, compressed as they are written, and flushed often: after a power cut a file is readable up to
its last flush. The recorder hangs beside the pipeline on a bounded queue; what it cannot write is counted and shown,
never waited for.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import structlog
import zstandard

from decoders import pcap_write
from decoders.ais.sentence import tag_block
from decoders.radar.ivef import documents
from monitor.feeds.chunk import Chunk

LOG = structlog.get_logger("recorder")
ENDINGS = {"nmea": ".nmea", "asterix": ".pcap", "ivef": ".ivef"}
MAX_TAIL_BYTES = 1 << 20  # what does not end within this is written as it is


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
    formats: Mapping[str, str] = field(default_factory=dict)  # feed -> format of its bytes, where it is not "nmea"
    tapes: dict[str, Tape] = field(default_factory=dict)
    tails: dict[str, bytes] = field(default_factory=dict)
    n_lost_bytes: int = 0
    fault: str = ""

    def write(self, chunk: Chunk) -> None:
        """Record one chunk; an unfinished last line or document waits for its rest, records of a capture are whole."""
        form = self.formats.get(chunk.source, "nmea")
        if form == "asterix":
            records = chunk.data.removeprefix(pcap_write.header())
            self._append(chunk.source, chunk.t_unix_s, records, len(records))
            return
        data = self.tails.pop(chunk.source, b"") + chunk.data
        end = data.rfind(b"\n") + 1 if form == "nmea" else len(data) - len(documents(b"", data)[1])
        if len(data) - end > MAX_TAIL_BYTES:
            end = len(data)
        if end < len(data):
            self.tails[chunk.source] = data[end:]
        whole = data[:end]
        stamped = stamp(whole, tag_block(chunk.source, chunk.t_unix_s)) if form == "nmea" else whole
        self._append(chunk.source, chunk.t_unix_s, stamped, len(whole))

    def _append(self, source: str, t_unix_s: float, data: bytes, n_received: int) -> None:
        if not data:
            return
        try:
            tape = self._tape(source, t_unix_s)
            tape.writer.write(data)
            tape.n_bytes += len(data)
            self._say("")
        except OSError as error:
            self.n_lost_bytes += n_received
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
        form = self.formats.get(source, "nmea")
        path = folder / f"{stem}{ENDINGS[form]}{'.zst' if self.level else ''}"
        disk = path.open("ab")  # a second frame behind the first is still one readable file
        writer: BinaryIO = disk
        if self.level:
            writer = zstandard.ZstdCompressor(self.level).stream_writer(disk, closefd=False)
        if form == "asterix" and not disk.tell():
            writer.write(pcap_write.header())
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
                    is_lines = self.formats.get(source, "nmea") == "nmea"
                    tape.writer.write(self.tails[source] + (b"\n" if is_lines else b""))
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
        for path in self.folder.glob("*/*"):
            if any(ending in path.name for ending in ENDINGS.values()) and path.stat().st_mtime < limit:
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
