"""The radars' part of the pipeline, once a turn of the antennas: reports in, boats out.

    reports ─> contacts ─> tracks ─> whose are they? ─> boats ─> Vessels, RadarTargets
               a place     numbers    AIS, other radars   lost and found again
                                      (associate.py)      (rejoin.py)

`RadarWatch` lives from tick to tick and is changed in place; everything in it is a table that is replaced whole.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from decoders.columns import empty
from decoders.radar.columns import PLOT, RadarFormat, RadarReports
from decoders.table import Column
from geofences.project import distance_m, metres_per_degree, wrap_lon_deg
from monitor.changes import NO_LEGS, Legs
from monitor.ids import among, found_rows
from monitor.radar import boats as boat_table
from monitor.radar import coverage as seen_share
from monitor.radar import registration as registration_module
from monitor.radar import rejoin
from monitor.radar import tracks as track_table
from monitor.radar.associate import Links, associate, forget
from monitor.radar.association import SHIPPED, Association, AssociationSettings, Seen, Ships
from monitor.radar.boats import CONFIRM_UPDATES, Boats, is_radar_only, radar_ids
from monitor.radar.contacts import Register, contacts_of
from monitor.radar.coverage import Coverage
from monitor.radar.misalignment import Votes, no_votes, realigned, voted
from monitor.radar.plots import close_scan, track_plots
from monitor.radar.registration import (
    Registration,
    RegistrationSettings,
    is_sure,
    learn,
    sightings,
    taught_lately,
    unregistered,
)
from monitor.radar.tracker import Tracker, TrackerSettings
from monitor.radar.tracks import RadarTracks

# A target is a contact once in 2.5 to 3 s, so that looking more often finds nothing: a tick of its own costs 10 ms with
# 80 tracks, whatever few of them it brings.
TURN_S = 3.0
SAME_S = 1.0  # a boat and its first track begin together
SILENT_S = 120.0  # a fix older than this contradicts no echo: a ship of 20 kn has gone 0.7 nm since
VOTE_TURNS = 5  # a search over all pairs that could be, for what is found once in a night
BESIDE_M = 300.0  # domain D4: an asset as near as this may have taken people off


@dataclass(frozen=True, slots=True)
class Firsts:
    """How far from beaches and ports each boat was first seen, on one chart."""

    fences: object = None
    boat_id: Column = field(default_factory=lambda: np.zeros(0, np.int64))  # (N,) sorted
    beach_nm: Column = field(default_factory=lambda: np.zeros(0))
    port_nm: Column = field(default_factory=lambda: np.zeros(0))


@dataclass(slots=True)
class RadarWatch:
    """All that is known by radar."""

    register: Register = field(default_factory=Register)
    registration: Registration = field(default_factory=lambda: unregistered(0))
    settings: AssociationSettings = SHIPPED
    search: RegistrationSettings = registration_module.SHIPPED
    plot_settings: TrackerSettings | None = None  # None: nobody sends plots
    trackers: dict[int, Tracker] = field(default_factory=dict)  # by site, of radars that send plots
    votes: Votes = field(default_factory=no_votes)
    links: Links = field(default_factory=Links)
    tracks: RadarTracks = field(default_factory=track_table.no_tracks)
    boats: Boats = field(default_factory=boat_table.no_boats)
    coverage: Coverage = field(default_factory=Coverage)
    waiting: list[RadarReports] = field(default_factory=list)  # come since the last turn
    t_turn_unix_s: float = float("-inf")
    n_turns: int = 0
    firsts: Firsts = field(default_factory=Firsts)
    shown: object = None  # of the picture since the last turn; see monitor.radar.picture
    placed: object = None  # and since the vessels with AIS changed
    n_late: int = 0


@dataclass(frozen=True, slots=True)
class RadarUpdate:
    """What a tick changed about the boats that only radar sees."""

    legs: Legs
    moved_ids: Column  # (M,) int64 sorted
    removed_ids: Column  # (R,) int64 sorted


NO_IDS = np.zeros(0, np.int64)
NO_REPORTS = empty(RadarReports)
NO_UPDATE = RadarUpdate(NO_LEGS, NO_IDS, NO_IDS)


def is_due(watch: RadarWatch, now_unix_s: float) -> bool:
    """Whether the boats are to be looked after in this tick: once a turn of the antennas, not in every tick."""
    is_idle = not (watch.waiting or len(watch.boats) or len(watch.tracks))
    return not is_idle and now_unix_s - watch.t_turn_unix_s >= TURN_S


def turn(watch: RadarWatch, ships: Ships, now_unix_s: float, *, keep: Column) -> RadarUpdate:
    """Take all reports that came since the last turn. keep : ids of boats that stay, an incident being open."""
    reports = RadarReports.concat(watch.waiting) if watch.waiting else NO_REPORTS
    watch.waiting = []
    watch.t_turn_unix_s = now_unix_s
    watch.n_turns += 1
    return step(watch, reports, ships, now_unix_s, keep=keep)


def step(watch: RadarWatch, reports: RadarReports, ships: Ships, now_unix_s: float, *, keep: Column) -> RadarUpdate:
    """Take reports. keep : ids of boats that stay, an incident being open."""
    before = watch.boats.boat_id[is_radar_only(watch.boats.boat_id)]
    reports = _with_plots_followed(watch, reports, now_unix_s)
    contacts = contacts_of(watch.register, watch.registration, reports)
    applied = track_table.apply(watch.tracks, contacts)
    watch.n_late += applied.n_late
    watch.tracks = applied.tracks
    moved = NO_IDS
    if len(applied.row):
        seen = _seen(watch.tracks.take(applied.row))
        answer = _whose(watch, seen, ships, now_unix_s)
        _register(watch, answer, seen, ships, now_unix_s)
        _decide(watch, applied.row, answer, ships, keep)
        moved = _see(watch, applied.row, ships)
        _describe(watch, applied.row, answer)
    _end(watch, now_unix_s, keep)
    seen_share.learn(watch.coverage, watch.tracks, watch.register.sites, now_unix_s)
    after = watch.boats.boat_id[is_radar_only(watch.boats.boat_id)]
    moved = moved[is_radar_only(moved)]
    return RadarUpdate(_legs(watch.boats, moved), moved, before[~among(before, after)])


def _with_plots_followed(watch: RadarWatch, reports: RadarReports, now_unix_s: float) -> RadarReports:
    """The reports, and the tracks that our own tracker makes of those that are plots."""
    if watch.plot_settings is None:
        return reports
    # a service's targets are no plots
    is_plot = (reports.track_no == PLOT) & (reports.format != RadarFormat.FI17.value)
    if not (is_plot.any() or watch.trackers):
        return reports
    site = watch.register.site_of_receiver[reports.station]
    found = [reports]
    for row in np.union1d(np.unique(site[is_plot]), list(watch.trackers)).astype(int).tolist():
        if row < 0:
            continue  # refused with the others
        one = watch.register.sites[row]
        tracker = watch.trackers.setdefault(row, Tracker(watch.plot_settings, one.period_s))
        found.append(track_plots(tracker, reports.take(is_plot & (site == row)), one))
        found.append(close_scan(tracker, now_unix_s, one))
    return RadarReports.concat(found)


def _seen(own: RadarTracks) -> Seen:
    """What association asks of tracks."""
    given = {name: getattr(own, name) for name in Seen.__dataclass_fields__ if name != "sigma_speed_m_per_s"}
    return Seen(sigma_speed_m_per_s=np.full(len(own), np.nan), **given)


def _register(watch: RadarWatch, answer: Association, seen: Seen, ships: Ships, now_unix_s: float) -> None:
    """Learn how far each radar is off; now and then look whether one is so far off that nothing associates."""
    sites, settings = watch.register.sites, watch.settings
    may = is_sure(answer) & ~among(seen.track_id, taught_lately(watch.registration, now_unix_s, watch.search))
    if may.any():  # what is left out here `learn` would leave out, at the price of all the residuals
        pairs = sightings(watch.registration, answer.take(may), seen.take(may), ships, sites, settings)
        watch.registration = learn(watch.registration, pairs, now_unix_s, watch.search)
    if watch.n_turns % VOTE_TURNS == 0:
        watch.votes = voted(
            watch.votes, watch.registration, answer, seen, ships, sites, now_unix_s, settings, watch.search
        )
        watch.registration, watch.votes = realigned(watch.registration, watch.votes, watch.search)


def _whose(watch: RadarWatch, seen: Seen, ships: Ships, now_unix_s: float) -> Association:
    """Ask whose the tracks with a new contact are."""
    return associate(
        watch.links,
        seen,
        ships,
        watch.register.sites,
        now_unix_s,
        settings=watch.settings,
        registration=watch.registration,
    )


def _decide(watch: RadarWatch, row: Column, answer: Association, ships: Ships, keep: Column) -> None:
    """Say of each of these tracks which boat it is of, and let boats change their name with them."""
    own = watch.tracks.take(row)
    # whose AIS fell silent keeps its ship as long as nothing contradicts: it is no new, dark vessel (domain X10)
    is_carried = answer.is_silent | _is_silent(answer.was_target_id, ships, own.t_unix_s)
    linked = np.where(answer.target_id >= 0, answer.target_id, np.where(is_carried, answer.was_target_id, -1))
    linked = np.where(among(linked, ships.target_id), linked, -1)  # one that AIS has forgotten lives on by radar
    boat_id = np.where(linked >= 0, linked, own.boat_id)
    is_let_go = (linked < 0) & (own.boat_id >= 0) & ~is_radar_only(own.boat_id)
    boat_id[is_let_go] = radar_ids(own.track_id[is_let_go])
    # tracks of other radars that are this boat
    partner = _partners(watch, answer.group_id)
    is_open = (linked < 0) & ((boat_id < 0) | is_let_go) & (partner >= 0)
    # a boat found to be an older one is that one from now on, unless somebody deals with it already
    is_twice = is_radar_only(boat_id) & is_radar_only(partner) & (boat_id != partner) & ~among(boat_id, keep)
    is_twice &= _is_first(watch.boats, own)
    boat_id = np.where(is_open | is_twice, partner, boat_id)
    _rename(watch, own, boat_id)
    watch.tracks = _with_boats(watch.tracks, row, boat_id)
    new = np.flatnonzero((own.n_updates >= CONFIRM_UPDATES) & (boat_id < 0))
    if len(new):
        watch.tracks = _with_boats(watch.tracks, row[new], _found_or_new(watch, row, new, answer))


def _with_boats(tracks: RadarTracks, row: Column, boat_id: Column) -> RadarTracks:
    """The tracks, these rows being of those boats."""
    ids = tracks.boat_id.copy()
    ids[row] = boat_id
    return replace(tracks, boat_id=ids)


def _is_first(boats: Boats, tracks: RadarTracks) -> Column:
    """(M,) bool: its boat did not begin before it; so it is too where the boat is not known."""
    if not len(boats):
        return np.ones(len(tracks), bool)
    at = boats.rows_of(tracks.boat_id)
    began = np.where(at >= 0, boats.t_first_unix_s[at], np.nan)
    first: Column = ~(tracks.t_first_unix_s - began > SAME_S)
    return first


def _found_or_new(watch: RadarWatch, row: Column, new: Column, answer: Association) -> Column:
    """(K,) int64: the lost boats that these tracks go on with, or their own; -1 too early to say.

    row : (M,) of the tracks seen; new : (K,) of `row`
    """
    own = watch.tracks.take(row)
    lost, waits = rejoin.matches(watch.boats, watch.tracks, row[new])
    is_beside = (lost >= 0) & (answer.candidate_id[new] >= 0)  # a ship with AIS: whose it is comes first
    lost[is_beside] = -1
    waits |= is_beside & ~rejoin.is_decided(own.take(new))
    is_found = lost >= 0
    boat_id = np.full(len(new), -1, np.int64)
    boat_id[is_found] = watch.boats.boat_id[lost[is_found]]
    again = watch.boats.t_again_unix_s.copy()
    again[lost[is_found]] = own.t_unix_s[new[is_found]]
    watch.boats = replace(watch.boats, t_again_unix_s=again)
    is_new = ~is_found & ~waits
    boat_id[is_new] = _own_ids(own, new[is_new], answer.group_id)
    return boat_id


def _is_silent(target_id: Column, ships: Ships, t_unix_s: Column) -> Column:
    """(M,) bool: the ship is known and its last fix is too old to say that it is not here."""
    at, is_known = found_rows(ships.target_id, target_id)
    silent = np.zeros(len(target_id), bool)
    silent[is_known] = t_unix_s[is_known] - ships.t_unix_s[at[is_known]] > SILENT_S
    return silent


def _partners(watch: RadarWatch, group_id: Column) -> Column:
    """(M,) int64: the boat of each group, of several the oldest; -1 none."""
    remembered = watch.links.tracks
    k, is_known = found_rows(remembered.track_id, watch.tracks.track_id)
    group = np.where(is_known, remembered.group_id[k], -1) if len(remembered) else np.full(len(k), -1)
    at = watch.boats.rows_of(watch.tracks.boat_id)
    its = np.flatnonzero((group >= 0) & (at >= 0))
    its = its[np.lexsort((watch.boats.boat_id[at[its]], watch.boats.t_first_unix_s[at[its]], group[its]))]
    at_group = np.minimum(group[its].searchsorted(group_id), max(len(its) - 1, 0))
    if not len(its):
        return np.full(len(group_id), -1, np.int64)
    return np.where(group[its][at_group] == group_id, watch.tracks.boat_id[its][at_group], -1)


def _own_ids(own: RadarTracks, new: Column, group_id: Column) -> Column:
    """(K,) int64: the ids of new boats; two radars that find one boat in one tick give it one id."""
    first: dict[int, int] = {}
    for k in new.tolist():
        first.setdefault(int(group_id[k]), int(own.track_id[k]))
    return radar_ids(np.array([first[int(group_id[k])] for k in new.tolist()], np.int64))


def _rename(watch: RadarWatch, own: RadarTracks, boat_id: Column) -> None:
    """Boats whose track turned out to be an AIS target's carry its name from now on."""
    # a boat that was lost before this track began was not this ship: it stays lost
    is_its = is_radar_only(own.boat_id) & _is_first(watch.boats, own)
    changed = np.flatnonzero(is_its & (boat_id >= 0) & (boat_id != own.boat_id))
    if len(changed):
        watch.boats = boat_table.renamed(watch.boats, own.boat_id[changed], boat_id[changed])
        # its other tracks go with it
        old, new = own.boat_id[changed], boat_id[changed]
        order = np.argsort(old, kind="stable")
        at, goes_along = found_rows(old[order], watch.tracks.boat_id)
        watch.tracks = replace(watch.tracks, boat_id=np.where(goes_along, new[order][at], watch.tracks.boat_id))


def _describe(watch: RadarWatch, row: Column, answer: Association) -> None:
    """Whether it is in doubt whose each boat is, and how far its AIS place lies from its radar place."""
    at = watch.boats.rows_of(watch.tracks.boat_id[row])
    is_boat = at >= 0
    ambiguous, offset = watch.boats.is_ambiguous.copy(), watch.boats.offset_m.copy()
    ambiguous[at[is_boat]] = answer.is_ambiguous[is_boat]
    is_known = is_boat & (answer.target_id >= 0)
    offset[at[is_known]] = np.hypot(answer.offset_east_m, answer.offset_north_m)[is_known]
    ambiguous &= is_radar_only(watch.boats.boat_id)
    watch.boats = replace(watch.boats, is_ambiguous=ambiguous, offset_m=offset)


def _see(watch: RadarWatch, row: Column, ships: Ships) -> Column:
    """Bring the contacts to the boats; the ids of those that were seen."""
    watch.boats, ids = boat_table.seen(watch.boats, watch.tracks, row)
    at = watch.boats.rows_of(ids[is_radar_only(ids)])
    if len(at):
        beside = watch.boats.beside_id.copy()
        beside[at] = _beside(watch.boats.take(at), ships)
        watch.boats = replace(watch.boats, beside_id=beside)
    return ids


def _beside(boats: Boats, ships: Ships) -> Column:
    """(K,) int64: the nearest ship within BESIDE_M of each boat; -1 none."""
    north_m, east_m = metres_per_degree(boats.lat_deg)
    is_near = np.abs(ships.lat_deg[:, None] - boats.lat_deg) <= 2.0 * BESIDE_M / north_m
    is_near &= np.abs(wrap_lon_deg(ships.lon_deg[:, None] - boats.lon_deg)) <= 2.0 * BESIDE_M / east_m
    near = np.flatnonzero(is_near.any(axis=1))
    if not len(near):
        return np.full(len(boats), -1, np.int64)
    away_m = distance_m(
        boats.lat_deg[:, None], boats.lon_deg[:, None], ships.lat_deg[None, near], ships.lon_deg[None, near]
    )
    best = away_m.argmin(axis=1)
    return np.where(away_m[np.arange(len(boats)), best] <= BESIDE_M, ships.target_id[near[best]], -1)


def _end(watch: RadarWatch, now_unix_s: float, keep: Column) -> None:
    """Let go of tracks without contacts and of boats that were searched for long enough."""
    over = track_table.ended(watch.tracks, now_unix_s)
    if over.any():
        forget(watch.links, watch.tracks.track_id[over])
        watch.tracks = watch.tracks.take(~over)
        watch.boats = boat_table.counted(watch.boats, watch.tracks)
    gone = boat_table.expired(watch.boats, now_unix_s, keep)
    if gone.any():
        watch.boats = watch.boats.take(~gone)


def _legs(boats: Boats, moved: Column) -> Legs:
    """The way of each boat that moved, from the contact before to the last."""
    own = boats.take(boats.rows_of(moved))
    own = own.take(own.t_seen_unix_s > own.t_prev_unix_s)  # a boat's first contact is no way
    n = len(own)
    return Legs(
        own.boat_id,
        np.full(n, -1, np.int64),
        own.t_prev_unix_s,
        own.lat_prev_deg,
        own.lon_prev_deg,
        own.t_seen_unix_s,
        own.lat_deg,
        own.lon_deg,
        np.zeros(n, bool),
    )
