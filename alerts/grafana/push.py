"""Dashboards into a Grafana that cannot be given files: created, updated, or left alone because a person edited them.

How an edit is known: every save in Grafana is a version with a message, and ours says "straitwatch push <hash>", the
hash of what we sent. If the newest version says that, nobody has saved since: with the same hash there is nothing to
do, with another one it is ours to replace. Any other newest version is a person's (or a restored one), and stays. The
dashboard itself is not compared: a server may store it in another form than it was sent, with nobody's doing.

Between the look and the save somebody may save too: the save names the version that it replaces, and Grafana answers
412 when it is not the newest any more. A dashboard that Grafana reads from files cannot be saved, and is left alone.

grafana-client, since its calls are those of grafana-api, which users know. It asks synchronously, which a command may.
"""

import enum
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import requests
from grafana_client import GrafanaApi
from grafana_client.client import GrafanaException

from alerts.grafana.shipped import Board

MARK = "straitwatch push "
HASH_LENGTH = 16  # hexadecimal digits: nobody makes two dashboards that collide by chance


class Outcome(enum.Enum):
    """What became of one dashboard."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    EDITED = "edited by a person, left alone (--force replaces it)"
    FROM_FILES = "read from files by Grafana itself, left alone"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Pushed:
    uid: str
    outcome: Outcome
    words: str = ""  # why it failed, in the server's words


class PushError(Exception):
    """Nothing can be pushed; says why."""


def message_of(board: Board) -> str:
    """What stands beside the version that we save."""
    plain = json.dumps(board, sort_keys=True, separators=(",", ":")).encode()
    return MARK + hashlib.sha256(plain).hexdigest()[:HASH_LENGTH]


class Grafana:
    """One server."""

    def __init__(self, url: str, token: str, timeout_s: float) -> None:
        self._api = GrafanaApi.from_url(url.rstrip("/") + "/", token, timeout=timeout_s)
        self._url = url

    def push(self, boards: Sequence[Board], folder: str, *, is_forced: bool, is_dry: bool) -> list[Pushed]:
        """All dashboards, in order. folder : title of the one for new ones. Raises PushError when none can be."""
        folder_uid = self._folder(folder, is_dry=is_dry)
        return [self._pushed(board, folder_uid, is_forced=is_forced, is_dry=is_dry) for board in boards]

    def _folder(self, title: str, *, is_dry: bool) -> str:
        """The folder's uid; it is made where there is none. "" in a dry run that would make it."""
        try:
            if found := self._folder_called(title):
                return found
            if is_dry:
                return ""
            try:
                return str(self._api.folder.create_folder(title)["uid"])
            except GrafanaException as error:
                if error.status_code in (409, 412) and (found := self._folder_called(title)):
                    return found  # somebody made it just now
                raise
        except (GrafanaException, requests.RequestException, ValueError) as error:
            raise PushError(_words(error, self._url)) from error

    def _folder_called(self, title: str) -> str:
        found = self._api.folder.get_all_folders()
        return next((str(one["uid"]) for one in found if one["title"].casefold() == title.casefold()), "")

    def _pushed(self, board: Board, folder_uid: str, *, is_forced: bool, is_dry: bool) -> Pushed:
        uid = str(board["uid"])
        try:
            outcome, version, at = self._judged(board, folder_uid, is_forced=is_forced)
            if outcome in (Outcome.CREATED, Outcome.UPDATED) and not is_dry:
                self._save(board, version, at, is_forced=is_forced)
        except (GrafanaException, requests.RequestException, ValueError) as error:
            is_overtaken = isinstance(error, GrafanaException) and error.status_code == 412 and _is_version(error)
            return Pushed(uid, Outcome.EDITED if is_overtaken else Outcome.FAILED, _words(error, self._url))
        return Pushed(uid, outcome)

    def _judged(self, board: Board, folder_uid: str, *, is_forced: bool) -> tuple[Outcome, int, str]:
        """What is to be done; the version there is; the folder in which it is, or will be."""
        try:
            held = self._api.dashboard.get_dashboard(board["uid"])
        except GrafanaException as error:
            if error.status_code != 404:
                raise
            return Outcome.CREATED, 0, folder_uid
        version, at = int(held["dashboard"]["version"]), str(held["meta"].get("folderUid", ""))
        if held["meta"].get("provisioned"):
            return Outcome.FROM_FILES, version, at
        said = self._message(board["uid"], version)
        if said == message_of(board):
            return Outcome.UNCHANGED, version, at
        is_ours = said.startswith(MARK)
        return Outcome.UPDATED if is_ours or is_forced else Outcome.EDITED, version, at

    def _message(self, uid: str, version: int) -> str:
        """What stands beside a version, or a newer one; "" where nothing does, as is right for an edit.

        Grafana 10 answers with a list of versions, later ones with an object that holds it.
        """
        found = self._api.dashboard_versions.get_dashboard_versions(dashboard_uid=uid, limit=10)
        versions = found["versions"] if isinstance(found, dict) else found
        newest = max(versions, key=lambda one: one["version"], default={"version": -1})
        return str(newest.get("message") or "") if newest["version"] >= version else ""

    def _save(self, board: Board, version: int, folder_uid: str, *, is_forced: bool) -> None:
        sent: dict[str, Any] = {
            "dashboard": {**board, "id": None, "version": version},
            "folderUid": folder_uid,
            "message": message_of(board),
            "overwrite": is_forced,
        }
        self._api.dashboard.update_dashboard(sent)


def _is_version(error: GrafanaException) -> bool:
    """Whether somebody saved at the same time; 412 also means that another dashboard has the name."""
    return isinstance(error.response, dict) and error.response.get("status") == "version-mismatch"


def _words(error: Exception, url: str) -> str:
    if isinstance(error, requests.Timeout):
        return f"{url} did not answer in time"
    if isinstance(error, requests.ConnectionError):
        return f"{url} cannot be reached"
    if isinstance(error, GrafanaException):
        if error.status_code in (401, 403):
            return f"{url} refuses the token ({error.status_code}): it needs the right to write dashboards and folders"
        if error.status_code == 404:
            return f"{url} does not know this call: is it Grafana's own address?"
        return str(error.message)
    return f"{url} does not answer as Grafana does: {error}"
