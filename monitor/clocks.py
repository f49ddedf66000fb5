"""Stations whose clock is wrong: how far, and their times set right. For live feeds only, where arrival is known.

A stamp that is old when it arrives has two possible causes, and they must not be confused. A line that was held back
is late: what it tells was true then. A station whose clock is slow is not late: what it tells is true now.

    held back    arrival - stamp jumps up and shrinks while the backlog drains
    wrong clock  arrival - stamp stays the same; or is more than a day, which nothing holds back

So an offset counts as the clock's when it has been the same for `STEADY_S`. Stamps ahead of their arrival are
`event_time.sane`'s business. The offset is the least delay of each second: delays only ever add.
"""

from dataclasses import dataclass

import numpy as np

from decoders.table import Column

SURE_S = 86_400.0  # no line is held back for a day
NOTICED_S = 60.0  # a smaller offset still finds its place in the picture
STEADY_S = 60.0
WITHIN_S = 5.0


@dataclass(slots=True)
class StationClock:
    """What is known of one station's clock."""

    offset_s: float = 0.0  # arrival minus stamp, as applied; 0 while the clock is not in doubt
    t_since_unix_s: float = float("nan")  # the offset seen has been steady since
    low_s: float = float("nan")
    high_s: float = float("nan")


def set_right(clocks: dict[int, StationClock], station: Column, t_unix_s: Column, now_unix_s: float) -> Column:
    """(N,) times with the offsets of wrong clocks taken out; changes `clocks`. station, t_unix_s : (N,)."""
    fixed = t_unix_s.copy()
    for number in np.unique(station).tolist():
        rows = np.flatnonzero((station == number) & ~np.isnan(t_unix_s))
        if not len(rows):
            continue
        clock = clocks.setdefault(number, StationClock())
        note(clock, now_unix_s - float(t_unix_s[rows].max()), now_unix_s)
        fixed[rows] += clock.offset_s
    return fixed


def note(clock: StationClock, delay_s: float, now_unix_s: float) -> None:
    """Learn from the least delay of the lines that came just now."""
    if delay_s < NOTICED_S:
        clock.offset_s, clock.t_since_unix_s = 0.0, float("nan")
        return
    low, high = min(clock.low_s, delay_s), max(clock.high_s, delay_s)
    if clock.t_since_unix_s != clock.t_since_unix_s or high - low > WITHIN_S:
        clock.t_since_unix_s, low, high = now_unix_s, delay_s, delay_s
    clock.low_s, clock.high_s = low, high
    if delay_s > SURE_S or now_unix_s - clock.t_since_unix_s >= STEADY_S:
        steady = abs(delay_s - clock.offset_s) <= WITHIN_S
        clock.offset_s = clock.offset_s if clock.offset_s and steady else low
    elif abs(delay_s - clock.offset_s) > WITHIN_S:
        clock.offset_s = 0.0  # it moves: a backlog that drains, or a clock just set
