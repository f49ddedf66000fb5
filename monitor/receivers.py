"""Who hears: every feed and every station it names, numbered once, and how well each hears (rule D19).

A feed is a row of its own (`is_source`, station ""), the sum of what it brings; each station that its sentences name is
another. Health is judged against the receiver's own past: the messages of the last minute against the median of its
earlier minutes, and silence by how unlikely it is for one that usually sends that much: a station that sends once a
minute is not down after 30 s, one that sends twenty a second is. Few ships make uneven minutes (a moored one is heard
every three minutes, one that turns every two seconds), so chance is Poisson's widened by the spread of its own minutes.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from alerts.picture import Receivers, ReceiverState
from decoders.table import Column

WINDOW_S = 60  # the rate is counted over this many seconds
HISTORY = 60  # minutes of its own past against which it is judged
MIN_MINUTES = 3  # of history before anything is said
SILENCE_NATS = 14.0  # ln of the odds at which silence is no chance: 1 in a million, as in rule D17
MIN_SILENCE_S = 30.0  # domain D19: 0 for 30 s is down
DEGRADED_SHARE = 0.5  # domain D19: below half of the usual for 60 s
RECOVERED_SHARE = 0.7  # hysteresis
SIGNIFICANT = 4.0  # standard deviations of a count that a loss must exceed
CHECKSUM_WINDOW_MIN = 10
SKEW_WEIGHT = 0.1
FIRST_ROWS = 16


def receiver_id(source: str, station: str) -> int:
    """Stable number of a receiver: the same after a restart and on another machine."""
    return zlib.crc32(f"{source}\n{station}".encode())


@dataclass(slots=True)
class ReceiverTable:
    """All receivers met so far; arrays have room to spare beyond `n`."""

    source: list[str] = field(default_factory=list)
    station: list[str] = field(default_factory=list)
    row_of: dict[tuple[str, str], int] = field(default_factory=dict)
    parent: Column = field(default_factory=lambda: np.zeros(FIRST_ROWS, np.int64))
    ring: Column = field(default_factory=lambda: np.zeros((FIRST_ROWS, WINDOW_S), np.int64))  # messages by second
    minutes: Column = field(default_factory=lambda: np.full((FIRST_ROWS, HISTORY), np.nan))
    n_minutes: Column = field(default_factory=lambda: np.zeros(FIRST_ROWS, np.int64))
    in_minute: Column = field(default_factory=lambda: np.zeros(FIRST_ROWS, np.int64))
    bad: Column = field(default_factory=lambda: np.zeros((FIRST_ROWS, CHECKSUM_WINDOW_MIN, 2), np.int64))
    missing: Column = field(default_factory=lambda: np.zeros((FIRST_ROWS, CHECKSUM_WINDOW_MIN), np.int64))
    state: Column = field(default_factory=lambda: np.zeros(FIRST_ROWS, np.int8))
    t_state_unix_s: Column = field(default_factory=lambda: np.full(FIRST_ROWS, np.nan))
    t_heard_unix_s: Column = field(default_factory=lambda: np.full(FIRST_ROWS, np.nan))
    t_low_unix_s: Column = field(default_factory=lambda: np.full(FIRST_ROWS, np.nan))  # since when below the share
    expected: Column = field(default_factory=lambda: np.full(FIRST_ROWS, np.nan))
    # variance over mean of its minutes, at least 1
    spread: Column = field(default_factory=lambda: np.full(FIRST_ROWS, np.nan))
    skew_s: Column = field(default_factory=lambda: np.full(FIRST_ROWS, np.nan))
    n_vessels: Column = field(default_factory=lambda: np.zeros(FIRST_ROWS, np.int64))
    second: int = -1  # the second that the ring stands at
    minute: int = -1

    def __len__(self) -> int:
        return len(self.source)

    def row(self, source: str, station: str, now_unix_s: float) -> int:
        """The row of a receiver, made at first sight; its feed gets a row before it."""
        found = self.row_of.get((source, station))
        if found is not None:
            return found
        parent = self.row(source, "", now_unix_s) if station else len(self)
        new = len(self)
        if new == len(self.state):
            self.grow()
        self.source.append(source)
        self.station.append(station)
        self.row_of[source, station] = new
        self.parent[new] = parent
        self.t_state_unix_s[new] = now_unix_s
        return new

    def grow(self) -> None:
        for name in ARRAYS:
            old = getattr(self, name)
            new = np.zeros((2 * len(old), *old.shape[1:]), old.dtype)
            if old.dtype.kind == "f":
                new[:] = np.nan
            new[: len(old)] = old
            setattr(self, name, new)


ARRAYS = (
    "parent", "ring", "minutes", "n_minutes", "in_minute", "bad", "missing", "state", "t_state_unix_s",
    "t_heard_unix_s", "t_low_unix_s", "expected", "spread", "skew_s", "n_vessels",
)  # fmt: skip


def hear(table: ReceiverTable, receiver: Column, now_unix_s: float) -> None:
    """Count one tick's messages. receiver : (N,) rows, one for each message heard, repeats included."""
    _turn(table, now_unix_s)
    if not len(receiver):
        return
    counts = np.bincount(receiver, minlength=len(table))
    parent = table.parent[: len(table)]
    total = counts.copy()
    np.add.at(total, parent[parent != np.arange(len(table))], counts[parent != np.arange(len(table))])
    rows = total.nonzero()[0]
    table.ring[rows, table.second % WINDOW_S] += total[rows]
    table.in_minute[rows] += total[rows]
    table.bad[rows, table.minute % CHECKSUM_WINDOW_MIN, 0] += total[rows]
    table.t_heard_unix_s[rows] = now_unix_s


def hear_damaged(table: ReceiverTable, receiver: Column) -> None:
    """Count sentences whose checksum was wrong. receiver : (N,) rows."""
    for row in receiver.tolist():
        for one in {row, int(table.parent[row])}:
            table.bad[one, table.minute % CHECKSUM_WINDOW_MIN, 1] += 1


def hear_missing(table: ReceiverTable, receiver: int, n_missing: int) -> None:
    """Count batches of a site that its gateway sent and nobody will ever have."""
    table.missing[receiver, table.minute % CHECKSUM_WINDOW_MIN] += n_missing


def hear_clock(table: ReceiverTable, receiver: Column, offset_s: Column) -> None:
    """Learn how far a receiver's stamps are off: stamp minus what a base station said the time was."""
    for row, offset in zip(receiver.tolist(), offset_s.tolist(), strict=True):
        if np.isnan(offset):
            continue
        before = table.skew_s[row]
        table.skew_s[row] = offset if np.isnan(before) else before + SKEW_WEIGHT * (offset - before)


def _turn(table: ReceiverTable, now_unix_s: float) -> None:
    """Move the rings on to this second and minute."""
    second, minute = int(now_unix_s), int(now_unix_s // 60)
    if table.second < 0:
        table.second, table.minute = second, minute
        return
    for passed in range(table.second + 1, min(second, table.second + WINDOW_S) + 1):
        table.ring[:, passed % WINDOW_S] = 0
    if second > table.second + WINDOW_S:
        table.ring[:] = 0
    table.second = max(table.second, second)
    if minute > table.minute:
        _end_minute(table, minute)


def _end_minute(table: ReceiverTable, minute: int) -> None:
    """Write the finished minute into the past of those that were well, and judge anew what is usual."""
    n = len(table)
    well = table.state[:n] != ReceiverState.DOWN.value
    well &= ~np.isnan(table.t_heard_unix_s[:n])
    rows = well.nonzero()[0]
    table.minutes[rows, table.n_minutes[rows] % HISTORY] = table.in_minute[rows]
    table.n_minutes[rows] += 1
    table.in_minute[:] = 0
    for passed in range(table.minute + 1, min(minute, table.minute + CHECKSUM_WINDOW_MIN) + 1):
        table.bad[:, passed % CHECKSUM_WINDOW_MIN] = 0
        table.missing[:, passed % CHECKSUM_WINDOW_MIN] = 0
    table.minute = minute
    judged = (table.n_minutes[:n] > MIN_MINUTES).nonzero()[0]
    if len(judged):
        # the first minute is a part of one: it is never counted as usual
        table.minutes[judged[table.n_minutes[judged] == MIN_MINUTES + 1], 0] = np.nan
        table.expected[judged] = np.nanmedian(table.minutes[judged], axis=1)
        mean = np.maximum(np.nanmean(table.minutes[judged], axis=1), 1.0)
        table.spread[judged] = np.maximum(np.nanvar(table.minutes[judged], axis=1) / mean, 1.0)


def judge(table: ReceiverTable, now_unix_s: float) -> None:
    """Bring every receiver's state up to date."""
    n = len(table)
    if not n:
        return
    rate, expected, spread = table.ring[:n].sum(axis=1), table.expected[:n], table.spread[:n]
    silence_s = now_unix_s - table.t_heard_unix_s[:n]
    with np.errstate(divide="ignore", invalid="ignore"):
        longest_s = np.maximum(MIN_SILENCE_S, SILENCE_NATS * 60.0 / expected * spread)
    deviation = np.sqrt(np.maximum(expected, 1) * spread)
    is_low = (rate < DEGRADED_SHARE * expected) & (expected - rate > SIGNIFICANT * deviation)
    t_low = np.where(is_low, np.fmin(table.t_low_unix_s[:n], now_unix_s), np.nan)
    table.t_low_unix_s[:n] = t_low
    before = table.state[:n]
    after = np.where(np.isnan(expected), ReceiverState.STARTING.value, ReceiverState.UP.value)
    stays_low = (before >= ReceiverState.DEGRADED.value) & (rate < RECOVERED_SHARE * expected)
    after = np.where((now_unix_s - t_low >= WINDOW_S) | stays_low, ReceiverState.DEGRADED.value, after)
    after = np.where(silence_s >= longest_s, ReceiverState.DOWN.value, after).astype(np.int8)
    changed = after != before
    table.t_state_unix_s[:n] = np.where(changed, now_unix_s, table.t_state_unix_s[:n])
    table.state[:n] = after


def count_vessels(table: ReceiverTable, receiver: Column) -> None:
    """Note how many vessels each receiver hears. receiver : (T,) row of the last hearer, -1 none."""
    n = np.bincount(receiver[receiver >= 0], minlength=len(table))
    parent = table.parent[: len(table)]
    is_station = parent != np.arange(len(table))
    np.add.at(n, parent[is_station], n[is_station])
    table.n_vessels[: len(table)] = n


def is_up(table: ReceiverTable) -> Column:
    """(S + 1,) bool, UP by receiver row; the last entry stands for row -1 and is False."""
    up = np.zeros(len(table) + 1, bool)
    up[:-1] = table.state[: len(table)] == ReceiverState.UP.value
    return up


def picture(table: ReceiverTable, radar: Sequence[str]) -> Receivers:
    """The receivers as the rules see them. radar : name of the radar that each is, "" of one that is none"""
    n = len(table)
    sums = table.bad[:n].sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = sums[:, 1] / (sums[:, 0] + sums[:, 1])
    return Receivers(
        source=tuple(table.source),
        station=tuple(table.station),
        radar=tuple(radar),
        receiver_id=np.array([receiver_id(*pair) for pair in zip(table.source, table.station, strict=True)], np.int64),
        state=table.state[:n].copy(),
        t_state_unix_s=table.t_state_unix_s[:n].copy(),
        t_heard_unix_s=table.t_heard_unix_s[:n].copy(),
        rate_per_min=table.ring[:n].sum(axis=1).astype(np.float64),
        expected_rate_per_min=table.expected[:n].copy(),
        bad_checksum_share=np.nan_to_num(share),
        clock_skew_s=table.skew_s[:n].copy(),
        n_vessels=table.n_vessels[:n].copy(),
        is_source=table.parent[:n] == np.arange(n),
        n_missing=table.missing[:n].sum(axis=1),
    )
