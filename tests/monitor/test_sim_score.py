"""Alerts against truth: which boat, in time, how often, how sure; with alerts made up for the purpose."""

import json
import math
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest

from alerts.alert import Event, Priority, Subject, SubjectKind, Transition
from monitor.cli.score import plain
from monitor.sim import story
from monitor.sim.demands import Expected, Forbidden, OneBoat
from monitor.sim.judge import Told, boat_of, faults, told_of
from monitor.sim.night import night
from monitor.sim.score import Run, run_of, score_of, wilson
from monitor.sim.sightings import BoatTruth, boats_of
from monitor.sim.story import Boat, Fade, Outage

T0 = story.load("quiet-hour").start_unix_s
MINUTE_NM = 1.0 / 60.0  # degrees of latitude in a mile


def boat(name: str, lat_deg: float, *, confirmable_s: float = 600.0, detectable_s: float = 3000.0) -> BoatTruth:
    """Goes north at 6 knots from a latitude, on 1.5 east."""
    t_s = np.arange(0.0, 3601.0, 10.0)
    return BoatTruth(
        name, t_s + T0, lat_deg + t_s / 600.0 * MINUTE_NM, np.full(len(t_s), 1.5), t_s >= 3600.0 - detectable_s,
        T0 + confirmable_s,
    )  # fmt: skip


def step(t_s: float, lat_deg: float, **changes: Any) -> Transition:
    usual: dict[str, Any] = {
        "alert_id": f"small_boat-{t_s}",
        "rule": "small_boat",
        "event": Event.OPENED,
        "priority": Priority.WARNING,
        "subject": Subject(SubjectKind.TARGET, 1, 1, -1),
        "lon_deg": 1.5,
        "reason": "dover hears nothing",
        "evidence": (),
        "incident": "001",
    }
    return Transition(t_unix_s=T0 + t_s, lat_deg=lat_deg, **(usual | changes))


def told(*steps: Transition, boats: tuple[BoatTruth, ...]) -> list[Told]:
    return told_of(steps, boats)


def of(**changes: Any) -> story.Story:
    boats = [Boat(name=name, points=[(50.9, 1.5), (51.1, 1.5)]) for name in ("one", "two")]
    return msgspec.structs.replace(story.load("quiet-hour"), **({"must_not": [], "boats": boats} | changes))


AT_ONE = 50.90 + 2 * MINUTE_NM  # where the first of them is after twenty minutes
SHIP = Subject(SubjectKind.TARGET, 1, 1, 232000001)
TWO = (boat("one", 50.90), boat("two", 51.00))


# ---- which boat ----


@pytest.mark.parametrize(
    ("says", "alert", "whose"),
    [
        ("it lies on the boat", step(1200.0, 50.90 + 2 * MINUTE_NM), "one"),
        ("it is where the boat was 9 minutes ago", step(1200.0, 50.90 + 1.1 * MINUTE_NM), "one"),
        ("it is more than a mile off", step(1200.0, 50.90 + 0.9 * MINUTE_NM), ""),
        ("the nearer of two", step(1200.0, 51.00 + 2 * MINUTE_NM), "two"),
        (
            "a ship with AIS is no boat",
            step(1200.0, 50.90 + 2 * MINUTE_NM, subject=Subject(SubjectKind.TARGET, 1, 1, 232000001)),
            "",
        ),
        ("an area is no boat", step(1200.0, AT_ONE, subject=Subject(SubjectKind.AREA, 1)), ""),
        ("it is nowhere", step(1200.0, math.nan), ""),
    ],
)
def test_an_alert_is_about_the_boat_that_is_near_it_then(says: str, alert: Transition, whose: str) -> None:
    assert boat_of(alert, TWO, 1.0) == whose, says


# ---- demands ----

OPENED = step(1200.0, AT_ONE)
RISEN = step(1500.0, AT_ONE, alert_id=OPENED.alert_id, event=Event.ESCALATED, priority=Priority.ALARM)
TAKEN_BACK = step(1500.0, AT_ONE, alert_id=OPENED.alert_id, event=Event.RETRACTED)
OTHER = step(1800.0, 51.5, alert_id="other")


@pytest.mark.parametrize(
    ("says", "demand", "steps", "is_met"),
    [
        ("it came", Expected(rule="small_boat", boat="one"), [OPENED], True),
        ("it was about another", Expected(rule="small_boat", boat="two"), [OPENED], False),
        ("it came too late", Expected(rule="small_boat", boat="one", within_s=1100.0), [OPENED], False),
        ("it came too early", Expected(rule="small_boat", boat="one", after_s=1300.0), [OPENED], False),
        (
            "soon after it could be confirmed",
            Expected(rule="small_boat", boat="one", within_confirmable_s=600.0),
            [OPENED],
            True,
        ),
        ("not so soon", Expected(rule="small_boat", boat="one", within_confirmable_s=599.0), [OPENED], False),
        ("it opened less urgent", Expected(rule="small_boat", priority="alarm"), [OPENED, RISEN], False),
        ("it rose", Expected(rule="small_boat", at_least="alarm"), [OPENED, RISEN], True),
        ("it rose too late", Expected(rule="small_boat", at_least="alarm", within_s=1400.0), [OPENED, RISEN], False),
        ("it never rose", Expected(rule="small_boat", at_least="alarm"), [OPENED], False),
        ("what was taken back does not count", Expected(rule="small_boat"), [OPENED, TAKEN_BACK], False),
        ("unless it may be", Expected(rule="small_boat", may_be_retracted=True), [OPENED, TAKEN_BACK], True),
        ("its receiver is named", Expected(rule="small_boat", station="dover"), [OPENED], True),
        ("another receiver is", Expected(rule="small_boat", station="dunkirk"), [OPENED], False),
    ],
)
def test_what_must_be_told(says: str, demand: Expected, steps: list[Transition], is_met: bool) -> None:
    found = faults(of(must_alert=[demand]), told(*steps, boats=TWO), TWO)
    assert (found == []) is is_met, says


@pytest.mark.parametrize(
    ("says", "demand", "steps", "is_kept"),
    [
        ("it did not come", Forbidden(rule="lost_contact"), [OPENED], True),
        ("it came", Forbidden(rule="small_boat"), [OPENED], False),
        ("any rule", Forbidden(), [OPENED], False),
        ("none is that urgent", Forbidden(at_least="alarm"), [OPENED], True),
        ("one rose to it", Forbidden(at_least="alarm"), [OPENED, RISEN], False),
        ("it is about a real boat", Forbidden(rule="small_boat", is_false=True), [OPENED], True),
        ("it is about nothing", Forbidden(rule="small_boat", is_false=True), [OPENED, OTHER], False),
        ("one an hour is borne", Forbidden(rule="small_boat", per_h=1.0), [OPENED], True),
        ("two are not", Forbidden(rule="small_boat", per_h=1.0), [OPENED, OTHER], False),
        ("it was taken back", Forbidden(rule="small_boat"), [OPENED, TAKEN_BACK], True),
    ],
)
def test_what_must_not_be_told(says: str, demand: Forbidden, steps: list[Transition], is_kept: bool) -> None:
    found = faults(of(must_not=[demand]), told(*steps, boats=TWO), TWO)
    assert (found == []) is is_kept, says


def test_a_boat_on_two_incidents_is_a_fault() -> None:
    again = step(2400.0, 50.90 + 4 * MINUTE_NM, alert_id="again", incident="002")
    one = faults(of(one_incident=[OneBoat()]), told(OPENED, again, boats=TWO), TWO)
    assert [words.split(":")[1].strip() for words in one] == ["one"]
    assert faults(of(one_incident=[OneBoat(at_most=2)]), told(OPENED, again, boats=TWO), TWO) == []


def test_a_demand_about_a_boat_that_is_not_there_is_refused(tmp_path: Path) -> None:
    text = (story.STORIES / "x02-dropouts.toml").read_text()
    path = tmp_path / "bad.toml"
    path.write_text(text.replace('one_incident = [{ boat = "sangatte" }]', 'one_incident = [{ boat = "nobody" }]'))
    with pytest.raises(ValueError, match="nobody, which is no boat"):
        story.load(str(path))


# ---- figures ----


@pytest.mark.parametrize(
    ("n_hits", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (30, 30, 0.8865, 1.0),
    ],
)
def test_wilsons_interval_is_the_published_one(n_hits: int, n: int, low: float, high: float) -> None:
    """Newcombe, Statistics in Medicine 17 (1998), table I, method 3; the last is domain 4.1's 0 misses in 30."""
    interval = wilson(n_hits, n)
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


def test_nothing_counted_is_no_share() -> None:
    assert math.isnan(wilson(0, 0).share)


def test_a_run_counts_found_boats_time_and_false_alerts() -> None:
    short = boat("brief", 51.2, detectable_s=300.0)
    boats = (*TWO, short)
    truth = night(of(), 1)
    ship = step(100.0, 51.0, alert_id="ship", subject=Subject(SubjectKind.TARGET, 2, 2, 232000009), rule="wrong_way")
    run = run_of("s", 1, truth, told(OPENED, RISEN, OTHER, ship, boats=boats), boats)
    assert (run.n_detectable, run.n_alerted) == (2, 1)
    assert run.to_alert_s == (600.0,)
    assert run.n_false == (0, 2, 0, 0)
    assert run.n_incidents == (1,)


def test_an_alert_before_a_boat_could_be_confirmed_took_no_time() -> None:
    early = told(step(300.0, 50.90 + 0.5 * MINUTE_NM), boats=TWO)
    assert run_of("s", 1, night(of(), 1), early, TWO).to_alert_s == (0.0,)


def test_a_score_takes_the_runs_of_a_story_together() -> None:
    runs = [
        Run("s", 1, 2.0, 2, 2, (60.0, 120.0), (0, 1, 0, 0), (1, 2), ()),
        Run("s", 2, 2.0, 2, 1, (240.0,), (0, 0, 1, 0), (1,), ("must alert: x",)),
    ]
    score = score_of(runs)
    assert (score.recall.share, score.recall.n) == (0.75, 4)
    assert score.to_alert_p50_s == 120.0
    assert score.to_alert_p95_s == pytest.approx(228.0)
    assert score.false_per_h == {"caution": 0.0, "warning": 0.25, "alarm": 0.25, "emergency": 0.0}
    assert score.incidents_per_boat == pytest.approx(4 / 3)
    assert score.passed.share == 0.5
    assert score.faults == ((2, "must alert: x"),)
    empty = score_of([Run("s", 1, 1.0, 0, 0, (), (0, 0, 0, 0), (), ())])
    assert json.loads(json.dumps(plain(empty), allow_nan=False))["recall"]["share"] is None


# ---- truth ----


def test_a_boat_can_be_confirmed_when_a_radar_saw_it_three_times_of_five() -> None:
    told_ = story.load("x11-all-lost")
    boats = [Boat(name="first", points=[(50.90, 1.66), (51.11, 1.33)], at_s=600.0, rcs_m2=20.0)]
    fade = Fade(who=["first"], at_s=[600.0], for_s=300.0, loss_db=200.0)
    outage = Outage(receivers=["cap-gris-nez", "dover-cliffs"], at_s=1200.0, for_s=300.0)
    told_ = msgspec.structs.replace(
        told_, fleet=[], boats=boats, events=[fade, outage], must_alert=[], one_incident=[], duration_s=1800.0
    )
    (truth,) = boats_of(night(told_, 1))
    at_s = truth.confirmable_unix_s - told_.start_unix_s
    assert 900.0 < at_s < 930.0
    detectable = truth.t_unix_s[truth.is_detectable] - told_.start_unix_s
    assert detectable.min() >= 890.0
    assert not np.any((detectable > 1210.0) & (detectable < 1490.0))
    assert truth.detectable_s == pytest.approx(600.0, abs=40.0)
    assert math.isnan(truth.at(told_.start_unix_s)[0])
