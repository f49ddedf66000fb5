"""A recording as a timeline: runs of whole lines, each with the receive time of its last message.

Needed only where time matters outside the pipeline: to pace a replay, to merge several files, to cut --from/--to. The
receive time of a line may stand in any of seven carriers, so a scout, a decoder of its own, reads every block first
(0.5 us a sentence, a tenth of what the pipeline spends) instead of a second parser of times that would drift apart
from the first. Lines without a time take the one before them.
"""

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np

from decoders.columns import Batch
from decoders.lines import LineDecoder
from monitor.feeds.chunk import Chunk
from monitor.feeds.run import Run

NEWLINE = 10


def runs(blocks: Iterable[bytes], *, step_s: float, leading_time_zone: str) -> Iterator[Run]:
    """Cut a byte stream into runs of lines whose times lie in one step of `step_s` seconds, its end included, its begin
    not: as ticks take rows, so that no run of one source makes a tick pass before another source's row of it has come.

    Times are made monotonic (a running maximum), since order of arrival is the order in the file. Bytes before the
    first known time belong to the first run. A stream without any time comes out as one run at NaN.
    """
    scout = LineDecoder(leading_time_zone=leading_time_zone)
    n_lines_before = 0
    tail = b""
    t_now = float("nan")
    for block in blocks:
        lines, tail = whole_lines(tail + block)
        if not lines:
            continue
        batch, _ = scout.feed(lines, float("nan"))
        ends = np.flatnonzero(np.frombuffer(lines, np.uint8) == NEWLINE) + 1
        t_line = line_times(batch, n_lines_before, len(ends), t_now)
        n_lines_before += len(ends)
        t_now = float(t_line[-1])
        yield from cut(lines, ends, t_line, step_s)
    if tail:
        yield Run(t_now, tail)


def whole_lines(data: bytes) -> tuple[bytes, bytes]:
    """Split after the last line end: the whole lines and the rest."""
    end = data.rfind(b"\n") + 1
    return data[:end], data[end:]


def line_times(batch: Batch, n_lines_before: int, n_lines: int, t_before: float) -> np.ndarray:
    """(n_lines,) float64: receive time of each line, running maximum, NaN before the first known one."""
    t_line = np.full(n_lines, -np.inf)
    heard = [(table.line, table.t_unix_s) for table in (batch.positions, batch.statics, batch.texts, batch.clocks)]
    heard.append((batch.radar.line, batch.radar.t_heard_unix_s))
    heard.append((batch.radar_health.line, batch.radar_health.t_unix_s))
    for line, t_unix_s in heard:
        row = line - n_lines_before - 1
        known = (row >= 0) & (row < n_lines) & ~np.isnan(t_unix_s)
        np.maximum.at(t_line, row[known], t_unix_s[known])
    if not np.isnan(t_before):
        t_line[0] = max(t_line[0], t_before)
    t_line = np.maximum.accumulate(t_line)
    t_line[np.isneginf(t_line)] = np.nan
    return t_line


def cut(lines: bytes, ends: np.ndarray, t_line: np.ndarray, step_s: float) -> Iterator[Run]:
    """One run for each step of time that the lines touch."""
    step = np.ceil(t_line / step_s)
    last = np.flatnonzero(step[1:] > step[:-1])  # NaN compares False: untimed lines join the run after them
    last = np.append(last, len(ends) - 1)
    start = 0
    for i in last:
        yield Run(float(t_line[i]), lines[start : ends[i]])
        start = int(ends[i])


def merged(sources: dict[str, Iterator[Run]], *, is_arrival_stamped: bool = False) -> Iterator[Chunk]:
    """Runs of several sources in order of time, ties in order of the sources' names."""

    def keyed(name: str, source: Iterator[Run]) -> Iterator[tuple[float, str, Run]]:
        for run in source:
            yield (float("-inf") if np.isnan(run.t_unix_s) else run.t_unix_s, name, run)

    ordered = heapq.merge(*(keyed(name, source) for name, source in sources.items()), key=lambda item: item[:2])
    for _, name, run in ordered:
        yield Chunk(name, run.t_unix_s if is_arrival_stamped else float("nan"), run.data)


def between(source: Iterable[Run], t_from_unix_s: float, t_to_unix_s: float) -> Iterator[Run]:
    """Only the runs whose time lies in [from, to]; untimed runs before the first known time are kept.

    The first run that is kept takes along what the ones before it said about reading all that follows.
    """
    setup = b""
    for run in source:
        if run.t_unix_s > t_to_unix_s:
            return
        if run.t_unix_s < t_from_unix_s:
            setup += run.setup
        else:
            yield replace(run, data=setup + run.data) if setup else run
            setup = b""
