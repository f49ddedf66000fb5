"""Truth tables: each row is a sentence about what a rule must or must not take for a hit."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from alerts.alert import Hits, Priority
from alerts.desk import rule_runs
from alerts.hits import mix
from alerts.picture import Picture, ReceiverState, StationClass, Vessels
from alerts.rules import RULES, self_test
from tests.alerts.pictures import (
    BOAT,
    ECHO,
    NOW,
    SHIP,
    fence_events,
    fences,
    pairs,
    picture,
    receivers,
    rule_settings,
    sinks,
    texts,
)

NAN = float("nan")
RUNS = {run.rule.name: run for run in rule_runs(rule_settings())}
LANE = fences(("tss-sw", "tss_lane", 226.0), ("anch", "anchorage", NAN), ("port", "port", NAN))
IN_LANE = pairs((0, 0, NOW - 1200, 900.0, False))
IN_LANE_AND_ANCHORAGE = pairs((0, 0, NOW - 1200, 900.0, False), (0, 1, NOW - 1200, 900.0, False))


def detect(name: str, p: Picture, **changes: Any) -> Hits:
    return RULES[name].detect(p, **(RUNS[name].parameters | changes))


def raised(hits: Hits) -> list[str]:
    """Priorities of the hits that raise, with "held" for those that only hold."""
    rows = zip(hits.priority, hits.is_raising, strict=True)
    return [Priority(int(priority)).name.lower() if is_raising else "held" for priority, is_raising in rows]


# --- D1


BEACON: dict[str, Any] = {"target_id": 5, "mmsi": 972123456, "station_class": StationClass.BEACON}


@pytest.mark.parametrize(
    ("sentence", "vessel", "said", "wanted"),
    [
        ("a man overboard device that transmits", {"t_distress_unix_s": NOW}, b"", ["emergency"]),
        ("the same without any position", {"t_distress_unix_s": NOW, "lat_deg": NAN}, b"", ["emergency"]),
        ("the same with positions in doubt", {"t_distress_unix_s": NOW, "is_degraded": True}, b"", ["emergency"]),
        ("the same, receiver ill", {"t_distress_unix_s": NOW, "is_receiver_healthy": False}, b"", ["emergency"]),
        ("a ship that sends status 14", {"mmsi": 235012345, "nav_status": 14}, b"", ["emergency"]),
        ("a beacon known by its flag alone", {"flags": 1 << 8}, b"", ["emergency"]),
        ("a beacon in test mode", {"t_distress_test_unix_s": NOW}, b"", ["caution"]),
        ("a beacon whose last message has the test flag", {"flags": 1 << 8 | 1 << 9}, b"", ["caution"]),
        ("a beacon that tests after it was active", {"t_distress_unix_s": NOW - 60, "t_distress_test_unix_s": NOW}, b"",
         ["emergency"]),
        ("a beacon that was active long ago", {"t_distress_unix_s": NOW - 3600}, b"", []),
        ("the same, of which a gateway that was cut off tells only now",
         {"t_distress_unix_s": NOW - 3600, "t_distress_came_unix_s": NOW}, b"", ["emergency"]),
        ("a text SART ACTIVE", {}, b"SART ACTIVE", ["emergency"]),
        ("a text MOB ACTIVE in small letters", {}, b"mob active", ["emergency"]),
        ("a text EPIRB ACTIVE", {}, b"EPIRB  ACTIVE", ["emergency"]),
        ("a MAYDAY from an ordinary ship", {"mmsi": 235012345}, b"MAYDAY RELAY, DINGHY SINKING", ["emergency"]),
        ("a MAYDAY that also says test is taken for real", {}, b"TEST MAYDAY", ["emergency"]),
        ("a text SART TEST", {}, b"SART TEST", ["caution"]),
        ("a text MOB TEST", {}, b"MOB TEST", ["caution"]),
        ("a word that only contains the letters", {}, b"LATEST SMARTACTIVE NEWS", []),
        ("an ordinary safety text", {}, b"GALE WARNING DOVER", []),
        ("a ship that says nothing of the kind", {}, b"", []),
    ],
)  # fmt: skip
def test_distress_beacon(sentence: str, vessel: dict[str, Any], said: bytes, wanted: list[str]) -> None:
    p = picture({**BEACON, **vessel}, said=texts((0, said)) if said else None)
    assert raised(detect("distress_beacon", p)) == wanted, sentence


def test_two_texts_of_one_vessel_in_a_tick_are_one_hit_and_the_distress_wins() -> None:
    p = picture(BEACON, said=texts((0, b"SART ACTIVE"), (0, b"SART TEST")))
    assert raised(detect("distress_beacon", p)) == ["emergency"]


# --- D9


@pytest.mark.parametrize(
    ("sentence", "vessel", "wanted"),
    [
        ("straight against the traffic", {}, ["warning"]),
        ("121 degrees off", {"cog_deg": 226.0 + 121 - 360, "heading_deg": 46.0}, ["warning"]),
        ("119 degrees off only holds", {"cog_deg": 226.0 + 119 - 360, "heading_deg": 46.0}, ["held"]),
        ("83 degrees off is crossing", {"cog_deg": 226.0 + 83, "heading_deg": 46.0}, []),
        ("with the traffic", {"cog_deg": 226.0}, []),
        (
            "set backwards by the stream, heading with the traffic",
            {"heading_deg": 230.0, "sog_kn": 3.5},
            ["held"],
        ),
        ("no heading sent", {"heading_deg": NAN}, ["warning"]),
        ("course missing", {"cog_deg": NAN}, []),
        ("speed missing", {"sog_kn": NAN}, []),
        ("3.0 kn only holds", {"sog_kn": 3.0}, ["held"]),
        ("2 kn", {"sog_kn": 2.0}, []),
        ("19 m long", {"length_m": 19.0}, []),
        ("class A of unknown length", {"length_m": NAN}, ["warning"]),
        ("class B of unknown length", {"length_m": NAN, "station_class": StationClass.B}, []),
        ("a sailing vessel by type", {"ship_type": 36}, []),
        ("a fishing vessel by type", {"ship_type": 30}, []),
        ("a lifeboat", {"ship_type": 51}, []),
        ("fishing by status", {"nav_status": 7}, []),
        ("under sail by status", {"nav_status": 8}, []),
        ("restricted in its ability to manoeuvre", {"nav_status": 3}, []),
        ("not under command", {"nav_status": 2}, []),
        ("status unknown", {"nav_status": -1}, ["warning"]),
        ("type unknown", {"ship_type": -1}, ["warning"]),
        ("an aircraft", {"station_class": StationClass.AIRCRAFT}, []),
        ("positions in doubt", {"is_degraded": True}, []),
        ("a report of four minutes ago", {"t_unix_s": NOW - 240}, []),
    ],
)
def test_wrong_way(sentence: str, vessel: dict[str, Any], wanted: list[str]) -> None:
    ship = {**SHIP, "cog_deg": 46.0, "heading_deg": 46.0, **vessel}
    assert raised(detect("wrong_way", picture(ship, chart=LANE, inside=IN_LANE))) == wanted, sentence


@pytest.mark.parametrize(
    ("sentence", "depth_m", "fence", "wanted"),
    [
        ("a quarter of a mile inside", 463.0, 0, ["warning"]),
        ("just inside the edge only holds", 400.0, 0, ["held"]),
        ("in the exit margin only holds", -50.0, 0, ["held"]),
        ("in an anchorage", 900.0, 1, []),
        ("depth unknown", NAN, 0, ["held"]),
    ],
)
def test_wrong_way_by_place(sentence: str, depth_m: float, fence: int, wanted: list[str]) -> None:
    ship = {**SHIP, "cog_deg": 46.0, "heading_deg": 46.0}
    p = picture(ship, chart=LANE, inside=pairs((0, fence, NOW - 60, depth_m, False)))
    assert raised(detect("wrong_way", p)) == wanted, sentence


def test_a_ship_in_two_legs_of_the_scheme_is_one_hit_at_the_deeper_one() -> None:
    chart = fences(("leg-1", "tss_lane", 226.0), ("leg-2", "tss_lane", 220.0))
    inside = pairs((0, 0, NOW - 60, 500.0, False), (0, 1, NOW - 60, 900.0, False))
    hits = detect("wrong_way", picture({**SHIP, "cog_deg": 46.0, "heading_deg": 46.0}, chart=chart, inside=inside))
    assert list(hits.values[-1]) == [b"leg-2"]


# --- D3


@pytest.mark.parametrize(
    ("sentence", "vessel", "inside", "how"),
    [
        ("a ship that has stopped", {"sog_kn": 0.3}, IN_LANE, "stopped"),
        ("drifting sideways at 2 kn", {"sog_kn": 2.0, "cog_deg": 316.0}, IN_LANE, "drifting"),
        ("not under command at speed", {"nav_status": 2}, IN_LANE, "not under command"),
        ("not under command, positions in doubt", {"nav_status": 2, "is_degraded": True}, IN_LANE, "not under command"),
        ("at anchor in the lane", {"nav_status": 1, "sog_kn": 0.1}, IN_LANE, "stopped"),
        ("at anchor in an anchorage", {"nav_status": 1, "sog_kn": 0.1}, IN_LANE_AND_ANCHORAGE, ""),
        ("stopped in an anchorage without saying so", {"sog_kn": 0.1}, IN_LANE_AND_ANCHORAGE, "stopped"),
        ("slow but straight ahead", {"sog_kn": 3.0}, IN_LANE, ""),
        ("sideways but fast", {"sog_kn": 8.0, "cog_deg": 316.0}, IN_LANE, ""),
        ("slow, heading unknown", {"sog_kn": 3.0, "heading_deg": NAN}, IN_LANE, ""),
        ("speed unknown", {"sog_kn": NAN}, IN_LANE, ""),
        ("fishing by status", {"sog_kn": 0.3, "nav_status": 7}, IN_LANE, ""),
        ("fishing by type", {"sog_kn": 0.3, "ship_type": 30}, IN_LANE, ""),
        ("a dredger", {"sog_kn": 0.3, "ship_type": 33}, IN_LANE, ""),
        ("laying a cable", {"sog_kn": 0.3, "nav_status": 3}, IN_LANE, ""),
        ("a pilot boat", {"sog_kn": 0.3, "ship_type": 50}, IN_LANE, ""),
        ("a light vessel", {"sog_kn": 0.0, "station_class": StationClass.AID}, IN_LANE, ""),
        ("positions in doubt", {"sog_kn": 0.3, "is_degraded": True}, IN_LANE, ""),
        ("outside any lane", {"sog_kn": 0.3}, None, ""),
    ],
)
def test_lane_stopped(sentence: str, vessel: dict[str, Any], inside: Any, how: str) -> None:
    hits = detect("lane_stopped", picture({**SHIP, **vessel}, chart=LANE, inside=inside))
    assert [bytes(v).decode() for v in hits.values[0]] == ([how] if how else []), sentence
    assert raised(hits) == (["warning"] if how else [])


@pytest.mark.parametrize(
    ("sentence", "vessel", "wanted"),
    [
        ("0.6 kn keeps a stopped ship's alert", {"sog_kn": 0.6}, ["held"]),
        ("30 degrees keep a drifting ship's alert", {"sog_kn": 3.0, "cog_deg": 226.0 + 30}, ["held"]),
        ("5 kn sideways keeps it too", {"sog_kn": 5.0, "cog_deg": 316.0}, ["held"]),
        ("an old report opens none", {"sog_kn": 0.1, "t_unix_s": NOW - 400}, ["held"]),
        ("1 kn straight ahead keeps none", {"sog_kn": 1.0}, []),
    ],
)
def test_lane_stopped_holds(sentence: str, vessel: dict[str, Any], wanted: list[str]) -> None:
    hits = detect("lane_stopped", picture({**SHIP, **vessel}, chart=LANE, inside=IN_LANE))
    assert raised(hits) == wanted, sentence


def test_a_ship_that_says_it_is_not_under_command_is_told_after_a_minute() -> None:
    p = picture({**SHIP, "nav_status": 2}, {**SHIP, "target_id": 8, "sog_kn": 0.1}, chart=LANE,
                inside=pairs((0, 0, NOW - 60, 900.0, False), (1, 0, NOW - 60, 900.0, False)))  # fmt: skip
    assert list(detect("lane_stopped", p).raise_after_s) == [60.0, 600.0]


# --- D17

SILENT = {"t_heard_unix_s": NOW - 700, "t_unix_s": NOW - 700}


@pytest.mark.parametrize(
    ("sentence", "vessel", "wanted"),
    [
        ("a ship silent for 700 s where nine of ten reports are heard", {}, ["warning"]),
        ("silent for 590 s", {"t_heard_unix_s": NOW - 590}, []),
        ("class B silent for 700 s", {"station_class": StationClass.B}, ["held"]),
        ("class B silent for 1300 s", {"station_class": StationClass.B, "t_heard_unix_s": NOW - 1300}, ["warning"]),
        ("at the edge of reception", {"p_reception": 0.2}, ["held"]),
        ("reception unknown", {"p_reception": NAN}, ["held"]),
        ("reports every three minutes: three lost in a row is chance", {"report_interval_s": 180.0}, ["held"]),
        ("interval unknown", {"report_interval_s": NAN}, ["held"]),
        ("20 m long", {"length_m": 20.0}, []),
        ("length unknown", {"length_m": NAN}, []),
        ("moored by its word", {"nav_status": 5}, ["held"]),
        ("at anchor by its word", {"nav_status": 1}, ["held"]),
        ("not making way", {"sog_kn": 0.2}, ["held"]),
        ("speed unknown", {"sog_kn": NAN}, ["held"]),
        ("its receiver is ill", {"is_receiver_healthy": False}, ["held"]),
        ("heard for five minutes only before it fell silent", {"t_first_unix_s": NOW - 1000}, ["held"]),
        ("a base station", {"station_class": StationClass.BASE}, []),
        ("never heard", {"t_heard_unix_s": NAN}, []),
    ],
)
def test_ais_gap(sentence: str, vessel: dict[str, Any], wanted: list[str]) -> None:
    assert raised(detect("ais_gap", picture({**SHIP, **SILENT, **vessel}))) == wanted, sentence


def test_a_ship_that_fell_silent_in_port_is_not_told() -> None:
    p = picture({**SHIP, **SILENT}, chart=LANE, inside=pairs((0, 2, NOW - 9000, 100.0, False)))
    assert raised(detect("ais_gap", p)) == ["held"]


def test_time_before_the_receiver_came_back_does_not_count() -> None:
    up = {"source": "tcp", "t_state_unix_s": NOW - 60}
    assert raised(detect("ais_gap", picture({**SHIP, **SILENT}, heard_by=receivers(up)))) == ["held"]


FOLLOWED = {**ECHO, "target_id": 7, "is_dark": False, "t_dark_unix_s": NAN, "lat_deg": 51.02, "lon_deg": 1.40,
            "sog_kn": 12.1, "cog_deg": 225.0}  # fmt: skip


@pytest.mark.parametrize(
    ("sentence", "echo", "is_on_radar", "said"),
    [
        ("radar follows it", {}, True, "Still on radar, under way on course 225° at 12.1 kn, "),
        ("and knows no course", {"cog_deg": NAN}, True, "Still on radar, under way, "),
        ("and no speed", {"sog_kn": NAN}, True, "Still on radar, "),
        ("it lies stopped", {"sog_kn": 0.3}, True, "Still on radar, nearly stopped (0.3 kn), "),
        ("seen 59 s ago", {"t_seen_unix_s": -59.0}, True, "Still on radar, under way"),
        ("lost by radar 61 s ago", {"t_seen_unix_s": -61.0}, False, "radar, which saw it last at 08:25:39 UTC."),
        ("its tracks have ended", {"n_tracks": 0}, False, "unconfirmed by radar, which saw it last at"),
        ("radar sees another ship", {"target_id": 8}, False, "unconfirmed by radar."),
        ("radar gives no place", {"lat_deg": NAN}, False, "unconfirmed by radar"),
    ],
)
def test_a_silent_ship_that_radar_sees(sentence: str, echo: dict[str, Any], is_on_radar: bool, said: str) -> None:
    p = picture({**SHIP, **SILENT}, {**SHIP, "target_id": 8}, echoes=[{**FOLLOWED, **echo}])
    hits = detect("ais_gap", p)
    assert raised(hits) == ["warning"], sentence  # as without radar: it changes the words and the place, not the alert
    known = {name: value[0] for name, value in zip(hits.names, hits.values, strict=True)}
    assert bool(known["is_on_radar"]) == is_on_radar, sentence
    place = (51.02, 1.40) if is_on_radar else (SHIP["lat_deg"], SHIP["lon_deg"])
    assert (hits.lat_deg[0], hits.lon_deg[0]) == place, sentence
    assert said in RULES["ais_gap"].explain(p, hits, 0), sentence
    assert "08:15:00 UTC on course 226° at 12.0 kn" in RULES["ais_gap"].explain(p, hits, 0)


def test_a_silent_ship_is_told_anew_when_radar_finds_or_loses_it() -> None:
    seen, lost = (
        detect("ais_gap", picture({**SHIP, **SILENT}, echoes=[{**FOLLOWED, "t_seen_unix_s": t}])) for t in (-2.0, -90.0)
    )
    assert seen.band[0] != lost.band[0]


def test_a_silent_ship_that_radar_sees_is_no_boat_without_ais() -> None:
    slow = {"sog_kn": 4.0, "stw_kn": 4.2, "lat_deg": 51.04, "lon_deg": 2.08}
    p = picture({**SHIP, **SILENT, "length_m": 30.0, "sog_kn": 4.0}, echoes=[{**FOLLOWED, **slow}])
    assert raised(detect("ais_gap", p)) == ["warning"]
    assert [raised(detect(name, p)) for name in ("small_boat", "dark_vessel", "lost_contact")] == [[], [], []]


# --- D18


@pytest.mark.parametrize(
    ("sentence", "vessel", "kinds"),
    [
        ("a jump of 12 nm", {"t_jump_unix_s": NOW - 5, "jump_nm": 12.0, "jump_speed_kn": 900.0}, ["jump"]),
        ("a jump of half a mile", {"t_jump_unix_s": NOW - 5, "jump_nm": 0.5, "jump_speed_kn": 900.0}, []),
        ("a jump at 50 kn", {"t_jump_unix_s": NOW - 5, "jump_nm": 2.0, "jump_speed_kn": 50.0}, []),
        ("a jump of an hour ago", {"t_jump_unix_s": NOW - 3600, "jump_nm": 12.0, "jump_speed_kn": 900.0}, []),
        ("an MMSI that nobody gives out", {"flags": 1}, ["odd mmsi"]),
        ("an odd MMSI and a jump", {"flags": 1, "t_jump_unix_s": NOW, "jump_nm": 9.0, "jump_speed_kn": 99.0},
         ["jump", "odd mmsi"]),
        ("nothing of the kind", {}, []),
    ],
)  # fmt: skip
def test_ais_integrity(sentence: str, vessel: dict[str, Any], kinds: list[str]) -> None:
    hits = detect("ais_integrity", picture({**SHIP, **vessel}))
    assert sorted(bytes(v).decode() for v in hits.values[0]) == kinds, sentence
    assert set(raised(hits)) <= {"caution"}


@pytest.mark.parametrize(
    ("sentence", "offset_m", "vessel", "kinds"),
    [
        ("radar sees it 800 m from its AIS place", 800.0, {}, ["offset"]),
        ("300 m", 300.0, {}, []),
        ("no AIS place to compare", NAN, {}, []),
        ("satellite positions are disturbed there anyway", 800.0, {"is_degraded": True}, []),
    ],
)
def test_ais_that_radar_contradicts(sentence: str, offset_m: float, vessel: dict[str, Any], kinds: list[str]) -> None:
    p = picture({**SHIP, **vessel}, echoes=[{**ECHO, "target_id": 7, "is_dark": False, "offset_m": offset_m}])
    hits = detect("ais_integrity", p)
    assert [bytes(v).decode() for v in hits.values[0]] == kinds, sentence
    assert hits.raise_after_s.tolist() == [60.0] * len(kinds)


def test_three_vessels_under_one_mmsi_are_one_hit() -> None:
    ships = [{**SHIP, "target_id": 7 + i, "n_twins": 2} for i in range(3)]
    hits = detect("ais_integrity", picture(*ships))
    assert [bytes(v) for v in hits.values[0]] == [b"twin"]
    assert list(hits.row) == [0]


def jumpers(n: int, spread_nm: float = 4.0, **more: Any) -> list[dict[str, Any]]:
    """Ships in a row, `spread_nm` apart, that all were made to appear elsewhere."""
    jump = {"t_jump_unix_s": NOW - 30, "jump_nm": 25.0, "jump_speed_kn": 3000.0, "lat_before_jump_deg": 51.0}
    return [
        {**SHIP, "target_id": 10 + i, **jump, "lon_before_jump_deg": 1.4 + i * spread_nm / 60 / 0.63, **more}
        for i in range(n)
    ]


@pytest.mark.parametrize(
    ("sentence", "ships", "wanted"),
    [
        ("five vessels within ten miles", jumpers(5, 2.0), ["warning"]),
        ("four only hold", jumpers(4, 2.0), ["held"]),
        ("two are nothing", jumpers(2, 2.0), []),
        ("five that lie 15 miles apart each", jumpers(5, 15.0), []),
        ("a long chain is one area", jumpers(12, 4.0), ["warning"]),
        ("five of an hour ago", jumpers(5, 2.0, t_jump_unix_s=NOW - 3600), []),
        ("five whose former place is unknown", jumpers(5, 2.0, lat_before_jump_deg=NAN), []),
    ],
)
def test_gnss_interference(sentence: str, ships: list[dict[str, Any]], wanted: list[str]) -> None:
    assert raised(detect("gnss_interference", picture(*ships))) == wanted, sentence


def test_two_areas_are_two_hits_and_the_order_of_rows_does_not_matter() -> None:
    ships = jumpers(5, 2.0) + [{**s, "target_id": s["target_id"] + 50, "lat_before_jump_deg": 53.0} for s in jumpers(6)]
    hits = detect("gnss_interference", picture(*ships))
    assert list(hits.values[0]) == [5, 6]


# --- D19

DOWN, DEGRADED, STARTING = ReceiverState.DOWN, ReceiverState.DEGRADED, ReceiverState.STARTING
FEED: dict[str, Any] = {"source": "tcp", "is_source": True}


@pytest.mark.parametrize(
    ("sentence", "rows", "wanted"),
    [
        ("a feed that is down", [{**FEED, "state": DOWN}], ["warning"]),
        ("a feed that hears little", [{**FEED, "state": DEGRADED}], ["caution"]),
        ("a feed that has just started", [{**FEED, "state": STARTING}], []),
        ("a feed whose clock is 3 s off", [{**FEED, "clock_skew_s": -3.0}], ["caution"]),
        ("a feed whose clock is 1 s off", [{**FEED, "clock_skew_s": 1.0}], []),
        ("a feed with half its sentences damaged", [{**FEED, "bad_checksum_share": 0.5}], ["caution"]),
        ("a station of a feed that is well", [FEED, {"source": "tcp", "station": "a", "state": DOWN}], ["caution"]),
        ("a cut feed with forty stations",
         [{**FEED, "state": DOWN}, *({"source": "tcp", "station": f"s{i}", "state": DOWN} for i in range(40))],
         ["warning"]),
        ("a weak feed and a dead station of it",
         [{**FEED, "state": DEGRADED}, {"source": "tcp", "station": "a", "state": DOWN}], ["caution", "caution"]),
        ("two feeds down", [{**FEED, "state": DOWN}, {**FEED, "source": "udp", "state": DOWN}], ["warning", "warning"]),
        ("a station that is seldom heard anyway",
         [FEED, {"source": "tcp", "station": "a", "state": DOWN, "expected_rate_per_min": 0.2}], []),
        ("a site some of whose batches are lost",
         [FEED, {"source": "tcp", "station": "dover", "n_missing": 3}], ["caution"]),
        ("a station nobody knows the usual of",
         [FEED, {"source": "tcp", "station": "a", "state": DOWN, "expected_rate_per_min": NAN}], []),
        ("all well", [FEED], []),
    ],
)  # fmt: skip
def test_receiver_health(sentence: str, rows: list[dict[str, Any]], wanted: list[str]) -> None:
    assert raised(detect("receiver_health", picture(heard_by=receivers(*rows)))) == wanted, sentence


# --- where alerts are sent

AWAY: dict[str, Any] = {"fault": "HTTP 503: busy", "t_fault_unix_s": NOW - 130.0}


@pytest.mark.parametrize(
    ("sentence", "row", "wanted"),
    [
        ("a sink that takes what it is given", {}, []),
        ("one with a night's figures waiting that takes them", {"n_waiting": 5000, "oldest_age_s": 40000.0}, []),
        ("one that has been away for a minute", {**AWAY, "t_fault_unix_s": NOW - 60.0}, []),
        ("one that has been away for two minutes", AWAY, ["caution"]),
        ("one that has been away for a quarter of an hour", {**AWAY, "t_fault_unix_s": NOW - 901.0}, ["warning"]),
        ("one whose password is wrong", {**AWAY, "t_fault_unix_s": NOW - 5.0, "needs_repair": True}, ["warning"]),
        ("one that refused an item for good", {"n_quarantined": 1}, ["caution"]),
        ("one that lost what waited too long", {"n_dropped": 1}, ["warning"]),
        ("one that had a test message ten minutes ago", {"t_tested_unix_s": NOW - 600.0}, []),
        ("one that has had none for sixteen minutes", {"t_tested_unix_s": NOW - 960.0}, ["warning"]),
        ("one that lost something and is away", {**AWAY, "n_dropped": 1}, ["warning"]),
    ],
)
def test_delivery(sentence: str, row: dict[str, Any], wanted: list[str]) -> None:
    assert raised(detect("delivery", picture(sent_to=sinks(row)))) == wanted, sentence


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ({"source": "shore", "is_source": True}, "Feed shore is silent: last heard at 08:26:39 UTC."),
        ({"source": "shore", "station": "dungeness"}, "Station dungeness of feed shore is silent"),
        ({"source": "vts", "station": "0/1", "radar": "dover-cliffs"}, "Radar dover-cliffs is silent"),
        ({"source": "vts", "is_source": True, "radar": "dover-cliffs"}, "Radar dover-cliffs is silent"),
    ],
)
def test_a_receiver_is_called_as_people_call_it(who: dict[str, Any], said: str) -> None:
    p = picture(heard_by=receivers({**who, "state": ReceiverState.DOWN}))
    hits = detect("receiver_health", p)
    assert RULES["receiver_health"].explain(p, hits, 0).startswith(said)


# --- own test messages


@pytest.mark.parametrize(
    ("sentence", "mmsi", "text", "wanted"),
    [
        ("our own, of a second ago", self_test.MMSI, self_test.text_of(NOW - 1.0), ["caution"]),
        ("one that is an hour old, of a recording", self_test.MMSI, self_test.text_of(NOW - 3600.0), []),
        ("one of tomorrow", self_test.MMSI, self_test.text_of(NOW + 86400.0), []),
        ("the same text from a ship", 235012345, self_test.text_of(NOW - 1.0), []),
        ("another text", self_test.MMSI, b"GALE WARNING DOVER", []),
    ],
)
def test_self_test(sentence: str, mmsi: int, text: bytes, wanted: list[str]) -> None:
    p = picture({"target_id": 1, "mmsi": mmsi}, said=texts((0, text)))
    assert raised(detect("self_test", p)) == wanted, sentence


# --- D13

CHART = fences(("ex", "exclusion_zone", NAN), ("sep", "separation_zone", NAN), ("lv", "aid_to_navigation", NAN))


@pytest.mark.parametrize(
    ("sentence", "vessel", "inside", "events", "wanted"),
    [
        ("inside an exclusion zone", {}, pairs((0, 0, NOW - 9, 80.0, False)), None, ["warning"]),
        ("inside when first seen", {}, pairs((0, 0, NOW - 9, 80.0, True)), None, []),
        ("inside a kind that is not watched", {}, pairs((0, 1, NOW - 9, 80.0, False)), None, []),
        ("crossed between two reports", {}, None, fence_events((0, 0, 2, NOW - 3)), ["warning"]),
        ("touched the corner", {}, None, fence_events((0, 0, 3, NOW - 3)), []),
        ("left it", {}, None, fence_events((0, 0, 1, NOW - 3)), []),
        ("a tug", {"ship_type": 52}, pairs((0, 0, NOW - 9, 80.0, False)), None, []),
        ("a boat of 12 m", {"length_m": 12.0}, pairs((0, 0, NOW - 9, 80.0, False)), None, []),
        ("length unknown", {"length_m": NAN}, pairs((0, 0, NOW - 9, 80.0, False)), None, ["warning"]),
        ("positions in doubt", {"is_degraded": True}, pairs((0, 0, NOW - 9, 80.0, False)), None, []),
        ("the light vessel itself", {"station_class": StationClass.AID}, pairs((0, 2, NOW - 9, 80.0, False)), None, []),
    ],
)
def test_fence_entry(sentence: str, vessel: dict[str, Any], inside: Any, events: Any, wanted: list[str]) -> None:
    p = picture({**SHIP, **vessel}, chart=CHART, inside=inside, events=events)
    assert raised(detect("fence_entry", p)) == wanted, sentence


def test_single_fences_can_be_watched_by_id_and_priority() -> None:
    p = picture(SHIP, chart=CHART, inside=pairs((0, 1, NOW - 9, 80.0, False)))
    assert raised(detect("fence_entry", p, ids=("sep",), priority="alarm")) == ["alarm"]


def test_crossings_are_watched_by_id_and_by_group_as_stays_are() -> None:
    chart = dataclasses.replace(CHART, groups=((), ("race",), ()))
    p = picture(SHIP, chart=chart, events=fence_events((0, 1, 2, NOW - 3)))
    for chosen, wanted in (({}, []), ({"ids": ("sep",)}, ["warning"]), ({"groups": ("race",)}, ["warning"]),
                           ({"ids": ("ex",)}, []), ({"groups": ("regatta",)}, [])):  # fmt: skip
        assert raised(detect("fence_entry", p, **chosen)) == wanted, chosen


def test_a_least_stay_holds_an_entry_back_and_no_crossing() -> None:
    p = picture(SHIP, chart=CHART, inside=pairs((0, 0, NOW - 9, 80.0, False)), events=fence_events((0, 2, 2, NOW - 3)))
    hits = detect("fence_entry", p, raise_after_s=120.0)
    assert dict(zip(hits.values[0].tolist(), hits.raise_after_s.tolist(), strict=True)) == {b"ex": 120.0, b"lv": 0.0}
    assert detect("fence_entry", p).raise_after_s.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    ("sentence", "vessel", "inside", "wanted"),
    [
        ("in the separation zone for 21 minutes", {}, pairs((0, 1, NOW - 1260, 80.0, False)), ["caution"]),
        ("for 19 minutes", {}, pairs((0, 1, NOW - 1140, 80.0, False)), []),
        ("inside when first seen, 21 minutes ago", {}, pairs((0, 1, NOW - 1260, 80.0, True)), ["caution"]),
        ("entry time unknown", {}, pairs((0, 1, NAN, 80.0, True)), []),
        ("a kind without limit", {}, pairs((0, 2, NOW - 9000, 80.0, False)), []),
        ("a fishing vessel", {"ship_type": 30}, pairs((0, 1, NOW - 1260, 80.0, False)), []),
        ("a light vessel", {"station_class": StationClass.AID}, pairs((0, 1, NOW - 1260, 80.0, False)), []),
    ],
)
def test_fence_dwell(sentence: str, vessel: dict[str, Any], inside: Any, wanted: list[str]) -> None:
    assert raised(detect("fence_dwell", picture({**SHIP, **vessel}, chart=CHART, inside=inside))) == wanted, sentence


def test_the_limit_of_a_single_fence_is_stronger_than_its_kinds() -> None:
    p = picture(SHIP, chart=CHART, inside=pairs((0, 1, NOW - 1260, 80.0, False)))
    assert not len(detect("fence_dwell", p, limit_by_id_s={"sep": 9000.0}))


# --- laws


def scene() -> Picture:
    """One picture in which every rule has a hit."""
    lane = {"cog_deg": 46.0, "heading_deg": 46.0}
    ships = [
        {**SHIP, **lane, "target_id": 1},
        {**SHIP, "target_id": 2, "sog_kn": 0.1},
        {**SHIP, **SILENT, "target_id": 3},
        {**SHIP, "target_id": 4, "flags": 1},
        {**BEACON, "target_id": 5, "t_distress_unix_s": NOW, "lat_deg": 51.2, "lon_deg": 1.6},
        *jumpers(5, 2.0),
        {**SHIP, "target_id": 30, "n_twins": 1},
        BOAT,
        {**BOAT, "target_id": 62},
        {**BOAT, "target_id": 63, "length_m": 90.0},
        {**BOAT, "target_id": 64},
        {"target_id": 70, "mmsi": self_test.MMSI, "lat_deg": NAN, "lon_deg": NAN},
    ]
    said = texts((len(ships) - 1, self_test.text_of(NOW - 1.0)))
    echoes = [
        {**ECHO, "target_id": 61},
        {**ECHO, "target_id": 62, "t_seen_unix_s": -400.0},
        {**ECHO, "target_id": 63},
        {**ECHO, "target_id": 64, "t_seen_unix_s": -60.0, "is_radar_healthy": False},
    ]
    chart = fences(("ex", "exclusion_zone", NAN), ("sep", "separation_zone", NAN), ("tss", "tss_lane", 226.0))
    inside = pairs(
        (0, 2, NOW - 900, 900.0, False),
        (1, 2, NOW - 900, 900.0, False),
        (5, 0, NOW - 60, 100.0, False),
        (6, 1, NOW - 7200, 100.0, False),
    )
    heard_by = receivers({**FEED, "state": 1}, {"source": "b", "is_source": True, "state": DOWN})
    sent_to = sinks({"fault": "away", "t_fault_unix_s": NOW - 900.0})
    return picture(*ships, chart=chart, inside=inside, said=said, heard_by=heard_by, echoes=echoes, sent_to=sent_to)


@pytest.mark.parametrize("name", RULES)
def test_every_rule_has_a_hit_in_the_scene_and_explains_it_in_one_sentence(name: str) -> None:
    p = scene()
    hits = detect(name, p)
    assert len(hits)
    assert (np.diff(hits.key) > 0).all(), "sorted by key, no key twice"
    assert len(hits.names) == len(hits.values)
    for i in range(len(hits)):
        sentence = RULES[name].explain(p, hits, i)
        assert sentence.endswith(".")
        assert "nan" not in sentence.split()
        assert "NaN" not in sentence
        assert any(digit in sentence for digit in "0123456789")
        assert "UTC" in sentence


@pytest.mark.parametrize("name", RULES)
def test_a_rule_finds_nothing_in_an_empty_picture(name: str) -> None:
    p = picture(heard_by=receivers())
    assert not len(detect(name, p))


@pytest.mark.parametrize("name", sorted(set(RULES) - {"delivery", "receiver_health"}))
def test_a_vessel_of_which_nothing_is_known_raises_nothing(name: str) -> None:
    """Comparisons with NaN come out False."""
    times = dict.fromkeys(("t_unix_s", "t_heard_unix_s", "t_first_unix_s", "t_prev_unix_s"), NAN)
    chart = fences(("ex", "territorial_sea", NAN), ("tss", "tss_lane", 226.0))
    inside = pairs((0, 0, NAN, NAN, True), (0, 1, NAN, NAN, True))
    p = picture({"target_id": 1, "mmsi": 235000001, **times}, chart=chart, inside=inside)
    assert not len(detect(name, p))


@pytest.mark.parametrize("name", RULES)
def test_a_rule_changes_nothing_in_the_picture(name: str) -> None:
    p = scene()
    for table in (p.vessels, p.pairs, p.events, p.texts, p.receivers, p.radar, p.sinks):
        for f in dataclasses.fields(table):
            column = getattr(table, f.name)
            if isinstance(column, np.ndarray):
                column.setflags(write=False)
    assert len(detect(name, p))


@pytest.mark.parametrize("name", RULES)
def test_a_vessel_far_away_changes_no_other_hit(name: str) -> None:
    p = scene()
    far = picture({**SHIP, "target_id": 99, "lat_deg": -40.0, "lon_deg": 170.0})
    both = Vessels(*(np.concatenate([getattr(p.vessels, f.name), getattr(far.vessels, f.name)])
                     for f in dataclasses.fields(Vessels)))  # fmt: skip
    one, two = detect(name, p), detect(name, dataclasses.replace(p, vessels=both))
    assert list(one.key) == list(two.key)


def test_mixed_keys_do_not_collide_for_neighbours() -> None:
    target, kind = np.meshgrid(np.arange(20_000), np.arange(1, 4))
    assert len(np.unique(mix(target.ravel(), kind.ravel()))) == 60_000
