"""What each radar normally sees of what is there: the share of its scans in which a target is a contact, by place.

    cell (2 nm x 2 nm) x site x {small, ship} -> contacts, scans (monitor/cells.py)

"Not seen" says something only where a boat would be seen (rule D4). Each live track counts its scans and its contacts;
it lives on for a minute after its last one, and counts these scans too. Small targets are learned apart: a ship is
seen where no inflatable is. Until a cell is known the radar equation speaks for it (radar.md 5): a target of 1 m2 half
a metre above the sea, calm water.
"""

from dataclasses import dataclass, field

import numpy as np

from decoders.table import Column
from geofences.project import distance_m
from monitor.cells import Cells, cell_key, count, counts_of
from monitor.ids import found_rows
from monitor.radar.boats import is_radar_only
from monitor.radar.sites import RadarSite
from monitor.radar.tracks import RadarTracks

EVERY_S = 60.0
PRIOR_SCANS = 24.0  # scans that the radar equation counts for: one minute
R80_M = 11_000.0  # 1 m2 is seen in 0.8 of the scans there, calm (radar.md 5: 17.8 dB)
SNR80_DB = 17.8
PFA = 1e-6
TARGET_HEIGHT_M = 0.5
HORIZON_M = 4120.0  # for each root of a metre of height: 4/3 Earth
SMALL, SHIP = 0, 1


@dataclass(slots=True)
class Coverage(Cells):
    """What was learned, and the tracks at the last count."""

    t_unix_s: float = float("nan")
    seen_id: Column = field(default_factory=lambda: np.zeros(0, np.int64))
    seen_updates: Column = field(default_factory=lambda: np.zeros(0, np.int64))


def learn(coverage: Coverage, tracks: RadarTracks, sites: tuple[RadarSite, ...], now_unix_s: float) -> None:
    """Count the last minute of every track that is somebody's."""
    passed_s = now_unix_s - coverage.t_unix_s
    if passed_s < EVERY_S:
        return
    before_id, before_updates = coverage.seen_id, coverage.seen_updates
    order = np.argsort(tracks.track_id)
    coverage.t_unix_s, coverage.seen_id = now_unix_s, tracks.track_id[order]
    coverage.seen_updates = tracks.n_updates[order]
    if np.isnan(passed_s) or not len(before_id) or not len(tracks):
        return
    at, is_known = found_rows(before_id, tracks.track_id)
    which = np.flatnonzero(is_known & (tracks.boat_id >= 0))
    own = tracks.take(which)
    period_s = np.array([site.period_s for site in sites])[own.site]
    scans = passed_s / period_s
    contacts = np.minimum(own.n_updates - before_updates[at[which]], scans)
    size = np.where(is_radar_only(own.boat_id), SMALL, SHIP)
    count(coverage, cell_key(own.lat_deg, own.lon_deg, own.site * 2 + size), contacts, scans, passed_s)


def p_detection(
    coverage: Coverage, sites: tuple[RadarSite, ...], is_up: Column, lat_deg: Column, lon_deg: Column
) -> tuple[Column, Column]:
    """(p, period_s), each (N,) float64: the share of scans in which the best healthy radar sees a small boat there, and
    how long its scans take; 0 and NaN where none reaches. is_up : (S,) bool
    """
    best, period_s = np.zeros(len(lat_deg)), np.full(len(lat_deg), np.nan)
    for row, site in enumerate(sites):
        if not is_up[row]:
            continue
        contacts, scans = counts_of(coverage, cell_key(lat_deg, lon_deg, np.full(len(lat_deg), row * 2 + SMALL)))
        range_m = distance_m(lat_deg, lon_deg, site.lat_deg, site.lon_deg)
        p = (contacts + PRIOR_SCANS * modelled(range_m)) / (scans + PRIOR_SCANS)
        horizon_m = HORIZON_M * (np.sqrt(site.height_m) + np.sqrt(TARGET_HEIGHT_M))
        p[range_m > min(site.range_nm * 1852.0, horizon_m)] = 0.0
        is_better = p > best
        best, period_s = np.where(is_better, p, best), np.where(is_better, site.period_s, period_s)
    return best, period_s


def modelled(range_m: Column) -> Column:
    """(N,) float64: share of scans in which 1 m2 is seen on a calm sea, Swerling 1."""
    snr_db = SNR80_DB - 40.0 * np.log10(np.maximum(range_m, 1.0) / R80_M)
    found: Column = PFA ** (1.0 / (1.0 + 10.0 ** (snr_db / 10.0)))
    return found
