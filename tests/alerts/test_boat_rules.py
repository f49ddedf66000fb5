"""Truth tables of the rules that speak of what only radar sees: each row is a sentence."""

from collections.abc import Mapping
from typing import Any

import pytest

from alerts.hits import no_hits
from alerts.picture import Picture, StationClass
from alerts.rules import RULES
from alerts.rules.small_boat import NEVER_S
from tests.alerts.pictures import BOAT, ECHO, NOW, SHIP, fences, pairs, picture
from tests.alerts.test_rules import detect, raised

NAN = float("nan")
CHART = fences(("ne-1", "tss_lane", 40.0), ("zone", "separation_zone", NAN), ("port", "port", NAN))
IN_LANE, IN_ZONE = (pairs((0, fence, NOW - 600, 900.0, False)) for fence in (0, 1))
MID_STRAIT = {"first_beach_nm": 9.0, "first_port_nm": 9.0}  # scores 0.62 by day
FAINT = {**MID_STRAIT, "straightness": 0.99}  # 0.55


def seen(echo: Mapping[str, Any], boat: Mapping[str, Any] | None = None, **more: Any) -> Picture:
    return picture({**BOAT, **(boat or {})}, echoes=[{**ECHO, "target_id": 61, **echo}], **more)


# --- D2


@pytest.mark.parametrize(
    ("sentence", "echo", "boat", "inside", "wanted"),
    [
        ("a boat from the beach by day", {}, {}, None, ["warning"]),
        ("the same in a traffic lane", {}, {}, IN_LANE, ["alarm"]),
        ("the same in a separation zone", {}, {}, IN_ZONE, ["warning"]),
        ("first seen mid-strait", MID_STRAIT, {}, None, ["warning"]),
        ("first seen mid-strait and straight as a die only holds", FAINT, {}, None, ["held"]),
        ("the same in a separation zone is told", FAINT, {}, IN_ZONE, ["warning"]),
        ("the same in a lane is no alarm", FAINT, {}, IN_LANE, ["warning"]),
        ("dark and nothing else", {"stw_kn": 9.0, "ctw_deg": 100.0, **MID_STRAIT}, {"length_m": 18.0}, IN_LANE, []),
        ("a coaster without AIS, fast", {"stw_kn": 13.0, **MID_STRAIT}, {"length_m": 80.0, "sog_kn": 13.0}, None, []),
        ("a pot buoy in the stream off the beach", {"stw_kn": 3.0}, {"sog_kn": 0.1}, None, []),
        ("the same in a lane", {"stw_kn": 3.0}, {"sog_kn": 0.1}, IN_LANE, []),
        ("flotsam", {"stw_kn": 0.3, "ctw_deg": NAN}, {}, IN_LANE, []),
        ("a yacht out of Calais", {"first_port_nm": 0.0}, {}, None, []),
        ("an angling boat", {"first_port_nm": 0.0, "ctw_deg": 100.0, "straightness": 0.3}, {}, None, []),
        ("a trawler without AIS", {**MID_STRAIT, "straightness": 0.3, "ctw_deg": 100.0}, {"length_m": 18.0}, None, []),
        ("a trawler of 12 m without AIS, on the leg that leads home", {**MID_STRAIT, "straightness": 0.3}, {}, None,
         ["held"]),
        ("a trawler with AIS", {"is_dark": False}, {"mmsi": 227000001, "station_class": StationClass.B}, None, []),
        ("a ship that lost its AIS and is still on radar", {}, {**SHIP, "target_id": 61}, None, []),
        ("all of it but its AIS, which is in doubt", {"is_ambiguous": True}, {}, None, ["warning"]),
        ("first seen mid-strait, its AIS in doubt", {"is_ambiguous": True, **MID_STRAIT}, {}, None, []),
        ("all of it where AIS is badly heard", {"t_dark_unix_s": NAN}, {}, None, ["warning"]),
        ("first seen mid-strait where AIS is badly heard", {"t_dark_unix_s": NAN, **MID_STRAIT}, {}, None, []),
        ("the stream is not known, first seen at the beach", {"stw_kn": NAN, "ctw_deg": NAN}, {}, None, ["held"]),
        ("not seen for 40 s", {"t_seen_unix_s": -40.0}, {}, None, ["held"]),
        ("nothing is known of when it was seen", {"t_seen_unix_s": NAN}, {}, None, ["held"]),
    ],
)  # fmt: skip
def test_small_boat(sentence: str, echo: dict[str, Any], boat: dict[str, Any], inside: Any, wanted: list[str]) -> None:
    assert raised(detect("small_boat", seen(echo, boat, chart=CHART, inside=inside))) == wanted, sentence


@pytest.mark.parametrize(
    ("sentence", "echo", "wanted"),
    [
        ("it has stopped", {"stw_kn": 0.2, "ctw_deg": NAN}, ["held"]),
        ("it has slowed to 1.5 kn", {"stw_kn": 1.5, "ctw_deg": 100.0}, ["held"]),
        ("the stream is no longer known", {"stw_kn": NAN, "ctw_deg": NAN, **MID_STRAIT}, ["held"]),
        ("it is not seen", {"t_seen_unix_s": -4000.0, "t_dark_unix_s": NAN, **MID_STRAIT}, ["held"]),
        ("it went away at 16 kn", {"stw_kn": 16.0, "ctw_deg": 100.0, **MID_STRAIT}, []),
        ("AIS belongs to it after all", {"is_dark": False}, []),
    ],
)
def test_a_watched_boat_keeps_its_alert_unless_it_is_something_else(
    sentence: str, echo: dict[str, Any], wanted: list[str]
) -> None:
    assert raised(detect("small_boat", seen({**echo, "is_watched": True}))) == wanted, sentence


@pytest.mark.parametrize(
    ("sentence", "echo"),
    [
        ("clutter of 100 s", {"t_first_unix_s": -102.0, "n_updates": 30}),
        ("seen in six scans", {"n_updates": 6}),
        ("still where it was first seen", {"lat_first_deg": 51.0401, "lon_first_deg": 2.08}),
    ],
)
def test_a_target_that_is_not_ripe_waits(sentence: str, echo: dict[str, Any]) -> None:
    assert detect("small_boat", seen(echo)).raise_after_s.tolist() == [NEVER_S], sentence
    assert detect("small_boat", seen({})).raise_after_s.tolist() == [120.0]


@pytest.mark.parametrize(
    ("echo", "boat", "inside", "said"),
    [
        ({}, {}, None,
         "Boat without AIS (dover/41), 4.2 kn through the water on 298° towards the English coast, 1.8 nm NNW of "
         "Gravelines (51°02.4'N 002°04.8'E), seen since 08:06:40 UTC. Score 0.85: no AIS, from a departure beach, "
         "speed of a loaded boat."),
        ({"stw_kn": 0.3, "ctw_deg": NAN, "t_seen_unix_s": -600.0, "is_watched": True}, {}, IN_LANE,
         "Boat without AIS (dover/41), nearly stopped in the water (0.3 kn), 1.8 nm NNW of Gravelines (51°02.4'N "
         "002°04.8'E) in ne 1, seen since 08:06:40 UTC, last at 08:16:40 UTC. A boat that stops has not arrived."),
    ],
)  # fmt: skip
def test_who_is_woken_reads_what_where_since_when_and_why_in_three_lines(
    echo: dict[str, Any], boat: dict[str, Any], inside: Any, said: str
) -> None:
    p = seen(echo, boat, chart=CHART, inside=inside)
    assert RULES["small_boat"].explain(p, detect("small_boat", p), 0) == said
    assert len(said) < 3 * 90


# --- D6


@pytest.mark.parametrize(
    ("sentence", "echo", "boat", "wanted"),
    [
        ("a ship of 80 m", {}, {"length_m": 80.0}, ["warning"]),
        ("of 30 m", {}, {"length_m": 30.0}, ["caution"]),
        ("of 19 m only holds", {}, {"length_m": 19.0}, ["held"]),
        ("a boat of 9 m", {}, {}, []),
        ("size not known: dark alone is nothing", {}, {"length_m": NAN}, []),
        ("at anchor", {}, {"length_m": 80.0, "sog_kn": 0.3}, []),
        ("speed not known", {}, {"length_m": 80.0, "sog_kn": NAN}, []),
        ("dark for 50 s", {"t_dark_unix_s": -50.0}, {"length_m": 80.0}, []),
        ("where AIS is not well heard, or its receiver is down", {"t_dark_unix_s": NAN}, {"length_m": 80.0}, []),
        ("beside an AIS report that may be its own", {"is_ambiguous": True}, {"length_m": 80.0}, []),
        ("its AIS fell silent and it keeps its name", {}, {**SHIP, "target_id": 61}, []),
        ("followed for a minute", {"t_first_unix_s": -62.0}, {"length_m": 80.0}, ["held"]),
        ("not seen for two minutes", {"t_seen_unix_s": -120.0}, {"length_m": 80.0}, ["held"]),
    ],
)
def test_dark_vessel(sentence: str, echo: dict[str, Any], boat: dict[str, Any], wanted: list[str]) -> None:
    assert raised(detect("dark_vessel", seen(echo, boat))) == wanted, sentence


# --- D4


@pytest.mark.parametrize(
    ("sentence", "echo", "boat", "wanted"),
    [
        ("unseen for 299 s", {"t_seen_unix_s": -299.0}, {}, []),
        ("for 300 s", {"t_seen_unix_s": -300.0}, {}, ["warning"]),
        ("for 600 s", {"t_seen_unix_s": -600.0}, {}, ["alarm"]),
        ("where half of the scans show such a boat", {"t_seen_unix_s": -600.0, "p_detection": 0.5}, {}, ["caution"]),
        ("where nobody knows", {"t_seen_unix_s": -600.0, "p_detection": NAN}, {}, ["caution"]),
        ("where no radar looks", {"t_seen_unix_s": -600.0, "p_detection": 0.0}, {}, ["caution"]),
        ("its radar is ill", {"t_seen_unix_s": -600.0, "is_radar_healthy": False}, {}, ["held"]),
        ("its radar has been back for 100 s", {"t_seen_unix_s": -900.0, "t_radar_unix_s": -100.0}, {}, ["held"]),
        ("its radar has been back for 400 s", {"t_seen_unix_s": -900.0, "t_radar_unix_s": -400.0}, {}, ["warning"]),
        ("clutter that scored for a minute", {"t_seen_unix_s": -600.0, "t_first_unix_s": -660.0}, {}, []),
        ("a yacht out of Calais", {"t_seen_unix_s": -600.0, "first_port_nm": 0.0}, {}, []),
        ("the same with an open incident", {"t_seen_unix_s": -600.0, "first_port_nm": 0.0, "is_watched": True}, {},
         ["alarm"]),
        ("a boat with an open incident that had stopped", {"t_seen_unix_s": -600.0, "stw_kn": 0.1, "is_watched": True},
         {"sog_kn": 0.2}, ["alarm"]),
        ("a dark ship with an open incident", {"t_seen_unix_s": -600.0, "is_watched": True, **MID_STRAIT},
         {"length_m": 80.0}, []),
        ("a ship with AIS", {"t_seen_unix_s": -600.0, "is_dark": False}, {"mmsi": 227000001}, []),
    ],
)  # fmt: skip
def test_lost_contact(sentence: str, echo: dict[str, Any], boat: dict[str, Any], wanted: list[str]) -> None:
    assert raised(detect("lost_contact", seen(echo, boat))) == wanted, sentence


@pytest.mark.parametrize(
    ("echo", "wanted"),
    [
        ({}, "has not been seen by radar for 16 min, where 80% of scans should show it. Last at 08:10:00 UTC"),
        ({"p_detection": 0.2}, "has left radar coverage, unseen for 16 min: only 20% of scans show such a boat there"),
        (
            {"p_detection": NAN},
            "has left radar coverage, unseen for 16 min: no radar is known to see such a boat there",
        ),
        ({"is_radar_healthy": False}, "for 16 min, and every radar that saw it is down or degraded now. Last at"),
    ],
)
def test_the_reason_says_what_its_absence_is_worth(echo: dict[str, Any], wanted: str) -> None:
    p = seen({"t_seen_unix_s": -1000.0, **echo})
    assert wanted in RULES["lost_contact"].explain(p, detect("lost_contact", p), 0)


def test_a_lost_boat_is_looked_for_where_it_was_and_where_it_would_be() -> None:
    hits = detect("lost_contact", seen({"t_seen_unix_s": -900.0}, {"cog_deg": 0.0, "sog_kn": 4.0}))
    known = dict(zip(hits.names, (value[0] for value in hits.values), strict=True))
    assert known["predicted_lat_deg"] == pytest.approx(51.04 + 1.0 / 60.0)
    assert known["search_radius_nm"] == pytest.approx(0.5 + 0.4 * 0.25)


def test_a_vessel_that_lay_beside_it_and_left_is_a_question_not_an_answer() -> None:
    lifeboat = {**SHIP, "target_id": 70, "name": b"LIFEBOAT 17-09", "lat_deg": 51.10, "lon_deg": 1.9}
    p = picture(BOAT, lifeboat, echoes=[{**ECHO, "target_id": 61, "t_seen_unix_s": -700.0, "beside_id": 70}])
    hits = detect("lost_contact", p)
    assert raised(hits) == ["alarm"]
    said = RULES["lost_contact"].explain(p, hits, 0)
    assert "LIFEBOAT 17-09 (MMSI 235012345) lay within 300 m of it then and has left since: has it taken" in said
    assert said.endswith("nothing is closed.")


# --- D19 for radars


def blind(n: int, **more: Any) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Boats whose radar went down a minute ago."""
    boats = [{**BOAT, "target_id": 61 + i, "lat_deg": 51.0 + 0.1 * i} for i in range(n)]
    echo = {**ECHO, "t_seen_unix_s": -60.0, "is_radar_healthy": False, "t_radar_unix_s": NAN, **more}
    return boats, [{**echo, "target_id": 61 + i, "label": f"dover/{41 + i}".encode()} for i in range(n)]


@pytest.mark.parametrize(
    ("sentence", "echo", "inside", "wanted", "n"),
    [
        ("three boats and an ill radar", {}, None, ["warning"], 3),
        ("one of them in a lane", {}, pairs((1, 0, NOW - 600, 900.0, False)), ["alarm"], 3),
        ("seen by another radar", {"is_radar_healthy": True, "t_radar_unix_s": -9e4}, None, [], 0),
        ("seen 20 s ago", {"t_seen_unix_s": -20.0}, None, [], 0),
        ("the radar came back a minute ago", {"t_seen_unix_s": -700.0, "is_radar_healthy": True,
                                              "t_radar_unix_s": -60.0}, None, ["held"], 3),
        ("six minutes ago", {"t_seen_unix_s": -700.0, "is_radar_healthy": True, "t_radar_unix_s": -360.0}, None, [], 0),
        ("none of them scores", {"first_port_nm": 0.0}, None, [], 0),
        ("none scores now, all have open incidents", {"stw_kn": 0.1, "is_watched": True}, None, ["warning"], 3),
    ],
)  # fmt: skip
def test_boats_unobserved(sentence: str, echo: dict[str, Any], inside: Any, wanted: list[str], n: int) -> None:
    boats, echoes = blind(3, **echo)
    hits = detect("boats_unobserved", picture(*boats, chart=CHART, inside=inside, echoes=echoes))
    assert raised(hits) == wanted, sentence
    assert (hits.values[0].tolist() or [0]) == [n], sentence


def test_the_one_alert_names_every_boat_with_its_place() -> None:
    boats, echoes = blind(3)
    p = picture(*boats, echoes=echoes)
    hits = detect("boats_unobserved", p)
    said = RULES["boats_unobserved"].explain(p, hits, 0)
    assert said.startswith("3 tracked small boats are unobserved since 08:25:40 UTC")
    assert all(f"dover/{number}" in said for number in (41, 42, 43))
    assert said.count("now within") == 3


@pytest.mark.parametrize("name", ["small_boat", "dark_vessel", "lost_contact", "boats_unobserved"])
def test_a_radar_target_of_which_nothing_is_known_raises_nothing(name: str) -> None:
    p = picture({"target_id": 61, "station_class": StationClass.RADAR}, echoes=[{"target_id": 61, "is_dark": True}])
    assert detect(name, p).key.tolist() == no_hits(("x",)).key.tolist()
