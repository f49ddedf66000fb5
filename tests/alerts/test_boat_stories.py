"""Small boats through the desk, from first contact to the end: what is told, when, how often, and what is not."""

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from alerts.alert import Event, Priority, Transition
from alerts.desk import Desk, evaluate, open_incidents, open_targets
from alerts.picture import Fences
from tests.alerts.pictures import BOAT, ECHO, NOW, desk, fences, pairs, picture

STEP_S = 5
CHART = fences(("ne-1", "tss_lane", 40.0))
Scene = Callable[[float], list[dict[str, Any]]]  # seconds -> boats; keys of Vessels and RadarTargets together
NAN = float("nan")


def boat(s: float, n: int = 0, *, seen_s: float | None = None, **more: Any) -> dict[str, Any]:
    """A boat that left the beach at second 0: 4.2 kn to the north-west, seen last at `seen_s`."""
    seen_s = s if seen_s is None else seen_s
    way_nm = 4.2 * seen_s / 3600.0
    first = {"lat_first_deg": 51.02 + 0.1 * n, "lon_first_deg": 2.10}
    place = {"lat_deg": first["lat_first_deg"] + way_nm * 0.5 / 60.0, "lon_deg": 2.10 - way_nm * 0.87 / 37.7}
    times = {"t_first_unix_s": -s, "t_seen_unix_s": seen_s - s, "t_dark_unix_s": -s, "n_updates": int(seen_s / 4)}
    names = {"target_id": 61 + n, "label": f"dover/{41 + n}".encode(), "straightness": 0.9 if way_nm > 0.3 else NAN}
    return {**BOAT, **ECHO, **first, **place, **times, **names, **more}


def told(scene: Scene, seconds: Iterable[float], d: Desk | None = None, chart: Fences = CHART) -> list[Transition]:
    """Run the desk; a boat with key `in_lane` lies in the lane."""
    d = desk() if d is None else d
    steps: list[Transition] = []
    for s in seconds:
        boats = scene(s)
        watched = open_targets(d)
        rows = [{**one, "is_watched": one["target_id"] in watched} for one in boats]
        order = sorted(range(len(rows)), key=lambda i: rows[i]["target_id"])
        inside = pairs(*((k, 0, NOW, 900.0, False) for k, i in enumerate(order) if rows[i].get("in_lane")))
        p = picture(*rows, now_unix_s=NOW + s, chart=chart, inside=inside, echoes=rows)
        steps += evaluate(d, p, (), is_exercise=True).transitions
    return steps


def run(n_s: float, start: float = STEP_S) -> Iterable[float]:
    return np.arange(start, n_s, STEP_S).tolist()


def short(steps: list[Transition]) -> list[tuple[str, str, str]]:
    return [(s.rule, s.event.value, s.priority.name.lower()) for s in steps if s.event is not Event.UPDATED]


def test_a_boat_from_the_beach_is_told_within_three_minutes_and_is_an_alarm_in_the_lane() -> None:
    """X01: amber three minutes after the track can be confirmed, red on entering the lane, one incident."""
    d = desk()
    steps = told(lambda s: [boat(s, in_lane=s > 3600)], run(4000), d)
    assert short(steps) == [("small_boat", "opened", "warning"), ("small_boat", "escalated", "alarm")]
    assert steps[0].t_unix_s - NOW <= 180 + 15
    assert 3600 <= next(s for s in steps if s.event is Event.ESCALATED).t_unix_s - NOW <= 3620
    assert len(open_incidents(d)) == 1
    assert open_incidents(d)[0].title == "Boat without AIS (dover/41): looks like a small boat on a crossing"
    assert len(steps) <= 2 + 4000 / 900


def test_a_gap_of_25_minutes_is_told_at_five_and_ten_and_taken_back() -> None:
    """X02: one incident through every gap; the loss is taken back when the boat is found, with place and span."""
    d = desk()
    seen = lambda s: min(s, 1200.0) if s < 2700 else s  # noqa: E731

    def scene(s: float) -> list[dict[str, Any]]:
        return [boat(s, seen_s=seen(s), t_again_unix_s=2700 - s if s >= 2700 else NAN)]

    steps = told(scene, run(3600), d)
    loss = [s for s in steps if s.rule == "lost_contact" and s.event is not Event.UPDATED]
    assert [(s.event, s.priority) for s in loss] == [
        (Event.OPENED, Priority.WARNING),
        (Event.ESCALATED, Priority.ALARM),
        (Event.RETRACTED, Priority.ALARM),
    ]
    assert [round(s.t_unix_s - NOW) for s in loss] == [1500, 1800, 2700]
    assert "was seen again at" in loss[2].reason
    assert "after 25 min" in loss[2].reason
    assert len(open_incidents(d)) == 1
    assert open_incidents(d)[0].priority is Priority.WARNING, "the loss was none: only the boat is left"


def test_dropouts_of_four_minutes_are_nothing() -> None:
    def scene(s: float) -> list[dict[str, Any]]:
        into = s % 1200.0
        return [boat(s, seen_s=s - into + 960 if into > 960 else s)]

    assert [step[0] for step in short(told(scene, run(6000)))] == ["small_boat"]


def test_a_boat_whose_engine_stops_and_that_then_vanishes_is_still_looked_for() -> None:
    def scene(s: float) -> list[dict[str, Any]]:
        stopped: dict[str, Any] = {"stw_kn": 0.2, "ctw_deg": NAN, "sog_kn": 1.8} if s > 1500 else {}
        return [boat(s, seen_s=min(s, 2400.0), **stopped)]

    steps = short(told(scene, run(3300)))
    assert steps == [
        ("small_boat", "opened", "warning"),
        ("lost_contact", "opened", "warning"),
        ("lost_contact", "escalated", "alarm"),
    ]


def test_the_incident_of_a_boat_that_is_lost_in_the_lane_is_headed_by_the_loss_until_it_is_found() -> None:
    """Both alerts go on side by side: the older, more urgent one and its repeats must not hide what is known now."""
    d = desk()
    found_s = 4800.0

    def scene(s: float) -> list[dict[str, Any]]:
        seen_s = min(s, 1200.0) if s < found_s else s
        return [boat(s, seen_s=seen_s, in_lane=True, t_again_unix_s=found_s - s if s >= found_s else NAN)]

    heads, reminders = {}, []
    for s in run(found_s):
        steps = told(scene, [s], d)
        for incident in open_incidents(d):
            heads[s] = incident.title.split(": ")[1], incident.reason
        reminders += [step.reason for step in steps if s >= 1800 and "Nobody has acknowledged" in step.reason]
    assert heads[1495][0] == "looks like a small boat on a crossing"
    assert {heads[s][0] for s in run(found_s, 1505)} == {"small boat, contact lost"}
    assert all("not been seen by radar" in heads[s][1] for s in run(found_s, 1505))
    assert len(reminders) >= 2
    assert all("not been seen by radar" in reason for reason in reminders)
    told(scene, run(found_s + 60, found_s), d)
    assert open_incidents(d)[0].title.endswith(": looks like a small boat on a crossing")
    assert open_incidents(d)[0].priority is Priority.ALARM


def blind(s: float, n: int, **more: Any) -> dict[str, Any]:
    """A radar that is down from second 1200 to 1920, and sees nothing for half a minute more."""
    is_down = 1200 <= s < 1920
    seen_s = 1200.0 if 1200 <= s < 1950 else s
    well = {"is_radar_healthy": not is_down, "t_radar_unix_s": NAN if is_down else (1920 - s if s >= 1920 else -9e4)}
    return boat(s, n, **{"seen_s": seen_s, **well, **more})


def test_an_outage_of_the_radar_is_one_alert_for_all_boats_and_none_when_it_is_back() -> None:
    """X11: one grouped alert within a minute, no storm of lost contacts, no storm afterwards."""
    d = desk()
    steps = told(lambda s: [blind(s, n) for n in range(5)], run(3000), d)
    assert {s.rule for s in steps} == {"small_boat", "boats_unobserved"}
    outage = [s for s in steps if s.rule == "boats_unobserved" and s.event is not Event.UPDATED]
    assert [(s.event, s.priority) for s in outage] == [
        (Event.OPENED, Priority.WARNING),
        (Event.CLEARED, Priority.WARNING),
    ]
    assert outage[0].t_unix_s - NOW <= 1260
    assert outage[0].reason.startswith("5 tracked small boats are unobserved")
    assert "The 5 boats are seen by radar again" in outage[1].reason
    assert 1950 <= outage[1].t_unix_s - NOW <= 2010
    assert len([s for s in steps if s.rule == "small_boat" and s.event is Event.OPENED]) == 5


def test_after_an_outage_a_boat_that_stays_lost_is_told_by_itself_without_a_silent_minute() -> None:
    scene = lambda s: [blind(s, 0), blind(s, 1, seen_s=min(s, 1200.0))]  # noqa: E731
    steps = told(scene, run(3000))
    ends = [s.t_unix_s for s in steps if s.rule == "boats_unobserved" and s.event is Event.CLEARED]
    lost = [s for s in steps if s.rule == "lost_contact" and s.event is Event.OPENED]
    assert [s.subject.target_id for s in lost] == [62]
    assert round(lost[0].t_unix_s - NOW) == 2220, "five minutes after the radar was back"
    assert ends[0] >= lost[0].t_unix_s


def test_a_boat_lost_before_the_outage_stays_lost_during_it() -> None:
    steps = told(lambda s: [blind(s, 0, seen_s=min(s, 840.0))], run(1800))
    events = [(s.rule, s.event.value) for s in steps if s.rule == "lost_contact" and s.event is not Event.UPDATED]
    assert events == [("lost_contact", "opened")], "not told anew, not taken back, not worse for the radar's fault"


def test_clutter_of_an_hour_is_no_alert() -> None:
    """X16: 40 false tracks an hour, 20 to 120 s long, of random speed and course, kept in the picture after they go."""
    rng = np.random.default_rng(4)
    tracks = [(float(t), *rng.uniform((20, 0, 0), (120, 8, 360))) for t in rng.uniform(0, 3000, 40)]

    def scene(s: float) -> list[dict[str, Any]]:
        found = []
        for i, (begin, life, sog_kn, cog_deg) in enumerate(tracks):
            if begin < s < begin + life + 600:
                age = s - begin
                moves = {"sog_kn": sog_kn, "stw_kn": sog_kn, "cog_deg": cog_deg, "ctw_deg": cog_deg}
                one = boat(age, seen_s=min(age, life), **moves, target_id=100 + i, straightness=NAN)
                found.append(one | {"lat_first_deg": 51.02 + 0.002 * i})
        return found

    assert told(scene, run(3700)) == []


def test_pot_buoys_in_a_stream_are_no_alert() -> None:
    def scene(s: float) -> list[dict[str, Any]]:
        still = {"sog_kn": 0.2, "stw_kn": 3.0, "straightness": NAN, "lat_deg": 51.02, "lon_deg": 2.1}
        return [boat(s, n, **still, lat_first_deg=51.0201, lon_first_deg=2.1001) for n in range(30)]

    assert told(scene, run(1800)) == []
