"""Encoded sentences as pyais reads them: every field of every type, and every way of having no value."""

from typing import Any

import numpy as np
import pyais
import pytest

from decoders.ais.encode import POSITION_TYPES, encode_pairs, encode_positions, encode_statics, encode_texts
from decoders.columns import DTYPES, Clocks, Positions, Statics, Texts, missing
from decoders.table import Table

HERE = {
    "mmsi": 227000001,
    "lat_deg": 50.1234567,
    "lon_deg": -1.2345678,
    "sog_kn": 12.34,
    "cog_deg": 359.94,
    "heading_deg": 123.4,
    "turn_deg_per_min": -10.0,
    "nav_status": 3,
    "is_accurate": 1,
    "utc_second": 33,
    "altitude_m": 303.0,
}
SHIP = {
    "mmsi": 227000001,
    "name": b"Dana Anglia",
    "callsign": b"ABCD123",
    "imo": 9123456,
    "ship_type": 70,
    "aid_type": 3,
    "to_bow_m": 100,
    "to_stern_m": 20,
    "to_port_m": 3,
    "to_starboard_m": 12,
    "draught_m": 7.3,
    "destination": b"DOVER 12",
    "eta_month": 12,
    "eta_day": 3,
    "eta_hour": 4,
    "eta_minute": 5,
    "vendor": b"ABC1234",
    "is_virtual": 1,
    "is_off_position": 1,
}


def rows(table: type[Table], n: int, **columns: Any) -> Any:
    made = {name: missing(name, n) for name in table.__dataclass_fields__}
    for name, value in columns.items():
        made[name] = np.broadcast_to(np.asarray(value, DTYPES[name]), n).copy()
    return table(**made)


def said(*lines: bytes) -> dict[str, Any]:
    return pyais.decode(*lines).asdict()


@pytest.mark.parametrize("kind", POSITION_TYPES)
def test_positions(kind: int) -> None:
    clocks = rows(Clocks, 1, utc_unix_s=1763800000.0)
    got = said(*encode_positions(rows(Positions, 1, type=kind, **HERE), clocks))
    unit = 1 / 600 if kind == 27 else 1 / 600_000
    assert got["msg_type"] == kind
    assert got["mmsi"] == 227000001
    assert got["lat"] == pytest.approx(50.1234567, abs=unit)
    assert got["lon"] == pytest.approx(-1.2345678, abs=unit)
    assert got["accuracy"]
    if kind not in (4, 11):
        assert got["speed"] == (12.0 if kind in (9, 27) else 12.3)
        assert got["course"] == (0.0 if kind == 27 else 359.9)
    if kind in (1, 2, 3, 18):
        assert got["heading"] == 123
    if kind in (1, 2, 3):
        assert got["turn"] == -10.0
    if kind in (1, 2, 3, 27):
        assert got["status"] == 3
    if kind in (1, 2, 3, 9, 18):
        assert got["second"] == 33
    if kind == 9:
        assert got["alt"] == 303
    if kind in (4, 11):
        clock = [got[name] for name in ("year", "month", "day", "hour", "minute", "second")]
        assert clock == [2025, 11, 22, 8, 26, 40]


@pytest.mark.parametrize("kind", POSITION_TYPES)
def test_positions_without_any_value(kind: int) -> None:
    got = said(*encode_positions(rows(Positions, 1, type=kind, mmsi=0)))
    assert (got["mmsi"], got["lat"], got["lon"]) == (0, 91.0, 181.0)
    expected = {"speed": 102.3, "course": 360.0, "heading": 511, "second": 60, "status": 15, "turn": -128, "alt": 4095}
    expected |= {9: {"speed": 1023}, 27: {"speed": 63, "course": 511}}.get(kind, {})
    expected |= {"year": 0, "month": 0, "day": 0, "hour": 24, "minute": 60}
    for name, value in expected.items():
        if name in got:
            assert got[name] == value, name


@pytest.mark.parametrize(
    ("column", "value", "field", "expected"),
    [
        ("sog_kn", 500.0, "speed", 102.2),
        ("cog_deg", 359.97, "course", 0.0),
        ("heading_deg", 359.6, "heading", 0),
        ("turn_deg_per_min", 5000.0, "turn", 709.0),
        ("lat_deg", 90.0, "lat", 90.0),
        ("lon_deg", -180.0, "lon", -180.0),
        ("utc_second", 0, "second", 0),
    ],
)
def test_the_edges_of_ranges_never_turn_into_not_available(
    column: str, value: float, field: str, expected: float
) -> None:
    got = said(*encode_positions(rows(Positions, 1, type=1, **(HERE | {column: value}))))
    assert got[field] == pytest.approx(expected, abs=0.05)


def test_rows_of_mixed_types_keep_their_order_and_channels() -> None:
    kinds = [18, 1, 27, 1, 4, 18]
    table = rows(Positions, 6, type=kinds, mmsi=np.arange(6) + 1)
    channel = np.array([b"A", b"B", b"A", b"A", b"B", b""], "S1")
    lines = encode_positions(table, channel=channel)
    assert [said(line)["mmsi"] for line in lines] == [1, 2, 3, 4, 5, 6]
    assert [said(line)["msg_type"] for line in lines] == kinds
    assert [line.split(b",")[4] for line in lines[:5]] == channel.tolist()[:5]


def test_type_5_takes_two_lines_and_says_everything() -> None:
    lines = encode_statics(rows(Statics, 1, type=5, **SHIP), seq=4)[0]
    assert [line[:15] for line in lines] == [b"!AIVDM,2,1,4,A,", b"!AIVDM,2,2,4,A,"]
    got = said(*lines)
    size = [got[name] for name in ("to_bow", "to_stern", "to_port", "to_starboard")]
    eta = [got[name] for name in ("month", "day", "hour", "minute")]
    assert (got["shipname"], got["callsign"], got["destination"]) == ("DANA ANGLIA", "ABCD123", "DOVER 12")
    assert (got["imo"], got["ship_type"], got["draught"]) == (9123456, 70, 7.3)
    assert (size, eta) == ([100, 20, 3, 12], [12, 3, 4, 5])


def test_type_5_without_any_value() -> None:
    got = said(*encode_statics(rows(Statics, 1, type=5, mmsi=1))[0])
    assert (got["shipname"], got["callsign"], got["destination"], got["imo"]) == ("", "", "", 0)
    assert [got[name] for name in ("month", "day", "hour", "minute", "draught")] == [0, 0, 24, 60, 0.0]


def test_type_24_in_its_three_forms() -> None:
    table = rows(Statics, 3, type=24, **(SHIP | {"mmsi": [227000001, 227000001, 982190001]}))
    table.part[:] = [0, 1, 1]
    table.mothership_mmsi[2] = 219000000
    a, b, auxiliary = (said(*lines) for lines in encode_statics(table))
    assert a["shipname"] == "DANA ANGLIA"
    assert (b["callsign"], b["ship_type"], b["vendorid"], b["to_bow"]) == ("ABCD123", 70, "ABC", 100)
    assert auxiliary["mothership_mmsi"] == 219000000


def test_the_sequence_number_counts_messages_of_several_lines() -> None:
    table = rows(Statics, 4, type=[5, 24, 5, 5], part=[-1, 0, -1, -1], mmsi=1)
    assert [lines[0].split(b",")[3] for lines in encode_statics(table, seq=9)] == [b"9", b"", b"0", b"1"]


@pytest.mark.parametrize("name", [b"BUOY", b"A" * 20, b"VARNE LIGHT VESSEL SOUTH WEST"])
def test_pairs(name: bytes) -> None:
    positions = rows(Positions, 2, type=[19, 21], **HERE)
    lines = encode_pairs(positions, rows(Statics, 2, type=[19, 21], **(SHIP | {"name": name})))
    extended, aid = said(lines[0]), said(lines[1])
    assert extended["shipname"] == name[:20].decode().strip()
    assert (extended["speed"], extended["heading"], extended["ship_type"]) == (12.3, 123, 70)
    assert aid["name"] == name[:20].decode().strip()
    assert aid.get("name_ext") == (name[20:].decode().strip() or None)
    assert (aid["aid_type"], aid["off_position"], aid["virtual_aid"], aid["second"]) == (3, True, True, 33)
    for got in (extended, aid):
        assert got["lat"] == pytest.approx(50.1234567, abs=1e-6)
        assert got["to_starboard"] == 12


def test_texts() -> None:
    texts = [b"SART ACTIVE", b"X" * 161, b"mob test ~", b""]
    lines = encode_texts(rows(Texts, 4, type=14, mmsi=970123456, text=texts))
    assert [said(*some)["text"] for some in lines[:3]] == ["SART ACTIVE", "X" * 161, "MOB TEST ?"]
    assert lines[3] == [b"!AIVDM,1,1,,A,>>M;`h0,2*6A"]


def test_what_cannot_be_encoded_is_refused() -> None:
    with pytest.raises(ValueError, match=r"not \[21\]"):
        encode_positions(rows(Positions, 1, type=21, mmsi=1))
    with pytest.raises(ValueError, match=r"not \[19\]"):
        encode_statics(rows(Statics, 1, type=19, mmsi=1))
    with pytest.raises(ValueError, match="parts"):
        encode_statics(rows(Statics, 1, type=24, mmsi=1))
    with pytest.raises(ValueError, match=r"not \[12\]"):
        encode_texts(rows(Texts, 1, type=12, mmsi=1))
    with pytest.raises(ValueError, match=r"not \[1\]"):
        encode_pairs(rows(Positions, 1, type=1, mmsi=1), rows(Statics, 1, type=1, mmsi=1))


def test_no_rows_make_no_lines() -> None:
    assert encode_positions(rows(Positions, 0)) == []
    assert encode_statics(rows(Statics, 0)) == []
    assert encode_texts(rows(Texts, 0)) == []
