"""A chunk: bytes as they came from one source, and when."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Receipt:
    """The place of a chunk in a numbered stream, and whom to tell once it is stored."""

    stream: str  # "dover/nmea"
    boot: str
    seq: int
    stored: Callable[["Receipt"], None]  # from any thread


@dataclass(frozen=True, slots=True)
class Chunk:
    """What every feed yields: live, recording and simulator alike. The only place where arrival time enters."""

    source: str  # the feed's name in the configuration
    t_unix_s: float  # arrival, UTC; NaN for a recording, whose times stand in its bytes
    data: bytes
    receipt: Receipt | None = None
    site: str = ""  # where `n_missing` batches before this one were lost for ever
    n_missing: int = 0
