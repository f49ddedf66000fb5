"""A chart that changes while the monitor runs: who was watched stays watched, and the change itself raises nothing."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from alerts.alert import Transition
from geofences import geojson
from geofences.compare import earlier, is_drawn_alike
from geofences.fenceset import FenceSet
from monitor import assembly, chart_watch, config, pipeline
from monitor.chart_reader import ChartReader
from monitor.chart_watch import Chart, ChartWatch
from monitor.drawn import Drawn
from monitor.feeds.chunk import Chunk
from monitor.output import Output
from monitor.sim import feed, story
from monitor.state import State
from tests.monitor.ships import T0, Ship, area, entries, sail, statics, stays, transitions, watching

SETTINGS = config.parse(config.shipped_text())

# ---- between two ticks ----


def played(data: bytes, charts: dict[int, FenceSet]) -> tuple[list[Transition], State]:
    """A story in blocks; before some of them another chart is put in force."""
    state = assembly.state(SETTINGS, is_exercise=True, time_zones={})
    told: list[Output] = []
    for number, begin in enumerate(range(0, len(data), 1 << 15)):
        if number in charts:
            pipeline.renew_chart(state, charts[number])
        told.append(pipeline.step(state, [Chunk("sim", math.nan, data[begin : begin + (1 << 15)])], [], None))
    told.append(pipeline.finish(state))
    return transitions(told), state


def test_the_same_fences_in_another_order_mid_story_change_nothing() -> None:
    chart = assembly.chart(SETTINGS)
    features = chart_watch.feature_collection(chart)["features"]
    data = b"".join(chunk.data for chunk in feed.chunks(story.load("lanes")))
    plain, before = played(data, {})
    renewed, after = played(data, {3: geojson.parse(features[::-1]), 5: chart, 8: geojson.parse(features[::-1])})
    assert len(plain) > 0
    assert renewed == plain
    assert stays(after) == stays(before)
    assert after.counters == before.counters


def test_clocks_of_fences_that_stayed_go_on_and_pairs_of_those_that_left_go() -> None:
    state = watching(area("a", 1.0, 50.0), area("b", 1.0, 50.0))
    ships = [Ship(1, 50.05, 0.99, east_kn=20.0)]
    sail(state, ships, 0, 400)
    before = stays(state)
    assert {fence_id for _, fence_id, _ in before} == {"a", "b"}
    pipeline.renew_chart(state, geojson.parse([area("c", 3.0, 50.0), area("b", 1.0, 50.0)]))
    sail(state, ships, 400, 410)
    assert stays(state) == {stay for stay in before if stay[1] == "b"}


def test_a_fence_drawn_over_a_vessel_is_no_entry_but_its_stay_counts_from_then_on() -> None:
    state = watching(area("far", 3.0, 50.0))
    ships = [Ship(1, 50.05, 1.05), Ship(2, 50.05, 0.97, east_kn=20.0)]
    told = sail(state, ships, 0, 100)
    pipeline.renew_chart(state, geojson.parse([area("far", 3.0, 50.0), area("new", 1.0, 50.0)]))
    told += sail(state, ships, 100, 450)
    assert entries(told) == [("new", "opened")]  # by the ship that came later
    assert (transitions(told)[0].subject.mmsi, stays(state) & {(8, "new", T0 + 100)}) == (2, {(8, "new", T0 + 100)})
    dwelt = [step.t_unix_s - T0 for step in transitions(told) if step.rule == "fence_dwell" and step.subject.mmsi == 1]
    assert dwelt == [400.0]  # 300 s after the chart came into force


def test_a_fence_that_is_drawn_anew_holds_whom_its_new_shape_holds() -> None:
    state = watching(area("a", 1.0, 50.0))
    ships = [Ship(1, 50.05, 1.05), Ship(2, 50.05, 1.25)]
    sail(state, ships, 0, 20)
    assert {target for target, _, _ in stays(state)} == {8}
    pipeline.renew_chart(state, geojson.parse([area("a", 1.2, 50.0)]))
    told = sail(state, ships, 20, 22)
    assert stays(state) == {(16, "a", T0 + 20)}
    assert entries(told) == []


def test_a_leg_that_began_before_the_change_does_nothing_to_a_new_fence() -> None:
    """The ship jumps over a thin area between two reports; the chart changes just after."""
    thin = area("thin", 1.0, 50.0, 0.001)
    for change_s, wanted in ((0, [("thin", "opened")]), (4, [])):
        state = watching(area("far", 3.0, 50.0))
        ships = [Ship(1, 50.0005, 0.9995, east_kn=90.0)]
        told = sail(state, ships, 0, change_s) if change_s else []
        pipeline.renew_chart(state, geojson.parse([area("far", 3.0, 50.0), thin]))
        told += sail(state, ships, change_s, 12)
        assert [entry for entry in entries(told) if entry[1] == "opened"] == wanted


def test_an_alert_about_a_fence_that_is_gone_ends_and_says_so() -> None:
    state = watching(area("a", 1.0, 50.0), area("b", 3.0, 50.0))
    ships = [Ship(1, 50.05, 0.99, east_kn=20.0)]
    assert entries(sail(state, ships, 0, 300)) == [("a", "opened")]
    pipeline.renew_chart(state, geojson.parse([area("b", 3.0, 50.0)]))
    told = sail(state, ships, 300, 400)
    assert entries(told) == [("a", "cleared")]
    assert transitions(told)[0].reason.startswith("The chart has no fence a any more")


def test_an_alert_about_a_fence_that_was_drawn_away_from_its_vessel_ends_and_says_so() -> None:
    """She did not leave: the fence did."""
    state = watching(area("a", 1.0, 50.0))
    ships = [Ship(1, 50.05, 0.99, east_kn=20.0)]
    assert entries(sail(state, ships, 0, 300)) == [("a", "opened")]
    pipeline.renew_chart(state, geojson.parse([area("a", 1.0, 50.2)]))
    told = sail(state, ships, 300, 400)
    assert entries(told) == [("a", "cleared")]
    assert transitions(told)[0].reason.startswith(
        "SHIP 1 (MMSI 000000001) is not in a as it was drawn anew at 09:51:40"
    )


def test_the_change_is_on_record() -> None:
    state = watching(area("a", 1.0, 50.0), area("b", 3.0, 50.0))
    sail(state, [Ship(1, 50.05, 0.99)], 0, 5)
    pipeline.renew_chart(state, geojson.parse([area("b", 3.0, 50.1), area("c", 4.0, 50.0)]))
    told = sail(state, [Ship(1, 50.05, 0.99)], 5, 10)
    (line,) = [entry for output in told for entry in output.audit]
    assert (line.who, line.what) == ("system", "chart changed")
    assert line.text == "2 fences in force; new: c; gone: a; drawn anew: b"


def test_fences_drawn_alike_are_known_by_their_edges() -> None:
    old = geojson.parse([area("a", 1, 50), area("b", 2, 50), area("c", 3, 50)])
    new = geojson.parse([area("d", 1, 50), area("c", 3, 50), area("b", 2, 50.1), area("a", 1, 50)])
    before = earlier(old, new)
    assert before.tolist() == [-1, 2, 1, 0]
    assert is_drawn_alike(old, new, before).tolist() == [False, True, False, True]


def test_a_ship_first_heard_by_its_name_has_not_entered_where_it_is_first_seen() -> None:
    state = watching(area("a", 1.0, 50.0))
    ship = Ship(1, 50.05, 1.05)
    pipeline.step(state, [Chunk("test", T0, statics([ship]))], [], T0 + 2)
    told = sail(state, [ship], 3, 60)
    assert entries(told) == []
    assert stays(state) == {(8, "a", T0 + 5)}


# ---- files ----


class Files:
    """A chart file with a watch over it; the test says when it looks."""

    def __init__(self, path: Path, *features: dict[str, Any]) -> None:
        self.path = path
        self.offered: list[Chart] = []
        self.faults: list[str] = []
        self.n_read = 0
        self.reader = ChartReader([path], {}, None)
        self.write(*features)
        marks = chart_watch.marks_of([path])
        fences, _ = self.read()
        assert fences is not None
        chart = chart_watch.chart_of(fences)
        self.watch = ChartWatch(
            [path],
            self.read,
            marks=marks,
            version=chart.version,
            offer=self.offered.append,
            tell_fault=self.faults.append,
        )

    def write(self, *features: dict[str, Any]) -> None:
        self.put(json.dumps({"type": "FeatureCollection", "features": features}))

    def put(self, text: str) -> None:
        """By renaming, as careful programs do."""
        beside = self.path.with_suffix(".new")
        beside.write_text(text, encoding="utf-8")
        beside.replace(self.path)

    def read(self) -> tuple[FenceSet | None, list[str]]:
        self.n_read += 1
        return self.reader.read()

    def look(self, times: int = 2) -> None:
        for _ in range(times):
            self.watch.look()


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path / "chart.geojson", area("a", 1.0, 50.0))


def test_files_at_rest_are_not_read(files: Files) -> None:
    n_before = files.n_read
    files.look(5)
    assert files.n_read == n_before
    assert files.offered == []


def test_a_changed_file_is_read_once_it_rests(files: Files) -> None:
    files.write(area("a", 1.0, 50.0), area("b", 2.0, 50.0))
    files.look(1)
    assert files.offered == []
    files.look(3)
    assert [chart.fences.fence_id for chart in files.offered] == [("a", "b")]
    assert files.faults == []


def test_half_a_file_is_never_judged_while_it_grows(files: Files) -> None:
    text = files.path.read_text(encoding="utf-8")
    for n in range(10, len(text), 40):
        files.path.write_text(text[:n], encoding="utf-8")
        files.look(1)
    assert files.faults == []
    assert files.offered == []


def test_a_faulty_file_is_refused_told_with_its_faults_and_told_again_only_when_they_change(
    files: Files, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = area("bad", 1.0, 50.0, kind="nonsense")
    worse = {**area("worse", 1.0, 50.0), "geometry": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0]]]}}
    files.write(bad, worse)
    files.look(4)
    assert files.offered == []
    (told,) = files.faults
    assert "unknown kind nonsense" in told
    assert "and 1 more" in told
    assert "has a ring of 3 points" in capsys.readouterr().out  # the log has them all
    files.write(bad, worse)
    files.look(4)
    assert len(files.faults) == 1
    files.write(area("a", 1.0, 50.0))  # as it was
    files.look(4)
    assert files.faults[1:] == [""]
    assert files.offered == [], "the chart in force was never another one"


@pytest.mark.parametrize("text", ["", "[", "null", "[" * 100_000, '{"type": "FeatureCollection"}', "\x00\x01"])
def test_nothing_in_a_file_ends_the_watch(files: Files, text: str) -> None:
    files.put(text)
    files.look(3)
    assert files.offered == []
    assert len(files.faults) == 1
    files.write(area("b", 1.0, 50.0))
    files.look(3)
    assert len(files.offered) == 1
    assert files.faults[-1] == ""


def test_while_a_file_is_faulty_what_people_draw_comes_into_force_all_the_same(tmp_path: Path) -> None:
    chart, fences = tmp_path / "chart.geojson", tmp_path / "drawn.geojson"
    reader = ChartReader([chart], {}, fences)
    drawn = Drawn(fences, lambda entry: None, lambda: T0)

    def read() -> tuple[tuple[str, ...] | None, int]:
        found, faults = reader.read()
        return found and found.fence_id, len(faults)

    chart.write_text(json.dumps({"type": "FeatureCollection", "features": [area("a", 1.0, 50.0)]}))
    assert read() == (("a",), 0)
    drawn.put("Jo", "Wreck", "exclusion_zone", area("x", 2.0, 50.0)["geometry"])
    for text in ("{", json.dumps({"type": "FeatureCollection", "features": [area("a", 1.0, 50.0, kind="nonsense")]})):
        chart.write_text(text)
        assert read() == (("a", "drawn-1"), 1)
    drawn.act("Jo", "disable", "drawn-1")
    assert read() == (("a",), 1)
    fences.write_text("{")  # somebody's editor
    assert read() == (None, 1)
    chart.write_text(json.dumps({"type": "FeatureCollection", "features": [area("b", 1.0, 50.0)]}))
    assert read() == (None, 1)
    fences.unlink()
    assert read() == (("b",), 0)


def test_what_is_remembered_at_the_start_counts_when_somebody_breaks_the_file(tmp_path: Path) -> None:
    chart = tmp_path / "chart.geojson"
    chart.write_text(json.dumps({"type": "FeatureCollection", "features": [area("a", 1.0, 50.0)]}))
    reader = ChartReader([chart], {}, None)
    reader.remember()
    chart.write_text("{")
    fences, faults = reader.read()
    assert fences is not None
    assert (fences.fence_id, len(faults)) == (("a",), 1)
    blind = ChartReader([chart, tmp_path / "nowhere"], {}, None)
    blind.remember()
    assert blind.read()[0] is None


def test_what_was_never_sound_is_no_chart(tmp_path: Path) -> None:
    (tmp_path / "chart.geojson").write_text("{")
    fences, (fault,) = ChartReader([tmp_path / "chart.geojson"], {}, None).read()
    assert fences is None
    assert fault.startswith("chart: chart.geojson")


def test_a_file_that_is_gone_leaves_the_chart_in_force(files: Files) -> None:
    files.path.unlink()
    files.look(3)
    assert files.offered == []
    assert "No such file" in files.faults[0]


def test_a_file_that_changes_under_the_reader_is_read_again(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    read = files.read

    def slow() -> FenceSet:
        found = read()
        if files.n_read < 4:
            files.write(area("c", 1.0 + files.n_read, 50.0))
        return found

    monkeypatch.setattr(files.watch, "_read", slow)
    files.write(area("b", 2.0, 50.0))
    files.look(9)
    assert [chart.fences.fence_id for chart in files.offered] == [("c",)]


def test_who_asks_has_the_files_read_at_once(files: Files) -> None:
    n_before = files.n_read
    files.watch.look(is_asked=True)
    assert files.n_read == n_before + 1


def test_the_version_tells_charts_apart_and_outlives_a_restart() -> None:
    one, same, other = (chart_watch.chart_of(geojson.parse([area("a", x, 50.0)])) for x in (1.0, 1.0, 1.1))
    assert one.version == same.version != other.version
    assert np.array_equal(one.fences.edges.xa, same.fences.edges.xa)
