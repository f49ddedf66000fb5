"""A batch is acknowledged when a picture with it is on the disk; a restarted monitor takes again what came after."""

import dataclasses
from pathlib import Path

from alerts.store import Store
from monitor import config
from monitor.feeds.chunk import Chunk, Receipt
from monitor.keeper import Kept
from monitor.live import go_on
from monitor.machine import Machine, machine
from monitor.receipts import from_bytes
from tests.monitor.ships import T0, Ship, positions

SETTINGS = config.parse(config.shipped_text())


class Writer:
    """The writer's queue: worked off at once, but pictures wait until the test says so."""

    def __init__(self, made: Machine) -> None:
        self.made = made
        self.pictures: list[Kept] = []

    def put(self, item: object) -> None:
        if isinstance(item, Kept):
            self.pictures.append(item)
        else:
            self.made.write(item)

    offer = put

    def keep(self) -> None:
        """The newest picture reaches the disk."""
        assert self.made.keeper is not None
        self.made.keeper.write(self.pictures.pop())


class Life:
    """A monitor from where the one before was killed."""

    def __init__(self, folder: Path, now_unix_s: float) -> None:
        kept = dataclasses.replace(SETTINGS.store, picture_file=str(folder / "picture.npz"), picture_every_s=20.0)
        self.store = Store(folder / "store.sqlite")
        self.made = machine(SETTINGS, self.store, [], is_exercise=False, time_zones={}, is_live=True)
        go_on(self.made, kept, now_unix_s)
        self.writer = Writer(self.made)
        self.acknowledged: list[int] = []

    def second(self, t_s: int, seq: int, *ships: Ship) -> None:
        """A batch of the site, and a tick."""
        receipt = Receipt("dover/nmea", "life", seq, lambda one: self.acknowledged.append(one.seq))
        now = T0 + t_s
        chunk = Chunk("sites", now, positions(list(ships), t_s), receipt, "dover")
        self.made.tell(self.made.step([chunk], [], now), self.writer)  # type: ignore[arg-type]

    def kill(self) -> None:
        self.store.close()


def test_what_is_stored_and_in_no_picture_is_not_acknowledged_and_taken_again(tmp_path: Path) -> None:
    ship = Ship(235000001, 51.0, 1.5, east_kn=20.0)
    one = Life(tmp_path, T0)
    for t_s in range(31):
        one.second(t_s, t_s + 1, ship)
        if t_s == 0:
            one.writer.keep()
    assert one.acknowledged[-1:] == [1]
    assert from_bytes(one.store.restore().cursor)["dover/nmea"] == ("life", 31)  # in the store, and still not let go
    (second,) = one.writer.pictures
    assert second.receipts[0].seq == 21
    one.writer.keep()
    assert one.acknowledged[-1] == 21
    one.kill()

    other = Life(tmp_path, T0 + 40)
    assert other.made.receipts.positions == {"dover/nmea": ("life", 21)}
    assert len(other.made.state.tracks) == 1
    assert other.made.state.tracks.t_unix_s[other.made.state.tracks.rows[0]] == T0 + 20
    other.kill()


def test_without_a_picture_a_gateway_is_asked_for_all_that_it_has(tmp_path: Path) -> None:
    one = Life(tmp_path, T0)
    one.second(0, 7, Ship(235000001, 51.0, 1.5))
    one.kill()
    (tmp_path / "picture.npz").write_bytes(b"damaged")
    other = Life(tmp_path, T0 + 10)
    assert other.made.receipts.positions == {}
    other.kill()


def test_a_new_alert_has_the_picture_kept_soon(tmp_path: Path) -> None:
    """The boat that it is about is then in it."""
    life = Life(tmp_path, T0)
    ship, odd = Ship(235000001, 51.0, 1.5), Ship(5, 51.1, 1.5)  # no authority gives out an MMSI of one digit
    for t_s in range(18):
        life.second(t_s, t_s + 1, *((ship, odd) if t_s >= 3 else (ship,)))
    now = [float(kept.arrays["t_unix_s"]) - T0 for kept in life.writer.pictures]
    assert now == [0.0, 10.0]
    assert 5 in (life.writer.pictures[1].arrays["track_mmsi"])
    life.kill()


def test_a_picture_that_cannot_be_written_acknowledges_nothing(tmp_path: Path) -> None:
    life = Life(tmp_path, T0)
    life.second(0, 1, Ship(235000001, 51.0, 1.5))
    (tmp_path / "picture.npz").mkdir()
    life.writer.keep()
    assert life.acknowledged == []
    life.kill()
