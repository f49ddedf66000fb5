"""One open map: a WebSocket that is told what changed since it was last told.

    browser ──{"view": [west, south, east, north]}──> Screen
    browser <── binary: vessels (frames.py) ────────── Screen
    browser <── JSON: names, incidents, receivers, state ──┘

A screen waits for the hub, sends one round, and waits until the socket has taken it. Whatever happened meanwhile is
in the next round, so a slow browser costs no memory and is never behind by more than one round.
"""

import asyncio
import contextlib
import math
from typing import Any

import msgspec
from aiohttp import WSMsgType, web

from alerts.plain import incident as in_plain
from monitor.web import frames, plain
from monitor.web.frames import View
from monitor.web.hub import Hub

PULSE_S = 2.0  # told at least this often, so that a browser knows a stalled monitor from a quiet sea
AT_LEAST_S = 0.2  # between rounds: five pictures a second are as smooth as radar needs
MAX_MESSAGE_BYTES = 4096
SEND_LIMIT_S = 20.0  # a socket that takes nothing for so long is dropped; the browser comes back by itself


class Screen:
    """What one browser has been told so far."""

    def __init__(self, hub: Hub, socket: web.WebSocketResponse) -> None:
        self._hub = hub
        self._socket = socket
        self._view: View | None = None
        self._shown = frames.nothing()
        self._names: dict[float, bytes] = {}
        self._n_view = -1  # vessels in the view, as told last; -1 before the first frame
        self._version = -1  # nothing told yet: the first round tells all incidents, even when there are none
        self._receivers: object = None
        self.woken = asyncio.Event()

    async def live(self) -> None:
        """Serve until the browser goes."""
        sender = asyncio.create_task(self._send_rounds())
        try:
            async for message in self._socket:
                if message.type is WSMsgType.TEXT:
                    self._take(message.data)
        finally:
            sender.cancel()
            with contextlib.suppress(asyncio.CancelledError, ConnectionError, TimeoutError):
                await sender

    def _take(self, text: str) -> None:
        """A browser says where it looks; anything else is ignored."""
        try:
            asked = msgspec.json.decode(text)
            west, south, east, north = (float(degree) for degree in asked["view"])
        except (msgspec.DecodeError, KeyError, TypeError, ValueError):
            return
        if all(map(math.isfinite, (west, south, east, north))):
            self._view = View(west, south, east, north)
            self.woken.set()

    async def _send_rounds(self) -> None:
        try:
            while not self._socket.closed:
                self.woken.clear()
                async with asyncio.timeout(SEND_LIMIT_S):
                    await self._send_round()
                await asyncio.sleep(AT_LEAST_S)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(PULSE_S):
                        await self.woken.wait()
        finally:
            with contextlib.suppress(ConnectionError, TimeoutError):
                async with asyncio.timeout(1.0):
                    await self._socket.close()

    async def _send_round(self) -> None:
        hub = self._hub
        changed = sorted((n for n in hub.incidents.values() if n.version > self._version), key=lambda n: n.version)
        if changed or self._version < 0:
            told = [in_plain(n.incident) for n in changed]
            await self._send({"type": "incidents", "is_all": self._version < 0, "incidents": told})
            self._version = changed[-1].version if changed else 0
        if hub.receivers is not None and hub.receivers is not self._receivers:
            self._receivers = hub.receivers
            await self._send({"type": "receivers", "receivers": plain.receivers(hub.receivers)})
        if self._view is not None:
            await self._send_vessels(self._view)
        # a screen that looks where nothing is hears where the vessels are
        focus = {"focus": frames.focus(hub.shown)} if self._n_view == 0 else {}
        await self._send(state(hub) | focus)

    async def _send_vessels(self, view: View) -> None:
        shown, self._n_view = frames.inside(self._hub.shown, view)
        data, changed = frames.frame(self._shown, shown, self._n_view, self._hub.now_unix_s)
        self._shown = shown
        names = []
        ids = shown.record["target_id"]
        for row in changed.tolist():
            target_id, name = float(ids[row]), bytes(shown.name[row])
            if self._names.get(target_id, b"") != name:
                self._names[target_id] = name
                names.append([target_id, name.decode("ascii", "replace")])
        if names:
            await self._send({"type": "names", "names": names})
        await self._socket.send_bytes(data)

    async def _send(self, message: dict[str, Any]) -> None:
        await self._socket.send_str(plain.dumps(message).decode())


def state(hub: Hub) -> dict[str, Any]:
    """How the monitor does."""
    return {
        "type": "state",
        "now_unix_s": hub.now_unix_s,
        "quiet_s": round(hub.quiet_s, 1),
        "is_watching": hub.is_watching,
        "is_over": hub.is_over,
        "store_fault": hub.store_fault,
        "chart_version": hub.chart_version,
        "chart_fault": hub.chart_fault,
        "idle_fences": hub.idle_fences,
        "n_vessels": len(hub.shown),
        "refused_radars": [name for name, _ in hub.counts.refused_radars] if hub.counts else [],
        "counts": plain.counts(hub.counts) if hub.counts else None,
    }
