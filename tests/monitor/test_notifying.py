"""The shell around the notices: the rota's file and URL, the key, the areas of a place, the configuration's faults."""

import asyncio
import dataclasses
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web

from alerts.notices.board import NOTHING
from alerts.notices.notice import Notice, Step
from alerts.notices.rota import EMPTY, on_call
from alerts.sinks.webhook import WebhookSettings, WebhookSink
from alerts.store import Store
from monitor import assembly, config
from monitor.config_check import ConfigFaults
from monitor.feeds.player import Player
from monitor.machine import Machine, machine
from monitor.notice_settings import NoticeSettings
from monitor.notifying import areas_of, key_of
from monitor.rota_watch import RotaWatch
from monitor.sim import feed, story
from tests.notices.incidents import NOW, incident, route
from tests.servers import free_port

SETTINGS = NoticeSettings("", "UTC", 60.0, "", "", "", "", 1.0)
ONE = """{"people": [{"name": "Jo", "addresses": {}}],
"duties": [{"duty": "officer", "who": "Jo", "from": "2026-01-01T00:00:00Z", "to": "2027-01-01T00:00:00Z"}]}"""


class Schedule:
    """A schedule server."""

    def __init__(self) -> None:
        self.status, self.body, self.asked = 200, ONE, list[str]()

    async def get(self, request: web.Request) -> web.Response:
        self.asked.append(request.headers.get("If-None-Match", ""))
        if self.status == 200 and self.asked[-1] == '"1"':
            return web.Response(status=304)
        return web.Response(status=self.status, text=self.body, headers={"ETag": '"1"'})


@pytest.fixture
async def schedule() -> AsyncIterator[tuple[str, Schedule]]:
    found = Schedule()
    app = web.Application()
    app.router.add_get("/rota", found.get)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", free_port())
    await site.start()
    yield f"{site.name}/rota", found
    await runner.cleanup()


def who(watch: RotaWatch) -> list[str]:
    return [person.name for person in on_call(watch.current[0], "officer", NOW)]


async def test_a_schedule_that_cannot_be_fetched_leaves_the_last_one_in_force_and_says_so(
    schedule: tuple[str, Schedule], tmp_path: Path
) -> None:
    url, server = schedule
    settings = dataclasses.replace(SETTINGS, rota_url=url)
    watch = RotaWatch(settings, tmp_path / "kept", lambda: NOW)
    assert watch.current == (EMPTY, "")
    await watch.look()
    assert (who(watch), watch.current[1]) == (["Jo"], "")
    await watch.look()
    assert server.asked == ["", '"1"'], "what has not changed is not sent again"
    for status, body, words in ((503, "", "HTTP 503"), (201, "", "HTTP 201"), (200, "{}nonsense", "JSON")):
        server.status, server.body = status, body
        watch._etag = ""
        await watch.look()
        assert who(watch) == ["Jo"]
        assert words in watch.current[1]
        assert "as of 20261125, 09:46:40 UTC" in watch.current[1]
    again = RotaWatch(settings, tmp_path / "kept", lambda: NOW)
    assert who(again) == ["Jo"], "after a restart too"
    await again.look()
    assert "as of the last run" in again.current[1]
    server.status, server.body = 200, ONE
    await again.look()
    assert again.current[1] == ""


async def test_a_rota_file_is_read_anew(tmp_path: Path) -> None:
    file = tmp_path / "rota.json"
    file.write_text(ONE)
    watch = RotaWatch(dataclasses.replace(SETTINGS, rota_file=str(file)), tmp_path / "kept", lambda: NOW)
    assert who(watch) == ["Jo"]
    file.write_text(ONE.replace("Jo", "Al"))
    running = asyncio.create_task(watch.run())
    async with asyncio.timeout(10.0):
        while who(watch) != ["Al"]:
            await asyncio.sleep(0.01)
    running.cancel()
    file.unlink()
    await watch.look()
    assert who(watch) == ["Al"]
    assert "cannot be read now" in watch.current[1]


def test_the_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(tmp_path / "store.sqlite")
    key = key_of(SETTINGS, store)
    assert (len(key), key_of(SETTINGS, store)) == (32, key)
    assert (tmp_path / "store.sqlite.key").stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("LINK_KEY", "given")
    assert key_of(dataclasses.replace(SETTINGS, secret_env="LINK_KEY"), store) == b"given"
    (tmp_path / "store.sqlite.key").write_bytes(b"")
    with pytest.raises(ValueError, match="empty"):
        key_of(SETTINGS, store)
    store.close()


def test_the_areas_of_a_place_are_ids_and_groups_of_its_fences() -> None:
    settings = config.parse(config.shipped_text())
    state = assembly.state(settings, is_exercise=True, time_zones={})
    inside = areas_of(state.fences, state.chart, incident(lat_deg=51.1139, lon_deg=1.3283))
    row = state.chart.fence_id.index(sorted(inside & set(state.chart.fence_id))[0])
    assert set(state.chart.groups[row]) <= inside
    assert areas_of(state.fences, state.chart, incident(lat_deg=float("nan"))) == frozenset()


ROUTED = """
[[sinks]]
type = "webhook"
name = "pager"
url = "http://127.0.0.1:1/"
secret_env = ""
secret_file = ""
timeout_s = 10.0
takes_exercises = false
[[routes]]
name = "night"
min_priority = "alarm"
areas = []
rules = []
days = []
hours = "20:00-08:00"
time_zone = "Europe/London"
levels = [{ channels = ["pager"], duty = "" }]
escalate_after_s = 300
repeat_every_s = 600
max_repeats = 6
tells_closed = true
"""


def test_a_route_in_the_configuration() -> None:
    (route,) = config.parse(config.shipped_text() + ROUTED).routes
    assert (route.name, route.levels[0].channels, route.escalate_after_s) == ("night", ["pager"], 300.0)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('min_priority = "alarm"', 'min_priority = "high"', "min_priority"),
        ('hours = "20:00-08:00"', 'hours = "8pm"', "8pm"),
        ('time_zone = "Europe/London"', 'time_zone = "Dover"', "Dover"),
        ('"pager"]', '"beeper"]', "no sink beeper"),
        ('duty = "" }', 'duty = "", who = "x" }', "who"),
        ("max_repeats = 6", "", "max_repeats is missing"),
        ("rules = []", 'rules = ["no_such"]', "no rule no_such"),
        ("escalate_after_s = 300", "escalate_after_s = 1", "escalate_after_s"),
        ('name = "night"', 'name = "night"\nnmae = "x"', "did you mean name"),
    ],
)
def test_a_fault_of_a_route_is_named(old: str, new: str, words: str) -> None:
    assert old in ROUTED
    with pytest.raises(ConfigFaults) as raised:
        config.parse(
            config.shipped_text() + ROUTED.replace(old, new, 1 if old != 'time_zone = "Europe/London"' else -1)
        )
    assert any(words in fault for fault in raised.value.faults), raised.value.faults


def test_check_config_tells_what_chart_rota_and_sinks_do_not_have(tmp_path: Path) -> None:
    rota = tmp_path / "rota.json"
    rota.write_text(ONE)
    text = config.shipped_text().replace('rota_file = ""', f'rota_file = "{rota}"')
    routed = ROUTED.replace("areas = []", 'areas = ["no-such-area"]').replace('duty = ""', 'duty = "chief"')
    routed = routed.replace('secret_env = ""', 'secret_env = "NOT_THERE"', 1)
    (tmp_path / "my.toml").write_text(text + routed)
    done = subprocess.run(
        [sys.executable, "-m", "monitor.cli.main", "check-config", str(tmp_path / "my.toml")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    for words in ("no fence or group no-such-area", "no duty chief", "NOT_THERE", "3 faults"):
        assert words in done.stderr, done.stderr
    assert done.returncode == 1


class Written:
    """The writer's queue, worked off at once."""

    def __init__(self, made: Machine) -> None:
        self.made = made
        self.told: list[Notice] = []

    def put(self, item: object) -> None:
        self.made.write(item)
        self.told += getattr(item, "told", NOTHING).notices

    offer = put


def test_a_restarted_monitor_tells_nobody_what_they_know(tmp_path: Path) -> None:
    player = Player(feed.chunks(story.load("lanes")))
    start = player.open()
    sink = WebhookSink(WebhookSettings("phone", "http://127.0.0.1:1/", "", "", 1.0, True))
    routes = (route(min_priority="caution", escalate_after_s=600.0),)
    settings = dataclasses.replace(config.parse(config.shipped_text()), routes=routes)
    told: list[Notice] = []
    for life in range(4):
        store = Store(tmp_path / "store.sqlite")
        made = machine(settings, store, [sink], is_exercise=True, time_zones={})
        queue = Written(made)
        for second in range(900 * life + 1, 900 * life + 901):
            output = made.step(player.take(start + second), [], start + second)
            made.tell(output, queue)  # type: ignore[arg-type]
        told += queue.told
        store.close()
    assert len(told) > 2
    assert len({notice.notice_id for notice in told}) == len(told)
    opened = [notice.incident.incident_id for notice in told if notice.step is Step.OPENED]
    assert len(opened) == len(set(opened)) > 0
