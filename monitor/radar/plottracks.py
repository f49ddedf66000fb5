"""The tables of the plot tracker: the plots of a scan, the tracks between scans, the rows that a scan yields."""

from dataclasses import dataclass, replace

import numpy as np

from decoders.radar.columns import TrackStatus
from decoders.table import Column, Table
from monitor.radar import kalman, models

FAR_M = 1_000_000.0  # beyond it a plot is a fault of the wire: no radar sees farther
MAX_ERROR_M = 10_000.0  # the same for its error
NO_ROWS = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class Plots(Table):
    """What one scan saw, in a plane around the radar."""

    t_unix_s: Column  # (N,) float64, each of its own
    place_m: Column  # (N, 2) float64, east and north
    error_m2: Column  # (N, 2, 2) float64, covariance of that


@dataclass(frozen=True, slots=True)
class PlotTracks(Table):
    """The tracks, by number."""

    number: Column  # (T,) int64, from 1, never used again
    hit_unix_s: Column  # (T,) float64, its last plot
    n_hits: Column  # (T,) int64
    score: Column  # (T,) float64, logarithm of the odds that it is a boat
    is_believed: Column  # (T,) bool
    state: Column  # (T, 4) float64, east_m, north_m, east_m_s, north_m_s, at the last scan
    covariance: Column  # (T, 4, 4) float64
    model_chance: Column  # (T, M) float64, of each model of motion
    model_state: Column  # (T, M, 4) float64
    model_covariance: Column  # (T, M, 4, 4) float64


@dataclass(frozen=True, slots=True)
class TrackRows(Table):
    """What one scan made of the tracks, by number."""

    number: Column  # (T,) int64
    status: Column  # (T,) int8, `TrackStatus`; LOST once, when a believed track ends
    plot: Column  # (T,) int64, row of its plot in this scan, -1
    state: Column  # (T, 4) float64, at the scan's time
    covariance: Column  # (T, 4, 4) float64


def plots_of(t_unix_s: Column, east_m: Column, north_m: Column, sigma_m: Column) -> Plots:
    """Plots with one sigma for both directions; all (N,) float64."""
    error = (np.square(sigma_m)[:, None, None] * np.eye(2)).astype(float)
    return Plots(np.asarray(t_unix_s, float), np.column_stack([east_m, north_m]).astype(float), error)


def usable(plots: Plots) -> Column:
    """Rows of plots that can be one, in an order that does not depend on the one they came in."""
    variance = plots.error_m2[:, 0, 0], plots.error_m2[:, 1, 1]
    with np.errstate(invalid="ignore", over="ignore"):
        is_good = np.isfinite(plots.t_unix_s) & (np.abs(plots.place_m) <= FAR_M).all(axis=1)
        is_good &= (plots.error_m2 <= MAX_ERROR_M**2).all(axis=(1, 2)) & (kalman.inverse(plots.error_m2)[1] > 0)
        is_good &= (variance[0] > 0) & (variance[1] > 0)
    order = np.lexsort((plots.place_m[:, 1], plots.place_m[:, 0], plots.t_unix_s))
    found: Column = order[is_good[order]]
    return found


def no_tracks() -> PlotTracks:
    """No tracks, with every dtype in place."""
    none, m = np.zeros(0), models.N_MODELS
    state, covariance = np.zeros((0, 4)), np.zeros((0, 4, 4))
    every = np.zeros((0, m)), np.zeros((0, m, 4)), np.zeros((0, m, 4, 4))
    return PlotTracks(NO_ROWS, none, NO_ROWS, none, np.zeros(0, bool), state, covariance, *every)


def models_of(tracks: PlotTracks) -> tuple[Column, Column, Column]:
    return tracks.model_chance, tracks.model_state, tracks.model_covariance


def with_models(tracks: PlotTracks, chance: Column, states: Column, covariances: Column) -> PlotTracks:
    """The tracks with what their models say now, and what these say together."""
    state, covariance = models.mixture(chance, states, covariances)
    told = {"model_chance": chance, "model_state": states, "model_covariance": covariances}
    return replace(tracks, state=state, covariance=covariance, **told)


def lost_rows(tracks: PlotTracks) -> TrackRows:
    return rows_of(tracks, np.full(len(tracks), int(TrackStatus.LOST)), np.full(len(tracks), -1))


def rows_of(tracks: PlotTracks, status: Column, plot: Column) -> TrackRows:
    return TrackRows(tracks.number, status.astype(np.int8), plot, tracks.state, tracks.covariance)
