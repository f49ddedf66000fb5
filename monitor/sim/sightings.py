"""When the boats of a story can be seen at all: what a scorer holds the alerts against.

A boat is detectable in a scan when some radar of the story, not in an outage, sees it in half of such scans or more;
it can be confirmed from the moment it was detectable in three of the last five scans of one radar. Chances come from
the same scenes as the plots (monitor/sim/radar.py), so shadows, fades and big ships beside it count.
"""

from dataclasses import dataclass

import numpy as np

from decoders.table import Column
from monitor.sim.night import Night
from monitor.sim.plotter import START_HITS, START_SCANS
from monitor.sim.radar import sensor_of
from monitor.sim.story import Outage

SEEN_P = 0.5
GRID_S = 10.0
BLOCK_S = 600.0


@dataclass(frozen=True, slots=True)
class BoatTruth:
    """One small boat of a story; S steps of ten seconds, UTC."""

    name: str
    t_unix_s: Column  # (S,)
    lat_deg: Column  # (S,) NaN on the beach
    lon_deg: Column
    is_detectable: Column  # (S,) bool
    confirmable_unix_s: float  # NaN: never

    @property
    def detectable_s(self) -> float:
        return float(self.is_detectable.sum()) * GRID_S

    def at(self, t_unix_s: float) -> tuple[float, float]:
        """Where it is, NaN where it is not afloat."""
        step = int(np.clip(np.rint((t_unix_s - self.t_unix_s[0]) / GRID_S), 0, len(self.t_unix_s) - 1))
        return float(self.lat_deg[step]), float(self.lon_deg[step])


def boats_of(truth: Night) -> tuple[BoatTruth, ...]:
    """The small boats of the night, in the story's order."""
    story = truth.story
    n = len(story.boats)
    row = np.arange(len(truth.vessels) - n, len(truth.vessels))
    t_s = np.arange(0.0, story.duration_s + 1.0, GRID_S)
    is_detectable = np.zeros((n, len(t_s)), bool)
    confirmable_s = np.full(n, np.inf)
    for number in range(len(story.radars) if n else 0):
        at_s, p = chances(truth, number, row)
        seen = p >= SEEN_P
        step = np.clip((at_s / GRID_S).astype(np.int64), 0, len(t_s) - 1)
        scans, boats = np.nonzero(seen)
        is_detectable[boats, step[scans, boats]] = True
        total = np.concatenate([np.zeros((START_SCANS, n)), np.cumsum(seen, axis=0)])
        may = total[START_SCANS:] - total[:-START_SCANS] >= START_HITS
        first = np.where(may.any(axis=0), at_s[np.argmax(may, axis=0), np.arange(n)], np.inf)
        confirmable_s = np.minimum(confirmable_s, first)
    state = [truth.motion.at(np.full(len(t_s), i), t_s) for i in row.tolist()]
    start = story.start_unix_s
    return tuple(
        BoatTruth(
            boat.name, t_s + start, state[i]["lat_deg"], state[i]["lon_deg"], is_detectable[i],
            start + float(confirmable_s[i]) if np.isfinite(confirmable_s[i]) else float("nan"),
        )
        for i, boat in enumerate(story.boats)
    )  # fmt: skip


def chances(truth: Night, number: int, row: Column) -> tuple[Column, Column]:
    """((K, B) seconds, (K, B) chance of detection) of vessels `row` in every scan of the story's radar `number`."""
    sensor = sensor_of(truth, number)
    times, found = [], []
    for begin_s in np.arange(0.0, truth.story.duration_s, BLOCK_S).tolist():
        scene = sensor.scene(begin_s, min(begin_s + BLOCK_S, truth.story.duration_s), row)
        column = np.searchsorted(scene.row, row)
        times.append(scene.t_s[:, column])
        found.append(scene.p[:, column])
    t_s, p = np.concatenate(times), np.concatenate(found)
    for event in truth.story.events:
        if isinstance(event, Outage) and sensor.radar.name in event.receivers:
            p[(t_s >= event.at_s) & (t_s < event.at_s + event.for_s)] = 0.0
    return t_s, p
