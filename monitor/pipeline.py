"""The product on one screen: bytes in, a picture and alerts out.

    chunks ─> arrival.take ─> ticks ─> tracks.apply ─> fences, dwell ─> Picture ─> desk.evaluate ─> Output
              decode, merge   event     one vessel      where is it      what rules   alerts,
              mark repeats    time      one row         since when       see          incidents

`step` owns no clock: time comes in the rows and as `now_unix_s` (None in a replay at full speed, where the rows' own
times drive the ticks). The state is changed in place and belongs to the caller; nothing else holds it. Each tick sees
the same rows however the bytes were cut (tests/test_laws.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from alerts.alert import Transition
from alerts.desk import evaluate, open_targets
from alerts.incident import AuditEntry, Command, Incident
from alerts.picture import NO_RADAR, FenceEvents, FencePairs, Picture, Receivers, SafetyTexts, Vessels
from decoders.table import Column
from geofences.crossing import match_legs
from geofences.fenceset import FenceSet
from monitor import arrival, dwell, receivers, reception, renewal, terms, tracks
from monitor.arrival import Group, Heard
from monitor.changes import Legs
from monitor.dwell import MAX_FENCES, Depths
from monitor.event_time import ticks_of
from monitor.feeds.chunk import Chunk
from monitor.ids import among, rows_of
from monitor.output import Output
from monitor.radar import picture as radar_picture
from monitor.radar import watch as radar_watch
from monitor.radar.ships import NO_SHIPS, ships_of
from monitor.radar.watch import RadarUpdate
from monitor.reception import Shares
from monitor.state import State, counts
from monitor.tracks import Update
from monitor.tracktable import SPLITS

JUDGE_EVERY = 5  # ticks of health: domain D19 wants 30 to 60 s, so every fifth is often enough
COUNT_EVERY_S = 10.0  # how often it is counted which vessels each receiver hears
MAX_LEG_S = 1800.0  # a longer leg bridges a hole in coverage: nobody knows what lay between, so it crosses nothing
QUIET_S = 900.0  # with no vessel and no message for this long
QUIET_EVERY = 60  # only every sixtieth tick runs


def renew_chart(state: State, fences: FenceSet) -> None:
    """Have another chart come into force in the next tick (monitor/renewal.py says what becomes of whom)."""
    state.new_fences = fences


@dataclass(slots=True)
class _Told:
    """What the ticks of one step said."""

    picture: Picture | None = None
    transitions: list[Transition] = field(default_factory=list)
    incidents: dict[str, Incident] = field(default_factory=dict)
    audit: list[AuditEntry] = field(default_factory=list)


def step(state: State, chunks: Sequence[Chunk], commands: Sequence[Command], now_unix_s: float | None) -> Output:
    """Take bytes and commands, run every tick that is due.

    now_unix_s : the time until which ticks run; None lets the rows' own times drive them, up to the tick before the
    newest row. Commands are obeyed in the next tick that runs.
    """
    heard = arrival.take(state.intake, list(chunks), now_unix_s, duplicate_window_s=state.settings.duplicate_window_s)
    state.commands.extend(commands)
    told = _Told()
    _run_ticks(state, heard, now_unix_s, told, is_end=False)
    return _output(state, told)


def finish(state: State) -> Output:
    """The stream has ended: decode what was held back and run the last tick."""
    heard = arrival.finish(state.intake, duplicate_window_s=state.settings.duplicate_window_s)
    told = _Told()
    _run_ticks(state, heard, None, told, is_end=True)
    return _output(state, told)


def _output(state: State, told: _Told) -> Output:
    incidents = tuple(told.incidents[i] for i in sorted(told.incidents))
    return Output(told.picture, tuple(told.transitions), incidents, tuple(told.audit), counts(state))


# ---- ticks ----


def _run_ticks(state: State, heard: Heard, now_unix_s: float | None, told: _Told, *, is_end: bool) -> None:
    """Cut the rows into ticks, run those that are complete, keep the rest."""
    tick_s = state.settings.tick_s
    rows = heard if state.held is None else arrival.joined_rows(state.held, heard)
    if state.next_tick < 0:
        start = np.fmin(rows.first_unix_s(), np.nan if now_unix_s is None else now_unix_s)
        if state.intake.is_live and now_unix_s is not None:
            start = now_unix_s  # a stamp of another year must not start the clock there
        if np.isnan(start):
            state.held = rows
            return
        state.next_tick = int(np.ceil(start / tick_s))
        state.t_first_unix_s = state.next_tick * tick_s
    ticks = {name: ticks_of(rows.arrival[name], tick_s, state.next_tick) for name in arrival.CUT_TABLES}
    newest = max((int(t[-1]) for t in ticks.values() if len(t)), default=state.next_tick - 1)
    if is_end:
        end = newest + 1
    elif now_unix_s is None:
        end = newest
    else:
        end = int(np.floor(now_unix_s / tick_s)) + 1
    if end > state.next_tick:
        _run_range(state, rows, ticks, end, told)
        rows = arrival.after(rows, ticks, end)
    state.held = rows if len(rows) else None


def _run_range(state: State, rows: Heard, ticks: dict[str, Column], end: int, told: _Told) -> None:
    """Run the ticks from the next one up to, not including, `end`."""
    begin = state.next_tick
    numbers = np.arange(begin, end + 1)
    bounds = {name: np.searchsorted(ticks[name], numbers).tolist() for name in arrival.CUT_TABLES}
    any_rows = np.zeros(len(numbers), bool)
    for name in arrival.CUT_TABLES:
        any_rows[:-1] |= np.diff(bounds[name]) > 0
    for i, has_rows in enumerate(any_rows[:-1].tolist()):
        tick = begin + i
        now_unix_s = tick * state.settings.tick_s
        if has_rows:
            cut = {name: slice(bounds[name][i], bounds[name][i + 1]) for name in arrival.CUT_TABLES}
            state.t_row_unix_s = now_unix_s
            _tick(state, tick, arrival.group(rows, cut), told)
        elif _has_news(state) or not _is_quiet(state, now_unix_s) or tick % QUIET_EVERY == 0:
            _tick(state, tick, None, told)
    state.next_tick = end


def _has_news(state: State) -> bool:
    """Whether somebody wants something of the next tick."""
    return bool(state.commands) or state.new_fences is not None


def _is_quiet(state: State, now_unix_s: float) -> bool:
    """Nothing is there that a tick could change: no vessel, and all receivers long since judged."""
    return len(state.tracks) == 0 and now_unix_s - state.t_row_unix_s > QUIET_S


def _tick(state: State, tick: int, group: Group | None, told: _Told) -> None:
    """One tick: rows into tables, tables into a picture, the picture before the rules."""
    now_unix_s = tick * state.settings.tick_s
    update = None
    is_renewed = state.new_fences is not None
    if state.new_fences is not None:
        _renew(state, state.new_fences, now_unix_s, told)
    elif not state.fences.terms.schedule.is_always:
        is_renewed = _follow_hours(state, now_unix_s)
    if group is not None:
        update = tracks.apply(state.tracks, group.positions, group.statics, group.texts, now_unix_s)
        _hear(state, group, now_unix_s)
        _count(state, group, update)
    removed = tracks.expire(state.tracks, now_unix_s, keep=open_targets(state.desk))
    dwell.forget(state.dwell, removed)
    if update is not None:
        dwell.forget(state.dwell, update.removed_ids)
    is_same = update is None and not len(removed) and not is_renewed
    picture = _picture(state, tick, group, update, now_unix_s, is_same=is_same)
    watch = evaluate(state.desk, picture, state.commands, is_exercise=state.is_exercise)
    state.commands = []
    state.counters["n_ticks"] += 1
    told.picture = state.picture = picture
    told.transitions.extend(watch.transitions)
    told.incidents.update((incident.incident_id, incident) for incident in watch.incidents)
    told.audit.extend(watch.audit)


def _renew(state: State, fences: FenceSet, now_unix_s: float, told: _Told) -> None:
    """Put the new chart in force, before this tick's rows."""
    old = state.fences
    state.fences, state.new_fences = fences, None
    state.thresholds = terms.thresholds_of(fences, state.settings)
    state.is_active = terms.active_now(fences, now_unix_s)
    state.lies_since_unix_s = renewal.lies_since(old, fences, state.lies_since_unix_s, now_unix_s)
    state.chart = terms.chart_of(fences, state.is_active, state.lies_since_unix_s)
    renewal.settle(
        state.dwell,
        old,
        fences,
        *_places(state),
        now_unix_s,
        thresholds=state.thresholds,
        is_active=state.is_active,
    )
    if fences is not old:
        told.audit.append(AuditEntry(now_unix_s, "system", "chart changed", "", renewal.summary(old, fences)))


def _follow_hours(state: State, now_unix_s: float) -> bool:
    """Let fences come into force and go out of it by their schedules; whether any did."""
    is_active, was_active = terms.active_now(state.fences, now_unix_s), state.is_active
    if is_active is None or (was_active is not None and np.array_equal(is_active, was_active)):
        return False
    if was_active is None:
        was_active = np.zeros_like(is_active)  # the first tick: nobody is there yet
    renewal.follow_hours(state.dwell, state.fences, was_active, is_active, *_places(state), now_unix_s)
    state.is_active, state.chart = is_active, terms.chart_of(state.fences, is_active, state.lies_since_unix_s)
    return True


def _places(state: State) -> tuple[Column, Column, Column]:
    """(target_id, lat_deg, lon_deg) of every vessel with a position, sorted by id."""
    table = state.tracks
    rows = table.rows[~np.isnan(table.lat_deg[table.rows])]
    return table.target_id[rows], table.lat_deg[rows], table.lon_deg[rows]


def _hear(state: State, group: Group, now_unix_s: float) -> None:
    """Tell the receivers what they heard."""
    own_statics = (group.statics.type == 5) | (group.statics.type == 24)  # 19 and 21 stand in positions as well
    own = (group.positions, group.texts, group.radar, group.radar_health)
    heard = np.concatenate([group.statics.station[own_statics], *(table.station for table in own)])
    receivers.hear(state.intake.receivers, heard, now_unix_s)
    receivers.hear_damaged(state.intake.receivers, group.damaged.receiver)
    base = group.clocks.type == 4
    if base.any():
        clocks = group.clocks.take(base)
        receivers.hear_clock(state.intake.receivers, clocks.station, clocks.t_unix_s - clocks.utc_unix_s)


def _count(state: State, group: Group, update: Update) -> None:
    state.counters["n_late_dropped"] += update.n_late_dropped
    if state.met is not None:
        state.met.update((update.new_ids // SPLITS).tolist())
    state.counters["n_positions"] += update.n_positions
    state.counters["n_messages"] += len(group.positions) + len(group.statics) + len(group.texts) + len(group.radar)


# ---- the picture ----


def _picture(
    state: State, tick: int, group: Group | None, update: Update | None, now_unix_s: float, *, is_same: bool
) -> Picture:
    """What the rules see in this tick. Where nothing moved, the last tick's columns serve again."""
    before = None if tick % JUDGE_EVERY == 0 else state.picture
    listeners = before.receivers if before else _listeners(state, now_unix_s)
    if before is None or state.ais is None or not is_same:
        state.ais = _vessels(state, now_unix_s)
    vessels, targets, seen = state.ais, NO_RADAR, radar_watch.NO_UPDATE
    if state.radar.register.sites or (group is not None and len(group.radar)):
        keep = np.fromiter(open_targets(state.desk), np.int64)
        seen = _see(state, group, now_unix_s, keep)
        vessels, targets = radar_picture.look(
            state.radar, state.ais, state.intake.receivers, state.reception, state.fences, now_unix_s, keep=keep
        )
    is_same &= not len(seen.moved_ids) and not len(seen.removed_ids)
    events = NO_EVENTS
    if update is not None or len(seen.moved_ids):
        moved = np.concatenate([update.moved_ids if update else radar_watch.NO_IDS, seen.moved_ids])
        legs = Legs.concat([update.legs, seen.legs]) if update else seen.legs
        if update is not None and len(update.new_ids):
            _begin(state, update)
        _dwell(state, moved, vessels)
        events = _events(state, legs, vessels)
    pairs = before.pairs if before and is_same else _pairs(state, vessels)
    texts = NO_TEXTS if update is None or not len(update.texts) else _texts(update, vessels)
    return Picture(now_unix_s, vessels, state.chart, pairs, events, texts, listeners, targets, state.sinks)


def _see(state: State, group: Group | None, now_unix_s: float, keep: Column) -> RadarUpdate:
    """The radars' part of the tick."""
    watch = state.radar
    if group is not None and len(group.radar):
        table = state.intake.receivers
        watch.register.meet(table.source, table.station)
        watch.waiting.append(group.radar)
    if not radar_watch.is_due(watch, now_unix_s):
        return radar_watch.NO_UPDATE
    assert state.ais is not None
    ships = ships_of(state.tracks, state.ais) if watch.waiting else NO_SHIPS
    found = radar_watch.turn(watch, ships, now_unix_s, keep=keep)
    dwell.forget(state.dwell, found.removed_ids)
    return found


def _listeners(state: State, now_unix_s: float) -> Receivers:
    """The receivers, judged."""
    table = state.intake.receivers
    receivers.hear(table, np.zeros(0, np.int64), now_unix_s)
    receivers.judge(table, now_unix_s)
    if now_unix_s - state.t_count_unix_s >= COUNT_EVERY_S:
        state.t_count_unix_s = now_unix_s
        receivers.count_vessels(table, state.tracks.receiver[state.tracks.rows])
    state.radar.register.meet(table.source, table.station)
    return receivers.picture(table, state.radar.register.named())


def _vessels(state: State, now_unix_s: float) -> Vessels:
    """The vessels, with how well they are heard; the reception map learns once a minute."""
    up = receivers.is_up(state.intake.receivers)
    found = tracks.vessels(
        state.tracks,
        now_unix_s,
        p_reception=partial(Shares, state.reception),
        is_receiver_healthy=lambda receiver: up[receiver],  # the last entry stands for -1
    )
    reception.learn(state.reception, found, now_unix_s)
    return found


def _begin(state: State, update: Update) -> None:
    """New vessels of which several fixes came at once, as from a gateway that was cut off: where they were first.

    Whoever lay in a fence there has not entered it.
    """
    legs = update.legs.take(among(update.legs.target_id, update.new_ids) & ~update.legs.is_late)
    target_id, first = np.unique(legs.target_id, return_index=True)
    dwell.update(
        state.dwell,
        state.fences,
        target_id,
        legs.t1_unix_s[first],
        legs.lat1_deg[first],
        legs.lon1_deg[first],
        np.ones(len(first), bool),
        thresholds=state.thresholds,
        is_active=state.is_active,
    )


def _dwell(state: State, moved_ids: Column, vessels: Vessels) -> None:
    """Memberships of the vessels whose fix changed. moved_ids : (M,) sorted"""
    row = rows_of(vessels.target_id, moved_ids)
    row = row[row >= 0]
    row = row[~np.isnan(vessels.lat_deg[row])]
    dwell.update(
        state.dwell,
        state.fences,
        vessels.target_id[row],
        vessels.t_unix_s[row],
        vessels.lat_deg[row],
        vessels.lon_deg[row],
        np.isnan(vessels.t_prev_unix_s[row]),
        thresholds=state.thresholds,
        is_active=state.is_active,
    )


def _pairs(state: State, vessels: Vessels) -> FencePairs:
    """Confirmed memberships of the vessels shown."""
    pairs = dwell.confirmed(state.dwell)
    row = rows_of(vessels.target_id, pairs.key // MAX_FENCES)
    shown = row >= 0
    if not shown.all():
        pairs, row = pairs.take(shown), row[shown]
    fence = pairs.key % MAX_FENCES
    depth_m = Depths(state.fences, fence, vessels.lat_deg[row], vessels.lon_deg[row])
    return FencePairs(row, fence, pairs.t_enter_unix_s, depth_m, pairs.is_baseline, pairs.was_there)


def _events(state: State, legs: Legs, vessels: Vessels) -> FenceEvents:
    """What the legs of this tick did to fences."""
    is_path = (legs.t2_unix_s - legs.t1_unix_s <= MAX_LEG_S) & ~legs.is_late
    if not is_path.all():
        legs = legs.take(is_path)
    found = match_legs(state.fences, legs.lat1_deg, legs.lon1_deg, legs.lat2_deg, legs.lon2_deg)
    if not len(found):
        return NO_EVENTS
    row = rows_of(vessels.target_id, legs.target_id[found.row])
    t1, t2 = legs.t1_unix_s[found.row], legs.t2_unix_s[found.row]
    t_unix_s = t1 + found.fraction * (t2 - t1)
    is_told = terms.is_told(state.fences, found, legs, t_unix_s, state.lies_since_unix_s)
    is_shown = row >= 0 if is_told is None else is_told & (row >= 0)
    order = np.lexsort((found.fence, row, t_unix_s))
    order = order[is_shown[order]]
    return FenceEvents(
        row[order],
        found.fence[order],
        found.event[order],
        t_unix_s[order],
        found.lat_deg[order],
        found.lon_deg[order],
        found.side[order],
    )


def _texts(update: Update, vessels: Vessels) -> SafetyTexts:
    row = rows_of(vessels.target_id, update.texts.target_id)
    shown = row >= 0
    return SafetyTexts(row[shown], update.texts.t_unix_s[shown], update.texts.text[shown])


NO_EVENTS = FenceEvents(*(np.zeros(0, dtype) for dtype in ("i8", "i8", "i1", "f8", "f8", "f8", "i1")))
NO_TEXTS = SafetyTexts(np.zeros(0, np.int64), np.zeros(0), np.zeros(0, "S161"))
