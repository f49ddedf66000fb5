"""A radar that sends plots, made into one that sends tracks: its reports in, reports of tracks out.

What comes out are rows like any radar's own tracks and take the same path: number, status, position, speed, course and
the tracker's own word on its error. Tentative tracks are told from their second plot. Only tracks that were told as
TRACKED are told as LOST, once, with the flag LAST; tentative ones are just no longer told. A course is told when the
speed is beyond two sigma of it, since that of a boat at rest is chance.

A scan is worked on when the first plot of the next one is there, or `close_scan` finds it stale.
"""

import numpy as np

from decoders.columns import empty, missing
from decoders.radar.columns import NOT_REAL, PLOT, RadarFlag, RadarReports, TrackStatus
from decoders.table import Column
from monitor.kinematics import KN_M_PER_S
from monitor.radar import plane, scans
from monitor.radar.kalman import polar_error_m2
from monitor.radar.plottracks import Plots, TrackRows
from monitor.radar.sites import RadarSite, true_bearing_deg
from monitor.radar.tracker import Tracker, step

SURE_SIGMA = 2.0  # of a speed, before its direction is told
FROM_PLOT = ("amplitude_db", "length_m", "width_m")  # what a track has of the plot that it took


def track_plots(tracker: Tracker, reports: RadarReports, site: RadarSite) -> RadarReports:
    """Rows of tracks for all scans that have become whole. reports : of this site; its rows of tracks are left out."""
    plots = reports.take(reports.track_no == PLOT)
    plots = _with_polar(plots, site)
    is_good = np.isfinite(plots.t_unix_s) & np.isfinite(plots.bearing_deg) & (plots.range_m >= 0.0)
    is_good &= (plots.flags & int(NOT_REAL)) == 0
    tracker.n_refused += len(plots) - int(np.count_nonzero(is_good))
    done = scans.cut(tracker.scans, plots.take(is_good))
    return _concat([_track_scan(tracker, scan, site) for scan in done])


def close_scan(tracker: Tracker, now_unix_s: float, site: RadarSite) -> RadarReports:
    """Rows of the scan that no plot followed for `scans.STALE` turns; none while it is still being filled."""
    if not scans.is_stale(tracker.scans, now_unix_s):
        return empty(RadarReports)
    return _track_scan(tracker, scans.close(tracker.scans), site)


def _with_polar(reports: RadarReports, site: RadarSite) -> RadarReports:
    """The reports with range and true bearing, worked out from the position where that was sent."""
    columns = reports.columns()
    n = len(reports)
    bearing = true_bearing_deg(reports.bearing_deg, reports.flags, np.full(n, site.alignment_deg))
    range_m = reports.range_m.copy()
    row = np.flatnonzero(np.isfinite(reports.lat_deg) & np.isfinite(reports.lon_deg) & ~np.isfinite(range_m))
    place = plane.places_m(reports.lat_deg[row], reports.lon_deg[row], site)
    range_m[row] = np.hypot(place[:, 0], place[:, 1])
    bearing[row] = np.degrees(np.arctan2(place[:, 0], place[:, 1])) % 360.0
    flags = reports.flags & ~int(RadarFlag.RELATIVE_BEARING)
    return RadarReports(**{**columns, "range_m": range_m, "bearing_deg": bearing, "flags": flags})


def _track_scan(tracker: Tracker, scan: RadarReports, site: RadarSite) -> RadarReports:
    error = polar_error_m2(
        scan.range_m,
        scan.bearing_deg,
        site.sigma_range_m,
        site.sigma_bearing_deg,
        tracker.settings.echo_spread_m,
    )
    stated = (scan.sigma_east_m > 0.0) & (scan.sigma_north_m > 0.0)
    error[stated] = 0.0
    error[stated, 0, 0], error[stated, 1, 1] = scan.sigma_east_m[stated] ** 2, scan.sigma_north_m[stated] ** 2
    plots = Plots(scan.t_unix_s, plane.east_north_m(scan.range_m, scan.bearing_deg), error)
    t_unix_s = float(scan.t_unix_s.max())
    return _reports(step(tracker, t_unix_s, plots), t_unix_s, scan, site)


def _reports(rows: TrackRows, t_unix_s: float, scan: RadarReports, site: RadarSite) -> RadarReports:
    """The rows as reports. What every report of the scan says (station, format) comes from its last plot."""
    n = len(rows)
    column = {name: missing(name, n) for name in RadarReports.__dataclass_fields__}
    for name in ("line", "t_heard_unix_s", "time_source", "station", "format"):
        column[name] = np.full(n, getattr(scan, name)[-1])
    seen = rows.plot >= 0
    for name in FROM_PLOT:
        column[name][seen] = getattr(scan, name)[rows.plot[seen]]
    column["t_unix_s"] = np.full(n, t_unix_s)
    column["track_no"], column["status"] = rows.number.astype(np.int32), rows.status
    column["flags"] = np.where(rows.status == TrackStatus.LOST, int(RadarFlag.LAST), 0).astype(np.int32)
    column["lat_deg"], column["lon_deg"] = plane.positions(rows.state[:, :2], site)
    column["sog_kn"], column["cog_deg"] = _motion(rows, site)
    column["sigma_east_m"] = np.sqrt(rows.covariance[:, 0, 0])
    column["sigma_north_m"] = np.sqrt(rows.covariance[:, 1, 1])
    return RadarReports(**column)


def _motion(rows: TrackRows, site: RadarSite) -> tuple[Column, Column]:
    """(sog_kn, cog_deg); the course NaN where the speed may be chance."""
    velocity = rows.state[:, 2:]
    speed = np.hypot(velocity[:, 0], velocity[:, 1])
    along2 = np.einsum("ni,nij,nj->n", velocity, rows.covariance[:, 2:, 2:], velocity)  # variance * speed^2
    is_sure = speed**2 > SURE_SIGMA * np.sqrt(along2)
    course = plane.courses_deg(rows.state[:, :2], velocity, site)
    return speed / KN_M_PER_S, np.where(is_sure, course, np.nan)


def _concat(found: list[RadarReports]) -> RadarReports:
    return RadarReports.concat(found) if found else empty(RadarReports)
