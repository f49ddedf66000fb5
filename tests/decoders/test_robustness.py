"""Damaged real traffic between sound lines: every sound message is found, and nothing wrong is ever said.

Each kind of damage stands between sound lines in the way a receiver, a serial line or a relay makes it. One changed
byte is always seen by the checksum (XOR); kinds that only chance would notice (two bytes changed) are not listed, since
no decoder of this format can be right about them.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from decoders.columns import Positions
from decoders.lines import LineDecoder
from tests.oracles.ais_lines import SENTENCE

Rng = np.random.Generator
Damage = Callable[[bytes, Rng], bytes]
END = b"\r\n"
MIN_FOUND = 0.99


def at(line: bytes, rng: Rng, first: int = 1) -> int:
    return int(rng.integers(first, len(line) - 1))


def changed(line: bytes, place: int, byte: int) -> bytes:
    return line[:place] + bytes([byte]) + line[place + 1 :]


def bit(line: bytes, rng: Rng) -> bytes:
    place = at(line, rng)
    return changed(line, place, line[place] ^ 1 << int(rng.integers(0, 8)))


def sums(line: bytes) -> bytes:
    return line[:-2] + b"%02X" % (int(line[-2:], 16) ^ 0x11)


def cut(line: bytes, rng: Rng) -> bytes:
    return line[: at(line, rng)]


KINDS: dict[str, Damage] = {
    "one bit turned": lambda s, r: bit(s, r) + END,
    "one bit turned, no line end": lambda s, r: bit(s, r),
    "one byte became NUL": lambda s, r: changed(s, at(s, r), 0) + END,
    "one byte became 0xFF": lambda s, r: changed(s, at(s, r), 255) + END,
    "one byte became LF": lambda s, r: changed(s, at(s, r), 10) + END,
    "one byte became CR": lambda s, r: changed(s, at(s, r), 13) + END,
    "one byte became !": lambda s, r: changed(s, at(s, r), 33) + END,
    "one byte became $": lambda s, r: changed(s, at(s, r), 36) + END,
    "one byte became a backslash": lambda s, r: changed(s, at(s, r), 92) + END,
    "one byte became a comma": lambda s, r: changed(s, at(s, r), 44) + END,
    "one byte became *": lambda s, r: changed(s, at(s, r), 42) + END,
    "one byte became #": lambda s, r: changed(s, at(s, r), 35) + END,
    "one byte lost": lambda s, r: s[: (i := at(s, r))] + s[i + 1 :] + END,
    "one byte twice": lambda s, r: s[: (i := at(s, r))] + s[i - 1 :] + END,
    "cut, line ended": lambda s, r: cut(s, r) + END,
    "cut, the next follows": cut,
    "cut before the checksum": lambda s, r: s[:-3],
    "cut inside the checksum": lambda s, r: s[:-1],
    "beginning lost": lambda s, r: s[at(s, r) :] + END,
    "beginning lost, no line end": lambda s, r: s[at(s, r) :],
    "wrong checksum": lambda s, r: sums(s) + END,
    "no checksum": lambda s, r: s[:-3] + END,
    "checksum is no number": lambda s, r: s[:-2] + b"G!" + END,
    "no line end": lambda s, r: s,
    "CR only": lambda s, r: s + b"\r",
    "LF CR": lambda s, r: s + b"\n\r",
    "blank before": lambda s, r: b" " + s + END,
    "NUL bytes before": lambda s, r: b"\0\0\0" + s + END,
    "0xFF bytes before": lambda s, r: b"\xff" * 9 + s + END,
    "NUL bytes behind": lambda s, r: s + b"\0\0" + END,
    "text before": lambda s, r: b"garbage 123, " + s + END,
    "another talker's beginning": lambda s, r: b"$GPRMC,1209" + s + END,
    "half a sentence of another kind": lambda s, r: b"$GPGGA,120946.00,4912.1,N,00" + END,
    "a lone backslash before": lambda s, r: b"\\" + s + END,
    "an open TAG block before": lambda s, r: b"\\s:x,c:1200" + s + END,
    "a TAG block with a wrong checksum": lambda s, r: b"\\s:x,c:1200*00\\" + s + END,
    "a lone ! before": lambda s, r: b"!" + s + END,
    "the formatter alone": lambda s, r: b"!AIVDM" + END,
    "commas only": lambda s, r: b"!AIVDM,,,,,,*26" + END,
    "a fragment that never completes": lambda s, r: b"!AIVDM,2,1,3,A,55NPjt42>QwUKIOKK,0*22" + END,
    "the second of two fragments": lambda s, r: b"!AIVDM,2,2,3,A,88888888880,2*24" + END,
    "a long line of nothing": lambda s, r: b"A" * 3000 + END,
    "high bits set": lambda s, r: bytes(byte | 128 for byte in s) + END,
    "UTF-16": lambda s, r: s.decode("latin-1").encode("utf-16-be") + END,
    "quoted": lambda s, r: b'"' + s + b'"' + END,
}


def recorded(folder: Path) -> list[bytes]:
    """Single-line sentences of real traffic, each payload once, checksums right."""
    lines: dict[bytes, bytes] = {}
    for name in ("channel-guernsey-20110726-a.nmea", "pyais-nmea_data_sample.txt", "norway-kystverket-20190807.nm4"):
        for found in SENTENCE.finditer((folder / "ais" / name).read_bytes()):
            if found["count"] == b"1" and found["payload"][:1] in (b"1", b"3", b"B"):
                lines.setdefault(found["payload"], found[0])
    return list(lines.values())


def told(table: Positions) -> list[tuple[object, ...]]:
    columns = (table.type, table.mmsi, table.lat_deg, table.lon_deg, table.sog_kn, table.cog_deg, table.heading_deg)
    return list(zip(*(np.nan_to_num(column, nan=-1).tolist() for column in columns), strict=True))


def decode(data: bytes) -> list[tuple[object, ...]]:
    decoder = LineDecoder()
    batches = [decoder.feed(data, np.nan)[0], decoder.finish()[0]]
    return [row for batch in batches for row in told(batch.positions)]


@pytest.mark.parametrize("kind", KINDS)
def test_sound_lines_between_damaged_ones_are_found_and_nothing_wrong_is_said(shared_data: Path, kind: str) -> None:
    rng = np.random.default_rng(len(kind))
    lines = recorded(shared_data)
    sound, spoiled = lines[::2][:1000], lines[1::2][:1000]
    pieces = [KINDS[kind](bad, rng) + good + END for good, bad in zip(sound, spoiled, strict=True)]
    wanted = decode(END.join(sound) + END)
    true = set(decode(END.join(lines) + END))
    got = decode(b"".join(pieces))
    assert len(wanted) == 1000
    assert [row for row in got if row not in true] == []
    n_found = len(set(wanted) & set(got))
    assert n_found >= MIN_FOUND * len(set(wanted)), f"{n_found} of {len(set(wanted))}"
