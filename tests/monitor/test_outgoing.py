"""What leaves the house beside alerts: in time, only what somebody takes, and the sinks' own state for the rules."""

import asyncio
import contextlib
import dataclasses
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from alerts.items import Figures, Item, Kind, Tracks
from alerts.sinks.contract import WriteResult, all_accepted, all_kept
from alerts.store import Store
from monitor import config
from monitor.config_check import ConfigFaults
from monitor.feeds.player import Player
from monitor.machine import Machine, machine
from monitor.outgoing import open_sinks
from monitor.sim import feed, story

SETTINGS = config.parse(config.shipped_text())
INFLUX = """
[[sinks]]
type = "influx"
name = "influx"
url = "http://127.0.0.1:1"
api = "auto"
org = ""
bucket = "night"
user = ""
secret_env = ""
secret_file = ""
timeout_s = 10.0
is_gzip = false
takes = ["transition", "figures"]
takes_exercises = false
"""


class Box:
    """A sink in memory that can be away."""

    batch = 100

    def __init__(self, *kinds: Kind) -> None:
        self.name, self.kinds = "box", frozenset(kinds)
        self.items: list[Item] = []
        self.is_away = False

    async def write(self, batch: Sequence[Item]) -> WriteResult:
        if self.is_away:
            return all_kept(batch, "away", needs_repair=True)
        self.items += batch
        return all_accepted(batch)

    async def close(self) -> None:
        return


class Queue:
    """The writer's queue, worked off at once."""

    def __init__(self, made: Machine) -> None:
        self.made = made

    def put(self, item: object) -> None:
        self.made.write(item)

    offer = put


@contextlib.contextmanager
def night(tmp_path: Path, box: Box) -> Iterator[tuple[Machine, Player, float]]:
    with contextlib.closing(Store(tmp_path / "night.sqlite")) as store:
        made = machine(SETTINGS, store, [box], is_exercise=True, time_zones={})
        player = Player(feed.chunks(story.load("lanes")))
        yield made, player, player.open()


def play(made: Machine, player: Player, t_start_unix_s: float, seconds: range) -> None:
    for second in seconds:
        output = made.step(player.take(t_start_unix_s + second), [], t_start_unix_s + second)
        made.tell(output, Queue(made))  # type: ignore[arg-type]


def drain(made: Machine) -> None:
    asyncio.run(made.outgoing.deliveries.all[0].drain())


def kinds_of(items: Collection[Item]) -> set[Kind]:
    return {item.kind for item in items}


def test_figures_come_every_ten_seconds_and_tracks_of_vessels_in_open_incidents(tmp_path: Path) -> None:
    box = Box(*Kind)
    with night(tmp_path, box) as (made, player, start):
        play(made, player, start, range(1, 900))
        drain(made)
        n_told = len(made.store.transitions())
    figures = [item.body for item in box.items if isinstance(item.body, Figures)]
    assert len(figures) == pytest.approx(90, abs=1)
    times = np.array([item.t_unix_s for item in box.items if item.kind is Kind.FIGURES])
    assert (np.diff(times) == 10.0).all()
    assert (times % 10.0 == 0).all()
    assert figures[-1].receivers[0].source == "simulator"
    assert dict(figures[-1].pipeline)["n_sentences"] > 1000
    assert figures[-1].is_exercise
    assert figures[-1].sinks[0].sink == "box"
    tracks = [item.body for item in box.items if isinstance(item.body, Tracks)]
    assert tracks
    assert n_told
    told = {item.body.incident_id for item in box.items if item.kind is Kind.INCIDENT}  # type: ignore[union-attr]
    assert {sample.incident for body in tracks for sample in body.samples} <= told


def test_nothing_is_made_that_nobody_takes(tmp_path: Path) -> None:
    box = Box(Kind.TRANSITION)
    with night(tmp_path, box) as (made, player, start):
        play(made, player, start, range(1, 300))
        assert kinds_of(made.store.outbox.waiting("any", 10_000)) <= {Kind.TRANSITION, Kind.INCIDENT}


def test_a_sink_that_takes_nothing_is_told_and_cleared_when_it_is_back(tmp_path: Path) -> None:
    box = Box(*Kind)
    with night(tmp_path, box) as (made, player, start):
        box.is_away = True
        play(made, player, start, range(1, 60))
        drain(made)
        play(made, player, start, range(60, 120))
        told = [s.transition for s in made.store.transitions() if s.transition.rule == "delivery"]
        assert [step.event.value for step in told] == ["opened"]
        assert told[0].subject.label == "box"
        assert "box takes nothing since" in told[0].reason
        assert "somebody must mend it" in told[0].reason
        box.is_away = False
        drain(made)
        play(made, player, start, range(120, 200))
        told = [s.transition for s in made.store.transitions() if s.transition.rule == "delivery"]
        assert [step.event.value for step in told] == ["opened", "cleared"]


def test_a_replay_gives_the_same_items(tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        box = Box(*Kind)
        with night(tmp_path / name, box) as (made, player, start):
            play(made, player, start, range(1, 400))
            drain(made)
        found.append([(item.item_id, repr(item.body)) for item in box.items])
    assert found[0] == found[1]


def test_a_drill_reaches_only_sinks_that_say_so() -> None:
    settings = config.parse(config.shipped_text() + INFLUX)
    assert [sink.name for sink in open_sinks(settings.sinks, is_exercise=False)] == ["influx"]
    assert open_sinks(settings.sinks, is_exercise=True) == []
    wanted = [(kind, dataclasses.replace(block, takes_exercises=True)) for kind, block in settings.sinks]
    assert [sink.name for sink in open_sinks(wanted, is_exercise=True)] == ["influx"]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (('type = "influx"', 'type = "inflx"'), "sinks[0].type = 'inflx': must be one of "),
        (('api = "auto"', 'api = "v4"'), "sinks[0].api = 'v4'"),
        (('"transition", ', '"alerts", '), "sinks[0].takes"),
        (("is_gzip = false", "gzip = false"), "sinks[0].gzip is not an option; did you mean is_gzip?"),
        (("[[sinks]]", INFLUX + "[[sinks]]"), "two sinks are named influx"),
    ],
)
def test_every_fault_of_a_sink_is_told(change: tuple[str, str], fault: str) -> None:
    with pytest.raises(ConfigFaults) as caught:
        config.parse(config.shipped_text() + INFLUX.replace(*change, 1))
    assert any(fault in told for told in caught.value.faults), caught.value.faults
