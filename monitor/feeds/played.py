"""Feeds that play the past or the imagined: recordings and the simulator. Their time is not now.

A configuration has live feeds or played ones, never both: the picture would mix two times.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from msgspec import Meta

from monitor.feeds import recording, timeline, timeline_binary
from monitor.feeds.chunk import Chunk
from monitor.feeds.run import Run

MERGE_STEP_S = 0.25  # runs of lines no longer than this: finer than a tick, coarse enough to stay fast


@dataclass(frozen=True, slots=True)
class RecordingFeed:
    """One or several files, merged by time; the files of one feed are one source each, named by the feed and file."""

    name: str
    files: list[str]
    speed: Annotated[float, Meta(gt=0)]
    leading_time_zone: str

    def chunks(self) -> Iterator[Chunk]:
        """Chunks in order of receive time."""
        return play_files([Path(f) for f in self.files], leading_time_zone=self.leading_time_zone)


@dataclass(frozen=True, slots=True)
class SimulatorFeed:
    """A story of the simulator."""

    name: str
    story: str
    seed: int  # -1 takes the story's own
    speed: Annotated[float, Meta(gt=0)]


def source_names(paths: list[Path]) -> dict[str, Path]:
    """A short, unique source name for each file: its name without the endings."""
    names: dict[str, Path] = {}
    for path in paths:
        stem = path.name.split(".")[0]
        name, n = stem, 2
        while name in names:
            name, n = f"{stem}-{n}", n + 1
        names[name] = path
    return names


def formats_of(names: dict[str, Path]) -> dict[str, str]:
    """The format of each source's file."""
    return {name: recording.format_of(path) for name, path in names.items()}


def play_files(
    paths: list[Path],
    *,
    leading_time_zone: str,
    t_from_unix_s: float = -np.inf,
    t_to_unix_s: float = np.inf,
) -> Iterator[Chunk]:
    """Several recordings as one stream of chunks, each stamped with the receive time of its last line.

    Raises ValueError for a file in which no line has a time, and `recording.READ_ERRORS`.
    """
    sources = {
        name: timeline.between(timed(path, leading_time_zone=leading_time_zone), t_from_unix_s, t_to_unix_s)
        for name, path in source_names(paths).items()
    }
    return timeline.merged(sources, is_arrival_stamped=True)


def timed(path: Path, *, leading_time_zone: str) -> Iterator[Run]:
    """The runs of one file; refuses a file without receive times."""
    plain = (block for block, _ in recording.blocks(path))
    form = recording.format_of(path)
    if form == "asterix":
        runs = timeline_binary.capture_runs(plain, step_s=MERGE_STEP_S)
    elif form == "ivef":
        runs = timeline_binary.document_runs(plain)
    else:
        runs = timeline.runs(plain, step_s=MERGE_STEP_S, leading_time_zone=leading_time_zone)
    for run in runs:
        if np.isnan(run.t_unix_s):
            raise ValueError(f"{path}: {NO_TIMES.get(form, NO_TIME)}")
        yield run


NO_TIME = (
    "no line says when it was received (no TAG block c:, no leading or trailing time, no $PGHP, RMC or ZDA), "
    "so it cannot be replayed; `straitwatch decode` reads it all the same"
)
NO_TIMES = {
    "asterix": "it holds no packet with a time: not a capture (pcap, pcapng), or an empty one",
    "ivef": "no track in its first document says when it was updated",
}
