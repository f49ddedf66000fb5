"""Properties whose name is nearly one that means something.

A fence with `Kind` would be a watch area, one with `shedule` would hold at any hour: it does less, or more, than its
author believes, and nobody is told. So a near miss is a fault:

    Schedule  MMSI  enter-margin-m  minSogKn    another case, another sign between the words
    enter_marg                                  cut at ten letters, as a shapefile does
    min_angle  max_sog_knots                    without the unit, or with another
    shedule  bufer_m                            a letter lost, or two changed places

Layers have columns of their own, and those are left alone: only names that nobody writes by chance are compared by
likeness, and `id` and `name` not at all (a column Name is in every second layer).
"""

import difflib
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from geofences.faults import Fault
from geofences.terms import NAMES, SIZES, is_given

KNOWN = (*NAMES, *SIZES, "kind", "traffic_direction_deg")
# a near miss of one of these is a slip; "group" or "direct" may well be a column of somebody's own
UNMISTAKABLE = (*(name for name in KNOWN if "_" in name), "schedule", "classes", "kind", "mmsi")
NEAR = 0.87  # of difflib: a letter lost, or two of eight changed places; "class" is 0.83 of "classes" and stays free
SHAPEFILE_LETTERS = 10
BETWEEN = re.compile("[^a-z0-9]+")


def check_names(properties: Mapping[str, Any], fence_id: str, faults: list[Fault]) -> None:
    """A fault for each property that says something under a name that somebody will have meant otherwise."""
    for name in properties:
        if is_given(properties, name) and (near := _meant(name)):
            faults.append(Fault(fence_id, f"has a property {name} that nobody reads", f"write {near}, or rename it"))


@lru_cache(maxsize=1024)
def _meant(name: str) -> str:
    """The name that somebody will have meant; "" for a column of their own. Ten thousand fences share their columns."""
    if name in KNOWN:
        return ""
    small = BETWEEN.sub("_", name.lower()).strip("_")
    for known in KNOWN:
        if small.replace("_", "") == known.replace("_", ""):
            return known
        if len(known) > SHAPEFILE_LETTERS and name.lower() == known[:SHAPEFILE_LETTERS]:
            return known
        if "_" in _stem(known) and small in (_stem(known), _stem(known) + "_" + small.rpartition("_")[2]):
            return known
    near = difflib.get_close_matches(small, UNMISTAKABLE, 1, NEAR)
    return near[0] if near else ""


def _stem(known: str) -> str:
    """A name without its last word, which of most is the unit."""
    return known.rpartition("_")[0]
