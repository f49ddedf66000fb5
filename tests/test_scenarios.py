"""Every story of the simulator through the whole pipeline: what must be told is told in time, what must not is not."""

import pytest

from alerts.rules import RULES
from monitor import config
from monitor.sim import story
from monitor.sim.judge import faults
from monitor.sim.trial import played

SETTINGS = config.parse(config.shipped_text())
LONGEST_S = 3600.0


# Nights of several hours with radar take minutes each: `straitwatch score` plays them, over many seeds.
NAMES = [name for name in story.names() if story.load(name).duration_s <= LONGEST_S or not story.load(name).radars]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_story_tells_what_it_must_and_nothing_that_it_must_not(name: str) -> None:
    told = story.load(name)
    named = {demand.rule for demand in told.must_alert} | {demand.rule for demand in told.must_not}
    assert named <= set(RULES) | {""}, "a rule that does not exist is never told"
    _, alerts, boats = played(told, -1, SETTINGS)
    assert faults(told, alerts, boats) == []
