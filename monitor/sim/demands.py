"""What a story demands of the monitor: alerts that must come, alerts that must not, one incident for one boat.

A vessel with AIS is named by its MMSI. A boat that only radar sees has no number that the monitor could know, so it is
named by the story's own name for it, and an alert is about it when its position lies by the boat's true one at that
moment (monitor/sim/judge.py).
"""

from typing import Annotated

from msgspec import Meta

from monitor.sim.block import Block, NotNegative, Urgency


class Expected(Block, kw_only=True, frozen=True):
    """An alert that must come: by rule, about a vessel's MMSI, a boat or a receiver, at the earliest and latest."""

    rule: str
    mmsi: int = 0
    boat: str = ""
    station: str = ""
    priority: Urgency = ""  # as it opens; "" any
    at_least: Urgency = ""  # as it opens or when it has risen; "" any
    after_s: float = 0.0
    within_s: float | None = None  # of the story's start; none: before its end
    may_be_retracted: bool = False  # it counts though it was taken back later
    within_confirmable_s: float | None = None  # of the moment from which the boat can be confirmed; none: no matter


class Forbidden(Block, kw_only=True, frozen=True):
    """Alerts that must not come: of a rule ("" any), about a vessel's MMSI, a boat, or anything."""

    rule: str = ""
    mmsi: int = 0
    boat: str = ""
    priority: Urgency = ""  # as it opens; "" any
    at_least: Urgency = ""  # as it opens or when it has risen; "" any
    is_false: bool = False  # only those that are about no boat of the story
    per_h: NotNegative = 0.0  # so many an hour are borne


class OneBoat(Block, kw_only=True, frozen=True):
    """All alerts about a boat ("" each boat) lie on so many incidents at most."""

    boat: str = ""
    at_most: Annotated[int, Meta(ge=1)] = 1
