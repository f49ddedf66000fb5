"""A monitor that runs until somebody stops it: the parts of `service` put together.

show (demo, replay --speed N)         live (run)
Player, virtual clock                 feeds, Intake, wall clock, recorder, kept picture
store in a temporary folder           store from the configuration; its desk goes on where it stopped
"""

import asyncio
import signal
import socket
import sys
from collections.abc import Callable

import structlog
from aiohttp import web

from monitor import assembly
from monitor.chart_watch import ChartWatch
from monitor.clock import ClockMoved
from monitor.feeds.chunk import Chunk
from monitor.machine import Machine
from monitor.output import Output
from monitor.service import PipelineThread, Source, Worker
from monitor.supervisor import notify
from monitor.web.acknowledge import Links
from monitor.web.server import create_app

LOG = structlog.get_logger("run")
STORE_QUEUE = 1000  # outputs with alarms that may wait for the disk: minutes of a storm, a night as usual
LOOK = "look"
READ_S = 0.1  # between looks for commands


def watch_of(made: Machine) -> ChartWatch:
    """The watch over the chart's files: a sound chart goes to the pipeline, a fault to the map."""
    drawn_path = made.drawn.path if made.drawn else None
    reader = assembly.chart_reader(made.config, drawn_path)
    reader.remember()  # should somebody break a file
    return ChartWatch(
        assembly.chart_paths(made.config) + ([drawn_path] if drawn_path else []),
        reader.read,
        marks=made.chart_marks,
        version=made.hub.chart_version,
        offer=made.charts.append,
        tell_fault=made.hub.tell_chart_fault,
    )


def listening(host: str, port: int) -> socket.socket:
    """The map's door, opened before any work is done. Raises OSError that says what is in the way."""
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise OSError(f"the map cannot be served at {host}:{port}: {error.strerror}; choose another port") from error


def chart_worker(made: Machine, on_end: Callable[[], None]) -> Worker:
    """Looks at the chart's files from time to time, and at once when asked: offered LOOK, or when somebody drew."""
    charts = watch_of(made)
    every_s = made.config.chart.check_every_s
    worker = Worker("chart", lambda item: charts.look(is_asked=True), 1, charts.look, every_s, on_end=on_end)
    if made.drawn:
        made.drawn.changed = lambda: worker.offer(LOOK)
    return worker


async def serve(
    made: Machine,
    *,
    source: Source,
    clock: Callable[[], float],
    door: socket.socket | None,
    title: str,
    stays_after_end: bool,
    on_chunks: Callable[[list[Chunk]], None] = lambda chunks: None,
) -> int:
    """Run pipeline, writer and map until a signal, an error or, if so wanted, the source's end; an exit code.

    Raises ClockMoved when all has ended because of that.
    """
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)

    def stop_soon() -> None:
        loop.call_soon_threadsafe(stop.set)

    deliveries = made.outgoing.deliveries
    deliveries.start()
    rota = asyncio.create_task(made.notifier.rota.run(), name="rota")
    made.on_unstored = lambda notices: loop.call_soon_threadsafe(deliveries.send_past, notices)  # type: ignore[assignment]
    made.on_stored = lambda: loop.call_soon_threadsafe(deliveries.wake)  # type: ignore[assignment]
    writer = Worker("store", made.write, STORE_QUEUE, on_end=stop_soon)
    looker = chart_worker(made, stop_soon)
    loop.add_signal_handler(signal.SIGHUP, looker.offer, LOOK)
    reader = Worker("commands", lambda item: None, 1, idle=made.read_commands, idle_s=READ_S, on_end=stop_soon)

    def tell(output: Output) -> None:
        made.tell(output, writer)

    thread = PipelineThread(made, source, clock, made.commands, on_chunks, tell, lock=made.hub.lock)

    def on_end() -> None:
        if thread.error or not stays_after_end:
            stop_soon()
        else:
            made.hub.end()

    thread.on_end = on_end
    runner = await open_web(made, door, title) if door is not None else None
    thread.start()
    notify("READY=1")  # signals are heard, the map is open
    try:
        await stop.wait()
    finally:
        for part in (thread, reader, looker):
            await asyncio.to_thread(part.stop)
        made.stopping.set()
        await asyncio.to_thread(writer.stop)
        rota.cancel()
        await asyncio.gather(rota, return_exceptions=True)
        await deliveries.stop()
        if runner is not None:
            await runner.cleanup()
    return exit_code(thread, writer, reader, looker)


def exit_code(thread: PipelineThread, *workers: Worker) -> int:
    """What a service that has ended says. Raises ClockMoved where that is all that happened."""
    if any(worker.error for worker in workers):
        return 1
    if isinstance(thread.error, ClockMoved):
        raise thread.error
    return 1 if thread.error else 0


async def open_web(made: Machine, door: socket.socket, title: str) -> web.AppRunner:
    """Serve the map."""
    app = create_app(
        made.hub,
        submit=made.store.submit,
        drawn=made.drawn,
        land=assembly.land_geojson(made.config),
        title=title,
        is_exercise=made.state.is_exercise,
        grafana_url=made.config.web.grafana_url,
        links=Links(made.notifier.key, made.store, made.config.notices.time_zone),
    )
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.SockSite(runner, door).start()
    host, port = door.getsockname()[:2]
    sys.stderr.write(f"The map is at http://{host}:{port} (Ctrl-C ends)\n")
    return runner
