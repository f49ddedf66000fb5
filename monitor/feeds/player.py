"""The player: recordings and the simulator at a chosen speed, in step with a virtual clock.

    event time now = start + (wall - wall at start) x speed

The pipeline pulls: `take(now)` hands over every chunk that was received up to now and nothing later. So the ticks
that follow see the same rows at any speed, and a replay at speed 60 raises the alerts of a replay at full speed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from monitor.feeds.chunk import Chunk


@dataclass(slots=True)
class Player:
    """Chunks in order of time, handed out as the virtual clock reaches them."""

    chunks: Iterator[Chunk]
    ahead: Chunk | None = None
    is_over: bool = False
    t_first_unix_s: float = field(default=float("nan"))
    t_last_unix_s: float = field(default=float("nan"))  # of the chunk handed out last

    def open(self) -> float:
        """Read up to the first chunk: the event time at which the play begins; NaN when there is nothing."""
        self._advance()
        if self.ahead is not None:
            self.t_first_unix_s = self.ahead.t_unix_s
        return self.t_first_unix_s

    def _advance(self) -> None:
        self.ahead = next(self.chunks, None)
        self.is_over = self.ahead is None

    def take(self, now_unix_s: float) -> list[Chunk]:
        """All chunks received up to now, in order."""
        taken = []
        while self.ahead is not None and not self.ahead.t_unix_s > now_unix_s:
            taken.append(self.ahead)
            self.t_last_unix_s = self.ahead.t_unix_s
            self._advance()
        return taken


@dataclass(frozen=True, slots=True)
class PlayClock:
    """Maps wall time to event time."""

    wall_start_s: float
    t_start_unix_s: float
    speed: float

    def now(self, wall_s: float) -> float:
        """Event time at this moment of wall time."""
        return self.t_start_unix_s + (wall_s - self.wall_start_s) * self.speed
