"""The tracker on real radar with truth, and the measure that it is judged by."""

from pathlib import Path

import numpy as np
import pytest

from monitor.bench.tracker import autoferry, joyride, tracked
from monitor.bench.tracker_score import Score, score
from tests.conftest import skip_or_fail
from tests.monitor.plot_feeds import SETTINGS

SCENARIOS = (2, 3, 4, 5, 13, 16)


@pytest.fixture(scope="module")
def radar(shared_data: Path) -> Path:
    if not (shared_data / "radar" / "autoferry").is_dir():
        skip_or_fail("the radar recordings are not here")
    return shared_data / "radar"


def test_six_recordings_of_a_ferrys_radar(radar: Path) -> None:
    """Better than Stone Soup's nearest neighbour on the same plots: 0.889, 7.3 m, 9 changes, 2.7 extra tracks."""
    every = Score()
    recordings = autoferry(radar)
    assert len(recordings) >= len(SCENARIOS)
    for recording in recordings:
        every.add(score(recording.truth_m, tracked(recording, SETTINGS)))
    assert every.completeness >= 0.90
    assert every.mean_error_m <= 7.3
    assert every.n_changes <= 9
    assert every.extra_per_scan <= 2.2


def test_a_boat_that_manoeuvres_is_kept(radar: Path) -> None:
    """Stone Soup: 0.79 of the scans, 10 changes of number."""
    recording = joyride(radar)[1]
    found = score(recording.truth_m, tracked(recording, SETTINGS), recording.cut_off_m)
    assert found.completeness >= 0.85
    assert found.n_changes <= 9


def test_the_measure_counts_what_is_tracked_missed_extra_and_renumbered() -> None:
    truth = [np.array([[0.0, 0.0], [100.0, 0.0]])] * 4
    tracks = [
        np.array([[1, 3.0, 4.0], [2, 100.0, 0.0], [3, 102.0, 0.0]]),  # both, and one more
        np.array([[1, 0.0, 0.0], [2, 131.0, 0.0]]),  # the second is beyond 30 m
        np.zeros((0, 3)),
        np.array([[1, 0.0, 0.0], [3, 100.0, 0.0]]),  # the second has another number
    ]
    found = score(truth, tracks)
    assert (found.n_targets, found.n_tracked, found.n_extra, found.n_changes, found.n_scans) == (8, 5, 2, 1, 4)
    assert found.mean_error_m == 1.0
