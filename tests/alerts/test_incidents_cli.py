"""`straitwatch incidents`: what a person types, against a store with and without a service beside it."""

import argparse
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.desk import desk_to_bytes, evaluate
from alerts.store import Store
from monitor.cli import incidents
from tests.alerts.pictures import NOW, desk
from tests.alerts.test_desk import beacon


def call(*words: str) -> int:
    parser = argparse.ArgumentParser()
    incidents.add_parser(parser.add_subparsers())
    args = parser.parse_args(["incidents", *words])
    return int(args.run(args))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store with one distress."""
    store = Store(tmp_path / "store.sqlite")
    d = desk()
    watch = evaluate(d, beacon(NOW), (), is_exercise=True)
    store.commit(watch.transitions, watch.incidents, watch.audit, desk=desk_to_bytes(d), t_unix_s=NOW)
    store.close()
    return tmp_path / "store.sqlite"


@pytest.fixture
def service(path: Path) -> Iterator[None]:
    """Something that applies what is handed in, as the running service does."""
    stopping = threading.Event()

    def run() -> None:
        store, d = Store(path), desk()
        evaluate(d, beacon(NOW), (), is_exercise=True)
        while not stopping.wait(0.01):
            given = store.pending_commands()
            if given:
                watch = evaluate(d, beacon(NOW + 1), given, is_exercise=True)
                done = [command.command_id for command in given]
                store.commit(watch.transitions, watch.incidents, watch.audit, desk=desk_to_bytes(d), t_unix_s=NOW + 1,
                             applied=done)  # fmt: skip
        store.close()

    thread = threading.Thread(target=run)
    thread.start()
    yield
    stopping.set()
    thread.join()


def test_list_shows_what_is_in_work(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("list", "--store", str(path)) == 0
    said = capsys.readouterr().out
    assert "20251122-001" in said
    assert "emergency" in said
    assert "EXERCISE" in said


def test_list_as_json_is_one_object_a_line(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("list", "--json", "--store", str(path)) == 0
    row = json.loads(capsys.readouterr().out)
    assert (row["number"], row["state"], row["priority"]) == (1, "unacknowledged", "emergency")
    assert row["shelved_until_unix_s"] is None
    assert row["alerts"][0]["evidence"]["n_messages"] == 1


def test_show_tells_alerts_evidence_and_record(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("show", "1", "--store", str(path)) == 0
    said = capsys.readouterr().out
    assert "Man overboard beacon 972123456 signals distress" in said
    assert "n_messages 1" in said
    assert "system: alert opened" in said


@pytest.mark.usefixtures("service")
def test_a_running_service_acknowledges_and_closes(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("ack", "1", "--as", "anna", "--store", str(path)) == 0
    assert call("note", "20251122-001", "lifeboat launched", "--as", "anna", "--store", str(path)) == 0
    assert call("shelve", "1", "--minutes", "10", "--as", "anna", "--store", str(path)) == 1
    assert "shelve refused: a distress cannot be shelved" in capsys.readouterr().out
    assert call("close", "1", "--reason", "crew safe ashore", "--as", "anna", "--store", str(path)) == 0
    assert call("close", "1", "--reason", "again", "--as", "anna", "--store", str(path)) == 1
    assert call("list", "--store", str(path)) == 0
    assert "No incidents in work." in capsys.readouterr().out
    assert call("verify", "--store", str(path)) == 0
    incident = Store(path).incidents(with_closed=True)[0]
    assert incident.owner == "anna"
    assert [note.text for note in incident.notes] == ["lifeboat launched", "crew safe ashore"]


def test_without_a_service_the_command_waits(
    path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incidents, "WAIT_S", 0.0)
    assert call("ack", "1", "--store", str(path)) == 0
    assert "No service has taken it yet" in capsys.readouterr().out
    assert len(Store(path).pending_commands()) == 1


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("show", "99"), 1, "there is no incident 99"),
        (("ack", "20251122-777"), 1, "there is no incident 20251122-777"),
    ],
)
def test_a_wrong_id_is_said(
    path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int, said: str
) -> None:
    assert call(*words, "--store", str(path)) == code
    assert said in capsys.readouterr().err


def test_a_missing_store_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("list", "--store", str(tmp_path / "none.sqlite")) == 2
    assert "there is no store" in capsys.readouterr().err
    assert not (tmp_path / "none.sqlite").exists()


def test_closing_without_a_reason_is_a_usage_fault(path: Path) -> None:
    with pytest.raises(SystemExit) as caught:
        call("close", "1", "--store", str(path))
    assert caught.value.code == 2
