"""Who is told: the board of routes beside the pipeline, with its rota, its key and the fences of a place."""

import os
import secrets
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from alerts.desk import open_incidents
from alerts.incident import Incident
from alerts.notices import board
from alerts.notices.board import NOTHING, Board, Signing, Told
from alerts.notices.text import Setting
from alerts.picture import Fences
from alerts.sinks.secrets import secret
from alerts.store import Store
from geofences.fenceset import FenceSet
from geofences.inside import match_positions
from monitor.notice_settings import NoticeSettings
from monitor.output import Output
from monitor.rota_watch import RotaWatch
from monitor.state import State

KEY_BYTES = 32


@dataclass(slots=True)
class Notifier:
    """The board, advanced with the ticks in the pipeline's thread."""

    board: Board
    settings: NoticeSettings
    key: bytes
    rota: RotaWatch

    def advance(self, output: Output, state: State, now_unix_s: float) -> Told:
        """Who is to be told after a step; nobody where it reached no tick."""
        if output.picture is None or not self.board.routes:
            return NOTHING
        rota, fault = self.rota.current
        return board.decide(
            self.board,
            output.incidents,
            lambda: open_incidents(state.desk),
            now_unix_s,
            areas_of=lambda incident: areas_of(state.fences, state.chart, incident),
            rota=rota,
            setting=Setting(self.settings.base_url.rstrip("/"), self.settings.time_zone, fault),
            signing=Signing(self.key, self.settings.link_valid_s),
        )


def areas_of(fences: FenceSet, chart: Fences, incident: Incident) -> frozenset[str]:
    """Ids and groups of the fences that hold an incident's last known place."""
    _, rows = match_positions(fences, np.array([incident.lat_deg]), np.array([incident.lon_deg]))
    found = {chart.fence_id[row].strip() for row in rows.tolist()}
    if chart.groups:
        found.update(group for row in rows.tolist() for group in chart.groups[row])
    return frozenset(found)


def key_of(settings: NoticeSettings, store: Store) -> bytes:
    """What links are signed with: as configured, or made once and kept beside the store. Raises ValueError, OSError."""
    if given := secret(settings.secret_env, settings.secret_file):
        return given.encode()
    path = Path(f"{store.path}.key")
    try:
        fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        if found := path.read_bytes():
            return found
        raise ValueError(f"{path} is empty: delete it, and a new key is made") from None
    with os.fdopen(fd, "wb") as file:
        key = secrets.token_bytes(KEY_BYTES)
        file.write(key)
        file.flush()
        os.fsync(fd)
    return key
