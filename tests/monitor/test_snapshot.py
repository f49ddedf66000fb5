"""The kept picture: what a restarted monitor still knows, and what it must not make of the time it was away."""

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from alerts.alert import Event, Transition
from alerts.picture import ReceiverState
from monitor import assembly, config, pipeline, snapshot
from monitor.feeds.chunk import Chunk
from monitor.sim import feed, story
from monitor.state import State

SETTINGS = config.parse(config.shipped_text())
SILENT = 538000103  # of the story: falls silent at 1200 s
CUT_S, BACK_S = 1500, 1800
MAX_AGE_S = 1800.0


def fresh_state() -> State:
    return assembly.state(SETTINGS, is_exercise=False, time_zones={}, is_live=True)


class Watch:
    """A live monitor that hears a story."""

    def __init__(self, chunks: Sequence[Chunk], t_start_unix_s: float) -> None:
        self.chunks = chunks
        self.t_start_unix_s = t_start_unix_s
        self.state = fresh_state()
        self.told: list[Transition] = []

    def play(self, start_s: int, end_s: int) -> None:
        arrival = [chunk.t_unix_s - self.t_start_unix_s for chunk in self.chunks]
        for second in range(start_s + 1, end_s + 1):
            due = self.chunks[np.searchsorted(arrival, second - 1, "right") : np.searchsorted(arrival, second, "right")]
            self.told += pipeline.step(self.state, due, [], self.t_start_unix_s + second).transitions

    def restart(self, at_s: int, kept: Path | None) -> None:
        """The desk comes back from the store whatever happens; the picture only from the file."""
        fresh = fresh_state()
        fresh.desk = self.state.desk
        if kept:
            snapshot.restore(fresh, snapshot.read(kept), self.t_start_unix_s + at_s, max_age_s=MAX_AGE_S)
        self.state = fresh


@pytest.fixture(scope="module")
def night() -> tuple[list[Chunk], float]:
    told = story.load("silent-ship")
    return list(feed.chunks(told)), told.start_unix_s


@pytest.fixture(scope="module")
def kept(night: tuple[list[Chunk], float], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, State]:
    """The file of a monitor that ran until `CUT_S`, and its state."""
    watch = Watch(*night)
    watch.play(0, CUT_S)
    assert watch.told == []
    path = tmp_path_factory.mktemp("kept") / "new folder" / "picture.npz"
    snapshot.write(path, snapshot.of(watch.state))
    return path, watch.state


def opened(watch: Watch) -> list[tuple[str, int]]:
    return [(step.rule, step.subject.mmsi) for step in watch.told if step.event is Event.OPENED]


def test_a_ship_that_fell_silent_before_the_restart_is_told_after_it(
    night: tuple[list[Chunk], float], kept: tuple[Path, State]
) -> None:
    """Its silence counts from the restart on: nobody listened before. Nobody else is told, no receiver either."""
    watch = Watch(*night)
    watch.restart(BACK_S, kept[0])
    watch.play(BACK_S, 2600)
    assert opened(watch) == [("ais_gap", SILENT)]
    assert 600.0 <= watch.told[0].t_unix_s - watch.t_start_unix_s - BACK_S <= 700.0


def test_without_the_file_it_is_forgotten(night: tuple[list[Chunk], float]) -> None:
    watch = Watch(*night)
    watch.restart(BACK_S, None)
    watch.play(BACK_S, 2600)
    assert opened(watch) == []


def test_names_paths_and_stays_in_fences_are_known_at_once(
    night: tuple[list[Chunk], float], kept: tuple[Path, State]
) -> None:
    path, before = kept
    watch = Watch(*night)
    watch.restart(BACK_S, path)
    watch.play(BACK_S, BACK_S + 2)
    old, new = before.picture, watch.state.picture
    assert old is not None
    assert new is not None
    assert set(old.vessels.target_id) <= set(new.vessels.target_id)
    same = np.isin(new.vessels.target_id, old.vessels.target_id)
    assert np.array_equal(new.vessels.name[same], old.vessels.name)
    assert (old.vessels.name != b"").sum() > 50
    stays = {(k, t) for k, t in zip(old.pairs.fence, old.pairs.t_enter_unix_s, strict=True)}
    still = {(k, t) for k, t in zip(new.pairs.fence, new.pairs.t_enter_unix_s, strict=True)}
    assert len(stays & still) > 0.9 * len(stays)
    assert set(new.receivers.state) == {ReceiverState.UP}


def test_a_receiver_that_was_down_stays_down(kept: tuple[Path, State], tmp_path: Path) -> None:
    arrays = dict(snapshot.read(kept[0]))
    state = arrays["receiver_state"] = arrays["receiver_state"].copy()
    state[0] = ReceiverState.DOWN
    fresh = fresh_state()
    now = float(arrays["t_unix_s"]) + 60.0
    snapshot.restore(fresh, arrays, now, max_age_s=MAX_AGE_S)
    table = fresh.intake.receivers
    assert table.t_state_unix_s[0] == arrays["receiver_t_state_unix_s"][0]
    assert table.t_heard_unix_s[0] == arrays["receiver_t_heard_unix_s"][0]


def test_stays_follow_the_fence_ids_of_another_chart(kept: tuple[Path, State]) -> None:
    """Fences in another order, one of them gone: the clocks of the others go on under their new numbers."""
    arrays = snapshot.read(kept[0])
    fresh = fresh_state()
    ids = fresh.chart.fence_id[:0:-1]
    fresh.chart = dataclasses.replace(fresh.chart, fence_id=ids)
    snapshot.restore(fresh, arrays, float(arrays["t_unix_s"]), max_age_s=MAX_AGE_S)
    old_ids = arrays["fence_id"]
    wanted = {(k >> 20, old_ids[k % (1 << 20)]) for k in arrays["pair_key"].tolist() if old_ids[k % (1 << 20)] in ids}
    assert {(k >> 20, ids[k % (1 << 20)]) for k in fresh.dwell.pairs.key.tolist()} == wanted
    assert wanted


@pytest.mark.parametrize(
    ("fault", "said"),
    [("old", "2000 s old"), ("future", "old, the limit"), ("format", "of format 99"), ("hole", "not whole")],
)
def test_what_cannot_be_used_is_refused_and_leaves_the_state_alone(
    kept: tuple[Path, State], fault: str, said: str
) -> None:
    arrays = dict(snapshot.read(kept[0]))
    now = float(arrays["t_unix_s"]) + {"old": 2000.0, "future": -5.0}.get(fault, 10.0)
    if fault == "format":
        arrays["format"] = np.array(99)
    if fault == "hole":
        del arrays["track_target_id"]
    fresh = fresh_state()
    with pytest.raises(snapshot.Unusable, match=said):
        snapshot.restore(fresh, arrays, now, max_age_s=MAX_AGE_S)
    assert len(fresh.tracks) == 0
    assert len(fresh.intake.receivers) == 0


def test_every_damaged_file_is_refused(kept: tuple[Path, State], tmp_path: Path) -> None:
    data, t_unix_s = kept[0].read_bytes(), float(snapshot.read(kept[0])["t_unix_s"])
    path = tmp_path / "picture.npz"
    rng = np.random.default_rng(3)
    damaged = [b"", b"no zip at all", data[: len(data) // 2], data[:-1]]
    for at in rng.integers(0, len(data), 40).tolist():
        damaged.append(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1 :])
    n_refused = 0
    for case in damaged:
        path.write_bytes(case)
        fresh = fresh_state()
        try:
            arrays = snapshot.read(path)
            snapshot.restore(fresh, arrays, t_unix_s, max_age_s=MAX_AGE_S)
        except snapshot.Unusable:
            n_refused += 1
    assert n_refused >= len(damaged) - 4  # a byte of the archive's own dates says nothing


def test_no_bit_of_a_file_can_stop_the_start(tmp_path: Path) -> None:
    """Every bit of a small archive: flags of encryption, compression and sizes among them."""
    path = tmp_path / "picture.npz"
    snapshot.write(path, {"a": np.arange(3.0), "b": np.array(["x"])})
    data = path.read_bytes()
    n_refused = 0
    for at in range(8 * len(data)):
        path.write_bytes(data[: at // 8] + bytes([data[at // 8] ^ 1 << at % 8]) + data[at // 8 + 1 :])
        try:
            snapshot.read(path)
        except snapshot.Unusable:
            n_refused += 1
    assert n_refused > 4 * len(data)


def test_a_write_that_is_cut_leaves_the_file_before_it(
    kept: tuple[Path, State], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "picture.npz"
    arrays = snapshot.read(kept[0])
    snapshot.write(path, arrays)
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "savez", full)
    with pytest.raises(OSError, match="No space"):
        snapshot.write(path, arrays)
    assert path.read_bytes() == before
