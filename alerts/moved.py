"""Instants on another clock: what was stored while the machine's clock was wrong goes on when it has been set right.

Durations are differences of instants: with the clock an hour back a rule's ten minutes would last an hour and ten, and
an alarm that nobody acknowledges would be escalated an hour late. So all instants move together with the clock.
"""

from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
SUFFIX = "_unix_s"  # every instant's name ends so (and no other name does)


def moved(value: T, by_s: float) -> T:
    """The same with every instant in it moved. value : dataclasses, all the way down."""
    found: T = msgspec.convert(_moved(msgspec.to_builtins(value), by_s, is_instant=False), type(value))
    return found


def _moved(value: Any, by_s: float, *, is_instant: bool) -> Any:
    if isinstance(value, Mapping):
        return {key: _moved(v, by_s, is_instant=is_instant or str(key).endswith(SUFFIX)) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_moved(one, by_s, is_instant=is_instant) for one in value]
    return value + by_s if is_instant and isinstance(value, float) else value
