"""A slow, plain reader of AIS logs: which sentences make a message, line by line, and what pyais says of it."""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

import pyais
from pyais.exceptions import AISBaseException

SENTENCE = re.compile(
    rb"[!$](?P<talker>[^,!$\\\r\n]{2})VD(?P<kind>[MO]),(?P<count>\d),(?P<number>\d),(?P<seq>\d{0,2}),(?P<channel>[^,]*),"
    rb"(?P<payload>[^,*!$\\\r\n]*),(?P<fill>\d?)\*(?P<sum>[0-9A-Fa-f]{2})"
)


@dataclass(frozen=True)
class Message:
    """One message: where it was complete and the bytes of its sentences, in order."""

    line: int
    payload: bytes
    fill: int
    is_own: bool


def xor(body: bytes) -> int:
    value = 0
    for byte in body:
        value ^= byte
    return value


def messages(data: bytes) -> Iterator[Message]:
    """All messages whose sentences have right checksums; fragments are joined in order, and only in order."""
    waiting: dict[tuple[bytes, ...], list[re.Match[bytes]]] = {}
    for line, text in enumerate(data.split(b"\n"), 1):
        for found in SENTENCE.finditer(text):
            if xor(found[0][1:-3]) != int(found["sum"], 16):
                continue
            parts = [found]
            if found["count"] != b"1":
                key = (found["talker"], found["kind"], found["seq"], found["channel"], found["count"])
                parts = waiting.setdefault(key, [])
                if int(found["number"]) != len(parts) + 1:
                    parts.clear()
                    if found["number"] != b"1":
                        continue
                parts.append(found)
                if len(parts) < int(found["count"]):
                    continue
                del waiting[key]
            payload = b"".join(part["payload"] for part in parts)
            yield Message(line, payload, int(parts[-1]["fill"] or 0), found["kind"] == b"O")


def by_pyais(message: Message) -> "dict[str, object] | None":
    """What pyais says, or None where it says nothing."""
    body = b"AIVDM,1,1,,A,%b,%d" % (message.payload, message.fill)
    try:
        decoded = pyais.decode(b"!%b*%02X" % (body, xor(body)))
    except (AISBaseException, ValueError, IndexError):
        return None
    return decoded.asdict()


def house(said: "dict[str, object]") -> "dict[str, object]":
    """pyais' message in the forms of the product: our names, None for pyais' numbers that mean "not available"."""
    kind = said["msg_type"]
    speed, course, heading = said.get("speed"), said.get("course"), said.get("heading")
    lat, lon = said.get("lat"), said.get("lon")
    is_here = lat is not None and lon is not None and abs(lat) <= 90 and abs(lon) <= 180
    speed_unknown = {9: 1023, 27: 63}.get(kind, 102.3)
    course_unknown = {27: 360}.get(kind, 360.0)
    return {
        "type": kind,
        "mmsi": int(said["mmsi"]),
        "lat_deg": lat if is_here else None,
        "lon_deg": lon if is_here else None,
        "sog_kn": speed if speed is not None and speed < speed_unknown else None,
        "cog_deg": course if course is not None and course < course_unknown else None,
        "heading_deg": heading if heading is not None and heading < 360 else None,
        "nav_status": int(said["status"]) if kind in (1, 2, 3, 27) else None,
        "name": ((said.get("full_name") or said.get("name")) if kind == 21 else said.get("shipname")) or None,
        "callsign": said.get("callsign") or None,
    }


def same(ours: object, theirs: object, *, step: float = 1e-6) -> bool:
    """Equal, where a float may differ by pyais' rounding to six decimals."""
    if isinstance(ours, float) and math.isnan(ours):
        ours = None
    if ours is None or theirs is None:
        return ours is theirs
    if isinstance(ours, float):
        return abs(ours - float(theirs)) <= step
    return ours == theirs
