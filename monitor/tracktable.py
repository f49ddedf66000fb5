"""Storage of the track table: one row a track, one array a column, nothing about what the columns mean to each other.

    f8  last fix | fix before | trail mark | times | jump | distress | dimensions
    i8  identity, counts, hashes                     all columns of one dtype are rows of one block (columns, capacity),
    i4  flags, receiver, trail length                so that a tick writes a block with one indexed assignment instead
    i2, i1  codes                                    of one for each column
    S   name, callsign, destination, vendor          (an array each, they change rarely)
    hearers (capacity, 8), trail (capacity, 32)

A row is found through a sorted index of target ids (`ids`, `rows`), which is also the order in which the picture shows
vessels. A target id is `mmsi * 8 + split`: it needs no counter, so it is the same after a restart and in a replay.
Rows are reused after expiry and never move; growth doubles the capacity, so columns must be read through the table's
attributes and not be kept across `add`.

Rejected: a dict of objects (270 bytes a position and 20 us a report), a structured array (numpy copies whole records
to gather one field), a hash index (no faster in numpy than `searchsorted`, and not sorted).
"""

from dataclasses import dataclass

import numpy as np

from decoders.table import Column

SPLITS = 8  # tracks that may share one MMSI: three bits of the target id
TRAIL = 32  # positions kept for the trail: 16 minutes of a ship under way, in 512 bytes
HEARERS = 8  # receivers remembered for each track; a ship in the Strait is heard by three or four
FIRST_CAPACITY = 1024

# The order within a block matters: a fix is written as one slice of each block (FIX, PREV, MARK, FIX_CODES ...), and
# the picture gathers the first N_SEEN columns of f8.
F8 = (
    *("t_unix_s", "lat_deg", "lon_deg", "sog_kn", "cog_deg", "heading_deg", "turn_deg_per_min", "altitude_m"),
    *("t_prev_unix_s", "lat_prev_deg", "lon_prev_deg", "implied_speed_kn", "t_first_unix_s", "t_heard_unix_s"),
    *("t_jump_unix_s", "jump_speed_kn", "jump_nm", "lat_before_jump_deg", "lon_before_jump_deg"),
    *("t_distress_unix_s", "t_distress_test_unix_s", "t_distress_came_unix_s"),
    *("t_mark_unix_s", "lat_mark_deg", "lon_mark_deg", "t_static_unix_s"),
    *("draught_m", "to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m"),
)
N_SEEN = F8.index("t_mark_unix_s")
I8 = (
    *("n_fixes", "tie", "tie_prev", "target_id", "mmsi", "n_distress", "heard_types"),
    *("static_hash", "part_b_hash", "imo", "mothership_mmsi"),
)
I4 = ("flags", "receiver", "n_trail")
I2 = ("ship_type", "aid_type")
I1 = (
    *("nav_status", "utc_second", "is_accurate", "is_coarse", "is_shared", "form_class", "station_class"),
    *("eta_month", "eta_day", "eta_hour", "eta_minute", "is_virtual", "is_off_position"),
)
FIX = slice(0, 8)  # of f8
PREV = slice(8, 11)
MARK = slice(F8.index("t_mark_unix_s"), F8.index("t_mark_unix_s") + 3)
FIX_CODES = slice(0, 4)  # of i1
FIX_KEYS = slice(0, 3)  # of i8: n_fixes, tie, tie_prev
FIX_ORIGIN = slice(0, 2)  # of i4: flags, receiver
BLOCKS: dict[str, tuple[str, ...]] = {"f8": F8, "i8": I8, "i4": I4, "i2": I2, "i1": I1}
TEXTS = {"name": "S34", "callsign": "S7", "destination": "S20", "vendor": "S7"}
ZERO = {
    "n_fixes",
    "n_distress",
    "heard_types",
    "static_hash",
    "part_b_hash",
    "n_trail",
    "flags",
    "is_coarse",
    "is_shared",
}
RINGS = {
    "hearer": ("i4", HEARERS, -1),
    "t_hearer_unix_s": ("f8", HEARERS, -np.inf),
    "trail_t_unix_s": ("f8", TRAIL, np.nan),
    "trail_lat_1e7": ("i4", TRAIL, 0),
    "trail_lon_1e7": ("i4", TRAIL, 0),
}


@dataclass(frozen=True, slots=True)
class Suspect:
    """A track born because no other track of its MMSI could have been there: a jump, or a second vessel. Undecided."""

    origin_id: int  # the track it may have jumped from
    t_unix_s: float  # of its first fix
    speed_kn: float  # what the jump would imply
    jump_nm: float
    lat_deg: float  # where the origin was
    lon_deg: float


class TrackTable:
    """All live tracks. Mutable, owned by the pipeline's state; see `monitor.tracks` for what may be done with it."""

    # last fix
    t_unix_s: Column  # (capacity,) float64, NaN without a fix
    lat_deg: Column
    lon_deg: Column
    sog_kn: Column
    cog_deg: Column
    heading_deg: Column
    turn_deg_per_min: Column
    altitude_m: Column
    # fix before
    t_prev_unix_s: Column
    lat_prev_deg: Column
    lon_prev_deg: Column
    implied_speed_kn: Column
    t_first_unix_s: Column
    t_heard_unix_s: Column
    t_jump_unix_s: Column
    jump_speed_kn: Column
    jump_nm: Column
    lat_before_jump_deg: Column
    lon_before_jump_deg: Column
    t_distress_unix_s: Column
    t_distress_test_unix_s: Column
    t_distress_came_unix_s: Column  # when the last message of distress came to us, if it was late
    # newest point of the trail, unrounded
    t_mark_unix_s: Column
    lat_mark_deg: Column
    lon_mark_deg: Column
    t_static_unix_s: Column
    draught_m: Column
    to_bow_m: Column
    to_stern_m: Column
    to_port_m: Column
    to_starboard_m: Column
    target_id: Column  # (capacity,) int64, -1 where the row is free
    mmsi: Column
    n_fixes: Column  # fixes at different times
    n_distress: Column
    heard_types: Column  # int64, bit k set: a message of type k was heard
    tie: Column  # int64, which of several fixes of one instant stays: the greatest
    tie_prev: Column
    static_hash: Column  # int64, payload of the last joined type 5, 19, 21 or 24 A; 0 never
    part_b_hash: Column  # int64, the same of 24 B
    imo: Column
    mothership_mmsi: Column
    flags: Column
    receiver: Column
    n_trail: Column  # int32, points ever put into the ring
    ship_type: Column
    aid_type: Column
    nav_status: Column
    utc_second: Column
    is_accurate: Column
    is_coarse: Column
    is_shared: Column  # int8, 1: its MMSI has several rows
    form_class: Column  # StationClass that the MMSI alone tells
    station_class: Column
    eta_month: Column
    eta_day: Column
    eta_hour: Column
    eta_minute: Column
    is_virtual: Column
    is_off_position: Column
    name: Column
    callsign: Column
    destination: Column
    vendor: Column
    hearer: Column  # (capacity, HEARERS) int32, receiver rows, -1 empty
    t_hearer_unix_s: Column  # (capacity, HEARERS) float64, when each last heard it
    trail_t_unix_s: Column  # (capacity, TRAIL) float64 ring, written at n_trail % TRAIL
    trail_lat_1e7: Column  # (capacity, TRAIL) int32, 1e-7 degrees (11 mm)
    trail_lon_1e7: Column

    def __init__(self, capacity: int = FIRST_CAPACITY) -> None:
        self.capacity = 0
        self.blocks: dict[str, Column] = {}
        self.ids: Column = np.empty(0, np.int64)  # sorted
        self.rows: Column = np.empty(0, np.int64)  # self.rows[k] is the row of self.ids[k]
        self.free: list[int] = []  # a stack, lowest row on top
        self.suspects: dict[int, Suspect] = {}  # by target id
        self.hidden: set[int] = set()  # suspects with a single fix: perhaps only a damaged message
        self.doubts: dict[tuple[int, int], bytes] = {}  # (target id, kind): a changed identity heard once
        self.n_members = 0  # bumped when the vessels shown change
        self.n_unsorted = 0  # rows added since they were last in order
        self.n_statics = 0  # bumped when static data change
        self.t_check_unix_s = np.inf  # no track that was not heard since the last expiry leaves before this
        self.t_since_unix_s = np.inf  # earliest stamp of what was heard since
        self.cache: object = None  # of the picture; see monitor.vessels
        self._grow(capacity)

    def __len__(self) -> int:
        return len(self.ids)

    def _grow(self, capacity: int) -> None:
        old = self.capacity
        for dtype, names in BLOCKS.items():
            block = np.empty((len(names), capacity), dtype)
            block[:, old:] = np.array([_missing(name, dtype) for name in names])[:, None]
            if old:
                block[:, :old] = self.blocks[dtype]
            self.blocks[dtype] = block
            for name, column in zip(names, block, strict=True):
                setattr(self, name, column)
        for name, (dtype, width, fill) in RINGS.items():
            ring = np.full((capacity, width), fill, dtype)
            if old:
                ring[:old] = getattr(self, name)
            setattr(self, name, ring)
        for name, dtype in TEXTS.items():
            text = np.zeros(capacity, dtype)
            if old:
                text[:old] = getattr(self, name)
            setattr(self, name, text)
        self.free = [*range(capacity - 1, old - 1, -1), *self.free]
        self.capacity = capacity

    def add(self, target_id: Column) -> Column:
        """Rows for new target ids (sorted, not yet in the table), all columns missing. Grows when none is free."""
        while len(self.free) < len(target_id):
            self._grow(2 * self.capacity)
        row = np.array([self.free.pop() for _ in range(len(target_id))], np.int64)
        self.target_id[row] = target_id
        self.mmsi[row] = target_id // SPLITS
        at = self.ids.searchsorted(target_id)
        self.ids = np.insert(self.ids, at, target_id)
        self.rows = np.insert(self.rows, at, row)
        mmsi = target_id // SPLITS
        n_rows = self.ids.searchsorted(mmsi * SPLITS + SPLITS) - self.ids.searchsorted(mmsi * SPLITS)
        for one in mmsi[n_rows > 1].tolist():
            self._mark_shared(one)
        self.n_members += 1
        self.n_unsorted += len(row)
        return row

    def sort_rows(self) -> None:
        """Put the rows into the order of the index, so that reading all vessels reads memory from front to back.

        Rows move: nobody may hold any. At 50,000 tracks it costs 40 ms and saves 4 ms of every picture after it.
        """
        n = len(self.rows)
        for dtype, names in BLOCKS.items():
            block = self.blocks[dtype]
            block[:, :n] = block.take(self.rows, axis=1)
            block[:, n:] = np.array([_missing(name, dtype) for name in names])[:, None]
        for name, (_, _, fill) in RINGS.items():
            ring = getattr(self, name)
            ring[:n] = ring[self.rows]
            ring[n:] = fill
        for name in TEXTS:
            text = getattr(self, name)
            text[:n] = text[self.rows]
            text[n:] = b""
        self.rows = np.arange(n)
        self.free = list(range(self.capacity - 1, n - 1, -1))
        self.n_members += 1
        self.n_unsorted = 0

    def remove(self, target_id: Column) -> None:
        """Free the rows of these target ids (sorted, all in the table)."""
        at = self.ids.searchsorted(target_id)
        row = self.rows[at]
        shared = set((target_id[self.is_shared[row] > 0] // SPLITS).tolist())
        for dtype, names in BLOCKS.items():
            self.blocks[dtype][:, row] = np.array([_missing(name, dtype) for name in names])[:, None]
        for name, (_, _, fill) in RINGS.items():
            getattr(self, name)[row] = fill
        for name in TEXTS:
            getattr(self, name)[row] = b""
        self.ids = np.delete(self.ids, at)
        self.rows = np.delete(self.rows, at)
        self.free.extend(sorted(row.tolist(), reverse=True))
        for one in shared:
            self._mark_shared(one)
        for target in target_id.tolist() if self.suspects else ():
            self.suspects.pop(target, None)
            self.hidden.discard(target)
        if self.doubts:
            gone = set(target_id.tolist())
            self.doubts = {key: held for key, held in self.doubts.items() if key[0] not in gone}
        self.n_members += 1

    def _mark_shared(self, mmsi: int) -> None:
        rows = self.rows_of(mmsi)
        self.is_shared[rows] = len(rows) > 1

    def rows_of(self, mmsi: int) -> list[int]:
        """Rows of all tracks of one MMSI, by split."""
        first, end = self.ids.searchsorted((mmsi * SPLITS, mmsi * SPLITS + SPLITS)).tolist()
        found: list[int] = self.rows[first:end].tolist()
        return found

    def row_of(self, target_id: int) -> int:
        """Row of one target id, -1 when it is not in the table."""
        at = int(self.ids.searchsorted(target_id))
        return int(self.rows[at]) if at < len(self.ids) and self.ids[at] == target_id else -1

    def first_rows(self, mmsi: Column) -> Column:
        """(N,) int64 row of each MMSI's lowest split, -1 where it is unknown."""
        if not len(self.ids):
            return np.full(len(mmsi), -1, np.int64)
        at = self.ids.searchsorted(mmsi * SPLITS)
        at[at == len(self.ids)] = 0
        found = self.rows[at]
        found[self.ids[at] // SPLITS != mmsi] = -1
        return found


def _missing(name: str, dtype: str) -> float:
    if dtype == "f8":
        return float("nan")
    return 0 if name in ZERO else -1
