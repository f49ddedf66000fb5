"""Guardrails of the design, section 9, as far as alerts can break them."""

import dataclasses
import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import alert, incident, lifecycle, picture, rule
from alerts.alert import Priority
from alerts.desk import evaluate
from alerts.incident import Command, IncidentState, Verb
from alerts.lifecycle import Happening
from alerts.picture import ReceiverState, StationClass
from alerts.rules import RULES
from alerts.score import FEATURES
from alerts.store import Store
from tests.alerts.pictures import BOAT, ECHO, NOW, SHIP, desk, fences, pairs, receivers
from tests.alerts.pictures import picture as make_picture
from tests.alerts.test_rules import scene

PERSONAL = ("national", "ethnic", "relig", "person", "passenger", "country", "citizen", "gender", "age_years", "phone")


def columns() -> set[str]:
    """Every name under which alerts hold or send data."""
    tables = [
        cls
        for module in (alert, incident, picture, rule)
        for cls in vars(module).values()
        if dataclasses.is_dataclass(cls)
    ]
    names = {f.name for cls in tables for f in dataclasses.fields(cls)}
    for one in RULES.values():
        names |= {parameter.name for parameter in one.parameters}
    for step in evaluate(desk(), scene(), (), is_exercise=True).transitions:
        names |= {name for name, _ in step.evidence}
    return names


def test_nothing_is_held_or_sent_about_who_is_on_board() -> None:
    assert not [name for name in columns() if any(word in name for word in PERSONAL)]


def test_a_small_boats_score_is_made_of_movement_place_and_time() -> None:
    """Guardrail: features are kinematics, place and time only; nothing of the vessel's identity changes a hit."""
    told = {"mmsi", "name", "callsign", "ship_type", "flags", "nav_status", "beam_m", "draught_m"}
    plain = make_picture(BOAT, echoes=[{**ECHO, "target_id": 61}])
    other = make_picture(
        {**BOAT, "name": b"LA BELLE", "callsign": b"FX123", "ship_type": 37, "flags": 1, "nav_status": 7, "beam_m": 3.0,
         "draught_m": 1.0}, echoes=[{**ECHO, "target_id": 61, "label": b"gris-nez/9"}])  # fmt: skip
    first, second = (
        RULES["small_boat"].detect(p, **{run.rule.name: run.parameters for run in desk().runs}["small_boat"])
        for p in (plain, other)
    )
    assert [value.tolist() for value in first.values] == [value.tolist() for value in second.values]
    assert not told & {name.removesuffix("_log_odds") for name in FEATURES}


@settings(max_examples=200, deadline=None)
@given(
    length_m=st.sampled_from([float("nan"), 0.0, 8.0, 19.9]),
    dark_s=st.floats(0, 1e6),
    tracked_s=st.floats(0, 1e6),
    sog_kn=st.floats(0, 40),
    stw_kn=st.sampled_from([float("nan"), 0.0, 9.0, 30.0]),
    is_in_lane=st.booleans(),
)
def test_a_small_craft_that_is_dark_and_nothing_else_never_alerts(
    length_m: float, dark_s: float, tracked_s: float, sog_kn: float, stw_kn: float, is_in_lane: bool
) -> None:
    """Small craft need not carry AIS (SOLAS V/19)."""
    echo = {
        **ECHO,
        "target_id": 61,
        "t_dark_unix_s": -dark_s,
        "t_first_unix_s": -tracked_s,
        "stw_kn": stw_kn,
        "first_beach_nm": 20.0,
        "landfall_deg": 100.0,
    }
    p = make_picture(
        {**BOAT, "length_m": length_m, "sog_kn": sog_kn},
        echoes=[echo],
        chart=fences(("tss", "tss_lane", 226.0)),
        inside=pairs((0, 0, NOW - 60, 900.0, False)) if is_in_lane else None,
    )
    for run in desk().runs:
        if run.rule.name in ("small_boat", "dark_vessel", "lost_contact", "boats_unobserved"):
            assert not run.rule.detect(p, **run.parameters).is_raising.any(), run.rule.name


def test_time_and_alerts_never_close_or_acknowledge_an_incident() -> None:
    for happening, state, priority in itertools.product(Happening, IncidentState, Priority):
        after = lifecycle.after(state, happening, priority)
        if after is not state:
            assert after not in (IncidentState.CLOSED, IncidentState.ACKNOWLEDGED, IncidentState.SHELVED)


def test_every_happening_has_an_answer_in_every_state_in_which_it_can_occur() -> None:
    working = set(IncidentState) - {IncidentState.CLOSED}
    for happening in (Happening.NEWS, Happening.RETURN, Happening.END):
        assert set(lifecycle.NEXT[happening]) == working


@pytest.mark.parametrize(
    ("sentence", "state", "happening", "priority", "after"),
    [
        ("a new warning asks again", "ACKNOWLEDGED", "NEWS", "WARNING", "UNACKNOWLEDGED"),
        (
            "the end of all alerts leaves an acknowledgement",
            "ACKNOWLEDGED",
            "END",
            "ALARM",
            "ACKNOWLEDGED",
        ),
        ("the end of all alerts nobody has seen is kept in sight", "UNACKNOWLEDGED", "END", "ALARM", "RETURNED"),
        ("a warning stays on the shelf", "SHELVED", "NEWS", "WARNING", "SHELVED"),
        ("a distress does not", "SHELVED", "NEWS", "EMERGENCY", "UNACKNOWLEDGED"),
        ("a repeat leaves an acknowledgement alone", "ACKNOWLEDGED", "RETURN", "EMERGENCY", "ACKNOWLEDGED"),
        ("what returns unseen asks again", "RETURNED", "RETURN", "CAUTION", "UNACKNOWLEDGED"),
        ("a shelf that ends over an open alert asks again", "SHELVED", "EXPIRY", "WARNING", "UNACKNOWLEDGED"),
        ("a shelf that ends over nothing does not", "SHELVED", "QUIET_EXPIRY", "WARNING", "RETURNED"),
        ("nothing happens to a closed incident", "CLOSED", "NEWS", "EMERGENCY", "CLOSED"),
    ],
)
def test_states(sentence: str, state: str, happening: str, priority: str, after: str) -> None:
    found = lifecycle.after(IncidentState[state], Happening[happening], Priority[priority])
    assert found is IncidentState[after], sentence


@settings(max_examples=60, deadline=None)
@given(
    is_degraded=st.booleans(),
    is_healthy=st.booleans(),
    state=st.sampled_from(ReceiverState),
    station_class=st.sampled_from(StationClass),
    ship_type=st.integers(-1, 99),
    length_m=st.sampled_from([float("nan"), 0.0, 3.0, 300.0]),
    has_position=st.booleans(),
    flags=st.integers(0, 127),
    n_twins=st.integers(0, 3),
    jumped=st.booleans(),
)
def test_no_state_of_anything_else_suppresses_a_distress(
    is_degraded: bool,
    is_healthy: bool,
    state: ReceiverState,
    station_class: StationClass,
    ship_type: int,
    length_m: float,
    has_position: bool,
    flags: int,
    n_twins: int,
    jumped: bool,
) -> None:
    row: dict[str, Any] = {
        "target_id": 5,
        "mmsi": 235012345,
        "t_distress_unix_s": NOW,
        "is_degraded": is_degraded,
        "is_receiver_healthy": is_healthy,
        "station_class": station_class,
        "ship_type": ship_type,
        "length_m": length_m,
        "flags": flags,
        "n_twins": n_twins,
    }
    if has_position:
        row |= {"lat_deg": 51.0, "lon_deg": 1.5}
    others = [
        {**SHIP, "target_id": 100 + i, "t_jump_unix_s": NOW, "jump_nm": 30.0, "jump_speed_kn": 900.0,
         "lat_before_jump_deg": 51.0, "lon_before_jump_deg": 1.5} for i in range(6)
    ]  # fmt: skip
    if jumped:
        row |= {key: others[0][key] for key in ("t_jump_unix_s", "jump_nm", "jump_speed_kn", "lat_before_jump_deg",
                                                "lon_before_jump_deg")}  # fmt: skip
    p = make_picture(row, *others, heard_by=receivers({"source": "tcp", "is_source": True, "state": state}))
    watch = evaluate(desk(), p, (), is_exercise=False)
    assert [s.priority for s in watch.transitions if s.rule == "distress_beacon"] == [Priority.EMERGENCY]


def test_a_thousand_distresses_in_one_tick_are_a_thousand_incidents() -> None:
    rows = [{"target_id": i, "mmsi": 970000000 + i, "t_distress_unix_s": NOW} for i in range(1000)]
    watch = evaluate(desk(), make_picture(*rows), (), is_exercise=False)
    assert len(watch.transitions) == len(watch.incidents) == 1000
    assert watch.incidents[-1].incident_id == "20251122-999"
    assert {i.number for i in watch.incidents} == set(range(1, 1001))


def test_incidents_are_ranked_by_danger_and_time_alone(tmp_path: Any) -> None:
    """The same boats under other names, numbers, lengths and types come in the same order."""

    def order(folder: str, **changes: Any) -> list[int]:
        store = Store(tmp_path / folder)
        d = desk()
        for s in range(3):
            rows = [{**SHIP, "target_id": 10 + i, "flags": 1, **changes} for i in range(s + 1)]
            if s > 0:
                rows[0] |= {"t_distress_unix_s": NOW + s}
            watch = evaluate(d, make_picture(*rows, now_unix_s=NOW + s), (), is_exercise=True)
            store.commit(watch.transitions, watch.incidents, watch.audit, desk=b"", t_unix_s=NOW + s)
        return [one.subject.target_id for one in store.incidents(with_closed=False)]

    plain = order("a")
    assert plain == [10, 12, 11]
    assert order("b", name=b"LA BELLE", mmsi=5, length_m=7.0, ship_type=37) == plain


def test_every_transition_has_a_reason_and_evidence() -> None:
    d = desk()
    chart = fences(("tss", "tss_lane", 226.0))
    told = list(evaluate(d, scene(), (), is_exercise=True).transitions)
    for s in range(0, 1200, 5):
        row = {**SHIP, "sog_kn": 0.1 if s < 700 else 9.0}
        p = make_picture(row, now_unix_s=NOW + s, chart=chart, inside=pairs((0, 0, NOW - 5, 900.0, False)))
        told += evaluate(d, p, (), is_exercise=True).transitions
    assert len(told) > 8
    for step in told:
        assert step.reason.endswith(".")
        assert step.evidence
        assert step.is_exercise


def test_only_people_end_a_distress_and_their_reason_is_on_record() -> None:
    d = desk()
    row = {"target_id": 5, "mmsi": 970123456, "t_distress_unix_s": NOW}
    evaluate(d, make_picture(row), (), is_exercise=False)
    ack = Command("1", NOW, "anna", Verb.ACK, "20251122-001")
    evaluate(d, make_picture(row), [ack], is_exercise=False)
    for hours in range(1, 48):
        watch = evaluate(d, make_picture(now_unix_s=NOW + 3600.0 * hours), (), is_exercise=False)
        assert all(one.state is IncidentState.ACKNOWLEDGED for one in watch.incidents)
    close = Command("2", NOW, "anna", Verb.CLOSE, "20251122-001", "boat and crew back in Boulogne")
    watch = evaluate(d, make_picture(now_unix_s=NOW + 3600.0 * 48), [close], is_exercise=False)
    assert watch.incidents[0].state is IncidentState.CLOSED
    assert any(entry.who == "anna" and "Boulogne" in entry.text for entry in watch.audit)
