"""What a gateway kept while the core was away comes late: it is told with its own time, and none is passed over."""

import re

import pytest

from alerts.alert import Event, Priority
from decoders.ais.sentence import tag_block
from monitor import assembly, config, pipeline
from monitor.feeds.chunk import Chunk
from monitor.feeds.record import stamp
from tests.monitor.ships import T0, Ship, area, beacon, entries, positions, watching

SETTINGS = config.parse(config.shipped_text())


@pytest.mark.parametrize("away_s", [60.0, 1800.0, 6 * 3600.0, 23 * 3600.0])
def test_a_distress_heard_only_while_the_core_was_away_is_told_when_it_is_back(away_s: float) -> None:
    """Ten minutes of a beacon, then nothing: its battery, or the boat, went down before anybody took the batches."""
    state = assembly.state(SETTINGS, is_exercise=False, time_zones={}, is_live=True)
    told = []
    heard = [T0 - away_s + 60.0 * k for k in range(10) if 60.0 * k < away_s]
    for i, t_unix_s in enumerate(heard):
        data = stamp(beacon(970123456, 51.0, 1.5), tag_block("dover", t_unix_s))
        told += pipeline.step(state, [Chunk("sites", T0, data)], [], T0 + 0.1 * i).transitions
    for second in range(1, 1200):
        told += pipeline.step(state, [], [], T0 + second).transitions
    opened = [step for step in told if step.event is Event.OPENED and step.rule == "distress_beacon"]
    assert [(step.priority, step.subject.mmsi) for step in opened] == [(Priority.EMERGENCY, 970123456)]
    assert opened[0].t_unix_s <= T0 + 2
    (last,) = re.findall(r"last at (\d\d:\d\d:\d\d)", opened[0].reason)
    assert last
    assert not any(step.event is Event.CLEARED for step in told if step.rule == "distress_beacon")


def test_of_ships_that_a_gateway_kept_only_those_have_entered_a_fence_that_came_in_from_outside() -> None:
    """Ten minutes of ships that nobody has heard before come in one piece."""
    state = watching(area("danger", 1.0, 51.0))
    state.intake.is_live = True
    at_rest, moored = Ship(235000001, 51.05, 1.05), Ship(235000002, 51.02, 1.02)
    enters = Ship(235000003, 51.05, 0.97, east_kn=12.0)  # two miles and a bit in ten minutes
    passes = Ship(235000004, 50.9, 0.97, east_kn=12.0)
    ships = [at_rest, moored, enters, passes]
    data = b"".join(stamp(positions(ships, t), tag_block("dover", T0 - 600.0 + t)) for t in range(0, 600, 10))
    told = [pipeline.step(state, [Chunk("sites", T0, data)], [], T0)]
    told += [pipeline.step(state, [], [], T0 + second) for second in range(1, 60)]
    assert entries(told) == [("danger", "opened")]
    (step,) = [step for output in told for step in output.transitions if step.rule == "fence_entry"]
    assert step.subject.mmsi == enters.mmsi
