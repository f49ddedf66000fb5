"""On which side of an edge a point lies, exactly.

Every decision of this package (in or out, passed or not) rests on the sign of one cross product. In floating point
that sign is wrong when the point lies within some 1e-16 of the edge: hand-drawn fences on round numbers and positions
on the same round numbers do that every day. So the product is computed fast, and where its error bound does not
exclude zero it is computed again in rational numbers. A stream of real positions needs the slow way about never.
"""

from fractions import Fraction
from sys import float_info

import numpy as np

from geofences.columns import Column

# Error of (l - r) when each factor is a rounded difference: at most (3 + 16 eps) eps (|l| + |r|), eps = 2**-53
ERROR_BOUND = 4.0e-16


def orient(ax: Column, ay: Column, bx: Column, by: Column, px: Column, py: Column) -> Column:
    """(N,) float64, the cross product of a -> b and a -> p: > 0 p left of the edge, < 0 right of it, 0 on its line.

    The sign is exact; the size is right to the error bound, and where that would hide the sign, to the last bit.
    """
    left = (bx - ax) * (py - ay)
    right = (by - ay) * (px - ax)
    cross: Column = left - right
    size = np.abs(left) + np.abs(right)
    unsure = (np.abs(cross) < ERROR_BOUND * size).nonzero()[0]
    for i in unsure.tolist():
        cross[i] = exact_cross(*(float(c[i]) for c in (ax, ay, bx, by, px, py)))
    return cross


def exact_cross(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> float:
    """The cross product of a -> b and a -> p in rational numbers, rounded once and never to zero."""
    cross = _cross(*map(Fraction, (ax, ay, bx, by, px, py)))
    return float(cross) or ((cross > 0) - (cross < 0)) * float_info.min


def exact_fraction(ax: float, ay: float, bx: float, by: float, x1: float, y1: float, x2: float, y2: float) -> float:
    """Where the line of a -> b meets the leg 1 -> 2, as a part of the leg, in rational numbers. Not for parallels."""
    start = _cross(*map(Fraction, (ax, ay, bx, by, x1, y1)))
    end = _cross(*map(Fraction, (ax, ay, bx, by, x2, y2)))
    return float(start / (start - end))


def _cross(ax: Fraction, ay: Fraction, bx: Fraction, by: Fraction, px: Fraction, py: Fraction) -> Fraction:
    return (bx - ax) * (py - ay) - (by - ay) * (px - ax)
