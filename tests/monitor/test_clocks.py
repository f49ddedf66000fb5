"""A wrong clock is set right, a late line is not: the two look alike at first."""

import numpy as np
import pytest

from monitor.clocks import StationClock, set_right

T0 = 1_800_000_000.0


def played(delays_s: list[float], clocks: dict[int, StationClock] | None = None) -> list[float]:
    """A line a second, each so late; the times that it is given, relative to its arrival."""
    clocks = {} if clocks is None else clocks
    given = []
    for second, delay in enumerate(delays_s):
        now = T0 + second
        given.append(float(set_right(clocks, np.array([0]), np.array([now - delay]), now)[0]) - now)
    return given


def test_a_clock_that_is_right_is_left_alone() -> None:
    assert played([0.5, 3.0, 8.0, 0.5]) == [-0.5, -3.0, -8.0, -0.5]


def test_a_recording_sent_over_tcp_years_later_is_taken_as_now_from_the_first_line() -> None:
    years_s = 7 * 365 * 86_400.0
    given = played([years_s, years_s + 0.5, years_s + 1.0, years_s])
    assert given == pytest.approx([0.0, -0.5, -1.0, 0.0], abs=0.01)


def test_a_steady_offset_is_a_clock_after_a_minute() -> None:
    given = played([600.0 + (s % 3) * 0.5 for s in range(120)])
    assert given[0] == -600.0
    assert given[59] == pytest.approx(-601.0, abs=1.1)
    assert max(abs(t) for t in given[70:]) <= 1.1


def test_a_backlog_that_drains_stays_late() -> None:
    """Twelve minutes of an outage come within four: what they tell was then."""
    delays = [0.5] * 30 + [720.0 - 3.0 * s for s in range(240)] + [0.5] * 60
    given = played(delays)
    assert given == pytest.approx([-d for d in delays])


def test_a_clock_that_was_put_right_is_believed_at_once() -> None:
    given = played([600.0] * 100 + [0.5] * 10)
    assert given[99] == pytest.approx(0.0, abs=0.01)
    assert given[100:] == [-0.5] * 10


def test_one_station_says_nothing_of_another() -> None:
    clocks: dict[int, StationClock] = {}
    for second in range(100):
        now = T0 + second
        times = np.array([now - 600.0, now - 0.5, np.nan])
        given = set_right(clocks, np.array([0, 1, 1]), times, now)
    assert given[0] == pytest.approx(now, abs=0.01)
    assert given[1] == now - 0.5
    assert np.isnan(given[2])
