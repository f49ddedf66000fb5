"""How vessels are called, above all those that only radar sees."""

import pytest

from alerts import words
from alerts.desk import evaluate
from tests.alerts.pictures import BOAT, ECHO, SHIP, desk, picture


@pytest.mark.parametrize(
    ("vessel", "label", "wanted"),
    [
        (SHIP, b"dover/41", "SEA ROVER (MMSI 235012345)"),
        ({**SHIP, "name": b""}, b"", "MMSI 235012345"),
        (BOAT, b"dover/41", "Boat without AIS (dover/41)"),
        (BOAT, b"dover/41 gris-nez/7", "Boat without AIS (dover/41)"),
        ({**BOAT, "length_m": float("nan")}, b"dover/41", "Boat without AIS (dover/41)"),
        ({**BOAT, "length_m": 60.0}, b"dover/41", "Ship without AIS (dover/41)"),
        (BOAT, b"", "Boat without AIS (61)"),
    ],
)
def test_a_label(vessel: dict[str, object], label: bytes, wanted: str) -> None:
    p = picture(vessel, echoes=[{**ECHO, "target_id": vessel["target_id"], "label": label}])
    assert words.label(p, 0) == wanted


def test_numbers_are_those_of_the_vessel_asked_for() -> None:
    p = picture(SHIP, BOAT, echoes=[{**ECHO, "target_id": 61, "label": b"dover/41 gris-nez/7"}])
    assert words.radar_numbers(p, 0) == ()
    assert words.radar_numbers(p, 1) == ("dover/41", "gris-nez/7")


@pytest.mark.parametrize(
    ("length_m", "said"),
    [(0.4, "0 m"), (640.0, "640 m"), (1851.4, "1851 m"), (1852.0, "1.0 nm"), (18_500.0, "10.0 nm"), (18_520.0, "10 nm"),
     (74_000.0, "40 nm")],
)  # fmt: skip
def test_a_distance_is_told_in_metres_below_a_mile(length_m: float, said: str) -> None:
    assert words.distance(length_m) == said


def test_an_incident_of_a_radar_target_reads_well_and_names_its_tracks() -> None:
    ship = {**BOAT, "length_m": 80.0}
    told = []
    d = desk(only=["dark_vessel"])
    for s in range(0, 120, 5):
        p = picture(ship, now_unix_s=1e9 + s, echoes=[{**ECHO, "target_id": 61, "label": b"dover/41 gris-nez/7"}])
        told.append(evaluate(d, p, (), is_exercise=True))
    (step,) = [step for watch in told for step in watch.transitions]
    assert step.subject.radar == ("dover/41", "gris-nez/7")
    (incident,) = [incident for watch in told for incident in watch.incidents]
    assert incident.title == "Ship without AIS (dover/41): seen by radar alone"
