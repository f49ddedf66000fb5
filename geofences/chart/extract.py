"""Take the land and the territorial seas out of the packages that hold them: `python -m geofences.chart.extract`.

    --land                 writes ../data/land.geojson; needs roaring-landmask 0.11.0 (110 MB), from PyPI
    --maritime FILE        writes maritime.geojson beside this file; FILE is map.geo.json of the npm package
                           @geo-maps/countries-maritime-10m 0.6.0 (38 MB)

Needed only when a package or the box changes, so the monitor does not depend on either: install them in an environment
to throw away. Both are OpenStreetMap data under the ODbL 1.0. The same package gives the same bytes. What is written
here is what write.py reads.
"""

import argparse
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry

from geofences.chart.planes import area_m2
from geofences.chart.record import LAND, MARITIME, geometry_of, written

# Recordings reach from Start Point and Guernsey to the Scheldt; with Scilly and Ushant the west ends in open water
LAND_BOX = (-6.5, 48.0, 4.5, 52.5)
SEA_BOX = (-3.0, 48.5, 4.5, 52.5)
SMALLEST_M2 = 500.0  # a rock; half of the polygons and a fifth of the vertices are smaller ones
LAND_STEP_DEG = 1e-5  # 1 m, far below the generalisation of the source
SEAS = ("GBR", "FRA", "BEL")
LICENCE = "ODbL-1.0, (c) OpenStreetMap contributors"
LAND_FACTS = {
    "source": "OpenStreetMap land polygons, from PyPI roaring-landmask 0.11.0",
    "date": "the package states none",
    "licence": LICENCE,
    "accuracy_note": "high-water line, generalised by tens of metres; inland water filled",
}
MARITIME_FACTS = {
    "source": "OpenStreetMap maritime boundaries (admin_level 2) in npm @geo-maps/countries-maritime-10m 0.6.0",
    "date": "2017-11-30",
    "licence": LICENCE,
    "accuracy_note": "unofficial; 10-50 m seaward",
}


def land_parts(polygons: list[BaseGeometry]) -> list[BaseGeometry]:
    """The land inside the box without rocks, as polygons, the largest first."""
    box = shapely.box(*LAND_BOX)
    cut = [shapely.intersection(shapely.make_valid(one), box) for one in polygons]
    rounded = shapely.set_precision([part for one in cut for part in shapely.get_parts(one)], LAND_STEP_DEG)
    parts = [part for one in rounded for part in shapely.get_parts(one) if part.geom_type == "Polygon"]
    large = [(area_m2(part), part) for part in parts]
    kept = [(size, part) for size, part in large if size >= SMALLEST_M2]
    kept.sort(key=lambda pair: (-pair[0], pair[1].bounds))
    return [part for _, part in kept]


def landmask_polygons() -> list[BaseGeometry]:
    """All polygons of the package near the box."""
    package: Any = import_module("roaring_landmask")  # has no types and is not among the monitor's packages
    every = shapely.get_parts(shapely.from_wkb(bytes(package.Shapes.wkb(package.LandmaskProvider.Osm))))
    west, south, east, north = shapely.bounds(every).T
    near = (west < LAND_BOX[2]) & (east > LAND_BOX[0]) & (south < LAND_BOX[3]) & (north > LAND_BOX[1])
    return list(every[np.flatnonzero(near)])


def write_land(path: Path) -> None:
    """Write the land, one polygon a feature."""
    features = [
        {"type": "Feature", "properties": {"kind": "land", **LAND_FACTS}, "geometry": geometry_of(part, 5)}
        for part in land_parts(landmask_polygons())
    ]
    box = f"lon {LAND_BOX[0]}..{LAND_BOX[2]}, lat {LAND_BOX[1]}..{LAND_BOX[3]}; the box's edges are no coast"
    path.write_bytes(written("land", {"licence": LICENCE, "box": box, "note": "NOT FOR NAVIGATION"}, features))


def write_maritime(path: Path, given: dict[str, Any]) -> None:
    """Write the waters and land of the three states inside the box."""
    box = shapely.box(*SEA_BOX)
    features = []
    for state in SEAS:
        (found,) = (shape(one["geometry"]) for one in given["features"] if one["properties"]["A3"] == state)
        area = shapely.set_precision(shapely.intersection(shapely.make_valid(found), box), LAND_STEP_DEG)
        polygons = [part for part in shapely.get_parts(area) if part.geom_type == "Polygon"]
        geometry = geometry_of(shapely.union_all(polygons), 5)
        features.append({"type": "Feature", "properties": {"state": state}, "geometry": geometry})
    path.write_bytes(written("maritime", MARITIME_FACTS, features))


def main() -> None:
    """Write what was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m geofences.chart.extract", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--land", action="store_true", help="write land.geojson")
    parser.add_argument("--maritime", type=Path, metavar="FILE", help="map.geo.json of the npm package")
    args = parser.parse_args()
    if args.land:
        write_land(LAND)
    if args.maritime:
        write_maritime(MARITIME, json.loads(args.maritime.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
