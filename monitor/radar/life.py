"""When a track begins, is believed, is coasted and ends: decisions on columns, nothing else.

A plot may be a boat or nothing. How sure the tracker is that a track is a boat is kept as a score, the logarithm of the
odds (Wald's sequential test; Blackman and Popoli, Design and Analysis of Modern Tracking Systems, 1999, section 6.2).
It starts at `birth_chance`; then each scan

    with a plot     + ln( Pd * density of a boat's plot there / density of false plots there )
    without one     + ln( 1 - Pd )

and above `confirm_chance` the track is believed, below `drop_chance` it is given up. So two plots make a track on an
empty sea, three or four where it is cluttered, and none where an echo always stands (`clutter.py`): the hits that an
M-of-N rule must fix beforehand follow from what the place is like. On six recordings of a real radar (Autoferry) two
hits always found 0.908 of the targets with 3.0 extra tracks a scan, three of five 0.892 with 2.0, the score 0.914
with 1.8.

A believed track ends by misses alone: `coast_per_hit` for each plot it had, at least `MIN_MISSES`, at most
`coast_scans`. A wave that was taken for a boat goes soon, a boat in a ship's shadow stays for twenty seconds. Misses
are counted in time, so scans without plots and gaps count as what they are.
"""

import numpy as np

from decoders.table import Column

MIN_HITS = 2  # a single plot has no speed
MIN_MISSES = 2  # what a believed track survives however young: one missed plot proves nothing at Pd 0.8
TENTATIVE_MISSES = 2  # what ends one that is not believed
LN_TAU = float(np.log(2.0 * np.pi))


def score_of(chance: float) -> float:
    """Logarithm of the odds of a chance."""
    return float(np.log(chance / (1.0 - chance)))


def hit_score(distance2: Column, determinant_m4: Column, false_per_m2: Column, detection_chance: float) -> Column:
    """(N,) what a plot in the gate adds. distance2, determinant_m4 : of the innovation and its covariance."""
    boat = np.log(detection_chance) - LN_TAU - 0.5 * np.log(determinant_m4) - 0.5 * distance2
    found: Column = boat - np.log(false_per_m2)
    return found


def misses(t_unix_s: float, hit_unix_s: Column, period_s: float) -> Column:
    """(T,) scans since each track's last plot, this one included."""
    found: Column = np.rint((t_unix_s - hit_unix_s) / period_s)
    return found


def is_believed(score: Column, n_hits: Column, speed_m_s: Column, confirm_score: float, max_speed_m_s: float) -> Column:
    """(T,) bool: enough evidence, and no faster than boats are."""
    return (score >= confirm_score) & (n_hits >= MIN_HITS) & (speed_m_s <= max_speed_m_s)


def is_over(n_misses: Column, n_hits: Column, coast_per_hit: float, coast_scans: float) -> Column:
    """(T,) bool: a believed track that was not seen for as long as its past allows."""
    allowed = np.maximum(np.minimum(np.floor(n_hits * coast_per_hit), coast_scans), MIN_MISSES)
    found: Column = n_misses >= allowed
    return found


def is_dropped(n_misses: Column, score: Column, speed_m_s: Column, drop_score: float, max_speed_m_s: float) -> Column:
    """(T,) bool: a track that is not believed and no longer worth a look."""
    return (n_misses >= TENTATIVE_MISSES) | (score < drop_score) | (speed_m_s > 1.5 * max_speed_m_s)
