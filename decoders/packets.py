"""From a captured frame to the UDP datagram in it: link head, IP head, UDP head.

Link types (tcpdump.org, link-layer header types): Ethernet with VLAN tags, raw IP, Linux cooked 1 and 2, BSD loopback.
What is no UDP datagram is named by a `Reason` and left. Fragments are counted, not joined: a radar whose blocks do not
fit into a frame loses them here, visibly; ASTERIX senders keep blocks short for that reason. Checksums are not
looked at, since a capture on the sending machine often has none yet.
"""

from decoders.rejects import Reason

ETHERNET, RAW, COOKED, COOKED_2, IPV4_ONLY, IPV6_ONLY, NULL, LOOP = 1, 101, 113, 276, 228, 229, 0, 108
OLD_RAW = (12, 14)  # raw IP in captures of some systems
IPV4, IPV6 = 0x0800, 0x86DD
VLAN = (0x8100, 0x88A8, 0x9100)
MOST_TAGS = 4
UDP, FRAGMENT = 17, 44
OPTION_HEADS = (0, 43, 60)  # of IPv6: hop by hop, routing, destination
MOST_OPTIONS = 8
LOOP_FAMILIES = (2, 24, 28, 30)  # address families of BSD: IPv4, then the IPv6 of four systems

Place = tuple[int, int, int]  # start of the IP head, start and stop of the payload


def udp_of(data: bytes, link: int, start: int, stop: int) -> Place | Reason:
    """Where the datagram of the frame data[start:stop] lies."""
    at = ip_of(data, link, start, stop)
    if at < 0 or at + 20 > stop:
        return Reason.OTHER_PACKET
    version = data[at] >> 4
    if version == 4:
        return udp_of_ipv4(data, at, stop)
    return udp_of_ipv6(data, at, stop) if version == 6 else Reason.OTHER_PACKET


def ip_of(data: bytes, link: int, start: int, stop: int) -> int:
    """Where the IP head begins; -1 where there is none."""
    if link == ETHERNET:
        at = start + 12
        for _ in range(MOST_TAGS):
            kind = int.from_bytes(data[at : at + 2], "big")
            if kind not in VLAN:
                break
            at += 4
        return at + 2 if kind in (IPV4, IPV6) else -1
    if link in (RAW, IPV4_ONLY, IPV6_ONLY, *OLD_RAW):
        return start
    if link == COOKED:
        return start + 16 if int.from_bytes(data[start + 14 : start + 16], "big") in (IPV4, IPV6) else -1
    if link == COOKED_2:
        return start + 20 if int.from_bytes(data[start : start + 2], "big") in (IPV4, IPV6) else -1
    if link in (NULL, LOOP):
        family = data[start : min(start + 4, stop)]
        is_ip = int.from_bytes(family, "little") in LOOP_FAMILIES or int.from_bytes(family, "big") in LOOP_FAMILIES
        return start + 4 if is_ip else -1
    return -1


def udp_of_ipv4(data: bytes, at: int, stop: int) -> Place | Reason:
    """The datagram behind an IPv4 head."""
    n_head = (data[at] & 15) * 4
    end = at + (data[at + 2] << 8 | data[at + 3])
    if n_head < 20 or end < at + n_head:
        return Reason.OTHER_PACKET
    if data[at + 9] != UDP:
        return Reason.OTHER_PACKET
    if (data[at + 6] & 0x3F) | data[at + 7]:  # more to come, or not the first
        return Reason.IP_FRAGMENT
    return payload_of(data, at, at + n_head, end, stop)


def udp_of_ipv6(data: bytes, at: int, stop: int) -> Place | Reason:
    """The datagram behind an IPv6 head and its options."""
    if at + 40 > stop:
        return Reason.CUT
    end = at + 40 + (data[at + 4] << 8 | data[at + 5])
    kind, place = data[at + 6], at + 40
    for _ in range(MOST_OPTIONS):
        if kind not in OPTION_HEADS or place + 8 > min(end, stop):
            break
        kind, place = data[place], place + 8 * (data[place + 1] + 1)
    if kind == FRAGMENT:
        return Reason.IP_FRAGMENT
    return payload_of(data, at, place, end, stop) if kind == UDP else Reason.OTHER_PACKET


def payload_of(data: bytes, ip: int, at: int, end: int, stop: int) -> Place | Reason:
    """The payload behind the UDP head at `at`; the packet ends at `end`, the frame was stored up to `stop`."""
    if end > stop or at + 8 > stop:
        return Reason.CUT
    size = data[at + 4] << 8 | data[at + 5]
    if size < 8 or at + size > end:
        return Reason.BAD_FORM
    return ip, at + 8, at + size


def destination_of(data: bytes, place: Place) -> tuple[bytes, int]:
    """The address, 4 or 16 bytes, and the port that a datagram was sent to."""
    ip, start, _ = place
    address = data[ip + 16 : ip + 20] if data[ip] >> 4 == 4 else data[ip + 24 : ip + 40]
    return address, data[start - 6] << 8 | data[start - 5]
