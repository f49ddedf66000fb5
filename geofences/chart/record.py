"""The chart's files: where they lie, and GeoJSON that comes out the same, byte for byte, from the same shapes."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry
from shapely.geometry.polygon import orient

HERE = Path(__file__).resolve().parent
FACTS = HERE / "facts.toml"
MARITIME = HERE / "maritime.geojson"
LAND = HERE.parent / "data" / "land.geojson"
CHANNEL = HERE.parent / "data" / "channel.geojson"


def geometry_of(shape: BaseGeometry, digits: int) -> dict[str, Any]:
    """A GeoJSON geometry with rounded positions, rings counter-clockwise and in a fixed order (RFC 7946, 3.1.6)."""
    if shape.geom_type.endswith("Polygon"):
        polygons = [orient(part) for part in shapely.get_parts(shapely.normalize(shape))]
        shape = polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)
    found = mapping(shape)
    return {"type": found["type"], "coordinates": _rounded(found["coordinates"], digits)}


def _rounded(given: Any, digits: int) -> Any:
    if isinstance(given, float):
        return round(given, digits) + 0.0
    return [_rounded(inner, digits) for inner in given]


def written(name: str, facts: Mapping[str, str], features: Sequence[Mapping[str, Any]]) -> bytes:
    """A FeatureCollection, one feature a line, so that a change shows in a diff."""
    head = json.dumps({"type": "FeatureCollection", "name": name, **facts}, ensure_ascii=False)[:-1]
    lines = ",\n".join(json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in features)
    return f'{head}, "features": [\n{lines}\n]}}\n'.encode()


def read(path: Path) -> list[dict[str, Any]]:
    """The features of a file that this package wrote."""
    return list(json.loads(path.read_text(encoding="utf-8"))["features"])
