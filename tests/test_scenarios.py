"""Every story of the simulator through the whole pipeline: what must be told is told in time, what must not is not."""

import math

import pytest

from alerts.alert import Event, Transition
from monitor import assembly, config, pipeline
from monitor.feeds.chunk import Chunk
from monitor.sim import feed, story
from monitor.sim.demands import Expected, Forbidden

SETTINGS = config.parse(config.shipped_text())
BLOCK = 1 << 20


def opened(told: story.Story) -> list[Transition]:
    """Alerts opened and not retracted."""
    state = assembly.state(SETTINGS, is_exercise=True, time_zones={})
    data = b"".join(chunk.data for chunk in feed.chunks(told))
    steps: list[Transition] = []
    for begin in range(0, len(data), BLOCK):
        chunk = Chunk("simulator", math.nan, data[begin : begin + BLOCK])
        steps += pipeline.step(state, [chunk], [], None).transitions
    steps += pipeline.finish(state).transitions
    retracted = {step.alert_id for step in steps if step.event is Event.RETRACTED}
    return [s for s in steps if s.event is Event.OPENED and s.alert_id not in retracted]


def is_about(step: Transition, wanted: Expected | Forbidden) -> bool:
    if step.rule != wanted.rule or (wanted.mmsi and step.subject.mmsi != wanted.mmsi):
        return False
    if wanted.priority and step.priority.name.lower() != wanted.priority:
        return False
    return not (isinstance(wanted, Expected) and wanted.station) or wanted.station in step.reason


@pytest.mark.slow
@pytest.mark.parametrize("name", story.names())
def test_a_story_tells_what_it_must_and_nothing_that_it_must_not(name: str) -> None:
    told = story.load(name)
    found = opened(told)
    for wanted in told.must_alert:
        at = [s.t_unix_s - told.start_unix_s for s in found if is_about(s, wanted)]
        assert any(wanted.after_s <= t <= wanted.within_s for t in at), f"{wanted}: opened at {at}"
    for forbidden in told.must_not:
        wrong = [step.reason for step in found if is_about(step, forbidden)]
        assert wrong == [], f"{forbidden} was told"
