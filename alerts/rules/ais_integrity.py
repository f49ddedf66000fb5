"""D18, one vessel: its AIS does not add up.

Four things, each a CAUTION of its own: an impossible jump (faster than any ship and longer than a mile), one MMSI used
by several vessels at once, an MMSI that no authority gives out (ITU-R M.585-9: wrong form, or a country code outside
201..775), and an AIS position far from where radar sees the same ship. A clash of MMSI is one alert for the MMSI, not
one for each vessel. A jump waits a minute before it speaks: when many vessels jump together that is
`gnss_interference`, which then speaks for all of them; where positions are disturbed, radar contradicts nothing new.
"""

import numpy as np

from alerts import words
from alerts.alert import Hits, Priority, SubjectKind
from alerts.hits import FLAG_MMSI_ODD, is_ship, make_hits, mix, no_hits
from alerts.picture import Column, Picture
from alerts.rule import NotNegative, Parameter, Rule, timing_parameters

NAMES = ("kind", "jump_nm", "jump_speed_kn", "n_twins", "t_jump_unix_s", "offset_m")
JUMP, TWIN, ODD, OFFSET = 1, 2, 3, 4
KINDS = np.array([b"", b"jump", b"twin", b"odd mmsi", b"offset"])


def detect(
    picture: Picture,
    *,
    min_jump_speed_kn: NotNegative,
    min_jump_nm: NotNegative,
    jump_raise_after_s: NotNegative,
    recent_s: NotNegative,
    max_radar_offset_m: NotNegative,
    offset_raise_after_s: NotNegative,
) -> Hits:
    """Vessels with a recent jump, MMSIs in use by several or of no valid form, AIS places that radar contradicts."""
    v, now = picture.vessels, picture.now_unix_s
    since_jump_s = now - v.t_jump_unix_s
    is_jump = (since_jump_s <= recent_s) & (v.jump_speed_kn >= min_jump_speed_kn) & (v.jump_nm >= min_jump_nm)
    odd = np.flatnonzero(v.flags & FLAG_MMSI_ODD)
    if len(odd):
        odd = odd[is_ship(picture, odd)]
    offset_m = _offsets_m(picture)
    is_off = (offset_m > max_radar_offset_m) & ~v.is_degraded
    found = [(JUMP, np.flatnonzero(is_jump)), (TWIN, _first_of_twins(picture)), (ODD, odd)]
    found.append((OFFSET, np.flatnonzero(is_off)))
    row = np.concatenate([row for _, row in found])
    if not len(row):
        return no_hits(NAMES)
    kind = np.concatenate([np.full(len(row), kind) for kind, row in found])
    subject = np.where(kind == TWIN, v.mmsi[row], v.target_id[row])
    return make_hits(
        row,
        mix(subject, kind),
        v.lat_deg[row],
        v.lon_deg[row],
        priority=Priority.CAUTION,
        is_raising=True,
        raise_after_s=np.select([kind == JUMP, kind == OFFSET], [jump_raise_after_s, offset_raise_after_s], 0.0),
        band=np.where(kind == TWIN, v.n_twins[row], 0),
        names=NAMES,
        values=(
            KINDS[kind],
            np.where(kind == JUMP, v.jump_nm[row], np.nan),
            np.where(kind == JUMP, v.jump_speed_kn[row], np.nan),
            v.n_twins[row],
            np.where(kind == JUMP, v.t_jump_unix_s[row], np.nan),
            np.where(kind == OFFSET, offset_m[row], np.nan),
        ),
    )


def _offsets_m(picture: Picture) -> Column:
    """(T,) from its radar place to its AIS place; NaN without both."""
    found = np.full(len(picture.vessels), np.nan)
    found[picture.radar.vessel] = picture.radar.offset_m
    return found


def _first_of_twins(picture: Picture) -> Column:
    """(K,) rows: of vessels that share an MMSI the one with the lowest target id, which is the first row."""
    v = picture.vessels
    twin = np.flatnonzero(v.n_twins > 0)
    if not len(twin):
        return twin
    return twin[np.unique(v.mmsi[twin], return_index=True)[1]]


def explain(picture: Picture, hits: Hits, i: int) -> str:
    v, row = picture.vessels, int(hits.row[i])
    kind, jump_nm, jump_speed_kn, n_twins, t_jump, offset_m = (value[i] for value in hits.values)
    where = words.place(float(hits.lat_deg[i]), float(hits.lon_deg[i]))
    when = words.utc(float(v.t_heard_unix_s[row]))
    if kind == b"jump":
        came_from = words.place(float(v.lat_before_jump_deg[row]), float(v.lon_before_jump_deg[row]))
        return (
            f"{words.label(picture, row)} jumped {jump_nm:.1f} nm at {words.utc(float(t_jump))}, which would take "
            f"{jump_speed_kn:.0f} kn: from {came_from} to {where}."
        )
    if kind == b"twin":
        return (
            f"MMSI {int(v.mmsi[row]):09d} is used by {int(n_twins) + 1} vessels at once; one of them is "
            f"{words.label(picture, row)} at {where}, {when}."
        )
    if kind == b"offset":
        return (
            f"{words.label(picture, row)} sends positions {words.distance(offset_m)} from where radar sees it: "
            f"AIS says {where}, {when}."
        )
    return f"{words.label(picture, row)} sends an MMSI that no authority gives out, at {where}, {when}."


RULE = Rule(
    name="ais_integrity",
    version=2,
    subject_kind=SubjectKind.TARGET,
    title="AIS does not add up",
    cleared="sends consistent AIS again, or is heard no more",
    detect=detect,
    explain=explain,
    parameters=(
        Parameter("min_jump_speed_kn", 60.0, "A jump counts when it would take at least this speed, in knots."),
        Parameter("min_jump_nm", 1.0, "A jump counts when it is at least this long, in nautical miles."),
        Parameter(
            "jump_raise_after_s",
            60.0,
            "A jump is told after this many seconds; if others jump meanwhile, the area is told instead.",
        ),
        Parameter("recent_s", 600.0, "A jump is told as long as it is at most this many seconds old."),
        Parameter(
            "max_radar_offset_m",
            500.0,
            "AIS and radar may place a ship this far apart, in metres; antenna offsets and radar errors stay below.",
        ),
        Parameter("offset_raise_after_s", 60.0, "They must have been farther apart for this many seconds."),
        *timing_parameters(clear_after_s=0.0, update_every_s=3600.0),
    ),
)
