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
    plain = _without_placement(json.loads(json.dumps(found, cls=JSONEncoder)))
    return (json.dumps(plain, indent=1, ensure_ascii=False) + "\n").encode()


def _without_placement(value: Any) -> Any:
    """The SDK puts every link and annotation into a menu, where nobody finds them."""
    if isinstance(value, dict):
        return {
            key: _without_placement(held)
            for key, held in value.items()
            if (key, held) != ("placement", "inControlsMenu")
        }
    return [_without_placement(held) for held in value] if isinstance(value, list) else value


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in DASHBOARDS:
        (FOLDER / f"{name}.json").write_bytes(built(name))


if __name__ == "__main__":
    main()
