"""Misspelt properties are told; columns of other people's layers are let be."""

from typing import Any

import pytest

from geofences import geojson
from geofences.geojson import FenceFaults
from geofences.slips import KNOWN
from tests.geofences.shapes import DATA, read, square

SLIPS = {
    "schedule": ("Schedule", "SCHEDULE", "shedule", "schedul", "schedules", "schedule "),
    "classes": ("Classes", "clases", "classses"),
    "mmsi": ("MMSI", "Mmsi", "mmsis"),
    "kind": ("Kind", "KIND", "kinds"),
    "groups": ("Groups", "GROUPS"),
    "direction": ("Direction", "DIRECTION"),
    "traffic_direction_deg": ("traffic_direction", "traffic_directon_deg", "Traffic_Direction_Deg", "traffic_di",
                              "trafficDirectionDeg", "traffic direction deg", "traffic_direction_true"),
    "buffer_m": ("bufer_m", "BUFFER_M", "buffer_km", "bufferM"),
    "radius_m": ("Radius_m", "raduis_m", "radius_nm"),
    "half_width_m": ("half_widht_m", "half_width", "Half-Width-M", "half_width_nm"),
    "enter_margin_m": ("enter_marg", "ENTER_MARG", "enter_margin", "entermargin_m", "Enter margin m"),
    "exit_margin_m": ("exit_margi", "exit_margin", "exit_margn_m"),
    "enter_reports": ("enter_repo", "enter_report"),
    "enter_after_s": ("enter_afte", "enter_after", "enter_after_min"),
    "active_from": ("active_fro", "active_form", "Active_From", "active-from"),
    "active_until": ("active_unt", "active_untill", "activeUntil"),
    "min_angle_deg": ("min_angle", "min_angle_", "min_angel_deg"),
    "min_length_m": ("min_length", "min_lenght_m", "min_length_ft"),
    "max_length_m": ("max_length", "MAX_LENGTH"),
    "min_sog_kn": ("min_sog", "minSogKn", "min_sog_ms"),
    "max_sog_kn": ("max_sog", "max_sog_knots", "maxsog_kn"),
    "cooldown_s": ("cooldwon_s", "cooldown", "cool_down_s"),
}  # fmt: skip

# of QGIS and GDAL, OpenStreetMap, seamark tags, S-57, KML and what people call their columns
COLUMNS_OF_OTHERS = (
    *("name", "Name", "NAME", "id", "ID", "Id", "fid", "FID", "ogc_fid", "gid", "objectid", "OBJECTID", "osm_id"),
    *("type", "Type", "source", "Source", "note", "notes", "colour", "color", "class", "Class", "CLASS", "category"),
    *("group", "Group", "description", "Description", "remark", "remarks", "comment", "status", "layer", "path"),
    *("length", "Length", "length_m", "width", "width_m", "depth", "depth_m", "area", "area_nm2", "Shape_Area"),
    *("Shape_Leng", "SHAPE_Length", "perimeter", "height", "speed", "speed_kn", "max_speed", "maxspeed", "maxlength"),
    *("min_age", "min_height", "max_depth", "min_zoom", "max_zoom", "minzoom", "maxzoom", "scalerank", "featurecla"),
    *("radius", "buffer", "margin", "angle", "bearing", "heading", "course", "direct", "active", "is_active"),
    *("enabled", "from", "until", "start", "end", "begin", "start_date", "end_date", "opening_hours", "time", "date"),
    *("timestamp", "created", "created_at", "updated_at", "valid_from", "valid_until", "version", "changeset", "user"),
    *("natural", "landuse", "place", "wikidata", "seamark:type", "seamark:name", "seamark:light:colour", "@id"),
    *("OBJNAM", "INFORM", "SCAMIN", "DRVAL1", "DRVAL2", "RESTRN", "CATREA", "ORIENT", "TRAFIC", "SORDAT", "SORIND"),
    *("altitudeMode", "tessellate", "extrude", "visibility", "drawOrder", "icon", "styleUrl", "fill", "stroke"),
    *("stroke-width", "fill-opacity", "marker-color", "operator", "owner", "authority", "country", "licence", "kml_id"),
    *("ship", "ships", "vessel", "vessels", "vessel_class", "imo", "callsign", "flag", "find", "mind", "kin", "king"),
    *("reports", "sizes", "glasses", "sides", "side", "port", "starboard", "unit", "schema", "scheme", "weekday"),
)  # fmt: skip


def feature(**properties: Any) -> dict[str, Any]:
    geometry = {"type": "Polygon", "coordinates": [square(1.0, 51.0, 1.0)]}
    return {"type": "Feature", "geometry": geometry, "properties": {"id": "a", **properties}}


@pytest.mark.parametrize(("meant", "written"), [(meant, slip) for meant, slips in SLIPS.items() for slip in slips])
def test_a_slip_is_told_with_the_name_that_was_meant(meant: str, written: str) -> None:
    with pytest.raises(FenceFaults) as told:
        geojson.parse([feature(**{written: "x"})])
    assert [str(fault) for fault in told.value.faults] == [
        f"a: has a property {written} that nobody reads; write {meant}, or rename it"
    ]


def test_every_name_that_means_something_may_not_be_in_another_case() -> None:
    for name in KNOWN:
        with pytest.raises(FenceFaults, match=f"that nobody reads; write {name}, or rename it"):
            geojson.parse([feature(**{name.title(): 1})])
        assert sorted(SLIPS) == sorted(KNOWN)


@pytest.mark.parametrize("value", [7, "text"])
def test_columns_of_other_peoples_layers_are_let_be(value: object) -> None:
    fences = geojson.parse([feature(**dict.fromkeys(COLUMNS_OF_OTHERS, value))])
    assert fences.properties[0]["class"] == value


def test_columns_of_the_shipped_files_are_let_be() -> None:
    files = [read(file)["features"] for file in ("channel.geojson", "land.geojson")]
    names = {name for features in files for one in features for name in one["properties"]} - set(KNOWN) - {"id"}
    assert len(geojson.parse([feature(**dict.fromkeys(names, "x"))])) == 1
    assert len(geojson.load([DATA / "channel.geojson"])) == 66


@pytest.mark.parametrize("nothing", [None, ""])
def test_a_slip_that_says_nothing_is_no_fault(nothing: object) -> None:
    """QGIS writes every column for every feature: of a hundred fences three may have hours."""
    assert len(geojson.parse([feature(Schedule=nothing, enter_marg=nothing)])) == 1


def test_a_slip_is_told_beside_a_faulty_size() -> None:
    with pytest.raises(FenceFaults) as told:
        geojson.parse([feature(radius_m="far", Schedule="Mo")])
    assert any("has a property Schedule" in str(fault) for fault in told.value.faults)
