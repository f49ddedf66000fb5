"""Which bits of which message become which column: the layouts of `wire`, as tables with one row for each layout.

Messages of different layouts are read together: where a field lies, how wide it is and what its values mean are looked
up for each message, so that a call with a few messages of many types costs as little as one with a single type.
"""

import itertools
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
# Fields too wide for a table of their values: degrees, and numbers of which 0 is none.
PLACES = ("lat_deg", "lon_deg")
WIDE_NUMBERS = ("imo", "mothership_mmsi", "utc_year")
WIDE = PLACES + WIDE_NUMBERS
N_PLACES, N_WIDE = len(PLACES), len(WIDE)


@dataclass(frozen=True, slots=True)
class Block:
    """Columns of one dtype that stand together in what a plan reads."""

    names: tuple[str, ...]
    is_float: bool
    rows: slice
    dtype: np.dtype[np.generic]


@dataclass(frozen=True, slots=True)
class Plan:
    """The columns of some layouts. L layouts; F fields, the WIDE ones first, then floats and integers."""

    layouts: dict[str, int]  # name -> row
    floats: tuple[str, ...]  # PLACES first
    integers: tuple[str, ...]
    place: Column  # (L, 4, F) int64: word, shift, mask, and where the field's values begin in `values`
    values: Column  # (V,) float64: the house value of every wire integer of every narrow field
    degrees: Column  # (L, 3, PLACES) int64: sign bit, the most, and the factor
    end: Column  # (L, F) int64: the bit behind each field
    last_bit: Column  # (L,) int64: the bit behind the last one of them
    width: Column  # (L + 1,) int64, symbols of a message of this layout that count; the last, 0, is for NO_LAYOUT

    def read(self, doubles: Column, layout: Column, n_bits: Column) -> tuple[Column, Column]:
        """The columns of messages in house units, missing where a message has none: (floats, N) float64 and
        (integers, N) int64. (N, W) int64 as of `unpack.doubles_of`, (N,) rows of the plan, (N,) bits in each message.
        """
        n = len(doubles)
        word, shift, mask, first = self.place.take(layout, axis=0).transpose(1, 0, 2)
        wire = doubles.ravel().take(word + (np.arange(n) * doubles.shape[1])[:, None])
        wire >>= shift
        wire &= mask
        narrow = self.values.take(wire[:, N_WIDE:] + first[:, N_WIDE:]).T
        sign, most, factor = self.degrees.take(layout, axis=0).transpose(1, 2, 0)
        places, numbers = wire[:, :N_PLACES].T, wire[:, N_PLACES:N_WIDE].T
        places = (places ^ sign) - sign
        floats, codes = np.empty((len(self.floats), n)), np.empty((len(self.integers), n), np.int64)
        n_narrow = len(self.floats) - N_PLACES
        floats[:N_PLACES] = places / factor
        floats[N_PLACES:] = narrow[:n_narrow]
        codes[: len(WIDE_NUMBERS)] = numbers
        codes[: len(WIDE_NUMBERS)][numbers == 0] = -1
        codes[len(WIDE_NUMBERS) :] = narrow[n_narrow:]
        nowhere = (np.abs(places) > most).any(axis=0)
        if (n_bits < self.last_bit.take(layout)).any():  # rare: fields that were not sent
            is_cut = (self.end.take(layout, axis=0) > n_bits[:, None]).T
            nowhere |= is_cut[:N_PLACES].any(axis=0)
            floats[N_PLACES:][is_cut[N_WIDE : N_WIDE + n_narrow]] = np.nan
            codes[: len(WIDE_NUMBERS)][is_cut[N_PLACES:N_WIDE]] = -1
            codes[len(WIDE_NUMBERS) :][is_cut[N_WIDE + n_narrow :]] = -1
        floats[:N_PLACES, nowhere] = np.nan
        return floats, codes

    def blocks(self, names: Iterable[str]) -> tuple[Block, ...]:
        """Where these columns stand, those that are neighbours and of one dtype together."""
        wanted, found = set(names), []
        for is_float, columns in ((True, self.floats), (False, self.integers)):
            begin = 0
            for (is_wanted, dtype), run in itertools.groupby(columns, lambda name: (name in wanted, dtype_of(name))):
                members = tuple(run)
                if is_wanted:
                    found.append(Block(members, is_float, slice(begin, begin + len(members)), dtype))
                begin += len(members)
        return tuple(found)


def dtype_of(name: str) -> np.dtype[np.generic]:
    """Of a column; the parts of a date are no columns."""
    return np.dtype(DTYPES.get(name, "i8"))


def columns_of(blocks: Iterable[Block], floats: Column, codes: Column, rows: Column) -> dict[str, Column]:
    """The columns of some rows, in their dtypes, of what `Plan.read` gave: one copy for each block, not each column."""
    columns: dict[str, Column] = {}
    for block in blocks:
        values = (floats if block.is_float else codes)[block.rows].take(rows, axis=1)
        columns.update(zip(block.names, values.astype(block.dtype, copy=False), strict=True))
    return columns


def turn(wire: Column) -> Column:
    """(N,) float64 of wire integers. ITU-R M.1371-5, table 48: (code / 4.733)^2, sign kept."""
    value: Column = np.sign(wire) * (wire / 4.733) ** 2
    return value


def plan(layouts: Mapping[str, tuple[Slot, ...]], names: Iterable[str]) -> Plan:
    """The tables of these columns in these layouts; the WIDE ones are among them."""
    narrow = [name for name in names if name not in WIDE]
    floats = tuple(name for name in narrow if dtype_of(name).kind == "f")
    integers = tuple(name for name in narrow if name not in floats)
    fields = WIDE + floats + integers
    place = np.zeros((len(layouts), 4, len(fields)), np.int64)
    degrees = np.ones((len(layouts), 3, N_PLACES), np.int64)
    degrees[:, 1] = -1  # nowhere, whatever the bits are
    end = np.zeros((len(layouts), len(fields)), np.int64)
    values, width = ValueTables(), []
    for row, slots in enumerate(layouts.values()):
        width.append(padded_width(max(slot.start + slot.width for slot in slots)))
        by_name = {slot.name: slot for slot in slots}
        for i, name in enumerate(fields):
            slot = by_name.get(name)
            if slot is None:
                place[row, 3, i] = values.add(np.array([np.nan if name in floats else -1.0]))
                continue
            word, shift, mask, sign, _, most, _, end[row, i] = table_column(slot)
            place[row, :3, i] = word, shift, mask
            if name in PLACES:
                degrees[row, :, i] = sign, most, slot.factor
            elif name not in WIDE:
                place[row, 3, i] = values.add(value_table(slot))
    return Plan(
        {name: i for i, name in enumerate(layouts)},
        PLACES + floats,
        WIDE_NUMBERS + integers,
        place,
        values.joined(),
        degrees,
        end,
        end.max(axis=1),
        np.array([*width, 0]),
    )


class ValueTables:
    """Tables of values one behind the other, equal ones once."""

    def __init__(self) -> None:
        self._begins: dict[bytes, int] = {}
        self._n = 0

    def add(self, table: Column) -> int:
        """Where this table begins."""
        key = table.astype(np.float64).tobytes()
        if key not in self._begins:
            self._begins[key] = self._n
            self._n += len(table)
        return self._begins[key]

    def joined(self) -> Column:
        """(V,) float64."""
        return np.frombuffer(b"".join(self._begins), np.float64)


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
# in the order of their dtypes, so that those of one stand together
COLUMNS = (
    sorted(names, key=lambda name: DTYPES.get(name, "")) for names in (POSITION_VALUES, STATIC_VALUES, CLOCK_SLOTS)
)
ALL = plan(SHOWN, dict.fromkeys(itertools.chain.from_iterable(COLUMNS)))
POSITION_BLOCKS, STATIC_BLOCKS = ALL.blocks(POSITION_VALUES), ALL.blocks(STATIC_VALUES)
CLOCK_BLOCKS = ALL.blocks(CLOCK_SLOTS)
