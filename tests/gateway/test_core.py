"""The whole service behind a gateway: acknowledged is what is in the store, also when the service was killed."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from monitor import config
from monitor.receipts import from_bytes
from tests.brokers import Mosquitto
from tests.gateway.ends import counting
from tests.gateway.test_gateway import end, gateway, spooled, start, until
from tests.monitor.test_feeds_mqtt import FEED

pytestmark = [pytest.mark.realserver, pytest.mark.slow]


def core_toml(folder: Path, broker: Mosquitto) -> str:
    text = config.shipped_text()
    first, last = text.index("[[feeds]]\nname = "), text.index("# The MQTT broker by which")
    text = text[:first] + FEED.format("sites", "+", "nmea") + text[last:]
    return (
        text.replace("port = 1883", f"port = {broker.port}")
        .replace('user = ""', 'user = "core"', 1)
        .replace('"var/', f'"{folder}/')
        .replace("picture_every_s = 20.0", "picture_every_s = 0.5")
        .replace("[web]\n# Whether it is served.\nis_on = true", "[web]\n# Whether it is served.\nis_on = false")
    )


def position(folder: Path) -> int:
    """The number of the last batch that the store has."""
    path = folder / "straitwatch.sqlite"
    if not path.exists():
        return 0
    with sqlite3.connect(path) as db:
        try:
            (cursor,) = db.execute("SELECT cursor FROM desk").fetchone() or (b"",)
        except sqlite3.OperationalError:
            return 0
    return from_bytes(cursor).get("dover/nmea", ("", 0))[1]


def newest(folder: Path) -> int:
    with sqlite3.connect(folder / "spool.sqlite") as db:
        return int((db.execute("SELECT last FROM streams").fetchone() or (0,))[0])


async def test_the_spool_lets_go_of_what_the_services_store_has(broker: Mosquitto, tmp_path: Path) -> None:
    toml = tmp_path / "core.toml"
    toml.write_text(core_toml(tmp_path, broker))
    async with counting(3000) as (port, counter):
        ours = gateway(tmp_path, broker, port)
        core = start("monitor.cli.main", "run", "-c", str(toml))
        try:
            await until(lambda: position(tmp_path) > 0, ours)
            core.kill()
            core.wait()
            core = start("monitor.cli.main", "run", "-c", str(toml))
            await until(lambda: counter.n == 3000 and newest(tmp_path) >= 150, ours)
            await until(lambda: spooled(tmp_path) == 0, ours)
            assert position(tmp_path) == newest(tmp_path)
        finally:
            core.terminate()
            code = await asyncio.to_thread(core.wait)
            await end(ours)
    assert code == 0
