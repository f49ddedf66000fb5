"""`straitwatch run` as a process of its own: SIGHUP puts a changed chart in force, and a faulty one only on the map."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from monitor import config
from monitor.bench.servers import free_port
from tests.geofences.shapes import square
from tests.monitor.ships import area

PATIENCE_S = 60.0


def write(path: Path, *features: dict[str, Any]) -> None:
    text = json.dumps({"type": "FeatureCollection", "features": features})
    path.with_suffix(".new").write_text(text, encoding="utf-8")
    path.with_suffix(".new").replace(path)


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[socket.socket]:
    """What systemd listens on."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door:
        door.bind(str(tmp_path / "notify"))
        door.settimeout(PATIENCE_S)
        yield door


@pytest.fixture
def watching(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str, Path]]:
    """A monitor that listens, hears nothing and looks at its chart once an hour; its address; its chart."""
    chart, port = tmp_path / "chart.geojson", free_port()
    write(chart, area("first", 1.0, 50.0))
    text = config.shipped_text()
    begin, end = text.index('[[feeds]]\nname = "simulator"'), text.index("# The MQTT broker by which")
    feed = '[[feeds]]\nname = "shore"\ntype = "tcp-listener"\nhost = "127.0.0.1"\nlongest_line_bytes = 4096\n'
    feed += f'format = "nmea"\nport = {free_port()}\n'
    text = text[:begin] + feed + text[end:]
    text = text.replace("files = []", f'files = ["{chart}"]').replace("check_every_s = 1.0", "check_every_s = 3600.0")
    text = text.replace("port = 8080", f"port = {port}").replace('"var/', f'"{tmp_path}/var/')
    (tmp_path / "own.toml").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "monitor.cli.main", "run", "-c", str(tmp_path / "own.toml")]
    root = Path(__file__).resolve().parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root), "NOTIFY_SOCKET": str(tmp_path / "notify")}
    with (
        (tmp_path / "log").open("wb") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process,
    ):
        try:
            yield process, f"http://127.0.0.1:{port}", chart
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(PATIENCE_S) == 0


def fences(url: str) -> list[str]:
    """Ids of the fences on the map; none while nobody answers."""
    try:
        with urllib.request.urlopen(f"{url}/api/chart", timeout=5) as answer:
            body = answer.read()
    except OSError:
        return []
    return [feature["id"] for feature in json.loads(body)["features"]]


def wait_for(condition: Callable[[], bool]) -> None:
    """Another process is at work: nothing but time tells when it is done."""
    t_end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < t_end, "it did not happen"
        time.sleep(0.05)


@pytest.mark.slow
def test_a_signal_puts_the_changed_chart_in_force(watching: tuple[subprocess.Popen[bytes], str, Path]) -> None:
    process, url, chart = watching
    wait_for(lambda: fences(url) == ["first"])
    write(chart, area("first", 1.0, 50.0), area("second", 2.0, 50.0))
    assert fences(url) == ["first"], "nobody looks before the hour is over"
    process.send_signal(signal.SIGHUP)
    wait_for(lambda: fences(url) == ["first", "second"])
    ring = square(1.0, 50.0, 1.0)[:-1]
    gap = {"type": "Polygon", "coordinates": [ring]}
    write(chart, {"type": "Feature", "properties": {"id": "open"}, "geometry": gap})
    process.send_signal(signal.SIGHUP)
    log = chart.with_name("log")
    wait_for(lambda: "is not closed" in log.read_text(encoding="utf-8"))
    assert fences(url) == ["first", "second"]
    write(chart, area("third", 3.0, 50.0))
    process.send_signal(signal.SIGHUP)
    wait_for(lambda: fences(url) == ["third"])
    assert process.poll() is None


@pytest.mark.slow
def test_a_monitor_that_says_it_is_ready_hears_signals(
    supervisor: socket.socket, watching: tuple[subprocess.Popen[bytes], str, Path]
) -> None:
    process, url, _ = watching
    said = b""
    while said != b"READY=1":
        said = supervisor.recv(100)
    process.send_signal(signal.SIGHUP)
    assert fences(url) == ["first"]
    assert process.poll() is None
