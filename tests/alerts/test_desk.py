"""The desk as a whole: pictures and commands in, transitions, incidents and audit out."""

import dataclasses
from typing import Any

import pytest

from alerts.alert import Event, Priority
from alerts.desk import Desk, Watch, desk_from_bytes, desk_to_bytes, evaluate, open_incidents, open_targets
from alerts.incident import Command, IncidentState, Verb
from alerts.picture import Picture, StationClass
from tests.alerts.pictures import NOW, SHIP, desk, fences, incident_settings, pairs, picture, rule_settings, texts

BEACON: dict[str, Any] = {
    "target_id": 5,
    "mmsi": 972123456,
    "station_class": StationClass.BEACON,
    "lat_deg": 51.03,
    "lon_deg": 1.41,
    "n_distress": 1,
}
LANE = fences(("tss-sw", "tss_lane", 226.0))


def beacon(now: float, *, last: float | None = None, n: int = 1) -> Picture:
    return picture({**BEACON, "t_distress_unix_s": now if last is None else last, "n_distress": n}, now_unix_s=now)


def against(now: float, cog_deg: float = 46.0, target_id: int = 7) -> Picture:
    ship = {**SHIP, "target_id": target_id, "cog_deg": cog_deg, "heading_deg": cog_deg}
    return picture(ship, now_unix_s=now, chart=LANE, inside=pairs((0, 0, NOW - 300, 800.0, False)))


def reborn(d: Desk) -> Desk:
    """The desk after a restart."""
    return desk_from_bytes(desk_to_bytes(d), rule_settings(), incident_settings(), d.ledger.incidents.get)


def command(verb: Verb, incident_id: str, text: str = "", **more: Any) -> Command:
    given = {"command_id": f"{verb.value}-{incident_id}-{text}", "t_unix_s": NOW, "who": "watch 1"}
    return Command(**{**given, "verb": verb, "incident_id": incident_id, "text": text, **more})


def tick(d: Desk, p: Picture, *commands: Command) -> Watch:
    return evaluate(d, p, commands, is_exercise=False)


def events(watch: Watch) -> list[Event]:
    return [step.event for step in watch.transitions]


def test_the_first_message_of_a_beacon_is_an_emergency_at_once() -> None:
    watch = tick(desk(), beacon(NOW))
    (step,), (incident,) = watch.transitions, watch.incidents
    assert (step.event, step.priority, step.rule) == (Event.OPENED, Priority.EMERGENCY, "distress_beacon")
    assert step.incident == incident.incident_id == "20251122-001"
    assert incident.state is IncidentState.UNACKNOWLEDGED
    assert "Man overboard beacon 972123456 signals distress" in step.reason
    assert "UTC" in step.reason
    assert "Varne" in step.reason


def test_a_burst_is_one_alert_that_counts_up_at_a_bounded_rate() -> None:
    d = desk()
    steps = [step for s in range(180) for step in tick(d, beacon(NOW + s, n=1 + s)).transitions]
    assert len({step.alert_id for step in steps}) == 1
    assert [step.event for step in steps] == [Event.OPENED, Event.UPDATED, Event.UPDATED]


def test_a_distress_never_ends_by_itself_even_when_the_beacon_is_heard_no_more() -> None:
    d = desk(remind_unacknowledged_after_s=1e9)
    tick(d, beacon(NOW))
    for minutes in range(1, 600, 10):
        assert not tick(d, picture(now_unix_s=NOW + 60 * minutes)).transitions


def test_a_ship_against_the_traffic_is_raised_after_three_minutes_and_clears_three_minutes_after() -> None:
    d = desk()
    opened = [s for s in range(300) if events(tick(d, against(NOW + s)))]
    assert opened == [180]
    ended = [s for s in range(300, 700) if Event.CLEARED in events(tick(d, against(NOW + s, cog_deg=226.0)))]
    assert ended == [295 + 180]  # the rule looks every five seconds


def test_a_yawing_ship_stays_one_alert() -> None:
    d = desk()
    for s in range(200):
        tick(d, against(NOW + s))
    steps = [step for s in range(200, 800) for step in tick(d, against(NOW + s, 46.0 + 80.0 * (s % 2))).transitions]
    assert {step.event for step in steps} <= {Event.UPDATED}


def test_a_break_while_waiting_starts_the_wait_again() -> None:
    d = desk()
    for s in range(170):
        tick(d, against(NOW + s))
    tick(d, against(NOW + 170, cog_deg=226.0))
    opened = [s for s in range(171, 400) if events(tick(d, against(NOW + s)))]
    assert opened == [175 + 180]  # the rule looks every five seconds


def test_a_condition_that_returns_within_a_quarter_of_an_hour_is_the_same_alert() -> None:
    d = desk()
    first = [
        step for s in range(0, 500, 1) for step in tick(d, against(NOW + s, 46.0 if s < 200 else 226.0)).transitions
    ]
    again = [step for s in range(500, 900) for step in tick(d, against(NOW + s)).transitions]
    assert [step.event for step in first] == [Event.OPENED, Event.CLEARED]
    assert again[0].event is Event.UPDATED
    assert again[0].alert_id == first[0].alert_id


def test_acknowledging_silences_and_a_repeat_of_the_same_alert_does_not_ring_again() -> None:
    d = desk()
    incident = tick(d, beacon(NOW)).incidents[0].incident_id
    watch = tick(d, beacon(NOW + 1), command(Verb.ACK, incident))
    assert (watch.incidents[0].state, watch.incidents[0].owner) == (IncidentState.ACKNOWLEDGED, "watch 1")
    later = tick(d, beacon(NOW + 200, n=50))
    assert events(later) == [Event.UPDATED]
    assert later.incidents[0].state is IncidentState.ACKNOWLEDGED


def test_a_command_given_twice_is_done_once() -> None:
    d = desk()
    incident = tick(d, beacon(NOW)).incidents[0].incident_id
    note = command(Verb.NOTE, incident, "helicopter called")
    watch = tick(d, beacon(NOW + 1), note, note)
    assert len(watch.incidents[0].notes) == 1
    assert not tick(d, beacon(NOW + 2), note).incidents


def test_closing_needs_a_reason_and_says_so_in_the_audit() -> None:
    d = desk()
    incident = tick(d, beacon(NOW)).incidents[0].incident_id
    watch = tick(d, beacon(NOW + 1), command(Verb.CLOSE, incident, "  "))
    assert not watch.incidents
    assert [(entry.what, entry.text) for entry in watch.audit] == [
        ("close refused", "closing an incident needs a reason")
    ]


def test_a_distress_that_still_transmits_half_an_hour_after_closing_is_a_new_incident() -> None:
    d = desk()
    first = tick(d, beacon(NOW)).incidents[0].incident_id
    closed = tick(d, beacon(NOW + 10), command(Verb.CLOSE, first, "false alarm, crew on the phone"))
    assert closed.incidents[0].state is IncidentState.CLOSED
    assert events(closed) == [Event.CLEARED]
    assert closed.transitions[0].incident == first
    steps = {s: tick(d, beacon(NOW + s)).incidents for s in range(11, 2000)}
    reopened = {s: changed for s, changed in steps.items() if changed}
    assert min(reopened) == 10 + 1800
    (second,) = reopened[1810]
    assert second.incident_id == "20251122-002"
    assert first in second.notes[0].text


def test_an_unacknowledged_emergency_is_told_again_every_quarter_of_an_hour() -> None:
    d = desk()
    told = []
    for s in range(0, 2000, 10):
        for step in tick(d, beacon(NOW + s, last=NOW)).transitions:
            told.append((s, step.reason.startswith("Nobody has acknowledged incident 1")))
    assert [s for s, is_reminder in told if is_reminder] == [900, 1800]


def test_a_distress_cannot_be_shelved() -> None:
    d = desk()
    incident = tick(d, beacon(NOW)).incidents[0].incident_id
    watch = tick(d, beacon(NOW + 1), command(Verb.SHELVE, incident, duration_s=900.0))
    assert watch.audit[0].what == "shelve refused"


def test_shelving_expires_and_what_still_holds_asks_again() -> None:
    d = desk()
    for s in range(181):
        watch = tick(d, against(NOW + s))
    incident = watch.incidents[0].incident_id
    shelved = tick(d, against(NOW + 181), command(Verb.SHELVE, incident, duration_s=900.0))
    assert shelved.incidents[0].state is IncidentState.SHELVED
    states = {s: w.incidents[0].state for s in range(182, 1200) if (w := tick(d, against(NOW + s))).incidents}
    assert states[181 + 900] is IncidentState.UNACKNOWLEDGED
    assert all(state is IncidentState.SHELVED for s, state in states.items() if s < 1081)


def test_a_distress_takes_a_boat_off_the_shelf() -> None:
    d = desk()
    for s in range(181):
        watch = tick(d, against(NOW + s))
    incident = watch.incidents[0].incident_id
    tick(d, against(NOW + 181), command(Verb.SHELVE, incident, duration_s=900.0))
    cry = dataclasses.replace(against(NOW + 182), texts=texts((0, b"MAYDAY MAYDAY")))
    (changed,) = tick(d, cry).incidents
    assert (changed.incident_id, changed.state, changed.priority) == (
        incident,
        IncidentState.UNACKNOWLEDGED,
        Priority.EMERGENCY,
    )


def test_one_boat_one_incident_whatever_it_does() -> None:
    d = desk()
    for s in range(181):
        tick(d, against(NOW + s))
    cry = dataclasses.replace(against(NOW + 182), texts=texts((0, b"mayday, taking water")))
    (incident,) = tick(d, cry).incidents
    assert {alert.rule for alert in incident.alerts} == {"wrong_way", "distress_beacon"}
    assert incident.title.endswith("distress signal")
    assert "taking water" in incident.reason


def test_when_all_alerts_have_ended_the_incident_waits_for_a_person() -> None:
    d = desk()
    states = []
    for s in range(2000):
        changed = tick(d, against(NOW + s, 46.0 if s < 200 else 226.0)).incidents
        states += [incident.state for incident in changed]
    assert states[-1] is IncidentState.RETURNED
    assert d.ledger.open_by_subject


def test_numbers_start_again_each_day_and_are_never_used_twice() -> None:
    d = desk()
    first = tick(d, beacon(NOW)).incidents[0]
    tick(d, beacon(NOW + 1), command(Verb.CLOSE, first.incident_id, "test"))
    other = picture({**BEACON, "target_id": 6, "t_distress_unix_s": NOW + 2}, now_unix_s=NOW + 2)
    assert tick(d, other).incidents[-1].incident_id == "20251122-002"
    tomorrow = picture({**BEACON, "target_id": 8, "t_distress_unix_s": NOW + 86400}, now_unix_s=NOW + 86400)
    assert "20251123-001" in [i.incident_id for i in tick(d, tomorrow).incidents]


@pytest.mark.parametrize("every", [1, 7, 50])
def test_a_desk_carried_over_restarts_goes_on_as_if_nothing_had_happened(every: int) -> None:
    plain, carried = desk(), desk()
    for s in range(1200):
        p = against(NOW + s, 46.0 if s % 400 < 250 else 226.0)
        said = [command(Verb.ACK, "20251122-001")] if s == 190 else []
        if s % every == 0:
            carried = reborn(carried)
        assert repr(evaluate(plain, p, said, is_exercise=True)) == repr(evaluate(carried, p, said, is_exercise=True))


def test_vessels_with_an_incident_are_named_until_it_is_closed() -> None:
    d = desk()
    incident = tick(d, beacon(NOW)).incidents[0].incident_id
    d = reborn(d)
    assert (open_targets(d), [i.incident_id for i in open_incidents(d)]) == ([5], [incident])
    tick(d, beacon(NOW + 1), command(Verb.CLOSE, incident, "test"))
    assert (open_targets(d), open_incidents(d)) == ([], [])


def test_exercise_is_marked_end_to_end() -> None:
    watch = evaluate(desk(), beacon(NOW), (), is_exercise=True)
    assert watch.transitions[0].is_exercise
    assert watch.incidents[0].is_exercise


def test_every_alert_carries_its_reason_and_the_thresholds_it_was_held_against() -> None:
    d = desk()
    steps = [step for s in range(200) for step in tick(d, against(NOW + s)).transitions]
    evidence = dict(steps[0].evidence)
    assert evidence["min_off_lane_deg"] == 120.0
    assert evidence["off_lane_deg"] == 180.0
    assert evidence["rule_version"] == 1
    assert "goes against the traffic in tss sw" in steps[0].reason


def test_a_picture_without_anything_changes_nothing() -> None:
    watch = tick(desk(), picture())
    assert watch == Watch((), (), ())


@pytest.mark.parametrize("data", [b"", b"\x81", b"not a desk", desk_to_bytes(desk())[:-3]])
def test_a_damaged_desk_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        desk_from_bytes(data, rule_settings(), incident_settings(), lambda _: None)


def test_a_desk_whose_incident_is_lost_is_refused_in_words() -> None:
    d = desk()
    tick(d, beacon(NOW))
    with pytest.raises(ValueError, match="20251122-001"):
        desk_from_bytes(desk_to_bytes(d), rule_settings(), incident_settings(), lambda _: None)
