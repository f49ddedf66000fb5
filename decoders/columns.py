"""The glossary: every column that leaves a decoder, its unit and what "not reported" looks like.

House units are degrees, knots, metres and seconds. Missing is NaN in float columns, -1 in integer codes, b"" in text.
Wire sentinels (91, 181, 511, 102.3, 3600 ...) never leave a decoder. Positions are WGS 84. Angles are degrees true,
clockwise from north, in [0, 360). Instants are seconds since 1970-01-01 UTC.

Columns that stand in every table
---------------------------------
line         1-based number of the line, in this decoder's whole byte stream, of the sentence that completed the message
t_unix_s     when the message was received, from the best carrier there was; NaN if there was none
time_source  which carrier that was (`TimeSource`)
station      index into `Batch.stations`: who heard it
type         AIS message type, 1..63 as sent
mmsi         as sent, 0..1073741823; odd ones are kept and flagged
flags        bits of `Flag`
"""

import enum
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from decoders.radar.columns import RadarHealth, RadarReports
from decoders.table import Column, Table

TableT = TypeVar("TableT", bound=Table)


class TimeSource(enum.IntEnum):
    """Where a receive time came from, best first (reference: the seven carriers found in real recordings)."""

    NONE = 0
    TAG = 1  # TAG block c:, seconds, milliseconds or microseconds (IEC 61162-450, NMEA 4.10)
    LEADING = 2  # "2016-03-31 00:00:01, " or an ISO or epoch time before the sentence
    TRAILING = 3  # ",station,epoch" after the checksum (USCG) or ",epoch_ms"
    PGHP = 4  # GateHouse $PGHP line before the sentence
    CARRIED = 5  # carried forward from the last $..RMC or $..ZDA
    CHUNK = 6  # when the bytes arrived here
    PACKET = 7  # the head of a captured packet (pcap): as good as the capturing machine's clock


class Flag(enum.IntFlag):
    """Quality bits of one message. None of them hides the message."""

    NONE = 0
    MMSI_ODD = 1 << 0  # not one of the forms of ITU-R M.585-9 (0, too long, MID not 201..775 ...)
    TIME_UNTRUSTED = 1 << 1  # its TAG block had a bad checksum: that time was not used
    COARSE = 1 << 2  # type 27: 1/10 minute, never overrides a fine position
    TRUNCATED = 1 << 3  # shorter than the standard: what was not sent is missing
    OVERLONG = 1 << 4  # longer than the standard
    FILL_ODD = 1 << 5  # fill bits absent or impossible, taken as 0
    OWN_SHIP = 1 << 6  # VDO: the receiver's own vessel
    DUPLICATE = 1 << 7  # the same payload was heard moments before, by this or another station
    BEACON = 1 << 8  # a distress beacon: MMSI 970/972/974 or navigational status 14
    BEACON_TEST = 1 << 9  # a beacon in test mode: navigational status 15 with a beacon's MMSI, or a text that says TEST


@dataclass(frozen=True, slots=True)
class Positions(Table):
    """Everything that says where something is: types 1-4, 9, 11, 18, 19, 21, 27."""

    line: Column  # (N,) int64
    t_unix_s: Column  # (N,) float64
    time_source: Column  # (N,) int8
    station: Column  # (N,) int32
    type: Column  # (N,) int8
    mmsi: Column  # (N,) int64
    flags: Column  # (N,) int32
    payload_hash: Column  # (N,) uint64, of the armoured payload: equal for every hearing of one transmission
    lat_deg: Column  # (N,) float64, NaN when not available or out of range
    lon_deg: Column  # (N,) float64, NaN exactly where lat_deg is
    sog_kn: Column  # (N,) float64
    cog_deg: Column  # (N,) float64
    heading_deg: Column  # (N,) float64
    turn_deg_per_min: Column  # (N,) float64, + to starboard; NaN also for the "more than 5 deg/30 s" codes +-127
    nav_status: Column  # (N,) int8, 0..15, -1 where the type has none
    is_accurate: Column  # (N,) int8, 1 better than 10 m, 0 worse, -1 unknown
    utc_second: Column  # (N,) int8, 0..59, -1 when not available
    altitude_m: Column  # (N,) float64, type 9 only


@dataclass(frozen=True, slots=True)
class Statics(Table):
    """What something is: types 5, 19, 21, 24 A and 24 B."""

    line: Column
    t_unix_s: Column
    time_source: Column
    station: Column
    type: Column
    mmsi: Column
    flags: Column
    payload_hash: Column
    part: Column  # (N,) int8, type 24: 0 part A, 1 part B; -1 otherwise
    name: Column  # (N,) S34, trailing @ and blanks removed; 20 characters, type 21 with its extension
    callsign: Column  # (N,) S7
    imo: Column  # (N,) int64, -1
    ship_type: Column  # (N,) int16, ITU-R M.1371-5 table 53; -1
    aid_type: Column  # (N,) int16, type 21 only, table 74; -1
    to_bow_m: Column  # (N,) float64, reference point to bow; all four NaN when no dimension was sent
    to_stern_m: Column  # (N,) float64
    to_port_m: Column  # (N,) float64
    to_starboard_m: Column  # (N,) float64
    draught_m: Column  # (N,) float64
    destination: Column  # (N,) S20
    eta_month: Column  # (N,) int8, -1
    eta_day: Column  # (N,) int8, -1
    eta_hour: Column  # (N,) int8, -1
    eta_minute: Column  # (N,) int8, -1
    vendor: Column  # (N,) S7, type 24 B
    mothership_mmsi: Column  # (N,) int64, type 24 B of an auxiliary craft (MMSI 98xxxxxxx); -1
    is_virtual: Column  # (N,) int8, type 21: 1 no physical aid is there; -1
    is_off_position: Column  # (N,) int8, type 21; -1


@dataclass(frozen=True, slots=True)
class Texts(Table):
    """Safety related texts: types 12 (addressed) and 14 (broadcast)."""

    line: Column
    t_unix_s: Column
    time_source: Column
    station: Column
    type: Column
    mmsi: Column
    flags: Column
    payload_hash: Column
    text: Column  # (N,) S161


@dataclass(frozen=True, slots=True)
class Clocks(Table):
    """What a base station (4) or a vessel asked for it (11) says the time is. Its position stands in `Positions`."""

    line: Column
    t_unix_s: Column
    time_source: Column
    station: Column
    type: Column
    mmsi: Column
    flags: Column
    utc_unix_s: Column  # (N,) float64, NaN if any part was not available


@dataclass(frozen=True, slots=True)
class Others(Table):
    """Messages of every other type: kept as armoured payloads, decoded by pyais when somebody asks."""

    line: Column
    t_unix_s: Column
    time_source: Column
    station: Column
    type: Column
    mmsi: Column
    flags: Column
    payload: Column  # (N,) object: bytes
    fill: Column  # (N,) int8


@dataclass(frozen=True, slots=True)
class Batch:
    """What one call of a decoder yields. Each table is in stream order (by `line`)."""

    positions: Positions
    statics: Statics
    texts: Texts
    clocks: Clocks
    others: Others
    stations: tuple[str, ...]  # all stations this decoder has met so far; "" is "the sentence did not say"
    radar: RadarReports = field(default_factory=lambda: empty(RadarReports))
    radar_health: RadarHealth = field(default_factory=lambda: empty(RadarHealth))

    def __len__(self) -> int:
        tables = (self.positions, self.statics, self.texts, self.clocks, self.others, self.radar, self.radar_health)
        return sum(len(table) for table in tables)


DTYPES: dict[str, str] = {
    "line": "i8",
    "t_unix_s": "f8",
    "time_source": "i1",
    "station": "i4",
    "type": "i1",
    "mmsi": "i8",
    "flags": "i4",
    "payload_hash": "u8",
    "lat_deg": "f8",
    "lon_deg": "f8",
    "sog_kn": "f8",
    "cog_deg": "f8",
    "heading_deg": "f8",
    "turn_deg_per_min": "f8",
    "nav_status": "i1",
    "is_accurate": "i1",
    "utc_second": "i1",
    "altitude_m": "f8",
    "part": "i1",
    "name": "S34",
    "callsign": "S7",
    "imo": "i8",
    "ship_type": "i2",
    "aid_type": "i2",
    "to_bow_m": "f8",
    "to_stern_m": "f8",
    "to_port_m": "f8",
    "to_starboard_m": "f8",
    "draught_m": "f8",
    "destination": "S20",
    "eta_month": "i1",
    "eta_day": "i1",
    "eta_hour": "i1",
    "eta_minute": "i1",
    "vendor": "S7",
    "mothership_mmsi": "i8",
    "is_virtual": "i1",
    "is_off_position": "i1",
    "text": "S161",
    "utc_unix_s": "f8",
    "payload": "O",
    "fill": "i1",
    # radar
    "t_heard_unix_s": "f8",
    "format": "i1",
    "track_no": "i4",
    "status": "i1",
    "range_m": "f8",
    "bearing_deg": "f8",
    "sigma_east_m": "f8",
    "sigma_north_m": "f8",
    "length_m": "f8",
    "width_m": "f8",
    "amplitude_db": "f8",
    "is_operational": "i1",
    "height_m": "f8",
    "range_scale_m": "f8",
    "time_bias_s": "f8",
    "range_bias_m": "f8",
    "bearing_bias_deg": "f8",
}


# The same as types of numpy, which need no reading: that is a third of what a short column costs.
COLUMN_TYPES = {name: np.dtype(code) for name, code in DTYPES.items()}


def missing(name: str, n: int) -> Column:
    """A column of n rows in which nothing was reported: NaN, -1 or b"" by the column's dtype."""
    column = np.zeros(n, COLUMN_TYPES[name])
    if column.dtype.kind in MISSING:
        column.fill(MISSING[column.dtype.kind])
    return column


MISSING = {"f": np.nan, "i": -1}


def empty(table: type[TableT]) -> TableT:
    """A table of the given kind without rows, with every dtype in place."""
    return table(*(missing(name, 0) for name in table.__dataclass_fields__))


def empty_batch(stations: tuple[str, ...] = ()) -> Batch:
    """A batch without rows."""
    return Batch(empty(Positions), empty(Statics), empty(Texts), empty(Clocks), empty(Others), stations)
