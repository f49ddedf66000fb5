"""Captures to test with, written by hand from the format's description: every kind that the reader knows."""

import struct

from decoders.pcap_write import record

ADDRESS, PORT = "239.1.1.10", 8610


def packet(payload: bytes) -> bytes:
    """A raw IPv4 packet."""
    return record(0.0, payload, ADDRESS, PORT)[16:]


def packet_6(payload: bytes) -> bytes:
    """A raw IPv6 packet with a hop by hop head before UDP."""
    udp = struct.pack(">HHHH", 1, PORT, 8 + len(payload), 0) + payload
    options = bytes((17, 0, 1, 4, 0, 0, 0, 0))
    head = struct.pack(">IHBB", 6 << 28, len(options) + len(udp), 0, 1)
    return head + bytes(16) + b"\xff" + bytes(15) + options + udp


def framed(link: int, ip: bytes) -> bytes:
    """The packet behind the head of a link type."""
    kind = b"\x08\x00" if ip[0] >> 4 == 4 else b"\x86\xdd"
    heads = {
        1: bytes(12) + kind,
        -1: bytes(12) + b"\x81\x00\x00\x05" + kind,  # Ethernet with a VLAN tag
        -2: bytes(12) + b"\x88\xa8\x00\x05\x81\x00\x00\x06" + kind,
        101: b"",
        228: b"",
        113: bytes(14) + kind,
        276: kind + bytes(18),
        0: struct.pack("<I", 2 if ip[0] >> 4 == 4 else 30),
        108: struct.pack(">I", 2 if ip[0] >> 4 == 4 else 30),
    }
    return heads[link] + ip


def classic(frames: list[tuple[float, bytes]], *, order: str = "<", ticks: int = 10**6, link: int = 101) -> bytes:
    """A classic capture."""
    magic = 0xA1B2C3D4 if ticks == 10**6 else 0xA1B23C4D
    made = struct.pack(f"{order}IHHiIII", magic, 2, 4, 0, 0, 65_535, link)
    for t, frame in frames:
        made += struct.pack(f"{order}IIII", int(t), round(t % 1 * ticks), len(frame), len(frame)) + frame
    return made


def block(order: str, kind: int, body: bytes) -> bytes:
    """A pcapng block."""
    body += bytes(-len(body) % 4)
    size = struct.pack(f"{order}I", len(body) + 12)
    return struct.pack(f"{order}I", kind) + size + body + size


def section(order: str) -> bytes:
    """A section header with a comment."""
    return block(order, 0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1) + option(order, 1, b"by hand"))


def option(order: str, code: int, value: bytes) -> bytes:
    return struct.pack(f"{order}HH", code, len(value)) + value + bytes(-len(value) % 4)


def interface(order: str, link: int, *, resolution: bytes = b"", offset_s: int = 0) -> bytes:
    """An interface description."""
    options = option(order, 9, resolution) if resolution else b""
    options += option(order, 14, struct.pack(f"{order}q", offset_s)) if offset_s else b""
    return block(order, 1, struct.pack(f"{order}HHI", link, 0, 0) + options)


def enhanced(order: str, number: int, ticks: int, frame: bytes) -> bytes:
    """An enhanced packet block."""
    heads = struct.pack(f"{order}IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, len(frame), len(frame))
    return block(order, 6, heads + frame)


def simple(order: str, frame: bytes) -> bytes:
    """A simple packet block: no time, no interface."""
    return block(order, 3, struct.pack(f"{order}I", len(frame)) + frame)
