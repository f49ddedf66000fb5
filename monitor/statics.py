"""Static data into tracks: names, call signs, types, dimensions, voyages.

Most static messages say again what is known: a message whose payload equals the last one joined needs nothing but a
note that it was heard, and that test is one comparison of columns. News are joined column by column, too; what
contradicts something known goes one by one, and so do beacons and MMSIs with several tracks.

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
FEW = 2  # that many messages are cheaper one by one (60 us each) than as columns
IS_DUPLICATE = int(Flag.DUPLICATE)


def apply_statics(table: TrackTable, changes: Changes, statics: Statics, now_unix_s: float) -> None:
    """Bring every static row, in order of arrival, to its track."""
    t_unix_s = np.where(np.isnan(statics.t_unix_s), now_unix_s, statics.t_unix_s)
    table.t_since_unix_s = min(table.t_since_unix_s, float(t_unix_s.min()))
    is_beacon, is_repeat = (statics.flags & DISTRESS) != 0, (statics.flags & IS_DUPLICATE) != 0
    mmsi, parts = rounds(statics.mmsi, t_unix_s)
    first_row = locate(table, changes, mmsi)
    for at, which in parts:
        row = first_row[which]
        is_column = ~is_beacon[at] & (table.is_shared[row] == 0)
        if np.count_nonzero(is_column) > FEW:
            _join_round(table, statics, at[is_column], row[is_column], t_unix_s, is_repeat[at[is_column]])
            at = at[~is_column]
        for k in at.tolist():
            join(table, statics, k, float(t_unix_s[k]), now_unix_s)


def _join_round(
    table: TrackTable, statics: Statics, at: Column, row: Column, t_unix_s: Column, is_repeat: Column
) -> None:
    """Rows `at` of the messages, of no beacon, to rows of the table, no row twice. Repeats are only heard."""
    _hear(table, statics, at, row, t_unix_s)
    if is_repeat.any():
        at, row = at[~is_repeat], row[~is_repeat]
    table.t_static_unix_s[row] = np.fmax(table.t_static_unix_s[row], t_unix_s[at])
    held = np.where(statics.part[at] == PART_B, table.part_b_hash[row], table.static_hash[row])
    is_new = (held != statics.payload_hash.view(np.int64)[at]) | (held == 0)
    if is_new.any():
        _join_columns(table, statics, at[is_new], row[is_new])
    _dispel(table, statics, at[~is_new], row[~is_new])


def _hear(table: TrackTable, statics: Statics, at: Column, row: Column, t_unix_s: Column) -> None:
    """Note rows `at` of the messages as heard by `row` of the table."""
    t_unix_s, flags = t_unix_s[at], statics.flags[at]
    heard = table.t_heard_unix_s[row]
    is_later = ~(heard >= t_unix_s) | ((heard == t_unix_s) & (flags > table.flags[row]))
    flagged = (np.isnan(table.t_unix_s[row]) & is_later).nonzero()[0]
    table.flags[row[flagged]] = flags[flagged]
    hear(table, row, t_unix_s, statics.type[at].astype(np.int64), statics.station[at])


def _join_columns(table: TrackTable, statics: Statics, at: Column, row: Column) -> None:
    """Join rows `at` of the messages, already heard, with `row` of the table; no row twice."""
    for name in VOYAGE:
        value, column = getattr(statics, name)[at], getattr(table, name)
        differs = (~_are_missing(value) & (column[row] != value)).nonzero()[0]
        column[row[differs]] = value[differs]
        table.n_statics += name == "draught_m" and len(differs) > 0
    is_doubtful, news = np.zeros(len(at), bool), []
    for name in (*IDENTITY, *DIMENSIONS):
        value, known = getattr(statics, name)[at], getattr(table, name)[row]
        differs = ~_are_missing(value) & (known != value)
        is_doubtful |= differs & ~_are_missing(known)
        news.append((name, value, differs))
    for name, value, differs in news:
        taken = (differs & ~is_doubtful).nonzero()[0]
        getattr(table, name)[row[taken]] = value[taken]
        table.n_statics += len(taken) > 0
    is_part_b = statics.part[at] == PART_B
    hashes = statics.payload_hash.view(np.int64)[at]
    for column, is_its in ((table.part_b_hash, is_part_b), (table.static_hash, ~is_part_b)):
        column[row[is_its & ~is_doubtful]] = hashes[is_its & ~is_doubtful]
    for k in is_doubtful.nonzero()[0].tolist():
        _join_identity(table, int(row[k]), statics, int(at[k]))
    _dispel(table, statics, at[~is_doubtful], row[~is_doubtful])


def _dispel(table: TrackTable, statics: Statics, at: Column, row: Column) -> None:
    """These messages agree with what is known: what was heard once against it does not count any more."""
    if table.doubts:
        doubted = np.fromiter((target_id for target_id, _ in table.doubts), np.int64, len(table.doubts))
        for k in np.isin(table.target_id[row], doubted).nonzero()[0].tolist():
            table.doubts.pop(_key(table, int(row[k]), statics, int(at[k])), None)


def _key(table: TrackTable, row: int, statics: Statics, k: int) -> tuple[int, int]:
    """Under which a doubt about one kind of message of one target is kept."""
    return int(table.target_id[row]), int(statics.type[k]) * 4 + int(statics.part[k]) + 1


def join(table: TrackTable, statics: Statics, k: int, t_unix_s: float, now_unix_s: float) -> None:
    """Bring static row k to its track."""
    rows = table.rows_of(int(statics.mmsi[k]))
    row = rows[0] if len(rows) == 1 else _row_of_name(table, rows, statics, k)
    flags = int(statics.flags[k])
    t_before = float(table.t_heard_unix_s[row])
    hear_one(table, row, t_unix_s, int(statics.type[k]), int(statics.station[k]))
    note_flags(table, row, t_before, t_unix_s, flags)
    if flags & IS_DUPLICATE:
        return
    note_distress(table, row, t_unix_s, flags, now_unix_s)
    if not table.t_static_unix_s[row] >= t_unix_s:
        table.t_static_unix_s[row] = t_unix_s
    held = table.part_b_hash[row] if statics.part[k] == PART_B else table.static_hash[row]
    if held != 0 and held == statics.payload_hash.view(np.int64)[k]:
        table.doubts.pop(_key(table, row, statics, k), None)
        return
    drew_m = table.draught_m[row].tobytes()
    for name in VOYAGE:
        value = getattr(statics, name)[k]
        if not _is_missing(value):
            getattr(table, name)[row] = value
    table.n_statics += table.draught_m[row].tobytes() != drew_m
    _join_identity(table, row, statics, k)


def _join_identity(table: TrackTable, row: int, statics: Statics, k: int) -> None:
    """Take the identifying part of a message, unless it contradicts what is known and its like was not heard before."""
    said = {name: getattr(statics, name)[k] for name in (*IDENTITY, *DIMENSIONS)}
    said = {name: value for name, value in said.items() if not _is_missing(value)}
    known = {name: getattr(table, name)[row] for name in said}
    new = [name for name, value in said.items() if known[name] != value]
    key = _key(table, row, statics, k)
    if any(not _is_missing(known[name]) for name in new):
        held = repr([(name, value.item()) for name, value in said.items()]).encode()
        if table.doubts.get(key) != held:
            table.doubts[key] = held
            return
    table.doubts.pop(key, None)
    for name in new:
        getattr(table, name)[row] = said[name]
    table.n_statics += bool(new)
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


def _is_missing(value: Column) -> bool:
    """Whether a scalar is NaN, -1 or b""."""
    kind = value.dtype.kind
    return bool(value != value if kind == "f" else value == -1 if kind == "i" else value == b"")


def _are_missing(values: Column) -> Column:
    """(N,) bool, the same for a column."""
    kind = values.dtype.kind
    found: Column = np.isnan(values) if kind == "f" else values == (-1 if kind == "i" else b"")
    return found
