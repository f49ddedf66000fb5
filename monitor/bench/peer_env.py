"""The peers' own environments: libraries that the product does not depend on, at fixed versions.

They are installed once, apart from the product (one of them is GPL, and none belongs into its environment), and run
as separate processes that time their own work. Peers that cannot live together have environments of their own.
"""

import json
import os
import subprocess
import sys
import venv
from collections.abc import Callable
from importlib import resources
from pathlib import Path

PEERS = {
    "ais": ("aiscat==0.68.16", "marlin-py==0.3.0", "libais==0.17", "numpy>=2"),
    "radar": ("libasterix==0.36.3", "aviconv-asterix==0.4.0", "pynmea2==1.19.0", "pynmeagps==1.1.8"),
    "tracking": ("stonesoup==1.9.1",),
}


def folder(name: str) -> Path:
    """Where an environment lives: the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "straitwatch" / f"bench-{name}-py{sys.version_info.major}{sys.version_info.minor}"


def python(name: str, progress: Callable[[str], None]) -> Path | None:
    """The interpreter of an environment of PEERS, made when it is missing; None when it cannot be made."""
    home = folder(name)
    interpreter = home / "bin" / "python"
    if (home / ".ready").exists():
        return interpreter
    progress("installing the peers into an environment of their own (once)")
    venv.create(home, with_pip=True, clear=True)
    command = [str(interpreter), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PEERS[name]]
    if subprocess.run(command, check=False, stdout=subprocess.DEVNULL).returncode:
        return None
    (home / ".ready").touch()
    return interpreter


def run(interpreter: Path, script: str, *args: str) -> dict[str, float]:
    """Run one peer script (monitor/bench/peers/<script>.py); it prints a JSON object with cpu_s and n_messages."""
    with resources.as_file(resources.files("monitor.bench.peers") / f"{script}.py") as path:
        done = subprocess.run([str(interpreter), str(path), *args], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return found
