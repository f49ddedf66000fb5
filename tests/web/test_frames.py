"""Binary frames: what a browser rebuilds from them is the picture, whatever changed in between."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.web import frames
from monitor.web.frames import DOUBTED, HEADER, RECORD, SEEN, SOUGHT, Shown, View
from tests.alerts.pictures import BOAT, ECHO, SHIP, picture


def shown(ids: list[int], seed: int) -> Shown:
    rng = np.random.default_rng(seed)
    record = np.zeros(len(ids), RECORD)
    record["target_id"] = ids
    record["lat_1e7"] = rng.integers(-900_000_000, 900_000_000, len(ids))
    record["lon_1e7"] = rng.integers(-1_800_000_000, 1_800_000_000, len(ids))
    record["length_m"] = rng.integers(0, 3, len(ids))
    return Shown(record, np.array([b"%d" % i for i in ids], "S34"))


def applied(screen: dict[float, bytes], data: bytes) -> dict[float, bytes]:
    """What static/js/frames.js does with a frame."""
    header = np.frombuffer(data, HEADER, 1)[0]
    n_changed, n_removed = int(header["n_changed"]), int(header["n_removed"])
    records = np.frombuffer(data, RECORD, n_changed, offset=HEADER.itemsize)
    gone = np.frombuffer(data, "<f8", n_removed, offset=HEADER.itemsize + n_changed * RECORD.itemsize)
    assert HEADER.itemsize + n_changed * RECORD.itemsize + n_removed * 8 == len(data)
    after = dict(screen)
    for record in records:
        after[float(record["target_id"])] = record.tobytes()
    for target_id in gone:
        del after[float(target_id)]
    return after


def whole(picture: Shown) -> dict[float, bytes]:
    return {float(record["target_id"]): record.tobytes() for record in picture.record}


ID_SETS = st.lists(st.sets(st.integers(1, 1 << 43), max_size=30), min_size=1, max_size=6)


@given(ID_SETS, st.integers(0, 1000))
@settings(max_examples=200, deadline=None)
def test_frames_rebuild_the_picture(sets: list[set[int]], seed: int) -> None:
    screen: dict[float, bytes] = {}
    before = frames.nothing()
    for n, ids in enumerate(sets):
        after = shown(sorted(ids), seed + n // 2)  # every second picture repeats the places of the one before
        data, _ = frames.frame(before, after, len(ids), 1000.0 + n)
        screen = applied(screen, data)
        assert screen == whole(after)
        before = after


def test_a_picture_that_did_not_change_costs_a_header() -> None:
    same = shown(list(range(1, 500)), 1)
    data, changed = frames.frame(same, same, 499, 1.0)
    assert len(data) == HEADER.itemsize
    assert len(changed) == 0


def test_a_view_across_the_antimeridian() -> None:
    picture = shown([1, 2, 3], 1)
    picture.record["lat_1e7"] = 0
    picture.record["lon_1e7"] = [1_795_000_000, -1_795_000_000, 0]
    seen, n = frames.inside(picture, View(170.0, -10.0, -170.0, 10.0))
    assert (seen.record["target_id"].tolist(), n) == ([1.0, 2.0], 2)


def test_too_many_for_a_screen_are_counted_and_the_long_ones_and_those_in_distress_stay() -> None:
    n = frames.MAX_SHOWN + 10
    picture = shown(list(range(1, n + 1)), 1)
    picture.record["lat_1e7"], picture.record["lon_1e7"] = 0, 0
    picture.record["length_m"] = 10
    picture.record["length_m"][-1] = 0
    picture.record["bits"][-1] = frames.DISTRESS
    picture.record["length_m"][5] = 400
    seen, n_view = frames.inside(picture, View(-1.0, -1.0, 1.0, 1.0))
    assert (len(seen), n_view) == (frames.MAX_SHOWN, n)
    assert {6.0, float(n)} <= set(seen.record["target_id"].tolist())
    assert (np.diff(seen.record["target_id"]) > 0).all()


@pytest.mark.parametrize(
    ("sentence", "vessel", "echo", "bits"),
    [
        ("a boat that radar sees", BOAT, {}, SEEN),
        ("seen 20 s ago", BOAT, {"t_seen_unix_s": -20.0}, SEEN),
        ("seen 21 s ago: searched for", BOAT, {"t_seen_unix_s": -21.0}, SOUGHT),
        ("in doubt whose echo it is", BOAT, {"is_ambiguous": True}, SEEN | DOUBTED),
        ("a ship with AIS that radar sees too", SHIP, {"is_dark": False}, SEEN),
        ("a ship with AIS that radar no longer sees is not searched for", SHIP, {"t_seen_unix_s": -600.0}, 0),
    ],
)
def test_a_record_tells_what_radar_does(sentence: str, vessel: dict[str, Any], echo: dict[str, Any], bits: int) -> None:
    other = {**SHIP, "target_id": 90, "mmsi": 235000090}
    p = picture(vessel, other, echoes=[{**ECHO, "target_id": vessel["target_id"], **echo}])
    told = frames.pack(p.vessels, p.radar, p.now_unix_s).record
    assert dict(zip(told["target_id"].tolist(), told["bits"].tolist(), strict=True)) == {
        vessel["target_id"]: bits,
        90: 0,
    }, sentence


def test_a_vessel_without_a_place_has_no_record_and_shifts_no_bits() -> None:
    p = picture({**SHIP, "lat_deg": float("nan")}, BOAT, echoes=[{**ECHO, "target_id": BOAT["target_id"]}])
    told = frames.pack(p.vessels, p.radar, p.now_unix_s).record
    assert [(r["target_id"], r["bits"]) for r in told] == [(BOAT["target_id"], SEEN)]
