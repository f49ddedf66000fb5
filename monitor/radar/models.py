"""Two minds about every track: that it goes on as it went, and that it turns.

A boat on a straight course wants little process noise: at 10 km a radar that errs by 20 m tells its speed to 1 kn that
way. A boat that turns wants much, or its next plot lies outside the gate and the track is lost. One noise between the
two does neither (a manoeuvring boat, Joyride: 0.81 of the scans tracked with 0.3 m2/s3, 0.92 with two models).
So each track has a filter of each kind, and the plots decide between them: interacting multiple models (Blom and
Bar-Shalom, IEEE Transactions on Automatic Control 33, 1988).

    state (T, M, 4)   covariance (T, M, 4, 4)   chance (T, M), sums to 1     M = 2: steady, turning

The gate is that of the mixture, so a boat that may turn is looked for where it may have turned to.
"""

from dataclasses import dataclass

import numpy as np

from decoders.table import Column
from monitor.radar import kalman

N_MODELS = 2


@dataclass(frozen=True, slots=True)
class Motion:
    """How boats move, for the filters."""

    noise_m2_s3: tuple[float, float]  # spectral density of the white acceleration, steady and turning
    stay_s: tuple[float, float]  # mean time that a boat goes on steadily, and that it turns


def mixture(chance: Column, state: Column, covariance: Column) -> tuple[Column, Column]:
    """Mean and covariance, (T, 4) and (T, 4, 4), of what the models say together."""
    mean = np.einsum("tm,tmi->ti", chance, state)
    apart = state - mean[:, None, :]
    spread = covariance + apart[:, :, :, None] * apart[:, :, None, :]
    return mean, np.einsum("tm,tmij->tij", chance, spread)


def predict(
    chance: Column, state: Column, covariance: Column, dt_s: float, motion: Motion
) -> tuple[Column, Column, Column]:
    """Chance, state and covariance of each model after dt_s: the models exchange what they know, then go on."""
    n = len(chance)
    change = _transition(dt_s, motion)
    joint = chance[:, :, None] * change  # (T, from, to)
    after = joint.sum(axis=1)
    share = joint / after[:, None, :]
    mixed = [mixture(share[:, :, m], state, covariance) for m in range(N_MODELS)]
    found = [
        kalman.predict(mean, spread, np.full(n, dt_s), np.full(n, noise))
        for (mean, spread), noise in zip(mixed, motion.noise_m2_s3, strict=True)
    ]
    return after, np.stack([mean for mean, _ in found], axis=1), np.stack([spread for _, spread in found], axis=1)


def update(
    chance: Column, state: Column, covariance: Column, place_m: Column, error_m2: Column, lag_s: Column
) -> tuple[Column, Column, Column]:
    """The same after one plot each: every model takes it, and is believed as far as it expected it."""
    likelihood, states, covariances = [], [], []
    for m in range(N_MODELS):
        residual, spread = kalman.innovation(state[:, m], covariance[:, m], place_m, error_m2, lag_s)
        inverse, determinant = kalman.inverse(spread)
        likelihood.append(-0.5 * (kalman.distance2(residual, inverse) + np.log(determinant)))
        mean, grown = kalman.update(state[:, m], covariance[:, m], place_m, error_m2, lag_s)
        states.append(mean)
        covariances.append(grown)
    weight = np.stack(likelihood, axis=1)
    posterior = chance * np.exp(weight - weight.max(axis=1, keepdims=True))
    posterior = np.maximum(posterior / posterior.sum(axis=1, keepdims=True), 1e-6)  # neither is ever ruled out
    posterior /= posterior.sum(axis=1, keepdims=True)
    return posterior, np.stack(states, axis=1), np.stack(covariances, axis=1)


def _transition(dt_s: float, motion: Motion) -> Column:
    """(from, to) chances over dt_s of a chain that leaves each model at its own rate."""
    leave = 1.0 / np.array(motion.stay_s)
    settled = leave[::-1] / leave.sum()
    gone = 1.0 - np.exp(-leave.sum() * dt_s)
    found: Column = (1.0 - gone) * np.eye(N_MODELS) + gone * settled[None, :]
    return found
