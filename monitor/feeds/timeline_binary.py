"""Captures and IVEF streams as timelines, as timeline.py does it for lines: runs of what was received together.

A capture's records have their time in their head. What stands between them (headers, descriptions of interfaces) says
how to read all that follows, so a run carries it as `setup`: cutting --from must not lose it. An IVEF document has no
time of reception; it counts as received when its newest track was updated.
"""

from collections.abc import Iterable, Iterator

import numpy as np

from decoders.pcap import Frames, PcapReader
from decoders.radar.ivef import IvefDecoder, documents
from monitor.feeds.run import Run


def capture_runs(blocks: Iterable[bytes], *, step_s: float) -> Iterator[Run]:
    """Records of a pcap stream in runs of `step_s` seconds; times are made monotonic, untimed records join the run."""
    t_now, group, setup = float("nan"), bytearray(), bytearray()
    for got in frames_of(blocks):
        at = 0
        for t_unix_s, _, _, _, _, start, end in got.frames:
            t_next = float(np.fmax(t_now, t_unix_s))
            if np.ceil(t_next / step_s) > np.ceil(t_now / step_s):
                yield Run(t_now, bytes(group), bytes(setup))
                group, setup = bytearray(), bytearray()
            setup += got.data[at:start]
            group += got.data[at:end]
            t_now, at = t_next, end
        setup += got.data[at:]
        group += got.data[at:]
    if group:
        yield Run(t_now, bytes(group), bytes(setup))


def frames_of(blocks: Iterable[bytes]) -> Iterator[Frames]:
    """What a capture's blocks hold, to its end."""
    reader = PcapReader()
    for block in blocks:
        yield reader.feed(block)
    yield reader.finish()


def document_runs(blocks: Iterable[bytes]) -> Iterator[Run]:
    """IVEF documents, one a run."""
    scout, tail, t_now = IvefDecoder(), b"", float("nan")
    for block in blocks:
        whole, tail = documents(tail, block)
        for document in whole:
            batch, _ = scout.feed(document, float("nan"))
            heard = batch.radar.t_heard_unix_s
            t_now = float(np.fmax(t_now, np.nanmax(heard))) if np.isfinite(heard).any() else t_now
            yield Run(t_now, document)
    if tail:
        yield Run(t_now, tail)
