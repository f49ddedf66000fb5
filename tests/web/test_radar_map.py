"""What only radar sees, in a real browser: circles named for their track, cards, coverage, a radar nobody entered."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from monitor.bench.map import ARGUMENTS
from tests.web.watch import Watch, watch

pytestmark = pytest.mark.realserver

SEEN_S = 200.0  # of channel-night: both radars see the small craft off their coasts from its start
ONLY_RADAR = "[...w.vessels.byId.values()].filter(v => v.station === 8)"
# a circle with a dot: its colour on the ring and in the middle, not between
PIXELS = """(id) => { const w = straitwatch, v = w.vessels.byId.get(id), ctx = w.vessels.canvas.getContext("2d");
  const row = ctx.getImageData(Math.round(v.px) - 16, Math.round(v.py), 33, 1).data;
  return Array.from({ length: 33 }, (_, i) => row[4 * i + 3]); }"""


@pytest.fixture
async def page(chromium: str) -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser: Browser = await playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        await context.add_init_script("localStorage.setItem('operator', 'Jo')")
        yield await context.new_page()
        await browser.close()


async def open_map(page: Page, night: Watch, condition: str) -> list[str]:
    """Show the map and wait until it holds what is asked; faults of the page come into the list."""
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    await page.goto(night.url)
    await page.wait_for_function(f"() => {{ const w = window.straitwatch; return w && ({condition}); }}")
    return faults


async def click_on_the_loneliest(page: Page) -> int:
    """Go to the vessel seen by radar only that is farthest from all others, click on it, and say its id."""
    target_id: int = await page.evaluate(
        f"""() => {{ const w = straitwatch, all = [...w.vessels.byId.values()];
        const away = (v) => Math.min(...all.filter(o => o !== v).map(o => Math.hypot(o.x - v.x, o.y - v.y)));
        const one = {ONLY_RADAR}.sort((a, b) => away(b) - away(a))[0];
        w.map.getView().setCenter([one.x, one.y]); w.map.getView().setZoom(15); return one.id; }}"""
    )
    await page.wait_for_function("() => straitwatch.vessels.nDrawn > 0 && straitwatch.vessels.nDrawn < 10")
    box = await page.locator("#map").bounding_box()
    assert box
    await page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    return target_id


async def test_what_only_radar_sees_is_a_circle_named_for_its_track(page: Page, tmp_path: Path) -> None:
    async with watch("channel-night", tmp_path, is_radar_known=True) as night:
        await night.jump_to(SEEN_S)
        faults = await open_map(page, night, f"{ONLY_RADAR}.length > 5 && w.vessels.nDrawn > 60")
        named = await page.evaluate(
            f"() => {{ const w = straitwatch; return {ONLY_RADAR}.map(v => w.vessels.label(v.id)) }}"
        )
        assert all(
            name.split("/")[0] in {"dover-cliffs", "cap-gris-nez"} and name.split("/")[1].isdigit() for name in named
        )
        target_id = await click_on_the_loneliest(page)
        alpha = await page.evaluate(PIXELS, target_id)
        assert alpha[16] > 128, "the dot"
        assert max(alpha[:12]) > 128, "the circle to the left"
        assert max(alpha[21:]) > 128, "the circle to the right"
        assert min(alpha[8:16]) < 64, "and nothing between"
        assert faults == []


async def test_the_card_says_that_only_radar_sees_it(page: Page, tmp_path: Path) -> None:
    async with watch("channel-night", tmp_path, is_radar_known=True) as night:
        await night.jump_to(SEEN_S)
        faults = await open_map(page, night, f"{ONLY_RADAR}.length > 5 && w.vessels.nDrawn > 60")
        target_id = await click_on_the_loneliest(page)
        card = page.locator("#card")
        await expect(card).to_contain_text("seen by radar only")
        name = await page.evaluate("(id) => straitwatch.vessels.label(id)", target_id)
        for words in (name, "Position", "First seen", "Contacts", "ago"):
            await expect(card).to_contain_text(words)
        await expect(card).not_to_contain_text("MMSI")
        assert faults == []


async def test_coverage_lists_every_sensor_and_is_drawn_below_the_vessels(page: Page, tmp_path: Path) -> None:
    async with watch("channel-night", tmp_path, is_radar_known=True) as night:
        await night.jump_to(SEEN_S)
        faults = await open_map(page, night, "w.vessels.nDrawn > 60")
        await page.focus("#coverage")
        await page.wait_for_function("() => document.querySelectorAll('#coverage option').length > 5")
        listed = await page.locator("#coverage option").all_inner_texts()
        assert {"cap-gris-nez: radar, ships", "dover-cliffs: radar, ships", "north-foreland: AIS"} <= set(listed)
        assert not any(name.startswith("0/1") for name in listed), "a radar is called by its name"
        await page.select_option("#coverage", "dover-cliffs: radar, ships")
        await page.wait_for_function("() => straitwatch.coverage.source.getFeatures().length > 3")
        shares = await page.evaluate("straitwatch.coverage.source.getFeatures().map(f => f.get('share'))")
        assert all(0.0 <= share <= 1.0 for share in shares)
        # the vessels' canvas lies in the flow of absolutely placed layers: unplaced, all of them would hide it
        assert await page.evaluate("getComputedStyle(straitwatch.vessels.canvas).position") == "absolute"
        await page.select_option("#coverage", "")
        assert await page.evaluate("straitwatch.coverage.source.getFeatures().length") == 0
        assert faults == []


async def test_the_strip_calls_a_radar_by_its_name_and_a_station_by_its_own(page: Page, tmp_path: Path) -> None:
    async with watch("channel-night", tmp_path, is_radar_known=True) as night:
        await night.jump_to(SEEN_S)
        faults = await open_map(page, night, "document.querySelectorAll('#receivers li').length > 4")
        shown = await page.locator("#receivers b").all_inner_texts()
        assert {"dover-cliffs", "cap-gris-nez", "dungeness"} <= set(shown)
        assert "0/1" not in shown
        chip = page.locator("#receivers li", has_text="dover-cliffs")
        assert (await chip.get_attribute("title") or "").startswith("radar dover-cliffs (0/1) of simulator-asterix\n")
        assert faults == []


async def test_a_radar_that_nobody_entered_is_told(page: Page, tmp_path: Path) -> None:
    async with watch("channel-night", tmp_path) as night:
        await night.jump_to(100.0)
        faults = await open_map(page, night, "w.vessels.nDrawn > 60")
        notice = page.locator("#notice")
        await expect(notice).to_contain_text("cap-gris-nez")
        await expect(notice).to_contain_text("not in the configuration ([[radars]])")
        assert await page.evaluate(f"() => {{ const w = straitwatch; return {ONLY_RADAR}.length }}") == 0
        assert faults == []


async def test_an_entry_says_a_boats_name_once_and_unfolded_every_part_of_its_score(page: Page, tmp_path: Path) -> None:
    async with watch("small-boat", tmp_path, is_radar_known=True) as night:
        for t_s in range(60, 1141, 60):
            await night.jump_to(t_s)
        faults = await open_map(page, night, "document.querySelector('li.incident')")
        entry = page.locator("li.incident", has_text="looks like a small boat")
        folded = await entry.inner_text()
        assert folded.count("Boat without AIS") == 1
        assert folded.count("Score") == 1
        await entry.locator("button.head").click()
        parts = entry.locator(".score")
        for part in ("no ais +1.2", "from beach +1.2", "boat speed +1.0", "to landing +0.8", "night +0.3"):
            await expect(parts).to_contain_text(part)
        await expect(parts).to_contain_text("not known: small, large")
        unfolded = await entry.inner_text()
        assert unfolded.count("Boat without AIS") == unfolded.count("seen since") == 1
        assert faults == []
