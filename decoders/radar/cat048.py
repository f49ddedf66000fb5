"""CAT048 edition 1.32: reports of one radar, as SPx servers and most track extractors of coastal radars send them.

A position in it is a range and a bearing; where the antenna stands is said by CAT034 (service.py) or by the
configuration. A report of the type "no detection" is the tracker's guess: coasted. The range is along the line of
sight, which at the surface is the range over ground. Source: EUROCONTROL-SPEC-0149-4.
"""

import numpy as np

from decoders.radar import measured, units
from decoders.radar.columns import PLOT, RadarFlag, TrackStatus
from decoders.radar.reading import Reading
from decoders.radar.records import Records
from decoders.table import Column

WANTED = ("010", "140", "020", "040", "130", "240", "161", "042", "200", "170", "210")
ALL = 0xFF


def read(records: Records) -> Reading:
    """The values of N records."""
    t_unix_s, is_unsaid, bad_time = measured.measured_at(records, "140")
    range_m, bearing_deg, bad_range = measured.range_bearing(
        records, "040", units.RANGE_048_M, "042", units.CARTESIAN_048_M
    )
    sog_kn, cog_deg = measured.polar_motion(records, "200")
    report = {
        "t_unix_s": t_unix_s,
        "track_no": np.where(records.has("161"), records.unsigned("161", 2) & 0xFFF, PLOT),
        "status": status(records),
        "flags": flags(records) | np.where(is_unsaid, int(RadarFlag.POOR_TIME), 0),
        "range_m": range_m,
        "bearing_deg": bearing_deg,
        "sog_kn": sog_kn,
        "cog_deg": cog_deg,
        "sigma_east_m": measured.sigma(records.quantity("210", 1, units.SIGMA_048_M)),
        "sigma_north_m": measured.sigma(records.quantity("210", 1, units.SIGMA_048_M, 1)),
        "amplitude_db": amplitude_db(records),
        "name": measured.label(records, "240", 0),
    }
    is_impossible = bad_time | bad_range | (sog_kn > measured.MOST_SPEED_KN)
    return Reading(records.unsigned("010", 2), np.ones(len(records), bool), report, {}, is_impossible)


def status(records: Records) -> Column:
    """(N,) `TrackStatus` from I048/170 (CNF, TRE) and I048/020 (no detection)."""
    is_unseen = records.has("020") & (records.extent("020", 0) >> 5 == 0)
    return np.select(
        [
            ~records.has("170"),
            (records.extent("170", 0) & 0x80) != 0,
            (records.extent("170", 1) & 0x80) != 0,
            is_unseen,
        ],
        [
            np.where(is_unseen & records.has("161"), int(TrackStatus.COASTED), int(TrackStatus.UNKNOWN)),
            np.full(len(records), int(TrackStatus.TENTATIVE)),
            np.full(len(records), int(TrackStatus.LOST)),
            np.full(len(records), int(TrackStatus.COASTED)),
        ],
        int(TrackStatus.TRACKED),
    )


def flags(records: Records) -> Column:
    """(N,) `RadarFlag` from I048/020 (SIM, RAB, TST) and I048/170 (TRE, GHO)."""
    first, more, end = records.extent("020", 0), records.extent("020", 1), records.extent("170", 1)
    found = np.where((first & 0x10) != 0, int(RadarFlag.SIMULATED), 0)
    found |= np.where(((first & 0x02) != 0) | ((more & 0x80) != 0), int(RadarFlag.TEST), 0)
    found |= np.where((end & 0x80) != 0, int(RadarFlag.LAST), 0)
    found |= np.where((end & 0x40) != 0, int(RadarFlag.GHOST), 0)
    return found


def amplitude_db(records: Records) -> Column:
    """(N,) I048/130, amplitude of the primary plot in dBm: the fifth part, behind those of the first four that came."""
    parts = records.unsigned("130", 1)
    has_it = records.has("130") & ((parts & 0x08) != 0)
    if not has_it.any():
        return np.full(len(records), np.nan)
    n_before = sum((parts >> bit & 1) for bit in (7, 6, 5, 4))
    return np.where(has_it, records.signed("130", 1, 1 + n_before), np.nan)
