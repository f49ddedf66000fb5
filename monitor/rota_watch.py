"""The rota in force: read anew from time to time from its file or its URL, the last sound one where it cannot be had.

What a URL said last is kept beside the store, so that a restart during an outage of the schedule knows who is on call.
"""

import asyncio
import contextlib
import math
from collections.abc import Callable, Sequence
from pathlib import Path

import aiohttp
import structlog

from alerts import words
from alerts.in_place import put_in_place
from alerts.notices import routes
from alerts.notices.rota import EMPTY, MAX_BYTES, Rota, RotaFaults, read
from alerts.picture import Fences
from monitor.config import Config
from monitor.notice_settings import NoticeSettings

LOG = structlog.get_logger("rota")
TIMEOUT_S = 10.0


class RotaWatch:
    """Who is on call. `look` and `run` in the event loop; `current` from any thread."""

    def __init__(self, settings: NoticeSettings, kept: Path, clock: Callable[[], float]) -> None:
        """kept : file for what the URL said last. Nothing is fetched yet; the file or what was kept is read."""
        self._settings, self._kept, self._clock = settings, kept, clock
        self._etag = ""
        self._t_read_unix_s = math.nan
        self.current: tuple[Rota, str] = (EMPTY, "")
        if settings.rota_file:
            self._take(lambda: Path(settings.rota_file).read_text(encoding="utf-8"))
        elif settings.rota_url and kept.exists():
            self._take(lambda: kept.read_text(encoding="utf-8"))
            self._t_read_unix_s = math.nan

    @property
    def is_on(self) -> bool:
        return bool(self._settings.rota_file or self._settings.rota_url)

    async def run(self) -> None:
        """Look from time to time, until cancelled."""
        while self.is_on:
            await self.look()
            await asyncio.sleep(self._settings.rota_every_s)

    async def look(self) -> None:
        """Once."""
        if self._settings.rota_file:
            path = Path(self._settings.rota_file)
            await asyncio.to_thread(self._take, lambda: path.read_text(encoding="utf-8"))
            return
        try:
            text = await self._fetched()
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            self._tell(str(error) or type(error).__name__)
            return
        if text is None:
            self._good(self.current[0])
        elif self._take(lambda: text):
            with contextlib.suppress(OSError):  # it is in force; only a restart would miss it
                await asyncio.to_thread(put_in_place, self._kept, lambda file: file.write(text.encode()))

    async def _fetched(self) -> str | None:
        """What the URL says; None where that is unchanged. Raises ValueError for what is no answer."""
        headers = {"If-None-Match": self._etag} if self._etag else {}
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        async with (
            aiohttp.ClientSession(timeout=timeout) as http,
            http.get(self._settings.rota_url, headers=headers) as answer,
        ):
            if answer.status == 304:
                return None
            if answer.status != 200:
                raise ValueError(f"HTTP {answer.status}")
            body = await answer.content.read(MAX_BYTES + 1)
            while len(body) <= MAX_BYTES and (more := await answer.content.read(MAX_BYTES)):
                body += more
            if len(body) > MAX_BYTES:
                raise ValueError(f"more than {MAX_BYTES} bytes")
            self._etag = answer.headers.get("ETag", "")
            return body.decode()

    def _take(self, text: Callable[[], str]) -> bool:
        """A rota that is sound comes into force."""
        try:
            self._good(read(text()))
        except (OSError, UnicodeDecodeError, RotaFaults) as error:
            self._etag = ""
            self._tell(str(error))
            return False
        return True

    def _good(self, rota: Rota) -> None:
        if self.current[1]:
            LOG.info("rota", state="well again")
        self._t_read_unix_s = self._clock()
        self.current = (rota, "")

    def _tell(self, fault: str) -> None:
        """The last one stays in force, and whoever is told by it is told that too."""
        said = f"{self._as_of()}; it cannot be read now ({fault})"
        if not self.current[1]:
            LOG.warning("rota", fault=fault)
        self.current = (self.current[0], said)

    def _as_of(self) -> str:
        if math.isfinite(self._t_read_unix_s):
            return f"as of {words.utc_day(self._t_read_unix_s)}, {words.utc(self._t_read_unix_s)}"
        return "never read" if self.current[0] is EMPTY else "as of the last run"


def route_faults(config: Config, chart: Fences, watch: RotaWatch) -> list[str]:
    """What is wrong with the routes beside the chart and the rota: areas and duties that these do not have."""
    found = routes.area_faults(config.routes, areas_known(chart))
    rota, fault = watch.current
    if config.notices.rota_file and fault:
        return [*found, f"rota: {config.notices.rota_file}: {fault}"]
    if config.notices.rota_url and rota is EMPTY:  # nobody has fetched it yet
        return found
    return found + routes.duty_faults(config.routes, rota.names)


def areas_known(chart: Fences) -> frozenset[str]:
    """Ids and groups that a route may name."""
    groups: Sequence[str] = [group for several in chart.groups for group in several]
    return frozenset([*(fence_id.strip() for fence_id in chart.fence_id), *groups])
