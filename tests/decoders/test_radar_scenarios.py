"""Whole recordings in which every value is known: four scenarios of two boats, sent as TTM, TLL, TTD, TLB and AIS."""

import csv
from pathlib import Path

import numpy as np
import pytest

from decoders.columns import Batch, TimeSource
from decoders.radar.columns import RadarFlag, RadarFormat, RadarReports, TrackStatus
from tests.decoders.radar_rows import decoded

SCENARIOS = (2, 5, 13, 16)
NM = 1852.0
Truth = dict[str, np.ndarray]


def scenario(folder: Path, number: int) -> tuple[Batch, Truth]:
    data = (folder / "radar" / "encoded" / f"scenario{number}.nmea").read_bytes()
    with (folder / "radar" / "encoded" / f"scenario{number}_truth.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    batch, rejects = decoded(data, float("nan"), cuts=list(range(700, len(data), 700)))
    assert len(rejects) == 0
    return batch, {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


def of(batch: Batch, form: RadarFormat) -> RadarReports:
    return batch.radar.take(batch.radar.format == form)


def off_deg(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.abs((one - other + 180.0) % 360.0 - 180.0)


@pytest.mark.parametrize("number", SCENARIOS)
def test_every_update_comes_in_every_format_with_its_number_and_status(shared_data: Path, number: int) -> None:
    batch, truth = scenario(shared_data, number)
    for form in (RadarFormat.TTM, RadarFormat.TLL, RadarFormat.TTD):
        found = of(batch, form)
        np.testing.assert_array_equal(found.track_no, truth["target_number"])
        assert (found.status == TrackStatus.TRACKED).all()
        assert {batch.stations[station] for station in found.station.tolist()} == {"RA0001"}
        assert (found.time_source == TimeSource.TAG).all()
    assert (np.diff(batch.radar.line) >= 0).all()


@pytest.mark.parametrize("number", SCENARIOS)
@pytest.mark.parametrize("form", [RadarFormat.TTM, RadarFormat.TTD])
def test_range_bearing_and_motion_are_right_within_the_wires_steps(
    shared_data: Path, number: int, form: RadarFormat
) -> None:
    batch, truth = scenario(shared_data, number)
    found = of(batch, form)
    assert np.abs(found.range_m - truth["range_m"]).max() <= 0.005 * NM + 0.01
    assert off_deg(found.bearing_deg, truth["bearing_deg"]).max() <= 0.0501
    assert np.abs(found.sog_kn - truth["sog_kn"]).max() <= 0.0501
    assert off_deg(found.cog_deg, truth["cog_deg"]).max() <= 0.0551  # the truth has two decimals, rounded as well
    assert np.isnan(found.lat_deg).all()


@pytest.mark.parametrize("number", SCENARIOS)
def test_positions_are_right_within_the_wires_steps(shared_data: Path, number: int) -> None:
    batch, truth = scenario(shared_data, number)
    found = of(batch, RadarFormat.TLL)
    assert np.abs(found.lat_deg - truth["lat"]).max() <= 0.00005 / 60 + 1e-7
    assert np.abs(found.lon_deg - truth["lon"]).max() <= 0.00005 / 60 + 1e-7
    assert np.isnan(found.range_m).all()


@pytest.mark.parametrize("number", SCENARIOS)
def test_times_are_those_of_the_measurement_where_the_sentence_has_one(shared_data: Path, number: int) -> None:
    batch, truth = scenario(shared_data, number)
    for form in (RadarFormat.TTM, RadarFormat.TLL):
        found = of(batch, form)
        np.testing.assert_allclose(found.t_unix_s, truth["epoch_s"], rtol=0, atol=0.0051)
        assert (found.flags & RadarFlag.POOR_TIME == 0).all()
    binary = of(batch, RadarFormat.TTD)
    np.testing.assert_array_equal(binary.t_unix_s, np.floor(truth["epoch_s"]))
    assert (binary.flags & RadarFlag.POOR_TIME > 0).all()


@pytest.mark.parametrize("number", SCENARIOS)
def test_the_binary_targets_get_the_labels_and_the_dark_boat_has_no_ais(shared_data: Path, number: int) -> None:
    batch, truth = scenario(shared_data, number)
    binary = of(batch, RadarFormat.TTD)
    np.testing.assert_array_equal(binary.name, np.where(binary.track_no == 41, b"T41", b"T42"))
    ais = batch.positions
    assert set(ais.mmsi.tolist()) == {235999001}
    assert {batch.stations[station] for station in ais.station.tolist()} == {"AI0001"}
    transmitting = truth["target_number"] == truth["target_number"].max()
    place = np.stack([truth["lat"][transmitting], truth["lon"][transmitting]], axis=1)
    for lat, lon in zip(ais.lat_deg, ais.lon_deg, strict=True):
        assert np.abs(place - (lat, lon)).max(axis=1).min() < 2e-6
