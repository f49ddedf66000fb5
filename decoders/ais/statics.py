"""What something is: the columns of `Statics` from types 5, 19, 21 and the parts of 24."""

import numpy as np

from decoders.ais.plans import NO_LAYOUT, plan
from decoders.ais.unpack import texts_of
from decoders.ais.wire import LAYOUTS
from decoders.columns import DTYPES, Statics
from decoders.table import Column

DIMENSIONS = ("to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m")
TEXTS = ("name", "callsign", "destination", "vendor", "name_extension")
VALUES = tuple(name for name in tuple(Statics.__dataclass_fields__)[8:] if name not in TEXTS)
SHOWN = {
    **{name: LAYOUTS[name] for name in ("5", "19", "21+", "24A", "24B", "24B auxiliary")},
    "24": LAYOUTS["24A"][:3],  # part numbers that the standard does not know: the number is all there is
}
STATICS = plan(SHOWN, VALUES)
TEXT_SLOTS = {name: [next((s for s in slots if s.name == name), None) for slots in SHOWN.values()] for name in TEXTS}
TEXT_BEGIN = {name: np.array([s.start if s else NO_LAYOUT for s in slots]) for name, slots in TEXT_SLOTS.items()}
TEXT_CHARS = {name: max(s.width // 6 for s in slots if s) for name, slots in TEXT_SLOTS.items()}
PART_BITS = 40
CRAFT = 98  # MMSI 98xxxxxxx: a craft that belongs to a mother ship
LAYOUT = np.full(64, NO_LAYOUT)
for _kind, _layout in ((5, "5"), (19, "19"), (21, "21+")):
    LAYOUT[_kind] = STATICS.layouts[_layout]
PART_LAYOUT = np.array([STATICS.layouts[name] for name in ("24A", "24B", "24", "24")])


def static_layouts(kind: Column, part: Column, mmsi: Column, n_bits: Column) -> Column:
    """(N,) int64, rows of STATICS; NO_LAYOUT where a message has no static data. Type 24 has a layout for each part."""
    layout = LAYOUT.take(kind)
    rows = np.flatnonzero((kind == 24) & (n_bits >= PART_BITS))
    if len(rows):
        is_craft = (part[rows] == 1) & (mmsi[rows] // 10_000_000 == CRAFT)
        layout[rows] = np.where(is_craft, STATICS.layouts["24B auxiliary"], PART_LAYOUT.take(part[rows]))
    return layout


def static_columns(symbols: Column, doubles: Column, layout: Column, n_bits: Column) -> dict[str, Column]:
    """Columns in house units. (N, K) symbols, (N, W) doubles, (N,) rows of STATICS, (N,) bits in each message."""
    columns = STATICS.read(doubles, layout, n_bits)
    nothing = np.ones(len(layout), bool)
    for name in DIMENSIONS:
        nothing &= ~(columns[name] > 0)
    for name in DIMENSIONS:
        columns[name][nothing] = np.nan
    for name in TEXTS:
        columns[name] = text_column(name, symbols, layout, n_bits)
    extension = columns.pop("name_extension")
    extended = np.flatnonzero(extension != b"")
    if len(extended):
        columns["name"][extended] = np.char.add(columns["name"][extended], extension[extended])
    return columns


def text_column(name: str, symbols: Column, layout: Column, n_bits: Column) -> Column:
    """(N,) bytes, empty where the layout has no such text."""
    begin = TEXT_BEGIN[name].take(layout)
    n_chars = TEXT_CHARS[name]
    column = np.zeros(len(layout), DTYPES.get(name, f"S{n_chars}"))
    rows = np.flatnonzero(begin != NO_LAYOUT)
    if len(rows):
        column[rows] = texts_of(symbols[rows], begin[rows], n_chars, n_bits[rows])
    return column
