"""What the radars' part keeps over a restart, as plain arrays for the picture's file, and back.

Whose the tracks are is kept too: begun anew, every ship that radar sees would be a dark boat for its first four scans.
"""

import numpy as np

from decoders.table import Column
from monitor.radar import keptplots
from monitor.radar.associate import Links
from monitor.radar.boats import Boats
from monitor.radar.coverage import Coverage
from monitor.radar.registration import Registration
from monitor.radar.tracks import RadarTracks
from monitor.radar.watch import RadarWatch

COVERAGE = ("key", "received", "expected")


def to_arrays(watch: RadarWatch) -> dict[str, Column]:
    """Everything, with the names of the sites that its rows are numbered by."""
    arrays = {"sites": np.array([site.name for site in watch.register.sites], str)}
    for prefix, table in _tables(watch).items():
        names = table.__dataclass_fields__  # type: ignore[attr-defined]
        arrays |= {f"{prefix}_{name}": getattr(table, name) for name in names}
    arrays["trackers"] = np.array(sorted(watch.trackers), np.int64)
    for row, tracker in watch.trackers.items():
        arrays |= {f"tracker{row}_{name}": array for name, array in keptplots.to_arrays(tracker).items()}
    return arrays | {f"coverage_{name}": getattr(watch.coverage, name) for name in COVERAGE}


def _tables(watch: RadarWatch) -> dict[str, object]:
    return {
        "track": watch.tracks,
        "boat": watch.boats,
        "registration": watch.registration,
        **{f"links_{name}": getattr(watch.links, name) for name in Links.__dataclass_fields__},
    }


def restore(watch: RadarWatch, arrays: dict[str, Column]) -> None:
    """Go on from `to_arrays`. Raises KeyError, TypeError where they are not whole.

    Another register of radars has other rows: what was learned under the old one is left alone.
    """
    if arrays["sites"].tolist() != [site.name for site in watch.register.sites]:
        return
    blank = _tables(watch)
    made = {}
    for prefix, table in blank.items():
        names = type(table).__dataclass_fields__  # type: ignore[attr-defined]
        made[prefix] = type(table)(**{name: arrays[f"{prefix}_{name}"] for name in names})
    key, received, expected = (arrays[f"coverage_{name}"] for name in COVERAGE)
    coverage = Coverage(key, received, expected)
    trackers, settings = {}, watch.plot_settings
    if settings is not None:
        for row in arrays["trackers"].tolist():
            own = {name: arrays[f"tracker{row}_{name}"] for name in keptplots.NAMES}
            trackers[row] = keptplots.tracker_of(own, settings, watch.register.sites[row].period_s)
    tracks, boats, registration = made["track"], made["boat"], made["registration"]
    assert isinstance(tracks, RadarTracks)
    assert isinstance(boats, Boats)
    assert isinstance(registration, Registration)
    watch.tracks, watch.boats, watch.registration, watch.coverage = tracks, boats, registration, coverage
    watch.trackers = trackers
    watch.links = Links(**{name: made[f"links_{name}"] for name in Links.__dataclass_fields__})  # type: ignore[arg-type]
