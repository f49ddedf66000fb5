"""Where each column stands in each message, and how its values become wire integers (ITU-R M.1371-5, annex 8)."""

from dataclasses import dataclass

import numpy as np

from decoders.table import Column


@dataclass(frozen=True, slots=True)
class Slot:
    """One field of a message.

    Wire integer = round(value * factor), kept within least..most; a missing value (NaN or negative code) is sent as
    `missing`. `turn` is the one field that is no straight line: see `wire_value`.
    """

    name: str  # the column of `decoders.columns` that stands here
    start: int  # bit
    width: int  # bits
    factor: float = 1.0
    missing: int = 0
    least: int = 0
    most: int = (1 << 30) - 1


def wire_value(slot: Slot, value: Column) -> Column:
    """Wire integers, (N,) int64, of a column of numbers."""
    if value.dtype.kind == "f":
        is_known = ~np.isnan(value)
        number = np.where(is_known, value, 0.0)
    else:
        is_known = value >= 0
        number = value.astype(np.float64)
    if slot.name == "turn_deg_per_min":
        # M.1371-5 table 48: 4.733 * sqrt(deg/min), sign kept.
        number = np.sign(number) * 4.733 * np.sqrt(np.abs(number))
    wire = np.rint(number * slot.factor)
    if slot.name in CIRCLES:
        wire %= 360 * slot.factor
    return np.where(is_known, np.clip(wire, slot.least, slot.most).astype(np.int64), slot.missing)


CIRCLES = ("cog_deg", "heading_deg")  # 359.97 degrees round to 0, not to 360, which would mean "not available"
HEAD = (Slot("type", 0, 6), Slot("mmsi", 8, 30))


def _sog(start: int) -> Slot:
    return Slot("sog_kn", start, 10, factor=10, missing=1023, most=1022)


def _place(accurate: int, lon: int, lat: int) -> tuple[Slot, ...]:
    return (
        Slot("is_accurate", accurate, 1),
        Slot("lon_deg", lon, 28, factor=600_000, missing=181 * 600_000, least=-180 * 600_000, most=180 * 600_000),
        Slot("lat_deg", lat, 27, factor=600_000, missing=91 * 600_000, least=-90 * 600_000, most=90 * 600_000),
    )


def _cog(start: int) -> Slot:
    return Slot("cog_deg", start, 12, factor=10, missing=3600, most=3599)


def _heading(start: int) -> Slot:
    return Slot("heading_deg", start, 9, missing=511, most=359)


def _second(start: int) -> Slot:
    return Slot("utc_second", start, 6, missing=60, most=59)


def _size(bow: int) -> tuple[Slot, ...]:
    return (
        Slot("to_bow_m", bow, 9, most=511),
        Slot("to_stern_m", bow + 9, 9, most=511),
        Slot("to_port_m", bow + 18, 6, most=63),
        Slot("to_starboard_m", bow + 24, 6, most=63),
    )


def _spare(start: int, width: int) -> Slot:
    return Slot("", start, width)


CLASS_A = (
    *HEAD,
    Slot("nav_status", 38, 4, missing=15),
    Slot("turn_deg_per_min", 42, 8, missing=-128, least=-126, most=126),
    _sog(50),
    *_place(60, 61, 89),
    _cog(116),
    _heading(128),
    _second(137),
    _spare(149, 19),
)
CLOCK = (
    *HEAD,
    Slot("utc_year", 38, 14, most=9999),
    Slot("utc_month", 52, 4),
    Slot("utc_day", 56, 5),
    Slot("utc_hour", 61, 5, missing=24),
    Slot("utc_minute", 66, 6, missing=60),
    Slot("clock_second", 72, 6, missing=60),
    *_place(78, 79, 107),
    _spare(149, 19),
)
CLASS_B = (*HEAD, _sog(46), *_place(56, 57, 85), _cog(112), _heading(124), _second(133))
AID = (
    *HEAD,
    Slot("aid_type", 38, 5),
    Slot("name", 43, 120),
    *_place(163, 164, 192),
    *_size(219),
    _second(253),
    Slot("is_off_position", 259, 1),
    Slot("is_virtual", 269, 1),
)
CRAFT = (*HEAD, Slot("part", 38, 2), Slot("ship_type", 40, 8), Slot("vendor", 48, 42), Slot("callsign", 90, 42))
LAYOUTS: dict[str, tuple[Slot, ...]] = {
    "1": CLASS_A,
    "2": CLASS_A,
    "3": CLASS_A,
    "4": CLOCK,
    "5": (
        *HEAD,
        Slot("imo", 40, 30),
        Slot("callsign", 70, 42),
        Slot("name", 112, 120),
        Slot("ship_type", 232, 8),
        *_size(240),
        Slot("eta_month", 274, 4),
        Slot("eta_day", 278, 5),
        Slot("eta_hour", 283, 5, missing=24),
        Slot("eta_minute", 288, 6, missing=60),
        Slot("draught_m", 294, 8, factor=10, most=255),
        Slot("destination", 302, 120),
        _spare(422, 2),
    ),
    "9": (
        *HEAD,
        Slot("altitude_m", 38, 12, missing=4095, most=4094),
        Slot("sog_kn", 50, 10, missing=1023, most=1022),
        *_place(60, 61, 89),
        _cog(116),
        _second(128),
        _spare(148, 20),
    ),
    "11": CLOCK,
    "14": HEAD,
    "18": (*CLASS_B, _spare(148, 20)),
    "19": (*CLASS_B, Slot("name", 143, 120), Slot("ship_type", 263, 8), *_size(271), _spare(308, 4)),
    "21": (*AID, _spare(271, 1)),
    "21+": (*AID, Slot("name_extension", 272, 84)),
    "24A": (*HEAD, Slot("part", 38, 2), Slot("name", 40, 120), _spare(160, 8)),
    "24B": (*CRAFT, *_size(132), _spare(162, 6)),
    "24B auxiliary": (*CRAFT, Slot("mothership_mmsi", 132, 30), _spare(162, 6)),
    "27": (
        *HEAD,
        Slot("is_accurate", 38, 1),
        Slot("nav_status", 40, 4, missing=15),
        Slot("lon_deg", 44, 18, factor=600, missing=181 * 600, least=-180 * 600, most=180 * 600),
        Slot("lat_deg", 62, 17, factor=600, missing=91 * 600, least=-90 * 600, most=90 * 600),
        Slot("sog_kn", 79, 6, missing=63, most=62),
        Slot("cog_deg", 85, 9, missing=511, most=359),
        _spare(94, 2),
    ),
}
