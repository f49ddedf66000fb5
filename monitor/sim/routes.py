"""Where ships go: lanes as ribbons, ferry lines, and the flat frame in which the simulator reckons.

A ribbon is a row of gates across a lane, from the lane's outer edge to its inner one; a ship keeps its own share of
the way across, so it stays inside the lane whatever the bends:

    outer edge   o---------o-----o            a ship at `across` 0.3 passes every gate
                 |  . . . .|. . .|            three tenths of the way from the outer edge
    inner edge   o---------o-----o

Gate positions are vertices of the Dover Strait traffic separation scheme (IMO COLREG.2/Circ.59 annex 8) where the lane
has one; the ends run on beyond the reach of the receivers, so that no ship vanishes in sight. At the Varne the
south-west lane has two ribbons, one on each side of the bank.
"""

import numpy as np

from decoders.table import Column

Degrees = Column | float

NM_M = 1852.0
ORIGIN_LAT_DEG, ORIGIN_LON_DEG = 51.0, 1.4
EARTH_M = 6371008.8  # mean radius; a sphere is within 0.3 % here, which a simulated night does not notice

Gate = tuple[float, float, float, float]  # outer lat, lon, inner lat, lon, degrees


def _gate(*minutes: float) -> Gate:
    """lat°, lat', lon°, lon' of the outer edge, then of the inner one."""
    a, b, c, d, e, f, g, h = minutes
    return (a + b / 60, c + d / 60, e + f / 60, g + h / 60)


_SW_FROM_NORTH_HINDER = (
    _gate(51, 47.0, 2, 24.0, 51, 44.0, 2, 27.0),
    _gate(51, 33.66, 2, 2.17, 51, 31.07, 2, 7.90),
    _gate(51, 27.35, 1, 52.76, 51, 22.49, 1, 57.61),
    _gate(51, 14.13, 1, 43.99, 51, 13.40, 1, 48.01),
    _gate(51, 6.93, 1, 30.90, 51, 6.49, 1, 37.55),
)
_SW_TO_ATLANTIC = (
    _gate(50, 52.02, 1, 2.69, 50, 45.23, 1, 3.63),
    _gate(50, 38.91, 0, 32.70, 50, 33.37, 0, 36.50),
    _gate(50, 32.71, 0, -3.49, 50, 26.91, 0, -1.09),
    _gate(50, 29.50, 0, -25.0, 50, 23.50, 0, -22.0),
)
_NE_FROM_ATLANTIC = (
    _gate(50, 17.50, 0, -18.0, 50, 11.50, 0, -14.0),
    _gate(50, 22.12, 0, 0.91, 50, 16.34, 0, 3.31),
    _gate(50, 32.71, 0, 57.73, 50, 26.94, 0, 59.90),
    _gate(50, 42.87, 1, 18.30, 50, 39.69, 1, 22.20),
    _gate(50, 56.87, 1, 24.03, 50, 53.64, 1, 30.70),
    _gate(51, 5.77, 1, 38.65, 51, 4.34, 1, 45.89),
)

RIBBONS: dict[str, tuple[Gate, ...]] = {
    "sw-main": (*_SW_FROM_NORTH_HINDER, _gate(51, 0.6, 1, 25.2, 50, 59.6, 1, 26.4), *_SW_TO_ATLANTIC),
    "sw-inshore": (*_SW_FROM_NORTH_HINDER, _gate(51, 2.5, 1, 22.4, 51, 1.9, 1, 23.1), *_SW_TO_ATLANTIC),
    "ne-north-hinder": (
        *_NE_FROM_ATLANTIC,
        _gate(51, 10.26, 1, 43.74, 51, 9.75, 1, 45.61),
        _gate(51, 16.53, 1, 52.29, 51, 15.05, 1, 54.40),
        _gate(51, 22.03, 1, 58.39, 51, 18.43, 2, 4.69),
        _gate(51, 28.50, 2, 12.5, 51, 25.0, 2, 18.0),
        _gate(51, 44.0, 2, 34.0, 51, 40.5, 2, 39.0),
        _gate(51, 50.0, 2, 42.0, 51, 47.0, 2, 47.0),
    ),
    "ne-west-hinder": (
        *_NE_FROM_ATLANTIC,
        _gate(51, 9.35, 1, 47.10, 51, 6.44, 1, 48.89),
        _gate(51, 13.71, 2, 0.99, 51, 11.23, 2, 4.09),
        _gate(51, 15.60, 2, 8.9, 51, 13.15, 2, 10.22),
        _gate(51, 22.60, 2, 23.0, 51, 19.95, 2, 24.52),
        _gate(51, 25.50, 2, 45.0, 51, 23.5, 2, 46.0),
        _gate(51, 27.0, 3, 20.0, 51, 26.0, 3, 20.0),
    ),
}

# Berth to berth, latitude and longitude in degrees; the lanes are crossed near right angles (rule 10(c)).
FERRY_LINES: dict[str, tuple[tuple[float, float], ...]] = {
    "dover-calais": (
        (51.1222, 1.3370), (51.1195, 1.3450), (51.1080, 1.3640), (51.0370, 1.5200), (50.9760, 1.6900),
        (50.9830, 1.7900), (50.9765, 1.8430), (50.9748, 1.8610),
    ),
    "dover-dunkirk": (
        (51.1222, 1.3370), (51.1195, 1.3450), (51.1080, 1.3640), (51.0750, 1.4500), (51.0020, 1.7000),
        (51.0180, 1.8500), (51.0420, 2.0000), (51.0600, 2.1200), (51.0420, 2.1670), (51.0235, 2.1690),
    ),
}  # fmt: skip


def to_xy(lat_deg: Degrees, lon_deg: Degrees) -> tuple[Column, Column]:
    """Metres east and north of the origin."""
    scale = np.radians(1.0) * EARTH_M
    return (lon_deg - ORIGIN_LON_DEG) * scale * np.cos(np.radians(ORIGIN_LAT_DEG)), (lat_deg - ORIGIN_LAT_DEG) * scale


def to_degrees(x_m: Column, y_m: Column) -> tuple[Column, Column]:
    """Latitude and longitude of points in the flat frame."""
    scale = np.radians(1.0) * EARTH_M
    return y_m / scale + ORIGIN_LAT_DEG, x_m / (scale * np.cos(np.radians(ORIGIN_LAT_DEG))) + ORIGIN_LON_DEG


def ribbon_line(route: str, across: float) -> tuple[Column, Column]:
    """(K,) metres: the way of a ship that keeps `across` (0 outer edge, 1 inner edge) of the lane."""
    gates = np.array(RIBBONS[route])
    lat_deg = gates[:, 0] + across * (gates[:, 2] - gates[:, 0])
    lon_deg = gates[:, 1] + across * (gates[:, 3] - gates[:, 1])
    return to_xy(lat_deg, lon_deg)


def along_m(x_m: Column, y_m: Column) -> Column:
    """(K,) distance along a line to each of its points."""
    return np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x_m), np.diff(y_m)))])
