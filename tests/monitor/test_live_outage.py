"""A real feed over a real TCP line, followed live, cut and restored: one alert about the receiver, none about ships.

The Norwegian sample goes round and round, years after it was recorded, as an engineer would send it to try the
monitor out. The sockets are real, the seconds are not: the test says when one has passed.
"""

import asyncio
from pathlib import Path

from alerts.alert import Event, Transition
from alerts.picture import ReceiverState
from monitor import assembly, config, pipeline
from monitor.feeds.live import Intake
from monitor.feeds.tcp import TcpClient

LINES_A_SECOND = 30
LEARN_S, OUTAGE_S, AFTER_S = 420, 900, 300
T0 = 1_795_590_000.0


class Shore:
    """A TCP server that sends when it is told to."""

    def __init__(self, lines: list[bytes]) -> None:
        self.lines = lines
        self.n_sent = 0
        self.writer: asyncio.StreamWriter | None = None
        self.writers: list[asyncio.StreamWriter] = []

    async def open(self) -> int:
        self.server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return int(self.server.sockets[0].getsockname()[1])

    async def _serve(self, _: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.writers.append(writer)

    def send(self) -> int:
        """A second's lines; their bytes."""
        assert self.writer is not None
        data = b"".join(self.lines[(self.n_sent + i) % len(self.lines)] for i in range(LINES_A_SECOND))
        self.n_sent += LINES_A_SECOND
        self.writer.write(data)
        return len(data)

    async def close(self) -> None:
        self.server.close()
        for writer in self.writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in self.writers), return_exceptions=True)

    def cut(self) -> None:
        assert self.writer is not None
        self.writer.close()
        self.writer = None


async def turned(condition) -> None:
    for _ in range(1_000_000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never happened")


async def test_cut_and_restored_the_receiver_goes_down_and_up_with_one_alert(shared_data: Path) -> None:
    lines = (shared_data / "ais" / "norway-kystverket-20190807.nm4").read_bytes().splitlines(keepends=True)
    shore = Shore(lines)
    port = await shore.open()
    now = [T0]
    box = Intake(64 << 20, clock=lambda: now[0])
    settings = config.parse(config.shipped_text())
    state = assembly.state(settings, is_exercise=False, time_zones={}, is_live=True)
    feed = asyncio.create_task(TcpClient("norway", "127.0.0.1", port, 0.0, 0.0, 3600.0, "nmea").run(box))
    n_expected, told, states = 0, [], {}
    try:
        for second in range(LEARN_S + OUTAGE_S + AFTER_S):
            now[0] = T0 + second
            is_cut = LEARN_S <= second < LEARN_S + OUTAGE_S
            if second == LEARN_S:
                shore.cut()
            if not is_cut:
                await turned(lambda: shore.writer is not None)
                n_expected += shore.send()
                await turned(lambda n=n_expected: box.of("norway").n_bytes == n)
            output = pipeline.step(state, box.take(1 << 30), [], now[0])
            told += output.transitions
            states[second] = int(output.picture.receivers.state[0]) if output.picture else -1
            if second == LEARN_S - 1:
                assert len(output.picture.vessels) > 200
    finally:
        feed.cancel()
        await asyncio.gather(feed, return_exceptions=True)
        await shore.close()
    judge(told, states)


def judge(told: list[Transition], states: dict[int, int]) -> None:
    assert states[LEARN_S - 1] == ReceiverState.UP
    assert states[LEARN_S + 60] == ReceiverState.DOWN
    assert states[LEARN_S + OUTAGE_S + AFTER_S - 1] == ReceiverState.UP
    assert {step.rule for step in told} == {"receiver_health"}
    assert len({step.alert_id for step in told}) == 1
    assert [step.event for step in told if step.event is not Event.UPDATED] == [Event.OPENED, Event.CLEARED]
    assert told[0].t_unix_s - (T0 + LEARN_S) <= 60.0
    assert "silent" in told[0].reason
