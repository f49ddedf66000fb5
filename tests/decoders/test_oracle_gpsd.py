"""gpsd's own golden decodes of its sample file, and gpsdecode itself where it is installed."""

import json
import shutil
import subprocess
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from decoders.columns import Batch, Positions, Statics, Texts
from decoders.lines import LineDecoder
from tests.conftest import skip_or_fail
from tests.decoders.test_oracle_pyais import FILES, read

# Lines whose messages gpsd does not report, and why.
NOT_REPORTED = {
    24: ((987, 992, 1001), "gpsd reports type 24 when it has both parts, once; these wait for the other one"),
}
CHECKED = (
    *("lat", "lon", "speed", "course", "heading", "alt", "second", "status", "accuracy", "text"),
    *("shipname", "name", "callsign", "destination", "imo", "shiptype", "aid_type", "draught", "virtual_aid"),
    *("off_position", "to_bow", "to_stern", "to_port", "to_starboard"),
)
COMMENT = b"#"


def decoded(data: bytes) -> Batch:
    decoder = LineDecoder(keep_others=True)
    return decoder.feed(data, np.nan)[0]


def golden(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def position(table: Positions, row: int) -> dict[str, Any]:
    return {
        "lat": number(table.lat_deg[row]),
        "lon": number(table.lon_deg[row]),
        "speed": number(table.sog_kn[row]),
        "course": number(table.cog_deg[row]),
        "heading": number(table.heading_deg[row]),
        "alt": number(table.altitude_m[row]),
        "second": int(table.utc_second[row]) if table.utc_second[row] >= 0 else None,
        "status": int(table.nav_status[row]) if table.nav_status[row] >= 0 else None,
        "accuracy": bool(table.is_accurate[row]),
    }


def static(table: Statics, row: int) -> dict[str, Any]:
    size = {f"to_{side}": getattr(table, f"to_{side}_m")[row] for side in ("bow", "stern", "port", "starboard")}
    name = table.name[row].decode()
    return {
        "shipname": name,
        "name": name,
        "callsign": table.callsign[row].decode(),
        "destination": table.destination[row].decode(),
        "imo": max(int(table.imo[row]), 0),
        "shiptype": max(int(table.ship_type[row]), 0),
        "aid_type": int(table.aid_type[row]),
        "draught": float(np.nan_to_num(table.draught_m[row])),
        "virtual_aid": bool(table.is_virtual[row] == 1),
        "off_position": bool(table.is_off_position[row] == 1),
    } | {key: int(np.nan_to_num(value)) for key, value in size.items()}


SENTINELS: dict[str, tuple[object, ...]] = {
    "course": (360.0, 511),
    "heading": (511,),
    "alt": (4095,),
    "second": (60, 61, 62, 63),
}
SPEED_SENTINELS = {9: (1023,), 27: (63,)}


def theirs(message: dict[str, Any], key: str) -> Any:
    """gpsd's value, None for its forms of "not available"."""
    value = message[key]
    if key in ("lat", "lon") and not (abs(message["lat"]) <= 90 and abs(message["lon"]) <= 180):
        return None
    unknown = SPEED_SENTINELS.get(message["type"], (102.3, 1023)) if key == "speed" else SENTINELS.get(key, ())
    return None if value in unknown or value in ("n/a", "nan") else value


def our_messages(data: bytes) -> dict[tuple[int, int], list[dict[str, Any]]]:
    """All that our tables say of each message, by type and MMSI, in order; messages in comment lines left out."""
    batch = decoded(data)
    lines = data.split(b"\n")
    by_line: dict[tuple[int, int, int], dict[str, Any]] = {}
    for table, read_row in ((batch.positions, position), (batch.statics, static), (batch.texts, text)):
        for row in range(len(table)):
            key = (int(table.line[row]), int(table.type[row]), int(table.mmsi[row]))
            by_line[key] = by_line.get(key, {}) | read_row(table, row)
    for other in batch.others.take(np.arange(len(batch.others))).columns()["line"].tolist():
        at = int(np.flatnonzero(batch.others.line == other)[0])
        by_line[(other, int(batch.others.type[at]), int(batch.others.mmsi[at]))] = {}
    found: dict[tuple[int, int], list[dict[str, Any]]] = defaultdict(list)
    for (line, kind, mmsi), said in sorted(by_line.items()):
        if not lines[line - 1].startswith(COMMENT):
            found[(kind, mmsi)].append(said | {"line": line})
    return found


def text(table: Texts, row: int) -> dict[str, Any]:
    return {"text": table.text[row].decode()}


def assert_same(message: dict[str, Any], mine: dict[str, Any]) -> None:
    for key in CHECKED:
        if key in message and key in mine:
            wanted, got = theirs(message, key), mine[key]
            if isinstance(wanted, float) and got is not None:
                # gpsd prints seven decimals of a position, four of a coarse one (type 27).
                assert got == pytest.approx(wanted, abs=6e-5 if message["type"] == 27 else 6e-8), (key, mine["line"])
            else:
                assert got == (wanted.strip() if isinstance(wanted, str) else wanted), (key, mine["line"])


def test_gpsds_golden_decodes(shared_data: Path) -> None:
    folder = shared_data / "ais"
    ours = our_messages((folder / "gpsd_sample.aivdm").read_bytes())
    messages = golden(folder / "gpsd_sample.aivdm.scaled.jsonl")
    assert {message["type"] for message in messages} == set(range(1, 28))
    for message in messages:
        rows = ours[(message["type"], message["mmsi"])]
        if message["type"] == 24:
            both = rows.pop(0)
            both |= {key: value for key, value in rows.pop(0).items() if value not in ("", 0, -1)}
            assert_same(message, both)
        else:
            assert_same(message, rows.pop(0))
    left = [(kind, row["line"]) for (kind, _), rows in ours.items() for row in rows]
    assert sorted(left) == [(kind, line) for kind, (lines, _) in NOT_REPORTED.items() for line in lines]


POSITION_TYPES = (1, 2, 3, 4, 9, 11, 18, 19, 21)
# gpsdecode rounds type 27 to a tenth of a degree unless asked not to scale, so it is left out here.
UNITS = 600_000


def wire_positions_of_gpsd(binary: str, data: bytes) -> "Counter[tuple[int, int, int, int]]":
    said = subprocess.run([binary, "-j"], input=data, capture_output=True, check=True).stdout
    found: Counter[tuple[int, int, int, int]] = Counter()
    for line in said.decode("latin-1").splitlines():
        message = json.loads(line, strict=False)
        if message.get("class") == "AIS" and message["type"] in POSITION_TYPES:
            lat, lon = theirs(message, "lat"), theirs(message, "lon")
            if lat is not None and lon is not None:
                found[(message["type"], message["mmsi"], round(lat * UNITS), round(lon * UNITS))] += 1
    return found


def wire_positions_of_ours(table: Positions) -> "Counter[tuple[int, int, int, int]]":
    table = table.take(np.isin(table.type, POSITION_TYPES) & ~np.isnan(table.lat_deg))
    lat, lon = np.rint(table.lat_deg * UNITS).astype(int), np.rint(table.lon_deg * UNITS).astype(int)
    return Counter(zip(table.type.tolist(), table.mmsi.tolist(), lat.tolist(), lon.tolist(), strict=True))


@pytest.mark.parametrize("name", FILES)
def test_every_position_that_gpsdecode_finds_is_found(shared_data: Path, name: str) -> None:
    binary = shutil.which("gpsdecode")
    if binary is None:
        skip_or_fail("gpsdecode (Debian package gpsd-clients) is not on this machine")
    assert binary
    data = read(shared_data / "ais" / name)
    wanted, got = wire_positions_of_gpsd(binary, data), wire_positions_of_ours(decoded(data).positions)
    assert wanted
    assert not wanted - got
