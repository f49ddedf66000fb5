"""Fences, slowly: school-book geometry in rational numbers, one point and one leg at a time.

The stated rule of ties is taken literally: a point or leg is moved by (e, e^2), e infinitely small, and then asked.
Here e is 2^-400, which is below anything that a double of degrees can tell apart and costs nothing in rational numbers.
The moved point lies on no edge and the moved leg runs through no vertex, so no case needs care.
"""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import numpy as np

E = Fraction(1, 2**400)
GRAZE_DEG = 1e-9  # a visit shorter than this is a touch

Paths = Sequence[np.ndarray]
Leg = tuple[float, float, float, float]  # lon, lat, lon, lat
Edge = tuple[Fraction, Fraction, Fraction, Fraction]


class Told(NamedTuple):
    """One event: its code, where it was, where an area that was crossed was left again, the side of a line."""

    event: str
    fraction: float
    exit_fraction: float = float("nan")
    side: int = 0


class Pass(NamedTuple):
    fraction: Fraction
    side: int


def edges(paths: Paths, is_line: bool) -> Iterator[Edge]:
    """Every edge in the direction in which it was drawn; rings are closed where they are not."""
    for path in paths:
        points = [(Fraction(float(x)), Fraction(float(y))) for x, y in path]
        if not is_line and points[0] != points[-1]:
            points.append(points[0])
        for (ax, ay), (bx, by) in pairwise(points):
            if (ax, ay) != (bx, by):
                yield ax, ay, bx, by


def holds(paths: Paths, x: float, y: float) -> bool:
    """Even-odd over all rings, of the moved point."""
    px, py = Fraction(x) + E, Fraction(y) + E * E
    inside = False
    for ax, ay, bx, by in edges(paths, False):
        if (ay > py) != (by > py) and px < ax + (py - ay) * (bx - ax) / (by - ay):
            inside = not inside
    return inside


def side_of(edge: Edge, x: Fraction, y: Fraction) -> Fraction:
    ax, ay, bx, by = edge
    return (bx - ax) * (y - ay) - (by - ay) * (x - ax)


def passes(paths: Paths, is_line: bool, leg: Leg) -> list[Pass]:
    """Where the moved leg passes edges, in its order."""
    x1, y1, x2, y2 = (Fraction(v) + e for v, e in zip(leg, (E, E * E, E, E * E), strict=True))
    found = []
    for edge in edges(paths, is_line):
        ax, ay, bx, by = edge
        side_1, side_2 = side_of(edge, x1, y1), side_of(edge, x2, y2)
        side_a, side_b = side_of((x1, y1, x2, y2), ax, ay), side_of((x1, y1, x2, y2), bx, by)
        if (side_1 > 0) != (side_2 > 0) and (side_a > 0) != (side_b > 0):
            found.append(Pass(side_1 / (side_1 - side_2), -1 if side_1 > 0 else 1))
    return sorted(found, key=lambda one: one.fraction)


def meets(paths: Paths, is_line: bool, leg: Leg) -> Fraction | None:
    """Where the leg itself, not moved, first meets the boundary; None if nowhere."""
    x1, y1, x2, y2 = map(Fraction, leg)
    dx, dy = x2 - x1, y2 - y1
    length_2 = dx * dx + dy * dy
    found = []
    for edge in edges(paths, is_line):
        ax, ay, bx, by = edge
        side_1, side_2 = side_of(edge, x1, y1), side_of(edge, x2, y2)
        if side_1 == side_2 == 0:  # on one line
            at = sorted(((x - x1) * dx + (y - y1) * dy) / length_2 for x, y in ((ax, ay), (bx, by)))
            if at[0] <= 1 and at[1] >= 0:
                found.append(max(at[0], Fraction(0)))
        elif side_1 * side_2 <= 0:
            fraction = side_1 / (side_1 - side_2)
            x, y = x1 + fraction * dx, y1 + fraction * dy
            if min(ax, bx) <= x <= max(ax, bx) and min(ay, by) <= y <= max(ay, by):
                found.append(fraction)
    return min(found, default=None)


def events(paths: Paths, is_line: bool, leg: Leg) -> list[Told]:
    """What a leg did to a fence, in its order."""
    x1, y1, x2, y2 = leg
    if (x1, y1) == (x2, y2):
        return []
    length = float(np.hypot(x2 - x1, y2 - y1))
    kept: list[Pass] = []
    for one in passes(paths, is_line, leg):
        if kept and float(one.fraction - kept[-1].fraction) * length < GRAZE_DEG:
            kept.pop()
        else:
            kept.append(one)
    told = []
    if is_line:
        told = [Told("CROSSED", float(one.fraction), side=one.side) for one in kept]
    else:
        at = [float(one.fraction) for one in kept]
        if holds(paths, x1, y1) and at:
            told.append(Told("LEFT", at.pop(0)))
        told += [Told("CROSSED", a, b) for a, b in zip(at[::2], at[1::2], strict=False)]
        if len(at) % 2:
            told.append(Told("ENTERED", at[-1]))
    if not told and (first := meets(paths, is_line, leg)) is not None:
        told.append(Told("TOUCHED", float(first)))
    return told
