"""Where the sun stands: whether it is night at a place.

The equations of NOAA's solar calculator (Global Monitoring Laboratory, "Solar Calculation Details", after Jean Meeus,
Astronomical Algorithms): within a minute of published times of sunrise between 72 degrees of latitude, for years from
1901 to 2099 (tests/alerts/test_sun.py). Rejected: an ephemeris library, a dependency for one bit of a score.
"""

import numpy as np

from alerts.picture import Column

J2000_UNIX_S = 946_728_000.0  # 2000-01-01 12:00 UTC
CENTURY_S = 36_525.0 * 86_400.0
HORIZON_DEG = -0.833  # the upper limb on the horizon: 16' of radius and 34' of refraction


def is_night(lat_deg: Column, lon_deg: Column, t_unix_s: float) -> Column:
    """(K,) bool: the sun is below the horizon there. False where the place is not known."""
    night: Column = elevation_deg(lat_deg, lon_deg, t_unix_s) < HORIZON_DEG
    return night


def elevation_deg(lat_deg: Column, lon_deg: Column, t_unix_s: float) -> Column:
    """(K,) float64: height of the sun's centre above the horizon without refraction; NaN where the place is."""
    declination, transit_min = _declination_and_equation(t_unix_s)
    minutes = t_unix_s % 86_400.0 / 60.0 + transit_min + 4.0 * np.asarray(lon_deg)
    hour_angle = np.radians(minutes / 4.0 - 180.0)
    lat = np.radians(lat_deg)
    sine = np.sin(lat) * np.sin(declination) + np.cos(lat) * np.cos(declination) * np.cos(hour_angle)
    found: Column = np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0)))
    return found


def _declination_and_equation(t_unix_s: float) -> tuple[float, float]:
    """(radians, minutes): the sun's declination, and true minus mean solar time."""
    t = (t_unix_s - J2000_UNIX_S) / CENTURY_S
    mean_longitude = np.radians((280.46646 + t * (36_000.76983 + t * 0.0003032)) % 360.0)
    anomaly = np.radians(357.52911 + t * (35_999.05029 - 0.0001537 * t))
    eccentricity = 0.016708634 - t * (0.000042037 + 0.0000001267 * t)
    centre = np.radians(
        np.sin(anomaly) * (1.914602 - t * (0.004817 + 0.000014 * t))
        + np.sin(2 * anomaly) * (0.019993 - 0.000101 * t)
        + np.sin(3 * anomaly) * 0.000289
    )
    node = np.radians(125.04 - 1934.136 * t)
    longitude = mean_longitude + centre - np.radians(0.00569 + 0.00478 * np.sin(node))
    obliquity = np.radians(23.43929111 - t * (0.0130041667 + 1.64e-7 * t) + 0.00256 * np.cos(node))
    declination = np.arcsin(np.sin(obliquity) * np.sin(longitude))
    y = np.tan(obliquity / 2.0) ** 2
    equation = (
        y * np.sin(2 * mean_longitude)
        - 2 * eccentricity * np.sin(anomaly)
        + 4 * eccentricity * y * np.sin(anomaly) * np.cos(2 * mean_longitude)
        - 0.5 * y * y * np.sin(4 * mean_longitude)
        - 1.25 * eccentricity**2 * np.sin(2 * anomaly)
    )
    return float(declination), float(4.0 * np.degrees(equation))
