"""Radar reports as ASTERIX: CAT010, CAT048 with its CAT034 service messages, CAT062. The inverse of asterix.py.

What a radar measured goes in, datagrams of one block each come out, in the order of the rows. A quantity is rounded to
the nearest wire unit and saturates at the item's end, as real senders do; what was not reported (NaN, -1, b"") is left
out. Decoding gives every value back within one wire unit (tests/decoders/test_asterix_encode.py), except what a
category cannot say: 010 and 048 have no identity of 30 bits, so `mmsi` is never sent; 062 has no ghosts and no echo.

Speed goes out in polar form and, in 010, in Cartesian form as well, since both are met in the field and a receiver may
know only one. A speed without a course has the angle 0: the item has no word for it.
"""

import numpy as np

from decoders.radar import units
from decoders.radar.columns import PLOT, RadarFlag, RadarFormat, RadarReports, TrackStatus
from decoders.radar.items import PROFILES, Category
from decoders.table import Column

BLOCK_BYTES = 1400  # of one block: with IP and UDP heads it fits into one Ethernet frame, so nothing is fragmented
SERVICE = 1  # I062/015: which service of the fusion centre; there is one
Part = tuple[Column, list[bytes]]  # of one item: (N,) bool whether a row sends it, and each row's octets
STANDARD = PROFILES["standard"]


def encode_reports(
    reports: RadarReports, form: RadarFormat, *, sac: int, sic: int, block_bytes: int = BLOCK_BYTES
) -> list[bytes]:
    """Datagrams with one record for each row, as CAT010, CAT048 or CAT062 of one source.

    sac, sic : the source's identifier, which a decoder shows as the station "SAC/SIC"; `station` and `format` of the
    rows are not looked at. Raises ValueError for a form that is not ASTERIX and for a track number that does not fit.
    """
    if form not in PARTS:
        raise ValueError(f"{form.name} is not a category of ASTERIX")
    number = int(form.name.removeprefix("CAT"))
    most = 0xFFFF if number == 62 else 0xFFF
    if int(reports.track_no.max(initial=0)) > most:
        raise ValueError(f"track number {int(reports.track_no.max())}: {form.name} has numbers up to {most}")
    parts = PARTS[form](reports)
    parts["010"] = always(reports, bytes((sac, sic)))
    return blocks(number, records(STANDARD[number], parts, len(reports)), block_bytes)


def encode_site(
    t_unix_s: float, *, sac: int, sic: int, lat_deg: float, lon_deg: float, height_m: float, period_s: float
) -> bytes:
    """A CAT034 north marker that says where the antenna stands; a CAT048 radar sends one each turn."""
    place = np.array([lat_deg, lon_deg]) / units.WGS_23_DEG
    body = bytes((sac, sic, 1)) + time_of_day(np.array([t_unix_s]))[0]
    body += octets(np.array([period_s / units.TIME_S]), 2)[0] + b"\x80\x00"
    body += octets(np.array([height_m]), 2, is_signed=True)[0] + b"".join(octets(place, 3, is_signed=True))
    return blocks(34, [fspec_of(STANDARD[34], ("010", "000", "030", "041", "050", "120")) + body], BLOCK_BYTES)[0]


def encode_heartbeat(t_unix_s: float, form: RadarFormat, *, sac: int, sic: int, is_operational: bool = True) -> bytes:
    """A message that says no more than that the radar is there and whether it works.

    CAT010 periodic status, CAT034 sector crossing for CAT048, CAT065 service status for CAT062.
    """
    time, source = time_of_day(np.array([t_unix_s]))[0], bytes((sac, sic))
    if form == RadarFormat.CAT010:
        number, names = 10, "010 000 140 550"
        body = source + b"\x03" + time + (b"\x00" if is_operational else b"\x80")
    elif form == RadarFormat.CAT048:
        number, names = 34, "010 000 030 050"
        body = source + b"\x02" + time + (b"\x80\x00" if is_operational else b"\x80\x80")
    else:
        number, names = 65, "010 000 015 030 040"
        body = source + bytes((1, SERVICE)) + time + (b"\x00" if is_operational else b"\x80")
    return blocks(number, [fspec_of(STANDARD[number], tuple(names.split())) + body], BLOCK_BYTES)[0]


def cat010(reports: RadarReports) -> dict[str, Part]:
    """The items of CAT010 edition 1.1."""
    return {
        "000": always(reports, b"\x01"),
        "020": (everywhere(reports), choose(sim_and_test(reports), (b"\x60", b"\x61\x80", b"\x61\x40", b"\x61\xc0"))),
        "140": (known(reports.t_unix_s), time_of_day(reports.t_unix_s)),
        "041": (known(reports.lat_deg), place(reports, units.WGS_31_DEG)),
        "040": polar(reports, units.RANGE_010_M),
        "200": polar_speed(reports),
        "202": cartesian_speed(reports),
        "161": (reports.track_no != PLOT, octets(reports.track_no, 2)),
        "170": (has_status(reports), status_010(reports)),
        "245": label(reports, b"\x40"),
        "270": size(reports),
        "500": sigmas(reports, units.SIGMA_010_M, 1, b"\0\0"),
        "131": (known(reports.amplitude_db), octets(reports.amplitude_db, 1)),
    }


def cat048(reports: RadarReports) -> dict[str, Part]:
    """The items of CAT048 edition 1.32. A position has no place in it: range and bearing, or nothing."""
    kind = np.where(reports.status == TrackStatus.COASTED, 0, 4) + sim_and_test(reports)
    heads = (b"\x00", b"\x10", b"\x01\x80", b"\x11\x80", b"\x20", b"\x30", b"\x21\x80", b"\x31\x80")
    return {
        "140": (known(reports.t_unix_s), time_of_day(reports.t_unix_s)),
        "020": (everywhere(reports), choose(kind, heads)),
        "040": polar(reports, units.RANGE_048_M),
        "130": (
            known(reports.amplitude_db),
            [b"\x08" + one for one in octets(reports.amplitude_db, 1, is_signed=True)],
        ),
        "240": label(reports, b""),
        "161": (reports.track_no != PLOT, octets(reports.track_no, 2)),
        "200": polar_speed(reports),
        "170": (has_status(reports), status_048(reports)),
        "210": sigmas(reports, units.SIGMA_048_M, 1, b"\0\0"),
    }


def cat062(reports: RadarReports) -> dict[str, Part]:
    """The items of CAT062 edition 1.21."""
    return {
        "015": always(reports, bytes((SERVICE,))),
        "070": (known(reports.t_unix_s), time_of_day(reports.t_unix_s)),
        "105": (known(reports.lat_deg), place(reports, units.WGS_25_DEG)),
        "185": cartesian_speed(reports),
        "245": label(reports, b"\x40"),
        "040": (reports.track_no != PLOT, octets(reports.track_no, 2)),
        "080": (everywhere(reports), status_062(reports)),
        "270": size(reports),
        "500": sigmas(reports, units.SIGMA_062_M, 2, b"", b"\x80"),
    }


PARTS = {RadarFormat.CAT010: cat010, RadarFormat.CAT048: cat048, RadarFormat.CAT062: cat062}


def fspec_of(category: Category, names: tuple[str, ...]) -> bytes:
    """The octets that say which items follow."""
    bits = 0
    frns = [category.frn(name) - 1 for name in names]
    n_octets = max(frns) // 7 + 1
    for frn in frns:
        bits |= 1 << (8 * (n_octets - frn // 7) - frn % 7 - 1)
    for octet in range(1, n_octets):
        bits |= 1 << (8 * octet)  # FX of all but the last
    return bits.to_bytes(n_octets, "big")


def records(category: Category, parts: dict[str, Part], n: int) -> list[bytes]:
    """(N) records: FSPEC and the items of each row in the order of the UAP."""
    names = [name for name in category.order if name in parts]
    pattern = np.stack([parts[name][0] for name in names], 1)
    made = []
    for row, sent in enumerate(pattern.tolist()):
        here = tuple(name for name, is_sent in zip(names, sent, strict=True) if is_sent)
        made.append(fspec_of(category, here) + b"".join(parts[name][1][row] for name in here))
    return made


def blocks(number: int, made: list[bytes], block_bytes: int) -> list[bytes]:
    """Records of one category in blocks of at most so many bytes, a record at least."""
    datagrams: list[bytes] = []
    body: list[bytes] = []
    n_bytes = 3
    for record in [*made, b""]:
        if body and (not record or n_bytes + len(record) > block_bytes):
            datagrams.append(bytes((number,)) + n_bytes.to_bytes(2, "big") + b"".join(body))
            body, n_bytes = [], 3
        body.append(record)
        n_bytes += len(record)
    return datagrams


def octets(value: Column, n_bytes: int, *, is_signed: bool = False) -> list[bytes]:
    """Each value, rounded and saturated, in so many bytes, most significant first; NaN, which nobody sends, as 0."""
    low, high = (-(1 << (8 * n_bytes - 1)), (1 << (8 * n_bytes - 1)) - 1) if is_signed else (0, (1 << 8 * n_bytes) - 1)
    whole = np.nan_to_num(np.clip(np.rint(value), low, high)).astype(">i8").tobytes()
    return [whole[at - n_bytes : at] for at in range(8, len(whole) + 8, 8)]


def joined(first: list[bytes], second: list[bytes], tail: bytes = b"") -> list[bytes]:
    """Two items' octets behind each other."""
    return [a + b + tail for a, b in zip(first, second, strict=True)]


def everywhere(reports: RadarReports) -> Column:
    return np.ones(len(reports), bool)


def always(reports: RadarReports, value: bytes) -> Part:
    """The same octets in every row."""
    return everywhere(reports), [value] * len(reports)


def known(value: Column) -> Column:
    """(N,) bool: was reported."""
    is_known: Column = ~np.isnan(value)
    return is_known


def choose(code: Column, choices: tuple[bytes, ...]) -> list[bytes]:
    """One of the choices for each row."""
    return [choices[i] for i in code.tolist()]


def has(reports: RadarReports, flag: RadarFlag) -> Column:
    """(N,) bool."""
    is_set: Column = (reports.flags & int(flag)) != 0
    return is_set


def sim_and_test(reports: RadarReports) -> Column:
    """(N,) int: 1 simulated, 2 test, 3 both."""
    return bits((has(reports, RadarFlag.SIMULATED), 1), (has(reports, RadarFlag.TEST), 2))


def time_of_day(t_unix_s: Column) -> list[bytes]:
    """24 bits of UTC since midnight; what rounds up to midnight is midnight."""
    return octets(np.rint(t_unix_s % units.DAY_S / units.TIME_S) % (units.DAY_S / units.TIME_S), 3)


def place(reports: RadarReports, unit_deg: float) -> list[bytes]:
    """Latitude and longitude in 32 bits each. 180 E goes out as the value below it: there is no room for it."""
    return joined(
        octets(reports.lat_deg / unit_deg, 4, is_signed=True), octets(reports.lon_deg / unit_deg, 4, is_signed=True)
    )


def angle(value_deg: Column) -> list[bytes]:
    """16 bits of a circle; what rounds up to 360 is 0."""
    return octets(np.rint(value_deg / units.ANGLE_DEG) % (1 << 16), 2)


def polar(reports: RadarReports, unit_m: float) -> Part:
    """RHO and THETA."""
    is_sent = known(reports.range_m) & known(reports.bearing_deg)
    return is_sent, joined(octets(reports.range_m / unit_m, 2), angle(reports.bearing_deg))


def polar_speed(reports: RadarReports) -> Part:
    """Speed and track angle."""
    speed = octets(reports.sog_kn / units.POLAR_SPEED_KN, 2)
    return known(reports.sog_kn), joined(speed, angle(np.nan_to_num(reports.cog_deg)))


def cartesian_speed(reports: RadarReports) -> Part:
    """Speed to the east and to the north."""
    unit_kn = units.CARTESIAN_SPEED_M_PER_S * units.KN_PER_M_PER_S
    course = np.radians(np.nan_to_num(reports.cog_deg))
    east, north = (
        octets(reports.sog_kn * part(course) / unit_kn, 2, is_signed=True) for part in (np.sin, np.cos)
    )  # fmt: skip
    return known(reports.sog_kn), joined(east, north)


def sigmas(reports: RadarReports, unit_m: float, n_bytes: int, tail: bytes, head: bytes = b"") -> Part:
    """The radar's word on its error, to the east and to the north; never 0, which would claim perfection."""
    is_sent = known(reports.sigma_east_m) & known(reports.sigma_north_m)
    east, north = (octets(np.maximum(s / unit_m, 1), n_bytes) for s in (reports.sigma_east_m, reports.sigma_north_m))
    return is_sent, [head + both for both in joined(east, north, tail)]


def size(reports: RadarReports) -> Part:
    """Length, and where a width is known the course as orientation and the width; 7 bits each."""
    length, width = (
        np.clip(np.nan_to_num(np.rint(v)), 0, 127).astype(int) for v in (reports.length_m, reports.width_m)
    )
    ahead = (np.rint(np.nan_to_num(reports.cog_deg) / 360 * 128) % 128).astype(int)
    has_width = known(reports.width_m).tolist()
    rows = zip(length.tolist(), ahead.tolist(), width.tolist(), has_width, strict=True)
    return known(reports.length_m), [
        bytes((a << 1 | 1, o << 1 | 1, w << 1)) if b else bytes((a << 1,)) for a, o, w, b in rows
    ]


def label(reports: RadarReports, head: bytes) -> Part:
    """Eight characters of 6 bits: letters, digits, blank; others become blanks."""
    text = np.zeros(len(reports), "S8")
    text[:] = reports.name
    codes = SIX_BIT[text.view(np.uint8).reshape(-1, 8)].astype(np.int64)
    packed = (codes << np.arange(42, -1, -6)).sum(axis=1)
    return reports.name != b"", [head + one for one in octets48(packed)]


def octets48(packed: Column) -> list[bytes]:
    """48 bits each."""
    whole = packed.astype(">i8").tobytes()
    return [whole[at + 2 : at + 8] for at in range(0, len(whole), 8)]


def six_bit() -> Column:
    """(256,) code of each character (ICAO Annex 10, volume IV, table 3-9)."""
    codes = np.full(256, 32, np.uint8)
    codes[ord("A") : ord("Z") + 1] = np.arange(1, 27)
    codes[ord("a") : ord("z") + 1] = np.arange(1, 27)
    codes[ord("0") : ord("9") + 1] = np.arange(48, 58)
    return codes


SIX_BIT = six_bit()


def has_status(reports: RadarReports) -> Column:
    """(N,) bool: there is something to say about a track."""
    is_said = (reports.status != TrackStatus.UNKNOWN) | has(reports, RadarFlag.LAST) | has(reports, RadarFlag.GHOST)
    is_sent: Column = (reports.track_no != PLOT) & is_said
    return is_sent


def is_last(reports: RadarReports) -> Column:
    """(N,) bool: the radar gives the track up."""
    is_end: Column = (reports.status == TrackStatus.LOST) | has(reports, RadarFlag.LAST)
    return is_end


def bits(*columns: tuple[Column, int]) -> Column:
    """(N,) int: each column's weight where it holds."""
    return sum((column.astype(int) * weight for column, weight in columns), np.zeros(len(columns[0][0]), int))


def status_010(reports: RadarReports) -> list[bytes]:
    """I010/170: smoothed, slant range corrected; an absent detection is of the unpredictable kind."""
    first = 0x06 + bits(
        (reports.status == TrackStatus.TENTATIVE, 0x80),
        (is_last(reports), 0x40),
        (reports.status == TrackStatus.COASTED, 0x30),
    )
    ghost = has(reports, RadarFlag.GHOST).tolist()
    return [
        bytes((a | 1, 1, 0x80)) if is_ghost else bytes((a,)) for a, is_ghost in zip(first.tolist(), ghost, strict=True)
    ]


def status_048(reports: RadarReports) -> list[bytes]:
    """I048/170: maintained by primary radar."""
    first = 0x20 + bits((reports.status == TrackStatus.TENTATIVE, 0x80))
    second = bits((is_last(reports), 0x80), (has(reports, RadarFlag.GHOST), 0x40))
    return [bytes((a | 1, b)) if b else bytes((a,)) for a, b in zip(first.tolist(), second.tolist(), strict=True)]


def status_062(reports: RadarReports) -> list[bytes]:
    """I062/080: one radar; as many octets as there is something to say."""
    first = 0x80 + bits((reports.status == TrackStatus.TENTATIVE, 0x02))
    second = bits((has(reports, RadarFlag.SIMULATED), 0x80), (is_last(reports), 0x40))
    fourth = bits((reports.status == TrackStatus.COASTED, 0x80))
    rows = zip(first.tolist(), second.tolist(), fourth.tolist(), strict=True)
    return [bytes((a | 1, b | 1, 1, d)) if d else bytes((a | 1, b)) if b else bytes((a,)) for a, b, d in rows]
