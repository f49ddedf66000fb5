"""Loading: what is wrong with a chart is told, all of it at once, with the place; nothing invalid loads in silence."""

from contextlib import suppress
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from geofences import geojson
from geofences.geojson import FenceFaults
from tests.geofences.shapes import DATA, lattice_areas, lattice_points, member, read, square, stars

SOUND = [square(1.0, 51.0, 1.0)]
NAN = float("nan")


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def line(*points: Any) -> dict[str, Any]:
    return {"type": "LineString", "coordinates": list(points)}


def feature(geometry: Any = None, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry or polygon(*SOUND), "properties": {"id": "a", **properties}}


def faults_of(*features: Any) -> list[str]:
    with pytest.raises(FenceFaults) as told:
        geojson.parse(list(features))
    return [str(fault) for fault in told.value.faults]


MULTI = "MultiPolygon"
BOWTIE = [(1, 51), (2, 52), (2, 51), (1, 52), (1, 51)]
SPIKE = [(1, 51), (2, 51), (2, 52), (2, 53), (2, 52), (1, 52), (1, 51)]
WAIST = [(0, 50), (2, 50), (1, 51), (2, 52), (0, 52), (1, 51), (0, 50)]
OVER_180 = [(179, 0), (-179, 0), (-179, 1), (179, 1), (179, 0)]
WIDE = [(-100, 0), (0, 0), (100, 0), (100, 1), (0, 1), (-100, 1), (-100, 0)]
FAULTY = [
    ("crosses itself", polygon(BOWTIE), "a: vertex 2 at 51.50000, 1.50000 crosses itself"),
    ("bow-tie of unlike halves", polygon([(1, 51), (2, 53), (2, 51), (1, 52), (1, 51)]), "crosses itself"),
    ("runs back on itself", polygon(SPIKE), "delete vertex 3"),
    ("meets itself in a point", polygon(WAIST), "meets the edge"),
    ("encloses nothing", polygon([(1, 51), (2, 52), (3, 53), (1, 51)]), "runs back on itself"),
    ("is one point", polygon([(1, 51)] * 4), "encloses nothing"),
    ("has a hole outside", polygon(*SOUND, square(5, 51, 1)), "vertex 0 at 51.00000, 5.00000 hole lies outside shell"),
    ("has crossing rings", polygon(*SOUND, square(1.5, 51.5, 1)), "self-intersection"),
    ("has parts that overlap", {"type": MULTI, "coordinates": [SOUND, [square(1.5, 51.5, 1)]]}, "2 part(s)"),
    ("has one part twice", {"type": MULTI, "coordinates": [SOUND, SOUND]}, "1 part(s)"),
    ("is not closed", polygon(SOUND[0][:-1]), "a: vertex 3 at 52.00000, 1.00000 is not closed; repeat the first point"),
    ("has too few points", polygon([(1, 51), (2, 51), (1, 51)]), "has a ring of 3 points; it needs at least 4"),
    ("has an empty ring", polygon([]), "has a ring of 0 points"),
    ("has a ring that is none", polygon(5), "has a ring of 0 points"),
    ("is empty", polygon(), "is empty"),
    ("has an empty part", {"type": MULTI, "coordinates": [[]]}, "has an empty part"),
    ("has its latitude first", polygon(square(51, -100, 1)), "vertex 0 at -100.00000, 51.00000 lies outside"),
    ("has latitude 91", polygon([(1, 51), (2, 51), (2, 91), (1, 51)]), "vertex 2 at 91.00000, 2.00000 lies out"),
    ("has longitude 181", polygon([(181, 51), (2, 51), (2, 52), (181, 51)]), "lies outside the world"),
    ("has a position that is no number", polygon([(NAN, 51), (2, 51), (2, 52), (NAN, 51)]), "lies outside the world"),
    ("has an endless position", polygon([(1e400, 51), (2, 51), (2, 52), (1, 51)]), "lies outside the world"),
    ("has a huge position", polygon([(10**400, 51), (2, 51), (2, 52), (1, 51)]), "lies outside the world"),
    ("has numbers as text", polygon([("1", "51"), (2, 51), (2, 52), (1, 51)]), "vertex 0 has no position there"),
    ("has text as positions", polygon(["12", "34", "56", "12"]), "vertex 2 has no position there: 56"),
    ("has truth as positions", polygon([(True, 51), (2, 51), (2, 52), (True, 51)]), "has no position there"),
    ("is nested too deep", polygon(SOUND), "has no position there"),
    ("is nested too flat", {"type": MULTI, "coordinates": SOUND}, "has no position there"),
    ("is a point", {"type": "Point", "coordinates": [1, 51]}, "is a Point; a fence is a Polygon"),
    ("is a collection", {"type": "GeometryCollection", "geometries": []}, "is a GeometryCollection"),
    ("crosses the antimeridian", polygon(OVER_180), "vertex 1 at 0.00000, -179.0"),
    ("is wide", polygon(WIDE), "200 degrees of longitude wide"),
    ("is a wide line", line((-100, 0), (0, 0), (100, 0)), "200 degrees of longitude wide"),
    ("is a line of one point", line((1, 51)), "has a ring of 1 points; it needs at least 2"),
    ("is a line without length", line((1, 51), (1, 51)), "has a line without length"),
]  # fmt: skip


@pytest.mark.parametrize(("what", "geometry", "wanted"), FAULTY, ids=[row[0] for row in FAULTY])
def test_a_fence_is_refused_that(what: str, geometry: dict[str, Any], wanted: str) -> None:
    told = faults_of(feature(geometry))
    assert any(wanted in fault for fault in told), told
    assert all(fault.startswith("a: ") and "; " in fault for fault in told), "fence, place, what is wrong; the repair"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ([feature(), feature(line((1, 51), (2, 52)))], ["a: stands twice; give each feature an id of its own"]),
        ([feature(kind="harbour")], ["a: is of unknown kind harbour"]),
        ([feature(kind=["port"])], ["a: is of unknown kind ['port']"]),
        ([feature(kind="tss_lane")], ["a: is a lane without direction"]),
        ([feature(kind="tss_lane", traffic_direction_deg="north")], ["a: has traffic_direction_deg 'north'"]),
        ([feature(kind="tss_lane", traffic_direction_deg=360)], ["a: has traffic_direction_deg 360"]),
        ([feature(kind="tss_lane", traffic_direction_deg=-1)], ["a: has traffic_direction_deg -1"]),
        ([feature(kind="tss_lane", traffic_direction_deg=NAN)], ["a: has traffic_direction_deg nan"]),
        ([feature(kind="tss_lane", traffic_direction_deg=True)], ["a: has traffic_direction_deg True"]),
        ([{"type": "Feature", "geometry": None, "properties": {"id": "a"}}], ["a: has no geometry"]),
        ([{"type": "Feature", "geometry": None, "id": 7, "properties": {"name": "A"}}], ["7 (A): has no geometry"]),
        ([feature()] * 3, ["a: stands 3 times; give each feature an id of its own"]),
        ([feature(), feature(kind="harbour")], ["a: is of unknown kind harbour", "a: stands twice"]),
        ([feature(), {"geometry": None, "id": "a"}], ["a: has no geometry", "a: stands twice"]),
        ([feature(name="A"), feature(name="B")], ["a (B): stands twice"]),
        ([feature(id=["b"])], ["['b']: has id ['b'], which is neither a text nor a number; correct the id"]),
        ([feature(name=True)], ["a (True): has name True, which is neither"]),
        ([None], ["feature 0: has no geometry"]),
        ([{"geometry": polygon(*SOUND), "properties": ["a"]}], ["feature 0: has properties that are no object"]),
    ],
)
def test_a_feature_is_refused(given: list[Any], wanted: list[str]) -> None:
    told = faults_of(*given)
    assert [fault[: len(start)] for fault, start in zip(told, wanted, strict=True)] == wanted


def test_a_swapped_fence_that_lies_in_the_world_is_told_by_its_neighbours() -> None:
    """51 N 1 E swapped is a place off Somalia: no range check finds it."""
    good = [feature(polygon(square(1 + i, 51, 0.5)), id=f"good-{i}") for i in range(3)]
    told = faults_of(*good, feature(polygon([(y, x) for x, y in square(1.5, 51, 0.5)]), id="bad"))
    assert told == [
        "bad: vertex 0 at 1.50000, 51.00000 lies far from all other fences; "
        "latitude and longitude are swapped: write [lon, lat]"
    ]


def test_a_fence_far_away_that_is_not_swapped_is_nobodys_fault() -> None:
    good = [feature(polygon(square(1 + i, 51, 0.5)), id=f"good-{i}") for i in range(3)]
    assert len(geojson.parse([*good, feature(polygon(square(-40, 36, 1)), id="far")])) == 4


def test_all_faults_of_all_fences_are_told_at_once() -> None:
    told = faults_of(
        feature(polygon(BOWTIE), id="one", kind="nothing"),
        feature(polygon(SOUND[0][:-1]), id="two"),
        feature(id="three"),
        feature(polygon([(1, 51), (2, 91), (181, 52), (1, 51)]), id="four"),
    )
    assert [fault.split(":")[0] for fault in told] == ["one", "one", "two", "four", "four"]


def test_a_fault_names_the_fence_as_rules_and_as_people_do() -> None:
    (told,) = faults_of(feature(polygon(BOWTIE), id=7, name="Varne bank"))
    assert told.startswith("7 (Varne bank): vertex 2 at 51.50000, 1.50000 crosses itself")
    assert faults_of(feature(id="a", name="a", kind="x"))[0].startswith("a: is of")
    assert faults_of(feature(id=None, name="Varne", kind="x"))[0].startswith("Varne: is of")
    assert faults_of(feature(name="B", buffer_m=-90_000))[0].startswith("a (B): has nothing left 90000 m inside")


def test_part_and_ring_are_told_where_there_are_several() -> None:
    """A fault of one ring hides none of another: here one is not closed, one crosses itself and one is outside."""
    hole, far, out = square(1.2, 51.2, 0.5), square(5, 51, 1), square(8, 91, 1)
    both = {"type": MULTI, "coordinates": [[SOUND[0], hole[:-1]], [BOWTIE], [far], [[*out[:-1], far[0]]]]}
    assert [told.split(" at ")[0] for told in faults_of(feature(both))] == [
        *(f"a: part 3 vertex {i}" for i in range(4)),
        "a: part 0 ring 1 vertex 3",
        "a: part 1 vertex 2",
    ]
    (crossed,) = faults_of(feature(polygon(*SOUND, [(x / 10 + 1, y / 10 + 46.2) for x, y in BOWTIE])))
    assert crossed.startswith("a: ring 1 vertex 2 at ")
    lines = {"type": "MultiLineString", "coordinates": [[(1, 51), (2, 52)], [(1, 51), (1, 51)], [(1, 51), (2, 95)]]}
    assert [told.split(" has ")[0].split(" at ")[0] for told in faults_of(feature(lines))] == [
        "a: part 2 vertex 1",
        "a: part 1",
    ]
    apart = {"type": MULTI, "coordinates": [SOUND, [square(5, 51, 1), square(9, 51, 1)]]}
    assert faults_of(feature(apart))[0].startswith("a: part 1 ring 1 vertex 0 at 51.00000, 9.00000 hole lies outside")


def test_a_buffer_of_a_faulty_fence_is_no_fault_of_its_own() -> None:
    with pytest.raises(FenceFaults) as told:
        geojson.parse([feature(polygon(BOWTIE))], None, {"a": 100.0, "b": 100.0})
    assert [fault.fence for fault in told.value.faults] == ["a", "b"]


def test_faults_of_many_positions_are_told_up_to_ten() -> None:
    out = [(100, 91 + i) for i in range(11)]
    (told,) = faults_of(feature(line((1, 51), *out)))
    assert "vertex 1 at 91.00000, 100.00000 lies outside the world, as do 11 of its 12 positions; correct the" in told
    told_none = faults_of(feature(line(*"abcdefghijklm")))
    assert len(told_none) == 11
    assert told_none[-1] == "a: has 3 more faults of positions, rings or lines; look at them"
    (swapped,) = faults_of(feature(polygon([(51, 100), (52, 101), (51, 101), (51, 100)])))
    assert swapped.endswith("as do all of its 4 positions; latitude and longitude are swapped: write [lon, lat]")


def test_every_crossing_of_a_ring_is_named_up_to_ten() -> None:
    zigzag = [(x, 51.0 + (x % 2)) for x in range(12)]
    back = [(11 - x, 51.0 + (x % 2)) for x in range(12)]
    told = faults_of(feature(polygon([*zigzag, *back, zigzag[0]])))
    assert sum("crosses itself: the edge from vertex" in fault for fault in told) == 10
    assert "more places" in told[-1]
    two = [(0, 50), (1, 51), (2, 50), (3, 51), (3, 50), (2, 51), (1, 50), (0, 51), (0, 50)]
    assert len([f for f in faults_of(feature(polygon(two))) if "crosses itself" in f]) == 3


def test_the_repair_of_a_crossing_repairs_it() -> None:
    (told,) = faults_of(feature(polygon(BOWTIE)))
    assert "turn the order of vertices 1 to 2 round" in told
    turned = [BOWTIE[0], *BOWTIE[1:3][::-1], *BOWTIE[3:]]
    assert len(geojson.parse([feature(polygon(turned))])) == 1


# ---- what loads ----


def test_names_ids_kinds_and_directions_are_read_where_people_put_them() -> None:
    fences = geojson.parse(
        [
            {
                "geometry": polygon(*SOUND),
                "properties": {"id": "p", "name": "P", "kind": "port", "depth": 5},
                "id": "x",
            },
            {"geometry": polygon(*SOUND), "id": 7, "properties": {"name": "Q"}},
            {"geometry": line((1, 51), (2, 51)), "properties": {"name": "R", "kind": "boundary"}},
            {"geometry": polygon(*SOUND), "properties": None},
            feature(id=0, kind="tss_lane", traffic_direction_deg=0),
            feature(id=None, name=None, fid=12),
            feature(id="", name="S", fid=13),
        ]
    )
    assert fences.fence_id == ("p", "7", "R", "feature 3", "0", "fid-12", "S")
    assert fences.name == ("P", "Q", "R", "feature 3", "fence 0", "fence fid-12", "S")
    assert fences.kind == ("port", "watch_area", "boundary", "watch_area", "tss_lane", "watch_area", "watch_area")
    assert fences.is_line.tolist() == [False, False, True, False, False, False, False]
    assert np.isnan(fences.traffic_direction_deg[:4]).all()
    assert fences.traffic_direction_deg[4] == 0
    assert fences.properties[0]["depth"] == 5


def test_heights_and_repeated_points_are_no_fault() -> None:
    ring = [(1, 51, 0), (2, 51), (2, 51), (2, 52, 10), (1, 52), (1, 51, 0)]
    fences = geojson.parse([feature(polygon(ring)), feature(line((1, 51), (1, 51), (2, 52)), id="b")])
    assert np.bincount(fences.edges.fence).tolist() == [4, 1]
    assert member(fences, [1.5], [51.5])[0].tolist() == [True, False]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(lattice_areas(), stars()), min_size=1, max_size=3))
def test_whatever_shapely_finds_valid_loads_and_holds_the_same(areas: list[BaseGeometry]) -> None:
    fences = geojson.parse([feature(mapping(area), id=str(i)) for i, area in enumerate(areas)])
    x, y = lattice_points()
    x, y = x + 0.011, y + 0.007  # off every edge of the lattice
    for i, area in enumerate(areas):
        assert np.array_equal(member(fences, x, y)[:, i], shapely.contains_xy(area, x, y))


@settings(deadline=None, max_examples=150)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=0, max_size=8),
    st.booleans(),
)
def test_whatever_shapely_finds_invalid_is_told(points: list[tuple[int, int]], is_closed: bool) -> None:
    ring = [*points, *points[:1]] if is_closed else points
    valid = len(ring) >= 4 and ring[0] == ring[-1]
    valid = valid and (area := shapely.Polygon(ring)).is_valid and area.area > 0
    if valid:
        assert len(geojson.parse([feature(polygon(ring))])) == 1
    else:
        assert faults_of(feature(polygon(ring)))


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from(["id", "kind", "name"]), inner),
    max_leaves=12,
)


@settings(deadline=None, max_examples=300)
@given(
    st.sampled_from(["Polygon", "MultiPolygon", "LineString", "MultiLineString", "Point", None]),
    JSON,
    JSON,
)
def test_garbage_is_told_and_never_crashes(kind: str | None, coordinates: Any, properties: Any) -> None:
    given = {"geometry": {"type": kind, "coordinates": coordinates}, "properties": properties}
    with suppress(FenceFaults):
        geojson.parse([given])
    with pytest.raises(FenceFaults):
        geojson.parse([coordinates, properties])


def test_the_shipped_charts_load_without_a_fault() -> None:
    for name in ("channel.geojson",):
        fences = geojson.load([DATA / name])
        assert len(fences) == len(read(name)["features"])
    assert all(shape(one["geometry"]).is_valid for one in read("land.geojson")["features"])


@pytest.mark.parametrize(("given", "name"), [(7, "fence 7"), ("7", "fence 7"), ("varne", "varne"), ("7b", "7b")])
def test_a_fence_without_a_name_is_called_by_its_id(given: object, name: str) -> None:
    square = {"type": "Polygon", "coordinates": [[[1, 51], [2, 51], [2, 52], [1, 52], [1, 51]]]}
    for properties, top in (({"id": given, "name": None}, {}), ({"name": ""}, {"id": given})):
        fences = geojson.parse([{"type": "Feature", "properties": properties, "geometry": square, **top}])
        assert (fences.fence_id, fences.name) == ((str(given),), (name,))
