"""Every InfluxQL query of a dashboard, as Grafana would send it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

VARIABLES = {"$exercise": "(no|yes)", "${incident:raw}": ".*", "$__interval": "1m"}


@dataclass(frozen=True)
class Asked:
    """One query, and what asks it."""

    where: str
    kind: str  # of panel; "annotation", "variable", "alert"
    ref: str
    is_table: bool
    text: str
    names: tuple[str, ...] = ()  # columns to which the panel gives a look

    def sent(self, t_first_unix_s: float, t_last_unix_s: float) -> str:
        """With its variables filled in. Raises AssertionError for one that is not known."""
        time = f"time >= {t_first_unix_s * 1e3:.0f}ms and time <= {t_last_unix_s * 1e3:.0f}ms"
        text = self.text.replace("$timeFilter", time).replace("${__to}", f"{t_last_unix_s * 1e3:.0f}")
        for name, value in VARIABLES.items():
            text = text.replace(name, value)
        assert not re.search(r"\$\w|\$\{", text), text
        return text


def of_dashboard(board: dict[str, Any]) -> Iterator[Asked]:
    """All of one dashboard: panels, annotations, variables."""
    for panel in board["panels"]:
        overrides = panel["fieldConfig"].get("overrides", [])
        names = tuple(o["matcher"]["options"] for o in overrides if o["matcher"]["id"] == "byName")
        for target in panel["targets"]:
            yield _asked(f"{board['uid']}: {panel['title']}", panel["type"], target, names)
    for annotation in board["annotations"].get("list", []):
        if annotation["datasource"]["type"] == "influxdb":
            yield _asked(f"{board['uid']}: {annotation['name']}", "annotation", annotation["target"])
    for variable in board["templating"]["list"]:
        if variable["type"] == "query":
            yield Asked(f"{board['uid']}: {variable['name']}", "variable", "", True, variable["query"])


def _asked(where: str, kind: str, target: dict[str, Any], names: tuple[str, ...] = ()) -> Asked:
    return Asked(where, kind, target["refId"], target["resultFormat"] == "table", target["query"], names)
