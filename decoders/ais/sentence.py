"""AIS payloads as NMEA lines: armour, fragments, checksum, TAG block. The way out, as `framing` is the way in.

    !AIVDM,1,1,,A,13aEOK?P00PD2wVMdLDRhgvL289?,0*26     IEC 61162-1, at most 82 characters with its CR LF
     talker n i s channel  payload         fill checksum

    \\s:dover-1,c:1763800000.123*hh\\!AIVDM,...            a TAG block says who heard it and when

Lines come without CR LF. Many single sentences of one length are made as one byte matrix (`single_sentences`), since
the checksum is then one XOR along an axis; anything longer is cut by `sentence`, one message at a time.
"""

import math

import numpy as np

from decoders.table import Column

# Payload characters in one line: 82 - len("!AIVDM,2,1,3,A,") - len(",0*hh\r\n").
MAX_PAYLOAD = 60
MAX_FRAGMENTS = 9  # the count is one digit
# ITU-R M.1371-5 / IEC 61162-1: six bits to a printable character, 0..39 -> "0".."W", 40..63 -> "`".."w".
ARMOUR = np.array([v + 48 if v < 40 else v + 56 for v in range(64)], np.uint8)
HEX = np.frombuffer(b"0123456789ABCDEF", np.uint8)


def checksum(body: bytes) -> bytes:
    """XOR of all bytes, as two upper-case hexadecimal digits."""
    value = 0
    for byte in body:
        value ^= byte
    return b"%02X" % value


def sentence(
    payload: bytes, fill: int, *, talker: bytes = b"AIVDM", channel: bytes = b"A", seq: int = 0
) -> list[bytes]:
    """The line or lines of one message, in order.

    payload : armoured characters; fill : 0..5 unused bits in the last one; channel : b"A", b"B" or b"" for unknown;
    seq : 0..9, ties the fragments of one message together; a single line carries none.
    Raises ValueError when the payload needs more lines than a message may have.
    """
    parts = [payload[i : i + MAX_PAYLOAD] for i in range(0, len(payload), MAX_PAYLOAD)] or [b""]
    if len(parts) > MAX_FRAGMENTS:
        raise ValueError(f"a payload of {len(payload)} characters needs more than {MAX_FRAGMENTS} sentences")
    mark = b"%d" % (seq % 10) if len(parts) > 1 else b""
    lines = []
    for number, part in enumerate(parts, 1):
        last = fill if number == len(parts) else 0
        body = b"%b,%d,%d,%b,%b,%b,%d" % (talker, len(parts), number, mark, channel, part, last)
        lines.append(b"!%b*%b" % (body, checksum(body)))
    return lines


def single_sentences(symbols: Column, fill: int, *, talker: bytes = b"AIVDM", channel: Column | bytes) -> list[bytes]:
    """One line for each row of equally long payloads.

    symbols : (N, K) uint8, 0..63, K <= MAX_PAYLOAD; channel : one letter for all rows, or (N,) S1.
    """
    n, width = symbols.shape
    if width > MAX_PAYLOAD:
        raise ValueError(f"{width} characters do not fit into one sentence")
    head = b"!%b,1,1,,A," % talker
    tail = b",%d*hh" % fill
    start, end = len(head), len(head) + width
    line = np.empty((n, end + len(tail)), np.uint8)
    line[:, :start] = np.frombuffer(head, np.uint8)
    line[:, start - 2] = np.frombuffer(channel, np.uint8)[0] if isinstance(channel, bytes) else channel.view(np.uint8)
    line[:, start:end] = ARMOUR.take(symbols)
    line[:, end:] = np.frombuffer(tail, np.uint8)
    value = np.bitwise_xor.reduce(line[:, 1:-3], axis=1)
    line[:, -2] = HEX.take(value >> 4)
    line[:, -1] = HEX.take(value & 15)
    lines: list[bytes] = line.view(f"S{line.shape[1]}").ravel().tolist()
    return lines


def tag_block(station: str, t_unix_s: float) -> bytes:
    """A TAG block (IEC 61162-450, NMEA 4.10) with source `s` and time `c`, to be put before a sentence.

    station : letters, digits, `-`, `_`, `.`; "" leaves `s` out. t_unix_s : written in seconds with three decimals;
    NaN leaves `c` out. The standard's `c` is whole seconds; decimals keep the order of close messages, and readers
    that expect whole seconds stop at the point. Nothing to say gives b"".
    """
    fields = []
    if station:
        if not all(c.isascii() and (c.isalnum() or c in "-_.") for c in station):
            raise ValueError(f"{station!r} cannot stand in a TAG block: letters, digits, '-', '_' and '.' only")
        fields.append(b"s:" + station.encode())
    if not math.isnan(t_unix_s):
        fields.append(b"c:%.3f" % t_unix_s)
    if not fields:
        return b""
    body = b",".join(fields)
    return b"\\%b*%b\\" % (body, checksum(body))
