"""When fences are in force, against a slow reading of the calendar."""

from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geofences import schedule
from geofences.schedule import DAY_S, WEEK_S, read_instant, read_windows

H = 3600


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("text", "inside", "outside"),
    [
        ("Mo-Fr 08:00-18:00", ["2026-07-06T08:00", "2026-07-10T17:59:59"], ["2026-07-06T18:00", "2026-07-11T12:00"]),
        ("Sa,Su 09:00-12:00", ["2026-07-04T09:00", "2026-07-05T11:00"], ["2026-07-06T10:00", "2026-07-04T12:00"]),
        ("08:00-18:00", ["2026-07-04T09:00", "2026-07-08T09:00"], ["2026-07-08T07:59:59"]),
        ("Sa-Su", ["2026-07-04T00:00", "2026-07-05T23:59:59"], ["2026-07-06T00:00", "2026-07-03T23:59:59"]),
        ("22:00-05:00", ["2026-07-04T22:00", "2026-07-05T04:59"], ["2026-07-05T05:00", "2026-07-05T21:59"]),
        ("Su 22:00-05:00", ["2026-07-05T23:00", "2026-07-06T04:00"], ["2026-07-05T04:00", "2026-07-06T22:30"]),
        ("Fr-Mo 10:00-11:00", ["2026-07-03T10:30", "2026-07-06T10:30"], ["2026-07-07T10:30", "2026-07-09T10:30"]),
        ("mon 10:00-24:00; TUESDAY", ["2026-07-06T23:59", "2026-07-07T12:00"], ["2026-07-06T09:00"]),
        ("We 06:00 - 07:00; We 20:00-21:00", ["2026-07-08T06:30", "2026-07-08T20:30"], ["2026-07-08T12:00"]),
    ],
)
def test_a_schedule_holds_at_its_times(text: str, inside: list[str], outside: list[str]) -> None:
    made = schedule.build([-np.inf], [np.inf], [read_windows(text)])
    for times, wanted in ((inside, True), (outside, False)):
        t = np.array([at(one) for one in times])
        assert made.is_active(np.zeros(len(t), np.int64), t).tolist() == [wanted] * len(t), text


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names no time"),
        ("Mo-Fr 8-18", "no day"),
        ("Mo 25:00-26:00", "no time of day"),
        ("Mo 08:60-09:00", "no time of day"),
        ("Mo 08:00-08:00", "no length"),
        ("Xy 08:00-09:00", "'Xy' is no day"),
        ("M 08:00-09:00", "'M' is no day"),
        ("Mo-We-Fr", "no range of days"),
        ("PH off", "no day"),
        ("sunrise-sunset", "no day"),
    ],
)
def test_a_schedule_that_cannot_be_read_is_refused(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_windows(text)


windows = st.lists(st.tuples(st.integers(0, WEEK_S - 1), st.integers(1, DAY_S)), max_size=4).map(
    lambda given: tuple((begin, min(begin + length, WEEK_S)) for begin, length in given)
)
spans = st.tuples(st.floats(-1e6, 1e6), st.floats(0, 2e6)).map(lambda span: (span[0], span[0] + span[1]))


@given(st.lists(st.tuples(windows, spans), min_size=1, max_size=5), st.lists(st.floats(-2e6, 2e6), max_size=20))
def test_the_columns_say_what_each_fence_says_alone(fences: list, times: list[float]) -> None:
    made = schedule.build([s[0] for _, s in fences], [s[1] for _, s in fences], [w for w, _ in fences])
    fence = np.arange(len(times)) % len(fences)
    t = np.array(times, np.float64)

    def slow(windows: tuple, span: tuple[float, float], t_unix_s: float) -> bool:
        week_s = (t_unix_s + 3 * DAY_S) % WEEK_S
        return span[0] <= t_unix_s < span[1] and (not windows or any(b <= week_s < e for b, e in windows))

    assert made.is_active(fence, t).tolist() == [slow(*fences[f], x) for f, x in zip(fence, times, strict=True)]
    now = made.active_now(1000.0)
    assert now.tolist() == [slow(*one, 1000.0) for one in fences]


def test_instants_say_their_zone() -> None:
    assert read_instant("2026-07-04T08:00:00Z") == at("2026-07-04T08:00:00")
    assert read_instant("2026-07-04T10:00:00+02:00") == at("2026-07-04T08:00:00")
    with pytest.raises(ValueError, match="zone"):
        read_instant("2026-07-04T08:00:00")
