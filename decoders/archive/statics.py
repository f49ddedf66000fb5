"""What archive rows say about the vessels themselves, given once and again whenever it changes."""

from dataclasses import dataclass

import numpy as np

from decoders.archive.cells import Cells, read_code, read_number, read_text, read_time
from decoders.columns import Positions, Statics, missing
from decoders.table import Column

# Vessels whose last words are remembered. Beyond it all are forgotten, which costs one repeated row for each of them.
MAX_VESSELS = 1 << 20
STATIC_TYPE = {1: 5, 9: 5, 18: 19, 21: 21}  # what the sender of such a position sends about itself


@dataclass(frozen=True, slots=True)
class Told:
    """The hash of what each vessel's last row said, sorted by MMSI."""

    mmsi: Column  # (V,) int64
    said: Column  # (V,) uint64

    @classmethod
    def nothing(cls) -> "Told":
        """Before the first row."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.uint64))


def which_changed(told: Told, mmsi: Column, said: Column) -> tuple[Told, Column]:
    """Rows that say something else than the row before of the same vessel.

    mmsi : (N,) int64; said : (N,) uint64, a hash of the row's words. Returns the new state and (N,) bool.
    """
    order = np.argsort(mmsi, kind="stable")
    vessel, words = mmsi[order], said[order]
    is_first = np.ones(len(order), bool)
    is_first[1:] = vessel[1:] != vessel[:-1]
    is_new = np.ones(len(order), bool)
    is_new[1:] = is_first[1:] | (words[1:] != words[:-1])
    first = np.flatnonzero(is_first)
    if len(told.mmsi):
        at = np.minimum(np.searchsorted(told.mmsi, vessel[first]), len(told.mmsi) - 1)
        is_new[first] = (told.mmsi[at] != vessel[first]) | (told.said[at] != words[first])
    changed = np.zeros(len(order), bool)
    changed[order] = is_new
    last = np.append(first[1:], len(order)) - 1 if len(first) else first
    return _remember(told, vessel[last], words[last]), changed


def _remember(told: Told, mmsi: Column, said: Column) -> Told:
    kept = ~np.isin(told.mmsi, mmsi)
    all_mmsi, all_said = np.concatenate([told.mmsi[kept], mmsi]), np.concatenate([told.said[kept], said])
    if len(all_mmsi) > MAX_VESSELS:
        all_mmsi, all_said = mmsi, said
    order = np.argsort(all_mmsi)
    return Told(all_mmsi[order], all_said[order])


def read_statics(
    cells: Cells,
    place: dict[str, int],
    ship_types: dict[bytes, int],
    time_digits: tuple[tuple[int, ...], ...],
    positions: Positions,
) -> Statics:
    """The given rows as statics; rows that say nothing are left out."""
    n = len(positions)
    column = {name: missing(name, n) for name in Statics.__dataclass_fields__}
    for name in ("line", "t_unix_s", "time_source", "station", "mmsi", "flags"):
        column[name] = getattr(positions, name)
    kinds = np.array([STATIC_TYPE.get(code, 5) for code in range(64)], np.int8)
    column["type"] = kinds[positions.type]
    for name, width in (("name", 34), ("callsign", 7), ("destination", 20)):
        if name in place:
            text = read_text(cells, place[name], width)
            column[name] = np.where(text == b"Unknown", b"", text).astype(f"S{width}")
    if "imo" in place:
        column["imo"] = read_imo(cells, place["imo"])
    if "ship_type" in place:
        column["ship_type"] = read_ship_type(cells, place["ship_type"], ship_types)
    column.update(read_size(cells, place))
    if "draught_m" in place:
        draught, _ = read_number(cells, place["draught_m"])
        column["draught_m"] = np.where(draught > 0, draught, np.nan)
    if "eta" in place:
        column.update(read_eta(read_time(cells, place["eta"], time_digits)))
    statics = Statics(**column)
    said = (statics.name != b"") | (statics.callsign != b"") | (statics.imo >= 0) | (statics.ship_type >= 0)
    return statics.take(said | ~np.isnan(statics.to_bow_m) | (statics.destination != b""))


def read_imo(cells: Cells, place: int) -> Column:
    """IMO numbers, with or without the letters IMO before; 0 and words are -1."""
    has_letters = np.isin(read_text(cells, place, 3), (b"IMO", b"imo"))
    start = cells.start.copy()
    start[:, place] += 3 * has_letters
    number = read_code(Cells(cells.data, start, cells.end), place, -1)
    return np.where(number > 0, number, -1)


def read_ship_type(cells: Cells, place: int, words: dict[bytes, int]) -> Column:
    """Ship types, from words or from the number; 0 (not available) and unknown words are -1."""
    if words:
        found, which = np.unique(read_text(cells, place, 28), return_inverse=True)
        codes = np.array([words.get(word.lower(), -1) for word in found.tolist()], np.int16)
        return codes[which]
    code = read_code(cells, place, -1)
    return np.where((code > 0) & (code < 1100), code, -1).astype(np.int16)


def read_size(cells: Cells, place: dict[str, int]) -> dict[str, Column]:
    """Distances from the reference point to the sides.

    Without them, length and width are put astern and to starboard of it, as ITU-R M.1371-5 (figure 41) has it for a
    reference point that is not known.
    """
    n = len(cells.start)
    sides = ("to_bow_m", "to_stern_m", "to_port_m", "to_starboard_m")
    size = {name: read_number(cells, place[name])[0] if name in place else np.full(n, np.nan) for name in sides}
    length, width = (
        read_number(cells, place[name])[0] if name in place else np.full(n, np.nan) for name in ("length_m", "width_m")
    )
    given = np.nansum([*size.values()], axis=0) > 0
    whole = ~given & (np.nan_to_num(length) + np.nan_to_num(width) > 0)
    stand_in = {"to_stern_m": np.nan_to_num(length), "to_starboard_m": np.nan_to_num(width)}
    nothing = np.zeros(n)
    return {
        name: np.where(given, np.nan_to_num(size[name]), np.where(whole, stand_in.get(name, nothing), np.nan))
        for name in sides
    }


def read_eta(t_unix_s: Column) -> dict[str, Column]:
    """Month, day, hour and minute of an arrival time; -1 where there is none."""
    is_known = ~np.isnan(t_unix_s)
    minute = np.where(is_known, t_unix_s, 0).astype(np.int64) // 60
    day = (minute // 1440).astype("M8[D]")
    month = day.astype("M8[M]")
    parts = {
        "eta_month": month.astype(np.int64) % 12 + 1,
        "eta_day": (day - month.astype("M8[D]")).astype(np.int64) + 1,
        "eta_hour": minute // 60 % 24,
        "eta_minute": minute % 60,
    }
    return {name: np.where(is_known, value, -1).astype(np.int8) for name, value in parts.items()}
