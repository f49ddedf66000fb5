"""The tidal stream: high water against tables, the stream against its description, and what a boat does in it."""

from datetime import UTC, datetime

import numpy as np
import pytest

from monitor.radar.water import through_water
from monitor.tide import DAY_S, HOUR_S, SPRING_RANGE_M, high_waters, stream

PLACE = np.array([51.155]), np.array([1.513])  # 5.4 nm 082 degrees from South Foreland


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def high_water_near(t: float) -> tuple[float, float, float]:
    """(t, height, range)"""
    times, heights, ranges = high_waters(int(t // DAY_S))
    i = int(np.argmin(np.abs(times - t)))
    return float(times[i]), float(heights[i]), float(ranges[i])


@pytest.mark.parametrize("predicted", ["2021-11-24 01:18", "2021-11-24 13:35"])
def test_high_water_at_dover_is_as_predicted_from_all_constants(predicted: str) -> None:
    t, _, _ = high_water_near(at(predicted))
    assert abs(t - at(predicted)) < 300.0


def test_its_height_is_within_two_decimetres() -> None:
    _, height_m, _ = high_water_near(at("2021-11-24 01:18"))
    assert height_m == pytest.approx(6.35, abs=0.2)


def test_a_year_has_its_high_waters_springs_and_neaps() -> None:
    days = [high_waters(day) for day in range(18_993, 18_993 + 365)]  # 2022
    times = np.unique(np.round(np.concatenate([high[0] for high in days]) / 600.0))
    between_h = np.diff(times) / 6.0
    assert between_h.min() > 11.5, "none is found twice"
    assert between_h.max() < 13.5, "none is missed"
    ranges = np.concatenate([high[2] for high in days])
    assert 2.0 < ranges.min() < 3.2
    assert SPRING_RANGE_M < ranges.max() < 7.2


@pytest.mark.parametrize(
    ("sentence", "hours_from_hw", "towards_deg"),
    [
        ("north-going at high water", 0.0, 35.0),
        ("hardest an hour after", 1.0, 35.0),
        ("still north-going three and a half hours after", 3.5, 35.0),
        ("south-going five hours after", 5.0, 215.0),
        ("south-going three hours before", -3.0, 215.0),
        ("north-going again an hour and a half before", -1.5, 35.0),
    ],
)
def test_the_stream_turns_as_described(sentence: str, hours_from_hw: float, towards_deg: float) -> None:
    t, _, _ = high_water_near(at("2021-11-24 01:18"))
    east, north = stream(*PLACE, t + hours_from_hw * HOUR_S)
    assert np.degrees(np.arctan2(east, north))[0] % 360.0 == pytest.approx(towards_deg), sentence
    assert np.hypot(east, north)[0] > 0.2, sentence


@pytest.mark.parametrize(("range_m", "wanted_kn"), [(5.9, 2.25), (3.2, 1.25)])
def test_its_strength_is_that_of_the_tides_range(range_m: float, wanted_kn: float) -> None:
    days = [high_waters(day) for day in range(18_993, 18_993 + 120)]
    times, _, ranges = (np.concatenate(column) for column in zip(*days, strict=True))
    t = float(times[np.argmin(np.abs(ranges - range_m))])
    east, north = stream(*PLACE, t + HOUR_S)
    assert np.hypot(east, north)[0] == pytest.approx(wanted_kn, abs=0.15)


def test_the_stream_runs_on_evenly_over_midnight_and_from_tide_to_tide() -> None:
    t = at("2021-11-24 00:00") + np.arange(-2 * DAY_S, 2 * DAY_S, 60.0)
    _, north = stream(np.full(len(t), 51.155), np.full(len(t), 1.513), t)
    assert np.abs(np.diff(north)).max() < 0.03


def test_it_is_not_known_outside_the_strait_nor_without_a_place_or_time() -> None:
    east, north = stream(np.array([51.0, 50.0, 51.0, np.nan]), np.array([1.5, 1.5, 4.0, 1.5]), at("2021-11-24 02:00"))
    assert np.isfinite(east).tolist() == np.isfinite(north).tolist() == [True, False, False, False]
    assert np.isnan(stream(*PLACE, np.array([np.nan]))[0]).all()


def test_one_instant_for_all_is_that_instant_for_each() -> None:
    lat, lon, t = np.array([51.0, 51.1]), np.array([1.5, 1.6]), at("2021-11-24 02:00")
    assert np.array_equal(stream(lat, lon, t), stream(lat, lon, np.array([t, t])))


# ---- speed through the water


def test_what_drifts_with_the_stream_stands_still_in_the_water() -> None:
    t = at("2021-11-24 02:30")
    east, north = stream(*PLACE, t)
    stw_kn, _ = through_water(np.hypot(east, north), np.degrees(np.arctan2(east, north)), *PLACE, t)
    assert stw_kn[0] == pytest.approx(0.0, abs=1e-9)


def test_what_lies_at_anchor_makes_way_against_the_stream() -> None:
    t = at("2021-11-24 02:30")
    stw_kn, ctw_deg = through_water(np.array([0.0]), np.array([np.nan]), *PLACE, t)
    assert stw_kn[0] == pytest.approx(float(np.hypot(*stream(*PLACE, t))[0]))
    assert ctw_deg[0] == pytest.approx(215.0)


def test_a_boat_that_heads_across_is_set_along() -> None:
    """4 kn on 305 degrees in a stream of v kn along 035: over the ground the two sides of a right angle."""
    t = at("2021-11-24 02:30")
    v = float(np.hypot(*stream(*PLACE, t))[0])
    sog, cog = np.hypot(4.0, v), (305.0 + np.degrees(np.arctan2(v, 4.0))) % 360.0
    stw_kn, ctw_deg = through_water(np.array([sog]), np.array([cog]), *PLACE, t)
    assert (stw_kn[0], ctw_deg[0]) == (pytest.approx(4.0), pytest.approx(305.0))


def test_without_a_course_a_speed_or_a_stream_it_is_not_known() -> None:
    sog, cog = np.array([4.0, np.nan, 4.0]), np.array([np.nan, 10.0, 10.0])
    stw_kn, ctw_deg = through_water(sog, cog, np.array([51.0, 51.0, 48.0]), np.full(3, 1.5), at("2021-11-24 02:30"))
    assert np.isnan(stw_kn).all()
    assert np.isnan(ctw_deg).all()
