"""What can be wrong with a fence, told with its place and what to do."""

import reprlib
from collections.abc import Iterable
from dataclasses import dataclass, replace

MOST_LETTERS = 60  # of something that stands in a file
MOST_OF_AN_ID = 200  # letters; files have paths
_SHORT = reprlib.Repr()  # looks a few levels deep only


def in_short(given: object) -> str:
    """The beginning of whatever stands in a file, however long and deep it is."""
    return (given if isinstance(given, str) else _SHORT.repr(given))[:MOST_LETTERS]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a fence. Parts, rings and vertices are counted from 0; -1 where none is to blame."""

    fence: str  # its id
    what: str
    repair: str
    vertex: int = -1  # within its ring or line
    lat_deg: float = float("nan")
    lon_deg: float = float("nan")
    part: int = -1  # polygon or line
    ring: int = -1  # within its polygon, 0 the outer one
    name: str = ""  # of the fence, where it has another than its id

    def __str__(self) -> str:
        who = self.fence[:MOST_OF_AN_ID] + (f" ({in_short(self.name)})" if self.name else "")
        numbers = (("part", self.part), ("ring", self.ring), ("vertex", self.vertex))
        where = "".join(f" {word} {number}" for word, number in numbers if number >= 0)
        at = f" at {self.lat_deg:.5f}, {self.lon_deg:.5f}" if self.lat_deg == self.lat_deg else ""
        return f"{who}:{where}{at} {self.what}; {self.repair}"


class FenceFaults(Exception):
    """All faults of a chart."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


def placed(faults: Iterable[Fault], part: int, ring: int, n_rings: list[int]) -> list[Fault]:
    """Faults of one ring with its numbers, where there are several to choose from. n_rings : of each part."""
    part_told = part if len(n_rings) > 1 else -1
    ring_told = ring if n_rings[part] > 1 else -1
    return [replace(fault, part=part_told, ring=ring_told) for fault in faults]
