"""Incidents and tracks for partners: GeoJSON (RFC 7946) and CSV (RFC 4180).

    incidents   one row or feature each, with everything but persons: owners, and who wrote what, only where asked for
    tracks      where the vessels of open incidents were, as their alerts told it

A position here is one that an open alert was told with, at the time of the telling: several an hour, not a radar's
every turn, and of a vessel that is not heard any more the place where it was last. What ended an alert is no sighting.
Missing numbers are null or an empty cell, never NaN. Replays and drills are marked in every row and feature.
"""

import csv
import io
import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from alerts import plain
from alerts.alert import Event, SubjectKind, Transition
from alerts.incident import CLOSED_BY, Incident, IncidentState

PERSONS = ("owner", "notes")
ENDS = (Event.CLEARED, Event.RETRACTED)
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would work out
INCIDENT_COLUMNS = (
    "incident_id", "number", "state", "priority", "is_exercise", "kind", "mmsi", "label", "title", "reason", "lat_deg",
    "lon_deg", "position_utc", "opened_utc", "changed_utc", "acknowledged_utc", "rules", "path_wkt",
)  # fmt: skip
TRACK_COLUMNS = ("incident_id", "target_id", "mmsi", "label", "t_utc", "lat_deg", "lon_deg", "rule", "is_exercise")


@dataclass(frozen=True, slots=True)
class Sighting:
    """Where an alert said that its vessel was."""

    t_unix_s: float
    lat_deg: float
    lon_deg: float
    rule: str


@dataclass(frozen=True, slots=True)
class Told:
    """An incident and its vessel's path, oldest first."""

    incident: Incident
    path: tuple[Sighting, ...] = ()


def path_of(incident: Incident, steps: Iterable[Transition]) -> tuple[Sighting, ...]:
    """The positions of a vessel; none of an incident about an area or a receiver. steps : of this incident."""
    if incident.subject.kind is not SubjectKind.TARGET:
        return ()
    found: dict[tuple[float, float, float], Sighting] = {}  # several rules may tell the same one in a tick
    for step in steps:
        place = (step.t_unix_s, step.lat_deg, step.lon_deg)
        if step.event not in ENDS and all(map(math.isfinite, place)):
            found.setdefault(place, Sighting(*place, step.rule))
    return tuple(sorted(found.values(), key=lambda sighting: sighting.t_unix_s))


def was_in_work(incident: Incident, t_from_unix_s: float, t_to_unix_s: float) -> bool:
    """Opened before the end, and not closed before the beginning."""
    is_past = incident.state is IncidentState.CLOSED and incident.t_changed_unix_s < t_from_unix_s
    return incident.t_opened_unix_s <= t_to_unix_s and not is_past


def cut(told: Told, t_from_unix_s: float, t_to_unix_s: float) -> Told:
    """With the part of its path between two times."""
    return Told(told.incident, tuple(s for s in told.path if t_from_unix_s <= s.t_unix_s <= t_to_unix_s))


# GeoJSON


def incidents_geojson(told: Sequence[Told], *, with_persons: bool = False) -> bytes:
    """A Point an incident, null where it has no place, and a LineString where its path has two positions or more."""
    features = []
    for one in told:
        features.append(_incident_feature(one.incident, with_persons=with_persons))
        if len(one.path) > 1:
            features.append(_path_feature(one, f"{one.incident.incident_id}-path"))
    return _collection(features)


def tracks_geojson(told: Sequence[Told]) -> bytes:
    """A LineString a vessel, a Point where only one position is known."""
    return _collection([_path_feature(one, one.incident.incident_id) for one in told if one.path])


def _collection(features: list[dict[str, Any]]) -> bytes:
    return msgspec.json.encode({"type": "FeatureCollection", "features": features}) + b"\n"


def _incident_feature(incident: Incident, *, with_persons: bool) -> dict[str, Any]:
    properties = plain.incident(incident)
    if not with_persons:
        properties = {name: value for name, value in properties.items() if name not in PERSONS}
        for alert in properties["alerts"]:
            if alert["reason"].startswith(CLOSED_BY):
                alert["reason"] = "Incident closed."
    for name, missing in (("target_id", -1), ("mmsi", -1)):
        if properties["subject"][name] == missing:
            properties["subject"][name] = None
    geometry = None
    if math.isfinite(incident.lat_deg) and math.isfinite(incident.lon_deg):
        geometry = {"type": "Point", "coordinates": [incident.lon_deg, incident.lat_deg]}
    return _feature(incident.incident_id, geometry, {"what": "incident", **properties})


def _path_feature(told: Told, feature_id: str) -> dict[str, Any]:
    one, path = told.incident, told.path
    properties = {
        "what": "track",
        "incident_id": one.incident_id,
        "mmsi": one.subject.mmsi if one.subject.mmsi >= 0 else None,
        "label": one.subject.label,
        "is_exercise": one.is_exercise,
        "t_unix_s": [s.t_unix_s for s in path],
    }
    if len(path) == 1:
        return _feature(feature_id, {"type": "Point", "coordinates": [path[0].lon_deg, path[0].lat_deg]}, properties)
    parts = cut_at_antimeridian(path)
    if len(parts) == 1:
        return _feature(feature_id, {"type": "LineString", "coordinates": parts[0]}, properties)
    return _feature(feature_id, {"type": "MultiLineString", "coordinates": parts}, properties)


def _feature(feature_id: str, geometry: Mapping[str, Any] | None, properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "id": feature_id, "geometry": geometry, "properties": properties}


def cut_at_antimeridian(path: Sequence[Sighting]) -> list[list[list[float]]]:
    """Lines of [lon, lat], none of which crosses longitude 180 (RFC 7946, 3.1.9)."""
    parts = [[[path[0].lon_deg, path[0].lat_deg]]]
    for before, after in itertools.pairwise(path):
        turn_deg = after.lon_deg - before.lon_deg
        if abs(turn_deg) > 180.0:
            edge_deg = math.copysign(180.0, before.lon_deg)
            way_deg = turn_deg - math.copysign(360.0, turn_deg)
            share = (edge_deg - before.lon_deg) / way_deg if way_deg else 0.0
            lat_deg = before.lat_deg + share * (after.lat_deg - before.lat_deg)
            parts[-1].append([edge_deg, lat_deg])
            parts.append([[-edge_deg, lat_deg]])
        parts[-1].append([after.lon_deg, after.lat_deg])
    return parts


# CSV


def incidents_csv(told: Sequence[Told], *, with_persons: bool = False) -> bytes:
    """A row an incident; `path_wkt` is a LINESTRING M of longitude, latitude and seconds since 1970."""
    columns = (*INCIDENT_COLUMNS, *PERSONS) if with_persons else INCIDENT_COLUMNS
    return _table(columns, (_incident_row(one, with_persons=with_persons) for one in told))


def _incident_row(told: Told, *, with_persons: bool) -> list[object]:
    one, known = told.incident, plain.incident(told.incident)
    rules = dict.fromkeys(alert.rule for alert in one.alerts)
    row: list[object] = [known[name] for name in ("incident_id", "number", "state", "priority", "is_exercise")]
    row += [one.subject.kind.value, one.subject.mmsi if one.subject.mmsi >= 0 else "", one.subject.label]
    row += [one.title, one.reason, one.lat_deg, one.lon_deg]
    times = (one.t_position_unix_s, one.t_opened_unix_s, one.t_changed_unix_s, one.t_acknowledged_unix_s)
    row += [*map(utc, times), " ".join(rules), wkt(told.path)]
    if with_persons:
        row += [one.owner, "\n".join(f"{utc(note.t_unix_s)} {note.who}: {note.text}" for note in one.notes)]
    return row


def tracks_csv(told: Sequence[Told]) -> bytes:
    """A row a position."""
    return _table(
        TRACK_COLUMNS,
        (
            [one.incident.incident_id, one.incident.subject.target_id,
             one.incident.subject.mmsi if one.incident.subject.mmsi >= 0 else "", one.incident.subject.label,
             utc(s.t_unix_s), s.lat_deg, s.lon_deg, s.rule, one.incident.is_exercise]
            for one in told for s in one.path
        ),
    )  # fmt: skip


def _table(columns: Sequence[str], rows: Iterable[Iterable[object]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)  # CRLF, quotes doubled: RFC 4180
    writer.writerow(columns)
    writer.writerows(map(_cell, row) for row in rows)
    return text.getvalue().encode("utf-8", "replace")


def _cell(value: object) -> object:
    """Text that a spreadsheet would take for a formula gets an apostrophe: names come over the air from anybody."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return value if math.isfinite(value) else ""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def wkt(path: Sequence[Sighting]) -> str:
    """LINESTRING M (1.41 51.03 1763800000, ...); "" below two positions."""
    if len(path) < 2:
        return ""
    return f"LINESTRING M ({', '.join(f'{s.lon_deg!r} {s.lat_deg!r} {s.t_unix_s!r}' for s in path)})"


def utc(t_unix_s: float) -> str:
    """2025-11-22T08:26:40Z; "" where there is none."""
    if not math.isfinite(t_unix_s):
        return ""
    return datetime.fromtimestamp(math.floor(t_unix_s), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
