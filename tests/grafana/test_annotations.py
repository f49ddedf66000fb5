"""The annotations sink: one annotation an incident, whatever happens in between."""

import asyncio
import dataclasses
import re
from collections.abc import Sequence

import pytest

from alerts import items
from alerts.alert import Priority
from alerts.incident import Incident, IncidentState
from alerts.items import Item
from alerts.sinks.contract import WriteResult
from alerts.sinks.grafana import GrafanaSettings, GrafanaSink, annotation_of
from monitor import config
from tests.alerts.pictures import NOW
from tests.alerts.test_desk import beacon, desk, tick
from tests.grafana.fake import TOKEN, FakeGrafana

INCIDENT = dataclasses.replace(tick(desk(), beacon(NOW)).incidents[0], priority=Priority.WARNING)
ID = INCIDENT.incident_id
SETTINGS = GrafanaSettings(
    name="grafana",
    url="",
    secret_env="GRAFANA_TEST_TOKEN",
    secret_file="",
    map_url="https://map.example/",
    timeout_s=5.0,
    takes_exercises=False,
)


@pytest.fixture(autouse=True)
def token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFANA_TEST_TOKEN", TOKEN)


def later(of: Incident = INCIDENT, seconds: float = 60.0, **changes: object) -> Incident:
    return dataclasses.replace(of, t_changed_unix_s=NOW + seconds, **changes)  # type: ignore[arg-type]


CLOSED = later(seconds=600.0, state=IncidentState.CLOSED)
OTHER = dataclasses.replace(INCIDENT, incident_id="20251122-077", number=77)


def batch(*incidents: Incident) -> list[Item]:
    entries = items.of_incidents(incidents)
    return [
        items.decoded(i, entry.item_id, entry.kind.value, entry.t_unix_s, entry.body)
        for i, entry in enumerate(entries, 1)
    ]


def told(
    server: FakeGrafana, *batches: Sequence[Item], url: str = "", path: str = "", timeout_s: float = 5.0
) -> list[WriteResult]:
    """What each batch came to, by one sink."""

    async def run() -> list[WriteResult]:
        async with server.serving() as served:
            sink = GrafanaSink(dataclasses.replace(SETTINGS, url=(url or served) + path, timeout_s=timeout_s))
            found = [await sink.write(one) for one in batches]
            await sink.close()
            return found

    return asyncio.run(run())


def test_an_incident_is_one_annotation_from_its_opening_to_its_close() -> None:
    server = FakeGrafana()
    (opened,) = told(server, batch(INCIDENT))
    assert opened.accepted == (0,)
    (one,) = server.annotations.values()
    assert one["time"] == round(INCIDENT.t_opened_unix_s * 1000)
    assert "timeEnd" not in one
    assert one["tags"] == ["straitwatch", f"straitwatch:{ID}", "warning", *["exercise"] * INCIDENT.is_exercise]
    told(server, batch(later()), batch(later(priority=Priority.EMERGENCY)), batch(CLOSED))
    (one,) = server.annotations.values()
    assert one["timeEnd"] == round(CLOSED.t_changed_unix_s * 1000)


def test_what_changes_nothing_that_it_says_is_not_sent() -> None:
    server = FakeGrafana()
    told(server, batch(INCIDENT), batch(later(reason="further on")), batch(later(state=IncidentState.ACKNOWLEDGED)))
    assert [method for method, _ in server.calls] == ["GET", "POST"]
    server.calls.clear()
    told(server, batch(INCIDENT), batch(later(priority=Priority.ALARM)))
    assert [method for method, _ in server.calls] == ["GET", "PATCH", "PATCH"]
    assert "alarm" in server.annotations[1]["tags"]


def test_a_restart_makes_no_second_annotation() -> None:
    server = FakeGrafana()
    for state in (INCIDENT, INCIDENT, later(), CLOSED, CLOSED):
        told(server, batch(state))
    assert len(server.annotations) == 1


def test_an_annotation_that_was_made_but_not_answered_is_found_again() -> None:
    """The crash between the other side's taking and our noting it."""
    server = FakeGrafana(annotations={5: {"time": 1, "tags": ["straitwatch", f"straitwatch:{ID}"], "text": ""}})
    told(server, batch(INCIDENT))
    assert list(server.annotations) == [5]
    assert server.annotations[5]["time"] == round(INCIDENT.t_opened_unix_s * 1000)


def test_of_many_states_in_one_batch_the_last_is_told() -> None:
    server = FakeGrafana()
    (result,) = told(server, batch(INCIDENT, later(), OTHER, CLOSED))
    assert result.accepted == (0, 1, 2, 3)
    assert [method for method, _ in server.calls] == ["GET", "POST"] * 2
    assert {one["tags"][1] for one in server.annotations.values()} == {f"straitwatch:{ID}", "straitwatch:20251122-077"}


def test_what_a_person_deleted_comes_back_with_the_next_change() -> None:
    server = FakeGrafana()

    async def run() -> None:
        async with server.serving() as url:
            sink = GrafanaSink(dataclasses.replace(SETTINGS, url=url))
            await sink.write(batch(INCIDENT))
            server.annotations.clear()
            await sink.write(batch(later()))
            assert not server.annotations
            assert (await sink.write(batch(CLOSED))).accepted == (0,)
            await sink.close()

    asyncio.run(run())
    (one,) = server.annotations.values()
    assert "timeEnd" in one


@pytest.mark.parametrize(
    ("status", "needs_repair"), [(401, True), (403, True), (404, True), (429, False), (503, False)]
)
def test_what_is_not_taken_waits_and_what_came_before_does_not(status: int, needs_repair: bool) -> None:
    server = FakeGrafana()
    told(server, batch(INCIDENT))
    server.answers.append((status, {"Retry-After": "17"}))
    (result,) = told(server, batch(OTHER, CLOSED))
    assert (result.accepted, result.kept, result.needs_repair) == ((), (0, 1), needs_repair)
    assert result.retry_after_s == 17.0
    assert "as it was told to" in result.reason
    assert told(server, batch(OTHER, CLOSED))[0].accepted == (0, 1)


def test_what_is_refused_is_refused_alone_in_the_server_s_words() -> None:
    (result,) = told(FakeGrafana(refused="-077"), batch(OTHER, INCIDENT))
    assert (dict(result.refused), result.accepted, result.kept) == ({0: "bad tag"}, (1,), ())


def test_nobody_there_a_silent_one_and_another_address() -> None:
    (result,) = told(FakeGrafana(), batch(INCIDENT), url="http://127.0.0.1:1")
    assert (result.kept, result.needs_repair) == ((0,), False)
    assert "not reached" in result.reason
    (result,) = told(FakeGrafana(hangs=True), batch(INCIDENT), timeout_s=0.1)
    assert (result.kept, result.needs_repair) == ((0,), False)
    (result,) = told(FakeGrafana(), batch(INCIDENT), path="/elsewhere")
    assert (result.kept, result.needs_repair) == ((0,), True)


def test_a_name_from_the_air_is_text_and_the_link_leads_to_the_map() -> None:
    text = annotation_of(dataclasses.replace(INCIDENT, title='<img src=x onerror="x">'), "https://map.example/")["text"]
    assert "<img" not in text
    assert f'<a href="https://map.example/#incident={ID}">' in text
    assert "<a" not in annotation_of(INCIDENT, "")["text"]


def test_a_token_that_cannot_be_had_is_said_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GRAFANA_TEST_TOKEN")
    with pytest.raises(ValueError, match="GRAFANA_TEST_TOKEN"):
        GrafanaSink(SETTINGS)


def test_the_example_in_the_shipped_configuration_is_sound() -> None:
    text = config.shipped_text()
    blocks = re.findall(r"(?m)^#   \[\[sinks\]\]\n(?:#   .*\n)+", text)
    (block,) = (re.sub(r"(?m)^#   ", "", one) for one in blocks if '"grafana"' in one)
    ((kind, settings),) = config.parse(f"{text}\n{block}").sinks
    assert kind == "grafana"
    assert isinstance(settings, GrafanaSettings)
