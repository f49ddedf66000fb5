"""The outbox: in order, each sink at its own pace, nothing lost but what the bounds give up, and that is counted."""

import dataclasses
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import items
from alerts.alert import Event, Transition
from alerts.database import VERSION_1, _statements
from alerts.items import Figures, Item, Kind, Tracks
from alerts.outbox import KEEP_S, Bounds
from alerts.sinks.contract import WriteResult, all_accepted, all_kept
from alerts.store import Store, _alert_row, ids_of
from monitor.cli.main import main
from tests.alerts.pictures import NOW
from tests.alerts.pumping import pump
from tests.alerts.test_desk import beacon, desk, tick
from tests.alerts.test_store import STEP

ALL = frozenset(Kind)
WIDE = Bounds(10**12, 1e12)


def steps(n: int, first: int = 0) -> list[Transition]:
    return [dataclasses.replace(STEP, t_unix_s=NOW + i, event=Event.UPDATED) for i in range(first, first + n)]


def figures(i: int) -> items.Entry:
    return items.of_figures(Figures((), (), (("n_ticks", float(i)),), ()), NOW + i)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.sqlite")


class Picky:
    """A sink that refuses every third, and keeps from a given one on."""

    name, kinds, batch = "picky", ALL, 4

    def __init__(self, keeps_from: int) -> None:
        self.keeps_from = keeps_from
        self.taken: list[int] = []

    async def write(self, batch: Sequence[Item]) -> WriteResult:
        kept = tuple(i for i, item in enumerate(batch) if item.seq >= self.keeps_from)
        free = [i for i in range(len(batch)) if i not in kept]
        refused = {i: "every third" for i in free if batch[i].seq % 3 == 0}
        accepted = tuple(i for i in free if i not in refused)
        self.taken += [batch[i].seq for i in accepted]
        return WriteResult(accepted, refused, kept, "away")

    async def close(self) -> None:
        return


def test_what_a_sink_keeps_comes_again_and_what_it_refuses_lies_in_quarantine(store: Store) -> None:
    store.commit(steps(10), (), (), desk=b"", t_unix_s=NOW)
    sink = Picky(keeps_from=6)
    delivery = pump(store, sink)
    assert (delivery.n_accepted, delivery.n_refused, delivery.fault) == (4, 1, "away")
    sink.keeps_from = 99
    delivery = pump(store, sink)
    assert (delivery.n_accepted, delivery.n_refused, delivery.fault) == (3, 2, "")
    assert sink.taken == [1, 2, 4, 5, 7, 8, 10]
    assert [(r.seq, r.words, r.item_id) for r in store.outbox.quarantined("picky")] == [
        (seq, "every third", ids_of(steps(10))[seq - 1]) for seq in (3, 6, 9)
    ]


def test_a_step_brings_its_alerts_its_incidents_and_what_goes_with_them(store: Store) -> None:
    watch = tick(desk(), beacon(NOW))
    for _ in range(2):
        store.commit(watch.transitions, watch.incidents, (), desk=b"", t_unix_s=NOW, entries=[figures(0)])
    found = store.outbox.waiting("any", 100)
    assert [item.kind for item in found] == [Kind.TRANSITION, Kind.INCIDENT, Kind.FIGURES]
    assert repr([item.body for item in found[:2]]) == repr([*watch.transitions, *watch.incidents])


def test_each_sink_gets_its_kinds_at_its_own_pace(store: Store) -> None:
    store.outbox.add([figures(i) for i in range(5)])
    store.commit(steps(3), (), (), desk=b"", t_unix_s=NOW)
    alone = [item.seq for item in store.outbox.waiting("a", 100, {Kind.TRANSITION})]
    assert alone == [6, 7, 8]
    store.outbox.settle("a", 7, {}, NOW)
    assert [item.seq for item in store.outbox.waiting("a", 100, {Kind.TRANSITION})] == [8]
    assert len(store.outbox.waiting("b", 100)) == 8
    assert len(store.outbox.waiting("b", 3)) == 3


def test_what_every_sink_has_had_is_deleted_after_an_hour(store: Store) -> None:
    store.commit(steps(10), (), (), desk=b"", t_unix_s=NOW)
    store.outbox.settle("quick", 10, {}, NOW)
    store.outbox.settle("slow", 4, {}, NOW)
    both = {"quick": ALL, "slow": ALL}
    assert store.outbox.trim(both, WIDE, NOW + 60.0) == 0
    assert len(store.outbox.waiting("new", 100)) == 10
    assert store.outbox.trim(both, WIDE, NOW + 60.0 + KEEP_S) == 0
    assert [item.seq for item in store.outbox.waiting("new", 100)] == [5, 6, 7, 8, 9, 10]
    assert len(store.transitions()) == 10


def test_what_is_too_old_is_given_up_and_counted_for_those_who_waited(store: Store) -> None:
    store.commit(steps(10), (), (), desk=b"", t_unix_s=NOW)
    store.outbox.settle("quick", 10, {}, NOW)
    n = store.outbox.trim({"quick": ALL, "slow": ALL}, Bounds(10**12, 100.0), NOW + 105.0)
    assert n == 5
    (loss,) = store.outbox.losses()
    assert (loss.sink, loss.kind, loss.n) == ("slow", Kind.TRANSITION, 5)
    assert (loss.t_first_unix_s, loss.t_last_unix_s) == (NOW, NOW + 4)


def test_when_too_much_waits_tracks_and_figures_go_before_alerts_and_the_oldest_first(store: Store) -> None:
    store.commit(steps(20), (), (), desk=b"", t_unix_s=NOW)
    store.outbox.add([figures(i) for i in range(20)])
    store.outbox.add([items.of_tracks(Tracks((), i % 2 == 0), NOW + i) for i in range(20)])
    sizes = dict(
        store._file.db.execute("SELECT kind, sum(length(body)) FROM items GROUP BY kind").fetchall(),
    )
    bounds = Bounds(sizes["transition"] + sizes["figures"] // 2, 1e9)
    store.outbox.trim({"slow": ALL}, bounds, NOW + 30.0)
    left = store.outbox.waiting("slow", 100)
    assert [item.kind for item in left if item.kind is Kind.TRANSITION] == [Kind.TRANSITION] * 20
    assert not [item for item in left if item.kind is Kind.TRACKS]
    kept = [item.t_unix_s for item in left if item.kind is Kind.FIGURES]
    assert 0 < len(kept) < 20
    assert kept == [NOW + i for i in range(20 - len(kept), 20)]
    assert {loss.kind: loss.n for loss in store.outbox.losses("slow")} == {
        Kind.TRACKS: 20,
        Kind.FIGURES: 20 - len(kept),
    }
    store.outbox.trim({"slow": ALL}, bounds, NOW + 31.0)
    assert sum(loss.n for loss in store.outbox.losses("slow")) == 40 - len(kept)


def test_without_a_sink_nothing_piles_up(store: Store) -> None:
    store.commit(steps(10), (), (), desk=b"", t_unix_s=NOW)
    assert store.outbox.trim({}, WIDE, NOW + KEEP_S + 60.0) == 0
    assert store.outbox.waiting("new", 100) == []
    assert store.outbox.losses() == []


def test_how_a_sink_stands_is_told(store: Store) -> None:
    store.commit(steps(10), (), (), desk=b"", t_unix_s=NOW)
    store.outbox.settle("slow", 4, {3: "no"}, NOW)
    (state,) = store.outbox.figures({"slow": ALL}, {"slow": "away"}, NOW + 20.0)
    assert (state.n_waiting, state.oldest_age_s, state.n_quarantined, state.n_dropped) == (6, 16.0, 1, 0)
    assert state.waiting_bytes > 6 * 100
    assert state.fault == "away"


def test_a_store_of_the_first_version_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "old.sqlite"
    db = sqlite3.connect(path, isolation_level=None)
    for statement in _statements(VERSION_1):
        db.execute(statement)
    rows = [_alert_row(step, step_id) for step, step_id in zip(steps(5), ids_of(steps(5)), strict=True)]
    db.executemany(
        "INSERT INTO alerts(id, t_unix_s, event, alert_id, incident, rule, priority, body) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        rows,
    )
    db.execute("INSERT INTO outbox VALUES ('jsonl:here', 3)")
    db.execute("PRAGMA user_version=1")
    db.close()
    store = Store(path)
    assert [item.seq for item in store.outbox.waiting("jsonl:here", 100)] == [4, 5]
    assert len(store.transitions()) == 5
    store.commit(steps(7), (), (), desk=b"", t_unix_s=NOW)
    assert [item.item_id for item in store.outbox.waiting("jsonl:here", 100)] == ids_of(steps(7))[3:]


class Moody:
    """A sink that takes a number of items each time, and says when it is asked too soon."""

    kinds, batch = ALL, 3

    def __init__(self, name: str, moods: list[int]) -> None:
        self.name, self.moods = name, moods
        self.taken: list[str] = []

    async def write(self, batch: Sequence[Item]) -> WriteResult:
        n = self.moods.pop(0) if self.moods else len(batch)
        self.taken += [item.item_id for item in batch[:n]]
        if n == 0:
            return all_kept(batch, "not now")
        return WriteResult(tuple(range(n))[: len(batch)], {}, tuple(range(n, len(batch))), "enough")

    async def close(self) -> None:
        return


@given(st.lists(st.lists(st.integers(0, 4), max_size=6), min_size=1, max_size=3), st.integers(0, 30))
def test_whatever_sinks_do_each_item_arrives_once_and_in_order(moods: list[list[int]], n: int) -> None:
    store = Store(":memory:")
    sinks = [Moody(f"sink {i}", list(given)) for i, given in enumerate(moods)]
    for i in range(n):
        store.commit(steps(1, i), (), (), desk=b"", t_unix_s=NOW)
        pump(store, sinks[i % len(sinks)])
    for sink in sinks:
        sink.moods = []
        pump(store, sink)
        assert sink.taken == [s for step in steps(n) for s in ids_of([step])]
    store.close()


def test_an_answer_names_every_item_once() -> None:
    batch = [Item(i, "", Kind.TRANSITION, NOW, STEP) for i in range(3)]
    assert all_accepted(batch).accepted == (0, 1, 2)
    assert all_kept(batch, "away").kept == (0, 1, 2)


def test_a_sink_that_takes_alerts_alone_does_not_count_the_figures_behind_its_place(store: Store) -> None:
    store.outbox.enter("file", {Kind.TRANSITION})
    store.commit(steps(3), (), (), desk=b"", t_unix_s=NOW, entries=[figures(0), figures(1)])
    assert store.outbox.size("file")[0] == 3
    store.outbox.settle("file", 3, {}, NOW)
    assert store.outbox.size("file") == (0, 0)


def test_who_has_looked_is_told_no_more(store: Store, capsys: pytest.CaptureFixture[str]) -> None:
    store.commit(steps(10), (), (), desk=b"", t_unix_s=NOW)
    store.outbox.settle("slow", 4, {3: "unable to parse"}, NOW)
    store.outbox.trim({"slow": ALL}, Bounds(10**12, 100.0), NOW + 106.0)
    where = ["--store", str(store.path)]
    assert main(["sinks", "list", *where]) == 0
    assert capsys.readouterr().out.split()[-5:] == ["slow", "4", "0.0", "1", "2"]
    assert main(["sinks", "show", "slow", *where]) == 0
    said = capsys.readouterr().out
    assert "unable to parse" in said
    assert "lost: 2 of kind transition" in said
    assert main(["sinks", "clear", "slow", *where]) == 0
    assert "1 refused and 2 lost" in capsys.readouterr().out
    assert main(["sinks", "clear", "nobody", *where]) == 1
    assert "there is slow" in capsys.readouterr().err
    (state,) = store.outbox.figures({"slow": ALL}, {}, NOW)
    assert (state.n_quarantined, state.n_dropped) == (0, 0)
