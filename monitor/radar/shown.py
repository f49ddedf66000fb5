"""Boats as the rules and the map see them: rows of `Vessels` beside those of AIS, and the table of what radar knows.

A boat that only radar sees is a vessel like any other: fences hold it, its path crosses them, the map shows it. It has
no MMSI and no class, and is called by its radar and the number there. While it is searched for, its row stays where it
was seen last, with the speed it had.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from alerts.picture import Column, RadarTargets, StationClass, Vessels
from monitor.ids import among, found_rows
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


def boat_columns(
    ais: Vessels, boats: Boats, sites: tuple[RadarSite, ...], receiver_of_site: Column, is_up: Column
) -> dict[str, Column]:
    """The columns of `Vessels` for the boats that only radar sees, named for their track; dtypes are those of `ais`.

    receiver_of_site, is_up : (S,) row in `Receivers` of each radar, -1 before it was heard, and whether it is well
    """
    only = boats.take(is_radar_only(boats.boat_id))
    n = len(only)
    own = {
        "target_id": only.boat_id,
        "name": np.array(labels(only, sites), "S34"),
        "station_class": np.full(n, StationClass.RADAR.value, np.int8),
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
        "receiver": receiver_of_site[only.site],
    }
    columns = {}
    for name in Vessels.__dataclass_fields__:
        if name != "p_reception":
            dtype = getattr(ais, name).dtype
            columns[name] = own.get(name, _missing(name, dtype, n)).astype(dtype)
    return columns


# Of vessels with AIS these change together with `target_id`: an array of ids that is the same has the same beside it
# (monitor/seen.py)
STANDING = ("target_id", "mmsi", "name", "callsign", "ship_type", "length_m", "beam_m", "draught_m")


def with_boats(ais: Vessels, columns: dict[str, Column], standing: dict[str, Column]) -> Vessels:
    """AIS vessels and after them, since their ids are higher, the boats of `boat_columns`.

    standing : columns of `STANDING` that were joined before and still hold
    """
    assert isinstance(ais.p_reception, Shares)
    joined = dict(standing)
    for name, column in columns.items():
        if name not in standing:
            joined[name] = np.concatenate([getattr(ais, name), column])
    shares = Shares(ais.p_reception.reception, joined["lat_deg"], joined["lon_deg"], joined["receiver"])
    return Vessels(p_reception=shares, **joined)


ZERO = {"flags", "n_twins", "n_distress", "is_coarse", "is_degraded"}


def _missing(name: str, dtype: np.dtype[Any], n: int) -> Column:
    if name in ZERO or dtype.kind in "Sb":
        return np.zeros(n, dtype)
    return np.full(n, np.nan if dtype.kind == "f" else -1, dtype)


def targets(
    boats: Boats, tracks: RadarTracks, around: Surroundings, sites: tuple[RadarSite, ...], keep: Column
) -> RadarTargets:
    """The picture's table of radar targets, one row a boat; `vessel` is the boat's row until `placed_in` says it.

    keep : ids of vessels with an open incident
    """
    is_only = is_radar_only(boats.boat_id)
    return RadarTargets(
        vessel=np.arange(len(boats)),
        is_dark=is_only,  # whose echo it is in doubt has no AIS either, until the doubt is gone
        is_ambiguous=boats.is_ambiguous,
        t_dark_unix_s=around.t_dark_unix_s,
        t_first_unix_s=boats.t_first_unix_s,
        t_seen_unix_s=boats.t_seen_unix_s,
        n_updates=boats.n_updates,
        n_tracks=boats.n_tracks,
        t_again_unix_s=boats.t_again_unix_s,
        p_detection=around.p_detection,
        period_s=around.period_s,
        is_radar_healthy=around.is_radar_healthy,
        offset_m=np.where(is_only, np.nan, boats.offset_m),
        lat_deg=boats.lat_deg,
        lon_deg=boats.lon_deg,
        sog_kn=boats.sog_kn,
        cog_deg=boats.cog_deg,
        lat_first_deg=boats.lat_first_deg,
        lon_first_deg=boats.lon_first_deg,
        straightness=straightness(boats),
        stw_kn=around.stw_kn,
        ctw_deg=around.ctw_deg,
        first_beach_nm=around.first_beach_nm,
        first_port_nm=around.first_port_nm,
        landfall_deg=around.landfall_deg,
        label=_all_labels(boats, tracks, sites),
        is_watched=among(boats.boat_id, keep),
        t_radar_unix_s=around.t_radar_unix_s,
        beside_id=boats.beside_id,
    )


def placed_in(vessels: Vessels, boat_id: Column, found: RadarTargets) -> RadarTargets:
    """The targets that these vessels hold, sorted by vessel. boat_id : (N,) of each row of `found`, sorted"""
    at, is_shown = found_rows(vessels.target_id, boat_id)
    if is_shown.all():
        return replace(found, vessel=at)
    names = RadarTargets.__dataclass_fields__
    return RadarTargets(**({name: getattr(found, name)[is_shown] for name in names} | {"vessel": at[is_shown]}))


def _all_labels(boats: Boats, tracks: RadarTracks, sites: tuple[RadarSite, ...]) -> Column:
    """(K,) S48: each boat's best track, and after it those of other radars."""
    found = labels(boats, sites)
    row = boats.rows_of(tracks.boat_id)
    its = (row >= 0).nonzero()[0]
    its = its[(boats.n_tracks[row[its]] > 1) & (tracks.key[its] != boats.key[row[its]])]
    for k, key in zip(row[its].tolist(), tracks.key[its].tolist(), strict=True):
        found[k] = f"{found[k]} {label_of(key, sites)}"
    return np.array(found, "S48")


def label_of(key: int, sites: tuple[RadarSite, ...]) -> str:
    """What people call a track: its radar and its number there."""
    return f"{sites[key // NUMBERS].name}/{key % NUMBERS}"


def labels(boats: Boats, sites: tuple[RadarSite, ...]) -> list[str]:
    """What people call each boat: the best of its tracks, "dover/41"."""
    return [label_of(key, sites) for key in boats.key.tolist()]
