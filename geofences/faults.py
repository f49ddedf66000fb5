"""What can be wrong with a fence, told with its place and what to do."""

import reprlib
from dataclasses import dataclass

MOST_LETTERS = 60  # of something that stands in a file
_SHORT = reprlib.Repr()  # looks a few levels deep only


def in_short(given: object) -> str:
    """The beginning of whatever stands in a file, however long and deep it is."""
    return (given if isinstance(given, str) else _SHORT.repr(given))[:MOST_LETTERS]


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a fence."""

    fence: str
    what: str
    repair: str
    vertex: int = -1  # counted from 0 within its ring or line; -1 where no vertex is to blame
    lat_deg: float = float("nan")
    lon_deg: float = float("nan")

    def __str__(self) -> str:
        where = f" vertex {self.vertex}" if self.vertex >= 0 else ""
        at = f" at {self.lat_deg:.5f}, {self.lon_deg:.5f}" if self.lat_deg == self.lat_deg else ""
        return f"{self.fence}:{where}{at} {self.what}; {self.repair}"


class FenceFaults(Exception):
    """All faults of a chart."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults
