"""The small-boat score: the hand check of its reference, what is not known, what scores nothing."""

import itertools
from typing import Any, get_args

import numpy as np
import pytest

from alerts.rules.small_boat import HOLD
from alerts.score import FEATURES, TOLD, WEIGHTS, Feature, Score, Weight, score, told
from tests.alerts.pictures import BOAT, ECHO, fences, pairs, picture, rule_settings

NAN = float("nan")
NIGHT, NOON = 1_763_780_000.0, 1_763_811_000.0  # 22 November 2025, 02:53 and 11:30 UTC
SETTINGS: dict[str, Any] = {
    "leisure_groups": ("leisure",),
    "min_tracked_s": 120.0,
    "min_updates": 10,
    "min_way_nm": 0.15,
}
MID_STRAIT = {"first_beach_nm": 9.0, "first_port_nm": 9.0}


def scored(
    echo: dict[str, Any], boat: dict[str, Any] | None = None, *, now: float = NIGHT, day: float = 0.0, **more: Any
) -> Score:
    p = picture({**BOAT, **(boat or {})}, now_unix_s=now, echoes=[{**ECHO, "target_id": 61, **echo}], **more)
    return score(p, weights={**WEIGHTS, "day": day}, **SETTINGS)


def one(echo: dict[str, Any], boat: dict[str, Any] | None = None, **more: Any) -> float:
    return float(scored(echo, boat, **more).score[0])


RED, GREEN = 0.4, -0.2
AWAY = {"landfall_deg": 100.0}


@pytest.mark.parametrize(
    ("sentence", "echo", "now", "day", "wanted"),
    [
        ("the textbook boat", {}, NIGHT, RED, 0.92),
        ("the same boat first seen mid-strait at night", MID_STRAIT, NIGHT, RED, 0.77),
        ("on a green night", MID_STRAIT, NIGHT, GREEN, 0.65),
        ("on a green day", MID_STRAIT, NOON, GREEN, 0.57),
        ("a yacht without AIS out of Calais by day", {"first_beach_nm": 1.0, "first_port_nm": 0.0}, NOON, RED, 0.35),
        ("an angling boat from port", {"first_port_nm": 0.0, "straightness": 0.5, **AWAY}, NOON, 0.0, 0.11),
        ("a yacht without AIS first seen mid-strait by day", MID_STRAIT, NOON, RED, 0.71),
    ],
)
def test_the_hand_check_of_the_reference(
    sentence: str, echo: dict[str, Any], now: float, day: float, wanted: float
) -> None:
    assert one(echo, now=now, day=day) == pytest.approx(wanted, abs=0.006), sentence


@pytest.mark.parametrize(
    ("sentence", "echo", "boat", "feature", "adds"),
    [
        ("dark for 59 s", {"t_dark_unix_s": -59.0}, {}, "no_ais", 0.0),
        ("dark for 60 s", {"t_dark_unix_s": -60.0}, {}, "no_ais", 1.2),
        ("where AIS is not well heard", {"t_dark_unix_s": NAN}, {}, "no_ais", None),
        ("beside an AIS report that may be its own", {"is_ambiguous": True}, {}, "no_ais", None),
        ("1.9 kn through the water", {"stw_kn": 1.9}, {}, "boat_speed", 0.0),
        ("7.0 kn", {"stw_kn": 7.0}, {}, "boat_speed", 1.0),
        ("9 kn is neither", {"stw_kn": 9.0}, {}, "too_fast", 0.0),
        ("18 kn", {"stw_kn": 18.0}, {}, "too_fast", -2.0),
        ("without an estimate of the stream", {"stw_kn": NAN}, {}, "boat_speed", None),
        ("14 m long", {}, {"length_m": 14.0}, "small", 0.8),
        ("15 m long", {}, {"length_m": 15.0}, "small", 0.0),
        ("60 m long", {}, {"length_m": 60.0}, "large", -1.5),
        ("size not known", {}, {"length_m": NAN}, "small", None),
        ("first seen 3.1 nm off the beaches", {"first_beach_nm": 3.1}, {}, "from_beach", 0.0),
        ("in a port with a beach beside it", {"first_port_nm": 0.0}, {}, "from_beach", 0.0),
        ("in a port", {"first_port_nm": 0.05}, {}, "from_port", -1.5),
        ("half a mile off a port", {"first_port_nm": 0.5}, {}, "from_beach", 1.2),
        ("a chart without beaches", {"first_beach_nm": NAN}, {}, "from_beach", None),
        ("44 degrees off the landing coast", {"landfall_deg": 298.0 - 44}, {}, "to_landing", 0.8),
        ("46 degrees off", {"landfall_deg": 298.0 - 46}, {}, "to_landing", 0.0),
        ("too slow for a course", {"stw_kn": 0.9}, {}, "to_landing", 0.0),
        ("course through the water not known", {"ctw_deg": NAN}, {}, "to_landing", None),
        ("as straight as an autopilot", {"straightness": 0.99}, {}, "straight", 0.0),
        ("zigzags", {"straightness": 0.3}, {}, "zigzag", -0.5),
        ("a haul, 1.4 nm from where it was 90 min ago, at 4 kn", {"t_first_unix_s": -5400.0}, {}, "zigzag", -0.5),
        ("and so not straight", {"t_first_unix_s": -5400.0}, {}, "straight", 0.0),
        ("1.4 nm from where it was 50 min ago", {"t_first_unix_s": -3050.0}, {}, "straight", 0.3),
        ("a first haul is no second", {"t_first_unix_s": -2600.0, "lat_first_deg": 51.035}, {}, "straight", 0.3),
        ("slow by now, it may have lain still", {"t_first_unix_s": -5400.0}, {"sog_kn": 1.9}, "straight", 0.3),
        ("not known, and seen for long", {"straightness": NAN, "t_first_unix_s": -5400.0}, {}, "zigzag", None),
        ("form of the path not known", {"straightness": NAN}, {}, "straight", None),
        ("goes back", {}, {"cog_deg": 148.0}, "turns_back", -1.5),
        ("lies across", {}, {"cog_deg": 60.0}, "turns_back", 0.0),
    ],
)
def test_each_feature_adds_its_weight_once(
    sentence: str, echo: dict[str, Any], boat: dict[str, Any], feature: Feature, adds: float | None
) -> None:
    found, n = scored(echo, boat), FEATURES.index(feature)
    assert found.parts[0, n] == pytest.approx(NAN if adds is None else adds, nan_ok=True), sentence


def test_a_trawler_without_ais_on_a_haul_towards_england_is_told_in_no_lane() -> None:
    """Of unknown size, at night, straight for half an hour: only that it was here before tells it from a boat."""
    trawler = {**MID_STRAIT, "t_first_unix_s": -7200.0}
    boat = {**MID_STRAIT, "t_first_unix_s": -7200.0, "lat_first_deg": 50.95, "lon_first_deg": 2.20}
    least = rule_settings()["small_boat"]["min_score_in_scheme"]
    assert one(boat, {"length_m": NAN}) == pytest.approx(0.5)
    assert one(trawler, {"length_m": NAN}) < HOLD * least < least < 0.5


def test_night_is_where_the_sun_is_down() -> None:
    n = FEATURES.index("night")
    assert (scored({}, now=NIGHT).parts[0, n], scored({}, now=NOON).parts[0, n]) == (0.3, 0.0)


@pytest.mark.parametrize(
    ("sentence", "second", "adds"),
    [
        ("another boat a mile off", {"lat_deg": 51.055}, 0.5),
        ("another boat four miles off", {"lat_deg": 51.11}, 0.0),
        ("a stationary echo a mile off", {"lat_deg": 51.055, "sog_kn": 0.1}, 0.0),
    ],
)
def test_others_near(sentence: str, second: dict[str, Any], adds: float) -> None:
    echoes = [{**ECHO, "target_id": 61}, {**ECHO, "target_id": 62}]
    p = picture(BOAT, {**BOAT, "target_id": 62, **second}, now_unix_s=NIGHT, echoes=echoes)
    found = score(p, weights=WEIGHTS, **SETTINGS)
    assert found.parts[0, FEATURES.index("others_near")] == adds, sentence


def test_a_boat_alone_is_not_near_itself() -> None:
    assert scored({}).parts[0, FEATURES.index("others_near")] == 0.0


def test_a_leisure_area_lowers_the_score() -> None:
    chart = fences(("race", "watch_area", NAN))
    chart = type(chart)(chart.fence_id, chart.name, chart.kind, chart.traffic_direction_deg, (("leisure",),))
    inside = pairs((0, 0, NIGHT - 600, 900.0, False))
    assert scored({}, chart=chart, inside=inside).parts[0, FEATURES.index("leisure_area")] == -1.0


@pytest.mark.parametrize(
    ("sentence", "echo", "boat"),
    [
        ("a pot buoy past which the stream runs at 3 kn", {"stw_kn": 3.0, "ctw_deg": 290.0}, {"sog_kn": 0.2}),
        ("something adrift", {"stw_kn": 0.3}, {"sog_kn": 2.0}),
    ],
)
def test_what_lies_still_scores_nothing(sentence: str, echo: dict[str, Any], boat: dict[str, Any]) -> None:
    assert one(echo, boat) == 0.0, sentence


@pytest.mark.parametrize(
    ("sentence", "echo", "is_ripe"),
    [
        ("followed for twenty minutes", {}, True),
        ("for 119 s", {"t_first_unix_s": -121.0}, False),
        ("seen in nine scans", {"n_updates": 9}, False),
        ("where it was first seen", {"lat_first_deg": 51.04, "lon_first_deg": 2.08}, False),
        ("swings on its anchor for a day", {"t_first_unix_s": -86400.0}, False),
        ("first place not known", {"lat_first_deg": NAN}, False),
    ],
)
def test_a_target_is_ripe_when_it_is_old_enough_and_has_gone_somewhere(
    sentence: str, echo: dict[str, Any], is_ripe: bool
) -> None:
    assert scored(echo).is_ripe.tolist() == [is_ripe], sentence


def test_what_has_ais_or_a_name_is_not_scored() -> None:
    assert not len(scored({"is_dark": False}))
    assert not len(scored({}, {"mmsi": 235012345}))


def test_all_that_is_not_known_adds_nothing() -> None:
    nothing = dict.fromkeys(
        ("t_dark_unix_s", "stw_kn", "ctw_deg", "straightness", "first_beach_nm", "first_port_nm", "landfall_deg"), NAN
    )
    found = scored(nothing, {"length_m": NAN, "cog_deg": NAN})
    assert found.score[0] == pytest.approx(1 / (1 + np.exp(3.6 - 0.3)))
    assert told(found.parts[0]) == "night; whether it has AIS is not known"


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({}, "nothing counts for it"),
        ({"no_ais": 1.2}, "no AIS"),
        ({"night": 0.3, "no_ais": 1.2, "small": 0.8, "from_beach": 1.2}, "no AIS, from a departure beach, small echo"),
        ({"no_ais": 1.2, "large": -1.5, "zigzag": -0.5}, "no AIS, but large echo and zigzags"),
        (
            {"no_ais": 1.2, "boat_speed": 1.0, "small": 0.8, "zigzag": -0.5},
            "no AIS, speed of a loaded boat, small echo",
        ),
        ({"large": -1.5}, "nothing counts for it, but large echo"),
        ({"no_ais": NAN, "small": 0.8}, "small echo; whether it has AIS is not known"),
        ({"no_ais": 1.2, "small": NAN}, "no AIS"),
    ],
)
def test_the_three_weightiest_parts_are_told(parts: dict[str, float], said: str) -> None:
    assert told([parts.get(name, 0.0) for name in FEATURES]) == said


def test_the_order_of_targets_does_not_matter_and_each_stands_for_itself() -> None:
    kinds: list[dict[str, Any]] = [{}, MID_STRAIT, {"stw_kn": NAN}]
    for order in itertools.permutations(range(3)):
        boats = [{**BOAT, "target_id": 61 + i, "lat_deg": 50.0 + order[i]} for i in range(3)]
        echoes = [{**ECHO, "target_id": 61 + i, "lat_first_deg": 49.98 + order[i], **kinds[order[i]]} for i in range(3)]
        p = picture(*boats, now_unix_s=NIGHT, echoes=echoes)
        found = score(p, weights=WEIGHTS, **SETTINGS)
        assert [round(float(s), 3) for s in found.score] == [[0.881, 0.69, 0.55][i] for i in order]


def test_every_weight_has_a_value_and_every_feature_a_word() -> None:
    assert set(WEIGHTS) == set(FEATURES) | {"bias", "day"}
    assert set(TOLD) == set(FEATURES) == set(get_args(Feature))
    assert {name for part in get_args(Weight) for name in ([part] if isinstance(part, str) else get_args(part))} == set(
        WEIGHTS
    )
