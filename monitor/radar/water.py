"""Speed through the water: what a target does over the ground less what the water does.

A boat whose engine has stopped goes over the ground at the speed of the stream, up to 3 kn; only through the water does
it stand still. Without an estimate of the stream there is no speed through the water, and rules say so.
"""

import numpy as np

from decoders.table import Column
from monitor.tide import stream


def through_water(
    sog_kn: Column, cog_deg: Column, lat_deg: Column, lon_deg: Column, t_unix_s: Column | float
) -> tuple[Column, Column]:
    """(stw_kn, ctw_deg), each (K,) float64; NaN where the movement or the stream is not known.

    t_unix_s : (K,) float64, when each moved so, or one instant for all
    """
    east_kn, north_kn = stream(lat_deg, lon_deg, t_unix_s)
    course = np.radians(cog_deg)
    # a target that stands still over the ground has no course, and needs none
    still = sog_kn == 0.0
    east_kn = np.where(still, 0.0, sog_kn * np.sin(course)) - east_kn
    north_kn = np.where(still, 0.0, sog_kn * np.cos(course)) - north_kn
    return np.hypot(east_kn, north_kn), np.degrees(np.arctan2(east_kn, north_kn)) % 360.0
