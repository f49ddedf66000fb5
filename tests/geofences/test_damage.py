"""Damaged and random charts: each loads, or is refused with words; nothing else ever comes out."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from geofences import geojson, land
from geofences.geojson import FenceFaults
from geofences.slips import KNOWN
from monitor.chart_watch import chart_of
from tests.geofences.shapes import read, square

BALTIC = Path(__file__).resolve().parents[1] / "charts" / "baltic"
MOST_BYTES = 1_000  # of a fault: a line that somebody reads
INSERTED = (
    *(b"0", b"9", b"-", b".", b"e400", b"e-400", b'"', b"\\", b"[", b"]", b"{", b"}", b",", b":", b"\x00", b"\xff"),
    *(b"null", b"true", b"NaN", b"Infinity", b"-Infinity", b"[]", b"{}", b'""', b"\xef\xbb\xbf", b"\xc3", b"\n"),
    *(b"\\ud83d", b"9" * 5_000, b"[" * 200, b"[" * 5_000, b'"schedule":', b'"mmsi":1e400,', b'"fid":[],'),
)


def small_chart() -> bytes:
    """The sound file to begin with: a fence of each sort from the charts that ship and those of the tests."""
    ours = [one for one in read("channel.geojson")["features"] if len(json.dumps(one["geometry"])) < 700][:6]
    baltic = [json.loads((BALTIC / name).read_text(encoding="utf-8")) for name in ("waters.geojson", "lines.geojson")]
    terms = {"id": "t", "schedule": "Sa-Su 08:00-18:00; Fr 22:00-05:00", "active_until": "2026-07-05T18:00:00Z",
             "classes": "tanker, unknown", "mmsi": [219000001, "219000002"], "radius_m": 1852, "buffer_m": 500.5,
             "min_length_m": 50, "max_sog_kn": 12.5, "enter_reports": 2, "cooldown_s": 60, "groups": "a,b"}  # fmt: skip
    circle = {"type": "Feature", "properties": terms, "geometry": {"type": "Point", "coordinates": [1.0, 51.0]}}
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    features = [*ours, *(one for chart in baltic for one in chart["features"]), circle]
    return json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}, ensure_ascii=False).encode()


SOUND = small_chart()
DAMAGE = st.lists(
    st.one_of(
        st.tuples(st.just("flip"), st.integers(0, len(SOUND) - 1), st.integers(1, 255)),
        st.tuples(st.just("cut"), st.integers(0, len(SOUND) - 1), st.integers(1, 300)),
        st.tuples(st.just("insert"), st.integers(0, len(SOUND)), st.sampled_from(INSERTED)),
        st.tuples(st.just("put"), st.integers(0, SOUND.count(b" ") - 1), st.sampled_from(INSERTED)),
        st.tuples(st.just("twice"), st.integers(0, len(SOUND) - 1), st.integers(1, 300)),
        st.tuples(st.just("end"), st.integers(0, len(SOUND)), st.none()),
    ),
    min_size=1,
    max_size=4,
)


def damaged(body: bytes, how: list[tuple[str, int, Any]]) -> bytes:
    for word, at, what in how:
        if word == "flip" and at < len(body):
            body = body[:at] + bytes([body[at] ^ what]) + body[at + 1 :]
        elif word == "cut":
            body = body[:at] + body[at + what :]
        elif word == "insert":
            body = body[:at] + what + body[at:]
        elif word == "put":  # in the place of a whole value, so that it stays JSON more often
            words = body.split(b" ")
            which = at % len(words)
            end = words[which][len(words[which].rstrip(b",]}")) :]
            body = b" ".join([*words[:which], what + end, *words[which + 1 :]])
        elif word == "twice":
            body = body[: at + what] + body[at:]
        elif word == "end":
            body = body[:at]
    return body


def is_judged(path: Path, body: bytes) -> bool:
    """Whether a file loads. If so the map can be given all that it holds; if not each fault has its words."""
    path.write_bytes(body)
    try:
        fences = geojson.load([path])
    except FenceFaults as error:
        faults = error.faults
    else:
        return bool(chart_of(fences).body)
    assert all(fault.fence and fault.what and fault.repair for fault in faults)
    assert max(len(str(fault).encode()) for fault in faults) < MOST_BYTES
    return False


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("damage") / "chart.geojson"


def test_the_chart_to_be_damaged_is_sound(path: Path) -> None:
    assert is_judged(path, SOUND)


@settings(max_examples=300)
@given(how=DAMAGE)
def test_a_damaged_chart_loads_or_is_refused_with_words(how: list[tuple[str, int, Any]], path: Path) -> None:
    body = damaged(SOUND, how)
    is_judged(path, body)
    assert all(str(fault) for fault in land.faults_of(body, "land.geojson"))


@settings(max_examples=200)
@given(body=st.one_of(st.binary(max_size=40), st.text(max_size=20).map(str.encode)))
def test_any_bytes_are_refused_with_words(body: bytes, path: Path) -> None:
    assert not is_judged(path, body)
    assert land.faults_of(body, "land.geojson")


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**400, -(10**400), 1e308, -0.0, 219000001, 226, 60]),
    st.floats(),
    st.text(max_size=6),
    st.sampled_from(["Sa-Su 08:00-18:00", "2026-07-04T08:00:00Z", "tanker", "port", "tss_lane", "a,b"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
PROPERTIES = st.dictionaries(st.sampled_from([*KNOWN, "id", "name", "fid", "Kind", "other"]), VALUES, max_size=6)
POSITIONS = st.lists(st.one_of(st.integers(-200, 200), st.floats(-200, 200), SCALARS), min_size=1, max_size=3)
PATHS = st.lists(POSITIONS | VALUES, max_size=5) | st.just(square(1.0, 51.0, 1.0))
COORDINATES = st.one_of(
    POSITIONS, PATHS, st.lists(PATHS, max_size=3), st.lists(st.lists(PATHS, max_size=2), max_size=3)
)
TYPES = st.sampled_from(
    ["Polygon", "MultiPolygon", "LineString", "MultiLineString", "Point", "MultiPoint", "Feature", 7, None, []]
)  # fmt: skip
GEOMETRIES = st.fixed_dictionaries({"type": TYPES, "coordinates": COORDINATES}) | VALUES
FEATURES = (
    st.fixed_dictionaries({"geometry": GEOMETRIES}, optional={"properties": PROPERTIES | VALUES, "id": VALUES}) | VALUES
)
CHARTS = st.fixed_dictionaries(
    {"type": st.just("FeatureCollection"), "features": st.lists(FEATURES, min_size=1, max_size=4)},
    optional={"crs": VALUES},
)


@settings(max_examples=400)
@given(chart=CHARTS | VALUES)
@example(chart={"type": "FeatureCollection", "features": [{"geometry": {"type": "Point", "coordinates": [1, 51]},
                                                           "properties": {"mmsi": float("inf")}}]})  # fmt: skip
@example(chart={"type": "FeatureCollection", "features": [{"geometry": {"type": "Point", "coordinates": [10**400]}}]})
def test_a_random_chart_loads_or_is_refused_with_words(chart: Any, path: Path) -> None:
    body = json.dumps(chart).encode()
    is_judged(path, body)
    land.faults_of(body, "land.geojson")
