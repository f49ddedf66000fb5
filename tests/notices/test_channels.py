"""Channels: each against a server that takes, refuses, is busy, or never answers."""

import asyncio
import contextlib
import dataclasses
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import pytest
from aiohttp import web
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from alerts.alert import Priority
from alerts.items import Item, Kind
from alerts.notices.notice import Notice, Recipient
from alerts.sinks.alertmanager import AlertmanagerSettings, AlertmanagerSink
from alerts.sinks.apprise import AppriseSettings, AppriseSink
from alerts.sinks.channel import GIVE_UP_S, RETRY_S
from alerts.sinks.contract import Sink, WriteResult
from alerts.sinks.delivery import Deliveries, Delivery
from alerts.sinks.email import EmailSettings, EmailSink
from alerts.sinks.webhook import WebhookSettings, WebhookSink
from alerts.store import Store
from tests.notices.incidents import NOW, C, board, incident, moment, route
from tests.servers import alertmanager, free_port

HOOK = WebhookSettings("phone", "", "", "", 0.5, False)
MAIL = EmailSettings("email", "127.0.0.1", 0, "none", "", "", "", "", "Watch <w@example.org>", ["ops@example.org"], 2.0,
                     False)  # fmt: skip
BEGAN = float(round(time.time()) - 60)  # Alertmanager has a clock of its own
MANAGER = AlertmanagerSettings("manager", "", "", "", "", {"team": "sar"}, 2.0, False)


def notice(number: int = 14, channel: str = "phone", *, to: Recipient | None = None, **changes: Any) -> Notice:
    (made,) = moment(board(channels=("phone",)), NOW, incident(number, **changes)).notices
    return dataclasses.replace(made, to=to or Recipient(channel))


def items(*notices: Notice) -> list[Item]:
    return [Item(i + 1, one.notice_id, Kind.NOTICE, one.t_unix_s, one) for i, one in enumerate(notices)]


async def written(sink: Sink, *notices: Notice) -> WriteResult:
    result = await sink.write(items(*notices))
    await sink.close()
    return result


class Hook:
    """A webhook server: answers as it is told to, keeps what came."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.hang = asyncio.Event()

    async def post(self, request: web.Request) -> web.Response:
        self.got.append((dict(request.headers), await request.read()))
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 0:
            await self.hang.wait()
        headers = {"Retry-After": "7"} if status in (429, 503) else {}
        return web.Response(status=status, text=f"said {status}", headers=headers)


@contextlib.asynccontextmanager
async def hooked(*statuses: int) -> AsyncIterator[tuple[str, Hook]]:
    hook = Hook()
    hook.statuses = list(statuses)
    app = web.Application()
    app.router.add_post("/", hook.post)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", free_port())
    await site.start()
    try:
        yield f"{site.name}/", hook
    finally:
        hook.hang.set()
        await runner.cleanup()


async def test_a_webhook_gets_signed_json_that_says_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOOK_KEY", "geheim")
    async with hooked() as (url, hook):
        result = await written(
            WebhookSink(dataclasses.replace(HOOK, url=url, secret_env="HOOK_KEY")), notice(lat_deg=np.nan)
        )
    assert result.accepted == (0,)
    assert result.receipts == {0: "HTTP 200 said 200"}
    headers, body = hook.got[0]
    expected = hmac.new(b"geheim", body, hashlib.sha256).hexdigest()
    assert headers["Straitwatch-Signature"] == f"sha256={expected}"
    said = json.loads(body)
    assert (said["id"], said["step"], said["priority"]) == ("20261125-014/watch/1/phone/", "opened", "alarm")
    assert said["incident"]["lat_deg"] is None
    assert said["incident"]["rules"] == ["small_boat"]


@pytest.mark.parametrize(
    ("status", "is_kept", "needs_repair", "retry_after_s"),
    [(400, False, False, 0), (401, True, True, 0), (403, True, True, 0), (404, True, True, 0), (302, True, True, 0),
     (413, False, False, 0), (429, True, False, 7), (503, True, False, 7), (500, True, False, 0), (0, True, False, 0)],
)  # fmt: skip
async def test_what_a_webhooks_answer_means(
    status: int, is_kept: bool, needs_repair: bool, retry_after_s: float
) -> None:
    async with hooked(status) as (url, hook):
        result = await written(WebhookSink(dataclasses.replace(HOOK, url=url)), notice(14), notice(15))
        n = len(hook.got)
    if is_kept:
        assert (result.kept, result.accepted, n) == ((0, 1), (), 1), "away: the second is not tried"
    else:
        assert (list(result.refused), result.accepted, n) == ([0], (1,), 2), "refused: the second is sent"
    assert (result.needs_repair, result.retry_after_s) == (needs_repair, retry_after_s)


async def test_a_channel_takes_only_what_names_it_and_no_exercise_unless_told_so() -> None:
    async with hooked() as (url, hook):
        others, drill = notice(14, "email"), notice(15, is_exercise=True)
        result = await written(WebhookSink(dataclasses.replace(HOOK, url=url)), others, drill)
        assert (result.accepted, dict(result.receipts), hook.got) == ((0, 1), {}, [])
        result = await written(WebhookSink(dataclasses.replace(HOOK, url=url, takes_exercises=True)), others, drill)
        assert list(result.receipts) == [1]
    assert json.loads(hook.got[0][1])["subject"].startswith("EXERCISE")


class Box:
    """An SMTP server: takes mail, and refuses whom it is told to."""

    def __init__(self) -> None:
        self.got: list[tuple[list[str], EmailMessage]] = []
        self.refuses: dict[str, str] = {}
        self.data = "250 taken as 4711"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        if self.data.startswith("250"):
            self.got.append((envelope.rcpt_tos, message_from_bytes(envelope.content, policy=policy.default)))  # type: ignore[arg-type]
        return self.data


@pytest.fixture
def box() -> Iterator[tuple[Box, EmailSettings]]:
    found = Box()
    controller = Controller(found, "127.0.0.1", free_port())
    controller.start()
    try:
        yield found, dataclasses.replace(MAIL, port=controller.port)
    finally:
        controller.stop()


Mailbox = tuple[Box, EmailSettings]


async def test_a_mail_is_what_a_person_reads(box: Mailbox) -> None:
    server, settings = box
    jo = Recipient("email", "Jo Marsh", "jo@example.org", "officer")
    one = notice(14, to=jo)
    await written(EmailSink(settings), one)
    result = await written(EmailSink(settings), one)
    assert result.receipts == {0: "taken"}
    to, mail = server.got[0]
    assert to == ["jo@example.org"]
    assert mail["Subject"] == one.subject
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["X-Priority"] == "1"
    assert mail.get_content().replace("\r\n", "\n") == one.text
    assert mail["Message-ID"] == server.got[1][1]["Message-ID"], "a repeat is the same message"


async def test_a_recipient_that_is_refused_holds_nobody_up(box: Mailbox) -> None:
    server, settings = box
    server.refuses = {"gone@example.org": "550 no such user", "busy@example.org": "450 come back later"}
    to = [Recipient("email", who, f"{who}@example.org") for who in ("busy", "gone", "jo")]
    notices = [dataclasses.replace(notice(14, to=one), notice_id=one.who) for one in to]
    now_s = [0.0]
    sink = EmailSink(settings)
    sink._clock_s = lambda: now_s[0]
    result = await sink.write(items(*notices))
    assert (result.kept, dict(result.refused), result.accepted) == ((0,), {1: result.refused[1]}, (2,))
    assert "550 no such user" in result.refused[1]
    assert result.is_open
    assert "450" in result.reason
    n = len(server.got)
    result = await sink.write(items(notices[0], notices[2]))
    assert (result.kept, result.accepted, len(server.got)) == ((0,), (1,), n), "nobody gets it twice"
    server.refuses = {}
    assert (await sink.write(items(notices[0]))).kept, "not before its time"
    now_s[0] += RETRY_S
    assert (await sink.write(items(notices[0]))).accepted == (0,)
    server.refuses = {"busy@example.org": "450 come back later"}
    late = dataclasses.replace(notices[0], notice_id="late")
    assert (await sink.write(items(late))).kept
    now_s[0] += GIVE_UP_S
    result = await sink.write(items(late))
    assert "given up" in result.refused[0]


async def test_after_an_outage_a_person_gets_the_last_word_only(box: Mailbox) -> None:
    server, settings = box
    on = board(channels=("email",))
    first = notice(14, "email")
    moment(on, NOW, incident())
    told = [*moment(on, NOW + 300, standing=(incident(),)).notices, *moment(on, NOW + 400, incident(state=C)).notices]
    result = await written(EmailSink(settings), first, *told, notice(15, "email"))
    assert result.accepted == (0, 1, 2, 3)[: len(told) + 2]
    assert [mail["Subject"].split(":")[0] for _, mail in server.got] == ["ALARM 14 CLOSED", "ALARM 15"]
    assert "later word" in result.receipts[0]


async def test_a_mail_server_that_is_not_there_or_refuses_the_message(box: Mailbox) -> None:
    server, settings = box
    away = await written(
        EmailSink(dataclasses.replace(settings, port=free_port())), notice(14, "email"), notice(15, "email")
    )
    assert (away.kept, away.needs_repair, away.is_open) == ((0, 1), False, False)
    for said, kept in (("552 too much", False), ("451 later", True)):
        server.data = said
        result = await written(EmailSink(settings), notice(14, "email"))
        assert (bool(result.kept), bool(result.refused)) == (kept, not kept)
    nobody = await written(EmailSink(dataclasses.replace(settings, to=[])), notice(14, "email"))
    assert "nobody to send it to" in nobody.refused[0]


async def test_a_wrong_password_waits_for_a_person(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MAIL_PASSWORD", "wrong")

    def check(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        is_right = isinstance(data, LoginPassword) and data.password == b"right"
        return AuthResult(success=is_right, handled=False)

    found = Box()
    controller = Controller(found, "127.0.0.1", free_port(), authenticator=check, auth_require_tls=False)
    controller.start()
    try:
        settings = dataclasses.replace(MAIL, port=controller.port, user="watch", secret_env="MAIL_PASSWORD")
        result = await written(EmailSink(settings), notice(14, "email"))
        assert (result.kept, result.needs_repair) == ((0,), True)
        monkeypatch.setenv("MAIL_PASSWORD", "right")
        assert (await written(EmailSink(settings), notice(14, "email"))).accepted == (0,)
    finally:
        controller.stop()


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"sender": "nobody"}, "no e-mail address"), ({"host": "mail.example.org", "user": "w"}, "in the clear"),
     ({"secret_env": "NOT_THERE"}, "NOT_THERE")],
)  # fmt: skip
def test_mail_that_cannot_be_is_refused_at_the_start(changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        EmailSink(dataclasses.replace(MAIL, **changes))


@pytest.fixture(scope="module")
def manager(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with alertmanager(tmp_path_factory.mktemp("alertmanager")) as (url, _):
        yield url


async def alerts_of(url: str, number: int) -> list[dict[str, Any]]:
    """The alerts about an incident that Alertmanager holds for active."""
    params = {"filter": f'incident="20261125-{number:03d}"'}
    async with aiohttp.ClientSession() as http, http.get(f"{url}/api/v2/alerts", params=params) as answer:
        found: list[dict[str, Any]] = await answer.json()
        return found


@pytest.mark.realserver
async def test_alertmanager_holds_one_alert_an_incident_until_it_is_closed(manager: str) -> None:
    sink = AlertmanagerSink(dataclasses.replace(MANAGER, url=manager))
    on = board(route(), channels=("phone",))

    async def told(t: float, **changes: Any) -> None:
        notices = [
            dataclasses.replace(n, to=Recipient("manager"))
            for n in moment(on, t, incident(21, t_opened_unix_s=BEGAN, **changes)).notices
        ]
        assert len(notices) == 1
        assert (await sink.write(items(*notices))).accepted == (0,)

    await told(NOW, priority=Priority.ALARM)
    (alert,) = await alerts_of(manager, 21)
    assert alert["labels"] == {
        "alertname": "straitwatch", "incident": "20261125-021", "severity": "alarm", "exercise": "no", "team": "sar",
    }  # fmt: skip
    assert alert["startsAt"] == datetime.fromtimestamp(BEGAN, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    await told(NOW + 60, priority=Priority.EMERGENCY)
    (alert,) = await alerts_of(manager, 21)
    assert (alert["labels"]["severity"], alert["startsAt"]) == (
        "emergency",
        datetime.fromtimestamp(BEGAN, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    )
    await told(NOW + 120, priority=Priority.EMERGENCY, state=C)
    assert await alerts_of(manager, 21) == []
    await sink.say_again()
    assert await alerts_of(manager, 21) == []
    await sink.close()


@pytest.mark.realserver
async def test_what_stands_is_said_again_after_a_restart_of_either_side(manager: str) -> None:
    sink = AlertmanagerSink(dataclasses.replace(MANAGER, url=manager))
    sink.remember([notice(n, "manager", t_opened_unix_s=BEGAN) for n in (22, 23)])
    await sink.say_again()
    assert [len(await alerts_of(manager, n)) for n in (22, 23)] == [1, 1]
    await sink.close()


@pytest.mark.realserver
async def test_an_alert_that_ends_in_the_second_it_began_spoils_nothing(manager: str) -> None:
    """Alertmanager refuses a request whole when one alert ends before it begins: a clock that is behind must not."""
    behind = AlertmanagerSink(dataclasses.replace(MANAGER, url=manager), clock=lambda: BEGAN - 9e6)
    on = board(channels=("phone",))
    moment(on, NOW, incident(24, t_opened_unix_s=BEGAN))
    closed = [
        dataclasses.replace(n, to=Recipient("manager"))
        for n in moment(on, NOW, incident(24, state=C, t_opened_unix_s=BEGAN)).notices
    ]
    assert (await written(behind, *closed)).accepted == (0,)


def test_a_label_that_alertmanager_would_refuse_is_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="my-label"):
        AlertmanagerSink(dataclasses.replace(MANAGER, labels={"my-label": "x"}))


@pytest.mark.filterwarnings("ignore")
async def test_apprise_is_asked_for_each_address(monkeypatch: pytest.MonkeyPatch) -> None:
    async with hooked() as (url, hook):
        port = url.split(":")[2].strip("/")
        monkeypatch.setenv("APPRISE", f"json://127.0.0.1:{port}/ json://127.0.0.1:{free_port()}/")
        now_s = [0.0]
        sink = AppriseSink(AppriseSettings("phone", "APPRISE", "", 5.0, False))
        sink._clock_s = lambda: now_s[0]
        result = await sink.write(items(notice()))
        assert (result.kept, len(hook.got)) == ((0,), 1), result
        assert result.reason.startswith("json: taken; json: ")
        now_s[0] += RETRY_S
        result = await sink.write(items(notice()))
        assert (result.kept, len(hook.got)) == ((0,), 1), "the one that took it is left alone"
        to = Recipient("phone", "Jo", f"json://127.0.0.1:{port}/")
        assert (await sink.write(items(notice(15, to=to)))).accepted == (0,)
        assert json.loads(hook.got[1][1])["title"] == notice(15).subject
        nonsense = await sink.write(items(notice(16, to=Recipient("phone", "Jo", "nonsense"))))
        assert "does not know" in nonsense.refused[0]
    monkeypatch.setenv("APPRISE", "nonsense://")
    with pytest.raises(ValueError, match="does not know"):
        AppriseSink(AppriseSettings("phone", "APPRISE", "", 5.0, False))


async def test_receipts_stand_on_the_audit(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite")
    to = Recipient("phone", "Jo Marsh", "tgram://bot-secret/1", "officer")
    told = dataclasses.replace(moment(board(), NOW, incident()), notices=(notice(14, to=to), notice(15, to=to)))
    store.commit((), [incident()], (), desk=b"", t_unix_s=NOW, told=told)
    async with hooked(200, 400) as (url, _):
        sink = WebhookSink(dataclasses.replace(HOOK, url=url))
        await Delivery(store.outbox, sink, lambda: NOW + 3.0, np.random.default_rng(0), store.record).drain()
        await sink.close()
    lines = [line.entry for line in store.audit()]
    assert [(e.t_unix_s, e.who, e.what, e.incident_id) for e in lines] == [
        (NOW + 3.0, "system", "notice delivered", "20261125-014"),
        (NOW + 3.0, "system", "notice refused", "20261125-015"),
    ]
    assert "opened, by phone to Jo Marsh <tgram>: HTTP 200" in lines[0].text
    assert "secret" not in lines[0].text
    assert store.verify().is_whole
    store.close()


async def test_while_the_disk_is_full_people_are_told_past_it_and_once(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite")
    told = moment(board(), NOW, incident())
    async with hooked() as (url, hook):
        sink = WebhookSink(dataclasses.replace(HOOK, url=url))
        deliveries = Deliveries(store.outbox, [sink], lambda: NOW, store.record)
        deliveries.send_past(told.notices)
        async with asyncio.timeout(10.0):
            await asyncio.gather(*deliveries._past)
        assert len(hook.got) == 1
        store.commit((), [incident()], (), desk=b"", t_unix_s=NOW, told=told)
        await deliveries.all[0].drain()
        assert len(hook.got) == 1
        assert [line.entry.what for line in store.audit()] == ["notice delivered"]
        await sink.close()
    store.close()
