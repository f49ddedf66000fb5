"""`straitwatch bench radar`: radar wire formats to columns, beside the peers of each, in the same run."""

from collections.abc import Callable
from pathlib import Path

from monitor.bench import radar_asterix, radar_nmea
from monitor.bench.measure import Figure


def run(files: list[Path], rounds: int, progress: Callable[[str], None]) -> list[Figure]:
    """All figures. The corpus is made here, so recordings that are named are not looked at."""
    return radar_nmea.figures(rounds, progress) + radar_asterix.figures(rounds, progress)
