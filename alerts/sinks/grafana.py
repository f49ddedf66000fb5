"""Grafana annotations: one for each incident, a region from its opening to its close, on every dashboard that asks for
the tag `straitwatch`.

Which annotation is an incident's is kept in Grafana itself: it has the tag `straitwatch:<incident>`, and is looked for
before one is made. So neither a restart nor a lost store makes a second one, and nothing is kept here that could differ
from what is there. It is told again when the priority changes and when the incident is closed; what a person deleted
comes back with the next such change.

aiohttp and not grafana-client, which asks synchronously and would hold up the loop that delivers to all sinks.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import aiohttp
import msgspec
from msgspec import Meta

from alerts.alert import Priority
from alerts.incident import Incident, IncidentState
from alerts.items import Item, Kind
from alerts.sinks.answer import Answer, seconds_of, words_of
from alerts.sinks.contract import WriteResult
from alerts.sinks.secrets import secret

TAG = "straitwatch"


@dataclass(frozen=True, slots=True)
class GrafanaSettings:
    """A [[sinks]] block of type "grafana"."""

    name: str
    url: str
    secret_env: str  # the token of a service account that may write annotations
    secret_file: str
    map_url: str  # of the live map, for a link in each annotation; "" none
    timeout_s: Annotated[float, Meta(gt=0)]
    takes_exercises: bool


@dataclass(frozen=True, slots=True)
class Told:
    """What an annotation says of an incident, as far as it is worth saying anew."""

    number: int  # Grafana's id of it
    priority: Priority
    is_closed: bool


class GrafanaSink:
    """One Grafana."""

    batch = 50
    kinds = frozenset({Kind.INCIDENT})

    def __init__(self, settings: GrafanaSettings) -> None:
        """Raises ValueError when the token cannot be had."""
        self.name = settings.name
        self._settings = settings
        self._token = secret(settings.secret_env, settings.secret_file)
        self._url = settings.url.rstrip("/")
        self._told: dict[str, Told] = {}  # incident -> its annotation, of those that this run has told and are open
        self._http: aiohttp.ClientSession | None = None

    async def write(self, batch: Sequence[Item]) -> WriteResult:
        """One by one; of several states of an incident only the last is told."""
        last = {item.body.incident_id: i for i, item in enumerate(batch) if isinstance(item.body, Incident)}
        refused: dict[int, str] = {}
        for i, item in enumerate(batch):
            if not isinstance(item.body, Incident) or last[item.body.incident_id] != i:
                continue
            answer = await self._tell(item.body)
            if answer.status in (400, 409, 413, 422):
                refused[i] = answer.words
            elif not 200 <= answer.status < 300:
                accepted = tuple(j for j in range(i) if j not in refused)
                reason = f"HTTP {answer.status}: {answer.words}" if answer.status else answer.words
                needs_repair = answer.status in (401, 403, 404)
                kept = tuple(range(i, len(batch)))
                return WriteResult(accepted, refused, kept, reason, answer.retry_after_s, needs_repair)
        return WriteResult(tuple(i for i in range(len(batch)) if i not in refused), refused)

    async def _tell(self, incident: Incident) -> Answer:
        """Make or change its annotation, if there is anything new to say."""
        is_closed = incident.state is IncidentState.CLOSED
        told = self._told.get(incident.incident_id)
        if told and (told.priority, told.is_closed) == (incident.priority, is_closed):
            return Answer(200, "")
        number = told.number if told else 0
        if not number:
            answer, number = await self._found(incident.incident_id)
            if answer.status != 200:
                return answer
        body = annotation_of(incident, self._settings.map_url)
        if number:
            answer, _ = await self._ask("PATCH", f"/api/annotations/{number}", body)
        if not number or answer.status == 404:  # the call is known, since the look was answered: somebody deleted it
            answer, made = await self._ask("POST", "/api/annotations", body)
            number = int(made.get("id", 0)) if isinstance(made, dict) else 0
        if answer.status == 200:
            self._told[incident.incident_id] = Told(number, incident.priority, is_closed)
            if is_closed:
                del self._told[incident.incident_id]
        return answer

    async def _found(self, incident_id: str) -> tuple[Answer, int]:
        """Its annotation's id; 0 where there is none."""
        asked = [("tags", TAG), ("tags", f"{TAG}:{incident_id}"), ("limit", "1")]
        answer, found = await self._ask("GET", "/api/annotations", None, asked)
        return answer, int(found[0]["id"]) if answer.status == 200 and isinstance(found, list) and found else 0

    async def _ask(
        self, method: str, path: str, body: dict[str, Any] | None, asked: Sequence[tuple[str, str]] = ()
    ) -> tuple[Answer, Any]:
        """One request; never raises for what the network or the server does."""
        try:
            data = msgspec.json.encode(body) if body is not None else None
            url = self._url + path
            async with self._session().request(method, url, params=list(asked), data=data) as response:
                text = await response.text(errors="replace")
                found = msgspec.json.decode(text) if 200 <= response.status < 300 else None
                return Answer(response.status, words_of(text), seconds_of(response.headers.get("Retry-After"))), found
        except msgspec.DecodeError:
            return Answer(404, f"{self._url} does not answer as Grafana does"), None
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return Answer(0, f"not reached at {self._url}: {error or type(error).__name__}"), None

    def _session(self) -> aiohttp.ClientSession:
        if self._http is None:
            self._http = aiohttp.ClientSession(
                headers={"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"},
                timeout=aiohttp.ClientTimeout(total=self._settings.timeout_s),
            )
        return self._http

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()


def annotation_of(incident: Incident, map_url: str) -> dict[str, Any]:
    """What Grafana is given. Its text is shown as HTML, and names come over the air from anybody."""
    lines = [f"#{incident.number} {html.escape(incident.title)}", html.escape(incident.reason)]
    if map_url:
        address = html.escape(f"{map_url.rstrip('/')}/#incident={incident.incident_id}")
        lines.append(f'<a href="{address}">Live map</a>')
    tags = [TAG, f"{TAG}:{incident.incident_id}", Priority(incident.priority).name.lower()]
    body: dict[str, Any] = {
        "time": round(incident.t_opened_unix_s * 1000),
        "tags": [*tags, "exercise"] if incident.is_exercise else tags,
        "text": "\n".join(lines),
    }
    if incident.state is IncidentState.CLOSED:
        body["timeEnd"] = round(incident.t_changed_unix_s * 1000)
    return body
