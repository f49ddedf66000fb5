"""Law 5: encode, then decode: the same within half a wire unit, missing values too, for every type."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from decoders.ais.encode import encode_pairs, encode_positions, encode_statics, encode_texts
from decoders.ais.sentence import tag_block
from decoders.columns import DTYPES, Batch, Clocks, Flag, Positions, Statics, Texts, missing
from decoders.lines import LineDecoder
from decoders.table import Table

NAN = float("nan")
MMSI = st.integers(0, (1 << 30) - 1)
LETTERS = st.sampled_from("ABCXYZ0189 .-/?<")
HALF_A_UNIT = {
    "lat_deg": 0.5 / 600_000,
    "lon_deg": 0.5 / 600_000,
    "sog_kn": 0.05,
    "cog_deg": 0.05,
    "heading_deg": 0.5,
    "altitude_m": 0.5,
    "draught_m": 0.05,
    "to_bow_m": 0.5,
    "to_stern_m": 0.5,
    "to_port_m": 0.5,
    "to_starboard_m": 0.5,
    "utc_unix_s": 0.5,
}
COARSE = {9: {"sog_kn": 0.5}, 27: {"lat_deg": 0.5 / 600, "lon_deg": 0.5 / 600, "sog_kn": 0.5, "cog_deg": 0.5}}
MOVES = ("lat_deg", "lon_deg", "sog_kn", "cog_deg", "is_accurate")
SENT = {
    1: (*MOVES, "heading_deg", "turn_deg_per_min", "nav_status", "utc_second"),
    4: ("lat_deg", "lon_deg", "is_accurate"),
    9: (*MOVES, "utc_second", "altitude_m"),
    18: (*MOVES, "heading_deg", "utc_second"),
    19: (*MOVES, "heading_deg", "utc_second"),
    21: ("lat_deg", "lon_deg", "is_accurate", "utc_second"),
    27: (*MOVES, "nav_status"),
}
SENT |= {2: SENT[1], 3: SENT[1], 11: SENT[4]}
SIZE = ("to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m")
SAID = {
    "5": (
        *("name", "callsign", "imo", "ship_type", *SIZE, "draught_m", "destination"),
        *("eta_month", "eta_day", "eta_hour", "eta_minute"),
    ),
    "19": ("name", "ship_type", *SIZE),
    "21": ("name", "aid_type", *SIZE, "is_virtual", "is_off_position"),
    "24A": ("part", "name"),
    "24B": ("part", "ship_type", "vendor", "callsign", *SIZE),
    "24B auxiliary": ("part", "ship_type", "vendor", "callsign", "mothership_mmsi"),
}


def maybe(values: st.SearchStrategy[Any], nothing: Any) -> st.SearchStrategy[Any]:
    return st.one_of(st.just(nothing), values)


def floats(least: float, most: float) -> st.SearchStrategy[float]:
    return st.floats(least, most, allow_nan=False, width=64)


def words(n: int) -> st.SearchStrategy[bytes]:
    return st.text(LETTERS, max_size=n).map(lambda text: text.strip().encode())


PLACE = maybe(st.tuples(floats(-90, 90), floats(-180, 180)), (NAN, NAN))
POSITION = st.fixed_dictionaries(
    {
        "mmsi": MMSI,
        "place": PLACE,
        "sog_kn": maybe(floats(0, 60), NAN),
        "cog_deg": maybe(floats(0, 359.999), NAN),
        "heading_deg": maybe(floats(0, 359.999), NAN),
        "turn_deg_per_min": maybe(floats(-700, 700), NAN),
        "nav_status": st.integers(0, 15),
        "is_accurate": st.integers(0, 1),
        "utc_second": maybe(st.integers(0, 59), -1),
        "altitude_m": maybe(floats(0, 4094), NAN),
    }
)
SHIP = st.fixed_dictionaries(
    {
        "mmsi": MMSI,
        "name": words(20),
        "callsign": words(7),
        "imo": maybe(st.integers(1, (1 << 30) - 1), -1),
        "ship_type": maybe(st.integers(1, 255), -1),
        "aid_type": st.integers(0, 31),
        "size": maybe(st.tuples(floats(1, 511), floats(1, 511), floats(1, 63), floats(1, 63)), (NAN,) * 4),
        "draught_m": maybe(floats(0.1, 25.5), NAN),
        "destination": words(20),
        "eta_month": maybe(st.integers(1, 12), -1),
        "eta_day": maybe(st.integers(1, 31), -1),
        "eta_hour": maybe(st.integers(0, 23), -1),
        "eta_minute": maybe(st.integers(0, 59), -1),
        "vendor": words(7),
        "is_virtual": st.integers(0, 1),
        "is_off_position": st.integers(0, 1),
    }
)


def rows(table: type[Table], given_rows: list[dict[str, Any]], **columns: Any) -> Any:
    n = len(given_rows)
    made = {name: missing(name, n) for name in table.__dataclass_fields__}
    for name in made:
        if given_rows and name in given_rows[0]:
            made[name] = np.array([row[name] for row in given_rows], DTYPES[name])
    for name, value in columns.items():
        made[name] = np.broadcast_to(np.asarray(value, DTYPES[name]), n).copy()
    return table(**made)


def placed(given_rows: list[dict[str, Any]], kinds: list[int]) -> Positions:
    lat_deg, lon_deg = zip(*(row["place"] for row in given_rows), strict=True)
    table: Positions = rows(Positions, given_rows, type=kinds, lat_deg=lat_deg, lon_deg=lon_deg)
    return table


def sized(given_rows: list[dict[str, Any]], **columns: Any) -> Statics:
    sizes = dict(zip(SIZE, zip(*(row["size"] for row in given_rows), strict=True), strict=True))
    table: Statics = rows(Statics, given_rows, **sizes, **columns)
    return table


def decode(lines: list[bytes]) -> Batch:
    decoder = LineDecoder()
    batch, rejects = decoder.feed(b"".join(line + b"\r\n" for line in lines), NAN)
    assert len(rejects) == 0
    return batch


def assert_sent(before: Table, after: Table, row: int, names: tuple[str, ...], kind: int) -> None:
    for name in names:
        sent, got = getattr(before, name)[row], getattr(after, name)[row]
        unit = COARSE.get(kind, {}).get(name, HALF_A_UNIT.get(name, 0))
        if isinstance(sent, float):
            assert np.isnan(sent) == np.isnan(got), f"{name}: {sent} -> {got}"
            if name in ("cog_deg", "heading_deg"):
                assert np.isnan(sent) or abs((sent - got + 180) % 360 - 180) <= unit + 1e-9, f"{name}: {sent} -> {got}"
            elif name == "turn_deg_per_min":
                # The wire has the square root: one unit is a step of it.
                assert np.isnan(sent) or abs(root(sent) - root(got)) <= 0.5 + 1e-9, f"{name}: {sent} -> {got}"
            else:
                assert np.isnan(sent) or abs(sent - got) <= unit + 1e-9, f"{name}: {sent} -> {got}"
        else:
            assert sent == got, f"{name}: {sent!r} -> {got!r}"


def root(turn_deg_per_min: float) -> float:
    return float(np.sign(turn_deg_per_min) * 4.733 * np.sqrt(abs(turn_deg_per_min)))


@given(st.lists(st.tuples(st.sampled_from([1, 2, 3, 9, 18, 27]), POSITION), min_size=1, max_size=8))
@settings(max_examples=60, deadline=None)
def test_positions(given_rows: list[tuple[int, dict[str, Any]]]) -> None:
    before = placed([row for _, row in given_rows], [kind for kind, _ in given_rows])
    after = decode(encode_positions(before)).positions
    assert after.type.tolist() == before.type.tolist()
    assert after.mmsi.tolist() == before.mmsi.tolist()
    for row, kind in enumerate(after.type.tolist()):
        assert_sent(before, after, row, SENT[kind], kind)
        unsent = set(Positions.__dataclass_fields__) & set(HALF_A_UNIT) - set(SENT[kind])
        assert all(np.isnan(getattr(after, name)[row]) for name in unsent)
        assert bool(after.flags[row] & Flag.COARSE) == (kind == 27)


INSTANT = maybe(floats(0, 4e9), NAN)


@given(st.lists(st.tuples(st.sampled_from([4, 11]), POSITION, INSTANT), min_size=1, max_size=5))
@settings(max_examples=40, deadline=None)
def test_clocks(given_rows: list[tuple[int, dict[str, Any], float]]) -> None:
    before = placed([row for _, row, _ in given_rows], [kind for kind, _, _ in given_rows])
    clocks: Clocks = rows(Clocks, [{} for _ in given_rows], utc_unix_s=[t for _, _, t in given_rows])
    batch = decode(encode_positions(before, clocks))
    for row, kind in enumerate(batch.positions.type.tolist()):
        assert_sent(before, batch.positions, row, SENT[kind], kind)
        assert_sent(clocks, batch.clocks, row, ("utc_unix_s",), kind)


@given(st.lists(st.tuples(st.sampled_from(["5", "24A", "24B", "24B auxiliary"]), SHIP), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_statics(given_rows: list[tuple[str, dict[str, Any]]]) -> None:
    forms = [form for form, _ in given_rows]
    ships = [row for _, row in given_rows]
    craft = [982190001 if form == "24B auxiliary" else row["mmsi"] % 900_000_000 for form, row in given_rows]
    before = sized(
        ships,
        type=[5 if form == "5" else 24 for form in forms],
        part=[{"5": -1, "24A": 0}.get(form, 1) for form in forms],
        mothership_mmsi=[219000001 if form == "24B auxiliary" else -1 for form in forms],
    )
    before.mmsi[:] = craft
    after = decode([line for lines in encode_statics(before) for line in lines]).statics
    assert after.mmsi.tolist() == craft
    for row, form in enumerate(forms):
        assert_sent(before, after, row, SAID[form], int(after.type[row]))


@given(st.lists(st.tuples(st.sampled_from([19, 21]), POSITION, SHIP, words(34)), min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_pairs(given_rows: list[tuple[int, dict[str, Any], dict[str, Any], bytes]]) -> None:
    kinds = [kind for kind, _, _, _ in given_rows]
    positions = placed([row for _, row, _, _ in given_rows], kinds)
    statics = sized([row for _, _, row, _ in given_rows], type=kinds, mmsi=positions.mmsi)
    for row, (kind, _, _, name) in enumerate(given_rows):
        statics.name[row] = name if kind == 21 else statics.name[row]
    batch = decode(encode_pairs(positions, statics))
    for row, kind in enumerate(kinds):
        assert_sent(positions, batch.positions, row, SENT[kind], kind)
        assert_sent(statics, batch.statics, row, SAID[str(kind)], kind)


@given(st.lists(st.tuples(MMSI, words(161)), min_size=1, max_size=5))
@settings(max_examples=40, deadline=None)
def test_texts(given_rows: list[tuple[int, bytes]]) -> None:
    before: Texts = rows(Texts, [{"mmsi": mmsi, "text": text} for mmsi, text in given_rows], type=14)
    after = decode([line for lines in encode_texts(before) for line in lines]).texts
    assert after.mmsi.tolist() == before.mmsi.tolist()
    assert after.text.tolist() == before.text.tolist()


def test_who_heard_it_and_when_comes_back_from_the_tag_block() -> None:
    table = placed([{"mmsi": 1, "place": (1.0, 2.0)}] * 3, [1] * 3)
    tagged = zip(("dover-1", "", "cap-gris-nez"), (1763800000.123, 1763800001.5, NAN), strict=True)
    lines = [tag_block(*tag) + line for tag, line in zip(tagged, encode_positions(table), strict=True)]
    batch = decode(lines)
    assert [batch.stations[i] for i in batch.positions.station] == ["dover-1", "", "cap-gris-nez"]
    np.testing.assert_allclose(batch.positions.t_unix_s, [1763800000.123, 1763800001.5, NAN], atol=1e-6)


def test_the_own_ship_formatter_comes_back_as_a_flag() -> None:
    table = placed([{"mmsi": 1, "place": (1.0, 2.0)}], [1])
    assert decode(encode_positions(table, talker=b"AIVDO")).positions.flags[0] & Flag.OWN_SHIP


def test_a_blank_between_a_name_and_its_extension_stays() -> None:
    """As of a buoy on the coast of Florida: the twentieth character of its name is a blank."""
    positions = placed([{"mmsi": 993672150, "place": (27.47, -80.28)}], [21])
    statics = sized(
        [{"mmsi": 993672150, "size": (NAN,) * 4}], type=[21], name=np.array([b"FORT PIERCE INLET LB 6"], "S34")
    )
    assert decode(encode_pairs(positions, statics)).statics.name[0] == b"FORT PIERCE INLET LB 6"
