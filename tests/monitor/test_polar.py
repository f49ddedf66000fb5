"""Range and bearing of a place, against geodesics and against the way back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.radar.polar import polar
from monitor.radar.sites import placed
from tests.oracles.geodesic import solved


@given(st.floats(-65, 65), st.floats(-180, 179.99), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_a_place_lies_where_the_geodesic_says(lat: float, lon: float, dlat: float, dlon: float) -> None:
    range_m, bearing = polar(*(np.array([x]) for x in (lat + dlat, lon + dlon, lat, lon)))
    length_m, azimuth_deg = solved(lat, lon, lat + dlat, lon + dlon)
    assert range_m[0] == pytest.approx(length_m, abs=3.0)
    across_m = np.radians((bearing[0] - azimuth_deg + 180.0) % 360.0 - 180.0) * length_m
    assert across_m == pytest.approx(0.0, abs=6.0)


@given(st.floats(0, 359.99), st.floats(100.0, 40_000.0))
def test_what_is_placed_comes_back_as_it_was_measured(bearing_deg: float, range_m: float) -> None:
    lat, lon = (np.array([x]) for x in (51.129, 1.326))
    back_m, back_deg = polar(*placed(np.array([range_m]), np.array([bearing_deg]), lat, lon), lat, lon)
    assert back_m[0] == pytest.approx(range_m, abs=0.3)
    assert (back_deg[0] - bearing_deg + 180.0) % 360.0 - 180.0 == pytest.approx(0.0, abs=1e-3)
