"""What a rule is: a pure detector, a sentence, and the numbers that tune both.

A rule's file holds `detect` and `explain`, a PARAMETERS table and one `RULE`. The keyword-only arguments of `detect`
are the rule's keys in config.toml, without defaults; PARAMETERS gives each its shipped value and the sentence that
stands above it there. The engine's keys (`Timing`) are the same for every rule and follow in the same table.
`tests/alerts/test_rules.py` holds the tables to the signatures.
"""

import inspect
import typing
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from msgspec import Meta

from alerts.alert import Evidence, Hits, Priority, Subject, SubjectKind
from alerts.picture import Picture

# Types of parameters, with the bounds that the configuration is held to.
NotNegative = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]
Angle = Annotated[float, Meta(ge=0, le=180)]
AtLeastTwo = Annotated[int, Meta(ge=2)]
PriorityName = Literal["caution", "warning", "alarm"]  # an emergency is somebody's word, never a matter of settings
Value = bool | int | float | str | tuple[Any, ...] | dict[str, float]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One key of a rule's block in config.toml."""

    name: str
    default: Value
    sentence: str  # what it does, in full, with its unit


@dataclass(frozen=True, slots=True)
class Timing:
    """How long the engine waits; every rule has these keys."""

    is_on: bool
    clear_after_s: NotNegative
    reopen_within_s: NotNegative
    update_every_s: NotNegative
    raise_again_after_close_s: NotNegative


@dataclass(frozen=True, slots=True)
class Alert:
    """One episode of a rule and a subject, as it was last told."""

    alert_id: str
    subject: Subject
    t_opened_unix_s: float
    lat_deg: float
    lon_deg: float
    reason: str
    evidence: Evidence

    def figure(self, name: str) -> float:
        """One number of the evidence; NaN where it has none."""
        for key, value in self.evidence:
            if key == name and isinstance(value, int | float):
                return float(value)
        return float("nan")


@dataclass(frozen=True, slots=True)
class Retraction:
    """An open alert that turns out to have been wrong, and why."""

    key: int
    reason: str


@dataclass(frozen=True, slots=True)
class Rule:
    """One detector."""

    name: str
    version: int  # goes up when the same picture gives other hits; part of every alert's evidence
    subject_kind: SubjectKind
    title: str  # "stopped in a traffic lane": how an incident is headed
    cleared: str  # "moves again or has left the lane": completes "SEA ROVER ..." when it ends
    detect: Callable[..., Hits]  # (picture, *, parameters) -> Hits
    explain: Callable[[Picture, Hits, int], str]  # (picture, hits, which) -> one sentence
    parameters: tuple[Parameter, ...]
    # (picture, keys of open alerts, alerts by key, *, parameters): takes keys of `detect`, may have keys of its own
    retract: Callable[..., Sequence[Retraction]] | None = None
    latches_at: Priority | None = None  # from this priority up, only a person ends it
    is_held_when_lost: bool = False  # a vessel that is heard no more keeps its alert: silence is not safety
    same_within_nm: float = 0.0  # areas: hits this near to an open alert of the rule are the same area
    borrows: str = ""  # the rule whose keys `detect` and `retract` take where they have none of their own
    explain_end: Callable[[Picture, Alert], str] | None = None  # why an alert ends; "" leaves it to `cleared`
    leads: bool = False  # while open it heads its boat's incident before more urgent alerts: it says how things are now
    every_s: float = 0.0  # looked at this often: 0 every tick, some seconds where a condition must last for minutes


def timing_parameters(
    *,
    clear_after_s: float,
    reopen_within_s: float = 900.0,
    update_every_s: float = 900.0,
    raise_again_after_close_s: float = 0.0,
    can_be_off: bool = True,
) -> tuple[Parameter, ...]:
    """The engine's keys with this rule's values; a rule that must always run has no `is_on`."""
    is_on = (Parameter("is_on", True, "Whether this rule runs at all."),) if can_be_off else ()
    return (
        *is_on,
        Parameter(
            "clear_after_s",
            clear_after_s,
            "The alert ends when its condition has been gone for this long, in seconds.",
        ),
        Parameter(
            "reopen_within_s",
            reopen_within_s,
            "A condition that returns within this many seconds of the end goes on as the same alert.",
        ),
        Parameter(
            "update_every_s",
            update_every_s,
            "An alert that stays open is told anew, with position and figures, after this many seconds.",
        ),
        Parameter(
            "raise_again_after_close_s",
            raise_again_after_close_s,
            "A condition that still holds this many seconds after a person closed its incident opens a new one; 0: "
            "only when it has ended and returned, or has become more urgent.",
        ),
    )


def hints(rule: Rule) -> dict[str, Any]:
    """Key -> type of the rule's block in config.toml: the keywords of `detect` and `retract`, then the engine's."""
    own = keywords(rule.detect) | (keywords(rule.retract) if rule.retract else {})
    has = {parameter.name for parameter in rule.parameters}
    if rule.borrows:
        own = {name: kind for name, kind in own.items() if name in has}
    timing = {name: kind for name, kind in typing.get_type_hints(Timing, include_extras=True).items() if name in has}
    return own | timing


def keywords(function: Callable[..., Any]) -> dict[str, Any]:
    """Name -> type of a function's keyword-only arguments."""
    types = typing.get_type_hints(function, include_extras=True)
    arguments = inspect.signature(function).parameters.values()
    return {argument.name: types[argument.name] for argument in arguments if argument.kind is argument.KEYWORD_ONLY}


def defaults(rule: Rule) -> dict[str, Value]:
    """Key -> shipped value."""
    return {parameter.name: parameter.default for parameter in rule.parameters}
