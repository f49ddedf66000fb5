"""On which side of an edge a point lies, exactly.

Every decision of this package (in or out, passed or not) rests on the sign of one cross product. In floating point
that sign is wrong when the point lies within some 1e-16 of the edge: hand-drawn fences on round numbers and positions
on the same round numbers do that every day. So the product is computed fast, and where its error bound does not
exclude zero it is computed again in rational numbers. A stream of real positions needs the slow way about never.
"""

from fractions import Fraction

import numpy as np

from geofences.columns import Column

# Error of (l - r) when each factor is a rounded difference: at most (3 + 16 eps) eps (|l| + |r|), eps = 2**-53
ERROR_BOUND = 4.0e-16


def orient(ax: Column, ay: Column, bx: Column, by: Column, px: Column, py: Column) -> Column:
    """(N,) float64 whose sign says where p lies: > 0 left of the edge a -> b, < 0 right of it, 0 on its line."""
    left = (bx - ax) * (py - ay)
    right = (by - ay) * (px - ax)
    cross: Column = left - right
    size = np.abs(left) + np.abs(right)
    unsure = np.flatnonzero(np.abs(cross) < ERROR_BOUND * size)
    for i in unsure.tolist():
        cross[i] = exact_sign(*(float(c[i]) for c in (ax, ay, bx, by, px, py)))
    return cross


def exact_sign(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> int:
    """-1, 0 or 1: the sign of the cross product of a -> b and a -> p, in rational numbers."""
    x, y = Fraction(ax), Fraction(ay)
    cross = (Fraction(bx) - x) * (Fraction(py) - y) - (Fraction(by) - y) * (Fraction(px) - x)
    return (cross > 0) - (cross < 0)
