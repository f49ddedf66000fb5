"""The filters of all tracks at once: against one written down slowly, and against what they say of themselves."""

import numpy as np
import pytest

from decoders.table import Column
from monitor.radar import kalman, models
from tests.oracles import kalman_oracle as oracle


def a_spread(rng: np.random.Generator, n: int, k: int) -> Column:
    root = rng.normal(0, 10.0, (n, k, k))
    return root @ root.swapaxes(1, 2) + np.eye(k)


def test_every_row_is_what_the_slow_filter_makes_of_it() -> None:
    rng = np.random.default_rng(1)
    n = 60
    state, covariance = rng.normal(0, 100.0, (n, 4)), a_spread(rng, n, 4)
    dt, noise, lag = rng.uniform(0, 60, n), rng.uniform(0, 5, n), rng.uniform(-5, 1, n)
    place, error = rng.normal(0, 100.0, (n, 2)), a_spread(rng, n, 2)
    moved, grown = kalman.predict(state, covariance, dt, noise)
    residual, spread = kalman.innovation(moved, grown, place, error, lag)
    distance2 = kalman.distance2(residual, kalman.inverse(spread)[0])
    after, left = kalman.update(moved, grown, place, error, lag)
    for i in range(n):
        x, p = oracle.predicted(state[i].tolist(), covariance[i].tolist(), dt[i], noise[i])
        np.testing.assert_allclose(moved[i], x, rtol=1e-12)
        np.testing.assert_allclose(grown[i], p, rtol=1e-12)
        x, p, d2 = oracle.updated(x, p, place[i].tolist(), error[i].tolist(), lag[i])
        np.testing.assert_allclose(after[i], x, rtol=1e-6, atol=1e-6)
        np.testing.assert_allclose(left[i], p, rtol=1e-6, atol=1e-3 * np.abs(p).max())
        assert distance2[i] == pytest.approx(d2, rel=1e-9)


def test_two_models_of_the_same_kind_are_one_filter() -> None:
    rng = np.random.default_rng(2)
    n, motion = 20, models.Motion((0.3, 0.3), (60.0, 10.0))
    state, covariance = rng.normal(0, 100.0, (n, 4)), a_spread(rng, n, 4)
    chance = np.tile([0.8, 0.2], (n, 1))
    after = models.predict(chance, np.stack([state] * 2, 1), np.stack([covariance] * 2, 1), 2.5, motion)
    place, error, lag = rng.normal(0, 100.0, (n, 2)), a_spread(rng, n, 2), np.full(n, -1.0)
    mean, spread = models.mixture(*models.update(*after, place, error, lag))
    alone = kalman.update(*kalman.predict(state, covariance, np.full(n, 2.5), np.full(n, 0.3)), place, error, lag)
    np.testing.assert_allclose(mean, alone[0], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(spread, alone[1], rtol=1e-9, atol=1e-7)


def test_a_model_that_expected_the_plot_gains_and_neither_is_ever_ruled_out() -> None:
    motion = models.Motion((0.01, 4.0), (60.0, 10.0))
    chance, state, covariance = np.array([[0.9, 0.1]]), np.zeros((1, 2, 4)), np.tile(np.eye(4), (1, 2, 1, 1))
    for place_m, wins in ((0.0, 0), (60.0, 1)):
        after = models.predict(chance, state, covariance, 5.0, motion)
        place, error = np.array([[place_m, 0.0]]), 25.0 * np.eye(2)[None]
        now = models.update(*after, place, error, np.zeros(1))[0][0]
        assert now[wins] > after[0][0, wins]
        assert now.sum() == pytest.approx(1.0)
        assert now.min() > 0.0


def test_over_a_long_gap_the_models_settle_at_the_time_that_boats_spend_in_each() -> None:
    motion = models.Motion((0.01, 4.0), (60.0, 20.0))
    after = models.predict(np.array([[0.0, 1.0]]), np.zeros((1, 2, 4)), np.zeros((1, 2, 4, 4)), 1e5, motion)[0]
    np.testing.assert_allclose(after, [[0.75, 0.25]], rtol=1e-9)


def test_the_errors_are_as_large_as_the_filter_says() -> None:
    """NEES of 400 boats that move as the model says: chi-square with four degrees of freedom, mean 4."""
    rng = np.random.default_rng(3)
    n, dt, q = 400, 2.5, 0.1
    truth = np.column_stack([rng.uniform(-2e4, 2e4, (n, 2)), rng.normal(0, 5, (n, 2))])
    range_m, bearing = np.hypot(truth[:, 0], truth[:, 1]), np.degrees(np.arctan2(truth[:, 0], truth[:, 1]))
    error = kalman.polar_error_m2(range_m, bearing, 7.0, 0.12, 3.0)
    root, kick = np.linalg.cholesky(error), np.linalg.cholesky([[dt**3 / 3, dt**2 / 2], [dt**2 / 2, dt]]) * np.sqrt(q)

    def plot() -> Column:
        found: Column = truth[:, :2] + (root @ rng.normal(size=(n, 2, 1)))[:, :, 0]
        return found

    state, covariance = np.column_stack([plot(), np.zeros((n, 2))]), np.zeros((n, 4, 4))
    covariance[:, :2, :2], covariance[:, 2:, 2:] = error, 25.0 * np.eye(2)
    nees = []
    for _ in range(60):
        truth[:, :2] += dt * truth[:, 2:]
        truth += (kick @ rng.normal(size=(n, 2, 2))).reshape(n, 4)
        state, covariance = kalman.predict(state, covariance, np.full(n, dt), np.full(n, q))
        state, covariance = kalman.update(state, covariance, plot(), error, np.zeros(n))
        off = state - truth
        nees.append(float(np.mean(np.einsum("ni,nij,nj->n", off, np.linalg.inv(covariance), off))))
    assert np.mean(nees[5:]) == pytest.approx(4.0, abs=0.15)  # five sigma of 55 dependent means of 400
    assert max(nees[5:]) < 4.9


@pytest.mark.parametrize(("bearing", "along"), [(0.0, (0.0, 1.0)), (90.0, (1.0, 0.0)), (225.0, (-0.7071, -0.7071))])
def test_range_errs_along_the_bearing_and_bearing_across(bearing: float, along: tuple[float, float]) -> None:
    error = kalman.polar_error_m2(np.array([10_000.0]), np.array([bearing]), 7.0, 0.12, 0.0)[0]
    across = np.array([along[1], -along[0]])
    assert np.sqrt(along @ error @ np.array(along)) == pytest.approx(7.0, rel=1e-3)
    assert np.sqrt(across @ error @ across) == pytest.approx(20.94, rel=1e-3)
