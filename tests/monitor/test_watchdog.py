"""Who watches the watch: own test messages through the whole chain, and a heartbeat that stays away when one fails."""

import asyncio
import math
import socket
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from alerts.alert import Transition
from alerts.items import Kind
from alerts.rules.self_test import text_of
from monitor import assembly, config, pipeline
from monitor.feeds.chunk import Chunk
from monitor.feeds.self_test import SOURCE, message
from monitor.supervisor import notify
from monitor.watchdog import Health, Heartbeat, WatchdogSettings, may_hang, why_silent
from tests.alerts.pictures import NOW
from tests.monitor.test_outgoing import Box, Queue, drain, night, play

NAN = float("nan")
WELL = Health(is_watching=True, store_fault="", test_age_s=10.0)


@pytest.mark.parametrize(
    ("sentence", "health", "said"),
    [
        ("all is well", WELL, ""),
        ("no tests are sent", Health(True, "", NAN), ""),
        ("two tests were missed", Health(True, "", 700.0), ""),
        ("more were missed", Health(True, "", 901.0), "no test message"),
        ("the pipeline stands still", Health(False, "", 10.0), "tells no pictures"),
        ("the disk is full", Health(True, "the disk is full", 10.0), "the disk is full"),
    ],
)
def test_why_the_heartbeat_stays_away(sentence: str, health: Health, said: str) -> None:
    assert (said in why_silent(health, 300.0)) if said else why_silent(health, 300.0) == "", sentence


def test_our_own_message_comes_through_as_an_exercise_without_an_incident_and_disturbs_nothing() -> None:
    state = assembly.state(config.parse(config.shipped_text()), is_exercise=False, time_zones={}, is_live=True)
    told: list[Transition] = []
    for second in range(7200):
        t_unix_s = NOW + second
        chunks = [Chunk(SOURCE, t_unix_s, message(t_unix_s))] if second % 300 == 30 else []
        output = pipeline.step(state, chunks, [], t_unix_s)
        told += output.transitions
        assert not output.incidents
    assert {step.rule for step in told} == {"self_test"}
    assert [step.event.value for step in told] == ["opened", "cleared"] * 24
    assert all(step.is_exercise and not step.incident for step in told)
    assert dict(told[0].evidence)["t_sent_unix_s"] == pytest.approx(NOW + 30, abs=0.001)


def test_each_sink_says_when_and_how_late_it_had_the_last_one(tmp_path: Path) -> None:
    box = Box(*Kind)
    with night(tmp_path, box) as (made, player, start):
        delivery = made.outgoing.deliveries.all[0]
        delivery.wall_clock = lambda: start + 63.5
        made.outgoing.expect_tests(start)
        play(made, player, start, range(1, 60))
        assert math.isnan(delivery.self_test_s)
        output = made.step(
            [*player.take(start + 61), Chunk(SOURCE, start + 60.2, message(start + 60.0))], [], start + 62
        )
        made.tell(output, Queue(made))  # type: ignore[arg-type]
        assert made.t_tested_unix_s == pytest.approx(start + 62, abs=2.0)
        drain(made)
        assert delivery.self_test_s == pytest.approx(3.5, abs=0.001)
        play(made, player, start, range(63, 90))
        assert made.outgoing.table.t_tested_unix_s[0] == pytest.approx(start + 62, abs=2.0)
        play(made, player, start, range(90, 1000))
        told = [s.transition for s in made.store.transitions() if s.transition.rule == "delivery"]
        assert [step.event.value for step in told] == ["opened"]
        assert "no test message of our own since" in told[0].reason


def test_a_text_is_what_a_receiver_would_hand_over() -> None:
    assert message(NOW).startswith(b"!AIVDM,1,1,")
    assert text_of(NOW) == b"STRAITWATCH SELF TEST %013d" % (NOW * 1000)


def test_the_heartbeat_comes_while_all_is_well_and_stays_away_when_it_is_not() -> None:
    async def run() -> list[object]:
        calls: list[bytes] = []
        answers = [200, 200, 503, 200]

        async def take(request: web.Request) -> web.Response:
            calls.append(await request.read())
            return web.Response(status=answers.pop(0))

        app = web.Application()
        app.router.add_post("/beat", take)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        healths = [WELL, Health(False, "", 10.0), WELL, WELL, WELL, WELL]
        heart = Heartbeat(WatchdogSettings(300.0, f"http://127.0.0.1:{port}/beat", 30.0), lambda: healths.pop(0))
        seen: list[object] = []
        async with aiohttp.ClientSession() as session:
            for _ in range(5):
                await heart.beat(session)
                seen.append((len(calls), heart.fault))
            await runner.cleanup()
            await heart.beat(session)
            seen.append((len(calls), heart.fault.split(":")[0]))
        assert calls[0] == b"straitwatch watches"
        return seen

    seen = asyncio.run(run())
    assert seen[:3] == [(1, ""), (1, "the pipeline tells no pictures"), (2, "")]
    assert seen[3][0] == 3  # type: ignore[index]
    assert "answered 503" in seen[3][1]  # type: ignore[index]
    assert seen[4] == (4, "")
    assert seen[5] == (4, "http")


def test_the_supervisor_starts_again_what_hangs_and_not_what_has_a_full_disk() -> None:
    assert not may_hang(WELL, 300.0)
    assert may_hang(Health(False, "", 10.0), 300.0)
    assert may_hang(Health(True, "", 901.0), 300.0)
    assert not may_hang(Health(True, "the disk is full", 901.0), 300.0)
    assert may_hang(Health(False, "the disk is full", 901.0), 300.0)


def test_the_supervisor_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(path))
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        notify("WATCHDOG=1")
        assert supervisor.recv(100) == b"WATCHDOG=1"
    path.unlink()
    notify("WATCHDOG=1")  # nobody there: said in the log, no more
    monkeypatch.delenv("NOTIFY_SOCKET")
    notify("WATCHDOG=1")
