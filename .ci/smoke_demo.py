"""Smoke run of the demo: it starts, the page and its parts are served, ships move, an explained incident comes up."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT_S = 120.0


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:
        body: bytes = answer.read()
    return body


def wait_for_incident(base: str, demo: subprocess.Popen[bytes]) -> dict[str, object]:
    """Poll until an incident with a reason is listed."""
    deadline = time.monotonic() + LIMIT_S
    while time.monotonic() < deadline:
        if demo.poll() is not None:
            raise SystemExit(f"the demo ended with code {demo.returncode}")
        try:
            incidents = json.loads(fetch(f"{base}/api/incidents"))
        except (urllib.error.URLError, ConnectionError):
            incidents = []
        rows = incidents.get("incidents", []) if isinstance(incidents, dict) else incidents
        explained = [row for row in rows if row.get("reason")]
        if explained:
            found: dict[str, object] = explained[0]
            return found
        time.sleep(0.5)
    raise SystemExit(f"no explained incident within {LIMIT_S:g} s")


def main() -> None:
    port = free_port()
    base = f"http://127.0.0.1:{port}"
    command = [str(Path(sys.executable).parent / "straitwatch"), "demo", "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT) as demo:
        try:
            incident = wait_for_incident(base, demo)
            page = fetch(f"{base}/").decode()
            assert "<title>" in page, "the page is not there"
            for part in ("api/chart", "api/land", "api/receivers", "healthz", "metrics"):
                assert fetch(f"{base}/{part}"), part
        finally:
            demo.send_signal(signal.SIGINT)
            demo.wait(30)
    print(f"smoke run passed: {incident.get('title')}: {incident.get('reason')}")


if __name__ == "__main__":
    main()
