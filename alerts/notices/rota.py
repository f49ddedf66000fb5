"""Who is on call: people with an address for each channel, and from when to when each has which duty.

As TOML (a file) or as JSON (a file or the answer of a URL), the same words:

    [[people]]
    name = "Jo Marsh"
    addresses = { email = "jo.marsh@example.org", ntfy = "ntfys://ntfy.sh/jo" }      # sink -> address

    [[duties]]
    duty = "officer"
    who = "Jo Marsh"
    from = 2026-11-25T18:00:00+00:00          # with a zone; as text in JSON
    to = 2026-11-26T06:00:00+00:00

Duties may overlap: then all who have one are told. Where nobody has a duty the channels' own recipients are told.
"""

import json
import tomllib
from collections.abc import Collection
from datetime import datetime
from typing import Any

import msgspec

from alerts.notices.notice import Recipient
from alerts.notices.routes import Level

MAX_BYTES = 4 << 20


class RotaFaults(ValueError):
    """Everything that is wrong with a rota."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


class Person(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Somebody who can be told. addresses : name of a sink -> where it reaches this person."""

    name: str
    addresses: dict[str, str]


class Duty(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"begin": "from", "end": "to"}):
    """One person's turn."""

    duty: str
    who: str
    begin: datetime
    end: datetime


class Rota(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All turns that are known."""

    people: tuple[Person, ...] = ()
    duties: tuple[Duty, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The duties that it has."""
        return frozenset(turn.duty for turn in self.duties)


EMPTY = Rota()


def read(text: str) -> Rota:
    """A rota, as TOML or JSON. Raises RotaFaults with every fault."""
    try:
        given: Any = json.loads(text) if text.lstrip().startswith("{") else tomllib.loads(text)
        rota = msgspec.convert(given, Rota)
    except (tomllib.TOMLDecodeError, json.JSONDecodeError) as error:
        raise RotaFaults([f"neither TOML nor JSON: {error}"]) from error
    except msgspec.ValidationError as error:
        raise RotaFaults([str(error).replace("`", "")]) from error
    faults = _faults(rota)
    if faults:
        raise RotaFaults(faults)
    return rota


def _faults(rota: Rota) -> list[str]:
    names = [person.name for person in rota.people]
    faults = [f"two people are named {name}" for name in sorted({n for n in names if names.count(n) > 1})]
    for turn in rota.duties:
        said = f"duty {turn.duty} of {turn.who} from {turn.begin}"
        if turn.who not in names:
            faults.append(f"{said}: there is nobody of this name among the people")
        if turn.begin.tzinfo is None or turn.end.tzinfo is None:
            faults.append(f"{said}: its times need a zone, as in 2026-11-25T18:00:00+00:00")
        elif turn.end <= turn.begin:
            faults.append(f"{said} ends before it begins")
    return faults


def on_call(rota: Rota, duty: str, now_unix_s: float) -> tuple[Person, ...]:
    """Who has a duty now, in the order of the rota."""
    names = [t.who for t in rota.duties if t.duty == duty and t.begin.timestamp() <= now_unix_s < t.end.timestamp()]
    return tuple(person for person in rota.people if person.name in names)


def recipients(rota: Rota, level: Level, channels: Collection[str], now_unix_s: float) -> list[Recipient]:
    """Whom a level reaches now, through those of its channels that are open. Never nobody by a hole in the rota."""
    found = []
    people = on_call(rota, level.duty, now_unix_s) if level.duty else ()
    for channel in level.channels:
        if channel not in channels:
            continue
        reached = [
            Recipient(channel, p.name, p.addresses[channel], level.duty) for p in people if channel in p.addresses
        ]
        found += reached or [Recipient(channel, role=level.duty)]
    return found
