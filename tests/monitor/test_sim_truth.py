"""The truth beside a simulated recording says who was there without AIS, and from when on radar could know."""

import json
from pathlib import Path

import msgspec
import pytest

from monitor.cli.main import main
from monitor.sim import story, truth
from monitor.sim.night import night
from monitor.sim.story import Boat, Drift

STORY = """
title = "Small"
summary = "One boat."
start = 2026-06-14T22:00:00Z
duration_s = 300.0
seed = 1
traffic = "channel narrows-radar"

[[boats]]
name = "one"
points = [[50.90, 1.66], [51.11, 1.33]]
rcs_m2 = 2.0
"""


def test_boats_have_their_state_and_when_radar_can_see_them() -> None:
    boats = [Boat(name="one", points=[(50.90, 1.66), (51.11, 1.33)], at_s=600.0, rcs_m2=2.0)]
    told = story.load("x11-all-lost")
    failure = Drift(who="one", at_s=1200.0, for_s=300.0)
    told = msgspec.structs.replace(told, boats=boats, events=[failure], fleet=[], must_alert=[], duration_s=1800.0)
    rows = [json.loads(line) for line in truth.lines(night(told, 1))]
    (boat,) = [row for row in rows if row["kind"] == "boat"]
    assert boat["boat_id"] == "one"
    assert 600.0 <= boat["confirmable_unix_s"] - told.start_unix_s < 700.0
    places = [row for row in rows if row["kind"] == "boat_position"]
    at_s = [row["t_unix_s"] - told.start_unix_s for row in places]
    assert at_s == list(range(600, 1801, 60))
    assert [row["state"] for row in places] == ["adrift" if 1200 <= t < 1500 else "under_way" for t in at_s]
    assert sum(row["is_detectable"] for row in places) > 15


@pytest.mark.parametrize("wire", ["cat010", "ttm"])
def test_simulate_writes_the_datagrams_of_asterix_radars_beside_the_lines(tmp_path: Path, wire: str) -> None:
    parts = (story.STORIES / "traffic" / "narrows-radar.toml").read_text().replace("cat010", wire)
    text = STORY.replace(" narrows-radar", "") + parts
    (tmp_path / "small.toml").write_text(text)
    for folder in ("a", "b"):
        assert main(["simulate", str(tmp_path / "small.toml"), "--out", str(tmp_path / folder)]) == 0
    made = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert made == ["feed.nmea", *(["radar.pcap"] if wire == "cat010" else []), "truth.jsonl"]
    for name in made:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name
    assert b"$RATTM" in (tmp_path / "a" / "feed.nmea").read_bytes()
