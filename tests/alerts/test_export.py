"""Incidents and tracks for partners: what RFC 7946 and RFC 4180 ask for, no person named, nothing made up."""

import argparse
import csv
import dataclasses
import io
import json
import math
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from alerts import export
from alerts.alert import Event, Transition
from alerts.desk import desk_to_bytes, evaluate
from alerts.export import Sighting, Told
from alerts.incident import IncidentState, Note, Verb
from alerts.picture import Picture
from alerts.store import Store
from monitor.cli import export as command_line
from tests.alerts.pictures import NOW, desk, picture
from tests.alerts.test_desk import BEACON, against, beacon, command, tick

WATCH = tick(desk(), beacon(NOW))
INCIDENT, STEP = WATCH.incidents[0], WATCH.transitions[0]
KNOWN = dataclasses.replace(INCIDENT, owner="Jo Watchkeeper", notes=(Note(NOW, "Jo Watchkeeper", "said by phone"),))


def drifting(t_s: float, lon_deg: float) -> Transition:
    return dataclasses.replace(STEP, t_unix_s=NOW + t_s, lon_deg=lon_deg, event=Event.UPDATED)


def decoded(body: bytes) -> list[dict[str, Any]]:
    """The features of a collection. NaN, which JSON does not have, is refused."""

    def refuse(word: str) -> float:
        raise AssertionError(f"{word} in JSON")

    found = json.loads(body, parse_constant=refuse)
    assert found.keys() == {"type", "features"}
    assert found["type"] == "FeatureCollection"
    for feature in found["features"]:
        assert feature.keys() == {"type", "id", "geometry", "properties"}
        if feature["geometry"] is not None:
            assert shapely.from_geojson(json.dumps(feature["geometry"])).is_valid
    return list(found["features"])


def rows(body: bytes) -> list[dict[str, str]]:
    text = body.decode()
    assert text.endswith("\r\n")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def test_an_incident_is_a_point_and_its_path_a_line_in_the_order_of_time() -> None:
    steps = [drifting(60.0, 1.43), STEP, drifting(30.0, 1.42)]
    point, line = decoded(export.incidents_geojson([Told(INCIDENT, export.path_of(INCIDENT, steps))]))
    assert point["geometry"] == {"type": "Point", "coordinates": [1.41, 51.03]}
    assert (point["id"], point["properties"]["priority"]) == ("20251122-001", "emergency")
    assert point["properties"]["alerts"][0]["reason"] == INCIDENT.reason
    assert line["geometry"]["coordinates"] == [[1.41, 51.03], [1.42, 51.03], [1.43, 51.03]]
    assert line["properties"]["t_unix_s"] == [NOW, NOW + 30.0, NOW + 60.0]


def test_one_position_is_no_line_and_none_is_null() -> None:
    (point,) = decoded(export.incidents_geojson([Told(INCIDENT, export.path_of(INCIDENT, [STEP, STEP]))]))
    assert point["geometry"]["type"] == "Point"
    nowhere = dataclasses.replace(INCIDENT, lat_deg=math.nan, lon_deg=math.nan, t_position_unix_s=math.nan)
    (feature,) = decoded(export.incidents_geojson([Told(nowhere)]))
    assert feature["geometry"] is None
    assert feature["properties"]["lat_deg"] is None
    (row,) = rows(export.incidents_csv([Told(nowhere)]))
    assert (row["lat_deg"], row["position_utc"], row["path_wkt"]) == ("", "", "")
    assert decoded(export.tracks_geojson([Told(nowhere)])) == []
    (track,) = decoded(export.tracks_geojson([Told(INCIDENT, export.path_of(INCIDENT, [STEP]))]))
    assert track["geometry"] == {"type": "Point", "coordinates": [1.41, 51.03]}


def test_the_end_of_an_alert_is_no_sighting() -> None:
    ends = [dataclasses.replace(STEP, t_unix_s=NOW + 60.0, event=event) for event in export.ENDS]
    nowhere = dataclasses.replace(STEP, t_unix_s=NOW + 30.0, lat_deg=math.nan)
    assert export.path_of(INCIDENT, [STEP, nowhere, *ends]) == (Sighting(NOW, 51.03, 1.41, "distress_beacon"),)


def test_no_person_is_named_unless_asked() -> None:
    told = [Told(KNOWN)]
    for body in (export.incidents_geojson(told), export.incidents_csv(told), export.tracks_csv(told)):
        assert b"Watchkeeper" not in body
        assert b"said by phone" not in body
    (feature,) = decoded(export.incidents_geojson(told, with_persons=True))
    assert feature["properties"]["owner"] == "Jo Watchkeeper"
    (row,) = rows(export.incidents_csv(told, with_persons=True))
    assert (row["owner"], row["notes"]) == ("Jo Watchkeeper", "2025-11-22T08:26:40Z Jo Watchkeeper: said by phone")


def test_a_drill_is_marked_everywhere() -> None:
    drill = dataclasses.replace(INCIDENT, is_exercise=True)
    told = [Told(drill, export.path_of(drill, [STEP, drifting(60.0, 1.42)]))]
    features = decoded(export.incidents_geojson(told)) + decoded(export.tracks_geojson(told))
    assert [f["properties"]["is_exercise"] for f in features] == [True] * 3
    found = rows(export.incidents_csv(told)) + rows(export.tracks_csv(told))
    assert [row["is_exercise"] for row in found] == ["true"] * 3


def test_a_path_over_the_antimeridian_is_cut_there() -> None:
    path = [Sighting(0.0, 10.0, 179.0, ""), Sighting(1.0, 12.0, -179.0, ""), Sighting(2.0, 13.0, 178.0, "")]
    assert export.cut_at_antimeridian(path) == [
        [[179.0, 10.0], [180.0, 11.0]],
        [[-180.0, 11.0], [-179.0, 12.0], [-180.0, pytest.approx(12 + 1 / 3)]],
        [[180.0, pytest.approx(12 + 1 / 3)], [178.0, 13.0]],
    ]
    (feature,) = decoded(export.tracks_geojson([Told(INCIDENT, tuple(path))]))
    assert feature["geometry"]["type"] == "MultiLineString"


def test_a_path_in_a_cell_is_read_by_others() -> None:
    path = export.path_of(INCIDENT, [STEP, drifting(60.0, -1.5)])
    (row,) = rows(export.incidents_csv([Told(INCIDENT, path)]))
    line = shapely.from_wkt(row["path_wkt"])
    assert list(line.coords)[1][:2] == (-1.5, 51.03)
    assert f"{NOW + 60.0!r}" in row["path_wkt"]


@given(label=st.text(max_size=40), title=st.text(max_size=40), lat_deg=st.floats(), lon_deg=st.floats(-180, 180))
def test_whatever_a_vessel_is_called_files_can_be_read(label: str, title: str, lat_deg: float, lon_deg: float) -> None:
    subject = dataclasses.replace(INCIDENT.subject, label=label)
    odd = dataclasses.replace(INCIDENT, subject=subject, title=title, lat_deg=lat_deg, lon_deg=lon_deg)
    told = [Told(odd), Told(INCIDENT)]
    assert decoded(export.incidents_geojson(told))[0]["properties"]["title"] == title
    first, second = rows(export.incidents_csv(told))
    assert first["label"].removeprefix("'") == label.removeprefix("'")
    assert not first["label"].startswith(export.FORMULA)
    assert second["number"] == "1"


def test_a_name_is_no_formula_and_a_negative_number_stays_one() -> None:
    subject = dataclasses.replace(INCIDENT.subject, label="=cmd|' /C calc'!A0")
    (row,) = rows(export.incidents_csv([Told(dataclasses.replace(INCIDENT, subject=subject, lon_deg=-1.5))]))
    assert (row["label"], row["lon_deg"]) == ("'=cmd|' /C calc'!A0", "-1.5")


# the command


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store: a beacon that drifts, and is closed after ten minutes; a ship against the traffic, open."""
    with_store = tmp_path / "store.sqlite"
    store, d = Store(with_store), desk()
    for t_s, pictured, orders in (
        (0.0, beacon(NOW), ()),
        (300.0, drifted(300.0), ()),
        (600.0, drifted(600.0), (command(Verb.CLOSE, "20251122-001", "picked up"),)),
        (900.0, against(NOW + 900.0), ()),
        (960.0, against(NOW + 960.0), ()),
        (1200.0, against(NOW + 1200.0), ()),
    ):
        watch = evaluate(d, pictured, orders, is_exercise=False)
        store.commit(watch.transitions, watch.incidents, watch.audit, desk=desk_to_bytes(d), t_unix_s=NOW + t_s)
    store.close()
    return with_store


def drifted(t_s: float) -> Picture:
    row = {**BEACON, "t_distress_unix_s": NOW + t_s, "n_distress": 1 + int(t_s), "lon_deg": 1.41 + t_s / 1e4}
    return picture(row, now_unix_s=NOW + t_s)


def call(path: Path, out: Path, *words: str) -> bytes:
    parser = argparse.ArgumentParser()
    command_line.add_parser(parser.add_subparsers())
    table, *rest = words
    args = parser.parse_args(["export", table, "--store", str(path), "-o", str(out), *rest])
    assert args.run(args) == 0
    return out.read_bytes()


def test_incidents_of_a_store_by_time(path: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    found = rows(call(path, out, "incidents", "--format", "csv"))
    assert [(row["incident_id"], row["state"]) for row in found] == [
        ("20251122-001", IncidentState.CLOSED.value),
        ("20251122-002", IncidentState.UNACKNOWLEDGED.value),
    ]
    late = rows(call(path, out, "incidents", "--format", "csv", "--from", "2025-11-22T08:40:00"))
    early = rows(call(path, out, "incidents", "--format", "csv", "--to", "2025-11-22T08:36:00Z"))
    assert [row["number"] for row in late] == ["2"]
    assert [row["number"] for row in early] == ["1"]
    features = decoded(call(path, out, "incidents"))
    assert features[0]["properties"]["state"] == "closed"
    assert features[0]["properties"]["alerts"][0]["reason"] == "Incident closed."
    assert b"picked up" not in out.read_bytes()
    assert b"watch 1" not in out.read_bytes()
    assert b"picked up" in call(path, out, "incidents", "--with-persons")


def test_tracks_are_of_open_incidents_only(path: Path, tmp_path: Path) -> None:
    found = rows(call(path, tmp_path / "out", "tracks", "--format", "csv"))
    assert {row["incident_id"] for row in found} == {"20251122-002"}
    assert (found[0]["lat_deg"], found[0]["lon_deg"], found[0]["rule"]) == ("51.05", "1.45", "wrong_way")
    assert rows(call(path, tmp_path / "out", "tracks", "--format", "csv", "--to", "2025-11-22T08:27:00")) == []


def test_without_a_file_it_goes_to_standard_output(path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    parser = argparse.ArgumentParser()
    command_line.add_parser(parser.add_subparsers())
    args = parser.parse_args(["export", "tracks", "--store", str(path)])
    assert args.run(args) == 0
    assert decoded(capfdbinary.readouterr().out)


def test_what_cannot_be_done_is_said(path: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    parser = argparse.ArgumentParser()
    command_line.add_parser(parser.add_subparsers())
    for words, expected in (
        (["--store", str(tmp_path / "none")], "there is no store"),
        (["--store", str(path), "-o", str(tmp_path)], "cannot be written"),
    ):
        args = parser.parse_args(["export", "incidents", *words])
        assert args.run(args) == 2
        assert expected in capsys.readouterr().err
