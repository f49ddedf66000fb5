"""What the map's server answers, and whom it refuses."""

import dataclasses
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import numpy as np
import pytest

from alerts.picture import Fences, StationClass
from monitor.web.frames import SEEN
from monitor.web.hub import idle
from tests.web.watch import Watch, watch

ALERT_S = 700.0  # of channel-night: NASSAU TIDE goes the wrong way since the start


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Watch]:
    async with watch("channel-night", tmp_path) as running:
        await running.jump_to(ALERT_S)
        yield running


@pytest.fixture
async def web(night: Watch) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(night.url, auto_decompress=False) as session:
        yield session


@pytest.fixture
async def radar_night(tmp_path: Path) -> AsyncIterator[Watch]:
    async with watch("channel-night", tmp_path, is_radar_known=True) as running:
        await running.jump_to(200.0)
        yield running


@pytest.fixture
async def radar_web(radar_night: Watch) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(radar_night.url) as session:
        yield session


async def incident_id(night: Watch) -> str:
    while not night.made.hub.incidents:
        await night.play_to(night.t_s + 1)
    return next(iter(night.made.hub.incidents))


async def act(
    web: aiohttp.ClientSession, night: Watch, path: str, body: object, origin: str = "own"
) -> tuple[int, str]:
    headers = {"Origin": night.url} if origin == "own" else {"Origin": origin} if origin else {}
    async with web.post(f"/api/incidents/{path}", data=json.dumps(body), headers=headers) as answer:
        return answer.status, await answer.text()


async def test_every_answer_has_the_policy_and_names_no_other_site(web: aiohttp.ClientSession) -> None:
    for path in ("/", "/api/page", "/api/incidents", "/healthz", "/nothing", "/static/js/main.js", "/static/"):
        async with web.get(path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'self'" in policy or "default-src 'none'" in policy
            assert "http:" not in policy
            assert "https:" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_chart_and_land_come_packed_for_those_who_can_read_it(web: aiohttp.ClientSession) -> None:
    for name in ("chart", "land"):
        async with web.get(f"/api/{name}", headers={"Accept-Encoding": "gzip"}) as answer:
            packed = await answer.read()
            assert answer.headers["Content-Encoding"] == "gzip"
        async with web.get(f"/api/{name}", headers={"Accept-Encoding": "identity"}) as answer:
            plain = await answer.read()
        assert gzip.decompress(packed) == plain
        assert json.loads(plain)["type"] == "FeatureCollection"


async def test_the_chart_tells_its_version_and_screens_hear_of_another(
    web: aiohttp.ClientSession, night: Watch
) -> None:
    hub = night.made.hub
    async with web.ws_connect("/ws", headers={"Origin": night.url}) as socket:
        for body, version, fault in ((b'{"type": "FeatureCollection"}', "v2", ""), (hub.chart, "v3", "is not closed")):
            hub.take_chart(gzip.compress(body), version)
            hub.tell_chart_fault(fault)
            while True:
                said = json.loads((await socket.receive()).data)
                if said["type"] == "state" and (said["chart_version"], said["chart_fault"]) == (version, fault):
                    break
            async with web.get("/api/chart") as answer:
                assert answer.headers["ETag"] == f'"{version}"'
                assert gzip.decompress(await answer.read()) == body
    async with web.get("/metrics") as answer:
        assert b"straitwatch_chart_sound 0.0" in await answer.read()


async def test_no_command_and_no_socket_from_another_site(web: aiohttp.ClientSession, night: Watch) -> None:
    path = f"{await incident_id(night)}/ack"
    for origin in ("http://evil.example", "null", ""):
        status, _ = await act(web, night, path, {"who": "Jo"}, origin)
        assert status == 403
    for headers in ({"Origin": "http://evil.example"}, {}):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            async with web.ws_connect("/ws", headers=headers):
                pass
        assert refused.value.status == 403
    assert not night.made.store.pending_commands()


@pytest.mark.parametrize(
    ("verb", "body", "status", "words"),
    [
        ("ack", {}, 400, "who"),
        ("ack", {"who": "  "}, 400, "name"),
        ("ack", {"who": "x" * 500}, 400, "name"),
        ("ack", {"who": "Jo", "colour": 1}, 400, "colour"),
        ("explode", {"who": "Jo"}, 400, "explode"),
        ("close", {"who": "Jo"}, 400, "reason"),
        ("note", {"who": "Jo", "text": " "}, 400, "empty"),
        ("note", {"who": "Jo", "text": "x" * 100_000}, 413, ""),
        ("shelve", {"who": "Jo"}, 400, "duration"),
        ("shelve", {"who": "Jo", "duration_s": -5}, 400, "duration"),
        ("ack", {"who": "Jo", "command_id": "../../x"}, 400, "command_id"),
        ("ack", [1, 2], 400, ""),
    ],
)
async def test_commands_that_cannot_be_are_refused_with_the_reason(
    web: aiohttp.ClientSession, night: Watch, verb: str, body: object, status: int, words: str
) -> None:
    found, text = await act(web, night, f"{await incident_id(night)}/{verb}", body)
    assert (found, words in text) == (status, True), text
    assert not night.made.store.pending_commands()


async def test_a_command_is_on_disk_before_it_is_answered(web: aiohttp.ClientSession, night: Watch) -> None:
    body = {"who": "Jo", "text": "seen by cutter", "command_id": "abc-1"}
    status, _ = await act(web, night, f"{await incident_id(night)}/note", body)
    assert status == 202
    (command,) = night.made.store.pending_commands()
    assert (command.command_id, command.who, command.text) == ("abc-1", "Jo", "seen by cutter")


async def test_unknown_things_are_404_with_words(web: aiohttp.ClientSession, night: Watch) -> None:
    status, text = await act(web, night, "20200101-001/ack", {"who": "Jo"})
    assert status == 404
    assert "20200101-001" in text
    async with web.get("/api/vessels/1") as answer:
        assert answer.status == 404
        assert "no vessel" in await answer.text()
    async with web.get("/api/trails?ids=1,x") as answer:
        assert answer.status == 400


async def test_a_store_that_fails_is_said_and_nothing_is_promised(web: aiohttp.ClientSession, night: Watch) -> None:
    path = f"{await incident_id(night)}/ack"
    night.made.store.close()
    status, text = await act(web, night, path, {"who": "Jo"})
    assert status == 503
    assert "could not be stored" in text


async def test_after_the_end_nothing_can_be_changed(web: aiohttp.ClientSession, night: Watch) -> None:
    path = f"{await incident_id(night)}/ack"
    night.made.hub.end()
    status, text = await act(web, night, path, {"who": "Jo"})
    assert status == 409
    assert "ended" in text


async def test_health_says_when_nobody_watches(web: aiohttp.ClientSession, night: Watch) -> None:
    async with web.get("/healthz") as answer:
        assert answer.status == 200
    night.made.hub.t_told_s -= 60.0
    async with web.get("/healthz") as answer:
        assert answer.status == 503
    async with web.get("/metrics") as answer:
        text = await answer.text()
    assert "straitwatch_watching 0.0" in text
    assert "straitwatch_sentences_total" in text


async def test_a_socket_gets_the_whole_state_and_survives_nonsense(web: aiohttp.ClientSession, night: Watch) -> None:
    await incident_id(night)
    async with web.ws_connect("/ws", headers={"Origin": night.url}) as socket:
        for nonsense in ("", "{}", "[]", '{"view": [1, 2]}', '{"view": [1, 2, "x", 4]}', '{"view": [1e999, 0, 0, 0]}'):
            await socket.send_str(nonsense)
        await socket.send_str('{"view": [-10, 45, 10, 60]}')
        told: dict[str, object] = {}
        while "binary" not in told:
            message = await socket.receive(timeout=20)
            if message.type is aiohttp.WSMsgType.BINARY:
                told["binary"] = message.data
            else:
                told[json.loads(message.data)["type"]] = json.loads(message.data)
    assert {"incidents", "receivers", "names", "binary"} <= set(told)


async def test_a_monitor_without_incidents_says_that_too(tmp_path: Path) -> None:
    async with watch("quiet-hour", tmp_path) as quiet, aiohttp.ClientSession(quiet.url) as web:
        await quiet.jump_to(5.0)
        async with web.ws_connect("/ws", headers={"Origin": quiet.url}) as socket:
            first = json.loads((await socket.receive(timeout=20)).data)
    assert first == {"type": "incidents", "is_all": True, "incidents": []}


def test_fences_out_of_their_hours_are_named() -> None:
    fences = Fences(("a", "b"), ("A", "B"), ("bank", "bank"), np.full(2, np.nan))
    assert idle(fences) == ()
    assert idle(dataclasses.replace(fences, is_active=np.array([True, True]))) == ()
    assert idle(dataclasses.replace(fences, is_active=np.array([True, False]))) == ("b",)


async def test_a_boat_that_only_radar_sees_is_told_with_its_tracks(
    radar_web: aiohttp.ClientSession, radar_night: Watch
) -> None:
    shown = radar_night.made.hub.shown.record
    seen = shown[(shown["station_class"] == StationClass.RADAR) & (shown["bits"] & SEEN > 0)]
    assert len(seen) > 0
    for one in seen:
        async with radar_web.get(f"/api/vessels/{int(one['target_id'])}") as answer:
            assert answer.status == 200
            told = await answer.json()
        assert told["vessel"] is None
        radar = told["radar"]
        assert radar["is_radar_only"]
        assert abs(radar["lat_deg"] - one["lat_1e7"] / 1e7) < 1e-6
        assert radar["label"].split("/")[0] in {"dover-cliffs", "cap-gris-nez"}
        assert [f"{t['radar']}/{t['track_no']}" for t in radar["tracks"]]
        assert radar["offset_m"] is None


async def test_a_ship_that_radar_sees_too_is_told_with_both(
    radar_web: aiohttp.ClientSession, radar_night: Watch
) -> None:
    shown = radar_night.made.hub.shown.record
    seen = shown[(shown["station_class"] == StationClass.A) & (shown["bits"] & SEEN > 0)]
    async with radar_web.get(f"/api/vessels/{int(seen['target_id'][0])}") as answer:
        told = await answer.json()
    assert told["vessel"]["mmsi"] > 0
    assert not told["radar"]["is_radar_only"]
    assert told["radar"]["offset_m"] < 500.0


async def test_coverage_names_sensors_and_gives_shares(radar_web: aiohttp.ClientSession) -> None:
    async with radar_web.get("/api/coverage") as answer:
        assert answer.status == 200
        told = await answer.json()
    assert told["cell_nm"] > 0
    assert {cell["of"] for cell in told["cells"]} >= {"AIS", "radar, ships"}
    assert {"cap-gris-nez", "dover-cliffs", "north-foreland"} <= {cell["sensor"] for cell in told["cells"]}
    assert all(0.0 <= cell["share"] <= 1.0 and cell["n_expected"] >= 20.0 for cell in told["cells"])


async def test_incidents_for_other_maps_name_no_person(night: Watch, web: aiohttp.ClientSession) -> None:
    one = await incident_id(night)
    hub = night.made.hub
    hub.keep([dataclasses.replace(hub.incidents[one].incident, owner="Jo Watchkeeper")])
    async with web.get("/api/incidents.geojson") as answer:
        assert (answer.status, answer.content_type) == (200, "application/geo+json")
        text = await answer.text()
    features = {feature["id"]: feature for feature in json.loads(text)["features"]}
    lon_deg, lat_deg = features[one]["geometry"]["coordinates"]
    assert -6.0 < lon_deg < 5.0
    assert 49.0 < lat_deg < 52.0
    assert features[one]["properties"]["is_exercise"] is True
    assert "Watchkeeper" not in text
