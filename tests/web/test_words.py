"""What the map's scripts must know of the chart: a property or kind that they do not name would not be shown."""

from pathlib import Path

import pytest

from geofences import geojson, terms
from monitor import web

SCRIPTS = Path(web.__file__).parent / "static" / "js"


@pytest.mark.parametrize("name", [*terms.NAMES, *terms.SIZES, "source", "date", "licence", "accuracy_note"])
def test_the_card_of_a_fence_has_a_row_for_every_property(name: str) -> None:
    assert f'"{name}"' in (SCRIPTS / "fence.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", sorted(geojson.KINDS))
def test_the_map_has_a_line_for_every_kind_of_fence(kind: str) -> None:
    assert f"\n  {kind}: [" in (SCRIPTS / "chart.js").read_text(encoding="utf-8")
