"""The vectors beside the repository: what two other decoders and the sentences' own authors say of each of them."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from decoders.columns import Batch
from decoders.radar.columns import RadarFlag, RadarFormat, RadarReports, TrackStatus
from decoders.rejects import Rejects
from tests.decoders.radar_rows import decoded

T0 = 1_763_800_000.0
NM = 1852.0
METRES = {"N": NM, "K": 1000.0, "S": 1609.344}
STATUS = {"T": TrackStatus.TRACKED, "Q": TrackStatus.TENTATIVE, "L": TrackStatus.LOST, "": TrackStatus.UNKNOWN}
BINARY_STATUS = {1: TrackStatus.TENTATIVE, 2: TrackStatus.LOST, 4: TrackStatus.TRACKED}
BINARY_STATUS |= dict.fromkeys((6, 7), TrackStatus.TRACKED)
# Malformed, though the oracle takes them as text or as nothing: letters that the field has not, a time that is none, a
# label without its pair, targets that are no targets.
REFUSED_ANYWAY = {
    "$RATTM,02,1.43,170.5,xT,0.16,264.4,T,1.42,36.9,N,,T,,,M*52",
    "$RATTM,02,1.43,170.5,T,0.16,264.4,xT,1.42,36.9,N,,T,,,M*52",
    "$RATTM,02,1.43,170.5,T,0.16,264.4,T,1.42,36.9,xN,,T,,,M*52",
    "$RATTM,02,1.43,170.5,T,0.16,264.4,T,1.42,36.9,N,,T,,x,M*52",
    "$RATLL,1,x3647.422,N,01432.592,E,,,,*11",
    "$RATLL,1,3647.422,N,x01432.592,E,,,,*11",
    "$RATLL,1,3646.54266,N,00235.37778,W,test,020915,xL,R*00",
    "$RATLL,1,3646.54266,N,00235.37778,W,test,020915,L,xR*00",
    "$RATLB,1*54",
    "$RAOSD,179.0,xA,179.0,M,00.0,M,,,N*0e",
    "$RAOSD,179.0,A,179.0,M,00.0,xM,,,N*0e",
    "$RAOSD,179.0,A,179.0,M,00.0,M,,,xN*0e",
    "$RARSD,,,2.50,005.0,0.00,,4.50,355.0,,,3.0,N,X*5f",
    "!RATTD,1A,01,1,177KQJ5000G?tO`K>RA1wUbN0TKH,0*72",
    "!RATTD,1A,01,1,,,0*27",
    "!RATTD,x,01,1,177KQJ5000G?tO`K>RA1wUbN0TKH,0*7A",
    "!RATTD,1A,01,1,177KQJ5000G?tO`K>RA1wUbN0TKH,-1*5e",
    "!RATTD,1A,01,1,177KQJ5000G?tO`K>RA1wUbN0TKH,20*40",
}


@pytest.fixture(scope="module")
def vectors(shared_data: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((shared_data / "radar" / "nmea" / "vectors.json").read_text())
    return found


def read(vector: dict[str, Any]) -> tuple[Batch, Rejects]:
    return decoded(vector["sentence"].encode() + b"\r\n", T0)


def is_malformed(vector: dict[str, Any]) -> bool:
    return "pynmeagps_error" in vector or vector["sentence"] in REFUSED_ANYWAY


def number(value: Any) -> float:
    """An oracle's number; it has "" for nothing."""
    return float("nan") if value == "" else float(value)


def test_what_is_malformed_is_refused_and_all_else_is_not(vectors: dict[str, Any]) -> None:
    seen = set()
    for vector in vectors["vectors"]:
        batch, rejects = read(vector)
        assert len(rejects) == is_malformed(vector), vector["sentence"]
        assert not (len(batch) and len(rejects)), vector["sentence"]
        seen |= {vector["sentence"]} & REFUSED_ANYWAY
    assert seen == REFUSED_ANYWAY


def sound(vectors: dict[str, Any], formatter: str) -> list[dict[str, Any]]:
    found = [v for v in vectors["vectors"] if v["fields"][0].endswith(formatter) and not is_malformed(v)]
    assert found, formatter
    return found


def one(vector: dict[str, Any]) -> RadarReports:
    found = read(vector)[0].radar
    assert len(found) == 1, vector["sentence"]
    return found


def test_tracked_targets_are_what_pynmeagps_says(vectors: dict[str, Any]) -> None:
    for vector in sound(vectors, "TTM"):
        found, said = one(vector), vector["pynmeagps"]
        unit = METRES[said["speedu"]]
        assert (found.format[0], found.track_no[0]) == (RadarFormat.TTM, said["targetnum"])
        np.testing.assert_allclose(found.range_m, number(said["targetdist"]) * unit)
        np.testing.assert_allclose(found.bearing_deg, number(said["targetbearing"]))
        np.testing.assert_allclose(found.sog_kn, number(said["targetspeed"]) * unit / NM)
        np.testing.assert_allclose(found.cog_deg, number(said["targetcourse"]))
        assert found.status[0] == STATUS[said["targetstatus"]]
        assert found.name[0].decode() == said["targetname"]
        assert bool(found.flags[0] & RadarFlag.RELATIVE_BEARING) == (said["targetbearingu"] == "R")
        assert bool(found.flags[0] & RadarFlag.RELATIVE_MOTION) == (said["targetcourseu"] == "R")
        assert bool(found.flags[0] & RadarFlag.REFERENCE) == (said["reftarget"] == "R")
        assert bool(found.flags[0] & RadarFlag.MANUAL) == (said.get("acquisitiontype") == "M")


def test_tracked_targets_are_what_pynmea2_says(vectors: dict[str, Any]) -> None:
    for vector in sound(vectors, "TTM"):
        found, said = one(vector), vector["pynmea2"]
        unit = METRES[said["dist_unit"]]
        speed, course = (number("" if said[name] == "None" else said[name]) for name in ("speed", "cog"))
        np.testing.assert_allclose(found.range_m, float(said["distance"]) * unit)
        np.testing.assert_allclose(found.bearing_deg, float(said["bearing"]))
        np.testing.assert_allclose(found.sog_kn, speed * unit / NM)
        np.testing.assert_allclose(found.cog_deg, course)
        assert str(found.track_no[0]) == said["target_number"]


def test_positions_are_what_pynmeagps_says_with_their_hemispheres(vectors: dict[str, Any]) -> None:
    for vector in sound(vectors, "TLL"):
        found, said = one(vector), vector["pynmeagps"]
        south, west = said["targetlatNS"] == "S", said["targetlonEW"] == "W"
        assert found.track_no[0] == (-1 if said["targetnum"] == "" else said["targetnum"])
        np.testing.assert_allclose(found.lat_deg, said["targetlat"] * (-1 if south else 1), rtol=0, atol=1e-9)
        np.testing.assert_allclose(found.lon_deg, said["targetlon"] * (-1 if west else 1), rtol=0, atol=1e-9)
        assert (found.status[0], found.name[0].decode()) == (STATUS[said["status"]], said["targetname"])
        assert bool(found.flags[0] & RadarFlag.REFERENCE) == (said["reftarget"] == "R")


def test_times_are_what_pynmeagps_says(vectors: dict[str, Any]) -> None:
    """Received at the very time, since the vectors have no other."""
    n_told = 0
    for formatter in ("TTM", "TLL"):
        for vector in sound(vectors, formatter):
            said = vector["pynmeagps"].get("time", "")
            if not said:
                continue
            hour, minute, second = (int(part) for part in said.split(":"))
            of_day = hour * 3600 + minute * 60 + second
            t_unix_s = T0 - T0 % 86_400 + of_day
            found = decoded(vector["sentence"].encode() + b"\r\n", t_unix_s + 2.0)[0].radar
            np.testing.assert_allclose(found.t_unix_s, t_unix_s, rtol=0, atol=0.001)
            n_told += 1
    assert n_told > 8


def test_a_radars_own_words_are_what_pynmeagps_says(vectors: dict[str, Any]) -> None:
    for vector in sound(vectors, "OSD"):
        found = read(vector)[0].radar_health
        np.testing.assert_allclose(found.heading_deg, number(vector["pynmeagps"]["hdg"]))
    for vector in sound(vectors, "RSD"):
        found, said = read(vector)[0].radar_health, vector["pynmeagps"]
        np.testing.assert_allclose(found.range_scale_m, said["rangescale"] * METRES[said["rangeu"]])


def test_binary_targets_are_the_raw_integers(vectors: dict[str, Any]) -> None:
    for message in vectors["ttd"]:
        batch, rejects = decoded("\r\n".join([*message["sentences"], ""]).encode(), T0)
        found = batch.radar
        if message["targets"] is None:
            assert (len(found), len(rejects)) == (0, 1)
            continue
        targets = [target for target in message["targets"] if target["num"]]
        assert len(rejects) == 0
        assert found.track_no.tolist() == [target["num"] for target in targets]
        assert found.status.tolist() == [BINARY_STATUS[target["st"]] for target in targets]
        for column, key, unit, missing in (
            ("bearing_deg", "brg", 0.1, 4095), ("sog_kn", "sog", 0.1, 4095),
            ("cog_deg", "cog", 0.1, 4095), ("range_m", "rng", 0.01 * NM, 16383),
        ):  # fmt: skip
            wanted = [np.nan if target[key] == missing else target[key] * unit for target in targets]
            np.testing.assert_allclose(getattr(found, column), wanted)
