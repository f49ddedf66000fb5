"""What AIS says of the vessels that radar may see, for association."""

import numpy as np

from alerts.picture import StationClass, Vessels
from monitor.radar.association import Ships, empty
from monitor.seen import shown_rows
from monitor.tracktable import TrackTable

# What radar sees where AIS says it is: no base station, which stands ashore, and no aircraft
SEEN = (StationClass.A, StationClass.B, StationClass.AID, StationClass.CRAFT, StationClass.UNKNOWN)
IS_SEEN = np.isin(np.append(np.arange(max(StationClass) + 1), -1), SEEN)  # by class; -1 is the last


def ships_of(table: TrackTable, vessels: Vessels) -> Ships:
    """The vessels of the picture, which was made of this table."""
    at = np.flatnonzero(IS_SEEN[vessels.station_class] & ~np.isnan(vessels.lat_deg))
    row = shown_rows(table)[at]
    return Ships(
        target_id=vessels.target_id[at],
        t_unix_s=vessels.t_unix_s[at],
        lat_deg=vessels.lat_deg[at],
        lon_deg=vessels.lon_deg[at],
        sog_kn=vessels.sog_kn[at],
        cog_deg=vessels.cog_deg[at],
        heading_deg=vessels.heading_deg[at],
        length_m=vessels.length_m[at],
        beam_m=vessels.beam_m[at],
        ahead_m=(table.to_bow_m[row] - table.to_stern_m[row]) / 2.0,
        right_m=(table.to_starboard_m[row] - table.to_port_m[row]) / 2.0,
        station_class=vessels.station_class[at],
        is_accurate=table.is_accurate[row] == 1,
        is_coarse=vessels.is_coarse[at],
        is_degraded=vessels.is_degraded[at],
        report_interval_s=vessels.report_interval_s[at],
    )


NO_SHIPS: Ships = empty(Ships)  # type: ignore[assignment]
