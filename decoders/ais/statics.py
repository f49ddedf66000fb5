"""What something is: the texts and dimensions of types 5, 19, 21 and the parts of 24."""

import numpy as np

from decoders.ais.plans import NO_LAYOUT, SHOWN
from decoders.ais.unpack import texts_of
from decoders.columns import DTYPES
from decoders.table import Column

DIMENSIONS = ("to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m")
TEXTS = ("name", "callsign", "destination", "vendor", "name_extension")
_SLOTS = [{slot.name: slot for slot in slots} for slots in SHOWN.values()]
# (layouts, texts): the bit where each begins, NO_LAYOUT where a layout has none; and its characters
BEGIN = np.array([[slots[name].start if name in slots else NO_LAYOUT for name in TEXTS] for slots in _SLOTS])
N_CHARS = np.array([max(slots[name].width // 6 for slots in _SLOTS if name in slots) for name in TEXTS])

TEXT_TYPES = [np.dtype(DTYPES.get(name, f"S{n}")) for name, n in zip(TEXTS, N_CHARS, strict=True)]


def without_nothing(columns: dict[str, Column]) -> None:
    """Four dimensions of zero say that none is known: in place."""
    nothing = ~(columns[DIMENSIONS[0]] > 0)
    for name in DIMENSIONS[1:]:
        nothing &= ~(columns[name] > 0)
    for name in DIMENSIONS:
        columns[name][nothing] = np.nan


def text_columns(symbols: Column, layout: Column, n_bits: Column) -> dict[str, Column]:
    """The texts of (N, K) symbols, (N,) layouts and bits: (N,) bytes, empty where the layout has no such text.

    Outer blanks are dropped, those between a name of type 21 and its extension are not.
    """
    begin = BEGIN.take(layout, axis=0)
    row, text = (begin != NO_LAYOUT).nonzero()
    found = texts_of(symbols, row, begin[row, text], N_CHARS[text], n_bits[row])
    columns = {}
    for i, name in enumerate(TEXTS):
        columns[name] = np.zeros(len(layout), TEXT_TYPES[i])
        of = (text == i).nonzero()[0]
        if len(of):
            columns[name][row[of]] = found[of]
    extension = columns.pop("name_extension")
    extended = (extension != b"").nonzero()[0]
    if len(extended):
        columns["name"][extended] = np.char.add(columns["name"][extended], extension[extended])
    return {name: np.char.strip(column).astype(column.dtype) for name, column in columns.items()}
