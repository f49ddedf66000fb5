"""The ring of recent positions."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.kinematics import distance_m
from monitor.tracks import TrackTable, trail
from monitor.tracktable import TRAIL
from tests.monitor.track_rows import feed
from tests.oracles.tracks_oracle import Row

SHIP = 227000001


def sailing(times: list[float], kn: float = 12.0, mmsi: int = SHIP) -> list[Row]:
    return [Row(t, mmsi, 50.0 + kn * t / 216000, 1.0, kn, 0.0, tie=k + 1) for k, t in enumerate(times)]


def test_points_are_thirty_seconds_apart_and_the_last_fix_ends_the_trail() -> None:
    table = TrackTable()
    feed(table, sailing([10.0 * k for k in range(11)]))
    t, lat, lon = trail(table, SHIP * 8)
    assert t.tolist() == [0, 30, 60, 90, 100]
    assert lat == pytest.approx(50.0 + 12 * t / 216000, abs=1e-7)
    assert lon == pytest.approx(1.0, abs=1e-7)


def test_a_vessel_at_rest_keeps_the_points_of_its_way_in() -> None:
    table = TrackTable()
    feed(table, sailing([10.0 * k for k in range(30)]))
    quay = [Row(300 + 180.0 * k, SHIP, 50.02, 1.0 + (k % 2) * 1e-4, 0.0, 0.0, status=5, tie=k + 1) for k in range(40)]
    feed(table, quay)
    t, _, _ = trail(table, SHIP * 8)
    assert t[0] == 0
    assert len(t) < TRAIL
    assert (np.diff(t[12:-1]) >= 600).all()


def test_the_ring_holds_the_latest_points_when_it_is_full() -> None:
    table = TrackTable()
    feed(table, sailing([30.0 * k for k in range(100)]))
    t, _, _ = trail(table, SHIP * 8)
    assert t.tolist() == [30.0 * k for k in range(100 - TRAIL, 100)]


def test_a_late_report_goes_to_its_place() -> None:
    table = TrackTable()
    update = feed(table, [*sailing([0.0, 30.0, 100.0, 110.0]), *sailing([65.0])])
    assert update.n_late == 1
    assert trail(table, SHIP * 8)[0].tolist() == [0, 30, 65, 100, 110]


def test_an_unknown_vessel_has_no_trail_and_one_without_position_an_empty_one() -> None:
    table = TrackTable()
    feed(table, [Row(0, SHIP, np.nan, np.nan)])
    assert [len(column) for column in trail(table, 7)] == [0, 0, 0]
    assert [len(column) for column in trail(table, SHIP * 8)] == [0, 0, 0]


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_a_trail_is_sorted_short_and_near_the_path_whatever_comes_late(seed: int) -> None:
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.exponential(15.0, 150)).round(1) + rng.choice([0, -60, -119], 150, p=(0.8, 0.1, 0.1))
    table = TrackTable()
    for row in sailing(np.maximum(times, 0).tolist()):
        feed(table, [row])
        t, lat, lon = trail(table, SHIP * 8)
        assert (np.diff(t) > 0).all()
        assert len(t) <= TRAIL + 1
        assert (np.diff(t[:-1]) >= 30).all()
    assert distance_m(lat, lon, 50.0 + 12 * t / 216000, np.ones(len(t))).max() < 0.02
