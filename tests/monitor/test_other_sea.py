"""Another sea end to end: charts as QGIS saves them (tests/charts/baltic), a recording, alerts, all by the CLI.

The charts hold what users' layers hold: every column on every feature, null where nothing was written; an `id` that is
a number, in the properties or on the feature; a fence without a name; MultiPolygons with a hole and a far part,
MultiLineStrings, heights; the `crs` member, which RFC 7946 has no more.
"""

import csv
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from monitor import config
from monitor.cli.main import main
from monitor.feeds.record import stamp
from monitor.sim.wire import tag_blocks
from tests.monitor.ships import EVERY_S, T0, Ship, positions, statics

BALTIC = Path(__file__).resolve().parents[1] / "charts" / "baltic"
FILES = [str(BALTIC / name) for name in ("waters.geojson", "lines.geojson")]
OWN = {
    "files = []": f"files = {FILES}",
    'land_file = ""': f'land_file = "{BALTIC / "land.geojson"}"',
    'kinds = ["exclusion_zone", "aid_to_navigation"]': 'kinds = ["exclusion_zone", "reporting_line", "watch_area"]',
    "min_length_m = 20.0\n# AIS ship types that are left out of": (
        "min_length_m = 0.0\n# AIS ship types that are left out of"
    ),
    "limit_by_id_s = {  }": "limit_by_id_s = { 4 = 600 }",
    'title = "Channel"': 'title = "Western Baltic"',
}
Told = list[dict[str, Any]]


def land(geometry: object) -> list[dict[str, Any]]:
    return [{"type": "Feature", "properties": {}, "geometry": geometry}]


def configured(path: Path, **more: str) -> Path:
    """A configuration as a user makes it: the shipped one with a few values changed."""
    text = config.shipped_text()
    for old, new in (OWN | more).items():
        assert text.count(old) >= 1, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path


def replayed(folder: Path, recording: Path, *more: str) -> Told:
    """What `straitwatch replay` writes."""
    out = folder / "alerts.jsonl"
    chart = configured(folder / "baltic.toml")
    assert main(["replay", str(recording), "-c", str(chart), "--alerts", str(out), *more]) == 0
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def opened(told: Told, rule: str) -> list[tuple[int, str, str]]:
    """(mmsi, fence, event) of each alert of a rule, in order."""
    steps = [step for step in told if step["rule"] == rule and step["event"] == "opened"]
    return [(s["subject"]["mmsi"], s["evidence"]["fence_id"], s["evidence"].get("event", "")) for s in steps]


def recorded(path: Path, ships: list[Ship], seconds: int) -> Path:
    """A recording of ships, with TAG blocks."""
    lines = []
    for t_s in range(0, seconds, EVERY_S):
        (tag,) = tag_blocks("moen-1", np.array([T0 + t_s]))
        lines.append(stamp((statics(ships) if t_s % 360 == 0 else b"") + positions(ships, t_s), tag))
    path.write_bytes(b"".join(lines))
    return path


def test_the_charts_are_sound_and_the_configuration_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fences", "check", *FILES]) == 0
    out = capsys.readouterr().out
    assert "waters.geojson: no faults; 3 fences (1 exclusion_zone, 2 watch_area), lat 54.5000 to 55.0200" in out
    assert "lines.geojson: no faults; 2 fences (2 reporting_line)" in out
    assert main(["check-config", str(configured(tmp_path / "baltic.toml"))]) == 0
    assert "5 fences" in capsys.readouterr().out


INTO, HOLE, STAY, BACK, NAMELESS, FAR, GEDSER = range(219_000_001, 219_000_008)
SHIPS = [
    Ship(INTO, 54.612, 12.40, east_kn=20.0),  # into Kadetrenden from the west, over its line from the port side
    Ship(HOLE, 54.65, 12.58),  # lies in the hole
    Ship(STAY, 54.70, 12.60),  # lies in the area: a stay that nobody saw begin
    Ship(BACK, 54.56, 12.64, east_kn=-18.0),  # into the area; over the line from starboard, which is not asked for
    Ship(NAMELESS, 54.55, 12.19, east_kn=12.0),  # into the fence without a name
    Ship(FAR, 54.85, 12.88, east_kn=20.0),  # into the far part of Kadetrenden
    Ship(GEDSER, 54.54, 12.31, north_kn=-15.0),  # over the line off Gedser southward: from its port side
]


def test_entries_stays_and_crossings_are_told(tmp_path: Path) -> None:
    told = replayed(tmp_path, recorded(tmp_path / "night.nmea", SHIPS, 1_200))
    assert sorted(opened(told, "fence_entry")) == [
        (INTO, "32", "crossed from port"),
        (INTO, "4", "entered"),
        (BACK, "4", "entered"),
        (NAMELESS, "7", "entered"),
        (FAR, "4", "entered"),
        (GEDSER, "31", "crossed from port"),
    ]
    assert opened(told, "fence_dwell") == [(STAY, "4", ""), (INTO, "4", ""), (FAR, "4", "")]
    said = {step["subject"]["mmsi"]: step["reason"] for step in told if step["event"] == "opened"}
    assert f"SHIP {GEDSER} (MMSI {GEDSER}) crossed Gedser - Darßer Ort from its port side at 09:51:5" in said[GEDSER]
    assert "entered fence 7 at" in said[NAMELESS], "no name: told by its id"
    assert "has been in Kadetrenden for at least 10 min, where 10 min is the limit" in said[STAY]
    ended = [step["reason"] for step in told if step["event"] == "cleared" and step["subject"]["mmsi"] == GEDSER]
    assert [text.split(") ")[1] for text in ended] == ["has gone on after crossing Gedser - Darßer Ort (09:52:55 UTC)."]


def test_a_recorded_morning_tells_what_shapely_finds(tmp_path: Path, shared_data: Path) -> None:
    """A yacht's receiver between Moen and Ruegen, 31 July 2013: an hour of real traffic through Kadetrenden."""
    recording = shared_data / "ais" / "baltic-avnav-20130731.nmea.gz"
    told = replayed(tmp_path, recording, "--from", "2013-07-31T08:25", "--to", "2013-07-31T09:30")
    assert main(["decode", str(recording), "--format", "csv", "-o", str(tmp_path / "all.csv")]) == 0
    tracks = tracks_until(tmp_path / "all.csv", 1_375_263_000.0)
    found = {(mmsi, fence) for mmsi, fence, _ in opened(told, "fence_entry")}
    shapes = shapes_by_id()
    for fence in ("4", "7", "31"):
        wanted = {mmsi for mmsi, track in tracks.items() if is_met(shapes[fence], track)}
        assert {mmsi for mmsi, where in found if where == fence} == wanted, fence
        assert len(wanted) >= 3, "so much traffic there is"
    directed = {mmsi for mmsi, where, event in opened(told, "fence_entry") if (where, event) != ("32", "")}
    assert directed
    assert {event for _, where, event in opened(told, "fence_entry") if where == "32"} == {"crossed from port"}


def tracks_until(path: Path, t_unix_s: float) -> dict[int, np.ndarray]:
    """(N, 2) lon, lat of each vessel, as `decode` writes them."""
    found: dict[int, list[tuple[float, float]]] = defaultdict(list)
    with path.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["lat_deg"] and row["type"] in ("1", "2", "3", "18") and float(row["t_unix_s"] or 0) < t_unix_s:
                found[int(row["mmsi"])].append((float(row["lon_deg"]), float(row["lat_deg"])))
    return {mmsi: np.array(rows) for mmsi, rows in found.items()}


def shapes_by_id() -> dict[str, shapely.Geometry]:
    features = [f for name in FILES for f in json.loads(Path(name).read_text(encoding="utf-8"))["features"]]
    return {str(f["properties"].get("id", f.get("id"))): shapely.geometry.shape(f["geometry"]) for f in features}


def is_met(shape: shapely.Geometry, track: np.ndarray) -> bool:
    """Whether a track passes a line, or comes into an area from outside and is inside twice running."""
    if shape.geom_type.endswith("LineString"):
        return len(track) > 1 and bool(shapely.intersects(shape, shapely.LineString(track)))
    inside = shapely.contains_xy(shape, *track.T)
    return bool((~inside[:-2] & inside[1:-1] & inside[2:]).any())


@pytest.mark.parametrize(
    ("member", "fault"),
    [
        ({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::25832"}}, "is in another datum"),
        ({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4230"}}, "is in another datum"),
        ({"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}, ""),
        ({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4326"}}, ""),
        ({"type": "EPSG", "properties": {"code": 4326}}, ""),
        (None, ""),
    ],
)
@pytest.mark.parametrize("option", ["files", "land_file"])
def test_a_layer_in_another_datum_is_refused_with_what_to_do(
    member: Any, fault: str, option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = "waters.geojson" if option == "files" else "land.geojson"
    layer = json.loads((BALTIC / name).read_text(encoding="utf-8"))
    (tmp_path / name).write_text(json.dumps({**layer, "crs": member}), encoding="utf-8")
    old = "files = []" if option == "files" else 'land_file = ""'
    new = f'files = ["{tmp_path / name}"]' if option == "files" else f'land_file = "{tmp_path / name}"'
    code = main(["check-config", str(configured(tmp_path / "own.toml", **{old: new}))])
    err = capsys.readouterr().err
    assert (code, fault in err) == ((1, True) if fault else (0, True))
    if fault:
        assert f"{'chart' if option == 'files' else 'land'}: {name}: is in another datum" in err
        assert "export it in WGS 84, EPSG:4326" in err


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("{", "is not JSON"),
        ("[]", "is not a FeatureCollection"),
        ("[" * 5_000, "is nested more than 100 deep"),
        ("[1" + "0" * 5_000 + "]", "holds a number of more than 4,300 digits"),
        ('{"type": "FeatureCollection", "features": []}', "holds no land"),
        ('{"type": "FeatureCollection", "features": [7]}', "has a feature 0 that is no geometry"),
        (land(None) + land({"type": "Polygon", "coordinates": "there"}), "has a feature 1 that is no geometry"),
        (land({"type": "Point", "coordinates": [200.0, 54.0]}), "has a feature 0 outside the world"),
        (land({"type": "Point", "coordinates": [716_000.0, 6_050_000.0]}), "seems to be in metres, not in degrees"),
        (land(None), ""),
        ("\ufeff" + json.dumps({"type": "FeatureCollection", "features": land(None)}), ""),
    ],
)
def test_land_that_the_map_could_not_draw_is_refused(
    text: object, fault: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = text if isinstance(text, str) else json.dumps({"type": "FeatureCollection", "features": text})
    (tmp_path / "coast.geojson").write_text(body, encoding="utf-8")
    own = configured(tmp_path / "own.toml", **{'land_file = ""': f'land_file = "{tmp_path / "coast.geojson"}"'})
    code = main(["check-config", str(own)])
    err = capsys.readouterr().err
    assert code == (1 if fault else 0)
    assert f"land: coast.geojson: {fault}" in err if fault else err == ""
