"""The simulator's own tidal stream: right in time, bent by the dice within bounds, strongest in the narrows."""

from datetime import UTC, datetime

import numpy as np

from monitor.sim.routes import to_xy
from monitor.sim.stream import AXIS_DEG, KN, height_m, stream_of, strength

NIGHT = datetime(2021, 11, 24, tzinfo=UTC).timestamp()


def test_high_water_dover_comes_when_the_full_set_of_constituents_says() -> None:
    """01:18 and 13:35 on 24 November 2021; six constituents of dozens are within half an hour."""
    minutes = np.arange(0, 1440)
    height = height_m(NIGHT + 60.0 * minutes)
    high = minutes[1:-1][(height[1:-1] > height[:-2]) & (height[1:-1] >= height[2:])]
    assert np.allclose(high, [78, 815], atol=30)
    assert np.allclose(height[high] + 3.79, 6.35, atol=0.4)


def test_the_stream_sets_north_east_at_high_water_and_back_six_hours_later() -> None:
    tide = stream_of(NIGHT, 86400.0, np.random.default_rng(1))
    x_m, y_m = to_xy(np.array(51.1), np.array(1.5))
    east, north = tide.at(x_m, y_m, np.array([2.5, 8.7]) * 3600.0)
    assert east[0] > 0
    assert north[0] > 0.8 * KN
    assert east[1] < 0
    assert north[1] < -0.8 * KN


def test_a_night_is_bent_by_no_more_than_it_says_and_differs_by_seed() -> None:
    nights = [stream_of(NIGHT, 43200.0, np.random.default_rng(seed)) for seed in range(40)]
    axes = np.array([night.axis_deg for night in nights])
    most = np.array([np.abs(night.rate_m_per_s).max() for night in nights])
    assert np.all(np.abs(axes - AXIS_DEG) <= 15.0)
    assert np.ptp(axes) > 20.0
    assert 1.1 < most.max() / most.min() <= 1.15 / 0.85


def test_it_runs_hardest_off_gris_nez() -> None:
    x_m, y_m = to_xy(np.array([50.87, 50.4]), np.array([1.58, 0.3]))
    narrows, open_channel = strength(x_m, y_m)
    assert 1.05 < narrows <= 1.1
    assert 0.8 <= open_channel < 0.82
