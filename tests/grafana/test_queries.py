"""Every query of every dashboard, asked of a real InfluxDB 1.x that the product has filled: none comes back empty."""

import math
import re

import msgspec
import pytest

from alerts.grafana import DASHBOARDS
from tests.conftest import ROOT
from tests.grafana.evening import Evening
from tests.grafana.queries import Asked, of_dashboard

pytestmark = pytest.mark.realserver
FOLDER = ROOT / "deploy" / "grafana" / "dashboards"
ASKED = [
    asked for name in DASHBOARDS for asked in of_dashboard(msgspec.json.decode((FOLDER / f"{name}.json").read_bytes()))
]


def names(asked: Asked) -> str:
    return f"{asked.where} {asked.ref}"


@pytest.mark.parametrize("asked", ASKED, ids=names)
def test_a_query_brings_what_its_panel_shows(evening: Evening, asked: Asked) -> None:
    found = evening.ask(asked.sent(evening.t_first_unix_s, evening.t_last_unix_s))
    rows = [row for one in found for row in one["values"]]  # type: ignore[attr-defined]
    assert rows, asked.text
    columns = [*found[0]["columns"], *found[0].get("tags", {})]  # type: ignore[misc,call-overload]
    if asked.is_table:
        shown = {"Time" if name == "time" else name for name in columns}
        if asked.kind == "table":
            assert set(asked.names) <= shown, "a look is given to a column that does not come"
        values = {name: [row[i] for row in rows] for i, name in enumerate(found[0]["columns"])}  # type: ignore[arg-type,var-annotated]
        assert all(any(cell not in (None, "") for cell in cells) for name, cells in values.items() if name != "fault")
    else:
        known = [row[1] for row in rows if row[1] is not None]  # a minute of which nothing was told is a gap
        assert known
        assert all(isinstance(value, float | int) and math.isfinite(value) for value in known), known[:3]


def test_the_page_for_users_names_every_tag_and_field_and_no_other(evening: Evening) -> None:
    page = (ROOT / "deploy" / "grafana" / "README.md").read_text()
    schema = page[page.index("| measurement |") : page.index("**Series.**")]
    named = set(re.findall(r"`([a-z_]+)[`=]", schema)) | {"exercise"}
    there = {
        row[0]
        for what in ("TAG", "FIELD")
        for one in evening.ask(f"SHOW {what} KEYS")
        for row in one["values"]  # type: ignore[attr-defined]
    }
    measurements = {row[0] for one in evening.ask("SHOW MEASUREMENTS") for row in one["values"]}  # type: ignore[attr-defined]
    assert there | measurements <= named
    others = {"core", "sentences", "sink", "figures_every_s", "tracks_every_s", "fault"}  # a sink that is well has none
    assert named - there - measurements <= others


def test_the_map_gets_numbers_for_its_places_and_its_colours(evening: Evening) -> None:
    places = [asked for asked in ASKED if asked.kind == "geomap"]
    assert len(places) == 2
    for asked in places:
        for one in evening.ask(asked.sent(evening.t_first_unix_s, evening.t_last_unix_s)):
            for row in one["values"]:  # type: ignore[attr-defined]
                cells = dict(zip(one["columns"], row, strict=True))  # type: ignore[call-overload]
                assert 49.0 < cells["lat_deg"] < 52.0
                assert 0.0 < cells["lon_deg"] < 3.0
                assert cells.get("priority_code", 1) in (1, 2, 3, 4)
