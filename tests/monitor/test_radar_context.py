"""What the shipped chart says of first contacts and of where a boat heads."""

import numpy as np
import pytest

from geofences import geojson
from geofences.chart.record import CHANNEL
from geofences.fenceset import FenceSet, Shape, build
from monitor.radar.context import first_contact, landfall_deg

FAR = np.array([51.0]), np.array([1.5])


@pytest.fixture(scope="module")
def chart() -> FenceSet:
    return geojson.load([CHANNEL])


@pytest.mark.parametrize(
    ("where", "lat_deg", "lon_deg", "beach_nm", "port_nm"),
    [
        # by hand: a minute of latitude is a mile
        ("a mile north of the beach at Gravelines", 51.0155 + 1 / 60, 2.11, 1.0, 0.4),  # Dunkirk West lies to the east
        ("on the beach at Wissant", 50.888, 1.665, 0.0, 7.0),  # Calais: 5.7 east and 4.4 north, less its disc
        ("in the port of Calais", 50.970, 1.845, 0.3, 0.0),
        ("in the port of Dover", 51.115, 1.325, 17.0, 0.0),
        ("mid-strait", 51.0, 1.5, 8.6, 8.0),  # Dover
    ],
)
def test_a_first_contact(
    chart: FenceSet, where: str, lat_deg: float, lon_deg: float, beach_nm: float, port_nm: float
) -> None:
    beach, port = first_contact(chart, np.array([lat_deg]), np.array([lon_deg]))
    assert beach[0] == pytest.approx(beach_nm, abs=max(0.4, 0.05 * beach_nm)), where
    assert port[0] == pytest.approx(port_nm, abs=max(0.4, 0.05 * port_nm)), where


def test_the_mouth_of_gravelines_is_no_port(chart: FenceSet) -> None:
    """Scenario X01 begins there: it must not score as a boat from a marina."""
    beach, port = first_contact(chart, np.array([51.01]), np.array([2.10]))
    assert beach[0] < 1.0
    assert port[0] > 0.5


@pytest.mark.parametrize(
    ("where", "lat_deg", "lon_deg", "wanted_deg"),
    [
        ("off Gravelines the nearest English coast is the South Foreland's", 51.02, 2.10, 287.0),
        ("off Wimereux it is Folkestone to Dover", 50.77, 1.58, 330.0),
        ("off Berck it is Dungeness", 50.41, 1.53, 324.0),
        ("off Dover, north-west", 51.08, 1.40, 310.0),
    ],
)
def test_landfall(chart: FenceSet, where: str, lat_deg: float, lon_deg: float, wanted_deg: float) -> None:
    found = landfall_deg(chart, np.array([lat_deg]), np.array([lon_deg]))
    assert abs((found[0] - wanted_deg + 180.0) % 360.0 - 180.0) < 12.0, where


def test_many_at_once_are_each_by_itself(chart: FenceSet) -> None:
    lat, lon = np.array([51.02, 50.77, np.nan]), np.array([2.10, 1.58, 1.5])
    beach, port = first_contact(chart, lat, lon)
    bearing = landfall_deg(chart, lat, lon)
    for i in range(2):
        one = first_contact(chart, lat[i : i + 1], lon[i : i + 1])
        assert (beach[i], port[i]) == (one[0][0], one[1][0])
        assert bearing[i] == landfall_deg(chart, lat[i : i + 1], lon[i : i + 1])[0]
    assert np.isnan([beach[2], port[2], bearing[2]]).all()


def test_a_chart_without_coasts_and_ports_knows_nothing() -> None:
    square = (np.array([[0.0, 50.0], [1.0, 50.0], [1.0, 51.0], [0.0, 51.0]]),)
    bare = build([Shape("a", "a", "watch_area", square)])
    assert np.isnan(first_contact(bare, *FAR)).all()
    assert np.isnan(landfall_deg(bare, *FAR)).all()
    nothing = np.zeros(0)
    assert len(landfall_deg(bare, nothing, nothing)) == len(first_contact(bare, nothing, nothing)[0]) == 0
