"""What each sensor normally gets, as the map shows it."""

import numpy as np
import pytest

from monitor import assembly, config
from monitor.cells import cell_key, count
from monitor.covered import AIS, SHIPS, SMALL, covered
from monitor.radar.contacts import Register
from tests.monitor.sightings import DOVER, GRIS_NEZ


def test_every_known_cell_is_told_with_its_sensor_and_what_is_barely_known_is_not() -> None:
    state = assembly.state(config.parse(config.shipped_text()), is_exercise=True, time_zones={})
    state.radar.register = Register((DOVER, GRIS_NEZ))
    state.intake.receivers.row("shore", "", 0.0)
    state.intake.receivers.row("shore", "AI0001", 0.0)
    lat, lon = np.array([51.0, 51.0]), np.array([1.5, 1.6])
    count(state.reception, cell_key(lat, lon, np.array([1, 1])), np.array([90.0, 1.0]), np.array([100.0, 2.0]), 0.0)
    small_of_gris_nez, ships_of_dover = 2, 1
    who = np.array([small_of_gris_nez, ships_of_dover])
    count(state.radar.coverage, cell_key(lat, lon, who), np.array([25.0, 240.0]), np.array([50.0, 240.0]), 0.0)
    found = {(cell.sensor, cell.of): cell for cell in covered(state)}
    assert {key: cell.share for key, cell in found.items()} == {
        ("AI0001", AIS): 0.9,
        ("gris-nez", SMALL): 0.5,
        ("dover", SHIPS): 1.0,
    }
    cell = found["gris-nez", SMALL]
    assert (cell.lat_deg, cell.lon_deg) == (pytest.approx(51.0, abs=1 / 60), pytest.approx(1.5, abs=1 / 37))
