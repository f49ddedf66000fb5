"""A Grafana for tests: the calls that straitwatch makes, answered as the HTTP API's documentation says.

Source: Grafana documentation, HTTP API (legacy /api): folders, dashboards, dashboard versions, annotations.
"""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

from tests.web.watch import served

TOKEN = "a-token"


@dataclass
class Held:
    """One dashboard."""

    board: dict[str, Any]
    folder_uid: str
    versions: list[dict[str, Any]]
    is_provisioned: bool = False

    @property
    def version(self) -> int:
        return int(self.versions[-1]["version"])


@dataclass
class FakeGrafana:
    """What it holds, and how it misbehaves."""

    is_old: bool = False  # answers with versions as Grafana 10 does
    hangs: bool = False  # takes a request and never answers
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)  # status and headers, given out in order
    folders: dict[str, str] = field(default_factory=dict)  # uid -> title
    boards: dict[str, Held] = field(default_factory=dict)
    annotations: dict[int, dict[str, Any]] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    refused: str = ""  # an annotation with this in it is one that it never takes
    before_save: Any = None  # called when a dashboard is about to be saved, or a folder made
    prefix: str = ""

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        ended = asyncio.Event()

        @web.middleware
        async def guarded(request: web.Request, handler: Any) -> web.StreamResponse:
            if self.hangs:
                await ended.wait()
            return await self._guarded(request, handler)

        app = web.Application(middlewares=[guarded])
        add = app.router.add_route
        add("GET", f"{self.prefix}/api/folders", self._folders)
        add("POST", f"{self.prefix}/api/folders", self._make_folder)
        add("GET", f"{self.prefix}/api/dashboards/uid/{{uid}}", self._board)
        add("GET", f"{self.prefix}/api/dashboards/uid/{{uid}}/versions", self._versions)
        add("POST", f"{self.prefix}/api/dashboards/db", self._save)
        add("GET", f"{self.prefix}/api/annotations", self._find)
        add("POST", f"{self.prefix}/api/annotations", self._annotate)
        add("PATCH", f"{self.prefix}/api/annotations/{{id}}", self._change)
        async with served(app) as url:
            yield url + self.prefix
            ended.set()

    @property
    def writes(self) -> list[tuple[str, str]]:
        return [call for call in self.calls if call[0] != "GET"]

    async def _guarded(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.calls.append((request.method, request.path))
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return said(401, message="Invalid API key")
        if self.answers:
            status, headers = self.answers.pop(0)
            return web.json_response({"message": "as it was told to"}, status=status, headers=headers)
        found: web.StreamResponse = await handler(request)
        return found

    # ---- folders ----

    async def _folders(self, request: web.Request) -> web.Response:
        return web.json_response([{"id": i, "uid": uid, "title": t} for i, (uid, t) in enumerate(self.folders.items())])

    async def _make_folder(self, request: web.Request) -> web.Response:
        title = (await request.json())["title"]
        if self.before_save:
            self.before_save()
        if title in self.folders.values():
            return said(412, message="a folder with the same name already exists", status="name-exists")
        uid = f"f{len(self.folders)}"
        self.folders[uid] = title
        return web.json_response({"id": 1, "uid": uid, "title": title, "version": 1})

    # ---- dashboards ----

    def edit(self, uid: str, message: str = "moved a panel") -> None:
        """As a person does."""
        held = self.boards[uid]
        held.board["title"] += "!"
        held.versions.append({"version": held.version + 1, "message": message, "createdBy": "jo"})

    async def _board(self, request: web.Request) -> web.Response:
        held = self.boards.get(request.match_info["uid"])
        if held is None:
            return said(404, message="Dashboard not found")
        meta = {"folderUid": held.folder_uid, "provisioned": held.is_provisioned, "version": held.version}
        return web.json_response({"meta": meta, "dashboard": {**held.board, "id": 7, "version": held.version}})

    async def _versions(self, request: web.Request) -> web.Response:
        limit = int(request.query.get("limit", 1000))
        newest = self.boards[request.match_info["uid"]].versions[::-1][:limit]
        return web.json_response(newest if self.is_old else {"continueToken": "", "versions": newest})

    async def _save(self, request: web.Request) -> web.Response:
        sent = await request.json()
        if self.before_save:
            self.before_save()
        board = sent["dashboard"]
        held = self.boards.get(board["uid"])
        if sent["folderUid"] not in self.folders:
            return said(400, message="folder not found")
        if held is None and any(other.board["title"] == board["title"] for other in self.boards.values()):
            return said(
                412, message="A dashboard with the same name in the folder already exists", status="name-exists"
            )
        if held is not None and held.is_provisioned:
            return said(400, message="Cannot save provisioned dashboard")
        if held is not None and board.get("version") != held.version and not sent["overwrite"]:
            return said(412, message="The dashboard has been changed by someone else", status="version-mismatch")
        version = {"version": held.version + 1 if held else 1, "message": sent["message"], "createdBy": "straitwatch"}
        self.boards[board["uid"]] = Held(board, sent["folderUid"], [*(held.versions if held else []), version])
        return web.json_response({"uid": board["uid"], "status": "success", "version": version["version"]})

    # ---- annotations ----

    async def _find(self, request: web.Request) -> web.Response:
        wanted = set(request.query.getall("tags", []))
        found = [{"id": i, **one} for i, one in self.annotations.items() if wanted <= set(one["tags"])]
        return web.json_response(found[: int(request.query.get("limit", 100))])

    async def _annotate(self, request: web.Request) -> web.Response:
        sent = msgspec.json.decode(await request.read())
        if self.refused and self.refused in sent["tags"][1]:
            return said(400, message="bad tag")
        assert {"time", "tags", "text"} <= set(sent) <= {"time", "timeEnd", "tags", "text", "dashboardUID", "panelId"}
        assert all(isinstance(sent[name], int) for name in ("time", "timeEnd") if name in sent)
        number = len(self.annotations) + 1
        self.annotations[number] = sent
        return web.json_response({"message": "Annotation added", "id": number})

    async def _change(self, request: web.Request) -> web.Response:
        number = int(request.match_info["id"])
        if number not in self.annotations:
            return said(404, message="Annotation not found")
        sent = msgspec.json.decode(await request.read())
        assert set(sent) <= {"time", "timeEnd", "tags", "text"}
        self.annotations[number].update(sent)
        return said(200, message="Annotation patched")


def said(http_status: int, **words: str) -> web.Response:
    assert all(re.search(r"\w", word) for word in words.values())
    return web.json_response(words, status=http_status)
