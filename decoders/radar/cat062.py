"""CAT062 edition 1.21: tracks of a centre that fuses several sensors.

Whether a track still rests on measurements is said twice: by the coasting bit of I062/080, which not every sender fills
in, and by the ages of I062/290. A track whose youngest measurement is older than `STALE_S` is coasted, whatever the bit
says. A position in the centre's own plane (I062/100) is of no use without its origin, which the wire does not tell.
Source: EUROCONTROL-SPEC-0149-9.
"""

import numpy as np

from decoders.radar import measured, units
from decoders.radar.columns import PLOT, RadarFlag, TrackStatus
from decoders.radar.reading import Reading
from decoders.radar.records import Records
from decoders.table import Column

WANTED = ("010", "070", "105", "185", "245", "040", "080", "290", "270", "500")
STALE_S = (
    20.0  # four turns of a slow radar (5 s): nothing seen for so long is a guess; lower, and misses count as coasting
)
AGES = ((0, 7, 1), (0, 6, 1), (0, 5, 1), (0, 4, 1), (0, 3, 2), (0, 2, 1), (0, 1, 1), (1, 7, 1), (1, 6, 1), (1, 5, 1))
# of I062/290: octet and bit of the beginning, octets of the part; the first is the track's whole life, no age
EQUATOR_M_PER_DEG = 111_319.5  # one minute of arc of WGS 84's equator, times 60


def read(records: Records) -> Reading:
    """The values of N records."""
    t_unix_s, is_unsaid, bad_time = measured.measured_at(records, "070")
    lat_deg, lon_deg, bad_place = measured.latitude_longitude(records, "105", units.WGS_25_DEG)
    sog_kn, cog_deg = measured.cartesian_motion(records, "185")
    length_m, width_m = measured.size(records, "270")
    east_m, north_m = sigmas(records, lat_deg)
    report = {
        "t_unix_s": t_unix_s,
        "track_no": np.where(records.has("040"), records.unsigned("040", 2), PLOT),
        "status": status(records),
        "flags": flags(records) | np.where(is_unsaid, int(RadarFlag.POOR_TIME), 0),
        "lat_deg": lat_deg,
        "lon_deg": lon_deg,
        "sog_kn": sog_kn,
        "cog_deg": cog_deg,
        "sigma_east_m": east_m,
        "sigma_north_m": north_m,
        "length_m": length_m,
        "width_m": width_m,
        "name": measured.label(records, "245", 1),
    }
    is_impossible = bad_time | bad_place | (sog_kn > measured.MOST_SPEED_KN)
    return Reading(records.unsigned("010", 2), np.ones(len(records), bool), report, {}, is_impossible)


def status(records: Records) -> Column:
    """(N,) `TrackStatus` from I062/080 (CNF, TSE, CST) and the youngest age of I062/290."""
    is_coasted = ((records.extent("080", 3) & 0x80) != 0) | (youngest_s(records) > STALE_S)
    return np.select(
        [
            ~records.has("080"),
            (records.extent("080", 0) & 0x02) != 0,
            (records.extent("080", 1) & 0x40) != 0,
            is_coasted,
        ],
        [TrackStatus.UNKNOWN, TrackStatus.TENTATIVE, TrackStatus.LOST, TrackStatus.COASTED],
        TrackStatus.TRACKED,
    )


def flags(records: Records) -> Column:
    """(N,) `RadarFlag` from I062/080: SIM, TSE."""
    more = records.extent("080", 1)
    found = np.where((more & 0x80) != 0, int(RadarFlag.SIMULATED), 0)
    found |= np.where((more & 0x40) != 0, int(RadarFlag.LAST), 0)
    return found


def youngest_s(records: Records) -> Column:
    """(N,) the smallest age of any sensor's last measurement, from I062/290; NaN where none is told."""
    youngest = np.full(len(records), np.nan)
    if not records.has("290").any():
        return youngest
    heads = (records.extent("290", 0), records.extent("290", 1))
    at = 1 + (heads[0] & 1)
    for number, (octet, bit, n) in enumerate(AGES):
        is_sent = (heads[octet] >> bit & 1) == 1
        if number and is_sent.any():
            age_s = np.where(is_sent, records.unsigned("290", n, at) * units.AGE_S, np.nan)
            youngest = np.fmin(youngest, age_s)
        at = at + np.where(is_sent, n, 0)
    return youngest


def sigmas(records: Records, lat_deg: Column) -> tuple[Column, Column]:
    """(N,) to the east and to the north from I062/500: in metres (APC), else in degrees (APW)."""
    missing = np.full(len(records), np.nan)
    if not records.has("500").any():
        return missing, missing
    head = records.extent("500", 0)
    begin = 1 + (head & 1)  # the beginning has a second octet where the rate of climb has an accuracy
    east = np.where((head & 0x80) != 0, records.unsigned("500", 2, begin) * units.SIGMA_062_M, np.nan)
    north = np.where((head & 0x80) != 0, records.unsigned("500", 2, begin + 2) * units.SIGMA_062_M, np.nan)
    is_degrees = (head & 0xA0) == 0x20
    if is_degrees.any():
        at = begin + np.where((head & 0x40) != 0, 2, 0)
        unit_m = units.WGS_25_DEG * EQUATOR_M_PER_DEG
        north = np.where(is_degrees, records.unsigned("500", 2, at) * unit_m, north)
        narrow = np.cos(np.radians(lat_deg))
        east = np.where(is_degrees, records.unsigned("500", 2, at + 2) * unit_m * narrow, east)
    return measured.sigma(east), measured.sigma(north)
