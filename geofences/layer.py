"""A layer's file: from bytes to features, and what keeps them from being ones in degrees of WGS 84.

Files come from QGIS, from editors and from half-finished transfers. Whatever is in them ends in features or in faults
with words; nothing here or after it may meet a text, a number or a depth that it cannot hold.
"""

import json
import re
from typing import Any

import numpy as np

from geofences.faults import Fault, in_short

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
# A MultiPolygon's numbers lie 9 deep. Python's own readers and writers give up at some hundreds, each at another depth
MOST_DEEP = 100
TOO_DEEP = f"is nested more than {MOST_DEEP} deep, which no chart is"
STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
# Half a pair of UTF-16: a text with one alone can be read from JSON and written nowhere
SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
NO_DEGREES = 360.0  # beyond it a number counts something else
# RFC 7946 knows no other datum; ED50 would lie 135 m off. As QGIS, GDAL, GeoServer and people write it, small letters
WGS_84 = re.compile(
    r"""urn:(?:x-)?ogc:def:crs: (?: epsg:(?:[0-9.]*:)?4326 | ogc:[0-9.]*:(?:crs)?84h? )
    | https?://www\.opengis\.net/def/crs/ (?: epsg/[0-9.]+/4326 | ogc/[0-9.]+/crs84h? )
    | https?://www\.opengis\.net/gml/srs/epsg\.xml\#4326
    | (?:epsg::?)? 4326
    | (?:ogc:)? crs:?84h?
    | (?:gcs[ _])? wgs[ _-]?(?:19)?84 (?:[ ]\((?:ogc:crs84|crs84|epsg:4326)\))?
    | (?:epsg:4326|ogc:crs84) [ ]-[ ] wgs[ ]84 (?:[ ]\(crs84\))?
    | world[ ]geodetic[ ]system[ ]1984""",
    re.VERBOSE,
)


def features_in(body: bytes, name: str, faults: list[Fault], of: str = "fence") -> list[Any]:
    """The features of a file; what keeps it from having any is added to `faults`. of : what they are."""
    n_before = len(faults)
    given = _json(body, name, faults)
    return [] if len(faults) > n_before else features_of(given, name, faults, of)


def features_of(given: object, name: str, faults: list[Fault], of: str = "fence") -> list[Any]:
    """The features of a FeatureCollection; what keeps it from being one is added to `faults`."""
    if not isinstance(given, dict) or given.get("type") != "FeatureCollection":
        faults.append(Fault(name, "is not a FeatureCollection", "export the layer as GeoJSON, RFC 7946"))
        return []
    if not isinstance(given.get("features"), list) or not given["features"]:
        faults.append(Fault(name, f"holds no {of}", "draw some, or leave the file out"))
        return []
    datum = _datum(given.get("crs"))
    if datum and not WGS_84.fullmatch(datum.strip().lower()):
        faults.append(Fault(name, f"is in another datum: {datum[:100]}", "export it in WGS 84, EPSG:4326"))
    elif _is_in_metres(given["features"]):
        faults.append(Fault(name, "seems to be in metres, not in degrees", "export it in WGS 84, EPSG:4326"))
    return list(given["features"])


def _is_in_metres(features: list[Any]) -> bool:
    """Whether most features begin where no degrees are."""
    found: list[bool] = []
    for feature in features:
        geometry = feature.get("geometry") if isinstance(feature, dict) else None
        at = geometry.get("coordinates") if isinstance(geometry, dict) else None
        while isinstance(at, list) and at and isinstance(at[0], list):
            at = at[0]
        if isinstance(at, list) and len(at) >= 2 and all(isinstance(x, int | float) for x in at[:2]):
            found.append(max(abs(x) for x in at[:2]) > NO_DEGREES)
    return 2 * sum(found) > len(found)


def _json(body: bytes, name: str, faults: list[Fault]) -> Any:
    """What the text of a file says; None with a fault."""
    n_before = len(faults)
    text = _text(body, name, faults)
    if len(faults) > n_before:
        return None
    again = "export it again as GeoJSON"
    try:
        found = json.loads(text)
    except json.JSONDecodeError as error:
        faults.append(Fault(name, f"is not JSON: {error}", again))
    except RecursionError:
        faults.append(Fault(name, TOO_DEEP, again))
    except ValueError:  # the only other one that it raises: Python reads no longer number
        faults.append(Fault(name, "holds a number of more than 4,300 digits", again))
    else:
        if _depth(body) > MOST_DEEP:
            faults.append(Fault(name, TOO_DEEP, again))
        elif SURROGATE.search(text) and not _can_be_written(found):
            faults.append(Fault(name, "holds a text with half a letter, as \\ud83d alone", "write that text anew"))
        return found
    return None


def _can_be_written(found: Any) -> bool:
    try:
        json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _text(body: bytes, name: str, faults: list[Fault]) -> str:
    """A file's text without a byte-order mark; "" with a fault."""
    # JSON begins with ASCII, of which UTF-16 has a zero in every second byte
    if body.startswith(UTF_16_MARKS) or 0 in body[:2]:
        faults.append(Fault(name, "is written in UTF-16 or is no text", "save it as UTF-8"))
        return ""
    try:
        return body.removeprefix(BYTE_ORDER_MARK).decode()
    except UnicodeDecodeError as error:
        line = body.count(b"\n", 0, error.start) + 1
        faults.append(Fault(name, f"has a letter in line {line} that is not written in UTF-8", "save it as UTF-8"))
        return ""


def _depth(body: bytes) -> int:
    """How deep brackets and braces are nested outside of texts."""
    marks = np.frombuffer(STRING.sub(b"", body), np.uint8)
    is_open, is_shut = (marks == ord("[")) | (marks == ord("{")), (marks == ord("]")) | (marks == ord("}"))
    steps = is_open.astype(np.int8) - is_shut.astype(np.int8)
    return int(np.cumsum(steps, dtype=np.int64).max(initial=0))


def _datum(crs: Any) -> str:
    """What the `crs` member names, which RFC 7946 has no more and QGIS still writes; "" where there is none."""
    if crs is None:
        return ""
    if not isinstance(crs, dict):
        return in_short(crs)
    inner = crs.get("properties")
    for place in (inner if isinstance(inner, dict) else {}, crs):
        for key in ("name", "code"):
            if isinstance(place.get(key), str | int):
                return str(place[key])
    return in_short(crs)
