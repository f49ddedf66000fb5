"""The dashboards that come with the product, as files; with the address of one's own live map."""

import json
from importlib import resources
from pathlib import Path
from typing import Any

from alerts.grafana import DASHBOARDS

Board = dict[str, Any]


def boards(map_url: str = "") -> list[Board]:
    """All of them. map_url : of the live map, for the links; "" keeps the one that is written in them."""
    found = [json.loads(_text(name)) for name in DASHBOARDS]
    for variable in (one for board in found for one in board["templating"]["list"]):
        if map_url and variable["name"] == "map_url":
            variable["query"] = map_url.rstrip("/")
    return found


def _text(name: str) -> str:
    beside = Path(__file__).resolve().parents[2] / "deploy" / "grafana" / "dashboards" / f"{name}.json"
    if beside.is_file():
        return beside.read_text(encoding="utf-8")
    return (resources.files("alerts.grafana") / "dashboards" / f"{name}.json").read_text(encoding="utf-8")
