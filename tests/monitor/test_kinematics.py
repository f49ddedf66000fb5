"""Distances and reporting intervals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.picture import StationClass
from monitor.classes import class_of_form, class_of_types
from monitor.kinematics import distance_m, leg_m, report_interval_s
from tests.oracles.tracks_oracle import chord_m

A, B = StationClass.A, StationClass.B
LATS, STEPS = st.floats(-75, 75), st.floats(-0.9, 0.9)


@settings(max_examples=300, deadline=None)
@given(LATS, st.floats(-180, 180), STEPS, STEPS)
def test_distance_equals_the_way_through_the_ellipsoid(lat: float, lon: float, dlat: float, dlon: float) -> None:
    wanted = chord_m(lat, lon, lat + dlat, lon + dlon)
    arrays = [np.array([value]) for value in (lat, lon, lat + dlat, lon + dlon)]
    # 2e-4: what the middle latitude neglects over 60 nm at 75 degrees, and the chord's own shortness
    assert distance_m(*arrays)[0] == pytest.approx(wanted, rel=2e-4, abs=0.01)


@settings(max_examples=300, deadline=None)
@given(LATS, st.floats(-180, 180), LATS, st.floats(-180, 180))
def test_one_distance_equals_many_to_the_last_bit(lat1: float, lon1: float, lat2: float, lon2: float) -> None:
    arrays = [np.array([value]) for value in (lat1, lon1, lat2, lon2)]
    assert leg_m(lat1, lon1, lat2, lon2) == distance_m(*arrays)[0]


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_near_distances_in_a_long_array_equal_single_ones_to_the_last_bit(seed: int) -> None:
    rng = np.random.default_rng(seed)
    lat, lon = rng.uniform(-85, 85, 67), rng.uniform(-180, 180, 67)
    ends = (lat, lon, lat + rng.normal(0, 0.01, 67), lon + rng.normal(0, 0.01, 67))
    assert distance_m(*ends).tolist() == [leg_m(*end) for end in zip(*(end.tolist() for end in ends), strict=True)]


@settings(max_examples=200, deadline=None)
@given(LATS, st.floats(-180, 180), LATS, st.floats(-180, 180))
def test_a_far_distance_is_the_great_circle_within_half_a_percent(
    lat1: float, lon1: float, lat2: float, lon2: float
) -> None:
    half = chord_m(lat1, lon1, lat2, lon2) / 2 / 6371008.8
    arc_m = 2 * 6371008.8 * math.asin(min(half, 1.0))
    if arc_m < 5e6:  # further round, a chord of the ellipsoid says little about the arc
        assert leg_m(lat1, lon1, lat2, lon2) == pytest.approx(arc_m, rel=7e-3, abs=1.0)


def test_distance_crosses_the_antimeridian_and_keeps_nan() -> None:
    lon = np.array([179.99, np.nan])
    found = distance_m(np.zeros(2), lon, np.zeros(2), np.array([-179.99, 0.0]))
    assert found[0] == pytest.approx(0.02 * 111319.49, rel=1e-6)
    assert np.isnan(found[1])


@pytest.mark.parametrize(
    ("what", "kind", "sog", "status", "turn", "coarse", "interval"),
    [
        ("at anchor, still", A, 0.1, 1, 0, 0, 180),
        ("moored, speed unknown", A, np.nan, 5, 0, 0, 180),
        ("at anchor, dragging at 3.5 kn", A, 3.5, 1, 0, 0, 10),
        ("under way, stopped", A, 0.0, 0, 0, 0, 10),
        ("under way at 14 kn", A, 14.0, 0, 0, 0, 10),
        ("under way at 14.1 kn", A, 14.1, 0, 0, 0, 6),
        ("under way at 23.1 kn", A, 23.1, 0, 0, 0, 2),
        ("turning at 12 kn", A, 12.0, 0, -12, 0, 10 / 3),
        ("turning at 20 kn", A, 20.0, 0, 12, 0, 2),
        ("speed unknown", A, np.nan, 0, np.nan, 0, 10),
        ("class B under way", B, 6.0, -1, np.nan, 0, 30),
        ("class B at 2 kn", B, 2.0, -1, np.nan, 0, 180),
        ("class B, speed unknown", B, np.nan, -1, np.nan, 0, 180),
        ("base station", StationClass.BASE, np.nan, -1, np.nan, 0, 10),
        ("aid to navigation", StationClass.AID, np.nan, -1, np.nan, 0, 180),
        ("aircraft", StationClass.AIRCRAFT, 120.0, -1, np.nan, 0, 10),
        ("beacon", StationClass.BEACON, 1.0, 14, np.nan, 0, 60),
        ("tender of a ship", StationClass.CRAFT, 7.0, -1, np.nan, 0, 30),
        ("tender, stopped", StationClass.CRAFT, 0.0, -1, np.nan, 0, 180),
        ("never sent a position", StationClass.UNKNOWN, np.nan, -1, np.nan, 0, 360),
        ("long range only", A, 18.0, 0, np.nan, 1, 180),
    ],
)
def test_report_interval(
    what: str, kind: int, sog: float, status: int, turn: float, coarse: int, interval: float
) -> None:
    found = report_interval_s(*(np.array([value]) for value in (int(kind), sog, status, float(turn), coarse)))
    assert found[0] == pytest.approx(interval), what


@pytest.mark.parametrize(
    ("mmsi", "types", "wanted"),
    [
        (235000001, [1], A),
        (235000001, [18], B),
        (235000001, [18, 24, 1], A),
        (235000001, [24], B),
        (235000001, [27], A),
        (235000001, [], StationClass.UNKNOWN),
        (235000001, [14], StationClass.UNKNOWN),
        (2320001, [4], StationClass.BASE),
        (2320001, [14], StationClass.BASE),
        (992351000, [21], StationClass.AID),
        (111232500, [1], StationClass.AIRCRAFT),
        (257000000, [9], StationClass.AIRCRAFT),
        (970010001, [1], StationClass.BEACON),
        (972010001, [14], StationClass.BEACON),
        (974010001, [1], StationClass.BEACON),
        (982350001, [18], StationClass.CRAFT),
        (823200001, [18], StationClass.HANDHELD),
        (0, [1], A),
    ],
)
def test_station_class(mmsi: int, types: list[int], wanted: StationClass) -> None:
    for order in (types, types[::-1]):
        heard = 0
        for one in order:
            heard |= 1 << one
        assert class_of_types(class_of_form(np.array([mmsi])), np.array([heard]))[0] == wanted
