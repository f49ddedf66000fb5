"""IVEF 0.2.5, the exchange format of vessel traffic services (IALA V-145): XML documents one behind the other over TCP.

    <MSG_IVEF><Header/><Body><ObjectDatas>
      <ObjectData>
        <TrackData Id SourceName UpdateTime SOG COG TrackStatus Length Width><Pos Lat Long EstAccLat EstAccLong/></...>
        <VesselData><Identifier MMSI Name/></VesselData>
      </ObjectData> ...

Nothing frames a document but its end tag, with whatever prefix the sender gave the name space. Speeds are in m/s here.
Documents that define entities or a document type are refused unread: nobody's feed needs them, and they are how a small
document becomes a gigabyte. A document with a value that cannot be is refused whole, as a block of ASTERIX is.

A row's `line` is the number of its object in the stream; a refused document takes one number. A recording has no time
of reception: the newest UpdateTime of the document stands for it.
"""

import math
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from xml.parsers import expat

import numpy as np

from decoders.account import Account
from decoders.columns import COLUMN_TYPES, Batch, TimeSource, empty, empty_batch, missing
from decoders.pcap import MOST_UNIX_S
from decoders.radar.columns import RadarFlag, RadarFormat, RadarReports, TrackStatus
from decoders.radar.units import KN_PER_M_PER_S
from decoders.rejects import Ledger, Reason, Rejects

MAX_DOCUMENT_BYTES = 4 << 20  # ten thousand objects; more without an end is no document
END = re.compile(rb"</(?:[A-Za-z_][\w.-]*:)?MSG_IVEF\s*>")
START = re.compile(rb"(?:<\?xml[^>]*\?>\s*)?<(?:[A-Za-z_][\w.-]*:)?MSG_IVEF[\s>]")
MAX_END_BYTES = 80  # of an end tag, when it is cut in the middle
STATUS = {"1": TrackStatus.TRACKED, "2": TrackStatus.COASTED, "3": TrackStatus.LOST}
MAX_SPEED_M_PER_S = 3704.0  # 2 NM/s, as in ASTERIX
MMSI_LIMIT = 1_000_000_000
TRACK_NUMBERS = 1 << 31  # Id is any whole number; what does not fit is folded
Row = dict[str, float | int | bytes | str]


class BadDocumentError(Exception):
    """A document that is not used, with its reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.name)
        self.reason = reason


class IvefDecoder:
    """See the module. Not to be called from two threads at once."""

    def __init__(self) -> None:
        self._account = Account()
        self._tail = b""
        self._n_lines = 0

    @property
    def n_lines(self) -> int:
        """Objects read so far, each refused document or stretch of noise counted as one."""
        return self._n_lines

    def feed(self, data: bytes, t_unix_s: float) -> tuple[Batch, Rejects]:
        """Decode the documents that have become whole. `t_unix_s` is the arrival of these bytes; NaN: a recording."""
        stretches, self._tail = documents(self._tail, data)
        rows: list[Row] = []
        for stretch in stretches:
            rows += self._document(stretch, t_unix_s)
        if len(self._tail) > MAX_DOCUMENT_BYTES:
            self._refuse(Reason.TOO_LONG, self._tail, t_unix_s)
            self._tail = b""
        return self._batch(rows), self._account.take_rejects()

    def finish(self) -> tuple[Batch, Rejects]:
        """The stream has ended: a document that broke off is given up."""
        tail, self._tail = self._tail, b""
        if tail.strip():
            self._refuse(Reason.CUT, tail, math.nan)
        else:
            self._account.add(0, Reason.COMMENT, len(tail), 0)
        return self._batch([]), self._account.take_rejects()

    def ledger(self) -> Ledger:
        """The account so far; what waits for its end stands under WAITING of the unnamed station."""
        return self._account.ledger(len(self._tail))

    def _document(self, stretch: bytes, t_unix_s: float) -> list[Row]:
        """The rows of one document; what stands before its beginning is noise."""
        starts = list(START.finditer(stretch))
        begin = starts[-1].start() if starts else 0
        if stretch[:begin].strip():
            self._refuse(Reason.NOISE, stretch[:begin], t_unix_s)
        else:
            self._account.add(0, Reason.COMMENT, begin, 0)
        body = stretch[begin:]
        try:
            rows = objects(body)
        except BadDocumentError as error:
            self._refuse(error.reason, body, t_unix_s)
            return []
        newest = max((t for row in rows if not math.isnan(t := float(row["t_unix_s"]))), default=math.nan)
        is_arrival = t_unix_s == t_unix_s
        stations = [self._account.station(str(row.pop("source"))) for row in rows]
        self._account.add(stations[0] if stations else 0, Reason.DECODED, len(body), max(len(rows), 1))
        for row, station in zip(rows, stations, strict=True):
            self._n_lines += 1
            heard = t_unix_s if is_arrival else newest
            row |= {"line": self._n_lines, "station": station, "t_heard_unix_s": heard}
            row["time_source"] = int(TimeSource.CHUNK if is_arrival else TimeSource.CARRIED)
            if math.isnan(float(row["t_unix_s"])):
                row |= {"t_unix_s": heard, "flags": int(row["flags"]) | int(RadarFlag.POOR_TIME)}
        return rows

    def _refuse(self, reason: Reason, raw: bytes, t_unix_s: float) -> None:
        self._n_lines += 1
        self._account.add(0, reason, len(raw), 1)
        self._account.refuse(self._n_lines, t_unix_s, 0, reason, len(raw), raw)

    def _batch(self, rows: list[Row]) -> Batch:
        batch = empty_batch(self._account.stations)
        if not rows:
            return batch
        columns = {}
        for name in empty(RadarReports).columns():
            columns[name] = missing(name, len(rows))
            has = [i for i, row in enumerate(rows) if name in row]
            if has:
                columns[name][has] = np.array([rows[i][name] for i in has], COLUMN_TYPES[name])
        return replace(batch, radar=RadarReports(**columns))


def documents(tail: bytes, data: bytes) -> tuple[list[bytes], bytes]:
    """The stretches that end with a document's end tag, and what is left. `tail` holds no whole end tag."""
    whole = tail + data
    found, begin = [], 0
    for end in END.finditer(whole, max(len(tail) - MAX_END_BYTES, 0)):
        found.append(whole[begin : end.end()])
        begin = end.end()
    return found, whole[begin:]


def objects(document: bytes) -> list[Row]:
    """One row for each object that has a track. Raises BadDocumentError."""
    rows: list[Row] = []
    reader = expat.ParserCreate()
    reader.buffer_text = True

    def refuse(*_: object) -> None:
        raise BadDocumentError(Reason.BAD_FORM)

    def start(name: str, attributes: dict[str, str]) -> None:
        element = name.rpartition(":")[2]
        if element == "ObjectData":
            rows.append({})
        elif rows and element in READ:
            READ[element](rows[-1], attributes)

    reader.StartElementHandler = start
    reader.StartDoctypeDeclHandler = reader.EntityDeclHandler = refuse
    try:
        reader.Parse(document, True)
    except (expat.ExpatError, UnicodeError, ValueError, LookupError):
        raise BadDocumentError(Reason.BAD_FORM) from None
    return [row for row in rows if "source" in row]


def read_track(row: Row, given: dict[str, str]) -> None:
    """TrackData: who, when, how fast."""
    if "Id" not in given:
        raise BadDocumentError(Reason.BAD_FORM)
    status = STATUS.get(given.get("TrackStatus", ""), TrackStatus.UNKNOWN)
    row |= {
        "source": given.get("SourceName", given.get("SourceId", ""))[:42],
        "format": int(RadarFormat.IVEF),
        "track_no": int(given["Id"]) % TRACK_NUMBERS,
        "status": int(status),
        "flags": int(RadarFlag.LAST) if status == TrackStatus.LOST else 0,
        "t_unix_s": instant(given.get("UpdateTime", "")),
        "sog_kn": number(given, "SOG", 0.0, MAX_SPEED_M_PER_S) * KN_PER_M_PER_S,
        "cog_deg": number(given, "COG", 0.0, 360.0) % 360.0,
        "length_m": number(given, "Length", 0.0, 1000.0) or math.nan,
        "width_m": number(given, "Width", 0.0, 1000.0) or math.nan,
    }


def read_place(row: Row, given: dict[str, str]) -> None:
    """Pos: where, and how sure; the first of a track counts."""
    if "lat_deg" in row or "source" not in row:
        return
    row |= {
        "lat_deg": number(given, "Lat", -90.0, 90.0),
        "lon_deg": number(given, "Long", -180.0, 180.0),
        "sigma_north_m": number(given, "EstAccLat", 0.0, 1e6) or math.nan,
        "sigma_east_m": number(given, "EstAccLong", 0.0, 1e6) or math.nan,
    }


def read_identity(row: Row, given: dict[str, str]) -> None:
    """Identifier of VesselData, or VesselData itself as older versions have it."""
    mmsi = given.get("MMSI", "")
    if mmsi.isascii() and mmsi.isdigit() and 0 < int(mmsi) < MMSI_LIMIT:
        row["mmsi"] = int(mmsi)
    if given.get("Name"):
        row["name"] = given["Name"].encode("ascii", "replace")[:20]


READ: dict[str, Callable[[Row, dict[str, str]], None]] = {
    "TrackData": read_track,
    "Pos": read_place,
    "VesselData": read_identity,
    "Identifier": read_identity,
}


def number(given: dict[str, str], name: str, low: float, high: float) -> float:
    """An attribute's value; NaN where it was not sent. Raises BadDocumentError where it cannot be."""
    text = given.get(name, "").strip()
    if not text:
        return math.nan
    value = float(text)
    if not low <= value <= high:
        raise BadDocumentError(Reason.IMPOSSIBLE_VALUE)
    return value


def instant(text: str) -> float:
    """Seconds since 1970 of an ISO time, UTC where it names no zone; NaN without one. Raises BadDocumentError."""
    if not text:
        return math.nan
    t = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    seconds = (t if t.tzinfo else t.replace(tzinfo=UTC)).timestamp()
    if not 0.0 <= seconds < MOST_UNIX_S:
        raise BadDocumentError(Reason.IMPOSSIBLE_VALUE)
    return seconds
