"""`straitwatch fences check|match`: every fault at once; positions and legs as rows; exit codes."""

import argparse
import csv
import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
import shapely.geometry

from geofences import geojson
from geofences.crossing import match_legs
from geofences.events import Event
from geofences.inside import match_positions
from monitor.assembly import shipped
from monitor.cli import fences as command

SQUARE = {"type": "Polygon", "coordinates": [[[1, 51], [2, 51], [2, 52], [1, 52], [1, 51]]]}
LINE = {"type": "LineString", "coordinates": [[1.5, 50], [1.5, 53]]}
BOWTIE = {"type": "Polygon", "coordinates": [[[1, 51], [2, 52], [2, 51], [1, 52], [1, 51]]]}


def call(*args: object) -> int:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers(required=True))
    parsed = parser.parse_args(["fences", *map(str, args)])
    return int(parsed.run(parsed))


def chart(path: Path, **geometries: object) -> Path:
    features = [
        {"type": "Feature", "geometry": geometry, "properties": {"id": name.replace("_", ",")}}
        for name, geometry in geometries.items()
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def points(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def test_a_sound_chart_is_summed_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("check", shipped("channel.geojson")) == 0
    out, err = capsys.readouterr()
    assert "no faults; 66 fences (" in out
    assert "14 tss_lane" in out
    assert "lat 48.5000 to 52.5000, lon -3.0000 to" in out, "a chart that is wholly swapped is seen here"
    assert err == ""


def swap(geometry: dict[str, Any]) -> dict[str, Any]:
    turned = shapely.transform(shapely.force_2d(shapely.geometry.shape(geometry)), lambda points: points[:, ::-1])
    return dict(shapely.geometry.mapping(turned))


def test_swapped_fences_are_warned_of_where_swapping_puts_them_beside_the_land(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """They lie off Somalia, where a sea is too: a warning, no fault."""
    far = {"type": "LineString", "coordinates": [[60, 3], [61, 3]]}  # swapped, it would lie off Norway
    alone = chart(tmp_path / "alone", a=swap(SQUARE))
    whole = chart(tmp_path / "whole", **{f"f{i}": swap(SQUARE if i % 2 else LINE) for i in range(7)}, far=far)
    assert call("check", alone, whole) == 0
    out, err = capsys.readouterr()
    assert out.count("no faults") == 2
    where = "would lie beside the land (lat 48.0 to 52.5, lon -6.5 to 4.5) if latitude and longitude were swapped"
    assert err.splitlines() == [
        f"{alone}: warning: 1 of 1 (a) {where}; if they are, write [lon, lat]",
        f"{whole}: warning: 7 of 8 (f0, f1, f2, f3, f4, ...) {where}; if they are, write [lon, lat]",
    ]


def test_nobody_is_warned_who_lies_beside_the_land_or_nowhere_near(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    east = {"type": "LineString", "coordinates": [[40, 3], [60, 3]]}  # swapped, it would reach beyond the land
    assert call("check", chart(tmp_path / "chart", a=SQUARE, b=LINE)) == 0
    assert call("check", chart(tmp_path / "east", c=east)) == 0
    baltic = Path(__file__).resolve().parents[1] / "charts" / "baltic"
    assert call("check", baltic / "waters.geojson", baltic / "lines.geojson", "--land", baltic / "land.geojson") == 0
    assert capsys.readouterr().err == ""


def test_the_land_of_another_sea_decides(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    land = Path(__file__).resolve().parents[1] / "charts" / "baltic" / "land.geojson"
    waters = json.loads((land.parent / "waters.geojson").read_text(encoding="utf-8"))["features"]
    shapes = {f"f{i}": swap(one["geometry"]) for i, one in enumerate(waters)}
    swapped = chart(tmp_path / "swapped", **shapes)
    assert call("check", swapped) == 0
    assert capsys.readouterr().err == ""
    assert call("check", swapped, "--land", land) == 0
    assert "warning: 3 of 3 (f0, f1, f2) would lie beside the land" in capsys.readouterr().err
    assert call("check", swapped, "--land", points(tmp_path / "bad", "{")) == 1
    assert "bad: is not JSON" in capsys.readouterr().err
    assert call("check", swapped, "--land", tmp_path / "nowhere") == 2


def test_every_fault_of_every_file_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = chart(tmp_path / "one.geojson", knot=BOWTIE, low={**SQUARE, "coordinates": [[[1, 51], [1, 99]]]})
    two = points(tmp_path / "two.geojson", "{")
    good = chart(tmp_path / "good.geojson", a=SQUARE)
    assert call("check", one, two, good) == 1
    out, err = capsys.readouterr()
    lines = err.splitlines()
    assert lines[0].startswith(f"{one}: knot: vertex 2 at 51.50000, 1.50000 crosses itself")
    assert "turn the order of vertices 1 to 2 round" in lines[0]
    assert lines[1].startswith(f"{one}: low: vertex 1 at 99.00000, 1.00000 lies outside the world")
    assert lines[2].startswith(f"{two}: two.geojson: is not JSON")
    assert lines[3] == "3 faults"
    assert out.startswith(f"{good}: no faults; 1 fence (1 watch_area), lat 51.0000 to 52.0000, lon 1.0000 to 2.0000")


def test_an_id_in_two_files_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = (chart(tmp_path / name, a=SQUARE) for name in ("one", "two"))
    assert call("check", one, two) == 1
    assert "together: a: stands twice" in capsys.readouterr().err


def test_an_id_in_two_files_is_told_beside_other_faults(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one, two = chart(tmp_path / "one", a=SQUARE, b=BOWTIE), chart(tmp_path / "two", a=SQUARE)
    assert call("check", one, two) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.split("; ")[0] for line in lines[1:]] == ["together: a: stands twice", "2 faults"]
    assert lines[0].startswith(f"{one}: b: vertex 2 at 51.50000, 1.50000 crosses itself")


def test_a_file_that_is_not_there_is_a_matter_of_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = chart(tmp_path / "good", a=SQUARE)
    assert call("check", tmp_path / "nowhere") == 2
    assert call("match", tmp_path / "nowhere", good) == 2
    assert call("match", good, tmp_path / "nowhere") == 2
    assert capsys.readouterr().err.count("straitwatch fences: ") == 3


def test_positions_are_matched_by_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fences = chart(tmp_path / "chart", a=SQUARE, line=LINE, b_c=SQUARE)
    rows = points(
        tmp_path / "p.csv",
        "\ufeffname, lon_deg ,lat_deg,speed\nA,1.5,51.5,3\nB,,\n\nC,3,51\nD,1,51\nE,2,52\nF,nan,51.5\nG,1.2\n"
        "H,1.2,51.2\n",
    )
    assert call("match", fences, rows) == 0
    assert capsys.readouterr().out == 'row,fence_id\n0,a\n0,"b,c"\n3,a\n3,"b,c"\n7,a\n7,"b,c"\n'


def test_legs_are_matched_with_event_and_fraction(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fences = chart(tmp_path / "chart", a=SQUARE, line=LINE)
    rows = points(
        tmp_path / "p.csv",
        "lat1_deg,lon1_deg,lat2_deg,lon2_deg\n51.5,0.5,51.5,1.25\n51.5,1.25,51.5,1.75\n51.5,0,51.5,4\n53,0,51,2\n"
        "51.5,1.2,51.5,1.2\n,1,51,2\n51.5,1.75,51.5,2.25\n",
    )
    assert call("match", fences, rows, "--legs") == 0
    assert capsys.readouterr().out.splitlines() == [
        "row,fence_id,event,fraction",
        "0,a,entered,0.666666667",
        "1,line,crossed,0.5",
        "2,a,crossed,0.25",
        "2,line,crossed,0.375",
        "3,a,crossed,0.5",
        "3,line,crossed,0.75",
        "6,a,left,0.5",
    ]


def test_rows_that_cannot_be_read_are_told_and_the_others_matched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fences = chart(tmp_path / "chart", a=SQUARE)
    bad = "".join("51.5,181\n" for _ in range(22))
    rows = points(tmp_path / "p.csv", "lat_deg,lon_deg\n51.5,1.5\nx,1.5\n91,1.5\n" + bad + "51.5,1.5\n")
    assert call("match", fences, rows) == 1
    out, err = capsys.readouterr()
    assert out == "row,fence_id\n0,a\n25,a\n"
    assert err.splitlines()[:3] == [
        "row 1: lat_deg 'x' is no number",
        "row 2: lat_deg 91 lies outside the world",
        "row 3: lon_deg 181 lies outside the world",
    ]
    assert err.splitlines()[-1] == "4 more rows were left out"


@pytest.mark.parametrize(
    "text", ["5_0.97", "1_000", "infinity", "-inf", "1e", "0x33", "٥١", "51,5", "1.5.5", "--5", "1 0"]
)
def test_a_number_is_what_every_tool_takes_for_one(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fences = chart(tmp_path / "chart", a=SQUARE)
    rows = points(tmp_path / "p.csv", f'lat_deg,lon_deg\n51.5,1.5\n51.5,"{text}"\n')
    assert call("match", fences, rows) == 1
    out, err = capsys.readouterr()
    assert out == "row,fence_id\n0,a\n"
    assert err == f"row 1: lon_deg {text!r} is no number\n"


@pytest.mark.parametrize("text", ["1.5", "+1.5", "1.5e0", "15E-1", "01.5", "1.50000000000000000001", " 1.5 "])
def test_a_number_may_be_written_in_these_ways(text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = points(tmp_path / "p.csv", f"lat_deg,lon_deg\n51.5,{text}\n51.,1.5\nNaN,.5\n")
    assert call("match", chart(tmp_path / "chart", a=SQUARE), rows) == 0
    assert capsys.readouterr().out == "row,fence_id\n0,a\n1,a\n"


@pytest.mark.parametrize("verb", ["check", "match"])
def test_a_full_disk_is_told(
    verb: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fences = chart(tmp_path / "chart", a=SQUARE)
    more = [points(tmp_path / "p.csv", "lat_deg,lon_deg\n51.5,1.5\n")] if verb == "match" else []
    full = open("/dev/full", "w", encoding="utf-8")  # noqa: PTH123, SIM115 - the command closes it
    monkeypatch.setattr("sys.stdout", full)
    assert call(verb, fences, *more) == 2
    assert full.closed, "or the end of the program would write into it once more"
    assert capsys.readouterr().err == "straitwatch fences: standard output: No space left on device\n"


@pytest.mark.parametrize("text", ["", "lat,lon\n1,2\n", "lat_deg;lon_deg\n1;2\n"])
def test_a_file_without_the_columns_is_a_matter_of_usage(
    text: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    fences = chart(tmp_path / "chart", a=SQUARE)
    assert call("match", fences, points(tmp_path / "p.csv", text)) == 2
    out, err = capsys.readouterr()
    assert "lacks" in err
    assert out == ""


def test_a_file_that_is_something_else_ends_with_a_word(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fences = chart(tmp_path / "chart", a=SQUARE)
    assert call("match", fences, points(tmp_path / "p.csv", "lat_deg,lon_deg\n" + "x" * 200_000)) == 2
    assert "field larger" in capsys.readouterr().err


def test_a_faulty_chart_matches_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("match", chart(tmp_path / "chart", a=BOWTIE), points(tmp_path / "p", "lat_deg,lon_deg\n51,1\n")) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "crosses itself" in err


def test_standard_input_and_blocks_of_rows_give_what_the_engine_gives(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "ROWS_AT_A_TIME", 97)
    path = shipped("channel.geojson")
    fences = geojson.load([path])
    rng = np.random.default_rng(4)
    lat, lon = np.round(rng.uniform((50.2, 0.5), (51.5, 2.0), (1_000, 2)), 5).T
    text = "lat_deg,lon_deg\n" + "".join(f"{a},{b}\n" for a, b in zip(lat.tolist(), lon.tolist(), strict=True))
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert call("match", path, "-") == 0
    row, which = match_positions(fences, lat, lon)
    wanted = [[str(r), fences.fence_id[f]] for r, f in zip(row.tolist(), which.tolist(), strict=True)]
    assert list(csv.reader(io.StringIO(capsys.readouterr().out)))[1:] == wanted

    lat2, lon2 = lat[::-1].copy(), lon[::-1].copy()
    lines = [
        ",".join(map(str, leg)) for leg in zip(lat.tolist(), lon.tolist(), lat2.tolist(), lon2.tolist(), strict=True)
    ]
    file = points(tmp_path / "legs.csv", "\n".join(["lat1_deg,lon1_deg,lat2_deg,lon2_deg", *lines]))
    assert call("match", path, file, "--legs") == 0
    found = match_legs(fences, lat, lon, lat2, lon2)
    told = list(csv.reader(io.StringIO(capsys.readouterr().out)))[1:]
    assert [int(one[0]) for one in told] == found.row.tolist()
    assert [one[1] for one in told] == [fences.fence_id[f] for f in found.fence.tolist()]
    assert [one[2] for one in told] == [Event(e).name.lower() for e in found.event.tolist()]
    assert np.allclose([float(one[3]) for one in told], found.fraction, rtol=0, atol=1e-9)
