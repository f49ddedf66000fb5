"""The chart that is shipped: written by its script from its facts, the same twice, and like the prepared one."""

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from geofences import geojson
from geofences.chart import planes, write
from geofences.chart.record import CHANNEL, FACTS, LAND, geometry_of, written
from geofences.project import metres_per_degree
from tests.geofences.shapes import read
from tests.oracles.geodesic import inverse

LEAST_IOU = 0.999
# What differs more from the prepared chart, by how much, and why
DEVIATIONS = {
    "tss-dover-zone-ne1": (
        0.9988,
        "a vertex on the lane's edge, there 2.6 m beside it; here on it, published to 0.01'",
    ),
    "tss-nhinder-zone": (0.9984, "a vertex published to 0.01' and there known to 1 m: 10 m on a zone 1.3 km wide"),
    "lv-varne": (0.9988, "a position published to 0.001', there rounded to 1e-5 degrees: 0.4 m on a disc of 463 m"),
}
FENCE_LINES_M = 20.0  # published to 0.01'
AREA_CREDIT = 0.003  # the page's areas are those of geodesics, ours of edges straight in degrees


def by_id(features: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {str(feature["properties"]["id"]): feature for feature in features}


def iou(one: BaseGeometry, other: BaseGeometry) -> float:
    return float(one.intersection(other).area / one.union(other).area)


@pytest.fixture(scope="module")
def ours() -> dict[str, dict[str, Any]]:
    return by_id(read("channel.geojson")["features"])


@pytest.fixture(scope="module")
def land() -> BaseGeometry:
    return shapely.union_all([shape(one["geometry"]) for one in read("land.geojson")["features"]])


def test_the_shipped_file_is_what_the_script_writes_twice_the_same(ours: dict[str, dict[str, Any]]) -> None:
    again = write.channel()
    assert again == write.channel()
    fresh = by_id(json.loads(again)["features"])
    assert list(fresh) == list(ours)
    for name, feature in ours.items():
        assert fresh[name]["properties"] == feature["properties"]
        # not byte for byte: another build of the geometry engine may round the last digit otherwise
        a, b = (shapely.get_coordinates(shape(one["geometry"])) for one in (fresh[name], feature))
        assert a.shape == b.shape, f"{name}: write the chart anew"
        assert np.abs(a - b).max() < 3e-6, f"{name}: write the chart anew"


def test_the_land_file_keeps_its_form() -> None:
    """It cannot be extracted here, but what was extracted is written as the script writes."""
    given = json.loads(LAND.read_text(encoding="utf-8"))
    features = [{**one, "geometry": geometry_of(shape(one["geometry"]), 5)} for one in given["features"]]
    facts = {key: value for key, value in given.items() if key not in ("type", "name", "features")}
    assert written("land", facts, features) == LAND.read_bytes()


# ---- against the page of positions and the prepared chart ----


def test_each_fence_is_like_the_prepared_one(ours: dict[str, dict[str, Any]], shared_data: Path) -> None:
    prepared = by_id(json.loads((shared_data / "geo" / "channel.geojson").read_text(encoding="utf-8"))["features"])
    assert list(ours)[: len(prepared)] == list(prepared), "configurations and stories name them"
    assert list(ours)[len(prepared) :] == ["coast-departure-fr", "coast-landing-uk"], "lines of our own"
    for name, theirs in prepared.items():
        a, b = shape(ours[name]["geometry"]), shape(theirs["geometry"])
        least = DEVIATIONS.get(name, (LEAST_IOU, ""))[0]
        if b.area:
            found = iou(a, b)
            assert found >= least, f"{name}: {found:.6f}"
            assert name not in DEVIATIONS or found < LEAST_IOU, f"{name} deviates no more: take it off the list"
        else:
            away = [inverse(y1, x1, y2, x2) for (x1, y1), (x2, y2) in zip(a.coords, b.coords, strict=True)]
            assert max(away) < FENCE_LINES_M, name
        for key in ("name", "kind", "authority", "traffic_direction_deg"):
            assert ours[name]["properties"][key] == theirs["properties"][key], (name, key)
        if area := theirs["properties"].get("area_nm2"):
            assert ours[name]["properties"]["area_nm2"] == pytest.approx(area, rel=AREA_CREDIT * 2, abs=0.01), name


def test_the_facts_are_the_pages(shared_data: Path) -> None:
    page = (shared_data.parent / "reference" / "chart.md").read_text(encoding="utf-8")
    facts = {fact["id"]: fact for fact in tomllib.loads(FACTS.read_text(encoding="utf-8"))["fence"]}
    position = r"\d\d \d\d\.\d+[NS] \d\d\d \d\d\.\d+[EW]"
    listed = re.findall(rf"^- `([^`]+)` \((.*?)\): ((?:{position}(?:; )?)+)", page, re.MULTILINE)
    assert len(listed) == 29
    for name, words, places in listed:
        assert facts[name]["positions"] == re.findall(position, places), name
        if direction := re.search(r"traffic (\d+) deg true", words):
            assert facts[name]["traffic_direction_deg"] == int(direction[1])
    assert set(re.findall(r"^\| `([^`]+)`", page, re.MULTILINE)) < set(facts)


def test_the_land_is_the_prepared_land_and_more(land: BaseGeometry, shared_data: Path) -> None:
    prepared = json.loads((shared_data / "geo" / "land.geojson").read_text(encoding="utf-8"))["features"]
    theirs = shapely.union_all([shape(one["geometry"]) for one in prepared])
    assert iou(land.intersection(shapely.box(-3, 48.5, 4.5, 52.5)), theirs) > 0.99999


# ---- by itself ----


def test_every_fence_says_where_it_comes_from(ours: dict[str, dict[str, Any]]) -> None:
    for name, feature in ours.items():
        told = feature["properties"]
        assert all(told[key] for key in ("source", "date", "licence", "accuracy_note", "kind", "authority")), name
        assert (told["kind"] == "tss_lane") == (told["traffic_direction_deg"] is not None), name
        if "OpenStreetMap" in told["source"] or "land.geojson" in told["source"] + told["accuracy_note"]:
            assert "OpenStreetMap contributors" in told["licence"], name
    for one in read("land.geojson")["features"]:
        assert all(one["properties"][key] for key in ("source", "date", "licence", "accuracy_note", "kind"))
    for head in (read("channel.geojson"), read("land.geojson")):
        assert "OpenStreetMap contributors" in head["licence"]
        assert head["note"] == "NOT FOR NAVIGATION"


def test_it_loads_without_a_fault() -> None:
    assert len(geojson.load([CHANNEL])) == 66


def test_lanes_and_zones_tile_and_lie_in_the_sea(ours: dict[str, dict[str, Any]], land: BaseGeometry) -> None:
    scheme = [
        shape(one["geometry"])
        for one in ours.values()
        if one["properties"]["kind"] in ("tss_lane", "separation_zone", "precautionary_area")
    ]
    assert len(scheme) == 24
    for i, one in enumerate(scheme):
        assert not one.intersects(land)
        for other in scheme[i + 1 :]:
            assert one.intersection(other).area < 2e-4 * min(one.area, other.area), "more than rounding to 0.01'"


def test_traffic_of_a_lane_runs_along_it(ours: dict[str, dict[str, Any]]) -> None:
    """The direction is that of one of the lane's longer sides, nearly; where lanes branch they widen."""
    for name, one in ours.items():
        direction_deg = one["properties"]["traffic_direction_deg"]
        if direction_deg is None:
            continue
        assert 190 < direction_deg < 260 if "-sw-" in name else 0 < direction_deg < 90, name
        ring = np.array(one["geometry"]["coordinates"][0]) * (np.cos(np.radians(51)), 1.0)
        sides = np.diff(ring, axis=0)
        length = np.hypot(*sides.T)
        bearing = np.degrees(np.arctan2(*sides[length > 0.25 * length.max()].T))
        turn = np.abs((bearing - direction_deg + 90) % 180 - 90)
        assert turn.min() < (15.0 if "branch" in name or "junction" in name else 4.0), name


def test_land_reaches_where_recordings_go(land: BaseGeometry) -> None:
    assert LAND.stat().st_size <= 3_000_000
    features = read("land.geojson")["features"]
    assert all(shape(one["geometry"]).is_valid for one in features)
    on = {
        "Start Point": (-3.66, 50.23),
        "Guernsey": (-2.58, 49.46),
        "Cornwall": (-5.0, 50.3),
        "Finistere": (-4.0, 48.4),
    }
    on |= {"Kent": (1.0, 51.2), "Artois": (2.0, 50.6), "west of 3 W": (-3.01, 51.0), "east of 3 W": (-2.99, 51.0)}
    off = {"Dover Strait": (1.45, 51.0), "mid Channel": (-3.5, 49.7), "Western Approaches": (-6.4, 48.5)}
    off |= {"Start Bay": (-3.6, 50.25), "Little Russel": (-2.5, 49.48)}
    for names, wanted in ((on, True), (off, False)):
        for name, place in names.items():
            assert land.contains(shapely.Point(place)) is wanted, name


# ---- the pencils ----


@pytest.mark.parametrize("text", ["50 56.87N 001 24.03E", "50 56.87S 001 24.03W", "00 00.00N 000 00.00E"])
def test_a_position_is_read(text: str) -> None:
    lon, lat = write.position(text)
    assert abs(lat) == pytest.approx(int(text[:2]) + float(text[3:8]) / 60)
    assert (lat < 0, lon < 0) == ("S" in text, "W" in text)


@pytest.mark.parametrize("text", ["", "50 56.87N", "50 56.87 N 001 24.03E", "001 24.03E 50 56.87N"])
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no position"):
        write.position(text)


def test_a_disc_is_round_on_the_ellipsoid() -> None:
    for radius_nm, most_m in ((0.25, 0.001), (1.8, 0.01), (5.4, 0.1)):
        rim = planes.disc(1.4, 51.0, radius_nm).exterior.coords
        away = [inverse(51.0, 1.4, lat, lon) for lon, lat in rim]
        assert np.abs(np.array(away) - radius_nm * 1852).max() < most_m


def test_an_ellipse_points_where_it_should() -> None:
    rim = shapely.get_coordinates(planes.ellipse(1.4, 51.0, (4.0, 1.0), 20.0))
    away = np.array([inverse(51.0, 1.4, lat, lon) for lon, lat in rim]) / 1852
    tip = rim[np.argmax(away * (rim[:, 1] > 51.0))]
    assert (away.max(), away.min()) == (pytest.approx(4.0, abs=1e-3), pytest.approx(1.0, abs=1e-3))
    assert np.degrees(np.arctan2((tip[0] - 1.4) * np.cos(np.radians(51)), tip[1] - 51.0)) == pytest.approx(20, abs=0.2)


def test_areas_are_those_of_the_ellipsoid() -> None:
    north_m, east_m = metres_per_degree(np.linspace(50.0005, 50.9995, 1000))
    assert planes.area_m2(shapely.box(1, 50, 2, 51)) == pytest.approx(float(np.mean(north_m * east_m)), rel=1e-7)
    disc = planes.area_m2(planes.disc(1.4, 51.0, 1.0, 100))
    assert disc == pytest.approx(np.pi * 1852**2, rel=1e-4)


def test_an_unknown_recipe_is_refused(land: BaseGeometry) -> None:
    with pytest.raises(ValueError, match="no recipe 'sketch'"):
        write.drawn({"id": "a", "recipe": "sketch"}, land, {})
