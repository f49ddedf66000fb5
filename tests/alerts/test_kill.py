"""kill -9 at any moment: nothing that was raised is lost, nothing is told twice."""

import os
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path

import msgspec
import pytest

from alerts.store import Store
from tests.servers import create_database, influxd

ROOT = Path(__file__).resolve().parents[2]
N_KILLS = 50


def lives(folder: Path, seed: int, n_kills: int, *url: str) -> int:
    folder.mkdir()
    command = [sys.executable, "-m", "tests.alerts.lives", str(folder), str(seed), str(n_kills), *url]
    one_thread = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=one_thread, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def content(folder: Path) -> tuple[str, ...]:
    store = Store(folder / "store.sqlite")
    assert store.verify().is_whole
    restored = store.restore()
    return (
        repr([stored.transition for stored in store.transitions()]),
        repr(store.incidents(with_closed=True)),
        repr([line.entry for line in store.audit()]),
        repr((restored.t_unix_s, restored.cursor, restored.last_number_by_day)),
    )


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same night without a single kill."""
    folder = tmp_path_factory.mktemp("night") / "quiet"
    assert lives(folder, 0, 0) == 0
    return folder


def test_the_night_has_enough_going_on(quiet: Path) -> None:
    store = Store(quiet / "store.sqlite")
    assert len(store.transitions()) > 150
    assert {stored.transition.event.value for stored in store.transitions()} >= {"opened", "updated", "cleared"}


def test_fifty_kills_change_nothing(quiet: Path, tmp_path: Path) -> None:
    killed = tmp_path / "killed"
    assert lives(killed, 20251122, N_KILLS) > N_KILLS // 2
    assert content(killed) == content(quiet)
    assert (killed / "alerts.jsonl").read_bytes() == (quiet / "alerts.jsonl").read_bytes()
    rows = [msgspec.json.decode(line) for line in (killed / "alerts.jsonl").read_bytes().splitlines()]
    assert len(rows) == len(Store(killed / "store.sqlite").transitions())


def points(url: str) -> dict[str, list[list[object]]]:
    """Everything in the database, by measurement, in order."""
    found = {}
    for measurement in ("alert", "incident"):
        asked = urllib.parse.urlencode({"db": "night", "q": f"SELECT * FROM {measurement}"})
        with urllib.request.urlopen(f"{url}/query?{asked}") as answer:
            (result,) = msgspec.json.decode(answer.read())["results"]
        found[measurement] = result["series"][0]["values"]
    return found


def test_a_database_has_after_twenty_kills_what_it_has_without_one(tmp_path: Path) -> None:
    """Each alert's step once, each incident's change once: a repeat is the same point."""
    found = []
    for name, n_kills in (("quiet", 0), ("killed", 20)):
        home = tmp_path / f"influxd-{name}"
        home.mkdir()
        with influxd(home) as (url, _):
            create_database(url, "night")
            assert lives(tmp_path / name, 20251124, n_kills, url) >= n_kills // 2
            found.append(points(url))
        assert len(found[-1]["alert"]) == len(Store(tmp_path / name / "store.sqlite").transitions())
    assert found[0] == found[1]
