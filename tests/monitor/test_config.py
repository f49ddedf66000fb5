"""The configuration: as shipped it is what the rules say, and every fault of a changed one is told at once."""

import itertools
import re
import runpy
from pathlib import Path

import pytest

from monitor import assembly, config
from monitor.config_check import ConfigFaults
from monitor.radar import association, registration

ROOT = Path(__file__).resolve().parents[2]


def test_the_rule_blocks_are_what_the_rules_own_tables_write() -> None:
    writer = runpy.run_path(str(ROOT / ".ci" / "write_config.py"), run_name="writer")
    text = (ROOT / "config.toml").read_text(encoding="utf-8")
    assert writer["written"](text) == text


def test_as_shipped_it_runs_the_demo() -> None:
    settings = config.parse(config.shipped_text())
    assert settings.is_played
    assert settings.web.host == "127.0.0.1"


def test_copies_of_fences_with_a_margin_come_from_the_configuration() -> None:
    text = config.shipped_text().replace("buffers_m = {}", "buffers_m = { bank-varne = 500.0, lv-f3 = -200.0 }")
    chart = assembly.chart(config.parse(text))
    assert {"bank-varne-buffer", "lv-f3-buffer"} <= set(chart.fence_id)
    with pytest.raises(ConfigFaults, match="no-such-fence"):
        assembly.chart(config.parse(text.replace("bank-varne", "no-such-fence")))


def test_every_option_has_a_comment() -> None:
    lines = config.shipped_text().splitlines()
    bare = [
        line
        for before, line in itertools.pairwise(lines)
        if " = " in line and not line.startswith("#") and not before.startswith("#") and " = " not in before
    ]
    assert [line for line in bare if not line.startswith(("name", "host"))] == []


def test_the_numbers_that_tests_link_by_are_those_shipped() -> None:
    settings = config.parse(config.shipped_text())
    assert settings.association == association.SHIPPED
    assert settings.registration == registration.SHIPPED


def test_association_and_registration_reach_the_radars() -> None:
    text = config.shipped_text().replace("silent_s = 300.0\n# AIS has", "silent_s = 240.0\n# AIS has")
    settings = config.parse(text.replace("outlier_sigma = 5.0", "outlier_sigma = 4.0"))
    watch = assembly.state(settings, is_exercise=True, time_zones={}).radar
    assert (watch.settings.silent_s, watch.search.outlier_sigma) == (240.0, 4.0)


def faults_of(text: str) -> list[str]:
    with pytest.raises(ConfigFaults) as raised:
        config.parse(text)
    return list(raised.value.faults)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("tick_s = 1.0", "tick_s = -1.0", "tick_s"),
        ("tick_s = 1.0", "tick = 1.0", "tick"),
        ("enter_reports = 2", 'enter_reports = "two"', "enter_reports"),
        ("limit_mb = 64.0", "", "limit_mb"),
        ("max_stopped_sog_kn = 0.5", "max_stopped_sog_kn = -3.0", "max_stopped_sog_kn"),
        ("[picture]", "[picturr]", "pictur"),
    ],
)
def test_a_fault_is_named(old: str, new: str, words: str) -> None:
    text = config.shipped_text()
    assert old in text
    assert any(words in fault for fault in faults_of(text.replace(old, new, 1)))


def test_all_faults_of_the_rules_come_at_once() -> None:
    text = config.shipped_text().replace("max_stopped_sog_kn = 0.5", "max_stopped_sog_kn = -3.0")
    text = text.replace("min_inside_nm = 0.25", 'min_inside_nm = "deep"')
    found = "\n".join(faults_of(text))
    assert "max_stopped_sog_kn" in found
    assert "min_inside_nm" in found


RADAR = """
[[radars]]
name = "dover"
feed = "shore"
station = "RA0001"
lat_deg = 51.129
lon_deg = 1.326
height_m = 100.0
alignment_deg = 0.0
range_nm = 24.0
period_s = 2.5
sigma_range_m = 7.0
sigma_bearing_deg = 0.12
"""


def test_radars_are_read_from_blocks_of_their_own() -> None:
    (site,) = config.parse(config.shipped_text() + RADAR).radars
    assert (site.name, site.station, site.period_s) == ("dover", "RA0001", 2.5)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ((RADAR, RADAR + RADAR), "two radars have the name dover"),
        (("lat_deg = 51.129", "lat_deg = 151.129"), "radars[0].lat_deg"),
        (("period_s = 2.5\n", ""), "radars[0].period_s is missing"),
        (("[[radars]]", "[radars]"), "[[radars]]"),
    ],
)
def test_a_faulty_radar_stops_the_start(change: tuple[str, str], said: str) -> None:
    with pytest.raises(ConfigFaults, match=re.escape(said)):
        config.parse(config.shipped_text() + RADAR.replace(*change))
