"""One row a message, whatever tables it stands in."""

from typing import Any

import numpy as np
import pyais
import pytest

from decoders.ais.describe import WITH_POSITION, describe, flag_names, read_position
from decoders.ais.pack import blank, put_integer
from decoders.ais.sentence import ARMOUR, sentence
from decoders.columns import (
    DTYPES,
    Batch,
    Clocks,
    Flag,
    Others,
    Positions,
    Statics,
    Texts,
    empty,
    empty_batch,
    missing,
)
from decoders.table import Table


def rows(table: type[Table], n: int, **columns: Any) -> Any:
    made = {name: missing(name, n) for name in table.__dataclass_fields__}
    made |= {"flags": np.zeros(n, np.int32), "station": np.zeros(n, np.int32)}
    for name, value in columns.items():
        made[name] = np.broadcast_to(np.asarray(value, DTYPES[name]), n).copy()
    return table(**made)


def batch(**tables: Any) -> Batch:
    kinds = {"positions": Positions, "statics": Statics, "texts": Texts, "clocks": Clocks, "others": Others}
    return Batch(*(tables.get(name, empty(kind)) for name, kind in kinds.items()), stations=("",))


def others(*messages: tuple[int, bytes]) -> Others:
    table: Others = rows(Others, len(messages), line=range(1, len(messages) + 1), type=[kind for kind, _ in messages])
    table.payload[:] = [payload for _, payload in messages]
    table.fill[:] = 0
    return table


def test_rows_of_all_tables_stand_in_order_of_their_lines() -> None:
    made = describe(
        batch(
            positions=rows(Positions, 2, line=[2, 7], type=[1, 18], mmsi=[11, 12], lat_deg=[50.0, 51.0]),
            statics=rows(Statics, 1, line=[4], type=[5], mmsi=[13], name=[b"DANA"], callsign=[b"OUJI"]),
            texts=rows(Texts, 1, line=[1], type=[14], mmsi=[14]),
            clocks=rows(Clocks, 1, line=[9], type=[11], mmsi=[15]),
            others=others((8, b"8"), (6, b"6")),
        )
    )
    assert made.line.tolist() == [1, 1, 2, 2, 4, 7, 9]
    assert made.type.tolist() == [14, 8, 1, 6, 5, 18, 11]
    assert made.name.tolist()[4] == b"DANA"
    np.testing.assert_array_equal(made.lat_deg, [np.nan, np.nan, 50.0, np.nan, np.nan, 51.0, np.nan])


def test_a_message_in_two_tables_is_one_row() -> None:
    positions = rows(
        Positions, 4, line=[3, 3, 5, 6], type=[19, 21, 4, 19], mmsi=[1, 2, 3, 4], payload_hash=[7, 8, 9, 7], lat_deg=50
    )
    statics = rows(
        Statics, 3, line=[3, 3, 6], type=[19, 21, 19], mmsi=[1, 2, 4], payload_hash=[7, 8, 7], name=[b"A", b"B", b"C"]
    )
    clocks = rows(Clocks, 2, line=[5, 6], type=[4, 4], mmsi=[3, 5])
    made = describe(batch(positions=positions, statics=statics, clocks=clocks))
    assert made.line.tolist() == [3, 3, 5, 6, 6]
    assert made.mmsi.tolist() == [1, 2, 3, 4, 5]
    assert made.name.tolist() == [b"A", b"B", b"", b"C", b""]


def test_a_static_part_without_its_position_keeps_a_row_of_its_own() -> None:
    statics = rows(Statics, 1, line=[3], type=[19], mmsi=[1], payload_hash=[7], name=[b"A"])
    made = describe(batch(statics=statics, positions=rows(Positions, 1, line=[3], type=[21], payload_hash=[8])))
    assert made.type.tolist() == [21, 19]
    assert made.name.tolist() == [b"", b"A"]


def test_an_empty_batch_makes_no_rows() -> None:
    assert len(describe(empty_batch())) == 0


# gpsd's sample file and golden decode: a reference station at 29.1 E 60.0 N (to 0.1 degree).
DGNSS = b"A02VqLPA4I6C07h5Ed1h<OrsuBTTwS?r:C?w`?la<gno1RTRwSP9:BcurA8a"


def test_the_positions_of_type_17_are_read() -> None:
    made = describe(batch(others=others((17, DGNSS), (17, DGNSS[:12]), (8, DGNSS))))
    np.testing.assert_array_equal(made.lat_deg, [35992 / 600, np.nan, np.nan])
    np.testing.assert_array_equal(made.lon_deg, [17478 / 600, np.nan, np.nan])


@pytest.mark.parametrize("kind", [17, 28])
@pytest.mark.parametrize(("lat_deg", "lon_deg"), [(50.5, 1.25), (-33.75, -70.5), (0.0, 0.0), (90.0, -180.0)])
def test_positions_of_rare_types_are_read_from_their_bits(kind: int, lat_deg: float, lon_deg: float) -> None:
    lon_start, lon_width, lat_start, lat_width, units = WITH_POSITION[kind]
    symbols = blank(1, 168)
    put_integer(symbols, lon_start, lon_width, np.array([round(lon_deg * units)]))
    put_integer(symbols, lat_start, lat_width, np.array([round(lat_deg * units)]))
    payload = ARMOUR.take(symbols).tobytes()
    assert read_position(kind, payload, 0) == (lat_deg, lon_deg)
    if kind == 28:
        said = pyais.decode(*sentence(bytes([ord("L")]) + payload[1:], 0)).asdict()
        assert (said["lat"], said["lon"]) == (lat_deg, lon_deg)


@pytest.mark.parametrize("payload", [b"", b"A", b"A02", b"\xff\xff" * 20])
def test_what_is_no_position_is_missing(payload: bytes) -> None:
    assert np.isnan(read_position(17, payload, 0)).all()


def test_the_sentinels_of_rare_types_are_missing() -> None:
    symbols = blank(1, 168)
    put_integer(symbols, 40, 18, np.array([181 * 600]))
    put_integer(symbols, 58, 17, np.array([91 * 600]))
    assert np.isnan(read_position(17, ARMOUR.take(symbols).tobytes(), 0)).all()


def test_flag_names() -> None:
    assert flag_names(0) == []
    assert flag_names(Flag.OWN_SHIP | Flag.COARSE) == ["coarse", "own_ship"]
    assert flag_names(sum(Flag)) == [flag.name.lower() for flag in Flag if flag.name and flag]
