"""All that radar knows of one boat, for the screen."""

from dataclasses import dataclass

import numpy as np

from decoders.table import Column
from monitor.radar.boats import TRAIL, is_radar_only
from monitor.radar.contacts import NUMBERS
from monitor.radar.shown import label_of
from monitor.radar.watch import RadarWatch


@dataclass(frozen=True, slots=True)
class Following:
    """One radar's track of a boat."""

    radar: str
    track_no: int
    t_unix_s: float  # last contact
    t_first_unix_s: float
    n_updates: int
    sigma_m: float


@dataclass(frozen=True, slots=True)
class BoatDetails:
    """One boat. None is "not known"."""

    target_id: int
    label: str  # "dover/41"
    is_radar_only: bool
    is_ambiguous: bool
    t_dark_unix_s: float | None
    t_first_unix_s: float
    lat_first_deg: float
    lon_first_deg: float
    t_seen_unix_s: float
    t_again_unix_s: float | None
    n_updates: int
    lat_deg: float
    lon_deg: float
    sog_kn: float | None
    cog_deg: float | None
    length_m: float | None
    sigma_m: float
    offset_m: float | None  # from its radar place to its AIS place
    tracks: tuple[Following, ...]  # live ones, newest contact first


FLOATS = ("t_dark_unix_s", "t_again_unix_s", "sog_kn", "cog_deg", "length_m", "offset_m")


def boat_details(watch: RadarWatch, target_id: int) -> BoatDetails | None:
    """One boat; None if no radar sees or saw it lately."""
    row = int(watch.boats.rows_of(np.array([target_id]))[0])
    if row < 0:
        return None
    boats = watch.boats
    known = {name: _number(float(getattr(boats, name)[row])) for name in FLOATS}
    return BoatDetails(
        target_id=target_id,
        label=label_of(int(boats.key[row]), watch.register.sites),
        is_radar_only=bool(is_radar_only(boats.boat_id[row])),
        is_ambiguous=bool(boats.is_ambiguous[row]),
        t_first_unix_s=float(boats.t_first_unix_s[row]),
        lat_first_deg=float(boats.lat_first_deg[row]),
        lon_first_deg=float(boats.lon_first_deg[row]),
        t_seen_unix_s=float(boats.t_seen_unix_s[row]),
        n_updates=int(boats.n_updates[row]),
        lat_deg=float(boats.lat_deg[row]),
        lon_deg=float(boats.lon_deg[row]),
        sigma_m=float(boats.sigma_m[row]),
        tracks=_following(watch, target_id),
        **known,
    )


def _following(watch: RadarWatch, target_id: int) -> tuple[Following, ...]:
    own = watch.tracks.take(watch.tracks.boat_id == target_id)
    sigma_m = np.hypot(own.sigma_east_m, own.sigma_north_m) / np.sqrt(2.0)
    rows = [
        Following(
            watch.register.sites[int(own.site[k])].name,
            int(own.key[k] % NUMBERS),
            float(own.t_unix_s[k]),
            float(own.t_first_unix_s[k]),
            int(own.n_updates[k]),
            float(sigma_m[k]),
        )
        for k in range(len(own))
    ]
    return tuple(sorted(rows, key=lambda one: -one.t_unix_s))


def _number(value: float) -> float | None:
    return None if value != value else value


def boat_trail(watch: RadarWatch, target_id: int) -> tuple[Column, Column, Column]:
    """(t_unix_s, lat_deg, lon_deg), oldest first, ending with the last contact. Empty if unknown."""
    row = int(watch.boats.rows_of(np.array([target_id]))[0])
    if row < 0:
        return np.empty(0), np.empty(0), np.empty(0)
    boats = watch.boats
    n = int(boats.n_trail[row])
    order = np.arange(n) if n < TRAIL else (np.arange(TRAIL) + n) % TRAIL
    points = (boats.trail_t_unix_s[row, order], boats.trail_lat_deg[row, order], boats.trail_lon_deg[row, order])
    last = (boats.t_seen_unix_s[row], boats.lat_deg[row], boats.lon_deg[row])
    if n and last[0] <= points[0][-1]:
        return points
    return np.append(points[0], last[0]), np.append(points[1], last[1]), np.append(points[2], last[2])
