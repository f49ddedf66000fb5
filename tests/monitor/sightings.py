"""Radar reports for tests, by the word."""

from dataclasses import replace
from typing import Any

import numpy as np

from decoders.columns import empty, missing
from decoders.radar.columns import RadarFormat, RadarReports, TrackStatus
from monitor.radar.sites import RadarSite

T0 = 1_700_000_000.0
DOVER = RadarSite(
    name="dover",
    feed="shore",
    station="RA0001",
    lat_deg=51.13,
    lon_deg=1.32,
    height_m=100.0,
    alignment_deg=0.0,
    range_nm=30.0,
    period_s=2.5,
    sigma_range_m=7.0,
    sigma_bearing_deg=0.12,
)
GRIS_NEZ = replace(DOVER, name="gris-nez", station="RA0002", lat_deg=50.87, lon_deg=1.58, height_m=70.0)


def report(**columns: Any) -> RadarReports:
    """One report; every column that is not named is missing."""
    t_unix_s = columns.get("t_unix_s", T0)
    given = {
        "line": 1,
        "t_unix_s": t_unix_s,
        "t_heard_unix_s": t_unix_s,
        "station": 0,
        "format": RadarFormat.TTM,
        "track_no": 41,
        "status": TrackStatus.TRACKED,
        "flags": 0,
    } | columns
    made = {}
    for name in RadarReports.__dataclass_fields__:
        column = missing(name, 1)
        if name in given:
            column[0] = given[name]
        made[name] = column
    return RadarReports(**made)


def reports(*ones: RadarReports) -> RadarReports:
    """Several, in this order."""
    return RadarReports.concat([empty(RadarReports), *ones])


def moved_place(lat_deg: float, lon_deg: float, sog_kn: float, cog_deg: float, passed_s: float) -> tuple[float, float]:
    """Where a boat is after going on for a while; flat, as good as the tests need."""
    way_deg = sog_kn * passed_s / 3600.0 / 60.0
    course = np.radians(cog_deg)
    return lat_deg + way_deg * np.cos(course), lon_deg + way_deg * np.sin(course) / np.cos(np.radians(lat_deg))


def sailing(
    t_unix_s: float, *, sog_kn: float, cog_deg: float, lat_deg: float, lon_deg: float, **more: Any
) -> RadarReports:
    """A contact with a boat that set out from this place at T0."""
    lat, lon = moved_place(lat_deg, lon_deg, sog_kn, cog_deg, t_unix_s - T0)
    return report(t_unix_s=t_unix_s, lat_deg=lat, lon_deg=lon, sog_kn=sog_kn, cog_deg=cog_deg, **more)
