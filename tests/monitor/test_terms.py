"""Terms of fences through the whole pipeline: own hysteresis, hours, sides, vessels."""

import math
from typing import Any

import numpy as np
import pytest

from alerts.alert import Event
from geofences import geojson
from monitor import assembly, config, pipeline, terms
from monitor.feeds.chunk import Chunk
from monitor.output import Output
from monitor.sim import feed, story
from monitor.state import State
from tests.monitor.ships import SETTINGS, T0, Ship, area, entries, fence_steps, sail, stays, transitions, watching

ALL_DAY = "Mo-Su"  # of T0, 09:46:40 UTC on a Wednesday


def reasons(told: list[Output]) -> list[str]:
    return [step.reason for step in fence_steps(told) if step.rule == "fence_entry" and step.event is not Event.UPDATED]


def entered_s(ship: Ship, seconds: int = 400, **properties: Any) -> float:
    """When a ship counts as inside, seconds after T0, told by whom; NaN never."""
    state = watching(area("a", 1.0, 50.0, **properties))
    told = sail(state, [ship], 0, seconds)
    found = [step.t_unix_s - T0 for step in fence_steps(told) if step.rule == "fence_entry"]
    return found[0] if found else math.nan


# ---- hysteresis ----

SLOW = Ship(1, 50.05, 0.999, east_kn=5.0)  # 72 m outside: 2.6 m/s, inside after 28 s, reports every 5 s


def test_without_terms_a_fence_takes_the_settings() -> None:
    assert entered_s(SLOW) == 35.0  # the second report inside
    assert entered_s(SLOW, enter_reports=None, enter_margin_m="") == 35.0


@pytest.mark.parametrize(
    ("properties", "wanted_s"),
    [
        ({"enter_reports": 1}, 30.0),
        ({"enter_reports": 4}, 45.0),
        ({"enter_reports": 100, "enter_after_s": 40, "enter_margin_m": 5000}, 70.0),
        ({"enter_reports": 100, "enter_after_s": 1e6, "enter_margin_m": 150}, 90.0),
        ({"enter_margin_m": 0}, 30.0),
    ],
)
def test_a_fence_has_its_own_way_in(properties: dict[str, Any], wanted_s: float) -> None:
    assert entered_s(SLOW, **properties) == wanted_s


def test_and_its_own_way_out() -> None:
    """Two fences of one shape; a ship that leaves to the east is out of the first at 100 m, of the second at 500 m."""
    state = watching(area("a", 1.0, 50.0), area("b", 1.0, 50.0, exit_margin_m=500))
    ship = Ship(1, 50.05, 1.0995, east_kn=20.0)  # 36 m inside, 10.3 m/s
    left: dict[str, int] = {}
    for t_s in range(100):
        sail(state, [ship], t_s, t_s + 1)
        inside = {fence_id for _, fence_id, _ in stays(state)}
        left |= {fence_id: t_s for fence_id in "ab" if fence_id not in inside and fence_id not in left}
    assert left == {"a": 15, "b": 55}


# ---- hours ----


def test_a_fence_out_of_its_hours_holds_nobody() -> None:
    inside, passing = Ship(1, 50.05, 1.05), Ship(2, 50.05, 0.999, east_kn=20.0)
    for properties in (
        {"schedule": "Th-Tu"},
        {"schedule": "12:00-13:00"},
        {"active_from": "2026-11-26T00:00:00Z"},
        {"active_until": "2026-11-25T09:00:00Z"},
    ):
        state = watching(area("a", 1.0, 50.0, **properties))
        told = sail(state, [inside, passing], 0, 120)
        assert stays(state) == set(), properties
        assert fence_steps(told) == []


def test_who_is_there_when_the_hour_comes_is_told_in_these_words() -> None:
    state = watching(area("a", 1.0, 50.0, schedule="09:48-10:00", name="Regatta"))  # from 80 s after T0
    told = sail(state, [Ship(1, 50.05, 1.05), Ship(2, 50.05, 0.95, east_kn=30.0)], 0, 400)
    steps = [(step.subject.mmsi, step.t_unix_s - T0) for step in fence_steps(told) if step.rule == "fence_entry"]
    assert steps == [(1, 80.0), (2, 235.0)]
    assert reasons(told)[0].startswith(
        "SHIP 1 (MMSI 000000001) was inside Regatta, when it came into force, at 09:48:00"
    )
    assert reasons(told)[1].startswith("SHIP 2 (MMSI 000000002) entered Regatta at")
    assert (8, "a", T0 + 80) in stays(state)


def test_who_is_there_at_the_start_is_a_baseline_all_the_same() -> None:
    state = watching(area("a", 1.0, 50.0, schedule=ALL_DAY))
    assert entries(sail(state, [Ship(1, 50.05, 1.05)], 0, 200)) == []
    assert stays(state) == {(8, "a", T0)}


def test_when_the_hour_ends_the_pairs_go_and_the_alert_says_why() -> None:
    state = watching(area("a", 1.0, 50.0, active_until="2026-11-25T09:48:20Z", name="Regatta"))  # 100 s after T0
    told = sail(state, [Ship(1, 50.05, 0.999, east_kn=5.0)], 0, 100)
    assert entries(told) == [("a", "opened")]
    assert stays(state) != set()
    told = sail(state, [Ship(1, 50.05, 0.999, east_kn=5.0)], 100, 200)
    assert stays(state) == set()
    assert entries(told) == [("a", "cleared")]
    assert reasons(told)[0].startswith("Regatta is no longer in force")
    assert state.picture is not None
    assert len(state.picture.pairs) == 0


def test_a_leg_through_a_fence_out_of_its_hours_is_no_crossing() -> None:
    ship = Ship(1, 50.0005, 0.9995, east_kn=90.0)
    for schedule, wanted in ((ALL_DAY, [("thin", "opened")]), ("Th", [])):
        state = watching(area("thin", 1.0, 50.0, 0.001, schedule=schedule))
        assert [entry for entry in entries(sail(state, [ship], 0, 12)) if entry[1] == "opened"] == wanted


def test_a_chart_with_hours_replays_alike_at_any_block_size() -> None:
    fences = geojson.parse(
        [
            area("a", 1.2, 50.8, 0.4, schedule="00:00-23:00", exit_margin_m=300),
            area("b", 1.0, 50.6, 0.5, enter_reports=4),
        ]
    )
    data = b"".join(chunk.data for chunk in feed.chunks(story.load("lanes")))
    told = []
    for block in (1 << 13, 1 << 18):
        state = assembly.state(SETTINGS, is_exercise=True, time_zones={})
        pipeline.renew_chart(state, fences)
        outputs = [
            pipeline.step(state, [Chunk("sim", math.nan, data[begin : begin + block])], [], None)
            for begin in range(0, len(data), block)
        ]
        outputs.append(pipeline.finish(state))
        told.append((transitions(outputs), stays(state)))
    assert told[0] == told[1]
    assert told[0][1]


# ---- sides and vessels ----


def line(fence_id: str, **properties: Any) -> dict[str, Any]:
    """From south to north: its port side is the west."""
    return {
        "type": "Feature",
        "properties": {"id": fence_id, "kind": "exclusion_zone", **properties},
        "geometry": {"type": "LineString", "coordinates": [[1.0, 50.0], [1.0, 50.1]]},
    }


def test_a_line_tells_crossings_from_its_side_only() -> None:
    state = watching(line("p", direction="port"), line("s", direction="starboard"), line("b"))
    ships = [Ship(1, 50.05, 0.999, east_kn=20.0), Ship(2, 50.06, 1.001, east_kn=-20.0)]
    told = sail(state, ships, 0, 60)
    opened = [step for step in fence_steps(told) if step.event is Event.OPENED]
    found = sorted((step.subject.mmsi, str(dict(step.evidence)["fence_id"])) for step in opened)
    assert found == [(1, "b"), (1, "p"), (2, "b"), (2, "s")]
    assert {step.reason.split(" at ")[0] for step in opened if step.subject.mmsi == 1} == {
        "SHIP 1 (MMSI 000000001) crossed b from its port side",
        "SHIP 1 (MMSI 000000001) crossed p from its port side",
    }


def test_a_line_tells_steep_crossings_only() -> None:
    """At 50 degrees north a ship that makes 10 kn north and 10 kn east goes at 45 degrees on the water."""
    state = watching(
        line("30", min_angle_deg=30),
        line("60", min_angle_deg=60),
        line("any"),
        line("45", direction="port", min_angle_deg=44),
    )
    ships = [
        Ship(1, 50.03, 0.999, east_kn=10.0, north_kn=10.0),
        Ship(2, 50.04, 0.999, east_kn=20.0),
        Ship(3, 50.05, 1.0005, east_kn=-2.0, north_kn=20.0),
    ]
    opened = [step for step in fence_steps(sail(state, ships, 0, 120)) if step.event is Event.OPENED]
    found = sorted((step.subject.mmsi, str(dict(step.evidence)["fence_id"])) for step in opened)
    assert found == [(1, "30"), (1, "45"), (1, "any"), (2, "30"), (2, "45"), (2, "60"), (2, "any"), (3, "any")]


def along(state: State, lon_deg: float, *parts: tuple[float, int]) -> list[str]:
    """What entries are told of a ship that goes east at each of some speeds for so many seconds, without a jump."""
    told, t_s = [], 0
    for east_kn, seconds in parts:
        per_s = Ship(1, 50.05, 0.0, east_kn=east_kn).at(1)[1]
        ship = Ship(1, 50.05, lon_deg - per_s * t_s, east_kn=east_kn)
        told += sail(state, [ship], t_s, t_s + seconds)
        t_s, lon_deg = t_s + seconds, lon_deg + per_s * seconds
    steps = [step for step in fence_steps(told) if step.rule == "fence_entry"]
    assert len({step.alert_id for step in steps}) == sum(step.event is Event.OPENED for step in steps)
    return [step.event.value for step in steps]


def steps_of_visits(cooldown_s: float | None) -> list[str]:
    """What is told of a ship that visits a fence, is away for half an hour, and visits it again."""
    state = watching(area("a", 1.0, 50.0, cooldown_s=cooldown_s))
    return along(state, 0.999, (15.0, 120), (-15.0, 200), (0.0, 1_800), (15.0, 200), (-15.0, 250))


def test_a_visit_within_the_cooldown_is_the_same_alert() -> None:
    usual = ["opened", "cleared", "opened", "cleared"]
    assert steps_of_visits(None) == usual, "half an hour is longer than the rule's quarter"
    assert steps_of_visits(1_500.0) == usual, "the cooldown is over too"
    assert steps_of_visits(7_200.0) == ["opened", "cleared", "updated", "cleared"]


@pytest.mark.parametrize(
    ("speeds_kn", "wanted"),
    [
        ((6.0, 5.2, 4.9, 5.1, 4.4, 5.3), ["opened"]),  # at 5 kn a ship may lose 1 kn and still be meant
        ((6.0, 4.9, 4.9, 3.9, 3.9, 3.9), ["opened", "cleared"]),
        ((4.4, 4.6, 4.9, 4.8, 4.9, 4.4), []),  # but what has not been above the limit begins nothing
    ],
)
def test_a_speed_that_hovers_about_a_limit_does_not_flicker(speeds_kn: tuple[float, ...], wanted: list[str]) -> None:
    state = watching(area("a", 1.0, 50.0, 0.5, min_sog_kn=5))
    parts = [(6.0, 150), *((speed_kn, 100) for speed_kn in speeds_kn)]
    assert along(state, 0.997, *(parts if wanted else [(4.0, 150), *parts[1:]])) == wanted


def test_a_fence_for_one_ship_is_about_no_other() -> None:
    state = watching(area("a", 1.0, 50.0, mmsi="219000001, 219000009"))
    ships = [Ship(219_000_001 + k, 50.05 + 0.01 * k, 0.999, east_kn=5.0) for k in range(3)]
    opened = [step for step in fence_steps(sail(state, ships, 0, 100)) if step.event is Event.OPENED]
    assert [step.subject.mmsi for step in opened] == [219_000_001]


def test_a_filter_chooses_among_vessels_and_an_alert_that_it_ends_says_so() -> None:
    state = watching(area("a", 1.0, 50.0, classes="cargo", min_sog_kn=3, name="Bank"))
    ships = [Ship(1, 50.05, 0.999, east_kn=5.0), Ship(2, 50.06, 0.999, east_kn=5.0, ship_type=80)]
    told = sail(state, ships, 0, 100)
    assert [step.subject.mmsi for step in fence_steps(told)] == [1]
    assert len({target for target, _, _ in stays(state)}) == 2  # both are in it, and the map says so
    lat_deg, lon_deg = ships[0].at(100)
    told = sail(state, [Ship(1, lat_deg, lon_deg), ships[1]], 100, 200)
    assert [step.event for step in fence_steps(told)] == [Event.CLEARED]
    assert reasons(told)[0].startswith(
        "SHIP 1 (MMSI 000000001) is still in Bank, but no longer one of the vessels that it is about"
    )


def test_a_chart_without_terms_is_not_asked_about_them() -> None:
    fences = assembly.chart(SETTINGS)
    chart, thresholds = terms.chart_of(fences), terms.thresholds_of(fences, SETTINGS.picture)
    assert (chart.concern, chart.is_active) == (None, None)
    assert {group for of_fence in chart.groups for group in of_fence} == {"open_mouth"}, (
        "the chart's own, of ports only"
    )
    assert not any(isinstance(getattr(thresholds, name), np.ndarray) for name in thresholds.__slots__)
    assert terms.active_now(fences, T0) is None
    assert config.parse(config.shipped_text()).rules["fence_entry"]["groups"] == ()
