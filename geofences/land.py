"""Whether a file is land that the map can draw: areas in WGS 84, as GeoJSON.

Land decides nothing, so its rings may cross and overlap as coastlines do. But land in another datum, in metres or not
readable at all would leave the map without a coast, and nobody would know why: that is told before the start.
"""

import json

import numpy as np
import shapely

from geofences.faults import Fault
from geofences.layer import features_in
from geofences.swapped import Box


def faults_of(body: bytes, name: str) -> list[Fault]:
    """Everything that keeps the bytes of a file from being land; features without a geometry are let be."""
    return read(body, name)[0]


def read(body: bytes, name: str) -> tuple[list[Fault], Box | None]:
    """What is wrong with the bytes of a file, and the box in which its land lies; None of none, or of faulty land."""
    faults: list[Fault] = []
    features = features_in(body, name, faults, of="land")
    if faults:
        return faults, None
    drawn = [i for i, f in enumerate(features) if not isinstance(f, dict) or f.get("geometry") is not None]
    texts = [json.dumps(features[i].get("geometry")) if isinstance(features[i], dict) else "" for i in drawn]
    with np.errstate(over="ignore"):  # a number of 400 digits is endless, and that is outside the world
        shapes = shapely.from_geojson(np.array(texts, object), on_invalid="ignore")
    bounds = shapely.bounds(shapes)
    is_outside = (np.abs(bounds[:, 0::2]) > 180).any(axis=1) | (np.abs(bounds[:, 1::2]) > 90).any(axis=1)
    for row, i in enumerate(drawn):
        if shapes[row] is None:
            faults.append(Fault(name, f"has a feature {i} that is no geometry", "draw it or delete the feature"))
        elif is_outside[row]:
            faults.append(Fault(name, f"has a feature {i} outside the world", "export it in WGS 84, EPSG:4326"))
    if faults or not np.isfinite(bounds).all(axis=1).any():
        return faults, None
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    return [], (west, south, east, north)
