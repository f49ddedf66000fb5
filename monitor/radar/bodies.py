"""What two sources say of a boat, on one footing: place, velocity and how well they know both.

A radar's error is an ellipse along its line of sight; to it comes the bias that nobody has measured yet. AIS gives the
antenna's place, so it is moved to the middle of the hull, where the echo is; where the antenna stands is often not
known, and then the error along the hull says so. Both are carried to one instant on straight courses, and the error
grows with how hard such a vessel can turn.

A radar's speed comes from its places, so its error is theirs over the time that they span: large and along the beam's
width while a track is young, which is when it is asked whose it is.

    error after dt:  static + (sigma_v dt)^2 + (a dt min(dt, manoeuvre) / 2)^2

The growth stops being quadratic after a manoeuvre's length: a ship at anchor, which reports every three minutes, would
otherwise be anywhere.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from alerts.picture import StationClass
from decoders.table import Column, Table
from geofences.project import metres_per_degree, wrap_lon_deg
from monitor.kinematics import KN_M_PER_S, MOORED_S
from monitor.missing import or_zero
from monitor.radar.association import AssociationSettings, Seen, Ships
from monitor.radar.sites import RadarSite

UNKNOWN_SPEED_M_PER_S = 5.0  # 1 sigma where nobody says: 10 kn, what most vessels stay below
SLOPE = 2.0  # variance of a straight line's slope through three places over one second, in variances of a place
SLOW_KN = 0.5  # below this the course is noise and its absence no loss


@dataclass(frozen=True, slots=True)
class Bodies(Table):
    """One side of the pairs."""

    t_unix_s: Column  # (N,) float64
    lat_deg: Column
    lon_deg: Column
    east_m_per_s: Column  # (N,) float64, NaN unknown
    north_m_per_s: Column
    var_east_m2: Column  # (N,) float64, at t_unix_s
    var_north_m2: Column
    cov_m2: Column
    var_east_speed: Column  # (N,) float64, (m/s)^2
    var_north_speed: Column
    cov_speed: Column
    acceleration_m_per_s2: Column
    range_m: Column  # (N,) float64, from the radar; 0 for AIS
    echo_m2: Column  # (N,) float64, how the echo wanders over the hull; 0 for radar
    slope_per_s2: Column  # (N,) float64, what share of a place's variance the speed has; 0 for AIS


def radar_bodies(
    seen: Seen, sites: Sequence[RadarSite], sigma_bias: tuple[Column, Column, Column], settings: AssociationSettings
) -> Bodies:
    """sigma_bias : range (m), bearing (deg) and clock (s) of each site, (S,) each: what is still unknown of them."""
    east, north = velocity(seen.sog_kn, seen.cog_deg)
    ue, un, range_m = _sight(seen, sites)
    own = np.array([(site.sigma_range_m, np.radians(site.sigma_bearing_deg)) for site in sites]).reshape(-1, 2)
    along2, across2 = own[seen.site, 0] ** 2, (own[seen.site, 1] * range_m) ** 2
    is_told = ~np.isnan(seen.sigma_east_m) & ~np.isnan(seen.sigma_north_m)
    var_e = np.where(is_told, seen.sigma_east_m**2, along2 * ue**2 + across2 * un**2)
    var_n = np.where(is_told, seen.sigma_north_m**2, along2 * un**2 + across2 * ue**2)
    cov = np.where(is_told, or_zero(seen.cov_m2), (along2 - across2) * ue * un)
    best2 = (settings.radar_speed_sigma_kn * KN_M_PER_S) ** 2
    seen_s = np.clip(seen.t_unix_s - seen.t_first_unix_s, settings.radar_speed_first_s, settings.radar_speed_window_s)
    told2, per_s2 = seen.sigma_speed_m_per_s**2, SLOPE / seen_s**2
    is_speed_told = ~np.isnan(told2)
    bias_along2 = sigma_bias[0][seen.site] ** 2
    bias_across2 = (np.radians(sigma_bias[1][seen.site]) * range_m) ** 2
    late2 = (or_zero(seen.sog_kn) * KN_M_PER_S * sigma_bias[2][seen.site]) ** 2
    return Bodies(
        seen.t_unix_s,
        seen.lat_deg,
        seen.lon_deg,
        east,
        north,
        var_e + bias_along2 * ue**2 + bias_across2 * un**2 + late2,
        var_n + bias_along2 * un**2 + bias_across2 * ue**2 + late2,
        cov + (bias_along2 - bias_across2) * ue * un,
        np.where(is_speed_told, told2, best2 + var_e * per_s2),
        np.where(is_speed_told, told2, best2 + var_n * per_s2),
        np.where(is_speed_told, 0.0, cov * per_s2),
        np.full(len(seen), settings.acceleration_class_b_m_per_s2),
        range_m,
        np.zeros(len(seen)),
        np.where(is_speed_told, 0.0, per_s2),
    )


def _sight(seen: Seen, sites: Sequence[RadarSite]) -> tuple[Column, Column, Column]:
    """(east, north, range_m): direction from the antenna as a unit vector; north where a track stands on it."""
    place = np.array([(site.lat_deg, site.lon_deg) for site in sites]).reshape(-1, 2)[seen.site]
    north_m, east_m = metres_per_degree(0.5 * (place[:, 0] + seen.lat_deg))
    e, n = wrap_lon_deg(seen.lon_deg - place[:, 1]) * east_m, (seen.lat_deg - place[:, 0]) * north_m
    range_m = np.hypot(e, n)
    is_off = range_m > 0.0
    safe = np.where(is_off, range_m, 1.0)
    return e / safe, np.where(is_off, n / safe, 1.0), range_m


def ship_bodies(ships: Ships, settings: AssociationSettings) -> Bodies:
    """AIS, moved to the middle of the hull."""
    east, north = velocity(ships.sog_kn, ships.cog_deg)
    sin, cos, is_pointed = _pointing(ships)
    ahead, right = (np.where(is_pointed, or_zero(m), 0.0) for m in (ships.ahead_m, ships.right_m))
    north_m, east_m = metres_per_degree(ships.lat_deg)
    lat = ships.lat_deg + (ahead * cos - right * sin) / north_m
    lon = ships.lon_deg + (ahead * sin + right * cos) / east_m
    is_b = (ships.station_class != StationClass.A.value) & (ships.station_class != StationClass.AID.value)
    fix = np.where(is_b, settings.sigma_class_b_m, settings.sigma_other_m)
    fix = np.where(ships.is_accurate, settings.sigma_accurate_m, fix)
    is_known = is_pointed & ~np.isnan(ships.ahead_m)
    share = np.where(is_known, settings.hull_share, settings.hull_share_unknown)
    hull2 = (share * or_zero(ships.length_m)) ** 2
    se2, sn2 = np.where(is_pointed, sin**2, 1.0), np.where(is_pointed, cos**2, 1.0)
    speed_sigma = np.where(np.isnan(east), UNKNOWN_SPEED_M_PER_S, settings.sigma_ais_speed_kn * KN_M_PER_S)
    moving = np.where(is_b, settings.acceleration_class_b_m_per_s2, settings.acceleration_m_per_s2)
    at_rest = ships.report_interval_s >= MOORED_S
    return Bodies(
        ships.t_unix_s,
        lat,
        lon,
        east,
        north,
        fix**2 + hull2 * se2,
        fix**2 + hull2 * sn2,
        np.where(is_pointed, hull2 * sin * cos, 0.0),
        speed_sigma**2,
        speed_sigma**2,
        np.zeros(len(ships)),
        np.where(at_rest, settings.acceleration_at_rest_m_per_s2, moving),
        np.zeros(len(ships)),
        (settings.echo_share * or_zero(ships.length_m)) ** 2,
        np.zeros(len(ships)),
    )


def _pointing(ships: Ships) -> tuple[Column, Column, Column]:
    """(sin, cos, is_pointed) of the hull: its heading, else its course when it moves."""
    course = np.where(ships.sog_kn > 2.0, ships.cog_deg, np.nan)
    pointing = np.where(np.isnan(ships.heading_deg), course, ships.heading_deg)
    is_pointed = ~np.isnan(pointing)
    radians = np.radians(or_zero(pointing))
    return np.sin(radians), np.cos(radians), is_pointed


def velocity(sog_kn: Column, cog_deg: Column) -> tuple[Column, Column]:
    """(east, north) in m/s; who hardly moves needs no course."""
    course = np.radians(np.where(np.isnan(cog_deg) & (sog_kn < SLOW_KN), 0.0, cog_deg))
    return sog_kn * KN_M_PER_S * np.sin(course), sog_kn * KN_M_PER_S * np.cos(course)


def age_limit_s(ships: Ships, settings: AssociationSettings) -> Column:
    """(T,) float64, how old a fix may be to be compared (step 1)."""
    limit = settings.intervals * ships.report_interval_s + settings.interval_margin_s
    at_rest = ships.report_interval_s >= MOORED_S
    return np.where(at_rest, settings.at_rest_s, np.minimum(limit, settings.under_way_s))


def place_at(bodies: Bodies, t_unix_s: Column | float) -> tuple[Column, Column]:
    """(lat_deg, lon_deg) at another instant, on straight courses. Who has no velocity stays where it was."""
    dt = t_unix_s - bodies.t_unix_s
    north_m, east_m = metres_per_degree(bodies.lat_deg)
    return (
        bodies.lat_deg + or_zero(bodies.north_m_per_s) * dt / north_m,
        bodies.lon_deg + or_zero(bodies.east_m_per_s) * dt / east_m,
    )


def at(bodies: Bodies, t_unix_s: Column, manoeuvre_s: float) -> Bodies:
    """The same at another instant: where they are, and how much less that is known."""
    dt = t_unix_s - bodies.t_unix_s
    gone = np.abs(dt)
    turned = bodies.acceleration_m_per_s2 * np.minimum(gone, manoeuvre_s)
    strayed = (turned * gone / 2.0) ** 2
    return Bodies(
        t_unix_s,
        *place_at(bodies, t_unix_s),
        bodies.east_m_per_s,
        bodies.north_m_per_s,
        bodies.var_east_m2 + bodies.var_east_speed * dt**2 + strayed,
        bodies.var_north_m2 + bodies.var_north_speed * dt**2 + strayed,
        bodies.cov_m2 + bodies.cov_speed * dt**2,
        bodies.var_east_speed + turned**2,
        bodies.var_north_speed + turned**2,
        bodies.cov_speed,
        bodies.acceleration_m_per_s2,
        bodies.range_m,
        bodies.echo_m2,
        bodies.slope_per_s2,
    )
