"""The track table said slowly: one object a track, one report at a time, standard library only.

It follows the words of the domain notes (D18, 2.3), not the product's code: no arrays, no rounds, no index, and
distances straight through the ellipsoid.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import groupby

LATE_S, NM_M = 120.0, 1852.0
SHARED = {0, 123456789}
NAN = math.nan


def ecef_m(lat: float, lon: float) -> tuple[float, float, float]:
    a, e2 = 6378137.0, 6.69437999014e-3
    p, q = math.radians(lat), math.radians(lon)
    n = a / math.sqrt(1 - e2 * math.sin(p) ** 2)
    return n * math.cos(p) * math.cos(q), n * math.cos(p) * math.sin(q), n * (1 - e2) * math.sin(p)


def chord_m(lat1: float, lon1: float, lat2: float, lon2: float) -> float:
    """Straight through the ellipsoid: 4e-5 short of the way over ground at 200 km."""
    return math.dist(ecef_m(lat1, lon1), ecef_m(lat2, lon2))


@dataclass
class Row:
    """One report."""

    t: float
    mmsi: int
    lat: float
    lon: float
    sog: float = 10.0
    cog: float = 0.0
    type: int = 1
    status: int = 0
    tie: int = 0  # the payload's hash
    station: int = 0
    is_duplicate: bool = False
    is_coarse: bool = False
    beacon: int = 0  # 1 active, 2 test


@dataclass
class Track:
    target_id: int
    fixes: list[Row] = field(default_factory=list)  # one an instant, by time
    t_first: float = NAN
    t_heard: float = NAN
    heard_by: dict[int, float] = field(default_factory=dict)
    ring: list[tuple[float, float, float]] = field(default_factory=list)
    origin: int = -1  # of a suspect
    t_born: float = NAN
    jump: tuple[float, float, float, float] | None = None  # t, nm, lat before, lon before
    may_be: tuple[float, float, float, float] | None = None
    t_distress: float = NAN
    t_test: float = NAN
    n_distress: int = 0
    n_deep: int = 0

    @property
    def last(self) -> Row | None:
        return self.fixes[-1] if self.fixes else None


class Tracks:
    def __init__(self) -> None:
        self.tracks: dict[int, Track] = {}
        self.legs: list[tuple[int, float, float]] = []
        self.counts = dict.fromkeys(("fix", "late", "dropped", "rejected", "duplicate", "held", "same"), 0)

    def run(self, rows: Iterable[Row]) -> "Tracks":
        """All rows in order; of neighbours of one vessel and instant the one that will stay comes first."""
        queue: dict[int, list[Row]] = {}
        for row in rows:
            queue.setdefault(row.mmsi, []).append(row)
        for own in queue.values():
            for _, instant in groupby(own, key=lambda row: row.t):
                for row in sorted(instant, key=lambda row: (row.is_coarse, -row.tie)):
                    self.apply(row)
        return self

    def of(self, mmsi: int) -> list[Track]:
        return sorted((t for t in self.tracks.values() if t.target_id // 8 == mmsi), key=lambda t: t.target_id)

    def hear(self, track: Track, row: Row) -> None:
        track.t_first = row.t if math.isnan(track.t_first) else min(track.t_first, row.t)
        track.t_heard = row.t if math.isnan(track.t_heard) else max(track.t_heard, row.t)
        track.heard_by[row.station] = max(track.heard_by.get(row.station, -math.inf), row.t)
        if not row.is_duplicate:
            self.distress(track, row)

    def distress(self, track: Track, row: Row) -> None:
        if row.beacon == 1:
            track.n_distress += 1
            track.t_distress = row.t if math.isnan(track.t_distress) else max(track.t_distress, row.t)
        elif row.beacon == 2:
            track.t_test = row.t if math.isnan(track.t_test) else max(track.t_test, row.t)

    def fits(self, track: Track, row: Row) -> float:
        """Mismatch in metres, inf if impossible."""
        last = track.last
        if last is None:
            return 1e30
        moved = chord_m(last.lat, last.lon, row.lat, row.lon)
        beyond = moved - (0.5 * NM_M if row.is_coarse or last.is_coarse else 0.0)
        if beyond > NM_M and beyond / NM_M * 3600.0 > 60.0 * (abs(row.t - last.t) + 10.0):
            return math.inf
        run = last.sog * max(-600.0, min(600.0, row.t - last.t)) / 3600.0 / 60.0
        lat = last.lat + run * math.cos(math.radians(last.cog))
        lon = last.lon + run * math.sin(math.radians(last.cog)) / math.cos(math.radians(last.lat))
        return chord_m(lat, lon, row.lat, row.lon)

    def is_hidden(self, track: Track) -> bool:
        is_beacon = not (math.isnan(track.t_distress) and math.isnan(track.t_test))
        return track.origin >= 0 and len(track.fixes) < 2 and not is_beacon

    def stale(self, own: list[Track], row: Row) -> list[Track]:
        return [track for track in own if self.is_hidden(track) and track.t_heard < row.t - 200.0]

    def latest(self, mmsi: int) -> Track:
        return max(self.of(mmsi), key=lambda t: (not self.is_hidden(t), t.t_heard))

    def apply(self, row: Row) -> None:
        if not self.of(row.mmsi):
            self.tracks[row.mmsi * 8] = Track(row.mmsi * 8)
        own = self.of(row.mmsi)
        fit = [(self.fits(track, row), track.target_id) for track in own] if not math.isnan(row.lat) else []
        possible = [one for one in fit if one[0] < math.inf]
        if row.is_duplicate or math.isnan(row.lat):
            chosen = self.tracks[min(possible)[1]] if possible else self.latest(row.mmsi)
            self.counts["duplicate" if row.is_duplicate else "held"] += 1
            self.hear(own[0] if len(own) == 1 else chosen, row)
            return
        if possible:
            track = self.tracks[min(possible)[1]]
        elif row.is_coarse or (len(own) == 8 and not self.stale(own, row)):
            self.counts["rejected"] += 1
            self.distress(self.latest(row.mmsi), row)
            return
        else:
            track = self.born(row, own)
        if track.last and row.t < track.last.t - LATE_S:
            self.counts["dropped"] += 1
            self.distress(track, row)
            return
        self.hear(track, row)
        self.place(track, row)
        self.settle(row.mmsi)

    def born(self, row: Row, own: list[Track]) -> Track:
        if len(own) == 8:
            gone = min(self.stale(own, row), key=lambda t: (t.t_heard, t.target_id))
            del self.tracks[gone.target_id]
            own = [t for t in own if t is not gone]
        target_id = min(set(range(row.mmsi * 8, row.mmsi * 8 + 8)) - {t.target_id for t in own})
        origin = max(own, key=lambda t: (t.origin < 0, t.last.t, -t.target_id))
        where = origin.last
        track = Track(target_id, origin=origin.target_id, t_born=row.t)
        track.may_be = (row.t, chord_m(where.lat, where.lon, row.lat, row.lon) / NM_M, where.lat, where.lon)
        self.tracks[target_id] = track
        return track

    def place(self, track: Track, row: Row) -> None:
        last = track.last
        if last and row.is_coarse and not last.is_coarse and row.t - last.t < 600.0:
            self.counts["held"] += 1
            return
        twin = next((k for k, fix in enumerate(track.fixes[-2:], max(0, len(track.fixes) - 2)) if fix.t == row.t), -1)
        if twin >= 0:
            self.counts["same"] += 1
            if (not row.is_coarse, row.tie) > (not track.fixes[twin].is_coarse, track.fixes[twin].tie):
                track.fixes[twin] = row
                if track.ring[-1][0] == row.t:
                    track.ring[-1] = (row.t, row.lat, row.lon)
            return
        self.thin(track, row)
        if last is None or row.t > last.t:
            self.counts["fix"] += 1
            if last:
                self.legs.append((track.target_id, last.t, row.t))
            track.fixes.append(row)
            return
        self.counts["late"] += 1
        before = track.fixes[-2] if len(track.fixes) > 1 else None
        if before and row.t < before.t:
            track.n_deep += 1
            return
        if before:
            self.legs.append((track.target_id, before.t, row.t))
        self.legs.append((track.target_id, row.t, last.t))
        track.fixes.insert(-1, row)

    def thin(self, track: Track, row: Row) -> None:
        ring = track.ring
        point = (row.t, row.lat, row.lon)
        if not ring:
            ring.append(point)
        elif row.t < ring[-1][0]:
            if min(abs(t - row.t) for t, _, _ in ring) >= 30.0:
                ring.append(point)
                ring.sort()
        else:
            age = row.t - ring[-1][0]
            if age >= 30.0 and (chord_m(*ring[-1][1:], row.lat, row.lon) >= 20.0 or age >= 600.0):
                ring.append(point)
        del ring[:-32]

    def is_way_back(self, track: Track) -> bool:
        if track.jump is None or not 0.0 <= track.last.t - track.jump[0] <= 3600.0:
            return False
        apart_nm = chord_m(*track.jump[2:], track.last.lat, track.last.lon) / NM_M
        return apart_nm <= 60.0 * (track.last.t - track.jump[0] + 10.0) / 3600.0

    def settle(self, mmsi: int) -> None:
        for track in self.of(mmsi):
            if track.origin < 0 or len(track.fixes) + track.n_deep < 2:
                continue
            origin = self.tracks.get(track.origin)
            is_distress = not math.isnan(track.t_distress)
            if origin is None or mmsi in SHARED or is_distress or origin.last.t > track.t_born:
                track.origin = -1
            elif track.last.t - origin.last.t >= (540.0 if origin.last.is_coarse else 30.0):  # three intervals
                del self.tracks[track.target_id]
                n = len(origin.fixes) + len(track.fixes) + origin.n_deep + track.n_deep
                origin.fixes, origin.ring = track.fixes, track.ring
                if not self.is_way_back(origin):
                    origin.jump = track.may_be
                origin.n_deep = n - len(track.fixes)
                origin.heard_by = track.heard_by
                origin.t_heard = max(origin.t_heard, track.t_heard)
                origin.n_distress += track.n_distress
                for name in ("t_distress", "t_test"):
                    both = [getattr(t, name) for t in (origin, track) if not math.isnan(getattr(t, name))]
                    setattr(origin, name, max(both, default=NAN))
