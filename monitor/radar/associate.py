"""Which radar track is which ship with AIS, and which tracks of different radars are one boat.

    tracks seen ── bodies ─┐                                                ┌─ linked, in doubt, nobody's
    AIS ── fresh, trusted ─┴─ near ── cost, gates ── one to one, hysteresis ─┤
    remembered pairs ──────────────────────────────────────┘                └─ groups across radars, fused place

A wrong link hides a boat that nobody else sees, a missing one shows a ship twice: so a track is without AIS until the
opposite is shown for some updates, and whatever is in doubt stays so (radar.md 3, "Proposed design", steps 1 to 7; the
JRC manual warns of the pilot boat that vanishes beside its ship). Rejected: the nearest ship within a radius, as
plotters do (36 m + 3 % of the range hides a boat 300 m from a ship at 10 km), and joint probabilities (JPDA), which
give a place between two boats where there is none.

`associate` takes what one tick brought, whatever number of radars and turns that is. Its answer does not depend on the
order of rows, nor on anything out of reach (tests/monitor/test_associate_laws.py). The memory is one row a track and
one a pair inside the gates.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from alerts.picture import StationClass
from decoders.table import Column
from monitor.ids import among, found_rows
from monitor.radar import across
from monitor.radar.across import Remembered
from monitor.radar.answers import fused_boats, in_order, verdicts
from monitor.radar.association import NOBODY, Association, AssociationSettings, Seen, Ships, empty
from monitor.radar.bodies import Bodies, age_limit_s, place_at, radar_bodies, ship_bodies
from monitor.radar.cost import measure, reach_m
from monitor.radar.evidence import Pairs, blank, joined, judge, no_pairs, superseded
from monitor.radar.hull import is_in_hull
from monitor.radar.near import near
from monitor.radar.registration import Registration
from monitor.radar.sites import RadarSite

# What AIS an echo can belong to: no base station, no aircraft, and no beacon, which is a person or a boat in distress
# whose echo must stay a target of its own.
FLOATING = (StationClass.UNKNOWN, StationClass.A, StationClass.B, StationClass.CRAFT, StationClass.AID)
IS_FLOATING = np.isin(np.append(np.arange(max(StationClass) + 1), -1), FLOATING)  # by class; -1 is the last
MARGIN_DEG = 0.2  # ships further than this outside the box around all tracks are not looked at; reaches are below 5 km
MARGIN_LON_DEG = 1.0
FORGOTTEN_S = 3600.0  # who was not seen for so long is forgotten even if the caller never says so


@dataclass(slots=True)
class Links:
    """The memory, changed in place by `associate` and `forget`."""

    ais: Pairs = field(default_factory=no_pairs)
    radar: Pairs = field(default_factory=no_pairs)
    tracks: Remembered = field(default_factory=lambda: _none(Remembered))


def _none(table: type[Remembered]) -> Remembered:
    found = empty(table)
    assert isinstance(found, Remembered)
    return found


def associate(
    links: Links,
    seen: Seen,
    ships: Ships,
    sites: Sequence[RadarSite],
    now_unix_s: float,
    *,
    registration: Registration,
    settings: AssociationSettings,
) -> Association:
    """What one tick's tracks are. Rows without an instant or a place are answered as nobody's."""
    tracks = _newest(seen)
    ships = _worth_a_look(links, tracks, ships)
    sigma = _unknown_bias(registration, settings)
    links.tracks = _with_newest(links.tracks, tracks, now_unix_s)
    known = links.tracks.track_id.searchsorted(tracks.track_id)
    all_bodies, hulls = radar_bodies(links.tracks, sites, sigma, settings), ship_bodies(ships, settings)
    bodies = all_bodies.take(known)
    _judge_ais(links, tracks, bodies, ships, hulls, sites, now_unix_s, settings)
    _name(links)
    is_fresh = across.freshness(links.tracks, sites, now_unix_s, settings.compete_scans) if len(sites) else NO_ROWS
    if len(sites) > 1:
        is_updated = among(links.tracks.track_id, tracks.track_id)
        links.radar = across.linked_across(links.radar, links.tracks, all_bodies, is_updated, is_fresh, settings)
        links.tracks = replace(links.tracks, group_id=across.groups(links.radar, links.tracks))
    found = verdicts(links.ais, tracks, bodies, ships, hulls)
    boats = fused_boats(links.tracks, known, all_bodies, is_fresh, found, ships, hulls, settings)
    return in_order(seen.track_id, tracks.track_id, links.tracks.take(known), found, boats)


def forget(links: Links, track_id: Column) -> None:
    """These tracks have ended."""
    links.tracks = links.tracks.take(~among(links.tracks.track_id, track_id))
    links.ais = links.ais.take(~among(links.ais.left_id, track_id))
    is_gone = among(links.radar.left_id, track_id) | among(links.radar.right_id, track_id)
    links.radar = links.radar.take(~is_gone)


# ---- what comes in ----


def _newest(seen: Seen) -> Seen:
    """One row a track, with a place and an instant, sorted by track_id."""
    has_all = np.isfinite(seen.lat_deg) & np.isfinite(seen.lon_deg) & np.isfinite(seen.t_unix_s)
    seen = seen.only(has_all)
    order = np.lexsort((seen.lon_deg, seen.lat_deg, seen.t_unix_s, seen.track_id))
    is_last = np.diff(seen.track_id[order], append=NOBODY) != 0
    return seen.take(order[is_last])


def _worth_a_look(links: Links, tracks: Seen, ships: Ships) -> Ships:
    """Ships with a place that are in the region of the tracks or linked, sorted by id."""
    has_place = np.isfinite(ships.lat_deg) & np.isfinite(ships.lon_deg) & np.isfinite(ships.t_unix_s)
    is_there = among(ships.target_id, links.ais.right_id)
    if len(tracks):
        is_there |= _in_box(ships.lat_deg, tracks.lat_deg, MARGIN_DEG) & (
            _in_box(ships.lon_deg, tracks.lon_deg, MARGIN_LON_DEG) | (np.ptp(tracks.lon_deg) > 180.0)
        )
    ships = ships.take(has_place & is_there)
    return ships.take(np.lexsort((ships.t_unix_s, ships.target_id)))


def _in_box(x: Column, inner: Column, margin: float) -> Column:
    found: Column = (x >= inner.min() - margin) & (x <= inner.max() + margin)
    return found


def _unknown_bias(registration: Registration, settings: AssociationSettings) -> tuple[Column, Column, Column]:
    """(range, bearing, clock) 1 sigma that is left of each site's bias."""
    return (
        np.minimum(registration.sigma[:, 0], settings.bias_range_m),
        np.minimum(registration.sigma[:, 1], settings.bias_bearing_deg),
        np.minimum(registration.sigma[:, 2], settings.bias_clock_s),
    )


# ---- radar and AIS ----


def _judge_ais(
    links: Links,
    tracks: Seen,
    bodies: Bodies,
    ships: Ships,
    hulls: Bodies,
    sites: Sequence[RadarSite],
    now_unix_s: float,
    settings: AssociationSettings,
) -> None:
    """Bring the pairs of these tracks up to date."""
    is_usable = IS_FLOATING[ships.station_class] & ~ships.is_degraded & ~ships.is_coarse
    pairs = links.ais.only(among(links.ais.right_id, ships.target_id))
    is_due = among(pairs.left_id, tracks.track_id)
    due = joined(pairs.take(is_due), _candidates(tracks, bodies, ships, hulls, is_usable, settings))
    i, j = tracks.track_id.searchsorted(due.left_id), ships.target_id.searchsorted(due.right_id)
    t = tracks.t_unix_s[i]
    is_known = is_usable[j] & (np.abs(t - ships.t_unix_s[j]) <= age_limit_s(ships, settings)[j])
    measured = measure(bodies.take(i), hulls.take(j), t, settings)
    sigma_m = np.sqrt(np.maximum(bodies.var_east_m2, bodies.var_north_m2))[i]
    margin_m = np.where(due.is_extra, sigma_m, 0.0)
    in_hull = is_in_hull(ships.take(j), measured.east_m, measured.north_m, margin_m, settings.big_ship_m)
    rest = pairs.take(~is_due)
    competes_s = settings.compete_scans * np.array([site.period_s for site in sites])[rest.room] + 1.0
    is_waiting = (now_unix_s - rest.t_unix_s <= competes_s) & (rest.is_within | rest.is_linked)
    found = judge(due, measured, is_known, in_hull, t, rest.take(is_waiting), settings)
    links.ais = superseded(joined(found, rest))


def _candidates(
    tracks: Seen, bodies: Bodies, ships: Ships, hulls: Bodies, is_usable: Column, settings: AssociationSettings
) -> Pairs:
    """Every pair that may lie inside the gates."""
    usable = np.flatnonzero(is_usable)
    if not len(tracks) or not len(usable):
        return no_pairs()
    latest = float(tracks.t_unix_s.max())
    there = place_at(hulls.take(usable), latest)
    reach = reach_m(bodies.range_m, settings) + across.FASTEST_M_PER_S * (latest - tracks.t_unix_s)
    i, j = near(tracks.lat_deg, tracks.lon_deg, reach, *there)
    return blank(tracks.track_id[i], ships.target_id[usable[j]], tracks.site[i].astype(np.int64))


def _with_newest(before: Remembered, tracks: Seen, now_unix_s: float) -> Remembered:
    """The remembered tracks with these as they are now; whose they are is as it was."""
    nobody = np.full(len(tracks), NOBODY)
    own = {"target_id": nobody, "was_target_id": nobody.copy(), "group_id": tracks.track_id.copy()}
    fresh = Remembered(**tracks.columns(), **own)
    k, is_known = found_rows(before.track_id, tracks.track_id)
    for name in ("was_target_id", "group_id"):
        getattr(fresh, name)[is_known] = getattr(before, name)[k[is_known]]
    kept = before.take(~among(before.track_id, tracks.track_id))
    both = Remembered.concat([kept.only(now_unix_s - kept.t_unix_s <= FORGOTTEN_S), fresh])
    return both.take(np.argsort(both.track_id))


def _name(links: Links) -> None:
    """Note whose the remembered tracks are now."""
    both = links.tracks
    mine = links.ais.take(links.ais.is_linked & ~links.ais.is_extra)
    k, is_known = found_rows(both.track_id, mine.left_id)
    both.target_id[:] = NOBODY
    both.target_id[k[is_known]] = mine.right_id[is_known]
    both.was_target_id[:] = np.where(both.target_id == NOBODY, both.was_target_id, both.target_id)
    links.ais = links.ais.only(among(links.ais.left_id, both.track_id))


NO_ROWS = np.zeros(0, bool)
