"""All that is known about one vessel, for the screen."""

from dataclasses import dataclass
from typing import Any

from alerts.picture import StationClass
from monitor.tracktable import TrackTable


@dataclass(frozen=True, slots=True)
class Hearing:
    """One receiver that heard a vessel."""

    receiver: int  # row in the product's receivers
    t_unix_s: float  # last


@dataclass(frozen=True, slots=True)
class Details:
    """One vessel. None is "not reported"; texts are b""."""

    target_id: int
    mmsi: int
    station_class: StationClass
    message_types: tuple[int, ...]  # heard so far
    flags: int
    name: bytes
    callsign: bytes
    imo: int | None
    ship_type: int | None
    aid_type: int | None
    vendor: bytes
    mothership_mmsi: int | None
    to_bow_m: float | None
    to_stern_m: float | None
    to_port_m: float | None
    to_starboard_m: float | None
    draught_m: float | None
    destination: bytes
    eta_month: int | None
    eta_day: int | None
    eta_hour: int | None
    eta_minute: int | None
    is_virtual: bool | None
    is_off_position: bool | None
    t_static_unix_s: float | None
    t_unix_s: float | None
    lat_deg: float | None
    lon_deg: float | None
    sog_kn: float | None
    cog_deg: float | None
    heading_deg: float | None
    turn_deg_per_min: float | None
    altitude_m: float | None
    nav_status: int | None
    is_accurate: bool | None
    is_coarse: bool
    t_first_unix_s: float | None
    t_heard_unix_s: float | None
    n_fixes: int
    implied_speed_kn: float | None
    t_jump_unix_s: float | None
    jump_speed_kn: float | None
    jump_nm: float | None
    t_distress_unix_s: float | None
    t_distress_test_unix_s: float | None
    n_distress: int
    is_undecided: bool  # a second place under one MMSI: not yet known whether a jump or another vessel
    other_ids: tuple[int, ...]  # other tracks of the same MMSI
    hearers: tuple[Hearing, ...]  # latest first


FLOATS = (
    *("to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m", "draught_m", "t_static_unix_s", "t_unix_s", "lat_deg"),
    *("lon_deg", "sog_kn", "cog_deg", "heading_deg", "turn_deg_per_min", "altitude_m", "t_first_unix_s"),
    *("t_heard_unix_s", "implied_speed_kn", "t_jump_unix_s", "jump_speed_kn", "jump_nm", "t_distress_unix_s"),
    "t_distress_test_unix_s",
)
CODES = (
    *("imo", "ship_type", "aid_type", "mothership_mmsi", "eta_month", "eta_day", "eta_hour", "eta_minute"),
    *("nav_status",),
)
ANSWERS = ("is_virtual", "is_off_position", "is_accurate")


def details(table: TrackTable, target_id: int) -> Details | None:
    """One vessel, None if it is not in the table."""
    row = table.row_of(target_id)
    if row < 0:
        return None
    mmsi = int(table.mmsi[row])
    heard = int(table.heard_types[row])

    def one(name: str) -> Any:
        return getattr(table, name)[row]

    known: dict[str, object] = {name: _number(float(one(name))) for name in FLOATS}
    known |= {name: None if one(name) < 0 else int(one(name)) for name in CODES}
    known |= {name: None if one(name) < 0 else bool(one(name)) for name in ANSWERS}
    known |= {name: bytes(one(name)) for name in ("name", "callsign", "vendor", "destination")}
    return Details(
        target_id=target_id,
        mmsi=mmsi,
        station_class=StationClass(int(table.station_class[row])),
        message_types=tuple(k for k in range(64) if heard >> k & 1),
        flags=int(table.flags[row]),
        is_coarse=bool(table.is_coarse[row] > 0),
        n_fixes=int(table.n_fixes[row]),
        n_distress=int(table.n_distress[row]),
        is_undecided=target_id in table.suspects,
        other_ids=tuple(int(table.target_id[other]) for other in table.rows_of(mmsi) if other != row),
        hearers=_hearers(table, row),
        **known,  # type: ignore[arg-type]
    )


def _hearers(table: TrackTable, row: int) -> tuple[Hearing, ...]:
    pairs = zip(table.t_hearer_unix_s[row].tolist(), table.hearer[row].tolist(), strict=True)
    return tuple(Hearing(who, t) for t, who in sorted(pairs, reverse=True) if who >= 0)


def _number(value: float) -> float | None:
    return None if value != value else value
