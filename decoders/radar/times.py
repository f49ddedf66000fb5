"""When a radar measured: the time of day that its sentences carry, put on the day on which they were received.

The date is the one that brings the measurement nearest to the reception, so that midnight between the two does not
matter, whichever clock is ahead. A time that is further off than a sentence can be old is the word of a wrong clock
(local time instead of UTC is the usual case): then the reception is the better time, and the report is marked.
"""

import numpy as np

from decoders.table import Column

DAY_S = 86_400.0
# Targets of one burst were seen up to 6 s old, and links add some seconds. Narrower, a late link's reports would lose
# their time; wider, a radar whose clock is a minute off would have its targets extrapolated over that minute.
MAX_OFF_S = 60.0
WHOLE_DIGITS = 6  # hhmmss


def measured_at(clock: Column, n_whole: Column, t_heard_unix_s: Column) -> tuple[Column, Column, Column]:
    """hhmmss.ss, read as a number of so many whole digits, NaN where there is none; all (N,).

    Returns when it was measured (the reception where it does not say), whether that is only the reception, and
    whether the time is one that a day has.
    """
    whole = np.floor(clock)
    second = clock - whole + whole % 100
    minute, hour = whole // 100 % 100, whole // 10_000
    is_told = ~np.isnan(clock)
    is_fine = ~is_told | ((n_whole == WHOLE_DIGITS) & (clock >= 0) & (hour < 24) & (minute < 60) & (second < 61))
    t_unix_s = nearest(hour * 3600 + minute * 60 + second, DAY_S, t_heard_unix_s)
    is_near = np.abs(t_unix_s - t_heard_unix_s) <= MAX_OFF_S
    return np.where(is_near, t_unix_s, t_heard_unix_s), ~is_near, is_fine


def nearest(part_s: Column, period_s: float, t_unix_s: Column) -> Column:
    """(N,) the instant nearest to `t_unix_s` at which so many seconds of the day, minute ... have gone by."""
    found: Column = np.round((t_unix_s - part_s) / period_s) * period_s + part_s
    return found
