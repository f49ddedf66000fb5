"""What a radar of the story can see, scan by scan: ranges, bearings, chances of detection.

    K scans x C candidates: where each one is as the beam passes it; how well it is seen, by
       horizon and sector, echo and range, clutter, aspect, fades, shadow behind big ships, a bigger echo beside it

Everything of a minute is one matrix, since a scan by itself is too small to be worth its array calls. A scene has no
dice: aspects, errors and false echoes are drawn once for the night, so that the truth can ask for the same scene again.
The model and its numbers: monitor/sim/echo.py, monitor/sim/radars.py; plots and tracks: monitor/sim/plotter.py.
"""

from dataclasses import dataclass

import numpy as np

from decoders.table import Column
from geofences.project import SEMI_MAJOR_M
from monitor.radar.sites import SECOND_ECCENTRICITY_2
from monitor.sim import echo
from monitor.sim.false_echoes import FalseEchoes, draw
from monitor.sim.motion import STEP_S, Motion
from monitor.sim.night import Night
from monitor.sim.radars import Radar
from monitor.sim.routes import NM_M
from monitor.sim.story import Fade

MINUTE_S = 60.0
ASPECT_TAU_S = 180.0  # how long a vessel keeps showing the same side
MARGIN_M = 1500.0  # farther than anything goes in a minute: who comes into range within it is looked at too
NO_ECHO = ("base", "beacon")
BIG_M, SMALL_M = 100.0, 60.0  # a ship that shadows, a craft that is shadowed
SHADOW = 0.1  # of the chance of detection (radar model, section 5)
MERGE_RANGE_M, MERGE_BEAMS = 60.0, 1.5  # two echoes that close are one
BIAS_M, BIAS_DEG, CLOCK_S = 10.0, 0.1, 0.1  # standard deviations over radars


@dataclass(frozen=True, slots=True)
class Scene:
    """K scans of C candidates; NaN and chance 0 where one is not there."""

    row: Column  # (C,) row of the sensor: vessels first, then false echoes
    t_s: Column  # (K, C) seconds after the start, when the beam passes
    range_m: Column  # (K, C) true
    bearing_deg: Column  # (K, C) true
    along_m: Column  # (K, C) length of the vessel along the line of sight
    snr_db: Column  # (K, C)
    p: Column  # (K, C) chance of detection
    pair: Column  # (P, 2) candidates that come close: column of the bigger echo, of the smaller
    is_merged: Column  # (K, P) they are one echo


@dataclass(frozen=True, slots=True)
class Sensor:
    """A radar on its night. R rows: V vessels, then false echoes."""

    radar: Radar
    hs_m: float
    motion: Motion
    false: FalseEchoes
    range_bias_m: float
    bearing_bias_deg: float
    clock_offset_s: float
    has_echo: Column  # (V,) bool
    rcs_m2: Column  # (R,)
    height_m: Column  # (R,)
    length_m: Column  # (R,)
    aspect_db: Column  # (R, minutes + 2)
    faded: tuple[tuple[Column, float, float, float], ...]  # rows, from, until, dB

    def __len__(self) -> int:
        return len(self.rcs_m2)

    def scan_starts(self, begin_s: float, end_s: float) -> Column:
        """(K,) times at which the beam points north."""
        period_s = self.radar.period_s
        return np.arange(np.ceil(begin_s / period_s), np.ceil(end_s / period_s)) * period_s

    def scene(self, begin_s: float, end_s: float, also: Column) -> Scene:
        """The scans begun in [begin, end). also : rows that are looked at wherever they are."""
        row, bearing_deg = self._candidates(begin_s, end_s, also)
        t_s = self.scan_starts(begin_s, end_s)[:, None] + bearing_deg / 360.0 * self.radar.period_s
        range_m, bearing_deg, heading_deg = self._where(row, t_s)
        seen = self._in_sight(row, range_m, bearing_deg)
        snr = self._snr_db(row, t_s, range_m)
        p = np.where(seen, echo.p_detection(snr), 0.0)
        _shadow(p, self.length_m[row], range_m, bearing_deg, self.radar.beam_deg)
        pair, is_merged = _merged(self.rcs_m2[row], range_m, bearing_deg, self.radar.beam_deg)
        for (_, lesser), merged in zip(pair.tolist(), is_merged.T, strict=True):
            p[merged, lesser] = 0.0
        along_m = self.length_m[row] * np.abs(np.cos(np.radians(heading_deg - bearing_deg)))
        return Scene(row, t_s, range_m, bearing_deg, along_m, snr, p, pair, is_merged)

    def _candidates(self, begin_s: float, end_s: float, also: Column) -> tuple[Column, Column]:
        """(C,) rows that may be in range in this time, and the bearing at which the beam finds them."""
        n_vessels = len(self.has_echo)
        everyone = np.arange(n_vessels)
        near = np.zeros(len(self), bool)
        reach = self.radar.range_nm * NM_M + MARGIN_M
        bearing = np.zeros(len(self))
        for t_s in (begin_s, end_s):
            range_m, at_deg, _ = self._where(everyone, np.full((1, n_vessels), t_s))
            near[:n_vessels] |= (range_m[0] < reach) & self.has_echo
            bearing[:n_vessels] = np.where(np.isnan(at_deg[0]), bearing[:n_vessels], at_deg[0])
        near[n_vessels:] = (self.false.begin_s < end_s) & (self.false.end_s > begin_s)
        bearing[n_vessels:] = np.degrees(np.arctan2(self.false.x_m, self.false.y_m)) % 360.0
        near[also] = True
        row = np.flatnonzero(near)
        return row, bearing[row]

    def _where(self, row: Column, t_s: Column) -> tuple[Column, Column, Column]:
        """Range, bearing and heading of rows (C,) at times (K, C)."""
        n_vessels = len(self.has_echo)
        is_vessel = row < n_vessels
        vessel = np.where(is_vessel, row, 0)
        step = np.clip((t_s - self.motion.t0_s) / STEP_S, 0.0, self.motion.lat_deg.shape[1] - 1.001)
        before = step.astype(np.int64)
        share = step - before
        lat = self.motion.lat_deg[vessel, before]
        lat = lat + share * (self.motion.lat_deg[vessel, before + 1] - lat)
        lon = self.motion.lon_deg[vessel, before]
        lon = lon + share * (self.motion.lon_deg[vessel, before + 1] - lon)
        range_m, bearing_deg = polar(lat, lon, *self.radar.place)
        heading_deg = self.motion.heading_deg[vessel, before].astype(np.float64)
        if not is_vessel.all():
            own = ~is_vessel
            x_m, y_m = self.false.at(row[own] - n_vessels, t_s[:, own])
            range_m[:, own], bearing_deg[:, own] = np.hypot(x_m, y_m), np.degrees(np.arctan2(x_m, y_m)) % 360.0
        return range_m, bearing_deg, heading_deg

    def _in_sight(self, row: Column, range_m: Column, bearing_deg: Column) -> Column:
        """(K, C) bool: in range, in the sector, above the horizon."""
        begin, end = self.radar.sector_deg
        in_sector = (bearing_deg - begin) % 360.0 <= (end - begin if end - begin == 360.0 else (end - begin) % 360.0)
        farthest = np.minimum(echo.horizon_m(self.radar.height_m, self.height_m[row]), self.radar.range_nm * NM_M)
        seen: Column = in_sector & (range_m < farthest)
        return seen

    def _snr_db(self, row: Column, t_s: Column, range_m: Column) -> Column:
        """(K, C) signal over noise, with what sea and weather take."""
        minute = np.clip(t_s / MINUTE_S, 0.0, self.aspect_db.shape[1] - 1.001)
        before = minute.astype(np.int64)
        aspect = self.aspect_db[row, before]
        aspect = aspect + (minute - before) * (self.aspect_db[row, before + 1] - aspect)
        rcs_m2 = self.rcs_m2[row]
        loss = echo.clutter_db(self.hs_m, rcs_m2, range_m) - aspect
        for rows, from_s, until_s, db in self.faded:
            loss = loss + np.isin(row, rows) * ((t_s >= from_s) & (t_s < until_s)) * db
        snr = echo.snr_db(rcs_m2, range_m, self.radar.reach_m, loss)
        n_vessels = len(self.has_echo)
        if row[-1:].max(initial=-1) >= n_vessels:
            own = row >= n_vessels
            lives = self.false.lives(row[own] - n_vessels, t_s[:, own])
            snr[:, own] = np.where(lives, echo.SNR_80_DB, -np.inf)
        return snr


def sensor_of(night: Night, number: int) -> Sensor:
    """The story's radar of this number, its errors and echoes drawn."""
    story, radar = night.story, night.story.radars[number]
    rng = np.random.default_rng([night.seed, 100 + number])
    drawn = rng.normal(0.0, (BIAS_M, BIAS_DEG, CLOCK_S))
    told = (radar.range_bias_m, radar.bearing_bias_deg, radar.clock_offset_s)
    bias_m, bias_deg, clock_s = (float(d) if t is None else t for t, d in zip(told, drawn, strict=True))
    false = draw(radar, story.sea, story.duration_s, rng)
    length_m = np.concatenate([[vessel.length_m for vessel in night.vessels], np.full(len(false), 3.0)])
    usual_rcs, usual_height = echo.usual_echo(length_m)
    more = np.full(len(false), np.nan)
    rcs_m2 = np.concatenate([[vessel.rcs_m2 for vessel in night.vessels], more])
    height_m = np.concatenate([[vessel.height_m for vessel in night.vessels], more])
    names = np.array([vessel.name for vessel in night.vessels])
    faded = tuple(
        (np.flatnonzero(np.isin(names, event.who)), at_s, at_s + event.for_s, event.loss_db)
        for event in story.events
        if isinstance(event, Fade)
        for at_s in event.at_s
    )
    return Sensor(
        radar, story.sea.hs_m, night.motion, false, bias_m, bias_deg, clock_s,
        np.array([vessel.role not in NO_ECHO for vessel in night.vessels], bool),
        np.where(np.isnan(rcs_m2), usual_rcs, rcs_m2), np.where(np.isnan(height_m), usual_height, height_m), length_m,
        _aspects(rng, len(length_m), story.duration_s) * radar.aspect_db, faded,
    )  # fmt: skip


def _aspects(rng: np.random.Generator, n: int, duration_s: float) -> Column:
    """(N, minutes + 2) autoregressive noise of standard deviation 1."""
    keep = np.exp(-MINUTE_S / ASPECT_TAU_S)
    noise: Column = rng.standard_normal((n, int(duration_s / MINUTE_S) + 2))
    for k in range(1, noise.shape[1]):
        noise[:, k] = keep * noise[:, k - 1] + np.sqrt(1.0 - keep**2) * noise[:, k]
    return noise


def polar(lat_deg: Column, lon_deg: Column, site_lat_deg: float, site_lon_deg: float) -> tuple[Column, Column]:
    """Range in m and true bearing in degrees from the site: Gauss's middle-latitude formulas, within 1 m at 40 km."""
    dlat, dlon = np.radians(lat_deg - site_lat_deg), np.radians(lon_deg - site_lon_deg)
    middle = np.radians(site_lat_deg) + dlat / 2.0
    v2 = 1.0 + SECOND_ECCENTRICITY_2 * np.cos(middle) ** 2
    n_m = SEMI_MAJOR_M * np.sqrt((1.0 + SECOND_ECCENTRICITY_2) / v2)  # across the meridian
    east, north = n_m * np.cos(middle) * dlon, n_m / v2 * dlat * np.cos(dlon / 2.0)
    bearing = np.degrees(np.arctan2(east, north) - dlon * np.sin(middle) / 2.0) % 360.0
    return np.hypot(east, north), bearing


def apart_deg(a_deg: Column, b_deg: Column) -> Column:
    """The smaller angle between two directions."""
    apart: Column = np.abs((a_deg - b_deg + 180.0) % 360.0 - 180.0)
    return apart


def _shadow(p: Column, length_m: Column, range_m: Column, bearing_deg: Column, beam_deg: float) -> None:
    """Take from small craft what a big ship before them hides, in place."""
    big, small = np.flatnonzero(length_m > BIG_M), np.flatnonzero(length_m < SMALL_M)
    if len(big) and len(small):
        in_line = apart_deg(bearing_deg[:, small, None], bearing_deg[:, None, big]) < beam_deg
        behind = range_m[:, small, None] > range_m[:, None, big] + MERGE_RANGE_M
        p[:, small] *= np.where((in_line & behind).any(axis=2), SHADOW, 1.0)


def _merged(rcs_m2: Column, range_m: Column, bearing_deg: Column, beam_deg: float) -> tuple[Column, Column]:
    """(P, 2) pairs that come near each other in these scans, bigger echo first, and (K, P) when they are one."""
    middle = len(range_m) // 2
    if not len(range_m):
        return np.zeros((0, 2), np.int64), np.zeros((0, 0), bool)
    r, b = range_m[middle], bearing_deg[middle]
    near = (np.abs(r[:, None] - r) < MARGIN_M) & (
        apart_deg(b[:, None], b) < MERGE_BEAMS * beam_deg + np.degrees(MARGIN_M / np.maximum(r, MARGIN_M))
    )
    first, second = np.nonzero(np.triu(near, 1))
    is_less = rcs_m2[first] < rcs_m2[second]
    first, second = np.where(is_less, second, first), np.where(is_less, first, second)
    is_one = (np.abs(range_m[:, first] - range_m[:, second]) < MERGE_RANGE_M) & (
        apart_deg(bearing_deg[:, first], bearing_deg[:, second]) < MERGE_BEAMS * beam_deg
    )
    ever = is_one.any(axis=0)
    return np.stack([first[ever], second[ever]], axis=1), is_one[:, ever]
