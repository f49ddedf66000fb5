"""The picture with the boats in it: what a tick's vessels and radar targets are, from the tables that outlive ticks."""

from dataclasses import dataclass, replace

import numpy as np

from alerts.picture import NO_RADAR, RadarTargets, ReceiverState, Vessels
from decoders.table import Column
from geofences.fenceset import FenceSet
from monitor.ids import found_rows
from monitor.radar.boats import is_radar_only
from monitor.radar.context import first_contact, landfall_deg
from monitor.radar.coverage import p_detection
from monitor.radar.shown import STANDING, Surroundings, boat_columns, placed_in, targets, with_boats
from monitor.radar.watch import Firsts, RadarWatch
from monitor.radar.water import through_water
from monitor.receivers import ReceiverTable
from monitor.reception import Reception, best_share

WELL_HEARD = 0.8  # domain D6: dark is who is silent where so many reports are heard


@dataclass(frozen=True, slots=True)
class Shown:
    """What holds from one turn to the next."""

    n_turns: int
    boat_id: Column  # (N,) int64
    columns: dict[str, Column]  # of `Vessels`
    targets: RadarTargets


@dataclass(frozen=True, slots=True)
class Placed:
    """What holds as long as the vessels with AIS are the same ones, within a turn."""

    shown: Shown
    ais_id: Column  # (T,) int64, of the vessels with AIS; the array itself tells that they are the same
    standing: dict[str, Column]  # the columns of `STANDING`, boats and all
    targets: RadarTargets


def look(
    watch: RadarWatch,
    ais: Vessels,
    receivers: ReceiverTable,
    reception: Reception,
    fences: FenceSet,
    now_unix_s: float,
    *,
    keep: Column,
) -> tuple[Vessels, RadarTargets]:
    """The picture's vessels and radar targets. keep : ids of vessels with an open incident"""
    if not len(watch.boats):
        return ais, NO_RADAR
    shown = watch.shown
    if not isinstance(shown, Shown) or shown.n_turns != watch.n_turns:
        receiver = receiver_of_site(watch, len(receivers))
        state = np.append(receivers.state[: len(receivers)], ReceiverState.DOWN)[receiver]
        is_up = state <= ReceiverState.UP.value  # one that has only started is taken for well
        _darken(watch, receivers, reception, now_unix_s)
        around, sites = _surroundings(watch, receivers, receiver, is_up, fences), watch.register.sites
        columns = boat_columns(ais, watch.boats, sites, receiver, is_up)
        found = targets(watch.boats, watch.tracks, around, sites, keep)
        shown = watch.shown = Shown(watch.n_turns, watch.boats.boat_id, columns, found)
    placed = watch.placed
    if isinstance(placed, Placed) and placed.shown is shown and placed.ais_id is ais.target_id:
        return _with_boats(ais, shown, placed.standing), placed.targets
    vessels = _with_boats(ais, shown, {})
    radar = placed_in(vessels, shown.boat_id, shown.targets)
    watch.placed = Placed(shown, ais.target_id, {name: getattr(vessels, name) for name in STANDING}, radar)
    return vessels, radar


def _with_boats(ais: Vessels, shown: Shown, standing: dict[str, Column]) -> Vessels:
    return with_boats(ais, shown.columns, standing) if len(shown.columns["target_id"]) else ais


def receiver_of_site(watch: RadarWatch, n_receivers: int) -> Column:
    """(S,) int64 row in the receivers of each radar, the newest that is it; -1 before it was heard."""
    found = np.full(len(watch.register.sites), -1, np.int64)
    site = watch.register.site_of_receiver[:n_receivers]
    rows = np.flatnonzero(site >= 0)
    found[site[rows]] = rows
    return found


def _darken(watch: RadarWatch, receivers: ReceiverTable, reception: Reception, now_unix_s: float) -> None:
    """Note since when each boat is known to be without AIS: seen where ships are well heard by a healthy receiver.

    Once known it stays known until AIS is found to belong to it: a receiver that falls silent gives no boat AIS.
    """
    boats = watch.boats
    t_dark = boats.t_dark_unix_s.copy()
    is_only = is_radar_only(boats.boat_id)
    t_dark[~is_only] = np.nan
    asked = np.flatnonzero(np.isnan(t_dark) & is_only & (boats.n_tracks > 0))
    if len(asked):
        n = len(receivers)
        is_ais = receivers.state[:n] == ReceiverState.UP.value
        is_ais[np.flatnonzero(watch.register.site_of_receiver[:n] >= 0)] = False
        share = best_share(reception, boats.lat_deg[asked], boats.lon_deg[asked], np.flatnonzero(is_ais))
        t_dark[asked[share >= WELL_HEARD]] = now_unix_s
    watch.boats = replace(boats, t_dark_unix_s=t_dark)


def _surroundings(
    watch: RadarWatch, receivers: ReceiverTable, receiver: Column, is_up: Column, fences: FenceSet
) -> Surroundings:
    """What is known of the boats' places."""
    boats = watch.boats
    p, period_s = p_detection(watch.coverage, watch.register.sites, is_up, boats.lat_deg, boats.lon_deg)
    _place_firsts(watch, fences)
    stw_kn, ctw_deg = through_water(boats.sog_kn, boats.cog_deg, boats.lat_deg, boats.lon_deg, boats.t_seen_unix_s)
    t_state = np.append(receivers.t_state_unix_s[: len(receivers)], np.nan)[receiver]
    return Surroundings(
        t_dark_unix_s=boats.t_dark_unix_s,
        p_detection=p,
        period_s=period_s,
        is_radar_healthy=is_up[boats.site],
        t_radar_unix_s=np.where(is_up, t_state, np.nan)[boats.site],
        stw_kn=stw_kn,
        ctw_deg=ctw_deg,
        first_beach_nm=watch.firsts.beach_nm,
        first_port_nm=watch.firsts.port_nm,
        landfall_deg=landfall_deg(fences, boats.lat_deg, boats.lon_deg),
    )


def _place_firsts(watch: RadarWatch, fences: FenceSet) -> None:
    """How far from beaches and ports each boat was first seen: asked once a boat, and again of another chart."""
    boats, known = watch.boats, watch.firsts
    beach_nm, port_nm = np.full(len(boats), np.nan), np.full(len(boats), np.nan)
    at, is_known = found_rows(known.boat_id, boats.boat_id)
    is_known &= known.fences is fences
    beach_nm[is_known], port_nm[is_known] = known.beach_nm[at[is_known]], known.port_nm[at[is_known]]
    new = np.flatnonzero(~is_known)
    beach_nm[new], port_nm[new] = first_contact(fences, boats.lat_first_deg[new], boats.lon_first_deg[new])
    watch.firsts = Firsts(fences, boats.boat_id, beach_nm, port_nm)
