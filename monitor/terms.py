"""What the terms of the chart's fences (geofences/terms.py) mean to the pipeline.

    hysteresis      dwell.update, by fence where some fence has its own
    hours, sides    here, for legs, and at what angle; dwell and renewal.py, for stays
    vessels         alerts/concern.py, where rules choose their hits
    cooldown        alerts/engine.py, where alerts go on

A chart whose fences make no terms costs nothing more than one that could not.
"""

import numpy as np

from alerts.picture import Concern, Fences
from decoders.table import Column
from geofences.crossing import Crossings, angle_deg
from geofences.events import Side
from geofences.fenceset import FenceSet
from geofences.terms import LIMITS
from monitor.changes import Legs
from monitor.dwell import Thresholds
from monitor.settings import PictureSettings


def chart_of(fences: FenceSet, is_active: Column | None = None, t_drawn_unix_s: Column | None = None) -> Fences:
    """The fences as rules see them.

    is_active : (F,) bool, None where all are in force; t_drawn_unix_s : (F,), since when each lies as it does
    """
    terms = fences.terms
    limits = [getattr(terms, name) for name in LIMITS]
    has_filter = any(terms.classes) or any(terms.mmsi) or any(not np.isnan(limit).all() for limit in limits)
    return Fences(
        fences.fence_id,
        fences.name,
        fences.kind,
        fences.traffic_direction_deg,
        groups=terms.groups if any(terms.groups) else (),
        concern=Concern(terms.classes, terms.mmsi, *limits) if has_filter else None,
        is_active=is_active,
        cooldown_s=None if np.isnan(terms.cooldown_s).all() else terms.cooldown_s,
        t_drawn_unix_s=t_drawn_unix_s,
    )


def thresholds_of(fences: FenceSet, settings: PictureSettings) -> Thresholds:
    """The settings, and what single fences want instead."""
    terms = fences.terms
    reports = terms.enter_reports
    has_reports = bool((reports >= 0).any())
    return Thresholds(
        _or_usual(terms.enter_margin_m, settings.enter_margin_m),
        np.where(reports >= 0, reports, settings.enter_reports) if has_reports else settings.enter_reports,
        _or_usual(terms.enter_after_s, settings.enter_after_s),
        _or_usual(terms.exit_margin_m, settings.exit_margin_m),
    )


def _or_usual(own: Column, usual: float) -> Column | float:
    is_said = ~np.isnan(own)
    return np.where(is_said, own, usual) if is_said.any() else usual


def active_now(fences: FenceSet, now_unix_s: float) -> Column | None:
    """(F,) bool: which fences are in force; None where none ever is out of it."""
    return None if fences.terms.schedule.is_always else fences.terms.schedule.active_now(now_unix_s)


def is_told(
    fences: FenceSet, found: Crossings, legs: Legs, t_unix_s: Column, lies_since_unix_s: Column | None
) -> Column | None:
    """(C,) bool: events of fences that were in force and lay there at the time, lines crossed as they want; None: all.

    legs : those that were matched; t_unix_s : (C,) float64, of each event; lies_since_unix_s : (F,) float64 as
    renewal.py has it, None since ever
    """
    terms, fence = fences.terms, found.fence
    told = None
    if lies_since_unix_s is not None:
        told = t_unix_s >= lies_since_unix_s[fence]
    if not terms.schedule.is_always:
        active = terms.schedule.is_active(fence, t_unix_s)
        told = active if told is None else told & active
    if terms.side.any():
        wanted = terms.side[fence]
        is_right = (wanted == Side.NONE.value) | (wanted == found.side)
        told = is_right if told is None else told & is_right
    least_deg = terms.min_angle_deg[fence]
    steep = np.flatnonzero(least_deg > 0.0)
    if len(steep):
        row = found.row[steep]
        ends = (column[row] for column in (legs.lat1_deg, legs.lon1_deg, legs.lat2_deg, legs.lon2_deg))
        is_right = np.ones(len(found), bool)
        is_right[steep] = angle_deg(fences, found.edge[steep], *ends) >= least_deg[steep]
        told = is_right if told is None else told & is_right
    return told
