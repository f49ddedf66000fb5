"""One vessel of a story: who it is and the way it means to go. Names, numbers and call signs are invented."""

from dataclasses import dataclass

import numpy as np

from alerts.picture import StationClass
from decoders.table import Column

BAD_STATIC_SHARE = 0.005  # of vessels whose static data were typed in wrong (domain 4.4)

FIRST = [
    "NORTHERN",
    "SEVERN",
    "AMBER",
    "SILVER",
    "GOLDEN",
    "ARDENT",
    "CORAL",
    "BALTIC",
    "ATLANTIC",
    "GRAND",
    "NOBLE",
    "SWIFT",
    "BRIGHT",
    "EASTERN",
    "POLAR",
    "ROYAL",
    "CELTIC",
    "DELTA",
    "MERIDIAN",
    "HARBOUR",
]
SECOND = [
    "TRADER",
    "HORIZON",
    "PIONEER",
    "STAR",
    "EXPRESS",
    "SPIRIT",
    "VENTURE",
    "CROWN",
    "BREEZE",
    "LEADER",
    "HERON",
    "PROSPER",
    "GLORY",
    "CARRIER",
    "BAY",
    "WIND",
    "ENDEAVOUR",
    "FALCON",
    "LINK",
    "GRACE",
]
FISHING = [
    "MARIE ANNE",
    "PETIT LOUIS",
    "ST PIERRE",
    "NOTRE MER",
    "BRISE",
    "ETOILE",
    "GIRL JANE",
    "OUR HERITAGE",
    "BOY ADAM",
    "DEUX FRERES",
]
YACHTS = [
    "WINDSONG",
    "KITTIWAKE",
    "PETREL",
    "SALTY",
    "MOONDANCE",
    "CURLEW",
    "ALBATROS",
    "ZEEPAARD",
    "MISTRAL",
    "BLUE NOTE",
    "SANDPIPER",
]
DESTINATIONS = [
    "ROTTERDAM",
    "ANTWERPEN",
    "HAMBURG",
    "LE HAVRE",
    "BILBAO",
    "SOUTHAMPTON",
    "ALGECIRAS",
    "BREMERHAVEN",
    "DUBLIN",
    "VIGO",
]
FLAGS = (215, 219, 232, 235, 244, 248, 255, 304, 311, 356, 371, 414, 477, 538, 563, 636)  # MIDs that merchants carry


@dataclass(frozen=True, slots=True)
class Vessel:
    """Scalars of one vessel, and its intended path as points in time."""

    mmsi: int  # -1 without AIS
    name: str
    station_class: StationClass  # RADAR without AIS
    role: str  # lane, ferry, fishing, sailing, resting, patrol, ship, beacon, base, aid, pot, boat
    ship_type: int
    length_m: float
    beam_m: float
    draught_m: float
    destination: str
    status: int  # navigational status while it moves as intended
    t_s: Column  # (K,) seconds after the start, never falling
    x_m: Column  # (K,) metres east of the frame's origin
    y_m: Column  # (K,)
    smooth_s: float = 0.0  # how long it takes to change course or speed
    wander_m: float = 0.0  # how far it strays from its line
    rest_heading_deg: float = float("nan")  # where it points while it lies still; NaN: into the stream
    aid_type: int = -1
    callsign: str = ""
    imo: int = -1
    rcs_m2: float = float("nan")  # its echo; NaN: as its length makes it
    height_m: float = float("nan")  # of the middle of its echo above the sea; NaN: as its length makes it


@dataclass(slots=True)
class Registry:
    """Invents names and numbers, none twice."""

    rng: np.random.Generator
    taken: set[int]
    n_named: int = 0

    def mmsi(self, flags: tuple[int, ...] = FLAGS) -> int:
        """A ship's number that nobody in the story has."""
        while True:
            number = int(self.rng.choice(flags)) * 1_000_000 + int(self.rng.integers(1000, 999_999))
            if number not in self.taken:
                self.taken.add(number)
                return number

    def merchant(self) -> str:
        """A name like GOLDEN HERON; the 401st gets a number behind it."""
        n = self.n_named
        self.n_named += 1
        base = f"{FIRST[(7 * n + n // 20) % 20]} {SECOND[n % 20]}"
        return base if n < 400 else f"{base} {n // 400 + 1}"

    def small(self, kind: tuple[str, ...]) -> str:
        """A name with a number, as small craft share names."""
        self.n_named += 1
        return f"{kind[int(self.rng.integers(len(kind)))]} {int(self.rng.integers(2, 99))}"

    def callsign(self) -> str:
        letters = "".join(chr(65 + int(k)) for k in self.rng.integers(0, 26, 4))
        return f"{letters}{int(self.rng.integers(1, 9))}"

    def imo(self) -> int:
        """A number whose check digit is right (IMO A.1117)."""
        digits = [9, *(int(k) for k in self.rng.integers(0, 10, 5))]
        return (
            int("".join(map(str, digits))) * 10 + sum(d * w for d, w in zip(digits, range(7, 1, -1), strict=True)) % 10
        )
