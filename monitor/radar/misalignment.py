"""A radar that is so far off that nothing associates: which one shift would bring its tracks onto the ships?

2 deg at 10 km are 350 m: beyond the gates, so no pair links and none teaches. But every track of such a radar lies off
its ship by the same range and bearing. Each track without a ship votes, with each ship near it that moves as it does
and has no track, for the shift between them; the true pairs vote alike, all others anywhere (the Hough transform). A
shift is believed when enough different ships agree, when they are half of all that voted, twice as many as for any
other shift, and twice as many as are linked as things are; then the filter of monitor/radar/registration.py starts
from there.

    bearing  .  .    .       .          One ship counts once, however often it votes: a convoy or a ship that
    off         . xxx    .              passes slowly is no proof.
             .   xxxx  .    .
                range off
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from alerts.picture import StationClass
from decoders.table import Column, Table
from monitor.ids import among
from monitor.radar.association import NOBODY, Association, AssociationSettings, Seen, Ships
from monitor.radar.bodies import place_at, ship_bodies, velocity
from monitor.radar.near import near
from monitor.radar.registration import Registration, RegistrationSettings, residuals
from monitor.radar.sites import RadarSite

CELL_M, CELL_DEG = 30.0, 0.15  # of the votes; nine together hold the true pairs out to 30 km: sigma 0.12 deg and hulls
ALIKE_M_PER_S = 2.5  # how much a vote's velocities may differ: a tracker's error; more lets in what is no pair
SETTLED_S = 20.0  # tracks that were seen for less have no velocity yet
FRESH_S = 30.0
MOST_VOTES = 20_000
SURE_RANGE_M, SURE_BEARING_DEG = 20.0, 0.1  # 1 sigma of what a vote finds
ROW = 1 << 12  # cells in a row of the votes' table


@dataclass(frozen=True, slots=True)
class Votes(Table):
    """Shifts that were voted for lately, and who is linked."""

    site: Column  # (V,) int64
    track_id: Column
    target_id: Column
    t_unix_s: Column
    range_m: Column  # (V,) float64; NaN for a pair that is linked
    bearing_deg: Column


def no_votes() -> Votes:
    """Nobody has voted."""
    none = np.zeros(0, np.int64)
    return Votes(none, none, none, *(np.zeros(0),) * 3)


def voted(
    votes: Votes,
    registration: Registration,
    found: Association,
    seen: Seen,
    ships: Ships,
    sites: Sequence[RadarSite],
    now_unix_s: float,
    settings: AssociationSettings,
    search: RegistrationSettings,
) -> Votes:
    """The votes after this update; a track votes once in `every_s`. found : the answer for `seen`, row by row."""
    votes = votes.take(now_unix_s - votes.t_unix_s <= search.search_s).take(slice(-MOST_VOTES, None))
    lately = votes.track_id[now_unix_s - votes.t_unix_s < search.every_s]
    is_due = (seen.t_unix_s - seen.t_first_unix_s >= SETTLED_S) & ~among(seen.track_id, lately)
    linked = np.flatnonzero(is_due & (found.target_id != NOBODY))
    nan, t = np.full(len(linked), np.nan), np.full(len(linked), now_unix_s)
    site = seen.site.astype(np.int64)
    of_linked = Votes(site[linked], seen.track_id[linked], found.target_id[linked], t, nan, nan)
    is_taken = among(ships.target_id, np.append(found.target_id, votes.target_id[np.isnan(votes.range_m)]))
    is_good = (ships.station_class == StationClass.A.value) & ships.is_accurate & ~ships.is_degraded & ~is_taken
    is_good &= now_unix_s - ships.t_unix_s <= FRESH_S
    free = seen.take(is_due & (found.target_id == NOBODY))
    fresh = _shifts(registration, free, ships.take(is_good), sites, settings, search)
    return Votes.concat([votes, of_linked, replace(fresh, t_unix_s=np.full(len(fresh), now_unix_s))])


def _shifts(
    registration: Registration,
    seen: Seen,
    ships: Ships,
    sites: Sequence[RadarSite],
    settings: AssociationSettings,
    search: RegistrationSettings,
) -> Votes:
    """A vote for each track and ship that could be one under some shift."""
    if not len(seen) or not len(ships):
        return no_votes()
    place = np.array([(s.range_nm * 1852.0) for s in sites])[seen.site]
    reach = search.most_range_m + np.radians(search.most_bearing_deg) * place
    latest = float(seen.t_unix_s.max())
    there = place_at(ship_bodies(ships, settings), latest)
    i, j = near(seen.lat_deg, seen.lon_deg, reach, *there)
    (ue, un), (we, wn) = velocity(seen.sog_kn, seen.cog_deg), velocity(ships.sog_kn, ships.cog_deg)
    is_alike = np.hypot(ue[i] - we[j], un[i] - wn[j]) <= ALIKE_M_PER_S
    pair, ship = seen.take(i[is_alike]), ships.take(j[is_alike])
    off = residuals(registration, pair, ship, sites, settings)
    is_in = (np.abs(off.range_m) <= search.most_range_m) & (np.abs(off.bearing_deg) <= search.most_bearing_deg)
    off = off.take(is_in)
    return Votes(
        off.site.astype(np.int64), off.track_id, ship.target_id[is_in], off.t_unix_s, off.range_m, off.bearing_deg
    )


def realigned(registration: Registration, votes: Votes, search: RegistrationSettings) -> tuple[Registration, Votes]:
    """The registration after the votes; where a shift was believed, its site's votes are spent."""
    for site in np.unique(votes.site).tolist():
        own = votes.take(votes.site == site)
        shift = _believed(own, search)
        if shift is None:
            continue
        bias, covariance = registration.bias.copy(), registration.covariance.copy()
        bias[site] = (*shift, 0.0)
        covariance[site] = np.diag(np.square([SURE_RANGE_M, SURE_BEARING_DEG, search.first_clock_s]))
        registration = replace(registration, bias=bias, covariance=covariance)
        votes = votes.take(votes.site != site)
    return registration, votes


def _believed(votes: Votes, search: RegistrationSettings) -> tuple[float, float] | None:
    """The shift that one site's votes agree on, if they do."""
    is_linked = np.isnan(votes.range_m)
    n_linked = len(np.unique(votes.target_id[is_linked]))
    free = votes.take(~is_linked)
    n_ships = len(np.unique(free.target_id))
    if n_ships < search.search_ships:
        return None
    a, b = np.floor(free.range_m / CELL_M).astype(int), np.floor(free.bearing_deg / CELL_DEG).astype(int)
    cell, n_of = _ships_by_cell(a, b, free.target_id)
    row, column = cell // ROW - ROW // 2, cell % ROW - ROW // 2
    best = np.lexsort((cell, row**2 + column**2, -n_of))[0]
    is_far = (np.abs(row - row[best]) > 2) | (np.abs(column - column[best]) > 2)
    second = int(n_of[is_far].max(initial=0))
    if n_of[best] < max(search.search_ships, 0.5 * n_ships, 2 * second, 2 * n_linked):
        return None
    is_in = (np.abs(a - row[best]) <= 1) & (np.abs(b - column[best]) <= 1)
    return float(np.median(free.range_m[is_in])), float(np.median(free.bearing_deg[is_in]))


def _ships_by_cell(a: Column, b: Column, target_id: Column) -> tuple[Column, Column]:
    """(cell, different ships that voted for it or a neighbour)."""
    step = np.array([(p, q) for p in (-1, 0, 1) for q in (-1, 0, 1)])
    cells = (a[:, None] + step[:, 0] + ROW // 2) * ROW + b[:, None] + step[:, 1] + ROW // 2
    keys = np.unique(np.column_stack((cells.ravel(), np.repeat(target_id, len(step)))), axis=0)
    cell, n_of = np.unique(keys[:, 0], return_counts=True)
    return cell, n_of
