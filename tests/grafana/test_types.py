"""The dashboards fit the types that Grafana publishes: the dashboard, every panel's options and custom fields.

What is written is TypeScript: each JSON as a literal of its type, so that tsc also finds keys that no type has. Enums
are widened to their values, since JSON holds values.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from alerts.grafana import DASHBOARDS
from tests.conftest import ROOT, skip_or_fail

pytestmark = pytest.mark.realserver
HERE = Path(__file__).with_name("types")
FOLDER = ROOT / "deploy" / "grafana" / "dashboards"
# type of panel -> where its types are
PANELS = {
    "stat": "stat/panelcfg/x/StatPanelCfg_types.gen",
    "timeseries": "timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen",
    "state-timeline": "statetimeline/panelcfg/x/StateTimelinePanelCfg_types.gen",
    "table": "table/panelcfg/x/TablePanelCfg_types.gen",
    "geomap": "geomap/panelcfg/x/GeomapPanelCfg_types.gen",
}
HAS_CUSTOM = {"timeseries", "state-timeline"}
HEAD = """\
import type { Dashboard } from "@grafana/schema";
type Plain<T> = T extends string ? `${T}`
  : T extends number ? (number extends T ? number : `${T}` extends `${infer V extends number}` ? V : never)
  : T extends Array<infer U> ? Array<Plain<U>>
  : T extends object ? { [K in keyof T]: Plain<T[K]> }
  : T;
"""


def written(board: dict[str, object]) -> str:
    """A dashboard as TypeScript."""
    lines = [HEAD]
    for i, (kind, module) in enumerate(PANELS.items()):
        names = f"Options as Options{i}" + (f", FieldConfig as Custom{i}" if kind in HAS_CUSTOM else "")
        lines.append(f'import type {{ {names} }} from "@grafana/schema/dist/esm/raw/composable/{module}";')
    for n, panel in enumerate(board["panels"]):  # type: ignore[arg-type,var-annotated]
        i = list(PANELS).index(panel["type"])
        lines.append(f"export const options{n}: Partial<Plain<Options{i}>> = {json.dumps(panel['options'])};")
        if panel["type"] in HAS_CUSTOM:
            custom = json.dumps(panel["fieldConfig"]["defaults"]["custom"])
            lines.append(f"export const custom{n}: Partial<Plain<Custom{i}>> = {custom};")
    for annotation in board["annotations"].get("list", []):  # type: ignore[attr-defined]
        del annotation["target"]  # a data source's own query is no part of the types
    lines.append(f"export const board: Plain<Dashboard> = {json.dumps(board)};")
    return "\n".join(lines)


def faults(tmp_path: Path, text: str) -> str:
    """What tsc says; "" where all is well."""
    node = shutil.which("node") or shutil.which("node", path=Path(sys.executable).parent)
    if not node or not (HERE / "node_modules").is_dir():
        skip_or_fail("no Node, or Grafana's types are not here: make tests/grafana/types/node_modules/.built")
        return ""
    (tmp_path / "node_modules").symlink_to(HERE / "node_modules")
    (tmp_path / "board.ts").write_text(text)
    options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022"]
    command = [node, str(HERE / "node_modules" / "typescript" / "bin" / "tsc"), *options, "board.ts"]
    return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False).stdout


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_fits_grafana_s_types(tmp_path: Path, name: str) -> None:
    assert faults(tmp_path, written(msgspec.json.decode((FOLDER / f"{name}.json").read_bytes()))) == ""


def test_a_fault_would_be_found(tmp_path: Path) -> None:
    board = msgspec.json.decode((FOLDER / "operations.json").read_bytes())
    (places,) = (panel for panel in board["panels"] if panel["type"] == "geomap")
    places["options"]["view"]["lat"] = "fifty"
    board["panels"][0]["options"]["colour"] = "blue"
    board["refresh"] = 10
    said = faults(tmp_path, written(board))
    assert "'string' is not assignable to type 'number'" in said
    assert "'number' is not assignable to type 'string'" in said
    assert "'\"colour\"' does not exist" in said
    assert said.count("error") == 3
