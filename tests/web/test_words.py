"""What the map's scripts must know of the chart: a property that they do not name would not be shown."""

from pathlib import Path

import pytest

from geofences import terms
from monitor import web

SCRIPTS = Path(web.__file__).parent / "static" / "js"


@pytest.mark.parametrize("name", [*terms.NAMES, *terms.SIZES, "source", "date", "licence", "accuracy_note"])
def test_the_card_of_a_fence_has_a_row_for_every_property(name: str) -> None:
    assert f'"{name}"' in (SCRIPTS / "fence.js").read_text(encoding="utf-8")
