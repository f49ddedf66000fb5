"""The picture on its way to the disk, and with it how far the gateways' batches are safe.

    pipeline thread          writer thread                   keeper's thread
    tell ──desk, alarms──>   commit ...
         ──picture───────>   commits before it are done ──>  snapshot.write ──> gateways may let go of their batches

A picture is written after everything that was raised until its tick: a batch that a picture on the disk knows can lose
nothing any more, neither an alert nor where a vessel was. So a gateway keeps what came after the last picture, and a
monitor that was killed takes it again from there: whoever entered a fence in the seconds before it died has entered it.
A full disk costs a warning and no tick; the gateways keep more meanwhile.
"""

import math
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from alerts.alert import Event
from decoders.table import Column
from monitor import snapshot
from monitor.config import StoreSettings
from monitor.feeds.chunk import Receipt
from monitor.output import Output
from monitor.service import Worker

LOG = structlog.get_logger("run")
SOON_S = 10.0  # so soon after the last one a new alert has a picture kept: with the boat that it is about


@dataclass(frozen=True, slots=True)
class Kept:
    """A picture that waits for the disk, and the newest batch of each numbered stream that it contains."""

    arrays: dict[str, Column]
    receipts: tuple[Receipt, ...]


@dataclass(slots=True)
class Keeper:
    """Says when a picture is due, and writes it in a thread of its own."""

    settings: StoreSettings
    _t_kept_unix_s: float = -math.inf
    _has_news: bool = False
    _fault: str = ""
    _worker: Worker = field(init=False)

    def __post_init__(self) -> None:
        self._worker = Worker("picture", self.write, 1)

    def is_due(self, output: Output, now_unix_s: float) -> bool:
        """Pipeline's thread, after each step: whether its picture is to be kept now; then it counts as kept.

        now_unix_s : the tick until which time has come; where nothing is heard few of them run
        """
        self._has_news |= any(step.event is Event.OPENED and step.incident for step in output.transitions)
        age_s = now_unix_s - self._t_kept_unix_s
        is_due = age_s >= self.settings.picture_every_s or (self._has_news and age_s >= SOON_S)
        if is_due:
            self._t_kept_unix_s, self._has_news = now_unix_s, False
        return is_due

    def offer(self, kept: Kept) -> None:
        """Writer's thread: all that was raised until then is in the store. While one is written others are left out."""
        self._worker.offer(kept)

    def write(self, kept: object) -> None:
        """Put it in place, then let the gateways know."""
        assert isinstance(kept, Kept)
        try:
            snapshot.write(Path(self.settings.picture_file), kept.arrays)
        except OSError as error:
            self._note(str(error))
            return
        self._note("")
        for receipt in kept.receipts:
            receipt.stored(receipt)

    def _note(self, fault: str) -> None:
        if fault != self._fault:
            self._fault = fault
            LOG.warning("picture", fault=fault or "kept again", file=self.settings.picture_file)

    def stop(self) -> None:
        """What waits is written."""
        self._worker.stop()
