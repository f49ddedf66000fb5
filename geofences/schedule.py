"""When fences are in force: from an instant to another, and in weekly windows. All times are UTC.

    "Mo-Fr 08:00-18:00; Sa,Su 09:00-12:00"    days and times
    "22:00-05:00"                             every day, over midnight: the window belongs to the day on which it begins
    "Sa-Su"                                   whole days

The words are those of OpenStreetMap's opening_hours, the part of it that a chart needs. A window holds its begin and
not its end, so windows that meet leave no gap and no double. Public holidays and summer time are left out on purpose:
a fence that moved by an hour in a night would be believed to be there.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from geofences.columns import Column, spread, starts

DAY_S, WEEK_S = 86_400, 604_800
MONDAY_S = 3 * DAY_S  # 1 January 1970 was a Thursday: this long after a Monday
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TIMES = re.compile(r"(\d\d):(\d\d)\s*-\s*(\d\d):(\d\d)")
Window = tuple[int, int]  # seconds after Monday 00:00 UTC, [begin, end), begin < end


@dataclass(frozen=True, slots=True)
class Schedule:
    """When each of F fences is in force; W weekly windows, sorted by fence."""

    from_unix_s: Column  # (F,) float64, -inf since ever
    until_unix_s: Column  # (F,) float64, inf for ever
    begin_s: Column  # (W,) int64, after Monday 00:00 UTC
    end_s: Column  # (W,) int64
    start: Column  # (F + 1,) int64, where each fence's windows begin; a fence without one is in force at any hour
    is_always: bool  # nothing to ask: every fence is always in force

    def is_active(self, fence: Column, t_unix_s: Column) -> Column:
        """(K,) bool: whether each fence is in force at the instant beside it. fence : (K,) int64, t_unix_s : (K,)."""
        active: Column = (t_unix_s >= self.from_unix_s[fence]) & (t_unix_s < self.until_unix_s[fence])
        count = self.start[fence + 1] - self.start[fence]
        timed = np.flatnonzero(count)
        if len(timed):
            owner, window = spread(self.start[fence[timed]], count[timed])
            week_s = (t_unix_s[timed] + MONDAY_S) % WEEK_S
            holds = (week_s[owner] >= self.begin_s[window]) & (week_s[owner] < self.end_s[window])
            active[timed] &= np.bincount(owner, holds, len(timed)) > 0
        return active

    def active_now(self, now_unix_s: float) -> Column:
        """(F,) bool: whether each fence is in force."""
        n = len(self.from_unix_s)
        return self.is_active(np.arange(n), np.full(n, now_unix_s))


def build(from_unix_s: Sequence[float], until_unix_s: Sequence[float], windows: Sequence[Sequence[Window]]) -> Schedule:
    """The schedule of fences; all (F,)."""
    given = [(i, *window) for i, several in enumerate(windows) for window in several]
    rows = np.array(given, np.int64).reshape(-1, 3)
    begin, end = np.array(from_unix_s, np.float64), np.array(until_unix_s, np.float64)
    is_always = not len(rows) and not np.isfinite(begin).any() and not np.isfinite(end).any()
    return Schedule(begin, end, rows[:, 1], rows[:, 2], starts(rows[:, 0], len(windows)), is_always)


def read_windows(text: str) -> tuple[Window, ...]:
    """The windows of a text. Raises ValueError that says which part cannot be read."""
    found: list[Window] = []
    for part in filter(None, (piece.strip() for piece in text.split(";"))):
        times = TIMES.search(part)
        begin_s, end_s = (0, DAY_S) if times is None else _span(times, part)
        words = part if times is None else part[: times.start()] + part[times.end() :]
        for day in _days(words, part):
            found += _weekly(day * DAY_S + begin_s, day * DAY_S + end_s)
    if not found:
        raise ValueError("it names no time")
    return tuple(sorted(found))


def _span(times: re.Match[str], part: str) -> tuple[int, int]:
    """Begin and end in seconds of the day; an end that is not after the begin is on the next day."""
    h1, m1, h2, m2 = map(int, times.groups())
    begin_s, end_s = 3600 * h1 + 60 * m1, 3600 * h2 + 60 * m2
    if max(m1, m2) > 59 or begin_s >= DAY_S or end_s > DAY_S:
        raise ValueError(f"{part!r} is no time of day")
    if begin_s == end_s:
        raise ValueError(f"{part!r} has no length; for whole days name the days only")
    return begin_s, end_s if end_s > begin_s else end_s + DAY_S


def _days(words: str, part: str) -> list[int]:
    """0 for Monday to 6; all seven where no day is named."""
    found: list[int] = []
    for word in filter(None, re.split(r"[,\s]+", re.sub(r"\s*-\s*", "-", words.strip()))):
        ends = [_day(name, part) for name in word.split("-")]
        if len(ends) > 2:
            raise ValueError(f"{part!r}: {word} is no range of days")
        first, last = ends[0], ends[-1]
        found += [day % 7 for day in range(first, last + 1 + (7 if last < first else 0))]
    return found or list(range(7))


def _day(name: str, part: str) -> int:
    for number, day in enumerate(DAYS):
        if len(name) >= 2 and day.startswith(name.lower()):
            return number
    raise ValueError(f"{part!r}: {name!r} is no day (Mo Tu We Th Fr Sa Su)")


def _weekly(begin_s: int, end_s: int) -> list[Window]:
    """A window that runs over the end of the week is two."""
    if end_s <= WEEK_S:
        return [(begin_s, end_s)]
    return [(begin_s, WEEK_S), (0, end_s - WEEK_S)]


def read_instant(text: str) -> float:
    """Seconds since 1970 of an RFC 3339 time. Raises ValueError, also for a time that does not say its zone."""
    when = datetime.fromisoformat(text.strip())
    if when.tzinfo is None:
        raise ValueError("it does not say its zone")
    return when.timestamp()
