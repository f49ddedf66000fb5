"""Plots for the tracker's tests: the shipped settings, a site, reports, simulated radars."""

from typing import Any

import numpy as np

from decoders.columns import missing
from decoders.radar.columns import RadarFormat, RadarReports
from decoders.table import Column
from monitor import config
from monitor.radar.sites import RadarSite

SETTINGS = config.parse(config.shipped_text()).plot_tracker
SITE = RadarSite("dover", "radar", "", 51.129, 1.326, 100.0, 0.0, 24.0, 2.5, 7.0, 0.12)


def reports(t_unix_s: Column, **column: Any) -> RadarReports:
    """Plots with these columns; all others say nothing."""
    n = len(t_unix_s)
    found = {name: missing(name, n) for name in RadarReports.__dataclass_fields__}
    found |= {"line": np.arange(1, n + 1), "format": np.full(n, RadarFormat.CSV, np.int8)}
    found |= {"flags": np.zeros(n, np.int32), "station": np.zeros(n, np.int32)}
    t = np.asarray(t_unix_s, float)
    given = {name: np.asarray(value, found[name].dtype) for name, value in column.items()}
    return RadarReports(**{**found, "t_unix_s": t, "t_heard_unix_s": t, **given})
