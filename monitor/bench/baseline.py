"""The yardstick for the whole pipeline: what a good Python engineer builds first, then speeds up.

No peer raises fence alarms on other people's ships, so the baseline of record is this: pyais for decoding with
checksum errors refused, a dictionary of tracks with a bounded trail each, one shapely STRtree over the chart by
bounding box, then `shapely.intersects` on prepared geometries for the point and for the leg from the last position;
enter, exit and crossed-without-a-stop become events; one JSON line a position. It keeps no incident, store or map:
a real product does more for each sentence.
"""

import contextlib
import json
from collections import deque
from dataclasses import dataclass, field

import numpy as np
import pyais
import shapely
from shapely.geometry.base import BaseGeometry

TRAIL = 100


@dataclass(slots=True)
class Track:
    trail: deque[tuple[float, float]] = field(default_factory=lambda: deque(maxlen=TRAIL))
    inside: frozenset[int] = frozenset()


class Baseline:
    """Feed it lines; it counts positions and events and writes JSON lines into a list."""

    def __init__(self, fences: list[BaseGeometry]) -> None:
        self.fences = np.array(fences, dtype=object)
        shapely.prepare(self.fences)
        self.tree = shapely.STRtree(fences)
        self.tracks: dict[int, Track] = {}
        self.fragments: dict[tuple[bytes, ...], list[bytes]] = {}
        self.n_positions = 0
        self.n_events = 0
        self.output: list[str] = []

    def line(self, line: bytes) -> None:
        """One sentence."""
        parts = self._complete(line)
        if not parts:
            return
        with contextlib.suppress(pyais.exceptions.AISBaseException, ValueError):
            message = pyais.decode(*parts, error_if_checksum_invalid=True)
            lat, lon = getattr(message, "lat", None), getattr(message, "lon", None)
            if lat is not None and lon is not None and abs(lat) <= 90 and abs(lon) <= 180:
                self._position(int(message.mmsi), float(lat), float(lon))

    def _complete(self, line: bytes) -> list[bytes]:
        fields = line.split(b",", 5)
        if len(fields) < 6 or fields[1] == b"1":
            return [line]
        key = (fields[1], fields[3], fields[4])
        waiting = self.fragments.setdefault(key, [])
        waiting.append(line)
        return self.fragments.pop(key) if len(waiting) == int(fields[1]) else []

    def _position(self, mmsi: int, lat: float, lon: float) -> None:
        track = self.tracks.setdefault(mmsi, Track())
        point = shapely.Point(lon, lat)
        candidates = self.tree.query(point)
        inside = frozenset(candidates[shapely.intersects(self.fences[candidates], point)].tolist())
        events = [("enter", f) for f in inside - track.inside] + [("exit", f) for f in track.inside - inside]
        if track.trail:
            leg = shapely.LineString([track.trail[-1], (lon, lat)])
            candidates = self.tree.query(leg)
            touched = candidates[shapely.intersects(self.fences[candidates], leg)].tolist()
            events += [("cross", f) for f in touched if f not in inside and f not in track.inside]
        track.trail.append((lon, lat))
        track.inside = inside
        self.n_positions += 1
        self.n_events += len(events)
        self.output.append(json.dumps({"mmsi": mmsi, "lat": lat, "lon": lon, "events": events}))
