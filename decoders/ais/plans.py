"""Which bits of which message become which column: the layouts of `wire`, as tables with one row for each layout.

Messages of different layouts are read together: where a field lies, how wide it is and what its values mean are looked
up for each message, so that a call with a few messages of many types costs as little as one with a single type.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from decoders.ais.unpack import WORD_BITS, padded_width
from decoders.ais.wire import LAYOUTS, Slot
from decoders.columns import DTYPES, Positions, Statics
from decoders.table import Column

NO_LAYOUT = -1
NEVER = -1 << 40  # no wire integer
# Columns in which 0 means "not available" (ITU-R M.1371-5, table 50 and following).
ZERO_IS_MISSING = ("imo", "ship_type", "eta_month", "eta_day", "mothership_mmsi", "draught_m")


@dataclass(frozen=True, slots=True)
class Plan:
    """Some columns of some layouts. L layouts, F columns, the floats first."""

    layouts: dict[str, int]  # name -> row
    floats: tuple[str, ...]
    integers: tuple[str, ...]
    table: Column  # (L, 8, F) int64: word, shift, mask, sign bit, least, most, missing, end bit
    factor: Column  # (L, floats) float64
    width: Column  # (L + 1,) int64, symbols of a message of this layout that count; the last, 0, is for NO_LAYOUT

    @property
    def names(self) -> tuple[str, ...]:
        return self.floats + self.integers

    def read(self, doubles: Column, layout: Column, n_bits: Column) -> dict[str, Column]:
        """Columns of messages, float64 or int64, in house units, missing where a message has none. (N, W) int64 as of
        `unpack.doubles_of`, (N,) rows of the plan, (N,) bits in each message."""
        word, shift, mask, sign, least, most, missing, end = self.table.take(layout, axis=0).transpose(1, 0, 2)
        at = (np.arange(len(doubles)) * doubles.shape[1])[:, None] + np.minimum(word, doubles.shape[1] - 1)
        wire = (doubles.ravel().take(at) >> shift) & mask
        wire -= (wire & sign) << 1
        is_known = (wire >= least) & (wire <= most) & (wire != missing) & (end <= n_bits[:, None])
        n = len(self.floats)
        values = wire[:, :n] / self.factor.take(layout, axis=0)
        values[~is_known[:, :n]] = np.nan
        codes = np.where(is_known[:, n:], wire[:, n:], -1)
        columns = dict(zip(self.floats, np.ascontiguousarray(values.T), strict=True))
        columns.update(zip(self.integers, np.ascontiguousarray(codes.T), strict=True))
        if "turn_deg_per_min" in columns:
            columns["turn_deg_per_min"] = turn(columns["turn_deg_per_min"])
        return columns


def turn(wire: Column) -> Column:
    """(N,) float64 of wire integers. ITU-R M.1371-5, table 48: (code / 4.733)^2, sign kept."""
    value: Column = np.sign(wire) * (wire / 4.733) ** 2
    return value


def plan(layouts: Mapping[str, tuple[Slot, ...]], names: Iterable[str]) -> Plan:
    """The tables of these columns in these layouts."""
    names = tuple(names)
    floats = tuple(name for name in names if np.dtype(DTYPES.get(name, "i8")).kind == "f")
    integers = tuple(name for name in names if name not in floats)
    table = np.zeros((len(layouts), 8, len(names)), np.int64)
    factor = np.ones((len(layouts), len(floats)))
    width = []
    for row, slots in enumerate(layouts.values()):
        width.append(padded_width(max(slot.start + slot.width for slot in slots)))
        by_name = {slot.name: slot for slot in slots}
        for i, name in enumerate(floats + integers):
            slot = by_name.get(name)
            table[row, :, i] = (0, 0, 0, 0, 1, 0, NEVER, 0) if slot is None else table_column(slot)
            if slot is not None and i < len(floats):
                factor[row, i] = slot.factor
    return Plan({name: i for i, name in enumerate(layouts)}, floats, integers, table, factor, np.array([*width, 0]))


def table_column(slot: Slot) -> tuple[int, ...]:
    """One column of `Plan.table` for one layout."""
    word, offset = divmod(slot.start, WORD_BITS)
    shift = 2 * WORD_BITS - offset - slot.width
    if shift < 0:
        raise ValueError(f"{slot.name} at bit {slot.start} does not lie in two words")
    sign = 1 << (slot.width - 1) if slot.least < 0 else 0
    is_code = np.dtype(DTYPES.get(slot.name, "i8")).kind == "i"
    missing = slot.missing if is_code and slot.missing else NEVER
    if slot.name == "nav_status":
        missing = NEVER  # 15, "not defined", is a code of its own: a beacon under test sends it
    if slot.name in ZERO_IS_MISSING:
        missing = 0
    mask = (1 << slot.width) - 1
    most = slot.most
    if slot.name not in DTYPES:
        missing, most = NEVER, mask  # the parts of a date: whether they make one is seen later
    return word, shift, mask, sign, slot.least, most, missing, slot.start + slot.width


def value_table(slot: Slot) -> Column:
    """(2^width,) the house value of every wire integer of a narrow field: a lookup costs less than the arithmetic."""
    _, _, mask, sign, least, most, missing, _ = table_column(slot)
    wire = np.arange(mask + 1)
    wire -= (wire & sign) << 1
    is_known = (wire >= least) & (wire <= most) & (wire != missing)
    dtype = np.dtype(DTYPES.get(slot.name, "i8"))
    if dtype.kind == "i":
        return np.where(is_known, wire, -1).astype(dtype)
    values = np.where(is_known, wire / slot.factor, np.nan)
    return turn(values) if slot.name == "turn_deg_per_min" else values


CLOCK_SLOTS = ("utc_year", "utc_month", "utc_day", "utc_hour", "utc_minute", "clock_second")
SHOWN = {
    **{name: LAYOUTS[name] for name in ("1", "4", "9", "18", "27", "19", "21+", "5", "24A", "24B", "24B auxiliary")},
    "24": LAYOUTS["24A"][:3],  # part numbers that the standard does not know: the number is all there is
}
# What is in Positions and Statics beside what all tables have, and what is no text.
POSITION_VALUES = tuple(Positions.__dataclass_fields__)[8:]
STATIC_VALUES = tuple(n for n in tuple(Statics.__dataclass_fields__)[8:] if np.dtype(DTYPES[n]).kind != "S")
ALL = plan(SHOWN, dict.fromkeys((*POSITION_VALUES, *STATIC_VALUES, *CLOCK_SLOTS)))
