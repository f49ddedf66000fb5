"""The two ends of a night at a shore site: a receiver that counts, and a core that keeps what it takes in SQLite.

python -m tests.gateway.ends PORT DATABASE      the core as a process of its own, to be killed
"""

import asyncio
import contextlib
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from alerts.broker_access import BrokerSettings
from monitor.feeds.live import Intake
from monitor.feeds.mqtt import MqttFeed
from monitor.receipts import Receipts, from_bytes
from tests.brokers import Mosquitto

LINES_PER_TURN = 40


def core_settings(port: int) -> BrokerSettings:
    return Mosquitto(Path(), "", port).settings(user="core", client_id="core", keepalive_s=1)


async def keep(broker: BrokerSettings, path: Path, *, turn_s: float = 0.01) -> None:
    """A core: what it takes and how far it has come are stored in one transaction, as `Machine.write` does it."""
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("CREATE TABLE IF NOT EXISTS taken(id INTEGER PRIMARY KEY, data BLOB, n_missing INTEGER)")
    db.execute("CREATE TABLE IF NOT EXISTS cursor(only INTEGER PRIMARY KEY, body BLOB)")
    (cursor,) = db.execute("SELECT body FROM cursor").fetchone() or (b"",)
    receipts = Receipts(from_bytes(cursor))
    intake = Intake(1 << 22, positions=dict(receipts.positions))
    feed = asyncio.create_task(MqttFeed("sites", "+", "nmea", broker).run(intake))
    try:
        while not feed.done():
            await asyncio.sleep(turn_s)
            chunks = intake.take(1 << 22)
            receipts.took(chunks, 0.0)
            receipts.judged(0.0)
            due = receipts.due()
            if not chunks:
                continue
            db.execute("BEGIN")
            db.executemany("INSERT INTO taken(data, n_missing) VALUES (?, ?)", [(c.data, c.n_missing) for c in chunks])
            db.execute("INSERT OR REPLACE INTO cursor VALUES (1, ?)", (receipts.cursor(due),))
            db.execute("COMMIT")
            receipts.stored(due)
            for receipt in due:
                receipt.stored(receipt)
        await feed
    finally:
        feed.cancel()
        await asyncio.gather(feed, return_exceptions=True)
        db.close()


def kept(path: Path) -> tuple[list[int], int]:
    """The numbers of the lines that a core has, in its order, and how many batches it misses."""
    if not path.exists():
        return [], 0
    with contextlib.closing(sqlite3.connect(path)) as db:
        try:
            rows = db.execute("SELECT data, n_missing FROM taken ORDER BY id").fetchall()
        except sqlite3.OperationalError:  # killed before it had made its table
            return [], 0
    lines = b"".join(data for data, _ in rows).splitlines()
    return [int(line.rpartition(b"\\")[2]) for line in lines], sum(n for _, n in rows)


@asynccontextmanager
async def counting(most: int) -> AsyncIterator[tuple[int, "Counter"]]:
    """A receiver that serves the lines 1, 2, 3 ... over TCP, going on where it was for whoever connects next."""
    counter = Counter(most)
    server = await asyncio.start_server(counter.serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1], counter


class Counter:
    """How far it has counted."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.n = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while self.n < self.most:
                end = min(self.n + LINES_PER_TURN, self.most)
                writer.write(b"".join(b"%07d\n" % i for i in range(self.n + 1, end + 1)))
                self.n = end
                await writer.drain()
                await asyncio.sleep(0.002)
            await reader.read()
        except OSError:
            pass
        finally:
            writer.close()


if __name__ == "__main__":
    asyncio.run(keep(core_settings(int(sys.argv[1])), Path(sys.argv[2])))
