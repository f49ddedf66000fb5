"""What the gateway has and the core has not acknowledged, on disk: one SQLite file, WAL, every commit flushed.

    batches   one row a batch: kind, its number in the stream of that kind, when it came, its bytes
    streams   of each kind the newest number given, so that an empty spool goes on counting
    life      the spool's name: who finds another one knows that the numbers began anew

A batch is on the disk before it is sent, so a power cut costs at most what had come since the last commit (the hold
time of a batch). Bounded by bytes and by age; what does not fit is the oldest, and it is counted. The gateway's only
writer is one thread; a commit costs a flush of the disk, four a second whatever the load.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

SCHEMA = """
CREATE TABLE IF NOT EXISTS life(only INTEGER PRIMARY KEY CHECK (only = 1), boot TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS streams(kind TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS batches(
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, seq INTEGER NOT NULL, t_unix_s REAL NOT NULL, body BLOB NOT NULL,
  UNIQUE(kind, seq));
"""
ROW_BYTES = 64  # what SQLite needs beside the body, about


class SpoolError(Exception):
    """The disk does not take it. The words say what to do."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Bytes on their way to the core."""

    kind: str
    t_unix_s: float  # when the first of it came
    body: bytes


@dataclass(frozen=True, slots=True)
class Extent:
    """What the spool has of one kind."""

    oldest: int  # last + 1 when it has nothing
    last: int


class Spool:
    """The file. One thread at a time."""

    def __init__(self, path: Path, *, limit_bytes: int, keep_s: float, new_boot: str) -> None:
        """Open or create. new_boot : the name of this life, if it is a new one. Raises SpoolError."""
        self.path, self._limit_bytes, self._keep_s = path, limit_bytes, keep_s
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(SCHEMA)
            self._db.execute("INSERT OR IGNORE INTO life VALUES (1, ?)", (new_boot,))
            self.boot = str(self._db.execute("SELECT boot FROM life").fetchone()[0])
            self.n_batches, self.n_bytes = self._measure()
        except (sqlite3.Error, OSError) as error:
            raise SpoolError(f"the spool {path} cannot be used: {error}") from error

    def _measure(self) -> tuple[int, int]:
        n, size = self._db.execute("SELECT count(*), coalesce(sum(length(body)), 0) FROM batches").fetchone()
        return n, size + n * ROW_BYTES

    def close(self) -> None:
        self._db.close()

    def append(self, batches: Sequence[Batch], now_unix_s: float) -> int:
        """Put batches on the disk, each with the next number of its kind; how many old ones had to go for them.

        All or nothing. Raises SpoolError, and may then be called again.
        """
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                for batch in batches:
                    self._insert(batch)
                n_dropped = self._drop(now_unix_s)
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # a full disk has rolled back by itself
                    self._db.execute("ROLLBACK")
                self.n_batches, self.n_bytes = self._measure()
                raise
        except sqlite3.Error as error:
            raise SpoolError(f"the spool {self.path} cannot be written: {error}") from error
        return n_dropped

    def _insert(self, batch: Batch) -> None:
        (seq,) = self._db.execute(
            "INSERT INTO streams VALUES (?, 1) ON CONFLICT(kind) DO UPDATE SET last = last + 1 RETURNING last",
            (batch.kind,),
        ).fetchone()
        self._db.execute(
            "INSERT INTO batches(kind, seq, t_unix_s, body) VALUES (?, ?, ?, ?)",
            (batch.kind, seq, batch.t_unix_s, batch.body),
        )
        self.n_batches += 1
        self.n_bytes += len(batch.body) + ROW_BYTES

    def _drop(self, now_unix_s: float) -> int:
        """The oldest go, as far as bytes and age want; the newest stays whatever its size."""
        n_dropped = 0
        while self.n_batches > 1:
            row = self._db.execute("SELECT id, t_unix_s, length(body) FROM batches ORDER BY id LIMIT 1").fetchone()
            if self.n_bytes <= self._limit_bytes and now_unix_s - row[1] <= self._keep_s:
                break
            self._db.execute("DELETE FROM batches WHERE id = ?", row[:1])
            self.n_batches -= 1
            self.n_bytes -= row[2] + ROW_BYTES
            n_dropped += 1
        return n_dropped

    def acknowledge(self, kind: str, before: int) -> None:
        """Let go of everything of a kind that comes before this number. Raises SpoolError.

        What a full disk keeps from being deleted is deleted with the next acknowledgement.
        """
        try:
            gone = self._db.execute(
                "DELETE FROM batches WHERE kind = ? AND seq < ? RETURNING length(body)", (kind, before)
            ).fetchall()
        except sqlite3.Error as error:
            raise SpoolError(f"the spool {self.path} cannot be written: {error}") from error
        self.n_batches -= len(gone)
        self.n_bytes -= sum(size for (size,) in gone) + len(gone) * ROW_BYTES

    def extent(self, kind: str) -> Extent:
        """What there is of a kind."""
        (last,) = self._db.execute("SELECT last FROM streams WHERE kind = ?", (kind,)).fetchone() or (0,)
        (oldest,) = self._db.execute("SELECT min(seq) FROM batches WHERE kind = ?", (kind,)).fetchone()
        return Extent(last + 1 if oldest is None else oldest, last)

    def read(self, kind: str, seqs: Sequence[int]) -> list[tuple[int, bytes]]:
        """The batches with these numbers that are there, in order. seqs : a run without holes."""
        if not seqs:
            return []
        return self._db.execute(
            "SELECT seq, body FROM batches WHERE kind = ? AND seq BETWEEN ? AND ? ORDER BY seq",
            (kind, seqs[0], seqs[-1]),
        ).fetchall()

    def oldest_unix_s(self) -> float:
        """When the oldest batch came; NaN when there is none."""
        (t_unix_s,) = self._db.execute("SELECT min(t_unix_s) FROM batches").fetchone()
        return float("nan") if t_unix_s is None else float(t_unix_s)
