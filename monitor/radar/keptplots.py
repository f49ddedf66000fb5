"""What the tracker of a radar's plots keeps over a restart: begun anew, its tracks would have other numbers.

The scan that was being filled is not kept: its plots are of less than a turn, and the tracks coast over it.
"""

import numpy as np

from decoders.table import Column
from monitor.radar.plottracks import PlotTracks
from monitor.radar.tracker import Tracker, TrackerSettings

ARRAYS = ("clutter_cell", "clutter_heat", "clutter_waiting", "clutter_n_waiting", "instants", "counts", "turn")
NAMES = (*PlotTracks.__dataclass_fields__, *ARRAYS)


def to_arrays(tracker: Tracker) -> dict[str, Column]:
    """The arrays `NAMES`."""
    clutter, scans = tracker.clutter, tracker.scans
    return tracker.tracks.columns() | {
        "clutter_cell": clutter.cell,
        "clutter_heat": clutter.heat,
        "clutter_waiting": np.concatenate([np.zeros(0, np.int64), *clutter.waiting]),
        "clutter_n_waiting": np.array([len(cells) for cells in clutter.waiting], np.int64),
        "instants": np.array([tracker.t_unix_s, scans.closed_unix_s, clutter.n_scans, clutter.cell_m]),
        "counts": np.array([tracker.n_tracks]),
        "turn": np.array([scans.phase, scans.moment]),
    }


def tracker_of(arrays: dict[str, Column], settings: TrackerSettings, period_s: float) -> Tracker:
    """The tracker that goes on from there. Raises KeyError, ValueError where they are not whole.

    Other settings have another map of clutter: theirs begins empty.
    """
    tracker = Tracker(settings, period_s)
    tracker.tracks = PlotTracks(**{name: arrays[name] for name in PlotTracks.__dataclass_fields__})
    tracker.t_unix_s, closed_unix_s, n_scans, cell_m = arrays["instants"].tolist()
    (tracker.n_tracks,) = arrays["counts"].tolist()
    tracker.scans.closed_unix_s = closed_unix_s
    tracker.scans.phase, tracker.scans.moment = arrays["turn"].tolist()
    ends = np.cumsum(arrays["clutter_n_waiting"])
    if cell_m == settings.clutter_cell_m:
        clutter = tracker.clutter
        clutter.cell, clutter.heat, clutter.n_scans = arrays["clutter_cell"], arrays["clutter_heat"], n_scans
        clutter.waiting = np.split(arrays["clutter_waiting"], ends)[:-1]
    return tracker
