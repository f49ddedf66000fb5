"""Fences that people draw: what is taken, what is refused and why, and what stands on the audit record."""

import json
import math
from pathlib import Path
from typing import Any

import pytest

from alerts.database import StoreError
from alerts.incident import AuditEntry
from monitor import assembly, config, drawn
from monitor.config_check import ConfigFaults
from monitor.drawn import Drawn, Refused, Unknown

SQUARE = {"type": "Polygon", "coordinates": [[[1.4, 51.0], [1.5, 51.0], [1.5, 51.1], [1.4, 51.1], [1.4, 51.0]]]}
BOW_TIE = {"type": "Polygon", "coordinates": [[[1.4, 51.0], [1.5, 51.1], [1.5, 51.0], [1.4, 51.1], [1.4, 51.0]]]}
SETTINGS = config.parse(config.shipped_text())


class Record(list[AuditEntry]):
    """The audit record; one that cannot be written raises."""

    is_full = False

    def note(self, entry: AuditEntry) -> None:
        if self.is_full:
            raise StoreError("the disk is full", is_retryable=True)
        self.append(entry)


@pytest.fixture
def record() -> Record:
    return Record()


@pytest.fixture
def fences(tmp_path: Path, record: Record) -> Drawn:
    return Drawn(tmp_path / "folder" / "drawn.geojson", record.note, lambda: 1_795_600_000.0)


def ids_in_force(fences: Drawn) -> set[str]:
    return {i for i in assembly.chart(SETTINGS, fences.path).fence_id if i.startswith("drawn-")}


def test_a_drawn_fence_is_in_force_beside_the_chart_and_on_record(fences: Drawn, record: Record) -> None:
    assert ids_in_force(fences) == set()
    assert fences.put("Jo", " Regatta ", "exclusion_zone", SQUARE) == "drawn-1"
    assert fences.put("Jo", "Wreck", "watch_area", SQUARE) == "drawn-2"
    assert ids_in_force(fences) == {"drawn-1", "drawn-2"}
    assert [(e.who, e.what) for e in record] == [("Jo", "fence drawn")] * 2
    assert record[0].text.startswith('drawn-1: Regatta, exclusion_zone, {"type": "Polygon"')


def test_disabled_it_stays_in_the_file_and_enabled_it_comes_back(fences: Drawn, record: Record) -> None:
    fences.put("Jo", "Regatta", "exclusion_zone", SQUARE)
    fences.act("Al", "disable", "drawn-1")
    assert ids_in_force(fences) == set()
    assert len(fences.features()) == 1
    fences.act("Al", "enable", "drawn-1")
    assert ids_in_force(fences) == {"drawn-1"}
    fences.act("Al", "delete", "drawn-1")
    assert fences.features() == []
    assert [e.what for e in record] == ["fence drawn", "fence disabled", "fence enabled", "fence deleted"]


def test_changed_it_keeps_its_id_and_place(fences: Drawn, record: Record) -> None:
    fences.put("Jo", "Regatta", "exclusion_zone", SQUARE)
    fences.put("Jo", "Wreck", "watch_area", SQUARE)
    moved = json.loads(json.dumps(SQUARE).replace("51.1", "51.2"))
    assert fences.put("Al", "Regatta", "exclusion_zone", moved, "drawn-1") == "drawn-1"
    assert [f["properties"]["id"] for f in fences.features()] == ["drawn-1", "drawn-2"]
    assert fences.features()[0]["geometry"] == moved
    assert record[-1].what == "fence changed"


def test_changed_it_keeps_what_else_the_file_says_and_stays_disabled(fences: Drawn) -> None:
    fences.put("Jo", "Regatta", "exclusion_zone", SQUARE)
    fences.act("Jo", "disable", "drawn-1")
    found = json.loads(fences.path.read_text(encoding="utf-8"))
    found["features"][0]["properties"] |= {"schedule": "Sa-Su 08:00-18:00", "notice": "NtM 17/26"}
    fences.path.write_text(json.dumps(found), encoding="utf-8")
    moved = json.loads(json.dumps(SQUARE).replace("51.1", "51.2"))
    fences.put("Al", "Regatta", "watch_area", moved, "drawn-1")
    assert ids_in_force(fences) == set()
    (feature,) = fences.features()
    assert (feature["id"], feature["geometry"]) == ("drawn-1", moved)
    made = {"id": "drawn-1", "name": "Regatta", "kind": "watch_area", "source": "drawn by Jo", "drawn_by": "Jo"}
    when = {"t_drawn_unix_s": 1_795_600_000.0, "changed_by": "Al", "t_changed_unix_s": 1_795_600_000.0}
    kept = {"schedule": "Sa-Su 08:00-18:00", "notice": "NtM 17/26", "is_disabled": True}
    assert feature["properties"] == {**made, **when, **kept}
    fences.act("Al", "enable", "drawn-1")
    assert ids_in_force(fences) == {"drawn-1"}


def test_a_shape_that_no_longer_goes_with_the_file_is_refused(fences: Drawn) -> None:
    """A line that somebody made a corridor in the file, and a screen that sends an area for it."""
    fences.put("Jo", "Way", "watch_area", {"type": "LineString", "coordinates": [[1.4, 51.0], [1.5, 51.1]]})
    found = json.loads(fences.path.read_text(encoding="utf-8"))
    found["features"][0]["properties"]["half_width_m"] = 500
    fences.path.write_text(json.dumps(found), encoding="utf-8")
    before = fences.path.read_bytes()
    with pytest.raises(Refused, match="half_width_m"):
        fences.put("Jo", "Way", "watch_area", SQUARE, "drawn-1")
    assert fences.path.read_bytes() == before


def test_name_kind_and_end_are_changed_without_the_shape(fences: Drawn, record: Record) -> None:
    fences.put("Jo", "Regatta", "exclusion_zone", SQUARE, active_until="2026-11-28T18:00:00Z")
    assert until(fences) == 1_795_888_800.0
    fences.put("Al", "Regatta, race 2", "watch_area", None, "drawn-1")
    assert until(fences) == 1_795_888_800.0
    assert record[-1].text.startswith("drawn-1: Regatta, race 2, watch_area, until 2026-11-28T18:00:00Z, {")
    fences.put("Al", "Regatta, race 2", "watch_area", None, "drawn-1", active_until="2026-11-29T18:00:00+01:00")
    assert until(fences) == 1_795_971_600.0
    fences.put("Al", "Regatta, race 2", "watch_area", None, "drawn-1", active_until="")
    assert until(fences) == math.inf
    (feature,) = fences.features()
    assert feature["geometry"] == SQUARE
    assert "active_until" not in feature["properties"]


def until(fences: Drawn) -> float:
    """When the only drawn fence ends."""
    chart = assembly.chart(SETTINGS, fences.path)
    return float(chart.terms.schedule.until_unix_s[chart.fence_id.index("drawn-1")])


@pytest.mark.parametrize(
    ("active_until", "said"),
    [("2026-11-25T00:00:00Z", "passed"), ("Sunday", "cannot be read"), ("2026-11-28T18:00:00", "zone")],
)
def test_an_end_that_is_none_is_refused(fences: Drawn, active_until: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        fences.put("Jo", "Regatta", "exclusion_zone", SQUARE, active_until=active_until)
    assert not fences.path.exists()


def test_what_has_ended_can_still_be_renamed(fences: Drawn) -> None:
    fences.put("Jo", "Regatta", "exclusion_zone", SQUARE, active_until="2026-11-28T18:00:00Z")
    fences.now_unix_s = lambda: 1_796_000_000.0
    fences.put("Jo", "Regatta of last year", "exclusion_zone", None, "drawn-1")
    assert fences.features()[0]["properties"]["name"] == "Regatta of last year"


def test_a_kind_that_somebody_wrote_into_the_file_stays(fences: Drawn) -> None:
    fences.put("Jo", "Roads", "watch_area", SQUARE)
    fences.path.write_text(fences.path.read_text(encoding="utf-8").replace("watch_area", "anchorage"), encoding="utf-8")
    fences.put("Al", "Roads", "anchorage", None, "drawn-1")
    assert fences.features()[0]["properties"]["kind"] == "anchorage"
    with pytest.raises(Refused, match="one of exclusion_zone"):
        fences.put("Al", "Roads", "port", None, "drawn-1")


def test_a_name_is_one_line(fences: Drawn) -> None:
    fences.put("Jo", "Regatta\n off\tCalais ", "watch_area", SQUARE)
    assert fences.features()[0]["properties"]["name"] == "Regatta off Calais"


@pytest.mark.parametrize(
    ("name", "kind", "geometry", "said"),
    [
        ("", "exclusion_zone", SQUARE, "a name"),
        ("x" * 81, "exclusion_zone", SQUARE, "a name"),
        ("Regatta", "tss_lane", SQUARE, "one of exclusion_zone"),
        ("Regatta", "exclusion_zone", BOW_TIE, "crosses"),
        ("Regatta", "exclusion_zone", None, "no geometry"),
        ("Regatta", "exclusion_zone", {"type": "Polygon", "coordinates": [[[1.0, 51.0]] * 9000]}, "vertices"),
    ],
)
def test_what_is_no_fence_is_refused_with_words_and_changes_nothing(
    fences: Drawn, record: Record, name: str, kind: str, geometry: Any, said: str
) -> None:
    with pytest.raises(Refused, match=said):
        fences.put("Jo", name, kind, geometry)
    assert not fences.path.exists()
    assert record == []


def test_an_unknown_fence_or_verb_is_said(fences: Drawn) -> None:
    with pytest.raises(Unknown):
        fences.act("Jo", "disable", "drawn-7")
    with pytest.raises(Unknown):
        fences.put("Jo", "Regatta", "exclusion_zone", SQUARE, "drawn-7")
    with pytest.raises(Refused, match="burn"):
        fences.act("Jo", "burn", "drawn-7")


def test_what_cannot_be_recorded_is_not_done(fences: Drawn, record: Record) -> None:
    fences.put("Jo", "Regatta", "exclusion_zone", SQUARE)
    before = fences.path.read_bytes()
    record.is_full = True
    with pytest.raises(StoreError):
        fences.act("Jo", "delete", "drawn-1")
    assert fences.path.read_bytes() == before


def test_a_damaged_file_is_told_as_a_fault_of_the_chart(fences: Drawn) -> None:
    fences.path.parent.mkdir()
    fences.path.write_text('{"type": "Feat', encoding="utf-8")
    with pytest.raises(ConfigFaults):
        assembly.chart(SETTINGS, fences.path)
    fences.path.write_text('{"type": "FeatureCollection", "features": [17, {"properties": null}]}', encoding="utf-8")
    with pytest.raises(ConfigFaults, match="no geometry"):
        assembly.chart(SETTINGS, fences.path)


def test_no_file_is_no_fence(tmp_path: Path) -> None:
    assert drawn.read(tmp_path / "nowhere.geojson") == []


def test_what_is_nested_without_end_is_refused_and_ends_nothing(fences: Drawn, record: Record) -> None:
    shape: Any = []
    for _ in range(100_000):
        shape = [shape]
    with pytest.raises(Refused, match="no shape"):
        fences.put("Jo", "Deep", "watch_area", {"type": "Polygon", "coordinates": shape})
    assert record == []
    fences.path.parent.mkdir(parents=True)
    fences.path.write_text('{"type": "FeatureCollection", "features": ' + "[" * 100_000)
    with pytest.raises(ValueError, match="nested too deep"):
        fences.features()
    while shape:  # let go of it from outside in: the interpreter would do it the deep way
        shape = shape[0]


def test_before_the_first_picture_there_is_no_time_to_record_and_nothing_is_drawn(
    tmp_path: Path, record: Record
) -> None:
    fences = Drawn(tmp_path / "drawn.geojson", record.note, lambda: float("nan"))
    with pytest.raises(Refused, match="try again"):
        fences.put("Jo", "Wreck", "watch_area", SQUARE)
    assert (record, fences.features()) == ([], [])
