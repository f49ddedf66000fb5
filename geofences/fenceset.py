"""The fences in force, as columns, with their index.

A fence is an area (rings, even-odd) or a line with a direction (its vertices' order). Both are edges straight in
longitude and latitude, as RFC 7946 says. A set never changes: another chart is another set.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from geofences.blocks import Blocks
from geofences.blocks import build as build_blocks
from geofences.columns import Column
from geofences.grid import Edges, Grid
from geofences.index import build as build_grid
from geofences.sides import is_left_inside
from geofences.terms import TermColumns, Terms
from geofences.terms import columns as term_columns


@dataclass(frozen=True, slots=True)
class Shape:
    """One fence before it is indexed. paths : its rings (areas; closed or not) or its lines, each (V, 2) lon, lat."""

    fence_id: str
    name: str
    kind: str
    paths: tuple[Column, ...]
    is_line: bool = False
    traffic_direction_deg: float = float("nan")
    properties: Mapping[str, Any] = field(default_factory=dict)
    geometry: Mapping[str, Any] | None = None  # the GeoJSON geometry as it was loaded
    terms: Terms = field(default_factory=Terms)


@dataclass(frozen=True, slots=True)
class FenceSet:
    """F fences in the order of their files; E edges."""

    fence_id: tuple[str, ...]
    name: tuple[str, ...]
    kind: tuple[str, ...]
    traffic_direction_deg: Column  # (F,) float64, NaN where there is none
    is_line: Column  # (F,) bool
    properties: tuple[Mapping[str, Any], ...]
    geometry: tuple[Mapping[str, Any] | None, ...]
    terms: TermColumns
    edges: Edges
    edge_start: Column  # (F + 1,) int64, where each fence's edges begin
    is_left_inside: Column  # (E,) bool, whether the fence lies left of the edge as it is turned (sides.py)
    grid: Grid
    blocks: Blocks

    def __len__(self) -> int:
        return len(self.fence_id)


def build(shapes: Sequence[Shape], cell_deg: float | None = None) -> FenceSet:
    """Index shapes that are known to be valid (`geojson.parse` sees to that). cell_deg : of the grid, None chooses."""
    tails, heads, counts, n_moves = [], [], [], []
    for shape in shapes:
        n = 0
        for path in shape.paths:
            points = np.asarray(path, np.float64)
            if not shape.is_line and len(points) and (points[0] != points[-1]).any():
                points = np.concatenate([points, points[:1]])
            moves = np.flatnonzero((points[1:] != points[:-1]).any(axis=1))
            tails.append(points[moves])
            heads.append(points[moves + 1])
            n_moves.append(len(moves))
            n += len(moves)
        counts.append(n)
    none = np.zeros((0, 2))
    is_line = np.array([shape.is_line for shape in shapes], bool)
    edges = _edges(np.concatenate([none, *tails]), np.concatenate([none, *heads]), np.array(counts, np.int64), is_line)
    edge_start = np.r_[0, np.cumsum(np.array(counts, np.int64))].astype(np.int64)
    grid = build_grid(edges, len(shapes), cell_deg)
    path_of = np.repeat(np.arange(len(n_moves)), np.array(n_moves, np.int64))
    return FenceSet(
        fence_id=tuple(shape.fence_id for shape in shapes),
        name=tuple(shape.name for shape in shapes),
        kind=tuple(shape.kind for shape in shapes),
        traffic_direction_deg=np.array([shape.traffic_direction_deg for shape in shapes], np.float64),
        is_line=is_line,
        properties=tuple(MappingProxyType(dict(shape.properties)) for shape in shapes),
        geometry=tuple(shape.geometry for shape in shapes),
        terms=term_columns([shape.terms for shape in shapes]),
        edges=edges,
        edge_start=edge_start,
        is_left_inside=is_left_inside(edges, grid, len(shapes), path_of),
        grid=grid,
        blocks=build_blocks(edges, edge_start),
    )


def _edges(tail: Column, head: Column, count: Column, is_line: Column) -> Edges:
    """Turn every edge upward, level ones eastward, so that two fences that share an edge see the same numbers."""
    fence = np.repeat(np.arange(len(count)), count)
    turned = (head[:, 1] < tail[:, 1]) | ((head[:, 1] == tail[:, 1]) & (head[:, 0] < tail[:, 0]))
    a = np.where(turned[:, None], head, tail)
    b = np.where(turned[:, None], tail, head)
    xa, ya, xb, yb = (np.ascontiguousarray(c) for c in (a[:, 0], a[:, 1], b[:, 0], b[:, 1]))
    return Edges(xa, ya, xb, yb, fence.astype(np.int32), turned, is_line[fence])
