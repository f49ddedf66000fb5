"""A boat that was lost and a track that begins where it must be by now: the same boat, if nothing else can be.

Told twice a boat is two boats, and a search is split; told once, two boats are one, and one of them is missed (24
November 2021). So the gate is narrow at first, grows only as far as a small boat can have gone astray, and where two
boats or two tracks fit, the better fit must be clearly better, or the track is a new boat.
"""

import numpy as np

from decoders.table import Column
from geofences.project import distance_m
from monitor.kinematics import KN_M_PER_S
from monitor.radar.boats import LONGEST_SEARCH_S, Boats, is_radar_only
from monitor.radar.tracks import RadarTracks, moved

GATE_M = 150.0  # at once: the errors of two contacts
GATE_M_PER_S = 3.0  # 6 kn of error in a velocity taken from a few scans
HALF_MILE_M = 926.0  # radar.md 5: 0.5 nm within 2 to 5 min
HALF_MILE_S = 300.0
WANDER_M_PER_S = 0.8  # after that: 1.5 kn, the stream's change and the helm's (domain 1.5: wander of 15 to 25 deg)
SPEED_KN = 6.0  # two velocities that differ by more are not one boat's,
# unless the new one is a guess: after four scans of 20 m error it is off by several knots in any direction
SPEED_SIGMA = 3.0
CLEARLY = 0.5  # the best fit's distance over the gate's share that the second best must exceed: half as far


def matches(boats: Boats, tracks: RadarTracks, new: Column) -> Column:
    """(M,) int64: the lost boat that each new track goes on with, its row in `boats`; -1 none.

    new : (M,) int64 rows of `tracks`
    """
    found = np.full(len(new), -1, np.int64)
    lost = np.flatnonzero(is_radar_only(boats.boat_id))  # lost: not seen since the new track began, see passed_s
    if not len(lost) or not len(new):
        return found
    own, was = tracks.take(new), boats.take(lost)
    passed_s = own.t_first_unix_s[:, None] - was.t_seen_unix_s[None, :]
    lat, lon = moved(was.lat_deg[None, :], was.lon_deg[None, :], was.sog_kn[None, :], was.cog_deg[None, :], passed_s)
    away_m = distance_m(own.lat_first_deg[:, None], own.lon_first_deg[:, None], lat, lon)
    share = away_m / gate_m(passed_s)
    is_likely = (passed_s > 0) & (passed_s <= LONGEST_SEARCH_S) & (share <= 1.0)
    age_s = np.maximum(own.t_unix_s - own.t_first_unix_s, 1.0)
    guess_kn = SPEED_SIGMA * np.hypot(own.sigma_east_m, own.sigma_north_m) / age_s / KN_M_PER_S
    is_likely &= ~(_speed_apart_kn(own, was) > SPEED_KN + guess_kn[:, None])
    share = np.where(is_likely, share, np.inf)
    best = share.argmin(axis=1)
    for k, column in enumerate(best.tolist()):
        mine, theirs = share[k], share[:, column]
        least = mine[column]
        rivals = np.append(np.delete(mine, column), np.delete(theirs, k))
        if np.isfinite(least) and least <= CLEARLY * rivals.min(initial=np.inf):
            found[k] = lost[column]
    return found


def gate_m(passed_s: Column) -> Column:
    """How far from its reckoned place a boat may turn up, by the seconds it was not seen."""
    near = np.minimum(GATE_M + GATE_M_PER_S * passed_s, HALF_MILE_M)
    found: Column = near + WANDER_M_PER_S * np.maximum(passed_s - HALF_MILE_S, 0.0)
    return found


def _speed_apart_kn(own: RadarTracks, was: Boats) -> Column:
    """(M, L) how much the two velocities differ; NaN where one is not known."""
    one, other = np.radians(own.cog_deg)[:, None], np.radians(was.cog_deg)[None, :]
    east = own.sog_kn[:, None] * np.sin(one) - was.sog_kn[None, :] * np.sin(other)
    north = own.sog_kn[:, None] * np.cos(one) - was.sog_kn[None, :] * np.cos(other)
    found: Column = np.hypot(east, north)
    return found
