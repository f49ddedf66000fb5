"""What the ASTERIX encoder sends is what another reader of the standard reads."""

import json
import math
import subprocess
from pathlib import Path

import numpy as np
import pytest

from decoders.radar.columns import RadarFormat, RadarReports, TrackStatus
from decoders.radar.encode_asterix import encode_heartbeat, encode_reports, encode_site, fspec_of
from decoders.radar.items import PROFILES
from monitor.bench import peer_env
from tests.conftest import ROOT, skip_or_fail
from tests.decoders.asterix_reports import random_reports, reports_of

FORMS = (RadarFormat.CAT010, RadarFormat.CAT048, RadarFormat.CAT062)
NM_M, KN = 1852.0, 1852.0 / 3600.0


def read_by_libasterix(blocks: list[bytes], folder: Path) -> list[list[dict[str, float]] | None]:
    """What libasterix finds in each block."""
    interpreter = peer_env.folder("radar") / "bin" / "python"
    if not interpreter.exists():
        skip_or_fail("libasterix is not here: `straitwatch bench radar` installs it into an environment of its own")
    path = folder / "blocks.txt"
    path.write_text("\n".join(block.hex() for block in blocks))
    command = [str(interpreter), str(ROOT / "tests/oracles/libasterix_items.py"), str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def expected(reports: RadarReports, row: int, form: RadarFormat) -> dict[str, tuple[float, float]]:
    """Item -> value in the specification's unit, and how far the wire may be off."""
    r = {name: column[row] for name, column in reports.columns().items()}
    east, north = (r["sog_kn"] * KN * f(math.radians(r["cog_deg"])) for f in (math.sin, math.cos))
    tod = r["t_unix_s"] % 86_400
    if form == RadarFormat.CAT010:
        # libasterix's table has 1/16 m/s for I010/202 where the wire has 0.25: it reads a quarter of the speed
        quarter = ("202/VX", east / 4, 0.07), ("202/VY", north / 4, 0.07)
        some = [("140", tod, 1 / 128), ("040/RHO", r["range_m"], 1), ("040/TH", r["bearing_deg"], 360 / 2**16)]
        some += [("041/LAT", r["lat_deg"], 1e-7), ("041/LON", r["lon_deg"], 1e-7), ("161/TRK", r["track_no"], 0)]
        some += [("200/GSP", r["sog_kn"] / 3600, 2**-14), ("200/TRA", r["cog_deg"], 360 / 2**16), *quarter]
        some += [("500/DEVX", r["sigma_east_m"], 0.25), ("500/DEVY", r["sigma_north_m"], 0.25)]
        some += [("270/LENGTH", r["length_m"], 1), ("270/WIDTH", r["width_m"], 1), ("131", r["amplitude_db"], 0)]
    elif form == RadarFormat.CAT048:
        some = [("140", tod, 1 / 128), ("040/RHO", r["range_m"] / NM_M, 1 / 256), ("161/TRN", r["track_no"], 0)]
        some += [("040/THETA", r["bearing_deg"], 360 / 2**16), ("200/GSP", r["sog_kn"] / 3600, 2**-14)]
        some += [("200/HDG", r["cog_deg"], 360 / 2**16), ("130/PAM", r["amplitude_db"], 0)]
        some += [("210/SIGX", r["sigma_east_m"] / NM_M, 1 / 128), ("210/SIGY", r["sigma_north_m"] / NM_M, 1 / 128)]
    else:
        some = [("070", tod, 1 / 128), ("105/LAT", r["lat_deg"], 1e-5), ("105/LON", r["lon_deg"], 1e-5)]
        some += [("185/VX", east, 0.25), ("185/VY", north, 0.25), ("040", r["track_no"], 0)]
        some += [("500/APC/X", r["sigma_east_m"], 0.5), ("500/APC/Y", r["sigma_north_m"], 0.5)]
        some += [("270/LENGTH", r["length_m"], 1), ("270/WIDTH", r["width_m"], 1)]
    return {name: (float(value), off) for name, value, off in some if not np.isnan(value)}


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_libasterix_reads_what_was_sent(form: RadarFormat, tmp_path: Path) -> None:
    reports = random_reports(400, 3)
    blocks = encode_reports(reports, form, sac=43, sic=17)
    found = [record for block in read_by_libasterix(blocks, tmp_path) for record in block or [{}]]
    assert len(found) == len(reports)
    for row, record in enumerate(found):
        assert (record["010/SAC"], record["010/SIC"]) == (43, 17)
        want = expected(reports, row, form)
        for name, (value, off) in want.items():
            turn = 360 if name.endswith(("/TH", "/THETA", "/TRA", "/HDG")) else math.inf
            apart = abs(record[name] - value)
            assert min(apart, turn - apart) <= off, (name, record[name], value)
        numbers = {"140", "070", "040/RHO", "041/LAT", "105/LAT", "200/GSP", "500/DEVX", "210/SIGX", "500/APC/X"}
        assert not (set(record) & numbers) - set(want), "nothing is sent that was not reported"
        label = record.get("245/CHR", record.get("240", "")).strip()
        assert label == reports.name[row].decode()
        tentative = {"010": "170/CNF", "048": "170/CNF", "062": "080/CNF"}[form.name[3:]]
        if tentative in record:
            assert record[tentative] == (reports.status[row] == TrackStatus.TENTATIVE)


def test_libasterix_reads_sites_and_heartbeats(tmp_path: Path) -> None:
    site = encode_site(30_400.5, sac=1, sic=2, lat_deg=51.129, lon_deg=-1.326, height_m=100.0, period_s=2.5)
    beats = [encode_heartbeat(30_400.5, form, sac=1, sic=2) for form in FORMS]
    found = read_by_libasterix([site, *beats], tmp_path)
    (marker,) = found[0] or [{}]
    assert marker["120/LAT"] == pytest.approx(51.129, abs=3e-5)
    assert marker["120/LON"] == pytest.approx(-1.326, abs=3e-5)
    assert (marker["120/HGT"], marker["041"], marker["000"]) == (100, 2.5, 1)
    assert [(beat or [{}])[0]["000"] for beat in found[1:]] == [3, 2, 1]


def test_blocks_are_no_longer_than_asked_and_hold_every_record() -> None:
    reports = random_reports(300, 4)
    blocks = encode_reports(reports, RadarFormat.CAT010, sac=0, sic=1, block_bytes=200)
    assert max(map(len, blocks)) <= 200
    assert all(int.from_bytes(block[1:3], "big") == len(block) for block in blocks)
    assert b"".join(block[3:] for block in blocks) == b"".join(
        block[3:] for block in encode_reports(reports, RadarFormat.CAT010, sac=0, sic=1)
    )


def test_the_last_instant_before_midnight_is_sent_as_midnight() -> None:
    late = reports_of(1, t_unix_s=86_400 * 20_000 - 0.001)
    (block,) = encode_reports(late, RadarFormat.CAT048, sac=0, sic=1)
    assert block.hex() == "30000a" + "e0" + "0001" + "000000" + "20"


@pytest.mark.parametrize(("form", "track_no"), [("CAT010", 4096), ("CAT048", 4096), ("CAT062", 65_536)])
def test_a_track_number_that_does_not_fit_is_refused(form: str, track_no: int) -> None:
    with pytest.raises(ValueError, match="has numbers up to"):
        encode_reports(reports_of(1, track_no=track_no), RadarFormat[form], sac=0, sic=1)


def test_only_categories_of_asterix_are_sent() -> None:
    with pytest.raises(ValueError, match="TTM is not a category"):
        encode_reports(reports_of(1), RadarFormat.TTM, sac=0, sic=1)


def test_fspec_of_items_far_apart_has_the_octets_between() -> None:
    assert fspec_of(PROFILES["standard"][10], ("010", "RE")) == bytes((0x81, 0x01, 0x01, 0x02))
