"""What was raised is on disk before anybody is told: alerts, incidents, audit, outbox, inbox, desk, in one SQLite file.

One transaction a step of the pipeline holds all that the step changed and the desk as it stood afterwards, so a crash
at any moment leaves either all of it or nothing of it; the restart goes on from the desk and repeats, at most, what
was not yet stored. A repeat of a stored row is the same row: transitions and audit lines have ids made of their
content. `synchronous=FULL` costs a flush of the disk for each commit (some milliseconds); ticks without changes cost
nothing. Readers (web, command line) open the file for themselves: WAL lets them read while it is written.

    alerts     one row a transition, in the order told: append-only
    incidents  the newest state of each
    audit      append-only; each row carries the hash of the one before, so that a changed or lost line shows
    items      what is to be sent, and `places`, `quarantine`, `losses`: how far each sink has got (outbox.py)
    inbox      commands of people, until applied
    courses    how far each route has got with telling each incident; `routes`, `standing`: see database.py
    desk       one row: the desk's bytes and the tick they belong to
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from alerts import items, outbox
from alerts.alert import Priority, Transition
from alerts.database import BUSY_S, GENESIS, Database
from alerts.incident import AuditEntry, Command, Incident, IncidentState
from alerts.items import Entry
from alerts.moved import moved
from alerts.notices.board import NOTHING, Board, Told
from alerts.notices.course import Course
from alerts.notices.notice import Notice
from alerts.notices.routes import Route
from alerts.outbox import Outbox

NO_DESK = (None, float("nan"), b"")


@dataclass(frozen=True, slots=True)
class StoredTransition:
    """A transition and its place in the order in which all were stored."""

    seq: int
    transition_id: str
    transition: Transition


@dataclass(frozen=True, slots=True)
class Restored:
    """Where the last run stopped."""

    desk: bytes | None  # None: a new store
    t_unix_s: float  # the tick of that desk
    cursor: bytes  # what the caller gave with it, for instance how far its input had been read
    last_number_by_day: dict[str, int]  # for `new_desk`, should the desk's bytes be unreadable


@dataclass(frozen=True, slots=True)
class AuditLine:
    """One line of the audit as stored."""

    seq: int
    entry: AuditEntry
    hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `verify` found."""

    n_lines: int
    fault: str  # "" when the chain is whole

    @property
    def is_whole(self) -> bool:
        return not self.fault


class Store:
    """The file. Any thread may call any method; each call is one transaction."""

    def __init__(self, path: Path | str, *, busy_s: float = BUSY_S) -> None:
        """Open or create. Raises StoreError when the file is not a store, or of a newer version."""
        self.path = Path(path)
        self._file = Database(self.path, busy_s=busy_s)
        self.outbox = Outbox(self._file)

    def close(self) -> None:
        """Let go of the file. Everything committed is on the disk already."""
        self._file.close()

    # what the service writes

    def commit(
        self,
        transitions: Sequence[Transition],
        incidents: Sequence[Incident],
        audit: Sequence[AuditEntry],
        *,
        desk: bytes,
        t_unix_s: float,
        cursor: bytes = b"",
        applied: Sequence[str] = (),
        entries: Sequence[Entry] = (),
        told: Told = NOTHING,
    ) -> None:
        """Store what a step changed, the desk after it, and which commands it applied: all of it, or nothing.

        entries : more for the outbox, beside the transitions and incidents, which go there by themselves.
        told : who is to be told of it, and how far each route has got with that.
        When it returns, everything is on the disk. Raises StoreError; the call may then be repeated.
        """
        steps = list(zip(transitions, ids_of(transitions), strict=True))
        notices = [items.of_notice(notice) for notice in told.notices]
        with self._file.transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO alerts(id, t_unix_s, event, alert_id, incident, rule, priority, body) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [_alert_row(step, step_id) for step, step_id in steps],
            )
            db.executemany(
                "INSERT OR REPLACE INTO incidents VALUES (?, ?, ?, ?, ?, ?, ?)", map(_incident_row, incidents)
            )
            first = [*(items.of_transition(*one) for one in steps), *items.of_incidents(incidents)]
            outbox.append(db, [*first, *notices, *entries])
            self._keep_told(told, incidents)
            self._append_audit(audit)
            db.executemany("UPDATE inbox SET is_applied = 1 WHERE command_id = ?", [(c,) for c in applied])
            db.execute("INSERT OR REPLACE INTO desk VALUES (1, ?, ?, ?)", (t_unix_s, cursor, desk))

    def _keep_told(self, told: Told, incidents: Sequence[Incident]) -> None:
        db, pack = self._file.db, msgspec.msgpack.encode
        db.executemany("INSERT OR IGNORE INTO routes VALUES (?)", [(name,) for name in told.new_routes])
        for key, course in told.courses.items():
            if course is None:
                db.execute("DELETE FROM courses WHERE incident = ? AND route = ?", key)
            else:
                db.execute("INSERT OR REPLACE INTO courses VALUES (?, ?, ?)", (*key, pack(course)))
        db.executemany(
            "INSERT OR REPLACE INTO standing VALUES (?, ?, ?)",
            [(notice.to.channel, notice.incident.incident_id, pack(notice)) for notice in told.notices],
        )
        over = [(one.incident_id,) for one in incidents if one.state is IncidentState.CLOSED]
        db.executemany("DELETE FROM standing WHERE incident = ?", over)

    def board(self, routes: Sequence[Route], channels: Collection[str], *, moved_s: float = 0.0) -> Board:
        """How far these routes had got when the last run stopped. moved_s : by how much the clock was set since."""
        with self._file.transaction("DEFERRED") as db:
            known = {name for (name,) in db.execute("SELECT name FROM routes")}
            found = [msgspec.msgpack.decode(body, type=Course) for (body,) in db.execute("SELECT body FROM courses")]
        if moved_s:
            found = [moved(course, moved_s) for course in found]
        names = {route.name for route in routes}
        courses = {(one.incident_id, one.route): one for one in found if one.route in names}
        return Board(tuple(routes), frozenset(channels), courses, known & names)

    def standing(self, channel: str) -> list[Notice]:
        """The last notice to a channel of each incident that is not closed."""
        rows = self._file.rows("SELECT body FROM standing WHERE channel = ? ORDER BY incident", (channel,))
        return [msgspec.msgpack.decode(body, type=Notice) for (body,) in rows]

    def record(self, *entries: AuditEntry) -> None:
        """Audit lines of their own. When it returns, they are on the disk. Raises StoreError."""
        with self._file.transaction():
            self._append_audit(entries)

    def _append_audit(self, audit: Sequence[AuditEntry]) -> None:
        """Chain the lines to those before. A line that is there already is the same line."""
        n_audit, last = self._file.db.execute("SELECT n_audit, hash FROM head").fetchone()
        n_before = n_audit
        for entry, line_id in zip(audit, _audit_ids(audit), strict=True):
            if self._file.db.execute("SELECT 1 FROM audit WHERE id = ?", (line_id,)).fetchone():
                continue
            last = chained(last, entry)
            n_audit += 1
            row = (line_id, entry.t_unix_s, entry.who, entry.what, entry.incident_id, entry.text, last)
            self._file.db.execute(
                "INSERT INTO audit(id, t_unix_s, who, what, incident, text, hash) VALUES (?, ?, ?, ?, ?, ?, ?)", row
            )
        if n_audit != n_before:
            self._file.db.execute("UPDATE head SET n_audit = ?, hash = ?", (n_audit, last))

    def restore(self) -> Restored:
        """Where the last run stopped."""
        with self._file.transaction("DEFERRED") as db:
            desk, t_unix_s, cursor = db.execute("SELECT body, t_unix_s, cursor FROM desk").fetchone() or NO_DESK
            numbers = db.execute(
                "SELECT substr(incident_id, 1, 8), max(number) FROM incidents GROUP BY substr(incident_id, 1, 8)"
            )
            return Restored(desk, t_unix_s, cursor, dict(numbers.fetchall()))

    # the inbox: commands on their way to the desk

    def submit(self, command: Command) -> None:
        """Hand in a command; when it returns, the running service will apply it, even if it stops meanwhile."""
        with self._file.transaction() as db:
            body = msgspec.msgpack.encode(command)
            db.execute(
                "INSERT OR IGNORE INTO inbox(command_id, body, is_applied) VALUES (?, ?, 0)", (command.command_id, body)
            )

    def pending_commands(self) -> tuple[Command, ...]:
        """Commands that no step has applied, in the order handed in."""
        rows = self._file.rows("SELECT body FROM inbox WHERE is_applied = 0 ORDER BY seq")
        return tuple(msgspec.msgpack.decode(body, type=Command) for (body,) in rows)

    def is_applied(self, command_id: str) -> bool:
        """Whether the service has applied (or refused) a command; the audit says which."""
        rows = self._file.rows("SELECT is_applied FROM inbox WHERE command_id = ?", (command_id,))
        return bool(rows and rows[0][0])

    # what people read

    def incidents(self, *, with_closed: bool) -> list[Incident]:
        """All incidents, the most urgent first, then the newest."""
        where = "" if with_closed else f"WHERE state != '{IncidentState.CLOSED.value}'"
        rows = self._file.rows(
            f"SELECT body FROM incidents {where} ORDER BY priority DESC, t_opened_unix_s DESC, incident_id DESC"
        )
        return [msgspec.msgpack.decode(body, type=Incident) for (body,) in rows]

    def incident(self, incident_id: str) -> Incident | None:
        rows = self._file.rows("SELECT body FROM incidents WHERE incident_id = ?", (incident_id,))
        return msgspec.msgpack.decode(rows[0][0], type=Incident) if rows else None

    def transitions(self, incident_id: str | None = None) -> list[StoredTransition]:
        """Everything told, or everything told of one incident, in order."""
        where, given = ("", ()) if incident_id is None else ("WHERE incident = ?", (incident_id,))
        rows = self._file.rows(f"SELECT seq, id, body FROM alerts {where} ORDER BY seq", given)
        return [StoredTransition(seq, i, msgspec.msgpack.decode(body, type=Transition)) for seq, i, body in rows]

    def audit(self, incident_id: str | None = None) -> list[AuditLine]:
        """The record, or what it says of one incident, in order."""
        where, given = ("", ()) if incident_id is None else ("WHERE incident = ?", (incident_id,))
        rows = self._file.rows(
            f"SELECT seq, t_unix_s, who, what, incident, text, hash FROM audit {where} ORDER BY seq", given
        )
        return [AuditLine(seq, AuditEntry(*entry), digest) for seq, *entry, digest in rows]

    def verify(self) -> Verdict:
        """Walk the audit's chain: whole, or the first line at which it breaks."""
        with self._file.transaction("DEFERRED") as db:
            n_expected, head = db.execute("SELECT n_audit, hash FROM head").fetchone()
            lines = self.audit()
        last = GENESIS
        for line in lines:
            last = chained(last, line.entry)
            if last != line.hash:
                return Verdict(len(lines), f"audit line {line.seq} was changed, or a line before it is missing")
        if len(lines) != n_expected or last != head:
            return Verdict(len(lines), f"the audit has {len(lines)} lines where {n_expected} were written")
        return Verdict(len(lines), "")


def ids_of(transitions: Sequence[Transition]) -> list[str]:
    """One id a transition: alert, millisecond, event; a second one of the same kind in a tick is counted."""
    seen: dict[str, int] = {}
    ids = []
    for step in transitions:
        base = f"{step.alert_id}@{round(step.t_unix_s * 1000)}.{step.event.value}"
        n = seen[base] = seen.get(base, 0) + 1
        ids.append(base if n == 1 else f"{base}.{n}")
    return ids


def _audit_ids(audit: Sequence[AuditEntry]) -> list[str]:
    """One id a line, of its content; equal lines of one step are counted."""
    seen: dict[str, int] = {}
    ids = []
    for entry in audit:
        base = chained("", entry)[:32]
        n = seen[base] = seen.get(base, 0) + 1
        ids.append(base if n == 1 else f"{base}.{n}")
    return ids


def chained(before: str, entry: AuditEntry) -> str:
    """SHA-256 of the hash before and of the line's content as JSON: anybody can recompute it."""
    content = (entry.t_unix_s, entry.who, entry.what, entry.incident_id, entry.text)
    return hashlib.sha256(before.encode() + msgspec.json.encode(content)).hexdigest()


def _alert_row(step: Transition, step_id: str) -> tuple[object, ...]:
    return (
        step_id,
        step.t_unix_s,
        step.event.value,
        step.alert_id,
        step.incident,
        step.rule,
        int(step.priority),
        msgspec.msgpack.encode(step),
    )


def _incident_row(incident: Incident) -> tuple[object, ...]:
    return (
        incident.incident_id,
        incident.state.value,
        int(Priority(incident.priority)),
        incident.number,
        incident.t_opened_unix_s,
        incident.t_changed_unix_s,
        msgspec.msgpack.encode(incident),
    )
