"""What a radar says of itself: OSD (own ship data) and RSD (radar system data) of IEC 61162-1.

    $--OSD,heading,A|V,course,B|M|W|R|P,speed,B|M|W|R|P,set,drift,K|N|S
    $--RSD,range 1,bearing 1,VRM 1,EBL 1,range 2,bearing 2,VRM 2,EBL 2,cursor range,bearing,range scale,K|N|S,C|H|N

Of OSD only the heading matters ashore: that of the antenna's zero. Of RSD only the range scale, out to where the radar
looks. All other fields are checked, since a garbled sentence is not to be believed in part. A radar that sends either
of them is at work.
"""

import numpy as np

from decoders.radar.fields import Fields, is_one_of, letters, numbers
from decoders.radar.targets import METRES, Told, is_circle

OSD_FIELDS, RSD_FIELDS = 9, 13
OSD_NUMBERS, RSD_NUMBERS = (1, 3, 5, 7, 8), tuple(range(1, 12))
OSD_LETTERS = {2: b"AV", 4: b"BMWRP", 6: b"BMWRP", 9: b"KNS"}
RSD_LETTERS = {12: b"KNS", 13: b"CHN"}
VALID = ord("A")


def read_osd(fields: Fields) -> Told:
    """The heading, one a sentence; unknown where its sender says that it is not valid."""
    number = numbers(fields, OSD_NUMBERS)
    heading, course, speed, current, drift = number.value
    letter = {field: letters(fields, field) for field in OSD_LETTERS}
    is_fine = number.is_fine.all(axis=0) & (fields.n_fields == OSD_FIELDS)
    for field, allowed in OSD_LETTERS.items():
        is_fine &= is_one_of(letter[field], allowed)
    is_fine &= is_circle(heading) & is_circle(course) & is_circle(current) & ~(speed < 0.0) & ~(drift < 0.0)
    known = np.where(letter[2] == VALID, heading % 360.0, np.nan)
    return Told({"is_operational": np.ones(len(known), np.int8), "heading_deg": known}, is_fine)


def read_rsd(fields: Fields) -> Told:
    """The range scale, one a sentence."""
    number = numbers(fields, RSD_NUMBERS)
    scale, unit = number.value[-1], letters(fields, 12)
    is_fine = number.is_fine.all(axis=0) & (fields.n_fields == RSD_FIELDS)
    is_fine &= is_one_of(unit, RSD_LETTERS[12]) & is_one_of(letters(fields, 13), RSD_LETTERS[13])
    is_fine &= ~(scale < 0.0) & (np.isnan(scale) | (unit != 0))
    return Told({"is_operational": np.ones(len(scale), np.int8), "range_scale_m": scale * METRES.take(unit)}, is_fine)
