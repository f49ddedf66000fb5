"""On what terms a fence holds: read from what QGIS writes, refused with words where it makes no sense."""

import math
from typing import Any

import numpy as np
import pytest

from geofences import geojson
from geofences.events import Side
from geofences.geojson import FenceFaults
from geofences.terms import CLASSES, NAMES, Terms
from tests.geofences.shapes import DATA, square

AREA = {"type": "Polygon", "coordinates": [square(1.0, 51.0, 1.0)]}
LINE = {"type": "LineString", "coordinates": [(1.0, 51.0), (2.0, 52.0)]}


def feature(geometry: dict[str, Any] = AREA, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": {"id": "a", **properties}}


def test_what_a_file_says_is_in_the_columns() -> None:
    fences = geojson.parse(
        [
            feature(
                enter_margin_m=0, enter_reports=3, enter_after_s=60.5, exit_margin_m=250, classes="tanker, cargo",
                min_length_m=50, max_length_m=400, min_sog_kn=0.5, max_sog_kn=40, groups=["north", "winter"],
                active_from="2026-07-04T08:00:00Z", active_until="2026-07-05T20:00:00+02:00",
                schedule="Sa-Su 08:00-18:00",
            ),
            feature(LINE, id="b", direction="port"),
            feature(id="c"),
        ]
    ).terms  # fmt: skip
    assert fences.enter_margin_m.tolist()[0] == 0.0
    assert fences.enter_reports.tolist() == [3, -1, -1]
    assert (fences.enter_after_s[0], fences.exit_margin_m[0]) == (60.5, 250.0)
    assert np.isnan(fences.enter_after_s[1:]).all()
    assert fences.classes == (("tanker", "cargo"), (), ())
    assert fences.groups == (("north", "winter"), (), ())
    assert [fences.min_length_m[0], fences.max_length_m[0], fences.min_sog_kn[0], fences.max_sog_kn[0]] == [
        50,
        400,
        0.5,
        40,
    ]
    assert fences.side.tolist() == [Side.NONE, Side.PORT, Side.NONE]
    assert fences.schedule.until_unix_s[0] - fences.schedule.from_unix_s[0] == 34 * 3600
    assert np.diff(fences.schedule.start).tolist() == [2, 0, 0]


def test_null_and_nothing_are_not_given() -> None:
    """QGIS writes every column of a layer for every feature."""
    (plain, empty, null) = (
        geojson.parse([feature(**dict.fromkeys(NAMES, value) if value != "absent" else {})])
        for value in ("absent", "", None)
    )
    for fences in (plain, empty, null):
        assert np.isnan(fences.terms.enter_margin_m).all()
        assert fences.terms.schedule.is_always
        assert fences.terms.classes == ((),)
    assert Terms().until_unix_s == math.inf


@pytest.mark.parametrize(
    ("properties", "words"),
    [
        ({"enter_margin_m": -1}, "enter_margin_m '-1', which is no size"),
        ({"enter_margin_m": "50"}, "no size"),
        ({"enter_margin_m": True}, "no size"),
        ({"exit_margin_m": float("nan")}, "no size"),
        ({"exit_margin_m": 1e300}, "no size"),
        ({"enter_reports": 0}, "no count of reports"),
        ({"enter_reports": 1.5}, "no count of reports"),
        ({"active_from": "2026-07-04T08:00:00"}, "does not say its zone"),
        ({"active_from": "tomorrow"}, "cannot be read"),
        ({"active_from": 12}, "it is no text"),
        ({"active_from": "2026-07-04T08:00:00Z", "active_until": "2026-07-04T07:00:00Z"}, "never in force"),
        ({"schedule": "weekends"}, "'weekends' is no day"),
        ({"schedule": {"mon": 1}}, "it is no text"),
        ({"classes": "tanker, oil"}, "'oil' is not known"),
        ({"classes": 7}, "no list of words"),
        ({"groups": [7]}, "no list of words"),
        ({"min_length_m": 100, "max_length_m": 50}, "no vessel is left"),
        ({"min_sog_kn": 100, "max_sog_kn": 50}, "no vessel is left"),
        ({"direction": "port"}, "an area is entered from anywhere"),
        ({"min_lenght_m": 50}, "min_lenght_m that nobody reads; write min_length_m"),
        ({"Enter_Margin_M": 50}, "write enter_margin_m"),
        ({"active_untill": "2026-07-04T08:00:00Z"}, "write active_until"),
    ],
)
def test_what_makes_no_sense_is_a_fault(properties: dict[str, Any], words: str) -> None:
    with pytest.raises(FenceFaults) as told:
        geojson.parse([feature(**properties)])
    assert words in str(told.value)
    assert len(told.value.faults) == 1


@pytest.mark.parametrize("name", ["enter_margin_m", "enter_reports", "enter_after_s", "exit_margin_m"])
def test_a_line_holds_nobody(name: str) -> None:
    with pytest.raises(FenceFaults, match="a line holds nobody"):
        geojson.parse([feature(LINE, **{name: 5})])


def test_a_line_is_crossed_from_port_starboard_or_both() -> None:
    for word, side in (("port", Side.PORT), ("starboard", Side.STARBOARD), ("both", Side.NONE)):
        assert geojson.parse([feature(LINE, direction=word)]).terms.side.tolist() == [side]
    with pytest.raises(FenceFaults, match="use one of port, starboard, both"):
        geojson.parse([feature(LINE, direction="left")])


def test_columns_of_somebodys_own_are_left_alone() -> None:
    own = (
        "class",
        "group",
        "length_m",
        "speed_kn",
        "description",
        "fid",
        "active",
        "width_m",
        "direct",
        "area_nm2",
        "margin",
    )
    fences = geojson.parse([feature(**dict.fromkeys(own, 7))])
    assert fences.properties[0]["class"] == 7


def test_the_shipped_chart_makes_no_terms() -> None:
    terms = geojson.load([DATA / "channel.geojson"]).terms
    assert terms.schedule.is_always
    assert not any(terms.classes)


def test_faults_of_terms_and_of_shape_come_at_once() -> None:
    bowtie = {"type": "Polygon", "coordinates": [[(1, 51), (2, 52), (2, 51), (1, 52), (1, 51)]]}
    with pytest.raises(FenceFaults) as told:
        geojson.parse([feature(bowtie, kind="nonsense", min_sog_kn=-1)])
    assert len(told.value.faults) == 3
    assert len(CLASSES) == len(set(CLASSES))


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (219000001, (219000001,)),
        (219000001.0, (219000001,)),  # a column of numbers, as QGIS may write it
        ("219000001, 2190002,219000001", (219000001, 2190002)),
        ([219000001, "002190002"], (219000001, 2190002)),
        ("", ()),
        (None, ()),
    ],
)
def test_mmsis_are_read_as_people_write_them(given: object, wanted: tuple[int, ...]) -> None:
    assert geojson.parse([feature(mmsi=given)]).terms.mmsi == (wanted,)


@pytest.mark.parametrize(
    "given", ["ferry", 2190000011, 21.5, -5, True, [[1]], {"a": 1}, "219000001;2", math.inf, math.nan, [1e400]]
)
def test_what_is_no_mmsi_is_told(given: object) -> None:
    with pytest.raises(FenceFaults, match="which are not all MMSIs"):
        geojson.parse([feature(mmsi=given)])


def test_angles_and_cooldowns_are_read_and_judged() -> None:
    terms = geojson.parse([feature(LINE, min_angle_deg=30, cooldown_s=3600), feature(id="b", cooldown_s=60)]).terms
    assert terms.cooldown_s.tolist() == [3600.0, 60.0]
    assert terms.min_angle_deg[0] == 30.0
    assert np.isnan(terms.min_angle_deg[1])
    for bad, words in (
        (feature(LINE, min_angle_deg=91), "more than straight across"),
        (feature(LINE, min_angle_deg=-1), "which is no size"),
        (feature(min_angle_deg=30), "an area is entered from anywhere"),
        (feature(cooldown_s="an hour"), "which is no size"),
        (feature(cooldwon_s=60), "write cooldown_s"),
    ):
        with pytest.raises(FenceFaults, match=words):
            geojson.parse([bad])


@pytest.mark.parametrize(
    ("geometry", "name"),
    [({"type": "Point", "coordinates": [1.0, 51.0]}, "radius_m"), (LINE, "half_width_m"), (AREA, "radius_m")],
)
@pytest.mark.parametrize("value", ["far", -5, 0, 1e9])
def test_a_faulty_size_is_one_fault(geometry: dict[str, Any], name: str, value: object) -> None:
    with pytest.raises(FenceFaults) as raised:
        geojson.parse([feature(geometry, **{name: value})])
    told = [str(fault) for fault in raised.value.faults]
    assert len([text for text in told if "no distance" in text]) == 1
    assert len(told) == (2 if geometry is AREA else 1), told
