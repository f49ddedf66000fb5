"""Boats: what the radars' tracks are tracks of, one row for each, through breaks, other numbers and other radars.

    track ─┬─ AIS belongs to it ────────────────────────────> the AIS target
           ├─ another radar's track of the same thing ──────> that one's boat
           ├─ goes on where a boat was lost (rejoin.py) ────> that boat again
           └─ confirmed otherwise ──────────────────────────> a new boat

A boat that only radar sees has an id of its own, made from its first track, so it is the same in a replay. It outlives
its tracks: a small boat is lost for minutes at a time (radar.md 5: "tracks will break several times an hour"), and one
that is not seen is searched for, not forgotten.
"""

from dataclasses import dataclass, replace

import numpy as np

from decoders.table import Column, Table
from geofences.project import metres_per_degree, wrap_lon_deg
from monitor.ids import among, rows_of
from monitor.kinematics import KN_M_PER_S
from monitor.missing import or_zero
from monitor.radar import way
from monitor.radar.tracks import RadarTracks, moved

# Above every AIS target id (mmsi * 8 + split < 2**33), and below 2**43, so that a pair with a fence fits in 63 bits.
FIRST_RADAR_ID = 1 << 42
CONFIRM_UPDATES = 4  # contacts before a track becomes a boat: domain D2, 3 of 5 scans, and time to see whose AIS it is
BEST_SPEED_M_PER_S = 0.4  # 1 sigma of a tracker's speed, 0.8 kn: never better, MSC.192(79)
YOUNGEST_S = 5.0  # a tracker's speed is from places at least this far apart
SLOPE = 2.0  # variance of a straight line's slope through three places over a second, in variances of a place
# How much a small boat's way differs from what it was, 1 sigma in each direction. Domain 1.5: the helm wanders by 15 to
# 25 deg of 4.5 kn; on simulated crossings reckoning errs by 0.53 to 0.57 m for each second, from one minute to 25.
WANDER_M_PER_S = 0.55
WANDER_S = 400.0  # the time in which the helm forgets: 6 to 10 min (domain 4.4)
FRESH_S = 10.0  # tracks with a contact in the last seconds share in the boat's place
SHORTEST_SEARCH_S = 60.0  # what was seen for a moment is searched for a minute: mostly clutter
LONGEST_SEARCH_S = 2400.0  # domain X02: a gap of 25 min is one boat's
TRAIL = 32
TRAIL_EVERY_S = 60.0  # so that the trail spans the half hour over which straightness is judged


@dataclass(frozen=True, slots=True)
class Boats(Table):
    """Everything that some radar sees or saw lately, sorted by boat_id."""

    boat_id: Column  # (N,) int64: the AIS target's id, or one from FIRST_RADAR_ID on
    is_ambiguous: Column  # (N,) bool
    t_dark_unix_s: Column  # (N,) float64, dark in good AIS reception since; NaN
    offset_m: Column  # (N,) float64, from its radar place to its AIS place; NaN
    beside_id: Column  # (N,) int64, the vessel with AIS within BESIDE_M at its last contact; -1
    t_first_unix_s: Column  # (N,) float64
    lat_first_deg: Column
    lon_first_deg: Column
    t_seen_unix_s: Column  # (N,) float64
    t_again_unix_s: Column  # (N,) float64, NaN never
    n_updates: Column  # (N,) int64
    n_tracks: Column  # (N,) int16, live
    key: Column  # (N,) int64, (site, number) of the newest contact's best track
    site: Column  # (N,) int32
    lat_deg: Column
    lon_deg: Column
    sog_kn: Column  # (N,) float64, its own where only radar sees it (way.py), as soon as there is one
    cog_deg: Column
    sigma_speed_m_per_s: Column  # (N,) float64, of that, in each direction
    sigma_m: Column  # (N,) float64, of the place, in the worse direction
    length_m: Column
    t_prev_unix_s: Column
    lat_prev_deg: Column
    lon_prev_deg: Column
    t_mark_unix_s: Column  # (N,) float64, of the newest point of the trail
    n_trail: Column  # (N,) int64, points ever put into the ring
    trail_t_unix_s: Column  # (N, TRAIL) float64
    trail_lat_deg: Column  # (N, TRAIL) float64
    trail_lon_deg: Column

    def rows_of(self, boat_id: Column) -> Column:
        """(K,) int64 row of each id, -1 where there is none."""
        return rows_of(self.boat_id, boat_id)


KINDS = {
    "boat_id": "i8", "is_ambiguous": "?", "n_updates": "i8", "n_tracks": "i2", "key": "i8", "site": "i4",
    "n_trail": "i8", "beside_id": "i8",
}  # fmt: skip
RINGS = ("trail_t_unix_s", "trail_lat_deg", "trail_lon_deg")


def no_boats() -> Boats:
    """Nothing is seen."""
    names = Boats.__dataclass_fields__
    return Boats(*(np.zeros((0, TRAIL) if name in RINGS else 0, KINDS.get(name, "f8")) for name in names))


def is_radar_only(boat_id: Column) -> Column:
    """(N,) bool: no AIS target's id."""
    found: Column = boat_id >= FIRST_RADAR_ID
    return found


def radar_ids(track_id: Column) -> Column:
    """(N,) int64: the boat that a track is the first of."""
    found: Column = FIRST_RADAR_ID + track_id
    return found


def seen(boats: Boats, tracks: RadarTracks, touched: Column) -> tuple[Boats, Column]:
    """Bring the tracks' new contacts to their boats; the boats, and the ids of those that were seen, sorted.

    touched : (M,) int64 rows of `tracks` with a new contact; tracks without a boat are left alone
    """
    ids = np.unique(tracks.boat_id[touched])
    ids = ids[ids >= 0]
    if not len(ids):
        return counted(boats, tracks), ids
    fresh = ids[boats.rows_of(ids) < 0]
    if len(fresh):
        boats = Boats.concat([boats, _new(fresh, tracks)])
        boats = boats.take(np.argsort(boats.boat_id, kind="stable"))
    row = boats.rows_of(ids)
    place = _fused(ids, tracks)
    before = boats.take(row)
    # a boat that was made just now starts at this contact: there is no leg to it
    is_new = among(ids, fresh)
    place["length_m"] = np.where(np.isnan(place["length_m"]), before.length_m, place["length_m"])
    is_news = place.pop("is_news")
    place |= _velocity(before, place, is_new)
    changed = replace(
        before,
        **place,
        t_prev_unix_s=np.where(is_new, np.nan, before.t_seen_unix_s),
        lat_prev_deg=np.where(is_new, np.nan, before.lat_deg),
        lon_prev_deg=np.where(is_new, np.nan, before.lon_deg),
        n_updates=before.n_updates + ~is_new,
    )
    return counted(_put(boats, row, _marked(changed, is_news | is_new)), tracks), ids


def _put(boats: Boats, row: Column, rows: Boats) -> Boats:
    """The table with these rows in the place of those."""
    columns = {name: column.copy() for name, column in boats.columns().items()}
    for name, column in rows.columns().items():
        columns[name][row] = column
    return Boats(**columns)


def counted(boats: Boats, tracks: RadarTracks) -> Boats:
    """The number of live tracks of each boat."""
    n = np.zeros(len(boats), np.int16)
    row = boats.rows_of(tracks.boat_id)
    np.add.at(n, row[row >= 0], 1)
    return replace(boats, n_tracks=n)


def _new(ids: Column, tracks: RadarTracks) -> Boats:
    """Boats that begin with the oldest of their tracks."""
    order = np.lexsort((tracks.t_first_unix_s, tracks.boat_id))
    oldest = order[tracks.boat_id[order].searchsorted(ids)]
    first = tracks.take(oldest)
    n = len(ids)
    made = no_boats().columns()
    columns = {name: np.full((n, *column.shape[1:]), np.nan) for name, column in made.items() if name not in KINDS}
    columns |= {name: np.zeros(n, kind) for name, kind in KINDS.items()}
    columns |= {
        "boat_id": ids,
        "n_updates": first.n_updates,
        "t_first_unix_s": first.t_first_unix_s,
        "lat_first_deg": first.lat_first_deg,
        "lon_first_deg": first.lon_first_deg,
    }
    return Boats(**columns)


def _fused(ids: Column, tracks: RadarTracks) -> dict[str, Column]:
    """Where each boat is by its newest contacts: those of several radars weighted by how well they know."""
    which = np.flatnonzero(among(tracks.boat_id, ids))
    which = which[np.argsort(tracks.boat_id[which], kind="stable")]
    boat = ids.searchsorted(tracks.boat_id[which])
    t_seen = np.full(len(ids), -np.inf)
    np.maximum.at(t_seen, boat, tracks.t_unix_s[which])
    is_fresh = t_seen[boat] - tracks.t_unix_s[which] <= FRESH_S
    which, boat = which[is_fresh], boat[is_fresh]
    own = tracks.take(which)
    lat, lon = moved(own.lat_deg, own.lon_deg, own.sog_kn, own.cog_deg, t_seen[boat] - own.t_unix_s)
    sigma_speed, coasted_s = _sigma_speed(own), own.t_unix_s - own.t_news_unix_s
    variance = own.sigma_east_m**2 + own.sigma_north_m**2 + (sigma_speed * coasted_s) ** 2
    weight = 1.0 / np.maximum(variance, 1.0)
    total = np.bincount(boat, weight, len(ids))
    best = np.lexsort((own.key, -weight, boat))
    best = best[boat[best].searchsorted(np.arange(len(ids)))]
    lat0, lon0 = own.lat_deg[best], own.lon_deg[best]  # the mean of differences: an antimeridian may lie between
    dlon = lon - lon0[boat]
    dlon -= 360.0 * np.rint(dlon / 360.0)
    return {
        "t_seen_unix_s": t_seen,
        "lat_deg": lat0 + np.bincount(boat, weight * (lat - lat0[boat]), len(ids)) / total,
        "lon_deg": lon0 + np.bincount(boat, weight * dlon, len(ids)) / total,
        "sog_kn": own.sog_kn[best],
        "cog_deg": own.cog_deg[best],
        # of the best radar alone: the errors of two radars' tracks are not independent
        "sigma_speed_m_per_s": sigma_speed[best],
        "sigma_m": np.sqrt(variance[best]),
        "is_news": coasted_s[best] == 0.0,
        "length_m": own.length_m[best],
        "key": own.key[best],
        "site": own.site[best],
    }


def _sigma_speed(tracks: RadarTracks) -> Column:
    """(N,) float64 1 sigma, m/s, in the worse direction, of each track's speed: its places' over the time they span."""
    age_s = np.maximum(tracks.t_news_unix_s - tracks.t_first_unix_s, YOUNGEST_S)
    variance = tracks.sigma_east_m**2 + tracks.sigma_north_m**2
    found: Column = np.hypot(np.sqrt(SLOPE * variance) / age_s, BEST_SPEED_M_PER_S)
    return found


def _velocity(before: Boats, place: dict[str, Column], is_new: Column) -> dict[str, Column]:
    """The least uncertain of three: its own velocity by its last places, the one that it had, what its radar says.

    A ship with AIS has its radar's: it turns, and its echo is strong.
    """
    t_seen = place["t_seen_unix_s"]
    slot = (before.n_trail[:, None] - np.arange(LAST_PLACES, 0, -1)) % TRAIL
    t_s, lat, lon = (np.take_along_axis(getattr(before, name), slot, axis=1) for name in RINGS)
    north_m, east_m = metres_per_degree(place["lat_deg"])
    now = np.zeros((len(before), 1))
    east, north, own_sigma = way.velocity(
        np.hstack([t_s - t_seen[:, None], now]),
        np.hstack([wrap_lon_deg(lon - place["lon_deg"][:, None]) * east_m[:, None], now]),
        np.hstack([(lat - place["lat_deg"][:, None]) * north_m[:, None], now]),
        place["sigma_m"],
    )
    # it wanders while it is not looked at, up to twice the difference from its mean way
    strayed = WANDER_M_PER_S**2 * np.minimum(2.0 * (t_seen - before.t_seen_unix_s) / WANDER_S, 2.0)
    held_sigma = np.where(is_new, np.nan, np.sqrt(before.sigma_speed_m_per_s**2 + strayed))
    sigma = np.stack([place["sigma_speed_m_per_s"], own_sigma, held_sigma])
    sigma[1:, ~is_radar_only(before.boat_id)] = np.nan
    best = np.where(np.isnan(sigma), np.inf, sigma).argmin(axis=0)
    sog_kn = np.stack([place["sog_kn"], np.hypot(east, north) / KN_M_PER_S, before.sog_kn])
    cog_deg = np.stack([place["cog_deg"], np.degrees(np.arctan2(east, north)) % 360.0, before.cog_deg])
    row = np.arange(len(before))
    return {
        "sog_kn": sog_kn[best, row],
        "cog_deg": cog_deg[best, row],
        "sigma_speed_m_per_s": sigma[best, row],
    }


LAST_PLACES = 4  # of the trail: more than lie within way.WINDOW_S


def _marked(boats: Boats, is_news: Column) -> Boats:
    """A point of the trail where the last one is old enough. is_news : (N,) bool, the place was measured."""
    due = np.flatnonzero(is_news & ~(boats.t_seen_unix_s - boats.t_mark_unix_s < TRAIL_EVERY_S))
    if not len(due):
        return boats
    slot = boats.n_trail[due] % TRAIL
    rings = {name: getattr(boats, name).copy() for name in RINGS}
    for name, value in zip(RINGS, (boats.t_seen_unix_s, boats.lat_deg, boats.lon_deg), strict=True):
        rings[name][due, slot] = value[due]
    n_trail, t_mark = boats.n_trail.copy(), boats.t_mark_unix_s.copy()
    n_trail[due] += 1
    t_mark[due] = boats.t_seen_unix_s[due]
    return replace(boats, n_trail=n_trail, t_mark_unix_s=t_mark, **rings)


def renamed(boats: Boats, old: Column, new: Column) -> Boats:
    """Boats under another id: AIS was found to belong to them. Where the new one exists already, the old one ends."""
    row = boats.rows_of(old)
    is_known = row >= 0
    row, new = row[is_known], new[is_known]
    order = np.lexsort((boats.t_first_unix_s[row], new))
    row, new = row[order], new[order]
    goes_on = (boats.rows_of(new) < 0) & np.append(True, new[1:] != new[:-1])
    ids = boats.boat_id.copy()
    ids[row[goes_on]] = new[goes_on]
    keep = np.ones(len(boats), bool)
    keep[row[~goes_on]] = False
    boats = replace(boats, boat_id=ids).take(keep)
    return boats.take(np.argsort(boats.boat_id, kind="stable"))


def expired(boats: Boats, now_unix_s: float, kept: Column) -> Column:
    """(N,) bool: not seen for as long as it was seen before, within limits. kept : ids that stay whatever their age."""
    lived_s = boats.t_seen_unix_s - boats.t_first_unix_s
    search_s = np.clip(lived_s, SHORTEST_SEARCH_S, LONGEST_SEARCH_S)
    gone = (boats.n_tracks == 0) & (now_unix_s - boats.t_seen_unix_s > search_s)
    found: Column = gone & ~among(boats.boat_id, kept)
    return found


def straightness(boats: Boats) -> Column:
    """(N,) float64: way made good over way gone along the trail; NaN below SHORTEST_PATH_M."""
    k = np.arange(TRAIL)[None, :]
    oldest = np.where(boats.n_trail > TRAIL, boats.n_trail % TRAIL, 0)[:, None]
    order = (oldest + k) % TRAIL
    lat = np.take_along_axis(boats.trail_lat_deg, order, axis=1)
    lon = np.take_along_axis(boats.trail_lon_deg, order, axis=1)
    north_m, east_m = metres_per_degree(boats.lat_deg)
    step_m = np.hypot(np.diff(lat, axis=1) * north_m[:, None], np.diff(lon, axis=1) * east_m[:, None])
    gone_m = or_zero(step_m).sum(axis=1)
    gone_m += or_zero(np.hypot(*_to_last(boats, north_m, east_m)))
    good_m = np.hypot((boats.lat_deg - lat[:, 0]) * north_m, (boats.lon_deg - lon[:, 0]) * east_m)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Column = np.where(gone_m >= SHORTEST_PATH_M, np.minimum(good_m / gone_m, 1.0), np.nan)
    return found


SHORTEST_PATH_M = 0.3 * 1852.0


def _to_last(boats: Boats, north_m: Column, east_m: Column) -> tuple[Column, Column]:
    """Metres (north, east) from the newest point of the trail to the boat."""
    row, last = np.arange(len(boats)), (boats.n_trail - 1) % TRAIL
    north = (boats.lat_deg - boats.trail_lat_deg[row, last]) * north_m
    return north, (boats.lon_deg - boats.trail_lon_deg[row, last]) * east_m
