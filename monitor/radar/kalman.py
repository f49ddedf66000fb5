"""The Kalman filter of all tracks at once: constant velocity in a plane, positions measured.

    state       (T, 4)     east_m, north_m, east_m_s, north_m_s
    covariance  (T, 4, 4)  of that
    error       (N, 2, 2)  of a plot, in square metres

White acceleration of `noise_m2_s3` drives the velocity (Bar-Shalom, Li, Kirubarajan, Estimation with Applications to
Tracking and Navigation, 2001, section 6.2.2). An antenna takes seconds for a turn, so a plot is of its own instant:
it measures position + lag * velocity, lag being its time against the scan's, and the filter takes it as that. Moving
the plot instead would need the velocity that it is to correct.

Matrices are 2 by 2 inside (position and velocity blocks), inverted in closed form: a tenth of the time of
`np.linalg.inv` on a stack. tests/oracles/kalman_oracle.py is the same filter, one track at a time.
"""

import numpy as np

from decoders.table import Column


def predict(state: Column, covariance: Column, dt_s: Column, noise_m2_s3: Column) -> tuple[Column, Column]:
    """State and covariance after dt_s, (T,) float64, with noise_m2_s3, (T,) float64, of white acceleration."""
    moved = state.copy()
    moved[:, :2] += dt_s[:, None] * state[:, 2:]
    dt, q = dt_s[:, None, None], noise_m2_s3[:, None, None] * np.eye(2)
    place, cross, speed = covariance[:, :2, :2], covariance[:, :2, 2:], covariance[:, 2:, 2:]
    grown = np.empty_like(covariance)
    grown[:, :2, :2] = place + dt * (cross + cross.swapaxes(1, 2)) + dt**2 * speed + q * dt**3 / 3.0
    grown[:, :2, 2:] = cross + dt * speed + q * dt**2 / 2.0
    grown[:, 2:, :2] = grown[:, :2, 2:].swapaxes(1, 2)
    grown[:, 2:, 2:] = speed + q * dt
    return moved, grown


def innovation(
    state: Column, covariance: Column, place_m: Column, error_m2: Column, lag_s: Column
) -> tuple[Column, Column]:
    """What each plot says against its track, (T, 2), and the covariance of that, (T, 2, 2); row by row.

    place_m : (T, 2) east and north of the plot; error_m2 : (T, 2, 2); lag_s : (T,) its time less the state's.
    """
    lag = lag_s[:, None, None]
    cross = covariance[:, :2, 2:]
    spread = covariance[:, :2, :2] + lag * (cross + cross.swapaxes(1, 2)) + lag**2 * covariance[:, 2:, 2:] + error_m2
    return place_m - state[:, :2] - lag_s[:, None] * state[:, 2:], spread


def inverse(spread: Column) -> tuple[Column, Column]:
    """Inverse and determinant of symmetric 2 by 2 matrices, (T, 2, 2) and (T,)."""
    a, b, d = spread[:, 0, 0], spread[:, 0, 1], spread[:, 1, 1]
    determinant = a * d - b * b
    turned = np.empty_like(spread)
    turned[:, 0, 0], turned[:, 1, 1] = d, a
    turned[:, 0, 1] = turned[:, 1, 0] = -b
    return turned / determinant[:, None, None], determinant


def distance2(residual: Column, inverse_spread: Column) -> Column:
    """Squared Mahalanobis distance, (T,): chi-square with two degrees of freedom where the model holds."""
    found: Column = np.einsum("ni,nij,nj->n", residual, inverse_spread, residual)
    return found


def update(
    state: Column, covariance: Column, place_m: Column, error_m2: Column, lag_s: Column
) -> tuple[Column, Column]:
    """State and covariance after one plot each. Joseph's form: the covariance stays one whatever is rounded."""
    residual, spread = innovation(state, covariance, place_m, error_m2, lag_s)
    seen = covariance[:, :, :2] + lag_s[:, None, None] * covariance[:, :, 2:]  # P H'
    gain = seen @ inverse(spread)[0]
    kept = np.zeros_like(covariance)
    kept[:, :, :2] = -gain
    kept[:, :, 2:] = -gain * lag_s[:, None, None]
    kept += np.eye(4)
    found = kept @ covariance @ kept.swapaxes(1, 2) + gain @ error_m2 @ gain.swapaxes(1, 2)
    return state + (gain @ residual[:, :, None])[:, :, 0], (found + found.swapaxes(1, 2)) / 2.0


def polar_error_m2(
    range_m: Column, bearing_deg: Column, sigma_range_m: float, sigma_bearing_deg: float, sigma_spot_m: float
) -> Column:
    """(N, 2, 2) covariance in east and north of what was measured in range and bearing.

    sigma_spot_m : of what moves about in every direction: the point of a hull that answers.
    """
    along, across = sigma_range_m**2, (np.radians(sigma_bearing_deg) * range_m) ** 2
    sin, cos = np.sin(np.radians(bearing_deg)), np.cos(np.radians(bearing_deg))
    found = np.empty((len(range_m), 2, 2))
    found[:, 0, 0] = along * sin**2 + across * cos**2
    found[:, 1, 1] = along * cos**2 + across * sin**2
    found[:, 0, 1] = found[:, 1, 0] = (along - across) * sin * cos
    found += sigma_spot_m**2 * np.eye(2)
    return found
