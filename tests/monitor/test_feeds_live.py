"""Live feeds on loopback: what is sent arrives, in order, stamped once; a lost line comes back; a flood is bounded."""

import asyncio
import os
import pty
import socket

import pytest

from monitor.feeds.live import Intake
from monitor.feeds.serial import SerialLine
from monitor.feeds.tcp import TcpClient, TcpListener
from monitor.feeds.udp import UdpListener

LINE = b"!AIVDM,1,1,,A,13HOI:0P0000VOHLCnHQKwvL05Ip,0*23\r\n"


def intake(limit_bytes: int = 1 << 20) -> Intake:
    return Intake(limit_bytes, clock=lambda: 1000.0)


async def until(condition, *, turns: int = 100_000) -> None:
    """Let the loop run until the condition holds; bounded in turns, not in seconds."""
    for _ in range(turns):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it never happened")


def received(box: Intake) -> bytes:
    return b"".join(chunk.data for chunk in box.take(1 << 30))


async def running(feed, box: Intake, body) -> None:
    task = asyncio.create_task(feed.run(box))
    try:
        await body()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_tcp_client_reads_and_comes_back_after_the_server_cut_the_line() -> None:
    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(LINE)
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    box = intake()
    feed = TcpClient("dover", "127.0.0.1", port, 0.0, 0.0, 5.0, "nmea")

    async def body() -> None:
        await until(lambda: box.of("dover").n_connects >= 3)
        await until(lambda: box.of("dover").n_bytes >= 3 * len(LINE))

    async with server:
        await running(feed, box, body)
    assert received(box).startswith(LINE * 3)


async def test_tcp_client_waits_when_nobody_listens() -> None:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        box = intake()
        feed = TcpClient("dover", "127.0.0.1", port, 3600.0, 3600.0, 5.0, "nmea")

        async def body() -> None:
            await until(lambda: box.of("dover").state == "waiting")

        await running(feed, box, body)
    assert "3600 s" in box.of("dover").detail


async def test_tcp_listener_keeps_each_receivers_lines_whole() -> None:
    box = intake()
    feed = TcpListener("shore", "127.0.0.1", 0, 1000, "nmea")

    async def body() -> None:
        await until(lambda: box.of("shore").state == "listening")
        port = int(box.of("shore").detail.rsplit(":", 1)[1])
        _, first = await asyncio.open_connection("127.0.0.1", port)
        _, second = await asyncio.open_connection("127.0.0.1", port)
        first.write(LINE[:20])
        await first.drain()
        second.write(LINE)
        await second.drain()
        await until(lambda: box.of("shore").n_bytes == len(LINE))
        first.write(LINE[20:] + b"$CUT")
        first.close()
        second.close()
        await until(lambda: box.of("shore").n_bytes == 2 * len(LINE) + len(b"$CUT\n"))

    await running(feed, box, body)
    assert received(box) == LINE + LINE + b"$CUT\n"


async def test_a_full_intake_holds_a_tcp_sender_back_and_loses_nothing() -> None:
    total = 4 << 20

    async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for _ in range(total // (1 << 16)):
            writer.write(b"x" * (1 << 16))
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    box = intake(limit_bytes=1 << 18)
    feed = TcpClient("dover", "127.0.0.1", port, 3600.0, 3600.0, 60.0, "nmea")
    got = 0

    async def body() -> None:
        nonlocal got
        await until(lambda: box.of("dover").n_bytes >= 1 << 18)
        assert box.of("dover").n_bytes < total
        while got < total:
            await until(lambda: box._n_bytes > 0)
            got += len(received(box))

    async with server:
        await running(feed, box, body)
    assert got == total


@pytest.mark.parametrize("group", ["", "239.192.0.4"])
async def test_udp_datagrams_arrive_as_lines(group: str) -> None:
    box = intake()
    feed = UdpListener("net", "127.0.0.1" if not group else "", 0, group, "127.0.0.1", "nmea")

    async def body() -> None:
        await until(lambda: box.of("net").state == "listening")
        port = int(box.of("net").detail.rsplit(":", 1)[1])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
            sock.sendto(LINE.rstrip(), (group or "127.0.0.1", port))
            sock.sendto(LINE, (group or "127.0.0.1", port))
        await until(lambda: box.of("net").n_bytes >= 2 * len(LINE) - 1)

    await running(feed, box, body)
    assert received(box) == LINE.rstrip() + b"\n" + LINE


def test_udp_refuses_a_group_that_is_no_multicast_address() -> None:
    with pytest.raises(ValueError, match=r"10\.0\.0\.1 is not a multicast address"):
        UdpListener("net", "", 0, "10.0.0.1", "", "nmea").open()


async def test_a_datagram_without_room_is_counted() -> None:
    box = intake(limit_bytes=10)
    box.put_nowait("net", LINE)
    box.put_nowait("net", LINE)
    assert box.of("net").n_dropped_bytes == len(LINE)
    assert received(box) == LINE


async def test_serial_line_reads_and_opens_again_after_it_was_unplugged() -> None:
    first, first_device = pty.openpty()
    name = os.ttyname(first_device)
    box = intake()
    feed = SerialLine("usb", name, 38_400, 0.0, 0.0, "nmea")

    async def body() -> None:
        await until(lambda: box.of("usb").state == "connected")
        os.write(first, LINE)
        await until(lambda: box.of("usb").n_bytes == len(LINE))
        os.close(first_device)
        os.close(first)
        await until(lambda: box.of("usb").state == "waiting")

    await running(feed, box, body)
    assert received(box) == LINE
