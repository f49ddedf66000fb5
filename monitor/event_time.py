"""When things happen: the order of arrival, and the ticks of event time that rules run on.

    rows in order of arrival   t =  9.8  10.1  9.9  NaN  99999.0  10.9  11.2        (seconds)
    arrival (running maximum)       9.8  10.1 10.1 10.1     10.1  10.9  11.2
    tick that takes the row          10    11   11   11       11    11    12

Arrival is the running maximum of the receive times, so it never goes back, and a row belongs to the first tick at or
after it. That depends on the rows alone, not on how their bytes were cut: a replay at any speed and in any chunks has
the same ticks (style law 3).

One wild stamp must not drive the clock away. A time more than `MAX_STEP_S` ahead is a suspect: it is believed when the
next rows agree with it (`N_AGREE` in a row within `AGREE_S`, as after a pause in a recording); until then the row
counts as arrived now. The first time of all is believed at once: there is nothing to hold against it.
"""

from dataclasses import dataclass

import numpy as np

from decoders.table import Column

MAX_STEP_S = 600.0  # longer than a receiver's restart; shorter than what a wrong day or year would add
N_AGREE = 5
AGREE_S = 120.0


@dataclass(slots=True)
class Arrivals:
    """State of one source: its running maximum, and a step ahead that is not believed yet."""

    watermark_unix_s: float = float("nan")
    suspect_unix_s: float = float("nan")
    n_agree: int = 0


def arrive(state: Arrivals, t_unix_s: Column) -> Column:
    """(N,) float64 arrival of each row, never falling; NaN only before the first known time. Changes `state`."""
    n = len(t_unix_s)
    if not n:
        return t_unix_s
    known = ~np.isnan(t_unix_s)
    floor = state.watermark_unix_s if not np.isnan(state.watermark_unix_s) else -np.inf
    running = np.maximum.accumulate(np.where(known, t_unix_s, -np.inf))
    before = np.maximum(np.concatenate([[-np.inf], running[:-1]]), floor)
    is_step = known & (t_unix_s > before + MAX_STEP_S) & np.isfinite(before)
    if state.n_agree or is_step.any():
        return _arrive_each(state, t_unix_s)
    arrival = np.maximum(running, floor)
    if np.isfinite(arrival[-1]):
        state.watermark_unix_s = float(arrival[-1])
    return np.where(np.isfinite(arrival), arrival, np.nan)


def _arrive_each(state: Arrivals, t_unix_s: Column) -> Column:
    """The same, row by row: only for blocks in which a time stepped ahead."""
    arrival = np.empty(len(t_unix_s))
    for i, t in enumerate(t_unix_s.tolist()):
        now = state.watermark_unix_s
        if np.isnan(now):
            state.watermark_unix_s = t
        elif t > now + MAX_STEP_S:
            agrees = state.n_agree > 0 and abs(t - state.suspect_unix_s) <= AGREE_S
            state.n_agree = state.n_agree + 1 if agrees else 1
            state.suspect_unix_s = t
            if state.n_agree >= N_AGREE:
                state.watermark_unix_s, state.n_agree = t, 0
        elif not np.isnan(t):
            state.watermark_unix_s = max(now, t)
            state.n_agree = 0
        arrival[i] = state.watermark_unix_s
    return arrival


def ticks_of(arrival_unix_s: Column, tick_s: float, next_tick: int) -> Column:
    """(N,) int64 number of the tick that takes each row: the first at or after its arrival that has not run yet.

    Tick k is the instant k * tick_s. Rows without an arrival go to `next_tick`.
    """
    with np.errstate(invalid="ignore"):
        wanted = np.ceil(arrival_unix_s / tick_s)
    wanted = np.where(np.isnan(wanted), next_tick, wanted)
    return np.maximum(wanted.astype(np.int64), next_tick)


def sane(t_unix_s: Column, arrival_unix_s: Column) -> Column:
    """Times that were not believed (ahead of their arrival) are replaced by the arrival."""
    return np.where(t_unix_s > arrival_unix_s, arrival_unix_s, t_unix_s)
