"""A boat that was lost and a track that begins where it must be by now: the same boat, if nothing else can be.

Told twice a boat is two boats, and a search is split; told once, two boats are one, and one of them is missed (24
November 2021). So both are weighed as what they are, densities of a place:

    it is this boat      exp(-d2 / 2) / (2 pi sigma2)       d2: how far from where it is reckoned, in its errors;
                                                            sigma grows with each second unseen (WANDER_M_PER_S)
    it is another one    new boats per m2 and second, times the seconds

and the first must be twenty times the second, and twenty times what any other lost boat, or any other new track, has
to say for itself (domain D14: linked if the likelihood ratio is above 20). Else the track is a new boat.

A track of four contacts may be a wave, and its speed is a guess: where that leaves a doubt the track waits until it is
a minute old, and then its way since it began speaks too. It waits as well where another radar sees a boat and its own
does not: association (across.py) mostly finds that they are one. Where echoes are too weak for that, it is asked here
too, of the places at this moment.
"""

import numpy as np

from decoders.table import Column
from geofences.project import distance_m
from monitor.radar.boats import CONFIRM_UPDATES, LONGEST_SEARCH_S, WANDER_M_PER_S, Boats, is_radar_only
from monitor.radar.tracks import RadarTracks, moved

SETTLED_S = 60.0  # a wave seldom lives so long, and a boat has shown its way
DECIDED_S = 90.0  # who is still in doubt then is a new boat
GATE_PLACE, GATE = 18.4, 23.5  # chi-square, 99.99 %, of the place (2), of place and velocity (4): tails are heavy
ECHO_M = 30.0  # 1 sigma between two tracks of one thing: biases of radars, the point of a hull that answers
# What else a track may be, per m2 and second. A settled one: a boat never seen before, in a surge night 25 in six hours
# on 1200 km2 (domain 1.5). A young one: a wave, 20 an hour on a third of the 8 km around a radar (radar.md 5).
NEW_PER_M2_S, YOUNG_PER_M2_S = 1e-12, 8e-11
# A boat that is only seen by this radar, beside one that is only seen by others: those 25 at once, ten times as dense.
BESIDE_PER_M2 = 2e-7
LN_RATIO = float(np.log(20.0))


def matches(boats: Boats, tracks: RadarTracks, new: Column) -> tuple[Column, Column]:
    """((M,) int64 the lost boat that each new track goes on with, its row in `boats`, -1 none; (M,) bool it waits).

    new : (M,) int64 rows of `tracks`, believed and nobody's
    """
    found, waits = np.full(len(new), -1, np.int64), np.zeros(len(new), bool)
    lost = np.flatnonzero(is_radar_only(boats.boat_id))  # lost: not seen since the new track began
    if not len(lost) or not len(new):
        return found, waits
    rival, is_open, began = _rivals(boats, tracks, new)
    own, was = tracks.take(rival), boats.take(lost)
    passed_s = own.t_first_unix_s[:, None] - was.t_seen_unix_s[None, :]
    is_lost = (passed_s > 0) & (began[:, None] > was.t_seen_unix_s[None, :])
    is_beside = (passed_s <= 0) & is_open[:, None] & ~_has_track_of(own, was, tracks)
    likely = _likelihood(own, was, is_lost, is_beside)
    is_settled = own.t_unix_s - own.t_first_unix_s >= SETTLED_S
    new_per_m2 = np.where(is_settled, NEW_PER_M2_S, YOUNG_PER_M2_S)[:, None] * np.maximum(passed_s, 1.0)
    over_new = likely - np.log(np.where(is_lost, new_per_m2, BESIDE_PER_M2))
    k = rival.searchsorted(new)
    best = likely[k].argmax(axis=1)
    mine, others = likely[k, best], likely[k]
    others[np.arange(len(k)), best] = -np.inf
    against = np.where(_is_another(own.take(k), own), likely[:, best].T, -np.inf)
    least = np.maximum(others.max(axis=1), against.max(axis=1)) + LN_RATIO
    may_be = np.isfinite(mine)
    is_it = may_be & (mine >= least) & (over_new[k, best] >= LN_RATIO) & (is_lost[k, best] | is_settled[k])
    found[is_it] = lost[best[is_it]]
    waits = ~is_it & may_be & ~is_decided(own.take(k))
    return found, waits


def is_decided(tracks: RadarTracks) -> Column:
    """(M,) bool: too old to wait any longer."""
    found: Column = tracks.t_unix_s - tracks.t_first_unix_s >= DECIDED_S
    return found


def _rivals(boats: Boats, tracks: RadarTracks, new: Column) -> tuple[Column, Column, Column]:
    """(rows of the tracks that may be a lost boat, sorted, the new ones among them; which are nobody's; since when).

    A boat may be one that was lost before it was first seen.
    """
    row = boats.rows_of(tracks.boat_id)
    is_open = (tracks.boat_id < 0) & (tracks.n_updates >= CONFIRM_UPDATES)
    rival = np.flatnonzero(is_open | (is_radar_only(tracks.boat_id) & (row >= 0)))
    began = np.where(is_open[rival], np.inf, boats.t_first_unix_s[row[rival]])
    return rival, is_open[rival], began


def _has_track_of(own: RadarTracks, was: Boats, tracks: RadarTracks) -> Column:
    """(R, L) bool: each track's own radar has seen each boat under another number since the track began."""
    boat = was.rows_of(tracks.boat_id)
    its = np.flatnonzero(boat >= 0)
    is_its = (own.site[:, None] == tracks.site[its]) & (tracks.t_unix_s[its] >= own.t_first_unix_s[:, None])
    found = np.zeros((len(own), len(was)), bool)
    k, j = np.nonzero(is_its)
    found[k, boat[its[j]]] = True
    return found


def _likelihood(own: RadarTracks, was: Boats, is_lost: Column, is_beside: Column) -> Column:
    """(R, L) logarithm of the density, per m2, of each boat at each track; -inf where it cannot be.

    is_lost : (R, L) where the track began, the boat not having been seen since; is_beside : where both are now.
    """
    t, lat, lon = (
        np.where(is_lost, getattr(own, first)[:, None], getattr(own, last)[:, None])
        for first, last in (
            ("t_first_unix_s", "t_unix_s"),
            ("lat_first_deg", "lat_deg"),
            ("lon_first_deg", "lon_deg"),
        )
    )
    passed_s = t - was.t_seen_unix_s
    away_m = distance_m(lat, lon, *moved(was.lat_deg, was.lon_deg, was.sog_kn, was.cog_deg, passed_s))
    sigma2_m2 = _sigma_m(own) ** 2
    wander = WANDER_M_PER_S**2 + was.sigma_speed_m_per_s**2
    spread_m2 = (sigma2_m2 + ECHO_M**2)[:, None] + was.sigma_m**2 + wander * passed_s**2
    place = away_m**2 / spread_m2
    age_s = own.t_unix_s - own.t_first_unix_s
    speed_spread = 2.0 * sigma2_m2 / np.maximum(age_s, 1.0) ** 2 + WANDER_M_PER_S**2
    speed = _speed_apart_m_per_s(own, was, age_s) ** 2 / (speed_spread[:, None] + wander)
    is_settled = (age_s >= SETTLED_S)[:, None]
    is_within = np.where(is_settled, place + speed <= GATE, place <= GATE_PLACE)
    is_within &= (is_lost & (passed_s <= LONGEST_SEARCH_S)) | is_beside
    found: Column = np.where(is_within, -0.5 * place - np.log(2.0 * np.pi * spread_m2), -np.inf)
    return found


def _sigma_m(own: RadarTracks) -> Column:
    """(N,) of a place, in the worse direction."""
    found: Column = np.hypot(own.sigma_east_m, own.sigma_north_m)
    return found


def _speed_apart_m_per_s(own: RadarTracks, was: Boats, age_s: Column) -> Column:
    """(R, L) how much each track's way since it began differs from each boat's velocity; 0 where one is not known."""
    lat, lon = moved(
        own.lat_first_deg[:, None], own.lon_first_deg[:, None], was.sog_kn, was.cog_deg, age_s[:, None]
    )  # fmt: skip
    found: Column = distance_m(own.lat_deg[:, None], own.lon_deg[:, None], lat, lon)
    found /= np.maximum(age_s, 1.0)[:, None]
    return np.where(np.isnan(was.sog_kn), 0.0, found)


def _is_another(own: RadarTracks, others: RadarTracks) -> Column:
    """(M, R) bool: not the same track, nor another radar's of what may be the same thing."""
    reach_m = 3.0 * np.sqrt((_sigma_m(own) ** 2)[:, None] + (_sigma_m(others) ** 2)[None, :] + ECHO_M**2)
    away_m = distance_m(own.lat_deg[:, None], own.lon_deg[:, None], others.lat_deg, others.lon_deg)
    is_same: Column = (own.site[:, None] != others.site[None, :]) & (away_m <= reach_m)
    is_same |= own.track_id[:, None] == others.track_id[None, :]
    return ~is_same
