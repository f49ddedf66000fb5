"""The register of radars: where each stands, how it is aligned, how far it sees, how well it measures.

A radar that is not in the register has no place in the picture: its range and bearing say nothing without one. Every
number here is the surveyed or stated one; what is learned about a radar while it runs (monitor/radar/registration.py)
is added to it, never written back.
"""

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from msgspec import Meta

from decoders.radar.columns import RadarFlag
from decoders.table import Column
from geofences.project import ECCENTRICITY_2, SEMI_MAJOR_M
from monitor.settings import Positive

SECOND_ECCENTRICITY_2 = ECCENTRICITY_2 / (1.0 - ECCENTRICITY_2)  # e'^2


@dataclass(frozen=True, slots=True)
class RadarSite:
    """One [[radars]] block of config.toml."""

    name: str
    feed: str  # the [[feeds]] block that it comes by
    station: str  # what its reports call it: TAG block source, "SAC/SIC"; "" when the feed brings this radar alone
    lat_deg: Annotated[float, Meta(ge=-90, le=90)]
    lon_deg: Annotated[float, Meta(ge=-180, le=180)]
    height_m: Annotated[float, Meta(ge=0)]  # of the antenna above the sea
    alignment_deg: float  # added to bearings that are relative to the antenna's zero
    range_nm: Positive  # out to where it is used
    period_s: Positive  # of a scan
    sigma_range_m: Positive  # 1 sigma
    sigma_bearing_deg: Positive  # 1 sigma


def placed(range_m: Column, bearing_deg: Column, lat_deg: Column, lon_deg: Column) -> tuple[Column, Column]:
    """(lat_deg, lon_deg) of what lies at a range and true bearing from an antenna; all (N,) float64.

    Bowring's direct formula on WGS 84 (The direct and inverse problems for short geodesic lines on the ellipsoid,
    Surveying and Mapping 41, 1981): below 1 m of error out to 150 km (tests/monitor/test_radar_sites.py). A sphere
    would be off by 0.3 % of the range, more than the radar itself.
    """
    lat, azimuth = np.radians(lat_deg), np.radians(bearing_deg)
    sin, cos = np.sin(lat), np.cos(lat)
    a = np.sqrt(1.0 + SECOND_ECCENTRICITY_2 * cos**4)
    b = np.sqrt(1.0 + SECOND_ECCENTRICITY_2 * cos**2)
    arc = range_m * b**2 / (SEMI_MAJOR_M * np.sqrt(1.0 + SECOND_ECCENTRICITY_2))
    lon = np.arctan2(a * np.tan(arc) * np.sin(azimuth), b * cos - np.tan(arc) * sin * np.cos(azimuth)) / a
    half = np.arcsin(np.sin(arc) * (np.cos(azimuth) - sin * np.sin(azimuth) * np.tan(a * lon / 2.0) / a)) / 2.0
    bend = 1.5 * SECOND_ECCENTRICITY_2 * half * np.sin(2.0 * lat + 4.0 / 3.0 * b * half)
    return lat_deg + np.degrees(2.0 * half * (b - bend)), (lon_deg + np.degrees(lon) + 180.0) % 360.0 - 180.0


def true_bearing_deg(bearing_deg: Column, flags: Column, alignment_deg: Column) -> Column:
    """(N,) bearings from true north, in [0, 360): relative ones are turned by the antenna's alignment."""
    is_relative = (flags & int(RadarFlag.RELATIVE_BEARING)) != 0
    return (bearing_deg + np.where(is_relative, alignment_deg, 0.0)) % 360.0
