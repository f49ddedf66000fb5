"""What one call of `monitor.tracks.apply` changed, gathered while it runs and given out as frozen columns."""

from dataclasses import dataclass, field

import numpy as np

from decoders.table import Column, Table
from monitor.tracktable import TrackTable


@dataclass(frozen=True, slots=True)
class Legs(Table):
    """Straight pieces of path between two fixes that follow each other; by target_id, then as they became known.

    The legs of a vessel are those of its path up to now, and each is given once whatever the groups its reports came
    in. A report that arrives late, between two fixes, adds the two legs it makes of one; both are marked `is_late`.
    """

    target_id: Column  # (L,) int64
    row: Column  # (L,) int64, of the track table, valid until the next call that changes it
    t1_unix_s: Column  # (L,) float64
    lat1_deg: Column
    lon1_deg: Column
    t2_unix_s: Column
    lat2_deg: Column
    lon2_deg: Column
    is_late: Column  # (L,) bool


@dataclass(frozen=True, slots=True)
class HeardTexts(Table):
    """Safety texts of the group with the track they belong to, in order of arrival, without repeated hearings."""

    target_id: Column  # (M,) int64
    row: Column  # (M,) int64, of the track table
    t_unix_s: Column  # (M,) float64
    text: Column  # (M,) S161


@dataclass(frozen=True, slots=True)
class Update:
    """The result of `apply`. Every position row stands in exactly one of the seven counts n_positions is the sum of."""

    legs: Legs
    texts: HeardTexts
    new_ids: Column  # (K,) int64 sorted: targets that were not in the table before, hidden ones too
    moved_ids: Column  # (K,) int64 sorted: targets whose last fix is another one now, by a leg, a first fix or a jump
    removed_ids: Column  # (K,) int64 sorted: second tracks that proved to be the jumped first one
    n_positions: int
    n_fixes: int  # became the last fix
    n_late: int  # at most LATE_S behind the last fix: placed in the past
    n_late_dropped: int  # further behind
    n_rejected: int  # an impossible place, and no room for another track or too coarse to judge
    n_duplicates: int  # another hearing of a known message
    n_held: int  # no position in it, or a coarse one beside a fresh fine one
    n_simultaneous: int  # another fix of the same instant
    n_jumps: int  # jumps decided in this call
    n_splits: int  # tracks decided to be another vessel under a known MMSI


LegRow = tuple[int, int, float, float, float, float, float, float, bool]


@dataclass(slots=True)
class Changes:
    """The same while it is being gathered."""

    now_unix_s: float
    blocks: list[tuple[Column, ...]] = field(default_factory=list)  # columns of Legs
    single: list[LegRow] = field(default_factory=list)
    new: list[Column] = field(default_factory=list)
    moved: list[Column] = field(default_factory=list)  # target ids
    moved_single: set[int] = field(default_factory=set)
    removed: list[int] = field(default_factory=list)
    n_positions: int = 0
    n_fixes: int = 0
    n_late: int = 0
    n_late_dropped: int = 0
    n_rejected: int = 0
    n_duplicates: int = 0
    n_held: int = 0
    n_simultaneous: int = 0
    n_jumps: int = 0
    n_splits: int = 0

    def add_leg(self, table: TrackTable, row: int, start: list[float], end: list[float], is_late: bool) -> None:
        """One leg; start and end are [t_unix_s, lat_deg, lon_deg]."""
        leg = (int(table.target_id[row]), row, start[0], start[1], start[2], end[0], end[1], end[2], is_late)
        self.single.append(leg)

    def add_legs(self, columns: tuple[Column, ...]) -> None:
        """Legs as columns, after all that were added before."""
        self._flush()
        self.blocks.append(columns)

    def _flush(self) -> None:
        if self.single:
            self.blocks.append(tuple(np.array(column) for column in zip(*self.single, strict=True)))
            self.single.clear()

    def legs(self, table: TrackTable) -> Legs:
        """All legs of targets that are still there, sorted by target id."""
        self._flush()
        if not self.blocks:
            return NO_LEGS
        one = self.blocks[0] if len(self.blocks) == 1 else tuple(map(np.concatenate, zip(*self.blocks, strict=True)))
        target_id = one[0]
        order = target_id.argsort(kind="stable") if (target_id[1:] < target_id[:-1]).any() else None
        found = Legs(*one) if order is None else Legs(*one).take(order)
        if not self.removed:
            return found
        return found.take(~np.isin(found.target_id, self.removed))

    def _ids(self, parts: list[Column]) -> Column:
        """Sorted and unique, without the removed ones. Each part is sorted and unique by itself."""
        if not parts:
            return NO_IDS
        ids = parts[0] if len(parts) == 1 else np.unique(np.concatenate(parts))
        return ids[~np.isin(ids, self.removed)] if self.removed else ids

    def freeze(self, table: TrackTable, texts: HeardTexts) -> Update:
        """The finished update."""
        if self.moved_single:
            self.moved.append(np.array(sorted(self.moved_single)))
        return Update(
            self.legs(table),
            texts,
            self._ids(self.new),
            self._ids(self.moved),
            np.array(sorted(self.removed), np.int64),
            self.n_positions,
            self.n_fixes,
            self.n_late,
            self.n_late_dropped,
            self.n_rejected,
            self.n_duplicates,
            self.n_held,
            self.n_simultaneous,
            self.n_jumps,
            self.n_splits,
        )


NO_IDS = np.empty(0, np.int64)
_NO_FLOATS = np.empty(0)
NO_LEGS = Legs(NO_IDS, NO_IDS, *(_NO_FLOATS,) * 6, np.empty(0, bool))
NO_TEXTS = HeardTexts(NO_IDS, NO_IDS, _NO_FLOATS, np.empty(0, "S161"))
