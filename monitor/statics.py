"""Static data into tracks: names, call signs, types, dimensions, voyages.

Most static messages say again what is known: a message whose payload equals the last one joined needs nothing but a
note that it was heard, and that test is one comparison of columns. The rest goes one by one through `join`.

What identifies a vessel (name, call sign, IMO number, types, dimensions) is taken at once when nothing is known, and
when it changes only after two equal messages: about one damaged line in 255 passes the checksum. What a crew changes
during a voyage (destination, ETA, draught) is taken as it comes.
"""

import numpy as np

from decoders.columns import Flag, Statics
from decoders.table import Column
from monitor.changes import Changes
from monitor.groups import locate, rounds
from monitor.hearing import DISTRESS, hear, hear_one, note_distress, note_flags
from monitor.identity import latest_row
from monitor.tracktable import TrackTable

IDENTITY = ("name", "callsign", "imo", "ship_type", "aid_type", "vendor", "mothership_mmsi")
DIMENSIONS = ("to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m")
VOYAGE = (
    *("destination", "eta_month", "eta_day", "eta_hour", "eta_minute"),
    *("draught_m", "is_virtual", "is_off_position"),
)
PART_B = 1


def apply_statics(table: TrackTable, changes: Changes, statics: Statics, now_unix_s: float) -> None:
    """Bring every static row, in order of arrival, to its track."""
    t_unix_s = np.where(np.isnan(statics.t_unix_s), now_unix_s, statics.t_unix_s)
    table.t_since_unix_s = min(table.t_since_unix_s, float(t_unix_s.min()))
    hashes = statics.payload_hash.view(np.int64)
    is_known_form = (statics.flags & DISTRESS) == 0
    if table.shared:
        is_known_form &= ~np.isin(statics.mmsi, list(table.shared))
    mmsi, parts = rounds(statics.mmsi, t_unix_s)
    first_row = locate(table, changes, mmsi)
    for at, which in parts:
        row = first_row[which]
        held = np.where(statics.part[at] == PART_B, table.part_b_hash[row], table.static_hash[row])
        is_repeat = (held == hashes[at]) & (held != 0) & is_known_form[at] & ~np.isnan(table.t_unix_s[row])
        repeat = is_repeat.nonzero()[0]
        if len(repeat):
            heard, seen = at[repeat], row[repeat]
            hear(table, seen, t_unix_s[heard], statics.type[heard].astype(np.int64), statics.station[heard])
            table.t_static_unix_s[seen] = np.fmax(table.t_static_unix_s[seen], t_unix_s[heard])
        for k in at[~is_repeat].tolist():
            join(table, statics, k, float(t_unix_s[k]))


def join(table: TrackTable, statics: Statics, k: int, t_unix_s: float) -> None:
    """Bring static row k to its track."""
    rows = table.rows_of(int(statics.mmsi[k]))
    row = rows[0] if len(rows) == 1 else _row_of_name(table, rows, statics, k)
    flags = int(statics.flags[k])
    t_before = float(table.t_heard_unix_s[row])
    hear_one(table, row, t_unix_s, int(statics.type[k]), int(statics.station[k]))
    note_flags(table, row, t_before, t_unix_s, flags)
    if flags & Flag.DUPLICATE:
        return
    note_distress(table, row, t_unix_s, flags)
    if not table.t_static_unix_s[row] >= t_unix_s:
        table.t_static_unix_s[row] = t_unix_s
    drew_m = table.draught_m[row].tobytes()
    for name in VOYAGE:
        value = getattr(statics, name)[k]
        if not _is_missing(value):
            getattr(table, name)[row] = value
    is_taken, is_changed = _take_identity(table, row, statics, k)
    table.n_statics += is_changed or table.draught_m[row].tobytes() != drew_m
    if is_taken:
        column = table.part_b_hash if statics.part[k] == PART_B else table.static_hash
        column[row] = statics.payload_hash.view(np.int64)[k]


def _row_of_name(table: TrackTable, rows: list[int], statics: Statics, k: int) -> int:
    """Several tracks, one MMSI, no position in the message: the track of that name or call sign, else the latest."""
    for name in ("name", "callsign"):
        said = getattr(statics, name)[k]
        named = [row for row in rows if said and getattr(table, name)[row] == said]
        if named:
            return latest_row(table, named)
    return latest_row(table, rows)


def _take_identity(table: TrackTable, row: int, statics: Statics, k: int) -> tuple[bool, bool]:
    """Join the identifying part of a message: (taken, something is new).

    Not taken when it contradicts what is known and its like was not heard just before.
    """
    said = {name: getattr(statics, name)[k] for name in (*IDENTITY, *DIMENSIONS)}
    said = {name: value for name, value in said.items() if not _is_missing(value)}
    known = {name: getattr(table, name)[row] for name in said}
    new = [name for name, value in said.items() if known[name] != value]
    key = (int(table.target_id[row]), int(statics.type[k]) * 4 + int(statics.part[k]) + 1)
    if any(not _is_missing(known[name]) for name in new):
        held = repr([(name, value.item()) for name, value in said.items()]).encode()
        if table.doubts.get(key) != held:
            table.doubts[key] = held
            return False, False
    table.doubts.pop(key, None)
    for name in new:
        getattr(table, name)[row] = said[name]
    return True, bool(new)


def _is_missing(value: Column) -> bool:
    """Whether a scalar is NaN, -1 or b""."""
    kind = value.dtype.kind
    return bool(value != value if kind == "f" else value == -1 if kind == "i" else value == b"")
