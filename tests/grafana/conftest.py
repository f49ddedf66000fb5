"""One InfluxDB with one evening in it, for all that asks it."""

import asyncio
from collections.abc import Iterator

import aiohttp
import pytest

from tests.grafana.evening import DATABASE, Evening, told_to
from tests.servers import influxd


@pytest.fixture(scope="session")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    async def create(url: str) -> None:
        async with aiohttp.ClientSession() as session:
            (await session.post(f"{url}/query", params={"q": f"CREATE DATABASE {DATABASE}"})).release()

    folder = tmp_path_factory.mktemp("evening")
    with influxd(folder) as (url, _):
        asyncio.run(create(url))
        yield told_to(url, folder)
