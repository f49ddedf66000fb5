"""Real servers for benchmarks and tests: on a free loopback port, in a folder of their own, stopped by process id."""

import contextlib
import json
import shutil
import socket
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

START_S = 30.0  # a server that is not there by then does not come
ASK_S = 0.05

Server = tuple[str, "subprocess.Popen[bytes]"]  # its address and its process


class Missing(FileNotFoundError):
    """The server is not on this machine."""


def free_port() -> int:
    """A port that was free just now."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


def program(*names: str) -> str:
    """The first of these that this machine has. Raises Missing."""
    for name in names:
        if found := shutil.which(name, path="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"):
            return found
    raise Missing(f"no {names[0]} on this machine")


@contextlib.contextmanager
def running(command: Sequence[str | Path], port: int, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """The server, from when it answers at its port. Raises RuntimeError when it does not."""
    log = folder / f"{Path(command[0]).name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(list(map(str, command)), stdout=out, stderr=out, cwd=folder)
    try:
        _wait_for(port, process, log)
        yield process
    finally:
        process.kill()
        process.wait()


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline_s = time.monotonic() + START_S
    while time.monotonic() < deadline_s and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
            return
        time.sleep(ASK_S)
    raise RuntimeError(f"nothing listens at {port}: {log.read_text(errors='replace')[-3000:]}")


@contextlib.contextmanager
def influxd(folder: Path, port: int | None = None) -> Iterator[Server]:
    """InfluxDB 1.x."""
    port = port or free_port()
    settings = folder / "influxdb.conf"
    settings.write_text(
        f'reporting-disabled = true\nbind-address = "127.0.0.1:{free_port()}"\n'
        f'[meta]\n  dir = "{folder}/meta"\n[data]\n  dir = "{folder}/data"\n  wal-dir = "{folder}/wal"\n'
        f'[http]\n  bind-address = "127.0.0.1:{port}"\n  log-enabled = false\n'
    )
    with running([program("influxd"), "-config", settings], port, folder) as process:
        yield f"http://127.0.0.1:{port}", process


def create_database(url: str, name: str) -> None:
    """A database of InfluxDB 1.x. It says yes before it knows the database everywhere, so it is asked until it does."""
    asked(url, f'CREATE DATABASE "{name}"')
    deadline_s = time.monotonic() + START_S
    while time.monotonic() < deadline_s:
        (result,) = asked(url, "SHOW DATABASES")["results"]
        if [name] in result["series"][0].get("values", []):
            return
        time.sleep(ASK_S)
    raise RuntimeError(f"the database {name} does not come into being")


def asked(url: str, query: str) -> dict[str, Any]:
    """What InfluxDB 1.x answers."""
    data = urllib.parse.urlencode({"q": query}).encode()
    with urllib.request.urlopen(f"{url}/query", data=data, timeout=START_S) as answer:
        found: dict[str, Any] = json.loads(answer.read())
        return found


@contextlib.contextmanager
def victoria_metrics(folder: Path) -> Iterator[Server]:
    """VictoriaMetrics, which takes the writes of InfluxDB 2.x."""
    port = free_port()
    command = [
        program("victoria-metrics", "victoria-metrics-prod"),
        f"-httpListenAddr=127.0.0.1:{port}",
        f"-storageDataPath={folder}/vm",
        "-retentionPeriod=100y",
    ]
    with running(command, port, folder) as process:
        yield f"http://127.0.0.1:{port}", process


@contextlib.contextmanager
def alertmanager(folder: Path) -> Iterator[Server]:
    """Prometheus Alertmanager, alone, that tells nobody."""
    port = free_port()
    settings = folder / "alertmanager.yml"
    settings.write_text("route: {receiver: nobody}\nreceivers: [{name: nobody}]\n")
    command = [
        program("prometheus-alertmanager", "alertmanager"),
        f"--config.file={settings}",
        f"--storage.path={folder}/data",
        f"--web.listen-address=127.0.0.1:{port}",
        "--cluster.listen-address=",
    ]
    with running(command, port, folder) as process:
        yield f"http://127.0.0.1:{port}", process
