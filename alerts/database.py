"""The store's file: its tables, its versions, one transaction at a time, and SQLite's errors in words that help.

Append-only is enforced by triggers. Rejected: aiosqlite (a thread hop for nothing: the writer has a thread of its
own), synchronous=NORMAL (a power cut may lose the last commits, which sinks have already told).
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

SCHEMA_VERSION = 3
GENESIS = "0" * 64  # the hash before the first line of the audit
BUSY_S = 5.0  # how long a writer waits for another one before it gives up

VERSION_1 = (
    """
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
INSERT INTO head VALUES (1, 0, '{genesis}');
""".replace("{genesis}", GENESIS)
    + "".join(
        f"CREATE TRIGGER {table}_no_{act.lower()} BEFORE {act} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;\n"
        for table in ("alerts", "audit")
        for act in ("UPDATE", "DELETE")
    )
)
# The outbox holds items of every kind; each sink's place in it goes on from its place among the alerts.
VERSION_2 = """
CREATE TABLE items(
  seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, t_unix_s REAL NOT NULL,
  body BLOB NOT NULL);
CREATE INDEX items_by_kind ON items(kind, seq);
CREATE TABLE places(sink TEXT PRIMARY KEY, seq INTEGER NOT NULL, kinds TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE quarantine(
  sink TEXT NOT NULL, seq INTEGER NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, t_unix_s REAL NOT NULL,
  t_refused_unix_s REAL NOT NULL, words TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (sink, seq)) WITHOUT ROWID;
CREATE TABLE losses(
  sink TEXT NOT NULL, kind TEXT NOT NULL, n INTEGER NOT NULL, t_first_unix_s REAL NOT NULL,
  t_last_unix_s REAL NOT NULL, PRIMARY KEY (sink, kind)) WITHOUT ROWID;
INSERT INTO items(seq, id, kind, t_unix_s, body) SELECT seq, id, 'transition', t_unix_s, body FROM alerts ORDER BY seq;
INSERT INTO places SELECT sink, seq, 'transition' FROM outbox;
DROP TABLE outbox;
"""
# How far each route has got with telling each incident, and the last notice of it to each channel until it is closed.
VERSION_3 = """
CREATE TABLE routes(name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE courses(
  incident TEXT NOT NULL, route TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (incident, route)) WITHOUT ROWID;
CREATE TABLE standing(
  channel TEXT NOT NULL, incident TEXT NOT NULL, body BLOB NOT NULL, PRIMARY KEY (channel, incident)) WITHOUT ROWID;
"""
STEPS = (VERSION_1, VERSION_2, VERSION_3)


class StoreError(Exception):
    """The store could not do it, and nothing of it was done. `is_retryable`: the same call may succeed later."""

    def __init__(self, message: str, *, is_retryable: bool) -> None:
        super().__init__(message)
        self.is_retryable = is_retryable


class Database:
    """The file. Any thread may use it, one at a time."""

    def __init__(self, path: Path, *, busy_s: float) -> None:
        """Open or create. Raises StoreError when the file is not a store, or of a newer version."""
        self.path = path
        self._lock = threading.RLock()
        with told(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self.db = sqlite3.connect(path, timeout=busy_s, isolation_level=None, check_same_thread=False)
        try:
            with told(path):
                self._prepare()
        except StoreError:
            self.db.close()
            raise

    def _prepare(self) -> None:
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=FULL")
        if self._version() == SCHEMA_VERSION:
            return
        with self.transaction():
            version = self._version()  # another process may have made it meanwhile
            if version > SCHEMA_VERSION:
                text = f"{self.path} is of version {version}; this program reads up to {SCHEMA_VERSION}"
                raise StoreError(text, is_retryable=False)
            for step in STEPS[version:]:
                for statement in _statements(step):
                    self.db.execute(statement)
            self.db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")

    def _version(self) -> int:
        return int(self.db.execute("PRAGMA user_version").fetchone()[0])

    def close(self) -> None:
        """Let go of the file. Everything committed is on the disk already."""
        with self._lock:
            self.db.close()

    @contextmanager
    def transaction(self, kind: str = "IMMEDIATE") -> Iterator[sqlite3.Connection]:
        """All or nothing. Whatever goes wrong is rolled back and told as StoreError. DEFERRED to read only."""
        with self._lock, told(self.path):
            self.db.execute(f"BEGIN {kind}")
            try:
                yield self.db
                self.db.execute("COMMIT")
            except BaseException:
                with suppress(sqlite3.Error):  # a full disk has rolled back by itself
                    self.db.execute("ROLLBACK")
                raise

    def rows(self, query: str, given: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """All rows of one query. Raises StoreError."""
        with self._lock, told(self.path):
            return self.db.execute(query, given).fetchall()


@contextmanager
def told(path: Path) -> Iterator[None]:
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
