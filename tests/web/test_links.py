"""Links into the map, to one incident, and out of it, to that incident's history in Grafana."""

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from playwright.async_api import Browser, async_playwright, expect

from monitor import config
from monitor.bench.map import ARGUMENTS
from monitor.config_check import ConfigFaults
from tests.grafana.evening import STORY
from tests.web.watch import GRAFANA, Watch, watch

TOLD_S = 720.0  # by then a beacon in test and a ship not under command have been told


@pytest.fixture
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=chromium, args=list(ARGUMENTS))
        yield opened
        await opened.close()


@pytest.fixture
async def evening(tmp_path: Path) -> AsyncIterator[Watch]:
    async with watch(str(STORY), tmp_path) as running:
        await running.jump_to(TOLD_S - 1.0)
        await running.play_to(TOLD_S)
        yield running


@pytest.mark.realserver
async def test_a_link_opens_its_incident_on_the_map_and_leads_to_its_history(browser: Browser, evening: Watch) -> None:
    faults: list[str] = []
    page = await browser.new_page()
    page.on("pageerror", lambda error: faults.append(str(error)))
    while not (held := [n.incident for n in evening.made.hub.incidents.values()]):
        await page.wait_for_timeout(0)
    wanted = held[0]
    await page.goto(f"{evening.url}/#incident={wanted.incident_id}")
    entry = page.locator(f'li.incident[data-id="{wanted.incident_id}"]')
    await expect(entry.locator("button.head")).to_have_attribute("aria-expanded", "true")
    where = "ol.proj.toLonLat(straitwatch.map.getView().getCenter())"
    near = f"Math.hypot({where}[0] - {wanted.lon_deg}, {where}[1] - {wanted.lat_deg}) < 0.05"
    await page.wait_for_function(f"() => window.straitwatch && {near}")
    await page.wait_for_function("() => straitwatch.vessels.byId.size > 0")
    assert await page.evaluate(near), "the map went away from it when the vessels came"

    address = urlsplit(str(await entry.locator("a.history").get_attribute("href")))
    asked = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert address.geturl().startswith(f"{GRAFANA}/d/straitwatch-operations?")
    assert (asked["var-incident"], asked["var-exercise"]) == (wanted.incident_id, "yes")
    assert asked["var-map_url"] == evening.url
    assert int(asked["from"]) / 1000 < wanted.t_opened_unix_s < int(asked["to"]) / 1000
    await expect(page.locator("#card")).to_contain_text("Reported")
    assert "NaN" not in str(await page.locator("#card").text_content())
    assert faults == []


@pytest.mark.realserver
async def test_a_link_to_what_is_not_there_says_so_and_another_is_followed_at_once(
    browser: Browser, evening: Watch
) -> None:
    page = await browser.new_page()
    await page.goto(f"{evening.url}/#incident=20200101-001")
    await expect(page.locator("#card")).to_contain_text("not known to this monitor")
    incident_id = next(iter(evening.made.hub.incidents))
    await page.evaluate(f"location.hash = '#incident={incident_id}'")
    head = page.locator(f'li.incident[data-id="{incident_id}"] button.head')
    await expect(head).to_have_attribute("aria-expanded", "true")


async def test_grafana_alone_may_fetch_the_fences(evening: Watch) -> None:
    async with aiohttp.ClientSession(evening.url) as session:
        for path in ("/api/chart", "/api/land"):
            async with session.get(path) as answer:
                assert answer.headers["Access-Control-Allow-Origin"] == "https://grafana.example"
        for path in ("/", "/api/incidents", "/api/receivers", "/healthz"):
            async with session.get(path) as answer:
                assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize("address", ["javascript:alert(1)", "grafana.example", "https://with space"])
def test_the_address_must_be_one(address: str) -> None:
    with pytest.raises(ConfigFaults, match="grafana_url"):
        config.parse(config.shipped_text().replace('grafana_url = ""', f'grafana_url = "{address}"'))
