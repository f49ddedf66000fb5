"""AIS from a receiver on a serial line (IEC 61162-2: 38,400 baud; USB receivers the same)."""

import asyncio
from dataclasses import dataclass
from typing import Literal

import serial

from monitor.feeds.live import READ_BYTES, Intake, kept_up


@dataclass(frozen=True, slots=True)
class SerialLine:
    """Reads a serial device; opens it again when it was unplugged."""

    name: str
    device: str
    baud: int
    reconnect_first_s: float
    reconnect_longest_s: float
    format: Literal["nmea"]

    async def run(self, intake: Intake) -> None:
        async def connect() -> None:
            try:
                port = serial.Serial(self.device, self.baud, timeout=0, exclusive=True)
            except serial.SerialException as error:
                raise OSError(str(error)) from error
            with port:
                intake.report(self.name, "connected", f"{self.device} at {self.baud} baud")
                intake.of(self.name).n_connects += 1
                await read_until_gone(port, self.name, intake)

        await kept_up(self, intake, connect, first_s=self.reconnect_first_s, longest_s=self.reconnect_longest_s)


async def read_until_gone(port: serial.Serial, name: str, intake: Intake) -> None:
    """Pass on what comes until the device goes away. Raises OSError then."""
    loop = asyncio.get_running_loop()
    readable = asyncio.Event()
    loop.add_reader(port.fileno(), readable.set)
    try:
        while True:
            await readable.wait()
            readable.clear()
            try:
                data = port.read(READ_BYTES)
            except serial.SerialException as error:
                raise OSError(str(error)) from error
            if data:  # a wake-up may find the bytes already read; an unplugged device raises
                await intake.put(name, data)
    finally:
        loop.remove_reader(port.fileno())
