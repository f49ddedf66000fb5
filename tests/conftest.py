"""Fixtures that all tests share."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from monitor.bench.map import BROWSERS

if TYPE_CHECKING:
    from tests.brokers import Mosquitto

ROOT = Path(__file__).resolve().parent.parent
IN_CI = os.environ.get("CI", "").lower() == "true"

# An example that takes long on a loaded machine is no fault: speed is shown by the benchmarks. What must pass on every
# commit looks at the same examples each time; `make test` at new ones, and what they find becomes an @example.
settings.register_profile("calm", deadline=None)
settings.register_profile("same", deadline=None, derandomize=True)
settings.load_profile("same" if IN_CI else "calm")


def skip_or_fail(reason: str) -> None:
    """On a newcomer's machine a missing thing skips the test and says why; in CI it is a failure."""
    if IN_CI:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of recorded feeds and charts that lies beside the repository."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        skip_or_fail(f"the recorded feeds are not here ({folder.name} beside the repository)")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium to drive."""
    for candidate in BROWSERS:
        found = shutil.which(candidate)
        if found:
            return found
    skip_or_fail("no Chromium on this machine")
    return ""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator["Mosquitto"]:
    """A broker that lets everybody in."""
    from tests.brokers import OPEN, Mosquitto

    folder = tmp_path / "broker"
    folder.mkdir()
    made = Mosquitto(folder, OPEN).start()
    yield made
    made.stop()
