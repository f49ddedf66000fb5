"""Write the chart: `python -m geofences.chart.write`.

    facts.toml, maritime.geojson  ─┐
                                   ├─>  ../data/channel.geojson
    ../data/land.geojson          ─┘

Needs nothing but what the monitor needs. The same facts give the same bytes (tests/geofences/test_chart.py). The
monitor reads only what lies in data/; this package is for whoever corrects a fact or adds a fence.
"""

import argparse
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from shapely.ops import split

from geofences.chart import planes
from geofences.chart.record import CHANNEL, FACTS, LAND, MARITIME, geometry_of, read, written
from geofences.columns import Column
from geofences.project import NM_M

POSITION = re.compile(r"(\d\d) (\d\d\.\d+)([NS]) (\d\d\d) (\d\d\.\d+)([EW])")
STEP_DEG = 1e-6  # 0.1 m, a hundredth of what the best source claims
LEAST_WATERS_DEG2 = 1e-3  # 8 km2: what is smaller was left over between a coarse boundary and a fine coast
SMALL_NM = 0.5  # a disc so small is drawn coarsely
FILE_FACTS = {
    "licence": "ODbL-1.0, (c) OpenStreetMap contributors, for what names it; else as each feature says",
    "note": "NOT FOR NAVIGATION",
}

Fact = Mapping[str, Any]


def position(text: str) -> tuple[float, float]:
    """(lon, lat) of "50 56.87N 001 24.03E". Raises ValueError."""
    found = POSITION.fullmatch(text)
    if found is None:
        raise ValueError(f"no position: {text!r}")
    lat = int(found[1]) + float(found[2]) / 60
    lon = int(found[4]) + float(found[5]) / 60
    return (-lon if found[6] == "W" else lon), (-lat if found[3] == "S" else lat)


def positions(texts: list[str]) -> Column:
    """(V, 2) lon, lat."""
    return np.array([position(text) for text in texts])


def main_part(area: BaseGeometry) -> BaseGeometry:
    """The largest polygon: the others are pools behind the coast."""
    parts = shapely.get_parts(area)
    return parts[int(np.argmax(shapely.area(parts)))]


def drawn(fact: Fact, land: BaseGeometry, waters: Mapping[str, BaseGeometry]) -> BaseGeometry:
    """The shape of one fact, but not of a `part`. Recipes are those of facts.toml."""
    points = positions(fact.get("positions", []))
    match fact["recipe"]:
        case "ring":
            return shapely.Polygon(points)
        case "line":
            return shapely.LineString(points)
        case "sea":
            inland = positions(fact["inland"])
            return main_part(shapely.difference(shapely.Polygon([*points, *inland]), land))
        case "waters":
            parts = shapely.get_parts(shapely.difference(waters[fact["state"]], land))
            return shapely.union_all([part for part in parts if part.area >= LEAST_WATERS_DEG2])
        case "disc":
            (lon, lat), radius_nm = points[0].tolist(), fact["radius_nm"]
            disc = planes.disc(lon, lat, radius_nm, planes.COARSE if radius_nm < SMALL_NM else planes.ROUND)
            return main_part(shapely.difference(disc, land)) if fact["is_cut_by_land"] else disc
        case "ellipse":
            lon, lat = points[0].tolist()
            return planes.ellipse(lon, lat, tuple(fact["half_axes_nm"]), fact["axis_deg"])
        case "corridor":
            return main_part(shapely.difference(planes.corridor(points, fact["half_width_nm"]), land))
        case "strip":
            (west, south), (east, north) = points.tolist()
            return main_part(planes.strip(land, (west, south, east, north), fact["width_nm"], fact["spare_deg"]))
    raise ValueError(f"{fact['id']}: no recipe {fact['recipe']!r}")


def part_of(area: BaseGeometry, fact: Fact) -> BaseGeometry:
    """The piece that holds a position, of an area cut along a line that may end a little short of its rim."""
    line = positions(fact["positions"])
    first, last = line[0] + 0.05 * (line[0] - line[1]), line[-1] + 0.05 * (line[-1] - line[-2])
    pieces = split(area, shapely.LineString([first, *line, last])).geoms
    (found,) = (piece for piece in pieces if piece.covers(shapely.Point(position(fact["holds"]))))
    return found


def chart(facts: list[Fact], land: BaseGeometry, waters: Mapping[str, BaseGeometry]) -> list[dict[str, Any]]:
    """The features, in the order of the facts. Raises ValueError where a fact cannot be drawn."""
    shapes: dict[str, BaseGeometry] = {}
    features = []
    for fact in facts:
        name = fact["id"]
        found = part_of(shapes[fact["of"]], fact) if fact["recipe"] == "part" else drawn(fact, land, waters)
        shapes[name] = shapely.set_precision(found, STEP_DEG)
        if shapes[name].is_empty or not shapes[name].is_valid:
            raise ValueError(f"{name}: nothing valid comes of it")
        features.append(
            {
                "type": "Feature",
                "id": name,
                "properties": properties(fact, shapes[name]),
                "geometry": geometry_of(shapes[name], 6),
            }
        )
    return features


def properties(fact: Fact, found: BaseGeometry) -> dict[str, Any]:
    """What a feature tells beside its shape."""
    told = {name: fact[name] for name in ("id", "name", "kind", "authority")}
    told["traffic_direction_deg"] = fact.get("traffic_direction_deg")
    told |= {"source": fact["source"], "date": fact["date"], "licence": fact["licence"]}
    told["accuracy_note"] = fact["accuracy"]
    if "groups" in fact:
        told["groups"] = fact["groups"]
    if found.area:
        told["area_nm2"] = round(planes.area_m2(found) / NM_M**2, 2)
    if "ed50_points" in fact:
        told["ed50_points"] = fact["ed50_points"]
    return told


def channel() -> bytes:
    """The file, from what lies in this package and the land. Raises OSError, ValueError."""
    facts = tomllib.loads(FACTS.read_text(encoding="utf-8"))["fence"]
    land = shapely.union_all([shape(one["geometry"]) for one in read(LAND)])
    waters = {one["properties"]["state"]: shape(one["geometry"]) for one in read(MARITIME)}
    return written("channel", FILE_FACTS, chart(facts, land, waters))


def main() -> None:
    """Write the chart."""
    parser = argparse.ArgumentParser(prog="python -m geofences.chart.write", description="Write the chart's file anew.")
    parser.add_argument("--out", type=Path, default=CHANNEL, metavar="FILE", help="default: the chart that is shipped")
    parser.parse_args().out.write_bytes(channel())


if __name__ == "__main__":
    main()
