"""The chart's files while the monitor runs: when they change, another chart is read beside the pipeline.

    chart thread, every second                         pipeline thread
    files ─changed, and at rest since the last look─> read, index ──sound──> offered ──next step──> in force
                                                        └─faulty─> log, a line on the map; the old files count

Reading and indexing take as long as they take; the pipeline only takes a finished chart, between two ticks. A file is
known by its modification time, size and number, so one that is put in place by renaming is seen too. One that is still
being written is left until it rests for a look: half a file would only be refused.
"""

import gzip
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import structlog

from geofences.fenceset import FenceSet

LOG = structlog.get_logger("chart")
Marks = tuple[tuple[int, ...] | str, ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Fences ready to come into force, and what the map draws of them."""

    fences: FenceSet
    body: bytes  # GeoJSON, gzipped
    version: str  # the same for the same fences, also after a restart


def chart_of(fences: FenceSet) -> Chart:
    """The chart of these fences."""
    body = msgspec.json.encode(feature_collection(fences))
    return Chart(fences, gzip.compress(body, 6, mtime=0), hashlib.blake2b(body, digest_size=8).hexdigest())


def feature_collection(fences: FenceSet) -> dict[str, Any]:
    """The fences in force as GeoJSON, each with the properties of its file."""
    features = [
        {
            "type": "Feature",
            "id": fence_id,
            "properties": {**properties, "id": fence_id, "name": name, "kind": kind},
            "geometry": geometry,
        }
        for fence_id, name, kind, properties, geometry in zip(
            fences.fence_id, fences.name, fences.kind, fences.properties, fences.geometry, strict=True
        )
    ]
    return {"type": "FeatureCollection", "features": features}


def marks_of(paths: list[Path]) -> Marks:
    """What tells one state of the files from another."""
    return tuple(_mark(path) for path in paths)


def _mark(path: Path) -> tuple[int, ...] | str:
    try:
        found = path.stat()
    except OSError as error:
        return str(error)
    return (found.st_mtime_ns, found.st_size, found.st_ino)


class ChartWatch:
    """Looks at the files; called by one thread."""

    def __init__(
        self,
        paths: list[Path],
        read: Callable[[], tuple[FenceSet | None, list[str]]],
        *,
        marks: Marks,
        version: str,
        offer: Callable[[Chart], None],
        tell_fault: Callable[[str], None],
    ) -> None:
        """paths, marks : the files, and their state before the chart in force was read; version : of that chart.

        read gives the fences that are to be in force, and every fault of the files as they are (chart_reader.py).
        offer takes a sound chart, tell_fault why a file is refused ("" when none is any more).
        """
        self._paths = paths
        self._read = read
        self._judged = self._seen = marks
        self._version = version
        self._offer = offer
        self._tell_fault = tell_fault
        self._faults: list[str] = []

    def look(self, *, is_asked: bool = False) -> None:
        """Read the files if they have changed and are at rest; in any case where somebody asked for it."""
        marks = marks_of(self._paths)
        is_at_rest, self._seen = marks == self._seen, marks
        if not is_asked and (marks == self._judged or not is_at_rest):
            return
        chart, faults = self._try()
        if marks_of(self._paths) != marks:
            return  # it changed under the reader's eyes
        self._judged = marks
        self._judge(chart, faults)

    def _try(self) -> tuple[Chart | None, list[str]]:
        """The chart that is to be in force, and everything that is wrong."""
        try:
            fences, faults = self._read()
            return (None if fences is None else chart_of(fences)), faults
        except Exception as error:  # whatever a file does to the reader, the watch over the sea goes on
            LOG.exception("the chart cannot be read")
            return None, [f"chart: cannot be read: {error!r}"]

    def _judge(self, chart: Chart | None, faults: list[str]) -> None:
        if faults != self._faults:
            self._faults = faults
            if faults:
                LOG.error("a changed file of the chart is refused, the old one counts", faults=faults)
            else:
                LOG.info("the chart is sound again")
            self._tell_fault(in_short(faults))
        if chart is not None and chart.version != self._version:
            self._version = chart.version
            LOG.info("another chart comes into force", n_fences=len(chart.fences), version=chart.version)
            self._offer(chart)


def in_short(faults: list[str]) -> str:
    """The first fault and how many there are, for a line on the map."""
    if len(faults) < 2:
        return "".join(faults)
    return f"{faults[0]} (and {len(faults) - 1} more: `straitwatch fences check` tells them)"
