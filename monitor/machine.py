"""The pipeline with its store, its map and its sinks: what every way of running the monitor drives.

pipeline thread   step(), tell(): the picture at once, what was raised to the writer
writer thread     write(): one transaction a step, then the map, the gateways and the sinks hear of it
reader thread     read_commands(): what people have handed in
"""

import math
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import structlog

from alerts.database import StoreError
from alerts.desk import Desk, desk_from_bytes, desk_to_bytes, new_desk, open_incidents
from alerts.incident import Command
from alerts.notices.board import NOTHING, Told
from alerts.notices.notice import Notice
from alerts.sinks.contract import Repeating, Sink
from alerts.sinks.delivery import SELF_TEST, Deliveries
from alerts.store import Store
from monitor import assembly, chart_watch, pipeline, snapshot, tracks
from monitor.arrival import NMEA_ALONE
from monitor.chart_watch import Chart, Marks
from monitor.config import Config
from monitor.covered import covered
from monitor.drawn import Drawn
from monitor.feeds.chunk import Chunk, Receipt
from monitor.keeper import Keeper, Kept
from monitor.notifying import Notifier, key_of
from monitor.outgoing import Outgoing, Sample
from monitor.output import Output
from monitor.radar.boats import is_radar_only
from monitor.radar.details import boat_details, boat_trail
from monitor.receipts import Receipts, from_bytes
from monitor.rota_watch import RotaWatch, route_faults
from monitor.service import Worker, has_alarms, split
from monitor.state import State
from monitor.web.hub import Hub, Trail

LOG = structlog.get_logger("run")
RETRY_S = 1.0  # between attempts to store


@dataclass(frozen=True, slots=True)
class ToStore:
    """What a step leaves for the disk, all of it in one transaction."""

    alarms: Output
    desk: bytes
    t_unix_s: float
    applied: list[str]  # commands
    receipts: tuple[Receipt, ...] = ()
    told: Told = NOTHING


@dataclass(slots=True)
class Machine:
    """The pipeline with its store and hub: what both kinds of running share."""

    state: State
    store: Store
    hub: Hub
    outgoing: Outgoing
    config: Config
    notifier: Notifier
    chart_marks: Marks = ()  # state of the chart's files before the chart in force was read
    drawn: Drawn | None = None
    pending: tuple[Command, ...] = ()  # as last read from the store
    charts: deque[Chart] = field(default_factory=lambda: deque(maxlen=1))  # read anew, not taken by a step yet
    coming: Chart | None = None  # handed to the pipeline, not in force yet
    waiting: dict[str, None] = field(default_factory=dict)  # commands handed to the pipeline, not stored as done yet
    n_steps: int = 0
    t_tested_unix_s: float = math.nan  # when a test message of our own was last stored
    stopping: threading.Event = field(default_factory=threading.Event)
    on_stored: Callable[[], None] = lambda: None  # something new waits for the sinks
    on_unstored: Callable[[list[Notice]], None] = lambda notices: None  # the disk takes nothing, people must hear of it
    receipts: Receipts = field(default_factory=Receipts)
    keeper: Keeper | None = None  # of the picture
    _unstored: dict[str, Notice] = field(default_factory=dict)  # on their way to the disk
    _desk: tuple[bytes, float] | None = None  # as last given to the writer
    _has_told_all: bool = False  # since the store failed
    _faults: dict[str, str] = field(default_factory=dict)  # of outbox and reader, so that each is logged once

    def step(self, chunks: list[Chunk], commands: list[Command], now_unix_s: float) -> Output:
        if self.charts:
            self.coming = self.charts.pop()
            pipeline.renew_chart(self.state, self.coming.fences)
        self.state.sinks = self.outgoing.table
        output = pipeline.step(self.state, chunks, commands, now_unix_s)
        self.receipts.took(chunks, now_unix_s)
        if self.coming is not None and self.state.new_fences is None:
            self.hub.take_chart(self.coming.body, self.coming.version)
            self.coming = None
        self.n_steps += 1
        return output

    def finish(self) -> Output:
        return pipeline.finish(self.state)

    def read_commands(self) -> None:
        """Reader thread: what people have handed in, here or with `straitwatch incidents`. A disk may stand still."""
        try:
            self.pending = self.store.pending_commands()
        except StoreError as error:
            self._note("commands", str(error))
        else:
            self._note("commands", "")

    def commands(self) -> list[Command]:
        """Pipeline thread: commands that no step has applied yet."""
        fresh = [c for c in self.pending if c.command_id not in self.waiting]
        self.waiting.update(dict.fromkeys(c.command_id for c in fresh))
        return fresh

    def tell(self, output: Output, writer: Worker) -> None:
        """The picture at once; alarms by way of the disk, unless the disk takes nothing: a life may hang on them."""
        picture, alarms = split(output)
        self.hub.publish(picture)
        is_due = self.receipts.judged(self._now())
        told = self.notifier.advance(output, self.state, self._now())
        is_kept = (
            self.keeper is not None
            and self.state.next_tick >= 0
            and not self.hub.store_fault
            and self.keeper.is_due(output, self._now())
        )
        self._unstored.update((notice.notice_id, notice) for notice in told.notices)
        if has_alarms(output) or told or is_kept or (self.waiting and output.picture is not None):
            applied = list(self.waiting) if output.picture is not None and not self.state.commands else []
            self._desk = desk_to_bytes(self.state.desk), self._now()
            writer.put(ToStore(alarms, *self._desk, applied, self.receipts.due(), told))
        elif is_due and not self.hub.store_fault:
            self._desk = self._desk or (desk_to_bytes(self.state.desk), self._now())
            writer.put(ToStore(alarms, *self._desk, [], self.receipts.due()))
        if is_kept:
            arrays = snapshot.of(self.state, self.receipts.judged_cursor())
            writer.put(Kept(arrays, tuple(self.receipts.newest.values())))
        if sample := self.outgoing.sample(output, lambda: open_incidents(self.state.desk)):
            writer.offer(sample)
        if self.hub.store_fault and (output.incidents or not self._has_told_all):
            self.hub.keep(open_incidents(self.state.desk))
            self.hub.wake()
        self._has_told_all = bool(self.hub.store_fault)
        if self.hub.store_fault and self._unstored:
            self.on_unstored(list(self._unstored.values()))
            self._unstored.clear()

    def keep_last(self) -> None:
        """When no step runs any more: the last picture, with the batches whose alarms are in the store."""
        assert self.keeper is not None
        self.keeper.stop()
        if self.state.next_tick >= 0:
            self.keeper.write(Kept(snapshot.of(self.state, self.receipts.cursor(())), ()))

    def _now(self) -> float:
        return (self.state.next_tick - 1) * self.state.settings.tick_s

    def write(self, item: object) -> None:
        """Writer thread: store, then tell."""
        if isinstance(item, Sample):
            self._keep(item)
            return
        if isinstance(item, Kept):
            assert self.keeper is not None
            self.keeper.offer(item)
            return
        assert isinstance(item, ToStore)
        alarms = item.alarms
        cursor = self.receipts.cursor(item.receipts)
        self._store(
            lambda: self.store.commit(
                alarms.transitions,
                alarms.incidents,
                alarms.audit,
                desk=item.desk,
                t_unix_s=item.t_unix_s,
                cursor=cursor,
                applied=item.applied,
                told=item.told,
            )
        )
        self.receipts.stored(item.receipts)
        if self.keeper is None:
            for receipt in item.receipts:
                receipt.stored(receipt)
        for notice in item.told.notices:
            self._unstored.pop(notice.notice_id, None)
        for command_id in item.applied:
            self.waiting.pop(command_id, None)
        self.hub.publish(alarms)
        if any(step.rule == SELF_TEST for step in alarms.transitions):
            self.t_tested_unix_s = item.t_unix_s
        self.on_stored()

    def _store(self, commit: Callable[[], object]) -> None:
        """Until it is on the disk. Raises StoreError when it never will be, or nobody waits any more."""
        while True:
            try:
                commit()
            except StoreError as error:
                if not error.is_retryable or self.stopping.is_set():
                    raise
                if not self.hub.store_fault:
                    LOG.error("alerts cannot be stored; they are shown all the same", reason=str(error))
                self.hub.store_fault = str(error)
                self.stopping.wait(RETRY_S)
            else:
                break
        if self.hub.store_fault:
            LOG.warning("alerts are stored again")
            self.hub.store_fault = ""

    def _keep(self, sample: Sample) -> None:
        """Figures and tracks are of use while they are new: one that the disk does not take is not tried again."""
        try:
            self.outgoing.keep(sample)
        except StoreError as error:
            self._note("outbox", str(error))
        else:
            self._note("outbox", "")
            self.on_stored()

    def _note(self, what: str, fault: str) -> None:
        if self._faults.get(what, "") != fault:
            self._faults[what] = fault
            LOG.warning("store", of=what, fault=fault or "well again")


def restored_desk(store: Store, config: Config, moved_s: float) -> Desk:
    """The desk as the last run left it, or a new one that never gives a number twice."""
    past = store.restore()
    if past.desk is not None:
        try:
            return desk_from_bytes(past.desk, config.rules, config.incidents, store.incident, moved_s=moved_s)
        except ValueError as error:
            LOG.error("the saved desk cannot be used: open alerts will be raised anew", reason=str(error))
    return new_desk(config.rules, config.incidents, last_number_by_day=past.last_number_by_day)


def restored_receipts(store: Store) -> Receipts:
    """How far gateways' streams were stored, as the last run left it."""
    try:
        return Receipts(from_bytes(store.restore().cursor))
    except ValueError as error:
        LOG.error("what gateways send again may be taken twice", reason=str(error))
        return Receipts()


def machine(
    config: Config,
    store: Store,
    sinks: list[Sink],
    *,
    is_exercise: bool,
    time_zones: dict[str, str],
    is_live: bool = False,
    drawn_path: Path | None = None,
    formats: Mapping[str, str] = NMEA_ALONE,
    moved_s: float = 0.0,
) -> Machine:
    """Put pipeline, store and hub together.

    drawn_path : of the fences that people draw; None: nobody may draw
    moved_s : by how much the clock was set since the store was written last
    """
    desk = restored_desk(store, config, moved_s)
    paths = assembly.chart_paths(config) + ([drawn_path] if drawn_path else [])
    marks = chart_watch.marks_of(paths)  # before the chart is read: a change is never missed
    state = assembly.state(
        config,
        is_exercise=is_exercise,
        time_zones=time_zones,
        at=desk,
        is_live=is_live,
        drawn_path=drawn_path,
        formats=formats,
    )
    made: list[Machine] = []
    hub = Hub(
        trail=lambda target_id: trail_of(made[0].state, target_id),
        details=lambda target_id: tracks.details(made[0].state.tracks, target_id),
        boat=lambda target_id: boat_details(made[0].state.radar, target_id),
        coverage=lambda: covered(made[0].state),
    )
    hub.keep(store.incidents(with_closed=True))
    chart = chart_watch.chart_of(state.fences)
    hub.take_chart(chart.body, chart.version)
    drawn = Drawn(drawn_path, store.record, lambda: hub.now_unix_s) if drawn_path else None
    deliveries = Deliveries(store.outbox, sinks, lambda: hub.now_unix_s, store.record)
    outgoing = Outgoing(store.outbox, deliveries, config.outbox, is_exercise)
    rota = RotaWatch(config.notices, Path(f"{store.path}.rota"), lambda: hub.now_unix_s)
    for fault in route_faults(config, state.chart, rota):
        LOG.error("routes", fault=fault)  # rota and chart change by other hands: no reason not to watch
    for sink in sinks:
        if isinstance(sink, Repeating):
            sink.remember(store.standing(sink.name))
    board = store.board(config.routes, [sink.name for sink in sinks], moved_s=moved_s)
    notifier = Notifier(board, config.notices, key_of(config.notices, store), rota)
    receipts = restored_receipts(store)
    made.append(Machine(state, store, hub, outgoing, config, notifier, marks, drawn, receipts=receipts))
    return made[0]


def trail_of(state: State, target_id: int) -> Trail:
    """Where a vessel came from: by its own word, or by radar where it says nothing."""
    if is_radar_only(np.array(target_id)):
        return boat_trail(state.radar, target_id)
    return tracks.trail(state.tracks, target_id)
