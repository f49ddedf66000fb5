"""Nothing lost, nothing twice, between a gateway's spool and the core's store: the rules, without any I/O.

    gateway                          broker                         core
    spool 5 6 7 8 9   ──7, 8──>   (a pipe that may   ──> Receiver.offer: TAKE 5, then 6 ... ──> stored with the alerts
      acked 4                      lose what it has)                                                   │
      Sender.heard  <───────────────── stored up to 6 ─────────────────────────────────────────────────┘

Each site's feed of a kind is one stream of batches, numbered from 1 for as long as its spool lives; `boot` names that
life. A gateway sends ahead of what is acknowledged by at most a window, and goes back to the oldest batch that is not
(go-back-N) when the connection is new, when the core is another one than before, when the core asks, or when nothing
was acknowledged for too long. The core takes batches in order only. A number that it has is a repeat. A number beyond
the next is a hole: the batch between is on its way again, unless the gateway no longer has it (`oldest`, which every
batch carries), and then it is missing for ever and counted. Acknowledged is what is stored, in one transaction with
the position here; so neither end nor the broker may fail at a moment that loses or doubles a batch
(tests/gateway/test_protocol.py plays all of that).
"""

from dataclasses import dataclass
from enum import Enum

import msgspec


class Ack(msgspec.Struct, frozen=True):
    """On straitwatch/ack/<site>, as JSON: how far the core has stored a stream. Also its hello."""

    core: str  # the life of the core's process
    kind: str
    boot: str
    seq: int
    is_resend: bool = False  # it has seen a hole behind `seq`


@dataclass(frozen=True, slots=True)
class Label:
    """What a batch says of itself."""

    boot: str
    seq: int
    oldest: int  # the first that the spool still had when this one was sent


@dataclass(slots=True)
class Sender:
    """The gateway's end of one stream."""

    boot: str
    oldest: int  # the first in the spool; last + 1 when it is empty
    last: int  # the newest in the spool
    window: int
    sent: int = 0
    core: str = ""

    def __post_init__(self) -> None:
        self.sent = self.oldest - 1

    def appended(self, last: int) -> None:
        """The spool has more."""
        self.last = last

    def dropped(self, oldest: int) -> None:
        """The spool no longer has what came before `oldest`."""
        self.oldest = max(self.oldest, oldest)
        self.sent = max(self.sent, self.oldest - 1)

    def go_back(self) -> None:
        """Send everything that is not acknowledged anew."""
        self.sent = self.oldest - 1

    def heard(self, ack: Ack) -> bool:
        """Take an acknowledgement; whether the spool may let go of what comes before `oldest`."""
        is_other_core = self.core not in ("", ack.core)
        self.core = ack.core
        if ack.boot != self.boot or ack.seq > self.last:
            if is_other_core or ack.is_resend:
                self.go_back()
            return False
        is_news = ack.seq >= self.oldest
        if is_news:
            self.dropped(ack.seq + 1)
        if is_other_core or ack.is_resend:
            self.go_back()
        return is_news

    def due(self, most: int) -> range:
        """The numbers to send now, at most so many."""
        end = min(self.last, self.oldest - 1 + self.window, self.sent + most)
        return range(self.sent + 1, end + 1)

    def label(self, seq: int) -> Label:
        """What goes with a batch that is sent now."""
        self.sent = max(self.sent, seq)
        return Label(self.boot, seq, self.oldest)

    @property
    def is_waiting(self) -> bool:
        """Whether anything was sent that nobody has acknowledged."""
        return self.sent >= self.oldest


class Verdict(Enum):
    """What becomes of a batch that came."""

    TAKE = "take"
    REPEAT = "repeat"
    HOLE = "hole"


@dataclass(slots=True)
class Receiver:
    """The core's end of one stream. A core that has never heard of the site begins with what it still has."""

    boot: str = ""
    seq: int = 0  # of the last batch taken
    n_missing: int = 0  # of the last batch that was taken: how many before it are lost for ever
    asked: int = -1  # the position behind which a hole was told already

    def offer(self, label: Label) -> Verdict:
        """Decide about a batch; TAKE moves on."""
        is_known = self.boot == label.boot
        expected = self.seq + 1 if is_known else 1 if self.boot else label.oldest
        if label.seq < expected:
            return Verdict.REPEAT
        first = max(expected, label.oldest)
        if label.seq > first:
            return Verdict.HOLE
        self.n_missing = first - expected
        self.boot, self.seq = label.boot, label.seq
        return Verdict.TAKE

    def asks(self) -> bool:
        """Whether a hole is to be told now: once, since all that is under way behind it shows it as well."""
        is_first = self.asked != self.seq
        self.asked = self.seq
        return is_first
