"""The whole way of a changed chart, with the product's own files: disk, watch, pipeline, hub."""

import gzip
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from alerts.store import Store
from monitor import assembly, config
from monitor.chart_watch import ChartWatch
from monitor.feeds.player import Player
from monitor.machine import Machine, machine
from monitor.running import watch_of
from monitor.sim import feed, story


class Sea:
    """A monitor whose chart lies in a file of its own."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "chart.geojson"
        shutil.copy(assembly.shipped("channel.geojson"), self.path)
        settings = config.parse(config.shipped_text().replace("files = []", f"files = [{str(self.path)!r}]"))
        self.store = Store(folder / "store.sqlite")
        self.made: Machine = machine(settings, self.store, [], is_exercise=True, time_zones={})
        self.watch: ChartWatch = watch_of(self.made)
        self.player = Player(feed.chunks(story.load("quiet-hour")))
        self.t_start_unix_s = self.player.open()
        self.t_s = 0

    def go_on(self, n_s: int) -> None:
        for _ in range(n_s):
            self.t_s += 1
            now_unix_s = self.t_start_unix_s + self.t_s
            self.made.hub.publish(self.made.step(self.player.take(now_unix_s), [], now_unix_s))

    def edit(self, edited: dict) -> None:
        self.path.write_bytes(msgspec.json.encode(edited))
        self.watch.look()
        self.watch.look()


@pytest.fixture
def sea(tmp_path: Path) -> Iterator[Sea]:
    sea = Sea(tmp_path)
    yield sea
    sea.store.close()


def test_an_edited_chart_comes_into_force_with_the_next_step(sea: Sea) -> None:
    sea.go_on(300)
    hub, state = sea.made.hub, sea.made.state
    stays = {(k >> 20, state.chart.fence_id[k & 0xFFFFF]): t for k, t in _pairs(sea)}
    assert len(stays) > 20
    chart = json.loads(sea.path.read_text(encoding="utf-8"))
    gone = chart["features"].pop(0)["properties"]["id"]
    version, n_ticks = hub.chart_version, state.counters["n_ticks"]
    sea.edit(chart)
    assert hub.chart_version == version, "not before it is in force"
    sea.go_on(1)
    assert hub.chart_version != version
    shown = {feature["properties"]["id"] for feature in json.loads(gzip.decompress(hub.chart))["features"]}
    assert shown == set(state.fences.fence_id) == {f["properties"]["id"] for f in chart["features"]}
    assert state.picture is not None
    assert state.picture.fences.fence_id == state.fences.fence_id
    assert state.counters["n_ticks"] == n_ticks + 1
    kept = {(k >> 20, state.chart.fence_id[k & 0xFFFFF]): t for k, t in _pairs(sea)}
    wanted = {who: t for who, t in stays.items() if who[1] != gone}
    assert sum(kept.get(who) == t for who, t in wanted.items()) > 0.95 * len(wanted)  # some moved on in that second
    assert not any(fence_id == gone for _, fence_id in kept)


def test_a_faulty_one_is_shown_and_changes_nothing(sea: Sea) -> None:
    sea.go_on(10)
    hub, fences = sea.made.hub, sea.made.state.fences
    whole = json.loads(sea.path.read_text(encoding="utf-8"))
    faulty = json.loads(sea.path.read_text(encoding="utf-8"))
    del faulty["features"][5]["geometry"]["coordinates"][0][-1]
    sea.edit(faulty)
    sea.go_on(2)
    assert sea.made.state.fences is fences
    assert "is not closed" in hub.chart_fault
    sea.edit(whole)
    assert hub.chart_fault == ""


def _pairs(sea: Sea) -> list[tuple[int, float]]:
    pairs = sea.made.state.dwell.pairs
    inside = pairs.t_enter_unix_s == pairs.t_enter_unix_s
    return list(zip(pairs.key[inside].tolist(), pairs.t_enter_unix_s[inside].tolist(), strict=True))
