"""Who silences whom: not more than one alert for one situation (IMO MSC.302(87) 5.2), and never a distress.

An inhibition holds back hits of one rule that an open alert of another rule already explains, and takes back those
that were opened before the cause was recognised, with a reason that names it. The incident of a retracted alert
stays, with its record, until a person closes it. The table is checked when it is read: a rule that latches (a
distress) cannot be silenced.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from alerts.alert import Hits, Priority
from alerts.picture import Column, Picture
from alerts.rule import Alert, Retraction, Rule


@dataclass(frozen=True, slots=True)
class Inhibition:
    """One line of the table."""

    by: str  # the rule whose open alert explains it
    of: str  # the rule that is silent meanwhile
    covers: Callable[[Picture, Alert, Hits], Column]  # (H,) bool: which hits this alert explains
    because: str  # completes "... is explained by ..."


def check(table: tuple[Inhibition, ...], rules: Mapping[str, Rule]) -> tuple[Inhibition, ...]:
    """The table, if no line of it touches a distress.

    Raises ValueError where one does, or names a rule that does not exist.
    """
    for line in table:
        if line.by not in rules or line.of not in rules:
            raise ValueError(f"inhibition of {line.of} by {line.by}: no such rule")
        if rules[line.of].latches_at is not None:
            raise ValueError(f"{line.of} tells of distress: nothing may silence it")
    return table


def held_back(
    table: tuple[Inhibition, ...],
    rule_name: str,
    picture: Picture,
    hits: Hits,
    open_alerts: Callable[[str], tuple[Alert, ...]],
) -> tuple[Hits, tuple[Retraction, ...]]:
    """The hits that may speak, and a retraction for each that may not (it matters only where an alert is open)."""
    retractions: list[Retraction] = []
    for line in table:
        if line.of != rule_name or not len(hits):
            continue
        for alert in open_alerts(line.by):
            covered = line.covers(picture, alert, hits) & (hits.priority < Priority.EMERGENCY.value)
            reason = f"Taken back: {line.because} (alert {alert.alert_id})."
            retractions.extend(Retraction(int(key), reason) for key in hits.key[covered])
            hits = select(hits, ~covered)
    return hits, tuple(retractions)


def select(hits: Hits, rows: Column) -> Hits:
    """The hits of a mask : (H,) bool."""
    return hits if rows.all() else take(hits, np.flatnonzero(rows))


def take(hits: Hits, rows: Column) -> Hits:
    """The hits of the given rows : (K,) int64, in the given order."""
    return Hits(
        hits.row[rows],
        hits.key[rows],
        hits.priority[rows],
        hits.is_raising[rows],
        hits.raise_after_s[rows],
        hits.band[rows],
        hits.lat_deg[rows],
        hits.lon_deg[rows],
        hits.names,
        tuple(value[rows] for value in hits.values),
    )


def jumped_in_area(picture: Picture, area: Alert, hits: Hits) -> Column:
    """(H,) bool: vessels whose jump is one of an interference area's.

    The alert's place and radius are those of the vessels that jumped when it was last told. The area is wider: whoever
    jumped from within reach of one of its vessels, or to where one of them is made to appear, belongs to it as well.
    A ship in port is believed to have jumped only after minutes, and then it stands alone.
    """
    v = picture.vessels
    row = np.flatnonzero(v.is_degraded & np.isfinite(v.lat_before_jump_deg))
    before = _on_plane(v.lat_before_jump_deg[row], v.lon_before_jump_deg[row], area)
    after = _on_plane(v.lat_deg[row], v.lon_deg[row], area)
    reach_nm = area.figure("within_nm")
    is_linked = (_apart_nm(before) <= reach_nm) | (_apart_nm(after) <= reach_nm)
    belongs = np.hypot(*before) <= area.figure("radius_nm")
    while (wider := belongs | is_linked[:, belongs].any(axis=1)).sum() > belongs.sum():
        belongs = wider
    is_jump = hits.values[hits.names.index("kind")] == b"jump"
    covered: Column = is_jump & np.isin(hits.row, row[belongs])
    return covered


def _on_plane(lat_deg: Column, lon_deg: Column, centre: Alert) -> tuple[Column, Column]:
    """(K,) nautical miles east and north of an alert's place."""
    east_nm = (lon_deg - centre.lon_deg) * 60.0 * np.cos(np.radians(centre.lat_deg))
    return east_nm, (lat_deg - centre.lat_deg) * 60.0


def _apart_nm(place: tuple[Column, Column]) -> Column:
    """(K, K) nautical miles between places."""
    east_nm, north_nm = place
    apart: Column = np.hypot(east_nm[:, None] - east_nm, north_nm[:, None] - north_nm)
    return apart


INHIBITIONS = (
    Inhibition(
        by="gnss_interference",
        of="ais_integrity",
        covers=jumped_in_area,
        because="this jump is one of many in an area where satellite positions are disturbed",
    ),
)
