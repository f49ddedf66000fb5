"""Nothing lost, nothing twice, between a gateway's spool and the core's store: the rules, without any I/O.

    gateway                          broker                         core
    spool 5 6 7 8 9   ──7, 8──>   (a pipe that may   ──> Receiver.offer: TAKE 5, then 6 ... ──> stored with the alerts
      acked 4                      lose what it has)                                                   │
      Sender.heard  <───────────────── stored up to 6 ─────────────────────────────────────────────────┘

Each site's feed of a kind is one stream of batches, numbered from 1 for as long as its spool lives; `boot` names that
life. A gateway sends ahead of what the core has taken by at most a window. It goes back to what the core has not taken
when the connection is new, when the core asks, or when it speaks again after a long silence, in which it is asked with
one batch now and then; and to the oldest batch of the spool when the core is another one than before. The core takes
batches in order only. A number that it has is a repeat. A number beyond the next is a hole: the batch between is on its
way again, unless the gateway no longer has it (`oldest`, which every batch carries), and then it is missing for ever
and counted.

Two numbers come back: `taken` moves the window, so a core whose disk is full goes on watching; `seq` is what is stored,
together with the position here, and only that leaves the spool. So neither end nor the broker can fail at a moment that
loses or doubles a batch (tests/gateway/test_protocol.py plays all of that). Stored means: the alerts of it, and the
picture of the vessels with it (monitor/keeper.py).
"""

from dataclasses import dataclass
from enum import Enum

import msgspec


class Ack(msgspec.Struct, frozen=True):
    """On straitwatch/ack/<site>, as JSON: how far the core has come with a stream. Also its hello."""

    core: str  # the life of the core's process
    kind: str
    boot: str
    seq: int  # stored up to this one
    taken: int  # and taken up to this one
    is_resend: bool = False  # it has seen a hole behind `taken`


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
    taken: int = 0  # by this core
    core: str = ""
    is_probing: bool = False  # one batch is to be sent, to hear anything at all
    is_overdue: bool = False  # until something is heard

    def __post_init__(self) -> None:
        self.sent = self.taken = self.oldest - 1

    def appended(self, last: int) -> None:
        """The spool has more."""
        self.last = last

    def dropped(self, oldest: int) -> None:
        """The spool no longer has what came before `oldest`."""
        self.oldest = max(self.oldest, oldest)
        self.taken = max(self.taken, self.oldest - 1)
        self.sent = max(self.sent, self.taken)
        self.is_probing &= self.is_waiting

    def go_back(self) -> None:
        """Send anew what the core has not taken, as far as is known."""
        self.sent = self.taken

    def overdue(self) -> None:
        """Nothing was heard for too long: ask with one batch; a core that is down for hours costs no more than that."""
        self.is_probing = self.is_overdue = self.is_waiting

    def heard(self, ack: Ack) -> bool:
        """Take an acknowledgement; whether the spool may let go of what comes before `oldest`."""
        if self.core not in ("", ack.core):  # what the one before had taken and not stored is gone with it
            self.sent = self.taken = self.oldest - 1
        self.core = ack.core
        is_news = False
        if ack.boot == self.boot and ack.seq <= ack.taken <= self.last:
            is_news = ack.seq >= self.oldest
            if is_news:
                self.dropped(ack.seq + 1)
            self.taken = max(self.taken, ack.taken)
            self.sent = max(self.sent, self.taken)
        if ack.is_resend or self.is_overdue:
            self.go_back()
        self.is_overdue = False
        return is_news

    def due(self, most: int) -> list[int]:
        """The numbers to send now, in order, at most so many."""
        if self.is_probing:
            return [self.oldest]
        end = min(self.last, self.taken + self.window, self.sent + most)
        return list(range(self.sent + 1, end + 1))

    def label(self, seq: int) -> Label:
        """What goes with a batch that is sent now."""
        self.sent = max(self.sent, seq)
        self.is_probing = False
        return Label(self.boot, seq, self.oldest)

    @property
    def is_waiting(self) -> bool:
        """Whether anything was sent that is not known to be stored."""
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
