"""D18, an area: many vessels jump at once, so satellite positions are disturbed there.

Second stage of the jump detection: vessels that jumped within the last ten minutes are gathered by where they were
before the jump (where they are made to appear says nothing), and each group of five or more within ten miles of one
another is one WARNING. It speaks for the single jumps of its area (`alerts/inhibit.py`). A group is found as in
DBSCAN: a vessel with at least four others within reach is a core, cores within reach of one another are one area.

The area's key comes from its first vessel; while the alert is open, a group that lies near it is the same area even
when that vessel's jump has grown old (`Rule.same_within_nm`).
"""

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from alerts import words
from alerts.alert import Hits, Priority, SubjectKind
from alerts.hits import doubling, make_hits, no_hits
from alerts.picture import Column, Picture
from alerts.rule import AtLeastTwo, NotNegative, Parameter, Rule, timing_parameters

NAMES = ("n_vessels", "radius_nm", "first_jump_unix_s", "last_jump_unix_s")


def detect(
    picture: Picture,
    *,
    min_vessels: AtLeastTwo,
    hold_vessels: AtLeastTwo,
    within_nm: NotNegative,
    recent_s: NotNegative,
) -> Hits:
    """Areas in which at least `min_vessels` jumped within `recent_s`."""
    v = picture.vessels
    row = np.flatnonzero(picture.now_unix_s - v.t_jump_unix_s <= recent_s)
    if len(row) < hold_vessels:
        return no_hits(NAMES)
    row = row[np.isfinite(v.lat_before_jump_deg[row]) & np.isfinite(v.lon_before_jump_deg[row])]
    row = row[np.lexsort((v.target_id[row], v.t_jump_unix_s[row]))]
    group = _groups(v.lat_before_jump_deg[row], v.lon_before_jump_deg[row], within_nm, hold_vessels)
    row, group = row[group >= 0], group[group >= 0]
    if not len(row):
        return no_hits(NAMES)
    _, first, member, n = np.unique(group, return_index=True, return_inverse=True, return_counts=True)
    lat_deg = np.bincount(member, v.lat_before_jump_deg[row]) / n
    lon_deg = np.bincount(member, v.lon_before_jump_deg[row]) / n
    dx = (v.lon_before_jump_deg[row] - lon_deg[member]) * 60.0 * np.cos(np.radians(lat_deg[member]))
    dy = (v.lat_before_jump_deg[row] - lat_deg[member]) * 60.0
    radius_nm, t_last = np.zeros(len(n)), np.zeros(len(n))
    np.maximum.at(radius_nm, member, np.hypot(dx, dy))
    np.maximum.at(t_last, member, v.t_jump_unix_s[row])
    return make_hits(
        np.full(len(n), -1),
        v.target_id[row][first],
        lat_deg,
        lon_deg,
        priority=Priority.WARNING,
        is_raising=n >= min_vessels,
        raise_after_s=0.0,
        band=doubling(n / float(min_vessels)),
        names=NAMES,
        values=(n, np.maximum(radius_nm, within_nm), v.t_jump_unix_s[row][first], t_last),
    )


def _groups(lat_deg: Column, lon_deg: Column, within_nm: float, min_vessels: int) -> Column:
    """(K,) int64: the group of each vessel; -1 where fewer than `min_vessels` are in reach, itself included."""
    if not len(lat_deg):
        return np.zeros(0, np.int64)
    x = lon_deg * 60.0 * np.cos(np.radians(lat_deg))
    tree = cKDTree(np.column_stack([x, lat_deg * 60.0]))
    edge = tree.query_pairs(within_nm, output_type="ndarray")
    n = len(lat_deg)
    n_near = 1 + np.bincount(edge.ravel(), minlength=n)
    is_core = n_near >= min_vessels
    edge = edge[is_core[edge].any(axis=1)]
    links = coo_array((np.ones(len(edge)), (edge[:, 0], edge[:, 1])), shape=(n, n))
    _, group = connected_components(links, directed=False)
    is_member = is_core.copy()
    is_member[edge.ravel()] = True
    return np.where(is_member, group, -1).astype(np.int64)


def explain(picture: Picture, hits: Hits, i: int) -> str:
    n, radius_nm, t_first, t_last = (float(value[i]) for value in hits.values)
    return (
        f"{n:.0f} vessels within {radius_nm:.0f} nm of {words.place(float(hits.lat_deg[i]), float(hits.lon_deg[i]))} "
        f"jumped between {words.utc(t_first)} and {words.utc(t_last)}: satellite positions are disturbed there, and "
        f"AIS positions from the area are not to be trusted."
    )


RULE = Rule(
    name="gnss_interference",
    version=1,
    subject_kind=SubjectKind.AREA,
    title="satellite positions disturbed",
    cleared="has no fresh jumps",
    detect=detect,
    explain=explain,
    parameters=(
        Parameter("min_vessels", 5, "At least this many vessels must have jumped for an area to be told."),
        Parameter("hold_vessels", 3, "The area stays as long as at least this many of its jumps are recent."),
        Parameter("within_nm", 10.0, "Vessels this near to each other, in nautical miles, belong to one area."),
        Parameter("recent_s", 600.0, "Jumps count for this many seconds."),
        *timing_parameters(clear_after_s=180.0),
    ),
    same_within_nm=30.0,
)
