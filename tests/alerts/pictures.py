"""Small pictures for tests: everything missing, unless said."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from alerts.desk import Desk, new_desk
from alerts.incidents import PARAMETERS, IncidentSettings
from alerts.picture import (
    NO_RADAR,
    NO_SINKS,
    FenceEvents,
    FencePairs,
    Fences,
    Picture,
    RadarTargets,
    Receivers,
    SafetyTexts,
    Sinks,
    StationClass,
    Vessels,
)
from alerts.rule import defaults
from alerts.rules import RULES

NOW = 1_763_800_000.0  # 2025-11-22 08:26:40 UTC

VESSEL_DTYPES = {
    "target_id": "i8",
    "mmsi": "i8",
    "station_class": "i1",
    "flags": "i4",
    "name": "S34",
    "callsign": "S7",
    "ship_type": "i2",
    "nav_status": "i1",
    "is_coarse": "?",
    "is_degraded": "?",
    "n_fixes": "i8",
    "is_receiver_healthy": "?",
    "receiver": "i4",
    "n_twins": "i2",
    "n_distress": "i8",
}
MISSING = {"flags": 0, "n_fixes": 0, "n_twins": 0, "n_distress": 0, "is_receiver_healthy": True}
# a ship under way in the SW lane, off Dover
SHIP: dict[str, Any] = {
    "target_id": 7,
    "mmsi": 235012345,
    "station_class": StationClass.A,
    "name": b"SEA ROVER",
    "ship_type": 70,
    "length_m": 120.0,
    "lat_deg": 51.05,
    "lon_deg": 1.45,
    "sog_kn": 12.0,
    "cog_deg": 226.0,
    "heading_deg": 226.0,
    "nav_status": 0,
    "report_interval_s": 10.0,
    "p_reception": 0.9,
    "n_fixes": 300,
    "receiver": 0,
}


def vessels(*rows: Mapping[str, Any], now_unix_s: float = NOW) -> Vessels:
    """One row for each mapping; columns that it does not name are missing, times follow the tick."""
    columns = {}
    times = {
        "t_unix_s": now_unix_s - 2,
        "t_heard_unix_s": now_unix_s - 2,
        "t_first_unix_s": now_unix_s - 3600,
        "t_prev_unix_s": now_unix_s - 12,
    }
    full = sorted(({**times, **row} for row in rows), key=lambda row: row.get("target_id", -1))
    for f in dataclasses.fields(Vessels):
        dtype = np.dtype(VESSEL_DTYPES.get(f.name, "f8"))
        missing = {"f": np.nan, "i": -1, "b": False, "S": b""}[dtype.kind]
        cells = [row.get(f.name, MISSING.get(f.name, missing)) for row in full]
        columns[f.name] = np.array(cells, dtype) if cells else np.zeros(0, dtype)
    return Vessels(**columns)


# a boat without AIS off Gravelines, twenty minutes after it was first seen off the beach there
BOAT: dict[str, Any] = {
    "target_id": 61,
    "mmsi": -1,
    "station_class": StationClass.RADAR,
    "length_m": 9.0,
    "lat_deg": 51.04,
    "lon_deg": 2.08,
    "sog_kn": 4.0,
    "cog_deg": 295.0,
}
ECHO: dict[str, Any] = {
    "is_dark": True,
    "t_dark_unix_s": -1200.0,
    "t_first_unix_s": -1200.0,
    "t_seen_unix_s": -2.0,
    "n_updates": 300,
    "n_tracks": 1,
    "p_detection": 0.8,
    "period_s": 3.0,
    "is_radar_healthy": True,
    "t_radar_unix_s": -86400.0,
    "lat_first_deg": 51.02,
    "lon_first_deg": 2.10,
    "straightness": 0.9,
    "stw_kn": 4.2,
    "ctw_deg": 298.0,
    "first_beach_nm": 0.8,
    "first_port_nm": 2.5,
    "landfall_deg": 285.0,
    "label": b"dover/41",
    "beside_id": -1,
    "lat_deg": 51.04,
    "lon_deg": 2.08,
    "sog_kn": 4.0,
    "cog_deg": 295.0,
}


def radar(v: Vessels, *echoes: Mapping[str, Any], now_unix_s: float = NOW) -> RadarTargets:
    """One target for each mapping, on the vessel that its `target_id` names; times count from the tick."""
    ids = v.target_id.tolist()
    full = sorted(({**echo, "vessel": ids.index(echo["target_id"])} for echo in echoes), key=lambda row: row["vessel"])
    columns = {}
    for f in dataclasses.fields(RadarTargets):
        dtype = NO_RADAR_DTYPES[f.name]
        missing = {"f": np.nan, "i": -1, "b": False, "S": b""}[dtype.kind]
        cells = [row.get(f.name, missing) for row in full]
        columns[f.name] = np.array(cells, dtype) if cells else np.zeros(0, dtype)
        if f.name.startswith("t_"):
            columns[f.name] = columns[f.name] + now_unix_s
    return RadarTargets(**columns)


NO_RADAR_DTYPES = {f.name: getattr(NO_RADAR, f.name).dtype for f in dataclasses.fields(RadarTargets)}


def fences(*rows: tuple[str, str, float]) -> Fences:
    """(id, kind, traffic direction or nan)"""
    return Fences(
        tuple(row[0] for row in rows),
        tuple(row[0].replace("-", " ") for row in rows),
        tuple(row[1] for row in rows),
        np.array([row[2] for row in rows], float),
    )


def pairs(*rows: tuple[int, int, float, float, bool]) -> FencePairs:
    """(vessel row, fence row, entered, depth in metres, baseline)"""
    columns = list(zip(*rows, strict=True)) or [()] * 5
    dtypes = ("i8", "i8", "f8", "f8", "?")
    return FencePairs(*(np.array(c, d) for c, d in zip(columns, dtypes, strict=True)), np.zeros(len(rows), bool))


def fence_events(*rows: tuple[int, int, int, float]) -> FenceEvents:
    """(vessel row, fence row, event, when)"""
    columns = list(zip(*rows, strict=True)) or [()] * 4
    vessel, fence, event, t = (np.array(c, d) for c, d in zip(columns, ("i8", "i8", "i1", "f8"), strict=True))
    return FenceEvents(vessel, fence, event, t, np.full(len(t), 51.0), np.full(len(t), 1.4), np.zeros(len(t), np.int8))


def texts(*rows: tuple[int, bytes]) -> SafetyTexts:
    """(vessel row, text)"""
    return SafetyTexts(
        np.array([row[0] for row in rows], np.int64),
        np.full(len(rows), NOW),
        np.array([row[1] for row in rows], "S161"),
    )


def receivers(*rows: Mapping[str, Any]) -> Receivers:
    """One row for each mapping: source, station, state and what else matters."""
    whole = {"receiver_id": "i8", "state": "i1", "n_vessels": "i8", "is_source": "?", "n_missing": "i8"}
    usual = {
        "state": 1,
        "t_state_unix_s": NOW - 7200,
        "t_heard_unix_s": NOW - 1,
        "rate_per_min": 60.0,
        "expected_rate_per_min": 60.0,
        "bad_checksum_share": 0.0,
        "clock_skew_s": np.nan,
        "n_vessels": 12,
        "is_source": False,
        "n_missing": 0,
    }
    full = [{**usual, "receiver_id": i + 1, **row} for i, row in enumerate(rows)]
    names = [f.name for f in dataclasses.fields(Receivers)][3:]
    columns = {name: np.array([row[name] for row in full], whole.get(name, "f8")) for name in names}
    texts = (tuple(r.get(name, "") for r in full) for name in ("source", "station", "radar"))
    return Receivers(*texts, **columns)


def picture(
    *ships: Mapping[str, Any],
    now_unix_s: float = NOW,
    chart: Fences | None = None,
    inside: FencePairs | None = None,
    events: FenceEvents | None = None,
    said: SafetyTexts | None = None,
    heard_by: Receivers | None = None,
    echoes: Iterable[Mapping[str, Any]] = (),
    sent_to: Sinks = NO_SINKS,
) -> Picture:
    """One tick. echoes : what radar knows of the ships that their `target_id` names."""
    seen = vessels(*ships, now_unix_s=now_unix_s)
    return Picture(
        now_unix_s,
        seen,
        fences() if chart is None else chart,
        pairs() if inside is None else inside,
        fence_events() if events is None else events,
        texts() if said is None else said,
        receivers({"source": "tcp"}) if heard_by is None else heard_by,
        radar(seen, *echoes, now_unix_s=now_unix_s),
        sent_to,
    )


def sinks(*rows: Mapping[str, Any]) -> Sinks:
    """Sinks that are well, but for what the rows say."""
    given = [
        {
            "name": f"sink {i}",
            "fault": "",
            "sink_id": i,
            "t_fault_unix_s": np.nan,
            "needs_repair": False,
            "t_tested_unix_s": np.nan,
        }
        | dict.fromkeys(("n_waiting", "oldest_age_s", "n_quarantined", "n_dropped"), 0)
        | dict(row)
        for i, row in enumerate(rows)
    ]
    dtypes = {f.name: getattr(NO_SINKS, f.name).dtype for f in dataclasses.fields(Sinks)[2:]}
    columns = {name: np.array([row[name] for row in given], dtype) for name, dtype in dtypes.items()}
    return Sinks(tuple(row["name"] for row in given), tuple(row["fault"] for row in given), **columns)


def incident_settings(**changes: float) -> IncidentSettings:
    """As shipped, with changes."""
    return IncidentSettings(**({p.name: p.default for p in PARAMETERS} | changes))


def rule_settings(only: Iterable[str] | None = None) -> dict[str, dict[str, Any]]:
    """As shipped; rules that are not in `only` are off."""
    blocks = {name: defaults(rule) for name, rule in RULES.items()}
    for name, block in blocks.items():
        if only is not None and "is_on" in block:
            block["is_on"] = name in only
    return blocks


def desk(only: Iterable[str] | None = None, **changes: float) -> Desk:
    """A desk as shipped, with these incident settings changed."""
    return new_desk(rule_settings(only), incident_settings(**changes), last_number_by_day={})
