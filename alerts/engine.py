"""Hits become episodes: what opens, is told anew, grows more urgent, ends.

One `Book` a rule, a column an attribute, one row an episode, sorted by key. A tick joins the hits to the rows by key
and decides with masks; Python loops only over what changes, so a thousand alerts that merely go on cost microseconds.

                 raising for raise_after_s                 no hit for clear_after_s
     (nothing) ----> PENDING ----> OPEN -----------------------------> CLEARED ---reopen_within_s--> (nothing)
                        |           |  ^-- raising again: same alert, UPDATED --|
                        v           v
                    (nothing)   DISMISSED (its incident was closed by a person) --condition gone--> (nothing)

Between the raising threshold and the lower one a hit is not `is_raising`: it keeps an open alert, it opens none.
Rejected: a dict of episode objects (clear, but 2 ms a tick with 2,000 anchored ships that each dwell somewhere).
"""

import enum
import math
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from alerts.alert import Event, Evidence, Hits, Priority, SubjectKind, Transition
from alerts.picture import Column, Picture
from alerts.rule import Alert, Rule, Timing
from alerts.telling import Teller, cooldown_of, row_of, transition

MIN_UPDATE_S = 60.0  # a change of band is told at most this often: an alert that chatters is not read


class Phase(enum.IntEnum):
    PENDING = 0
    OPEN = 1
    CLEARED = 2
    DISMISSED = 3


@dataclass(slots=True)
class Book:
    """All episodes of one rule; E rows, sorted by key. Changed in place by `advance`."""

    key: Column = field(default_factory=lambda: np.zeros(0, np.int64))
    phase: Column = field(default_factory=lambda: np.zeros(0, np.int8))
    priority: Column = field(default_factory=lambda: np.zeros(0, np.int8))  # the highest since it opened
    band: Column = field(default_factory=lambda: np.zeros(0, np.int64))  # as last told
    t_phase_unix_s: Column = field(default_factory=lambda: np.zeros(0))  # in this phase since
    t_raising_unix_s: Column = field(default_factory=lambda: np.zeros(0))  # raising without a break since; NaN
    t_hit_unix_s: Column = field(default_factory=lambda: np.zeros(0))  # the last tick with a hit
    t_told_unix_s: Column = field(default_factory=lambda: np.zeros(0))  # the last transition
    alerts: dict[int, Alert] = field(default_factory=dict)  # by key: every row that is not PENDING

    def __len__(self) -> int:
        return len(self.key)


COLUMNS = ("key", "phase", "priority", "band", "t_phase_unix_s", "t_raising_unix_s", "t_hit_unix_s", "t_told_unix_s")


def keep(book: Book, rows: Column) -> None:
    """Drop every row that is not in the mask `rows` : (E,) bool."""
    for key in book.key[~rows]:
        book.alerts.pop(int(key), None)
    for name in COLUMNS:
        setattr(book, name, getattr(book, name)[rows])


def _insert(book: Book, keys: Column, now_unix_s: float) -> None:
    """Add PENDING rows; `keys` are sorted and new."""
    fresh: dict[str, Any] = {
        "key": keys,
        "phase": Phase.PENDING,
        "priority": 0,
        "band": 0,
        "t_phase_unix_s": now_unix_s,
        "t_raising_unix_s": math.nan,
        "t_hit_unix_s": now_unix_s,
        "t_told_unix_s": math.nan,
    }
    at = np.searchsorted(book.key, keys)
    for name in COLUMNS:
        setattr(book, name, np.insert(getattr(book, name), at, fresh[name]))


def join(book: Book, hits: Hits) -> Column:
    """(E,) int64: which hit belongs to each episode; -1 none."""
    hit = np.full(len(book), -1, np.int64)
    if len(book) and len(hits):
        at = np.minimum(np.searchsorted(book.key, hits.key), len(book) - 1)
        is_known = book.key[at] == hits.key
        hit[at[is_known]] = np.flatnonzero(is_known)
    return hit


def is_known(book: Book, key: Column) -> Column:
    """(H,) bool: keys that have an episode."""
    if not len(book):
        return np.zeros(len(key), bool)
    found: Column = book.key[np.minimum(np.searchsorted(book.key, key), len(book) - 1)] == key
    return found


def pick(column: Column, hit: Column, missing: float) -> Column:
    """(E,) the hit's cell for each episode, `missing` where it has no hit."""
    picked: Column = np.full(len(hit), missing, column.dtype)
    picked[hit >= 0] = column[hit[hit >= 0]]
    return picked


def advance(
    book: Book, rule: Rule, timing: Timing, thresholds: Evidence, picture: Picture, hits: Hits
) -> list[Transition]:
    """One tick of one rule: change the book, say what changed, in order of key."""
    if not len(book) and not hits.is_raising.any():
        return []
    now = picture.now_unix_s
    _forget(book, timing, hits, picture)
    is_fresh = hits.is_raising & ~is_known(book, hits.key)
    if is_fresh.any():
        _insert(book, hits.key[is_fresh], now)
    if not len(book):
        return []
    hit = join(book, hits)
    is_raising = pick(hits.is_raising, hit, False)
    book.t_raising_unix_s = np.where(is_raising, np.fmin(book.t_raising_unix_s, now), np.nan)
    book.t_hit_unix_s[hit >= 0] = now
    moves = decide(book, rule, timing, hits, hit, now)
    told = _apply(book, moves, hit, Teller(rule, thresholds, picture, hits))
    is_idle = (book.phase == Phase.PENDING.value) & ~is_raising
    if is_idle.any():
        keep(book, ~is_idle)
    return told


def _forget(book: Book, timing: Timing, hits: Hits, picture: Picture) -> None:
    """Drop episodes that are over: cleared for too long to go on, or dismissed and their condition has ended."""
    now_unix_s = picture.now_unix_s
    is_over = (book.phase == Phase.CLEARED.value) & (now_unix_s - book.t_phase_unix_s > timing.reopen_within_s)
    if picture.fences.cooldown_s is not None:
        for row in np.flatnonzero(is_over).tolist():
            cooldown_s = cooldown_of(book.alerts[int(book.key[row])], picture.fences)
            is_over[row] = not now_unix_s - book.t_phase_unix_s[row] <= cooldown_s
    is_ended = (book.phase == Phase.DISMISSED.value) & (now_unix_s - book.t_hit_unix_s > timing.clear_after_s)
    if is_ended.any():
        is_over |= is_ended & (join(book, hits) < 0)
    if is_over.any():
        keep(book, ~is_over)


@dataclass(frozen=True, slots=True)
class Moves:
    """What a tick does to each episode; (E,) bool each, at most one of them True in a row."""

    opens: Column
    returns: Column
    escalates: Column
    updates: Column
    clears: Column


def decide(book: Book, rule: Rule, timing: Timing, hits: Hits, hit: Column, now_unix_s: float) -> Moves:
    """Pure: which episodes move. `hit` : (E,) the hit of each episode, -1 none."""
    standing = (Phase.OPEN.value, Phase.CLEARED.value, Phase.DISMISSED.value)
    is_open, is_cleared, is_dismissed = (book.phase == phase for phase in standing)
    is_hit = hit >= 0
    # nan where it is not raising, so that every comparison below is False there
    is_due = now_unix_s - book.t_raising_unix_s >= pick(hits.raise_after_s, hit, 0.0)
    is_raising = np.isfinite(book.t_raising_unix_s)
    is_worse = is_raising & (pick(hits.priority, hit, 0) > book.priority)
    opens = is_due & (book.phase == Phase.PENDING.value)
    opens |= is_due & is_dismissed & is_worse
    if timing.raise_again_after_close_s > 0:
        opens |= is_due & is_dismissed & (now_unix_s - book.t_phase_unix_s >= timing.raise_again_after_close_s)
    escalates = is_open & is_due & is_worse
    since_told_s = now_unix_s - book.t_told_unix_s
    is_new = (pick(hits.band, hit, 0) != book.band) & (since_told_s >= MIN_UPDATE_S)
    updates = is_open & is_hit & ~escalates & (is_new | (since_told_s >= timing.update_every_s))
    clears = is_open & ~is_hit & (now_unix_s - book.t_hit_unix_s >= timing.clear_after_s)
    if rule.latches_at is not None:
        clears &= book.priority < rule.latches_at
    return Moves(opens, is_due & is_cleared, escalates, updates, clears)


def _apply(book: Book, moves: Moves, hit: Column, teller: Teller) -> list[Transition]:
    """Change the book row by row; only rows that move are visited."""
    told = []
    moving = moves.opens | moves.returns | moves.escalates | moves.updates | moves.clears
    for row in np.flatnonzero(moving).tolist():
        step = _clear(book, row, teller) if moves.clears[row] else _tell(book, row, int(hit[row]), moves, teller)
        if step is not None:
            told.append(step)
    return told


def _tell(book: Book, row: int, h: int, moves: Moves, teller: Teller) -> Transition | None:
    """None where it would only say the same again."""
    key, priority = int(book.key[row]), int(teller.hits.priority[h])
    event = Event.UPDATED
    if moves.opens[row]:
        event = Event.OPENED
        book.alerts[key], book.priority[row] = teller.opened(key, h), priority
    elif (
        priority > book.priority[row] and not moves.updates[row]
    ):  # an update may come from a hit that only keeps it up
        event = Event.ESCALATED
        book.priority[row] = priority
    if moves.opens[row] or moves.returns[row]:
        book.phase[row], book.t_phase_unix_s[row] = Phase.OPEN, teller.picture.now_unix_s
    book.band[row], book.t_told_unix_s[row] = teller.hits.band[h], teller.picture.now_unix_s
    before = book.alerts[key]
    book.alerts[key], step = teller.told(before, event, Priority(int(book.priority[row])), h)
    is_old_news = moves.updates[row] and book.alerts[key].evidence == before.evidence
    return None if is_old_news else step


def _clear(book: Book, row: int, teller: Teller) -> Transition | None:
    alert = book.alerts[int(book.key[row])]
    if teller.rule.is_held_when_lost and _is_lost(alert, teller.picture):
        return None
    book.phase[row], book.t_phase_unix_s[row] = Phase.CLEARED, teller.picture.now_unix_s
    book.t_told_unix_s[row] = teller.picture.now_unix_s
    return teller.cleared(alert, Priority(int(book.priority[row])))


def _is_lost(alert: Alert, picture: Picture) -> bool:
    """Whether the vessel of an alert is in the picture no more."""
    return alert.subject.kind is SubjectKind.TARGET and row_of(picture, alert.subject.target_id) < 0


def retract(book: Book, rule_name: str, key: int, now_unix_s: float, reason: str) -> Transition | None:
    """Take back an open alert; it is forgotten here and stays on record. None if it is not open."""
    row = _row(book, key)
    if row < 0 or book.phase[row] != Phase.OPEN:
        return None
    step = transition(
        rule_name, book.alerts[key], Event.RETRACTED, Priority(int(book.priority[row])), now_unix_s, reason
    )
    del book.alerts[key]
    book.phase[row], book.priority[row], book.t_raising_unix_s[row] = Phase.PENDING, 0, math.nan  # `advance` drops it
    return step


def dismiss(book: Book, rule_name: str, key: int, now_unix_s: float, reason: str) -> Transition | None:
    """A person closed its incident: an open alert ends and waits in silence for its condition to end too."""
    row = _row(book, key)
    if row < 0 or book.phase[row] not in (Phase.OPEN, Phase.CLEARED):
        return None
    if book.phase[row] == Phase.CLEARED:
        keep(book, book.key != key)
        return None
    book.phase[row], book.t_phase_unix_s[row] = Phase.DISMISSED, now_unix_s
    return transition(rule_name, book.alerts[key], Event.CLEARED, Priority(int(book.priority[row])), now_unix_s, reason)


def press(
    book: Book, rule_name: str, key: int, priority: Priority, now_unix_s: float, reason: str
) -> Transition | None:
    """Tell an open alert again because nobody reacts, as urgent as `priority` at least."""
    row = _row(book, key)
    if row < 0 or book.phase[row] != Phase.OPEN:
        return None
    event = Event.ESCALATED if priority > book.priority[row] else Event.UPDATED
    book.priority[row] = max(int(book.priority[row]), priority)
    book.t_told_unix_s[row] = now_unix_s
    alert = book.alerts[key]
    told = f"{reason} {alert.reason}"
    return transition(rule_name, alert, event, Priority(int(book.priority[row])), now_unix_s, told)


def open_keys(book: Book) -> Column:
    """(K,) int64: keys of the alerts that are open, sorted."""
    keys: Column = book.key[book.phase == Phase.OPEN.value]
    return keys


def open_alerts(book: Book) -> tuple[Alert, ...]:
    """Alerts that are open, in order of key."""
    return tuple(book.alerts[key] for key in open_keys(book).tolist())


def _row(book: Book, key: int) -> int:
    at = int(np.searchsorted(book.key, key))
    return at if at < len(book) and int(book.key[at]) == key else -1
