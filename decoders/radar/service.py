"""What radars and fusion centres say about themselves: CAT034, CAT063, CAT065.

Each message is a heartbeat, whatever else it says: a radar that falls silent is told by their absence. "Degraded" still
works. A CAT063 message is about a sensor (I063/050), not about the centre that sends it.
Sources: EUROCONTROL-SPEC-0149-2b, -10, -15.
"""

import numpy as np

from decoders.radar import measured, units
from decoders.radar.reading import Reading
from decoders.radar.records import Records
from decoders.table import Column

WANTED_034 = ("010", "000", "030", "050", "120")
WANTED_063 = ("010", "030", "050", "060", "070", "090", "091")
WANTED_065 = ("010", "000", "030", "040")
COMMON = 0x80  # of I034/050: the part that says whether the radar may be used
OPERATIONAL, DEGRADED = 0, 1


def read_034(records: Records) -> Reading:
    """North markers, sector crossings and the like; the antenna's place where it is sent."""
    bad_time = measured.measured_at(records, "030")[2]
    has_common = (records.extent("050", 0) & COMMON) != 0
    is_stopped = (records.unsigned("050", 1, 1) & 0x80) != 0
    lat_deg = records.quantity("120", 3, units.WGS_23_DEG, 2, is_signed=True)
    lon_deg = records.quantity("120", 3, units.WGS_23_DEG, 5, is_signed=True)
    health = {
        "is_operational": np.where(has_common, ~is_stopped, -1),
        "lat_deg": lat_deg,
        "lon_deg": lon_deg,
        "height_m": records.quantity("120", 2, 1.0, is_signed=True),
    }
    return about_radar(records.unsigned("010", 2), health, bad_time | (np.abs(lat_deg) > 90.0))


def read_063(records: Records) -> Reading:
    """A sensor as a fusion centre sees it: in use or not, and what it is off by."""
    bad_time = measured.measured_at(records, "030")[2]
    state = records.extent("060", 0)
    works = (state >> 6 <= DEGRADED) & ((state & 0x20) == 0)
    health = {
        "is_operational": np.where(records.has("060"), works, -1),
        "time_bias_s": records.quantity("070", 2, 1e-3, is_signed=True),
        "range_bias_m": records.quantity("090", 2, units.NM_M / 128, 2, is_signed=True),
        "bearing_bias_deg": records.quantity("091", 2, units.ANGLE_DEG, is_signed=True),
    }
    source = np.where(records.has("050"), records.unsigned("050", 2), records.unsigned("010", 2))
    return about_radar(source, health, bad_time)


def read_065(records: Records) -> Reading:
    """The fusion centre itself; states 2 and 3 are "not connected" and "unknown"."""
    bad_time = measured.measured_at(records, "030")[2]
    state = records.unsigned("040", 1) >> 6
    is_known = records.has("040") & (state != 3)
    return about_radar(
        records.unsigned("010", 2), {"is_operational": np.where(is_known, state <= DEGRADED, -1)}, bad_time
    )


def about_radar(source: Column, health: dict[str, Column], is_impossible: Column) -> Reading:
    """A reading without a target."""
    return Reading(source, np.zeros(len(source), bool), {}, health, is_impossible)
