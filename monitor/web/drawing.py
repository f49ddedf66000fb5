"""Drawing fences over HTTP: what people ask of `monitor.drawn`, and what they are told."""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
from aiohttp import web

from alerts.database import StoreError
from monitor.drawn import Drawn, Refused, Unknown
from monitor.web.hub import Hub
from monitor.web.refusal import MAX_WHO, refuse

DRAWN: web.AppKey[Drawn] = web.AppKey("drawn", Drawn)
HUB: web.AppKey[Hub] = web.AppKey("drawing_hub", Hub)


class Wish(msgspec.Struct, forbid_unknown_fields=True):
    """What a screen sends."""

    who: str
    name: str = ""
    kind: str = "exclusion_zone"
    geometry: Any = None  # null leaves that of a drawn one
    active_until: str | None = None  # RFC 3339; "" never ends, null leaves it


def add_routes(app: web.Application, drawn: Drawn, hub: Hub) -> None:
    """GET /api/drawn, POST /api/drawn, PUT /api/drawn/ID, POST /api/drawn/ID/disable|enable|delete."""
    app[DRAWN], app[HUB] = drawn, hub
    app.router.add_get("/api/drawn", _list)
    app.router.add_post("/api/drawn", _put)
    app.router.add_put("/api/drawn/{fence_id}", _put)
    app.router.add_post("/api/drawn/{fence_id}/{verb}", _act)


async def _list(request: web.Request) -> web.StreamResponse:
    features = await _done(request.app[DRAWN].features)
    return web.json_response({"type": "FeatureCollection", "features": features})


async def _put(request: web.Request) -> web.StreamResponse:
    """Draw a fence, or change one."""
    wish = await _wish(request)
    fence_id = request.match_info.get("fence_id", "")
    put = request.app[DRAWN].put
    until = wish.active_until
    found = await _done(lambda: put(wish.who, wish.name, wish.kind, wish.geometry, fence_id, active_until=until))
    return web.json_response({"id": found}, status=200 if fence_id else 201)


async def _act(request: web.Request) -> web.StreamResponse:
    """Disable, enable or delete one."""
    wish = await _wish(request)
    fence_id, verb = request.match_info["fence_id"], request.match_info["verb"]
    await _done(lambda: request.app[DRAWN].act(wish.who, verb, fence_id))
    return web.json_response({"id": fence_id})


async def _wish(request: web.Request) -> Wish:
    if request.app[HUB].is_over:
        raise refuse(web.HTTPConflict, "the recording has ended: nothing can be changed any more")
    try:
        wish = msgspec.json.decode(await request.read(), type=Wish)
    except msgspec.DecodeError as error:
        raise refuse(web.HTTPBadRequest, str(error)) from error
    wish.who = wish.who.strip()
    if not 0 < len(wish.who) <= MAX_WHO:
        raise refuse(web.HTTPBadRequest, f"who draws? A name of 1 to {MAX_WHO} characters is needed")
    return wish


async def _done(work: Callable[[], Any]) -> Any:
    """Do it beside the event loop: a disk may stand still. Every refusal says why."""
    try:
        return await asyncio.to_thread(work)
    except Refused as error:
        raise refuse(web.HTTPBadRequest, str(error)) from error
    except Unknown as error:
        raise refuse(web.HTTPNotFound, "there is no drawn fence of this id") from error
    except (StoreError, OSError, ValueError) as error:
        raise refuse(web.HTTPServiceUnavailable, f"the fence could not be kept: {error}") from error
