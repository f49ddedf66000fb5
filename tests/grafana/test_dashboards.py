"""The committed dashboards are what the code builds, and are fit to be looked at."""

import itertools
import json
import re
from typing import Any

import msgspec
import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.plugins import register_default_plugins
from grafana_foundation_sdk.models.dashboard import Dashboard

from alerts.grafana import DASHBOARDS, artefacts
from alerts.grafana.look import PALETTE
from tests.conftest import ROOT

FOLDER = ROOT / "deploy" / "grafana" / "dashboards"
BOARDS: dict[str, dict[str, Any]] = {
    name: msgspec.json.decode((FOLDER / f"{name}.json").read_bytes()) for name in DASHBOARDS
}
PANELS = [(name, panel) for name, board in BOARDS.items() for panel in board["panels"]]
each = pytest.mark.parametrize("name", DASHBOARDS)
each_panel = pytest.mark.parametrize("panel", [p for _, p in PANELS], ids=[f"{n}: {p['title']}" for n, p in PANELS])


def inside(value: Any) -> list[Any]:
    """A JSON value and all that it holds."""
    held = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [value, *itertools.chain.from_iterable(inside(one) for one in held)]


@each
def test_building_again_gives_the_committed_bytes(name: str) -> None:
    assert artefacts.built(name) == (FOLDER / f"{name}.json").read_bytes(), "python -m alerts.grafana.artefacts"


def test_no_other_file_lies_there() -> None:
    assert sorted(path.stem for path in FOLDER.iterdir()) == sorted(DASHBOARDS)


@each
def test_a_dashboard_that_is_read_back_is_the_same(name: str) -> None:
    register_default_plugins()
    again = json.loads(json.dumps(Dashboard.from_json(BOARDS[name]), cls=JSONEncoder))

    def without(board: Any) -> Any:
        plain = json.loads(json.dumps(board))
        for one in inside(plain):
            if isinstance(one, dict):
                for key in ("placement", "footer", "auto", "auto_min", "auto_count"):
                    one.pop(key, None)
        return plain

    assert without(again) == without(BOARDS[name])


def test_every_dashboard_has_a_name_of_its_own() -> None:
    uids = [board["uid"] for board in BOARDS.values()]
    assert len(set(uids)) == len(uids)
    assert all(re.fullmatch(r"straitwatch-[a-z]{1,28}", uid) for uid in uids)
    assert len({board["title"] for board in BOARDS.values()}) == len(BOARDS)


@each
def test_it_is_classic_json_for_any_server(name: str) -> None:
    board = BOARDS[name]
    assert board["schemaVersion"] == 42
    assert board.get("id") is None
    assert "straitwatch" in board["tags"]
    sources = {one["uid"] for one in inside(board) if isinstance(one, dict) and {"type", "uid"} == set(one)}
    assert sources <= {"${datasource}", "-- Grafana --"}, "a data source of one server is written into it"
    assert "${datasource}" in sources
    ids = [panel["id"] for panel in board["panels"]]
    assert len(set(ids)) == len(ids)


@each
def test_no_two_panels_overlap(name: str) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in BOARDS[name]["panels"]:
        at = panel["gridPos"]
        cells = set(itertools.product(range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"])))
        assert not cells & taken, panel["title"]
        assert at["x"] + at["w"] <= 24
        taken |= cells


@each_panel
def test_a_panel_says_what_it_shows_in_what_unit(panel: dict[str, Any]) -> None:
    assert len(panel["description"]) > 20
    assert panel["fieldConfig"]["defaults"]["unit"]
    assert panel["datasource"]["uid"] == "${datasource}"
    assert [target["datasource"]["uid"] for target in panel["targets"]] == ["${datasource}"] * len(panel["targets"])
    refs = [target["refId"] for target in panel["targets"]]
    assert len(set(refs)) == len(refs)


@each_panel
def test_its_colours_are_told_apart_by_everybody(panel: dict[str, Any]) -> None:
    colours = {word for word in inside(panel) if isinstance(word, str) and re.fullmatch(r"#[0-9A-Fa-f]{6}", word)}
    named = {one["color"] for one in inside(panel) if isinstance(one, dict) and isinstance(one.get("color"), str)}
    assert colours | named <= set(PALETTE)


@each
def test_a_query_is_bound_to_a_time_and_to_exercise_or_not(name: str) -> None:
    queries = [one["query"] for one in inside(BOARDS[name]) if isinstance(one, dict) and one.get("rawQuery")]
    assert queries
    for query in queries:
        assert query.count("$timeFilter") == query.count("exercise =~ /^$exercise$/") == 1, query


@each
def test_every_variable_that_is_used_is_there(name: str) -> None:
    text = (FOLDER / f"{name}.json").read_text()
    used = set(re.findall(r"\$\{?([a-z_]+)", text)) - {"timeFilter", "tag_source"}
    used = {word for word in used if not word.startswith(("tag_", "time", "__"))}
    assert used <= {variable["name"] for variable in BOARDS[name]["templating"]["list"]}
