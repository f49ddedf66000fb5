"""InfluxDB 1.x, 2.x and 3.x, and what speaks like them: one batch at a time, from our own disk.

    204            taken
    400            some points are refused, the rest of the batch is stored: quarantine, never again
    401 403 404    a password, a right or a name is wrong: somebody must mend it, everything waits until then
    413            too much at once: half of it
    429 5xx, none  later; as late as the server says (Retry-After)

Which way in is asked with /ping: versions from 2 on take /api/v2/write, for which influxdb-client is used, one write
at a time. Its batching mode is not used: with the server away it takes tens of thousands of lines into memory and
loses them all. Versions below have /write, one request.

Of a 400 the server tells the lines that it could not parse; their items are refused with its words. Where it tells
only a field whose type is wrong, the items that have this field are refused; where it tells nothing of use, all of the
batch, and the words say that some of it may have been stored. Nothing is sent again: it would be refused again.
"""

import gzip
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Literal

import aiohttp
from influxdb_client.client.influxdb_client_async import InfluxDBClientAsync
from influxdb_client.rest import ApiException
from msgspec import Meta

from alerts.items import Item, Kind
from alerts.sinks.answer import Answer, seconds_of, words_of
from alerts.sinks.contract import WriteResult, all_accepted, all_kept
from alerts.sinks.influx_lines import lines_of
from alerts.sinks.secrets import secret

LONGEST = 1000  # characters of the server's words that are kept with an item
FIELD_CONFLICT = re.compile(r'input field "(?P<field>[^"]+)" on measurement "(?P<measurement>[^"]+)"')


@dataclass(frozen=True, slots=True)
class InfluxSettings:
    """A [[sinks]] block of type "influx"."""

    name: str
    url: str
    api: Literal["auto", "v1", "v2"]
    org: str  # v2
    bucket: str  # the database in v1
    user: str  # v1; "" for none
    secret_env: str
    secret_file: str
    timeout_s: Annotated[float, Meta(gt=0)]
    is_gzip: bool
    takes: list[Kind]
    takes_exercises: bool


class InfluxSink:
    """One database."""

    batch = 200  # items; with figures of twenty receivers some 5,000 points

    def __init__(self, settings: InfluxSettings) -> None:
        """Raises ValueError when the secret is named and cannot be had."""
        self.name = settings.name
        self.kinds = frozenset(settings.takes)
        self._settings = settings
        self._secret = secret(settings.secret_env, settings.secret_file)
        self._url = settings.url.rstrip("/")
        self._api = settings.api
        self._http: aiohttp.ClientSession | None = None
        self._client: InfluxDBClientAsync | None = None

    async def write(self, batch: Sequence[Item]) -> WriteResult:
        lines = [lines_of(item) for item in batch]
        if not any(lines):
            return all_accepted(batch)
        answer = await self._post("\n".join(text for of_item in lines for text in of_item).encode())
        if answer.status == 413 and len(batch) > 1:
            return await self._halves(batch)
        return judged(answer, batch, lines)

    async def _halves(self, batch: Sequence[Item]) -> WriteResult:
        middle = len(batch) // 2
        first = await self.write(batch[:middle])
        if first.kept:
            kept = (*first.kept, *range(middle, len(batch)))
            return WriteResult(first.accepted, first.refused, kept, first.reason, first.retry_after_s)
        rest = await self.write(batch[middle:])
        return WriteResult(
            (*first.accepted, *(middle + i for i in rest.accepted)),
            {**first.refused, **{middle + i: words for i, words in rest.refused.items()}},
            tuple(middle + i for i in rest.kept),
            rest.reason,
            rest.retry_after_s,
            rest.needs_repair,
        )

    async def _post(self, body: bytes) -> Answer:
        """One request; never raises for what the network or the server does."""
        try:
            if self._api == "auto":
                self._api = await self._asked()
            return await (self._write_v2(body) if self._api == "v2" else self._write_v1(body))
        except ApiException as error:
            after_s = seconds_of(error.headers.get("Retry-After") if error.headers else None)
            return Answer(error.status or 0, words_of(error.body or error.reason or ""), after_s)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return Answer(0, f"not reached at {self._url}: {error or type(error).__name__}")

    async def _asked(self) -> Literal["v1", "v2"]:
        """Which way in this server has."""
        async with self._session().get(f"{self._url}/ping") as response:
            version = response.headers.get("X-Influxdb-Version", "")
        return "v1" if version.removeprefix("v").startswith(("0.", "1.")) else "v2"

    async def _write_v1(self, body: bytes) -> Answer:
        asked = {"db": self._settings.bucket, "precision": "ns"}
        headers = {"Content-Encoding": "gzip"} if self._settings.is_gzip else {}
        data = gzip.compress(body, 1) if self._settings.is_gzip else body
        async with self._session().post(f"{self._url}/write", params=asked, data=data, headers=headers) as response:
            text = await response.text(errors="replace")
            return Answer(response.status, words_of(text), seconds_of(response.headers.get("Retry-After")))

    async def _write_v2(self, body: bytes) -> Answer:
        if self._client is None:
            self._client = InfluxDBClientAsync(
                self._url,
                token=self._secret,
                org=self._settings.org,
                timeout=int(self._settings.timeout_s * 1000),
                enable_gzip=self._settings.is_gzip,
            )
        await self._client.write_api().write(self._settings.bucket, self._settings.org, body)
        return Answer(204, "")

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            user = self._settings.user
            self._http = aiohttp.ClientSession(
                auth=aiohttp.BasicAuth(user, self._secret) if user else None,
                timeout=aiohttp.ClientTimeout(total=self._settings.timeout_s),
            )
        return self._http

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()
        if self._client is not None:
            await self._client.close()  # type: ignore[no-untyped-call]


def judged(answer: Answer, batch: Sequence[Item], lines: Sequence[Sequence[str]]) -> WriteResult:
    """What an answer means for each item."""
    if 200 <= answer.status < 300:
        return all_accepted(batch)
    if answer.status in (400, 413, 422):
        refused = _refused(answer.words, lines)
        return WriteResult(tuple(i for i in range(len(batch)) if i not in refused), refused)
    reason = f"HTTP {answer.status}: {answer.words}" if answer.status else answer.words
    needs_repair = answer.status in (401, 403, 404)
    return all_kept(batch, reason, retry_after_s=answer.retry_after_s, needs_repair=needs_repair)


def _refused(words: str, lines: Sequence[Sequence[str]]) -> dict[int, str]:
    """The items that the server's words are about."""
    told = {
        i: words[words.index(text) :][:LONGEST] for i, of_item in enumerate(lines) for text in of_item if text in words
    }
    if told:
        return told
    if conflict := FIELD_CONFLICT.search(words):
        begin, inside = conflict["measurement"] + ",", conflict["field"] + "="
        of_field = [i for i, of_item in enumerate(lines) if any(t.startswith(begin) and inside in t for t in of_item)]
        if of_field:
            return dict.fromkeys(of_field, words)
    text = f"refused in a batch of {len(lines)}, of which some may have been stored: {words[:LONGEST]}"
    return {i: text for i, of_item in enumerate(lines) if of_item}
