"""Where a radar's range and bearing lie, against geodesics."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decoders.radar.columns import RadarFlag
from monitor.radar.sites import placed, true_bearing_deg
from tests.oracles.geodesic import solved


@given(
    st.floats(-70, 70),
    st.floats(-180, 179.99),
    st.floats(10.0, 150_000.0),
    st.floats(0, 360),
)
def test_a_place_lies_as_far_and_in_the_direction_that_the_radar_says(
    lat: float, lon: float, range_m: float, bearing: float
) -> None:
    to_lat, to_lon = placed(*(np.array([x]) for x in (range_m, bearing, lat, lon)))
    length_m, azimuth_deg = solved(lat, lon, float(to_lat[0]), float(to_lon[0]))
    assert length_m == pytest.approx(range_m, abs=1.0)
    across_m = np.radians((azimuth_deg - bearing + 180.0) % 360.0 - 180.0) * range_m
    assert across_m == pytest.approx(0.0, abs=1.0)


def test_a_relative_bearing_is_turned_by_the_alignment_and_a_true_one_is_not() -> None:
    flags = np.array([int(RadarFlag.RELATIVE_BEARING), 0])
    assert true_bearing_deg(np.array([350.0, 350.0]), flags, np.array([20.0, 20.0])).tolist() == [10.0, 350.0]
