"""The product's objects as what JSON can hold; missing numbers are null."""

from typing import Any

import msgspec

from alerts.picture import Receivers, ReceiverState, StationClass
from decoders.columns import Flag
from monitor.details import Details
from monitor.output import Counts
from monitor.web.hub import Trail


def dumps(value: object) -> bytes:
    """JSON; NaN becomes null, enums their values."""
    return msgspec.json.encode(value)


def receivers(found: Receivers) -> list[dict[str, Any]]:
    """The receivers, in the order in which they were met."""
    rows = []
    for row in range(len(found.source)):
        rows.append(
            {
                "source": found.source[row],
                "station": found.station[row],
                "radar": found.radar[row],
                "is_source": bool(found.is_source[row]),
                "state": ReceiverState(int(found.state[row])).name.lower(),
                "t_state_unix_s": float(found.t_state_unix_s[row]),
                "t_heard_unix_s": float(found.t_heard_unix_s[row]),
                "rate_per_min": float(found.rate_per_min[row]),
                "expected_rate_per_min": float(found.expected_rate_per_min[row]),
                "bad_checksum_share": float(found.bad_checksum_share[row]),
                "clock_skew_s": float(found.clock_skew_s[row]),
                "n_vessels": int(found.n_vessels[row]),
                "n_missing": int(found.n_missing[row]),
            }
        )
    return rows


def counts(found: Counts) -> dict[str, Any]:
    return {
        "n_sentences": found.n_sentences,
        "n_messages": found.n_messages,
        "n_positions": found.n_positions,
        "n_late_dropped": found.n_late_dropped,
        "rejected": {reason: n for reason, n in found.sentences_by_reason if n and reason != "accepted"},
    }


def vessel(found: Details, heard_by: Receivers | None) -> dict[str, Any]:
    """All that is known of one vessel; codes with their words."""
    known = _text(found)
    known["station_class"] = StationClass(int(found.station_class)).name.lower()
    known["flags"] = [flag.name.lower() for flag in Flag if flag and flag & found.flags and flag.name]
    known["hearers"] = [
        {"receiver": _receiver(heard_by, hearing.receiver), "t_unix_s": hearing.t_unix_s} for hearing in found.hearers
    ]
    return known


def _text(found: Details) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    for name in found.__dataclass_fields__:
        value = getattr(found, name)
        plain[name] = value.decode("ascii", "replace") if isinstance(value, bytes) else value
    return plain


def _receiver(heard_by: Receivers | None, row: int) -> str:
    if heard_by is None or row >= len(heard_by.source):
        return ""
    return heard_by.radar[row] or heard_by.station[row] or heard_by.source[row]


def trail(points: Trail) -> list[list[float]]:
    """[[t_unix_s, lat_deg, lon_deg], ...], oldest first."""
    return [list(point) for point in zip(*(column.tolist() for column in points), strict=True)]
