"""What deploy/ ships is sound as far as this machine can tell."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from monitor import config
from monitor.cli.main import parser
from monitor.gateway.service import BEAT_S
from tests.conftest import ROOT, skip_or_fail

UNITS = ("straitwatch-gateway.service", "straitwatch.service")


@pytest.fixture
def systemd_analyze() -> str:
    found = shutil.which("systemd-analyze")
    if not found:
        skip_or_fail("no systemd-analyze on this machine")
    assert found
    return found


@pytest.mark.realserver
@pytest.mark.parametrize("unit", UNITS)
def test_units_are_sound_and_locked_down(systemd_analyze: str, unit: str, tmp_path: Path) -> None:
    text = (ROOT / "deploy" / "systemd" / unit).read_text(encoding="utf-8")
    path = tmp_path / unit
    path.write_text(text.replace("/opt/straitwatch/.venv/bin/straitwatch", "/bin/true"), encoding="utf-8")
    verify = [systemd_analyze, "verify", "--man=no", str(path)]
    done = subprocess.run(verify, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    security = [systemd_analyze, "security", "--offline=true", "--threshold=20", str(path)]  # tenths
    done = subprocess.run(security, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("unit", UNITS)
def test_units_start_commands_that_exist(unit: str) -> None:
    text = (ROOT / "deploy" / "systemd" / unit).read_text(encoding="utf-8")
    found = re.search(r"ExecStart=\S+/straitwatch (.*)", text)
    assert found
    parser().parse_args(found[1].split())


@pytest.mark.parametrize("unit", UNITS)
def test_a_forbidden_call_fails_and_does_not_kill(unit: str) -> None:
    """OpenBLAS calls mbind when numpy is imported: without this neither service lives for a second."""
    text = (ROOT / "deploy" / "systemd" / unit).read_text(encoding="utf-8")
    assert "SystemCallFilter=~@privileged @resources\n" in text
    assert "\nSystemCallErrorNumber=EPERM\n" in text


@pytest.mark.parametrize(
    ("unit", "every_s"),
    [("straitwatch.service", config.read(None).watchdog.heartbeat_every_s), ("straitwatch-gateway.service", BEAT_S)],
)
def test_systemd_waits_for_more_than_one_heartbeat(unit: str, every_s: float) -> None:
    text = (ROOT / "deploy" / "systemd" / unit).read_text(encoding="utf-8")
    found = re.search(r"^Type=notify\nWatchdogSec=(\d+)$", text, re.MULTILINE)
    assert found
    assert int(found[1]) >= 3 * every_s


def test_what_the_compose_file_mounts_from_the_repository_is_there() -> None:
    text = (ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8")
    mounted = re.findall(r"- \./(\S+?):", text)
    assert len(mounted) > 5
    assert [one for one in mounted if not one.startswith("site/") and not (ROOT / "deploy" / one).exists()] == []
