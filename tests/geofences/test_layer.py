"""Files: whatever bytes they hold, they become features or faults with words."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from geofences import geojson
from geofences.geojson import FenceFaults
from tests.geofences.shapes import square


def feature(geometry: Any = None, **properties: Any) -> dict[str, Any]:
    geometry = geometry or {"type": "Polygon", "coordinates": [square(1.0, 51.0, 1.0)]}
    return {"type": "Feature", "geometry": geometry, "properties": {"id": "a", **properties}}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("", "chart.geojson: is not JSON"),
        ("{", "chart.geojson: is not JSON"),
        ("[" * 100_000, "chart.geojson: is nested more than 100 deep, which no chart is; export it again as GeoJSON"),
        ("[" * 101 + "]" * 101, "chart.geojson: is nested more than 100 deep"),
        ("[" * 100 + "]" * 100, "chart.geojson: is not a FeatureCollection"),
        ('["' + "[" * 101 + '"]', "chart.geojson: is not a FeatureCollection"),
        ("[1" + "0" * 5_000 + "]", "chart.geojson: holds a number of more than 4,300 digits"),
        (r'["\ud83d"]', "chart.geojson: holds a text with half a letter"),
        (r'["\ud83d\ude00 \\ud83d"]', "chart.geojson: is not a FeatureCollection"),
        ("[]", "chart.geojson: is not a FeatureCollection"),
        ('{"type": "Feature"}', "chart.geojson: is not a FeatureCollection"),
        ('{"type": "FeatureCollection"}', "chart.geojson: holds no fence"),
        ('{"type": "FeatureCollection", "features": {}}', "chart.geojson: holds no fence"),
        ('{"type": "FeatureCollection", "features": []}', "chart.geojson: holds no fence"),
    ],
)
def test_a_file_is_refused(text: str, wanted: str, tmp_path: Path) -> None:
    path = tmp_path / "chart.geojson"
    path.write_text(text)
    with pytest.raises(FenceFaults) as told:
        geojson.load([path])
    assert str(told.value).startswith(wanted)


def test_a_file_that_is_not_there_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        geojson.load([tmp_path / "nowhere.geojson"])


def layer(*features: Any, **members: Any) -> str:
    return json.dumps({"type": "FeatureCollection", **members, "features": list(features)}, ensure_ascii=False)


@pytest.mark.parametrize(
    ("encoding", "wanted"),
    [
        ("utf-8", ""),
        ("utf-8-sig", ""),
        ("utf-16", "chart.geojson: is written in UTF-16 or is no text; save it as UTF-8"),
        ("utf-16-le", "chart.geojson: is written in UTF-16 or is no text"),
        ("utf-16-be", "chart.geojson: is written in UTF-16 or is no text"),
        ("latin-1", "chart.geojson: has a letter in line 2 that is not written in UTF-8; save it as UTF-8"),
    ],
)
def test_a_file_is_utf_8_with_or_without_a_mark(encoding: str, wanted: str, tmp_path: Path) -> None:
    """Editors on Windows write the mark, some of them UTF-16 or the letters of their country."""
    path = tmp_path / "chart.geojson"
    path.write_bytes(("\n" + layer(feature(name="Møn"))).encode(encoding))
    if not wanted:
        assert geojson.load([path]).name == ("Møn",)
        return
    with pytest.raises(FenceFaults) as told:
        geojson.load([path])
    assert [str(fault)[: len(wanted)] for fault in told.value.faults] == [wanted]


OURS = (
    "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "urn:ogc:def:crs:OGC:1.3:CRS84h",
    "urn:ogc:def:crs:EPSG::4326", "urn:ogc:def:crs:EPSG:6.9:4326", "urn:x-ogc:def:crs:EPSG:4326", "EPSG:4326",
    "epsg:4326", "CRS84", "CRS:84", "OGC:CRS84", "WGS 84", "WGS84", "wgs_84", "WGS 84 (CRS84)", "GCS_WGS_1984",
    "EPSG:4326 - WGS 84", "OGC:CRS84 - WGS 84 (CRS84)", "http://www.opengis.net/def/crs/EPSG/0/4326",
    "http://www.opengis.net/def/crs/OGC/1.3/CRS84", "http://www.opengis.net/gml/srs/epsg.xml#4326",
)  # fmt: skip
OTHERS = (
    "EPSG:4230", "EPSG:3857", "EPSG:14326", "EPSG:43260", "urn:ogc:def:crs:EPSG::43260", "urn:ogc:def:crs:EPSG::14326",
    "urn:ogc:def:crs:EPSG::32631", "WGS 84 / UTM zone 31N", "WGS 84 / Pseudo-Mercator", "WGS 72", "NTF (Paris)",
    "EPSG:4326+5773", "NAD83",
)  # fmt: skip


@pytest.mark.parametrize(
    ("crs", "is_ours"),
    [
        *(({"type": "name", "properties": {"name": name}}, True) for name in OURS),
        *(({"type": "name", "properties": {"name": name}}, False) for name in OTHERS),
        ("EPSG:4326", True),
        ({"type": "EPSG", "properties": {"code": 4326}}, True),
        ({"type": "EPSG", "properties": {"code": 43260}}, False),
        ({"type": "GeographicCRS", "name": "WGS 84"}, True),
        ({"type": "link", "properties": {"href": "http://there/4326.wkt"}}, False),
        ({"type": "name", "properties": None}, False),
        ([4326], False),
        (None, True),
    ],
)
def test_another_datum_is_refused(crs: Any, is_ours: bool, tmp_path: Path) -> None:
    """ED 50, in which the treaty of 1988 was written, lies 135 m off: a shift that nobody sees on a map."""
    path = tmp_path / "chart.geojson"
    path.write_text(layer(feature(), crs=crs))
    if is_ours:
        assert len(geojson.load([path])) == 1
    else:
        with pytest.raises(FenceFaults, match=r"is in another datum: .*; export it in WGS 84, EPSG:4326"):
            geojson.load([path])


def test_one_id_in_two_files_is_told(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).write_text(json.dumps({"type": "FeatureCollection", "features": [feature()]}))
    with pytest.raises(FenceFaults, match="a: stands twice"):
        geojson.load([tmp_path / "one", tmp_path / "two"])


def test_a_layer_in_metres_is_told_once_and_each_fence_once(tmp_path: Path) -> None:
    circle = [(360_000 + 100 * np.cos(a), 5_650_000 + 100 * np.sin(a)) for a in np.linspace(0, 6.28, 5_000)]
    path = tmp_path / "utm.geojson"
    path.write_text(
        layer(
            feature({"type": "Polygon", "coordinates": [circle, circle]}),
            feature({"type": "LineString", "coordinates": [(3e5, 5e6), (0, 0)]}, id="b"),
        )
    )
    with pytest.raises(FenceFaults) as told:
        geojson.load([path])
    repair = "write degrees; what is in metres is to be exported in EPSG:4326"
    assert str(told.value).splitlines() == [
        "utm.geojson: seems to be in metres, not in degrees; export it in WGS 84, EPSG:4326",
        "a: ring 0 vertex 0 at 5650000.00000, 360100.00000 lies outside the world, as do all of its 10000 positions; "
        + repair,
        f"b: vertex 0 at 5000000.00000, 300000.00000 lies outside the world; {repair}",
    ]
