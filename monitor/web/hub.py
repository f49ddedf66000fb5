"""The newest picture and every incident, kept for the screens.

    pipeline thread ──publish(picture)──┐                          ┌── screen: what changed since its last frame
    writer thread ────publish(alarms)───┴─> Hub ──woken event loop─┼── screen
                                                                   └── /api, /metrics, /healthz

The hub holds states, not messages: each screen asks for what it has not seen. So nothing queues up for a slow screen,
and one that comes back after a cut gets the whole truth at once.
"""

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from alerts.incident import Incident, IncidentState
from alerts.picture import Column, Fences, Receivers
from monitor.covered import Covered
from monitor.details import Details
from monitor.output import Counts, Output
from monitor.radar.details import BoatDetails
from monitor.web import frames
from monitor.web.frames import Shown

KEEP_CLOSED = 200  # closed incidents that the list still shows
STALLED_S = 10.0  # a pipeline that has told nothing for so long is not watching

Trail = tuple[Column, Column, Column]


@dataclass(frozen=True, slots=True)
class Numbered:
    """An incident and when it changed, counted over all incidents."""

    version: int
    incident: Incident


@dataclass(slots=True)
class Hub:
    """`lock` guards the pipeline's tables, which `trail` and `details` read; everything else is replaced whole."""

    trail: Callable[[int], Trail]
    details: Callable[[int], Details | None]
    boat: Callable[[int], BoatDetails | None]
    coverage: Callable[[], list[Covered]]
    lock: threading.Lock = field(default_factory=threading.Lock)
    shown: Shown = field(default_factory=frames.nothing)
    now_unix_s: float = float("nan")
    receivers: Receivers | None = None
    counts: Counts | None = None
    incidents: dict[str, Numbered] = field(default_factory=dict)
    version: int = 0
    is_over: bool = False  # a recording that has been played to its end
    store_fault: str = ""  # why what is raised is not on the disk; "" while it is
    chart: bytes = b""  # the fences in force as GeoJSON, gzipped
    chart_version: str = ""  # tells a screen whether the chart that it shows is the one in force
    chart_fault: str = ""  # why a changed chart was refused; "" while the files are what is in force
    idle_fences: tuple[str, ...] = ()  # ids of those that are out of their hours
    n_screens: int = 0
    t_told_s: float = field(default_factory=time.monotonic)
    _listeners: list[Callable[[], None]] = field(default_factory=list)
    _incident_lock: threading.Lock = field(default_factory=threading.Lock)

    def publish(self, output: Output) -> None:
        """Take a step's output; called from the pipeline's and the writer's thread."""
        self.t_told_s = time.monotonic()
        self.counts = output.counts
        if output.incidents:
            self.keep(output.incidents)
        picture = output.picture
        if picture is not None and picture.now_unix_s != self.now_unix_s:
            self.shown = frames.pack(picture.vessels, picture.radar, picture.now_unix_s)
            self.receivers = picture.receivers
            self.idle_fences = idle(picture.fences)
            self.now_unix_s = picture.now_unix_s
        elif not output.incidents:
            return
        self.wake()

    def keep(self, incidents: Iterable[Incident]) -> None:
        """Take incidents that changed, and forget the oldest closed ones beyond KEEP_CLOSED."""
        with self._incident_lock:
            known = dict(self.incidents)
            for incident in incidents:
                self.version += 1
                known[incident.incident_id] = Numbered(self.version, incident)
            closed = [n for n in known.values() if n.incident.state is IncidentState.CLOSED]
            closed.sort(key=lambda n: n.incident.t_changed_unix_s)
            for numbered in closed[: max(0, len(closed) - KEEP_CLOSED)]:
                del known[numbered.incident.incident_id]
            self.incidents = known

    def take_chart(self, body: bytes, version: str) -> None:
        """Another chart is in force."""
        self.chart, self.chart_version = body, version
        self.wake()

    def tell_chart_fault(self, fault: str) -> None:
        """Why a changed chart is not in force; "" when nothing is wrong with it any more."""
        self.chart_fault = fault
        self.wake()

    def end(self) -> None:
        """The recording is over: the last picture stays and is called so."""
        self.is_over = True
        self.wake()

    def listen(self, listener: Callable[[], None]) -> None:
        """Have `listener` called after each change, from whatever thread made it."""
        self._listeners.append(listener)

    def wake(self) -> None:
        """Tell everybody who listens that something is new."""
        for listener in self._listeners:
            listener()

    @property
    def quiet_s(self) -> float:
        """Seconds since the pipeline told anything."""
        return time.monotonic() - self.t_told_s

    @property
    def is_watching(self) -> bool:
        return self.is_over or self.quiet_s < STALLED_S


def idle(fences: Fences) -> tuple[str, ...]:
    """Ids of the fences that are not in force at this hour."""
    if fences.is_active is None or fences.is_active.all():
        return ()
    return tuple(fences.fence_id[i] for i in (~fences.is_active).nonzero()[0].tolist())
