"""AIS and radar over TCP: as a client of a receiver or a national feed, or as a server that receivers connect to."""

import asyncio
from dataclasses import dataclass
from typing import Literal

from monitor.feeds.live import READ_BYTES, Intake, kept_up


@dataclass(frozen=True, slots=True)
class TcpClient:
    """Connects, reads, reconnects with growing pauses; a line that stays silent for `silent_s` is cut and dialled anew.

    The silence limit matters: a peer that lost power sends no end, and a read would wait for hours.
    """

    name: str
    host: str
    port: int
    reconnect_first_s: float
    reconnect_longest_s: float
    silent_s: float
    format: Literal["nmea", "ivef"]

    async def run(self, intake: Intake) -> None:
        async def connect() -> None:
            # asyncio.timeout, not wait_for: in 3.11 wait_for can swallow a cancellation
            async with asyncio.timeout(self.silent_s):
                reader, writer = await asyncio.open_connection(self.host, self.port)
            status = intake.of(self.name)
            status.n_connects += 1
            intake.report(self.name, "connected", f"{self.host}:{self.port}")
            try:
                while True:
                    async with asyncio.timeout(self.silent_s):
                        data = await reader.read(READ_BYTES)
                    if not data:
                        return
                    await intake.put(self.name, data)
            except TimeoutError:
                raise OSError(f"nothing came for {self.silent_s:g} s") from None
            finally:
                writer.close()

        await kept_up(self, intake, connect, first_s=self.reconnect_first_s, longest_s=self.reconnect_longest_s)


@dataclass(frozen=True, slots=True)
class TcpListener:
    """Receivers connect here and send; each connection's lines are kept whole before they are mixed with others'."""

    name: str
    host: str
    port: int
    longest_line_bytes: int
    format: Literal["nmea"]

    async def run(self, intake: Intake) -> None:
        async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            status = intake.of(self.name)
            status.n_connects += 1
            tail = b""
            try:
                while data := await reader.read(READ_BYTES):
                    data = tail + data
                    cut = data.rfind(b"\n") + 1
                    if not cut and len(data) > self.longest_line_bytes:
                        cut = len(data)
                    tail = data[cut:]
                    if cut:
                        await intake.put(self.name, data[:cut])
            except OSError as error:
                intake.report(self.name, "listening", f"a receiver was lost: {error}")
            finally:
                if tail:
                    await intake.put(self.name, tail + b"\n")
                writer.close()

        server = await asyncio.start_server(serve, self.host, self.port, limit=READ_BYTES)
        intake.report(self.name, "listening", f"{self.host}:{server.sockets[0].getsockname()[1]}")
        async with server:
            await server.serve_forever()
