"""What really happened, as JSON lines: who was there, what was done to them, where everybody was each minute.

    {"kind": "vessel", "mmsi", "name", "role", ...}           one for each vessel
    {"kind": "event", "event", "t_unix_s", "until_unix_s", "mmsi": [...], ...}
    {"kind": "boat", "boat_id", "length_m", "rcs_m2", "confirmable_unix_s", "detectable_s"}   small boats without AIS
    {"kind": "position", "t_unix_s", "mmsi", "name", "lat_deg", "lon_deg", "sog_kn", "cog_deg", "status"}
    {"kind": "boat_position", "t_unix_s", "boat_id", "state", "is_detectable", "lat_deg", ...}

What only radar sees has the MMSI -1; a boat's state is under_way or adrift, its engine having failed. A scorer holds
alerts against the events; `detectable_unix_s` says from when on the effect can be seen at all.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
import numpy as np

from monitor.sim.night import Night
from monitor.sim.sightings import GRID_S, BoatTruth, boats_of
from monitor.sim.story import Beacon, Drift, Fade, Happening, Jamming, Silence

EVERY_S = 60.0


def lines(truth: Night) -> Iterator[bytes]:
    """The whole truth, in order: vessels, events, then positions by time."""
    for vessel in truth.vessels:
        yield _line(
            kind="vessel",
            mmsi=vessel.mmsi,
            name=vessel.name,
            role=vessel.role,
            station_class=vessel.station_class.name,
            ship_type=vessel.ship_type,
            length_m=vessel.length_m,
        )
    for event in truth.story.events:
        yield _line(**_event(truth, event))
    boats = boats_of(truth)
    for told, boat in zip(truth.story.boats, boats, strict=True):
        yield _line(
            kind="boat",
            boat_id=boat.name,
            length_m=told.length_m,
            rcs_m2=told.rcs_m2,
            confirmable_unix_s=None if np.isnan(boat.confirmable_unix_s) else round(boat.confirmable_unix_s, 3),
            detectable_s=boat.detectable_s,
        )
    for t_s in np.arange(0.0, truth.story.duration_s + 1, EVERY_S).tolist():
        yield from _positions(truth, boats, t_s)


def _event(truth: Night, event: Happening) -> dict[str, Any]:
    """One event with the ships it is about; a failing engine shows once the way is off the ship."""
    start = truth.story.start_unix_s
    fields = msgspec.to_builtins(event)
    name = fields.pop("kind")
    at_s, until_s = (event.at_s, event.at_s) if not isinstance(event, Fade) else (min(event.at_s), max(event.at_s))
    detectable_s = at_s + (400.0 if isinstance(event, Drift) and not event.is_not_under_command else 0.0)
    who: list[str] = []
    if isinstance(event, Silence | Jamming | Fade):
        who = event.who
    elif isinstance(event, Drift):
        who = [event.who]
    mmsi = [vessel.mmsi for vessel in truth.vessels if vessel.name in who]
    if isinstance(event, Beacon):
        mmsi = [event.mmsi]
    return {
        "kind": "event",
        "event": name,
        "t_unix_s": start + at_s,
        "until_unix_s": start + until_s + event.for_s,
        "detectable_unix_s": start + detectable_s,
        "mmsi": mmsi,
        "as_told": fields,
    }


def _positions(truth: Night, boats: Sequence[BoatTruth], t_s: float) -> Iterator[bytes]:
    everyone = np.arange(len(truth.vessels))
    state = truth.motion.at(everyone, np.full(len(everyone), t_s))
    first_boat = len(truth.vessels) - len(boats)
    there = np.flatnonzero(~np.isnan(state["lat_deg"])).tolist()
    for i in there:
        where = {
            "lat_deg": round(float(state["lat_deg"][i]), 6),
            "lon_deg": round(float(state["lon_deg"][i]), 6),
            "sog_kn": round(float(np.nan_to_num(state["sog_kn"][i])), 2),
            "cog_deg": round(float(np.nan_to_num(state["cog_deg"][i])), 1),
        }
        t_unix_s = truth.story.start_unix_s + t_s
        if i < first_boat:
            vessel = truth.vessels[i]
            who = {"mmsi": vessel.mmsi, "name": vessel.name}
            yield _line(kind="position", t_unix_s=t_unix_s, **who, **where, status=int(state["status"][i]))
        else:
            boat = boats[i - first_boat]
            seen = bool(boat.is_detectable[int(t_s / GRID_S)])
            doing = {"boat_id": boat.name, "state": _state(truth, boat.name, t_s), "is_detectable": seen}
            yield _line(kind="boat_position", t_unix_s=t_unix_s, **doing, **where)


def _state(truth: Night, name: str, t_s: float) -> str:
    """What a boat is doing."""
    failures = [e for e in truth.story.events if isinstance(e, Drift) and e.who == name]
    return "adrift" if any(e.at_s <= t_s < e.at_s + e.for_s for e in failures) else "under_way"


def _line(**fields: Any) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode() + b"\n"
