"""Radar columns to NMEA sentences: what the simulator sends. Decode's house units, the other way round.

    encode_ttm(reports)    $RATTM     one line a row: range and bearing
    encode_tll(reports)    $RATLL     one line a row: latitude and longitude
    encode_ttd(reports)    !RATTD     one scan: four rows a line
    encode_tlb(reports)    $RATLB     the labels of the rows, several a line
    encode_osd(health)     $RAOSD     one line a row: heading of the antenna's zero
    encode_rsd(health)     $RARSD     one line a row: range scale

Fields and their order are those of IEC 61162-1; units are nautical miles and knots. What is missing is sent as an empty
field, or as the binary sentence's "not available". Encoding and decoding again gives the same within one wire unit
(tests/decoders/test_radar_encode.py). Lines have neither TAG block nor CR LF: who sends them adds both.
"""

import numpy as np

from decoders.ais.sentence import ARMOUR, HEX, MAX_PAYLOAD
from decoders.radar.columns import RadarFlag, RadarHealth, RadarReports, TrackStatus
from decoders.radar.wire import (
    ACQUIRING,
    LOST_TARGET,
    METRES_PER_NM,
    N_A_ANGLE,
    N_A_RANGE,
    N_A_SPEED,
    TARGET_BITS,
    TARGET_CHARS,
    TARGET_SLOTS,
    TRACKING,
)
from decoders.table import Column

MAX_SENTENCE = 82  # IEC 61162-1, with CR LF
MAX_TARGET = 1023  # the number has ten bits
TARGETS_A_LINE = MAX_PAYLOAD // TARGET_CHARS
DAY_CS = 8_640_000
HEX_TEXT = [HEX.take([value >> 4, value & 15]).tobytes() for value in range(256)]
RESERVED = frozenset(b"\r\n$*,!\\^~\x7f")  # IEC 61162-1 table 1
LETTERS = {
    TrackStatus.UNKNOWN: b"",
    TrackStatus.TENTATIVE: b"Q",
    TrackStatus.TRACKED: b"T",
    TrackStatus.COASTED: b"T",  # the wire has no word for it
    TrackStatus.LOST: b"L",
}
STATUS_CODES = {
    TrackStatus.UNKNOWN: 0,
    TrackStatus.TENTATIVE: ACQUIRING,
    TrackStatus.TRACKED: TRACKING,
    TrackStatus.COASTED: TRACKING,
    TrackStatus.LOST: LOST_TARGET,
}


def encode_ttm(reports: RadarReports, *, talker: bytes = b"RA") -> list[bytes]:
    """One tracked target a row, by `range_m` and `bearing_deg`."""
    fields = (
        numbers(reports.track_no),
        decimals(reports.range_m / METRES_PER_NM, 3),
        circles(reports.bearing_deg),
        choices(reports.flags, RadarFlag.RELATIVE_BEARING, b"R", b"T"),
        decimals(reports.sog_kn, 1),
        circles(reports.cog_deg),
        choices(reports.flags, RadarFlag.RELATIVE_MOTION, b"R", b"T"),
        names(reports.name),
        statuses(reports.status),
        choices(reports.flags, RadarFlag.REFERENCE, b"R", b""),
        clock_times(reports),
        choices(reports.flags, RadarFlag.MANUAL, b"M", b"A"),
    )
    return signed(b"$%bTTM,%%b,%%b,%%b,%%b,%%b,%%b,%%b,,,N,%%b,%%b,%%b,%%b,%%b" % talker, fields)


def encode_tll(reports: RadarReports, *, talker: bytes = b"RA") -> list[bytes]:
    """One target position a row, by `lat_deg` and `lon_deg`."""
    fields = (
        numbers(reports.track_no),
        places(reports.lat_deg, b"%02d%07.4f,N", b"%02d%07.4f,S"),
        places(reports.lon_deg, b"%03d%07.4f,E", b"%03d%07.4f,W"),
        names(reports.name),
        clock_times(reports),
        statuses(reports.status),
        choices(reports.flags, RadarFlag.REFERENCE, b"R", b""),
    )
    return signed(b"$%bTLL,%%b,%%b,%%b,%%b,%%b,%%b,%%b" % talker, fields)


def encode_tlb(reports: RadarReports, *, talker: bytes = b"RA") -> list[bytes]:
    """The labels of all rows that are tracks, in row order: the name, or the MMSI; neither takes a label away."""
    mmsi = [b"%09d" % value if value >= 0 else b"" for value in reports.mmsi.tolist()]
    head = b"$%bTLB" % talker
    bodies: list[bytes] = []
    for number, name, identity in zip(reports.track_no.tolist(), names(reports.name), mmsi, strict=True):
        if number < 0:
            continue
        pair = b",%02d,%b" % (number, name or identity)
        if bodies and len(bodies[-1]) + len(pair) + len(b"*hh\r\n") <= MAX_SENTENCE:
            bodies[-1] += pair
        else:
            bodies.append(head + pair)
    return summed(bodies)


def encode_ttd(reports: RadarReports, *, talker: bytes = b"RA", seq: int = 0) -> list[bytes]:
    """The rows, by `range_m` and `bearing_deg`, as one message of up to 255 lines of four targets each.

    The sentence tells no time: it is to be sent when the targets were measured. seq : 0..9, ties the lines of one
    message together; a single one carries none. Raises ValueError for a track number that is not within 1..1023, and
    for more rows than a message holds.
    """
    if len(reports) and not (reports.track_no.min() >= 1 and reports.track_no.max() <= MAX_TARGET):
        raise ValueError(f"TTD has target numbers from 1 to {MAX_TARGET}")
    payloads = ARMOUR.take(target_symbols(reports)).reshape(-1)
    n_chars = TARGETS_A_LINE * TARGET_CHARS
    total = -(-len(payloads) // n_chars)
    if total > 255:
        raise ValueError(f"TTD holds {255 * TARGETS_A_LINE} targets, not {len(reports)}")
    mark = b"%d" % (seq % 10) if total > 1 else b""
    bodies = []
    for number in range(total):
        payload = payloads[number * n_chars : (number + 1) * n_chars].tobytes()
        bodies.append(b"!%bTTD,%02X,%02X,%b,%b,0" % (talker, total, number + 1, mark, payload))
    return summed(bodies)


def encode_osd(health: RadarHealth, *, talker: bytes = b"RA") -> list[bytes]:
    """One line a row: the heading, and that the radar stands still, as a shore site's operator sets it."""
    headings = [value + (b",A," if value else b",V,") for value in circles(health.heading_deg)]
    return signed(b"$%bOSD,%%b,M,0.0,M,,,N" % talker, (headings,))


def encode_rsd(health: RadarHealth, *, talker: bytes = b"RA") -> list[bytes]:
    """One line a row: the range scale, north up."""
    scales = decimals(health.range_scale_m / METRES_PER_NM, 3)
    return signed(b"$%bRSD,,,,,,,,,,,%%b,N,N" % talker, (scales,))


def target_symbols(reports: RadarReports) -> Column:
    """(N, 15) uint8, the 6-bit symbols of each row's target."""
    status = np.zeros(len(reports), np.int64)
    for code, told in STATUS_CODES.items():
        status[reports.status == code] = told
    values = {
        "number": reports.track_no.astype(np.int64),
        "bearing": tenths(reports.bearing_deg, 3600, N_A_ANGLE),
        "speed": limited(reports.sog_kn * 10, N_A_SPEED),
        "course": tenths(reports.cog_deg, 3600, N_A_ANGLE),
        "heading": np.full(len(reports), N_A_ANGLE),
        "status": status,
        "is_test": (reports.flags & RadarFlag.TEST) > 0,
        "range": limited(reports.range_m / METRES_PER_NM * 100, N_A_RANGE),
        "is_relative": (reports.flags & RadarFlag.RELATIVE_MOTION) > 0,
        "is_water": (reports.flags & RadarFlag.THROUGH_WATER) > 0,
    }
    bits = np.zeros((len(reports), TARGET_BITS), np.uint8)
    for name, (start, width) in TARGET_SLOTS.items():
        if name in values:
            wire = values[name].astype(np.int64)
            bits[:, start : start + width] = wire[:, None] >> np.arange(width - 1, -1, -1) & 1
    symbols: Column = bits.reshape(len(reports), TARGET_CHARS, 6) @ np.array((32, 16, 8, 4, 2, 1), np.uint8)
    return symbols


def tenths(value: Column, circle: int, missing: int) -> Column:
    """(N,) int64, tenths of a degree on a circle of so many."""
    is_known = ~np.isnan(value)
    return np.where(is_known, np.rint(np.where(is_known, value, 0) * 10).astype(np.int64) % circle, missing)


def limited(value: Column, missing: int) -> Column:
    """(N,) int64, at most one below the code for "missing"."""
    is_known = ~np.isnan(value)
    return np.where(is_known, np.clip(np.rint(np.where(is_known, value, 0)), 0, missing - 1).astype(np.int64), missing)


# ---- fields as texts ----


def numbers(track_no: Column) -> list[bytes]:
    """Track numbers, at least two digits; none for a plot."""
    return [b"%02d" % number if number >= 0 else b"" for number in track_no.tolist()]


def decimals(value: Column, n_decimals: int) -> list[bytes]:
    """Numbers with so many decimals; none for NaN."""
    form = b"%%.%df" % n_decimals
    return [form % number if number == number else b"" for number in value.tolist()]


def circles(value: Column) -> list[bytes]:
    """Degrees with one decimal, 0.0 to 359.9; none for NaN."""
    return decimals(np.rint(value * 10) % 3600 / 10, 1)


def choices(flags: Column, flag: RadarFlag, yes: bytes, no: bytes) -> list[bytes]:
    """One letter where the flag is set, another where not."""
    return [yes if is_set else no for is_set in ((flags & flag) > 0).tolist()]


def statuses(status: Column) -> list[bytes]:
    """Q, T or L; none where the status is unknown."""
    return [LETTERS[code] for code in status.tolist()]


def names(name: Column) -> list[bytes]:
    """Names, with reserved and unprintable characters as ^hh."""
    texts: list[bytes] = name.tolist()
    return [text if text.isalnum() else escaped(text) for text in texts]


def escaped(text: bytes) -> bytes:
    """Reserved and unprintable characters as ^hh (IEC 61162-1, clause on reserved characters)."""
    return b"".join(b"^%02X" % c if c in RESERVED or not 32 <= c < 127 else bytes((c,)) for c in text)


def clock_times(reports: RadarReports) -> list[bytes]:
    """UTC of the measurement, hhmmss.ss; none where only the reception's time is known."""
    t_unix_s = np.where(reports.flags & RadarFlag.POOR_TIME, np.nan, reports.t_unix_s)
    is_known = ~np.isnan(t_unix_s)
    cs = np.rint(np.where(is_known, t_unix_s, 0) * 100).astype(np.int64) % DAY_CS
    # 1 before it keeps the zeros: 1hhmmss.ss
    digits = 100_000_000 + cs // 360_000 * 1_000_000 + cs // 6000 % 60 * 10_000 + cs % 6000
    texts = [b"%d" % value for value in digits.tolist()]
    return [b"%b.%b" % (t[1:7], t[7:]) if known else b"" for t, known in zip(texts, is_known.tolist(), strict=True)]


def places(value_deg: Column, positive: bytes, negative: bytes) -> list[bytes]:
    """Degrees and minutes with four decimals and the hemisphere's letter, by the form for each; two empty fields for
    NaN."""
    is_known = ~np.isnan(value_deg)
    units = np.rint(np.abs(np.where(is_known, value_deg, 0)) * 600_000).astype(np.int64)
    columns = (units // 600_000, units % 600_000 / 10_000, value_deg < 0, is_known)
    rows = zip(*(column.tolist() for column in columns), strict=True)
    return [(negative if below else positive) % (d, m) if known else b"," for d, m, below, known in rows]


# ---- lines ----


def signed(form: bytes, fields: tuple[list[bytes], ...]) -> list[bytes]:
    """The rows of fields, put into a form, with their checksums."""
    return summed([form % row for row in zip(*fields, strict=True)])


def summed(bodies: list[bytes]) -> list[bytes]:
    """Sentences from their start character on -> the same with `*hh`."""
    if not bodies:
        return []
    end = np.cumsum([len(body) for body in bodies])
    start = np.append(0, end[:-1])
    text = np.frombuffer(b"".join(bodies), np.uint8)
    sums = np.bitwise_xor.reduceat(text, start) ^ text[start]
    return [b"%b*%b" % (body, HEX_TEXT[value]) for body, value in zip(bodies, sums.tolist(), strict=True)]
