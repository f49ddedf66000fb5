"""Fences drawn on the live map: over HTTP, and with the mouse in a real browser."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
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


async def test_a_fence_with_an_end_ends_by_itself(night: Watch) -> None:
    end = datetime.fromtimestamp(night.t_start_unix_s + BEGIN_S + 5, UTC).isoformat()
    status, _ = await asked(night, "POST", "", who="Jo", name="Regatta", geometry=BAND, active_until=end)
    assert status == 201
    await night.play_to(BEGIN_S + 3)
    assert ids(night) == {"drawn-1"}
    assert "drawn-1" not in night.made.hub.idle_fences
    await night.play_to(BEGIN_S + 7)
    assert "drawn-1" in night.made.hub.idle_fences


REFUSED: list[tuple[str, dict[str, Any], int, str]] = [  # path, wish, status, words
    ("", {"who": "", "name": "Wreck", "geometry": BAND}, 400, "who draws"),
    ("", {"who": "Jo", "name": "", "geometry": BAND}, 400, "a name"),
    ("", {"who": "Jo", "name": "Wreck", "geometry": BOW_TIE}, 400, "crosses"),
    ("", {"who": "Jo", "name": "Wreck", "more": 1}, 400, "unknown field"),
    ("", {"who": "Jo", "name": "Wreck", "geometry": BAND, "active_until": "Sunday"}, 400, "be read"),
    ("/drawn-9/disable", {"who": "Jo"}, 404, "no drawn fence"),
    ("/drawn-9/burn", {"who": "Jo"}, 400, "burn"),
]


async def test_what_cannot_be_done_is_refused_with_words(night: Watch) -> None:
    for path, wish, status, words in REFUSED:
        found, said = await asked(night, "POST", path, **wish)
        assert found == status, wish
        assert words in said["error"]
        assert ids(night) == set()


async def test_a_store_that_fails_keeps_a_fence_out(night: Watch) -> None:
    night.made.store.close()
    status, said = await asked(night, "POST", "", who="Jo", name="Wreck", geometry=BAND)
    assert status == 503
    assert "could not be kept" in said["error"]
    assert (await asked(night, "GET", ""))[1]["features"] == []


@contextlib.asynccontextmanager
async def console(night: Watch, chromium: str) -> AsyncIterator[Page]:
    """A browser in which Jo is on watch, off Calais; no script may fail in it."""
    faults: list[str] = []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        await context.add_init_script("localStorage.setItem('operator', 'Jo')")
        page = await context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        await page.goto(f"{night.url}/#@51.0,1.5,11")
        await page.wait_for_function("() => window.straitwatch?.chart.version")
        yield page
        await browser.close()
    assert faults == []


@pytest.mark.realserver
async def test_an_operator_draws_disables_and_deletes_with_the_mouse(night: Watch, chromium: str) -> None:
    async with console(night, chromium) as page:
        await draw(page, "Regatta", CORNERS)
        await in_force(night, page, "Regatta")
        card = page.locator("#card section", has_text="Regatta")
        await page.mouse.click(400, 350)
        await card.locator("button", has_text="Disable").click()
        await expect(card.locator("button")).to_have_text(["Enable", "Reshape", "Change", "Delete"])
        await card.locator("button", has_text="Enable").click()
        await expect(card.locator("button")).to_have_text(["Disable", "Reshape", "Change", "Delete"])
        await night.play_to(night.t_s + 1)  # the same of the same second would be one line on the record
        await card.locator("button", has_text="Disable").click()
        await expect(card).to_contain_text("disabled")
        await night.play_to(night.t_s + 2)
        await page.wait_for_function(f"(name) => !({SHOWN})", arg="Regatta")
        await expect(card.locator("button")).to_have_text(["Enable", "Reshape", "Change", "Delete"])
        await page.mouse.click(400, 350)
        await card.locator("button", has_text="Delete").click()
        await expect(page.locator("#ask .no")).to_have_text("Cancel")
        await page.locator("#ask .primary").click()
        await expect(card).to_have_count(0)
    told = [line.entry.what for line in night.made.store.audit() if line.entry.who == "Jo"]
    assert told == ["fence drawn", "fence disabled", "fence enabled", "fence disabled", "fence deleted"]


@pytest.mark.realserver
async def test_a_watch_area_is_reshaped_by_mouse_from_its_inside(night: Watch, chromium: str) -> None:
    async with console(night, chromium) as page:
        await draw(page, "Wreck", CORNERS, kind="watch_area")
        await in_force(night, page, "Wreck")
        before = outline(night)
        await page.mouse.click(400, 350)  # no edge is near
        await page.locator("#card button", has_text="Reshape").click()
        await expect(page.locator("#hint")).to_contain_text("Drag the corners")
        await expect(page.locator("#card")).to_be_hidden()
        await drag(page, CORNERS[0], (250, 200))
        await page.locator("#hint button").click()
        await page.wait_for_function("() => straitwatch.drawing.shape === null")
        after = outline(night)
        assert len(after) == len(before)
        assert after[1:-1] == before[1:-1]
        assert after[0][0] < before[0][0]
        assert after[0][1] > before[0][1]
    assert ids(night) == {"drawn-1"}


@pytest.mark.realserver
async def test_name_kind_and_end_are_changed_later(night: Watch, chromium: str) -> None:
    async with console(night, chromium) as page:
        await draw(page, "Regatta", CORNERS)
        await in_force(night, page, "Regatta")
        shape = outline(night)
        await page.mouse.click(400, 350)
        await page.locator("#card button", has_text="Change").click()
        asked, card = page.locator("#ask"), page.locator("#card section", has_text="Regatta")
        await expect(asked.locator("input[type=text]")).to_have_value("Regatta")
        await expect(asked.locator("input:checked")).to_have_value("exclusion_zone")
        await asked.locator("input[type=text]").fill("Regatta, race 2")
        await asked.locator("input[value=watch_area]").check()
        await asked.locator("input[type=datetime-local]").fill("2001-01-01T00:00")
        await asked.locator(".primary").click()
        await expect(asked.locator("h3")).to_have_text("The fence was not changed")
        await expect(asked.locator("p")).to_contain_text("passed")
        await asked.locator(".primary").click()
        await expect(asked.locator("input[type=text]")).to_have_value("Regatta, race 2")
        await asked.locator("input[type=datetime-local]").fill("2090-07-05T18:00")
        await asked.locator(".primary").click()
        for words in ("Regatta, race 2", "watch area", "2090-07-05T18:00:00Z"):
            await expect(card).to_contain_text(words)
        assert outline(night) == shape
        await in_force(night, page, "Regatta, race 2")
        await expect(card.locator("button")).to_have_text(["Disable", "Reshape", "Change", "Delete"])


@pytest.mark.realserver
async def test_a_refused_shape_stays_with_its_name_until_it_is_right(night: Watch, chromium: str) -> None:
    async with console(night, chromium) as page:
        await draw(page, "Regatta", (CORNERS[0], CORNERS[2], CORNERS[1], CORNERS[3]), kind="watch_area")
        asked, shape = page.locator("#ask"), "() => straitwatch.drawing.source.getFeatures().length === 1"
        await expect(asked.locator("h3")).to_have_text("The fence was not drawn")
        await expect(asked.locator("p")).to_contain_text("crosses")
        await expect(asked.locator("p")).not_to_contain_text("drawn-1")  # nobody has heard of it
        await page.wait_for_function(shape)
        await page.keyboard.press("Enter")
        await expect(page.locator("#hint")).to_contain_text("crosses")
        await drag(page, CORNERS[2], (450, 150))
        await page.locator("#hint button").click()
        await expect(asked.locator("h3")).to_have_text("A new fence")
        await expect(asked.locator("input[type=text]")).to_have_value("Regatta")
        await expect(asked.locator("input:checked")).to_have_value("watch_area")
        await page.wait_for_function(shape)
        await page.keyboard.press("Enter")
        await in_force(night, page, "Regatta")
        await page.wait_for_function("() => straitwatch.drawing.shape === null")


@pytest.mark.realserver
async def test_what_cannot_be_done_is_said_and_there_is_nothing_to_choose(night: Watch, chromium: str) -> None:
    async with console(night, chromium) as page:
        await draw(page, "Regatta", CORNERS)
        await in_force(night, page, "Regatta")
        await page.mouse.click(400, 350)
        await expect(page.locator("#card button", has_text="Disable")).to_be_visible()
        await asked(night, "POST", "/drawn-1/delete", who="Al")
        await page.locator("#card button", has_text="Disable").click()
        await expect(page.locator("#ask h3")).to_have_text("The fence was not disabled")
        await expect(page.locator("#ask menu button:visible")).to_have_text(["Understood"])
        await page.locator("#ask .primary").click()
        await expect(page.locator("#card section", has_text="Regatta").locator("button")).to_have_count(0)


CORNERS = ((300, 250), (500, 250), (500, 450), (300, 450))  # of the page
SHOWN = "straitwatch.chart.fences.getFeatures().some((fence) => fence.get('name') === name)"


async def draw(page: Page, name: str, corners: tuple[tuple[int, int], ...], kind: str = "exclusion_zone") -> None:
    """A quadrilateral, its name and kind; then sent."""
    await page.locator("#draw").click()
    await expect(page.locator("#hint")).to_contain_text("corners")
    for x, y in corners[:-1]:
        await page.mouse.click(x, y)
    await page.mouse.dblclick(*corners[-1])
    await page.wait_for_function("() => straitwatch.drawing.source.getFeatures().length === 1")  # while it is named
    await page.locator(f"#ask input[value={kind}]").check()
    await page.locator("#ask input[type=text]").fill(name)
    await page.keyboard.press("Enter")
    await expect(page.locator("#hint")).to_be_hidden()


async def drag(page: Page, corner: tuple[int, int], to: tuple[int, int]) -> None:
    await page.mouse.move(*corner)
    await page.mouse.down()
    await page.mouse.move(*to, steps=4)
    await page.mouse.up()


async def in_force(night: Watch, page: Page, name: str) -> None:
    """Let time pass until a drawn fence is on the chart, and on the page."""
    for _ in range(1000):  # the wish is on its way to the chart
        if any(name in chart.fences.name for chart in night.made.charts):
            break
        await page.wait_for_timeout(0)
    await night.play_to(night.t_s + 2)
    await page.wait_for_function(f"(name) => {SHOWN}", arg=name)


def outline(night: Watch) -> list[list[float]]:
    """The corners of the only drawn fence."""
    assert night.made.drawn
    (feature,) = night.made.drawn.features()
    found: list[list[float]] = feature["geometry"]["coordinates"][0]
    return found
