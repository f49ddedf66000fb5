"""When a track begins, is believed, coasts and ends."""

import numpy as np
import pytest

from decoders.radar.columns import TrackStatus
from decoders.table import Column
from monitor.radar import life
from monitor.radar.plottracks import TrackRows, plots_of
from monitor.radar.tracker import Tracker, step
from tests.monitor.plot_feeds import SETTINGS

TENTATIVE, TRACKED, COASTED, LOST = (int(s) for s in list(TrackStatus)[1:])
PERIOD_S = 2.5


def one(tracker: Tracker, scan: int, *east_m: float) -> TrackRows:
    """One scan with a plot at each of the places."""
    east = np.array(east_m, float)
    t = 1000.0 + PERIOD_S * scan
    return step(tracker, t, plots_of(np.full(len(east), t), east, np.zeros(len(east)), np.full(len(east), 7.0)))


def told(pattern: str, speed_m_s: float = 5.0) -> list[int]:
    """The status after each scan of a boat that is seen (x) or not (-); -1 where nothing is told."""
    tracker = Tracker(SETTINGS, PERIOD_S)
    found = []
    for scan, seen in enumerate(pattern):
        rows = one(tracker, scan, *([speed_m_s * PERIOD_S * scan] if seen == "x" else []))
        found.append(int(rows.status[0]) if len(rows) else -1)
    return found


@pytest.mark.parametrize(
    ("what", "pattern", "status"),
    [
        ("a lone plot is told to nobody", "x--", [-1, -1, -1]),
        ("two plots on an empty sea are a track", "xx", [-1, TRACKED]),
        ("with a scan between them, a third decides", "x-xx", [-1, -1, TENTATIVE, TRACKED]),
        ("not with two scans between them", "x--x", [-1, -1, -1, -1]),
        ("a young track survives one miss", "xx-x", [-1, TRACKED, COASTED, TRACKED]),
        ("and is lost with the second, told once", "xx---", [-1, TRACKED, COASTED, LOST, -1]),
        ("eight plots carry it through three misses", "xxxxxxxx---x", [-1, *[TRACKED] * 7, *[COASTED] * 3, TRACKED]),
        ("but not through four", "xxxxxxxx----x", [-1, *[TRACKED] * 7, *[COASTED] * 3, LOST, -1]),
        ("forty plots through seven and no more", "x" * 40 + "-" * 9, [-1, *[TRACKED] * 39, *[COASTED] * 7, LOST, -1]),
    ],
)
def test_a_life(what: str, pattern: str, status: list[int]) -> None:
    assert told(pattern) == status, what


def test_a_boat_at_rest_is_a_track_as_soon_as_one_under_way() -> None:
    assert told("xxx", speed_m_s=0.0) == [-1, TRACKED, TRACKED]


def test_what_would_be_faster_than_boats_are_is_no_track() -> None:
    assert told("xxxx", speed_m_s=28.0)[-1] == TRACKED
    assert TRACKED not in told("xxxx", speed_m_s=60.0)


def test_a_number_is_never_used_again() -> None:
    tracker = Tracker(SETTINGS, PERIOD_S)
    numbers = [one(tracker, scan, 0.0 if scan % 8 < 4 else 5000.0).number for scan in range(40)]
    every = np.concatenate(numbers)
    begun = [int(n) for n in dict.fromkeys(every.tolist())]
    assert begun == sorted(begun)
    assert len(begun) == 10  # five stays at each place, each lost before the next


def test_a_gap_in_time_counts_as_the_misses_that_it_is() -> None:
    for gap, status in ((3, TRACKED), (12, LOST)):
        tracker = Tracker(SETTINGS, PERIOD_S)
        for scan in range(40):
            one(tracker, scan, 0.0)
        rows = one(tracker, 39 + gap, 0.0)
        assert rows.status.tolist() == [status]


def test_scans_that_come_late_are_counted_and_change_nothing() -> None:
    tracker, other = Tracker(SETTINGS, PERIOD_S), Tracker(SETTINGS, PERIOD_S)
    for scan in range(6):
        one(other, scan, 10.0 * scan)
        rows = one(tracker, scan, 10.0 * scan)
        assert len(one(tracker, scan - 1, 3.0, 4.0)) == 0
        assert len(one(tracker, scan, 3.0)) == 0
    assert tracker.n_late == 18
    np.testing.assert_array_equal(rows.state, other.tracks.state)


def test_a_clock_that_is_set_back_ends_the_tracks_and_begins_anew() -> None:
    tracker = Tracker(SETTINGS, PERIOD_S)
    for scan in range(6):
        one(tracker, scan, 0.0)
    assert one(tracker, -2000, 0.0).status.tolist() == [LOST]
    one(tracker, -1999, 500.0)
    assert one(tracker, -1998, 509.0).status.tolist() == [TRACKED]
    assert tracker.n_restarts == 1


def test_a_clock_that_jumps_ahead_and_comes_back_stops_nothing() -> None:
    tracker = Tracker(SETTINGS, PERIOD_S)
    one(tracker, 0, 0.0)
    one(tracker, 10**12, 0.0)
    statuses = [one(tracker, scan, 0.0).status.tolist() for scan in (1, 2, 3)]
    assert statuses == [[], [TRACKED], [TRACKED]]


def score(n_plots: int, false_per_m2: float) -> float:
    """Of a track with plots exactly where they were expected, all in gates of 20 m."""
    hit = life.hit_score(np.zeros(1), np.array([400.0**2]), np.array([false_per_m2]), 0.8)
    return life.score_of(0.25) + (n_plots - 1) * float(hit[0])


@pytest.mark.parametrize(("false_per_km2", "n_plots"), [(1.0, 2), (10.0, 3), (30.0, 4), (100.0, 6), (350.0, 99)])
def test_the_more_false_plots_a_place_has_the_more_plots_a_track_takes(false_per_km2: float, n_plots: int) -> None:
    confirm = life.score_of(0.98)

    def is_believed(n: int) -> bool:
        columns: tuple[Column, ...] = np.array([score(n, false_per_km2 / 1e6)]), np.array([n]), np.array([3.0])
        return bool(life.is_believed(*columns, confirm, 30.0)[0])

    assert next((n for n in range(2, 99) if is_believed(n)), 99) == n_plots


@pytest.mark.parametrize(
    ("n_misses", "n_hits", "is_over"),
    [(1, 2, False), (2, 2, True), (2, 5, True), (2, 6, False), (9, 99, False), (10, 99, True)],
)
def test_how_long_a_track_may_stay_unseen(n_misses: int, n_hits: int, is_over: bool) -> None:
    assert life.is_over(np.array([n_misses]), np.array([n_hits]), 0.5, 10).tolist() == [is_over]
