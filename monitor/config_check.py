"""Reading one configuration strictly: every fault at once, each with its place.

A settings class is a frozen dataclass; its fields are the keys, their annotations the types and bounds
(`Annotated[float, Meta(gt=0)]`). There are no defaults here: they stand in config.toml, once, where people read them.
"""

import dataclasses
import difflib
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, get_type_hints

import msgspec

SettingsT = TypeVar("SettingsT")


class ConfigFaults(Exception):
    """All faults of a configuration, one sentence each."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def convert(cls: type[SettingsT], given: object, where: str, faults: list[str]) -> SettingsT | None:
    """Build one settings object from a table; on any fault add to `faults` and return None."""
    hints = {k: v for k, v in get_type_hints(cls, include_extras=True).items() if k in field_names(cls)}
    values = convert_keys(hints, given, where, faults)
    return None if values is None else cls(**values)


def field_names(cls: Any) -> list[str]:
    """The keys of a settings class that are configured: fields that start with _ or have a default are inner state."""
    return [
        f.name
        for f in dataclasses.fields(cls)
        if f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING
    ]


def convert_keys(hints: Mapping[str, Any], given: object, where: str, faults: list[str]) -> dict[str, Any] | None:
    """Check a table against key -> type; returns the converted values, or None when anything was wrong."""
    if not isinstance(given, dict):
        faults.append(f"[{where}] is missing" if given is None else f"{where} must be a table")
        return None
    n_before = len(faults)
    faults.extend(unknown_keys(given, hints, where))
    faults.extend(f"{where}.{key} is missing" for key in hints if key not in given)
    values = {}
    for key, kind in hints.items():
        if key not in given:
            continue
        try:
            values[key] = msgspec.convert(widened(given[key], kind), kind)
        except msgspec.ValidationError as error:
            faults.append(f"{where}.{key} = {given[key]!r}: {plain(str(error))}")
    return values if len(faults) == n_before else None


def unknown_keys(given: Iterable[str], known: Iterable[str], where: str) -> list[str]:
    """One fault for each key that nobody reads, with the nearest known one."""
    known = list(known)
    faults = []
    for key in given:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            faults.append(f"{where}.{key} is not an option" + (f"; did you mean {near[0]}?" if near else ""))
    return faults


def widened(value: object, kind: object) -> object:
    """A whole number where a fraction is wanted is fine: 30 for 30.0."""
    is_float = kind is float or getattr(kind, "__origin__", None) is float
    return float(value) if is_float and isinstance(value, int) and not isinstance(value, bool) else value


def plain(message: str) -> str:
    """msgspec's words without code marks."""
    return message.replace("`", "").replace(" - at $", "").replace("Expected", "expected")
