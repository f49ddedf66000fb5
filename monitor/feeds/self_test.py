"""The test message that the service sends itself, as bytes on a feed of its own: see `alerts/rules/self_test.py`."""

import asyncio
from dataclasses import dataclass

import numpy as np

from alerts.rules.self_test import MMSI, text_of
from decoders.ais.encode import encode_texts
from decoders.columns import Texts
from monitor.feeds.live import Intake
from monitor.sim.wire import table

SOURCE = "self-test"


def message(t_unix_s: float) -> bytes:
    """An AIS safety text (type 14) as a receiver would hand it over."""
    text = text_of(t_unix_s)
    row = table(Texts, 1, type=np.array([14], np.int8), mmsi=np.array([MMSI]), text=np.array([text], "S161"))
    return b"".join(line + b"\r\n" for line in encode_texts(row)[0])


@dataclass(frozen=True, slots=True)
class SelfTest:
    """Sends one after another."""

    every_s: float
    name: str = SOURCE

    async def run(self, intake: Intake) -> None:
        """Until cancelled."""
        intake.report(self.name, "sending")
        while True:
            await asyncio.sleep(self.every_s)
            intake.put_nowait(self.name, message(intake.clock()))
