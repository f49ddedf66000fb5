"""The track table: what reports become, what can be asked of them.

    apply    rows of one tick group -> the table changed, and what the change was (legs, texts, new ids, counts)
    expire   forget what was not heard for too long
    vessels  the table as the picture's columns, sorted by target id
    trail    recent positions of one vessel
    details  all that is known about one vessel

    positions ─ rounds ─┬─ follows its track: columns          (fixes, trails, hearing)
                        └─ late, twin, coarse, beacon: one by one (identity)
    statics ────────────┬─ says what is known: columns
                        └─ says something new: one by one      (statics)

Order of arrival within one MMSI is kept and different MMSIs never touch each other, so any cut of a stream into groups
gives the same table and the same legs (tests/monitor/test_tracks_laws.py). Figures: tests/bench/bench_tracks.py.
"""

import numpy as np

from decoders.columns import Flag, Positions, Statics, Texts
from monitor.changes import NO_TEXTS, Changes, HeardTexts, Legs, Update
from monitor.details import Details, Hearing, details
from monitor.expiry import Ages, expire
from monitor.fixes import apply_positions
from monitor.groups import locate
from monitor.hearing import hear_one, note_distress, note_flags
from monitor.identity import latest_row
from monitor.seen import vessels
from monitor.statics import apply_statics
from monitor.tracktable import TrackTable
from monitor.trails import trail

__all__ = [
    "Ages",
    "Details",
    "HeardTexts",
    "Hearing",
    "Legs",
    "TrackTable",
    "Update",
    "apply",
    "details",
    "expire",
    "trail",
    "vessels",
]


def apply(table: TrackTable, positions: Positions, statics: Statics, texts: Texts, now_unix_s: float) -> Update:
    """Bring the rows of one group, each table in order of arrival, into the track table.

    `station` columns hold rows of the product's receivers. Rows without a time get `now_unix_s`, and so
    do positions stamped more than 120 s ahead of it.
    """
    changes = Changes(now_unix_s)
    if len(positions.mmsi):
        apply_positions(table, changes, positions, now_unix_s)
    if len(statics.mmsi):
        apply_statics(table, changes, statics, now_unix_s)
    heard = _apply_texts(table, changes, texts, now_unix_s) if len(texts.mmsi) else NO_TEXTS
    return changes.freeze(table, heard)


def _apply_texts(table: TrackTable, changes: Changes, texts: Texts, now_unix_s: float) -> HeardTexts:
    t_unix_s = np.where(np.isnan(texts.t_unix_s), now_unix_s, texts.t_unix_s)
    table.t_since_unix_s = min(table.t_since_unix_s, float(t_unix_s.min()))
    locate(table, changes, np.unique(texts.mmsi))
    rows: list[int] = []
    for k in range(len(texts)):
        one = latest_row(table, table.rows_of(int(texts.mmsi[k])))
        rows.append(one)
        t, flags = float(t_unix_s[k]), int(texts.flags[k])
        t_before = float(table.t_heard_unix_s[one])
        hear_one(table, one, t, int(texts.type[k]), int(texts.station[k]))
        note_flags(table, one, t_before, t, flags)
        if not flags & Flag.DUPLICATE:
            note_distress(table, one, t, flags, now_unix_s)
    row = np.array(rows)
    new = (texts.flags & Flag.DUPLICATE == 0).nonzero()[0]
    return HeardTexts(table.target_id[row[new]], row[new], t_unix_s[new], texts.text[new])
