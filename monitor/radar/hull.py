"""Whether an echo lies inside a big ship's own outline.

A ship of 300 m gives an echo at the bow and another at the bridge, and each may be a track. Such a track is the ship's
only inside the rectangle of its hull, and only where AIS says how the hull lies about its antenna: a boat alongside is
outside of it. One that was found to be inside stays so within its own error around it.
"""

import numpy as np

from decoders.table import Column
from monitor.radar.association import Ships


def is_in_hull(ships: Ships, east_m: Column, north_m: Column, margin_m: Column, big_ship_m: float) -> Column:
    """(P,) bool. ships : (P,) rows; east_m, north_m : (P,) from the echo to the middle of the hull."""
    heading = np.radians(ships.heading_deg)
    sin, cos = np.sin(heading), np.cos(heading)
    along, across = np.abs(east_m * sin + north_m * cos), np.abs(east_m * cos - north_m * sin)
    is_inside = (along <= ships.length_m / 2.0 + margin_m) & (across <= ships.beam_m / 2.0 + margin_m)
    found: Column = is_inside & (ships.length_m > big_ship_m) & ~np.isnan(ships.ahead_m)
    return found
