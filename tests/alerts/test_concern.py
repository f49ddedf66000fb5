"""Which vessels a fence is about: known to be outside the filter is out, not known is in."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from alerts.concern import SHIP_TYPES, WORDS, is_about
from alerts.picture import Concern, Fences, Picture, StationClass
from geofences.events import Side
from geofences.terms import CLASSES
from tests.alerts.pictures import NOW, SHIP, fence_events, fences, pairs, picture
from tests.alerts.test_rules import detect

NAN = float("nan")


def watched(classes: tuple[str, ...] = (), mmsi: tuple[int, ...] = (), **limits: float) -> Fences:
    """One exclusion zone with a filter."""
    names = ("min_length_m", "max_length_m", "min_sog_kn", "max_sog_kn")
    columns = [np.array([limits.get(name, NAN)]) for name in names]
    return dataclasses.replace(fences(("ex", "exclusion_zone", NAN)), concern=Concern((classes,), (mmsi,), *columns))


def seen(chart: Fences, **ship: Any) -> Picture:
    return picture({**SHIP, **ship}, chart=chart, inside=pairs((0, 0, NOW - 3600, 500.0, False)))


def test_the_charts_words_are_the_rules_words() -> None:
    """`alerts` is a leaf and does not import geofences."""
    assert set(WORDS) == set(CLASSES)


def test_every_ship_type_has_exactly_one_word() -> None:
    types = [code for codes in SHIP_TYPES.values() for code in codes]
    assert sorted(types) == list(range(-1, 256))


@pytest.mark.parametrize(
    ("filters", "ship", "wanted"),
    [
        ({}, {}, True),
        ({"classes": ("cargo",)}, {"ship_type": 70}, True),
        ({"classes": ("tanker",)}, {"ship_type": 70}, False),
        ({"classes": ("tanker", "cargo")}, {"ship_type": 79}, True),
        ({"classes": ("tanker",)}, {"ship_type": -1}, False),
        ({"classes": ("tanker", "unknown")}, {"ship_type": -1}, True),
        ({"classes": ("unknown",)}, {"ship_type": 0}, True),
        ({"classes": ("class_b",)}, {"ship_type": 70}, False),
        ({"classes": ("class_b",)}, {"station_class": StationClass.B}, True),
        ({"classes": ("class_b", "cargo")}, {"ship_type": 70}, True),
        ({"classes": ("class_a",)}, {"station_class": StationClass.UNKNOWN}, False),
        ({"mmsi": (219000001, 219000002)}, {"mmsi": 219000002}, True),
        ({"mmsi": (219000001, 219000002)}, {"mmsi": 219000003}, False),
        ({"mmsi": (219000001,)}, {"mmsi": -1}, False),
        ({"mmsi": (219000001,), "classes": ("tanker",)}, {"mmsi": 219000001, "ship_type": 70}, False),
        ({"min_length_m": 100.0}, {"length_m": 99.0}, False),
        ({"min_length_m": 100.0}, {"length_m": 100.0}, True),
        ({"min_length_m": 100.0}, {"length_m": NAN}, True),
        ({"max_length_m": 100.0}, {"length_m": 101.0}, False),
        ({"max_length_m": 100.0}, {"length_m": NAN}, True),
        ({"min_sog_kn": 5.0}, {"sog_kn": 4.9}, False),
        ({"min_sog_kn": 5.0}, {"sog_kn": NAN}, True),
        ({"max_sog_kn": 5.0}, {"sog_kn": 5.1}, False),
        ({"max_sog_kn": 5.0}, {"sog_kn": 5.0}, True),
        ({"classes": ("cargo",), "min_sog_kn": 5.0}, {"sog_kn": 1.0}, False),
    ],
)
def test_a_fence_is_about(filters: dict[str, Any], ship: dict[str, Any], wanted: bool) -> None:
    given = seen(watched(**filters), **ship)
    assert is_about(given, np.zeros(1, np.int64), np.zeros(1, np.int64)).tolist() == [wanted]


@pytest.mark.parametrize(
    ("sentence", "filters", "ship", "n"),
    [
        ("a tug and a fence about all", {}, {"ship_type": 52}, 0),
        ("a tug and a fence about tugs", {"classes": ("tug",)}, {"ship_type": 52}, 1),
        ("a pilot boat of 12 m that is named", {"mmsi": (SHIP["mmsi"],)}, {"ship_type": 50, "length_m": 12.0}, 1),
        ("a yacht of 12 m and a fence about all", {}, {"ship_type": 36, "length_m": 12.0}, 0),
        ("the same and a fence about sailing", {"classes": ("sailing",)}, {"ship_type": 36, "length_m": 12.0}, 1),
        ("a boat of 12 m and a fence about short ones", {"max_length_m": 15.0}, {"ship_type": 70, "length_m": 12.0}, 1),
        ("a tug of 12 m there", {"max_length_m": 15.0}, {"ship_type": 52, "length_m": 12.0}, 0),
        ("a tug with class A and a fence about class A", {"classes": ("class_a",)}, {"ship_type": 52}, 0),
    ],
)
def test_a_fence_that_says_whom_it_is_about_means_them(
    sentence: str, filters: dict[str, Any], ship: dict[str, Any], n: int
) -> None:
    assert len(detect("fence_entry", seen(watched(**filters), **ship))) == n, sentence


def test_a_stay_of_a_pilot_boat_is_told_where_the_fence_is_about_her() -> None:
    for filters, n in (({}, 0), ({"classes": ("service",)}, 1), ({"mmsi": (SHIP["mmsi"],)}, 1)):
        assert len(detect("fence_dwell", seen(watched(**filters), ship_type=50))) == n


def test_every_rule_that_asks_about_fences_asks_the_filter() -> None:
    for rule, kind, ship in (
        ("fence_dwell", "exclusion_zone", {}),
        ("wrong_way", "tss_lane", {"cog_deg": 46.0, "heading_deg": 46.0}),
        ("lane_stopped", "tss_lane", {"sog_kn": 0.1}),
    ):
        for classes, n in (((), 1), (("cargo",), 1), (("tanker",), 0)):
            chart = watched(classes)
            chart = dataclasses.replace(chart, kind=(kind,), traffic_direction_deg=np.array([226.0]))
            assert len(detect(rule, seen(chart, **ship))) == n, (rule, classes)


def test_a_crossing_is_told_to_those_whom_it_is_about_and_with_its_side() -> None:
    events = fence_events((0, 0, 2, NOW - 3))
    for classes, side, wanted in (
        (("tanker",), Side.NONE, []),
        (("cargo",), Side.NONE, [b"crossed"]),
        ((), Side.PORT, [b"crossed from port"]),
        ((), Side.STARBOARD, [b"crossed from starboard"]),
    ):
        given = picture(
            SHIP, chart=watched(classes), events=dataclasses.replace(events, side=np.array([side], np.int8))
        )
        assert detect("fence_entry", given).values[2].tolist() == wanted


def test_groups_choose_fences() -> None:
    chart = dataclasses.replace(
        fences(("a", "bank", NAN), ("b", "bank", NAN), ("c", "bank", NAN)), groups=(("n", "w"), (), ("w",))
    )
    inside = pairs(*((0, fence, NOW - 3600, 500.0, False) for fence in range(3)))
    given = picture(SHIP, chart=chart, inside=inside)
    for groups, wanted in (((), []), (("n",), [b"a"]), (("w",), [b"a", b"c"]), (("x",), [])):
        assert sorted(detect("fence_entry", given, groups=groups).values[0].tolist()) == wanted
    for limits, wanted in (({}, []), ({"n": 60.0, "w": 7200.0}, [b"a"]), ({"w": 60.0}, [b"a", b"c"])):
        assert sorted(detect("fence_dwell", given, limit_by_group_s=limits).values[0].tolist()) == wanted
    stronger = detect("fence_dwell", given, limit_by_group_s={"w": 60.0}, limit_by_id_s={"a": 9000.0})
    assert stronger.values[0].tolist() == [b"c"]
