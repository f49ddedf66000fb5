"""Fences that people draw on the map: a GeoJSON file of their own beside the chart.

    POST -> checked as any chart is -> audit line -> file, put in place whole -> chart watch -> in force

The file is the truth, so that a restart, an editor or another tool sees what the operators drew. One that is disabled
or has ended stays in the file and on the map, out of force.
"""

import json
import math
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from alerts.in_place import put_in_place
from alerts.incident import AuditEntry
from geofences import geojson

KINDS = ("exclusion_zone", "watch_area")  # of which an exclusion zone's entries and stays are told (alerts/rules)
MAX_DRAWN = 500
MAX_VERTICES = 2_000
MAX_NAME = 80
WORDS = {"draw": "fence drawn", "change": "fence changed", "disable": "fence disabled", "enable": "fence enabled",
         "delete": "fence deleted"}  # fmt: skip
Feature = dict[str, Any]


class Refused(ValueError):
    """Why a fence is not taken."""


class Unknown(KeyError):
    """There is no such fence."""


def read(path: Path) -> list[Feature]:
    """All drawn fences, disabled ones too; none without a file. Raises OSError, ValueError where it is no GeoJSON."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return []
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise ValueError(f"{path.name} is nested too deep") from error
    if not isinstance(found, dict) or not isinstance(found.get("features"), list):
        raise ValueError(f"{path.name} is not a FeatureCollection")
    return list(found["features"])


def in_force(features: list[Feature]) -> list[Feature]:
    """Those that are not disabled. What is no feature at all is left in, for the chart's own check to name."""
    return [f for f in features if not (isinstance(f, dict) and (f.get("properties") or {}).get("is_disabled") is True)]


@dataclass(slots=True)
class Drawn:
    """The file and who may change it. Any thread may call any method."""

    path: Path
    note: Callable[[AuditEntry], None]  # onto the audit record; raises StoreError
    now_unix_s: Callable[[], float]
    changed: Callable[[], None] = lambda: None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def features(self) -> list[Feature]:
        """All drawn fences. Raises OSError, ValueError."""
        return read(self.path)

    def put(
        self, who: str, name: str, kind: str, geometry: Any, fence_id: str = "", *, active_until: str | None = None
    ) -> str:
        """Draw a fence, or change the one with this id. Its id.

        geometry : GeoJSON; None leaves that of a drawn one. active_until : when it ends, RFC 3339; "" never, None as
        before. A changed one keeps whatever else stands in the file about it, and stays disabled if it was.
        Raises Refused, Unknown, OSError, ValueError, StoreError; then nothing has changed.
        """
        name = " ".join(name.split())  # one line
        if not 0 < len(name) <= MAX_NAME:
            raise Refused(f"a name of 1 to {MAX_NAME} characters is needed")
        try:
            n_letters = len(json.dumps(geometry))
        except RecursionError as error:
            raise Refused("that is no shape") from error
        if n_letters > 50 * MAX_VERTICES:
            raise Refused(f"at most some {MAX_VERTICES} vertices")
        with self._lock:
            features = self.features()
            row = _row(features, fence_id) if fence_id else len(features)
            before = features[row] if fence_id else self._new(features, who)
            if kind not in (*KINDS, before["properties"].get("kind")):
                raise Refused(f"a drawn fence is one of {', '.join(KINDS)}")
            properties = {**before["properties"], "name": name, "kind": kind}
            if active_until:
                properties["active_until"] = active_until
            elif active_until == "":
                properties.pop("active_until", None)
            if fence_id:
                properties |= {"changed_by": who, "t_changed_unix_s": round(self.now_unix_s(), 1)}
            feature = {**before, "properties": properties, "geometry": geometry or before.get("geometry")}
            self._check(feature, is_end_new=bool(active_until))
            verb = "change" if fence_id else "draw"
            self._write([*features[:row], feature, *features[row + 1 :]], who, verb, feature)
        return str(properties["id"])

    def act(self, who: str, verb: str, fence_id: str) -> None:
        """Disable, enable or delete a fence. Raises as `put`."""
        if verb not in ("disable", "enable", "delete"):
            raise Refused(f"{verb} is nothing that can be done to a fence")
        with self._lock:
            features = self.features()
            row = _row(features, fence_id)
            feature = features[row]
            if verb == "delete":
                features = features[:row] + features[row + 1 :]
            else:
                properties = {**feature["properties"], "is_disabled": verb == "disable"}
                features = [*features[:row], {**feature, "properties": properties}, *features[row + 1 :]]
            self._write(features, who, verb, feature)

    def _new(self, features: list[Feature], who: str) -> Feature:
        """A fence that nobody has named or given a shape yet."""
        if len(features) >= MAX_DRAWN:
            raise Refused(f"{MAX_DRAWN} fences are drawn: delete some")
        fence_id = _free_id(features)
        properties = {"id": fence_id, "source": f"drawn by {who}", "drawn_by": who,
                      "t_drawn_unix_s": round(self.now_unix_s(), 1)}  # fmt: skip
        return {"type": "Feature", "id": fence_id, "properties": properties}

    def _check(self, feature: Feature, *, is_end_new: bool) -> None:
        """Refuse what the chart would, and an end that was never to come."""
        try:
            fences = geojson.parse([feature])
        except geojson.FenceFaults as error:
            told = [replace(fault, fence="", name="") for fault in error.faults]  # nobody has heard of it yet
            raise Refused("; ".join(str(fault).removeprefix(":").strip() for fault in told)) from error
        if is_end_new and fences.terms.schedule.until_unix_s[0] <= self.now_unix_s():
            raise Refused("its end has passed already")

    def _write(self, features: list[Feature], who: str, verb: str, feature: Feature) -> None:
        """The audit line first: what cannot be recorded is not done."""
        if math.isnan(self.now_unix_s()):
            raise Refused("the monitor has only just begun; try again in a moment")
        properties = feature["properties"]
        until = f", until {properties['active_until']}" if properties.get("active_until") else ""
        said = f"{properties['id']}: {properties['name']}, {properties['kind']}{until}"
        text = f"{said}, {json.dumps(feature['geometry'])}"
        self.note(AuditEntry(self.now_unix_s(), who, WORDS[verb], "", text))
        text = json.dumps({"type": "FeatureCollection", "features": features}, indent=1)
        put_in_place(self.path, lambda file: file.write(text.encode()))
        self.changed()


def _row(features: list[Feature], fence_id: str) -> int:
    for row, feature in enumerate(features):
        if isinstance(feature, dict) and (feature.get("properties") or {}).get("id") == fence_id:
            return row
    raise Unknown(fence_id)


def _free_id(features: list[Feature]) -> str:
    taken = {(f.get("properties") or {}).get("id") for f in features if isinstance(f, dict)}
    return next(f"drawn-{k}" for k in range(1, MAX_DRAWN + 2) if f"drawn-{k}" not in taken)
