"""What something is: the texts and dimensions of types 5, 19, 21 and the parts of 24."""

import numpy as np

from decoders.ais.plans import NO_LAYOUT, SHOWN
from decoders.ais.unpack import texts_of
from decoders.columns import DTYPES
from decoders.table import Column

DIMENSIONS = ("to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m")
TEXTS = ("name", "callsign", "destination", "vendor", "name_extension")
_SLOTS = [{slot.name: slot for slot in slots} for slots in SHOWN.values()]
# (texts, layouts): the bit where each begins, NO_LAYOUT where a layout has none; and its characters
BEGIN = np.array([[slots[name].start if name in slots else NO_LAYOUT for slots in _SLOTS] for name in TEXTS])
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
    begin = BEGIN.take(layout, axis=1)
    text, row = (begin != NO_LAYOUT).nonzero()
    raw = texts_of(symbols, row, begin[text, row], N_CHARS[text], n_bits[row])
    found = np.char.strip(raw)
    bounds = text.searchsorted(np.arange(len(TEXTS) + 1)).tolist()  # they come one text after the other
    parts = {name: slice(first, last) for name, first, last in zip(TEXTS, bounds, bounds[1:], strict=False)}
    columns = {}
    for name, dtype in zip(TEXTS, TEXT_TYPES, strict=True):
        columns[name] = np.zeros(len(layout), dtype)
        if parts[name].start < parts[name].stop:
            columns[name][row[parts[name]]] = found[parts[name]]
    extended = (columns.pop("name_extension") != b"").nonzero()[0]
    if len(extended):
        head, rest = (raw[at][row[at].searchsorted(extended)] for at in (parts["name"], parts["name_extension"]))
        columns["name"][extended] = np.char.strip(np.char.add(head, rest))
    return columns
