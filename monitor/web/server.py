"""The live map's server: the page, what it draws, and the way back for what people do.

Nothing is loaded from elsewhere and no other site may drive it: one policy for all pages, and every write and every
WebSocket must come from the page itself (the Origin header names this host). A command is on disk before it is
answered; what it did comes back to every screen as the changed incident.
"""

import asyncio
import gzip
import re
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec
from aiohttp import WSCloseCode, web

from alerts.database import StoreError
from alerts.export import Told, incidents_geojson
from alerts.incident import Command, Incident, Verb
from alerts.plain import incident as in_plain
from monitor.cells import CELL_NM
from monitor.covered import Covered
from monitor.drawn import Drawn
from monitor.web import acknowledge, drawing, metrics, plain
from monitor.web.acknowledge import Links
from monitor.web.hub import Hub
from monitor.web.refusal import MAX_WHO, refuse
from monitor.web.screen import MAX_MESSAGE_BYTES, Screen, state

STATIC = Path(__file__).parent / "static"
MAX_BODY_BYTES = 16 << 10
MAX_SCREENS = 200  # a console room has tens; more is a fault or an attack
MAX_TRAILS = 500
MAX_TEXT = 2000
LONGEST_SHELF_S = 86400.0
HEARTBEAT_S = 20.0
ID = re.compile(r"[0-9A-Za-z-]{1,64}")
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
    "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Act(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a command."""

    who: str
    text: str = ""
    duration_s: float = 0.0
    command_id: str = ""


@dataclass(frozen=True)
class Site:
    """What the handlers share."""

    hub: Hub
    submit: Callable[[Command], None]
    page: dict[str, Any]
    land: bytes  # gzipped once
    screens: set[Screen] = field(default_factory=set)
    sockets: set[web.WebSocketResponse] = field(default_factory=set)


SITE = web.AppKey("site", Site)


def create_app(
    hub: Hub,
    *,
    submit: Callable[[Command], None],
    drawn: Drawn | None,
    land: bytes,
    title: str,
    is_exercise: bool,
    grafana_url: str = "",
    links: Links | None = None,
) -> web.Application:
    """The application; `submit` puts a person's command on disk.

    grafana_url : for links there; "" none. links : of notices; None where there are none
    """
    grafana_url = grafana_url.rstrip("/")
    page = {"title": title, "is_exercise": is_exercise, "can_draw": drawn is not None, "grafana_url": grafana_url}
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[_guarded])
    app[SITE] = Site(hub, submit, page, gzip.compress(land, 6))
    if drawn is not None:
        drawing.add_routes(app, drawn, hub)
    if links is not None:
        acknowledge.add_routes(app, links, hub)
    app.router.add_get("/", _index)
    app.router.add_get("/ws", _socket)
    app.router.add_get("/healthz", _health)
    app.router.add_get("/metrics", _metrics)
    app.router.add_get("/api/page", _page)
    app.router.add_get("/api/{name:chart|land}", _body)
    app.router.add_get("/api/incidents", _incidents)
    app.router.add_get("/api/incidents.geojson", _incidents_geojson)
    app.router.add_get("/api/receivers", _receivers)
    app.router.add_get("/api/trails", _trails)
    app.router.add_get("/api/coverage", _coverage)
    app.router.add_get(r"/api/vessels/{target_id:\d{1,15}}", _vessel)
    app.router.add_post("/api/incidents/{incident_id}/{verb}", _act)
    app.router.add_static("/static", STATIC)
    app.on_startup.append(_start)
    app.on_shutdown.append(_stop)
    return app


async def _start(app: web.Application) -> None:
    """Wake the screens whenever the hub has something new, from whatever thread."""
    loop = asyncio.get_running_loop()
    site = app[SITE]

    def wake_all() -> None:
        for screen in site.screens:
            screen.woken.set()

    def wake() -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(wake_all)

    site.hub.listen(wake)


async def _stop(app: web.Application) -> None:
    for socket in list(app[SITE].sockets):
        await socket.close(code=WSCloseCode.GOING_AWAY, message=b"the monitor ends")


@web.middleware
async def _guarded(request: web.Request, handler: Handler) -> web.StreamResponse:
    """No write and no socket from another site; the policy on every answer."""
    is_act = request.method not in {"GET", "HEAD"} and not request.path.startswith(acknowledge.PREFIX)
    if (is_act or request.path == "/ws") and not _is_own(request):
        raise web.HTTPForbidden(text="this request did not come from the map itself", headers=HEADERS)
    try:
        response = await handler(request)
    except web.HTTPException as error:
        error.headers.update({**HEADERS, **error.headers})
        raise
    if not response.prepared:
        response.headers.update({**HEADERS, **response.headers})
        response.headers.setdefault("Cache-Control", "no-cache")
    return response


def _is_own(request: web.Request) -> bool:
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc == request.host


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(body=plain.dumps(value), content_type="application/json", status=status)


async def _index(request: web.Request) -> web.StreamResponse:
    return web.FileResponse(STATIC / "index.html")


async def _page(request: web.Request) -> web.StreamResponse:
    return _json(request.app[SITE].page)


async def _body(request: web.Request) -> web.StreamResponse:
    site = request.app[SITE]
    headers = {}
    if at := urlsplit(site.page["grafana_url"]).netloc:  # its geomap panel draws the fences
        headers["Access-Control-Allow-Origin"] = f"{urlsplit(site.page['grafana_url']).scheme}://{at}"
    body = site.land
    if request.match_info["name"] == "chart":
        # version first: if the chart changes in between, the browser only fetches it once more
        headers["ETag"], body = f'"{site.hub.chart_version}"', site.hub.chart
    if "gzip" not in request.headers.get("Accept-Encoding", ""):
        body = gzip.decompress(body)
    else:
        headers["Content-Encoding"] = "gzip"
    return web.Response(body=body, content_type="application/geo+json", headers=headers)


async def _health(request: web.Request) -> web.StreamResponse:
    """200 while the pipeline tells pictures, 503 when it does not."""
    found = state(request.app[SITE].hub)
    return _json(found, 200 if found["is_watching"] else 503)


async def _metrics(request: web.Request) -> web.StreamResponse:
    return web.Response(
        body=metrics.exposition(request.app[SITE].hub), headers={"Content-Type": "text/plain; version=0.0.4"}
    )


async def _incidents(request: web.Request) -> web.StreamResponse:
    return _json({"incidents": [in_plain(one) for one in _newest(request)]})


async def _incidents_geojson(request: web.Request) -> web.StreamResponse:
    """The same for other maps: a point each, no person named. Paths are in `straitwatch export`."""
    body = incidents_geojson([Told(one) for one in _newest(request)])
    return web.Response(body=body, content_type="application/geo+json")


def _newest(request: web.Request) -> list[Incident]:
    held = request.app[SITE].hub.incidents.values()
    return sorted((n.incident for n in held), key=lambda i: i.t_opened_unix_s, reverse=True)


async def _receivers(request: web.Request) -> web.StreamResponse:
    found = request.app[SITE].hub.receivers
    return _json({"receivers": plain.receivers(found) if found else []})


async def _vessel(request: web.Request) -> web.StreamResponse:
    """All that is known of one vessel, and where it came from."""
    hub, target_id = request.app[SITE].hub, int(request.match_info["target_id"])

    def read() -> dict[str, Any] | None:
        with hub.lock:
            found, boat = hub.details(target_id), hub.boat(target_id)
            if found is None and boat is None:
                return None
            said = plain.vessel(found, hub.receivers) if found else None
            return {"vessel": said, "radar": boat, "trail": plain.trail(hub.trail(target_id))}

    known = await asyncio.to_thread(read)
    if known is None:
        raise refuse(web.HTTPNotFound, "no vessel of this number is in the picture")
    return _json(known)


async def _coverage(request: web.Request) -> web.StreamResponse:
    """What each receiver and radar normally gets of what is there, in cells of `cell_nm`."""
    hub = request.app[SITE].hub

    def read() -> list[Covered]:
        with hub.lock:
            return hub.coverage()

    return _json({"cell_nm": CELL_NM, "cells": await asyncio.to_thread(read)})


async def _trails(request: web.Request) -> web.StreamResponse:
    """Recent paths of several vessels: ?ids=1,2,3."""
    hub = request.app[SITE].hub
    try:
        ids = [int(text) for text in request.query.get("ids", "").split(",") if text][:MAX_TRAILS]
    except ValueError as error:
        raise refuse(web.HTTPBadRequest, "ids are whole numbers with commas between") from error

    def read() -> dict[str, Any]:
        with hub.lock:
            return {str(target_id): plain.trail(hub.trail(target_id)) for target_id in ids}

    return _json({"trails": await asyncio.to_thread(read)})


async def _act(request: web.Request) -> web.StreamResponse:
    """A person acts on an incident; answered once the command is on disk."""
    site = request.app[SITE]
    if site.hub.is_over:
        raise refuse(web.HTTPConflict, "the recording has ended: nothing can be changed any more")
    command = _command(request, await request.read())
    try:
        await asyncio.to_thread(site.submit, command)
    except StoreError as error:
        raise refuse(web.HTTPServiceUnavailable, f"the command could not be stored: {error}") from error
    return _json({"command_id": command.command_id}, 202)


def _command(request: web.Request, body: bytes) -> Command:
    """Check what came; every refusal says why."""
    site = request.app[SITE]
    incident_id = request.match_info["incident_id"]
    try:
        verb = Verb(request.match_info["verb"])
        act = msgspec.json.decode(body, type=Act)
    except (ValueError, msgspec.DecodeError) as error:
        raise refuse(web.HTTPBadRequest, str(error)) from error
    if incident_id not in site.hub.incidents:
        raise refuse(web.HTTPNotFound, f"there is no incident {incident_id}")
    who, text = act.who.strip(), act.text.strip()
    if not who or len(who) > MAX_WHO:
        raise refuse(web.HTTPBadRequest, f"who acts? A name of 1 to {MAX_WHO} characters is needed")
    if len(text) > MAX_TEXT:
        raise refuse(web.HTTPBadRequest, f"the text is longer than {MAX_TEXT} characters")
    if verb in {Verb.CLOSE, Verb.NOTE} and not text:
        raise refuse(web.HTTPBadRequest, "closing needs a reason" if verb is Verb.CLOSE else "the note is empty")
    if verb is Verb.SHELVE and not 0 < act.duration_s <= LONGEST_SHELF_S:
        raise refuse(web.HTTPBadRequest, "shelving needs a duration of up to a day")
    if act.command_id and not ID.fullmatch(act.command_id):
        raise refuse(web.HTTPBadRequest, "command_id: up to 64 letters, digits and dashes")
    return Command(
        command_id=act.command_id or uuid.uuid4().hex,
        t_unix_s=site.hub.now_unix_s,
        who=who,
        verb=verb,
        incident_id=incident_id,
        text=text,
        duration_s=act.duration_s if verb is Verb.SHELVE else 0.0,
    )


async def _socket(request: web.Request) -> web.StreamResponse:
    site = request.app[SITE]
    if len(site.screens) >= MAX_SCREENS:
        raise refuse(web.HTTPServiceUnavailable, "too many maps are open")
    socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=MAX_MESSAGE_BYTES)
    await socket.prepare(request)
    screen = Screen(site.hub, socket)
    site.screens.add(screen)
    site.sockets.add(socket)
    site.hub.n_screens = len(site.screens)
    try:
        await screen.live()
    finally:
        site.screens.discard(screen)
        site.sockets.discard(socket)
        site.hub.n_screens = len(site.screens)
    return socket
