"""A story through the whole pipeline: what the monitor would have told in that night."""

import math
from dataclasses import replace

from alerts.alert import Transition
from monitor import assembly, pipeline
from monitor.config import Config
from monitor.feeds.chunk import Chunk
from monitor.sim import feed
from monitor.sim.judge import Told, told_of
from monitor.sim.night import Night, night
from monitor.sim.radars import asterix_source
from monitor.sim.sightings import BoatTruth, boats_of
from monitor.sim.story import Story

SOURCE = "simulator"
STEP_S = 60.0  # of arrival time, given to the pipeline at once


def transitions(truth: Night, settings: Config) -> list[Transition]:
    """Everything that became of every alert. The story's radars take the place of the configuration's."""
    state = assembly.state(
        replace(settings, radars=truth.story.sites(SOURCE)),
        is_exercise=True,
        time_zones={},
        formats={asterix_source(SOURCE): "asterix"},
    )
    steps: list[Transition] = []
    held: dict[str, list[bytes]] = {}
    until = truth.story.start_unix_s + STEP_S
    for chunk in feed.play(truth, SOURCE):
        if chunk.t_unix_s > until:
            steps += pipeline.step(state, _joined(held), [], None).transitions
            held = {}
            until += STEP_S * math.ceil((chunk.t_unix_s - until) / STEP_S)
        held.setdefault(chunk.source, []).append(chunk.data)
    steps += pipeline.step(state, _joined(held), [], None).transitions
    steps += pipeline.finish(state).transitions
    return steps


def _joined(held: dict[str, list[bytes]]) -> list[Chunk]:
    """What each source brought, as from a recording: its times stand in its bytes."""
    return [Chunk(source, math.nan, b"".join(parts)) for source, parts in held.items()]


def played(story: Story, seed: int, settings: Config) -> tuple[Night, list[Told], tuple[BoatTruth, ...]]:
    """A story with these dice, the alerts that came of it, and the truth about its boats. seed : -1 the story's own."""
    truth = night(story, seed)
    boats = boats_of(truth)
    return truth, told_of(transitions(truth, settings), boats), boats
