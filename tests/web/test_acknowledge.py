"""From an alert on the map's pipeline to the officer's phone and back: the notice, its link, the page, the button."""

import asyncio
import contextlib
import dataclasses
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import aiohttp
import pytest
from playwright.async_api import async_playwright, expect

from alerts.incident import Incident, IncidentState
from alerts.notices import links
from alerts.notices.links import Grant
from alerts.notices.routes import Level
from alerts.sinks.webhook import WebhookSettings, WebhookSink
from monitor import config
from monitor.bench.map import ARGUMENTS
from tests.notices.incidents import route
from tests.notices.test_channels import Hook, hooked
from tests.web.watch import Watch, watch

ALERT_S = 700.0  # of channel-night: NASSAU TIDE goes the wrong way since the start
ROTA = """
people = [{ name = "Jo Marsh", addresses = { phone = "+44 7700 900123" } }]
duties = [{ duty = "officer", who = "Jo Marsh", from = 2000-01-01T00:00:00Z, to = 2100-01-01T00:00:00Z }]
"""


@contextlib.asynccontextmanager
async def officer(folder: Path) -> AsyncIterator[tuple[Watch, Hook]]:
    """A night whose incidents are told to Jo Marsh's phone."""
    rota = folder / "rota.toml"
    rota.write_text(ROTA)
    shipped = config.parse(config.shipped_text())
    notices = dataclasses.replace(shipped.notices, base_url="http://map.example.org", rota_file=str(rota))
    routes = (route(min_priority="caution", levels=[Level(["phone"], "officer")]),)
    async with hooked() as (url, hook):
        sink = WebhookSink(WebhookSettings("phone", url, "", "", 5.0, True))
        async with watch("channel-night", folder, sinks=[sink], notices=notices, routes=routes) as night:
            deliveries = night.made.outgoing.deliveries
            night.made.on_stored = _waker(deliveries.wake)  # type: ignore[assignment]
            deliveries.start()
            try:
                yield night, hook
            finally:
                await deliveries.stop()


def _waker(wake: Callable[[], None]) -> Callable[[], object]:
    loop = asyncio.get_running_loop()
    return lambda: loop.call_soon_threadsafe(wake)


async def told(night: Watch, hook: Hook) -> list[dict[str, str]]:
    """What the phone got by the time of the first alert."""
    await night.jump_to(5.0)
    await night.jump_to(ALERT_S)
    async with asyncio.timeout(20.0):
        while not hook.got:
            await asyncio.sleep(0.01)
    return [json.loads(body) for _, body in hook.got]


def link_of(night: Watch, said: dict[str, str]) -> str:
    return said["link"].replace("http://map.example.org", night.url)


def incident_of(night: Watch, link: str) -> Incident:
    grant = links.grant_of(night.made.notifier.key, link.rpartition("/")[2], night.made.hub.now_unix_s)
    found = night.made.store.incident(grant.incident_id)
    assert found is not None
    return found


async def test_the_link_of_a_notice_acknowledges_in_the_officers_name(tmp_path: Path) -> None:
    async with officer(tmp_path) as (night, hook), aiohttp.ClientSession() as http:
        said = (await told(night, hook))[0]
        assert said["subject"].startswith("EXERCISE ")
        link = link_of(night, said)
        for _ in range(3):  # a mail scanner, a preview, the officer
            async with http.get(link) as answer:
                page = await answer.text()
                assert answer.status == 200
                assert answer.headers["Cache-Control"] == "no-store"
                assert "form-action 'self'" in answer.headers["Content-Security-Policy"]
        assert "Acknowledge as Jo Marsh" in page
        assert "<script" not in page
        await night.play_to(ALERT_S + 2)
        assert incident_of(night, link).state is IncidentState.UNACKNOWLEDGED, "reading changes nothing"

        async def press() -> str:
            async with http.post(link, data={"command_id": "once"}, headers={"Origin": "null"}) as answer:
                return await answer.text()

        page, _ = await asyncio.gather(press(), _ticks(night))
        assert "Acknowledged by Jo Marsh" in page
        assert "<button" not in page
        assert incident_of(night, link).owner == "Jo Marsh"
        entries = [line.entry for line in night.made.store.audit(incident_of(night, link).incident_id)]
        assert ("Jo Marsh", "ack", "by link (phone)") in [(e.who, e.what, e.text) for e in entries]
        delivered = [e.text for e in entries if e.what == "notice delivered"]
        assert any("by phone to Jo Marsh <+44 7700 900123>: HTTP 200" in text for text in delivered)


async def _ticks(night: Watch) -> None:
    """Let the night go on while somebody waits for an answer."""
    for _ in range(5):
        await night.play_to(night.t_s + 1)
        await asyncio.sleep(0.05)


async def test_what_a_link_does_not_do(tmp_path: Path) -> None:
    async with officer(tmp_path) as (night, hook), aiohttp.ClientSession() as http:
        said = (await told(night, hook))[0]
        link = link_of(night, said)
        key, now = night.made.notifier.key, night.made.hub.now_unix_s
        one = incident_of(night, link).incident_id

        def other(who: str, incident_id: str = one, valid_s: float = 60.0, with_key: bytes = key) -> str:
            return f"{night.url}/a/{links.token(with_key, Grant(incident_id, who, 'email', now + valid_s))}"

        async def asked(method: str, url: str, **form: str) -> tuple[int, str]:
            async with http.request(method, url, data=form) as answer:
                return answer.status, await answer.text()

        for method in ("GET", "POST"):
            assert (await asked(method, other("Jo", valid_s=-1.0)))[0] == 410
            assert (await asked(method, other("Jo", with_key=b"another")))[0] == 404
            assert (await asked(method, link[:-3]))[0] == 404
            assert (await asked(method, other("Jo", "20200101-001")))[0] == 404
        assert night.made.store.pending_commands() == ()
        status, page = await asked("POST", other(""), who="  ")
        assert (status, "Your name is needed" in page) == (400, True)
        status, page = await asked("GET", other("<script>alert(1)</script>"))
        assert "<script" not in page
        night.made.hub.end()
        assert (await asked("POST", link))[0] == 409
        assert night.made.store.pending_commands() == ()


@pytest.mark.realserver
async def test_it_works_on_a_phone(tmp_path: Path, chromium: str) -> None:
    async with officer(tmp_path) as (night, hook), async_playwright() as playwright:
        link = link_of(night, (await told(night, hook))[0])
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        page = await browser.new_page(viewport={"width": 390, "height": 844}, java_script_enabled=False)
        await page.goto(link)
        button = page.get_by_role("button", name="Acknowledge as Jo Marsh")
        await expect(button).to_be_in_viewport(ratio=1.0)
        box = await button.bounding_box()
        assert box is not None
        assert box["height"] >= 48.0  # the size of a thumb
        assert await page.locator("html").evaluate("e => e.scrollWidth") <= 390
        await page.screenshot(path=tmp_path / "before.png")
        await page.locator("dd").last.evaluate("e => { e.textContent = 'and so on '.repeat(300) }")
        await expect(button).to_be_in_viewport(ratio=1.0)
        await asyncio.gather(button.click(), _ticks(night))
        await expect(page.get_by_text("Acknowledged by Jo Marsh")).to_be_visible()
        await page.screenshot(path=tmp_path / "after.png")
        await browser.close()
