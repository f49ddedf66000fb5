"""From the bytes of feeds to batches for the broker: whole lines with their time, or datagrams as small captures.

    chunks of all feeds ──cut at line ends, TAG block where there is no time──> lines ──at most n──> Batch "nmea"
    records of captures ─────────────────────────────────────────────────────────────at most n──> Batch "asterix"

A TAG block names the feed and says when the gateway received the line, so neither the way nor a night in the spool
changes what the core makes of it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from decoders import pcap_write
from decoders.ais.sentence import tag_block
from monitor.feeds.chunk import Chunk
from monitor.feeds.record import stamp
from monitor.gateway.spool import Batch

NMEA, ASTERIX = "nmea", "asterix"
MAX_TAIL_BYTES = 1 << 16  # of a line without an end: a receiver at the wrong baud rate never sends one


@dataclass(slots=True)
class Packer:
    """Holds each feed's unfinished line."""

    formats: Mapping[str, str]  # feed -> its kind
    most: int  # sentences or datagrams in a batch
    _tails: dict[str, bytes] = field(default_factory=dict)

    def pack(self, chunks: Iterable[Chunk]) -> list[Batch]:
        """Everything that is whole, in the order in which it came."""
        pieces: dict[str, list[bytes]] = {}
        t_first: dict[str, float] = {}
        for chunk in chunks:
            kind = self.formats[chunk.source]
            found = self._lines(chunk) if kind == NMEA else _records(chunk.data)
            if found:
                pieces.setdefault(kind, []).extend(found)
                t_first.setdefault(kind, chunk.t_unix_s)
        return [
            Batch(kind, t_first[kind], _body(kind, found[i : i + self.most]))
            for kind, found in pieces.items()
            for i in range(0, len(found), self.most)
        ]

    def _lines(self, chunk: Chunk) -> list[bytes]:
        data = self._tails.pop(chunk.source, b"") + chunk.data
        end = data.rfind(b"\n") + 1
        if len(data) - end > MAX_TAIL_BYTES:
            data, end = data + b"\n", len(data) + 1
        if end < len(data):
            self._tails[chunk.source] = data[end:]
        lines = stamp(data[:end], tag_block(chunk.source, chunk.t_unix_s)).splitlines(keepends=True)
        return [line for line in lines if line.strip()]


def _records(data: bytes) -> list[bytes]:
    """Each datagram comes as a chunk of its own, the stream's header before them all."""
    record = data.removeprefix(pcap_write.header())
    return [record] if record else []


def _body(kind: str, pieces: list[bytes]) -> bytes:
    return b"".join(pieces) if kind == NMEA else pcap_write.header() + b"".join(pieces)
