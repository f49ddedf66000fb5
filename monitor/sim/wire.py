"""What goes over the wire: reports as sentences, each hearing with its receiver's TAG block.

    \\s:dover,c:1781467200.123*hh\\!AIVDM,1,1,,A,...*hh

A transmission is encoded once and repeated for everybody who heard it. TAG blocks are made as byte matrices, a row a
line, since a night has two million of them.
"""

import numpy as np

from alerts.picture import StationClass
from decoders.ais.encode import encode_pairs, encode_positions, encode_statics, encode_texts
from decoders.ais.sentence import HEX
from decoders.columns import Clocks, Positions, Statics, TableT, Texts, missing
from decoders.table import Column
from monitor.sim.radio import Sent
from monitor.sim.vessel import BAD_STATIC_SHARE, Vessel

DIGITS = 13  # of milliseconds since 1970, until the year 2286
TEXT_BY_PREFIX = {970: b"SART", 972: b"MOB", 974: b"EPIRB"}
Lines = list[bytes]


def table(kind: type[TableT], n: int, **columns: Column) -> TableT:
    """A table of n rows in which only these columns are reported."""
    return kind(*(columns.get(name, missing(name, n)) for name in kind.__dataclass_fields__))


class Encoder:
    """The vessels' fixed columns, ready to be sent."""

    def __init__(self, vessels: list[Vessel], rng: np.random.Generator, start_unix_s: float) -> None:
        self.start_unix_s = start_unix_s
        self.kind = np.array([vessel.station_class for vessel in vessels], np.int8)
        self.mmsi = np.array([vessel.mmsi for vessel in vessels], np.int64)
        self.has_compass = (self.kind == StationClass.A) & (rng.random(len(vessels)) < 0.96)
        self.statics = _statics(vessels, rng)
        self.seq = 0

    def positions(self, sent: Sent) -> list[Lines]:
        """The line or lines of each report; a beacon adds its text to every fourth one."""
        n = len(sent.vessel)
        kind = self.kind[sent.vessel]
        is_a = (kind == StationClass.A) | (kind == StationClass.BEACON)
        is_ship = is_a | (kind == StationClass.B)
        turn = np.where(np.abs(sent.turn_deg_per_min) < 3.0, 0.0, sent.turn_deg_per_min)
        type_ = np.select([is_a, kind == StationClass.B, kind == StationClass.AID], [1, 18, 21], 4).astype(np.int8)
        type_[(kind == StationClass.A) & (np.abs(turn) > 10.0)] = 3
        rows = table(
            Positions,
            n,
            type=type_,
            mmsi=self.mmsi[sent.vessel],
            lat_deg=sent.lat_deg,
            lon_deg=sent.lon_deg,
            sog_kn=np.where(is_ship, sent.sog_kn, np.nan),
            cog_deg=np.where(is_ship & (sent.sog_kn > 0.15), sent.cog_deg, np.nan),
            heading_deg=np.where(self.has_compass[sent.vessel], np.rint(sent.heading_deg) % 360, np.nan),
            turn_deg_per_min=np.where(self.has_compass[sent.vessel], turn, np.nan),
            nav_status=np.where(is_a, sent.status, -1).astype(np.int8),
            is_accurate=np.ones(n, np.int8),
            utc_second=((sent.t_s + self.start_unix_s) % 60).astype(np.int8),
        )
        channel = np.where(np.arange(n) % 2 == 0, b"A", b"B").astype("S1")
        lines: list[Lines] = [[]] * n
        plain, aid = np.flatnonzero(type_ != 21), np.flatnonzero(type_ == 21)
        clocks = table(Clocks, len(plain), utc_unix_s=np.where(type_ == 4, sent.t_s + self.start_unix_s, np.nan)[plain])
        for row, line in zip(
            plain.tolist(), encode_positions(rows.take(plain), clocks, channel=channel[plain]), strict=True
        ):
            lines[row] = [line]
        if len(aid):
            statics = self.statics.take(sent.vessel[aid])
            for row, line in zip(aid.tolist(), encode_pairs(rows.take(aid), statics), strict=True):
                lines[row] = [line]
        self._add_texts(sent, lines)
        return lines

    def _add_texts(self, sent: Sent, lines: list[Lines]) -> None:
        beacon = np.flatnonzero(self.kind[sent.vessel] == StationClass.BEACON)
        for row in beacon.tolist():
            vessel = int(sent.vessel[row])
            n_sent = int(np.count_nonzero(sent.vessel[: row + 1] == vessel))
            if n_sent % 4 == 1:
                what = TEXT_BY_PREFIX[int(self.mmsi[vessel]) // 1_000_000]
                text = what + (b" TEST" if sent.status[row] == 15 else b" ACTIVE")
                one = table(
                    Texts, 1, type=np.array([14], np.int8), mmsi=self.mmsi[[vessel]], text=np.array([text], "S161")
                )
                lines[row] = lines[row] + encode_texts(one)[0]

    def static_data(self, vessel: Column) -> list[Lines]:
        """Type 5 of class A, both parts of type 24 of class B."""
        rows = self.statics.take(vessel)
        lines = encode_statics(rows, seq=self.seq, channel=b"B")
        self.seq = (self.seq + len(vessel)) % 10
        part_b = np.flatnonzero(rows.type == 24)
        if len(part_b):
            columns = rows.take(part_b).columns() | {"part": np.ones(len(part_b), np.int8)}
            for row, more in zip(part_b.tolist(), encode_statics(Statics(**columns), channel=b"B"), strict=True):
                lines[row] = lines[row] + more
        return lines


def _statics(vessels: list[Vessel], rng: np.random.Generator) -> Statics:
    """What each vessel says it is, one row a vessel; a few typed it in wrong."""
    n = len(vessels)
    kind = np.array([vessel.station_class for vessel in vessels], np.int8)
    is_b, is_aid = kind == StationClass.B, kind == StationClass.AID
    length_m = np.array([vessel.length_m for vessel in vessels])
    beam_m = np.array([vessel.beam_m for vessel in vessels])
    is_bad = (rng.random(n) < BAD_STATIC_SHARE) & np.array([vessel.role == "lane" for vessel in vessels])
    imo = np.array([vessel.imo for vessel in vessels], np.int64)
    return table(
        Statics,
        n,
        type=np.where(is_aid, 21, np.where(is_b, 24, 5)).astype(np.int8),
        mmsi=np.array([vessel.mmsi for vessel in vessels], np.int64),
        part=np.where(is_b, 0, -1).astype(np.int8),
        name=np.array([vessel.name.encode() for vessel in vessels], "S34"),
        callsign=np.array([vessel.callsign.encode() for vessel in vessels], "S7"),
        imo=np.where(is_bad, 1234567, imo),
        ship_type=np.array([vessel.ship_type for vessel in vessels], np.int16),
        aid_type=np.array([vessel.aid_type for vessel in vessels], np.int16),
        to_bow_m=np.rint(length_m * 0.6),
        to_stern_m=np.rint(length_m) - np.rint(length_m * 0.6),
        to_port_m=np.floor(beam_m / 2),
        to_starboard_m=np.ceil(beam_m) - np.floor(beam_m / 2),
        draught_m=np.where(is_b | is_aid, np.nan, np.array([vessel.draught_m for vessel in vessels])),
        destination=np.array([vessel.destination[:20].encode() for vessel in vessels], "S20"),
        vendor=np.where(is_b, b"SIM", b"").astype("S7"),
        is_virtual=np.where(is_aid, 0, -1).astype(np.int8),
        is_off_position=np.where(is_aid, 0, -1).astype(np.int8),
    )


def tag_blocks(station: str, t_unix_s: Column) -> list[bytes]:
    """The TAG block of each line that one station heard, as `decoders.ais.sentence.tag_block` makes it."""
    head = b"\\s:%b,c:" % station.encode()
    start, point = len(head), len(head) + DIGITS - 3
    block = np.empty((len(t_unix_s), start + DIGITS + 1 + 4), np.uint8)
    block[:, :start] = np.frombuffer(head, np.uint8)
    ms = np.rint(t_unix_s * 1000.0).astype(np.int64)
    digit = (ms[:, None] // 10 ** np.arange(DIGITS - 1, -1, -1) % 10 + 48).astype(np.uint8)
    block[:, start:point] = digit[:, :-3]
    block[:, point] = ord(".")
    block[:, point + 1 : point + 4] = digit[:, -3:]
    value = np.bitwise_xor.reduce(block[:, 1:-4], axis=1)
    block[:, -4] = ord("*")
    block[:, -3] = HEX.take(value >> 4)
    block[:, -2] = HEX.take(value & 15)
    block[:, -1] = ord("\\")
    blocks: list[bytes] = block.view(f"S{block.shape[1]}").ravel().tolist()
    return blocks


def damaged(line: bytes, at: int) -> bytes:
    """The same line with one character of its payload changed, as a bad connection does."""
    at = 14 + at % max(len(line) - 20, 1)
    return line[:at] + (b"0" if line[at : at + 1] != b"0" else b"1") + line[at + 1 :]
