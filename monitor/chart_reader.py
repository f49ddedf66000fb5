"""The chart from its files, and from what people drew on the map.

    files sound                      the fences of the files and those drawn
    files faulty, sound before       the files as they were when sound, and those drawn now; the faults are told
    files faulty from the start, or
    what was drawn is faulty         no chart: the one before stays in force

So a file that somebody breaks at night keeps nobody from drawing an exclusion zone: it comes into force at once.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geofences import geojson
from geofences.faults import Fault
from geofences.fenceset import FenceSet
from monitor import drawn


@dataclass(slots=True)
class ChartReader:
    """Reads again and again; remembers the features of sound files."""

    paths: Sequence[Path]
    buffers_m: Mapping[str, float]  # copies with a margin, by id
    drawn_path: Path | None
    _sound: list[Any] | None = field(default=None)

    def remember(self) -> None:
        """The chart in force was made of the files just now, so they are sound: no need to look at them again."""
        faults: list[Fault] = []
        with suppress(OSError):
            features = geojson.read(self.paths, faults)
            self._sound = None if faults else features

    def read(self) -> tuple[FenceSet | None, list[str]]:
        """The fences that are to be in force, and everything that is wrong with the files as they are."""
        faults: list[Fault] = []
        try:
            features = geojson.read(self.paths, faults)
            found = self._with_drawn(features, faults)
        except (geojson.FenceFaults, OSError, ValueError) as error:
            return self._as_before(), faults_of(error)
        self._sound = features
        return found, []

    def _as_before(self) -> FenceSet | None:
        if self._sound is None:
            return None
        try:
            return self._with_drawn(self._sound, [])
        except (geojson.FenceFaults, OSError, ValueError):
            return None

    def _with_drawn(self, features: list[Any], faults: list[Fault]) -> FenceSet:
        more = drawn.in_force(drawn.read(self.drawn_path)) if self.drawn_path else []
        return geojson.parse([*features, *more], faults, self.buffers_m)


def faults_of(error: geojson.FenceFaults | OSError | ValueError) -> list[str]:
    """In words, each."""
    return [f"chart: {fault}" for fault in (error.faults if isinstance(error, geojson.FenceFaults) else [error])]
