"""Boats as the rules and the map see them: rows of `Vessels` beside those of AIS, and the table of what radar knows.

A boat that only radar sees is a vessel like any other: fences hold it, its path crosses them, the map shows it. It has
no MMSI and no class, and is called by its radar and the number there. While it is searched for, its row stays where it
was seen last, with the speed it had.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np

from alerts.picture import Column, RadarTargets, StationClass, Vessels
from monitor.radar.boats import Boats, is_radar_only, straightness
from monitor.radar.contacts import NUMBERS
from monitor.radar.sites import RadarSite
from monitor.radar.tracks import RadarTracks
from monitor.reception import Shares


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known of the places of the boats, not from radar; one row a boat."""

    t_dark_unix_s: Column  # (N,) float64
    p_detection: Column  # (N,) float64
    period_s: Column  # (N,) float64
    is_radar_healthy: Column  # (N,) bool
    t_radar_unix_s: Column  # (N,) float64
    stw_kn: Column  # (N,) float64
    ctw_deg: Column
    first_beach_nm: Column
    first_port_nm: Column
    landfall_deg: Column


def with_boats(
    ais: Vessels, boats: Boats, sites: tuple[RadarSite, ...], receiver_of_site: Column, is_up: Column
) -> Vessels:
    """AIS vessels and after them, since their ids are higher, the boats that only radar sees, named for their track.

    receiver_of_site, is_up : (S,) row in `Receivers` of each radar, -1 before it was heard, and whether it is well
    """
    only = boats.take(is_radar_only(boats.boat_id))
    if not len(only):
        return ais
    n = len(only)
    receiver = receiver_of_site[only.site]
    assert isinstance(ais.p_reception, Shares)
    shares = Shares(
        ais.p_reception.reception,
        np.append(ais.lat_deg, only.lat_deg),
        np.append(ais.lon_deg, only.lon_deg),
        np.append(ais.receiver, receiver),
    )
    own = {
        "target_id": only.boat_id,
        "name": np.array(labels(only, sites), "S34"),
        "station_class": np.full(n, StationClass.RADAR, np.int8),
        "length_m": only.length_m,
        "t_unix_s": only.t_seen_unix_s,
        "lat_deg": only.lat_deg,
        "lon_deg": only.lon_deg,
        "sog_kn": only.sog_kn,
        "cog_deg": only.cog_deg,
        "t_prev_unix_s": only.t_prev_unix_s,
        "lat_prev_deg": only.lat_prev_deg,
        "lon_prev_deg": only.lon_prev_deg,
        "t_first_unix_s": only.t_first_unix_s,
        "t_heard_unix_s": only.t_seen_unix_s,
        "n_fixes": only.n_updates,
        "implied_speed_kn": only.sog_kn,
        "is_receiver_healthy": is_up[only.site],
        "receiver": receiver,
    }
    columns = {}
    for name in Vessels.__dataclass_fields__:
        if name == "p_reception":
            continue
        column = getattr(ais, name)
        columns[name] = np.append(column, own.get(name, _missing(name, column.dtype, n))).astype(column.dtype)
    return Vessels(p_reception=shares, **columns)


ZERO = {"flags", "n_twins", "n_distress", "is_coarse", "is_degraded"}


def _missing(name: str, dtype: np.dtype[Any], n: int) -> Column:
    if name in ZERO or dtype.kind in "Sb":
        return np.zeros(n, dtype)
    return np.full(n, np.nan if dtype.kind == "f" else -1, dtype)


def targets(
    vessels: Vessels,
    boats: Boats,
    tracks: RadarTracks,
    around: Surroundings,
    sites: tuple[RadarSite, ...],
    keep: Column,
) -> RadarTargets:
    """The picture's table of radar targets, sorted by vessel. keep : ids of vessels with an open incident"""
    at = np.minimum(vessels.target_id.searchsorted(boats.boat_id), max(len(vessels) - 1, 0))
    is_shown = vessels.target_id[at] == boats.boat_id if len(vessels) else np.zeros(len(boats), bool)
    row = np.flatnonzero(is_shown)  # sorted by boat, so by vessel
    own, vessel = boats.take(row), at[row]
    is_only = is_radar_only(own.boat_id)
    return RadarTargets(
        vessel=vessel,
        is_dark=is_only | own.is_ambiguous,
        is_ambiguous=own.is_ambiguous,
        t_dark_unix_s=around.t_dark_unix_s[row],
        t_first_unix_s=own.t_first_unix_s,
        t_seen_unix_s=own.t_seen_unix_s,
        n_updates=own.n_updates,
        n_tracks=own.n_tracks,
        t_again_unix_s=own.t_again_unix_s,
        p_detection=around.p_detection[row],
        period_s=around.period_s[row],
        is_radar_healthy=around.is_radar_healthy[row],
        offset_m=np.where(is_only, np.nan, own.offset_m),
        lat_first_deg=own.lat_first_deg,
        lon_first_deg=own.lon_first_deg,
        straightness=straightness(own),
        stw_kn=around.stw_kn[row],
        ctw_deg=around.ctw_deg[row],
        first_beach_nm=around.first_beach_nm[row],
        first_port_nm=around.first_port_nm[row],
        landfall_deg=around.landfall_deg[row],
        label=_all_labels(own, tracks, sites),
        is_watched=np.isin(own.boat_id, keep),
        t_radar_unix_s=around.t_radar_unix_s[row],
        beside_id=own.beside_id,
    )


def _all_labels(boats: Boats, tracks: RadarTracks, sites: tuple[RadarSite, ...]) -> Column:
    """(K,) S48: each boat's best track, and after it those of other radars."""
    found = labels(boats, sites)
    for row in np.flatnonzero(boats.n_tracks > 1).tolist():
        more = tracks.key[tracks.boat_id == boats.boat_id[row]]
        others = more[more != boats.key[row]].tolist()
        found[row] = " ".join([found[row], *(label_of(key, sites) for key in others)])
    return np.array(found, "S48")


def label_of(key: int, sites: tuple[RadarSite, ...]) -> str:
    """What people call a track: its radar and its number there."""
    return f"{sites[key // NUMBERS].name}/{key % NUMBERS}"


def labels(boats: Boats, sites: tuple[RadarSite, ...]) -> list[str]:
    """What people call each boat: the best of its tracks, "dover/41"."""
    return [label_of(key, sites) for key in boats.key.tolist()]
