"""The sun: against published times."""

from datetime import UTC, datetime

import numpy as np
import pytest

from alerts.sun import HORIZON_DEG, elevation_deg, is_night


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def crossing(lat_deg: float, lon_deg: float, begin: float, end: float) -> float:
    """When the sun crosses the horizon between two times, by halving."""
    place = np.array([lat_deg]), np.array([lon_deg])
    was_night = bool(is_night(*place, begin)[0])
    assert was_night != bool(is_night(*place, end)[0])
    while end - begin > 1.0:
        middle = 0.5 * (begin + end)
        begin, end = (middle, end) if bool(is_night(*place, middle)[0]) == was_night else (begin, middle)
    return begin


@pytest.mark.parametrize(
    ("where", "lat_deg", "lon_deg", "published", "within_s"),
    [
        # MAIB report 7/2023: sunrise in the Strait on 24 November 2021
        ("Dover Strait, 24 November 2021", 51.1, 1.45, "2021-11-24 07:26", 120.0),
        # The Astronomical Almanac's rule: London, midsummer and midwinter (GMT)
        ("Greenwich, midsummer sunrise", 51.4779, 0.0, "2024-06-20 03:43", 90.0),
        ("Greenwich, midwinter sunrise", 51.4779, 0.0, "2023-12-22 08:04", 90.0),
    ],
)
def test_sunrise_is_as_published(where: str, lat_deg: float, lon_deg: float, published: str, within_s: float) -> None:
    t = at(published)
    assert abs(crossing(lat_deg, lon_deg, t - 3600.0, t + 3600.0) - t) <= within_s, where


def test_noon_at_the_equinox_is_overhead_on_the_equator() -> None:
    noon = at("2024-03-20 12:07:30")  # the equation of time is -7.5 minutes
    assert elevation_deg(np.array([0.0]), np.array([0.0]), noon)[0] > 89.5


def test_it_is_night_at_two_and_day_at_noon_and_neither_where_nobody_knows() -> None:
    place = np.array([51.05, np.nan]), np.array([1.45, 1.45])
    assert is_night(*place, at("2025-11-22 02:00")).tolist() == [True, False]
    assert is_night(*place, at("2025-11-22 12:00")).tolist() == [False, False]
    assert HORIZON_DEG == -0.833
