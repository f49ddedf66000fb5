"""The machine's clock is set, or the machine sleeps: the watch goes on within a second and nothing of it is late."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from alerts.alert import Event
from alerts.desk import Desk, Watch, desk_from_bytes, desk_to_bytes
from alerts.in_place import put_in_place
from alerts.incident import Verb
from alerts.moved import moved
from alerts.picture import Picture
from alerts.store import Store
from monitor import config, snapshot
from monitor.clock import ClockMoved, LiveClock
from tests.alerts.pictures import NOW, SHIP, desk, incident_settings, pairs, picture, rule_settings
from tests.alerts.test_desk import LANE, command, tick
from tests.conftest import ROOT
from tests.monitor.ships import beacon
from tests.notices.incidents import board, incident, moment, route
from tests.servers import free_port


class Hands:
    """The machine's three clocks."""

    def __init__(self) -> None:
        self.wall, self.boot, self.awake = 1e9, 500.0, 400.0

    def clock(self, *, knows_sleep: bool = True) -> LiveClock:
        return LiveClock(lambda: self.wall, lambda: self.boot, lambda: self.awake, knows_sleep)

    def pass_s(self, s: float, *, slept: float = 0.0, by: float = 0.0) -> None:
        self.wall, self.boot, self.awake = self.wall + s + slept + by, self.boot + s + slept, self.awake + s


def moves(s: float, *, knows_sleep: bool = True, **what: float) -> tuple[float, float] | None:
    """(set by, slept for) as the clock tells it after so many seconds."""
    hands = Hands()
    clock = hands.clock(knows_sleep=knows_sleep)
    clock()
    hands.pass_s(s, **what)
    try:
        assert clock() == hands.wall
    except ClockMoved as move:
        assert clock() == hands.wall  # told once
        return round(move.by_s, 3), round(move.slept_s, 3)
    return None


@pytest.mark.parametrize(
    ("sentence", "what", "told"),
    [
        ("time passes", {"s": 0.05}, None),
        ("the process stood still for a minute", {"s": 60.0}, None),
        ("the time service takes a second out at once", {"s": 0.05, "by": -1.0}, None),
        ("the clock is set forward", {"s": 0.05, "by": 3600.0}, (3600.0, 0.0)),
        ("the clock is set back", {"s": 0.05, "by": -3600.0}, (-3600.0, 0.0)),
        ("the machine slept", {"s": 0.05, "slept": 600.0}, (0.0, 600.0)),
        ("it slept, and then the clock was set", {"s": 0.05, "slept": 600.0, "by": -60.0}, (-60.0, 600.0)),
        ("forward, where a sleep cannot be told from it", {"s": 0.05, "by": 600.0, "knows_sleep": False}, (0.0, 600.0)),
        ("back, there", {"s": 0.05, "by": -600.0, "knows_sleep": False}, (-600.0, 0.0)),
    ],
)
def test_a_move_of_the_clock_is_told_once(
    sentence: str, what: dict[str, float], told: tuple[float, float] | None
) -> None:
    assert moves(**what) == told, sentence  # type: ignore[arg-type]


def test_a_process_that_is_stopped_between_two_clocks_sees_no_move() -> None:
    hands = Hands()
    clock = hands.clock()
    clock()
    stops = [False, True, False, False]

    def wall() -> float:
        if stops and stops.pop(0):
            hands.pass_s(30.0)
        return hands.wall

    clock.wall = wall
    assert [clock() for _ in range(2)] == [1e9, 1e9 + 30.0]
    assert stops == [False]


def test_the_clock_of_this_machine_goes_on() -> None:
    clock = LiveClock()
    assert 0 <= clock() - time.time() + 1.0 <= 2.0
    assert clock() <= clock()


def reborn(d: Desk, by_s: float) -> Desk:
    return desk_from_bytes(
        desk_to_bytes(d), rule_settings(), incident_settings(remind_unacknowledged_after_s=120.0),
        d.ledger.incidents.get, moved_s=by_s,
    )  # fmt: skip


def in_the_lane(t0: float, t: float, cog_deg: float) -> Picture:
    """A ship in a traffic lane since five minutes before t0."""
    ship = {**SHIP, "cog_deg": cog_deg, "heading_deg": cog_deg}
    return picture(ship, now_unix_s=t0 + t, chart=LANE, inside=pairs((0, 0, t0 - 300, 800.0, False)))


def shown(watch: Watch, by_s: float) -> list[tuple[object, ...]]:
    return [
        *((step.event, step.rule, step.incident, step.t_unix_s - by_s) for step in watch.transitions),
        *((one.incident_id, one.state, one.t_changed_unix_s - by_s) for one in watch.incidents),
    ]


@pytest.mark.parametrize("by_s", [-7200.0, -40.0, 3600.0])
def test_a_desk_goes_on_as_if_the_clock_had_always_been_right(by_s: float) -> None:
    """A ship against the traffic: pending, raised, shelved, reminded and cleared at the same moments."""
    for t_move in (20.0, 150.0, 260.0, 700.0):
        still, other = (desk(remind_unacknowledged_after_s=120.0) for _ in range(2))
        is_moved = False
        for t in np.arange(0.0, 1200.0, 10.0).tolist():
            if t >= t_move and not is_moved:
                other, is_moved = reborn(other, by_s), True
            shift = by_s if is_moved else 0.0
            heading = 46.0 if t < 900 else 226.0
            orders = [command(Verb.SHELVE, "20251122-001", "ferry", duration_s=300.0)] if t == 200.0 else []
            one, two = (tick(d, in_the_lane(NOW + s, t, heading), *orders) for d, s in ((still, 0.0), (other, shift)))
            assert shown(two, shift) == shown(one, 0.0), (t_move, t)


def test_an_alarm_that_nobody_acknowledges_is_escalated_in_time_on_a_clock_that_was_set_back() -> None:
    on = board(route(escalate_after_s=300.0))
    assert len(moment(on, NOW, incident(5, t_opened_unix_s=NOW)).notices) == 1
    on.courses = {key: moved(course, -3600.0) for key, course in on.courses.items()}
    on.t_look_unix_s = -np.inf
    assert moment(on, NOW - 3600.0 + 290.0, incident(5, t_opened_unix_s=NOW - 3600.0)).notices == ()
    assert len(moment(on, NOW - 3600.0 + 301.0, incident(5, t_opened_unix_s=NOW - 3600.0)).notices) == 1


def test_every_instant_of_a_picture_moves_and_nothing_else() -> None:
    arrays = {
        "t_unix_s": np.array(1e9), "pair_t_enter_unix_s": np.array([1e9, np.nan]), "track_lat_deg": np.array([51.0]),
        "turned": np.array([1_000_000_000, 16_666_666]),
    }  # fmt: skip
    found = snapshot.moved(arrays, -3600.0)
    assert found["t_unix_s"] == 1e9 - 3600.0
    assert found["pair_t_enter_unix_s"].tolist() == pytest.approx([1e9 - 3600.0, np.nan], nan_ok=True)
    assert found["track_lat_deg"].tolist() == [51.0]
    assert found["turned"].tolist() == [1_000_000_000 - 3600, 16_666_606]


# a real process


class Watched:
    """`straitwatch run` with a receiver that a test speaks through."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.offset = folder / "offset"
        self.set("0 0")
        text = config.shipped_text()
        first, last = text.index("[[feeds]]\nname = "), text.index("# The MQTT broker by which")
        block = (
            f'[[feeds]]\nname = "receiver"\ntype = "udp"\nhost = "127.0.0.1"\nport = {self.port}\ngroup = ""\n'
            'interface = ""\nformat = "nmea"\n\n'
        )
        text = text[:first] + block + text[last:]
        text = text.replace('"var/', f'"{folder}/').replace(
            "[web]\n# Whether it is served.\nis_on = true", "[web]\n# Whether it is served.\nis_on = false"
        )
        (folder / "my.toml").write_text(text)

    def set(self, words: str) -> None:
        put_in_place(self.offset, lambda file: file.write(words.encode()))

    @contextlib.contextmanager
    def running(self) -> Iterator["subprocess.Popen[bytes]"]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
        words = [sys.executable, "-m", "tests.monitor.clock_moves", str(self.folder / "my.toml"), str(self.offset)]
        with (self.folder / "log").open("ab") as said:
            process = subprocess.Popen(words, cwd=ROOT, env=environment, stderr=said)
        try:
            yield process
        finally:
            process.terminate()
            process.wait(60)

    def call(self, mmsi: int) -> None:
        """A beacon's message, on the air once."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.sendto(beacon(mmsi, 51.0, 1.5), ("127.0.0.1", self.port))

    def opened(self) -> dict[int, float]:
        """MMSI -> when its distress was opened."""
        if not (self.folder / "straitwatch.sqlite").exists():
            return {}
        with contextlib.closing(Store(self.folder / "straitwatch.sqlite")) as store:
            steps = [one.transition for one in store.transitions()]
        found = [s for s in steps if s.event is Event.OPENED and s.rule == "distress_beacon" and s.subject.mmsi > 0]
        assert len({step.subject.mmsi for step in found}) == len(found)
        return {step.subject.mmsi: step.t_unix_s for step in found}

    def told(self, mmsi: int) -> float:
        """Call until it is told; how far behind the machine's own clock the alert's time is."""
        until(lambda: self.call(mmsi) or mmsi in self.opened())  # type: ignore[func-returns-value]
        return self.opened()[mmsi] - time.time()

    def audit(self) -> list[str]:
        with contextlib.closing(Store(self.folder / "straitwatch.sqlite")) as store:
            assert store.verify().is_whole
            return [line.entry.text for line in store.audit() if line.entry.what == "clock moved"]


def until(condition: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.1)  # for another process


@pytest.mark.slow
def test_the_service_goes_on_when_its_clock_is_set_and_when_it_slept(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    with watched.running() as process:
        assert watched.told(970000001) == pytest.approx(0.0, abs=10.0)
        for n, (words, by_s) in enumerate((("-3600 0", -3600.0), ("7200 0", 7200.0), ("7200 600", 7800.0)), 1):
            watched.set(words)
            until(lambda n=n: len(watched.audit()) == n)
            assert watched.told(970000001 + n) == pytest.approx(by_s, abs=10.0)
        assert process.poll() is None
    assert process.returncode == 0
    assert len(watched.opened()) == 4
    text = (tmp_path / "log").read_text()
    assert "was set by -3600" in text
    assert "was set by +10800" in text
    assert "slept for 600" in text
    assert text.count("goes on from the kept picture") == 3


def test_a_store_that_is_ahead_of_the_clock_goes_on_as_of_now(tmp_path: Path) -> None:
    """The clock was set back while nothing ran: rules would otherwise wait until it has caught up."""
    watched = Watched(tmp_path)
    watched.set("7200 0")
    with watched.running():
        watched.told(970000001)
    watched.set("0 0")
    with watched.running():
        assert watched.told(970000002) == pytest.approx(0.0, abs=10.0)
        watched.told(970000003)
    assert "the store is ahead of the clock" in (tmp_path / "log").read_text()
