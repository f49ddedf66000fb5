"""A run: bytes of one recording that were received together."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Run:
    """Whole lines, records or documents of one source, and when the last of them was received."""

    t_unix_s: float
    data: bytes
    setup: bytes = b""  # what in `data` says how to read all that follows, as a capture's header does
