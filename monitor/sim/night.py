"""A story with its dice thrown: who is there, where everybody goes, which way the stream sets."""

from dataclasses import dataclass

import numpy as np

from monitor.sim.boats import sail
from monitor.sim.motion import Motion, joined, move
from monitor.sim.story import Story
from monitor.sim.stream import Stream, stream_of
from monitor.sim.vessel import Vessel
from monitor.sim.voyages import build


@dataclass(frozen=True, slots=True)
class Night:
    """The truth, but for what is drawn as it is sent and seen."""

    story: Story
    seed: int
    vessels: list[Vessel]  # small boats last
    motion: Motion
    tide: Stream


def night(story: Story, seed: int) -> Night:
    """The truth of a story. seed : -1 takes the story's own."""
    seed = story.seed if seed < 0 else seed
    vessels = build(story, np.random.default_rng([seed, 1]))
    tide = stream_of(story.start_unix_s, story.duration_s, np.random.default_rng([seed, 4]))
    ships = vessels[: len(vessels) - len(story.boats)]
    motion = move(story, ships, tide, np.random.default_rng([seed, 2]))
    if story.boats:
        motion = joined(motion, sail(story, tide, np.random.default_rng([seed, 5])))
    return Night(story, seed, vessels, motion, tide)
