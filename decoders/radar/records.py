"""Records of one ASTERIX category side by side: an item's octets of all of them become one column.

`at[row, item]` is where the item lies in the bytes; rows without it have 0 there, so they read something, and what they
read is replaced by the missing value. That keeps every reading a handful of array operations, whatever the records'
shapes: hostile input with a thousand shapes costs no more than a thousand records of one.
"""

from dataclasses import dataclass

import numpy as np

from decoders.table import Column

STEPS = np.arange(8)
WEIGHTS = {3: np.array([65_536, 256, 1])}


@dataclass(frozen=True, slots=True)
class Records:
    """N records. `source` goes on for 64 bytes behind the last one."""

    source: Column  # (bytes,) uint8
    at: Column  # (N, items) int64
    is_sent: Column  # (N, items) bool
    index: dict[str, int]  # item -> its column
    t_heard_unix_s: Column  # (N,) float64

    def __len__(self) -> int:
        return len(self.at)

    def has(self, name: str) -> Column:
        """(N,) bool: whether the item was sent."""
        sent: Column = self.is_sent[:, self.index[name]]
        return sent

    def octets(self, name: str, n: int, skip: int | Column = 0) -> Column:
        """(N, n) uint8 of an item, from its octet `skip` on; something of no meaning where it was not sent."""
        found: Column = self.source[(self.at[:, self.index[name]] + skip)[:, None] + STEPS[:n]]
        return found

    def unsigned(self, name: str, n: int, skip: int | Column = 0) -> Column:
        """(N,) int64: n octets as a number, most significant first."""
        return number_of(self.octets(name, n, skip))

    def signed(self, name: str, n: int, skip: int | Column = 0) -> Column:
        """(N,) int64: the same in two's complement."""
        value, half = number_of(self.octets(name, n, skip)), 1 << (8 * n - 1)
        found: Column = (value ^ half) - half
        return found

    def quantity(self, name: str, n: int, unit: float, skip: int = 0, *, is_signed: bool = False) -> Column:
        """(N,) float64 in units of `unit`, NaN where it was not sent."""
        value = self.signed(name, n, skip) if is_signed else self.unsigned(name, n, skip)
        return np.where(self.has(name), value * unit, np.nan)

    def extent(self, name: str, number: int) -> Column:
        """(N,) int64: the octet `number` (from 0) of an extended item; 0 where it does not reach so far."""
        reaches = self.has(name)
        for before in range(number):
            reaches = reaches & ((self.unsigned(name, 1, before) & 1) == 1)
        return np.where(reaches, self.unsigned(name, 1, number), 0)


def number_of(octets: Column) -> Column:
    """(N,) int64 of (N, n) octets, most significant first."""
    n = octets.shape[1]
    if n == 1:
        return octets[:, 0].astype(np.int64)
    if n in (2, 4, 8):
        return octets.view(f">u{n}")[:, 0].astype(np.int64)
    value: Column = octets.astype(np.int64) @ WEIGHTS[n]
    return value
