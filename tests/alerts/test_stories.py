"""Short nights: what must be told, and what must not, over time (scenarios X09 to X18 of the domain)."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from alerts.alert import Event, Priority, Transition
from alerts.desk import Desk, evaluate
from alerts.incident import Command, IncidentState, Verb
from alerts.picture import Picture, ReceiverState, StationClass
from tests.alerts.pictures import NOW, SHIP, desk, fence_events, fences, pairs, picture, receivers

NAN = float("nan")
FEED: dict[str, Any] = {"source": "tcp", "is_source": True}


def play(d: Desk, scene: Callable[[int], Picture], seconds: range, orders: dict[int, Command] | None = None
         ) -> list[Transition]:  # fmt: skip
    """Every tick of a stretch of time."""
    told = []
    for s in seconds:
        commands = [orders[s]] if orders and s in orders else []
        told += evaluate(d, scene(s), commands, is_exercise=True).transitions
    return told


def story(told: list[Transition]) -> list[tuple[int, str, str]]:
    return [(round(step.t_unix_s - NOW), step.rule, step.event.value) for step in told]


def ship(s: int, heard: float, *, n_fixes: int = 300, **more: Any) -> dict[str, Any]:
    """A ship heard last at second `heard` of the story."""
    return {**SHIP, "t_heard_unix_s": NOW + heard, "t_unix_s": NOW + heard, "t_first_unix_s": NOW - 7200,
            "n_fixes": n_fixes, **more}  # fmt: skip


# --- X09: a beacon test, then the real thing


def test_a_beacon_that_tests_and_an_hour_later_is_active_is_one_incident() -> None:
    def scene(s: int) -> Picture:
        row: dict[str, Any] = {"target_id": 5, "mmsi": 972123456, "station_class": StationClass.BEACON}
        if s < 60:
            row |= {"t_distress_test_unix_s": NOW + s}
        if s >= 3600:
            row |= {"t_distress_unix_s": NOW + s, "lat_deg": 51.0, "lon_deg": 1.5}
        return picture(*([row] if s < 60 or s >= 3600 else []), now_unix_s=NOW + s)

    d = desk()
    told = play(d, scene, range(3605))
    assert story(told) == [
        (0, "distress_beacon", "opened"),
        (60, "distress_beacon", "cleared"),
        (3600, "distress_beacon", "opened"),
    ]
    assert [step.priority for step in told] == [Priority.CAUTION, Priority.CAUTION, Priority.EMERGENCY]
    assert len({step.incident for step in told}) == 1


# --- X10: a ship stops sending


def test_a_ship_that_falls_silent_is_told_after_ten_minutes_and_cleared_when_heard_again() -> None:
    told = play(desk(), lambda s: picture(ship(s, min(s, 0) if s < 900 else s), now_unix_s=NOW + s), range(960))
    assert story(told) == [(600, "ais_gap", "opened"), (900, "ais_gap", "cleared")]
    assert "60 reports were due" in told[0].reason


def test_a_ship_that_falls_silent_and_leaves_the_picture_keeps_its_alert() -> None:
    d = desk()
    told = play(d, lambda s: picture(*([ship(s, 0)] if s < 2000 else []), now_unix_s=NOW + s), range(0, 9000, 20))
    assert {step.event for step in told} == {Event.OPENED, Event.UPDATED}
    assert len(d.books["ais_gap"]) == 1


def test_a_ship_that_leaves_range_slowly_is_not_told() -> None:
    def scene(s: int) -> Picture:
        return picture(ship(s, 0, p_reception=0.3), now_unix_s=NOW + s)

    assert not play(desk(), scene, range(0, 3600, 5))


def test_reports_that_come_late_take_the_alert_back() -> None:
    def scene(s: int) -> Picture:
        heard = 0 if s < 640 else 590 if s < 660 else s - 2
        return picture(ship(s, heard, n_fixes=300 + (s >= 640)), now_unix_s=NOW + s)

    d = desk()
    told = play(d, scene, range(800))
    assert story(told) == [(600, "ais_gap", "opened"), (640, "ais_gap", "retracted")]
    assert "came late" in told[1].reason
    (incident,) = d.ledger.incidents.values()
    assert (incident.priority, incident.state) == (Priority.CAUTION, IncidentState.RETURNED)
    assert incident.alerts[0].is_retracted


def test_a_flood_of_late_reports_in_one_tick_takes_the_alert_back() -> None:
    def scene(s: int) -> Picture:
        return picture(ship(s, 0 if s < 700 else s, n_fixes=300 if s < 700 else 365), now_unix_s=NOW + s)

    assert story(play(desk(), scene, range(720)))[-1] == (700, "ais_gap", "retracted")


# --- X11: the feed is cut


def outage(s: int, *, n_ships: int = 40, n_stations: int = 40) -> Picture:
    """Cut from 0 to 720 s, recognised after 30 s; ships take up to three minutes to be heard again."""
    is_out = 30 <= s < 720
    state = {
        "state": ReceiverState.DOWN if is_out else ReceiverState.UP,
        "t_state_unix_s": NOW + 30 if is_out else NOW - 7200 if s < 30 else NOW + 720,
        "t_heard_unix_s": NOW if s < 720 else NOW + s,
    }
    rows = [{**FEED, **state}, *({"source": "tcp", "station": f"s{i}", **state} for i in range(n_stations))]
    ships = []
    for i in range(n_ships):
        back = 720 + 4 * i
        heard = min(s, 0) if s < back else s
        row = {"target_id": i + 1, "mmsi": 235000000 + i, "receiver": 1 + i % n_stations}
        ships.append(ship(s, heard, **row, is_receiver_healthy=not is_out))
    return picture(*ships, now_unix_s=NOW + s, heard_by=receivers(*rows))


def test_an_outage_of_a_feed_with_forty_stations_is_one_alert_and_no_gap() -> None:
    d = desk()
    told = play(d, outage, range(-60, 1300))
    assert story(told) == [(30, "receiver_health", "opened"), (775, "receiver_health", "cleared")]
    assert "Feed tcp is silent" in told[0].reason
    assert len(d.ledger.incidents) == 1


def test_a_gap_that_opened_before_the_outage_was_recognised_is_taken_back() -> None:
    """Silent for a little less than ten minutes when the feed is cut: the outage made up the rest."""

    def scene(s: int) -> Picture:
        is_out = s >= 30
        state = {"state": ReceiverState.DOWN if is_out else ReceiverState.UP, "t_heard_unix_s": NOW,
                 "t_state_unix_s": NOW + 30 if is_out else NOW - 7200}  # fmt: skip
        row = ship(s, -590, is_receiver_healthy=not is_out)
        return picture(row, now_unix_s=NOW + s, heard_by=receivers({**FEED, **state}))

    told = play(desk(["ais_gap"]), scene, range(120))
    assert story(told) == [(10, "ais_gap", "opened"), (30, "ais_gap", "retracted")]
    assert "receiver tcp" in told[1].reason


def test_a_gap_that_was_certain_before_the_outage_stays() -> None:
    def scene(s: int) -> Picture:
        is_out = s >= 900
        state = {"state": ReceiverState.DOWN if is_out else ReceiverState.UP, "t_heard_unix_s": NOW + min(s, 870),
                 "t_state_unix_s": NOW + 900 if is_out else NOW - 7200}  # fmt: skip
        row = ship(s, 0, is_receiver_healthy=not is_out)
        return picture(row, now_unix_s=NOW + s, heard_by=receivers({**FEED, **state}))

    told = play(desk(["ais_gap"]), scene, range(1400))
    assert story(told) == [(600, "ais_gap", "opened"), (1200, "ais_gap", "updated")]


def test_a_distress_speaks_through_an_outage() -> None:
    beacon = {"target_id": 5, "mmsi": 970123456, "station_class": StationClass.BEACON, "t_distress_unix_s": NOW + 100,
              "is_receiver_healthy": False, "is_degraded": True}  # fmt: skip
    p = picture(beacon, now_unix_s=NOW + 100, heard_by=receivers({**FEED, "state": ReceiverState.DOWN}))
    assert evaluate(desk(), p, (), is_exercise=False).transitions[0].priority is Priority.EMERGENCY


# --- X17: satellite positions disturbed


def jam(s: int, n: int = 45, each_s: float = 2.0) -> Picture:
    """Ships jump 30 nm away, one after the other, from second 0 on, for 25 minutes."""
    ships = []
    for i in range(n):
        row = ship(s, s, target_id=i + 1, mmsi=235000000 + i, lat_deg=51.0, lon_deg=1.0 + 0.003 * i)
        t_jump = each_s * i
        if t_jump <= s:
            row |= {"t_jump_unix_s": NOW + t_jump, "jump_nm": 30.0, "jump_speed_kn": 5400.0, "is_degraded": True,
                    "lat_before_jump_deg": 51.0, "lon_before_jump_deg": 1.0 + 0.003 * i, "lat_deg": 51.5}  # fmt: skip
        ships.append(row)
    return picture(*ships, now_unix_s=NOW + s)


def test_many_ships_that_jump_together_are_one_alert_for_the_area() -> None:
    told = play(desk(), jam, range(900))
    assert {step.rule for step in told} == {"gnss_interference"}
    assert [step.event for step in told if step.event is not Event.UPDATED] == [Event.OPENED, Event.CLEARED]
    assert len({step.alert_id for step in told}) == 1


def test_slow_jumps_are_told_one_by_one_until_the_area_is_recognised_and_then_taken_back() -> None:
    d = desk()
    told = play(d, lambda s: jam(s, 6, each_s=70.0), range(500))
    opened = [step for step in told if (step.rule, step.event) == ("ais_integrity", Event.OPENED)]
    taken_back = [step for step in told if (step.rule, step.event) == ("ais_integrity", Event.RETRACTED)]
    assert len(opened) == len(taken_back) == 4
    assert {step.t_unix_s for step in taken_back} == {NOW + 280}
    area = next(step for step in told if step.rule == "gnss_interference")
    assert all(area.alert_id in step.reason for step in taken_back)


def test_the_area_keeps_its_alert_when_its_first_ship_is_forgotten() -> None:
    def scene(s: int) -> Picture:
        p = jam(0, 40)
        jumped = NOW + 30.0 * np.arange(40)
        v = p.vessels
        now = NOW + s
        seen = jumped <= now
        v.t_jump_unix_s[:] = np.where(seen, jumped, np.nan)
        v.lat_before_jump_deg[:], v.lon_before_jump_deg[:] = 51.0, 1.0 + 0.002 * np.arange(40)
        v.jump_nm[:], v.jump_speed_kn[:] = 30.0, 5400.0
        return picture(now_unix_s=now).__class__(now, v, p.fences, p.pairs, p.events, p.texts, p.receivers)

    told = play(desk(["gnss_interference"]), scene, range(0, 1700, 5))
    assert len({step.alert_id for step in told}) == 1
    assert told[-1].event is Event.UPDATED


# --- X18: one MMSI, two ships


def test_two_ships_with_one_mmsi_are_one_caution() -> None:
    twins = [{**SHIP, "target_id": 7, "n_twins": 1}, {**SHIP, "target_id": 8, "n_twins": 1, "lat_deg": 50.5}]
    told = evaluate(desk(), picture(*twins), (), is_exercise=True).transitions
    assert [(step.rule, step.priority) for step in told] == [("ais_integrity", Priority.CAUTION)]
    assert "used by 2 vessels at once" in told[0].reason


# --- D13, D3 over time


def test_a_fence_that_was_jumped_over_is_told_and_ends_by_itself() -> None:
    chart = fences(("wreck", "exclusion_zone", NAN))

    def scene(s: int) -> Picture:
        events = fence_events((0, 0, 2, NOW + 4.5)) if s == 5 else None
        return picture(ship(s, s), now_unix_s=NOW + s, chart=chart, events=events)

    assert story(play(desk(), scene, range(200))) == [(5, "fence_entry", "opened"), (65, "fence_entry", "cleared")]


def test_a_ship_that_stops_in_a_lane_for_nine_minutes_is_not_told_and_after_ten_it_is() -> None:
    lane = fences(("tss-sw", "tss_lane", 226.0))

    def scene(s: int) -> Picture:
        is_stopped = s % 1200 < (540 if s < 1200 else 660)
        row = ship(s, s, sog_kn=0.2 if is_stopped else 9.0)
        return picture(row, now_unix_s=NOW + s, chart=lane, inside=pairs((0, 0, NOW - 60, 900.0, False)))

    told = play(desk(), scene, range(2300))
    assert story(told) == [(1800, "lane_stopped", "opened"), (2035, "lane_stopped", "cleared")]


def test_a_wrong_way_ship_that_is_heard_no_more_is_not_said_to_be_well() -> None:
    lane = fences(("tss-sw", "tss_lane", 226.0))

    def scene(s: int) -> Picture:
        row = ship(s, min(s, 300), cog_deg=46.0, heading_deg=46.0)
        return picture(row, now_unix_s=NOW + s, chart=lane, inside=pairs((0, 0, NOW - 60, 900.0, False)))

    told = play(desk(["wrong_way"]), scene, range(1000))
    assert story(told) == [(180, "wrong_way", "opened"), (660, "wrong_way", "cleared")]
    assert "is heard no more, last at 08:31:40 UTC; what it did then is not known" in told[1].reason


# --- the operator's side


def test_a_closed_incident_stays_closed_while_the_condition_goes_on_and_a_new_episode_is_a_new_incident() -> None:
    lane = fences(("tss-sw", "tss_lane", 226.0))

    def scene(s: int) -> Picture:
        row = ship(s, s, sog_kn=0.2 if s < 3000 or s > 5000 else 9.0)
        return picture(row, now_unix_s=NOW + s, chart=lane, inside=pairs((0, 0, NOW - 60, 900.0, False)))

    close = Command("c1", NOW, "watch 1", Verb.CLOSE, "20251122-001", "under tow, tug is there")
    told = play(desk(), scene, range(6000), {700: close})
    assert story(told) == [
        (600, "lane_stopped", "opened"),
        (700, "lane_stopped", "cleared"),
        (5605, "lane_stopped", "opened"),
    ]
    assert [step.incident for step in told] == ["20251122-001", "20251122-001", "20251122-002"]
    assert "Incident closed by watch 1: under tow" in told[1].reason


def test_a_note_on_a_closed_incident_leaves_the_boats_new_one_alone() -> None:
    row = {"target_id": 5, "mmsi": 970123456, "station_class": StationClass.BEACON}

    def scene(s: int) -> Picture:
        return picture({**row, "t_distress_unix_s": NOW + s}, now_unix_s=NOW + s)

    orders = {
        5: Command("c1", NOW, "watch 1", Verb.CLOSE, "20251122-001", "false alarm"),
        1900: Command("c2", NOW, "watch 1", Verb.NOTE, "20251122-001", "skipper confirms"),
    }
    d = desk()
    told = play(d, scene, range(1905), orders)
    assert [event for _, _, event in story(told) if event != "updated"] == ["opened", "cleared", "opened"]
    assert d.ledger.incidents["20251122-002"].state is IncidentState.UNACKNOWLEDGED
    assert d.ledger.incidents["20251122-001"].notes[-1].text == "skipper confirms"


def test_a_warning_that_nobody_reads_becomes_an_alarm_where_the_configuration_says_so() -> None:
    lane = fences(("tss-sw", "tss_lane", 226.0))

    def scene(s: int) -> Picture:
        row = ship(s, s, sog_kn=0.2)
        return picture(row, now_unix_s=NOW + s, chart=lane, inside=pairs((0, 0, NOW - 60, 900.0, False)))

    told = play(desk(warning_becomes_alarm_after_s=120.0), scene, range(800))
    assert [(s, event) for s, _, event in story(told)] == [(600, "opened"), (720, "escalated")]
    assert told[1].priority is Priority.ALARM
    assert told[1].reason.startswith("Nobody has acknowledged incident 1")
    assert not play(desk(), scene, range(601, 1100))[1:]


def test_an_acknowledged_distress_on_which_nothing_happens_for_an_hour_is_told_again() -> None:
    row = {"target_id": 5, "mmsi": 970123456, "station_class": StationClass.BEACON, "t_distress_unix_s": NOW}
    ack = Command("c1", NOW, "watch 1", Verb.ACK, "20251122-001")
    told = play(desk(), lambda s: picture(row, now_unix_s=NOW + s), range(0, 9000, 10), {10: ack})
    assert [(s, event) for s, _, event in story(told)] == [(0, "opened"), (3610, "updated"), (7210, "updated")]
    assert "watch 1 has it" in told[1].reason


def test_closed_incidents_are_put_away_after_a_day_and_nothing_else_is() -> None:
    d = desk(remind_unacknowledged_after_s=1e9)
    rows = [{"target_id": i, "mmsi": 970123450 + i, "station_class": StationClass.BEACON, "t_distress_unix_s": NOW}
            for i in (1, 2)]  # fmt: skip
    close = Command("c1", NOW, "watch 1", Verb.CLOSE, "20251122-001", "found well")
    play(d, lambda s: picture(*rows, now_unix_s=NOW + s), range(0, 100_000, 100), {100: close})
    assert list(d.ledger.incidents) == ["20251122-002"]


@pytest.mark.parametrize("step_s", [1, 3])
def test_alert_ids_are_the_same_in_a_replay(step_s: int) -> None:
    first = play(desk(), lambda s: jam(s, 6, each_s=70.0), range(0, 500, step_s))
    second = play(desk(), lambda s: jam(s, 6, each_s=70.0), range(0, 500, step_s))
    assert repr(first) == repr(second)
