"""The track table as the picture shows it: `alerts.picture.Vessels`, sorted by target id.

The order and the static columns change seldom; they are kept between calls and made anew when the table says so.
The rest is one gather for each block.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from alerts.picture import Lookup, Vessels
from decoders.table import Column
from monitor.kinematics import report_interval_s
from monitor.tracktable import F8, N_SEEN, SPLITS, TrackTable

DEGRADED_S = 1800.0  # after a jump a vessel's places are not trusted for that long (jamming lasts: domain X17, 25 min)
TWIN_HEARD_S = 600.0  # another track of the same MMSI counts as live when it was heard within this


@dataclass(slots=True)
class Cache:
    """What holds between ticks."""

    n_members: int
    n_statics: int
    row: Column  # (T,) int64 row of each vessel shown
    target_id: Column
    mmsi: Column
    twins: Column  # (K,) rows of `target_id` whose neighbour has the same MMSI
    name: Column
    callsign: Column
    ship_type: Column
    length_m: Column
    beam_m: Column
    draught_m: Column


def vessels(
    table: TrackTable,
    now_unix_s: float,
    *,
    p_reception: Callable[[Column, Column, Column], Lookup],
    is_receiver_healthy: Callable[[Column], Column],
) -> Vessels:
    """The picture's vessels.

    p_reception : (lat_deg, lon_deg, receiver), each (T,) -> the share of each vessel's reports that is heard there;
    is_receiver_healthy : (T,) receiver rows -> (T,) bool.
    """
    cache = _cached(table)
    row = cache.row
    f8 = dict(zip(F8[:N_SEEN], table.blocks["f8"][:N_SEEN].take(row, axis=1, mode="clip"), strict=True))
    status, is_coarse = table.nav_status.take(row), table.is_coarse.take(row)
    station_class, receiver = table.station_class.take(row), table.receiver.take(row)
    turn = f8["turn_deg_per_min"]
    del f8["altitude_m"]
    return Vessels(
        target_id=cache.target_id,
        mmsi=cache.mmsi,
        station_class=station_class,
        flags=table.flags.take(row),
        name=cache.name,
        callsign=cache.callsign,
        ship_type=cache.ship_type,
        length_m=cache.length_m,
        beam_m=cache.beam_m,
        draught_m=cache.draught_m,
        nav_status=status,
        is_coarse=is_coarse > 0,
        is_degraded=now_unix_s - f8["t_jump_unix_s"] <= DEGRADED_S,
        n_fixes=table.n_fixes.take(row),
        report_interval_s=report_interval_s(station_class, f8["sog_kn"], status, turn, is_coarse),
        p_reception=p_reception(f8["lat_deg"], f8["lon_deg"], receiver),
        is_receiver_healthy=is_receiver_healthy(receiver),
        receiver=receiver,
        n_twins=_twins(cache, table, f8["t_heard_unix_s"], now_unix_s),
        n_distress=table.n_distress.take(row),
        **f8,
    )


def shown_rows(table: TrackTable) -> Column:
    """(T,) int64, the table's row of each vessel of `vessels(table, ...)`."""
    return _cached(table).row


def _cached(table: TrackTable) -> Cache:
    cache = table.cache
    if isinstance(cache, Cache) and (cache.n_members, cache.n_statics) == (table.n_members, table.n_statics):
        return cache
    target_id, row = table.ids.copy(), table.rows.copy()
    if table.hidden:
        shown = ~np.isin(target_id, list(table.hidden))
        target_id, row = target_id[shown], row[shown]
    mmsi = target_id // SPLITS
    same = mmsi[1:] == mmsi[:-1]
    table.cache = Cache(
        table.n_members,
        table.n_statics,
        row,
        target_id,
        mmsi,
        np.union1d(same.nonzero()[0], same.nonzero()[0] + 1),
        table.name.take(row),
        table.callsign.take(row),
        table.ship_type.take(row),
        table.to_bow_m.take(row) + table.to_stern_m.take(row),
        table.to_port_m.take(row) + table.to_starboard_m.take(row),
        table.draught_m.take(row),
    )
    return _cached(table)


def _twins(cache: Cache, table: TrackTable, t_heard_unix_s: Column, now_unix_s: float) -> Column:
    """(T,) int16, other live tracks under the same MMSI; undecided ones do not count."""
    count = np.zeros(len(cache.row), np.int16)
    if not len(cache.twins):
        return count
    decided = [k for k in cache.twins.tolist() if int(cache.target_id[k]) not in table.suspects]
    live = Counter(int(cache.mmsi[k]) for k in decided if now_unix_s - t_heard_unix_s[k] <= TWIN_HEARD_S)
    for k in decided:
        count[k] = live[int(cache.mmsi[k])] - (now_unix_s - t_heard_unix_s[k] <= TWIN_HEARD_S)
    return count
