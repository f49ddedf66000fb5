"""Plain language: how places, times, spans and vessels are written in a reason.

Positions are degrees and decimal minutes, as on a chart and over the radio, with bearing and distance from the
nearest known place where one lies within 30 nm. Times are UTC and say so.
"""

import math
from datetime import UTC, datetime

import numpy as np

from alerts.picture import Column, Picture

NEAR_NM = 30.0  # farther off, a bearing from a place tells nobody anything
NM_M = 1852.0
AT_NM = 0.3  # nearer, a direction is noise
SHIP_M = 20.0  # what only radar sees is called a ship from this length on (COLREG draws its line there too)

# Marks that everybody on watch in the Dover Strait knows: published light positions and harbour mouths.
PLACES: tuple[tuple[str, float, float], ...] = (
    ("Varne light vessel", 51.02143, 1.39828),
    ("Sandettie light vessel", 51.16, 1.785),
    ("F3 light float", 51.397, 2.01033),
    ("Bassurelle buoy", 50.54667, 0.96333),
    ("Greenwich light", 50.4075, 0.0),
    ("Dover", 51.1139, 1.3283),
    ("Folkestone", 51.0782, 1.1930),
    ("Ramsgate", 51.3260, 1.4230),
    ("Dungeness", 50.9133, 0.9758),
    ("Hastings", 50.8500, 0.5930),
    ("Beachy Head", 50.7340, 0.2410),
    ("Calais", 50.9755, 1.8455),
    ("Cap Gris-Nez", 50.8690, 1.5840),
    ("Boulogne", 50.7430, 1.5640),
    ("Gravelines", 51.0123, 2.0980),
    ("Dunkirk", 51.0610, 2.3570),
    ("Le Touquet", 50.5360, 1.5900),
    ("Dieppe", 49.9350, 1.0830),
    ("Start Point", 50.2222, -3.6420),
    ("Guernsey", 49.4560, -2.5250),
    ("Cherbourg", 49.6750, -1.6200),
    ("The Needles", 50.6620, -1.5920),
)
WINDS = ("N", "NNE", "NE", "ENE", "E", "ESE", "SE", "SSE", "S", "SSW", "SW", "WSW", "W", "WNW", "NW", "NNW")


def degrees_minutes(lat_deg: float, lon_deg: float) -> str:
    """51°05.2'N 001°23.4'E"""
    return f"{_angle(lat_deg, 2, 'N', 'S')} {_angle(lon_deg, 3, 'E', 'W')}"


def _angle(angle_deg: float, width: int, plus: str, minus: str) -> str:
    tenths_min = round(abs(angle_deg) * 600)  # rounded once, so that 59.96' becomes the next degree
    return f"{tenths_min // 600:0{width}d}°{tenths_min % 600 / 10:04.1f}'{minus if angle_deg < 0 else plus}"


def distance_nm(lat_deg: float, lon_deg: float, to_lat_deg: float, to_lon_deg: float) -> float:
    """Equirectangular distance; within 0.1 % over the tens of miles a reason speaks of."""
    dx, dy = _offset_nm(lat_deg, lon_deg, to_lat_deg, to_lon_deg)
    return math.hypot(dx, dy)


def _offset_nm(lat_deg: float, lon_deg: float, to_lat_deg: float, to_lon_deg: float) -> tuple[float, float]:
    d_lon_deg = (to_lon_deg - lon_deg + 180.0) % 360.0 - 180.0
    return d_lon_deg * 60.0 * math.cos(math.radians((lat_deg + to_lat_deg) / 2)), (to_lat_deg - lat_deg) * 60.0


def place(lat_deg: float, lon_deg: float) -> str:
    """3.2 nm NE of Varne light vessel (51°05.2'N 001°23.4'E); "an unknown position" where there is none."""
    if not (math.isfinite(lat_deg) and math.isfinite(lon_deg)):
        return "an unknown position"
    position = degrees_minutes(lat_deg, lon_deg)
    range_nm, name, index = min(
        (distance_nm(lat, lon, lat_deg, lon_deg), name, i) for i, (name, lat, lon) in enumerate(PLACES)
    )
    if range_nm > NEAR_NM:
        return position
    if range_nm < AT_NM:
        return f"{name} ({position})"
    dx, dy = _offset_nm(PLACES[index][1], PLACES[index][2], lat_deg, lon_deg)
    wind = WINDS[round(math.degrees(math.atan2(dx, dy)) / 22.5) % 16]
    return f"{range_nm:.1f} nm {wind} of {name} ({position})"


def nearest_mark(lat_deg: float, lon_deg: float) -> str:
    """The nearest known place within 30 nm; "" where there is none."""
    if not (math.isfinite(lat_deg) and math.isfinite(lon_deg)):
        return ""
    range_nm, name = min((distance_nm(lat, lon, lat_deg, lon_deg), name) for name, lat, lon in PLACES)
    return name if range_nm <= NEAR_NM else ""


def utc(t_unix_s: float) -> str:
    """10:01:02 UTC; "an unknown time" where there is none."""
    if not math.isfinite(t_unix_s):
        return "an unknown time"
    return datetime.fromtimestamp(math.floor(t_unix_s), UTC).strftime("%H:%M:%S UTC")


def utc_day(t_unix_s: float) -> str:
    """20261123"""
    return datetime.fromtimestamp(math.floor(t_unix_s), UTC).strftime("%Y%m%d")


def span(duration_s: float) -> str:
    """45 s, 12 min, 3 h 05 min, 4 days"""
    if duration_s < 90:
        return f"{duration_s:.0f} s"
    minutes = int(duration_s // 60)
    if minutes >= 48 * 60:
        return f"{minutes // (24 * 60)} days"
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


def distance(length_m: float) -> str:
    """640 m, 1.2 nm, 40 nm: metres below a nautical mile"""
    length_nm = length_m / NM_M
    if length_nm < 1.0:
        return f"{length_m:.0f} m"
    return f"{length_nm:.1f} nm" if length_nm < 10.0 else f"{length_nm:.0f} nm"


def course(course_deg: float) -> str:
    """045°"""
    return f"{round(course_deg) % 360:03d}°"


def text(column: Column, row: int) -> str:
    """One cell of a text column."""
    return bytes(column[row]).decode("ascii", "replace").strip()


def label(picture: Picture, row: int) -> str:
    """SEA ROVER (MMSI 235012345), or the MMSI alone; Boat without AIS (dover/41) of what only radar sees."""
    v = picture.vessels
    if int(v.mmsi[row]) < 0:
        numbers = radar_numbers(picture, row)
        what = "Ship" if v.length_m[row] >= SHIP_M else "Boat"
        return f"{what} without AIS ({numbers[0] if numbers else int(v.target_id[row])})"
    name = text(v.name, row)
    mmsi = f"MMSI {int(v.mmsi[row]):09d}"
    return f"{name} ({mmsi})" if name else mmsi


def receiver(picture: Picture, row: int) -> str:
    """Radar dover, or Station dungeness of feed shore, or Feed shore."""
    r = picture.receivers
    if r.radar[row]:
        return f"Radar {r.radar[row]}"
    return f"Feed {r.source[row]}" if r.is_source[row] else f"Station {r.station[row]} of feed {r.source[row]}"


def radar_numbers(picture: Picture, row: int) -> tuple[str, ...]:
    """("dover/41", "gris-nez/7"): source and number of the radar tracks on a vessel, the best first."""
    radar = picture.radar
    k = int(np.searchsorted(radar.vessel, row))
    if k == len(radar) or int(radar.vessel[k]) != row:
        return ()
    return tuple(text(radar.label, k).split())
