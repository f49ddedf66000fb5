"""Plots in the order that they come in, cut into scans.

Two kinds of feed exist. Some radars tell their plots while the antenna turns, each with its own time: a scan ends where
the antenna passes north. Others tell the whole picture at once: a scan ends where time jumps. Nobody says which kind a
feed is, so it is measured. Time and bearing are both taken as fractions of a turn; what stays the same from plot to
plot says who gives the time:

    turning     time - bearing   stays the same     (the antenna's phase)
    at once     time             stays the same     (the moment of telling)

The mean of the unit vectors of each is the longer, the steadier it is. The longer wins; between equals, telling at
once, whose rule needs no bearing.

Plots are taken as they come and never sorted, so the scans do not depend on how the stream was cut into batches. A plot
of a scan that is closed is late: counted and left out.
"""

from dataclasses import dataclass, field

import numpy as np

from decoders.columns import empty
from decoders.radar.columns import RadarReports
from decoders.table import Column

KEPT = 0.9  # of what earlier scans said of the kind of feed, at each scan
AT_ONCE = (
    0.5  # of a turn after its first plot a scan that is told at once is over: late bursts jitter, whole seconds too
)
STALE = 1.5  # turns after which a scan is over, whatever is or is not heard
FULL_TURN = 2.0 * np.pi


@dataclass(slots=True)
class Scans:
    """The scan that is being filled, and what is known of the feed."""

    period_s: float
    open: RadarReports = field(default_factory=lambda: empty(RadarReports))
    phase: complex = 0.0  # sum of unit vectors of time - bearing
    moment: complex = 0.0  # sum of unit vectors of time
    closed_unix_s: float = float("-inf")  # the last plot of the last closed scan
    n_late: int = 0

    @property
    def is_turning(self) -> bool:
        """Whether the feed tells its plots as the antenna turns."""
        return abs(self.phase) > abs(self.moment) + 1e-6


def cut(scans: Scans, plots: RadarReports) -> list[RadarReports]:
    """The scans that these plots have made whole. They have times, ranges and bearings."""
    found = []
    while len(plots):
        if not len(scans.open):
            plots = _without_late(scans, plots)
            scans.open, plots = plots.take(slice(0, 1)), plots.take(slice(1, None))
            continue
        after = _place(scans, plots)
        beyond = np.flatnonzero(after > 0)
        n = int(beyond[0]) if len(beyond) else len(plots)
        is_here = after[:n] == 0
        scans.n_late += n - int(np.count_nonzero(is_here))
        scans.open = RadarReports.concat([scans.open, plots.take(slice(0, n)).take(is_here)])
        plots = plots.take(slice(n, None))
        if len(plots):
            found.append(close(scans))
    return found


def close(scans: Scans) -> RadarReports:
    """The scan that was being filled, whole or not; the next plot begins another."""
    done, scans.open = scans.open, empty(RadarReports)
    if len(done):
        time, bearing = done.t_unix_s / scans.period_s % 1.0, done.bearing_deg / 360.0
        scans.phase = KEPT * scans.phase + complex(np.exp(1j * FULL_TURN * (time - bearing)).sum())
        scans.moment = KEPT * scans.moment + complex(np.exp(1j * FULL_TURN * time).sum())
        scans.closed_unix_s = float(done.t_unix_s.max())
    return done


def is_stale(scans: Scans, now_unix_s: float) -> bool:
    """Whether the open scan has waited for long enough for a plot to follow."""
    return bool(len(scans.open) and now_unix_s - scans.open.t_unix_s.min() > STALE * scans.period_s)


def _without_late(scans: Scans, plots: RadarReports) -> RadarReports:
    """The plots from the first that can begin a scan."""
    is_late = plots.t_unix_s <= scans.closed_unix_s
    is_late &= plots.t_unix_s > scans.closed_unix_s - STALE * scans.period_s  # earlier ones: a clock that was set back
    first = int(np.argmin(is_late)) if not is_late.all() else len(plots)
    scans.n_late += first
    return plots.take(slice(first, None))


def _place(scans: Scans, plots: RadarReports) -> Column:
    """(N,) whether each plot belongs before (-1), into (0) or after (1) the open scan."""
    begun = scans.open.take(slice(0, 1))
    since_s = plots.t_unix_s - begun.t_unix_s[0]
    turns = (
        _turn(scans, plots) - _turn(scans, begun) if scans.is_turning else np.floor(since_s / scans.period_s + AT_ONCE)
    )
    found: Column = np.sign(turns)
    found[np.abs(since_s) > STALE * scans.period_s] = 1  # also back: a clock that was set begins a new scan
    return found


def _turn(scans: Scans, plots: RadarReports) -> Column:
    """(N,) which turn of the antenna, counted at north, each plot was seen in."""
    bearing = plots.bearing_deg / 360.0
    reached = plots.t_unix_s / scans.period_s - np.angle(scans.phase) / FULL_TURN
    found: Column = np.rint(reached - bearing)  # the bearing decides, time only tells the turn
    return found
