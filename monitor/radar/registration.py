"""How far each radar is off: range, bearing and clock, learned from the ships that it shares with AIS.

    measured = true + bias      A clock that is ahead by c says t = true + c, and by then the ship, as AIS has it, has
                                gone on: range residual = range bias - c * range rate, the same for the bearing.

A Kalman filter of three numbers for each radar, all pairs of a call at once (the sum of their information), so that
their order does not matter. Ships in both directions tell the clock from the range. Robust: a pair further off than
`outlier_sigma` is refused, and from half of that on it counts less (Huber, Robust Statistics, 1981). A track teaches
once in `every_s`, since its neighbouring updates err together, and no number of pairs makes the filter surer than its
floor, since a ship whose antenna is entered wrongly is wrong every time. It forgets slowly: an antenna that was moved a
little is learned anew. What it says is bounded.

Only pairs linked without doubt teach (`sightings`). A bias beyond the gates gives no pairs at all: for that see
monitor/radar/misalignment.py. Rejected: the mean of the residuals, which one wrong link drags along.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
from msgspec import Meta

from alerts.picture import StationClass
from decoders.table import Column, Table
from monitor.ids import among
from monitor.missing import or_zero
from monitor.radar.association import NOBODY, Association, AssociationSettings, Seen, Ships
from monitor.radar.bodies import at, ship_bodies, velocity
from monitor.radar.polar import polar
from monitor.radar.sites import RadarSite
from monitor.settings import Positive

FRESH_S = 15.0  # an older fix says more about the ship's helm than about the radar


@dataclass(frozen=True, slots=True)
class RegistrationSettings:
    """[registration]. Shipped values: `SHIPPED`."""

    every_s: Positive  # A track teaches at most once in so many seconds.
    first_range_m: Positive  # 1 sigma of what a radar's bias may be before anything is known: range,
    first_bearing_deg: Positive  # bearing
    first_clock_s: Positive  # and clock.
    least_range_m: Positive  # It is never taken for better known than this: range,
    least_bearing_deg: Positive  # bearing
    least_clock_s: Positive  # and clock.
    drift_range_m: Positive  # 1 sigma of how much it may change in an hour: range,
    drift_bearing_deg: Positive  # bearing
    drift_clock_s: Positive  # and clock.
    most_range_m: Positive  # A bias beyond these is not corrected but a fault of the site: range,
    most_bearing_deg: Positive  # bearing
    most_clock_s: Positive  # and clock.
    outlier_sigma: Positive  # A pair further from what is expected teaches nothing.
    search_ships: Annotated[int, Meta(ge=3)]  # So many ships must agree on a bias that no link shows yet.
    search_s: Positive  # They may do so within this many seconds.


SHIPPED = RegistrationSettings(
    every_s=30.0,
    first_range_m=50.0,
    first_bearing_deg=1.0,
    first_clock_s=1.0,
    least_range_m=2.0,
    least_bearing_deg=0.01,
    least_clock_s=0.1,
    drift_range_m=3.0,
    drift_bearing_deg=0.03,
    drift_clock_s=0.2,
    most_range_m=300.0,
    most_bearing_deg=3.0,
    most_clock_s=5.0,
    outlier_sigma=5.0,
    search_ships=5,
    search_s=300.0,
)


@dataclass(frozen=True, slots=True)
class Registration:
    """What is known of each radar of the register, S rows; a value."""

    bias: Column  # (S, 3) float64: range (m), bearing (deg), clock (s); to be subtracted
    covariance: Column  # (S, 3, 3) float64
    t_unix_s: Column  # (S,) float64, when it last learned; NaN never
    n_pairs: Column  # (S,) int64, sightings that taught it
    taught_id: Column  # (K,) int64 sorted, tracks that taught lately
    taught_unix_s: Column  # (K,) float64

    @property
    def sigma(self) -> Column:
        """(S, 3) 1 sigma of each."""
        return np.sqrt(self.covariance[:, (0, 1, 2), (0, 1, 2)])


@dataclass(frozen=True, slots=True)
class Sightings(Table):
    """Pairs from which a radar may learn: what it measured minus where AIS was, nothing corrected."""

    site: Column  # (N,) int32
    track_id: Column  # (N,) int64
    t_unix_s: Column  # (N,) float64
    range_m: Column  # (N,) float64, residual
    bearing_deg: Column  # (N,) float64, residual
    range_m_per_s: Column  # (N,) float64, how fast the ship's range changes
    bearing_deg_per_s: Column
    sigma_range_m: Column  # (N,) float64, of the residual
    sigma_bearing_deg: Column


NO_SIGHTINGS = Sightings(*(np.zeros(0, dtype) for dtype in ("i4", "i8", *("f8",) * 7)))


def unregistered(n_sites: int, settings: RegistrationSettings = SHIPPED) -> Registration:
    """Nothing is known."""
    none = np.zeros(0, np.int64)
    first = np.square([settings.first_range_m, settings.first_bearing_deg, settings.first_clock_s])
    zero = np.zeros(n_sites, np.int64)
    every = np.tile(np.diag(first), (n_sites, 1, 1))
    return Registration(np.zeros((n_sites, 3)), every, np.full(n_sites, np.nan), zero, none, np.zeros(0))


def corrected(
    registration: Registration, site: Column, range_m: Column, bearing_deg: Column, t_unix_s: Column
) -> tuple[Column, Column, Column]:
    """(range_m, bearing_deg in [0, 360), t_unix_s) without the bias of each row's site."""
    bias = registration.bias[site]
    return np.maximum(range_m - bias[:, 0], 0.0), (bearing_deg - bias[:, 1]) % 360.0, t_unix_s - bias[:, 2]


def sightings(
    registration: Registration,
    found: Association,
    seen: Seen,
    ships: Ships,
    sites: Sequence[RadarSite],
    settings: AssociationSettings,
) -> Sightings:
    """The pairs of this update that teach: linked without doubt, with the fresh and accurate fix of a class A ship.

    found : the answer for `seen`, whose places were corrected with `registration`; row by row.
    """
    if len(ships) > 1 and not (ships.target_id[1:] > ships.target_id[:-1]).all():
        ships = ships.take(np.lexsort((ships.t_unix_s, ships.target_id)))
    row = np.flatnonzero(is_sure(found))
    j = ships.target_id.searchsorted(found.target_id[row])
    is_good = ships.is_accurate[j] & (ships.station_class[j] == StationClass.A.value) & ~ships.is_degraded[j]
    is_good &= np.abs(seen.t_unix_s[row] - ships.t_unix_s[j]) <= FRESH_S
    row, j = row[is_good], j[is_good]
    if not len(row):
        return NO_SIGHTINGS
    return residuals(registration, seen.take(row), ships.take(j), sites, settings)


def is_sure(found: Association) -> Column:
    """(K,) bool: whose the track is, is beyond doubt and tested by the ship's own reports."""
    sure: Column = (found.target_id != NOBODY) & ~found.is_ambiguous & ~found.is_extra & ~found.is_silent
    return sure


def residuals(
    registration: Registration, seen: Seen, ships: Ships, sites: Sequence[RadarSite], settings: AssociationSettings
) -> Sightings:
    """What each radar measured minus where AIS was; seen and ships row by row."""
    own = np.array([(s.lat_deg, s.lon_deg, s.sigma_range_m, s.sigma_bearing_deg) for s in sites]).reshape(-1, 4)
    lat, lon, sigma_range, sigma_bearing = own[seen.site].T
    hull = at(ship_bodies(ships, settings), seen.t_unix_s, settings.manoeuvre_s)
    r, b = polar(seen.lat_deg, seen.lon_deg, lat, lon)
    r_ais, b_ais = polar(hull.lat_deg, hull.lon_deg, lat, lon)
    east, north = velocity(ships.sog_kn, ships.cog_deg)
    east, north = or_zero(east), or_zero(north)
    sin, cos = np.sin(np.radians(b_ais)), np.cos(np.radians(b_ais))
    safe = np.maximum(r_ais, 1.0)
    r_rate, b_rate = east * sin + north * cos, np.degrees((east * cos - north * sin) / safe)
    bias = registration.bias[seen.site]
    ais2 = (hull.var_east_m2 + hull.var_north_m2) / 2.0
    return Sightings(
        seen.site,
        seen.track_id,
        seen.t_unix_s,
        r - r_ais + bias[:, 0] - r_rate * bias[:, 2],
        (b - b_ais + 180.0) % 360.0 - 180.0 + bias[:, 1] - b_rate * bias[:, 2],
        r_rate,
        b_rate,
        np.sqrt(sigma_range**2 + ais2),
        np.hypot(sigma_bearing, np.degrees(np.sqrt(ais2) / safe)),
    )


def learn(
    registration: Registration, pairs: Sightings, now_unix_s: float, settings: RegistrationSettings
) -> Registration:
    """The registration after these sightings; those of a track that taught lately are left out."""
    if not len(pairs):
        return registration
    pairs, registration = _not_lately(registration, pairs, now_unix_s, settings)
    if not len(pairs):
        return registration
    n = len(registration.bias)
    before = _drifted(registration, now_unix_s, settings)
    site = pairs.site
    h = np.zeros((len(pairs), 2, 3))
    h[:, 0, 0] = h[:, 1, 1] = 1.0
    h[:, 0, 2], h[:, 1, 2] = -pairs.range_m_per_s, -pairs.bearing_deg_per_s
    error2 = np.column_stack((pairs.sigma_range_m, pairs.sigma_bearing_deg)) ** 2
    off = np.column_stack((pairs.range_m, pairs.bearing_deg)) - np.einsum("nij,nj->ni", h, registration.bias[site])
    expected2 = np.einsum("nij,njk,nik->ni", h, before[site], h) + error2
    weight = _weight(np.abs(off) / np.sqrt(expected2), settings.outlier_sigma)
    per = weight / error2
    information, pull = np.zeros((n, 3, 3)), np.zeros((n, 3))
    np.add.at(information, site, np.einsum("ni,nij,nik->njk", per, h, h))
    np.add.at(pull, site, np.einsum("ni,nij,ni->nj", per, h, off))
    after = np.linalg.inv(np.linalg.inv(before) + information)
    most = np.array([settings.most_range_m, settings.most_bearing_deg, settings.most_clock_s])
    bias = np.clip(registration.bias + np.einsum("sij,sj->si", after, pull), -most, most)
    n_taught = np.bincount(site[weight[:, 0] > 0], minlength=n)
    has_learned = n_taught > 0
    return replace(
        registration,
        bias=np.where(has_learned[:, None], bias, registration.bias),
        covariance=np.where(has_learned[:, None, None], _floored(after, settings), registration.covariance),
        t_unix_s=np.where(has_learned, now_unix_s, registration.t_unix_s),
        n_pairs=registration.n_pairs + n_taught,
    )


def taught_lately(registration: Registration, now_unix_s: float, settings: RegistrationSettings) -> Column:
    """(K,) int64 sorted: the tracks that taught within `every_s`."""
    return registration.taught_id[now_unix_s - registration.taught_unix_s < settings.every_s]


def _not_lately(
    registration: Registration, pairs: Sightings, now_unix_s: float, settings: RegistrationSettings
) -> tuple[Sightings, Registration]:
    """Sightings of tracks that did not teach within `every_s`, in order of track; they are noted."""
    is_recent = now_unix_s - registration.taught_unix_s < settings.every_s
    ids, t = registration.taught_id[is_recent], registration.taught_unix_s[is_recent]
    columns = (pairs.range_m, pairs.bearing_deg, pairs.sigma_range_m, pairs.sigma_bearing_deg)
    is_sound = np.isfinite(np.column_stack(columns)).all(axis=1) & ~among(pairs.track_id, ids)
    pairs = pairs.take(is_sound)
    pairs = pairs.take(np.lexsort((pairs.t_unix_s, pairs.track_id)))
    pairs = pairs.take(np.diff(pairs.track_id, append=NOBODY) != 0)
    ids, t = np.append(ids, pairs.track_id), np.append(t, np.full(len(pairs), now_unix_s))
    order = np.argsort(ids, kind="stable")
    return pairs, replace(registration, taught_id=ids[order], taught_unix_s=t[order])


def _drifted(registration: Registration, now_unix_s: float, settings: RegistrationSettings) -> Column:
    """(S, 3, 3) covariances as of now; never wider than at the start."""
    hours = np.clip(or_zero(now_unix_s - registration.t_unix_s) / 3600.0, 0.0, None)
    drift = np.square([settings.drift_range_m, settings.drift_bearing_deg, settings.drift_clock_s])
    first = np.square([settings.first_range_m, settings.first_bearing_deg, settings.first_clock_s])
    found = registration.covariance.copy()
    axes = np.arange(3)
    room = np.maximum(first - found[:, axes, axes], 0.0)
    found[:, axes, axes] += np.minimum(hours[:, None] * drift, room)
    return found


def _floored(covariance: Column, settings: RegistrationSettings) -> Column:
    """(S, 3, 3) never surer than the floor."""
    least = np.square([settings.least_range_m, settings.least_bearing_deg, settings.least_clock_s])
    found = covariance.copy()
    axes = np.arange(3)
    found[:, axes, axes] += np.maximum(least - found[:, axes, axes], 0.0)
    return found


def _weight(off_sigma: Column, outlier_sigma: float) -> Column:
    """(N, 2): Huber's, and nothing for a pair of which either number is an outlier."""
    with np.errstate(divide="ignore"):
        weight = np.minimum(0.5 * outlier_sigma / off_sigma, 1.0)
    is_out: Column = np.any(off_sigma > outlier_sigma, axis=1, keepdims=True)
    return np.where(is_out, 0.0, weight)
