"""How figures are taken: CPU time, medians of interleaved rounds, ratios beside the peer of the same round.

Machines are shared and noisy. Interleaving (ours, peer, ours, peer ...) lets a slow minute hit both, so the ratio
holds when the absolute numbers do not; quote the ratio.
"""

import os
import platform
import resource
import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """CPU seconds of each round."""

    name: str
    cpu_s: tuple[float, ...]

    @property
    def median_s(self) -> float:
        return statistics.median(self.cpu_s)


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of a benchmark's table."""

    name: str
    value: float
    unit: str
    goal: str = ""
    is_reached: bool | None = None
    note: str = ""


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU time that one call takes in this process, all threads."""
    before = time.process_time()
    work()
    return time.process_time() - before


def interleaved(
    works: Mapping[str, Callable[[], float]], rounds: int, progress: Callable[[str], None]
) -> dict[str, Timing]:
    """Run every work once a round; each returns its own CPU seconds."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for i in range(rounds):
        for name, work in works.items():
            progress(f"round {i + 1} of {rounds}: {name}")
            taken[name].append(work())
    return {name: Timing(name, tuple(seconds)) for name, seconds in taken.items()}


def ratio(name: str, ours: Timing, theirs: Timing, goal: float | None = None) -> Figure:
    """How many times faster, median over rounds of the ratio inside the round, held against its goal."""
    times = statistics.median(t / m for t, m in zip(theirs.cpu_s, ours.cpu_s, strict=True))
    return Figure(name, times, "x", f">= {goal:g}" if goal else "", None if goal is None else times >= goal)


def machine() -> str:
    """What the figures were taken on."""
    model = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as info:  # noqa: PTH123
            model = next((line.split(":", 1)[1].strip() for line in info if line.startswith("model name")), model)
    except OSError:
        pass
    return f"{model}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


def peak_rss_mib() -> float:
    """Largest resident size of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
