"""National archives: each column of each format, damage, and independence of how the file was cut."""

import csv
import io
import math
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from decoders.archive.cells import hash_span, read_number, read_text, split_cells, split_lines
from decoders.archive.decoder import MAX_LINE, ArchiveDecoder, NotAnArchive
from decoders.columns import Batch, Flag, Positions, Statics
from decoders.rejects import Reason, Rejects

DANISH = (
    b"# Timestamp,Type of mobile,MMSI,Latitude,Longitude,Navigational status,ROT,SOG,COG,Heading,IMO,Callsign,Name,"
    b"Ship type,Cargo type,Width,Length,Type of position fixing device,Draught,Destination,ETA,Data source type,"
    b"A,B,C,D\n"
)
DANISH_ROWS = [
    b"31/12/2022 23:59:59,Class A,219005068,55.472275,10.547230,Under way using engine,-3.5,12.5,0.0,359,9215608,OUJI2,"
    b"DANA,Cargo,Category X,10,48,GPS,3.1,HIRTSHALS,24/03/2023 18:30:00,AIS,20,28,4,6\n",
    b"01/01/2023 00:00:00,Class B,219011922,91.0000000,0.0000000,Unknown value,,,,,Unknown,Unknown,,Undefined,,,,"
    b"Undefined,,Unknown,,AIS,,,,\n",
    b"01/01/2023 00:00:02,Base Station,2190064,56.716570,11.519047,Unknown value,,,,,Unknown,Unknown,,Undefined,,,,"
    b"GPS,,Unknown,,AIS,,,,\n",
    b'01/01/2023 00:00:02,Class A,219005069,"57,8794",-3.25,Moored,720.0,102.3,360.0,511,Unknown,,"ODD, ""QUOTED""",'
    b"Fishing,,8,23,GPS,,,,AIS,,,,\n",
    b"01/01/2023 00:00:03,Class A,219005068,55.472280,10.547230,Under way using engine,0.0,12.5,0.1,0,9215608,OUJI2,"
    b"DANA,Cargo,Category X,10,48,GPS,3.1,HIRTSHALS,24/03/2023 18:30:00,AIS,20,28,4,6\n",
    b"01/01/2023 00:00:04,Search and Rescue Transponder,970123456,55.0,10.0,Unknown value,,,,,Unknown,,,Undefined,,,,,,"
    b",,AIS,,,,\n",
]
AMERICAN_2017 = (
    b"MMSI,BaseDateTime,LAT,LON,SOG,COG,Heading,VesselName,IMO,CallSign,VesselType,Status,Length,Width,Draft,Cargo\n"
    b"367752440,2017-01-11T00:00:07,43.07917,-70.75733,0.0,360.0,511.0,SAN JOSE,IMO9307839,WDI9818,1004,0.0,"
    b"208,30,8.0,\n"
)
AMERICAN_2025 = (
    b"mmsi,base_date_time,longitude,latitude,sog,cog,heading,vessel_name,imo,call_sign,vessel_type,status,length,width,"
    b"draft,cargo,transceiver\n"
    b"338000001,2025-03-01 12:00:00,-70.5,43.25,7.1,12.5,13,TENDER,,,37,15,12,4,,,B\n"
)


def read(data: bytes, size: int | None = None) -> tuple[Positions, Statics, Rejects, ArchiveDecoder]:
    decoder = ArchiveDecoder()
    size = size or len(data) or 1
    results = [decoder.feed(data[i : i + size]) for i in range(0, len(data), size)] + [decoder.finish()]
    batches: list[Batch] = [batch for batch, _ in results]
    positions = Positions.concat([batch.positions for batch in batches])
    statics = Statics.concat([batch.statics for batch in batches])
    return positions, statics, Rejects.concat([rejects for _, rejects in results]), decoder


def assert_same(a: Positions | Statics | Rejects, b: Positions | Statics | Rejects) -> None:
    for (name, left), right in zip(a.columns().items(), b.columns().values(), strict=True):
        assert left.dtype == right.dtype, name
        np.testing.assert_array_equal(left, right, err_msg=name)


def test_danish_positions() -> None:
    positions, _, rejects, _ = read(DANISH + b"".join(DANISH_ROWS))
    assert len(rejects) == 0
    assert positions.line.tolist() == [2, 3, 4, 5, 6, 7]
    assert positions.t_unix_s[0] == datetime(2022, 12, 31, 23, 59, 59, tzinfo=UTC).timestamp()
    assert positions.type.tolist() == [1, 18, 4, 1, 1, 1]
    assert positions.mmsi.tolist() == [219005068, 219011922, 2190064, 219005069, 219005068, 970123456]
    np.testing.assert_array_equal(positions.lat_deg, [55.472275, np.nan, 56.716570, 57.8794, 55.472280, 55.0])
    np.testing.assert_array_equal(positions.lon_deg, [10.547230, np.nan, 11.519047, -3.25, 10.547230, 10.0])
    np.testing.assert_array_equal(positions.sog_kn, [12.5, np.nan, np.nan, np.nan, 12.5, np.nan])
    np.testing.assert_array_equal(positions.cog_deg, [0.0, np.nan, np.nan, np.nan, 0.1, np.nan])
    np.testing.assert_array_equal(positions.heading_deg, [359.0, np.nan, np.nan, np.nan, 0.0, np.nan])
    np.testing.assert_array_equal(positions.turn_deg_per_min, [-3.5, np.nan, np.nan, np.nan, 0.0, np.nan])
    assert positions.nav_status.tolist() == [0, -1, -1, 5, 0, -1]
    assert (positions.flags & Flag.BEACON != 0).tolist() == [False] * 5 + [True]
    assert not (positions.flags & Flag.MMSI_ODD).any()
    odd, _, _, _ = read(DANISH + DANISH_ROWS[0].replace(b"219005068", b"0"))
    assert odd.flags.tolist() == [Flag.MMSI_ODD]


def test_danish_statics_are_given_once() -> None:
    _, statics, _, _ = read(DANISH + b"".join(DANISH_ROWS))
    assert statics.line.tolist() == [2, 5]
    assert statics.name.tolist() == [b"DANA", b'ODD, "QUOTED"']
    assert statics.callsign.tolist() == [b"OUJI2", b""]
    assert statics.imo.tolist() == [9215608, -1]
    assert statics.ship_type.tolist() == [70, 30]
    assert statics.destination.tolist() == [b"HIRTSHALS", b""]
    assert [statics.eta_month[0], statics.eta_day[0], statics.eta_hour[0], statics.eta_minute[0]] == [3, 24, 18, 30]
    assert statics.eta_month[1] == -1
    np.testing.assert_array_equal(statics.to_bow_m, [20, 0])
    np.testing.assert_array_equal(statics.to_stern_m, [28, 23])
    np.testing.assert_array_equal(statics.to_port_m, [6, 0])
    np.testing.assert_array_equal(statics.to_starboard_m, [4, 8])
    np.testing.assert_array_equal(statics.draught_m, [3.1, np.nan])


def test_a_name_that_changes_is_given_again() -> None:
    renamed = DANISH_ROWS[4].replace(b"DANA", b"DIANA")
    _, statics, _, _ = read(DANISH + DANISH_ROWS[0] + DANISH_ROWS[4] + renamed + renamed)
    assert statics.name.tolist() == [b"DANA", b"DIANA"]


def test_american_columns_of_2017() -> None:
    positions, statics, _, _ = read(AMERICAN_2017)
    assert positions.mmsi.tolist() == [367752440]
    assert positions.t_unix_s[0] == datetime(2017, 1, 11, 0, 0, 7, tzinfo=UTC).timestamp()
    assert positions.lat_deg[0] == 43.07917
    assert positions.lon_deg[0] == -70.75733
    assert np.isnan(positions.cog_deg[0])
    assert np.isnan(positions.heading_deg[0])
    assert positions.nav_status[0] == 0
    assert statics.imo.tolist() == [9307839]
    assert statics.ship_type.tolist() == [1004]
    assert statics.to_stern_m[0] == 208


def test_american_columns_of_2025_stand_in_another_order() -> None:
    positions, statics, _, _ = read(AMERICAN_2025)
    assert (positions.lat_deg[0], positions.lon_deg[0]) == (43.25, -70.5)
    assert positions.type.tolist() == [18]
    assert statics.type.tolist() == [19]
    assert positions.nav_status.tolist() == [15]
    assert statics.ship_type.tolist() == [37]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (b"01/01/2023 00:00:00,Class A,219005068,55.1,10.2\n", "too few cells"),
        (DANISH_ROWS[0].replace(b"\n", b",,\n"), "too many cells"),
        (DANISH_ROWS[0].replace(b"31/12/2022", b"31/11/2022"), "a day that does not exist"),
        (DANISH_ROWS[0].replace(b"23:59:59", b"24:59:59"), "an hour that does not exist"),
        (DANISH_ROWS[0].replace(b"219005068", b"2190O5068"), "an MMSI with a letter"),
        (DANISH_ROWS[0].replace(b"219005068", b""), "no MMSI"),
        (DANISH_ROWS[0].replace(b"55.472275", b"55.47.2275"), "two points in a latitude"),
        (DANISH_ROWS[0].replace(b"12.5", b"-"), "a speed without digits"),
        (DANISH_ROWS[0].replace(b"DANA", b'DANA"'), "a lost quote"),
    ],
)
def test_a_bad_row_is_a_reject_and_costs_only_itself(row: bytes, why: str) -> None:
    good = DANISH_ROWS[2]
    positions, _, rejects, decoder = read(DANISH + good + row + good)
    assert positions.line.tolist() == [2, 4], why
    assert rejects.line.tolist() == [3]
    assert rejects.reason.tolist() == [Reason.BAD_FORM]
    assert rejects.raw[0] == row.rstrip(b"\n")[:200]
    assert decoder.ledger().n_bytes[0, Reason.BAD_FORM] == len(row)
    assert decoder.ledger().n_bytes.sum() == len(DANISH + good + row + good)


def test_crlf_blank_lines_and_a_missing_last_line_end() -> None:
    data = (DANISH + b"".join(DANISH_ROWS)).replace(b"\n", b"\r\n").replace(DANISH_ROWS[1][:10], b"\r\n01/01/2023", 1)
    positions, _, rejects, decoder = read(data.removesuffix(b"\r\n"))
    assert positions.line.tolist() == [2, 4, 5, 6, 7, 8]
    assert len(rejects) == 0
    assert decoder.ledger().n_bytes.sum() == len(data) - 2
    assert decoder.ledger().n_bytes[0, Reason.WAITING] == 0


def test_a_file_that_is_no_archive_is_refused() -> None:
    with pytest.raises(NotAnArchive, match="time,id,x"):
        ArchiveDecoder().feed(b"time,id,x\n1,2,3\n")


def test_a_file_without_line_ends_stays_bounded() -> None:
    decoder = ArchiveDecoder()
    decoder.feed(DANISH)
    rejects = []
    for _ in range(5):
        rejects.append(decoder.feed(b"x" * MAX_LINE)[1])
    assert decoder.ledger().n_bytes.sum() == len(DANISH) + 5 * MAX_LINE
    assert decoder.ledger().n_bytes[0, Reason.WAITING] <= MAX_LINE
    assert Rejects.concat(rejects).reason.tolist() == [Reason.TOO_LONG] * 2


@pytest.mark.parametrize("size", [1, 7, 80, 1000])
def test_the_cut_of_the_stream_makes_no_difference(size: int) -> None:
    bad = DANISH_ROWS[0].replace(b"23:59:59", b"24:59:59")
    data = DANISH + b"".join([*DANISH_ROWS, bad, *DANISH_ROWS])
    whole, cut = read(data), read(data, size)
    for a, b in zip(whole[:3], cut[:3], strict=True):
        assert_same(a, b)
    np.testing.assert_array_equal(whole[3].ledger().n_bytes, cut[3].ledger().n_bytes)


NUMBER = st.one_of(
    st.floats(-1e6, 1e6).map(lambda x: f"{x:.6f}"),
    st.integers(-(10**9), 10**9).map(str),
    st.sampled_from(["", "1.", ".5"]),
)


@given(st.lists(NUMBER, min_size=1, max_size=30))
@settings(max_examples=200, deadline=None)
def test_read_number_equals_float(texts: list[str]) -> None:
    lines = split_lines("".join(f"{text},x\n" for text in texts).encode())
    value, is_bad = read_number(split_cells(lines, 2)[0], 0)
    assert not is_bad.any()
    np.testing.assert_array_equal(value, [float(text) if text else np.nan for text in texts])


CELL = st.text(st.sampled_from('abc," 12'), max_size=6)


@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=10))
@settings(max_examples=200, deadline=None)
def test_quoted_cells_equal_the_csv_module(rows: list[list[str]]) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows(rows)
    cells, is_whole = split_cells(split_lines(out.getvalue().encode()), 3)
    assert is_whole.all()
    for column in range(3):
        assert [x.decode() for x in read_text(cells, column, 8).tolist()] == [row[column].strip() for row in rows]


def test_hash_span_depends_on_its_bytes_only() -> None:
    rng = np.random.default_rng(1)
    words = [rng.integers(97, 122, n).astype(np.uint8).tobytes() for n in range(40)]
    data = b"".join([*words, b"--", *words])
    end = np.cumsum([len(word) for word in words])
    start = end - [len(word) for word in words]
    offset = len(data) - int(end[-1])
    array = np.frombuffer(data, np.uint8)
    first, second = hash_span(array, start, end), hash_span(array, start + offset, end + offset)
    np.testing.assert_array_equal(first, second)
    assert len(np.unique(first)) == 40


def scalar_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_the_marinecadastre_sample_equals_the_csv_module(shared_data: Path) -> None:
    path = shared_data / "ais" / "marinecadastre-sample-20230111.csv"
    positions, statics, rejects, _ = read(path.read_bytes())
    rows = scalar_rows(path)
    assert len(rejects) == 0
    assert len(positions) == len(rows)
    for at, row in enumerate(rows):
        assert positions.mmsi[at] == int(row["MMSI"])
        assert positions.t_unix_s[at] == datetime.fromisoformat(row["BaseDateTime"] + "+00:00").timestamp()
        assert (positions.lat_deg[at], positions.lon_deg[at]) == (float(row["LAT"]), float(row["LON"]))
        cog, heading = float(row["COG"] or "nan"), float(row["Heading"] or "nan")
        np.testing.assert_equal(positions.cog_deg[at], cog if cog < 360 else math.nan)
        np.testing.assert_equal(positions.heading_deg[at], heading if heading < 360 else math.nan)
        np.testing.assert_equal(positions.sog_kn[at], float(row["SOG"]) if float(row["SOG"]) < 102.3 else math.nan)
        assert positions.nav_status[at] == (int(float(row["Status"])) if row["Status"] else -1)
    said = {int(row["MMSI"]): row for row in rows}
    last = {int(mmsi): at for at, mmsi in enumerate(statics.mmsi.tolist())}
    for mmsi, at in last.items():
        assert statics.name[at].decode() == said[mmsi]["VesselName"].strip()
        assert statics.callsign[at].decode() == said[mmsi]["CallSign"].strip()[:7]
        assert statics.ship_type[at] == (int(float(said[mmsi]["VesselType"] or -1)) or -1)
