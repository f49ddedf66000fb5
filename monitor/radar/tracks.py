"""Radar tracks: which contacts are one life of one track number.

A radar's number names a track only while it lives: when the radar loses the target it gives the number to the next one
(radar.md 1.1: "reused after loss"). So a track here is (radar, number, since): the number's next contact goes on with
the track when it comes soon and from where the track must be by then, else it begins another. `track_id` is made of
these three and needs no counter, so it is the same in a replay.

Status "lost" is not believed alone: some plotters send it for a target that has AIS although the radar still sees it
(OpenCPN radar_pi issue 277). Such a report, like one that the radar itself extrapolated, is no contact, so the track
grows old by itself; if contacts go on, nothing was lost.
"""

from dataclasses import dataclass, replace

import numpy as np

from decoders.radar.columns import TrackStatus
from decoders.table import Column, Table
from geofences.project import distance_m, metres_per_degree, wrap_lon_deg
from monitor.kinematics import KN_M_PER_S
from monitor.missing import or_zero
from monitor.radar.contacts import PAIR_S, Contacts

END_S = 60.0  # without a contact the number is another target's; radars coast 5 to 10 scans of at most 5 s
COAST_S = 30.0  # ten scans of 3 s
SURPRISE_M = 150.0  # how far a contact may lie from where its track must be: turns, swaps of echoes, a ship's length
SURPRISE_M_PER_S = 8.0  # and more the longer it was not seen: a boat of 16 kn that turned round
N_SIGMA = 4.0  # of the radar's own error
DERIVED_WEIGHT = 0.3  # of a new difference of places in the speed of a track whose radar sends none


@dataclass(frozen=True, slots=True)
class RadarTracks(Table):
    """Every live track, sorted by key."""

    key: Column  # (N,) int64, site and track number
    track_id: Column  # (N,) int64, of (site, number, since)
    site: Column  # (N,) int32
    t_unix_s: Column  # (N,) float64, last contact
    t_heard_unix_s: Column  # (N,) float64, its reception
    lat_deg: Column
    lon_deg: Column
    sog_kn: Column  # (N,) float64, the radar's, or derived from places
    cog_deg: Column
    sigma_east_m: Column
    sigma_north_m: Column
    cov_m2: Column
    length_m: Column
    t_prev_unix_s: Column  # (N,) float64, the contact before; NaN
    lat_prev_deg: Column
    lon_prev_deg: Column
    t_first_unix_s: Column
    lat_first_deg: Column
    lon_first_deg: Column
    t_news_unix_s: Column  # (N,) float64, of the last contact that was surely measured
    n_updates: Column  # (N,) int64
    is_derived: Column  # (N,) bool, speed and course are ours
    boat_id: Column  # (N,) int64, the target that it is a track of; -1 not decided


@dataclass(frozen=True, slots=True)
class Applied:
    """What a call of `apply` did."""

    tracks: RadarTracks
    row: Column  # (M,) int64 sorted, rows with a new contact
    n_late: int  # contacts older than the last one of their track


def no_tracks() -> RadarTracks:
    """Nothing is tracked."""
    return RadarTracks(*(np.zeros(0, KINDS.get(name, "f8")) for name in RadarTracks.__dataclass_fields__))


KINDS = {"key": "i8", "track_id": "i8", "site": "i4", "n_updates": "i8", "is_derived": "?", "boat_id": "i8"}
MIX = np.uint64(0x9E3779B97F4A7C15)  # 2**64 over the golden ratio


def track_ids(key: Column, t_first_unix_s: Column) -> Column:
    """(N,) int64, 41 bits: a number for each (site, track number, since), the same on every machine."""
    tenths = np.rint(t_first_unix_s * 10.0).astype(np.uint64)
    with np.errstate(over="ignore"):
        mixed = (key.astype(np.uint64) * MIX ^ tenths) * MIX
        mixed ^= mixed >> np.uint64(29)
        mixed *= MIX
    return (mixed >> np.uint64(23)).astype(np.int64)


def apply(tracks: RadarTracks, contacts: Contacts) -> Applied:
    """Bring contacts, sorted by (key, t_unix_s), into the tracks."""
    is_contact = (contacts.status != TrackStatus.COASTED.value) & (contacts.status != TrackStatus.LOST.value)
    contacts = contacts.only(is_contact)
    touched = np.zeros(0, np.int64)
    n_late = 0
    while len(contacts):
        is_first = np.append(True, contacts.key[1:] != contacts.key[:-1])
        tracks, key, n = _apply_round(tracks, contacts.only(is_first))
        touched, n_late = np.union1d(touched, key), n_late + n
        if is_first.all():
            break
        contacts = contacts.take(~is_first)
    return Applied(tracks, tracks.key.searchsorted(touched), n_late)


def _apply_round(tracks: RadarTracks, contacts: Contacts) -> tuple[RadarTracks, Column, int]:
    """Contacts of different tracks: the tracks after them, the keys that had one, how many came too late."""
    at = np.minimum(tracks.key.searchsorted(contacts.key), max(len(tracks) - 1, 0))
    known = tracks.key[at] == contacts.key if len(tracks) else np.zeros(len(contacts), bool)
    which = np.flatnonzero(known)
    before, now = tracks.take(at[which]), contacts.only(known)
    passed_s = now.t_unix_s - before.t_unix_s
    is_late = passed_s < -PAIR_S
    is_again = ~is_late & (passed_s <= PAIR_S) & (distance_m(*_place(before), *_place(now)) < SURPRISE_M)
    is_over = ~is_late & ~is_again & ((passed_s > END_S) | _is_elsewhere(before, now, passed_s))
    is_on = ~is_late & ~is_again & ~is_over
    is_untouched = np.ones(len(tracks), bool)
    is_untouched[at[which[~is_late]]] = False
    parts = [tracks.only(is_untouched)]
    if is_again.any():
        parts.append(_refined(before.take(is_again), now.take(is_again)))
    if is_on.any():
        parts.append(_gone_on(before.only(is_on), now.only(is_on)))
    fresh = np.append(np.flatnonzero(~known), which[is_over])
    if len(fresh):
        parts.append(_born(contacts.take(fresh)))
    after = RadarTracks.concat(parts)
    touched = np.concatenate([now.key[is_on | is_again], contacts.key[fresh]])
    return after.take(np.argsort(after.key, kind="stable")), np.sort(touched), int(is_late.sum())


def _place(rows: RadarTracks | Contacts) -> tuple[Column, Column]:
    return rows.lat_deg, rows.lon_deg


def _is_elsewhere(before: RadarTracks, now: Contacts, passed_s: Column) -> Column:
    """(K,) bool: the contact lies where this track cannot be."""
    lat, lon = moved(before.lat_deg, before.lon_deg, before.sog_kn, before.cog_deg, passed_s)
    sigma_m = np.hypot(now.sigma_east_m, now.sigma_north_m)
    limit_m = SURPRISE_M + SURPRISE_M_PER_S * passed_s + N_SIGMA * sigma_m
    return distance_m(lat, lon, *_place(now)) > limit_m


def moved(lat_deg: Column, lon_deg: Column, sog_kn: Column, cog_deg: Column, passed_s: Column) -> tuple[Column, Column]:
    """(lat_deg, lon_deg) after going on for a while; who has no speed stays."""
    way_m = or_zero(sog_kn) * KN_M_PER_S * passed_s
    course = np.radians(or_zero(cog_deg))
    north_m, east_m = metres_per_degree(lat_deg)
    return lat_deg + way_m * np.cos(course) / north_m, lon_deg + way_m * np.sin(course) / east_m


def _refined(before: RadarTracks, now: Contacts) -> RadarTracks:
    """The other half of a pair, or the same contact twice: what was not known is known now."""
    has_place = np.isnan(now.sog_kn)  # a TLL, whose place is the finer one
    is_news = np.isnan(before.sog_kn) | (before.is_derived & ~np.isnan(now.sog_kn))
    return replace(
        before,
        lat_deg=np.where(has_place, now.lat_deg, before.lat_deg),
        lon_deg=np.where(has_place, now.lon_deg, before.lon_deg),
        sog_kn=np.where(is_news & ~np.isnan(now.sog_kn), now.sog_kn, before.sog_kn),
        cog_deg=np.where(is_news & ~np.isnan(now.sog_kn), now.cog_deg, before.cog_deg),
        is_derived=before.is_derived & np.isnan(now.sog_kn),
        length_m=np.where(np.isnan(now.length_m), before.length_m, now.length_m),
    )


def _gone_on(before: RadarTracks, now: Contacts) -> RadarTracks:
    """The next contact of a track."""
    sog, cog, is_derived = _motion(before, now)
    # TTM does not say that a place is extrapolated, but then speed and course are those of the scan before; what stays
    # the same for longer than radars coast was measured
    is_same = (sog == before.sog_kn) & (cog == before.cog_deg) & (now.t_unix_s - before.t_news_unix_s <= COAST_S)
    return replace(
        before,
        t_unix_s=now.t_unix_s,
        t_heard_unix_s=now.t_heard_unix_s,
        lat_deg=now.lat_deg,
        lon_deg=now.lon_deg,
        sog_kn=sog,
        cog_deg=cog,
        sigma_east_m=now.sigma_east_m,
        sigma_north_m=now.sigma_north_m,
        cov_m2=now.cov_m2,
        length_m=np.where(np.isnan(now.length_m), before.length_m, now.length_m),
        t_prev_unix_s=before.t_unix_s,
        lat_prev_deg=before.lat_deg,
        lon_prev_deg=before.lon_deg,
        t_news_unix_s=np.where(is_same, before.t_news_unix_s, now.t_unix_s),
        n_updates=before.n_updates + 1,
        is_derived=is_derived,
    )


def _motion(before: RadarTracks, now: Contacts) -> tuple[Column, Column, Column]:
    """(sog_kn, cog_deg, is_derived): the radar's word, or what the places say, smoothed."""
    is_told = ~np.isnan(now.sog_kn) & ~np.isnan(now.cog_deg)
    passed_s = now.t_unix_s - before.t_unix_s
    north_m, east_m = metres_per_degree(before.lat_deg)
    east = wrap_lon_deg(now.lon_deg - before.lon_deg) * east_m / passed_s / KN_M_PER_S
    north = (now.lat_deg - before.lat_deg) * north_m / passed_s / KN_M_PER_S
    course = np.radians(before.cog_deg)
    weight = np.where(np.isnan(before.sog_kn) | ~before.is_derived, 1.0, DERIVED_WEIGHT)
    east = weight * east + (1 - weight) * or_zero(before.sog_kn * np.sin(course))
    north = weight * north + (1 - weight) * or_zero(before.sog_kn * np.cos(course))
    sog = np.where(is_told, now.sog_kn, np.hypot(east, north))
    cog = np.where(is_told, now.cog_deg, np.degrees(np.arctan2(east, north)) % 360.0)
    return sog, cog, ~is_told


def _born(now: Contacts) -> RadarTracks:
    """First contacts."""
    n = len(now)
    unknown = np.full(n, np.nan)
    return RadarTracks(
        key=now.key,
        track_id=track_ids(now.key, now.t_unix_s),
        site=now.site,
        t_unix_s=now.t_unix_s,
        t_heard_unix_s=now.t_heard_unix_s,
        lat_deg=now.lat_deg,
        lon_deg=now.lon_deg,
        sog_kn=now.sog_kn,
        cog_deg=now.cog_deg,
        sigma_east_m=now.sigma_east_m,
        sigma_north_m=now.sigma_north_m,
        cov_m2=now.cov_m2,
        length_m=now.length_m,
        t_prev_unix_s=unknown,
        lat_prev_deg=unknown,
        lon_prev_deg=unknown,
        t_first_unix_s=now.t_unix_s,
        lat_first_deg=now.lat_deg,
        lon_first_deg=now.lon_deg,
        t_news_unix_s=now.t_unix_s,
        n_updates=np.ones(n, np.int64),
        is_derived=np.isnan(now.sog_kn),
        boat_id=np.full(n, -1, np.int64),
    )


def ended(tracks: RadarTracks, now_unix_s: float) -> Column:
    """(N,) bool: no contact for END_S."""
    found: Column = now_unix_s - tracks.t_heard_unix_s > END_S
    return found
