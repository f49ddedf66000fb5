"""Targets that a vessel traffic service sends over AIS: message 8, DAC 1, FI 17 and its older form, FI 16.

    6 bits 8 | repeat 2 | MMSI 30 | spare 2 | DAC 10 | FI 6 | targets of 120 bits: up to 4 (FI 17) or 7 (FI 16)

What stands there was seen by somebody's radar, or made up from several sources: nobody transmits from that place. So
these are radar reports, never positions. They belong to the station that heard the message; a service's own name does
not stand in it. IMO SN.1/Circ.289 annex 6 (FI 17), ITU-R M.1371-1 annex 5 (FI 16). FI 16 has been given to another
message since, which is shorter than one target; so only payloads of whole targets are read.
"""

import numpy as np

from decoders.ais.messages import Payloads
from decoders.columns import COLUMN_TYPES, missing
from decoders.lookup import windows
from decoders.radar.binary import BAD, SYMBOL
from decoders.radar.columns import PLOT, RadarFlag, RadarFormat, RadarReports, TrackStatus
from decoders.radar.tables import NO_REPORTS, table_of
from decoders.radar.times import nearest
from decoders.rejects import Reason
from decoders.table import Column

ARMOURED_8 = ord("8")
# The characters in which DAC 1, FI 16 or 17 stands but for their first and last bits: hardly any other message has them
# there, so nearly all are passed over by one look.
CODE_AT, CODE = 7, int.from_bytes(b"0D", "little")
DAC_FI_CHARS = slice(6, 10)  # of the payload: 24 bits, from bit 36 on; bits 40 to 55 are these two
DAC, FIS = 1, (16, 17)
HEAD_BITS, TARGET_BITS = 56, 120
MAX_SPARE_BITS = 8  # behind the last target: the message is filled up to whole octets, the payload to characters
MAX_TARGETS = 7
# first bit and width of each field of a target, and whether it is signed
SLOTS = {
    "id_kind": (0, 2, False),
    "id": (2, 42, False),
    "lat": (48, 24, True),  # 1/1000 minute
    "lon": (72, 25, True),
    "course": (97, 9, False),  # 1 degree
    "second": (106, 6, False),
    "speed": (112, 8, False),  # 1 knot
}
UNITS_A_DEGREE = 60_000.0
N_A_COURSE, N_A_SECOND, N_A_SPEED = 360, 60, 255
MMSI, IMO = 0, 1
MAX_MMSI = 999_999_999
POOR_TIME = int(RadarFlag.POOR_TIME)


def synthetic_targets(source: Column, payloads: Payloads, reason: Column) -> RadarReports:
    """The targets in decoded payloads, in their order. `source` is padded behind the last payload."""
    rows = (windows(source, payloads.start + CODE_AT, 2).view("<u2")[:, 0] == CODE).nonzero()[0]
    if not len(rows):
        return NO_REPORTS
    rows = rows[source[payloads.start[rows]] == ARMOURED_8]
    codes = SYMBOL.take(windows(source, payloads.start[rows] + DAC_FI_CHARS.start, 4)).astype(np.int64)
    code = codes @ (64**3, 64**2, 64, 1) >> 4 & 0xFFFF  # 24 bits from 36 on: 4 before, 4 behind
    n_bits = 6 * payloads.n_chars[rows] - np.maximum(payloads.fill[rows], 0)
    n_targets, spare = np.divmod(n_bits - HEAD_BITS, TARGET_BITS)
    is_ours = np.isin(code, [DAC << 6 | fi for fi in FIS]) & (reason[rows] == Reason.DECODED)
    is_ours &= (n_targets >= 1) & (n_targets <= MAX_TARGETS) & (spare < MAX_SPARE_BITS)
    parts = [targets_of(source, payloads, row, n) for row, n in zip(rows[is_ours], n_targets[is_ours], strict=True)]
    parts = [part for part in parts if len(part)]
    return RadarReports.concat(parts) if parts else NO_REPORTS


def targets_of(source: Column, payloads: Payloads, row: int, n_targets: int) -> RadarReports:
    """The targets of one message; none where a character is outside the alphabet."""
    start = int(payloads.start[row])
    n_chars = -(-(HEAD_BITS + n_targets * TARGET_BITS) // 6)
    symbols = SYMBOL.take(source[start : start + n_chars])
    if (symbols == BAD).any():
        return NO_REPORTS
    bits = np.unpackbits(symbols[:, None], axis=1)[:, 2:].ravel()
    each = bits[HEAD_BITS : HEAD_BITS + n_targets * TARGET_BITS].reshape(n_targets, TARGET_BITS)
    values = {name: integers(each[:, at : at + width], is_signed) for name, (at, width, is_signed) in SLOTS.items()}
    has_place = (np.abs(values["lat"]) <= 90 * UNITS_A_DEGREE) & (np.abs(values["lon"]) <= 180 * UNITS_A_DEGREE)
    t_heard_unix_s = np.full(n_targets, payloads.t_unix_s[row])
    has_second = (values["second"] < N_A_SECOND) & ~np.isnan(t_heard_unix_s)
    t_unix_s = np.where(has_second, nearest(values["second"], 60.0, t_heard_unix_s), t_heard_unix_s)
    identity, name = identities(values["id_kind"], values["id"])
    return table_of(
        RadarReports,
        n_targets,
        line=np.full(n_targets, payloads.line[row]),
        t_unix_s=t_unix_s,
        t_heard_unix_s=t_heard_unix_s,
        time_source=np.full(n_targets, payloads.time_source[row]),
        station=np.full(n_targets, payloads.station[row]),
        format=np.full(n_targets, RadarFormat.FI17, np.int8),
        track_no=np.full(n_targets, PLOT, np.int32),
        status=np.full(n_targets, TrackStatus.TRACKED, np.int8),
        flags=np.where(has_second, 0, POOR_TIME).astype(np.int32),
        lat_deg=np.where(has_place, values["lat"] / UNITS_A_DEGREE, np.nan),
        lon_deg=np.where(has_place, values["lon"] / UNITS_A_DEGREE, np.nan),
        sog_kn=np.where(values["speed"] < N_A_SPEED, values["speed"], np.nan),
        cog_deg=np.where(values["course"] < N_A_COURSE, values["course"], np.nan),
        mmsi=identity,
        name=name,
    )


def integers(bits: Column, is_signed: bool) -> Column:
    """(N, W) bits -> (N,) int64."""
    value = bits.astype(np.int64) @ (1 << np.arange(bits.shape[1] - 1, -1, -1))
    return value - (bits[:, 0].astype(np.int64) << bits.shape[1]) if is_signed else value


def identities(kind: Column, value: Column) -> tuple[Column, Column]:
    """MMSI, -1 where none is told, and name, (N,) each: the call sign or another text; an IMO number as "IMO n"."""
    name = missing("name", len(kind))
    is_mmsi = (kind == MMSI) & (value > 0) & (value <= MAX_MMSI)
    for row in (kind != MMSI).nonzero()[0].tolist():
        number = int(value[row])
        if kind[row] == IMO:
            name[row] = b"IMO %d" % number if number else b""
        else:
            name[row] = six_bit_text(number)
    return np.where(is_mmsi, value, -1).astype(COLUMN_TYPES["mmsi"]), name


def six_bit_text(value: int) -> bytes:
    """Seven characters of ITU-R M.1371-5 table 47, up to the first @."""
    codes = [value >> shift & 63 for shift in range(36, -1, -6)]
    text = bytes(code + 64 if code < 32 else code for code in codes)
    return text.partition(b"@")[0].strip()
