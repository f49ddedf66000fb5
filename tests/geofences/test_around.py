"""Areas by distance against geodesics: within 1 m or 0.1 % of the reach, up to 70 degrees of latitude."""

import math
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geofences import geojson
from geofences.around import MAX_REACH_M, TooFar, around, polygons_of, widened
from geofences.geojson import FenceFaults
from geofences.inside import match_positions
from tests.geofences.shapes import DATA, square
from tests.oracles.geodesic import inverse, to_edge

SHARE, LEAST_M = 1e-3, 1.0  # the accuracy that around.py states
LANE = [(0.0, 0.0), (0.6, 0.4)]  # 50 to 80 km
BEND = [(0.0, 0.0), (0.3, 0.1), (0.2, 0.3), (0.5, -0.1)]


def allowed_m(reach_m: float) -> float:
    return max(LEAST_M, SHARE * reach_m)


def away_m(path: np.ndarray, lon: float, lat: float) -> float:
    """Geodesic metres from a place to a path that is straight in longitude and latitude."""
    if len(path) == 1:
        return inverse(lat, lon, path[0, 1], path[0, 0])
    return min(to_edge(lat, lon, *a, *b) for a, b in zip(path[:-1].tolist(), path[1:].tolist(), strict=True))


@pytest.mark.parametrize("reach_m", [10.0, 500.0, 5_000.0, 50_000.0, MAX_REACH_M])
@pytest.mark.parametrize("lat_deg", [-70.0, 0.0, 51.0, 70.0])
@pytest.mark.parametrize("shape", [[(0.0, 0.0)], LANE, BEND], ids=["circle", "lane", "bend"])
def test_the_boundary_lies_where_it_should(shape: list[tuple[float, float]], lat_deg: float, reach_m: float) -> None:
    """Vertices and places between them."""
    path = np.add(shape, (1.4, lat_deg))
    area = around([path], reach_m)
    assert area.is_valid
    rng = np.random.default_rng(1)
    for rings in polygons_of(area):
        for ring in rings:
            i, part = rng.integers(0, len(ring) - 1, 12), rng.random(12)[:, None].round(0)
            part = np.where(part == 1.0, rng.random((12, 1)), 0.0)
            for lon, lat in (ring[i] + part * (ring[i + 1] - ring[i])).tolist():
                assert abs(away_m(path, lon, lat) - reach_m) <= allowed_m(reach_m)


places = st.tuples(st.floats(-0.3, 0.3), st.floats(-0.3, 0.3))


@settings(max_examples=60, deadline=None)
@given(
    st.lists(places, min_size=2, max_size=5, unique=True),
    st.floats(20.0, 8_000.0),
    st.sampled_from([0.0, 51.0, 69.0]),
    st.lists(places, min_size=5, max_size=5),
)
def test_a_corridor_holds_what_is_near_and_nothing_else(
    line: list[tuple[float, float]], reach_m: float, lat_deg: float, asked: list[tuple[float, float]]
) -> None:
    path = np.add(line, (1.4, lat_deg))
    area = around([path], reach_m)
    for place in np.add(asked, (1.4, lat_deg)):
        d = away_m(path, *place.tolist())
        if abs(d - reach_m) > allowed_m(reach_m):
            assert shapely.intersects_xy(area, *place.tolist()) == (d < reach_m)


def test_wider_and_narrower_by_the_same_distance() -> None:
    ring = np.array([(1.0, 51.0), (1.5, 51.0), (1.5, 51.3), (1.0, 51.3), (1.0, 51.0)])
    hole = np.array([(1.2, 51.1), (1.3, 51.1), (1.3, 51.2), (1.2, 51.2), (1.2, 51.1)])
    area = shapely.Polygon(ring, [hole])
    wide, narrow = widened(area, [ring, hole], 2_000.0), widened(area, [ring, hole], -2_000.0)
    assert wide.contains(area)
    assert area.contains(narrow)
    for made in (wide, narrow):
        (rings,) = polygons_of(made)
        assert len(rings) == 2
        for path in rings:
            for lon, lat in path.tolist():
                d = min(away_m(ring, lon, lat), away_m(hole, lon, lat))
                assert d == pytest.approx(2_000.0, abs=allowed_m(2_000.0))
    assert widened(area, [ring, hole], -20_000.0).is_empty


@pytest.mark.parametrize("reach_m", [0.0, -5.0, math.nan, 2 * MAX_REACH_M])
def test_what_is_no_distance_is_refused(reach_m: float) -> None:
    with pytest.raises(TooFar):
        around([np.array([(1.0, 51.0)])], reach_m)


def test_near_a_pole_nothing_is_made() -> None:
    with pytest.raises(TooFar, match="beyond 80 degrees"):
        around([np.array([(1.0, 79.9)])], 50_000.0)


# ---- from GeoJSON ----


def feature(kind: str, coordinates: Any, fence_id: str = "a", **properties: Any) -> dict[str, Any]:
    properties = {"id": fence_id, "kind": "exclusion_zone", **properties}
    return {"type": "Feature", "properties": properties, "geometry": {"type": kind, "coordinates": coordinates}}


def held(fences: Any, *places: tuple[float, float]) -> list[list[str]]:
    """Ids of the fences that hold each (lon, lat)."""
    lon, lat = np.array(places).T
    row, fence = match_positions(fences, lat, lon)
    return [[fences.fence_id[f] for f in fence[row == i].tolist()] for i in range(len(places))]


def test_a_point_with_a_radius_is_a_circle() -> None:
    fences = geojson.parse([feature("Point", [1.0, 51.0], radius_m=1852)])
    assert not fences.is_line[0]
    assert held(fences, (1.0, 51.0), (1.0, 51.0166), (1.0, 51.0167)) == [["a"], ["a"], []]
    assert fences.geometry[0] is not None
    assert fences.geometry[0]["type"] == "Polygon"  # what the map draws is what is watched
    assert fences.properties[0]["radius_m"] == 1852


def test_several_points_are_circles_that_may_overlap() -> None:
    fences = geojson.parse([feature("MultiPoint", [[1.0, 51.0], [1.01, 51.0], [2.0, 51.0]], radius_m=1000)])
    assert held(fences, (1.005, 51.0), (2.0, 51.0), (1.5, 51.0)) == [["a"], ["a"], []]


def test_a_line_with_a_half_width_is_a_corridor_and_takes_what_areas_take() -> None:
    line = [[1.0, 51.0], [1.5, 51.0]]
    fences = geojson.parse(
        [feature("LineString", line, half_width_m=500, enter_margin_m=10), feature("LineString", line, "b")]
    )
    assert fences.is_line.tolist() == [False, True]
    assert held(fences, (1.2, 51.0044), (1.2, 51.0046), (0.995, 51.0)) == [["a"], [], ["a"]]


def test_a_circle_over_the_antimeridian_is_cut_there_and_holds_both_sides() -> None:
    fences = geojson.parse([feature("Point", [179.99, -17.0], radius_m=5000)])
    assert fences.geometry[0] is not None
    assert fences.geometry[0]["type"] == "MultiPolygon"
    assert held(fences, (179.99, -17.0), (-179.98, -17.0), (-179.9, -17.0), (180.0, -17.0)) == [["a"], ["a"], [], ["a"]]


def test_a_copy_is_a_watch_area_of_its_own_with_the_hours_of_the_fence() -> None:
    ring = square(1.0, 51.0, 0.1)
    fences = geojson.parse(
        [
            feature("Polygon", [ring], name="Varne", buffer_m=1000, schedule="Sa-Su", groups="north"),
            feature("Polygon", [ring], "b"),
        ],
        None,
        {"b": -2000.0},
    )
    assert fences.fence_id == ("a", "b", "a-buffer", "b-buffer")
    assert fences.name[2:] == ("Varne, 1000 m around", "b, 2000 m inside")
    assert fences.kind == ("exclusion_zone", "exclusion_zone", "watch_area", "watch_area")
    assert fences.terms.groups == (("north",), (), ("buffers",), ("buffers",))
    assert np.diff(fences.terms.schedule.start).tolist() == [2, 0, 2, 0]
    assert held(fences, (1.05, 51.105), (1.01, 51.01), (1.05, 51.05), (1.05, 51.12)) == [
        ["a-buffer"],
        ["a", "b", "a-buffer"],
        ["a", "b", "a-buffer", "b-buffer"],
        [],
    ]


def test_a_line_may_have_a_copy_too() -> None:
    fences = geojson.parse([feature("LineString", [[1.0, 51.0], [1.5, 51.0]], buffer_m=1000, direction="port")])
    assert fences.is_line.tolist() == [True, False]
    assert fences.terms.side.tolist() == [-1, 0]
    assert held(fences, (1.2, 51.005)) == [["a-buffer"]]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (feature("Point", [1.0, 51.0]), "is a Point; a fence is a Polygon"),
        (feature("Point", [1.0, 51.0], radius_m=-5), "which is no distance"),
        (feature("Point", [1.0, 51.0], radius_m="5"), "which is no distance"),
        (feature("Point", [1.0, 51.0], radius_m=1e9), "which is no distance; write metres, up to 200000"),
        (feature("Point", [1.0, 79.9], radius_m=50_000), "beyond 80 degrees of latitude"),
        (feature("Point", [200.0, 51.0], radius_m=50), "lies outside the world"),
        (feature("Point", [], radius_m=50), "is empty"),
        (feature("Polygon", [square(1, 51, 1)], radius_m=50), "is a Polygon with radius_m"),
        (feature("LineString", [[1, 51], [2, 51]], radius_m=50), "is a LineString with radius_m"),
        (feature("Polygon", [square(1, 51, 1)], half_width_m=50), "is a Polygon with half_width_m"),
        (feature("LineString", [[1, 51], [1, 51]], half_width_m=50), "has a line without length"),
        (
            feature("LineString", [[1, 51], [2, 51]], half_width_m=50, direction="port"),
            "an area is entered from anywhere",
        ),
        (feature("Polygon", [square(1, 51, 0.1)], buffer_m=0), "which is no distance"),
        (feature("Polygon", [square(1, 51, 0.1)], buffer_m=-20_000), "has nothing left 20000 m inside"),
        (feature("LineString", [[1, 51], [2, 51]], buffer_m=-50), "cannot have a buffer"),
    ],
)
def test_what_cannot_be_made_is_a_fault(given: dict[str, Any], words: str) -> None:
    with pytest.raises(FenceFaults) as told:
        geojson.parse([given])
    assert words in str(told.value)


def test_a_buffer_of_a_fence_that_is_not_there_and_an_id_taken_twice_are_faults() -> None:
    with pytest.raises(FenceFaults, match="x: is to have a buffer and is not there"):
        geojson.parse([feature("Polygon", [square(1, 51, 1)])], None, {"x": 5.0})
    with pytest.raises(FenceFaults, match="a-buffer: stands twice"):
        geojson.parse(
            [feature("Polygon", [square(1, 51, 1)], buffer_m=5), feature("Point", [1, 51], "a-buffer", radius_m=9)]
        )


def test_every_area_of_the_channel_can_have_a_copy() -> None:
    plain = geojson.load([DATA / "channel.geojson"])
    fences = geojson.load([DATA / "channel.geojson"], dict.fromkeys(plain.fence_id, 500.0))
    assert len(fences) == 2 * len(plain)
