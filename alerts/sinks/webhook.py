"""Notices as JSON to a URL, signed: one POST each.

    2xx                 taken
    401 403 404 3xx     an address, a key or a right is wrong: somebody must mend it, everything waits until then
    408 425 429 5xx, none     later; as late as the server says (Retry-After)
    any other           this one is refused for good

The header `Straitwatch-Signature: sha256=...` is the HMAC-SHA256 of the body, in hexadecimal, with the shared secret. A
repeat has the same `id` in the body.
"""

import hashlib
import hmac
from dataclasses import dataclass
from typing import Annotated, Any

import aiohttp
import msgspec
from msgspec import Meta

from alerts.alert import Priority
from alerts.notices.notice import Notice
from alerts.sinks.answer import seconds_of, words_of
from alerts.sinks.channel import Channel, Said
from alerts.sinks.secrets import secret

LONGEST_WORDS = 500
LATER = (408, 425, 429)
MEND = (401, 403, 404)


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """A [[sinks]] block of type "webhook"."""

    name: str
    url: str
    secret_env: str
    secret_file: str
    timeout_s: Annotated[float, Meta(gt=0)]
    takes_exercises: bool


class WebhookSink(Channel):
    """One URL. A machine reads it: it gets every step, also those that a person would not need any more."""

    only_newest = False

    def __init__(self, settings: WebhookSettings) -> None:
        """Raises ValueError when the secret is named and cannot be had."""
        super().__init__(settings.name, takes_exercises=settings.takes_exercises)
        self._settings = settings
        self._secret = secret(settings.secret_env, settings.secret_file).encode()
        self._http: aiohttp.ClientSession | None = None

    async def send(self, notice: Notice) -> Said:
        if self._http is None:
            self._http = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._settings.timeout_s))
        body = body_of(notice)
        headers = {"Content-Type": "application/json"}
        if self._secret:
            headers["Straitwatch-Signature"] = signature(self._secret, body)
        return await posted(self._http, self._settings.url, data=body, headers=headers)

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()


async def posted(http: aiohttp.ClientSession, url: str, **given: Any) -> Said:
    """One POST, and what came of it. Never raises for what the network or the other side does."""
    try:
        async with http.post(url, allow_redirects=False, **given) as answer:
            return await judged(answer)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        return Said(False, f"not reached: {error or type(error).__name__}", is_away=True)


async def judged(answer: aiohttp.ClientResponse) -> Said:
    """What an HTTP answer means for a notice."""
    status = answer.status
    words = f"HTTP {status} {words_of(await answer.content.read(LONGEST_WORDS))}".strip()
    if 200 <= status < 300:
        return Said(True, words)
    if status in MEND or 300 <= status < 400:
        return Said(False, words, is_away=True, needs_repair=True)
    if status in LATER or status >= 500:
        return Said(False, words, is_away=True, retry_after_s=seconds_of(answer.headers.get("Retry-After")))
    return Said(False, words, is_for_good=True)


def signature(key: bytes, body: bytes) -> str:
    """The header's value."""
    return "sha256=" + hmac.new(key, body, hashlib.sha256).hexdigest()


def body_of(notice: Notice) -> bytes:
    """The JSON document; what is missing is null."""
    incident = notice.incident
    return msgspec.json.encode(
        {
            "id": notice.notice_id,
            "step": notice.step.value,
            "t_unix_s": notice.t_unix_s,
            "is_exercise": notice.is_exercise,
            "route": notice.route,
            "to": {"who": notice.to.who, "address": notice.to.address, "duty": notice.to.role},
            "priority": Priority(notice.priority).name.lower(),
            "subject": notice.subject,
            "text": notice.text,
            "link": notice.link,
            "incident": {
                "id": incident.incident_id,
                "number": incident.number,
                "state": incident.state.value,
                "title": incident.title,
                "reason": incident.reason,
                "lat_deg": incident.lat_deg,
                "lon_deg": incident.lon_deg,
                "t_position_unix_s": incident.t_position_unix_s,
                "t_opened_unix_s": incident.t_opened_unix_s,
                "t_changed_unix_s": incident.t_changed_unix_s,
                "owner": incident.owner,
                "mmsi": incident.subject.mmsi if incident.subject.mmsi >= 0 else None,
                "rules": sorted({alert.rule for alert in incident.alerts if not alert.is_retracted}),
            },
        }
    )
