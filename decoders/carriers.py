"""Who heard a sentence and when: TAG blocks, leading and trailing times, $PGHP, and RMC or ZDA carried forward.

Seven carriers were found in real recordings. Only lines that have something besides their sentence are looked at, one
by one, with regular expressions; plain lines cost nothing here.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from decoders.columns import TimeSource

TAG_BLOCK = re.compile(rb"\\([^\\*]*)\*([0-9A-Fa-f]{2})\\")
TAG_BLOCK_ANY = re.compile(rb"\\([^\\]*)\\")
LEADING_DATE = re.compile(
    rb"^\s*[\[(]?(\d{4})[-/](\d\d)[-/](\d\d)[T ](\d\d):(\d\d):(\d\d)(\.\d+)?\s*(Z|UTC|[+-]\d\d:?\d\d)?"
)
LEADING_EPOCH = re.compile(rb"^\s*(\d{9,10}(?:\.\d+)?|\d{13}|\d{16})(?![\d])")
TRAILING = re.compile(rb"^((?:,[^,\r\n]*)*?),(\d{13}|\d{9,10}(?:\.\d+)?)\s*$")
TRAILING_STATION = re.compile(rb",\s*([A-Za-z][\w.+/-]*)")
MIN_UNIX_S, MAX_UNIX_S = 0.0, 4102444800.0  # 1970 to 2100: anything else is no time


@dataclass(slots=True)
class Origin:
    """What stood around one sentence."""

    t_unix_s: float = float("nan")
    source: TimeSource = TimeSource.NONE
    station: str = ""
    group: str = ""  # TAG g: id
    is_untrusted: bool = False  # a TAG block with a bad checksum was there
    is_carrier: bool = False  # the bytes before the sentence were used
    is_trailing: bool = False  # the bytes behind it were


def zone(name: str) -> tzinfo:
    """A time zone by IANA name or offset "+HH:MM". Raises ValueError, ZoneInfoNotFoundError."""
    match = re.fullmatch(r"([+-])(\d\d):?(\d\d)", name)
    if match:
        minutes = int(match[2]) * 60 + int(match[3])
        return timezone(timedelta(minutes=-minutes if match[1] == "-" else minutes))
    return UTC if name == "UTC" else ZoneInfo(name)


def scaled_epoch(digits: bytes) -> float:
    """Seconds from an epoch in seconds, milliseconds or microseconds, told apart by size; NaN outside 1970 to 2100."""
    value = float(digits)
    for _ in range(2):
        if value >= MAX_UNIX_S:
            value /= 1000.0
    return value if MIN_UNIX_S < value < MAX_UNIX_S else float("nan")


def xor(data: bytes) -> int:
    """IEC 61162-1 checksum."""
    total = 0
    for byte in data:
        total ^= byte
    return total


def read_tags(prefix: bytes, origin: Origin) -> None:
    """All TAG blocks before a sentence; the first value of each key counts.

    A block with a bad checksum gives neither time nor station: a station that does not exist would be watched, found
    silent and reported ill.
    """
    for match in TAG_BLOCK_ANY.finditer(prefix):
        inner = match[1]
        body, star, digits = inner.rpartition(b"*")
        is_right = bool(star) and len(digits) == 2 and digits.isalnum() and _hex(digits) == xor(body)
        origin.is_carrier = True
        for word in (body if star else inner).split(b","):
            key, _, value = word.partition(b":")
            if key == b"s" and is_right and not origin.station:
                origin.station = value.decode("latin-1")
            elif key == b"g" and not origin.group:
                origin.group = value.decode("latin-1").rpartition("-")[2]
            elif key == b"c" and origin.source is TimeSource.NONE:
                _take_tag_time(origin, value, is_right)


def _take_tag_time(origin: Origin, value: bytes, is_right: bool) -> None:
    if not is_right:
        origin.is_untrusted = True
        return
    try:
        t_unix_s = scaled_epoch(value)
    except ValueError:
        return
    if t_unix_s == t_unix_s:
        origin.t_unix_s, origin.source = t_unix_s, TimeSource.TAG


def _hex(digits: bytes) -> int:
    try:
        return int(digits, 16)
    except ValueError:
        return -1


def read_leading(prefix: bytes, origin: Origin, local: tzinfo) -> None:
    """A date and time or an epoch before the sentence."""
    match = LEADING_DATE.match(prefix)
    if match:
        year, month, day, hour, minute, second = (int(match[i]) for i in range(1, 7))
        fraction = float(b"0" + match[7]) if match[7] else 0.0
        try:
            where = local if match[8] is None else UTC if match[8] in (b"Z", b"UTC") else zone(match[8].decode())
            t = datetime(year, month, day, hour, minute, second, tzinfo=where).timestamp() + fraction
        except (ValueError, OverflowError):
            return
        if not MIN_UNIX_S < t < MAX_UNIX_S:
            return
        origin.t_unix_s, origin.source, origin.is_carrier = t, TimeSource.LEADING, True
        return
    epoch = LEADING_EPOCH.match(prefix)
    if epoch:
        t = scaled_epoch(epoch[1])
        if t == t:
            origin.t_unix_s, origin.source, origin.is_carrier = t, TimeSource.LEADING, True


def read_trailing(suffix: bytes, origin: Origin) -> None:
    """`,station,epoch` of the US Coast Guard or `,epoch_ms` behind the checksum."""
    match = TRAILING.match(suffix)
    if not match:
        return
    t = scaled_epoch(match[2])
    if t != t:
        return
    origin.is_trailing = True
    if origin.source is TimeSource.NONE:
        origin.t_unix_s, origin.source = t, TimeSource.TRAILING
    station = TRAILING_STATION.search(match[1])
    if station and not origin.station:
        origin.station = station[1].decode("latin-1")


def line_time(line: bytes) -> tuple[float, TimeSource]:
    """The time that a line of another kind gives to the AIS lines after it: $PGHP, $..RMC or $..ZDA."""
    body, star, digits = line[1:].rpartition(b"*")
    if not star or _hex(digits[:2]) != xor(body):
        return float("nan"), TimeSource.NONE
    try:
        t, source = _told_time(body.split(b","))
    except (ValueError, OverflowError):  # a number that is none, or one that no calendar has
        return float("nan"), TimeSource.NONE
    return (t, source) if MIN_UNIX_S < t < MAX_UNIX_S else (float("nan"), TimeSource.NONE)


def _told_time(fields: list[bytes]) -> tuple[float, TimeSource]:
    """The time in the fields of a sentence, NaN if it tells none. Raises ValueError, OverflowError."""
    if fields[0] == b"PGHP" and len(fields) >= 9:
        year, month, day, hour, minute, second, milli = (int(f) for f in fields[2:9])
        t = datetime(year, month, day, hour, minute, second, milli * 1000, tzinfo=UTC)
        return t.timestamp(), TimeSource.PGHP
    if fields[0][2:] == b"RMC" and len(fields) >= 10 and fields[1] and fields[9]:
        day, month, year = int(fields[9][:2]), int(fields[9][2:4]), 2000 + int(fields[9][4:6])
        return _clock(fields[1], year, month, day), TimeSource.CARRIED
    if fields[0][2:] == b"ZDA" and len(fields) >= 5 and fields[1]:
        return _clock(fields[1], int(fields[4]), int(fields[3]), int(fields[2])), TimeSource.CARRIED
    return float("nan"), TimeSource.NONE


def _clock(hhmmss: bytes, year: int, month: int, day: int) -> float:
    hour, minute, second = int(hhmmss[:2]), int(hhmmss[2:4]), float(hhmmss[4:])
    return datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp() + second
