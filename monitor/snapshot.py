"""What the picture knows, in a file: a monitor that was restarted goes on where the last one stopped.

    kept        tracks, boats that radar sees, memberships in fences, what each receiver usually sends, where reception
                and radar are good
    not kept    parts of messages, repeats within seconds, clocks: known again within a minute

The desk (alerts, incidents) has its own place in the store and is never lost; this file may be. Without it a ship that
fell silent shortly before the restart would be forgotten, and every vessel inside a fence would count as never having
entered. The time in which nobody listened counts for nobody: it makes no ship silent, no receiver ill and no place
deaf. A file that is damaged, of another format or too old is left alone, and the monitor says so and begins empty.
"""

import tokenize
import zipfile
import zlib
from pathlib import Path

import numpy as np

from alerts.in_place import put_in_place
from alerts.moved import SUFFIX
from alerts.picture import ReceiverState
from decoders.table import Column
from monitor import dwell, pipeline, trackarrays
from monitor.dwell import Pairs
from monitor.radar import kept
from monitor.receipts import Positions, from_bytes
from monitor.receivers import ARRAYS, ReceiverTable
from monitor.reception import Reception
from monitor.state import State

# what numpy, zip and the reader of an array's header raise over damaged bytes
UNREADABLE = (
    OSError, ValueError, EOFError, RuntimeError, SyntaxError, tokenize.TokenError, zlib.error, zipfile.BadZipFile,
)  # fmt: skip
FORMAT = 1  # raise it when an array changes its meaning
RECEPTION = ("key", "received", "expected")
PAIRS = tuple(Pairs.__dataclass_fields__)


class Unusable(ValueError):
    """Why a snapshot cannot be gone on from."""


def of(state: State, cursor: bytes = b"") -> dict[str, Column]:
    """All that is kept, copied: the state may go on while it is written.

    cursor : how far gateways' streams have come (monitor/receipts.py)
    """
    receivers, pairs = state.intake.receivers, state.dwell.pairs
    n = len(receivers)
    arrays: dict[str, Column] = {
        "format": np.array(FORMAT),
        "t_unix_s": np.array((state.next_tick - 1) * state.settings.tick_s),
        "cursor": np.frombuffer(cursor, np.uint8),
        "fence_id": np.array(state.chart.fence_id, str),
        "source": np.array(receivers.source, str),
        "station": np.array(receivers.station, str),
        "turned": np.array([receivers.second, receivers.minute]),
    }
    arrays |= {f"track_{name}": column for name, column in trackarrays.to_arrays(state.tracks).items()}
    arrays |= {f"receiver_{name}": getattr(receivers, name)[:n].copy() for name in ARRAYS}
    arrays |= {f"reception_{name}": getattr(state.reception, name) for name in RECEPTION}
    arrays |= {f"pair_{name}": getattr(pairs, name) for name in PAIRS}
    arrays |= {f"radar_{name}": column for name, column in kept.to_arrays(state.radar).items()}
    return arrays


def write(path: Path, arrays: dict[str, Column]) -> None:
    """Put them in place. Raises OSError."""
    put_in_place(path, lambda file: np.savez(file, allow_pickle=False, **arrays))


def read(path: Path) -> dict[str, Column]:
    """The arrays of a file. Raises FileNotFoundError, Unusable."""
    try:
        with path.open("rb") as disk, np.load(disk, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except FileNotFoundError:
        raise
    except UNREADABLE as error:
        raise Unusable(f"damaged: {error}") from error


def moved(arrays: dict[str, Column], by_s: float) -> dict[str, Column]:
    """The same picture on a clock that was set by so much."""
    found = {name: column + by_s if name.endswith(SUFFIX) else column for name, column in arrays.items()}
    if "turned" in found:
        found["turned"] = np.floor(found["turned"] + np.array([by_s, by_s / 60.0])).astype(np.int64)
    return found


def positions_of(arrays: dict[str, Column]) -> Positions:
    """How far gateways' streams had come, whatever the picture's age. Raises Unusable."""
    try:
        return from_bytes(arrays.get("cursor", np.zeros(0, np.uint8)).tobytes())
    except ValueError as error:
        raise Unusable(f"not whole: {error}") from error


def restore(state: State, arrays: dict[str, Column], now_unix_s: float, *, max_age_s: float) -> None:
    """Put what was kept into a state that has heard nothing. Raises Unusable, and then leaves the state alone."""
    found = int(arrays.get("format", np.array(0)))
    if found != FORMAT:
        raise Unusable(f"of format {found}, this program reads {FORMAT}")
    age_s = now_unix_s - float(arrays.get("t_unix_s", np.array(np.nan)))
    if not 0 <= age_s <= max_age_s:
        raise Unusable(f"{age_s:.0f} s old, the limit is {max_age_s:g} s")
    try:
        tracks = trackarrays.from_arrays(part(arrays, "track_"))
        receivers = _receivers(arrays, now_unix_s)
        pair_arrays = part(arrays, "pair_")
        pair_arrays.setdefault("was_there", np.zeros(len(pair_arrays["key"]), bool))  # older files do not have it
        pairs = Pairs(**pair_arrays)
        key, received, expected = (arrays[f"reception_{name}"] for name in RECEPTION)
        reception = Reception(key, received, expected)
        if "radar_sites" in arrays:  # older files do not have it
            kept.restore(state.radar, part(arrays, "radar_"))
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise Unusable(f"not whole: {error}") from error
    state.tracks, state.intake.receivers, state.reception = tracks, receivers, reception
    state.dwell.pairs = pairs
    dwell.renumber(state.dwell, tuple(arrays["fence_id"].tolist()), state.chart.fence_id)
    pipeline.renew_chart(state, state.fences)  # whoever lies in a fence that was drawn meanwhile did not enter it


def part(arrays: dict[str, Column], prefix: str) -> dict[str, Column]:
    """The arrays whose names begin like this, without it."""
    return {name.removeprefix(prefix): column for name, column in arrays.items() if name.startswith(prefix)}


def _receivers(arrays: dict[str, Column], now_unix_s: float) -> ReceiverTable:
    """The receivers. One that was heard well is given its silence anew from now on; one that was down stays down."""
    table = ReceiverTable(source=arrays["source"].tolist(), station=arrays["station"].tolist())
    n = len(table)
    pairs = list(zip(table.source, table.station, strict=True))
    table.row_of = dict(zip(pairs, range(n), strict=True))
    while len(table.state) < n:
        table.grow()
    arrays.setdefault("receiver_missing", table.missing[:n])  # older files do not have it
    for name in ARRAYS:
        getattr(table, name)[:n] = arrays[f"receiver_{name}"]
    table.second, table.minute = arrays["turned"].tolist()
    table.in_minute[:] = 0
    well = np.flatnonzero(table.state[:n] != ReceiverState.DOWN)
    table.t_heard_unix_s[well] = np.where(np.isnan(table.t_heard_unix_s[well]), np.nan, now_unix_s)
    table.t_state_unix_s[well] = now_unix_s
    table.t_low_unix_s[well] = np.nan
    return table
