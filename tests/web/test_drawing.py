"""Fences drawn on the live map: over HTTP, and with the mouse in a real browser."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Page, async_playwright, expect

from monitor.bench.map import ARGUMENTS
from tests.web.watch import Watch, watch

BEGIN_S = 2400.0
# across the north-east lane off Calais, ahead of ships that reach it within ten minutes
BAND = {"type": "Polygon", "coordinates": [[[1.60, 50.95], [1.75, 50.95], [1.75, 51.10], [1.60, 51.10], [1.60, 50.95]]]}
BOW_TIE = {"type": "Polygon", "coordinates": [[[1.4, 51.0], [1.5, 51.1], [1.5, 51.0], [1.4, 51.1], [1.4, 51.0]]]}


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Watch]:
    async with watch("channel-night", tmp_path) as running:
        await running.jump_to(BEGIN_S)
        yield running


async def asked(night: Watch, method: str, path: str, **wish: Any) -> tuple[int, dict[str, Any]]:
    url, headers = f"{night.url}/api/drawn{path}", {"Origin": night.url}
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url, json=wish or None, headers=headers) as answer,
    ):
        return answer.status, await answer.json()


def ids(night: Watch) -> set[str]:
    return {i for i in night.made.state.fences.fence_id if i.startswith("drawn-")}


async def test_a_drawn_fence_acts_from_the_next_tick_on(night: Watch) -> None:
    status, said = await asked(night, "POST", "", who="Jo", name="Wreck off Calais", geometry=BAND)
    assert (status, said) == (201, {"id": "drawn-1"})
    await night.play_to(BEGIN_S + 1)
    assert ids(night) == {"drawn-1"}
    told = night.made.hub.incidents
    inside = [n for n in told.values() if "Wreck off Calais" in n.incident.reason]
    assert inside == []  # who lay inside did not enter
    await night.play_to(BEGIN_S + 600)
    entered = [n.incident for n in night.made.hub.incidents.values() if "Wreck off Calais" in n.incident.reason]
    assert entered
    assert any("entered a watched area" in incident.title for incident in entered)
    audit = [(line.entry.who, line.entry.what) for line in night.made.store.audit()]
    assert ("Jo", "fence drawn") in audit
    assert ("system", "chart changed") in audit


async def test_disabled_changed_and_deleted_fences_follow(night: Watch) -> None:
    await asked(night, "POST", "", who="Jo", name="Wreck", geometry=BAND)
    for second, (method, path, wish, wanted) in enumerate(
        [
            ("POST", "/drawn-1/disable", {}, set()),
            ("POST", "/drawn-1/enable", {}, {"drawn-1"}),
            ("PUT", "/drawn-1", {"name": "Wreck, moved", "geometry": BAND}, {"drawn-1"}),
            ("POST", "/drawn-1/delete", {}, set()),
        ],
        1,
    ):
        assert (await asked(night, method, path, who="Jo", **wish))[0] == 200
        await night.play_to(BEGIN_S + second)
        assert ids(night) == wanted, path


@pytest.mark.parametrize(
    ("method", "path", "wish", "status", "words"),
    [
        ("POST", "", {"who": "", "name": "Wreck", "geometry": BAND}, 400, "who draws"),
        ("POST", "", {"who": "Jo", "name": "", "geometry": BAND}, 400, "a name"),
        ("POST", "", {"who": "Jo", "name": "Wreck", "geometry": BOW_TIE}, 400, "crosses"),
        ("POST", "", {"who": "Jo", "name": "Wreck", "more": 1}, 400, "unknown field"),
        ("POST", "/drawn-9/disable", {"who": "Jo"}, 404, "no drawn fence"),
        ("POST", "/drawn-9/burn", {"who": "Jo"}, 400, "burn"),
    ],
)
async def test_what_cannot_be_done_is_refused_with_words(
    night: Watch, method: str, path: str, wish: dict[str, Any], status: int, words: str
) -> None:
    found, said = await asked(night, method, path, **wish)
    assert found == status
    assert words in said["error"]
    assert ids(night) == set()


async def test_a_store_that_fails_keeps_a_fence_out(night: Watch) -> None:
    night.made.store.close()
    status, said = await asked(night, "POST", "", who="Jo", name="Wreck", geometry=BAND)
    assert status == 503
    assert "could not be kept" in said["error"]
    assert (await asked(night, "GET", ""))[1]["features"] == []


@pytest.mark.realserver
async def test_an_operator_draws_disables_and_deletes_with_the_mouse(night: Watch, chromium: str) -> None:
    faults: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        await context.add_init_script("localStorage.setItem('operator', 'Jo')")
        page = await context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        await page.goto(f"{night.url}/#@51.0,1.5,11")
        await page.wait_for_function("() => window.straitwatch?.chart.version")
        await draw(page, "Regatta")
        for _ in range(1000):  # the wish is on its way to the chart
            if night.made.charts:
                break
            await page.wait_for_timeout(0)
        await night.play_to(BEGIN_S + 2)
        shown = "window.straitwatch.chart.fences.getFeatures().some((f) => f.get('name') === 'Regatta')"
        await page.wait_for_function(f"() => {shown}")
        await page.mouse.click(400, 350)
        await page.locator("#card button", has_text="Disable").click()
        await page.wait_for_function("() => window.straitwatch.drawing.source.getFeatures().length === 1")
        await night.play_to(BEGIN_S + 4)
        await page.wait_for_function(f"() => !({shown})")
        await page.mouse.click(400, 350)
        await page.locator("#card button", has_text="Delete").click()
        await page.locator("#ask .primary").click()
        await page.wait_for_function("() => window.straitwatch.drawing.source.getFeatures().length === 0")
        await browser.close()
    assert faults == []
    told = [line.entry.what for line in night.made.store.audit() if line.entry.who == "Jo"]
    assert told == ["fence drawn", "fence disabled", "fence deleted"]


async def draw(page: Page, name: str) -> None:
    """A quadrilateral, its name, in force."""
    await page.locator("#draw").click()
    await expect(page.locator("#hint")).to_contain_text("corners")
    for x, y in ((300, 250), (500, 250), (500, 450)):
        await page.mouse.click(x, y)
    await page.mouse.dblclick(300, 450)
    await page.locator("#ask textarea").fill(name)
    await page.locator("#ask .primary").click()
    await expect(page.locator("#hint")).to_be_hidden()
