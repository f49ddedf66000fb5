"""Tracks that the sea itself makes: short, slow, near, upwind (radar error model, section 5)."""

from dataclasses import dataclass

import numpy as np

from decoders.table import Column
from monitor.sim.echo import sea_state
from monitor.sim.radars import Radar, Sea
from monitor.sim.stream import KN

CALM_PER_H, PER_SEA_STATE = 2.0, 10.0 ** (1 / 3)  # 2 an hour at sea state 1, 20 at 4
LIFE_S = (20.0, 120.0)
FASTEST_KN = 8.0
OUT_TO_M = 8000.0
UPWIND_DEG = 60.0  # to each side


@dataclass(frozen=True, slots=True)
class FalseEchoes:
    """F patches of sea; metres east and north of the antenna at their beginning."""

    begin_s: Column
    end_s: Column
    x_m: Column
    y_m: Column
    vx_m_per_s: Column
    vy_m_per_s: Column

    def __len__(self) -> int:
        return len(self.begin_s)

    def at(self, row: Column, t_s: Column) -> tuple[Column, Column]:
        """Where rows (C,) are at times (K, C)."""
        age_s = t_s - self.begin_s[row]
        return self.x_m[row] + age_s * self.vx_m_per_s[row], self.y_m[row] + age_s * self.vy_m_per_s[row]

    def lives(self, row: Column, t_s: Column) -> Column:
        """(K, C) bool."""
        alive: Column = (t_s >= self.begin_s[row]) & (t_s < self.end_s[row])
        return alive


def rate_per_h(radar: Radar, sea: Sea) -> float:
    """What the story says, or what the sea state makes."""
    return radar.false_per_h if radar.false_per_h >= 0 else CALM_PER_H * PER_SEA_STATE ** (sea_state(sea.hs_m) - 1.0)


def draw(radar: Radar, sea: Sea, duration_s: float, rng: np.random.Generator) -> FalseEchoes:
    """The night's false echoes: where the wind comes from, as far as the radar looks there."""
    n = int(rng.poisson(rate_per_h(radar, sea) * duration_s / 3600.0))
    bearings = np.arange(0.0, 360.0, 0.5)
    begin, end = radar.sector_deg
    in_sector = (bearings - begin) % 360.0 <= (360.0 if end - begin == 360.0 else (end - begin) % 360.0)
    upwind = np.abs((bearings - sea.wind_from_deg + 180.0) % 360.0 - 180.0) <= UPWIND_DEG
    choice = bearings[in_sector & upwind] if (in_sector & upwind).any() else bearings[in_sector]
    bearing = np.radians(rng.choice(choice, n) + rng.uniform(0.0, 0.5, n))
    range_m = np.sqrt(rng.uniform(0.05, 1.0, n)) * min(OUT_TO_M, radar.range_nm * 1852.0)
    begin_s = np.sort(rng.uniform(0.0, duration_s, n))
    speed, way = rng.uniform(0.0, FASTEST_KN, n) * KN, rng.uniform(0.0, 2 * np.pi, n)
    return FalseEchoes(
        begin_s, begin_s + rng.uniform(*LIFE_S, n), range_m * np.sin(bearing), range_m * np.cos(bearing),
        speed * np.sin(way), speed * np.cos(way),
    )  # fmt: skip
