"""A full disk: the watch goes on, what is raised is shown all the same, and nothing is lost once there is room."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from alerts.database import StoreError
from alerts.items import Kind
from alerts.notices.notice import Notice
from alerts.store import Store
from monitor import config
from monitor.feeds.chunk import Chunk, Receipt
from monitor.feeds.player import Player
from monitor.machine import Machine, machine
from monitor.output import Output
from monitor.receipts import from_bytes
from monitor.sim import feed, story
from tests.notices.incidents import route

SETTINGS = config.parse(config.shipped_text())


class Queue:
    """The writer's queue, worked off by hand."""

    def __init__(self) -> None:
        self.items: list[object] = []

    def put(self, item: object) -> None:
        self.items.append(item)


class Repair:
    """Stands for `Machine.stopping`: what happens while the writer waits for room."""

    def __init__(self, made: Machine, more: Output, queue: Queue) -> None:
        self.made, self.more, self.queue = made, more, queue
        self.n_waits = 0

    def is_set(self) -> bool:
        return False

    def wait(self, _: float) -> bool:
        self.n_waits += 1
        assert "is full" in self.made.hub.store_fault
        self.made.tell(self.more, self.queue)  # type: ignore[arg-type]
        if self.n_waits == 3:
            self.made.store._file.db.execute("PRAGMA max_page_count=1000000")
        return False


@pytest.fixture
def told(tmp_path: Path) -> Iterator[tuple[Machine, Queue, Output]]:
    """A monitor whose story has just raised its first alert, on a disk without room; the alert waits to be stored."""
    night = story.load("lanes")
    player, queue = Player(feed.chunks(night)), Queue()
    start = player.open()
    store = Store(tmp_path / "full.sqlite")
    made = machine(SETTINGS, store, [], is_exercise=True, time_zones={})
    second, output = 0, None
    while not queue.items:
        second += 1
        output = made.step(player.take(start + second), [], start + second)
        made.tell(output, queue)  # type: ignore[arg-type]
    store._file.db.execute("VACUUM")  # no page is left over from making the file
    pages = store._file.db.execute("PRAGMA page_count").fetchone()[0]
    store._file.db.execute(f"PRAGMA max_page_count={pages}")
    assert output is not None
    yield made, queue, output
    store.close()


def test_what_is_raised_is_shown_while_the_disk_is_full_and_stored_when_it_has_room(
    told: tuple[Machine, Queue, Output],
) -> None:
    made, queue, output = told
    assert made.hub.incidents == {}
    waiting = Repair(made, output, Queue())
    made.stopping = waiting  # type: ignore[assignment]
    made.write(queue.items[0])
    assert waiting.n_waits == 3
    assert set(made.hub.incidents) == {incident.incident_id for incident in output.incidents}
    assert made.hub.store_fault == ""
    assert [i.incident_id for i in made.store.incidents(with_closed=True)] == [i.incident_id for i in output.incidents]
    assert made.store.verify().is_whole


def test_before_the_first_failure_nothing_is_shown_that_is_not_stored(told: tuple[Machine, Queue, Output]) -> None:
    made, _, output = told
    made.tell(output, Queue())  # type: ignore[arg-type]
    assert made.hub.incidents == {}


def test_who_stops_a_monitor_does_not_wait_for_room(told: tuple[Machine, Queue, Output]) -> None:
    made, queue, _ = told
    made.stopping.set()
    with pytest.raises(StoreError, match="is full"):
        made.write(queue.items[0])


def test_commands_that_cannot_be_read_stop_nothing(told: tuple[Machine, Queue, Output]) -> None:
    made, _, _ = told
    made.store.close()
    made.read_commands()
    assert made.commands() == []


# what gateways send, while there is no room and after it


def given(made: Machine, seq: int, stored: list[int], now_unix_s: float) -> Output:
    """A step that takes one numbered batch; its tick runs in the next one."""
    receipt = Receipt("dover/nmea", "life", seq, lambda one: stored.append(one.seq))
    return made.step([Chunk("sites", now_unix_s, b"", receipt)], [], now_unix_s)


def test_gateways_are_told_only_what_is_in_the_store_and_a_full_disk_fills_no_queue(tmp_path: Path) -> None:
    store, queue, stored = Store(tmp_path / "core.sqlite"), Queue(), []
    made = machine(SETTINGS, store, [], is_exercise=False, time_zones={}, is_live=True)
    start = 1_763_800_000.0
    made.tell(given(made, 1, stored, start + 0.2), queue)  # type: ignore[arg-type]
    assert queue.items == []  # no tick has come to it yet
    made.tell(given(made, 2, stored, start + 1.2), queue)  # type: ignore[arg-type]
    assert len(queue.items) == 1
    assert stored == []
    made.write(queue.items.pop())
    assert stored == [1]
    assert from_bytes(store.restore().cursor) == {"dover/nmea": ("life", 1)}

    made.hub.store_fault = "the disk is full"
    for seq in range(3, 200):
        made.tell(given(made, seq, stored, start + seq), queue)  # type: ignore[arg-type]
    assert queue.items == []
    made.hub.store_fault = ""
    made.tell(given(made, 200, stored, start + 200.0), queue)  # type: ignore[arg-type]
    made.write(queue.items.pop())
    assert stored == [1, 200]
    again = machine(SETTINGS, store, [], is_exercise=False, time_zones={}, is_live=True)
    assert again.receipts.positions == {"dover/nmea": ("life", 200)}
    store.close()


def test_people_are_told_while_the_disk_is_full_and_each_notice_once(told: tuple[Machine, Queue, Output]) -> None:
    made, queue, output = told
    made.notifier.board.routes = (route(min_priority="caution"),)
    made.notifier.board.channels = frozenset({"phone"})
    made.notifier.board.known_routes = {"watch"}
    made.tell(output, queue)  # type: ignore[arg-type]
    past: list[Notice] = []
    made.on_unstored = past.extend
    waiting = Repair(made, output, Queue())
    made.stopping = waiting  # type: ignore[assignment]
    made.write(queue.items[-1])
    assert [notice.incident.incident_id for notice in past] == [one.incident_id for one in output.incidents]
    assert len(made.store.outbox.waiting("phone", 10, {Kind.NOTICE})) == len(past), (
        "and by the outbox, once there is room"
    )
