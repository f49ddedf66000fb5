"""How far each radar is off: range, bearing and clock, learned from the ships that it shares with AIS.

    measured = true + bias          range_m, bearing_deg; a clock that is ahead by c says t = true + c, and by then the
                                    ship, as AIS has it, has gone on: range - c * range_rate, the same for the bearing

A Kalman filter of three numbers for each radar, all pairs of a call at once (the sum of their information), so their
order does not matter. Ships in both directions tell the clock from the range. Robust: a pair more than `outlier_sigma`
from what is expected is refused, and from half of that on it counts less (Huber, Robust Statistics, 1981). A pair
counts once in `every_s`, since neighbouring updates of a track err together, and no number of pairs makes the filter
surer than its floor, since a ship whose antenna is entered wrongly is wrong in all of them. It forgets slowly, so an
antenna that was moved is learned anew.

Only pairs that are linked without doubt teach (`sightings`). A bias beyond the gates gives no pairs at all: for that
see monitor/radar/misalignment.py.
"""

from dataclasses import dataclass

import numpy as np

from decoders.table import Column


@dataclass(frozen=True, slots=True)
class Registration:
    """What is known of each radar of the register, S rows; a value."""

    bias: Column  # (S, 3) float64: range (m), bearing (deg), clock (s); to be subtracted
    covariance: Column  # (S, 3, 3) float64

    @property
    def sigma(self) -> Column:
        """(S, 3) 1 sigma of each."""
        return np.sqrt(self.covariance[:, (0, 1, 2), (0, 1, 2)])


def unregistered(n_sites: int) -> Registration:
    s = (30.0, 0.5, 1.0)
    return Registration(np.zeros((n_sites, 3)), np.tile(np.diag(np.square(s)), (n_sites, 1, 1)))
