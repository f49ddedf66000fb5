"""Radar watches for tests, and what they are shown."""

from collections.abc import Iterable

import numpy as np

from alerts.picture import StationClass
from decoders.radar.columns import RadarReports
from monitor.radar import watch as radar
from monitor.radar.association import Ships
from monitor.radar.contacts import Register
from monitor.radar.registration import unregistered
from monitor.radar.ships import NO_SHIPS
from monitor.radar.watch import RadarUpdate, RadarWatch
from tests.monitor.sightings import DOVER, T0, reports, sailing

NOBODY = np.zeros(0, np.int64)
WAY = {"lat_deg": 51.05, "lon_deg": 1.5, "sog_kn": 5.0, "cog_deg": 300.0}
PERIOD_S = 2.5


def made(*sites: object) -> RadarWatch:
    """A watch over these radars, each heard by the receiver of its row."""
    found = tuple(sites) or (DOVER,)
    watch = RadarWatch(Register(found), unregistered(len(found)))  # type: ignore[arg-type]
    watch.register.meet([site.feed for site in found], [site.station for site in found])  # type: ignore[attr-defined]
    return watch


def run(
    watch: RadarWatch, scans: Iterable[RadarReports], ships: Ships = NO_SHIPS, until_s: float = 0.0
) -> list[RadarUpdate]:
    """One tick for each scan, then ticks each second until `until_s` after T0."""
    told = []
    now = T0
    for scan in scans:
        now = float(scan.t_unix_s.max())
        told.append(radar.step(watch, scan, ships, now, keep=NOBODY))
    while now < T0 + until_s:
        now += 1.0
        told.append(radar.step(watch, reports(), ships, now, keep=NOBODY))
    return told


def path(first: int, last: int, **more: object) -> list[RadarReports]:
    """Scans `first` up to, not including, `last` of a boat on its way."""
    return [sailing(T0 + PERIOD_S * k, **(WAY | more)) for k in range(first, last)]  # type: ignore[arg-type]


def ship(t_unix_s: float, mmsi: int, **columns: float) -> Ships:
    """One AIS vessel, a big ship as precise as they come."""
    values = {"target_id": mmsi * 8, "t_unix_s": t_unix_s, "length_m": 60.0, "beam_m": 10.0, "ahead_m": 0.0} | {
        "right_m": 0.0, "station_class": StationClass.A, "is_accurate": True, "report_interval_s": 10.0
    }  # fmt: skip
    given = values | columns
    return Ships(
        *(np.array([given.get(name, np.nan)]).astype(getattr(NO_SHIPS, name).dtype) if name in given else
          np.full(1, np.nan if getattr(NO_SHIPS, name).dtype.kind == "f" else 0, getattr(NO_SHIPS, name).dtype)
          for name in Ships.__dataclass_fields__)
    )  # fmt: skip
