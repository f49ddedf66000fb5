"""Line protocol: the encoder says what influxdb-client's own one says, and every kind of item has its points."""

import dataclasses
import math
import re

from hypothesis import given
from hypothesis import strategies as st
from influxdb_client import Point

from alerts import items
from alerts.items import Entry, Figures, Item, ReceiverFigures, SinkFigures, Tracks, TrackSample, decoded
from alerts.sinks.influx_lines import line, lines_of
from alerts.store import ids_of
from tests.alerts.pictures import NOW
from tests.alerts.test_desk import beacon, desk, tick
from tests.alerts.test_store import STEP

TEXT = st.text(st.characters(blacklist_categories=("Cs", "Cc")), max_size=20)
NAME = st.from_regex(r"[a-z_]{1,12}", fullmatch=True)
FIELD = st.one_of(st.floats(allow_nan=False, allow_infinity=False), TEXT.filter(bool))


TAGS = st.dictionaries(NAME, TEXT, max_size=4)
FIELDS = st.dictionaries(NAME, FIELD, min_size=1, max_size=5)


@given(TAGS, FIELDS, st.integers(0, 2**60))
def test_the_encoder_equals_the_client_s(tags: dict[str, str], fields: dict[str, float | str], t_ns: int) -> None:
    point = Point("m")
    for name, tag in tags.items():
        point.tag(name, tag)
    for name, value in fields.items():
        point.field(name, value)
    theirs = point.time(t_ns).to_line_protocol()
    assert line("m", tags, dict(sorted(fields.items())), t_ns) == theirs


def test_what_is_missing_has_no_field_and_a_point_without_fields_is_none() -> None:
    assert line("m", {"a": "", "b": "x"}, {"n": math.nan, "i": math.inf, "t": "", "v": 2}, 5) == "m,b=x v=2 5"
    assert line("m", {}, {"n": math.nan}, 5) == ""


def test_a_line_stays_one_line_whatever_the_text() -> None:
    assert "\n" not in line("m", {"a": "x\ny\r"}, {"t": "one\ntwo\x00"}, 1)


def item(entry: Entry, seq: int = 1) -> Item:
    return decoded(seq, entry.item_id, entry.kind.value, entry.t_unix_s, entry.body)


def test_alerts_of_one_rule_in_one_tick_are_points_of_their_own_and_a_repeat_is_the_same() -> None:
    steps = [STEP] * 30
    entries = [items.of_transition(step, step_id) for step, step_id in zip(steps, ids_of(steps), strict=True)]
    found = [lines_of(item(entry)) for entry in entries]
    keys = {(text.split(" ")[0], text.rsplit(" ", 1)[1]) for (text,) in found}
    assert len(keys) == 30
    assert found == [lines_of(item(entry)) for entry in entries]
    assert all(abs(int(t_ns) / 1e9 - NOW) < 0.001 for _, t_ns in keys)


def test_how_long_a_boat_was_followed_before_it_was_told_is_a_field_of_its_alert() -> None:
    step = dataclasses.replace(STEP, evidence=(("score", 0.9), ("first_seen_unix_s", NOW - 240.0)), t_unix_s=NOW)
    (text,) = lines_of(item(items.of_transition(step, "id")))
    assert ",since_first_seen_s=240," in text
    (text,) = lines_of(item(items.of_transition(STEP, "id")))
    assert "since_first_seen_s" not in text


def test_every_kind_of_item_has_its_points_and_every_number_is_a_float() -> None:
    incident = tick(desk(), beacon(NOW)).incidents[0]
    receiver = ReceiverFigures("shore", "dover-1", "up", 1, NOW - 2.0, 50.0, math.nan, 0.0, math.nan, 7)
    sink = SinkFigures("influx", 3, 1000, 20.0, 0, 0, "not reached")
    figures = Figures((receiver,), (sink,), (("n_ticks", 5.0),), (("Checksum", 2),), True)
    sample = TrackSample(5, 235000010, 'SEA "ROVER"', NOW - 3.0, 51.0, 1.5, 10.0, math.nan, "20251122-001")
    found = [
        text
        for entry in (
            items.of_transition(STEP, "id"),
            *items.of_incidents([incident]),
            items.of_figures(figures, NOW),
            items.of_tracks(Tracks((sample,)), NOW),
        )
        for text in lines_of(item(entry))
    ]
    assert {text.split(",")[0] for text in found} == {"alert", "incident", "receiver", "pipeline", "track"}
    assert len(found) == 7
    assert not [text for text in found if re.search(r"=-?\d+i[, ]|=(t|f|true|false)[, ]", text)]
    track = r'lat_deg=51,lon_deg=1.5,sog_kn=10,mmsi=235000010,label="SEA \"ROVER\""'
    assert found[-1].startswith(f"track,exercise=no,incident=20251122-001 {track} ")
    who = "receiver,exercise=yes,source=shore,station=dover-1"
    assert ",near=" in found[1].split(" ")[0]
    assert "pipeline,exercise=yes,part=sentences,reason=checksum n=2" in found[5]
    assert found[2].startswith(f"{who} state_code=1,silent_s=2,rate_per_min=50,bad_checksum_share=0,n_vessels=7")
