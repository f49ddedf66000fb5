"""What rules are built from: hits made, keys mixed, fences chosen.

Selections over the chart are asked for on every tick and change only with the chart, so they are remembered.
"""

import hashlib
from functools import lru_cache

import numpy as np

from alerts.alert import Hits, Priority
from alerts.concern import is_about, says_itself
from alerts.picture import Column, Fences, Picture, StationClass

NM_M = 1852.0

# Bits of decoders.columns.Flag that rules read. `alerts` is a leaf and does not import decoders;
# tests/alerts/test_contracts.py holds these to the originals.
FLAG_MMSI_ODD = 1 << 0
FLAG_BEACON = 1 << 8
FLAG_BEACON_TEST = 1 << 9

# geofences.events.Event, likewise
EVENT_ENTERED = 0
EVENT_LEFT = 1
EVENT_CROSSED = 2
EVENT_TOUCHED = 3

PRIORITY_NAMES = {priority.name.lower(): priority for priority in Priority}


@lru_cache(maxsize=32)
def no_hits(names: tuple[str, ...]) -> Hits:
    """Nothing found."""
    whole, real = np.zeros(0, np.int64), np.zeros(0)
    values = tuple(real for _ in names)
    return Hits(whole, whole, np.zeros(0, np.int8), np.zeros(0, bool), real, whole, real, real, names, values)


def make_hits(
    row: Column,
    key: Column,
    lat_deg: Column,
    lon_deg: Column,
    *,
    priority: Column | Priority,
    is_raising: Column | bool,
    raise_after_s: Column | float,
    band: Column | int,
    names: tuple[str, ...],
    values: tuple[Column, ...],
) -> Hits:
    """Hits sorted by key; of several rows with one key the first in the given order stays. Scalars are spread."""
    if not len(key):
        return no_hits(names)
    unique, first = np.unique(key, return_index=True)

    def spread(column: Column | float, dtype: type) -> Column:
        is_column = isinstance(column, np.ndarray) and column.ndim
        return column[first].astype(dtype, copy=False) if is_column else np.full(len(first), column, dtype)  # type: ignore[index]

    return Hits(
        row[first],
        unique,
        spread(priority, np.int8),
        spread(is_raising, np.bool_),
        spread(raise_after_s, np.float64),
        spread(band, np.int64),
        lat_deg[first],
        lon_deg[first],
        names,
        tuple([value[first] for value in values]),
    )


def target_hits(
    picture: Picture,
    row: Column,
    *,
    priority: Column | Priority,
    is_raising: Column | bool,
    raise_after_s: Column | float,
    band: Column | int,
    names: tuple[str, ...],
    values: tuple[Column, ...],
) -> Hits:
    """Hits on vessels, one a vessel, placed at their last fix."""
    v = picture.vessels
    return make_hits(
        row,
        v.target_id[row],
        v.lat_deg[row],
        v.lon_deg[row],
        priority=priority,
        is_raising=is_raising,
        raise_after_s=raise_after_s,
        band=band,
        names=names,
        values=values,
    )


def doubling(value: Column) -> Column:
    """(H,) int64: a step that goes up each time the value doubles; 0 below 2 and for NaN."""
    known = np.where(value >= 1.0, value, 1.0)
    return np.floor(np.log2(known)).astype(np.int64)


def stable_hash(word: str) -> int:
    """A signed 64-bit number that is the same on every machine and in every run."""
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big", signed=True)


def mix(key: Column, other: Column) -> Column:
    """(H,) int64: one key out of two, spread over all 64 bits (multiplication by 2**64 over the golden ratio)."""
    with np.errstate(over="ignore"):
        return (key.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) ^ other.astype(np.uint64)).astype(np.int64)


@lru_cache(maxsize=64)
def _mask(
    kinds: tuple[str, ...],
    wanted: tuple[str, ...],
    ids: tuple[str, ...],
    wanted_ids: tuple[str, ...],
    groups: tuple[tuple[str, ...], ...],
    wanted_groups: tuple[str, ...],
) -> Column:
    mask = np.array([kind in wanted for kind in kinds], bool)
    mask |= np.array([fence_id in wanted_ids for fence_id in ids], bool)
    if groups and wanted_groups:
        mask |= np.array([not set(wanted_groups).isdisjoint(of_fence) for of_fence in groups], bool)
    mask.setflags(write=False)
    return mask


def fence_mask(
    fences: Fences, kinds: tuple[str, ...], fence_ids: tuple[str, ...] = (), groups: tuple[str, ...] = ()
) -> Column:
    """(F,) bool: fences of one of these kinds, with one of these ids or in one of these groups."""
    return _mask(fences.kind, tuple(kinds), fences.fence_id, tuple(fence_ids), fences.groups, tuple(groups))


@lru_cache(maxsize=8)
def _fence_hashes(ids: tuple[str, ...]) -> Column:
    hashes = np.array([stable_hash(fence_id) for fence_id in ids], np.int64)
    hashes.setflags(write=False)
    return hashes


def fence_key(fences: Fences) -> Column:
    """(F,) int64: a stable key for each fence, from its id."""
    return _fence_hashes(fences.fence_id)


@lru_cache(maxsize=8)
def _fence_ids(ids: tuple[str, ...]) -> Column:
    column = np.array([fence_id.encode() for fence_id in ids])
    column.setflags(write=False)
    return column


def fence_ids(fences: Fences) -> Column:
    """(F,) bytes: the fences' ids as a column, for evidence."""
    return _fence_ids(fences.fence_id)


def fence_name(fences: Fences, fence_id: bytes) -> str:
    """What the chart calls a fence; its id where it has no name."""
    found = fence_id.decode()
    return fences.name[fences.fence_id.index(found)] or found


def pairs_in(
    picture: Picture,
    kinds: tuple[str, ...],
    fence_ids: tuple[str, ...] = (),
    groups: tuple[str, ...] = (),
    *,
    is_held: bool = False,
) -> Column:
    """(K,) int64: rows of `pairs` whose fence is chosen and is about the vessel; is_held : as `is_about` has it."""
    if len(picture.pairs) == 0:
        return np.zeros(0, np.int64)
    mask = fence_mask(picture.fences, kinds, fence_ids, groups)
    return concerned(picture, np.flatnonzero(mask[picture.pairs.fence]), is_held=is_held)


def is_left_out(
    picture: Picture, vessel: Column, fence: Column, *, ship_types: tuple[int, ...], min_length_m: float = 0.0
) -> Column:
    """(K,) bool: vessels that a rule leaves out, but where the fence beside them says itself which it is about."""
    v, concern = picture.vessels, picture.fences.concern
    is_exempt, is_short = is_one_of(v.ship_type[vessel], ship_types), v.length_m[vessel] < min_length_m
    if concern is not None:
        names_vessels, says_length = says_itself(concern)
        is_exempt, is_short = is_exempt & ~names_vessels[fence], is_short & ~says_length[fence]
    found: Column = is_exempt | is_short
    return found


def concerned(picture: Picture, pair: Column, *, is_held: bool = False) -> Column:
    """(K,) int64: those of these rows of `pairs` whose fence is about the vessel; is_held : as `is_about` has it."""
    if picture.fences.concern is None:
        return pair
    return pair[is_about(picture, picture.pairs.vessel[pair], picture.pairs.fence[pair], is_held=is_held)]


def events_in(
    picture: Picture, event: int, kinds: tuple[str, ...], fence_ids: tuple[str, ...], groups: tuple[str, ...]
) -> Column:
    """(K,) int64: rows of `events` of this sort whose fence is chosen and is about the vessel."""
    events = picture.events
    if not len(events):
        return np.zeros(0, np.int64)
    row = np.flatnonzero(fence_mask(picture.fences, kinds, fence_ids, groups)[events.fence] & (events.event == event))
    return row if picture.fences.concern is None else row[is_about(picture, events.vessel[row], events.fence[row])]


def is_ship(picture: Picture, row: Column) -> Column:
    """(K,) bool: a class A or B station, no aid, base, aircraft or beacon."""
    station_class = picture.vessels.station_class[row]
    found: Column = (station_class == StationClass.A.value) | (station_class == StationClass.B.value)
    return found


def is_one_of(code: Column, codes: tuple[int, ...]) -> Column:
    """(K,) bool: code, integers of -1 or more, is among `codes`. Ten times as fast as np.isin on a tick's few rows."""
    found: Column = _code_mask(tuple(codes))[code]
    return found


MAX_CODE = 255  # ship types have eight bits


@lru_cache(maxsize=64)
def _code_mask(codes: tuple[int, ...]) -> Column:
    """(257,) bool, so that -1 finds a cell of its own, the last."""
    mask = np.zeros(MAX_CODE + 2, bool)
    mask[[code for code in codes if 0 <= code <= MAX_CODE]] = True
    mask[-1] = -1 in codes
    mask.setflags(write=False)
    return mask


def off_axis_deg(course_deg: Column, axis_deg: Column) -> Column:
    """(K,) float64 in [0, 180]: angle between two directions; NaN where either is."""
    off: Column = np.abs((course_deg - axis_deg + 180.0) % 360.0 - 180.0)
    return off
