"""The store: all or nothing, a repeat is the same row, nothing can be changed afterwards."""

import asyncio
import dataclasses
import multiprocessing
import sqlite3
from pathlib import Path

import pytest

from alerts.alert import Event, Priority, Subject, SubjectKind, Transition
from alerts.database import SCHEMA_VERSION, StoreError
from alerts.incident import AuditEntry, Command, Verb
from alerts.sinks.jsonl import JsonlSink, JsonlWriter, line
from alerts.store import Store, ids_of
from tests.alerts.pictures import NOW
from tests.alerts.pumping import pump
from tests.alerts.test_desk import beacon, command, desk, tick

STEP = Transition(
    NOW,
    Event.OPENED,
    "distress_beacon-5-1",
    "distress_beacon",
    Priority.EMERGENCY,
    Subject(SubjectKind.TARGET, 5, 5, 972123456, "MMSI 972123456"),
    51.0,
    float("nan"),
    "A beacon signals distress.",
    (("n_messages", 1), ("text", None), ("share", 0.5)),
    "20251122-001",
)


def steps(n: int) -> list[Transition]:
    return [dataclasses.replace(STEP, t_unix_s=NOW + i, event=Event.UPDATED) for i in range(n)]


def note(i: int) -> AuditEntry:
    return AuditEntry(NOW + i, "watch 1", "note", "20251122-001", f"line {i}")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store.sqlite")


def test_a_step_is_read_back_as_it_was_written(store: Store) -> None:
    d = desk()
    watch = tick(d, beacon(NOW))
    store.commit(watch.transitions, watch.incidents, watch.audit, desk=b"desk", t_unix_s=NOW, cursor=b"here")
    assert repr([s.transition for s in store.transitions()]) == repr(list(watch.transitions))
    assert repr(store.incidents(with_closed=False)) == repr(list(watch.incidents))
    assert repr(store.incident("20251122-001")) == repr(watch.incidents[0])
    assert [audit.entry for audit in store.audit("20251122-001")] == list(watch.audit)
    restored = store.restore()
    assert (restored.desk, restored.t_unix_s, restored.cursor) == (b"desk", NOW, b"here")
    assert restored.last_number_by_day == {"20251122": 1}


def test_a_new_store_has_nothing_to_restore(store: Store) -> None:
    assert store.restore().desk is None


def test_a_repeat_is_the_same_row(store: Store) -> None:
    for _ in range(2):
        store.commit(steps(3), (), [note(1), note(1), note(2)], desk=b"", t_unix_s=NOW)
        assert [stored.seq for stored in store.transitions()] == [1, 2, 3]
    assert len(store.audit()) == 3
    assert store.verify().is_whole


def test_two_updates_of_an_alert_in_one_tick_are_two_rows() -> None:
    assert len(set(ids_of([STEP, STEP, dataclasses.replace(STEP, event=Event.UPDATED)]))) == 3


@pytest.mark.parametrize("table", ["alerts", "audit"])
@pytest.mark.parametrize("act", ["DELETE FROM {}", "UPDATE {} SET t_unix_s = 0"])
def test_what_was_told_cannot_be_changed(store: Store, table: str, act: str) -> None:
    store.commit([STEP], (), [note(1)], desk=b"", t_unix_s=NOW)
    with sqlite3.connect(store.path) as db, pytest.raises(sqlite3.IntegrityError, match="append-only"):
        db.execute(act.format(table))
    db.close()


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE audit SET text = 'nothing happened' WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 5",
        "UPDATE audit SET t_unix_s = t_unix_s - 60 WHERE seq = 1",
    ],
)
def test_a_record_that_was_tampered_with_shows(store: Store, tampering: str) -> None:
    store.commit((), (), [note(i) for i in range(5)], desk=b"", t_unix_s=NOW)
    assert store.verify().is_whole
    with sqlite3.connect(store.path) as db:
        db.executescript(f"DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete; {tampering};")
    db.close()
    assert not store.verify().is_whole


def test_a_full_disk_is_said_and_nothing_is_half_stored(store: Store) -> None:
    store.commit(steps(1), (), [note(0)], desk=b"before", t_unix_s=NOW)
    (pages,) = store._file.db.execute("PRAGMA page_count").fetchone()
    store._file.db.execute(f"PRAGMA max_page_count={pages + 2}")
    big = [dataclasses.replace(step, reason="x" * 5000) for step in steps(50)]
    with pytest.raises(StoreError, match="full") as caught:
        store.commit(big, (), [note(1)], desk=b"after", t_unix_s=NOW + 1)
    assert caught.value.is_retryable
    assert store.restore().desk == b"before"
    assert len(store.audit()) == 1
    store._file.db.execute("PRAGMA max_page_count=1000000")
    store.commit(big, (), [note(1)], desk=b"after", t_unix_s=NOW + 1)
    assert len(store.transitions()) == 50
    assert store.verify().is_whole


def test_a_locked_store_is_said_and_the_call_can_be_repeated(tmp_path: Path) -> None:
    store = Store(tmp_path / "store.sqlite", busy_s=0.01)
    other = sqlite3.connect(store.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreError, match="locked") as caught:
        store.commit([STEP], (), (), desk=b"", t_unix_s=NOW)
    assert caught.value.is_retryable
    other.execute("ROLLBACK")
    other.close()
    store.commit([STEP], (), (), desk=b"", t_unix_s=NOW)
    assert len(store.transitions()) == 1


def test_a_file_that_is_no_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_bytes(b"these are not the rows you are looking for" * 100)
    with pytest.raises(StoreError, match="not a store"):
        Store(tmp_path / "notes.txt")


def test_a_store_of_a_newer_program_is_refused(store: Store) -> None:
    store._file.db.execute(f"PRAGMA user_version={SCHEMA_VERSION + 1}")
    store.close()
    with pytest.raises(StoreError, match="version"):
        Store(store.path)


def test_commands_wait_until_a_step_has_applied_them(store: Store) -> None:
    ack, told = command(Verb.ACK, "20251122-001"), command(Verb.NOTE, "20251122-001", "hello")
    terminal = Store(store.path)
    for given in (ack, told, ack):
        terminal.submit(given)
    assert store.pending_commands() == (ack, told)
    store.commit((), (), (), desk=b"", t_unix_s=NOW, applied=[ack.command_id])
    assert store.pending_commands() == (told,)
    assert terminal.is_applied(ack.command_id)
    assert not terminal.is_applied(told.command_id)


def test_a_reader_in_another_process_sees_what_was_committed(store: Store) -> None:
    store.commit([STEP], (), (), desk=b"", t_unix_s=NOW)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply(_count, (store.path,)) == 1


def _count(path: Path) -> int:
    return len(Store(path).transitions())


def test_a_line_has_the_documented_keys_and_null_for_what_is_missing(tmp_path: Path) -> None:
    writer = JsonlWriter(tmp_path / "out.jsonl")
    writer.write([STEP])
    writer.close()
    assert (tmp_path / "out.jsonl").read_text() == (
        '{"t_unix_s":1763800000.0,"event":"opened","alert_id":"distress_beacon-5-1","incident":"20251122-001",'
        '"rule":"distress_beacon","priority":"emergency","subject":{"kind":"target","target_id":5,"mmsi":972123456,'
        '"radar":[]},"lat_deg":51.0,"lon_deg":null,"reason":"A beacon signals distress.","evidence":{"n_messages":1,'
        '"text":null,"share":0.5},"is_exercise":false}\n'
    )


@pytest.mark.parametrize("cut", [0, 1, 100, -1])
def test_a_torn_last_line_is_mended_and_nothing_is_written_twice(store: Store, tmp_path: Path, cut: int) -> None:
    """Killed after the lines, before the outbox knew: `cut` bytes of the last line are left (-1: all of it)."""
    store.commit(steps(4), (), (), desk=b"", t_unix_s=NOW)
    path = tmp_path / "out.jsonl"
    lines = [line(step) for step in steps(4)]
    path.write_bytes(b"".join(lines[:2]) + (lines[2] if cut < 0 else lines[2][:cut]))
    sink = JsonlSink(path)
    pump(store, sink)
    asyncio.run(sink.close())
    assert path.read_bytes() == b"".join(lines)


def test_a_file_that_is_continued_gets_only_what_is_new(store: Store, tmp_path: Path) -> None:
    for n in (2, 5, 5, 9):
        store.commit(steps(n), (), (), desk=b"", t_unix_s=NOW)
        sink = JsonlSink(tmp_path / "out.jsonl")
        pump(store, sink)
        asyncio.run(sink.close())
    assert (tmp_path / "out.jsonl").read_bytes() == b"".join(map(line, steps(9)))


def test_commands_and_audit_survive_as_they_were(store: Store) -> None:
    given = Command("id", NOW, "watch 2", Verb.SHELVE, "20251122-001", "", 0.0, 900.0)
    store.submit(given)
    assert store.pending_commands() == (given,)
