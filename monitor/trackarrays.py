"""The track table as plain arrays for a snapshot file, and back."""

import numpy as np

from decoders.table import Column
from monitor.tracktable import BLOCKS, RINGS, TEXTS, Suspect, TrackTable

FORMAT = 1  # raise it when a column changes its meaning; an older snapshot is then refused
SUSPECT = ("origin_id", "t_unix_s", "speed_kn", "jump_nm", "lat_deg", "lon_deg")


def to_arrays(table: TrackTable) -> dict[str, Column]:
    """Every live track as columns in order of target id, with what is undecided. Copies: the table may change after."""
    arrays: dict[str, Column] = {"format": np.array(FORMAT)}
    for name in (*(name for names in BLOCKS.values() for name in names), *RINGS, *TEXTS):
        arrays[name] = getattr(table, name)[table.rows]
    suspects = sorted(table.suspects.items())
    arrays["suspect_id"] = np.array([target_id for target_id, _ in suspects], np.int64)
    for name in SUSPECT:
        kind = np.int64 if name == "origin_id" else np.float64
        arrays[f"suspect_{name}"] = np.array([getattr(suspect, name) for _, suspect in suspects], kind)
    arrays["hidden_id"] = np.array(sorted(table.hidden), np.int64)
    doubts = sorted(table.doubts.items())
    arrays["doubt_key"] = np.array([key for key, _ in doubts], np.int64).reshape(-1, 2)
    arrays["doubt_said"] = np.array([said for _, said in doubts], bytes)
    return arrays


def from_arrays(arrays: dict[str, Column]) -> TrackTable:
    """The table that `to_arrays` described. A column that an older program did not have stays as for a new track.

    Raises ValueError when the arrays are of another format, KeyError where there are no tracks.
    """
    if int(arrays.get("format", np.array(-1))) != FORMAT:
        raise ValueError(f"a snapshot of tracks has format {arrays.get('format', 'none')}, wanted {FORMAT}")
    target_id = arrays["target_id"]
    table = TrackTable()
    row = table.add(target_id)
    for name in (*(name for names in BLOCKS.values() for name in names), *RINGS, *TEXTS):
        if name in arrays:
            getattr(table, name)[row] = arrays[name]
    columns = [arrays[f"suspect_{name}"].tolist() for name in SUSPECT]
    suspects = [Suspect(*values) for values in zip(*columns, strict=True)]
    table.suspects = dict(zip(arrays["suspect_id"].tolist(), suspects, strict=True))
    table.hidden = set(arrays["hidden_id"].tolist())
    keys = [(target, kind) for target, kind in arrays["doubt_key"].tolist()]
    table.doubts = dict(zip(keys, arrays["doubt_said"].tolist(), strict=True))
    table.t_check_unix_s = -np.inf  # unknown: the next expiry looks at every track
    return table
