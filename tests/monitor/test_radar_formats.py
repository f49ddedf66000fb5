"""One radar picture in every format: two boats off Dover through the whole pipeline, as a replay plays.

Four recorded encounters, each encoded in every format that tells tracks. Boat 42 has AIS, boat 41 has none.
"""

import csv
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from alerts.picture import Column, Picture
from geofences.fenceset import build
from geofences.project import distance_m
from monitor import assembly, config, pipeline
from monitor.feeds import played
from monitor.radar.boats import CONFIRM_UPDATES
from monitor.radar.sites import RadarSite
from monitor.radar.watch import TURN_S
from monitor.state import new_state

SCENARIOS = (2, 5, 13, 16)
SHIPPED = config.parse(config.shipped_text())
CHART = build([])  # open sea
SITE = RadarSite("dover", "", "", 51.129, 1.326, 100.0, 0.0, 24.0, 2.5, 7.0, 0.12)
SHIP, DARK = "dover/42", "dover/41"
SHIP_ID = 235_999_001 * 8

# format -> what its reports call the radar, and how far a boat may stand from where it was: half a step of the wire in
# range and across the line of sight at 12.6 km, and what one ship in two minutes teaches wrongly of the radar's error
FORMATS = {
    "nmea": ("RA0001", 25.0),  # TTM, TLL and TTD of each scan, and the ship's AIS, all in one file
    "ttm": ("RA0001", 25.0),
    "tll": ("RA0001", 5.0),
    "ttd": ("RA0001", 25.0),
    "cat010": ("43/17", 5.0),
    "cat048": ("43/17", 10.0),
    "cat062": ("43/18", 5.0),
}


class Look(NamedTuple):
    """The picture after a turn of the antenna: its radar targets, the one with AIS first."""

    target_id: list[int]
    label: list[str]
    is_dark: list[bool]
    is_ambiguous: list[bool]
    off_m: list[float]  # from where each boat was at its last contact


def files(shared_data: Path, folder: Path, number: int, form: str) -> list[Path]:
    """A recording of the transponder and one of the radar."""
    encoded = shared_data / "radar" / "encoded"
    whole = encoded / f"scenario{number}.nmea"
    if form == "nmea":
        return [whole]
    lines = whole.read_bytes().splitlines(keepends=True)
    ais, radar = folder / "ais.nmea", folder / "radar.nmea"
    ais.write_bytes(b"".join(line for line in lines if b"!AIVDO" in line))
    if form.startswith("cat"):
        return [ais, encoded / f"scenario{number}_{form}.pcap"]
    radar.write_bytes(b"".join(line for line in lines if b"RA" + form.upper().encode() in line))
    return [ais, radar]


def truth_of(shared_data: Path, number: int) -> dict[str, Column]:
    """label -> (60, 3): time, latitude and longitude of each scan."""
    with (shared_data / "radar" / "encoded" / f"scenario{number}_truth.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    place = np.array([[float(row[name]) for name in ("epoch_s", "lat", "lon")] for row in rows])
    boat = np.array([f"dover/{row['target_number']}" for row in rows])
    return {label: place[boat == label] for label in (SHIP, DARK)}


def looks(paths: list[Path], station: str, truth: dict[str, Column]) -> list[Look]:
    """Every picture with another contact than the one before, played as `straitwatch replay` plays files."""
    state = new_state(
        SHIPPED.picture,
        CHART,
        assembly.desk(SHIPPED),
        is_exercise=True,
        time_zones={},
        sites=(replace(SITE, station=station),),
        formats=played.formats_of(played.source_names(paths)),
    )
    found: list[Look] = []
    t_seen: list[float] = []
    for chunk in played.play_files(paths, leading_time_zone="UTC"):
        picture = pipeline.step(state, [chunk], [], None).picture
        if picture is not None and picture.radar.t_seen_unix_s.tolist() != t_seen:
            t_seen = picture.radar.t_seen_unix_s.tolist()
            found.append(look_of(picture, truth))
            assert set(picture.receivers.radar) == {"", "dover"}, "called by its name, whatever its number on the wire"
    assert pipeline.finish(state).counts.refused_radars == ()
    return found


def look_of(picture: Picture, truth: dict[str, Column]) -> Look:
    radar = picture.radar
    labels = [label.decode() for label in radar.label.tolist()]
    off_m = []
    for label, t, lat, lon in zip(labels, radar.t_seen_unix_s, radar.lat_deg, radar.lon_deg, strict=True):
        t_unix_s, lat_deg, lon_deg = truth[label].T
        off_m.append(float(distance_m(lat, lon, np.interp(t, t_unix_s, lat_deg), np.interp(t, t_unix_s, lon_deg))))
    target_id = picture.vessels.target_id[radar.vessel].tolist()
    return Look(target_id, labels, radar.is_dark.tolist(), radar.is_ambiguous.tolist(), off_m)


@pytest.mark.parametrize("number", SCENARIOS)
def test_every_format_shows_one_ship_and_one_dark_boat_on_every_scan(
    shared_data: Path, tmp_path: Path, number: int
) -> None:
    truth = truth_of(shared_data, number)
    n_sure = int((len(truth[SHIP]) - CONFIRM_UPDATES - 1) * SITE.period_s / TURN_S)
    dark_ids = set()
    for form, (station, off_m) in FORMATS.items():
        seen = looks(files(shared_data, tmp_path, number, form), station, truth)
        whole = [look for look in seen if len(look.target_id) == 2]
        assert seen[len(seen) - len(whole) :] == whole, f"{form}: both, once there are two"
        assert len(whole) >= n_sure, form
        first = whole[0]
        assert (first.label, first.is_dark, first.is_ambiguous) == ([SHIP, DARK], [False, True], [False, False]), form
        assert first.target_id[0] == SHIP_ID, form
        assert all(look._replace(off_m=first.off_m) == first for look in whole), form
        assert max(max(look.off_m) for look in seen) <= off_m, form
        dark_ids.add(first.target_id[1])
    assert len(dark_ids) == 1, "the boat without AIS is the same boat in every format"
