"""A chunk: bytes as they came from one source, and when."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Chunk:
    """What every feed yields: live, recording and simulator alike. The only place where arrival time enters."""

    source: str  # the feed's name in the configuration
    t_unix_s: float  # arrival, UTC; NaN for a recording, whose times stand in its bytes
    data: bytes
