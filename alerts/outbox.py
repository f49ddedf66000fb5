"""The outbox: what is to be sent waits on the disk until every sink has had it, and each sink has a place of its own.

                items, in the order stored
    ... 17 18 19 │ 20 21 22 23 24 25 26
                 │        │           └ newest
                 │        └ place of "grafana": 20 to 22 delivered
                 └ place of "influx": 20 waits; what lies before the last place, and is an hour old, is deleted

A sink moves on when it has taken items, or when it has been told that an item can never be taken: that item lies in
quarantine then, with the words of whoever refused it. What waits is bounded by bytes and by age. When it is too much,
tracks are given up first, then figures, then incidents, then transitions, then notices, the oldest first, and what each
sink lost by that is counted. Nothing of an alert is lost by it here: transitions and incidents stay in their own tables
for good.
"""

import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from alerts.database import Database
from alerts.items import Entry, Item, Kind, SinkFigures, decoded

KEEP_S = 3600.0  # a delivered item stays this long, so that a repeat of it is recognised
ALL = frozenset(Kind)


@dataclass(frozen=True, slots=True)
class Refused:
    """One item in quarantine."""

    sink: str
    seq: int
    item_id: str
    kind: Kind
    t_unix_s: float
    t_refused_unix_s: float
    words: str  # of whoever refused it


@dataclass(frozen=True, slots=True)
class Loss:
    """What a sink will not get, since too much waited for it."""

    sink: str
    kind: Kind
    n: int
    t_first_unix_s: float
    t_last_unix_s: float


@dataclass(frozen=True, slots=True)
class Bounds:
    """What may wait."""

    max_bytes: int
    max_age_s: float


def append(db: sqlite3.Connection, entries: Sequence[Entry]) -> None:
    """Inside a transaction of the store: with what was raised, or not at all. A repeat is the same row."""
    db.executemany(
        "INSERT OR IGNORE INTO items(id, kind, t_unix_s, body) VALUES (?, ?, ?, ?)",
        [(entry.item_id, entry.kind.value, entry.t_unix_s, entry.body) for entry in entries],
    )


class Outbox:
    """The queue of every sink. Any thread may call any method; each call is one transaction. All raise StoreError."""

    def __init__(self, file: Database) -> None:
        self._file = file

    def add(self, entries: Sequence[Entry]) -> None:
        """What no step of the pipeline brings. When it returns, it is on the disk."""
        with self._file.transaction() as db:
            append(db, entries)

    def enter(self, sink: str, kinds: Collection[Kind]) -> None:
        """A sink that takes these kinds; a new one begins with the oldest item that is there."""
        with self._file.transaction() as db:
            db.execute(
                "INSERT INTO places VALUES (?, 0, ?) ON CONFLICT DO UPDATE SET kinds = excluded.kinds",
                (sink, " ".join(sorted(kind.value for kind in kinds))),
            )

    def waiting(self, sink: str, limit: int, kinds: Collection[Kind] = ALL) -> list[Item]:
        """The next items of these kinds that a sink has not had, in the order stored."""
        marks = ", ".join("?" * len(kinds))
        rows = self._file.rows(
            f"SELECT seq, id, kind, t_unix_s, body FROM items WHERE seq > {PLACE} AND kind IN ({marks}) "
            "ORDER BY seq LIMIT ?",
            (sink, *(kind.value for kind in kinds), limit),
        )
        return [decoded(*row) for row in rows]

    def settle(self, sink: str, seq: int, refused: Mapping[int, str], now_unix_s: float) -> None:
        """A sink is through with everything up to `seq`; refused : place -> words, of items that it never takes."""
        with self._file.transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO quarantine SELECT ?, seq, id, kind, t_unix_s, ?, ?, body FROM items "
                "WHERE seq = ?",
                [(sink, now_unix_s, words, at) for at, words in refused.items()],
            )
            db.execute("INSERT INTO places VALUES (?, ?, '') ON CONFLICT DO UPDATE SET seq = excluded.seq", (sink, seq))

    def trim(self, sinks: Mapping[str, Collection[Kind]], bounds: Bounds, now_unix_s: float) -> int:
        """Delete what every sink has had, then what waits too long or is too much; how many of those were given up.

        sinks : name -> the kinds that it takes.
        """
        with self._file.transaction() as db:
            _delete_delivered(db, sinks, now_unix_s - KEEP_S)
            n = 0
            for kind in Kind:
                n += _give_up(db, sinks, kind, "t_unix_s < ?", (now_unix_s - bounds.max_age_s,))
            for kind in Kind:
                (n_bytes,) = db.execute("SELECT coalesce(sum(length(body)), 0) FROM items").fetchone()
                if n_bytes > bounds.max_bytes:
                    last = _last_of(db, kind, n_bytes - bounds.max_bytes)
                    n += _give_up(db, sinks, kind, "seq <= ?", (last,))
        return n

    def figures(
        self, sinks: Mapping[str, Collection[Kind]], faults: Mapping[str, str], now_unix_s: float
    ) -> tuple[SinkFigures, ...]:
        """How each sink stands. faults : name -> what keeps it from taking more; a sink without one is well."""
        return tuple(self._figures(sink, kinds, faults.get(sink, ""), now_unix_s) for sink, kinds in sinks.items())

    def _figures(self, sink: str, kinds: Collection[Kind], fault: str, now_unix_s: float) -> SinkFigures:
        n, n_bytes, t_first_unix_s = self._waiting(sink, kinds)
        ((n_quarantined,),) = self._file.rows("SELECT count(*) FROM quarantine WHERE sink = ?", (sink,))
        n_dropped = sum(loss.n for loss in self.losses(sink))
        age_s = now_unix_s - t_first_unix_s if n else 0.0
        return SinkFigures(sink, n, n_bytes, max(age_s, 0.0), n_quarantined, n_dropped, fault)

    def size(self, sink: str) -> tuple[int, int]:
        """How many items wait for a sink, and how many bytes."""
        rows = self._file.rows("SELECT kinds FROM places WHERE sink = ?", (sink,))
        words = rows[0][0].split() if rows else ()
        return self._waiting(sink, [Kind(word) for word in words] or ALL)[:2]

    def _waiting(self, sink: str, kinds: Collection[Kind]) -> tuple[int, int, float]:
        marks = ", ".join("?" * len(kinds))
        ((n, n_bytes, t_first_unix_s),) = self._file.rows(
            f"SELECT count(*), coalesce(sum(length(body)), 0), coalesce(min(t_unix_s), 0) FROM items "
            f"WHERE seq > {PLACE} AND kind IN ({marks})",
            (sink, *(kind.value for kind in kinds)),
        )
        return n, n_bytes, t_first_unix_s

    def quarantined(self, sink: str = "") -> list[Refused]:
        """What was refused, by one sink or by all, in order."""
        rows = self._file.rows(
            "SELECT sink, seq, id, kind, t_unix_s, t_refused_unix_s, words FROM quarantine "
            "WHERE ? IN ('', sink) ORDER BY sink, seq",
            (sink,),
        )
        return [Refused(name, seq, item_id, Kind(kind), *rest) for name, seq, item_id, kind, *rest in rows]

    def clear(self, sink: str) -> tuple[int, int]:
        """Somebody has looked: what a sink refused and what it lost is told no more; how many those were."""
        n_refused, n_lost = len(self.quarantined(sink)), sum(loss.n for loss in self.losses(sink))
        with self._file.transaction() as db:
            db.execute("DELETE FROM quarantine WHERE sink = ?", (sink,))
            db.execute("DELETE FROM losses WHERE sink = ?", (sink,))
        return n_refused, n_lost

    def names(self) -> list[str]:
        """Sinks that have ever taken or refused anything."""
        rows = self._file.rows(
            "SELECT sink FROM places UNION SELECT sink FROM quarantine UNION SELECT sink FROM losses"
        )
        return sorted(name for (name,) in rows)

    def losses(self, sink: str = "") -> list[Loss]:
        """What was given up, by sink and kind."""
        rows = self._file.rows(
            "SELECT sink, kind, n, t_first_unix_s, t_last_unix_s FROM losses WHERE ? IN ('', sink) ORDER BY sink, kind",
            (sink,),
        )
        return [Loss(name, Kind(kind), *rest) for name, kind, *rest in rows]


PLACE = "coalesce((SELECT seq FROM places WHERE sink = ?), 0)"


def _delete_delivered(db: sqlite3.Connection, sinks: Mapping[str, Collection[Kind]], t_before_unix_s: float) -> None:
    """What is old enough and lies before every place of a sink that takes its kind; all of it where there is none."""
    for kind in Kind:
        names = [name for name, kinds in sinks.items() if kind in kinds]
        places = [db.execute(f"SELECT {PLACE}", (name,)).fetchone()[0] for name in names]
        newest = db.execute("SELECT coalesce(max(seq), 0) FROM items").fetchone()[0]
        db.execute(
            "DELETE FROM items WHERE kind = ? AND seq <= ? AND t_unix_s < ?",
            (kind.value, min(places, default=newest), t_before_unix_s),
        )


def _last_of(db: sqlite3.Connection, kind: Kind, n_bytes: int) -> int:
    """The item of a kind up to which the oldest ones hold so many bytes, or the newest where all are less."""
    total, last = 0, 0
    for seq, length in db.execute("SELECT seq, length(body) FROM items WHERE kind = ? ORDER BY seq", (kind.value,)):
        total, last = total + length, seq
        if total >= n_bytes:
            break
    return last


def _give_up(
    db: sqlite3.Connection, sinks: Mapping[str, Collection[Kind]], kind: Kind, which: str, given: tuple[object, ...]
) -> int:
    """Delete items of a kind, and count them for every sink that has not had them; how many those were."""
    n_lost = 0
    for name in (name for name, kinds in sinks.items() if kind in kinds):
        n, t_first_unix_s, t_last_unix_s = db.execute(
            f"SELECT count(*), min(t_unix_s), max(t_unix_s) FROM items WHERE kind = ? AND seq > {PLACE} AND {which}",
            (kind.value, name, *given),
        ).fetchone()
        if n:
            db.execute(
                "INSERT INTO losses VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET n = n + excluded.n, "
                "t_first_unix_s = min(t_first_unix_s, excluded.t_first_unix_s), "
                "t_last_unix_s = max(t_last_unix_s, excluded.t_last_unix_s)",
                (name, kind.value, n, t_first_unix_s, t_last_unix_s),
            )
            n_lost = max(n_lost, n)
    db.execute(f"DELETE FROM items WHERE kind = ? AND {which}", (kind.value, *given))
    return n_lost
