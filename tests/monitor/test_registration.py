"""How far a radar is off: learned, bounded, and never from what is in doubt."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from monitor.bench.strait import Radar, Strait, lanes, site
from monitor.radar.associate import Links, associate
from monitor.radar.association import SHIPPED as ASSOCIATION
from monitor.radar.misalignment import Votes, no_votes, realigned, voted
from monitor.radar.registration import SHIPPED, Registration, Sightings, corrected, learn, sightings, unregistered

T0 = 1_795_600_000.0


def seen_off(
    range_m: float, bearing_deg: float, *, n: int = 20, rng: np.random.Generator | None = None, first_id: int = 1
) -> Sightings:
    """Pairs that are off by so much, ships going both ways."""
    noise = rng.standard_normal((2, n)) if rng else np.zeros((2, n))
    rate = np.where(np.arange(n) % 2, 6.0, -6.0)
    return Sightings(
        np.zeros(n, np.int32),
        first_id + np.arange(n),
        np.full(n, T0),
        range_m + 15.0 * noise[0],
        bearing_deg + 0.15 * noise[1],
        rate,
        np.zeros(n),
        np.full(n, 15.0),
        np.full(n, 0.15),
    )


def test_range_bearing_and_clock_are_told_apart() -> None:
    known = unregistered(1)
    for k in range(30):
        pairs = seen_off(12.0, -0.4, first_id=1 + 100 * k)
        pairs = replace(pairs, range_m=pairs.range_m - 0.8 * pairs.range_m_per_s)
        known = learn(known, pairs, T0 + k, SHIPPED)
    assert known.bias[0] == pytest.approx([12.0, -0.4, 0.8], abs=0.05)
    assert known.n_pairs[0] == 600


def test_what_is_learned_is_taken_off() -> None:
    known = replace(unregistered(1), bias=np.array([[10.0, -1.5, 0.5]]))
    one = np.zeros(1, np.int32)
    range_m, bearing, t = corrected(known, one, np.array([5_010.0]), np.array([359.0]), np.array([100.5]))
    assert (range_m[0], bearing[0], t[0]) == (5_000.0, 0.5, 100.0)


def test_an_outlier_teaches_nothing_and_a_wild_one_cannot_push_it_out_of_bounds() -> None:
    known = unregistered(1)
    for k in range(10):
        known = learn(known, seen_off(0.0, 0.0, first_id=1 + 100 * k), T0 + k, SHIPPED)
    wild = learn(known, seen_off(400.0, 0.0, n=3, first_id=9_000), T0 + 20, SHIPPED)
    assert wild.bias.tolist() == known.bias.tolist()
    assert wild.n_pairs.tolist() == known.n_pairs.tolist()
    far = replace(SHIPPED, outlier_sigma=1e6)
    assert learn(known, seen_off(9e5, 90.0, first_id=9_000), T0 + 20, far).bias[0, :2].tolist() == [300.0, 3.0]


def test_missing_numbers_teach_nothing() -> None:
    known = unregistered(1)
    pairs = seen_off(np.nan, 0.0)
    assert learn(known, pairs, T0, SHIPPED).bias.tolist() == known.bias.tolist()


def test_a_track_teaches_once_in_a_while() -> None:
    known = learn(unregistered(1), seen_off(5.0, 0.1), T0, SHIPPED)
    assert learn(known, seen_off(5.0, 0.1), T0 + 10.0, SHIPPED).n_pairs.tolist() == [20]
    assert learn(known, seen_off(5.0, 0.1), T0 + 31.0, SHIPPED).n_pairs.tolist() == [40]


def test_order_does_not_matter() -> None:
    rng = np.random.default_rng(1)
    pairs = seen_off(5.0, 0.1, rng=rng)
    a = learn(unregistered(1), pairs, T0, SHIPPED)
    b = learn(unregistered(1), pairs.take(rng.permutation(len(pairs))), T0, SHIPPED)
    assert a.bias.tolist() == b.bias.tolist()
    assert a.covariance.tolist() == b.covariance.tolist()


def sail(bias: tuple[float, float, float], seconds: int, seed: int) -> tuple[Registration, int]:
    """A radar that is off, watched with everything switched on: what was learned, and wrong links."""
    rng = np.random.default_rng(seed)
    strait = Strait(lanes(rng, 50, 10), [Radar(site(), bias=bias, n_false=5)], rng)
    links, known, votes, n_wrong = Links(), unregistered(1), no_votes(), 0
    for tick in strait.ticks(seconds):
        strait.correction = known.bias
        found = associate(
            links,
            tick.seen,
            tick.ships,
            strait.sites,
            tick.now_unix_s,
            registration=known,
            settings=ASSOCIATION,
        )
        is_linked = (found.target_id >= 0) & ~found.is_ambiguous
        n_wrong += int((found.target_id != tick.body + 1000)[is_linked].sum())
        pairs = sightings(known, found, tick.seen, tick.ships, strait.sites, ASSOCIATION)
        assert not np.isin(pairs.track_id, found.track_id[found.is_ambiguous]).any()
        votes = voted(votes, known, found, tick.seen, tick.ships, strait.sites, tick.now_unix_s, ASSOCIATION, SHIPPED)
        known, votes = realigned(learn(known, pairs, tick.now_unix_s, SHIPPED), votes, SHIPPED)
    return known, n_wrong


@pytest.mark.parametrize(
    "bias", [(0.0, 0.0, 0.0), (15.0, 0.2, -0.5), (-12.0, -0.1, 1.0), (10.0, 2.0, -1.0), (-5.0, -1.7, 0.5)]
)
def test_a_radar_of_the_strait_is_registered_within_six_minutes(bias: tuple[float, float, float]) -> None:
    known, n_wrong = sail(bias, 360, seed=4)
    assert known.bias[0, 0] == pytest.approx(bias[0], abs=5.0)
    assert known.bias[0, 1] == pytest.approx(bias[1], abs=0.04)
    assert known.bias[0, 2] == pytest.approx(bias[2], abs=0.35)
    assert n_wrong == 0


def test_votes_of_few_ships_or_of_many_shifts_are_not_believed() -> None:
    def votes_of(shifts: list[tuple[float, float]]) -> Votes:
        n = len(shifts)
        r, b = np.array(shifts).T
        return Votes(np.zeros(n, np.int64), np.arange(n), 1000 + np.arange(n), np.full(n, T0), r, b)

    start = unregistered(1)
    together, rng = [(40.0, 1.5)] * 6, np.random.default_rng(1)
    scattered = [(float(r), float(b)) for r, b in zip(rng.uniform(-300, 300, 9), rng.uniform(-3, 3, 9), strict=True)]
    assert realigned(start, votes_of(together), SHIPPED)[0].bias[0].tolist() == [40.0, 1.5, 0.0]
    assert realigned(start, votes_of(together[:4]), SHIPPED)[0] is start
    assert realigned(start, votes_of(together + scattered), SHIPPED)[0] is start
    one_ship = replace(votes_of(together * 3), target_id=np.full(18, 1000))
    assert realigned(start, one_ship, SHIPPED)[0] is start
    linked = replace(votes_of(together * 2), range_m=np.repeat([40.0, np.nan], 6))
    assert realigned(start, linked, SHIPPED)[0] is start


def columns(path: Path) -> dict[str, np.ndarray]:
    with path.open() as lines:
        rows = list(csv.DictReader(lines))
    return {name: np.array([float(row[name]) for row in rows]) for name in rows[0]}


def test_a_real_radar_on_a_boat_is_found_to_be_turned_by_1_7_degrees(shared_data: Path) -> None:
    plots, truth = (columns(shared_data / "radar" / "joyride" / f"{name}.csv") for name in ("detections", "truth"))
    known = unregistered(1)
    for k, scan in enumerate(truth["scan"]):
        own_n, own_e = truth["own_north_m"][k], truth["own_east_m"][k]
        n, e = truth["target_north_m"][k] - own_n, truth["target_east_m"][k] - own_e
        mine = plots["scan"] == scan
        pn, pe = plots["north_m"][mine] - own_n, plots["east_m"][mine] - own_e
        near = np.hypot(pn - n, pe - e) < 100.0
        if near.sum() != 1:
            continue
        off_deg = np.degrees(np.arctan2(pe, pn) - np.arctan2(e, n))[near]
        pairs = Sightings(
            np.zeros(1, np.int32),
            np.array([1]),
            np.array([truth["time_s"][k]]),
            (np.hypot(pn, pe) - np.hypot(n, e))[near],
            (off_deg + 180.0) % 360.0 - 180.0,
            np.zeros(1),
            np.zeros(1),
            np.array([10.0]),
            np.array([1.5]),
        )
        known = learn(known, pairs, float(truth["time_s"][k]), replace(SHIPPED, every_s=1.0))
    assert known.n_pairs[0] > 60
    assert known.bias[0, 1] == pytest.approx(-1.7, abs=0.35)
    assert abs(known.bias[0, 1] + 1.7) < 3.0 * known.sigma[0, 1] + 0.1
