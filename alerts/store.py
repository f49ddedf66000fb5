"""What was raised is on disk before anybody is told: alerts, incidents, audit, outbox, inbox, desk, in one SQLite file.

One transaction a step of the pipeline holds all that the step changed and the desk as it stood afterwards, so a crash
at any moment leaves either all of it or nothing of it; the restart goes on from the desk and repeats, at most, what
was not yet stored. A repeat of a stored row is the same row: transitions and audit lines have ids made of their
content. `synchronous=FULL` costs a flush of the disk for each commit (some milliseconds); ticks without changes cost
nothing. Readers (web, command line) open the file for themselves: WAL lets them read while it is written.

    alerts     one row a transition, in the order told: append-only, and the queue of every sink (the outbox)
    incidents  the newest state of each
    audit      append-only; each row carries the hash of the one before, so that a changed or lost line shows
    outbox     how far each sink has got
    inbox      commands of people, until applied
    desk       one row: the desk's bytes and the tick they belong to

Append-only is enforced by triggers. Rejected: aiosqlite (a thread hop for nothing: the writer has a thread of its
own), synchronous=NORMAL (a power cut may lose the last commits, which sinks have already told).
"""

import hashlib
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from alerts.alert import Priority, Transition
from alerts.incident import AuditEntry, Command, Incident, IncidentState

SCHEMA_VERSION = 1
GENESIS = "0" * 64  # the hash before the first line of the audit
NO_DESK = (None, float("nan"), b"")
BUSY_S = 5.0  # how long a writer waits for another one before it gives up

SCHEMA = """
CREATE TABLE alerts(
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, t_unix_s REAL NOT NULL, event TEXT NOT NULL,
  alert_id TEXT NOT NULL, incident TEXT NOT NULL, rule TEXT NOT NULL, priority INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX alerts_by_incident ON alerts(incident);
CREATE TABLE incidents(
  incident_id TEXT PRIMARY KEY, state TEXT NOT NULL, priority INTEGER NOT NULL, number INTEGER NOT NULL,
  t_opened_unix_s REAL NOT NULL, t_changed_unix_s REAL NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
CREATE INDEX incidents_by_state ON incidents(state);
CREATE TABLE audit(
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, t_unix_s REAL NOT NULL, who TEXT NOT NULL,
  what TEXT NOT NULL, incident TEXT NOT NULL, text TEXT NOT NULL, hash TEXT NOT NULL);
CREATE TABLE outbox(sink TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE inbox(
  seq INTEGER PRIMARY KEY AUTOINCREMENT, command_id TEXT NOT NULL UNIQUE, body BLOB NOT NULL,
  is_applied INTEGER NOT NULL);
CREATE TABLE desk(
  only INTEGER PRIMARY KEY CHECK (only = 1), t_unix_s REAL NOT NULL, cursor BLOB NOT NULL, body BLOB NOT NULL);
CREATE TABLE head(only INTEGER PRIMARY KEY CHECK (only = 1), n_audit INTEGER NOT NULL, hash TEXT NOT NULL);
"""
TRIGGERS = "".join(
    f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
    f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;\n"
    for table in ("alerts", "audit")
    for act in ("UPDATE", "DELETE")
)


class StoreError(Exception):
    """The store could not do it, and nothing of it was done. `is_retryable`: the same call may succeed later."""

    def __init__(self, message: str, *, is_retryable: bool) -> None:
        super().__init__(message)
        self.is_retryable = is_retryable


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
        self._lock = threading.RLock()
        with _told(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(self.path, timeout=busy_s, isolation_level=None, check_same_thread=False)
        try:
            with _told(self.path):
                self._prepare()
        except StoreError:
            self._db.close()
            raise

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        if self._version() == SCHEMA_VERSION:
            return
        with self._transaction():
            version = self._version()  # another process may have made it meanwhile
            if version > SCHEMA_VERSION:
                text = f"{self.path} is of version {version}; this program reads up to {SCHEMA_VERSION}"
                raise StoreError(text, is_retryable=False)
            if version == 0:
                for statement in _statements(SCHEMA + TRIGGERS):
                    self._db.execute(statement)
                self._db.execute("INSERT INTO head VALUES (1, 0, ?)", (GENESIS,))
                self._db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")

    def _version(self) -> int:
        return int(self._db.execute("PRAGMA user_version").fetchone()[0])

    def close(self) -> None:
        """Let go of the file. Everything committed is on the disk already."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _transaction(self, kind: str = "IMMEDIATE") -> Iterator[sqlite3.Connection]:
        """All or nothing. Whatever goes wrong is rolled back and told as StoreError. DEFERRED to read only."""
        with self._lock, _told(self.path):
            self._db.execute(f"BEGIN {kind}")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # a full disk has rolled back by itself
                    self._db.execute("ROLLBACK")
                raise

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
    ) -> None:
        """Store what a step changed, the desk after it, and which commands it applied: all of it, or nothing.

        When it returns, everything is on the disk. Raises StoreError; the call may then be repeated.
        """
        with self._transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO alerts(id, t_unix_s, event, alert_id, incident, rule, priority, body) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [_alert_row(step, step_id) for step, step_id in zip(transitions, ids_of(transitions), strict=True)],
            )
            db.executemany(
                "INSERT OR REPLACE INTO incidents VALUES (?, ?, ?, ?, ?, ?, ?)", map(_incident_row, incidents)
            )
            self._append_audit(audit)
            db.executemany("UPDATE inbox SET is_applied = 1 WHERE command_id = ?", [(c,) for c in applied])
            db.execute("INSERT OR REPLACE INTO desk VALUES (1, ?, ?, ?)", (t_unix_s, cursor, desk))

    def record(self, entry: AuditEntry) -> None:
        """One audit line of its own. When it returns, it is on the disk. Raises StoreError."""
        with self._transaction():
            self._append_audit([entry])

    def _append_audit(self, audit: Sequence[AuditEntry]) -> None:
        """Chain the lines to those before. A line that is there already is the same line."""
        n_audit, last = self._db.execute("SELECT n_audit, hash FROM head").fetchone()
        n_before = n_audit
        for entry, line_id in zip(audit, _audit_ids(audit), strict=True):
            if self._db.execute("SELECT 1 FROM audit WHERE id = ?", (line_id,)).fetchone():
                continue
            last = chained(last, entry)
            n_audit += 1
            row = (line_id, entry.t_unix_s, entry.who, entry.what, entry.incident_id, entry.text, last)
            self._db.execute(
                "INSERT INTO audit(id, t_unix_s, who, what, incident, text, hash) VALUES (?, ?, ?, ?, ?, ?, ?)", row
            )
        if n_audit != n_before:
            self._db.execute("UPDATE head SET n_audit = ?, hash = ?", (n_audit, last))

    def restore(self) -> Restored:
        """Where the last run stopped."""
        with self._transaction("DEFERRED") as db:
            desk, t_unix_s, cursor = db.execute("SELECT body, t_unix_s, cursor FROM desk").fetchone() or NO_DESK
            numbers = db.execute(
                "SELECT substr(incident_id, 1, 8), max(number) FROM incidents GROUP BY substr(incident_id, 1, 8)"
            )
            return Restored(desk, t_unix_s, cursor, dict(numbers.fetchall()))

    # the outbox: every sink reads the alerts in order and says how far it has got

    def undelivered(self, sink: str, limit: int) -> list[StoredTransition]:
        """The next transitions that a sink has not had, in the order stored."""
        with self._lock, _told(self.path):
            rows = self._db.execute(
                "SELECT seq, id, body FROM alerts WHERE seq > coalesce((SELECT seq FROM outbox WHERE sink = ?), 0) "
                "ORDER BY seq LIMIT ?",
                (sink, limit),
            ).fetchall()
        return [StoredTransition(seq, i, msgspec.msgpack.decode(body, type=Transition)) for seq, i, body in rows]

    def delivered(self, sink: str, seq: int) -> None:
        """A sink has had everything up to and including `seq`."""
        with self._transaction() as db:
            db.execute("INSERT OR REPLACE INTO outbox VALUES (?, ?)", (sink, seq))

    # the inbox: commands on their way to the desk

    def submit(self, command: Command) -> None:
        """Hand in a command; when it returns, the running service will apply it, even if it stops meanwhile."""
        with self._transaction() as db:
            body = msgspec.msgpack.encode(command)
            db.execute(
                "INSERT OR IGNORE INTO inbox(command_id, body, is_applied) VALUES (?, ?, 0)", (command.command_id, body)
            )

    def pending_commands(self) -> tuple[Command, ...]:
        """Commands that no step has applied, in the order handed in."""
        with self._lock, _told(self.path):
            rows = self._db.execute("SELECT body FROM inbox WHERE is_applied = 0 ORDER BY seq").fetchall()
        return tuple(msgspec.msgpack.decode(body, type=Command) for (body,) in rows)

    def is_applied(self, command_id: str) -> bool:
        """Whether the service has applied (or refused) a command; the audit says which."""
        with self._lock, _told(self.path):
            row = self._db.execute("SELECT is_applied FROM inbox WHERE command_id = ?", (command_id,)).fetchone()
        return row is not None and bool(row[0])

    # what people read

    def incidents(self, *, with_closed: bool) -> list[Incident]:
        """All incidents, the most urgent first, then the newest."""
        where = "" if with_closed else f"WHERE state != '{IncidentState.CLOSED.value}'"
        with self._lock, _told(self.path):
            rows = self._db.execute(
                f"SELECT body FROM incidents {where} ORDER BY priority DESC, t_opened_unix_s DESC, incident_id DESC"
            ).fetchall()
        return [msgspec.msgpack.decode(body, type=Incident) for (body,) in rows]

    def incident(self, incident_id: str) -> Incident | None:
        with self._lock, _told(self.path):
            row = self._db.execute("SELECT body FROM incidents WHERE incident_id = ?", (incident_id,)).fetchone()
        return None if row is None else msgspec.msgpack.decode(row[0], type=Incident)

    def transitions(self, incident_id: str | None = None) -> list[StoredTransition]:
        """Everything told, or everything told of one incident, in order."""
        where, given = ("", ()) if incident_id is None else ("WHERE incident = ?", (incident_id,))
        with self._lock, _told(self.path):
            rows = self._db.execute(f"SELECT seq, id, body FROM alerts {where} ORDER BY seq", given).fetchall()
        return [StoredTransition(seq, i, msgspec.msgpack.decode(body, type=Transition)) for seq, i, body in rows]

    def audit(self, incident_id: str | None = None) -> list[AuditLine]:
        """The record, or what it says of one incident, in order."""
        where, given = ("", ()) if incident_id is None else ("WHERE incident = ?", (incident_id,))
        with self._lock, _told(self.path):
            rows = self._db.execute(
                f"SELECT seq, t_unix_s, who, what, incident, text, hash FROM audit {where} ORDER BY seq", given
            ).fetchall()
        return [AuditLine(seq, AuditEntry(*entry), digest) for seq, *entry, digest in rows]

    def verify(self) -> Verdict:
        """Walk the audit's chain: whole, or the first line at which it breaks."""
        with self._transaction("DEFERRED") as db:
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


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """SQLite's errors as ours, in words that say what to do."""
    try:
        yield
    except sqlite3.OperationalError as error:
        text = str(error)
        if "full" in text:
            why = f"the disk of {path} is full; nothing of this step was stored, free some space"
            raise StoreError(why, is_retryable=True) from error
        if "locked" in text or "busy" in text:
            why = f"{path} is locked by another program; nothing of this step was stored"
            raise StoreError(why, is_retryable=True) from error
        raise StoreError(f"{path}: {text}; nothing of this step was stored", is_retryable=True) from error
    except sqlite3.DatabaseError as error:
        raise StoreError(
            f"{path} is not a store of this program, or is damaged: {error}", is_retryable=False
        ) from error
    except OSError as error:
        raise StoreError(f"{path} cannot be opened: {error}", is_retryable=True) from error


def _statements(script: str) -> list[str]:
    """Single statements, since sqlite3's executescript would end the transaction. Triggers hold a semicolon."""
    found, part = [], ""
    for piece in script.split(";"):
        part += piece + ";"
        if sqlite3.complete_statement(part):
            found.append(part)
            part = ""
    return found


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
