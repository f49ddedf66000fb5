"""Where every byte went: the stations met, the ledger's cells, the rows of what was refused.

One account belongs to one decoder. The parts of the decoder that decide what becomes of a stretch of bytes write it
here, whole columns at a time where there are many.
"""

import numpy as np

from decoders.rejects import Ledger, Reason, Rejects
from decoders.table import Column

RAW_BYTES = 200
MAX_STATIONS = 4096  # a national network has some hundred; beyond it names are noise, and count as unnamed
N_REASONS = len(Reason)
REFUSED = (
    Reason.NOISE, Reason.CUT, Reason.NO_CHECKSUM, Reason.BAD_CHECKSUM, Reason.BAD_FORM, Reason.BAD_ARMOUR,
    Reason.EMPTY_PAYLOAD, Reason.SHORT, Reason.ORPHAN, Reason.REPEATED_FRAGMENT, Reason.TOO_LONG, Reason.UNKNOWN_TYPE,
    Reason.IP_FRAGMENT, Reason.UNKNOWN_CATEGORY, Reason.BAD_BLOCK, Reason.SPARE_ITEM, Reason.IMPOSSIBLE_VALUE,
)  # fmt: skip
IS_REFUSED = np.isin(np.arange(N_REASONS), REFUSED)
DTYPES = (np.int64, np.float64, np.int32, np.int8, np.int64)
Row = tuple[int, float, int, int, int, bytes]  # as the columns of Rejects


def rejects_of(rows: list[Row]) -> Rejects:
    """A table of rejects, in the order of their lines; rows of one line stay in the order given."""
    rows = sorted(rows, key=lambda row: row[0])
    columns = list(zip(*rows, strict=True)) if rows else [()] * 6
    raw = np.empty(len(rows), object)
    raw[:] = columns[5]
    line, t_unix_s, station, reason, n_bytes = (np.array(c, d) for c, d in zip(columns[:5], DTYPES, strict=True))
    return Rejects(line, t_unix_s, station, reason, n_bytes, raw)


NO_REJECTS = rejects_of([])


class Account:
    """See the module."""

    def __init__(self) -> None:
        self._stations: dict[str, int] = {"": 0}
        self._names: tuple[str, ...] = ("",)
        self._n_bytes = np.zeros((1, N_REASONS), np.int64)
        self._n_rows = np.zeros((1, N_REASONS), np.int64)
        self._rows: list[Row] = []

    @property
    def stations(self) -> tuple[str, ...]:
        """All stations met so far, in the order in which they were met."""
        if len(self._names) != len(self._stations):
            self._names = tuple(self._stations)
        return self._names

    def station(self, name: str) -> int:
        """The code of a station; 0, unnamed, where there are too many."""
        code = self._stations.get(name)
        if code is None:
            if len(self._stations) >= MAX_STATIONS:
                return 0
            code = self._stations[name] = len(self._stations)
            if code >= len(self._n_bytes):
                more = np.zeros_like(self._n_bytes)
                self._n_bytes = np.concatenate([self._n_bytes, more])
                self._n_rows = np.concatenate([self._n_rows, more])
        return code

    def add(self, station: int, reason: int, n_bytes: int, n_rows: int) -> None:
        """One stretch of bytes; negative numbers take back."""
        self._n_bytes[station, reason] += n_bytes
        self._n_rows[station, reason] += n_rows

    def add_rows(self, station: Column, reason: Column | int, n_bytes: Column) -> None:
        """Many stretches, each one row. (N,) codes, (N,) or one reason, (N,) lengths."""
        cell = (station * N_REASONS + reason).astype(np.int64)
        np.add.at(self._n_bytes.reshape(-1), cell, n_bytes)
        np.add.at(self._n_rows.reshape(-1), cell, 1)

    def refuse(self, line: int, t_unix_s: float, station: int, reason: int, n_bytes: int, raw: bytes) -> None:
        """Tell people of a stretch that was refused; its bytes are accounted for apart from this."""
        self._rows.append((line, t_unix_s, station, reason, n_bytes, raw[:RAW_BYTES]))

    def refuse_rows(
        self,
        data: bytes,
        start: Column,
        stop: Column,
        line: Column,
        t_unix_s: Column,
        station: Column,
        reason: Column,
    ) -> None:
        """Many stretches of `data`, from (N,) start to (N,) stop."""
        raws = [data[a : min(b, a + RAW_BYTES)] for a, b in zip(start.tolist(), stop.tolist(), strict=True)]
        columns = (line, t_unix_s, station, reason, stop - start)
        self._rows += zip(*(column.tolist() for column in columns), raws, strict=True)

    def take_rejects(self) -> Rejects:
        """What was refused since the last time."""
        rows, self._rows = self._rows, []
        return rejects_of(rows) if rows else NO_REJECTS

    def ledger(self, n_waiting: int) -> Ledger:
        """The account so far; `n_waiting` bytes of an unfinished line stand under WAITING of the unnamed station."""
        n_stations = len(self._stations)
        n_bytes = self._n_bytes[:n_stations].copy()
        n_bytes[0, Reason.WAITING] += n_waiting
        return Ledger(self.stations, n_bytes, self._n_rows[:n_stations].copy())
