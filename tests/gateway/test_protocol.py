"""The protocol between spool and store under every order of failures that hypothesis finds."""

from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from monitor.gateway.protocol import Ack, Label, Receiver, Sender, Verdict

BOOT = "life"
WINDOW = 4


@dataclass
class Core:
    """What the core's process holds in memory, and what its store holds."""

    name: str
    receiver: Receiver
    taken: list[int] = field(default_factory=list)  # not stored yet
    n_missing: int = 0  # not stored yet


class Night(RuleBasedStateMachine):
    """A gateway, a broker that is a pipe, a core, and everything that can happen to them."""

    def __init__(self) -> None:
        super().__init__()
        self.spool: list[int] = []
        self.last = 0
        self.dropped: set[int] = set()
        self.sender = Sender(BOOT, 1, 0, WINDOW)
        self.pipe: list[Label] = []  # in the broker or on the way
        self.acks: list[Ack] = []
        self.stored: list[int] = []
        self.position = ("", 0)
        self.n_missing = 0
        self.n_cores = 0
        self.start_core()

    def start_core(self) -> None:
        self.n_cores += 1
        self.core = Core(f"core {self.n_cores}", Receiver(*self.position))
        self.hello()

    def hello(self, *, is_resend: bool = False) -> None:
        boot, taken = self.core.receiver.boot, self.core.receiver.seq
        seq = self.position[1] if self.position[0] == boot else 0
        self.acks.append(Ack(self.core.name, "nmea", boot, seq, taken, is_resend))

    # what happens

    @rule()
    def a_sentence_comes(self) -> None:
        self.last += 1
        self.spool.append(self.last)
        self.sender.appended(self.last)

    @precondition(lambda self: self.spool)
    @rule()
    def the_spool_is_too_full(self) -> None:
        self.dropped.add(self.spool.pop(0))
        self.sender.dropped(self.spool[0] if self.spool else self.last + 1)

    @rule(most=st.integers(1, 3))
    def the_gateway_sends(self, most: int) -> None:
        for seq in self.sender.due(most):
            assert seq in self.spool, "sends what it no longer has"
            self.pipe.append(self.sender.label(seq))
        assert self.sender.sent - self.sender.taken <= WINDOW

    @precondition(lambda self: self.pipe)
    @rule()
    def the_core_receives(self) -> None:
        label = self.pipe.pop(0)
        verdict = self.core.receiver.offer(label)
        if verdict is Verdict.TAKE:
            self.core.taken.append(label.seq)
            self.core.n_missing += self.core.receiver.n_missing
        elif verdict is Verdict.REPEAT:
            self.hello()
        else:
            self.hello(is_resend=self.core.receiver.asks())

    @rule()
    def the_core_tells_what_it_has_taken(self) -> None:
        self.hello()

    @rule()
    def the_core_stores(self) -> None:
        self.stored += self.core.taken
        self.n_missing += self.core.n_missing
        self.core.taken, self.core.n_missing = [], 0
        self.position = (self.core.receiver.boot, self.core.receiver.seq)
        self.hello()

    @precondition(lambda self: self.acks)
    @rule()
    def the_gateway_hears(self) -> None:
        if self.sender.heard(self.acks.pop(0)):
            self.spool = [seq for seq in self.spool if seq >= self.sender.oldest]

    @rule()
    def nothing_is_heard_for_long(self) -> None:
        self.sender.overdue()

    # what fails

    @rule(n_kept=st.integers(0, 3))
    def the_broker_is_killed(self, n_kept: int) -> None:
        """It had saved some of it, or none; both ends connect anew."""
        self.pipe, self.acks = self.pipe[:n_kept], []
        self.sender.go_back()
        self.hello()

    @precondition(lambda self: self.pipe)
    @rule(place=st.integers(0, 5))
    def the_broker_has_no_room(self, place: int) -> None:
        """It drops one message and says nothing to anybody."""
        self.pipe.pop(place % len(self.pipe))

    @rule(n_kept=st.integers(0, 3))
    def the_gateway_is_killed(self, n_kept: int) -> None:
        self.pipe, self.acks = self.pipe[:n_kept], []
        self.sender = Sender(BOOT, self.spool[0] if self.spool else self.last + 1, self.last, WINDOW)

    @rule(is_session_kept=st.booleans())
    def the_core_is_killed(self, is_session_kept: bool) -> None:
        """What it had not stored comes again from the broker, or the broker has dropped it as well."""
        again = [Label(BOOT, seq, 1) for seq in self.core.taken] if is_session_kept else []
        self.pipe = again + self.pipe if is_session_kept else []
        self.start_core()

    # what must hold

    @invariant()
    def nothing_is_stored_twice_or_out_of_order(self) -> None:
        assert self.stored == sorted(set(self.stored))

    @invariant()
    def what_is_missing_is_counted(self) -> None:
        # a core begins with what the gateway still has: what was dropped before they met is no loss of this one
        first = self.stored[0] if self.stored else 1
        known = [seq for seq in range(first, self.position[1] + 1) if seq not in set(self.stored)]
        assert self.n_missing == len(known)
        assert set(known) <= self.dropped

    @invariant()
    def what_is_not_stored_is_in_the_spool_or_was_dropped_there(self) -> None:
        lost = set(range(self.sender.oldest, self.last + 1)) - set(self.spool)
        assert not lost

    def teardown(self) -> None:
        """Left alone, everything that the spool has reaches the store."""
        for _ in range(4 * (len(self.spool) + len(self.pipe) + len(self.acks) + 10)):
            self.the_gateway_sends(most=3)
            while self.pipe:
                self.the_core_receives()
            if self.core.taken:
                self.the_core_stores()  # with nothing new to store it says nothing by itself
            while self.acks:
                self.the_gateway_hears()
            if not self.spool:
                break
            if self.sender.is_waiting:
                self.nothing_is_heard_for_long()
        assert not self.spool
        self.nothing_is_stored_twice_or_out_of_order()
        self.what_is_missing_is_counted()


TestNight = Night.TestCase
TestNight.settings = settings(max_examples=150, stateful_step_count=60, deadline=None)


@pytest.mark.parametrize(
    ("known", "label", "verdict", "n_missing"),
    [
        (Receiver("", 0), Label("b", 7, 7), Verdict.TAKE, 0),  # a site never heard of begins with what it has
        (Receiver("", 0), Label("b", 8, 7), Verdict.HOLE, 0),
        (Receiver("b", 7), Label("b", 8, 5), Verdict.TAKE, 0),
        (Receiver("b", 7), Label("b", 7, 5), Verdict.REPEAT, 0),
        (Receiver("b", 7), Label("b", 9, 8), Verdict.HOLE, 0),  # 8 is in the spool still
        (Receiver("b", 7), Label("b", 12, 12), Verdict.TAKE, 4),  # 8 to 11 are gone
        (Receiver("b", 7), Label("b", 13, 12), Verdict.HOLE, 0),
        (Receiver("b", 7), Label("c", 1, 1), Verdict.TAKE, 0),  # a new spool
        (Receiver("b", 7), Label("c", 3, 3), Verdict.TAKE, 2),  # whose first two are gone already
    ],
)
def test_offer(known: Receiver, label: Label, verdict: Verdict, n_missing: int) -> None:
    assert known.offer(label) is verdict
    assert known.n_missing == n_missing
    assert (known.boot, known.seq) == (label.boot, label.seq) or verdict is not Verdict.TAKE


def test_a_hole_is_told_once() -> None:
    receiver = Receiver("b", 7)
    assert receiver.asks()
    assert not receiver.asks()
    receiver.offer(Label("b", 8, 8))
    assert receiver.asks()


def sent_by(sender: Sender) -> list[int]:
    seqs = sender.due(100)
    for seq in seqs:
        sender.label(seq)
    return seqs


def test_an_acknowledgement_of_another_life_lets_nothing_go() -> None:
    sender = Sender(BOOT, 5, 9, WINDOW)
    assert not sender.heard(Ack("core", "nmea", "an older life", 8, 8))
    assert not sender.heard(Ack("core", "nmea", BOOT, 99, 99))
    assert sender.oldest == 5
    assert sender.heard(Ack("core", "nmea", BOOT, 6, 6))
    assert sent_by(sender) == [7, 8, 9]


def test_what_is_taken_moves_the_window_and_what_is_stored_leaves_the_spool() -> None:
    sender = Sender(BOOT, 1, 20, WINDOW)
    assert sent_by(sender) == [1, 2, 3, 4]
    assert not sender.heard(Ack("core", "nmea", BOOT, 0, 3))
    assert sent_by(sender) == [5, 6, 7]
    assert sender.oldest == 1
    assert sender.heard(Ack("core", "nmea", BOOT, 2, 3))
    assert sender.oldest == 3
    sender.go_back()
    assert sent_by(sender) == [4, 5, 6, 7]


def test_another_core_gets_everything_from_the_oldest_on() -> None:
    sender = Sender(BOOT, 5, 9, 100)
    sender.heard(Ack("core 1", "nmea", BOOT, 4, 4))
    assert sent_by(sender) == [5, 6, 7, 8, 9]
    sender.heard(Ack("core 1", "nmea", BOOT, 5, 9))
    assert sent_by(sender) == []
    sender.heard(Ack("core 2", "nmea", BOOT, 5, 5))
    assert sent_by(sender) == [6, 7, 8, 9]


def test_a_long_silence_sends_one_question_never_the_whole_spool() -> None:
    sender = Sender(BOOT, 1, 5000, WINDOW)
    sent_by(sender)
    sender.heard(Ack("core", "nmea", BOOT, 0, 4000))  # its disk is full: it takes and cannot store
    assert sent_by(sender) == [4001, 4002, 4003, 4004]
    for _ in range(3):
        sender.overdue()
        assert sent_by(sender) == [1]
        assert sent_by(sender) == []
    sender.heard(Ack("core", "nmea", BOOT, 0, 4001))
    assert sent_by(sender) == [4002, 4003, 4004, 4005]


def test_a_core_that_asks_gets_it_at_once() -> None:
    sender = Sender(BOOT, 1, 4, WINDOW)
    sent_by(sender)
    sender.heard(Ack("core", "nmea", BOOT, 0, 2, is_resend=True))
    assert sent_by(sender) == [3, 4]
