"""The live map in a real browser: vessels appear and move, an alert comes up and is acknowledged, a cut is shown."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from geofences import geojson
from monitor import chart_watch
from monitor.bench.map import ARGUMENTS
from tests.web.watch import Watch, watch

pytestmark = pytest.mark.realserver

LANE_STOPPED_S = 1700.0  # of channel-night: VALLETTA DAWN loses its engine at 1500 s and says so within three minutes
SHIP = "VALLETTA DAWN"


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield opened
        await opened.close()


@pytest.fixture
async def night(tmp_path: Path) -> AsyncIterator[Watch]:
    async with watch("channel-night", tmp_path) as running:
        yield running


@pytest.fixture
async def night_with_radars(tmp_path: Path) -> AsyncIterator[Watch]:
    async with watch("channel-night", tmp_path, is_radar_known=True) as running:
        yield running


async def opened(browser: Browser, night: Watch, faults: list[str], at: str = "") -> Page:
    """A tab of its own browser profile, with an operator's name. at : latitude, longitude and zoom, where to look"""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    await context.add_init_script("localStorage.setItem('operator', 'Jo')")
    page = await context.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    await page.goto(f"{night.url}/#@{at}" if at else night.url)
    return page


async def click_middle(page: Page) -> None:
    """Where the map's middle is."""
    box = await page.locator("#map").bounding_box()
    assert box
    await page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


async def drawn(page: Page, condition: str) -> Any:
    """Wait until the map's own handle says so."""
    return await page.wait_for_function(f"() => {{ const w = window.straitwatch; return w && ({condition}); }}")


async def test_vessels_appear_and_move(browser: Browser, night: Watch) -> None:
    faults: list[str] = []
    await night.jump_to(600.0)
    page = await opened(browser, night, faults)
    await drawn(page, "w.vessels.nDrawn > 60")
    first = await page.evaluate("[...straitwatch.vessels.byId.values()].map(v => [v.id, v.lat, v.lon])")
    await night.play_to(640.0)
    await drawn(page, f"w.vessels.nowUnixS >= {night.t_start_unix_s + 639}")
    second = await page.evaluate("[...straitwatch.vessels.byId.values()].map(v => [v.id, v.lat, v.lon])")
    before = {row[0]: row[1:] for row in first}
    moved = [row for row in second if row[0] in before and row[1:] != before[row[0]]]
    assert len(moved) > 30
    shown = night.made.hub.shown.record
    truth = {float(r["target_id"]): (r["lat_1e7"] / 1e7, r["lon_1e7"] / 1e7) for r in shown}
    assert all(abs(truth[i][0] - lat) < 1e-6 and abs(truth[i][1] - lon) < 1e-6 for i, lat, lon in second)
    await expect(page.locator("#clock")).to_contain_text("UTC")
    await expect(page.locator("#exercise")).to_be_visible()
    assert await page.locator("#receivers li, #receivers .receiver").count() >= 5
    assert faults == []


async def test_an_alert_acknowledged_in_one_tab_is_acknowledged_in_the_other(browser: Browser, night: Watch) -> None:
    faults: list[str] = []
    await night.jump_to(1660.0)
    one, two = await opened(browser, night, faults), await opened(browser, night, faults)
    await drawn(one, "w.vessels.nDrawn > 60")
    await drawn(two, "w.vessels.nDrawn > 60")
    await expect(one.locator("li.incident", has_text=SHIP)).to_have_count(0)
    await night.play_to(LANE_STOPPED_S)
    for page in (one, two):
        entry = page.locator("li.incident", has_text=SHIP)
        await expect(entry).to_have_attribute("data-state", "unacknowledged")
        await expect(entry).to_contain_text("not under command")
    await one.locator("li.incident", has_text=SHIP).locator("button.ack").click()
    await expect(one.locator("li.incident", has_text=SHIP)).to_contain_text("not confirmed yet")
    for _ in range(1000):  # the click is on its way to the disk
        if night.made.store.pending_commands():
            break
        await one.wait_for_timeout(0)
    await night.play_to(LANE_STOPPED_S + 2)
    for page in (one, two):
        entry = page.locator("li.incident", has_text=SHIP)
        await expect(entry).to_have_attribute("data-state", "acknowledged")
        await expect(entry).to_contain_text("acknowledged by Jo")
    assert faults == []


async def test_click_on_a_vessel_tells_all_that_is_known(browser: Browser, night: Watch) -> None:
    faults: list[str] = []
    await night.jump_to(900.0)
    page = await opened(browser, night, faults)
    await drawn(page, "w.vessels.nDrawn > 60")
    await page.evaluate(
        """() => { const w = straitwatch, isHer = (v) => w.vessels.label(v.id) === 'KENT WAY';
        const ferry = [...w.vessels.byId.values()].find(isHer);
        w.map.getView().setCenter([ferry.x, ferry.y]); w.map.getView().setZoom(13); }"""
    )
    await drawn(page, "w.map.getView().getZoom() === 13 && !w.map.getView().getAnimating()")
    await page.wait_for_function("() => straitwatch.vessels.nDrawn > 0 && straitwatch.vessels.nDrawn < 60")
    await click_middle(page)
    card = page.locator("#card")
    await expect(card).to_contain_text("KENT WAY")
    for words in ("Position", "Speed", "MMSI", "Call sign", "Heard by"):
        await expect(card).to_contain_text(words)
    assert faults == []


async def test_a_click_tells_every_fence_that_holds_the_place_the_smallest_first(
    browser: Browser, night: Watch
) -> None:
    faults: list[str] = []
    await night.jump_to(200.0)
    page = await opened(browser, night, faults, "51.0,1.25,13")  # miles from any edge, and none of them is filled
    await drawn(page, "w.chart.version && w.vessels.nowUnixS > 0 && w.map.getView().getZoom() === 13")
    await click_middle(page)
    kinds = page.locator("#card section dt:text-is('Kind') + dd")
    wanted = ["inshore traffic zone", "search and rescue region", "reporting area", "territorial sea"]
    await expect(kinds).to_have_text(wanted)
    assert faults == []


async def test_the_legend_has_the_kinds_on_the_chart_and_what_is_dotted(browser: Browser, night: Watch) -> None:
    faults: list[str] = []
    await night.jump_to(200.0)
    page = await opened(browser, night, faults)
    await drawn(page, "w.chart.version && w.vessels.nowUnixS > 0")
    await page.locator("#legend summary").click()
    fences = page.locator("#legend .fences li")
    kinds = set(night.made.state.fences.kind)
    dotted = ["out of its hours", "disabled"]
    await expect(fences).to_have_count(len(kinds) + len(dotted))
    told = await fences.all_inner_texts()
    assert len(set(told)) == len(told)
    assert {"ferry corridor", "shore", "wind farm", "aid to navigation", "boundary", *dotted} < set(told)
    assert not {"exclusion zone", "reporting line", "other fence"} & set(told)
    square = {"type": "Polygon", "coordinates": [[[1.2, 50.98], [1.3, 50.98], [1.3, 51.02], [1.2, 50.98]]]}
    of_kinds = [("a", "watch_area"), ("b", "exclusion_zone")]
    features = [{"type": "Feature", "id": i, "properties": {"kind": k}, "geometry": square} for i, k in of_kinds]
    night.made.charts.append(chart_watch.chart_of(geojson.parse(features)))
    await night.play_to(203.0)
    await expect(fences).to_have_text(["exclusion zone", "watch area", *dotted])
    assert faults == []


async def test_the_card_of_a_fence_tells_all_that_its_file_says(browser: Browser, night: Watch) -> None:
    faults: list[str] = []
    sides = {"type": "Polygon", "coordinates": [[[1.2, 50.98], [1.3, 50.98], [1.3, 51.02], [1.2, 51.02], [1.2, 50.98]]]}
    through = {"type": "LineString", "coordinates": [[1.2, 51.0], [1.3, 51.0]]}
    facts = {"source": "a chart", "date": "2026-11-22", "licence": "CC0-1.0", "accuracy_note": "to 15 m"}
    vessels = {"classes": "tanker, unknown", "mmsi": [2190001], "min_length_m": 50, "max_sog_kn": 12.5}
    hours = {"active_from": "2020-01-01T00:00:00Z", "active_until": "2090-01-01T00:00:00Z", "schedule": "Mo-Su"}
    margins = {"enter_margin_m": 50, "enter_reports": 2, "enter_after_s": 15, "exit_margin_m": 100}
    area = {"kind": "anchorage", **facts, **vessels, **hours, **margins, "cooldown_s": 7200, "depth": "12 m", "x": None}
    line = {"kind": "reporting_line", "direction": "port", "min_angle_deg": 30, "groups": ["north", "winter"]}
    features = [
        {"type": "Feature", "id": "area", "properties": area, "geometry": sides},
        {"type": "Feature", "id": "line", "properties": line, "geometry": through},
    ]
    night.made.charts.append(chart_watch.chart_of(geojson.parse(features)))
    await night.jump_to(200.0)
    page = await opened(browser, night, faults, "51.0,1.25,13")
    await drawn(page, "w.chart.version && w.vessels.nowUnixS > 0 && w.map.getView().getZoom() === 13")
    await click_middle(page)
    await expect(page.locator("#card section > b")).to_have_text(["line", "area"])
    told = """(section) => Object.fromEntries([...section.querySelectorAll('dt')].map(
        (term) => [term.textContent, term.nextSibling.textContent]))"""
    assert await page.locator("#card section").first.evaluate(told) == {
        "Kind": "reporting line",
        "Crossed from": "port",
        "Crossed at": "30° or more",
        "Groups": "north, winter",
        "Id": "line",
    }
    assert await page.locator("#card section").last.evaluate(told) == {
        "Kind": "anchorage",
        "From": "2020-01-01T00:00:00Z",
        "Until": "2090-01-01T00:00:00Z",
        "Hours, UTC": "Mo-Su",
        "Vessels": "tanker, unknown",
        "MMSI": "002190001",
        "Length": "from 50 m",
        "Speed": "up to 12.5 kn",
        "Entered": "50 m inside, or after 2 reports inside, or after 15 s inside",
        "Left": "100 m outside",
        "Cooldown": "2 h 00 min",
        "Source": "a chart",
        "Date": "2026-11-22",
        "Licence": "CC0-1.0",
        "Accuracy": "to 15 m",
        "Id": "area",
        "depth": "12 m",
    }
    assert faults == []


async def test_a_picture_that_stands_still_is_called_so(browser: Browser, night: Watch) -> None:
    await night.jump_to(600.0)
    page = await opened(browser, night, [])
    await drawn(page, "w.vessels.nDrawn > 60")
    await expect(page.locator("#state")).to_have_text("watching")
    night.made.hub.t_told_s -= 60.0  # the pipeline told its last picture a minute ago
    await expect(page.locator("#state")).to_have_text("NOT WATCHING", timeout=10_000)
    await expect(page.locator("#banner")).to_contain_text("stood still")
    night.made.hub.end()
    await expect(page.locator("#banner")).to_contain_text("recording has ended", timeout=10_000)


async def test_a_chart_that_changes_is_drawn_anew_and_a_refused_one_is_told(
    browser: Browser, night_with_radars: Watch
) -> None:
    night = night_with_radars  # all radars are known: there is no other notice
    faults: list[str] = []
    await night.jump_to(200.0)
    page = await opened(browser, night, faults)
    await drawn(page, "w.chart.fences.getFeatures().length > 30 && w.vessels.nDrawn > 60")
    await expect(page.locator("#notice")).to_be_hidden()
    chart = chart_watch.feature_collection(night.made.state.fences)
    chart["features"] = chart["features"][:3]
    smaller = chart_watch.chart_of(geojson.parse(chart["features"]))
    night.made.charts.append(smaller)
    await night.play_to(203.0)
    await drawn(page, "w.chart.fences.getFeatures().length === 3")
    night.made.hub.idle_fences = (smaller.fences.fence_id[0],)
    await drawn(page, "w.chart.idle.size === 1")
    night.made.hub.tell_chart_fault("chart: area 7: is not closed")
    await expect(page.locator("#notice")).to_contain_text("area 7: is not closed")
    await expect(page.locator("#banner")).to_be_hidden()
    night.made.hub.tell_chart_fault("")
    await expect(page.locator("#notice")).to_be_hidden()
    assert faults == []


async def test_nothing_is_fetched_from_elsewhere(browser: Browser, night: Watch) -> None:
    await night.jump_to(300.0)
    asked: list[str] = []
    context = await browser.new_context()
    page = await context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    await page.goto(night.url)
    await drawn(page, "w.vessels.nDrawn > 60")
    elsewhere = [url for url in asked if not url.startswith((night.url, "data:", "blob:"))]
    assert elsewhere == []
