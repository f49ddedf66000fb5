"""The desk: rules, engine, incidents and timers of one watch behind two functions.

`evaluate` takes one tick's picture and the commands people have given since the last, and says what changed. The
desk holds all state between ticks, as plain data: `desk_to_bytes` and `desk_from_bytes` carry it over a restart, and
the same pictures and commands after that give the same alerts, ids and numbers as if nothing had happened.

Order within a tick: commands first (a closed incident must not take this tick's news), then rules in the order of
RULES, retractions before new hits, then the clock.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from alerts import engine, incidents, inhibit, timers
from alerts.alert import Event, Evidence, Hits, SubjectKind, Transition
from alerts.engine import Book
from alerts.incident import CLOSED_BY, AuditEntry, Command, Incident, Verb
from alerts.incidents import IncidentSettings, Ledger
from alerts.moved import moved
from alerts.picture import Picture
from alerts.rule import Alert, Rule, Timing, Value, hints, keywords
from alerts.rules import RULES
from alerts.telling import thresholds_of
from alerts.words import distance_nm

MAX_COMMANDS_REMEMBERED = 10_000  # ids of done commands: a day of an operator who does nothing else


@dataclass(frozen=True, slots=True)
class RuleRun:
    """A rule as configured."""

    rule: Rule
    parameters: dict[str, Value]  # what `detect` takes by keyword
    retract_parameters: dict[str, Value]  # what `retract` takes
    timing: Timing
    thresholds: Evidence


@dataclass(slots=True)
class Desk:
    """All state of alert handling between two ticks. Changed in place by `evaluate`."""

    runs: tuple[RuleRun, ...]
    settings: IncidentSettings
    books: dict[str, Book] = field(default_factory=dict)
    ledger: Ledger = field(default_factory=Ledger)
    done_commands: dict[str, None] = field(default_factory=dict)  # ids in order, so that a repeat is harmless
    t_run_unix_s: dict[str, float] = field(default_factory=dict)  # rule name -> the tick it last looked at


@dataclass(frozen=True, slots=True)
class Watch:
    """What one tick changed."""

    transitions: tuple[Transition, ...]
    incidents: tuple[Incident, ...]  # those that changed, newest state, in order of incident_id
    audit: tuple[AuditEntry, ...]


def new_desk(
    rule_settings: Mapping[str, Mapping[str, Any]],
    incident_settings: IncidentSettings,
    *,
    last_number_by_day: Mapping[str, int],
) -> Desk:
    """A desk without alerts.

    rule_settings : rule name -> its block of config.toml, complete (`alerts.rule.hints` names keys and types)
    last_number_by_day : UTC day -> number given last, from the store: numbers are never used twice
    """
    desk = Desk(rule_runs(rule_settings), incident_settings, {name: Book() for name in RULES})
    desk.ledger.last_number.update(last_number_by_day)
    inhibit.check(inhibit.INHIBITIONS, RULES)
    return desk


def rule_runs(rule_settings: Mapping[str, Mapping[str, Any]]) -> tuple[RuleRun, ...]:
    """Rules that are on, in the order of RULES.

    Raises ValueError where a rule or key is missing or not known; monitor.config says the same in friendlier words.
    """
    if set(rule_settings) != set(RULES):
        raise ValueError(f"rules configured and rules known differ: {set(rule_settings) ^ set(RULES)}")
    runs = []
    for name, rule in RULES.items():
        given, wanted = dict(rule_settings[name]), hints(rule)
        if set(given) != set(wanted):
            raise ValueError(f"{name}: keys given and keys wanted differ: {set(given) ^ set(wanted)}")
        timing = Timing(**{"is_on": True} | {key: given.pop(key) for key in list(given) if key in TIMING_KEYS})
        if timing.is_on:
            all_keys = {**(rule_settings[rule.borrows] if rule.borrows else {}), **given}
            own = {key: all_keys[key] for key in keywords(rule.detect)}
            back = {key: all_keys[key] for key in keywords(rule.retract)} if rule.retract else {}
            runs.append(RuleRun(rule, own, back, timing, thresholds_of(rule, given)))
    return tuple(runs)


TIMING_KEYS = frozenset(Timing.__dataclass_fields__)


def evaluate(desk: Desk, picture: Picture, commands: Sequence[Command], *, is_exercise: bool) -> Watch:
    """One tick: commands, rules, timers."""
    log = _Log(desk, is_exercise)
    for command in commands:
        _command(desk, command, picture.now_unix_s, log)
    for run in desk.runs:
        if picture.now_unix_s - desk.t_run_unix_s.get(run.rule.name, -math.inf) >= run.rule.every_s:
            desk.t_run_unix_s[run.rule.name] = picture.now_unix_s
            _run(desk, run, picture, log)
    rung = timers.run(desk.ledger, picture.now_unix_s, settings=desk.settings, rules=RULES)
    log.audit.extend(rung.audit)
    log.changed.update(incident.incident_id for incident in rung.incidents)
    for reminder in rung.reminders:
        _remind(desk, reminder, picture.now_unix_s, log)
    return log.watch()


def open_targets(desk: Desk) -> list[int]:
    """Target ids with an incident that nobody has closed: such a vessel stays in the picture, whatever its age."""
    return list(desk.ledger.open_targets)


def open_incidents(desk: Desk) -> list[Incident]:
    """Incidents that nobody has closed, in order of opening."""
    return [desk.ledger.incidents[incident_id] for incident_id in desk.ledger.open_by_subject.values()]


@dataclass(slots=True)
class _Log:
    """Gathers what a tick changes."""

    desk: Desk
    is_exercise: bool
    transitions: list[Transition] = field(default_factory=list)
    audit: list[AuditEntry] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)

    def step(self, step: Transition | None) -> None:
        """A transition that goes onto the incident of its subject."""
        if step is None:
            return
        if step.subject.kind is SubjectKind.SELF:  # a test of our own: told to whoever listens, nobody's incident
            self.transitions.append(dataclasses.replace(step, is_exercise=True))
        else:
            self.record(incidents.absorb(self.desk.ledger, step, RULES, is_exercise=self.is_exercise))

    def record(self, step: Transition) -> None:
        """A transition that is on its incident. Updates are not audited one by one: the alerts' own record has them."""
        self.transitions.append(step)
        self.changed.add(step.incident)
        if step.event is not Event.UPDATED:
            what = f"alert {step.event.value}"
            self.audit.append(
                AuditEntry(step.t_unix_s, "system", what, step.incident, f"{step.alert_id}: {step.reason}")
            )

    def watch(self) -> Watch:
        ledger = self.desk.ledger
        changed = tuple(ledger.incidents[i] for i in sorted(self.changed) if i in ledger.incidents)
        return Watch(tuple(self.transitions), changed, tuple(self.audit))


def _run(desk: Desk, run: RuleRun, picture: Picture, log: _Log) -> None:
    """One rule on one tick."""
    rule, book, now = run.rule, desk.books[run.rule.name], picture.now_unix_s
    hits = rule.detect(picture, **run.parameters)
    if not len(hits) and not len(book):
        return
    if rule.same_within_nm > 0:
        hits = same_areas(hits, engine.open_alerts(book), rule.same_within_nm)
    hits, retractions = inhibit.held_back(
        inhibit.INHIBITIONS, rule.name, picture, hits, lambda name: engine.open_alerts(desk.books[name])
    )
    if rule.retract is not None:
        standing = engine.open_keys(book)
        if len(standing):
            retractions += tuple(rule.retract(picture, standing, book.alerts, **run.retract_parameters))
    for retraction in retractions:
        log.step(engine.retract(book, rule.name, retraction.key, now, retraction.reason))
    for step in engine.advance(book, rule, run.timing, run.thresholds, picture, hits):
        log.step(step)


def same_areas(hits: Hits, standing: tuple[Alert, ...], within_nm: float) -> Hits:
    """Hits on areas, under the key of the open alert that lies nearest within reach: an area drifts and grows.

    Where two hits fall to one alert the first stays.
    """
    if not len(hits) or not standing:
        return hits
    keys = hits.key.copy()
    for h in range(len(hits)):
        lat_deg, lon_deg = float(hits.lat_deg[h]), float(hits.lon_deg[h])
        range_nm, key = min((distance_nm(a.lat_deg, a.lon_deg, lat_deg, lon_deg), a.subject.key) for a in standing)
        keys[h] = key if range_nm <= within_nm else keys[h]
    _, first = np.unique(keys, return_index=True)
    return inhibit.take(dataclasses.replace(hits, key=keys), first)


def _command(desk: Desk, command: Command, now_unix_s: float, log: _Log) -> None:
    """Do a person's command once. Closing ends the alerts of the incident first, so that they go down with it."""
    if command.command_id in desk.done_commands:
        return
    desk.done_commands[command.command_id] = None
    if len(desk.done_commands) > MAX_COMMANDS_REMEMBERED:
        del desk.done_commands[next(iter(desk.done_commands))]
    incident, entry = incidents.obey(desk.ledger, command, now_unix_s, settings=desk.settings)
    log.audit.append(entry)
    if incident is None:
        return
    log.changed.add(incident.incident_id)
    if command.verb is Verb.CLOSE:
        _end_alerts(desk, incident, f"{CLOSED_BY} {command.who}: {command.text}", now_unix_s, log)


def _end_alerts(desk: Desk, incident: Incident, reason: str, now_unix_s: float, log: _Log) -> None:
    """Open alerts of a closed incident end; those that ended lately cannot go on under it."""
    word = incidents.subject_word
    for run in desk.runs:
        book = desk.books[run.rule.name]
        if run.rule.subject_kind is not incident.subject.kind:
            continue
        mine = [
            a for a in book.alerts.values() if word(run.rule.name, a.subject) == word(run.rule.name, incident.subject)
        ]
        for alert in sorted(mine, key=lambda alert: alert.subject.key):
            step = engine.dismiss(book, run.rule.name, alert.subject.key, now_unix_s, reason)
            if step is not None:
                log.record(incidents.settle(desk.ledger, incident.incident_id, step, is_exercise=log.is_exercise))


def _remind(desk: Desk, reminder: timers.Reminder, now_unix_s: float, log: _Log) -> None:
    """Tell an alert again; the episode and the incident rise together."""
    rule_name = reminder.alert.rule
    book = desk.books[rule_name]
    key = next((key for key, alert in book.alerts.items() if alert.alert_id == reminder.alert.alert_id), None)
    if key is not None:
        log.step(engine.press(book, rule_name, key, reminder.priority, now_unix_s, reminder.reason))
        log.audit.append(AuditEntry(now_unix_s, "system", "reminder", reminder.incident_id, reminder.reason))


@dataclass(frozen=True, slots=True)
class SavedBook:
    """A `Book` without arrays."""

    columns: dict[str, list[float | int]]
    alerts: list[Alert]


@dataclass(frozen=True, slots=True)
class SavedDesk:
    """What `desk_to_bytes` writes, as MessagePack."""

    version: int
    books: dict[str, SavedBook]
    ledger: Ledger  # without incidents
    incident_ids: list[str]
    done_commands: list[str]
    t_run_unix_s: dict[str, float] = field(default_factory=dict)


SAVED_VERSION = 1


def desk_to_bytes(desk: Desk) -> bytes:
    """All state of the desk but its incidents, which the store holds as rows, and its settings.

    So the bytes grow with what is going on, not with what was never closed: some 700 bytes an open alert.
    """
    books = {
        name: SavedBook(
            columns={column: getattr(book, column).tolist() for column in engine.COLUMNS},
            alerts=list(book.alerts.values()),
        )
        for name, book in desk.books.items()
        if len(book)
    }
    ledger = dataclasses.replace(desk.ledger, incidents={})
    saved = SavedDesk(
        SAVED_VERSION, books, ledger, list(desk.ledger.incidents), list(desk.done_commands), desk.t_run_unix_s
    )
    return msgspec.msgpack.encode(saved)


def desk_from_bytes(
    data: bytes,
    rule_settings: Mapping[str, Mapping[str, Any]],
    incident_settings: IncidentSettings,
    incident_of: Callable[[str], Incident | None],
    *,
    moved_s: float = 0.0,
) -> Desk:
    """The desk as it was, under the given settings. Episodes of a rule that no longer exists are left out.

    incident_of : id -> the incident as last stored (`Store.incident`)
    moved_s : by how much the clock was set since
    Raises ValueError when the bytes are of another version or damaged, or an incident is not there.
    """
    try:
        saved = msgspec.msgpack.decode(data, type=SavedDesk)
    except msgspec.MsgspecError as error:
        raise ValueError(f"the saved desk cannot be read: {error}") from error
    if saved.version != SAVED_VERSION:
        raise ValueError(f"the saved desk is of version {saved.version}, this program reads {SAVED_VERSION}")
    if moved_s:
        saved = moved(saved, moved_s)
    desk = new_desk(rule_settings, incident_settings, last_number_by_day={})
    for name, book in saved.books.items():
        if name in desk.books:
            desk.books[name] = _book(book)
    desk.ledger = saved.ledger
    for incident_id in saved.incident_ids:
        incident = incident_of(incident_id)
        if incident is None:
            raise ValueError(f"the saved desk speaks of incident {incident_id}, which is not in the store")
        desk.ledger.incidents[incident_id] = moved(incident, moved_s) if moved_s else incident
    desk.ledger.touched = list(saved.incident_ids)  # the settings may be others now
    desk.done_commands = dict.fromkeys(saved.done_commands)
    desk.t_run_unix_s = saved.t_run_unix_s
    return desk


def _book(saved: SavedBook) -> Book:
    book = Book(alerts={alert.subject.key: alert for alert in saved.alerts})
    for name in engine.COLUMNS:
        setattr(book, name, np.array(saved.columns[name], getattr(book, name).dtype))
    return book
