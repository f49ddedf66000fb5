"""Radar reports to test with: everything missing but what is named, or everything drawn at random."""

from typing import Any

import numpy as np

from decoders.columns import DTYPES, missing
from decoders.radar.columns import RadarReports

T_UNIX_S = 1_763_800_000.0


def reports_of(n: int, **columns: Any) -> RadarReports:
    """n reports with the named columns, each a value for all or one for each."""
    made = {name: missing(name, n) for name in RadarReports.__dataclass_fields__}
    made["flags"] = np.zeros(n, np.int32)
    for name, value in columns.items():
        made[name] = np.broadcast_to(np.asarray(value, DTYPES[name]), n).copy()
    return RadarReports(**made)


def random_reports(n: int, seed: int) -> RadarReports:
    """n reports as of a coastal radar, in which every column is missing now and then."""
    rng = np.random.default_rng(seed)

    def sometimes(value: np.ndarray) -> np.ndarray:
        return np.where(rng.random(n) < 0.2, np.nan, value)

    has_place = rng.random(n) < 0.5
    has_size = rng.random(n) < 0.7
    has_sigma = rng.random(n) < 0.7
    status = rng.integers(-1, 4, n)
    flags = rng.choice([0, 1, 2, 3], n) | np.where(status == 3, 8, 0)
    names = np.array([b"", b"DOVER 1", b"ABCDEFGH", b"7"])
    return reports_of(
        n,
        t_unix_s=T_UNIX_S + np.sort(rng.uniform(0, 60, n)),
        track_no=rng.integers(0, 4096, n),
        status=status,
        flags=flags,
        lat_deg=np.where(has_place, rng.uniform(-89, 89, n), np.nan),
        lon_deg=np.where(has_place, rng.uniform(-179, 179, n), np.nan),
        range_m=np.where(has_place, np.nan, rng.uniform(0, 60_000, n)),
        bearing_deg=np.where(has_place, np.nan, rng.uniform(0, 360, n)),
        sog_kn=(speed := sometimes(rng.uniform(0, 60, n))),
        cog_deg=np.where(np.isnan(speed), np.nan, rng.uniform(0, 360, n)),
        sigma_east_m=np.where(has_sigma, rng.uniform(1, 60, n), np.nan),
        sigma_north_m=np.where(has_sigma, rng.uniform(1, 60, n), np.nan),
        length_m=np.where(has_size, rng.integers(1, 127, n), np.nan),
        width_m=np.where(has_size, sometimes(rng.integers(1, 127, n)), np.nan),
        amplitude_db=sometimes(rng.integers(0, 100, n)),
        name=rng.choice(names, n),
    )
