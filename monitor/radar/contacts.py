"""From reports to contacts: which radar saw what, where on the chart, and how well it knows.

    reports ── known site? ── real? ── place ──┬─ TTM + TLL of one target: one contact ──> contacts
                  │ no: refused, counted       └─ error ellipse from the site

A report of a radar that is in no [[radars]] block is refused and counted by name: its range and bearing say nothing,
and nobody could tell how far off it is. Simulated, test and ghost targets and tracks that the radar itself has not
confirmed are left out here, once, so that nothing behind this can raise an alert about them.
"""

from dataclasses import dataclass, field

import numpy as np

from decoders.radar.columns import NOT_REAL, PLOT, RadarFormat, RadarReports, TrackStatus
from decoders.table import Column, Table
from monitor.radar.polar import polar
from monitor.radar.registration import Registration, corrected
from monitor.radar.sites import RadarSite, placed, true_bearing_deg

# Sent for one target in one breath, so that what one lacks (TLL: speed; TTM: a fine place) the other brings.
PAIR_S = 1.0
NUMBERS = 1 << 20  # room for a track number in a key; CAT062 has 16 bits


@dataclass(frozen=True, slots=True)
class Contacts(Table):
    """One row a contact of one radar with one of its tracks, sorted by (key, t_unix_s)."""

    key: Column  # (N,) int64, site * NUMBERS + track number
    site: Column  # (N,) int32, row of the register
    t_unix_s: Column  # (N,) float64, when it was measured
    t_heard_unix_s: Column  # (N,) float64
    format: Column  # (N,) int8
    status: Column  # (N,) int8, `TrackStatus`
    lat_deg: Column  # (N,) float64
    lon_deg: Column
    sog_kn: Column
    cog_deg: Column
    sigma_east_m: Column  # (N,) float64, always known
    sigma_north_m: Column
    cov_m2: Column  # (N,) float64, of east and north
    length_m: Column


@dataclass(slots=True)
class Register:
    """The radars by the receivers' rows. `refused` counts reports by the name of their radar."""

    sites: tuple[RadarSite, ...] = ()
    is_any_feed: bool = False  # a recording is named for its file: its radars are known by their stations alone
    site_of_receiver: Column = field(default_factory=lambda: np.zeros(0, np.int32))
    names: list[str] = field(default_factory=list)  # of the receivers
    refused: dict[str, int] = field(default_factory=dict)

    def column(self, name: str) -> Column:
        """(S,) one field of every site."""
        return np.array([getattr(site, name) for site in self.sites])

    def meet(self, sources: list[str], stations: list[str]) -> None:
        """Look up the receivers that came since the last call."""
        known = len(self.names)
        if known == len(sources):
            return
        pairs = list(zip(sources[known:], stations[known:], strict=True))
        self.names += [" ".join(pair).strip() for pair in pairs]
        fresh = [self._find(*pair) for pair in pairs]
        self.site_of_receiver = np.append(self.site_of_receiver, np.array(fresh, np.int32))

    def named(self) -> list[str]:
        """The radar that each receiver met so far is; "" of one that is none."""
        return [self.sites[row].name if row >= 0 else "" for row in self.site_of_receiver.tolist()]

    def _find(self, source: str, station: str) -> int:
        for row, site in enumerate(self.sites):
            is_feed = site.feed == source or (self.is_any_feed and bool(site.station))
            if is_feed and site.station in ("", station):
                return row
        return -1


def contacts_of(register: Register, registration: Registration, reports: RadarReports) -> Contacts:
    """The real, confirmed tracks of known radars, each with a place."""
    site = register.site_of_receiver[reports.station]
    _refuse(register, reports.station[site < 0])
    is_real = (reports.flags & int(NOT_REAL)) == 0
    is_track = (reports.track_no != PLOT) & (reports.status != TrackStatus.TENTATIVE.value)
    row = np.flatnonzero((site >= 0) & is_real & is_track)
    found = _placed(register, registration, reports.take(row), site[row])
    found = found.only(~np.isnan(found.lat_deg) & ~np.isnan(found.t_unix_s))
    return _paired(found.take(np.lexsort((found.t_unix_s, found.key))))


def _refuse(register: Register, station: Column) -> None:
    if not len(station):
        return
    for row, n in zip(*(column.tolist() for column in np.unique(station, return_counts=True)), strict=True):
        name = register.names[row]
        register.refused[name] = register.refused.get(name, 0) + n


def _placed(register: Register, registration: Registration, reports: RadarReports, site: Column) -> Contacts:
    """Every report on the chart, where it said so itself or seen from its antenna, without its radar's known bias."""
    site_lat, site_lon = register.column("lat_deg")[site], register.column("lon_deg")[site]
    bearing = true_bearing_deg(reports.bearing_deg, reports.flags, register.column("alignment_deg")[site])
    has_place = ~np.isnan(reports.lat_deg)
    told_m, told_deg = polar(reports.lat_deg, reports.lon_deg, site_lat, site_lon)
    range_m, bearing = np.where(has_place, told_m, reports.range_m), np.where(has_place, told_deg, bearing)
    range_m, bearing, t_unix_s = corrected(registration, site, range_m, bearing, reports.t_unix_s)
    lat, lon = placed(range_m, bearing, site_lat, site_lon)
    as_told = has_place & ~registration.bias[site].any(axis=1)
    lat, lon = np.where(as_told, reports.lat_deg, lat), np.where(as_told, reports.lon_deg, lon)
    along, across = register.column("sigma_range_m")[site], register.column("sigma_bearing_deg")[site]
    var_along, var_across = along**2, (np.radians(across) * range_m) ** 2
    ue, un = np.sin(np.radians(bearing)), np.cos(np.radians(bearing))
    is_told = ~np.isnan(reports.sigma_east_m) & ~np.isnan(reports.sigma_north_m)
    sigma_east = np.where(is_told, reports.sigma_east_m, np.sqrt(var_along * ue**2 + var_across * un**2))
    sigma_north = np.where(is_told, reports.sigma_north_m, np.sqrt(var_along * un**2 + var_across * ue**2))
    return Contacts(
        key=site.astype(np.int64) * NUMBERS + reports.track_no,
        site=site,
        t_unix_s=t_unix_s,
        t_heard_unix_s=reports.t_heard_unix_s,
        format=reports.format,
        status=reports.status,
        lat_deg=lat,
        lon_deg=lon,
        sog_kn=reports.sog_kn,
        cog_deg=reports.cog_deg,
        sigma_east_m=sigma_east,
        sigma_north_m=sigma_north,
        cov_m2=np.where(is_told, 0.0, (var_along - var_across) * ue * un),
        length_m=reports.length_m,
    )


def _paired(contacts: Contacts) -> Contacts:
    """A TTM and a TLL of one target within PAIR_S as one: the place of the TLL, everything else of the TTM."""
    if len(contacts) < 2:
        return contacts
    is_next = (contacts.key[1:] == contacts.key[:-1]) & (np.diff(contacts.t_unix_s) <= PAIR_S)
    kinds = contacts.format
    if not is_next.any():
        return contacts
    is_pair = is_next & (kinds[1:] != kinds[:-1]) & np.isin(kinds[1:], PAIRED) & np.isin(kinds[:-1], PAIRED)
    is_pair[1:] &= ~is_pair[:-1]  # three in a row: the first two belong together
    first = np.flatnonzero(is_pair)
    if not len(first):
        return contacts
    is_ttm = kinds[first] == RadarFormat.TTM.value
    keep, fine = np.where(is_ttm, first, first + 1), np.where(is_ttm, first + 1, first)
    columns = {name: column.copy() for name, column in contacts.columns().items()}
    for name in ("lat_deg", "lon_deg"):
        columns[name][keep] = columns[name][fine]
    return Contacts(**columns).take(np.delete(np.arange(len(contacts)), fine))


PAIRED = (int(RadarFormat.TTM), int(RadarFormat.TLL))
