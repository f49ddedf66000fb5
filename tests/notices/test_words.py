"""What an officer reads, who is on call, when a route speaks, and what a link is worth."""

import dataclasses
import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.alert import Priority
from alerts.incident import Note
from alerts.notices import links, rota, routes
from alerts.notices.course import Telling
from alerts.notices.links import Expired, Grant
from alerts.notices.notice import Step
from alerts.notices.routes import Level
from alerts.notices.text import MAX_SUBJECT, subject
from tests.notices.incidents import NOW, C, board, incident, moment, route

KEY = b"0123456789abcdef"


def test_the_first_line_says_it_all() -> None:
    (notice,) = moment(board(), NOW, incident()).notices
    assert notice.subject == (
        "ALARM 14: Boat without AIS (dover/41): looks like a small boat, "
        "2.6 nm NE of Varne light vessel, since 09:45 UTC"
    )
    assert notice.text.startswith(notice.subject + "\n")


def test_the_message_says_what_where_since_when_why_what_changed_and_the_way() -> None:
    (notice,) = moment(board(), NOW, incident()).notices
    lines = dict(line.split(": ", 1) for line in notice.text.splitlines()[2:] if ": " in line)
    assert lines["Where"].startswith("2.6 nm NE of Varne light vessel (51°03.0'N 001°27.0'E), 12 s ago at 09:46:28 UTC")
    assert "(10:46:28 CET)" in lines["Where"]
    assert lines["Since"] == "09:45:40 UTC (10:45:40 CET), 60 s ago"
    assert lines["Changed"] == "new."
    assert lines["Acknowledge"].startswith("https://map.example.org/a/")
    assert lines["Map"] == "https://map.example.org/#incident=20261125-014"


def test_an_exercise_says_so_first_and_again_in_the_text() -> None:
    (notice,) = moment(board(), NOW, incident(is_exercise=True)).notices
    assert notice.subject.startswith("EXERCISE ALARM 14: ")
    assert "nobody is in danger" in notice.text
    assert notice.is_exercise


def test_closing_says_who_and_why() -> None:
    on = board()
    moment(on, NOW, incident())
    closed = incident(state=C, notes=(Note(NOW, "Jo Marsh", "lifeboat has everybody"),))
    (notice,) = moment(on, NOW + 60, closed).notices
    assert "ALARM 14 CLOSED: " in notice.subject
    assert "Changed: closed by Jo Marsh: lifeboat has everybody" in notice.text


@given(
    st.text(max_size=300), st.sampled_from(Step), st.sampled_from(Priority), st.integers(1, 99_999), st.booleans(),
    st.one_of(st.just(math.nan), st.floats(-80, 80)),
)  # fmt: skip
def test_any_first_line_is_one_short_line_with_priority_place_and_time(
    title: str, step: Step, priority: Priority, number: int, is_exercise: bool, lat_deg: float
) -> None:
    one = incident(number, priority, title=title, lat_deg=lat_deg, is_exercise=is_exercise)
    found = subject(one, Telling(step, (0,), 1, priority, NOW - 9e5), NOW)
    assert len(found) <= MAX_SUBJECT < 120
    assert len(found.splitlines()) == 1
    assert f"{priority.name} {number}" in found
    assert found.endswith("since 09:45 UTC")


WEDNESDAY = datetime(2026, 11, 25, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    ("days", "hours", "zone", "hour_utc", "is_open"),
    [
        ([], "", "UTC", 3.0, True),
        (["wed"], "", "UTC", 3.0, True),
        (["thu"], "", "UTC", 3.0, False),
        ([], "08:00-20:00", "UTC", 8.0, True),
        ([], "08:00-20:00", "UTC", 20.0, False),
        ([], "20:00-08:00", "UTC", 23.0, True),
        ([], "20:00-08:00", "UTC", 12.0, False),
        (["tue"], "20:00-08:00", "UTC", 3.0, True),  # the night of Tuesday
        (["wed"], "20:00-08:00", "UTC", 3.0, False),
        ([], "08:00-20:00", "Europe/Paris", 7.5, True),  # half past eight there
        ([], "08:00-08:00", "UTC", 3.0, True),  # a whole day
    ],
)
def test_hours_of_a_route(days: list[str], hours: str, zone: str, hour_utc: float, is_open: bool) -> None:
    one = route(days=days, hours=hours, time_zone=zone)
    assert routes.is_open(one, WEDNESDAY + hour_utc * 3600) is is_open


def test_every_fault_of_routes_at_once() -> None:
    given_routes = [
        route(name="a", hours="8-20", time_zone="Dover", rules=["boats"], areas=["no-such"]),
        route(name="a", levels=[]),
        route(name="b", levels=[Level(["phone", "influx", "fax"], "chief")]),
    ]
    found = routes.faults(given_routes, channels={"phone": True, "influx": False, "email": True}, rules=["small_boat"])
    found += routes.area_faults(given_routes, ["tss"]) + routes.duty_faults(given_routes, ["officer"])
    text = "\n".join(found)
    for words in ("two routes", "8-20", "'Dover'", "no rule boats", "nobody", "no notices", "no sink fax", "no-such",
                  "no duty chief"):  # fmt: skip
        assert words in text, words
    assert len(found) == 9


def test_every_fault_of_a_rota_at_once() -> None:
    text = """
people = [{ name = "Jo", addresses = {} }, { name = "Jo", addresses = {} }]
duties = [{ duty = "officer", who = "Al", from = 2026-11-25T09:00:00, to = 2026-11-25T10:00:00Z },
          { duty = "officer", who = "Jo", from = 2026-11-25T11:00:00Z, to = 2026-11-25T10:00:00Z }]
"""
    with pytest.raises(rota.RotaFaults) as raised:
        rota.read(text)
    assert [f for f in raised.value.faults if "two people" in f or "nobody" in f or "zone" in f or "before" in f] == (
        raised.value.faults
    )
    assert len(raised.value.faults) == 4
    for wrong in ("people = 3", "{", '{"people": [{"name": "Jo"}]}', "colour = 1"):
        with pytest.raises(rota.RotaFaults):
            rota.read(wrong)


def test_a_rota_reads_the_same_from_json_and_toml() -> None:
    toml = """
people = [{ name = "Jo", addresses = { email = "jo@example.org" } }]
duties = [{ duty = "officer", who = "Jo", from = 2026-11-25T09:00:00+01:00, to = 2026-11-25T10:00:00Z }]
"""
    as_json = """{"people": [{"name": "Jo", "addresses": {"email": "jo@example.org"}}],
"duties": [{"duty": "officer", "who": "Jo", "from": "2026-11-25T08:00:00Z", "to": "2026-11-25T10:00:00Z"}]}"""
    begin = WEDNESDAY + 8 * 3600
    for found in (rota.read(toml), rota.read(as_json)):
        times = (begin - 1, begin, begin + 7199, begin + 7200)
        assert [len(rota.on_call(found, "officer", t)) for t in times] == [0, 1, 1, 0]


def test_a_link_is_worth_one_incident_until_its_time() -> None:
    grant = Grant("20261125-014", "Jo Märsh", "email", NOW + 60)
    token = links.token(KEY, grant)
    assert links.grant_of(KEY, token, NOW) == dataclasses.replace(grant, t_expires_unix_s=round(NOW + 60))
    with pytest.raises(Expired):
        links.grant_of(KEY, token, NOW + 60)
    with pytest.raises(Expired):
        links.grant_of(KEY, token, math.nan)
    with pytest.raises(ValueError):
        links.grant_of(b"another key", token, NOW)


@given(st.integers(0, 10_000), st.characters(codec="utf-8"), st.text(max_size=50))
def test_a_changed_link_is_worth_nothing(at: int, letter: str, other: str) -> None:
    token = links.token(KEY, Grant("20261125-014", "Jo", "email", NOW + 60))
    at %= len(token)
    for wrong in (token[:at] + letter + token[at + 1 :], token[:at], other):
        if wrong != token:
            try:
                found = links.grant_of(KEY, wrong, NOW)
            except ValueError:
                continue
            assert found.incident_id == "20261125-014"  # unused bits of a last base64 letter say the same
            assert at in (token.index(".") - 1, len(token) - 1)
