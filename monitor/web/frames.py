"""What the map's binary frames hold: one record a vessel, and the difference between two pictures.

    header, 32 bytes                              n_changed records of 32 bytes          n_removed ids, float64
    ┌─────────┬───────────┬───────────┬────────┐  ┌────┬─────┬─────┬──────┬─────┬─ ─ ┐  ┌────┬─ ─
    │ version │ n_changed │ n_removed │ n_view │  │ id │ lat │ lon │ t    │ sog │    │  │ id │
    │ uint32  │ uint32    │ uint32    │ uint32 │  │ f8 │ i4  │ i4  │ u4   │ u2  │    │  │ f8 │
    ├─────────┴──────┬────┴───────────┴────────┤  └────┴─────┴─────┴──────┴─────┴─ ─ ┘  └────┴─ ─
    │ now_unix_s f8  │ reserved                │
    └────────────────┴─────────────────────────┘

A screen gets what changed since the frame before, whatever happened in between, so one that is slow gets fewer frames
and never old ones, and nothing queues up for it. Everything is little-endian; static/js/frames.js is the other side.
An id is a float64: JavaScript has no other number that holds it exactly (target ids stay below 2**43).
"""

from dataclasses import dataclass

import numpy as np

from alerts.picture import Column, RadarTargets, StationClass, Vessels

VERSION = 1
RECORD = np.dtype(
    [
        ("target_id", "<f8"),
        ("lat_1e7", "<i4"),
        ("lon_1e7", "<i4"),
        ("t_unix_s", "<u4"),  # whole seconds
        ("sog_tenths_kn", "<u2"),  # MISSING
        ("cog_tenths_deg", "<u2"),  # MISSING
        ("heading_deg", "<u2"),  # MISSING
        ("length_m", "<u2"),  # 0 not known
        ("station_class", "i1"),
        ("nav_status", "i1"),
        ("ship_type", "u1"),  # 0 not known
        ("bits", "u1"),  # `COARSE` and below
    ]
)
HEADER = np.dtype(
    [
        ("version", "<u4"),
        ("n_changed", "<u4"),
        ("n_removed", "<u4"),
        ("n_view", "<u4"),  # vessels inside the view, shown or not
        ("now_unix_s", "<f8"),
        ("reserved", "<u8"),
    ]
)
MISSING = 0xFFFF
COARSE, DEGRADED, DISTRESS, UNHEARD = 1, 2, 4, 8
SEEN, DOUBTED, SOUGHT = 16, 32, 64  # by radar now; in doubt whose echo it is; radar has lost it
SOUGHT_S = 20.0  # without a contact: eight scans of 2.5 s
MAX_SHOWN = 20_000  # vessels on one screen: more are a grey carpet; the head says how many are left out
WORDS = RECORD.itemsize // 8


@dataclass(frozen=True, slots=True)
class View:
    """What a screen shows, degrees; west may be greater than east (across the antimeridian)."""

    west_deg: float
    south_deg: float
    east_deg: float
    north_deg: float


@dataclass(frozen=True, slots=True)
class Shown:
    """Records in order of target id. record : (N,) RECORD, lat_deg, lon_deg as floats for the view."""

    record: Column
    name: Column  # (N,) S34

    def __len__(self) -> int:
        return len(self.record)


def nothing() -> Shown:
    return Shown(np.zeros(0, RECORD), np.zeros(0, "S34"))


def pack(vessels: Vessels, radar: RadarTargets, now_unix_s: float) -> Shown:
    """Every vessel with a place as a record; a copy, so that it outlives the tick."""
    at = np.flatnonzero(~np.isnan(vessels.lat_deg))
    record = np.zeros(len(at), RECORD)
    record["target_id"] = vessels.target_id[at]
    record["lat_1e7"] = np.rint(vessels.lat_deg[at] * 1e7)
    record["lon_1e7"] = np.rint(vessels.lon_deg[at] * 1e7)
    record["t_unix_s"] = np.clip(vessels.t_unix_s[at], 0, 0xFFFFFFFF)
    record["sog_tenths_kn"] = _or_missing(vessels.sog_kn[at] * 10)
    record["cog_tenths_deg"] = _or_missing(vessels.cog_deg[at] * 10)
    record["heading_deg"] = _or_missing(vessels.heading_deg[at])
    record["length_m"] = np.nan_to_num(vessels.length_m[at])
    record["station_class"] = vessels.station_class[at]
    record["nav_status"] = vessels.nav_status[at]
    record["ship_type"] = np.clip(vessels.ship_type[at], 0, 255)
    bits = COARSE * vessels.is_coarse[at] + DEGRADED * vessels.is_degraded[at]
    bits += DISTRESS * ~np.isnan(vessels.t_distress_unix_s[at])
    record["bits"] = bits + UNHEARD * ~vessels.is_receiver_healthy[at] + _by_radar(vessels, radar, now_unix_s)[at]
    return Shown(record, vessels.name[at])


def _by_radar(vessels: Vessels, radar: RadarTargets, now_unix_s: float) -> Column:
    """(T,) the bits that radar sets."""
    bits = np.zeros(len(vessels), np.int64)
    is_seen = now_unix_s - radar.t_seen_unix_s <= SOUGHT_S
    is_only = vessels.station_class[radar.vessel] == StationClass.RADAR
    bits[radar.vessel] = SEEN * is_seen + DOUBTED * radar.is_ambiguous + SOUGHT * (is_only & ~is_seen)
    return bits


def _or_missing(values: Column) -> Column:
    return np.where(np.isnan(values), MISSING, np.rint(np.nan_to_num(values))).astype(np.uint16)


def inside(shown: Shown, view: View) -> tuple[Shown, int]:
    """The records inside a view, at most MAX_SHOWN of them, and how many there are in all.

    Where some must be left out, those in distress stay, then the longest.
    """
    lat_deg, lon_deg = shown.record["lat_1e7"] / 1e7, shown.record["lon_1e7"] / 1e7
    seen = (lat_deg >= view.south_deg) & (lat_deg <= view.north_deg)
    if view.west_deg <= view.east_deg:
        seen &= (lon_deg >= view.west_deg) & (lon_deg <= view.east_deg)
    else:
        seen &= (lon_deg >= view.west_deg) | (lon_deg <= view.east_deg)
    at = np.flatnonzero(seen)
    n_view = len(at)
    if n_view > MAX_SHOWN:
        length_m, bits = (shown.record[name][at].astype(np.int64) for name in ("length_m", "bits"))
        weight = length_m + 0x10000 * (bits & DISTRESS)
        at = np.sort(at[np.argsort(-weight, kind="stable")[:MAX_SHOWN]])
    return Shown(shown.record[at], shown.name[at]), n_view


def focus(shown: Shown) -> list[float] | None:
    """[west, south, east, north] of the middle four fifths of the vessels: where a new screen looks first."""
    if not len(shown):
        return None
    lat, lon = (np.sort(shown.record[name]) / 1e7 for name in ("lat_1e7", "lon_1e7"))
    low, high = len(shown) // 10, len(shown) - 1 - len(shown) // 10
    return [float(lon[low]), float(lat[low]), float(lon[high]), float(lat[high])]


def difference(before: Shown, after: Shown) -> tuple[Column, Column]:
    """(rows of `after` that are new or changed, (M,) float64 ids that are gone)."""
    ids_before, ids_after = before.record["target_id"], after.record["target_id"]
    if not len(ids_before):
        return np.arange(len(ids_after)), np.zeros(0)
    at = np.minimum(ids_before.searchsorted(ids_after), len(ids_before) - 1)
    same = (_words(before.record)[at] == _words(after.record)).all(axis=1)
    gone = ids_before[~np.isin(ids_before, ids_after, assume_unique=True)]
    return np.flatnonzero(~same), gone


def _words(record: Column) -> Column:
    """(N, WORDS) uint64: records compare fastest as plain numbers; the id is one of them."""
    return np.ascontiguousarray(record).view(np.uint64).reshape(len(record), WORDS)


def frame(before: Shown, after: Shown, n_view: int, now_unix_s: float) -> tuple[bytes, Column]:
    """The bytes that turn one screen's picture into the next, and the rows of `after` that they hold."""
    changed, gone = difference(before, after)
    header = np.zeros(1, HEADER)
    header["version"] = VERSION
    header["n_changed"], header["n_removed"], header["n_view"] = len(changed), len(gone), n_view
    header["now_unix_s"] = now_unix_s
    return header.tobytes() + after.record[changed].tobytes() + gone.astype("<f8").tobytes(), changed
