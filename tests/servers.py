"""Real servers for tests: on a free loopback port, in a folder of their own, stopped by their own process id."""

import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.conftest import skip_or_fail

START_S = 30.0  # a server that is not there by then is a failure
ASK_S = 0.05


def free_port() -> int:
    """A port that was free just now."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


def binary(*names: str) -> str:
    """The first of these programs that this machine has."""
    for name in names:
        if found := shutil.which(name):
            return found
    skip_or_fail(f"no {names[0]} on this machine")
    return ""


@contextlib.contextmanager
def running(command: Sequence[str | Path], port: int, folder: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """The server, from when it answers at its port."""
    log = folder / f"{Path(command[0]).name}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(list(map(str, command)), stdout=out, stderr=out, cwd=folder)
    try:
        wait_for(port, process, log)
        yield process
    finally:
        process.kill()
        process.wait()


def wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Until somebody listens. Raises AssertionError when the server ends, or does not come."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text(errors="replace")[-3000:]
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1.0):
            return
        process.poll()
        time.sleep(ASK_S)
    raise AssertionError(f"nothing listens at {port}: {log.read_text(errors='replace')[-3000:]}")


@contextlib.contextmanager
def influxd(folder: Path, port: int | None = None) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """InfluxDB 1.x; its address and process."""
    port = port or free_port()
    settings = folder / "influxdb.conf"
    settings.write_text(
        f'reporting-disabled = true\nbind-address = "127.0.0.1:{free_port()}"\n'
        f'[meta]\n  dir = "{folder}/meta"\n[data]\n  dir = "{folder}/data"\n  wal-dir = "{folder}/wal"\n'
        f'[http]\n  bind-address = "127.0.0.1:{port}"\n  log-enabled = false\n'
    )
    with running([binary("influxd"), "-config", settings], port, folder) as process:
        yield f"http://127.0.0.1:{port}", process


@contextlib.contextmanager
def victoria_metrics(folder: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """VictoriaMetrics, which takes the writes of InfluxDB 2.x; its address and process."""
    port = free_port()
    command = [
        binary("victoria-metrics", "victoria-metrics-prod"),
        f"-httpListenAddr=127.0.0.1:{port}",
        f"-storageDataPath={folder}/vm",
        "-retentionPeriod=100y",
    ]
    with running(command, port, folder) as process:
        yield f"http://127.0.0.1:{port}", process
