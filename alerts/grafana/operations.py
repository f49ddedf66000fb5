"""Operations: what is open now, where, and what led to it."""

from grafana_foundation_sdk.builders import dashboard as builders
from grafana_foundation_sdk.builders import geomap
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models import geomap as geomap_model
from grafana_foundation_sdk.models.dashboard import Dashboard, DynamicConfigValue

from alerts.grafana.influxql import SOURCE, WHEN, Query, series, table
from alerts.grafana.look import (
    BLUE,
    GREY,
    INCIDENT_LINK,
    ORANGE,
    PRIORITIES,
    PURPLE,
    STATES,
    VERMILLION,
    column,
    steps,
)
from alerts.grafana.panels import TAG, Panel, Placed, graph, page, rows, stat, timeline

CORE = f"FROM pipeline WHERE part = 'core' AND {WHEN}"
ONE = "incident =~ /^${incident:raw}$/"  # raw: the data source would escape a pattern
# Each incident as it stands, then those that are open: an incident that did not change for a month is left out.
OPEN = (
    "SELECT number, priority_code, state_code, title, reason, owner, lat_deg, lon_deg, opened, incident FROM "
    "(SELECT last(n), number, priority_code, state_code, title, reason, owner, lat_deg, lon_deg, "
    "t_opened_unix_s * 1000 AS opened, is_open "
    f"FROM incident WHERE {WHEN} AND {ONE} GROUP BY incident) WHERE is_open = 1"
)
PLACED = f"{OPEN} AND lat_deg >= -90 LIMIT 200"  # an ill receiver is an incident without a place
# A vessel that is watched has been told of within a quarter of an hour, or its incident is closed.
WATCHED = (
    "SELECT label, lat_deg, lon_deg, sog_kn, cog_deg, incident FROM (SELECT last(lat_deg) AS lat_deg, lon_deg, sog_kn, "
    f"cog_deg, label FROM track WHERE {WHEN} AND time > ${{__to}}ms - 15m AND {ONE} GROUP BY incident) LIMIT 200"
)
LONG_AGO = "30d"


def build() -> Dashboard:
    return page(
        "straitwatch-operations",
        "straitwatch: operations",
        "What is open now, where, and what led to it. The picture to act on is the live map.",
        [
            (4, _counts()),
            (14, [(14, _map()), (10, _positions())]),
            (9, [(24, _incidents())]),
            (8, [(24, _timeline())]),
            (8, [(24, _rate())]),
        ],
        time_from="now-24h",
        refresh="10s",
        variables=[
            builders.TextBoxVariable("incident")
            .label("Incident")
            .description("One incident's number such as 20261123-014, or .* for all")
            .default_value(".*")
        ],
        annotations=[_raised(), _kept()],
    )


def _counts() -> list[Placed]:
    now = f"{CORE} ORDER BY time DESC LIMIT 1"
    return [
        (
            6,
            stat(
                "Open incidents",
                "Incidents that nobody has closed.",
                series(f"SELECT n_open_incidents {now}", "open"),
                unit="none",
                thresholds=steps((1, ORANGE)),
            ),
        ),
        (
            6,
            stat(
                "Not acknowledged",
                "Incidents that nobody on watch has taken up, whether they still hold or are over.",
                series(f"SELECT n_waiting_incidents {now}", "waiting"),
                unit="none",
                thresholds=steps((1, VERMILLION)),
            ),
        ),
        (
            6,
            stat(
                "Vessels",
                "Vessels with a position in the picture.",
                series(f"SELECT n_vessels {now}", "vessels"),
                unit="none",
                thresholds=steps((1, BLUE), base=GREY),
            ),
        ),
        (
            6,
            stat(
                "Radar targets",
                "What radar follows, with or without AIS.",
                series(f"SELECT n_radar_targets {now}", "targets"),
                unit="none",
                thresholds=steps((1, BLUE), base=GREY),
            ),
        ),
    ]


def _map() -> geomap.Panel:
    """Fences from the live map, where incidents were told last, and where their vessels are."""
    at = common.FrameGeometrySource(mode=common.FrameGeometrySourceMode.COORDS, latitude="lat_deg", longitude="lon_deg")
    fences = common.MapLayerOptions(
        type_val="geojson",
        name="Fences",
        config={
            "src": "${map_url:raw}/api/chart",
            "rules": [],
            "style": {"color": {"fixed": GREY}, "opacity": 0.15, "lineWidth": 1},
        },
        tooltip=False,
    )
    incidents = common.MapLayerOptions(
        type_val="markers",
        name="Incidents",
        config={"showLegend": False, "style": _marker("priority_code", "circle.svg", 9, "title", "")},
        location=at,
        filter_data={"id": "byRefId", "options": "A"},
        tooltip=True,
    )
    vessels = common.MapLayerOptions(
        type_val="markers",
        name="Watched vessels",
        config={"showLegend": False, "style": _marker("", "triangle.svg", 6, "label", "cog_deg")},
        location=at,
        filter_data={"id": "byRefId", "options": "B"},
        tooltip=True,
    )
    base = common.MapLayerOptions(type_val="default", name="Base map", config={})
    panel = (
        geomap.Panel()
        .title("Where")
        .description(
            "Open incidents where they were told last, coloured by priority, and the vessels that they are about. Not "
            "the live picture: click for the map."
        )
        .datasource(SOURCE)
        .targets([table(PLACED), table(WATCHED, ref="B")])
        .time_from(LONG_AGO)
        .unit("none")
        .thresholds(steps((2, ORANGE), (3, VERMILLION), (4, PURPLE)))
        .view(geomap.MapViewConfig().id("fit").all_layers(True).zoom(9).max_zoom(11))
        .controls(geomap.ControlsOptions().show_zoom(True).mouse_wheel_zoom(True).show_scale(True))
        .override_by_name("incident", [INCIDENT_LINK])
        .override_by_name("priority_code", [DynamicConfigValue("mappings", PRIORITIES)])
        .tooltip(geomap.TooltipOptions().mode(geomap_model.TooltipMode.DETAILS))
    )
    options = panel.build().options
    assert isinstance(options, geomap_model.Options)
    options.basemap, options.layers = base, [fences, incidents, vessels]
    return panel


def _marker(colour_field: str, symbol: str, size: int, text_field: str, rotation_field: str) -> dict[str, object]:
    colour = {"field": colour_field, "fixed": BLUE} if colour_field else {"fixed": BLUE}
    turned = {"field": rotation_field} if rotation_field else {"fixed": 0}
    return {
        "color": colour,
        "opacity": 0.8,
        "size": {"fixed": size, "min": 2, "max": 15},
        "symbol": {"fixed": f"img/icons/marker/{symbol}", "mode": "fixed"},
        "symbolAlign": {"horizontal": "center", "vertical": "center"},
        "rotation": {**turned, "mode": "mod", "min": -360, "max": 360},
        "text": {"field": text_field, "mode": "field"},
        "textConfig": {"fontSize": 11, "offsetX": 0, "offsetY": 14, "textAlign": "center", "textBaseline": "middle"},
    }


def _positions() -> Panel:
    return rows(
        "Watched vessels",
        "The vessels of open incidents, as the map beside shows them: where they were within the last quarter of an "
        "hour.",
        table(WATCHED),
        {
            "Time": column(unit="dateTimeFromNow"),
            "lat_deg": column(unit="degree"),
            "lon_deg": column(unit="degree"),
            "sog_kn": column(unit="velocityknot"),
            "cog_deg": column(unit="degree"),
            "incident": [INCIDENT_LINK],
        },
    )


def _incidents() -> Panel:
    return rows(
        "Open incidents",
        "Every incident that nobody has closed and that changed within thirty days. The number leads to the live map.",
        table(OPEN),
        {
            "Time": column(unit="dateTimeFromNow", width=140),
            "number": [*column(width=80), INCIDENT_LINK],
            "priority_code": column(colours=PRIORITIES, width=120),
            "state_code": column(colours=STATES, width=160),
            "title": column(width=300),
            "opened": column(unit="dateTimeAsIso", width=170),
            "lat_deg": column(unit="degree", width=100),
            "lon_deg": column(unit="degree", width=100),
            "incident": [INCIDENT_LINK],
        },
    ).time_from(LONG_AGO)


def _timeline() -> Panel:
    return timeline(
        "Incidents over time",
        "From the first word to the close, in the state in which people had them. Marks are what was told.",
        series(
            f"SELECT last(state_code) FROM incident WHERE {WHEN} AND {ONE} "
            "GROUP BY time($__interval), incident fill(none)",
            "$tag_incident",
        ),
        STATES,
    )


def _rate() -> Panel:
    return graph(
        "Alerts in ten minutes",
        "How often the watch is disturbed, by rule. More than ten in ten minutes is a flood (EEMUA 191).",
        series(
            f"SELECT sum(n) FROM alert WHERE event = 'opened' AND {WHEN} GROUP BY time(10m), rule fill(none)",
            "$tag_rule",
        ),
        unit="none",
        is_bars=True,
    )


def _raised() -> builders.AnnotationQuery:
    """From the database, so that they work without the annotations sink."""
    query = Query(
        f"SELECT reason, priority, rule FROM alert WHERE event = 'opened' AND {WHEN} AND {ONE}",
        ref="Annotation",
        is_table=True,
        fromAnnotations=True,
        textEditor=True,
        textColumn="reason",
        tagsColumn="priority,rule",
    )
    return builders.AnnotationQuery().name("Alerts").datasource(SOURCE).enable(True).icon_color(ORANGE).target(query)


def _kept() -> builders.AnnotationQuery:
    """What the annotations sink has written into Grafana itself: one region an incident."""
    built_in = common.DataSourceRef(type_val="grafana", uid="-- Grafana --")
    told = builders.AnnotationTarget().limit(200).match_any(False).tags([TAG]).type("tags")
    made = builders.AnnotationQuery().name("Incidents").datasource(built_in).enable(True).icon_color(VERMILLION)
    return made.target(told)  # type: ignore[arg-type]
