"""The radar's own plots and tracker: what the monitor receives is what such a tracker believes.

    plot     detected by chance p (Swerling 1: an exponential echo over a fixed threshold), measured with noise and bias
    track    3 plots of 5 scans start it, with the smallest free number; a miss is coasted; too many end it
    filter   alpha-beta with the gains of a straight line through the last plots: speed and course settle within
             a minute or so, as the tracker standard of MSC.192(79) wants, and turn late in a turn

Tracks are tied to the true vessels rather than associated plot by plot: what a confused tracker does to the product is
put in on purpose, where it belongs, when two echoes become one (the lesser starves; one time in ten they swap numbers).
"""

from dataclasses import dataclass

import numpy as np

from decoders.radar.columns import RadarFlag, RadarFormat, RadarReports, TrackStatus
from decoders.table import Column, Table
from monitor.sim.echo import PFA
from monitor.sim.radar import Scene, Sensor
from monitor.sim.stream import KN
from monitor.sim.wire import table

START_HITS, START_SCANS = 3, 5
WINDOW = (1 << START_SCANS) - 1
N_HITS = np.array([bin(bits).count("1") for bits in range(WINDOW + 1)])
LAST_NUMBER = 999
UNKNOWN = 100.0  # variance of the speed after one plot, in variances of a plot a second: anything
ALONG_SHARE = 0.1  # of a ship's length along the line of sight, added to the range's error
FORMATS = {
    "ttm": RadarFormat.TTM,
    "ttm-tll": RadarFormat.TTM,
    "cat010": RadarFormat.CAT010,
    "cat048": RadarFormat.CAT048,
}


@dataclass(frozen=True, slots=True)
class Plots:
    """K scans x C candidates, measured."""

    is_detected: Column  # (K, C) bool
    range_m: Column
    bearing_deg: Column
    amplitude_db: Column


def plots(sensor: Sensor, scene: Scene, rng: np.random.Generator) -> Plots:
    """What the radar detects of a scene, with its noise and bias."""
    shape, radar = scene.p.shape, sensor.radar
    noise = rng.standard_normal((2, *shape))
    sigma_m = radar.sigma_range_m + ALONG_SHARE * scene.along_m
    # an exponential echo that is over the threshold is over it by an exponential amount
    power = -np.log(PFA) + (1.0 + 10.0 ** (scene.snr_db / 10.0)) * rng.standard_exponential(shape)
    return Plots(
        rng.random(shape) < scene.p,
        np.maximum(scene.range_m + noise[0] * sigma_m + sensor.range_bias_m, 1.0),
        (scene.bearing_deg + noise[1] * radar.sigma_bearing_deg + sensor.bearing_bias_deg) % 360.0,
        10.0 * np.log10(power),
    )


class Tracker:
    """The tracks of one radar; (R,) columns over the sensor's rows, metres east and north of the antenna."""

    def __init__(self, sensor: Sensor, rng: np.random.Generator) -> None:
        self.sensor = sensor
        self.rng = rng
        n = len(sensor)
        self.number = np.zeros(n, np.int32)  # 0: no track
        self.hits = np.zeros(n, np.int64)  # of the last five scans, newest in the lowest bit
        self.n_plots = np.zeros(n, np.int64)  # in the filter; 0: none
        self.n_missed = np.zeros(n, np.int64)  # since the last plot
        self.t_s = np.zeros(n)
        # how well place and speed are known, in variances of a plot: place, both, speed (1/s2)
        self.var, self.cov, self.var_speed = np.zeros(n), np.zeros(n), np.zeros(n)
        self.x_m, self.y_m, self.vx, self.vy = np.zeros(n), np.zeros(n), np.zeros(n), np.zeros(n)
        self.amplitude_db = np.full(n, np.nan)
        self.is_one: set[tuple[int, int]] = set()  # rows that are one echo now

    def run(self, begin_s: float, end_s: float) -> tuple[RadarReports, Column]:
        """All reports of the scans begun in [begin, end), and (N,) the row of each."""
        scene = self.sensor.scene(begin_s, end_s, np.flatnonzero(self.n_plots > 0))
        seen = plots(self.sensor, scene, self.rng)
        angle = np.radians(seen.bearing_deg)
        x_m, y_m = seen.range_m * np.sin(angle), seen.range_m * np.cos(angle)
        told = [_Told.empty()]
        for k in range(len(scene.t_s)):
            self._merge(scene, k)
            told.append(self._scan(scene.row, scene.t_s[k], seen.is_detected[k], x_m[k], y_m[k], seen.amplitude_db[k]))
        rows = _Told.concat(told)
        order = np.lexsort((rows.row, rows.t_s))
        rows = rows.take(order)
        return _reports(self.sensor, rows), rows.row

    def _merge(self, scene: Scene, k: int) -> None:
        """Boats that become one echo: now and then the one that stays gets the other's track."""
        now = {(int(scene.row[a]), int(scene.row[b])) for a, b in scene.pair[scene.is_merged[k]].tolist()}
        for a, b in sorted(now - self.is_one):
            if self.number[a] > 0 and self.number[b] > 0 and self.rng.random() < self.sensor.radar.swap_share:
                for column in self._columns():
                    column[a], column[b] = column[b], column[a]
        self.is_one = now

    def _columns(self) -> tuple[Column, ...]:
        return (
            self.number, self.hits, self.n_plots, self.n_missed, self.t_s, self.var, self.cov, self.var_speed,
            self.x_m, self.y_m, self.vx, self.vy, self.amplitude_db,
        )  # fmt: skip

    def _scan(
        self, row: Column, t_s: Column, is_plot: Column, x_m: Column, y_m: Column, amplitude_db: Column
    ) -> "_Told":
        """One turn of the antenna."""
        age_s = t_s - self.t_s[row]
        has = self.n_plots[row] > 0
        # as a bearing passes north the beam finds it twice within moments: the second time says nothing new
        again = has & (age_s < 0.5 * self.sensor.radar.period_s)
        row, t_s, age_s, has = row[~again], t_s[~again], age_s[~again], has[~again]
        is_plot, amplitude_db = is_plot[~again], amplitude_db[~again]
        self._filter(row, t_s, np.where(has, age_s, 1.0), has, is_plot, x_m[~again], y_m[~again])
        self.amplitude_db[row[is_plot]] = amplitude_db[is_plot]
        self.hits[row] = (self.hits[row] << 1 | is_plot) & WINDOW
        self.n_missed[row] = np.where(is_plot, 0, self.n_missed[row] + 1)
        self._start(row[(self.number[row] == 0) & (N_HITS[self.hits[row]] >= START_HITS)])
        is_track = self.number[row] > 0
        is_lost = is_track & (self.n_missed[row] > self.sensor.radar.coast_scans)
        status = np.where(is_plot, TrackStatus.TRACKED, np.where(is_lost, TrackStatus.LOST, TrackStatus.COASTED))
        mine = row[is_track]
        told = _Told(
            mine, t_s[is_track], self.number[mine], status[is_track].astype(np.int8), self.x_m[mine], self.y_m[mine],
            self.vx[mine], self.vy[mine], self.amplitude_db[mine],
        )  # fmt: skip
        gone = row[is_lost | ((self.number[row] == 0) & (self.hits[row] == 0))]
        self.number[gone] = 0
        self.n_plots[gone] = 0
        return told

    def _filter(
        self, row: Column, t_s: Column, age_s: Column, has: Column, is_plot: Column, x_m: Column, y_m: Column
    ) -> None:
        """Extrapolate, and correct by the plot where there is one."""
        alpha, beta_per_s = self._gains(row, np.where(has, age_s, 0.0), has, is_plot)
        for place, speed, measured in ((self.x_m, self.vx, x_m), (self.y_m, self.vy, y_m)):
            ahead = place[row] + np.where(has, speed[row] * age_s, 0.0)
            off = measured - ahead
            place[row] = np.where(is_plot, ahead + alpha * off, ahead)
            speed[row] = np.where(has, speed[row], 0.0) + np.where(is_plot & has, beta_per_s * off, 0.0)
        self.n_plots[row] += is_plot
        self.t_s[row] = t_s

    def _gains(self, row: Column, age_s: Column, has: Column, is_plot: Column) -> tuple[Column, Column]:
        """What a plot moves the place by, and the speed (1/s): recursive least squares, whatever scans were missed.

        With every scan seen these are 2 (2n - 1) / n (n + 1) and 6 / n (n + 1) a scan; they fall no lower than those of
        the last `smooth_scans`.
        """
        var = self.var[row] + age_s * (2.0 * self.cov[row] + age_s * self.var_speed[row])
        cov = self.cov[row] + age_s * self.var_speed[row]
        alpha, beta_per_s = var / (var + 1.0), cov / (var + 1.0)
        self.var[row] = np.where(has, np.where(is_plot, alpha, var), 1.0)
        self.cov[row] = np.where(has, np.where(is_plot, beta_per_s, cov), 0.0)
        self.var_speed[row] = np.where(has, self.var_speed[row] - np.where(is_plot, beta_per_s * cov, 0.0), UNKNOWN)
        n = self.sensor.radar.smooth_scans
        least, least_per_s = 2.0 * (2.0 * n - 1.0) / (n * (n + 1.0)), 6.0 / (n * (n + 1.0)) / self.sensor.radar.period_s
        return np.where(has, np.maximum(alpha, least), 1.0), np.maximum(beta_per_s, least_per_s)

    def _start(self, row: Column) -> None:
        """New tracks take the smallest numbers that are free; when all are taken, nothing more is tracked."""
        if len(row):
            is_free = np.ones(LAST_NUMBER + 1, bool)
            is_free[self.number] = False
            is_free[0] = False
            free = np.flatnonzero(is_free)[: len(row)]
            self.number[row[: len(free)]] = free


@dataclass(frozen=True, slots=True)
class _Told(Table):
    """Rows of one or more scans."""

    row: Column
    t_s: Column
    number: Column
    status: Column
    x_m: Column
    y_m: Column
    vx: Column
    vy: Column
    amplitude_db: Column

    @classmethod
    def empty(cls) -> "_Told":
        kinds = ("i8", "f8", "i4", "i1", "f8", "f8", "f8", "f8", "f8")
        return cls(*(np.zeros(0, kind) for kind in kinds))


def _reports(sensor: Sensor, told: _Told) -> RadarReports:
    """The rows in the columns of the radar contract, but that seconds are after the story's start."""
    radar = sensor.radar
    return table(
        RadarReports,
        len(told),
        t_unix_s=told.t_s + sensor.clock_offset_s,
        t_heard_unix_s=told.t_s + radar.latency_s,
        station=np.zeros(len(told), np.int32),
        format=np.full(len(told), FORMATS[radar.wire], np.int8),
        track_no=told.number,
        status=told.status,
        flags=np.where(told.status == TrackStatus.LOST, int(RadarFlag.LAST), 0).astype(np.int32),
        range_m=np.hypot(told.x_m, told.y_m),
        bearing_deg=np.degrees(np.arctan2(told.x_m, told.y_m)) % 360.0,
        sog_kn=np.hypot(told.vx, told.vy) / KN,
        cog_deg=np.degrees(np.arctan2(told.vx, told.vy)) % 360.0,
        amplitude_db=told.amplitude_db,
    )
