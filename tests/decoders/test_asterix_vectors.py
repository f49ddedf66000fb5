"""Captured and published ASTERIX: what other decoders agree on is what this one finds, and the trap holds no track."""

import csv
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from decoders.columns import Batch
from decoders.pcap_write import header, record
from decoders.radar import items
from decoders.radar.asterix import AsterixDecoder
from decoders.radar.columns import RadarFlag, RadarFormat, TrackStatus
from decoders.rejects import Rejects

VECTORS = (
    "cc_asterix_nonstandard_cat062.pcap", "cc_cat034_048_packets_000-063.pcap", "cc_cat062_065.pcap",
    "jasterix_cat010ed0.31.bin", "jasterix_cat034ed1.26.bin", "jasterix_cat048ed1.15.bin", "jasterix_cat062ed1.12.bin",
    "jasterix_cat065ed1.3.bin",
)  # fmt: skip
KN = 3600.0 / 1852.0
Json = dict[str, Any]


def decoded(path: Path) -> tuple[Batch, Rejects, AsterixDecoder]:
    """A capture, or a bare block made one."""
    data = path.read_bytes()
    if path.suffix == ".bin":
        data = header() + record(1_763_800_000.0, data, "239.1.1.10", 8610)
    decoder = AsterixDecoder()
    batch, rejects = decoder.feed(data, math.nan)
    rest, more = decoder.finish()
    assert not len(rest)
    assert not len(more)
    assert decoder.ledger().n_bytes.sum() == len(data)
    return batch, rejects, decoder


def wanted(found: Json) -> Json:
    """Columns that a record of the other decoder speaks of, in house units, each with how far the wire may be off."""
    i = found["items"]
    source = i["I010"]
    want: Json = {"station": f"{source['SAC']}/{source['SIC']}"}
    if found["cat"] == 10:
        want |= {"tod": i["I140"]["ToD"], "track_no": i["I161"]["TrkNb"]}
        want |= {"range_m": i["I040"]["RHO"], "bearing_deg": i["I040"]["Theta"]} if "I041" not in i else {}
        want |= {"lat_deg": i["I041"]["Lat"], "lon_deg": i["I041"]["Lon"]} if "I041" in i else {}
        if "I200" in i:
            want |= {"sog_kn": i["I200"]["GS"] * 3600, "cog_deg": i["I200"]["TA"]}
        else:
            want |= vector(i["I202"])
        want |= {"length_m": i["I270"]["Length"], "width_m": i["I270"]["Width"]} if "I270" in i else {}
        want |= {"sigma_east_m": i["I500"]["Qx"], "sigma_north_m": i["I500"]["Qy"]} if "I500" in i else {}
    elif found["cat"] == 48:
        want |= {"tod": i["I140"]["ToD"], "track_no": i["I161"]["Tn"] if "I161" in i else -1}
        polar = i.get("I040", {"RHO": math.nan, "THETA": math.nan})
        want |= {"range_m": polar["RHO"] * 1852, "bearing_deg": polar["THETA"]}
        want |= {"sog_kn": i["I200"]["CGS"], "cog_deg": i["I200"]["CHdg"]} if "I200" in i else {}
        want |= {"name": i["I240"]["TId"].strip()} if "I240" in i else {}
    else:
        want |= {"tod": i["I070"]["ToT"], "track_no": i["I040"]["TrkN"], **vector(i["I185"])}
        want |= {"lat_deg": i["I105"]["Lat"], "lon_deg": i["I105"]["Lon"]}
        if "APC" in i.get("I500", {}):
            want |= {"sigma_east_m": i["I500"]["APC"]["APC_X"], "sigma_north_m": i["I500"]["APC"]["APC_Y"]}
    return want


def vector(v: Json) -> Json:
    east, north = v.get("Vx", 0.0), v.get("Vy", 0.0)
    course = math.degrees(math.atan2(east, north)) % 360 if (east, north) != (0, 0) else math.nan
    return {"sog_kn": math.hypot(east, north) * KN, "cog_deg": course}


def check(batch: Batch, expected: list[Json]) -> None:
    """Every report and service message is there, in order, with the same values."""
    targets = [e for e in expected if e["cat"] in (10, 48, 62)]
    service = [e for e in expected if e["cat"] not in (10, 48, 62)]
    assert (len(batch.radar), len(batch.radar_health)) == (len(targets), len(service))
    numbers = {e["cat"]: RadarFormat[f"CAT{e['cat']:03}"] for e in targets}
    for row, found in enumerate(targets):
        got = {name: column[row] for name, column in batch.radar.columns().items()}
        assert got["format"] == numbers[found["cat"]]
        for name, value in wanted(found).items():
            if name == "station":
                assert batch.stations[got["station"]] == value
            elif name == "tod":
                assert got["t_unix_s"] % 86_400 == pytest.approx(value, abs=1e-4)
                assert abs(got["t_unix_s"] - got["t_heard_unix_s"]) <= 43_200
            elif name == "name":
                assert got["name"].decode() == value
            else:
                assert got[name] == pytest.approx(value, rel=1e-9, abs=1e-9, nan_ok=True), (row, name)
        assert not got["flags"] & RadarFlag.POOR_TIME
    stations = [f"{e['items']['I010']['SAC']}/{e['items']['I010']['SIC']}" for e in service]
    assert [batch.stations[i] for i in batch.radar_health.station] == stations


@pytest.mark.parametrize("name", VECTORS[1:])
def test_what_others_agree_on_is_found(shared_data: Path, name: str) -> None:
    path = shared_data / "radar/asterix" / name
    expected = json.loads(path.with_name(path.name + ".expected.json").read_text())
    assert expected["trusted"]
    batch, rejects, _ = decoded(path)
    assert not len(rejects)
    check(batch, expected["data"])


def test_datagrams_that_only_look_like_cat062_hold_no_track(shared_data: Path) -> None:
    batch, rejects, decoder = decoded(shared_data / "radar/asterix" / VECTORS[0])
    assert (len(batch), len(rejects)) == (0, 100)
    assert batch.stations == ("",), "what is not believed names no station"
    assert decoder.n_lines == 100


@pytest.mark.parametrize("scenario", [2, 5, 13, 16])
@pytest.mark.parametrize("form", ["cat010", "cat048", "cat062"])
def test_encoded_scenarios_are_what_they_were_made_from(shared_data: Path, scenario: int, form: str) -> None:
    folder = shared_data / "radar/encoded"
    batch, rejects, _ = decoded(folder / f"scenario{scenario}_{form}.pcap")
    assert not len(rejects)
    check(batch, json.loads((folder / f"scenario{scenario}_{form}.pcap.expected.json").read_text())["data"])
    with (folder / f"scenario{scenario}_truth.csv").open() as file:
        truth = list(csv.DictReader(file))
    rows = batch.radar
    assert rows.track_no.tolist() == [int(t["target_number"]) for t in truth]
    assert np.all(rows.status == TrackStatus.TRACKED)

    def off(column: np.ndarray, name: str) -> float:
        return float(np.max(np.abs(column - np.array([float(t[name]) for t in truth]))))

    assert off(rows.t_unix_s, "epoch_s") <= 1 / 128
    if form == "cat048":
        assert off(rows.range_m, "range_m") <= 1852 / 256
        assert off(rows.bearing_deg, "bearing_deg") <= 360 / 2**16
        assert off(rows.sog_kn, "sog_kn") <= 3600 / 2**14
        return
    place = 1e-7 if form == "cat010" else 180 / 2**25 + 1e-7
    assert off(rows.lat_deg, "lat") <= place
    assert off(rows.lon_deg, "lon") <= place
    assert off(rows.sog_kn * np.sin(np.nan_to_num(np.radians(rows.cog_deg))) / KN, "vx_east_mps") <= 0.25
    assert off(rows.sog_kn * np.cos(np.nan_to_num(np.radians(rows.cog_deg))) / KN, "vy_north_mps") <= 0.25


def test_the_item_tables_are_those_of_the_published_layouts(shared_data: Path) -> None:
    editions = {10: "010_1.1", 34: "034_1.29", 48: "048_1.32", 62: "062_1.21", 63: "063_1.7", 65: "065_1.6"}
    for number, edition in editions.items():
        tree = outline(shared_data / f"radar/asterix/specs/cat{edition}.ast")
        ours = items.PROFILES["standard"][number]
        assert ours.order == tuple(name for name, _ in tree["uap"])
        assert ours.items == {name.split()[0]: item_of(inner) for name, inner in tree["items"]}


Branch = list[tuple[str, Any]]


def outline(path: Path) -> dict[str, Branch]:
    """A layout file as a tree of its indented lines."""
    root: Branch = []
    stack: list[tuple[int, Branch]] = [(-1, root)]
    for line in path.read_text().splitlines():
        if line.strip():
            depth = len(line) - len(line.lstrip())
            while stack[-1][0] >= depth:
                stack.pop()
            inner: Branch = []
            stack[-1][1].append((line.strip(), inner))
            stack.append((depth, inner))
    return dict(root)


def bits_of(branch: Branch) -> int:
    n = 0
    for text, inner in branch:
        if text.startswith(("element", "spare")):
            n += int(text.split()[1])
        elif text == "group" or '"' in text.partition(" ")[2][:1]:
            n += bits_of(inner)
    return n


def item_of(branch: Branch) -> items.Item:
    for text, inner in branch:
        if text.startswith("element"):
            return items.Fixed(int(text.split()[1]) // 8)
        if text == "group":
            return items.Fixed(bits_of(inner) // 8)
        if text == "extended":
            return items.Extended(sum(1 for name, _ in inner if name == "-"))
        if text == "repetitive 1":
            return items.Repeated(bits_of(inner) // 8)
        if text == "repetitive fx":
            return items.Chained((bits_of(inner) + 1) // 8)
        if text == "compound":
            return items.Compound(tuple(None if name == "-" else item_of(part) for name, part in inner))
        if text.startswith("explicit"):
            return items.Explicit()
    raise AssertionError(branch)
