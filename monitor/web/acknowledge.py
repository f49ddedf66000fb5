"""The page behind the link of a notice: what the incident is now, and one button that acknowledges it.

For a phone held by somebody just woken: no script, no login but the link itself, one column, one large button. Reading
changes nothing, since mail scanners and previews open every link; only the button does, by POST. The link is the right
to acknowledge this incident (alerts/notices/links.py), so the page is not asked where the POST came from: whoever could
forge one would have to know the link.
"""

import asyncio
import html
import math
import uuid
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

import structlog
from aiohttp import web

from alerts import words
from alerts.alert import Priority
from alerts.database import StoreError
from alerts.incident import Command, Incident, IncidentState, Verb
from alerts.notices import links
from alerts.notices.links import Expired, Grant
from alerts.store import Store
from monitor.web.hub import Hub
from monitor.web.refusal import MAX_WHO

LOG = structlog.get_logger("web")
PREFIX = "/a/"
APPLIED_S, ASK_S = 3.0, 0.1  # how long the answer waits for the next tick to take the command
MAX_COMMAND_ID = 64
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex",
}
WAITING = (IncidentState.UNACKNOWLEDGED, IncidentState.RETURNED)


@dataclass(frozen=True, slots=True)
class Links:
    """What the page needs beside the hub."""

    key: bytes
    store: Store
    time_zone: str


def add_routes(app: web.Application, shared: Links, hub: Hub) -> None:
    """The page at /a/TOKEN."""
    page = _Page(shared, hub)
    app.router.add_get(PREFIX + "{token}", page.show)
    app.router.add_post(PREFIX + "{token}", page.acknowledge)


@dataclass(frozen=True, slots=True)
class _Page:
    shared: Links
    hub: Hub

    async def show(self, request: web.Request) -> web.StreamResponse:
        grant, incident = await self._granted(request)
        return _answer(self._incident(incident, grant))

    async def acknowledge(self, request: web.Request) -> web.StreamResponse:
        """By whom the link was sent to, or by the name that was typed in."""
        grant, incident = await self._granted(request)
        form = await request.post()
        who = (grant.who or str(form.get("who", ""))).strip()[:MAX_WHO]
        command_id = str(form.get("command_id", ""))[:MAX_COMMAND_ID] or uuid.uuid4().hex
        if self.hub.is_over:
            return _answer(_said("The recording has ended: nothing can be changed any more.", "bad"), 409)
        if not who:
            return _answer(self._incident(incident, grant, "Your name is needed."), 400)
        text = f"by link ({grant.channel})"
        command = Command(command_id, self.hub.now_unix_s, who, Verb.ACK, incident.incident_id, text)
        try:
            await asyncio.to_thread(self.shared.store.submit, command)
            is_applied = await self._applied(command_id)
            now_so = await asyncio.to_thread(self.shared.store.incident, incident.incident_id)
        except StoreError as error:
            LOG.warning("an acknowledgement by link could not be stored", reason=str(error))
            return _answer(_said("It could NOT be stored. Try again, or call the operations room.", "bad"), 503)
        if not is_applied:
            said = "Your acknowledgement is stored, and takes effect when the monitor runs its next step."
            return _answer(_said(said, "wait") + self._incident(incident, grant), 202)
        return _answer(self._incident(now_so or incident, grant))

    async def _applied(self, command_id: str) -> bool:
        for _ in range(round(APPLIED_S / ASK_S)):
            if await asyncio.to_thread(self.shared.store.is_applied, command_id):
                return True
            await asyncio.sleep(ASK_S)
        return False

    async def _granted(self, request: web.Request) -> tuple[Grant, Incident]:
        """What the link allows; an answer in words where it allows nothing."""
        try:
            grant = links.grant_of(self.shared.key, request.match_info["token"], self.hub.now_unix_s)
            incident = await asyncio.to_thread(self.shared.store.incident, grant.incident_id)
        except Expired:
            raise _refused(web.HTTPGone, "This link has expired. Use a newer message, or the live map.") from None
        except ValueError:
            raise _refused(web.HTTPNotFound, "This is not a link of this monitor. Was it cut off?") from None
        except StoreError as error:
            LOG.warning("a link could not be answered", reason=str(error))
            raise _refused(web.HTTPServiceUnavailable, "The monitor cannot read its store. Try again.") from None
        if incident is None and grant.incident_id in self.hub.incidents:  # while the disk takes nothing
            incident = self.hub.incidents[grant.incident_id].incident
        if incident is None:
            raise _refused(web.HTTPNotFound, "There is no such incident.")
        return grant, incident

    def _incident(self, one: Incident, grant: Grant, fault: str = "") -> str:
        zone, now = ZoneInfo(self.shared.time_zone), self.hub.now_unix_s
        rows = [
            ("Where", words.place(one.lat_deg, one.lon_deg)),
            ("Seen there", _when(one.t_position_unix_s, zone, now)),
            ("Since", _when(one.t_opened_unix_s, zone, now)),
            ("Why", one.reason),
        ]
        listed = "".join(f"<dt>{name}</dt><dd>{html.escape(said)}</dd>" for name, said in rows)
        priority = Priority(one.priority).name
        exercise = '<p class="exercise">EXERCISE: nobody is in danger</p>' if one.is_exercise else ""
        return (
            f'{exercise}<p class="priority {priority.lower()}">{priority} · incident {one.number}</p>'
            f"<h1>{html.escape(one.title)}</h1><dl>{listed}</dl>{_state(one, zone, now)}"
            f"{_form(grant, fault) if one.state in WAITING else ''}"
            f'<p><a href="/#incident={one.incident_id}">Live map</a></p>'
        )


def _form(grant: Grant, fault: str) -> str:
    """The button, and a name where the link does not know who presses it."""
    name = (
        ""
        if grant.who
        else f'<label>Your name<input name="who" maxlength="{MAX_WHO}" autocomplete="name" required></label>'
    )
    label = f"Acknowledge as {html.escape(grant.who)}" if grant.who else "Acknowledge"
    told = f'<p class="bad">{html.escape(fault)}</p>' if fault else ""
    return (
        f'<form method="post">{told}{name}<input type="hidden" name="command_id" value="{uuid.uuid4().hex}">'
        f"<button>{label}</button></form>"
        "<p>To acknowledge says: I have it. It stops further calls; it closes nothing.</p>"
    )


def _state(one: Incident, zone: ZoneInfo, now_unix_s: float) -> str:
    match one.state:
        case IncidentState.ACKNOWLEDGED:
            since = _when(one.t_acknowledged_unix_s, zone, now_unix_s)
            return _said(f"Acknowledged by {one.owner}, {since}.", "good")
        case IncidentState.CLOSED:
            return _said(f"Closed, {_when(one.t_changed_unix_s, zone, now_unix_s)}.", "good")
        case IncidentState.SHELVED:
            return _said(f"Shelved until {words.utc(one.shelved_until_unix_s)}.", "wait")
        case IncidentState.RETURNED:
            return _said("Nobody has acknowledged it. Its alerts have ended by themselves.", "bad")
        case IncidentState.UNACKNOWLEDGED:
            return _said("Nobody has acknowledged it.", "bad")


def _when(t_unix_s: float, zone: ZoneInfo, now_unix_s: float) -> str:
    """02:14:05 UTC (03:14 CET), 4 min ago"""
    if not math.isfinite(t_unix_s):
        return "at an unknown time"
    local = datetime.fromtimestamp(t_unix_s, zone)
    shown = f" ({local:%H:%M %Z})" if local.utcoffset() else ""
    ago = f", {words.span(now_unix_s - t_unix_s)} ago" if now_unix_s >= t_unix_s else ""
    return f"{words.utc(t_unix_s)}{shown}{ago}"


def _said(text: str, how: str) -> str:
    return f'<p class="{how}">{html.escape(text)}</p>'


def _document(body: str) -> str:
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Straitwatch</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<link rel="stylesheet" href="/static/acknowledge.css"><main>{body}</main></html>'
    )


def _answer(body: str, status: int = 200) -> web.Response:
    return web.Response(text=_document(body), content_type="text/html", status=status, headers=HEADERS)


def _refused(status: type[web.HTTPException], why: str) -> web.HTTPException:
    return status(text=_document(_said(why, "bad")), content_type="text/html", headers=HEADERS)
