"""kill -9 at any moment: nothing that was raised is lost, nothing is told twice."""

import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from alerts.store import Store

ROOT = Path(__file__).resolve().parents[2]
N_KILLS = 50


def lives(folder: Path, seed: int, n_kills: int) -> int:
    folder.mkdir()
    command = [sys.executable, "-m", "tests.alerts.lives", str(folder), str(seed), str(n_kills)]
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
