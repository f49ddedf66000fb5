"""CAT010 edition 1.1: surface movement reports, what coastal and port radars send.

Speed in polar form is finer at a boat's speed (0.22 kn and 0.005 degrees against steps of 0.5 kn in each direction), so
I010/200 goes before I010/202. A field monitor's report (RAB) is of a transponder on a mast: a test target.

I010/220 has 24 bits and the MMSI of a vessel needs 28; some services send its low bits, which are no identity, so
`mmsi` stays missing. Sources: EUROCONTROL-SPEC-0149-7, sections 5.2.1 to 5.2.25.
"""

import numpy as np

from decoders.radar import measured, units
from decoders.radar.columns import PLOT, RadarFlag, TrackStatus
from decoders.radar.reading import Reading
from decoders.radar.records import Records
from decoders.table import Column

WANTED = (
    "010",
    "000",
    "020",
    "140",
    "041",
    "040",
    "042",
    "200",
    "202",
    "161",
    "170",
    "245",
    "270",
    "500",
    "131",
    "550",
)
TARGET_REPORT, MOST_TYPE = 1, 4


def read(records: Records) -> Reading:
    """The values of N records."""
    kind = records.unsigned("000", 1)
    t_unix_s, is_unsaid, bad_time = measured.measured_at(records, "140")
    lat_deg, lon_deg, bad_place = measured.latitude_longitude(records, "041", units.WGS_31_DEG)
    range_m, bearing_deg, bad_range = measured.range_bearing(records, "040", units.RANGE_010_M, "042", 1.0)
    polar_kn, polar_deg = measured.polar_motion(records, "200")
    vector_kn, vector_deg = measured.cartesian_motion(records, "202")
    is_polar, has_place = records.has("200"), records.has("041")
    sog_kn = np.where(is_polar, polar_kn, vector_kn)
    length_m, width_m = measured.size(records, "270")
    nogo = records.unsigned("550", 1) >> 6
    report = {
        "t_unix_s": t_unix_s,
        "track_no": np.where(records.has("161"), records.unsigned("161", 2) & 0xFFF, PLOT),
        "status": status(records),
        "flags": flags(records) | np.where(is_unsaid, int(RadarFlag.POOR_TIME), 0),
        "lat_deg": lat_deg,
        "lon_deg": lon_deg,
        "range_m": np.where(has_place, np.nan, range_m),
        "bearing_deg": np.where(has_place, np.nan, bearing_deg),
        "sog_kn": sog_kn,
        "cog_deg": np.where(is_polar, polar_deg, vector_deg),
        "sigma_east_m": measured.sigma(records.quantity("500", 1, units.SIGMA_010_M)),
        "sigma_north_m": measured.sigma(records.quantity("500", 1, units.SIGMA_010_M, 1)),
        "length_m": length_m,
        "width_m": width_m,
        "amplitude_db": records.quantity("131", 1, 1.0),
        "name": measured.label(records, "245", 1),
    }
    health = {"is_operational": np.where(records.has("550"), nogo != 2, -1)}
    too_fast = (polar_kn > measured.MOST_SPEED_KN) | (vector_kn > measured.MOST_SPEED_KN)
    is_impossible = bad_time | bad_place | bad_range | too_fast | (kind < TARGET_REPORT) | (kind > MOST_TYPE)
    return Reading(records.unsigned("010", 2), kind == TARGET_REPORT, report, health, is_impossible)


def status(records: Records) -> Column:
    """(N,) `TrackStatus` from I010/170: CNF, TRE, CST."""
    first = records.extent("170", 0)
    return np.select(
        [~records.has("170"), (first & 0x80) != 0, (first & 0x40) != 0, (first & 0x30) != 0],
        [TrackStatus.UNKNOWN, TrackStatus.TENTATIVE, TrackStatus.LOST, TrackStatus.COASTED],
        TrackStatus.TRACKED,
    )


def flags(records: Records) -> Column:
    """(N,) `RadarFlag` from I010/020 (SIM, TST, RAB) and I010/170 (TRE, GHO)."""
    more = records.extent("020", 1)
    found = np.where((more & 0x80) != 0, int(RadarFlag.SIMULATED), 0)
    found |= np.where((more & 0x60) != 0, int(RadarFlag.TEST), 0)
    found |= np.where((records.extent("170", 0) & 0x40) != 0, int(RadarFlag.LAST), 0)
    found |= np.where((records.extent("170", 2) & 0x80) != 0, int(RadarFlag.GHOST), 0)
    return found
