"""When a track that is heard no more leaves the table."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from alerts.picture import StationClass
from decoders.table import Column
from monitor.kinematics import AT_ANCHOR, MOORED, MOORED_KN
from monitor.tracktable import TrackTable


@dataclass(frozen=True, slots=True)
class Ages:
    """Seconds without a message after which a track of each kind is forgotten.

    They are far above the reporting intervals: a gap is found by rule D17 after minutes, and a console must show what
    was lost for longer than it takes to ask about it.
    """

    under_way_s: float = 1800.0  # 180 reports missed: out of range, and the last place says little about the next
    at_rest_s: float = 7200.0  # reports every 3 min and stays where it is; harbour walls hide it for an hour
    aircraft_s: float = 1200.0  # 40 nm away by then
    fixed_s: float = 21600.0  # base stations and aids: their silence is worth seeing over a watch
    beacon_s: float = 86400.0  # people lived 12 h in the water (domain section 0, fact 2); batteries last 48 to 96 h
    hidden_s: float = 600.0  # a single report from an impossible place that nobody confirmed
    static_only_s: float = 2400.0  # six static messages missed, never a position

    def shortest_s(self) -> float:
        """No track of any kind leaves sooner."""
        return min(self.under_way_s, self.at_rest_s, self.aircraft_s, self.fixed_s, self.hidden_s, self.static_only_s)


DEFAULT_AGES = Ages()
UNSORTED = 5000  # fewer new rows than this cost a picture less than a millisecond, wherever they lie
NOBODY: frozenset[int] = frozenset()


def expire(
    table: TrackTable, now_unix_s: float, *, keep: Collection[int] | Column = NOBODY, ages: Ages = DEFAULT_AGES
) -> Column:
    """Forget tracks beyond their age and return their target ids, sorted.

    keep : target ids that stay whatever their age, since an incident about them is open.

    Cheap when nothing can have expired: the table keeps an instant before which no track reaches its age. It is also
    the moment between two groups at which rows may move: many new ones are put in order here.
    """
    if table.n_unsorted > max(UNSORTED, len(table) // 4):
        table.sort_rows()
    if now_unix_s <= min(table.t_check_unix_s, table.t_since_unix_s + ages.shortest_s()):
        return np.empty(0, np.int64)
    row = table.rows
    t_end = np.fmax(table.t_heard_unix_s[row], table.t_distress_came_unix_s[row]) + age_s(table, row, ages)
    gone = t_end < now_unix_s
    if len(keep):
        gone &= ~np.isin(table.ids, np.fromiter(keep, np.int64, len(keep)))
    removed: Column = table.ids[gone]
    table.t_check_unix_s = float(t_end[~gone].min(initial=np.inf))
    table.t_since_unix_s = np.inf
    if len(removed):
        table.remove(removed)
    return removed


def age_s(table: TrackTable, row: Column, ages: Ages) -> Column:
    """(N,) float64, how long each of these rows may be silent."""
    status, speed = table.nav_status[row], table.sog_kn[row]
    at_rest = ((status == AT_ANCHOR) | (status == MOORED)) & ~(speed > MOORED_KN)
    kind = table.station_class[row]
    is_small = np.isin(kind, (StationClass.B, StationClass.CRAFT, StationClass.HANDHELD))
    at_rest |= is_small & (speed < 1.0)  # class B has no status: one knot is the noise of a boat at her berth
    age = np.where(at_rest, ages.at_rest_s, ages.under_way_s)
    age[kind == StationClass.AIRCRAFT.value] = ages.aircraft_s
    age[(kind == StationClass.BASE.value) | (kind == StationClass.AID.value)] = ages.fixed_s
    age[np.isnan(table.t_unix_s[row])] = ages.static_only_s
    if table.hidden:
        age[np.isin(table.ids, list(table.hidden))] = ages.hidden_s
    age[(kind == StationClass.BEACON.value) | ~np.isnan(table.t_distress_unix_s[row])] = ages.beacon_s
    return age
