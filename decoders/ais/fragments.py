"""Messages in several sentences: parts in any order, from any mix of stations, channels and talkers.

A message's parts share a key: the TAG group (or the station where there is none), talker and formatter, sequence
number, channel and count. Ids are recycled quickly, so an unfinished message is given up after `MAX_AGE_SENTENCES`
later sentences or `MAX_AGE_S` of receive time, and at once when a different part claims its place: a lost part never
blocks an id. Ages are counted in what was received, not by a clock, so a replay decides as the live feed did.
"""

from dataclasses import dataclass, field

MAX_AGE_SENTENCES = 2000  # a national feed carries ~35 sentences/s: about a minute
MAX_AGE_S = 60.0
Key = tuple[str, bytes, int, int, int]


@dataclass(frozen=True, slots=True)
class Part:
    """One fragment."""

    number: int
    payload: bytes
    fill: int
    n_bytes: int
    line: int
    t_unix_s: float
    time_source: int
    station: int
    flags: int
    n_seen: int  # sentences received before it
    raw: bytes


@dataclass(slots=True)
class Waiting:
    """A message of which some parts are here."""

    count: int
    parts: dict[int, Part] = field(default_factory=dict)


@dataclass(slots=True)
class Joiner:
    """All unfinished messages of one source."""

    waiting: dict[Key, Waiting] = field(default_factory=dict)

    def add(self, key: Key, part: Part) -> tuple[list[Part] | None, list[Part], bool]:
        """Take one part: the parts in order of a message now complete, parts given up, and if it is a repeat."""
        message = self.waiting.get(key)
        given_up: list[Part] = []
        if message is not None:
            there = message.parts.get(part.number)
            oldest = next(iter(message.parts.values()))
            is_old = part.n_seen - oldest.n_seen > MAX_AGE_SENTENCES or part.t_unix_s - oldest.t_unix_s > MAX_AGE_S
            if not is_old and there is not None and there.payload == part.payload:
                return None, [], True
            if is_old or there is not None:
                given_up = list(message.parts.values())
                message = None
        if message is None:
            message = self.waiting[key] = Waiting(key[4])
        message.parts[part.number] = part
        if len(message.parts) == message.count:
            del self.waiting[key]
            return [message.parts[i] for i in range(1, message.count + 1)], given_up, False
        return None, given_up, False

    def expire(self, n_seen: int, t_unix_s: float) -> list[Part]:
        """Give up what is too old."""
        given_up: list[Part] = []
        for key, message in list(self.waiting.items()):
            oldest = next(iter(message.parts.values()))
            if n_seen - oldest.n_seen > MAX_AGE_SENTENCES or t_unix_s - oldest.t_unix_s > MAX_AGE_S:
                given_up += message.parts.values()
                del self.waiting[key]
        return given_up
