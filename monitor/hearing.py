"""Who was heard, when, by whom: the part of a track that every message updates, with or without a position.

Each track remembers its `HEARERS` latest receivers. The list is the top of all (time, receiver) pairs, and a receiver's
time only grows, so it does not depend on the order in which simultaneous hearings arrive.
"""

import numpy as np

from decoders.columns import Flag
from decoders.table import Column
from monitor.classes import class_of_types
from monitor.reports import LATE_S
from monitor.tracktable import HEARERS, TrackTable

ACTIVE, TEST = int(Flag.BEACON), int(Flag.BEACON_TEST)  # plain integers: an enum's & costs 2 us
DISTRESS = ACTIVE | TEST
NOBODY = np.iinfo(np.int32).max


def hear(table: TrackTable, row: Column, t_unix_s: Column, message_type: Column, station: Column) -> None:
    """Note one message for each of these rows.

    row : (N,) int64, no row twice; t_unix_s : (N,) float64; message_type : (N,) int64; station : (N,) receiver rows.
    """
    last = table.t_heard_unix_s[row]
    is_after = t_unix_s >= last
    if is_after.all():
        table.t_heard_unix_s[row] = t_unix_s
    else:  # late, or heard for the first time: only then may it be the earliest
        table.t_heard_unix_s[row] = np.fmax(last, t_unix_s)
        table.t_first_unix_s[row] = np.fmin(table.t_first_unix_s[row], t_unix_s)
    held = table.heard_types[row]
    types = held | np.left_shift(1, message_type)
    if (types != held).any():
        table.heard_types[row] = types
        table.station_class[row] = class_of_types(table.form_class[row], types)
    if (table.hearer[row, 0] == station).all():  # one receiver, or the same as ever: nothing to look for
        table.t_hearer_unix_s[row, 0] = np.fmax(table.t_hearer_unix_s[row, 0], t_unix_s)
    else:
        _note_hearer(table, row, t_unix_s, station)


def _note_hearer(table: TrackTable, row: Column, t_unix_s: Column, station: Column) -> None:
    known = table.hearer[row]
    same = known == station[:, None]
    slot = same.argmax(1)
    is_known = same[np.arange(len(row)), slot]
    if not is_known.all():
        _enter(table, row[~is_known], t_unix_s[~is_known], station[~is_known])
        row, slot, t_unix_s = row[is_known], slot[is_known], t_unix_s[is_known]
    table.t_hearer_unix_s[row, slot] = np.maximum(table.t_hearer_unix_s[row, slot], t_unix_s)


def _enter(table: TrackTable, row: Column, t_unix_s: Column, station: Column) -> None:
    """A receiver that is not among those remembered takes the place of the one that heard the track longest ago."""
    known, t_known = table.hearer[row], table.t_hearer_unix_s[row]
    # among equally old ones the lowest receiver leaves, so that the order of arrival does not matter
    oldest = t_known.min(1)
    slot = np.where(t_known == oldest[:, None], known, NOBODY).argmin(1)
    n = np.arange(len(row))
    enters = (t_unix_s > oldest) | ((t_unix_s == oldest) & (station > known[n, slot]))
    at, slot = row[enters], slot[enters]
    table.hearer[at, slot] = station[enters]
    table.t_hearer_unix_s[at, slot] = t_unix_s[enters]


def hear_often(table: TrackTable, row: Column, t_unix_s: Column, message_type: Column, station: Column) -> None:
    """The same as `hear` for rows that may stand several times. All of them have a fix, and so were heard before."""
    np.maximum.at(table.t_heard_unix_s, row, t_unix_s)
    if (t_unix_s < table.t_first_unix_s[row]).any():
        np.minimum.at(table.t_first_unix_s, row, t_unix_s)
    bit = np.left_shift(1, message_type)
    if (table.heard_types[row] & bit != bit).any():
        np.bitwise_or.at(table.heard_types, row, bit)
        table.station_class[row] = class_of_types(table.form_class[row], table.heard_types[row])
    same = table.hearer[row] == station[:, None]
    slot = same.argmax(1)
    is_known = same[np.arange(len(row)), slot]
    np.maximum.at(table.t_hearer_unix_s.reshape(-1), row[is_known] * HEARERS + slot[is_known], t_unix_s[is_known])
    for k in (~is_known).nonzero()[0].tolist():  # once for each track and receiver
        _note_hearer(table, row[k : k + 1], t_unix_s[k : k + 1], station[k : k + 1])


def hear_one(table: TrackTable, row: int, t_unix_s: float, message_type: int, station: int) -> None:
    """The same for a single message."""
    if not table.t_first_unix_s[row] <= t_unix_s:
        table.t_first_unix_s[row] = t_unix_s
    if not table.t_heard_unix_s[row] >= t_unix_s:
        table.t_heard_unix_s[row] = t_unix_s
    held = int(table.heard_types[row])
    if not held >> message_type & 1:
        table.heard_types[row] = held | 1 << message_type
        table.station_class[row] = class_of_types(table.form_class[[row]], table.heard_types[[row]])[0]
    known = table.hearer[row].tolist()
    if station in known:
        slot = known.index(station)
        if t_unix_s > table.t_hearer_unix_s[row, slot]:
            table.t_hearer_unix_s[row, slot] = t_unix_s
    else:
        _enter(table, np.array([row]), np.array([t_unix_s]), np.array([station]))


def note_flags(table: TrackTable, row: int, t_before_unix_s: float, t_unix_s: float, flags: int) -> None:
    """The flags of the last message of a track that has no fix; with a fix they are the fix's."""
    if table.t_unix_s[row] == table.t_unix_s[row]:
        return
    if not t_before_unix_s >= t_unix_s or (t_before_unix_s == t_unix_s and flags > table.flags[row]):
        table.flags[row] = flags


def note_distress(table: TrackTable, row: int, t_unix_s: float, flags: int, now_unix_s: float) -> None:
    """Count a beacon's message (domain D1). A message that says it is a test is no distress, whatever else it says.

    What a gateway kept while nobody took it is news, however old it is: when it came is noted as well.
    """
    if not flags & DISTRESS:
        return
    if flags & TEST:
        if not table.t_distress_test_unix_s[row] >= t_unix_s:
            table.t_distress_test_unix_s[row] = t_unix_s
    else:
        table.n_distress[row] += 1
        if now_unix_s - t_unix_s > LATE_S:
            table.t_distress_came_unix_s[row] = now_unix_s
        if not table.t_distress_unix_s[row] >= t_unix_s:
            table.t_distress_unix_s[row] = t_unix_s
    if int(table.target_id[row]) in table.hidden:
        table.hidden.discard(int(table.target_id[row]))  # a distress is shown at its first message
        table.n_members += 1
