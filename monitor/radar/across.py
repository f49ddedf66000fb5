"""Which tracks of different radars are one boat.

The pairs and their hysteresis are those of radar and AIS (monitor/radar/evidence.py): one-to-one holds between each two
radars, and a pair is compared whenever one of its tracks is updated, at the newer of their instants. Two tracks that
belong to the same ship by AIS are one boat without further question, and two that belong to different ships are not.

    links between pairs  A1-B1  B1-C1  A1-C2        oldest links first; a group holds one track of each radar,
    groups               {A1, B1, C1}  {C2}         so the younger link of a contradiction is left out

A group keeps its name while any of its tracks lives. Of two groups that claim one name, after a split, the one with the
older track has it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from decoders.table import Column
from monitor.ids import among
from monitor.radar.association import NOBODY, AssociationSettings, Seen
from monitor.radar.bodies import Bodies
from monitor.radar.cost import measure, reach_m
from monitor.radar.evidence import Pairs, blank, joined, judge, superseded
from monitor.radar.near import near
from monitor.radar.sites import RadarSite

FASTEST_M_PER_S = 31.0  # 60 kn: how far a body may go between the instants of two updates


@dataclass(frozen=True, slots=True)
class Remembered(Seen):
    """Every track that was seen and not forgotten, as of its last update; sorted by track_id."""

    target_id: Column  # (M,) int64, the ship that it is linked with, surely; -1
    was_target_id: Column  # (M,) int64, the last one; -1
    group_id: Column  # (M,) int64


def linked_across(
    pairs: Pairs,
    tracks: Remembered,
    bodies: Bodies,
    is_updated: Column,
    is_fresh: Column,
    settings: AssociationSettings,
) -> Pairs:
    """The pairs of tracks after this update. is_updated, is_fresh : (M,) of `tracks`; `bodies` are theirs."""
    is_alive = among(pairs.left_id, tracks.track_id) & among(pairs.right_id, tracks.track_id)
    pairs = pairs.only(is_alive)
    i, j = tracks.track_id.searchsorted(pairs.left_id), tracks.track_id.searchsorted(pairs.right_id)
    is_due = is_updated[i] | is_updated[j]
    due = joined(pairs.take(is_due), _candidates(tracks, bodies, is_updated, is_fresh, settings))
    i, j = tracks.track_id.searchsorted(due.left_id), tracks.track_id.searchsorted(due.right_id)
    t = np.maximum(tracks.t_unix_s[i], tracks.t_unix_s[j])
    measured = measure(bodies.take(i), bodies.take(j), t, settings)
    a, b = tracks.target_id[i], tracks.target_id[j]
    is_other = (a != NOBODY) & (b != NOBODY) & (a != b)
    measured = replace(measured, is_within=measured.is_within & ~is_other, d2=np.where(is_other, np.inf, measured.d2))
    is_known = is_fresh[i] & is_fresh[j]
    is_waiting = ~is_due & (pairs.is_within | pairs.is_linked)
    found = judge(due, measured, is_known, np.zeros(len(due), bool), t, pairs.take(is_waiting), settings)
    rest = pairs.take(~is_due)
    return superseded(joined(found, rest))


def _candidates(
    tracks: Remembered, bodies: Bodies, is_updated: Column, is_fresh: Column, settings: AssociationSettings
) -> Pairs:
    """Pairs of an updated track and a fresh one of another radar; the track of the radar that stands first is left."""
    mine, other = np.flatnonzero(is_updated), np.flatnonzero(is_fresh)
    lag_s = np.ptp(tracks.t_unix_s[other]) if len(other) else 0.0
    reach = reach_m(bodies.range_m[mine], settings) + FASTEST_M_PER_S * lag_s
    i, j = near(tracks.lat_deg[mine], tracks.lon_deg[mine], reach, tracks.lat_deg[other], tracks.lon_deg[other])
    i, j = mine[i], other[j]
    is_pair = tracks.site[i] != tracks.site[j]
    i, j = i[is_pair], j[is_pair]
    swapped = tracks.site[i] > tracks.site[j]
    i, j = np.where(swapped, j, i), np.where(swapped, i, j)
    n_sites = int(tracks.site.max(initial=0)) + 1
    room = tracks.site[i].astype(np.int64) * n_sites + tracks.site[j]
    return blank(tracks.track_id[i], tracks.track_id[j], room)


def groups(pairs: Pairs, tracks: Remembered) -> Column:
    """(M,) int64, the group of each remembered track."""
    linked = pairs.take(pairs.is_linked)
    i, j = tracks.track_id.searchsorted(linked.left_id), tracks.track_id.searchsorted(linked.right_id)
    sure_i, sure_j = _of_one_ship(tracks)
    since = np.concatenate([np.full(len(sure_i), -np.inf), linked.t_since_unix_s])
    i, j = np.concatenate([sure_i, i]), np.concatenate([sure_j, j])
    order = np.lexsort((tracks.track_id[j], tracks.track_id[i], since))
    members = _merged(i[order].tolist(), j[order].tolist(), tracks.site.tolist())
    return _named(members, tracks)


def _of_one_ship(tracks: Remembered) -> tuple[Column, Column]:
    """Pairs of neighbours among the tracks of one ship."""
    order = np.lexsort((tracks.track_id, tracks.site, tracks.target_id))
    a, b = order[:-1], order[1:]
    is_same = (tracks.target_id[a] == tracks.target_id[b]) & (tracks.target_id[a] != NOBODY)
    return a[is_same], b[is_same]


def _merged(i: Sequence[int], j: Sequence[int], site: Sequence[int]) -> list[list[int]]:
    """The groups with more than one track, as rows; links in the given order, one track of each radar."""
    member: dict[int, list[int]] = {}
    for a, b in zip(i, j, strict=True):
        left, right = member.get(a, [a]), member.get(b, [b])
        if left is right or {site[k] for k in left} & {site[k] for k in right}:
            continue
        left = left + right
        for k in left:
            member[k] = left
    return list({id(group): group for group in member.values()}.values())


def _named(members: list[list[int]], tracks: Remembered) -> Column:
    """(M,) int64: the name that the oldest track of a group had, unless an older group has it."""
    first, track_id = tracks.t_first_unix_s, tracks.track_id
    group_id = tracks.group_id.copy()
    in_group = np.zeros(len(tracks), bool)
    for rows in members:
        in_group[rows] = True
    alone = np.flatnonzero(~in_group & (group_id != track_id))
    oldest = [min(rows, key=lambda k: (first[k], track_id[k])) for rows in [*members, *([k] for k in alone.tolist())]]
    rows_of = [*members, *([k] for k in alone.tolist())]
    taken = set(track_id[~in_group & (group_id == track_id)].tolist())
    for k in sorted(range(len(rows_of)), key=lambda g: (first[oldest[g]], track_id[oldest[g]])):
        name = int(group_id[oldest[k]])
        if name in taken:
            name = int(track_id[oldest[k]])
        taken.add(name)
        group_id[rows_of[k]] = name
    return group_id


def freshness(tracks: Remembered, sites: Sequence[RadarSite], now_unix_s: float, compete_scans: float) -> Column:
    """(M,) bool: seen within the last scans of its radar."""
    period = np.array([site.period_s for site in sites])[tracks.site]
    found: Column = now_unix_s - tracks.t_unix_s <= compete_scans * period + 1.0
    return found
