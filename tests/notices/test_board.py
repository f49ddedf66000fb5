"""Who is told when: each line a story of one incident."""

import dataclasses
import math
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from alerts.alert import Priority, Subject, SubjectKind
from alerts.incident import Incident
from alerts.notices.board import Told
from alerts.notices.notice import Notice, Step
from alerts.notices.rota import read
from alerts.notices.routes import Level
from alerts.store import Store
from tests.notices.incidents import NOW, A, C, R, S, U, board, incident, moment, route, steps

UPDATE = {"reason": "It goes on.", "lat_deg": 51.06}


def test_an_incident_is_told_once_whatever_changes_about_it() -> None:
    on = board()
    assert steps(moment(on, NOW, incident())) == [("opened", "phone")]
    for i in range(1, 200):
        assert not moment(on, NOW + i, incident(**UPDATE)).notices


def test_below_the_route_nobody_is_told_until_it_rises() -> None:
    on = board()
    assert not moment(on, NOW, incident(priority=Priority.WARNING))
    assert steps(moment(on, NOW + 60, incident(priority=Priority.ALARM))) == [("opened", "phone")]
    told = moment(on, NOW + 70, incident(priority=Priority.EMERGENCY))
    assert steps(told) == [("raised", "phone")]
    assert "was alarm, is now emergency" in told.notices[0].text


def test_nobody_acknowledges_then_the_next_level_then_all_again_up_to_the_limit() -> None:
    on, one = board(), incident()
    moment(on, NOW, one)
    found = []
    for t in range(1, 4000):
        found += [(t, *step) for step in steps(moment(on, NOW + t, standing=(one,)))]
    assert found == [
        (300, "unacknowledged", "email"),
        *((t, "repeated", channel) for t in (900, 1500) for channel in ("phone", "email")),
    ]


def test_a_distress_is_told_again_until_somebody_acknowledges_it() -> None:
    on, one = board(), incident(priority=Priority.EMERGENCY)
    moment(on, NOW, one)
    n = sum(len(moment(on, NOW + t, standing=(one,)).notices) for t in range(60, 86_400, 60))
    assert n > 2 * 86_400 // 600 - 4
    acknowledged = dataclasses.replace(one, state=A)
    moment(on, NOW + 86_400, acknowledged)
    assert not any(moment(on, NOW + 86_400 + t, standing=(acknowledged,)).notices for t in range(60, 86_400, 60))


@pytest.mark.parametrize("state", [A, S])
def test_acknowledged_and_shelved_is_not_escalated(state: object) -> None:
    on, one = board(), incident()
    moment(on, NOW, one)
    quiet = dataclasses.replace(one, state=state)  # type: ignore[arg-type]
    moment(on, NOW + 299, quiet)
    assert not any(moment(on, NOW + t, standing=(quiet,)).notices for t in range(300, 4000))


def test_what_asks_again_after_an_acknowledgement_waits_anew_from_the_first_level() -> None:
    on, one = board(), incident()
    moment(on, NOW, one)
    moment(on, NOW + 10, dataclasses.replace(one, state=A))
    moment(on, NOW + 1000, one)
    found = [(t, *s) for t in range(1001, 1301) for s in steps(moment(on, NOW + t, standing=(one,)))]
    assert found == [(1300, "unacknowledged", "email")]


def test_a_rise_on_an_acknowledged_incident_is_told_at_once() -> None:
    on, one = board(), incident()
    moment(on, NOW, one)
    moment(on, NOW + 10, dataclasses.replace(one, state=A))
    assert steps(moment(on, NOW + 20, incident(priority=Priority.EMERGENCY))) == [("raised", "phone")]


def test_what_was_retracted_and_rises_again_is_told_again() -> None:
    on = board()
    moment(on, NOW, incident())
    assert not moment(on, NOW + 10, incident(priority=Priority.CAUTION)).notices
    assert steps(moment(on, NOW + 20, incident())) == [("raised", "phone")]


def test_closing_is_told_to_those_who_were_told() -> None:
    on, one = board(), incident()
    moment(on, NOW, one)
    moment(on, NOW + 300, standing=(one,))
    told = moment(on, NOW + 400, dataclasses.replace(one, state=C))
    assert steps(told) == [("closed", "phone"), ("closed", "email")]
    assert list(told.courses.values()) == [None]
    quiet = board(route(tells_closed=False))
    moment(quiet, NOW, one)
    assert not moment(quiet, NOW + 1, dataclasses.replace(one, state=C)).notices
    assert not moment(board(), NOW, dataclasses.replace(one, state=C)).notices


def test_an_alarm_that_ended_by_itself_unseen_is_still_escalated_a_warning_is_not() -> None:
    for priority, expected in ((Priority.ALARM, 1), (Priority.WARNING, 0)):
        on, one = board(route(min_priority="warning")), incident(priority=priority)
        moment(on, NOW, one)
        over = dataclasses.replace(one, state=R)
        moment(on, NOW + 60, over)
        assert len(moment(on, NOW + 300, standing=(over,)).notices) == expected


def test_routes_by_rule_and_area() -> None:
    on = board(route(rules=["lost_contact"]))
    assert not moment(on, NOW, incident()).notices
    there = board(route(areas=["tss"]))
    assert not moment(there, NOW, incident()).notices
    assert moment(there, NOW + 1, incident(), areas=frozenset({"tss"})).notices
    lost = incident(lat_deg=math.nan, lon_deg=math.nan)
    assert moment(board(route(areas=["tss"])), NOW, lost).notices, "it may be anywhere"
    ill = dataclasses.replace(lost, subject=Subject(SubjectKind.SOURCE, 1))
    assert not moment(board(route(areas=["tss"])), NOW, ill).notices


def test_a_boat_that_leaves_the_area_stays_with_the_route_that_told_it() -> None:
    on, one = board(route(areas=["tss"])), incident()
    moment(on, NOW, one, areas=frozenset({"tss"}))
    assert steps(moment(on, NOW + 300, standing=(one,))) == [("unacknowledged", "email")]


def test_at_the_change_of_hours_the_next_watch_is_told_what_nobody_has_acknowledged() -> None:
    day = route(name="day", hours="08:00-10:00", time_zone="UTC", levels=[Level(["phone"], "")])
    night = route(name="night", hours="10:00-08:00", time_zone="UTC", levels=[Level(["email"], "")])
    on, one = board(day, night), incident()
    assert steps(moment(on, NOW, one)) == [("opened", "phone")]
    found = [(t, s) for t in range(1, 1000) for s in steps(moment(on, NOW + t, standing=(one,)))]
    assert [t for t, s in found if s == ("opened", "email")] == [800], "at ten o'clock"
    assert ("opened", "phone") not in [s for _, s in found]


def test_a_distress_that_is_nobodys_is_everybodys() -> None:
    on = board(route(name="a", areas=["x"]), route(name="b", hours="20:00-21:00", levels=[Level(["email"], "")]))
    assert not moment(on, NOW, incident()).notices
    distress = incident(number=15, priority=Priority.EMERGENCY)
    assert steps(moment(on, NOW + 1, distress)) == [("opened", "phone"), ("opened", "email")]


def test_two_routes_to_the_same_person_tell_once() -> None:
    on = board(route(name="a"), route(name="b"))
    assert steps(moment(on, NOW, incident())) == [("opened", "phone")]


def test_a_closed_channel_gets_nothing() -> None:
    assert not moment(board(channels=("email",)), NOW, incident()).notices


def test_a_new_route_tells_nothing_older_than_itself_but_a_distress() -> None:
    on = board()
    on.known_routes.clear()
    old, distress = incident(), incident(number=15, priority=Priority.EMERGENCY)
    told = moment(on, NOW, standing=(old, distress))
    assert [notice.incident.number for notice in told.notices] == [15]
    assert told.new_routes == ("watch",)
    assert not any(
        notice.incident.number == 14
        for t in range(60, 4000, 60)
        for notice in moment(on, NOW + t, standing=(old, distress)).notices
    )
    assert [n.incident.number for n in moment(on, NOW + 4000, incident(priority=Priority.EMERGENCY)).notices] == [14]


ROTA = read(
    """
people = [{ name = "Jo Marsh", addresses = { phone = "+44 1", email = "jo@example.org" } },
          { name = "Al Reid", addresses = { email = "al@example.org" } }]
duties = [{ duty = "officer", who = "Jo Marsh", from = 2026-11-25T09:00:00Z, to = 2026-11-25T10:00:00Z },
          { duty = "officer", who = "Al Reid", from = 2026-11-25T10:00:00Z, to = 2026-11-25T11:00:00Z }]
"""
)


def test_who_is_on_call_is_told_by_name_and_a_hole_in_the_rota_reaches_the_channels_own() -> None:
    on = board(route(levels=[Level(["phone", "email"], "officer")]))
    first = moment(on, NOW, incident(), rota=ROTA)
    assert [(n.to.who, n.to.address) for n in first.notices] == [("Jo Marsh", "+44 1"), ("Jo Marsh", "jo@example.org")]
    later = moment(on, NOW + 1800, incident(number=15), rota=ROTA)
    assert [(n.to.channel, n.to.who) for n in later.notices] == [("phone", ""), ("email", "Al Reid")]
    assert "the rota has nobody as officer" in later.notices[0].text
    again = moment(on, NOW + 300, standing=(incident(),), rota=ROTA)
    assert "Told so far: Jo Marsh (phone), Jo Marsh (email)." in again.notices[0].text


class Nights(RuleBasedStateMachine):
    """Any order of changes, acknowledgements, time and restarts, beside a plain account of what must be told.

    A restart either finds the last moment stored or not; then the moment happens again, as the pipeline repeats it.
    """

    @initialize(folder=st.just(None))
    def begin(self, folder: None) -> None:
        import tempfile

        self.folder = tempfile.TemporaryDirectory()
        self.store = Store(Path(self.folder.name) / "store.sqlite")
        self.routes = (route(max_repeats=1),)
        self.board = self.store.board(self.routes, ["phone", "email"])
        self.now = NOW
        self.incidents: dict[int, Incident] = {}
        self.all: dict[str, Notice] = {}
        self.waits: dict[int, float] = {}  # since when somebody should have acknowledged it
        self.happen([])

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.folder.cleanup()

    def happen(self, changed: list[Incident], *, is_killed: bool = False) -> None:
        def once() -> Told:
            return moment(self.board, self.now, *changed, standing=tuple(self.incidents.values()))

        told = once()
        if is_killed:  # before the commit: nothing of it was sent
            self.restart()
            told = once()
        if told or changed:
            self.store.commit((), changed, (), desk=b"", t_unix_s=self.now, told=told)
        for notice in told.notices:
            assert notice.notice_id not in self.all, "told twice"
            self.all[notice.notice_id] = notice

    def change(self, number: int, is_killed: bool, **changes: object) -> None:
        self.now += 1.0
        before = self.incidents[number]
        after = self.incidents[number] = dataclasses.replace(before, t_changed_unix_s=self.now, **changes)  # type: ignore[arg-type]
        self.happen([after], is_killed=is_killed)
        if after.state is C:
            del self.incidents[number]
        elif after.state in (U, R) and (before.state not in (U, R) or after.priority > before.priority):
            self.waits[number] = self.now
        elif after.state in (A, S):
            self.waits.pop(number, None)

    @rule(priority=st.sampled_from(Priority), is_killed=st.booleans())
    @precondition(lambda self: len(self.incidents) < 6)
    def open(self, priority: Priority, is_killed: bool) -> None:
        self.now += 1.0
        number = len(self.waits) + len(self.all) + 1
        while number in self.incidents or any(n.incident.number == number for n in self.all.values()):
            number += 1
        one = incident(number, priority, t_opened_unix_s=self.now)
        self.incidents[number] = one
        self.waits[number] = self.now
        self.happen([one], is_killed=is_killed)

    @rule(data=st.data(), priority=st.sampled_from(Priority), is_killed=st.booleans())
    @precondition(lambda self: self.incidents)
    def rise(self, data: st.DataObject, priority: Priority, is_killed: bool) -> None:
        number = data.draw(st.sampled_from(sorted(self.incidents)))
        before = self.incidents[number]
        if priority > before.priority:
            self.change(number, is_killed, priority=priority, state=S if before.state is S else U)

    @rule(data=st.data(), state=st.sampled_from([U, A, S, R, C]), is_killed=st.booleans())
    @precondition(lambda self: self.incidents)
    def move(self, data: st.DataObject, state: object, is_killed: bool) -> None:
        self.change(data.draw(st.sampled_from(sorted(self.incidents))), is_killed, state=state)

    @rule(data=st.data())
    @precondition(lambda self: self.incidents)
    def update(self, data: st.DataObject) -> None:
        n = len(self.all)
        number = data.draw(st.sampled_from(sorted(self.incidents)))
        due = any(c.t_next_unix_s <= self.now + 1.0 for c in self.board.courses.values())
        self.change(number, False, reason=f"news at {self.now}")
        assert due or len(self.all) == n, "an update is no notice"

    @rule(n=st.integers(1, 12), step_s=st.sampled_from([1.0, 30.0, 299.0]), is_killed=st.booleans())
    def wait(self, n: int, step_s: float, is_killed: bool) -> None:
        for _ in range(n):
            self.now += step_s
            self.happen([], is_killed=is_killed)

    @rule()
    def restart(self) -> None:
        self.board = self.store.board(self.routes, ["phone", "email"])

    @invariant()
    def every_alarm_that_nobody_has_acknowledged_was_told(self) -> None:
        for number, one in self.incidents.items() if hasattr(self, "incidents") else ():
            if one.priority < Priority.ALARM or one.state not in (U, R):
                continue
            told = [n for n in self.all.values() if n.incident.number == number]
            assert told, f"{one} was never told"
            assert max(n.priority for n in told) >= one.priority
            since = self.waits[number]
            if self.now - since >= 600.0 + 299.0:
                calls = [n for n in told if n.step in (Step.UNACKNOWLEDGED, Step.REPEATED) and n.t_unix_s >= since]
                assert calls, "nobody was called"

    @invariant()
    def each_step_is_told_once(self) -> None:
        opened = [n.incident.number for n in getattr(self, "all", {}).values() if n.step is Step.OPENED]
        assert len(opened) == len(set(opened))


TestNights = Nights.TestCase
TestNights.settings = settings(max_examples=40, stateful_step_count=40, deadline=None)
