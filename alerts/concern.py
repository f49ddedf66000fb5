"""Which vessels a fence is about: the filters of the chart, applied in this one place.

A vessel that a fence is not about is not there for the rules: `hits.pairs_in` and `hits.events_in` leave its pairs and
events out. Where the vessel is known to be outside the filter it is left out, and only there: a length or a speed that
was never sent leaves nobody out, for unknown is not harmless. A type that was never sent is the class `unknown`, which
a filter of classes names or not: most ships are unknown for their first minutes, and a fence for tankers that told each
of them would be switched off. A fence for certain MMSIs is about no other target, nor about one without any.
"""

from functools import lru_cache

import numpy as np

from alerts.picture import Column, Concern, Picture, StationClass

# AIS ship types of each word: ITU-R M.1371-5 table 53. Every type has exactly one word.
SHIP_TYPES: dict[str, tuple[int, ...]] = {
    "cargo": tuple(range(70, 80)),
    "tanker": tuple(range(80, 90)),
    "passenger": tuple(range(60, 70)),
    "high_speed": tuple(range(40, 50)),
    "fishing": (30,),
    "sailing": (36,),
    "pleasure": (37,),
    "tug": (31, 32, 52),
    "service": (33, 34, 50, 51, 53, 54, 55, 56, 57, 58, 59),
    "military": (35,),
    "wing_in_ground": tuple(range(20, 30)),
    "other": tuple(range(90, 100)),
    "unknown": (-1, *range(20), 38, 39, *range(100, 256)),
}
STATION_CLASSES = {"class_a": StationClass.A, "class_b": StationClass.B}
# Speed over the ground of a steady ship comes with some tenths of a knot of noise, of one at rest with less. Without
# slack an alert at the limit chatters; with much of it, a ship that has stopped holds an alert about ships that move.
SLACK_KN, SLACK_SHARE = 1.0, 0.2
MMSI_ROOM = 1 << 30  # an MMSI has nine digits
WORDS = (*STATION_CLASSES, *SHIP_TYPES)  # a word's place is its bit


def is_about(picture: Picture, vessel: Column, fence: Column, *, is_held: bool = False) -> Column:
    """(K,) bool: whether each fence is about the vessel beside it. vessel, fence : (K,) int64 rows.

    is_held : ask what keeps an alert that is open already, so that a vessel whose speed hovers about a limit does not
    end and begin it again and again
    """
    concern, v = picture.fences.concern, picture.vessels
    if concern is None:
        return np.ones(len(vessel), bool)
    wanted = _wanted_bits(concern.classes)[fence]
    found: Column = (wanted == 0) | (wanted & _bits(v.ship_type[vessel], v.station_class[vessel]) != 0)
    length_m, sog_kn = v.length_m[vessel], v.sog_kn[vessel]  # comparisons with NaN on either side leave nobody out
    found &= ~(length_m < concern.min_length_m[fence]) & ~(length_m > concern.max_length_m[fence])
    least_kn, most_kn = concern.min_sog_kn[fence], concern.max_sog_kn[fence]
    if is_held:
        least_kn, most_kn = least_kn - _slack_kn(least_kn), most_kn + _slack_kn(most_kn)
    found &= ~(sog_kn < least_kn) & ~(sog_kn > most_kn)
    if any(concern.mmsi):
        known, n_named = _named(concern.mmsi)
        key = fence * MMSI_ROOM + v.mmsi[vessel]
        at = np.minimum(np.searchsorted(known, key), len(known) - 1)
        found &= (n_named[fence] == 0) | (known[at] == key)
    return found


def says_itself(concern: Concern) -> tuple[Column, Column]:
    """Two columns, (F,) bool each: fences that name vessels by type or MMSI, and those that say how long they are.

    One that names vessels means short ones too.
    """
    names_vessels = _names_vessels(concern.classes, concern.mmsi)
    return names_vessels, names_vessels | ~np.isnan(concern.min_length_m) | ~np.isnan(concern.max_length_m)


def _slack_kn(limit_kn: Column) -> Column:
    """(K,) by how much a speed may be beyond its limit and still hold an alert."""
    found: Column = np.minimum(SLACK_KN, SLACK_SHARE * limit_kn)
    return found


def _bits(ship_type: Column, station_class: Column) -> Column:
    """(K,) int64, a bit for each word that fits."""
    bits = _type_bits()[ship_type]
    for word, code in STATION_CLASSES.items():
        bits = bits | np.where(station_class == code, 1 << WORDS.index(word), 0)
    return bits


@lru_cache(maxsize=1)
def _type_bits() -> Column:
    """(257,) int64: the bit of each ship type; -1 finds the last."""
    bits = np.zeros(257, np.int64)
    for word, types in SHIP_TYPES.items():
        bits[list(types)] = 1 << WORDS.index(word)
    bits.setflags(write=False)
    return bits


@lru_cache(maxsize=8)
def _wanted_bits(classes: tuple[tuple[str, ...], ...]) -> Column:
    """(F,) int64: the bits that each fence asks for; 0 asks for nothing."""
    bits = np.array([sum(1 << WORDS.index(word) for word in words) for words in classes], np.int64)
    bits.setflags(write=False)
    return bits


@lru_cache(maxsize=8)
def _names_vessels(classes: tuple[tuple[str, ...], ...], mmsi: tuple[tuple[int, ...], ...]) -> Column:
    """(F,) bool: fences that name ship types or MMSIs."""
    found = [bool(one) or any(word in SHIP_TYPES for word in words) for words, one in zip(classes, mmsi, strict=True)]
    names_vessels = np.array(found, bool)
    names_vessels.setflags(write=False)
    return names_vessels


@lru_cache(maxsize=8)
def _named(mmsi: tuple[tuple[int, ...], ...]) -> tuple[Column, Column]:
    """(keys of fence and MMSI, sorted; (F,) int64 how many each fence names)."""
    known = np.array(sorted(row * MMSI_ROOM + one for row, several in enumerate(mmsi) for one in several), np.int64)
    n_named = np.array([len(several) for several in mmsi], np.int64)
    known.setflags(write=False)
    n_named.setflags(write=False)
    return known, n_named
