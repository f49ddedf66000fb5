"""AIS and radar over UDP, unicast or multicast (IEC 61162-450 uses 239.192.0.1 to 239.192.0.64).

Lines go on as they are. ASTERIX has blocks without a mark where one datagram ends and no date in its times, so each
datagram becomes a record of a pcap stream, stamped with its arrival: the bytes that a recording of it has.
"""

import asyncio
import ipaddress
import socket
import struct
from dataclasses import dataclass
from typing import Literal

from decoders import pcap_write
from monitor.feeds.live import Intake

RECEIVE_BUFFER_BYTES = 4 << 20  # a burst of the whole world's AIS for some seconds; the kernel may grant less


Place = tuple[str, int]


class _Datagrams(asyncio.DatagramProtocol):
    """Each datagram ends its line: senders often leave the line end away."""

    def __init__(self, name: str, intake: Intake) -> None:
        self.name = name
        self.intake = intake

    def datagram_received(self, data: bytes, addr: Place) -> None:
        self.intake.put_nowait(self.name, data if data.endswith(b"\n") else data + b"\n")

    def error_received(self, exc: Exception) -> None:
        self.intake.report(self.name, "listening", str(exc))


class _Packets(_Datagrams):
    """Each datagram is a record of a capture."""

    def __init__(self, name: str, intake: Intake, place: Place) -> None:
        super().__init__(name, intake)
        self.place = place

    def datagram_received(self, data: bytes, addr: Place) -> None:
        self.intake.put_nowait(self.name, pcap_write.record(self.intake.clock(), data, *self.place, *addr))


@dataclass(frozen=True, slots=True)
class UdpListener:
    """Listens on a port; joins `group` when it is a multicast address."""

    name: str
    host: str
    port: int
    group: str  # "" for unicast
    interface: str  # address of the interface to join the group on, "" lets the system choose
    format: Literal["nmea", "asterix"]

    def open(self) -> socket.socket:
        """The bound socket. Raises OSError, ValueError for a group that is no multicast address."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            sock.bind((self.host, self.port))
            if self.group:
                if not ipaddress.ip_address(self.group).is_multicast:
                    raise ValueError(f"{self.group} is not a multicast address")
                member = struct.pack(
                    "4s4s", socket.inet_aton(self.group), socket.inet_aton(self.interface or "0.0.0.0")
                )
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
            sock.setblocking(False)
        except BaseException:
            sock.close()
            raise
        return sock

    async def run(self, intake: Intake) -> None:
        loop = asyncio.get_running_loop()
        sock = self.open()
        place = (self.group or sock.getsockname()[0], sock.getsockname()[1])
        if self.format == "asterix":
            await intake.put(self.name, pcap_write.header())  # waits for room: without it no record can be read
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Packets(self.name, intake, place) if self.format == "asterix" else _Datagrams(self.name, intake),
            sock=sock,
        )
        where = f"{self.group or self.host}:{sock.getsockname()[1]}"
        intake.report(self.name, "listening", where)
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            transport.close()
