"""One InfluxDB with one evening in it, for all that asks it."""

from collections.abc import Iterator

import pytest

from tests.grafana.evening import DATABASE, Evening, told_to
from tests.servers import create_database, influxd


@pytest.fixture(scope="session")
def evening(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    folder = tmp_path_factory.mktemp("evening")
    with influxd(folder) as (url, _):
        create_database(url, DATABASE)
        yield told_to(url, folder)
