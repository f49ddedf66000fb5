"""A boat's own velocity from its last places."""

import numpy as np
import pytest

from monitor.radar import way

T_S = np.array([-180.0, -120.0, -60.0, 0.0])


def test_a_straight_way_has_its_speed() -> None:
    east, north, sigma = way.velocity(T_S[None], 2.0 * T_S[None], -1.0 * T_S[None], np.array([20.0]))
    assert (east[0], north[0]) == (pytest.approx(2.0), pytest.approx(-1.0))
    assert sigma[0] == pytest.approx(20.0 / np.sqrt(18_000.0))  # a line's: sigma over the root of the sum of squares


@pytest.mark.parametrize("which", range(4))
def test_one_place_of_four_that_is_another_boats_changes_little(which: int) -> None:
    east_m = 2.0 * T_S[None]
    east_m[0, which] += 800.0
    assert way.velocity(T_S[None], east_m, 0.0 * east_m, np.array([20.0]))[0][0] == pytest.approx(2.0, abs=2.3)
    assert abs(np.polyfit(T_S, east_m[0], 1)[0] - 2.0) < 4.1, "a straight line is led astray no more than this"


def test_places_that_span_less_than_a_minute_and_old_ones_say_nothing() -> None:
    t_s = np.array([[np.nan, np.nan, -40.0, 0.0], [-2000.0, -1900.0, -45.0, 0.0], [np.nan, np.nan, np.nan, 0.0]])
    east, north, sigma = way.velocity(t_s, t_s, t_s, np.full(3, 20.0))
    assert np.isnan(east).all()
    assert np.isnan(north).all()
    assert np.isnan(sigma).all()


def test_its_error_is_as_large_as_it_says() -> None:
    rng = np.random.default_rng(5)
    noise_m = rng.normal(0.0, 30.0, (4000, 4))
    east, _, sigma = way.velocity(np.tile(T_S, (4000, 1)), noise_m, 0.0 * noise_m, np.full(4000, 30.0))
    assert east.std() == pytest.approx(sigma[0], rel=0.15)
    assert abs(east.mean()) < 4.0 * sigma[0] / np.sqrt(4000)
