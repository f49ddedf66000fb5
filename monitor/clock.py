"""The clock of a live monitor: the machine's, watched.

    slewed by its time service        followed: what it gains or loses between two looks is far below a second
    set, by hand or by time service   ClockMoved: all that is remembered moves with it (alerts/moved.py, snapshot.py)
    the machine slept                 ClockMoved by nothing, after a sleep: nobody listened in that time

Followed blindly, an hour forward would make every ship silent and an hour back would stop the ticks for an hour, both
without a word. The pipeline ends where it is and begins again in the same process (live.py), within a second.

CLOCK_BOOTTIME goes on while the machine sleeps and nobody can set it; CLOCK_MONOTONIC stops in its sleep. Where there
is no CLOCK_BOOTTIME a step forward is taken for a sleep, since that makes no old position a fresh one.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

AT_ONCE_S = 0.5
LEAST_S = 2.0  # a smaller step is followed: at most so many ticks at once, or so long none


class ClockMoved(Exception):
    """The machine's clock was set, or the machine slept."""

    def __init__(self, by_s: float, slept_s: float) -> None:
        what = f"was set by {by_s:+.1f} s" if by_s else f"went on while the machine slept for {slept_s:.1f} s"
        super().__init__(f"the machine's clock {what}")
        self.by_s = by_s  # 0 where only time has passed
        self.slept_s = slept_s


def boot_time() -> float:
    """Seconds since the machine started, its sleep included where that can be known."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


@dataclass(slots=True)
class LiveClock:
    """Seconds since 1970, UTC. Call it often: what lies between two calls is one step."""

    wall: Callable[[], float] = time.time
    boot: Callable[[], float] = boot_time
    awake: Callable[[], float] = time.monotonic
    knows_sleep: bool = hasattr(time, "CLOCK_BOOTTIME")
    _last: tuple[float, float, float] | None = field(default=None)

    def __call__(self) -> float:
        """Raises ClockMoved, once for each move."""
        now = self._read()
        before, self._last = self._last or now, now
        wall_s, boot_s, awake_s = (b - a for a, b in zip(before, now, strict=True))
        set_s, slept_s = wall_s - boot_s, boot_s - awake_s
        if not self.knows_sleep and set_s > LEAST_S:
            set_s, slept_s = 0.0, set_s
        if abs(set_s) > LEAST_S or slept_s > LEAST_S:
            raise ClockMoved(set_s if abs(set_s) > LEAST_S else 0.0, slept_s)
        return now[0]

    def _read(self) -> tuple[float, float, float]:
        """The three clocks at one moment: a process may be stopped between two of them."""
        while True:
            boot = self.boot()
            now = self.wall(), boot, self.awake()
            if self.boot() - boot < AT_ONCE_S:
                return now
