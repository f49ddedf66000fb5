"""`straitwatch run` on a clock that somebody sets: run as a program by test_clock.py.

    python -m tests.monitor.clock_moves CONFIG OFFSET

OFFSET is a file with two numbers: the seconds by which the clock is wrong, and those that the machine has slept.
"""

import sys
import time
from pathlib import Path

from monitor import config, live, logs
from monitor.clock import LiveClock, boot_time


def clock(offset: Path) -> LiveClock:
    def said() -> tuple[float, float]:
        is_set, slept = map(float, offset.read_text().split())
        return is_set, slept

    return LiveClock(wall=lambda: time.time() + sum(said()), boot=lambda: boot_time() + said()[1])


if __name__ == "__main__":
    logs.configure()
    sys.exit(live.run_live(config.read(Path(sys.argv[1])), clock(Path(sys.argv[2]))))
