"""How well a radar sees a vessel: horizon, echo, clutter, chance of detection. Pure formulas.

    SNR dB = 17.8 + 10 log10(RCS) - 40 log10(range / reach) - clutter        two-way spreading: the fourth power
    Pd     = Pfa ^ (1 / (1 + SNR))                                           Swerling 1, one look a scan

17.8 dB is the SNR at which Pd is 0.8, so `reach` is where 1 m2 is seen in four scans of five. Its default of 11 km
comes from table 2 of MSC.192(79) (a 10 m boat without reflector at 3.4 nm) and 14 dB that a shore radar has on a ship's
(antenna, height, power). Echo sizes: 1.4 m2 for an inflatable of 5.2 m (Terma, SCANTER 5102 white paper), the others
in the spirit of the target classes of IALA V-128. They are a model's numbers until somebody measures at sea.
"""

import numpy as np

from decoders.table import Column

PFA = 1e-6
SNR_80_DB = 17.8  # where Pd is 0.8 at this Pfa
EARTH_4_3_KM = 4.12  # horizon in km per root of height in m, standard refraction
# sea states 1..5 by their middle wave height: what clutter takes from the echo of a low boat
HS_M = (0.05, 0.3, 0.9, 1.9, 3.2)
CLUTTER_DB = (0.0, 3.0, 8.0, 14.0, 20.0)
CLUTTER_NEAR_M = 10_000.0  # beyond it half the loss
LOW_M2, HIGH_M2 = 3.0, 30.0  # a boat up to the first suffers in full, an echo from the second on not at all
# echo and the height of its middle by length: a class's median
LENGTH_M = (5.0, 9.0, 14.0, 20.0, 80.0, 150.0, 300.0)
RCS_M2 = (1.0, 2.5, 10.0, 100.0, 1e3, 1e4, 1e5)
HEIGHT_M = (0.5, 1.5, 2.0, 3.0, 6.0, 9.0, 15.0)


def horizon_m(site_height_m: float, height_m: Column) -> Column:
    """(N,) farthest range at which something this high is above the horizon."""
    horizon: Column = 1000.0 * EARTH_4_3_KM * (np.sqrt(site_height_m) + np.sqrt(height_m))
    return horizon


def usual_echo(length_m: Column) -> tuple[Column, Column]:
    """((N,) m2, (N,) m): the echo of a vessel of this length, and how high it stands."""
    size = np.log(np.maximum(length_m, LENGTH_M[0]))
    return np.exp(np.interp(size, np.log(LENGTH_M), np.log(RCS_M2))), np.interp(size, np.log(LENGTH_M), HEIGHT_M)


def clutter_db(hs_m: float, rcs_m2: Column, range_m: Column) -> Column:
    """What the sea takes from an echo: all of it from low boats close in, half of it far out, nothing from ships."""
    suffers = np.clip(np.log(HIGH_M2 / rcs_m2) / np.log(HIGH_M2 / LOW_M2), 0.0, 1.0)
    loss: Column = np.interp(hs_m, HS_M, CLUTTER_DB) * suffers * np.where(range_m < CLUTTER_NEAR_M, 1.0, 0.5)
    return loss


def snr_db(rcs_m2: Column, range_m: Column, reach_m: float, loss_db: Column) -> Column:
    """Signal over noise of one look."""
    spread = 40.0 * np.log10(np.maximum(range_m, 1.0) / reach_m)
    snr: Column = SNR_80_DB + 10.0 * np.log10(rcs_m2) - spread - loss_db
    return snr


def p_detection(snr: Column) -> Column:
    """Chance that one look is a plot; snr in dB."""
    p: Column = PFA ** (1.0 / (1.0 + 10.0 ** (snr / 10.0)))
    return p


def sea_state(hs_m: float) -> float:
    """1 to 5, in between by the wave height."""
    return float(np.interp(hs_m, HS_M, np.arange(1.0, 6.0)))
