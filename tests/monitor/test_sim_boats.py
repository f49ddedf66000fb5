"""Small boats of the simulator: steered by hand, set by the stream, adrift without an engine."""

from typing import Any

import msgspec
import numpy as np

from monitor.sim import story
from monitor.sim.night import Night, night
from monitor.sim.routes import to_xy
from monitor.sim.story import Boat, Drift, Fishing, Pots, Story
from monitor.sim.stream import KN

QUIET = msgspec.structs.replace(story.load("quiet-hour"), fleet=[], ships=[], fixed=[], duration_s=14400.0)


def told(**changes: Any) -> Story:
    return msgspec.structs.replace(QUIET, **changes)


def boat(**changes: Any) -> Boat:
    return Boat(name="one", points=[(50.95, 1.65), (51.12, 1.32)], **changes)


def water_kn(truth: Night, row: int, t_s: np.ndarray) -> np.ndarray:
    """(N,) speed through the water."""
    state = truth.motion.at(np.full(len(t_s), row), t_s)
    angle = np.radians(state["cog_deg"])
    x_m, y_m = to_xy(state["lat_deg"], state["lon_deg"])
    east, north = truth.tide.at(x_m, y_m, t_s)
    return np.hypot(state["sog_kn"] * np.sin(angle) - east / KN, state["sog_kn"] * np.cos(angle) - north / KN)


def test_a_boat_keeps_its_speed_through_the_water_whatever_the_stream() -> None:
    truth = night(told(boats=[boat(speed_kn=4.5, spread_kn=0.0)]), 3)
    assert np.allclose(water_kn(truth, 0, np.arange(600.0, 7200.0, 60.0)), 4.5, atol=0.15)


def test_its_speed_spreads_as_told() -> None:
    speeds = [
        water_kn(night(told(boats=[boat(spread_kn=0.8)]), seed), 0, np.arange(600.0, 9000.0, 600.0))
        for seed in range(12)
    ]
    assert abs(np.concatenate(speeds).mean() - 4.5) < 0.25
    assert 0.6 < np.concatenate(speeds).std() < 1.0


def test_it_lands_where_it_is_bound_for_and_is_gone() -> None:
    truth = night(told(boats=[boat(at_s=900.0)]), 3)
    track = truth.motion.lat_deg[0]
    assert np.isnan(truth.motion.at(np.array([0]), np.array([800.0]))["lat_deg"][0])
    there = np.flatnonzero(~np.isnan(track))
    x_m, y_m = to_xy(track[there[-1]], truth.motion.lon_deg[0, there[-1]])
    to_x, to_y = to_xy(*np.array((51.12, 1.32)))
    left_m = float(np.hypot(x_m - to_x, y_m - to_y))
    assert left_m < 300.0 or there[-1] == len(track) - 1


def test_without_an_engine_it_goes_with_the_stream_and_a_little_wind() -> None:
    failure = Drift(who="one", at_s=3000.0, for_s=3600.0)
    truth = night(told(boats=[boat(spread_kn=0.0)], events=[failure]), 3)
    assert np.all(water_kn(truth, 0, np.arange(3200.0, 6500.0, 60.0)) < 0.4)
    assert np.all(water_kn(truth, 0, np.arange(6800.0, 7500.0, 60.0)) > 4.0)


def test_craft_without_ais_have_no_number_and_pairs_stay_together() -> None:
    fleet = [
        Fishing(place=(50.62, 1.46), radius_nm=3.0, n=6, ais_share=0.0, pairs=2),
        Pots(place=(50.7, 1.45), radius_nm=1.0, n=30),
    ]
    truth = night(told(fleet=fleet), 3)
    assert {vessel.mmsi for vessel in truth.vessels} == {-1}
    x_m, y_m = to_xy(truth.motion.lat_deg, truth.motion.lon_deg)
    for first in (0, 2):
        apart = np.hypot(x_m[first] - x_m[first + 1], y_m[first] - y_m[first + 1])
        assert np.nanmax(apart) < 250.0
    pots = slice(6, 36)
    assert np.all(np.nanstd(x_m[pots], axis=1) < 30.0)
