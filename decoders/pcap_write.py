"""Datagrams as a pcap stream: what a live radar feed hands over, what the recorder and the simulator write.

The stream is a plain capture file that Wireshark and tcpdump read: the classic header (little endian, microseconds,
link type 101, raw IP), then for each datagram a record header, an IPv4 and a UDP head with right checksums, payload.

    record   time s, time us, length, length                     4 x 32 bits
    IPv4     45 00 total id 4000 ttl 11 checksum from to         20 bytes
    UDP      port from, port to, length, checksum                8 bytes
"""

import ipaddress
import struct

RAW_IP = 101  # LINKTYPE_RAW
SNAP_BYTES = 262_144  # what tcpdump writes
HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, SNAP_BYTES, RAW_IP)
MOST_PAYLOAD_BYTES = 65_507  # of an IPv4 datagram
UDP = 17
TTL = 1


def header() -> bytes:
    """What every stream begins with."""
    return HEADER


def record(
    t_unix_s: float, payload: bytes, address: str, port: int, sender: str = "0.0.0.0", sender_port: int = 0
) -> bytes:
    """One datagram that was sent to `address` and `port`, received at `t_unix_s`.

    Raises ValueError for an address that is not IPv4 and for a payload that no datagram can carry.
    """
    if len(payload) > MOST_PAYLOAD_BYTES:
        raise ValueError(f"{len(payload)} bytes do not fit into a datagram")
    ends = ipaddress.IPv4Address(sender).packed + ipaddress.IPv4Address(address).packed
    n_udp = 8 + len(payload)
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + n_udp, 0, 0x4000, TTL, UDP, 0) + ends
    ip = ip[:10] + struct.pack(">H", checksum(ip)) + ip[12:]
    udp = struct.pack(">HHHH", sender_port, port, n_udp, 0)
    total = checksum(ends + struct.pack(">HH", UDP, n_udp) + udp + payload) or 0xFFFF  # 0 would say "none"
    udp = udp[:6] + struct.pack(">H", total)
    t_us = round(t_unix_s * 1e6)
    n = 20 + n_udp
    return struct.pack("<IIII", t_us // 1_000_000, t_us % 1_000_000, n, n) + ip + udp + payload


def checksum(data: bytes) -> int:
    """The ones' complement sum of RFC 1071."""
    total: int = sum(struct.unpack(f">{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    total = (total & 0xFFFF) + (total >> 16)
    return ~(total + (total >> 16)) & 0xFFFF
