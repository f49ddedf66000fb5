"""Metres on our plane against metres along the ellipsoid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geofences.project import bearing_deg, distance_m, metres_per_degree, wrap_lon_deg
from tests.oracles.geodesic import inverse

LAT = st.floats(-65, 65)
LON = st.floats(-180, 180)


def test_the_oracle_gives_the_published_line() -> None:
    """Flinders Peak to Buninyong, 54972.271 m: Geocentric Datum of Australia Technical Manual, 4.1 (GRS 80)."""
    flinders = (-(37 + 57 / 60 + 3.72030 / 3600), 144 + 25 / 60 + 29.52440 / 3600)
    buninyong = (-(37 + 39 / 60 + 10.15610 / 3600), 143 + 55 / 60 + 35.38390 / 3600)
    assert inverse(*flinders, *buninyong) == pytest.approx(54972.271, abs=2e-3)
    assert inverse(0, 179.5, 0, -179.5) == pytest.approx(111319.491, abs=1e-3)


@pytest.mark.parametrize("lat_deg", [48.5, 50.1, 51.0, 51.7, 52.5])
@pytest.mark.parametrize("course_deg", range(0, 360, 30))
@pytest.mark.parametrize("length_m", [1.0, 50.0, 2_000.0, 10_000.0])
def test_within_10_km_a_distance_errs_by_less_than_1e_5(lat_deg: float, course_deg: float, length_m: float) -> None:
    """With the local ellipsoid: one cosine for the whole Channel would be off by 2 % at its ends."""
    north_m, east_m = metres_per_degree(np.array(lat_deg))
    lat2 = lat_deg + length_m * np.cos(np.radians(course_deg)) / float(north_m)
    lon2 = 1.4 + length_m * np.sin(np.radians(course_deg)) / float(east_m)
    wanted = inverse(lat_deg, 1.4, lat2, lon2)
    assert float(distance_m(np.array(lat_deg), np.array(1.4), lat2, lon2)) == pytest.approx(wanted, rel=1e-5, abs=1e-5)


@settings(max_examples=300)
@given(LAT, LON, LAT, LON)
def test_any_distance_errs_by_less_than_a_hundredth(lat1: float, lon1: float, lat2: float, lon2: float) -> None:
    wanted = inverse(lat1, lon1, lat2, lon2)
    found = float(distance_m(np.array(lat1), np.array(lon1), lat2, lon2))
    if wanted < 19.8e6:  # near the antipode the oracle does not converge
        assert found == pytest.approx(wanted, rel=0.01, abs=0.01)


def test_distances_run_over_the_antimeridian_and_keep_nan() -> None:
    found = distance_m(
        np.array([0.0, np.nan, 51.0]), np.array([179.95, 1.0, 1.0]), np.array([0.0, 51.0, 51.0]), -179.95
    )
    assert found[0] == pytest.approx(inverse(0, 179.95, 0, -179.95), rel=1e-6)
    assert np.isnan(found[1])
    assert wrap_lon_deg(np.array([359.0, -359.0, 181.0, 0.0])).tolist() == [-1.0, 1.0, -179.0, 0.0]


@pytest.mark.parametrize(
    ("to", "wanted"),
    [((52.0, 1.0), 0.0), ((50.0, 1.0), 180.0), ((51.0, 1.01), 89.996), ((51.0, 0.99), 270.004), ((51.0, 1.0), 0.0)],
)
def test_bearings_turn_clockwise_from_north(to: tuple[float, float], wanted: float) -> None:
    found = float(bearing_deg(np.array(51.0), np.array(1.0), np.array(to[0]), np.array(to[1])))
    assert found == pytest.approx(wanted, abs=1e-3)


@settings(max_examples=200)
@given(LAT, LON, LAT, LON)
def test_a_bearing_is_never_360(lat1: float, lon1: float, lat2: float, lon2: float) -> None:
    assert 0 <= float(bearing_deg(np.array(lat1), np.array(lon1), np.array(lat2), np.array(lon2))) < 360


@pytest.mark.parametrize("course_deg", range(0, 360, 15))
def test_from_one_end_the_plane_errs_by_less_than_4e_5_of_a_distance_for_each_km(course_deg: float) -> None:
    """The plane that touches the ellipsoid at a position (signed distances); distances use the middle latitude."""
    for lat_deg in (48.5, 51.0, 52.5):
        north_m, east_m = (float(length) for length in metres_per_degree(np.array(lat_deg)))
        for length_km in (0.1, 1.0, 10.0):
            x_m, y_m = (1000 * length_km * f(np.radians(course_deg)) for f in (np.sin, np.cos))
            wanted = inverse(lat_deg, 1.4, lat_deg + y_m / north_m, 1.4 + x_m / east_m)
            assert 1000 * length_km == pytest.approx(wanted, rel=4.2e-5 * length_km, abs=1e-4)


@pytest.mark.parametrize(
    ("length_m", "most_m"), [(2_000, 0.105), (10_000, 2.6), (20_000, 10.6), (50_000, 66), (100_000, 266)]
)
def test_how_far_a_chord_in_degrees_strays_from_the_geodesic(length_m: float, most_m: float) -> None:
    """Why legs of some km may be straight in degrees and why long edges of a lane should be drawn with more points.

    most_m is the most of all courses; level legs, which are easy to compute, stray by a twelfth less.
    """
    half_deg = 0.5 * length_m / float(metres_per_degree(np.array(51.0))[1])
    lat, lon = np.radians(51.0), np.radians(half_deg)
    middle = np.degrees(np.arctan2(2 * np.sin(lat), 2 * np.cos(lat) * np.cos(lon)))  # of the great circle
    assert 0.88 * most_m < inverse(51.0, 0.0, float(middle), 0.0) < most_m
