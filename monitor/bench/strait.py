"""A dense strait for measuring association: ships with AIS in two lanes, ferries across, boats without AIS, radars.

Truth moves on a plane around the first radar. Each radar turns, so its targets are seen one after another within a
scan, with the error model of radar.md section 5 (7 m and 0.12 deg, Pd 0.9, bias and clock as given), and follows them
with a small tracker of its own (alpha-beta, begun after 3 hits, ended after 5 misses): what comes out has the lag and
the correlated error of a real tracker. False tracks wander. AIS is sent as often as class and speed demand, heard with
p 0.95, measured at the antenna and not at the middle of the hull.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from alerts.picture import StationClass
from decoders.table import Column, Table
from geofences.project import metres_per_degree
from monitor.kinematics import report_interval_s
from monitor.radar.association import Seen, Ships
from monitor.radar.polar import polar
from monitor.radar.sites import RadarSite, placed

KN = 1852.0 / 3600.0
T0 = 1_795_600_000.0
LAT_DEG, LON_DEG = 51.129, 1.326
ALPHA, BETA = 0.4, 0.1  # of the radars' trackers
BEGIN_HITS, END_MISSES = 3, 5
NO_AIS = int(StationClass.RADAR)


def site(name: str = "dover", lat_deg: float = LAT_DEG, lon_deg: float = LON_DEG, period_s: float = 2.5) -> RadarSite:
    """A coastal X-band radar."""
    return RadarSite(name, "radar", name, lat_deg, lon_deg, 100.0, 0.0, 30.0, period_s, 7.0, 0.12)


@dataclass(frozen=True, slots=True)
class Fleet(Table):
    """Everything that floats, at the start."""

    east_m: Column
    north_m: Column
    sog_kn: Column
    cog_deg: Column
    length_m: Column
    beam_m: Column
    station_class: Column  # NO_AIS: only radar sees it
    ahead_m: Column  # from the antenna to the middle of the hull
    turns: Column  # deg/s, 1 sigma of a slowly changing rate of turn
    gnss_east_m: Column  # how far its AIS is wrong
    t_silent_s: Column  # when its AIS stops


def lanes(rng: np.random.Generator, n_ships: int, n_boats: int) -> Fleet:
    """Ships along two lanes, a tenth of them ferries across, and boats in between, some beside ships."""
    n = n_ships + n_boats
    along, across = rng.uniform(-30e3, 30e3, n), rng.uniform(4e3, 22e3, n)
    axis = np.where(across < 13e3, 215.0, 35.0)
    is_ferry = rng.random(n) < 0.1
    cog = np.where(is_ferry, rng.choice([125.0, 305.0], n), axis) + rng.normal(0, 4.0, n)
    is_boat = np.arange(n) >= n_ships
    cog = np.where(is_boat, rng.uniform(270.0, 350.0, n), cog)
    is_b = ~is_boat & (rng.random(n) < 0.15)
    length = np.where(is_boat, 9.0, np.where(is_b, rng.uniform(8, 24, n), rng.uniform(60, 300, n)))
    radians = np.radians(35.0)
    east = along * np.sin(radians) + across * np.cos(radians)
    north = along * np.cos(radians) - across * np.sin(radians)
    return Fleet(
        east,
        north,
        np.where(is_boat, rng.uniform(3, 7, n), np.where(is_b, rng.uniform(4, 9, n), rng.uniform(8, 20, n))),
        cog % 360.0,
        length,
        np.where(length > 30.0, length / 6.5, length / 3.0),
        np.where(is_boat, NO_AIS, np.where(is_b, int(StationClass.B), int(StationClass.A))),
        np.where(length > 30.0, length * rng.uniform(0.0, 0.4, n), 0.0),
        np.where(is_boat, 0.1, 0.03),
        np.zeros(n),
        np.full(n, np.inf),
    )


@dataclass(frozen=True, slots=True)
class Tick:
    """What a second brought."""

    now_unix_s: float
    seen: Seen
    ships: Ships
    body: Column  # (K,) int64, row in the fleet of each track seen; -1 a false one
    range_m: Column  # (K,) float64, as measured, with the radar's bias and noise; NaN for false ones
    bearing_deg: Column


@dataclass(slots=True)
class Radar:
    """One radar and its tracker."""

    site: RadarSite
    bias: tuple[float, float, float] = (0.0, 0.0, 0.0)  # m, deg, s
    p_detection: float = 0.9
    n_false: int = 0
    tracks: dict[str, Column] = field(default_factory=dict)


@dataclass(slots=True)
class Strait:
    """The sea; iterate `ticks`."""

    fleet: Fleet
    radars: list[Radar]
    rng: np.random.Generator
    p_reception: float = 0.95
    correction: Column | None = None  # (S, 3), subtracted from what the radars measure; may be set while it runs
    next_id: int = 1

    @property
    def sites(self) -> list[RadarSite]:
        return [radar.site for radar in self.radars]

    def ticks(self, n_s: int) -> Iterator[Tick]:
        """Second after second."""
        f, rng = self.fleet, self.rng
        n = len(f)
        motion = _Motion(f)
        heard = {name: np.full(n, np.nan) for name in ("t", "lat", "lon", "sog", "cog", "heading")}
        next_report = rng.uniform(-60.0, 1.0, n)
        for s in range(1, n_s + 1):
            motion.step(rng)
            interval = report_interval_s(
                f.station_class.astype(np.int8), motion.sog_kn, np.zeros(n, np.int8), np.zeros(n), np.zeros(n, bool)
            )
            due = (next_report <= s) & (f.station_class != NO_AIS) & (s < f.t_silent_s)
            next_report = np.where(next_report <= s, s + interval, next_report)
            due &= rng.random(n) < self.p_reception
            self._hear(heard, motion, due, float(s))
            parts = [self._scan(k, motion, float(s)) for k in range(len(self.radars))]
            seen = Seen.concat([part[0] for part in parts])
            body, range_m, bearing = (np.concatenate([part[c] for part in parts]) for c in (1, 2, 3))
            yield Tick(T0 + s, seen, self._ships(heard, interval), body, range_m, bearing)

    def _hear(self, heard: dict[str, Column], motion: "_Motion", due: Column, s: float) -> None:
        f, rng = self.fleet, self.rng
        sigma = np.where(f.station_class == int(StationClass.A), 4.0, 8.0)
        sin, cos = np.sin(np.radians(motion.cog_deg)), np.cos(np.radians(motion.cog_deg))
        n = len(f)
        east = motion.east_m - f.ahead_m * sin + sigma * rng.standard_normal(n) + f.gnss_east_m
        north = motion.north_m - f.ahead_m * cos + sigma * rng.standard_normal(n)
        lat, lon = on_chart(east, north)
        sog = np.maximum(motion.sog_kn + 0.1 * rng.standard_normal(n), 0.0)
        cog = (motion.cog_deg + 0.7 * rng.standard_normal(n)) % 360.0
        heading = np.where(f.station_class == int(StationClass.A), np.rint(motion.cog_deg) % 360.0, np.nan)
        now = np.full(n, T0 + s)
        for name, column in zip(heard, (now, lat, lon, sog, cog, heading), strict=True):
            heard[name] = np.where(due, column, heard[name])

    def _ships(self, heard: dict[str, Column], interval: Column) -> Ships:
        f = self.fleet
        has_ais = np.flatnonzero(f.station_class != NO_AIS)
        n = len(f)
        big = f.length_m > 30.0
        table = Ships(
            np.arange(n) + 1000,
            heard["t"],
            heard["lat"],
            heard["lon"],
            heard["sog"],
            heard["cog"],
            heard["heading"],
            f.length_m,
            f.beam_m,
            np.where(big, f.ahead_m, np.nan),
            np.where(big, 0.0, np.nan),
            f.station_class.astype(np.int8),
            f.station_class == int(StationClass.A),
            np.zeros(n, bool),
            np.zeros(n, bool),
            interval,
        )
        return table.take(has_ais)

    # ---- radar ----

    def _scan(self, k: int, motion: "_Motion", s: float) -> tuple[Seen, Column, Column, Column]:
        """Who the antenna of radar k passes in this second, as tracks."""
        radar, rng = self.radars[k], self.rng
        n = len(self.fleet) + radar.n_false
        if not radar.tracks:
            radar.tracks = _no_tracks(n, radar.n_false, rng)
        tracks = radar.tracks
        lat, lon = on_chart(motion.east_m, motion.north_m)
        at = radar.site
        range_m, bearing = polar(lat, lon, np.full(len(lat), at.lat_deg), np.full(len(lat), at.lon_deg))
        range_m, bearing = _with_false(tracks, range_m, bearing, radar.n_false, rng)
        phase = (bearing / 360.0 - s / at.period_s) % 1.0 * at.period_s  # seconds until the antenna passes
        is_due = (phase < 1.0) & (range_m < at.range_nm * 1852.0)
        row = np.flatnonzero(is_due)
        is_hit = rng.random(len(row)) < radar.p_detection
        length = np.append(self.fleet.length_m, np.full(radar.n_false, 5.0))[row]
        measured_r = range_m[row] + radar.bias[0] + np.hypot(7.0, 0.1 * length) * rng.standard_normal(len(row))
        measured_b = bearing[row] + radar.bias[1] + 0.12 * rng.standard_normal(len(row))
        fix = np.zeros(3) if self.correction is None else self.correction[k]
        t = T0 + s + radar.bias[2] - fix[2]
        lat, lon = placed(
            measured_r - fix[0], measured_b - fix[1], np.full(len(row), at.lat_deg), np.full(len(row), at.lon_deg)
        )
        east, north = on_plane(lat, lon)
        self.next_id = _follow(tracks, row, is_hit, east, north, t, self.next_id)
        shown = is_hit & (tracks["n_hits"][row] >= BEGIN_HITS)
        row, measured_r, measured_b = row[shown], measured_r[shown], measured_b[shown]
        body = np.where(row < len(self.fleet), row, -1)
        return _seen(tracks, row, k, t), body, measured_r, measured_b


class _Motion:
    """Where everybody is now."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet
        self.east_m, self.north_m = fleet.east_m.copy(), fleet.north_m.copy()
        self.sog_kn, self.cog_deg = fleet.sog_kn.copy(), fleet.cog_deg.copy()
        self.turn = np.zeros(len(fleet))

    def step(self, rng: np.random.Generator) -> None:
        """One second: the rate of turn wanders (over two minutes), pulled back to the course of the start."""
        away = (self.cog_deg - self.fleet.cog_deg + 180.0) % 360.0 - 180.0
        pull = -2e-4 * away * (self.fleet.turns > 0)
        self.turn += -self.turn / 60.0 + pull + self.fleet.turns * 0.18 * rng.standard_normal(len(self.turn))
        self.cog_deg = (self.cog_deg + self.turn) % 360.0
        self.east_m = self.east_m + self.sog_kn * KN * np.sin(np.radians(self.cog_deg))
        self.north_m = self.north_m + self.sog_kn * KN * np.cos(np.radians(self.cog_deg))


def _no_tracks(n: int, n_false: int, rng: np.random.Generator) -> dict[str, Column]:
    names = ("e", "n", "ve", "vn", "t", "t_first")
    tracks = {name: np.full(n, np.nan) for name in names}
    tracks |= {name: np.zeros(n, np.int64) for name in ("id", "n_hits", "n_misses")}
    tracks["false_polar"] = np.column_stack((rng.uniform(500, 15e3, n_false), rng.uniform(0, 360, n_false)))
    tracks["false_end"] = rng.uniform(0, 90.0, n_false)
    return tracks


def _with_false(
    tracks: dict[str, Column], range_m: Column, bearing: Column, n_false: int, rng: np.random.Generator
) -> tuple[Column, Column]:
    """Ranges and bearings with those of the false targets, which wander and begin anew elsewhere."""
    if not n_false:
        return range_m, bearing
    place = tracks["false_polar"]
    place += rng.normal(0, 1.0, (n_false, 2)) * np.column_stack((np.full(n_false, 3.0), 180.0 / place[:, 0]))
    tracks["false_end"] -= 1.0
    fresh = np.flatnonzero(tracks["false_end"] < 0)
    place[fresh] = np.column_stack((rng.uniform(500, 15e3, len(fresh)), rng.uniform(0, 360, len(fresh))))
    tracks["false_end"][fresh] = rng.uniform(20.0, 120.0, len(fresh))
    tracks["n_hits"][len(range_m) + fresh] = 0
    return np.append(range_m, place[:, 0]), np.append(bearing, place[:, 1] % 360.0)


def _follow(
    tracks: dict[str, Column], row: Column, is_hit: Column, east: Column, north: Column, t: float, next_id: int
) -> int:
    """The radar's tracker: its tracks of these rows after their plots."""
    missed, hit = row[~is_hit], row[is_hit]
    tracks["n_misses"][missed] += 1
    tracks["n_hits"][missed[tracks["n_misses"][missed] >= END_MISSES]] = 0
    tracks["n_misses"][hit] = 0
    is_new = tracks["n_hits"][hit] == 0
    e, n = east[is_hit], north[is_hit]
    dt = np.where(is_new, 1.0, t - tracks["t"][hit])
    second = tracks["n_hits"][hit] == 1
    de = e - (tracks["e"][hit] + tracks["ve"][hit] * dt)
    dn = n - (tracks["n"][hit] + tracks["vn"][hit] * dt)
    count = np.maximum(tracks["n_hits"][hit] + 1, 2)
    alpha = np.maximum(ALPHA, 2.0 * (2 * count - 1) / (count * (count + 1)))  # an expanding memory at first
    beta = np.maximum(BETA, 6.0 / (count * (count + 1)))
    alpha, beta = np.where(second, 1.0, alpha), np.where(second, 1.0, beta)
    for name, gone, residual in (("e", "ve", de), ("n", "vn", dn)):
        moved = tracks[name][hit] + tracks[gone][hit] * dt
        tracks[name][hit] = np.where(is_new, e if name == "e" else n, moved + alpha * residual)
        tracks[gone][hit] = np.where(is_new, 0.0, tracks[gone][hit] + beta * residual / dt)
    tracks["t"][hit] = t
    tracks["t_first"][hit[is_new]] = t
    tracks["id"][hit[is_new]] = next_id + np.arange(int(is_new.sum()))
    tracks["n_hits"][hit] += 1
    return next_id + int(is_new.sum())


def _seen(tracks: dict[str, Column], row: Column, k: int, t: float) -> Seen:
    lat, lon = on_chart(tracks["e"][row], tracks["n"][row])
    ve, vn = tracks["ve"][row], tracks["vn"][row]
    nan = np.full(len(row), np.nan)
    return Seen(
        tracks["id"][row],
        np.full(len(row), k, np.int32),
        np.full(len(row), t),
        lat,
        lon,
        np.hypot(ve, vn) / KN,
        np.degrees(np.arctan2(ve, vn)) % 360.0,
        nan,
        nan,
        nan,
        nan,
        tracks["t_first"][row],
    )


def on_chart(east_m: Column, north_m: Column) -> tuple[Column, Column]:
    """(lat_deg, lon_deg) of places on the plane."""
    north, east = metres_per_degree(np.array([LAT_DEG]))
    return LAT_DEG + north_m / north, LON_DEG + east_m / east


def on_plane(lat_deg: Column, lon_deg: Column) -> tuple[Column, Column]:
    """The other way round."""
    north, east = metres_per_degree(np.array([LAT_DEG]))
    return (lon_deg - LON_DEG) * east, (lat_deg - LAT_DEG) * north
