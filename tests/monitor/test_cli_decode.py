"""`straitwatch decode`: rows, formats, compressed files, the account on standard error, exit codes."""

import argparse
import csv
import gzip
import json
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
import zstandard

from decoders.ais.sentence import sentence, tag_block
from monitor.cli import decode

KEYS = [
    *("line", "type", "mmsi", "t_unix_s", "station", "lat_deg", "lon_deg", "sog_kn", "cog_deg", "heading_deg"),
    *("nav_status", "name", "callsign", "flags"),
]
RADAR_KEYS = [
    *("format", "source", "track_no", "t_unix_s", "lat_deg", "lon_deg", "range_m", "bearing_deg", "sog_kn", "cog_deg"),
    *("status", "flags"),
]
TABLE_KEYS = [*KEYS, "format", "source", "track_no", "range_m", "bearing_deg", "status"]
TTM = b"$RATTM,41,6.51,136.2,T,5.6,237.8,T,,,N,235999001,T,,021300.00,M*0B\r\n"
TLL = b"$RATLL,,5103.0438,N,00126.6918,E,,,,*5B\r\n"
# From gpsd's sample file: a position near Vancouver, a two-line type 5, a type 21.
POSITION = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4A\r\n"
STATIC = (
    b"!AIVDM,2,1,1,A,55?MbV02;H;s<HtKR20EHE:0@T4@Dn2222222216L961O5Gf0NSQEp6ClRp8,0*1C\r\n"
    b"!AIVDM,2,2,1,A,88888888880,2*25\r\n"
)
BAD = b"!AIVDM,1,1,,A,15RTgt0PAso;90TKcjM8h6g208CQ,0*4B\r\n"
DANISH = (
    b"# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT,SOG,COG,Heading,IMO,Callsign,Name,"
    b"Ship type,Cargo type,Width,Length,Type of position fixing device,Draught,Destination,ETA,Data source type\n"
    b"31/12/2022 23:59:59,Class A,219005068,55.472275,10.547230,Under way using engine,-3.5,12.5,0.0,359,9215608,OUJI2,"
    b"DANA,Cargo,,10,48,GPS,3.1,HIRTSHALS,,AIS\n"
    b"31/12/2022 23:59:59,Class A,21900\n"
)


def call(*args: object) -> int:
    parser = argparse.ArgumentParser()
    decode.add_parser(parser.add_subparsers(required=True))
    parsed = parser.parse_args(["decode", *map(str, args)])
    return int(parsed.run(parsed))


def file(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def rows(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_rows_have_the_documented_keys_and_values(tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    source = file(tmp_path, "a.nmea", tag_block("dover-1", 1763800000.25) + POSITION + b"# note\r\n" + STATIC)
    assert call(source) == 0
    out, err = capfdbinary.readouterr()
    first, second = (json.loads(line) for line in out.splitlines())
    assert list(first) == KEYS
    assert first | {"lat_deg": None, "lon_deg": None} == {
        "line": 1,
        "type": 1,
        "mmsi": 371798000,
        "t_unix_s": 1763800000.25,
        "station": "dover-1",
        "lat_deg": None,
        "lon_deg": None,
        "sog_kn": 12.3,
        "cog_deg": 224.0,
        "heading_deg": 215.0,
        "nav_status": 0,
        "name": None,
        "callsign": None,
        "flags": [],
    }
    assert first["lat_deg"] == pytest.approx(48.38163333, abs=1e-7)
    assert first["lon_deg"] == pytest.approx(-123.39538333, abs=1e-7)
    assert (second["line"], second["type"], second["name"], second["callsign"]) == (4, 5, "EVER DIADEM", "3FOF8")
    assert second["lat_deg"] is None
    assert second["nav_status"] is None
    assert b"decoded" in err
    assert b"comment" in err


@pytest.mark.parametrize(
    ("name", "pack"),
    [("a.nmea.gz", gzip.compress), ("a.nmea.zst", zstandard.ZstdCompressor().compress), ("a.nmea", bytes)],
)
def test_compressed_files_are_read_in_place(tmp_path: Path, name: str, pack: Any) -> None:
    out = tmp_path / "out.jsonl"
    assert call(file(tmp_path, name, pack(POSITION + STATIC)), "-o", out) == 0
    assert [row["mmsi"] for row in rows(out)] == [371798000, 351759000]


def test_several_files_are_decoded_one_after_the_other(tmp_path: Path) -> None:
    out = tmp_path / "out.jsonl"
    first, second = file(tmp_path, "1.nmea", POSITION), file(tmp_path, "2.csv", DANISH)
    assert call(first, second, "-o", out) == 0
    assert [(row["line"], row["mmsi"]) for row in rows(out)] == [(1, 371798000), (2, 219005068), (2, 219005068)]


def test_an_archive_is_known_by_its_header(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out.jsonl"
    assert call(file(tmp_path, "aisdk.csv", DANISH), "-o", out) == 0
    position, static = rows(out)
    assert (position["t_unix_s"], position["lat_deg"], position["nav_status"]) == (1672531199.0, 55.472275, 0)
    assert (static["type"], static["name"], static["callsign"]) == (5, "DANA", "OUJI2")
    assert "bad form" in capfd.readouterr().err


def test_csv_has_a_header_and_empty_cells(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    source = file(tmp_path, "a.nmea", POSITION.replace(b"AIVDM", b"AIVDO").replace(b"*4A", b"*48") + STATIC)
    assert call(source, "--format", "csv", "-o", out) == 0
    with out.open(newline="") as lines:
        own, static = list(csv.DictReader(lines))
    assert list(own) == TABLE_KEYS
    assert (own["sog_kn"], own["t_unix_s"], own["name"], own["flags"]) == ("12.3", "", "", "own_ship")
    assert (static["name"], static["lat_deg"], static["nav_status"]) == ("EVER DIADEM", "", "")


def test_what_was_refused_is_counted_and_kept(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    rejects = tmp_path / "rejects.txt"
    source = file(tmp_path, "a.nmea", POSITION + BAD + POSITION)
    assert call(source, "-o", tmp_path / "o", "--rejects", rejects) == 0
    assert "bad checksum" in capfd.readouterr().err
    head, raw = rejects.read_bytes().splitlines()
    assert head.startswith(b"# " + str(source).encode() + b":2 bad_checksum, ")
    assert raw == BAD.strip()
    assert call(rejects, "-o", tmp_path / "again") == 0


def test_local_times_at_the_start_of_lines_need_their_zone(tmp_path: Path) -> None:
    source = file(tmp_path, "a.log", b"2016-03-31 02:00:00, " + POSITION)
    for zone, hour in (("UTC", 2), ("Europe/Paris", 0)):
        out = tmp_path / "out.jsonl"
        assert call(source, "--time-zone", zone, "-o", out) == 0
        assert rows(out)[0]["t_unix_s"] == 1459382400.0 + 3600 * hour


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["{no}"], "no such file"),
        (["{ok}", "--format", "parquet"], "-o"),
        (["{ok}", "--time-zone", "Mars/Olympus"], "no such time zone"),
        (["{ok}", "-o", "{no}/x"], "No such file or directory"),
    ],
)
def test_usage_faults_are_said_and_end_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], args: list[str], said: str
) -> None:
    names = {"ok": file(tmp_path, "a.nmea", POSITION), "no": tmp_path / "missing"}
    assert call(*(arg.format(**names) for arg in args)) == 2
    assert said in capsys.readouterr().err


def test_parquet_without_pyarrow_says_what_to_install(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)  # as on a machine without the extra
    monkeypatch.setitem(sys.modules, "pyarrow.parquet", None)
    assert call(file(tmp_path, "a.nmea", POSITION), "--format", "parquet", "-o", tmp_path / "o") == 2
    assert "straitwatch[archive]" in capsys.readouterr().err


def test_parquet_has_nulls_and_types(tmp_path: Path) -> None:
    out = tmp_path / "o.parquet"
    source = file(tmp_path, "a.nmea", tag_block("dover", 1.5) + POSITION + STATIC)
    assert call(source, "--format", "parquet", "-o", out) == 0
    first, second = pyarrow.parquet.read_table(out).to_pylist()
    assert list(first) == TABLE_KEYS
    assert (first["station"], first["t_unix_s"], first["name"], first["flags"]) == ("dover", 1.5, None, [])
    assert (second["lat_deg"], second["nav_status"], second["name"]) == (None, None, "EVER DIADEM")


def test_a_file_that_breaks_off_gives_what_there_was_and_ends_with_1(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    packed = gzip.compress(POSITION * 200_000, 1)
    out = tmp_path / "out.jsonl"
    assert call(file(tmp_path, "a.nmea.gz", packed[: len(packed) // 2]), "-o", out) == 1
    assert len(rows(out)) > 10_000
    assert "ends in the middle" in capfd.readouterr().err


def mixed(folder: Path) -> Path:
    tag = tag_block("ra-1", 1763777580.5)
    return file(folder, "m.nmea", tag + TTM + POSITION + b"\r\n" + tag + TLL + STATIC + b"$RATTM,x*0A\r\n")


def test_radar_rows_stand_between_ais_rows_with_their_own_keys(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out.jsonl"
    assert call(mixed(tmp_path), "-o", out) == 0
    ttm, position, tll, static = rows(out)
    assert list(ttm) == RADAR_KEYS
    assert (position["line"], static["line"]) == (2, 6)
    assert ttm == {
        "format": "TTM",
        "source": "ra-1",
        "track_no": 41,
        "t_unix_s": 1763777580.0,
        "lat_deg": None,
        "lon_deg": None,
        "range_m": 12056.52,
        "bearing_deg": 136.2,
        "sog_kn": 5.6,
        "cog_deg": 237.8,
        "status": "tracked",
        "flags": ["manual"],
    }
    assert (tll["format"], tll["track_no"], tll["status"], tll["flags"]) == ("TLL", None, None, ["poor_time"])
    assert (tll["lat_deg"], tll["lon_deg"], tll["range_m"]) == (51.05073, 1.4448633, None)
    assert "bad form" in capfd.readouterr().err


def test_csv_and_parquet_have_one_set_of_columns_for_both(tmp_path: Path) -> None:
    source, out = mixed(tmp_path), tmp_path / "out.csv"
    assert call(source, "--format", "csv", "-o", out) == 0
    with out.open(newline="") as lines:
        ttm, position, tll, static = list(csv.DictReader(lines))
    assert (ttm["line"], ttm["type"], ttm["mmsi"], ttm["name"]) == ("1", "", "235999001", "235999001")
    assert (ttm["format"], ttm["source"], ttm["station"], ttm["track_no"]) == ("TTM", "ra-1", "", "41")
    assert (ttm["range_m"], ttm["lat_deg"], ttm["status"], ttm["flags"]) == ("12056.52", "", "tracked", "manual")
    assert (position["type"], position["format"], position["range_m"], static["type"]) == ("1", "", "", "5")
    assert (tll["mmsi"], tll["lat_deg"], tll["sog_kn"], tll["track_no"]) == ("", "51.05073", "", "")
    out = tmp_path / "out.parquet"
    assert call(source, "--format", "parquet", "-o", out) == 0
    ttm, position, tll, static = pyarrow.parquet.read_table(out).to_pylist()
    assert list(ttm) == TABLE_KEYS
    assert (ttm["track_no"], ttm["range_m"], ttm["type"], ttm["flags"]) == (41, 12056.52, None, ["manual"])
    assert (position["track_no"], position["bearing_deg"], position["format"]) == (None, None, None)


def test_all_types_have_rows(tmp_path: Path) -> None:
    """One payload of each type, long enough for all of its fields."""
    lines = []
    for kind in range(1, 29):
        first = bytes([kind + 48 if kind < 40 else kind + 56])
        lines.append(b"\r\n".join(sentence(first + b"3HNvhA" + b"0" * 68, 0)) + b"\r\n")
    out = tmp_path / "out.jsonl"
    assert call(file(tmp_path, "a.nmea", b"".join(lines)), "-o", out) == 0
    assert sorted(row["type"] for row in rows(out)) == list(range(1, 29))
    assert {row["mmsi"] for row in rows(out)} == {227000001}
