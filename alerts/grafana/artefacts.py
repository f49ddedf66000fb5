"""The dashboards as files: classic JSON, which Grafana 10 to 13 takes, written anew from the code beside it.

python -m alerts.grafana.artefacts          into deploy/grafana/dashboards (needs the extra `dash`)
"""

import json
from importlib import import_module
from pathlib import Path
from typing import Any

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from alerts.grafana import DASHBOARDS

FOLDER = Path(__file__).resolve().parents[2] / "deploy" / "grafana" / "dashboards"


def built(name: str) -> bytes:
    """One dashboard's file."""
    found = import_module(f"alerts.grafana.{name}").build()
    plain = _cleaned(json.loads(json.dumps(found, cls=JSONEncoder)))
    return (json.dumps(plain, indent=1, ensure_ascii=False) + "\n").encode()


# What the SDK writes and no dashboard of ours means: links and annotations hidden in a menu, settings of variables of
# another kind, a table's footer that Grafana no longer has.
NOT_MEANT = {("placement", "inControlsMenu"), ("auto", False), ("auto_min", "10s"), ("auto_count", 30)}


def _cleaned(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: _cleaned(held)
            for key, held in value.items()
            if key != "footer" and not (isinstance(held, str | int) and (key, held) in NOT_MEANT)
        }
    return [_cleaned(held) for held in value] if isinstance(value, list) else value


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in DASHBOARDS:
        (FOLDER / f"{name}.json").write_bytes(built(name))


if __name__ == "__main__":
    main()
